/** The objects that an application is given: members, plain data, locals, identity (sections 1.4, 9.1 and 13.1). */
import type { Json } from '../../../application/messages.ts';
import { suite } from '../../../gateway/case.ts';

/** Names of an object and of what it inherits from, but for Object.prototype; without those that begin with "constructor". */
function members(object: object): readonly string[] {
  const names = new Set<string>();
  for (let at: object | null = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  names.delete('constructor');
  return [...names].sort();
}

/** Own, enumerable names: what a copy has. */
const copied = (object: object): readonly string[] => Object.keys({ ...object }).sort();

const EXCHANGE =
  'body caps connection deadline id inform locals prioritize priority push pushed request reset respond signal start state watch';
const SOURCE = 'buffered credit ended manual read stop trailers window';
const SINK = 'buffered end ready window write';
const CONNECTION = 'drain draining local locals peer tls tree';
const REQUEST = 'authority base fields method protocol scheme target version';
const PRIORITY = 'incremental node scheme urgency';
const CAPS: Readonly<Record<string, string>> = {
  credit: 'string',
  duplex: 'boolean',
  inform: 'boolean',
  multiplex: 'boolean',
  priority: 'string',
  push: 'boolean',
  reset: 'string',
  trailers: 'boolean',
  tunnel: 'boolean',
};

/** Pipes that a server may give the exchanges of one connection to, each with locals of its own (MSGI-PROC-2). */
const PIPES = 8;

const words = (names: string): Json => names.split(' ');

export default suite('multiplexing', {
  'members-are-those-declared': {
    requirement: 'MSGI-MODEL-1',
    title: 'Exchange, source, sink and connection have exactly the members that are declared.',
    app: async (x, kit) => {
      kit.report('exchange', members(x));
      kit.report('source', members(x.body));
      kit.report('connection', members(x.connection));
      const out = x.start(200);
      kit.report('sink', members(out));
      await out.end();
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'exchange', words(EXCHANGE));
      await trial.reported(asked, 'source', words(SOURCE));
      await trial.reported(asked, 'connection', words(CONNECTION));
      await trial.reported(asked, 'sink', words(SINK));
      await trial.answered(asked, 200, 0);
    },
  },

  'plain-data-is-whole-in-a-copy': {
    requirement: 'MSGI-MODEL-5',
    title: 'A copy of the own, enumerable properties of request, caps and priority is whole.',
    app: (x, kit) => {
      kit.report('request', copied(x.request));
      kit.report('priority', copied(x.priority));
      kit.report(
        'caps',
        copied(x.caps).filter(name => !name.includes('.')),
      );
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'request', words(REQUEST));
      await trial.reported(asked, 'priority', words(PRIORITY));
      await trial.reported(asked, 'caps', Object.keys(CAPS));
    },
  },

  'extensions-have-a-dot': {
    requirement: 'MSGI-MODEL-2',
    title: 'Keys of caps and locals that the specification does not have contain a dot.',
    app: (x, kit) => {
      const own = [...Object.keys(x.caps), ...Object.keys(x.locals), ...Object.keys(x.connection.locals)];
      kit.report(
        'extensions',
        own.filter(name => !Object.hasOwn(CAPS, name) && !name.includes('.')),
      );
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      await trial.reported(trial.ask(peer, 'a'), 'extensions', []);
    },
  },

  'caps-has-every-key': {
    requirement: 'MSGI-CAPS-1',
    title: 'Every key of caps is there with its type, and multiplex is true.',
    app: (x, kit) => {
      const { caps } = x;
      const types = Object.keys(CAPS).map(name => [name, typeof Reflect.get(caps, name)]);
      kit.report('types', Object.fromEntries(types));
      kit.report('multiplex', caps.multiplex);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'types', CAPS);
      await trial.reported(asked, 'multiplex', true);
    },
  },

  'id-is-the-stream': {
    requirement: 'MSGI-VER-3',
    title: 'The id of an exchange is the identifier of its stream, also where identifiers were passed over.',
    app: (x, kit) => {
      kit.report('id', x.id);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const first = trial.ask(peer, 'a');
      await trial.reported(first, 'id', first.stream);
      peer.nextStream();
      peer.nextStream();
      const second = trial.ask(peer, 'b');
      await trial.reported(second, 'id', second.stream);
    },
  },

  'locals-have-no-prototype': {
    requirement: 'MSGI-SEC-1',
    title: 'The locals of exchange and connection have no prototype.',
    app: (x, kit) => {
      kit.report('exchange', Object.getPrototypeOf(x.locals) === null);
      kit.report('connection', Object.getPrototypeOf(x.connection.locals) === null);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const asked = trial.ask(peer, 'a');
      await trial.reported(asked, 'exchange', true);
      await trial.reported(asked, 'connection', true);
    },
  },

  'locals-are-each-ones-own': {
    requirement: 'MSGI-SEC-2',
    title: 'Each exchange has locals of its own, and each connection has.',
    app: async (x, kit) => {
      const { locals, connection } = x;
      kit.report('exchange', (locals['mark'] as string) ?? null);
      kit.report('connection', (connection.locals['mark'] as string) ?? null);
      locals['mark'] = kit.name;
      connection.locals['mark'] ??= kit.name;
      await kit.gate();
      kit.report('kept', x.locals['mark'] === kit.name);
      x.respond(200);
    },
    async run(trial) {
      const [one, other] = [await trial.open(), await trial.open()];
      const a = trial.ask(one, 'a');
      await trial.waits(a);
      const first = trial.ask(one, 'b-1');
      await trial.reported(first, 'exchange', null);
      let mark = await trial.report(first, 'connection');
      for (let n = 2; mark !== 'a' && trial.piped && n <= PIPES; n += 1)
        mark = await trial.report(trial.ask(one, `b-${n}`), 'connection');
      if (mark !== 'a') trial.fail(`connection of b is ${JSON.stringify(mark)}, not "a"`);
      const c = trial.ask(other, 'c');
      await trial.reported(c, 'exchange', null);
      await trial.reported(c, 'connection', null);
      trial.release(a);
      await trial.reported(a, 'kept', true);
    },
  },
});
