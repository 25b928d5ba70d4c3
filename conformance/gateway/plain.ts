/** Exchanges of a gateway case over HTTP/1. */
import type { Http1Peer } from '../peer/http1.ts';
import type { Http1Response } from '../peer/http1-response.ts';
import type { Addressed, GatewayTrial } from './trial.ts';

export interface PlainOptions {
  /** "1.1" unless said otherwise. */
  readonly version?: '1.0' | '1.1';
  readonly method?: string;
  /** Flat, behind `host`. */
  readonly fields?: readonly string[];
  /** With its content-length; none where it is left out. */
  readonly content?: string;
  /** Of the target, behind the address of the exchange. */
  readonly rest?: string;
}

export interface PlainAsked extends Addressed {
  readonly plain: Http1Peer;
  readonly method: string;
}

/** Sends the request of an exchange in one write. */
export function askPlain(
  trial: GatewayTrial,
  plain: Http1Peer,
  name: string,
  { version = '1.1', method = 'GET', fields = [], content, rest = '' }: PlainOptions = {},
): PlainAsked {
  const exchange = trial.exchange(name);
  const length = content === undefined ? [] : ['content-length', `${content.length}`];
  const lines = fieldLines(['host', trial.subject.authority, ...trial.subject.fields, ...fields, ...length]);
  plain.write(`${method} ${exchange.path}${rest} HTTP/${version}\r\n${lines}\r\n${content ?? ''}`);
  return { ...exchange, plain, method };
}

/** On a connection of its own. */
export async function askAlone(trial: GatewayTrial, name: string, options: PlainOptions = {}): Promise<PlainAsked> {
  return askPlain(trial, await trial.http1(), name, options);
}

export function answerOf({
  plain,
  method,
}: PlainAsked): Promise<Http1Response & { readonly interim: readonly number[] }> {
  return plain.response(method);
}

function fieldLines(fields: readonly string[]): string {
  return fields.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
}
