/** Every fault of the kit: the proof that each case can fail. */

import { abuseFaults } from './abuse/index.ts';
import connect from './connect.ts';
import continuation from './continuation.ts';
import data from './data.ts';
import doubtful from './doubtful.ts';
import errors from './errors.ts';
import extendedConnect from './extended-connect.ts';
import extensions from './extensions.ts';
import type { Fault } from './fault.ts';
import fieldBlocks from './field-blocks.ts';
import fields from './fields.ts';
import flowControl from './flow-control.ts';
import framing from './framing.ts';
import type { GatewayFault } from './gateway/fault.ts';
import { gatewayFaults } from './gateway/index.ts';
import goaway from './goaway.ts';
import headers from './headers.ts';
import hpack from './hpack.ts';
import hpackLimits from './hpack-limits.ts';
import { legacyFaults } from './legacy/index.ts';
import messages from './messages.ts';
import misplaced from './misplaced.ts';
import overruns from './overruns.ts';
import passive from './passive.ts';
import ping from './ping.ts';
import preface from './preface.ts';
import priority from './priority.ts';
import priorityTree from './priority-tree.ts';
import priorityUpdate from './priority-update.ts';
import { processFaults } from './process/index.ts';
import pseudoFields from './pseudo-fields.ts';
import push from './push.ts';
import rstStream from './rst-stream.ts';
import semantics from './semantics.ts';
import settings from './settings.ts';
import streams from './streams.ts';
import tls from './tls.ts';
import urgency from './urgency.ts';

export const faults: readonly (Fault | GatewayFault)[] = [
  ...preface,
  ...framing,
  ...fieldBlocks,
  ...streams,
  ...misplaced,
  ...errors,
  ...extensions,
  ...data,
  ...headers,
  ...priority,
  ...priorityTree,
  ...priorityUpdate,
  ...urgency,
  ...rstStream,
  ...settings,
  ...push,
  ...ping,
  ...goaway,
  ...flowControl,
  ...overruns,
  ...continuation,
  ...messages,
  ...semantics,
  ...fields,
  ...pseudoFields,
  ...connect,
  ...extendedConnect,
  ...doubtful,
  ...hpack,
  ...hpackLimits,
  ...tls,
  ...passive,
  ...gatewayFaults,
  ...processFaults,
  ...legacyFaults,
  ...abuseFaults,
];
