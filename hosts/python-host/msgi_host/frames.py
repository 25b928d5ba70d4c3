"""Frames of MSGI/process, as a host writes and reads them (sections 11.2 and 11.4).

The server's end is in hosts/python-h2, on purpose without shared code: each is to be copied by itself.
"""

import json
import re
import struct

HELLO, OPEN, CLOSE, HEAD, DATA, END, CREDIT, INFORM = range(1, 9)
START, PUSH, STOP, DEADLINE, PRIORITY, RESET, DRAIN, SETTLED, SENT = range(9, 18)

FROM_HOST_ONLY = {INFORM, START, PUSH, STOP, DEADLINE, SETTLED}
FRAME_HEAD = struct.Struct(">IBI")
LEAST_PAYLOAD = 65_536
MAX_OCTETS = 2**31 - 1
LATIN1 = re.compile(r"[\x00-\xff]*", re.S)


class PipeError(Exception):
    """The pipe is closed for it (MSGI-PROC-9)."""


def encode(kind, number, payload=b""):
    """One frame; a dict becomes JSON, an int the four octets of CREDIT."""
    if isinstance(payload, dict):
        payload = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    elif isinstance(payload, int):
        payload = struct.pack(">I", payload)
    return FRAME_HEAD.pack(len(payload), kind, number) + payload


def decode(kind, number, payload):
    """What a server has written: octets of DATA, an int of CREDIT, None, or a dict. Raises PipeError."""
    if kind in FROM_HOST_ONLY:
        raise PipeError("a type that only hosts write")
    if kind == DATA:
        if not payload:
            raise PipeError("DATA has at least one octet")
        return payload
    if kind in (SENT, DRAIN) or (kind == CLOSE and not payload):
        if payload:
            raise PipeError("a payload where there is none")
        return None
    if kind == CREDIT:
        credit = int.from_bytes(payload, "big")
        if len(payload) != 4 or credit > MAX_OCTETS:
            raise PipeError("CREDIT is a number of four octets, 2^31 - 1 at most")
        return credit
    return json_of(kind, payload)


def json_of(kind, payload):
    try:
        value = json.loads(payload.decode("utf-8"), object_pairs_hook=once, parse_constant=no_constant)
    except ValueError as error:
        raise PipeError("a payload that is no JSON") from error
    if not isinstance(value, dict):
        raise PipeError("a payload that is no object")
    required, optional = SHAPES[kind]
    for key in required:
        if key not in value:
            raise PipeError(f"a payload without {key}")
    for key, each in value.items():
        shape = required.get(key) or optional.get(key)
        if shape is None or not shape(each):
            raise PipeError("a key or a value that the payload may not have")
    return value


def once(pairs):
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise PipeError("a key twice")
    return keys


def no_constant(_):
    raise PipeError("a number that JSON does not have")


def integer(least, most):
    return lambda value: type(value) is int and least <= value <= most


def is_text(value):
    return isinstance(value, str)


def is_boolean(value):
    return isinstance(value, bool)


def is_object(value):
    return isinstance(value, dict)


def is_fields(value):
    return isinstance(value, list) and all(is_text(each) and LATIN1.fullmatch(each) for each in value)


def or_null(shape):
    return lambda value: value is None or shape(value)


CODE = integer(0, 2**32 - 1)
NUMBER = integer(1, 2**32 - 1)
SIZE = integer(0, 2**53)
FIELD_LIST = {"fields": is_fields, "sensitive": is_fields}

# type: (keys that are there, keys that may be)
SHAPES = {
    HELLO: (
        {"versions": lambda value: is_fields(value) and value != [], "payload": integer(65_536, 2**32 - 1), "name": is_text},
        {},
    ),
    OPEN: ({"peer": or_null(is_object), "local": or_null(is_object), "tls": or_null(is_object)}, {}),
    CLOSE: (
        {"complete": is_boolean, "code": CODE, "by": is_text, "status": SIZE, "sent": SIZE, "received": SIZE},
        {},
    ),
    HEAD: (
        {
            "connection": NUMBER,
            "id": SIZE,
            "request": lambda value: is_object(value) and is_fields(value.get("fields")),
            "caps": is_object,
            "priority": is_object,
            "window": integer(-MAX_OCTETS, MAX_OCTETS),
            "room": integer(0, MAX_OCTETS),
            "pushed": is_boolean,
            "ended": is_boolean,
        },
        {},
    ),
    END: ({}, FIELD_LIST),
    PRIORITY: ({"scheme": is_text, "urgency": integer(0, 7), "incremental": is_boolean}, {}),
    RESET: ({"code": CODE, "by": is_text}, {}),
}


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
