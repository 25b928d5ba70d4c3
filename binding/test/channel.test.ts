/** The sockets of a host: two directions, one place for all that is read, and no name that is left behind. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import { channel } from '../server/channel.ts';

const folders = (): readonly string[] => readdirSync(tmpdir()).filter(name => name.startsWith('msgi-pipe-'));

t.test('both directions, into the same memory, to the end', async t => {
  const before = folders();
  const places = new Set<ArrayBufferLike>();
  const came: Buffer[] = [];
  const made = await channel(octets => {
    places.add(octets.buffer);
    came.push(Buffer.from(octets));
  });
  t.same(
    folders().filter(name => !before.includes(name)),
    [],
    'nobody else can connect',
  );
  const [itsInput, itsOutput] = made.theirs;
  made.input.end('to the host');
  itsInput.resume();
  const [octets] = (await once(itsInput, 'data')) as [Buffer];
  t.equal(octets.toString(), 'to the host');
  const sent = Buffer.alloc(1_000_000, 'from the host;');
  const over = once(made.output, 'close');
  itsOutput.end(sent);
  await over;
  t.ok(Buffer.concat(came).equals(sent));
  t.ok(came.length > 1);
  t.equal(places.size, 1);
  for (const socket of [made.input, itsInput, itsOutput]) socket.destroy();
});
