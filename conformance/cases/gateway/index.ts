/** Cases that need the kit's application behind the server. This module is loaded in the subject's process, too. */
import type { GatewayCase } from '../../gateway/case.ts';
import drain from './drain/index.ts';
import flow from './flow/index.ts';
import messages from './messages/index.ts';
import multiplexing from './multiplexing/index.ts';
import push from './push/index.ts';
import streaming from './streaming/index.ts';
import tunnels from './tunnels/index.ts';

/** By area: each is a suite of its own. */
export const gatewaySuites: Readonly<Record<string, readonly GatewayCase[]>> = {
  multiplexing,
  messages,
  streaming,
  flow,
  drain,
};
export const gatewaySuites: Readonly<Record<string, readonly GatewayCase[]>> = { drain, messages, multiplexing, streaming, push };
export const gatewaySuites: Readonly<Record<string, readonly GatewayCase[]>> = { drain, messages, multiplexing, streaming, push, tunnels };
  drain,
  messages,
  multiplexing,
  streaming,
  push,
  tunnels,
};

export const gatewayCases: readonly GatewayCase[] = Object.values(gatewaySuites).flat();
