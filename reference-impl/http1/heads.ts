/** Response heads as octets, but for what delimits the content. */
import { STATUS_CODES } from 'node:http';
import type { FieldList } from '../engine/response-blocks.ts';
import type { Blocks } from '../gateway/carrier.ts';

export class Heads implements Blocks {
  /** Lines of the 101 that answers for a 2xx to an upgrade (MSGI-TUN-14); null on every other exchange. */
  switching: readonly string[] | null = null;
  /** The head made last has a content-length. */
  declared = false;

  find(): null {
    return null;
  }

  make(status: number, list: FieldList, contentLength: number, date: string): Uint8Array {
    const switches = this.switching !== null && status >= 200 && status < 300;
    const sent = switches ? 101 : status;
    let text = `HTTP/1.1 ${sent} ${STATUS_CODES[sent] ?? ''}\r\n`;
    this.declared = contentLength >= 0;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === 'content-length') this.declared = true;
      text += `${list[i]}: ${list[i + 1]}\r\n`;
    }
    if (contentLength >= 0) text += `content-length: ${contentLength}\r\n`;
    if (date !== '') text += `date: ${date}\r\n`;
    if (switches) text += fieldText(this.switching as readonly string[]);
    return Buffer.from(text, 'latin1');
  }
}

export function fieldText(list: readonly string[]): string {
  let text = '';
  for (let i = 0; i < list.length; i += 2) text += `${list[i]}: ${list[i + 1]}\r\n`;
  return text;
}
