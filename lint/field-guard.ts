/** MSGI-FIELD-12: lends a field list for one call, and tells of a server that looks at it later. */
import type { Fields } from '../spec/msgi.ts';
import type { Judge } from './judge.ts';

export class FieldGuard {
  readonly list: Fields;
  #over = false;

  constructor(judge: Judge, fields: Fields) {
    this.list = new Proxy(fields, {
      get: (target, key) => {
        if (this.#over) judge.server('MSGI-FIELD-12', 'a field list was read after the call that it was given to');
        return Reflect.get(target, key);
      },
    });
  }

  end(): void {
    this.#over = true;
  }
}
