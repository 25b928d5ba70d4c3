/** Fields of a request as the application sees them (section 2.3). */
import { concat, literal, plainBlock } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import { askBlock, framesOf } from '../../../gateway/requests.ts';
import { representations } from './representations.ts';

/** Octets that a value may have (RFC 9110 §5.5), whitespace within. */
const VALUE = `a\tb ${Array.from({ length: 0x5e }, (_, n) => String.fromCharCode(0x21 + n)).join('')}${Array.from(
  { length: 0x80 },
  (_, n) => String.fromCharCode(0x80 + n),
).join('')}`;

const NAME = "x-!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";

/** Reports the field section, of the names that the case has sent: those that begin with "x-", cookie, te. */
const fields: Handler = (x, kit) => {
  const all = x.request.fields;
  const own = (name: string): boolean => /^x-|^cookie$|^te$/i.test(name);
  kit.report(
    'fields',
    all.filter((_, at) => own(all[at - (at % 2)] as string)),
  );
  kit.report(
    'pseudo',
    [...all].filter((name, at) => at % 2 === 0 && name.startsWith(':')),
  );
  x.respond(200);
};

export default suite('messages', {
  'names-in-lower-case': {
    requirement: 'MSGI-FIELD-1',
    title: 'Names of fields are given in lower case, octet for octet.',
    app: fields,
    async run(trial) {
      const peer = await trial.open();
      const sent = ['x-forwarded-for', '1', NAME, '2'];
      await trial.reported(trial.ask(peer, 'a', { fields: sent }), 'fields', sent);
    },
  },

  'lines-in-the-order-received': {
    requirement: 'MSGI-FIELD-2',
    title: 'Lines of one name are given in the order received, each a pair of its own.',
    app: fields,
    async run(trial) {
      const peer = await trial.open();
      const sent = ['x-b', '1', 'te', 'trailers', 'x-a', '1, 2', 'x-b', '', 'x-a', '3', 'x-b', '1'];
      await trial.reported(trial.ask(peer, 'a', { fields: sent }), 'fields', sent);
    },
  },

  'cookies-in-one-line': {
    requirement: 'MSGI-FIELD-3',
    also: ['rfc9113/8.2.3/2'],
    title: 'Several lines of cookie reach the application as one, joined with "; ".',
    app: fields,
    async run(trial) {
      const peer = await trial.open();
      const sent = ['cookie', 'a=b', 'x-a', '1', 'cookie', 'c=d; e=f', 'cookie', 'g=h'];
      const asked = trial.ask(peer, 'a', { fields: sent });
      const given = (await trial.report(asked, 'fields')) as readonly string[];
      const cookies = given.filter((_, at) => at % 2 === 1 && given[at - 1] === 'cookie');
      trial.expected = 'one cookie: a=b; c=d; e=f; g=h';
      trial.seen = `cookies ${JSON.stringify(cookies)}`;
      if (cookies.length !== 1 || cookies[0] !== 'a=b; c=d; e=f; g=h') trial.fail(trial.seen);
    },
  },

  'octets-as-characters': {
    requirement: 'MSGI-FIELD-4',
    title: 'Each octet of a value is the character of the same number.',
    app: fields,
    async run(trial) {
      const peer = await trial.open();
      const sent = ['x-a', VALUE];
      await trial.reported(trial.ask(peer, 'a', { fields: sent }), 'fields', sent);
    },
  },

  'no-pseudo-fields': {
    requirement: 'MSGI-FIELD-5',
    title: 'There are no pseudo-fields in the field section.',
    app: fields,
    async run(trial) {
      const peer = await trial.open();
      await trial.reported(trial.ask(peer, 'a', { fields: ['x-a', '1'] }), 'pseudo', []);
    },
  },

  'every-octet-in-either-coding': {
    requirement: 'rfc7541/5.2/i1',
    title:
      'Strings decode to the same octets in Huffman coding and without, and what is forbidden is no decoding error.',
    app: fields,
    async run(trial) {
      const peer = await trial.open();
      for (const huffman of [false, true]) {
        const name = huffman ? 'huffman' : 'plain';
        const request = plainBlock(peer.fieldsOf({ path: trial.exchange(name).path }));
        const asked = askBlock(trial, peer, name, concat([request, literal(NAME, VALUE, 'without', huffman)]));
        await trial.reported(asked, 'fields', [NAME, VALUE]);
        for (const octet of FORBIDDEN) {
          const value = `a${String.fromCharCode(octet)}b`;
          const path = trial.exchange(`${name}-octet-${octet}`).path;
          const block = concat([plainBlock(peer.fieldsOf({ path })), literal('x-a', value, 'without', huffman)]);
          await peer.answer(askBlock(trial, peer, `${name}-octet-${octet}`, block).stream);
          if (peer.over) trial.fail(`octet ${octet}, ${name}, is an error of the connection`);
        }
      }
    },
  },

  'never-indexed-names': {
    requirement: 'MSGI-FIELD-7',
    title: 'The names of fields that came as never-indexed literals are in sensitive of the field section.',
    app: (x, kit) => {
      kit.report('sensitive', [...(x.request.fields.sensitive ?? [])]);
      x.respond(200);
    },
    async run(trial) {
      const peer = await trial.open();
      const request = plainBlock(peer.fieldsOf({ path: trial.exchange('a').path }));
      const secret = literal('x-secret', 's', 'never');
      const asked = askBlock(trial, peer, 'a', concat([request, literal('x-plain', 'p'), secret]));
      const names = (await trial.report(asked, 'sensitive')) as readonly string[];
      trial.expected = 'x-secret is in sensitive';
      trial.seen = `sensitive is ${JSON.stringify(names)}`;
      if (!names.includes('x-secret')) trial.weak(trial.seen);
    },
  },

  'never-indexed-through-and-through': {
    requirement: 'rfc7541/6.2.3/1',
    title: 'A field that came never-indexed and is sent on with its mark is sent never-indexed.',
    app: x => {
      const { fields: all } = x.request;
      const sent = Object.assign(['x-secret', all[all.indexOf('x-secret') + 1] as string], {
        sensitive: all.sensitive ?? [],
      });
      x.respond(200, sent);
    },
    async run(trial) {
      const peer = await trial.open();
      const request = plainBlock(peer.fieldsOf({ path: trial.exchange('a').path }));
      const asked = askBlock(trial, peer, 'a', concat([request, literal('x-secret', 'as received', 'never')]));
      await trial.answered(asked, 200, 0);
      const [form] = representations(framesOf(asked), 'as received');
      trial.expected = 'x-secret in the response is a never-indexed literal';
      trial.seen = `x-secret in the response comes as ${form ?? 'an indexed field'}`;
      if (form !== 'never') trial.weak(trial.seen);
    },
  },
});

/** Octets that no value has: the names of exchanges tell them apart. */
const FORBIDDEN = [0x00, 0x01, 0x08, 0x0a, 0x0d, 0x1f, 0x7f];
