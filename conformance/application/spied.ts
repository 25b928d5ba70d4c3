/** A face of an exchange, source or sink that shows which of its members are reached while another one is called. */

export interface Spied {
  /** Calls a method, or reads a member, as the application would. */
  call(name: string, ...values: readonly unknown[]): unknown;
  /** The first chunk that iterating gives. */
  first(): Promise<unknown>;
  /** "respond reaches start", for each that was reached through the object. */
  readonly reached: readonly string[];
}

type Name = string | typeof Symbol.asyncIterator;

/** Of an object and of what it inherits from, but for Object.prototype; the nearest of each name. */
function membersOf(face: object): ReadonlyMap<Name, PropertyDescriptor> {
  const members = new Map<Name, PropertyDescriptor>();
  for (let at: object | null = face; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of [...Object.getOwnPropertyNames(at), Symbol.asyncIterator] as const) {
      const descriptor = Object.getOwnPropertyDescriptor(at, name);
      if (descriptor !== undefined && name !== 'constructor' && !members.has(name)) members.set(name, descriptor);
    }
  }
  return members;
}

/** The face itself where its members can be replaced, else an heir: private state may refuse to run on that one. */
function replaceable(face: object): object {
  const fixed = Object.values(Object.getOwnPropertyDescriptors(face)).some(
    ({ configurable }) => configurable === false,
  );
  return fixed || !Object.isExtensible(face) ? Object.create(face) : face;
}

/** Puts a recorder in the place of every member. What `call` runs is the member itself, so that only others are recorded. */
export function spied(face: object): Spied {
  const members = membersOf(face);
  const object = replaceable(face);
  const reached = new Set<string>();
  let running: Name | null = null;
  const reach = (name: Name): void => {
    if (running !== null) reached.add(`${String(running)} reaches ${String(name)}`);
  };
  for (const [name, member] of members)
    Object.defineProperty(
      object,
      name,
      recorder(member, face, () => reach(name)),
    );

  const run = <T>(name: Name, work: () => T): T => {
    running = name;
    try {
      return work();
    } finally {
      running = null;
    }
  };
  const on = (target: object, name: Name, values: readonly unknown[]): unknown => {
    const { get, value } = members.get(name) as PropertyDescriptor;
    return get === undefined ? (typeof value === 'function' ? value.apply(target, values) : value) : get.call(target);
  };
  const call = (name: Name, ...values: readonly unknown[]): unknown =>
    run(name, () => {
      try {
        return on(object, name, values);
      } catch (error) {
        if (object === face || !(error instanceof TypeError)) throw error;
        return on(face, name, values);
      }
    });
  return {
    call,
    async first() {
      const iterator = call(Symbol.asyncIterator) as AsyncIterator<unknown>;
      return (await run(Symbol.asyncIterator, () => iterator.next())).value;
    },
    get reached() {
      return [...reached];
    },
  };
}

function recorder({ get, value }: PropertyDescriptor, face: object, reach: () => void): PropertyDescriptor {
  const read = (): unknown => (get === undefined ? value : get.call(face));
  if (typeof value !== 'function')
    return {
      configurable: true,
      get() {
        reach();
        return read();
      },
    };
  return {
    configurable: true,
    value(...values: readonly unknown[]) {
      reach();
      return value.apply(face, values);
    },
  };
}
