/** A client of frames that writes down what the server says: one line a frame, with its field section decoded. */
import { createConnection } from 'node:net';
import type { Test } from 'tap';
import { type LintError, lint } from '../../lint/index.ts';
import type { App } from '../../spec/msgi.ts';
import {
  concat,
  Decoder,
  Encoder,
  encodeFrame,
  errorName,
  FLAG,
  type Frame,
  FrameReader,
  headers,
  latin1Text,
  PREFACE_OCTETS,
  parsePayload,
  ping,
  type SettingEntry,
  settingName,
  settings,
  settingsAck,
} from '../../wire/index.ts';
import { type Running, type ServeOptions, serve } from '../server.ts';

/** What the checker has found wrong with the server, in all tests of the file. */
export const found: string[] = [];
/** Failures of the application, by message. */
export const reports: string[] = [];

/** The application behind the checker, until the test ends. */
export async function hosting(t: Test, app: App, options: ServeOptions = {}): Promise<Running> {
  const find = (error: LintError): void => void (error.side === 'server' && found.push(error.message));
  const report = (error: unknown): void => void reports.push(error instanceof Error ? error.message : String(error));
  const server = await serve(lint(app, { report: find }), { report, grace: 100, ...options });
  t.teardown(() => server.close());
  return server;
}

export interface LineClient {
  readonly send: (...frames: readonly Frame[]) => void;
  /** A request with its end, unless `endStream` is false; `fields` stand behind the pseudo-fields, or begin with their own. */
  readonly request: (id: number, fields?: readonly string[], endStream?: boolean) => void;
  /** All lines up to the first that the pattern matches; they are read once. */
  readonly until: (pattern: RegExp) => Promise<string[]>;
  /** All lines before the answer to a PING. */
  readonly fence: () => Promise<string[]>;
  readonly encoder: Encoder;
}

const PSEUDO = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'a.test'];

export function lineClient(t: Test, port: number, entries: readonly SettingEntry[] = []): LineClient {
  const socket = createConnection({ port, host: '127.0.0.1' });
  t.teardown(() => socket.destroy());
  const reader = new FrameReader();
  const line = liner();
  const encoder = new Encoder();
  const lines: string[] = [];
  let ended = false;
  let wake = (): void => {};
  socket.on('data', octets => {
    for (const f of reader.read(octets)) lines.push(...line(f));
    wake();
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });
  socket.on('error', () => {});
  const send = (...frames: readonly Frame[]): void => void socket.write(concat(frames.map(f => encodeFrame(f))));
  socket.write(PREFACE_OCTETS);
  send(settings(entries), settingsAck());
  const until = async (pattern: RegExp): Promise<string[]> => {
    for (;;) {
      const at = lines.findIndex(each => pattern.test(each));
      if (at >= 0) return lines.splice(0, at + 1);
      if (ended) throw new Error(`the connection has ended before ${pattern}: ${lines.join('; ')}`);
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  };
  return {
    send,
    until,
    encoder,
    request: (id, fields = [], endStream = true) => {
      const list = fields[0]?.startsWith(':') ? fields : [...PSEUDO, ...fields];
      send(headers(id, encoder.encode(list), { endStream }));
    },
    fence: async () => {
      send(ping([9, 9, 9, 9, 9, 9, 9, 9]));
      return (await until(/^PING ACK 9/)).slice(0, -1);
    },
  };
}

/** Lines of frames in their order; a field block that goes on in CONTINUATION is one line, at its end. */
function liner(): (frame: Frame) => readonly string[] {
  const decoder = new Decoder();
  let open: { readonly start: string; readonly parts: Uint8Array[] } | null = null;
  const block = (start: string, fragment: Uint8Array, whole: boolean): readonly string[] => {
    const now = open ?? { start, parts: [] };
    now.parts.push(fragment);
    open = whole ? null : now;
    if (!whole) return [];
    const fields = decoder.decode(concat(now.parts));
    const pairs = fields.flatMap((name, i) => (i % 2 === 0 && name !== 'date' ? [`${name}=${fields[i + 1]}`] : []));
    const never = decoder.sensitive === null ? [] : [`(never: ${decoder.sensitive.join(' ')})`];
    return [[now.start, ...pairs, ...never].join(' ')];
  };
  return frame => {
    const payload = parsePayload(frame);
    const end = (frame.flags & FLAG.END_STREAM) !== 0 ? ' END' : '';
    switch (payload.type) {
      case 'HEADERS':
        return block(`HEADERS ${frame.stream}${end}`, payload.fragment, payload.endHeaders);
      case 'PUSH_PROMISE':
        return block(`PROMISE ${frame.stream} ${payload.promised}`, payload.fragment, payload.endHeaders);
      case 'CONTINUATION':
        return block('', payload.fragment, payload.endHeaders);
      case 'DATA':
        return [`DATA ${frame.stream}${end} ${latin1Text(payload.content)}`];
      case 'RST_STREAM':
        return [`RST_STREAM ${frame.stream} ${errorName(payload.code)}`];
      case 'GOAWAY':
        return [`GOAWAY ${payload.lastStream} ${errorName(payload.code)} ${latin1Text(payload.debug)}`];
      case 'PING':
        return [`PING ${payload.ack ? 'ACK ' : ''}${payload.opaque.join(' ')}`];
      case 'SETTINGS':
        if (payload.ack) return [];
        return [`SETTINGS ${payload.entries.map(([id, value]) => `${settingName(id)}=${value}`).join(' ')}`];
      case 'WINDOW_UPDATE':
        return frame.stream === 0 ? [] : [`WINDOW_UPDATE ${frame.stream} ${payload.increment}`];
      default:
        return [`${payload.type} ${frame.stream}`];
    }
  };
}
