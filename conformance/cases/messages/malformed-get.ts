/** A complete GET with one thing wrong in its header section, on a connection that has just served a sound one. */

import type { RequirementId } from '../../../spec/registry/index.ts';
import { concat, type Frame, headers, literal, plainBlock } from '../../../wire/index.ts';
import type { CaseBody } from '../../case.ts';
import { doubtful, malformed } from '../../expect.ts';
import type { Peer } from '../../peer/peer.ts';

export interface RequestParts {
  /** The four pseudo-fields of a sound GET, flat. */
  readonly pseudo: readonly string[];
  /** The fields that every request to this subject carries, flat. */
  readonly regular: readonly string[];
}

/** A GET of the small resource, taken apart. */
export function parts(peer: Peer): RequestParts {
  const fields = peer.fieldsOf();
  return { pseudo: fields.slice(0, 8), regular: fields.slice(8) };
}

/** The fields without those of that name. */
export function without(fields: readonly string[], name: string): string[] {
  return fields.filter((_, i) => fields[i - (i % 2)] !== name);
}

/** The fields with another value of that name. */
export function replaced(fields: readonly string[], name: string, change: (value: string) => string): string[] {
  return fields.map((text, i) => (i % 2 === 1 && fields[i - 1] === name ? change(text) : text));
}

/** HEADERS of a whole request on the next stream: END_STREAM, and just these fields in this order. */
export function whole(peer: Peer, fields: readonly string[], ...more: readonly Uint8Array[]): Frame {
  return headers(peer.nextStream(), concat([plainBlock(fields), ...more]), { endStream: true });
}

type Section = (parts: RequestParts) => readonly string[];

/** Whatever is wrong with the section, the request is refused as malformed. */
export function refusesSection(requirement: RequirementId, title: string, section: Section): CaseBody {
  return {
    requirement,
    title,
    async run(trial) {
      const peer = await trial.open();
      const frame = whole(peer, section(parts(peer)));
      await malformed(trial, peer, frame.stream, frame);
    },
  };
}

/** A GET that is sound but for these regular fields is refused as malformed. */
export function refusesFields(requirement: RequirementId, title: string, ...fields: readonly string[]): CaseBody {
  return refusesSection(requirement, title, ({ pseudo, regular }) => [...pseudo, ...regular, ...fields]);
}

/** A GET whose section is outside a grammar that no sentence obliges a server to check: refused, and weak where served. */
export function doubtsSection(requirement: RequirementId, title: string, section: Section): CaseBody {
  return {
    requirement,
    title,
    async run(trial) {
      const peer = await trial.open();
      const frame = whole(peer, section(parts(peer)));
      await doubtful(trial, peer, frame.stream, frame);
    },
  };
}

/** The same for one more regular field. */
export function doubtsFields(requirement: RequirementId, title: string, name: string, value: string): CaseBody {
  return doubtsSection(requirement, title, ({ pseudo, regular }) => [...pseudo, ...regular, name, value]);
}

/** As `refusesFields`, for one field whose name and value are Huffman coded. */
export function refusesCoded(requirement: RequirementId, title: string, name: string, value: string): CaseBody {
  return {
    requirement,
    title,
    async run(trial) {
      const peer = await trial.open();
      const frame = whole(peer, peer.fieldsOf(), literal(name, value, 'without', true));
      await malformed(trial, peer, frame.stream, frame);
    },
  };
}
