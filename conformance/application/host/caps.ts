/** What the kit's host offers, by version (section 9.3). */
import type { Caps, RequestHead } from '../../../spec/msgi.ts';

const MULTIPLEXED: Caps = {
  multiplex: true,
  duplex: true,
  push: true,
  inform: true,
  trailers: true,
  tunnel: false,
  credit: 'exact',
  priority: 'urgency',
  reset: 'code',
};

const SERIAL: Caps = {
  ...MULTIPLEXED,
  multiplex: false,
  push: false,
  trailers: false,
  credit: 'coarse',
  reset: 'close',
};

export const CAPS: Readonly<Record<RequestHead['version'], Caps>> = {
  '1.0': { ...SERIAL, duplex: false, inform: false },
  '1.1': SERIAL,
  '2': MULTIPLEXED,
  '3': MULTIPLEXED,
};
