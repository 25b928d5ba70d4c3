/** What the application sees of fields that came by the tables of HPACK. */
import { concat, indexed, literal, STATIC_TABLE } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { askBlock } from '../../../gateway/requests.ts';
import type { GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { NEWEST, usable } from '../../hpack/blocks.ts';

/** Reports method, scheme, authority and fields. */
const echo: Handler = (x, kit) => {
  const { method, scheme, authority, fields } = x.request;
  kit.report('head', [method, scheme, authority]);
  kit.report('fields', [...fields]);
  kit.report('lines', sorted(fields));
  x.respond(200);
};

/** Lines by their names: where a cookie stands is nobody's word once cookies may be joined. */
function sorted(fields: readonly string[]): readonly string[] {
  return Array.from({ length: fields.length / 2 }, (_, n) => `${fields[2 * n]}: ${fields[2 * n + 1]}`).sort();
}

/** A request whose pseudo-fields are literals with names of the static table, and what the subject adds to each. */
function block(trial: GatewayTrial, peer: Peer, name: string, ...more: readonly Uint8Array[]): Uint8Array {
  const fields = peer.fieldsOf({ path: trial.exchange(name).path });
  const lines = Array.from({ length: fields.length / 2 }, (_, n) =>
    literal(indexOf(fields[2 * n] as string), fields[2 * n + 1] as string),
  );
  return concat([...lines, ...more]);
}

/** Index of the first entry of the static table with that name, or the name where it has none. */
function indexOf(name: string): number | string {
  const at = STATIC_TABLE.findIndex((text, n) => n % 2 === 0 && text === name);
  return at < 0 ? name : at / 2 + 1;
}

/** Values of the names that a server may look at: harmless ones. */
const VALUES: Readonly<Record<string, string>> = {
  'accept-encoding': 'gzip, deflate',
  'content-length': '0',
  'max-forwards': '10',
  date: 'Sun, 06 Nov 1994 08:49:37 GMT',
  'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT',
  'if-unmodified-since': 'Sun, 06 Nov 1994 08:49:37 GMT',
  'if-range': '"etag"',
  range: 'bytes=0-',
  'set-cookie': 'a=b',
};

/** host is no field, transfer-encoding makes a request malformed, expect asks for an answer of its own. */
const APART = new Set(['host', 'transfer-encoding', 'expect']);

/** Regular names of the static table with their indices. */
const REGULAR = Array.from({ length: 47 }, (_, n) => n + 15)
  .map(index => [index, STATIC_TABLE[2 * index - 2] as string] as const)
  .filter(([, name]) => !APART.has(name));

export default suite('messages', {
  'static-table': {
    requirement: 'rfc7541/2.3.1/i1',
    title: 'Every entry of the static table is decoded as what it is.',
    app: echo,
    async run(trial) {
      const peer = await trial.open();
      const { endpoint, authority, fields } = trial.subject;
      const value = (name: string): string => VALUES[name] ?? 'v';
      const names = REGULAR.map(([index, name]) => literal(index, value(name)));
      const asked = askBlock(trial, peer, 'names', block(trial, peer, 'names', ...names));
      const lines = [...fields, ...REGULAR.flatMap(([, name]) => [name, value(name)])];
      await trial.reported(asked, 'lines', sorted(lines));
      const whole = (name: string, method: number): Uint8Array =>
        concat([
          indexed(method),
          indexed(endpoint.scheme === 'http' ? 6 : 7),
          literal(1, authority),
          literal(4, trial.exchange(name).path),
          indexed(16),
        ]);
      for (const [name, method, text] of [
        ['get', 2, 'GET'],
        ['post', 3, 'POST'],
      ] as const) {
        const indices = askBlock(trial, peer, name, whole(name, method), { method: text });
        await trial.reported(indices, 'head', [text, endpoint.scheme, authority]);
        await trial.reported(indices, 'fields', ['accept-encoding', 'gzip, deflate']);
      }
    },
  },

  'static-entries-of-no-request': {
    requirement: 'rfc7541/2.3.1/i1',
    title: 'The entries of the static table that make a request malformed are decoded all the same.',
    app: echo,
    async run(trial) {
      const peer = await trial.open();
      for (const index of [8, 9, 10, 11, 12, 13, 14, 57]) {
        const name = `entry-${index}`;
        const wrong = index === 57 ? literal(57, 'chunked') : indexed(index);
        const asked = askBlock(trial, peer, name, block(trial, peer, name, wrong));
        await peer.answer(asked.stream);
        const decoding = peer.goaways.some(({ code }) => code === 'COMPRESSION_ERROR');
        if (decoding) trial.fail(`entry ${index} is a decoding error`);
        if (peer.over) return trial.weak(`entry ${index} ends the connection`);
        if (index < 57) await trial.notInvoked(peer, asked);
      }
    },
  },

  'order-of-mixed-forms': {
    requirement: 'rfc7541/2.1/2',
    also: ['rfc7541/3.2/1'],
    title: 'Fields reach the application in their order, whatever the form of each.',
    app: echo,
    async run(trial) {
      const peer = await trial.open();
      const { update } = usable(trial, peer, 512);
      const { fields } = trial.subject;
      const mixed = [
        literal('x-f', '1', 'incremental'),
        literal('x-g', '2', 'without'),
        literal(NEWEST, '3', 'without'),
        indexed(NEWEST),
        literal('x-h', '4', 'incremental', true),
        literal(NEWEST + 1, '5', 'never', true),
        literal('x-f', '6', 'incremental', true),
        indexed(NEWEST + 1),
        indexed(NEWEST + 2),
      ];
      const first = askBlock(trial, peer, 'a', concat([update, block(trial, peer, 'a', ...mixed)]));
      const seen = 'x-f 1 x-g 2 x-f 3 x-f 1 x-h 4 x-f 5 x-f 6 x-h 4 x-f 1'.split(' ');
      await trial.reported(first, 'fields', [...fields, ...seen]);
      const inserted = [NEWEST, NEWEST + 1, NEWEST + 2].map(index => indexed(index));
      const second = askBlock(trial, peer, 'b', block(trial, peer, 'b', ...inserted));
      await trial.reported(second, 'fields', [...fields, 'x-f', '6', 'x-h', '4', 'x-f', '1']);
    },
  },

  'what-is-not-inserted': {
    requirement: 'rfc7541/3.2/1',
    title: 'A reference to a field that its form does not insert is a decoding error.',
    app: echo,
    async run(trial) {
      for (const form of ['without', 'never'] as const) {
        const peer = await trial.open();
        const { update } = usable(trial, peer, 512);
        const asked = askBlock(
          trial,
          peer,
          form,
          concat([update, block(trial, peer, form, literal('x-f', '1', form))]),
        );
        await trial.reported(asked, 'fields', [...trial.subject.fields, 'x-f', '1']);
        const name = `${form}-referred`;
        await refersTo(trial, peer, name);
      }
    },
  },
});

/** The block names the newest entry, and there is none. */
async function refersTo(trial: GatewayTrial, peer: Peer, name: string): Promise<void> {
  const asked = askBlock(trial, peer, name, block(trial, peer, name, indexed(NEWEST)));
  trial.expected = 'connection error COMPRESSION_ERROR';
  const record = peer.stream(asked.stream);
  await peer.until(() => peer.over || record.over, 'the end of the connection');
  const codes = peer.goaways.map(({ code }) => code);
  trial.seen = `GOAWAY ${codes.join(', ')}`;
  if (record.status === 200) trial.fail(`the application is invoked on ${name}`);
  if (!peer.over) trial.fail(`${name} is no error of the connection`);
  if (!codes.includes('COMPRESSION_ERROR')) trial.weak(codes.length === 0 ? 'no GOAWAY comes' : trial.seen);
}
