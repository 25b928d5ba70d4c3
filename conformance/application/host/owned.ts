/** Objects whose members run on nothing but themselves, as those with private state do, and say so (MSGI-MID-3). */

/** The same object; `strayed` is told the member that was called on another one, which is a TypeError. */
export function owned<T extends object>(inner: T, strayed: (member: string) => void): T {
  const parts = new Map<unknown, object>();
  const part = (value: object): object => {
    const known = parts.get(value) ?? owned(value, strayed);
    parts.set(value, known);
    return known;
  };
  const face: T = new Proxy(inner, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key === 'body') return part(value as object);
      if (typeof value !== 'function') return value;
      return function (this: unknown, ...given: unknown[]) {
        if (this !== face) {
          strayed(String(key));
          throw new TypeError(`${String(key)} was called on an object that does not have it`);
        }
        const result: unknown = Reflect.apply(value, target, given);
        return key === 'start' ? part(result as object) : result;
      };
    },
  });
  return face;
}
