/** Every fault of a gateway. This module is loaded in the process of the faulty application, too. */

import cancellation from './cancellation/index.ts';
import degrade from './degrade/index.ts';
import drain from './drain/index.ts';
import type { GatewayFault } from './fault.ts';
import flow from './flow/index.ts';
import lifecycle from './lifecycle/index.ts';
import messages from './messages/index.ts';
import multiplexing from './multiplexing/index.ts';
import priority from './priority/index.ts';
import push from './push/index.ts';
import streaming from './streaming/index.ts';
import tunnels from './tunnels/index.ts';

export const gatewayFaults: readonly GatewayFault[] = [
  ...multiplexing,
  ...messages,
  ...streaming,
  ...flow,
  ...lifecycle,
  ...cancellation,
  ...push,
  ...priority,
  ...tunnels,
  ...drain,
  ...degrade,
];
