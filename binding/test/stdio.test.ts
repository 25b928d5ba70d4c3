/** What carries a pipe: all octets in their order, and few pieces to write. */
import { Writable } from 'node:stream';
import t from 'tap';
import { carrier } from '../stdio.ts';

const pieceOf = (length: number, octet: number): Uint8Array => new Uint8Array(length).fill(octet);

t.test('neighbours that are small are one piece', async t => {
  const cases: readonly (readonly [readonly number[], readonly number[]])[] = [
    [[5], [5]],
    [[100_000], [100_000]],
    [[5, 6, 7], [18]],
    [
      [9, 20_000, 9, 30_000, 9, 9],
      [9, 20_000, 9, 30_000, 18],
    ],
    [
      [20_000, 20_000],
      [20_000, 20_000],
    ],
    [[4096, 4096], [8192]],
  ];
  for (const [given, written] of cases) {
    const chunks: Buffer[] = [];
    const sizes: number[] = [];
    const output = new Writable({
      writev(all, done) {
        for (const { chunk } of all) {
          sizes.push(chunk.length);
          chunks.push(chunk);
        }
        done();
      },
    });
    const pieces = given.map((length, at) => pieceOf(length, at + 1));
    carrier(output).write(pieces);
    await new Promise(resolve => output.end(resolve));
    t.same(sizes, written);
    t.ok(Buffer.concat(chunks).equals(Buffer.concat(pieces)), `${given} in order`);
  }
});
