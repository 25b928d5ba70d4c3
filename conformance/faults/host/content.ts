/** Hosts that count room and credit wrongly, and read what they should. */
import type { Frame } from '../../../binding/frame.ts';
import type { HostFault } from './fault.ts';
import { creditOf, is, jsonOf, ofCase, ofHost, reading, withJson, writing } from './filters.ts';

export default [
  {
    id: 'host/writes-beyond-its-room',
    deviation: 'The host holds the room for 50 octets larger than it is.',
    clause: 'MSGI-PROC-23',
    fails: ['host/room-is-kept', 'host/room-before-the-response'],
    seen: /DATA of \d+ goes \d+ octets beyond the room/,
    pipe: reading(frame =>
      is(frame, 'HEAD') ? withJson(frame, { ...jsonOf(frame), room: jsonOf(frame).room + 50 }) : frame,
    ),
  },
  {
    id: 'host/counts-credit-twice',
    deviation: 'The host counts each CREDIT twice.',
    clause: 'MSGI-PROC-23',
    fails: ['host/room-is-kept', 'host/room-before-the-response'],
    seen: /DATA of \d+ goes \d+ octets beyond the room/,
    pipe: reading(frame => (is(frame, 'CREDIT') ? [frame, frame] : frame)),
  },
  {
    id: 'host/forgets-early-credit',
    deviation: 'The host forgets CREDIT that comes before the response.',
    clause: 'MSGI-PROC-23',
    fails: ['host/room-before-the-response'],
    seen: /waited for 30 octets of content/,
    waits: true,
    pipe: ofCase(() => {
      let started = false;
      return {
        reads: frame => (is(frame, 'CREDIT') && !started ? [] : frame),
        writes: frame => {
          started ||= is(frame, 'START');
          return frame;
        },
      };
    }),
  },
  {
    id: 'host/too-much-credit-is-a-violation',
    deviation: 'The host closes the pipe when CREDIT makes more than 2^31 − 1.',
    clause: 'MSGI-PROC-25',
    fails: ['host/credit-stops-at-the-most'],
    seen: /the host ends/,
    pipe: ofCase(link => {
      let room = 0;
      return {
        reads: frame => {
          if (is(frame, 'CREDIT')) room += creditOf(frame);
          if (room > 2 ** 31 - 1) link.close();
          return frame;
        },
      };
    }),
  },
  {
    id: 'host/stops-at-no-credit',
    deviation: 'The host lets CREDIT beyond 2^31 − 1 run over, and has no room then.',
    clause: 'MSGI-PROC-25',
    fails: ['host/credit-stops-at-the-most'],
    seen: /waited for the end of the response of a/,
    waits: true,
    pipe: reading(frame => {
      if (is(frame, 'HEAD')) return withJson(frame, { ...jsonOf(frame), room: 0 });
      return is(frame, 'CREDIT') ? [] : frame;
    }),
  },
  {
    id: 'host/reads-no-further',
    deviation: 'The host stops reading the pipe while content waits to be read.',
    clause: 'MSGI-PROC-24',
    fails: ['host/a-held-exchange-stops-no-other'],
    seen: /waited for the application to be called on twin/,
    waits: true,
    pipe: () => {
      let octets = 0;
      return {
        toHost: frame => {
          if (octets > 65_536) return [];
          if (is(frame, 'DATA')) octets += frame.payload.length;
          return [frame];
        },
      };
    },
  },
  {
    id: 'host/asks-for-nothing',
    deviation: 'The host sends no CREDIT of 0.',
    clause: 'MSGI-PROC-26',
    fails: ['host/a-read-that-waits-asks', 'host/a-read-that-waits-asks-for-nothing'],
    seen: /waited for CREDIT for number/,
    waits: true,
    pipe: writing(frame => (is(frame, 'CREDIT') && creditOf(frame) === 0 ? [] : frame)),
  },
  {
    id: 'host/grants-by-itself',
    deviation: 'The host grants 16,384 octets with the first read that waits, also where the application grants.',
    clause: 'MSGI-PROC-26',
    fails: ['host/a-read-that-waits-asks-for-nothing'],
    seen: /CREDIT of 16384 comes, which the application has not granted/,
    pipe: writing((frame: Frame) =>
      is(frame, 'CREDIT') && creditOf(frame) === 0
        ? ofHost({ type: 'CREDIT', number: frame.number, payload: 16_384 })
        : frame,
    ),
  },
] satisfies readonly HostFault[];
