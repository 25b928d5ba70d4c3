/** What was under way when the server said GOAWAY (RFC 9113 §6.8). */
import { concat, data, ERROR_CODE, headers, latin1, plainBlock } from '../../../../wire/index.ts';
import type { Handler } from '../../../application/kit.ts';
import { suite } from '../../../gateway/case.ts';
import type { Asked, GatewayTrial } from '../../../gateway/trial.ts';
import type { Peer } from '../../../peer/peer.ts';
import { fieldValue } from '../../../peer/stream.ts';
import { describeAnswer } from '../../../trial.ts';

/** The last stream of a GOAWAY that names none (RFC 9113 §6.8). */
const MAX_STREAM_ID = 2 ** 31 - 1;

const CHUNK = 16_384;
/** Octets that the case sends at most to fill the connection window, and streams that it sends them on. */
const MOST = 2 ** 22;
const MOST_STREAMS = 400;

const drains: Handler = x => {
  x.connection.drain();
  x.respond(200);
};

const upload: Handler = async (x, kit) => {
  kit.report('begun');
  let octets = 0;
  for await (const chunk of x.body) octets += chunk.length;
  kit.report('trailer', fieldValue(x.body.trailers ?? [], 'x-kit') ?? null);
  x.respond(200, [], `${octets}`);
};

export default suite('drain', {
  'first-goaway-names-no-stream': {
    requirement: 'rfc9113/6.8/7',
    title:
      'A graceful shutdown begins with GOAWAY of the last stream 2^31-1 and NO_ERROR, and the request under way completes.',
    app: { drains, upload },
    async run(trial) {
      const { peer, upload } = await drained(trial);
      peer.send(data(upload.stream, new Uint8Array(1), { endStream: true }));
      const record = await peer.answer(upload.stream);
      const [first] = peer.goaways;
      trial.seen = `GOAWAY ${first?.code} with the last stream ${first?.lastStream}, and ${describeAnswer(record, peer)}`;
      if (first?.lastStream !== MAX_STREAM_ID || first.code !== 'NO_ERROR')
        trial.weak(`the first GOAWAY has ${first?.code} and the last stream ${first?.lastStream}`);
      if (record.status !== 200 || !record.gotEnd)
        trial.weak(`the request under way is cut off: ${describeAnswer(record, peer)}`);
    },
  },

  'a-racing-request-has-its-answer': {
    requirement: 'rfc9113/6.8/8',
    title: 'A request that crosses the GOAWAY is answered, refused, or above the last stream of the last GOAWAY.',
    app: { drains, racing: x => x.respond(200) },
    async run(trial) {
      const peer = await trial.open();
      peer.drains = true;
      const [a, b] = [trial.exchange('drains'), trial.exchange('racing')];
      const first = peer.request({ path: a.path });
      const second = peer.request({ path: b.path }, first.stream + 2);
      peer.send(first, second);
      const record = peer.stream(second.stream);
      await peer.until(() => peer.end !== null || record.over, 'the answer of racing, or the end').catch(() => {});
      const last = peer.goaways.at(-1)?.lastStream ?? MAX_STREAM_ID;
      trial.seen = `${describeAnswer(record, peer)}; the last GOAWAY has ${last}`;
      if (record.status === 200 && record.gotEnd) return;
      if (record.resets[0] === ERROR_CODE.REFUSED_STREAM || last < second.stream) return;
      trial.weak(`the racing request on stream ${second.stream} has no answer: ${trial.seen}`);
    },
  },

  'ignored-headers-update-the-table': {
    requirement: 'rfc9113/6.8/9',
    title: 'HEADERS on a stream above the last one of GOAWAY still update the dynamic table.',
    app: { drains, upload },
    async run(trial) {
      const { peer, upload } = await drained(trial);
      if (peer.ledger.setting('theirs', 'HEADER_TABLE_SIZE') < 100)
        trial.notApplicable('the subject keeps no dynamic table');
      const insert = concat([Uint8Array.of(0x40, 5), latin1('x-kit'), Uint8Array.of(7), latin1('trailer')]);
      const ignored = peer.nextStream();
      const block = concat([plainBlock(peer.fieldsOf(trial.exchange('ignored'))), insert]);
      peer.expectMethod(ignored, 'GET');
      // The newest entry has index 62 (RFC 7541 §2.3.3).
      const trailers = headers(upload.stream, Uint8Array.of(0x80 | 62), { endStream: true });
      peer.violate(headers(ignored, block, { endStream: true }), trailers);
      await unharmed(trial, peer, upload);
      await trial.reported(upload, 'trailer', 'trailer');
    },
  },

  'ignored-data-counts-for-the-connection': {
    requirement: 'rfc9113/6.8/10',
    title: 'DATA on streams above the last one of GOAWAY counts for the connection window, and its credit comes back.',
    app: { drains, upload },
    async run(trial) {
      const { peer, upload } = await drained(trial);
      const credit = peer.ledger.sendWindow;
      if (credit > MOST) trial.notApplicable(`the connection window is ${credit} octets`);
      flood(trial, peer, credit);
      trial.expected = 'credit for what was ignored, and the upload goes on';
      await peer.until(() => peer.over || peer.ledger.sendWindow >= 1000, 'credit for DATA that was ignored');
      if (!peer.over) peer.send(data(upload.stream, new Uint8Array(1000), { endStream: true }));
      await unharmed(trial, peer, upload);
    },
  },
});

