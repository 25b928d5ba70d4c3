/** The catalogue: every case of the kit, in the order of the standards' chapters. */
import type { Case } from '../case.ts';
import { abuseCases } from './abuse/index.ts';
import connect from './connect/index.ts';
import continuation from './continuation/index.ts';
import data from './data/index.ts';
import errors from './errors/index.ts';
import extendedConnect from './extended-connect/index.ts';
import extensions from './extensions/index.ts';
import fieldBlocks from './field-blocks/index.ts';
import fields from './fields/index.ts';
import flowControl from './flow-control/index.ts';
import framing from './framing/index.ts';
import oversized from './framing/oversized.ts';
import { gatewayCases } from './gateway/index.ts';
import goaway from './goaway/index.ts';
import headers from './headers/index.ts';
import hpack from './hpack/index.ts';
import { legacyCases } from './legacy/index.ts';
import messages from './messages/index.ts';
import passive from './passive/index.ts';
import ping from './ping/index.ts';
import preface from './preface/index.ts';
import priority from './priority/index.ts';
import priorityTree from './priority-tree/index.ts';
import priorityUpdate from './priority-update/index.ts';
import { processCases } from './process/index.ts';
import pseudoFields from './pseudo-fields/index.ts';
import push from './push/index.ts';
import rstStream from './rst-stream/index.ts';
import semantics from './semantics/index.ts';
import settings from './settings/index.ts';
import streams from './streams/index.ts';
import tls from './tls/index.ts';
import urgency from './urgency/index.ts';

/** Cases that any server can be judged by. */
export const http2Cases: readonly Case[] = [
  ...preface,
  ...framing,
  ...oversized,
  ...fieldBlocks,
  ...streams,
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
  ...continuation,
  ...messages,
  ...semantics,
  ...fields,
  ...pseudoFields,
  ...connect,
  ...extendedConnect,
  ...hpack,
  ...tls,
  ...passive,
];

/** Every case of a run that asks for all. */
export const catalogue: readonly Case[] = [...http2Cases, ...gatewayCases, ...processCases, ...legacyCases];

/** Those and the abuses, which nobody gets unasked: every case that has a fault before a server. */
export const provable: readonly Case[] = [...catalogue, ...abuseCases];
