/** Servers that are wrong about PRIORITY_UPDATE, and about the setting of RFC 9218. */
import { FRAME_TYPE, SETTING, settings } from '../../wire/index.ts';
import { alters, endsConnection, type Fault, hides } from './fault.ts';

const NO_TREE = SETTING.NO_RFC7540_PRIORITIES;

export default [
  {
    id: 'priority-update/takes-any-setting',
    deviation: 'The server passes over SETTINGS_NO_RFC7540_PRIORITIES above 1.',
    clause: 'RFC 9218 §2.1',
    fails: ['priority-update/setting-above-one'],
    seen: /the value 2 is ignored/,
    grade: 'weak',
    wire: alters((frame, payload) =>
      payload.type === 'SETTINGS' && !payload.ack
        ? settings(payload.entries.filter(([id, value]) => id !== NO_TREE || value < 2))
        : frame,
    ),
  },
  {
    id: 'priority-update/internal-error-for-a-change',
    deviation: 'The server breaks down when the setting changes.',
    clause: 'RFC 9218 §2.1',
    fails: ['priority-update/setting-changes'],
    seen: /INTERNAL_ERROR.* instead of PROTOCOL_ERROR/,
    grade: 'weak',
    wire: endsConnection(
      'INTERNAL_ERROR',
      (_, p) => p.type === 'SETTINGS' && p.entries.some(([id, value]) => id === NO_TREE && value === 0),
    ),
  },
  {
    id: 'priority-update/internal-error-for-a-value',
    deviation: 'The server breaks down when it cannot read a value.',
    clause: 'RFC 9218 §7',
    fails: ['priority-update/unreadable-value'],
    seen: /INTERNAL_ERROR.* instead of PROTOCOL_ERROR/,
    grade: 'weak',
    wire: endsConnection('INTERNAL_ERROR', (_, p) => p.type === 'PRIORITY_UPDATE' && p.value === '???'),
  },
  {
    id: 'priority-update/opens-idle-streams',
    deviation: 'PRIORITY_UPDATE for an idle stream opens it, so that the streams below it are taken for closed.',
    clause: 'RFC 9218 §7',
    fails: ['priority-update/before-its-stream'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: link => {
      let highest = 0;
      return endsConnection('PROTOCOL_ERROR', ({ type, stream }, p) => {
        if (p.type === 'PRIORITY_UPDATE') highest = Math.max(highest, p.prioritized);
        return type === FRAME_TYPE.HEADERS && stream < highest;
      })(link);
    },
  },
  {
    id: 'priority-update/wants-a-value',
    deviation: 'The server takes an empty value for an error.',
    clause: 'RFC 9218 §7.1',
    fails: ['priority-update/empty-value'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection('PROTOCOL_ERROR', (_, p) => p.type === 'PRIORITY_UPDATE' && p.value === ''),
  },
  {
    id: 'priority-update/ten-are-too-many',
    deviation: 'The server takes more than ten updates for a flood.',
    clause: 'RFC 9218 §7',
    fails: ['priority-update/many-for-one-stream'],
    seen: /GOAWAY ENHANCE_YOUR_CALM/,
    wire: link => {
      let updates = 0;
      return endsConnection('ENHANCE_YOUR_CALM', ({ type }) => {
        if (type === FRAME_TYPE.PRIORITY_UPDATE) updates += 1;
        return updates > 10;
      })(link);
    },
  },
  {
    id: 'priority-update/checks-nothing',
    deviation: 'The server takes a PRIORITY_UPDATE that is wrong for one that is unknown.',
    clause: 'RFC 9218 §7.1',
    fails: [
      'priority-update/on-another-stream',
      'priority-update/for-more-streams-than-allowed',
      'priority-update/for-a-stream-never-promised',
      'priority-update/for-stream-zero',
      'priority-update/too-short',
    ],
    seen: /the connection lives on/,
    wire: hides(({ type }) => type === FRAME_TYPE.PRIORITY_UPDATE),
  },
  {
    id: 'priority-update/knows-open-streams-only',
    deviation: 'The server takes an update for a stream that is over for an error.',
    clause: 'RFC 9218 §7.1',
    fails: ['priority-update/for-finished-streams'],
    seen: /GOAWAY PROTOCOL_ERROR/,
    wire: endsConnection('PROTOCOL_ERROR', (_, p) => p.type === 'PRIORITY_UPDATE' && p.prioritized === 1),
  },
] satisfies readonly Fault[];
