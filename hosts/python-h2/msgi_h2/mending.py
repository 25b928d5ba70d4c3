"""What hyperframe 6.0 and h2 4.1 read otherwise than RFC 9113 says is put right, or refused, before they see it."""

DATA, HEADERS, RST_STREAM, SETTINGS, WINDOW_UPDATE = 0, 1, 3, 4, 8
ACK, PADDED, PRIORITY = 0x1, 0x8, 0x20
PROTOCOL_ERROR, FRAME_SIZE_ERROR = 1, 6
FRAME_HEAD = 9
PRIORITY_FIELDS = 5


class Refused(Exception):
    """A connection error, with its code."""

    def __init__(self, code, what):
        super().__init__(what)
        self.code = code


def mended(frame, promised, reserved):
    """The frame, or one that means the same. `promised`: the highest even stream; `reserved`: whether one has no head yet."""
    kind, flags = frame[3], frame[4]
    stream = int.from_bytes(frame[5:9], "big") & 0x7FFFFFFF
    if kind == WINDOW_UPDATE and len(frame) > FRAME_HEAD:
        # hyperframe takes the reserved bit for a part of the increment (section 6.9).
        return frame[:FRAME_HEAD] + bytes([frame[FRAME_HEAD] & 0x7F]) + frame[FRAME_HEAD + 1 :]
    if kind == SETTINGS and flags & ACK and len(frame) > FRAME_HEAD:
        raise Refused(FRAME_SIZE_ERROR, "an acknowledgement with a payload (section 6.5)")
    if kind == HEADERS and flags & PADDED:
        return unpadded(frame)
    if stream and stream % 2 == 0:
        check_even(kind, stream, promised, reserved)
    return frame


def unpadded(frame):
    """hyperframe takes padding beside an empty fragment for an error, and does not look for the priority fields (section 6.2)."""
    flags, payload = frame[4], frame[FRAME_HEAD:]
    fixed = 1 + (PRIORITY_FIELDS if flags & PRIORITY else 0)
    if len(payload) < fixed:
        raise Refused(FRAME_SIZE_ERROR, "no room for what the flags promise")
    if fixed + payload[0] > len(payload):
        raise Refused(PROTOCOL_ERROR, "more padding than payload")
    rest = payload[1 : len(payload) - payload[0]]
    return len(rest).to_bytes(3, "big") + bytes([HEADERS, flags & ~PADDED]) + frame[5:FRAME_HEAD] + rest


def check_even(kind, stream, promised, reserved):
    """h2 ignores RST_STREAM on a stream that it never promised, and answers DATA on a promised one with a stream error."""
    if kind == RST_STREAM and stream > promised:
        raise Refused(PROTOCOL_ERROR, "RST_STREAM on an idle stream (section 6.4)")
    if kind == DATA and reserved(stream):
        raise Refused(PROTOCOL_ERROR, "DATA on a reserved stream (section 5.1)")
