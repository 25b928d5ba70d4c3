/** Calls that a server must refuse, as handlers try them. */

/** Name of the error that the call throws: "TypeError"; "" where it throws none. */
export function thrown(call: () => unknown): string {
  try {
    const given = call();
    // What a wrong server rejects with is no matter of the process that hosts the handler.
    if (given instanceof Promise) given.catch(() => {});
    return '';
  } catch (error) {
    return error instanceof Error ? error.name : typeof error;
  }
}

/** Which of these calls throw no TypeError, by their names. */
export function taken(calls: Readonly<Record<string, () => unknown>>): readonly string[] {
  return Object.entries(calls).flatMap(([name, call]) => (thrown(call) === 'TypeError' ? [] : [name]));
}

/** One call for each of the arguments, by a name that shows the argument. */
export function each<T>(
  what: string,
  values: readonly T[],
  call: (value: T) => unknown,
): Record<string, () => unknown> {
  return Object.fromEntries(values.map(value => [`${what} ${shown(value)}`, () => call(value)]));
}

function shown(value: unknown): string {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer
    ? value.constructor.name
    : (JSON.stringify(value) ?? String(value));
}
