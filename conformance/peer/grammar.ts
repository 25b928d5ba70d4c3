/**
 * Passive checks: what a sound server may send, held against every frame of every case (KIT rule 8).
 *
 * Each finding names the row that it breaks. The kit's second opinion on what is legal: the reference server's engine has
 * its own, on purpose.
 */
import type { RequirementId } from '../../spec/registry/index.ts';
import {
  definedFlags,
  FLAG,
  FRAME_TYPE,
  type Frame,
  flagList,
  frameTypeName,
  MAX_MAX_FRAME_SIZE,
  MAX_WINDOW,
  MIN_MAX_FRAME_SIZE,
  type Payload,
  SETTING,
} from '../../wire/index.ts';
import { readDictionary } from './dictionary.ts';
import type { Ledger } from './ledger.ts';
import { endFindings, headFindings, type Finding as Said, trailerFindings } from './semantics.ts';
import { fieldValue, type StreamRecord } from './stream.ts';
import { printable } from './transcript.ts';

export interface Finding {
  readonly requirement: RequirementId;
  readonly verdict: 'fail' | 'weak';
  readonly seen: string;
}

const STREAM_FRAMES: ReadonlyMap<number, RequirementId> = new Map<number, RequirementId>([
  [FRAME_TYPE.DATA, 'rfc9113/6.1/4'],
  [FRAME_TYPE.HEADERS, 'rfc9113/6.2/5'],
  [FRAME_TYPE.RST_STREAM, 'rfc9113/6.4/3'],
  [FRAME_TYPE.CONTINUATION, 'rfc9113/6.10/3'],
]);

const CONNECTION_FRAMES: ReadonlyMap<number, RequirementId> = new Map<number, RequirementId>([
  [FRAME_TYPE.SETTINGS, 'rfc9113/6.5/6'],
  [FRAME_TYPE.PING, 'rfc9113/6.7/i1'],
  [FRAME_TYPE.GOAWAY, 'rfc9113/6.8/i3'],
]);

const PADDING = { DATA: 'rfc9113/6.1/2', HEADERS: 'rfc9113/6.2/1', PUSH_PROMISE: 'rfc9113/6.6/2' } as const;

/** What may come on a connected stream (RFC 9113 §8.5). */
const IN_TUNNEL = new Set<number>([
  FRAME_TYPE.DATA,
  FRAME_TYPE.RST_STREAM,
  FRAME_TYPE.WINDOW_UPDATE,
  FRAME_TYPE.PRIORITY,
]);

const CONNECTION_SPECIFIC = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

