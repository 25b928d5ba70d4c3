/** Cases on the order that urgency and incremental ask for (RFC 9218 §4, §6, §7, §10), under contention. */
import { data, FRAME_TYPE, frame, priority, priorityUpdate } from '../../../wire/index.ts';
import { OPCODE, webSocketFrame } from '../../application/websocket.ts';
import { type CaseBody, chapter } from '../../case.ts';
import { contend, contendForLarge, credit, openStreams, SLACK, servedInOrder } from '../../contention.ts';
import { tolerated } from '../../expect.ts';
import type { Peer, RequestOptions } from '../../peer/peer.ts';
import { describeAnswer, describeEnd, type Trial } from '../../trial.ts';

const wants = (value: string): RequestOptions => (value === '' ? {} : { fields: ['priority', value] });

/** Streams that ask by these fields and wait for the connection's window alone. */
async function waiting(trial: Trial, peer: Peer, ...values: readonly string[]): Promise<readonly number[]> {
  const streams = await contendForLarge(trial, peer, values.length, () => values.map(wants));
  await openStreams(peer);
  return streams;
}

/** A WebSocket at the small resource, by extended CONNECT (RFC 8441 §4); its stream. */
async function openTunnel(trial: Trial, peer: Peer, value: string): Promise<number> {
  if (peer.ledger.setting('theirs', 'ENABLE_CONNECT_PROTOCOL') !== 1)
    trial.notApplicable('the server has not sent ENABLE_CONNECT_PROTOCOL=1');
  const fields = ['sec-websocket-version', '13', 'priority', value];
  const tunnel = peer.ask({ method: 'CONNECT', protocol: 'websocket', fields, endStream: false });
  const record = peer.stream(tunnel);
  await peer.until(() => record.status > 0 || record.over || peer.over, 'the tunnel');
  if (record.status !== 200) trial.notApplicable(`no WebSocket is offered there: ${describeAnswer(record, peer)}`);
  return tunnel;
}

const claimed: Pick<CaseBody, 'claims' | 'needs'> = { claims: ['priority-urgency'], needs: ['large'] };

