"""Frames of MSGI/process: length, type, number, payload (section 11.2)."""

import json
import struct

HELLO, OPEN, CLOSE, HEAD, DATA, END, CREDIT, INFORM = range(1, 9)
START, PUSH, STOP, DEADLINE, PRIORITY, RESET, DRAIN, SETTLED, SENT = range(9, 18)

# What a server writes (the table of section 11.2); the rest is the host's.
FROM_SERVER = frozenset((HELLO, OPEN, CLOSE, HEAD, DATA, END, CREDIT, PRIORITY, RESET, DRAIN, SENT))

FRAME_HEAD = struct.Struct(">IBI")
LEAST_PAYLOAD = 65_536
MAX_OCTETS = 2**31 - 1

_pack = FRAME_HEAD.pack
_unpack = FRAME_HEAD.unpack_from
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_from_json = json.JSONDecoder().decode


class PipeError(Exception):
    """The pipe is closed for it (MSGI-PROC-9)."""


def frame_head(kind, number, length):
    return _pack(length, kind, number)


def frame(kind, number, payload=b""):
    return _pack(len(payload), kind, number) + payload


def message(kind, number, payload):
    """A frame whose payload is this dict."""
    return frame(kind, number, to_json(payload))


def credit(number, octets):
    return frame(CREDIT, number, octets.to_bytes(4, "big"))


def to_json(value):
    return _to_json(value).encode("utf-8", "replace")


def from_json(payload):
    """A dict. Raises PipeError where the payload is none."""
    try:
        value = _from_json(payload.decode("utf-8"))
    except ValueError as error:
        raise PipeError("a payload that is no JSON") from error
    if type(value) is not dict:
        raise PipeError("a payload that is no object")
    return value


class FrameReader:
    """Cuts a stream of octets into frames, however it arrives."""

    def __init__(self, limit, in_parts=False):
        """
        `limit`: the longest payload that is taken, octets. `in_parts`: a DATA frame comes out as several, in the parts in
        which it arrives, as views of what was read where that costs no memory; so content is joined once, by who reads it.
        """
        self._limit = limit
        self._in_parts = in_parts
        # The beginning of a frame that does not come out in parts.
        self._rest = b""
        # Of the DATA frame that is coming in parts: octets that are still to come, and its number.
        self._left = 0
        self._number = 0

    def read(self, octets):
        """A list of (type, number, payload) of the frames that are whole. Raises PipeError beyond the limit."""
        found, at, size = [], 0, len(octets)
        if self._left:
            at = self._part(octets, 0, found)
        elif self._rest:
            octets = self._rest + octets
            size = len(octets)
        while size - at >= 9:
            length, kind, number = _unpack(octets, at)
            if length > self._limit:
                raise PipeError(f"a payload of {length} octets, where {self._limit} are the most")
            end = at + 9 + length
            if kind == DATA and self._in_parts and length:
                self._left, self._number = length, number
                at = self._part(octets, at + 9, found)
                continue
            if end > size:
                break
            found.append((kind, number, octets[at + 9 : end]))
            at = end
        self._rest = octets[at:]
        return found

    def _part(self, octets, at, found):
        """What is there of the DATA frame that is coming. Gives where it ends."""
        size = len(octets)
        end = min(size, at + self._left)
        if end > at:
            self._left -= end - at
            # A view keeps all that was read.
            part = octets[at:end] if (end - at) * 4 < size else memoryview(octets)[at:end]
            found.append((DATA, self._number, part))
        return end
