/** A POST to a resource that is known to wait for the whole of it: only then does a status tell what became of its end. */
import type { RequirementId } from '../../../spec/registry/index.ts';
import { data, type Frame, headers, plainBlock } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { malformed } from '../../expect.ts';
import { Failed } from '../../outcome.ts';
import type { Peer } from '../../peer/peer.ts';
import { describeAnswer, type Trial } from '../../trial.ts';

const served = (status: number): boolean => status >= 200 && status < 400;

interface Post {
  readonly fields?: readonly string[];
  readonly content?: string;
  /** Trailers end it. */
  readonly trailers?: boolean;
}

/**
 * A connection on which a sound POST of this kind was seen to get its answer after its end, and not before. Where the
 * resource answers sooner, or refuses, an answer would prove nothing.
 */
export async function openUpload(
  trial: Trial,
  { fields = [], content = 'hello', trailers = false }: Post = {},
): Promise<Peer> {
  const peer = await trial.open();
  const stream = await hold(trial, peer, fields);
  peer.send(data(stream, content, { endStream: !trailers }));
  if (trailers) peer.send(soundTrailers(stream));
  const record = await peer.answer(stream);
  const seen = `POST ${trial.upload.path}: ${describeAnswer(record, peer)}`;
  if (trailers && !served(record.status)) trial.notApplicable(`sound trailers are refused already: ${seen}`);
  if (record.status === 0) throw new Failed(`the positive control is not served: ${seen}`, 'no-control');
  if (!served(record.status)) trial.notApplicable(`a sound POST is refused already: ${seen}`);
  return peer;
}

/** Trailers with one ordinary field. */
export function soundTrailers(stream: number): Frame {
  return headers(stream, plainBlock(['x-a', 'b']), { endStream: true });
}

/** Begins a POST, with the frames of its content so far, and shows that no answer has begun. */
export async function hold(
  trial: Trial,
  peer: Peer,
  fields: readonly string[] = [],
  ...content: readonly string[]
): Promise<number> {
  const stream = peer.ask({ method: 'POST', path: trial.upload.path, fields, endStream: false });
  if (content.length > 0) peer.send(...content.map(octets => data(stream, octets)));
  await peer.fence();
  const record = peer.stream(stream);
  if (record.status > 0 || record.over) {
    const seen = describeAnswer(record, peer);
    trial.notApplicable(`${trial.upload.path} answers before the request has ended: ${seen}`, 'stream-over');
  }
  return stream;
}

/** The POST of these frames is answered as the sound one before it was: with success. */
export async function accepted(trial: Trial, peer: Peer, stream: number, ...frames: readonly Frame[]): Promise<void> {
  trial.expected = `the POST on stream ${stream} is served like the one before it`;
  peer.send(...frames);
  const record = await peer.answer(stream);
  if (!served(record.status)) trial.fail(`a sound POST is refused: ${describeAnswer(record, peer)}`);
  trial.seen = `status ${record.status} on stream ${stream}`;
}

/** A POST is refused as malformed where its trailers end with such a field. */
export function refusesTrailers(
  requirement: RequirementId,
  also: readonly RequirementId[],
  title: string,
  ...fields: readonly string[]
): CaseBody {
  return {
    requirement,
    also,
    title,
    needs: ['upload'],
    async run(trial) {
      const peer = await openUpload(trial, { trailers: true });
      const stream = await hold(trial, peer, [], 'hello');
      const block = plainBlock(['x-a', 'b', ...fields]);
      await malformed(trial, peer, stream, headers(stream, block, { endStream: true }));
    },
  };
}
