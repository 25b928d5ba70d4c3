/** Hosts that greet wrongly, read and write frames wrongly, or whose process is wrong. */
import type { Frame } from '../../../binding/frame.ts';
import { TYPES } from '../../../binding/messages.ts';
import type { Deviation } from '../../process/filters.ts';
import type { HostFault } from './fault.ts';
import { all, is, isBroken, jsonOf, ofCase, ofHost, reading, withJson, writing } from './filters.ts';

const HELLO: Frame = ofHost({ type: 'HELLO', number: 0, payload: { versions: ['1.0'], payload: 65_536, name: 'x' } });

/** The octets of UTF-8, each a character. */
const spread = (texts: readonly string[]): readonly string[] =>
  texts.map(text => Buffer.from(text, 'utf8').toString('latin1'));

/** Frames that it does not read. */
const overlooks = (matches: (frame: Frame) => boolean): Deviation =>
  all({ reads: frame => (matches(frame) ? [] : frame) });

export default [
  {
    id: 'host/shares-its-output',
    deviation: 'The host leaves descriptor 1, its pipe, to the application as well.',
    clause: 'MSGI-PROC-1',
    fails: ['host/descriptors-are-its-own'],
    seen: /there are no frames on the pipe, but "printed by the application/,
    program: 'unguarded',
  },
  {
    id: 'host/drops-what-is-printed',
    deviation: 'The host leads descriptor 1 of the application to nowhere.',
    clause: 'MSGI-PROC-1',
    fails: ['host/descriptors-are-its-own'],
    seen: /waited for what the application prints on descriptor 2/,
    waits: true,
    program: 'mute',
  },
  {
    id: 'host/shares-its-input',
    deviation: 'The host leaves descriptor 0, its pipe, to the application as well.',
    clause: 'MSGI-PROC-1',
    fails: ['host/descriptors-are-its-own'],
    seen: /the application reads what is not its own|waited for the end of the standard input/,
    waits: true,
    program: 'shared-input',
  },
  {
    id: 'host/greets-before-start',
    deviation: 'The host answers HELLO at once, and does not wait for the start of its application.',
    clause: 'MSGI-PROC-16',
    fails: ['host/start-is-awaited', 'host/a-start-that-fails'],
    seen: /HELLO comes (?:before the start of the application has ended|although the start has failed)/,
    pipe: link => ({
      toHost: frame => {
        if (is(frame, 'HELLO')) link.toServer(HELLO);
        return [frame];
      },
      toServer: frame => (is(frame, 'HELLO') ? [] : [frame]),
    }),
  },
  {
    id: 'host/names-itself',
    deviation: 'The host tells its application its own name as that of the server.',
    clause: 'MSGI-PROC-16',
    fails: ['host/start-is-awaited'],
    seen: /host.server "msgi"/,
    host: application => ({ ...application, start: host => application.start?.({ ...host, server: 'msgi' }) }),
  },
  {
    id: 'host/stays-when-start-fails',
    deviation: 'The host stays when the start of its application rejects.',
    clause: 'MSGI-PROC-16',
    fails: ['host/a-start-that-fails'],
    seen: /waited for the end of the process/,
    waits: true,
    host: application => ({
      ...application,
      start: async host => {
        try {
          await application.start?.(host);
        } catch {
          await new Promise(() => {});
        }
      },
    }),
  },
  {
    id: 'host/takes-any-version',
    deviation: 'The host goes on with a server that speaks no version of its own.',
    clause: 'MSGI-PROC-17',
    fails: ['host/no-common-version'],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: all({
      reads: frame => (is(frame, 'HELLO') ? withJson(frame, { ...jsonOf(frame), versions: ['1.0'] }) : frame),
    }),
  },
  {
    id: 'host/works-by-the-highest-version',
    deviation: 'The host works by the highest version that the server names, known or not.',
    clause: 'MSGI-PROC-17',
    fails: ['host/further-versions'],
    seen: /host.spec is "9007.1"/,
    host: application => ({ ...application, start: host => application.start?.({ ...host, spec: '9007.1' }) }),
  },
  {
    id: 'host/wants-one-version',
    deviation: 'The host closes the pipe of a server that names a version which it does not know.',
    clause: 'MSGI-PROC-17',
    fails: ['host/further-versions'],
    seen: /the host ends the pipe where the kit waits for the start/,
    pipe: link => ({
      toHost: frame => {
        if (!is(frame, 'HELLO') || jsonOf(frame).versions.length === 1) return [frame];
        link.close();
        return [];
      },
    }),
  },
  {
    id: 'host/greets-twice',
    deviation: 'The host sends HELLO twice.',
    clause: 'MSGI-PROC-14',
    fails: ['host/hello-first-and-once'],
    seen: /HELLO comes a second time/,
    pipe: all({ writes: frame => (is(frame, 'HELLO') ? [frame, frame] : frame) }),
  },
  {
    id: 'host/takes-a-second-hello',
    deviation: 'The host overlooks a second HELLO of its server.',
    clause: 'MSGI-PROC-9',
    fails: ['host/one-hello-of-the-server'],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: () => {
      let greeted = false;
      return {
        toHost: frame => {
          const again = greeted && is(frame, 'HELLO');
          greeted = true;
          return again ? [] : [frame];
        },
      };
    },
  },
  {
    id: 'host/types-of-its-own',
    deviation: 'The host writes frames of a type that is not in the table.',
    clause: 'MSGI-PROC-4',
    fails: ['host/frames-are-those-of-the-table'],
    seen: /the host writes a frame of type 128/,
    pipe: writing(frame => (is(frame, 'END') ? [{ ...frame, type: 128 }, frame] : frame)),
  },
  {
    id: 'host/speaks-of-the-process',
    deviation: 'The host writes PRIORITY with number 0.',
    clause: 'MSGI-PROC-4',
    fails: ['host/frames-are-those-of-the-table'],
    seen: /PRIORITY has number 0: no exchange/,
    pipe: writing(frame => (is(frame, 'PRIORITY') ? { ...frame, number: 0 } : frame)),
  },
  {
    id: 'host/further-keys',
    deviation: 'The host puts a key of its own into STOP.',
    clause: 'MSGI-PROC-5',
    fails: ['host/json-has-the-keys-that-are-named'],
    seen: /STOP: the payload of STOP/,
    pipe: writing(frame => (is(frame, 'STOP') ? withJson(frame, { ...jsonOf(frame), why: '' }) : frame)),
  },
  {
    id: 'host/reads-octets-of-utf-8',
    deviation: 'The host takes each octet of the JSON for a character.',
    clause: 'MSGI-PROC-6',
    fails: ['host/octets-are-characters'],
    seen: /of HEAD is "RenÃ©" in the request/,
    pipe: reading(frame => {
      if (!is(frame, 'HEAD')) return frame;
      const head = jsonOf(frame);
      return withJson(frame, { ...head, request: { ...head.request, fields: spread(head.request.fields) } });
    }),
  },
  {
    id: 'host/writes-octets-of-utf-8',
    deviation: 'The host writes each octet of UTF-8 of a value as a character.',
    clause: 'MSGI-PROC-6',
    fails: ['host/octets-are-characters'],
    seen: /are "RenÃ©" in START/,
    pipe: writing(frame =>
      is(frame, 'START') ? withJson(frame, { ...jsonOf(frame), fields: spread(jsonOf(frame).fields) }) : frame,
    ),
  },
  {
    id: 'host/writes-what-it-takes',
    deviation: 'The host writes payloads as long as it takes them itself.',
    clause: 'MSGI-PROC-8',
    fails: ['host/payload-within-what-the-server-takes'],
    seen: /DATA has 200000 octets of payload, where 65536 are taken/,
    pipe: all({
      reads: frame => (is(frame, 'HELLO') ? withJson(frame, { ...jsonOf(frame), payload: 2 ** 20 }) : frame),
    }),
  },
  {
    id: 'host/minds-unknown-types',
    deviation: 'The host closes the pipe on a frame of an unknown type.',
    clause: 'MSGI-PROC-7',
    fails: ['host/unknown-types-are-ignored'],
    seen: /the host ends/,
    pipe: link => ({
      toHost: frame => {
        if (TYPES[frame.type - 1] === undefined) link.close();
        return [frame];
      },
    }),
  },
  {
    id: 'host/minds-finished-numbers',
    deviation: 'The host closes the pipe on a frame for a number that is finished.',
    clause: 'MSGI-PROC-10',
    fails: ['host/finished-numbers-are-dropped'],
    seen: /the host ends/,
    pipe: ofCase(link => {
      let closed = false;
      return {
        reads: frame => {
          if (closed) link.close();
          closed = is(frame, 'CLOSE');
          return frame;
        },
      };
    }),
  },
  {
    id: 'host/takes-any-payload',
    deviation: 'The host takes payloads of any length.',
    clause: 'MSGI-PROC-9',
    fails: ['host/too-long-a-payload'],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: overlooks(({ payload }) => payload.length > 2 ** 20),
  },
  {
    id: 'host/overlooks-broken-frames',
    deviation: 'The host drops frames that no server may write.',
    clause: 'MSGI-PROC-9',
    fails: ['host/a-type-of-the-hosts', 'host/a-key-twice', 'host/data-of-no-octets'],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: overlooks(isBroken),
  },
  {
    id: 'host/overlooks-numbers',
    deviation: 'The host drops frames whose number is not of their kind, or was never given.',
    clause: 'MSGI-PROC-9',
    fails: ['host/a-number-never-given', 'host/a-number-of-the-wrong-kind'],
    seen: /waited for the end of the pipe/,
    waits: true,
    pipe: () => {
      const begun = new Set<number>();
      return {
        toHost: frame => {
          if (is(frame, 'HEAD')) begun.add(frame.number);
          return is(frame, 'CREDIT', 'SENT') && !begun.has(frame.number) ? [] : [frame];
        },
      };
    },
  },
] satisfies readonly HostFault[];