export class Grammar {
  readonly findings: Finding[] = [];
  readonly #ledger: Ledger;
  #frames = 0;
  #blockStream = 0;
  #inBlock = false;
  /** The field block is that of a PUSH_PROMISE. */
  #promises = false;
  #lastGoaway = Number.POSITIVE_INFINITY;
  /** Opaque octets of the kit's PINGs that wait for their acknowledgement. */
  readonly pings: string[] = [];
  /** Streams on which the kit sent anything: what it said on an idle one may be answered there (RFC 9113 §6.3). */
  readonly named = new Set<number>();
  /** Streams that the kit opened a second time, on purpose: a server that serves them has one deviation, not four. */
  readonly reused = new Set<number>();
  /** The kit wrote octets that are in no book, so what answers them cannot be judged. */
  blind = false;
  /** Names of the fields of requests for the subject's own resources, by stream: of these the semantics are judged. */
  readonly asked = new Map<number, ReadonlySet<string>>();
  /** The authority that the kit asks for. */
  authority = '';
  #undecodable = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  #find(requirement: RequirementId, seen: string, verdict: 'fail' | 'weak' = 'fail'): void {
    this.findings.push({ requirement, verdict, seen });
  }

  #say(found: readonly Said[]): void {
    for (const { requirement, seen, verdict } of found) this.#find(requirement, seen, verdict);
  }

  /** A frame as it was read, before the books take it up. */
  frame(frame: Frame, payload: Payload): void {
    this.#frames += 1;
    const name = frameTypeName(frame.type);
    if (this.#frames === 1 && (frame.type !== FRAME_TYPE.SETTINGS || frame.flags & FLAG.ACK)) {
      this.#find('rfc9113/3.4/3', `the first frame is ${name}${frame.flags & FLAG.ACK ? ' with ACK' : ''}`);
    }
    this.#header(frame, name);
    this.#sequence(frame, name);
    this.#streamOf(frame, name);
    this.#payload(frame, payload);
    if (this.reused.has(frame.stream)) return;
    this.#closed(frame, payload, name);
    this.#message(frame, name);
  }

  #header(frame: Frame, name: string): void {
    const undefinedFlags = frame.flags & ~definedFlags(frame.type);
    if (frame.type <= FRAME_TYPE.CONTINUATION && undefinedFlags !== 0) {
      this.#find('rfc9113/4.1/4', `${name} with undefined flags ${flagList(frame.type, undefinedFlags).join(' ')}`);
    }
    if (frame.reserved) this.#find('rfc9113/4.1/5', `${name} with the reserved bit of its stream identifier set`);
    const limit = this.#ledger.largest('MAX_FRAME_SIZE');
    if (frame.payload.length > limit) {
      this.#find('rfc9113/4.1/1', `${name} of ${frame.payload.length} octets where the limit is ${limit}`);
    }
  }

  /** Field blocks are uninterrupted runs (RFC 9113 §4.3). */
  #sequence(frame: Frame, name: string): void {
    const continues = frame.type === FRAME_TYPE.CONTINUATION;
    if (this.#inBlock && !(continues && frame.stream === this.#blockStream)) {
      const seen = `${name} on stream ${frame.stream} inside the field block of stream ${this.#blockStream}`;
      this.#find(this.#promises ? 'rfc9113/6.6/4' : 'rfc9113/4.3/1', seen);
      this.#inBlock = false;
    } else if (continues && !this.#inBlock) {
      this.#find('rfc9113/6.10/5', `CONTINUATION on stream ${frame.stream} without a field block to continue`);
    }
    if (continues || frame.type === FRAME_TYPE.HEADERS || frame.type === FRAME_TYPE.PUSH_PROMISE) {
      if (!continues) this.#promises = frame.type === FRAME_TYPE.PUSH_PROMISE;
      this.#inBlock = (frame.flags & FLAG.END_HEADERS) === 0;
      this.#blockStream = frame.stream;
    }
  }

  #streamOf(frame: Frame, name: string): void {
    const wantsStream = STREAM_FRAMES.get(frame.type);
    if (wantsStream !== undefined && frame.stream === 0) this.#find(wantsStream, `${name} on stream 0`);
    const wantsConnection = CONNECTION_FRAMES.get(frame.type);
    if (wantsConnection !== undefined && frame.stream !== 0)
      this.#find(wantsConnection, `${name} on stream ${frame.stream}`);
  }

  #payload(frame: Frame, payload: Payload): void {
    switch (payload.type) {
      case 'malformed':
        this.#malformed(frame, payload.why);
        break;
      case 'DATA':
      case 'HEADERS':
      case 'PUSH_PROMISE':
        if (payload.padding?.some(octet => octet !== 0)) {
          this.#find(PADDING[payload.type], `${payload.type} on stream ${frame.stream} with padding that is not zero`);
        }
        if (payload.type === 'DATA') this.#flowControl(frame);
        if (payload.type === 'PUSH_PROMISE') this.#pushPromise(frame.stream, payload.promised);
        break;
      case 'SETTINGS':
        if (!payload.ack) this.#settings(payload.entries);
        break;
      case 'PRIORITY_UPDATE':
        this.#find('rfc9218/7.1/10', 'PRIORITY_UPDATE, which is for clients');
        break;
      case 'PING':
        if (payload.ack) this.#pingAck(payload.opaque);
        break;
      case 'GOAWAY':
        this.#goaway(payload.lastStream);
        break;
      case 'WINDOW_UPDATE':
        this.#windowUpdate(frame.stream, payload.increment, payload.reserved);
        break;
      case 'RST_STREAM':
        this.#idle(frame.stream, 'rfc9113/6.4/5', 'RST_STREAM');
        break;
      default:
        break;
    }
  }

  #malformed(frame: Frame, why: string): void {
    const rows: Record<number, RequirementId> = {
      [FRAME_TYPE.DATA]: 'rfc9113/6.1/i5',
      [FRAME_TYPE.HEADERS]: 'rfc9113/6.1/i5',
      [FRAME_TYPE.PUSH_PROMISE]: 'rfc9113/6.1/i5',
      [FRAME_TYPE.RST_STREAM]: 'rfc9113/6.4/i1',
      [FRAME_TYPE.SETTINGS]: frame.flags & FLAG.ACK ? 'rfc9113/6.5/4' : 'rfc9113/6.5/i1',
      [FRAME_TYPE.PING]: 'rfc9113/6.7/1',
      [FRAME_TYPE.GOAWAY]: 'rfc9113/6.8/i3',
      [FRAME_TYPE.WINDOW_UPDATE]: 'rfc9113/6.9/i3',
    };
    const row = rows[frame.type];
    if (row !== undefined) this.#find(row, why);
  }

  /** DATA stays within both windows (RFC 9113 §6.9.1); padding counts. */
  #flowControl(frame: Frame): void {
    const length = frame.payload.length;
    const stream = this.#ledger.stream(frame.stream);
    if (length === 0 || stream === undefined) return;
    if (length > Math.max(0, stream.receiveWindow)) {
      this.#find(
        'rfc9113/6.9.1/1',
        `${length} octets of DATA on stream ${frame.stream} with a stream window of ${stream.receiveWindow}`,
      );
    }
    if (length > Math.max(0, this.#ledger.receiveWindow)) {
      this.#find(
        'rfc9113/6.9.1/1',
        `${length} octets of DATA on stream ${frame.stream} with a connection window of ${this.#ledger.receiveWindow}`,
      );
    }
  }

  #settings(entries: readonly (readonly [number, number])[]): void {
    for (const [id, value] of entries) {
      if (id === SETTING.ENABLE_PUSH && value !== 0)
        this.#find('rfc9113/6.5.2/4', `ENABLE_PUSH=${value} from a server`);
      if (id === SETTING.INITIAL_WINDOW_SIZE && value > MAX_WINDOW) {
        this.#find('rfc9113/6.5.2/i3', `INITIAL_WINDOW_SIZE=${value}`);
      }
      if (id === SETTING.MAX_FRAME_SIZE && (value < MIN_MAX_FRAME_SIZE || value > MAX_MAX_FRAME_SIZE)) {
        this.#find('rfc9113/6.5.2/11', `MAX_FRAME_SIZE=${value}`);
      }
      if (id === SETTING.ENABLE_CONNECT_PROTOCOL) this.#connectProtocol(value);
    }
    this.#noPriorities(entries.filter(([id]) => id === SETTING.NO_RFC7540_PRIORITIES).map(([, value]) => value));
    this.#settingsSeen = true;
  }

  #settingsSeen = false;
  /** What the first SETTINGS says of the tree; null where it does not speak of it. */
  #firstNoPriorities: number | null = null;

  /** Once it is 1 it stays 1 (RFC 8441 §3). */
  #connectProtocol(value: number): void {
    if (value > 1) this.#find('rfc8441/3/1', `ENABLE_CONNECT_PROTOCOL=${value}`);
    if (value === 0 && this.#ledger.setting('theirs', 'ENABLE_CONNECT_PROTOCOL') === 1)
      this.#find('rfc8441/3/3', 'ENABLE_CONNECT_PROTOCOL=0 after it was 1');
  }

  /** In the first SETTINGS or nowhere, and always the same (RFC 9218 §2.1). */
  #noPriorities(values: readonly number[]): void {
    for (const value of values) {
      const seen = `NO_RFC7540_PRIORITIES=${value}`;
      if (value > 1) this.#find('rfc9218/2.1/1', seen);
      if (!this.#settingsSeen) this.#firstNoPriorities ??= value;
      else if (this.#firstNoPriorities === null) this.#find('rfc9218/2.1/3', `${seen} in a later SETTINGS only`);
      if (this.#firstNoPriorities !== null && value !== this.#firstNoPriorities)
        this.#find('rfc9218/2.1/4', `${seen} after ${this.#firstNoPriorities}`);
    }
  }

  #pingAck(opaque: Uint8Array): void {
    const key = opaque.toString();
    const at = this.pings.indexOf(key);
    if (at >= 0) this.pings.splice(at, 1);
    else if (!this.blind)
      this.#find('rfc9113/6.7/i1', 'a PING acknowledgement whose octets answer no outstanding PING');
  }

  #goaway(lastStream: number): void {
    if (lastStream > this.#lastGoaway) {
      this.#find('rfc9113/6.8/6', `GOAWAY names last stream ${lastStream} after one that named ${this.#lastGoaway}`);
    }
    this.#lastGoaway = lastStream;
    if (lastStream !== 0 && lastStream % 2 === 0) {
      this.#find('rfc9113/6.8/i3', `GOAWAY names last stream ${lastStream}, which no client can have opened`, 'weak');
    }
    for (const stream of this.#ledger.streams.values()) {
      if (!stream.promised && stream.id > lastStream && stream.status >= 200 && stream.status < 300) {
        this.#find(
          'rfc9113/6.8/i3',
          `GOAWAY names last stream ${lastStream} although stream ${stream.id} was answered with ${stream.status}`,
        );
      }
    }
  }

  #windowUpdate(id: number, increment: number, reserved: boolean): void {
    if (increment === 0) this.#find('rfc9113/6.9/i3', `WINDOW_UPDATE of 0 on stream ${id}`);
    if (reserved) this.#find('rfc9113/6.9/i3', 'WINDOW_UPDATE with its reserved bit set', 'weak');
    if (id !== 0) this.#idle(id, 'rfc9113/6.9/i3', 'WINDOW_UPDATE');
    const window = id === 0 ? this.#ledger.sendWindow : this.#ledger.stream(id)?.sendWindow;
    if (window !== undefined && window + increment > MAX_WINDOW) {
      this.#find(
        'rfc9113/6.9/i3',
        `WINDOW_UPDATE of ${increment} lifts a window of ${window} above 2^31-1 on stream ${id}`,
      );
    }
  }

  #idle(id: number, row: RequirementId, name: string): void {
    const { highestSent, highestPromised } = this.#ledger;
    if (this.blind || this.named.has(id) || this.#undecodable) return;
    if (id > (id % 2 === 1 ? highestSent : highestPromised)) this.#find(row, `${name} on stream ${id}, which is idle`);
  }

  #pushPromise(id: number, promised: number): void {
    const parent = this.#ledger.stream(id);
    if (id % 2 === 0 || parent === undefined) {
      this.#find('rfc9113/6.6/6', `PUSH_PROMISE on stream ${id}, which the client has not opened`);
    } else if (parent.over) {
      this.#find('rfc9113/6.6/10', `PUSH_PROMISE on stream ${id}, which the server has ended`);
    }
    if (promised === 0 || promised % 2 === 1) this.#find('rfc9113/5.1.1/2', `PUSH_PROMISE promises stream ${promised}`);
    if (promised <= this.#ledger.highestPromised) {
      this.#find('rfc9113/5.1.1/3', `PUSH_PROMISE promises stream ${promised} after ${this.#ledger.highestPromised}`);
    }
    if (this.#ledger.setting('ours', 'ENABLE_PUSH') === 0) {
      this.#find('rfc9113/6.5.2/1', 'PUSH_PROMISE although ENABLE_PUSH=0 was acknowledged');
    }
  }

  /** After its END_STREAM or RST_STREAM a server says no more on a stream (RFC 9113 §5.1). */
  #closed(frame: Frame, payload: Payload, name: string): void {
    const stream = this.#ledger.stream(frame.stream);
    const says = payload.type === 'DATA' || payload.type === 'HEADERS' || payload.type === 'PUSH_PROMISE';
    if (stream === undefined) return;
    if (isTunnel(stream) && !IN_TUNNEL.has(frame.type) && !stream.over)
      this.#find('rfc9113/8.5/2', `${name} on stream ${frame.stream}, which is a tunnel`);
    const reserved = stream.promised && stream.status === 0 && stream.interim.length === 0 && !stream.over;
    if (reserved && (payload.type === 'DATA' || payload.type === 'WINDOW_UPDATE' || payload.type === 'PUSH_PROMISE'))
      this.#find('rfc9113/5.1/3', `${name} on stream ${frame.stream}, which is only promised`);
    if (stream.gotEnd && says) {
      this.#find('rfc9113/5.1/i5', `${name} on stream ${frame.stream} after its END_STREAM`);
    } else if (stream.resets.length > 0 && (says || payload.type === 'WINDOW_UPDATE')) {
      this.#find('rfc9113/5.1/9', `${name} on stream ${frame.stream} after its RST_STREAM`);
    }
  }

  /** A response begins with HEADERS, on a stream that a request opened (RFC 9113 §8.1). */
  #message(frame: Frame, name: string): void {
    if (frame.stream === 0 || (frame.type !== FRAME_TYPE.DATA && frame.type !== FRAME_TYPE.HEADERS)) return;
    this.#idle(frame.stream, messageRow(frame.stream), name);
    if (frame.type === FRAME_TYPE.DATA && this.#ledger.stream(frame.stream)?.status === 0 && !this.#undecodable) {
      this.#find(messageRow(frame.stream), `DATA on stream ${frame.stream} before the HEADERS of a final response`);
    }
  }

  /** A complete section of fields that the subject sent. */
  section(
    kind: 'head' | 'trailers' | 'promise',
    stream: StreamRecord,
    fields: readonly string[],
    endStream: boolean,
  ): void {
    if (this.reused.has(stream.id)) return;
    let regular = false;
    let statuses = 0;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      if (name.startsWith(':')) {
        if (name === ':status') statuses += 1;
        this.#pseudo(kind, name, stream.id, regular);
      } else {
        regular = true;
        this.#regular(name, fields[i + 1] as string, stream.id);
      }
    }
    const asked = this.asked.get(stream.id);
    if (asked !== undefined && kind === 'head') this.#say(headFindings(stream, fields, asked, endStream));
    if (asked !== undefined && kind === 'trailers') this.#say(trailerFindings(stream, fields));
    if (kind !== 'trailers') this.#priorityField(stream.id, fields);
    if (kind === 'promise') this.#promisedRequest(stream.id, fields);
    if (kind === 'head' && stream.promised) this.#pushed();
    if (kind === 'head') this.#status(stream, fields, statuses, endStream);
    if (kind === 'head' && stream.method === 'CONNECT') this.#opensTunnel(stream.id, fields);
    if (kind === 'trailers' && !endStream) {
      this.#find(messageRow(stream.id), `HEADERS on stream ${stream.id} behind its final response without END_STREAM`);
    }
  }

  /** The priority that a server asks intermediaries for is a dictionary, urgency 0 to 7, incremental or not (RFC 9218 §4, §5). */
  #priorityField(id: number, fields: readonly string[]): void {
    const lines = fields.filter((_, at) => at % 2 === 1 && fields[at - 1] === 'priority');
    if (lines.length === 0) return;
    const shown = `priority "${printable(lines.join(', '))}" on stream ${id}`;
    const members = readDictionary(lines.join(', '));
    const [urgency = '3', incremental = '?0'] = [members?.get('u'), members?.get('i')];
    if (members === null) this.#find('rfc9218/5/i2', `${shown} is no dictionary`, 'weak');
    else if (!/^[0-7](?![0-9.])/.test(urgency))
      this.#find('rfc9218/5/i2', `${shown} has no urgency from 0 to 7`, 'weak');
    else if (!/^\?[01]/.test(incremental))
      this.#find('rfc9218/5/i2', `${shown} is neither incremental nor not`, 'weak');
  }

  /** A promised request is whole and safe, and for an authority that the server speaks for (RFC 9113 §8.4, §8.4.1). */
  #promisedRequest(id: number, fields: readonly string[]): void {
    const missing = [':method', ':scheme', ':path'].filter(name => (fieldValue(fields, name) ?? '') === '');
    if (missing.length > 0) this.#find('rfc9113/8.4.1/1', `a promise on stream ${id} without ${missing.join(' and ')}`);
    this.#promisesNoContent(id, fields);
    const method = fieldValue(fields, ':method') ?? 'GET';
    if (method !== 'GET' && method !== 'HEAD')
      this.#find('rfc9113/8.4/1', `a promise on stream ${id} of the method "${printable(method)}"`);
    const authority = fieldValue(fields, ':authority') ?? '';
    if (authority === '') this.#find('rfc9113/8.4/5', `a promise on stream ${id} without :authority`);
    else if (authority.toLowerCase() !== this.authority.toLowerCase())
      this.#find('rfc9113/8.4/5', `a promise on stream ${id} for the authority "${printable(authority)}"`, 'weak');
  }

  /** Nothing in a promised request tells of content or of trailers (RFC 9113 §8.4). */
  #promisesNoContent(id: number, fields: readonly string[]): void {
    const length = fieldValue(fields, 'content-length');
    if (length !== undefined && Number(length) !== 0)
      this.#find('rfc9113/8.4/i1', `a promise on stream ${id} with content-length "${printable(length)}"`);
    if (fieldValue(fields, 'transfer-encoding') !== undefined)
      this.#find('rfc9113/8.4/i1', `a promise on stream ${id} with transfer-encoding`);
    if (fieldValue(fields, 'trailer') !== undefined)
      this.#find('rfc9113/8.4/i1', `a promise on stream ${id} that announces trailers`, 'weak');
  }

  /** The head of a pushed response has come: only now does its stream count (RFC 9113 §5.1.2). */
  #pushed(): void {
    const limit = this.#ledger.setting('ours', 'MAX_CONCURRENT_STREAMS');
    let running = 1;
    for (const { promised, status, over } of this.#ledger.streams.values())
      if (promised && status > 0 && !over) running += 1;
    if (running > limit) this.#find('rfc9113/5.1.2/1', `${running} pushed streams where the client allows ${limit}`);
  }

  #pseudo(kind: 'head' | 'trailers' | 'promise', name: string, stream: number, afterRegular: boolean): void {
    if (afterRegular) this.#find('rfc9113/8.3/6', `${printable(name)} after a regular field on stream ${stream}`);
    if (kind === 'promise') return;
    if (kind === 'trailers') this.#find('rfc9113/8.3/1', `${printable(name)} in the trailers of stream ${stream}`);
    else if ([':method', ':scheme', ':authority', ':path'].includes(name)) {
      this.#find('rfc9113/8.3/2', `${name} in a response on stream ${stream}`);
    } else if (name !== ':status') this.#find('rfc9113/8.3/1', `${printable(name)} in a response on stream ${stream}`);
  }

  #regular(name: string, value: string, stream: number): void {
    const shown = `field "${printable(name)}" on stream ${stream}`;
    if (/[A-Z]/.test(name)) this.#find('rfc9113/8.2/i1', `${shown} has upper-case letters in its name`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the octets that RFC 9113 §8.2.1 forbids are these
    if (name === '' || /[\x00-\x20\x7f-\xff:]/.test(name))
      this.#find('rfc9113/8.2.1/i1', `${shown} has a forbidden octet in its name`);
    else if (/["(),/;<=>?@[\\\]{}]/.test(name))
      this.#find('rfc9113/8.2.1/i1', `${shown} has a name that is no token`, 'weak');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the octets that RFC 9113 §8.2.1 forbids are these
    if (/[\x00\r\n]|^[ \t]|[ \t]$/.test(value)) {
      this.#find('rfc9113/8.2.1/i1', `${shown} has the forbidden value "${printable(value)}"`);
    }
    if (CONNECTION_SPECIFIC.has(name)) this.#find('rfc9113/8.2.2/i2', `connection-specific ${shown}`);
    else if (name === 'te') this.#find('rfc9113/8.2.2/i2', `${shown}, which is for requests`, 'weak');
  }

  #status(stream: StreamRecord, fields: readonly string[], statuses: number, endStream: boolean): void {
    const status = fieldValue(fields, ':status') ?? '';
    if (statuses > 1) this.#find('rfc9113/8.3/8', `${statuses} :status fields on stream ${stream.id}`);
    if (statuses === 0 || !/^[1-9][0-9]{2}$/.test(status)) {
      this.#find(
        'rfc9113/8.3.2/1',
        statuses === 0 ? `no :status on stream ${stream.id}` : `:status "${printable(status)}"`,
      );
    } else if (status.startsWith('1') && endStream) {
      this.#find(messageRow(stream.id), `an interim response (${status}) ends stream ${stream.id}`);
    }
  }

  /** What a tunnel carries is no content, so nothing tells its length (RFC 9110 §8.6, §9.3.6). */
  #opensTunnel(id: number, fields: readonly string[]): void {
    if (!fieldValue(fields, ':status')?.startsWith('2')) return;
    for (const name of ['content-length', 'transfer-encoding'])
      if (fieldValue(fields, name) !== undefined)
        this.#find('rfc9113/8.5/i6', `${name} in the 2xx to CONNECT on stream ${id}`);
  }

  /** END_STREAM: the sum of the content must be what content-length said (RFC 9113 §8.1.1). */
  ended(stream: StreamRecord): void {
    if (this.reused.has(stream.id)) return;
    if (stream.status === 0) {
      this.#find(messageRow(stream.id), `stream ${stream.id} ends without a final response`);
      return;
    }
    if (this.asked.has(stream.id)) this.#say(endFindings(stream));
    const announced = fieldValue(stream.fields, 'content-length');
    if (stream.method === 'HEAD' && stream.octets > 0) {
      this.#find('rfc9113/8.1.1/i8', `${stream.octets} octets of content in the answer to HEAD on stream ${stream.id}`);
    } else if (announced !== undefined && !withoutContent(stream) && Number(announced) !== stream.octets) {
      this.#find(
        messageRow(stream.id),
        `content-length ${printable(announced)} but ${stream.octets} octets of content on stream ${stream.id}`,
      );
    }
  }

  /** A field block that does not decode; the response cannot be judged from here on. */
  undecodable(stream: number, why: string): void {
    this.#undecodable = true;
    const row = why.includes('size update to') ? 'rfc7541/6.3/1' : 'rfc7541/2/i1';
    this.#find(row, `the field block on stream ${stream} does not decode: ${why}`);
  }
}

/** CONNECT was answered with 2xx. */
function isTunnel({ method, status }: StreamRecord): boolean {
  return method === 'CONNECT' && status >= 200 && status < 300;
}

/** The row that says what a response consists of: on a stream of the client's, or on one that was promised. */
function messageRow(stream: number): RequirementId {
  return stream % 2 === 0 ? 'rfc9113/8.4.2/i1' : 'rfc9113/8.1/i1';
}

/** Messages whose content-length tells of content that is not there; so does that of a method which the kit did not note. */
function withoutContent(stream: StreamRecord): boolean {
  const { method, status, octets } = stream;
  if (method === 'HEAD' || status === 204 || status === 304) return true;
  return isTunnel(stream) || (method === '' && octets === 0);
}
