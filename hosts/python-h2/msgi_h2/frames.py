"""Frames of MSGI/process: length, type, number, payload (section 11.2).

The server's end. hosts/python-host has that of a host: two programs, each to be copied by itself, share no code on purpose,
and what one gets wrong the other does not get wrong with it.
"""

import json
import struct

HELLO, OPEN, CLOSE, HEAD, DATA, END, CREDIT, INFORM = range(1, 9)
START, PUSH, STOP, DEADLINE, PRIORITY, RESET, DRAIN, SETTLED, SENT = range(9, 18)

FRAME_HEAD = struct.Struct(">IBI")
LEAST_PAYLOAD = 65_536
MAX_OCTETS = 2**31 - 1

# What a host writes (the table of section 11.2); the rest is the server's.
FROM_HOST = {HELLO, DATA, END, CREDIT, INFORM, START, PUSH, STOP, DEADLINE, PRIORITY, RESET, DRAIN, SETTLED}


class PipeError(Exception):
    """The pipe is closed for it (MSGI-PROC-9)."""


def encode(kind, number, payload=b""):
    """One frame; a dict becomes JSON, an int the four octets of CREDIT."""
    if isinstance(payload, dict):
        payload = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    elif isinstance(payload, int):
        payload = struct.pack(">I", payload)
    return FRAME_HEAD.pack(len(payload), kind, number) + payload


def no_key_twice(pairs):
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise PipeError("a key twice")
    return keys


def no_constant(_):
    raise PipeError("a number that JSON does not have")


def decode(kind, payload):
    """The payload of a frame of a host: octets of DATA, an int of CREDIT, None of DRAIN, else a dict."""
    if kind == DATA:
        if not payload:
            raise PipeError("DATA has at least one octet")
        return payload
    if kind == DRAIN:
        if payload:
            raise PipeError("DRAIN has no payload")
        return None
    if kind == CREDIT:
        if len(payload) != 4:
            raise PipeError("CREDIT has four octets")
        credit = int.from_bytes(payload, "big")
        if credit > MAX_OCTETS:
            raise PipeError("CREDIT is 2^31 - 1 at most")
        return credit
    try:
        value = json.loads(
            payload.decode("utf-8"), object_pairs_hook=no_key_twice, parse_constant=no_constant
        )
    except ValueError as error:
        raise PipeError("a payload that is no JSON") from error
    if not isinstance(value, dict):
        raise PipeError("a payload that is no object")
    return value


class FrameReader:
    """Cuts a stream of octets into frames, however it arrives."""

    def __init__(self, limit):
        self._limit = limit
        self._octets = bytearray()

    def read(self, octets):
        """Yields (type, number, payload) of each frame that is whole. Raises PipeError beyond the limit."""
        self._octets += octets
        at = 0
        while len(self._octets) - at >= FRAME_HEAD.size:
            length, kind, number = FRAME_HEAD.unpack_from(self._octets, at)
            if length > self._limit:
                raise PipeError(f"a payload of {length} octets, where {self._limit} are the most")
            end = at + FRAME_HEAD.size + length
            if len(self._octets) < end:
                break
            yield kind, number, bytes(self._octets[at + FRAME_HEAD.size : end])
            at = end
        del self._octets[:at]
