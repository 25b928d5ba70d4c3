/** Servers whose members make use of each other, through whatever object they are called on. */
import type { Fields } from '../../../../spec/msgi.ts';
import type { GatewayFault } from '../fault.ts';
import { Forwarded, ForwardedSink, ForwardedSource, facing, withMembers } from '../wrap.ts';

class StartsToRespond extends Forwarded {
  override respond(status: number, fields: Fields = [], body: Uint8Array | string = ''): void {
    const out = this.start(status, fields);
    void out.write(body);
    void out.end();
  }
}

class LooksBeforeItWrites extends ForwardedSink {
  override write(chunk: Uint8Array | string): ReturnType<ForwardedSink['write']> {
    return this.window >= 0 ? super.write(chunk) : undefined;
  }
}

export default [
  {
    id: 'multiplexing/responds-by-start',
    deviation: 'The server makes respond of start, write and end of the object that it is called on.',
    clause: 'MSGI-MID-1',
    fails: ['multiplexing/members-reach-no-others'],
    seen: /reached of responds is \["respond reaches start"\]/,
    wrap: facing(x => new StartsToRespond(x)),
  },
  {
    id: 'multiplexing/iterates-by-read',
    deviation: 'The iterator of the source calls read of the object that it is taken from.',
    clause: 'MSGI-MID-1',
    fails: ['multiplexing/members-reach-no-others'],
    seen: /reached of starts is \["Symbol\(Symbol.asyncIterator\) reaches read"\]/,
    wrap: facing(x => withMembers(x, { body: new ForwardedSource(x.body) })),
  },
  {
    id: 'multiplexing/writes-by-window',
    deviation: 'The server asks the window of the object that write is called on.',
    clause: 'MSGI-MID-1',
    fails: ['multiplexing/members-reach-no-others'],
    seen: /reached of starts is \["write reaches window"\]/,
    wrap: facing(x => withMembers(x, { start: (status, fields) => new LooksBeforeItWrites(x.start(status, fields)) })),
  },
] satisfies readonly GatewayFault[];
