/** Ranges, conditions, expectations and methods that a resource need not know, and must not get wrong (RFC 9110). */
import { data } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { served } from '../../expect.ts';
import { Failed } from '../../outcome.ts';
import type { Peer, RequestOptions } from '../../peer/peer.ts';
import { fieldValue, type StreamRecord } from '../../peer/stream.ts';
import { describeAnswer, type Trial } from '../../trial.ts';

/** What a server may take to answer an expectation when it is idle. */
const EXPECTED_MS = 1000;

/** Methods that few resources have. A case changes none: what PUT and DELETE do, the next one would find (RFC 9110 §9.2.1). */
const SAFE = ['TRACE', 'PROPFIND', 'REPORT', 'SEARCH'];

/** Fields of the 200 that a 304 has as well. */
const KEPT = ['etag', 'vary', 'content-location', 'cache-control', 'expires'];

async function answerTo(peer: Peer, options: RequestOptions): Promise<StreamRecord> {
  return peer.wholeAnswer(peer.ask(options));
}

const ranged = (range: string): RequestOptions => ({ fields: ['range', range] });

/** The whole representation, as for a request without a range. */
const isWhole = (trial: Trial, { status, octets }: StreamRecord): boolean =>
  status === trial.subject.small.status && octets === trial.subject.small.size;

/** A GET with an entity tag that two answers agree on, and what it drew. */
async function revalidated(
  trial: Trial,
  peer: Peer,
): Promise<{ readonly full: StreamRecord; readonly again: StreamRecord }> {
  const full = await served(trial, peer);
  const tag = fieldValue(full.fields, 'etag');
  if (tag === undefined || tag !== fieldValue((await served(trial, peer)).fields, 'etag'))
    trial.notApplicable('two answers to GET do not agree on an entity tag');
  return { full, again: await answerTo(peer, { fields: ['if-none-match', tag ?? ''] }) };
}

