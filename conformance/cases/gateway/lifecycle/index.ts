/** The states of an exchange and what leads from one to the other (chapter 3 of the specification). */
import args from './arguments.ts';
import calls from './calls.ts';
import dead from './dead.ts';
import deadlines from './deadlines.ts';
import ends from './ends.ts';
import events from './events.ts';
import notices from './notices.ts';
import order from './order.ts';
import reading from './reading.ts';
import requestEvents from './request-events.ts';
import requestTable from './request-table.ts';
import stopping from './stopping.ts';
import sums from './sums.ts';
import withoutContent from './without-content.ts';

export default [
  ...calls,
  ...args,
  ...events,
  ...dead,
  ...ends,
  ...withoutContent,
  ...order,
  ...requestTable,
  ...requestEvents,
  ...reading,
  ...stopping,
  ...notices,
  ...sums,
  ...deadlines,
];
