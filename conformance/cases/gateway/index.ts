/** Cases that need the kit's application behind the server. This module is loaded in the subject's process, too. */
import type { GatewayCase } from '../../gateway/case.ts';
import cancellation from './cancellation/index.ts';
import degrade from './degrade/index.ts';
import drain from './drain/index.ts';
import flow from './flow/index.ts';
import lifecycle from './lifecycle/index.ts';
import messages from './messages/index.ts';
import multiplexing from './multiplexing/index.ts';
import priority from './priority/index.ts';
import push from './push/index.ts';
import streaming from './streaming/index.ts';
import tunnels from './tunnels/index.ts';

/** By area: each is a suite of its own. */
export const gatewaySuites: Readonly<Record<string, readonly GatewayCase[]>> = {
  multiplexing,
  messages,
  streaming,
  flow,
  lifecycle,
  cancellation,
  push,
  priority,
  tunnels,
  drain,
  degrade,
};

export const gatewayCases: readonly GatewayCase[] = Object.values(gatewaySuites).flat();