export default chapter('urgency', {
  'more-urgent-first': {
    requirement: 'rfc9218/10/1',
    ...claimed,
    title: 'Content of more urgent responses goes before that of less urgent ones.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, ...[7, 6, 5, 4, 3, 2, 1, 0].map(urgency => `u=${urgency}`));
      await servedInOrder(trial, peer, streams.toReversed());
    },
  },

  'defaults-in-the-middle': {
    requirement: 'rfc9218/4/1',
    ...claimed,
    title: 'What names no urgency goes between urgency 2 and urgency 4.',
    async run(trial) {
      const peer = await trial.open();
      const [last = 0, incremental = 0, plain = 0, first = 0] = await waiting(trial, peer, 'u=4', 'i', '', 'u=2');
      if (!(await servedInOrder(trial, peer, [first, plain, incremental, last], 1))) return;
      const gains = await credit(peer, [incremental, plain, last], 6);
      const [, , early = 0] = gains;
      if (early > SLACK) trial.weak(`urgency 4 gets ${early} octets before what has the default`);
    },
  },

  'in-the-order-of-requests': {
    requirement: 'rfc9218/10/3',
    ...claimed,
    title: 'Responses of one urgency that are not incremental go in the order of their requests.',
    async run(trial) {
      const peer = await trial.open();
      await servedInOrder(trial, peer, await waiting(trial, peer, 'u=2', 'u=2', 'u=2'));
    },
  },

  'incremental-ones-share': {
    requirement: 'rfc9218/10/4',
    also: ['rfc9218/10/2'],
    ...claimed,
    title: 'Incremental responses of one urgency go on side by side.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 'u=2, i', 'u=2, i', 'u=2, i');
      const tenths = (all: readonly number[]): boolean => all.every(octets => octets >= 30 * 1024);
      const gains = await credit(peer, streams, 300, 1024, tenths);
      trial.expected = 'each of three streams gets a tenth of 300 KiB and more';
      trial.seen = `the streams ${streams.join(', ')} get ${gains.join(', ')} octets`;
      if (!tenths(gains)) trial.weak(trial.seen);
    },
  },

  'neither-kind-starves': {
    requirement: 'rfc9218/10/5',
    ...claimed,
    title: 'Of one urgency, what is incremental and what is not do not starve each other.',
    async run(trial) {
      const peer = await trial.open();
      const both = (all: readonly number[]): boolean => !all.includes(0);
      const gains = await credit(peer, await waiting(trial, peer, 'u=2', 'u=2, i'), 63, SLACK, both);
      trial.expected = 'content of both within 1 MiB of credit';
      trial.seen = `${gains[0]} octets of the one, and ${gains[1]} of the incremental one`;
      if (!both(gains)) trial.weak(trial.seen);
    },
  },

  'tunnels-get-their-part': {
    requirement: 'rfc9218/10.1/1',
    needs: ['large'],
    claims: ['priority-urgency', 'tunnel'],
    title: 'A tunnel gets some of the connection beside more urgent responses.',
    async run(trial) {
      const peer = await trial.open();
      const tunnel = await openTunnel(trial, peer, 'u=7');
      const { path } = trial.resource('large');
      const large = (): number => peer.ask({ path, ...wants('u=0') });
      const streams = await contend(peer, large, 3, () => {
        peer.send(data(tunnel, webSocketFrame(OPCODE.text, 'm'.repeat(16_000), new Uint8Array(4))));
        return [large(), large(), tunnel];
      });
      await openStreams(peer);
      const [first, second, gain] = await credit(peer, streams, 63, SLACK, ([, , own]) => own !== 0);
      trial.expected = 'content of the tunnel within 1 MiB of credit';
      trial.seen = `the tunnel gets ${gain} octets beside responses that get ${first} and ${second}`;
      if (gain === 0) trial.weak(trial.seen);
    },
  },

  'update-moves-a-response': {
    requirement: 'rfc9218/6/i1',
    ...claimed,
    title: 'A PRIORITY_UPDATE moves a response that waits.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await waiting(trial, peer, 'u=3', 'u=3', 'u=3');
      const [first = 0, second = 0, third = 0] = streams;
      await peer.fence(priorityUpdate(third, 'u=0'), priorityUpdate(first, 'u=7'));
      await servedInOrder(trial, peer, [third, second, first]);
    },
  },

  'latest-early-update-counts': {
    requirement: 'rfc9218/7/3',
    ...claimed,
    title: 'Of several PRIORITY_UPDATEs before the stream is opened the latest counts.',
    async run(trial) {
      const peer = await trial.open();
      const streams = await contendForLarge(trial, peer, 2, ([first = 0, second = 0]) => {
        peer.send(...['u=0', 'u=7'].map(value => priorityUpdate(first, value)));
        peer.send(...['u=7', 'u=0'].map(value => priorityUpdate(second, value)));
        return [{}, {}];
      });
      await openStreams(peer);
      await servedInOrder(trial, peer, streams.toReversed());
    },
  },

  'flags-and-reserved-bit-of-updates': {
    requirement: 'rfc9218/7.1/i2',
    ...claimed,
    title: 'Flags and the reserved bit of PRIORITY_UPDATE are ignored: it counts all the same.',
    async run(trial) {
      const peer = await trial.open();
      const [first = 0, second = 0] = await waiting(trial, peer, 'u=3', 'u=3');
      const { payload } = priorityUpdate(0x8000_0000 + second, 'u=0');
      await peer.fence(frame(FRAME_TYPE.PRIORITY_UPDATE, 0xff, 0, payload));
      await servedInOrder(trial, peer, [second, first]);
    },
  },

  'no-tree-for-who-does-without': {
    requirement: 'rfc9218/2.1/6',
    ...claimed,
    title: 'For a client that has sent SETTINGS_NO_RFC7540_PRIORITIES 1 the tree orders nothing.',
    async run(trial) {
      const without = { settings: [['NO_RFC7540_PRIORITIES', 1]] } as const;
      const control = await trial.open(without);
      const [plain = 0] = await credit(control, await waiting(trial, control, '', ''), 6);
      const peer = await trial.open(without);
      const [first = 0, second = 0] = await waiting(trial, peer, '', '');
      await peer.fence(priority(first, { dependency: second, weight: 1 }));
      const [gain = 0] = await credit(peer, [first, second], 6);
      const seen = `the first stream gets ${gain} octets below the second, and ${plain} where nothing was said`;
      if (gain <= SLACK && plain > SLACK) trial.fail(seen);
      await tolerated(trial, peer, priority(second, { dependency: second, weight: 1 }));
      trial.seen = seen;
    },
  },

  'no-tree-where-the-server-says-so': {
    requirement: 'rfc9218/2.1/i1',
    alone: { urgency_only: 1 },
    needs: ['large'],
    title: 'Where the server has sent SETTINGS_NO_RFC7540_PRIORITIES 1 the tree orders nothing.',
    async run(trial) {
      const control = await trial.open();
      if (control.ledger.setting('theirs', 'NO_RFC7540_PRIORITIES') !== 1)
        trial.notApplicable('the server does not send SETTINGS_NO_RFC7540_PRIORITIES 1');
      if (trial.subject.claims.has('priority-tree') && !trial.subject.claims.has('priority-urgency'))
        trial.fail('the tree is claimed, and switched off by SETTINGS_NO_RFC7540_PRIORITIES 1');
      const [plain = 0] = await credit(control, await waiting(trial, control, '', ''), 6);
      const peer = await trial.open();
      const [first = 0, second = 0] = await waiting(trial, peer, '', '');
      await peer.fence(priority(first, { dependency: second, weight: 1 }));
      const [gain = 0] = await credit(peer, [first, second], 6);
      const seen = `the first stream gets ${gain} octets below the second, and ${plain} where nothing was said`;
      if (gain <= SLACK && plain > SLACK) trial.fail(seen);
      if ((await peer.fence(priority(second, { dependency: second, weight: 1 }))) === 'over')
        trial.weak(`a dependency of a stream on itself ends the connection: ${describeEnd(peer)}`);
      else if (peer.stream(second).resets.length > 0) trial.weak('a dependency of a stream on itself is an error');
      trial.seen = seen;
    },
  },
});
