/** What is said in a turn: frames in order, and content of one exchange as one DATA. */
import fc from 'fast-check';
import t from 'tap';
import { encode, serverReader } from '../codec.ts';
import { Outgoing } from '../server/outgoing.ts';

const content = (number: number, length: number): Uint8Array => new Uint8Array(length).fill(number);
const credit = (number: number): Uint8Array => encode({ type: 'CREDIT', number, payload: 1 });

/** Type, number and length of what is taken. */
function taken(out: Outgoing): readonly string[] {
  const octets = Uint8Array.from(Buffer.concat(out.take()));
  return [...serverReader(1_048_576).read(octets)].map(({ type, number, payload }) =>
    payload instanceof Uint8Array ? `${type} ${number} ${payload.length}` : `${type} ${number}`,
  );
}

t.test('content of many exchanges is one DATA for each', async t => {
  const out = new Outgoing();
  t.equal(out.empty, true);
  for (let round = 0; round < 3; round += 1) for (const number of [3, 5]) out.content(number, content(number, 10), 100);
  t.equal(out.empty, false);
  t.same(taken(out), ['DATA 3 30', 'DATA 5 30']);
  t.equal(out.empty, true);
  out.content(3, content(3, 10), 100);
  t.same(taken(out), ['DATA 3 10'], 'a turn is a turn');
});

t.test('nothing of an exchange overtakes a frame of its own', async t => {
  const out = new Outgoing();
  out.content(3, content(3, 10), 100);
  out.content(5, content(5, 10), 100);
  out.frame(3, credit(3));
  out.content(3, content(3, 10), 100);
  out.content(5, content(5, 10), 100);
  t.same(taken(out), ['DATA 3 10', 'DATA 5 20', 'CREDIT 3', 'DATA 3 10']);
});

t.test('the longest payload that the host takes', async t => {
  const out = new Outgoing();
  out.content(3, content(3, 250), 100);
  out.content(3, content(3, 60), 100);
  t.same(taken(out), ['DATA 3 100', 'DATA 3 100', 'DATA 3 100', 'DATA 3 10']);
});

t.test('all octets of each exchange, in their order', async () => {
  const said = fc.array(fc.record({ number: fc.constantFrom(3, 5, 7), length: fc.integer({ min: 0, max: 40 }) }));
  fc.assert(
    fc.property(said, fc.integer({ min: 1, max: 50 }), (list, most) => {
      const [out, wanted] = [new Outgoing(), new Map<number, number[]>()];
      let next = 0;
      for (const { number, length } of list) {
        const octets = Uint8Array.from({ length }, () => (next += 1));
        wanted.set(number, [...(wanted.get(number) ?? []), ...octets]);
        if (length === 0) out.frame(number, credit(number));
        else out.content(number, octets, most);
      }
      const found = new Map<number, number[]>();
      const stream = Uint8Array.from(Buffer.concat(out.take()));
      for (const { type, number, payload } of serverReader(1_048_576).read(stream)) {
        if (type !== 'DATA') continue;
        if (payload.length > most) return false;
        found.set(number, [...(found.get(number) ?? []), ...payload]);
      }
      return [...wanted].every(([number, octets]) => `${octets}` === `${found.get(number) ?? []}`);
    }),
  );
});