/** A connection whose last GOAWAY has come, with an upload under way. */
async function drained(trial: GatewayTrial): Promise<{ readonly peer: Peer; readonly upload: Asked }> {
  const peer = await trial.open();
  peer.drains = true;
  const upload = trial.ask(peer, 'upload', { method: 'POST', endStream: false });
  await trial.report(upload, 'begun');
  await trial.answered(trial.ask(peer, 'drains'), 200, 0);
  await peer.until(() => peer.over || peer.goaways.length > 1, 'the last GOAWAY');
  const last = peer.goaways.at(-1)?.lastStream ?? 0;
  if (last >= upload.stream + 4) trial.notApplicable(`no stream lies above the last one of GOAWAY (${last})`);
  return { peer, upload };
}

/** The upload is answered; a connection that ends before with NO_ERROR is poorer. */
async function unharmed(trial: GatewayTrial, peer: Peer, upload: Asked): Promise<void> {
  const record = await peer.answer(upload.stream);
  const error = peer.goaways.find(({ code }) => code !== 'NO_ERROR');
  if (error !== undefined) trial.fail(`GOAWAY ${error.code} for what is ignored`);
  trial.seen = describeAnswer(record, peer);
  if (record.over) await trial.answered(upload, 200);
  else trial.weak(`the connection ends without an answer to the upload: ${describeAnswer(record, peer)}`);
}

/** POSTs on new streams, whose DATA within the stream windows takes all of the connection window. */
function flood(trial: GatewayTrial, peer: Peer, credit: number): void {
  const room = peer.ledger.setting('theirs', 'INITIAL_WINDOW_SIZE');
  const needed = Math.ceil(credit / room);
  if (needed > MOST_STREAMS) trial.notApplicable(`the window of the connection is that of ${needed} streams`);
  for (let left = credit; left > 0; ) {
    const stream = peer.nextStream();
    const block = plainBlock(peer.fieldsOf({ method: 'POST', path: trial.exchange('ignored').path }));
    peer.expectMethod(stream, 'POST');
    peer.violate(headers(stream, block, { endStream: false }));
    for (let open = Math.min(room, left); open > 0; ) {
      const size = Math.min(CHUNK, open);
      peer.violate(data(stream, new Uint8Array(size)));
      open -= size;
      left -= size;
    }
  }
}
