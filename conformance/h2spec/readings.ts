/**
 * Where the kit and h2spec disagree on real servers: how the kit reads the rule, with the clause. `h2spec TARGET` prints it
 * beside the disagreement, `explain` with the rule. Sections without a number of an RFC are of RFC 9113.
 */
import type { RequirementId } from '../../spec/registry/index.ts';

const RACE =
  'h2spec takes the first frame that comes for the reaction. A response that was on its way when the error was found is none: section 5.4 sets no time, and the kit looks behind two round trips of PING.';

const RESPONSE =
  'h2spec wants RST_STREAM. Section 8.1.1 lets a server answer a malformed request with an HTTP response before it closes or resets the stream; a 4xx refuses it, and 400 is what section 8.2.1 prefers.';

const PART = 'h2spec tries a part of the rule; the stimulus on which the server fails is not in it.';

const SERVED = `${PART} Serving the request hands on what sections 8.1.1 and 10.3 have a server refuse.`;

/** By rule; several rules have one reading where one stimulus shows them all. */
export const readings: Readonly<Partial<Record<RequirementId, string>>> = {
  'rfc7541/4.2/i1': `${PART} Two size updates in a row are legal, and both count (RFC 7541 section 4.2): the table is empty after the first.`,
  'rfc7541/4.2/i2': `A size update behind a field is out of place (RFC 7541 section 4.2), but no sentence makes it a decoding error in so many words: taken is weak, and h2spec calls it wrong.`,
  'rfc9113/3.3/2': `${PART} The first frame is SETTINGS in every case (section 3.4), also where the connection is then refused.`,
  'rfc9113/3.4/3': `${PART} The first frame is SETTINGS in every case (section 3.4), also where the connection is then refused.`,
  'rfc9113/3.4/5':
    'A port that speaks HTTP/1.1 as well may answer what is no preface in HTTP/1.1: section 3.4 lets GOAWAY be left out. h2spec cannot read that answer. A preface without SETTINGS behind the magic is invalid, too (section 3.4), which h2spec does not try.',
  'rfc9113/4.1/2': `${PART} A frame of unknown type is dropped on streams in every state (sections 4.1 and 5.5).`,
  'rfc9113/4.2/2': `${RACE} A reset of the transport in place of GOAWAY is weak: section 5.4.1 says SHOULD.`,
  'rfc9113/4.2/3': `${RACE} A reset of the transport in place of GOAWAY is weak: section 5.4.1 says SHOULD.`,
  'rfc9113/4.3/3': RACE,
  'rfc9113/5.1.1/4':
    'HEADERS on a stream that was used and is closed may be a late frame to the one who gets it: section 5.1 lets an endpoint treat it as an error or drop it. Serving it as a new request would fail; ignoring it is weak.',
  'rfc9113/5.1/1': `${PART} WINDOW_UPDATE and RST_STREAM on an even stream that was never promised are frames on an idle stream (section 5.1).`,
  'rfc9113/5.1/8': RACE,
  'rfc9113/5.1/10': `${RACE} A frame on a closed stream may also be dropped where the server remembers no more of it (section 5.1): weak.`,
  'rfc9113/5.4.1/2': `h2spec does not wait for the close. Behind the GOAWAY of an error the endpoint closes the connection (section 5.4.1, MUST); one that is open 5 s later has not.`,
  'rfc9113/5.5/1': `${PART} Error codes, flags and settings that nobody has defined are no error (sections 5.5, 7 and 6.5.2).`,
  'rfc9113/5.5/2': `${PART} Frames of unknown type are dropped on streams in every state (section 5.5).`,
  'rfc9113/6.1/1': `${PART} Padding of 0 octets and empty frames with padding are sound (section 6.1).`,
  'rfc9113/6.1/6': `h2spec tries it on a stream that may have ended on both sides by then, whose frames a server may drop (section 5.1, closed). The kit keeps the response from its end, so that the stream is half-closed (remote) for certain.`,
  'rfc9113/6.1/i1': `${PART} Padding counts for flow control with its length octet (section 6.1), so its credit comes back.`,
  'rfc9113/6.2/7': `Section 6.2 makes too much padding in HEADERS a connection error; h2spec lets RST_STREAM pass. The field block is lost with the frame, and with it the state of HPACK (section 4.3).`,
  'rfc9113/6.2/i1': `${PART} HEADERS with padding and an empty fragment, or with priority and padding, is sound (section 6.2).`,
  'rfc9113/6.4/6': `${PART} RST_STREAM on an even stream that was never promised is on an idle stream: a connection error (section 6.4).`,
  'rfc9113/6.5.3/2': `One SETTINGS frame may name a setting twice, and the values are processed in order (section 6.5.3). A server may take that for abuse (section 10.5): refused is weak, and h2spec calls it wrong.`,
  'rfc9113/6.5.3/4': `h2spec sends one SETTINGS and looks for one acknowledgement. Each SETTINGS is acknowledged at once when its values are processed (section 6.5.3): five that come together are owed five.`,
  'rfc9113/6.5/1': `${PART} Both sides send SETTINGS at the start (section 6.5), also where the connection is then refused.`,
  'rfc9113/6.7/5': `An acknowledgement that nobody asked for is to be answered by none (section 6.7); no sentence makes it an error, nor forbids to treat it as one: weak.`,
  'rfc9113/6.8/11': `${PART} Debug data of a GOAWAY is opaque, and of any length (section 6.8).`,
  'rfc9113/6.9.1/1': `${PART} See rfc9113/6.9/i2 for the reserved bit; settings that nobody knows are dropped (section 6.5.2).`,
  'rfc9113/6.9.1/4': `${RACE} A stream error with the code FLOW_CONTROL_ERROR is what section 6.9.1 asks for on a stream; another code is weak (section 5.4).`,
  'rfc9113/6.9/i2':
    'h2spec does not set the reserved bit. Section 6.9 says nothing of one that is set in the payload; section 4.1, to which it refers for the field of that name, has it ignored. Refused is weak.',
  'rfc9113/8.1.1/3': `${RESPONSE} On the other side: ${PART} A content-length that differs from the sum of DATA makes the request malformed (section 8.1.1), with no content at all as well.`,
  'rfc9113/8.1.1/i8': `h2spec looks for a HEADERS frame alone. A response to HEAD has no content (RFC 9110 section 9.3.2).`,
  'rfc9113/8.1/5': RACE,
  'rfc9113/8.1/i1': `${PART} A request may end in trailers (section 8.1); h2spec sends none that are sound.`,
  'rfc9113/8.2.1/2': SERVED,
  'rfc9113/8.2.1/3': SERVED,
  'rfc9113/8.2.1/7': SERVED,
  'rfc9113/8.2.2/2': RESPONSE,
  'rfc9113/8.2.2/4': RESPONSE,
  'rfc9113/8.3.1/12': RESPONSE,
  'rfc9113/8.3.1/15': `${RESPONSE} On the other side: ${PART} An empty method is no method (RFC 9110 section 9.1).`,
  'rfc9113/8.3.1/i3': RESPONSE,
  'rfc9113/8.3/3': RESPONSE,
  'rfc9113/8.3/5': RESPONSE,
  'rfc9113/8.3/9': RESPONSE,
};
