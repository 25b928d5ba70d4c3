/** Runs a host for a server that gives no room with HEAD, and what there is behind START (MSGI-PROC-30). */
import { spawn } from 'node:child_process';

const HEAD_OCTETS = 9;
const HEAD = 0x04;
const CREDIT = 0x07;
const START = 0x09;

const host = spawn(process.execPath, process.argv.slice(2), { stdio: ['pipe', 'pipe', 'inherit'] });
/** What the server has given before START, by number. */
const kept = new Map();

function frame(type, number, payload) {
  const head = Buffer.alloc(HEAD_OCTETS);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(number, 5);
  return Buffer.concat([head, payload]);
}

function credit(number, octets) {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(octets);
  return frame(CREDIT, number, payload);
}

/** Frames for the host. */
function toHost(type, number, payload) {
  if (type === HEAD) {
    const { room, ...head } = JSON.parse(payload.toString());
    kept.set(number, room);
    return frame(type, number, Buffer.from(JSON.stringify({ ...head, room: 0 })));
  }
  if (type !== CREDIT || !kept.has(number)) return frame(type, number, payload);
  kept.set(number, kept.get(number) + payload.readUInt32BE());
  return Buffer.alloc(0);
}

/** What the host writes is as it was; behind START it gets its room. */
function toServer(type, number, payload) {
  const room = kept.get(number) ?? 0;
  if (type === START && kept.delete(number) && room > 0) host.stdin.write(credit(number, room));
  return frame(type, number, payload);
}

function carry(from, to, change) {
  let pending = Buffer.alloc(0);
  from.on('data', octets => {
    pending = Buffer.concat([pending, octets]);
    while (pending.length >= HEAD_OCTETS && pending.length >= HEAD_OCTETS + pending.readUInt32BE()) {
      const end = HEAD_OCTETS + pending.readUInt32BE();
      to.write(change(pending.readUInt8(4), pending.readUInt32BE(5), pending.subarray(HEAD_OCTETS, end)));
      pending = pending.subarray(end);
    }
  });
  from.on('end', () => to.end(pending));
  to.on('error', () => host.kill());
}

carry(process.stdin, host.stdin, toHost);
carry(host.stdout, process.stdout, toServer);
host.on('close', status => process.exit(status ?? 1));
