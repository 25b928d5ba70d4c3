/** Shapes of JSON values: small checks that are put together. A shape says what is wrong, or gives null. */

/** What is wrong with a value, or null. */
export type Shape = (value: unknown) => string | null;

export const boolean: Shape = value => (typeof value === 'boolean' ? null : 'is no boolean');

export function integer(least: number, most: number): Shape {
  return value =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? null
      : `is no integer from ${least} to ${most}`;
}

export function oneOf(...values: readonly unknown[]): Shape {
  return value => (values.includes(value) ? null : `is none of ${values.map(each => JSON.stringify(each)).join(', ')}`);
}

export function text(pattern = /^/): Shape {
  return value => (typeof value === 'string' && pattern.test(value) ? null : 'is no text of the kind that is wanted');
}

export function nullOr(shape: Shape): Shape {
  return value => (value === null ? null : shape(value));
}

export function either(...shapes: readonly Shape[]): Shape {
  return value => (shapes.some(shape => shape(value) === null) ? null : 'is neither of what it may be');
}

export function list(item: Shape, least = 0): Shape {
  return value => {
    if (!Array.isArray(value)) return 'is no array';
    if (value.length < least) return `has fewer than ${least} items`;
    for (const each of value) {
      const wrong = item(each);
      if (wrong !== null) return `has an item that ${wrong}`;
    }
    return null;
  };
}

interface Keys {
  readonly [key: string]: Shape;
}

/** An object of exactly these keys, those of `optional` if it likes; other keys only where `extension` says so. */
export function object(required: Keys, optional: Keys = {}, extension: (key: string) => boolean = () => false): Shape {
  const names = Object.keys(required);
  return value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no object';
    const absent = names.find(name => !Object.hasOwn(value, name));
    if (absent !== undefined) return `lacks ${absent}`;
    for (const [key, member] of Object.entries(value)) {
      const shape = keyOf(required, key) ?? keyOf(optional, key);
      if (shape === undefined && !extension(key)) return `has a key that it may not have`;
      const wrong = shape?.(member) ?? null;
      if (wrong !== null) return `${key} ${wrong}`;
    }
    return null;
  };
}

function keyOf(keys: Keys, key: string): Shape | undefined {
  return Object.hasOwn(keys, key) ? keys[key] : undefined;
}
