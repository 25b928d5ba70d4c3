/** The kit's WebSocket frames: as RFC 6455 §5.7 prints them, and cut anywhere. */
import t from 'tap';
import { OPCODE, webSocketFrame, webSocketFrames } from '../application/websocket.ts';

const HELLO = [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
const MASKED = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];

t.test('the examples of RFC 6455', async t => {
  t.same([...webSocketFrame(OPCODE.text, 'Hello')], HELLO);
  t.same([...webSocketFrame(OPCODE.text, 'Hello', Uint8Array.of(0x37, 0xfa, 0x21, 0x3d))], MASKED);
  const { frames, rest } = webSocketFrames(Uint8Array.from([...HELLO, ...MASKED, 0x8a]));
  t.same(
    frames.map(({ opcode, masked, payload }) => [opcode, masked, Buffer.from(payload).toString()]),
    [
      [OPCODE.text, false, 'Hello'],
      [OPCODE.text, true, 'Hello'],
    ],
  );
  t.same([...rest], [0x8a]);
});

t.test('what is not whole waits, whatever its length', async t => {
  for (const length of [0, 125, 126, 300, 65_535]) {
    const whole = webSocketFrame(OPCODE.ping, new Uint8Array(length), Uint8Array.of(1, 2, 3, 4));
    t.same(webSocketFrames(whole.subarray(0, -1)).frames, [], `${length} octets, one missing`);
    const { frames, rest } = webSocketFrames(whole);
    t.same([frames.length, frames[0]?.payload.length, rest.length], [1, length, 0]);
  }
});
