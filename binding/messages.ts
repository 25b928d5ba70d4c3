/** The messages of a pipe (section 11.4), as each end writes them: plain data, one type for each payload. */
import type { Caps, Close, Party, Priority, RequestHead } from '../spec/msgi.ts';

/** `fields` of section 2.3, and beside it the names in `sensitive`, left out where there is none. */
export interface FieldList {
  readonly fields: readonly string[];
  readonly sensitive?: readonly string[];
}

export interface Hello {
  readonly versions: readonly string[];
  /** The longest payload that is taken, octets. */
  readonly payload: number;
  readonly name: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Open {
  readonly peer: Address | null;
  readonly local: Address | null;
  readonly tls: {
    readonly version: string;
    readonly cipher: string;
    readonly alpn: string;
    readonly sni: string;
    /** DER as base64. */
    readonly chain: readonly string[];
    readonly verified: boolean;
  } | null;
}

export type Wish = Omit<Priority, 'node'>;

export interface Head {
  readonly connection: number;
  readonly id: number;
  readonly request: Omit<RequestHead, 'fields'> & FieldList;
  readonly caps: Caps;
  readonly priority: Wish;
  /** Octets that the peer may send; may be negative. */
  readonly window: number;
  /** Octets that the host may send. */
  readonly room: number;
  readonly pushed: boolean;
  /** No content, and no END behind. */
  readonly ended: boolean;
}

export interface Sum extends Omit<Close, 'type'> {}

export interface Start extends FieldList {
  readonly status: number;
  readonly end?: true;
}

export interface Push extends FieldList {
  readonly promise: number;
  readonly method: 'GET' | 'HEAD';
  readonly target: string;
  readonly authority?: string;
}

export interface ServerPayloads {
  readonly HELLO: Hello;
  readonly OPEN: Open;
  /** null: of a connection. */
  readonly CLOSE: Sum | null;
  readonly HEAD: Head;
  readonly DATA: Uint8Array;
  readonly END: Partial<FieldList>;
  readonly CREDIT: number;
  readonly PRIORITY: Wish;
  readonly RESET: { readonly code: number; readonly by: Party };
  readonly DRAIN: null;
  readonly SENT: null;
}

export interface HostPayloads {
  readonly HELLO: Hello;
  readonly DATA: Uint8Array;
  readonly END: Partial<FieldList>;
  readonly CREDIT: number;
  readonly INFORM: FieldList & { readonly status: number };
  readonly START: Start;
  readonly PUSH: Push;
  readonly STOP: { readonly code: number };
  /** null for Infinity. */
  readonly DEADLINE: { readonly ms: number | null };
  readonly PRIORITY: { readonly urgency: number; readonly incremental: boolean };
  readonly RESET: { readonly code: number };
  readonly DRAIN: null;
  readonly SETTLED: { readonly failure?: string };
}

export type MessageOf<P> = {
  readonly [T in keyof P]: {
    readonly type: T;
    readonly number: number;
    readonly payload: P[T];
    /** Of DATA that is read in parts: octets of it that are still to come. */
    readonly left?: number;
  };
}[keyof P];

export type ServerMessage = MessageOf<ServerPayloads>;
export type HostMessage = MessageOf<HostPayloads>;

/** The type octets of section 11.2, in order from 0x01. */
export const TYPES = [
  'HELLO',
  'OPEN',
  'CLOSE',
  'HEAD',
  'DATA',
  'END',
  'CREDIT',
  'INFORM',
  'START',
  'PUSH',
  'STOP',
  'DEADLINE',
  'PRIORITY',
  'RESET',
  'DRAIN',
  'SETTLED',
  'SENT',
] as const;

export type TypeName = (typeof TYPES)[number];