export const requests: Readonly<Record<string, CaseBody>> = {
  'range-of-one-octet': {
    requirement: 'rfc9110/15.3.7.1/1',
    title: 'A request for the first octet gets that octet and says so, or the whole representation.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      const record = await answerTo(peer, ranged('bytes=0-0'));
      trial.expected = '206 with one octet and content-range bytes 0-0, or the whole representation';
      trial.seen = describeAnswer(record, peer);
      if (isWhole(trial, record)) return;
      if (record.status !== 206) return trial.weak(`${trial.seen} for a range that is there`);
      const range = fieldValue(record.fields, 'content-range') ?? 'none';
      trial.seen += `, content-range ${range}`;
      if (!/^bytes 0-0\//.test(range) || record.octets !== 1) trial.fail(trial.seen);
    },
  },

  'range-behind-the-end': {
    requirement: 'rfc9110/15.5.17/1',
    title: 'A request for a range behind the end gets a 416 with the length, or the whole representation.',
    async run(trial) {
      const peer = await trial.open();
      const record = await answerTo(peer, ranged(`bytes=${trial.subject.small.size + 1_000_000}-`));
      trial.expected = '416 with content-range bytes */length, or the whole representation';
      trial.seen = describeAnswer(record, peer);
      if (isWhole(trial, record)) return;
      if (record.status === 206) trial.fail(`${trial.seen} for a range that is not there`);
      if (record.status !== 416) return trial.weak(`${trial.seen} for a range that is not there`);
      const range = fieldValue(record.fields, 'content-range') ?? 'none';
      if (!/^bytes \*\/[0-9]+$/.test(range)) trial.weak(`a 416 whose content-range is ${range}`);
    },
  },

  'range-of-head': {
    requirement: 'rfc9110/14.2/2',
    title: 'A range in a HEAD request is ignored.',
    async run(trial) {
      const peer = await trial.open();
      const plain = await answerTo(peer, { method: 'HEAD' });
      const { status } = await answerTo(peer, { method: 'HEAD', ...ranged('bytes=0-0') });
      trial.expected = `status ${plain.status}, as without a range`;
      trial.seen = `status ${status} to HEAD with a range`;
      if (status === 206 || status === 416) trial.fail(trial.seen);
      if (status !== plain.status) trial.weak(trial.seen);
    },
  },

  'range-in-another-unit': {
    requirement: 'rfc9110/14.2/3',
    title: 'A range in a unit that nobody knows is ignored.',
    async run(trial) {
      const peer = await trial.open();
      const record = await answerTo(peer, ranged('msgi-conformance=0-0'));
      trial.expected = 'the whole representation, or 416';
      trial.seen = describeAnswer(record, peer);
      if (record.status === 206) trial.fail(`${trial.seen} for a unit that nobody knows`);
      if (!isWhole(trial, record) && record.status !== 416) trial.weak(trial.seen);
    },
  },

  'entity-tag-that-matches': {
    requirement: 'rfc9110/13.1.2/5',
    title: 'A GET with the entity tag that the resource has is answered with 304.',
    async run(trial) {
      const peer = await trial.open();
      const { again } = await revalidated(trial, peer);
      trial.expected = 'status 304';
      trial.seen = describeAnswer(again, peer);
      if (again.status === 304) return;
      if (isWhole(trial, again)) trial.weak('the representation comes although its entity tag was named');
      else trial.fail(trial.seen);
    },
  },

  'not-modified-says-what-ok-says': {
    requirement: 'rfc9110/15.4.5/1',
    also: ['rfc9110/8.6/6'],
    title: 'A 304 has entity tag, vary, cache-control and their like as the 200 has them, and no other content-length.',
    async run(trial) {
      const peer = await trial.open();
      const { full, again } = await revalidated(trial, peer);
      if (again.status !== 304) trial.notApplicable(`no 304 comes: ${describeAnswer(again, peer)}`);
      const value = ({ fields }: StreamRecord, name: string): string | undefined => fieldValue(fields, name);
      const lost = KEPT.filter(name => value(full, name) !== undefined && value(again, name) === undefined);
      trial.expected = 'the fields of the 200 that caches go by';
      if (lost.length > 0) trial.fail(`the 304 lacks ${lost.join(', ')}, which the 200 has`);
      const length = value(again, 'content-length');
      if (length !== undefined && Number(length) !== full.octets)
        trial.fail(`the 304 has content-length ${length} where the 200 has ${full.octets} octets of content`);
      trial.seen = 'the 304 has what the 200 has';
    },
  },

  'method-not-allowed-says-what-is': {
    requirement: 'rfc9110/10.2.1/1',
    also: ['rfc9110/15.5.6/1'],
    title: 'A 405 has allow.',
    passive: true,
    async run(trial) {
      const peer = await trial.open();
      for (const method of SAFE) {
        const record = await answerTo(peer, { method });
        trial.seen = `${method} draws ${describeAnswer(record, peer)}`;
        if (peer.over) return;
      }
    },
  },

  'expectation-is-met': {
    requirement: 'rfc9110/10.1.1/11',
    also: ['rfc9110/10.1.1/12', 'rfc9113/8.1/i6'],
    needs: ['upload'],
    title: 'A request that expects 100 is answered before its content has come: with 100, or for good.',
    async run(trial) {
      const peer = await trial.open();
      trial.needWindow(peer, 5);
      const stream = peer.ask({
        method: 'POST',
        path: trial.upload.path,
        fields: ['expect', '100-continue', 'content-length', '5'],
        endStream: false,
      });
      trial.expected = '100 or a final response while the content is held back';
      const record = peer.stream(stream);
      const met = (): boolean => record.interim.includes(100) || record.status > 0 || record.over || peer.over;
      await peer.fence();
      if (!met()) await peer.twins(trial.subject.small.path);
      const limit = Math.max(peer.limit, EXPECTED_MS);
      // A gateway is an origin server for its client, and asks its own before the content has come (RFC 9110 §3.7).
      if (!met() && !(await trial.idle(peer.within(limit, met, '100'))))
        throw new Failed(`nothing comes while the content is held back for ${limit} ms`, undefined, true);
      trial.seen = record.interim.includes(100) ? '100' : describeAnswer(record, peer);
      if (record.over || peer.over || record.status > 0) return;
      peer.send(data(stream, 'hello', { endStream: true }));
      const { status } = await peer.answer(stream);
      if (status === 0) trial.fail(`100, and then no final response: ${describeAnswer(record, peer)}`);
    },
  },
};
