/** WebSockets through a tunnel (RFC 8441 §5): the kit speaks them on both ends. */
import { data, rstStream } from '../../../../wire/index.ts';
import { echo, OPCODE, type WebSocketFrame, webSocketFrame, webSocketFrames } from '../../../application/websocket.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { fieldValue } from '../../../peer/stream.ts';
import { describeAnswer } from '../../../trial.ts';
import { content, opened } from './connect.ts';

const VERSION = ['sec-websocket-version', '13'];
const MASK = Uint8Array.of(0x12, 0x34, 0x56, 0x78);

const says = ({ peer, stream }: Asked, opcode: number, payload: string): void =>
  peer.send(data(stream, webSocketFrame(opcode, payload, MASK)));

/** The frames that have come, as soon as there are so many. */
async function heard(trial: GatewayTrial, tunnel: Asked, count: number): Promise<readonly WebSocketFrame[]> {
  const { peer, stream } = tunnel;
  const frames = (): readonly WebSocketFrame[] => webSocketFrames(content(tunnel)).frames;
  const record = peer.stream(stream);
  await peer.until(() => frames().length >= count || record.over || peer.over, `WebSocket frame ${count}`);
  if (frames().length < count)
    trial.fail(`${frames().length} WebSocket frames come back, then ${describeAnswer(record, peer)}`);
  return frames();
}

async function opens(trial: GatewayTrial, peer: Peer, name: string, ...fields: readonly string[]): Promise<Asked> {
  return opened(trial, peer, name, { fields: [...VERSION, ...fields] });
}

/** A text that is echoed: a WebSocket is there. */
async function echoes(trial: GatewayTrial, tunnel: Asked): Promise<void> {
  says(tunnel, OPCODE.text, 'hello');
  const [frame] = await heard(trial, tunnel, 1);
  const text = Buffer.from(frame?.payload ?? []).toString();
  if (frame?.opcode !== OPCODE.text || frame.masked || text !== 'hello')
    trial.fail(`the echo is "${text}", opcode ${frame?.opcode}, ${frame?.masked ? 'masked' : 'unmasked'}`);
}

export default suite('tunnels', {
  'websocket-frames-are-data': {
    requirement: 'rfc8441/5/i1',
    title: 'Behind the 2xx DATA carries WebSocket frames both ways: text, ping, close.',
    claims: ['tunnel'],
    app: x => echo(x),
    async run(trial) {
      const peer = await trial.open();
      const tunnel = await opens(trial, peer, 'a');
      await echoes(trial, tunnel);
      says(tunnel, OPCODE.ping, 'are you there');
      says(tunnel, OPCODE.close, '\x03\xe8');
      const opcodes = (await heard(trial, tunnel, 3)).map(({ opcode }) => opcode).join(' ');
      if (opcodes !== `${OPCODE.text} ${OPCODE.pong} ${OPCODE.close}`)
        trial.fail(`the opcodes that come back are ${opcodes}`);
      peer.send(data(tunnel.stream, '', { endStream: true }));
      await peer.answer(tunnel.stream);
      trial.seen = 'echo, pong and close';
    },
  },

  'end-stream-is-fin': {
    requirement: 'rfc8441/5/i2',
    title: 'END_STREAM stands for the end of the transport, and RST_STREAM with CANCEL for its loss.',
    claims: ['tunnel'],
    app: (x, kit) => {
      kit.follow(x);
      return echo(x);
    },
    async run(trial) {
      const peer = await trial.open();
      const closed = await opens(trial, peer, 'closed');
      await echoes(trial, closed);
      says(closed, OPCODE.close, '\x03\xe8');
      peer.send(data(closed.stream, '', { endStream: true }));
      const record = await peer.answer(closed.stream);
      if (!record.gotEnd) trial.weak(`behind the close of the WebSocket comes ${describeAnswer(record, peer)}`);
      const lost = await opens(trial, peer, 'lost');
      await echoes(trial, lost);
      const mark = peer.received.length;
      peer.send(rstStream(lost.stream, 'CANCEL'));
      const { code, by, complete } = (await trial.report(lost, 'close')) as Readonly<Record<string, unknown>>;
      if (complete !== false || code !== 8 || by !== 'peer')
        trial.fail(`a tunnel that the client cancels ends with code ${code} by ${by}, complete ${complete}`);
      await trial.quietApp(peer);
      if (peer.received.slice(mark).some(({ frame }) => frame.stream === lost.stream))
        trial.fail('frames come on the stream of the tunnel that the client has cancelled');
      trial.seen = 'END_STREAM behind the close, and CANCEL told to the application';
    },
  },

  'no-key-is-needed': {
    requirement: 'rfc8441/5/i3',
    title: 'Extended CONNECT without sec-websocket-key opens the WebSocket, and with one that means nothing, too.',
    claims: ['tunnel'],
    app: (x, kit) => {
      const at = x.request.fields.indexOf('sec-websocket-protocol');
      kit.report('offered', at < 0 ? null : (x.request.fields[at + 1] as string));
      return echo(x, ['sec-websocket-protocol', 'chat']);
    },
    async run(trial) {
      const peer = await trial.open();
      const tunnel = await opens(trial, peer, 'a', 'sec-websocket-protocol', 'chat, other');
      await trial.reported(tunnel, 'offered', 'chat, other');
      if (fieldValue(peer.stream(tunnel.stream).fields, 'sec-websocket-protocol') !== 'chat')
        trial.fail('the sec-websocket-protocol that the application chose does not come back');
      await echoes(trial, tunnel);
      const bad = trial.ask(peer, 'bad', {
        method: 'CONNECT',
        protocol: 'websocket',
        fields: [...VERSION, 'sec-websocket-key', 'no key'],
        endStream: false,
      });
      const record = peer.stream(bad.stream);
      await peer.until(() => record.status > 0 || record.over || peer.over, 'the answer to CONNECT with a bad key');
      if (record.status >= 400) trial.weak(`a sec-websocket-key that means nothing is refused with ${record.status}`);
      else if (record.status !== 200)
        trial.fail(`CONNECT with a bad key is answered with ${describeAnswer(record, peer)}`);
      trial.seen = 'the WebSocket is opened without a key';
    },
  },
});
