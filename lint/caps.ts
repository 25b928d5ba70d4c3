/** Capabilities: every key, of its type, and what the version allows (chapter 9). */
import type { Caps, RequestHead } from '../spec/msgi.ts';
import type { Judge } from './judge.ts';
import type { RuleId } from './lint-error.ts';

const KEYS = {
  multiplex: [true, false],
  duplex: [true, false],
  push: [true, false],
  inform: [true, false],
  trailers: [true, false],
  tunnel: [true, false],
  credit: ['exact', 'coarse'],
  priority: ['both', 'tree', 'urgency', 'none'],
  reset: ['code', 'close'],
} as const satisfies { [K in keyof Caps & string as K extends `${string}.${string}` ? never : K]: readonly Caps[K][] };

type Key = keyof typeof KEYS;
type Facts = readonly (readonly [key: Key, value: unknown, id: RuleId])[];

const ONE: Facts = [
  ['multiplex', false, 'MSGI-CAPS-3'],
  ['push', false, 'MSGI-VER-1'],
  ['credit', 'coarse', 'MSGI-VER-1'],
  ['reset', 'close', 'MSGI-VER-1'],
];
const MANY: Facts = [
  ['multiplex', true, 'MSGI-CAPS-2'],
  ['duplex', true, 'MSGI-CAPS-4'],
  ['inform', true, 'MSGI-VER-1'],
  ['trailers', true, 'MSGI-VER-1'],
  ['reset', 'code', 'MSGI-VER-1'],
];

/** What depends neither on the listener nor on what an adapter has below it (MSGI-ADAPT-13). */
const FACTS: Readonly<Record<RequestHead['version'], Facts>> = {
  '1.0': [...ONE, ['duplex', false, 'MSGI-CAPS-4'], ['inform', false, 'MSGI-VER-1'], ['trailers', false, 'MSGI-VER-1']],
  '1.1': ONE,
  '2': MANY,
  '3': MANY,
};

export function judgeCaps(judge: Judge, caps: Caps, { version, method, protocol }: RequestHead) {
  for (const key in KEYS) {
    const values: readonly unknown[] = KEYS[key as Key];
    if (!Object.hasOwn(caps, key)) return judge.server('MSGI-CAPS-1', `caps.${key} is missing`);
    if (!values.includes(caps[key as Key])) {
      return judge.server('MSGI-CAPS-1', `caps.${key} is ${String(caps[key as Key])}`);
    }
  }
  for (const key in caps) {
    if (!(key in KEYS) && !key.includes('.')) judge.server('MSGI-MODEL-2', `caps has the key ${JSON.stringify(key)}`);
  }
  for (const [key, value, id] of FACTS[version] ?? []) {
    if (caps[key] !== value) judge.server(id, `caps.${key} is ${String(caps[key])} on HTTP/${version}`);
  }
  const tunnel = method === 'CONNECT';
  if (caps.tunnel !== tunnel) {
    judge.server(tunnel ? 'MSGI-CAPS-2' : 'MSGI-CAPS-3', `caps.tunnel is ${caps.tunnel} for ${method} ${protocol}`);
  }
}
