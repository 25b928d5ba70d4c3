"""What a host may write: the keys of section 11.4, each with its check."""

import re

from .frames import DEADLINE, END, HELLO, INFORM, MAX_OCTETS, PRIORITY, PUSH, RESET, SETTLED, START, STOP, PipeError

LATIN1 = re.compile(r"[\x00-\xff]*", re.S)
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")
VERSION = re.compile(r"[0-9]+\.[0-9]+")
TARGET = re.compile(r"/[^\x00- \x7f]*")


def integer(least, most):
    return lambda value: type(value) is int and least <= value <= most


def text(pattern):
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def array(item, least=0):
    return lambda value: isinstance(value, list) and len(value) >= least and all(map(item, value))


def boolean(value):
    return isinstance(value, bool)


CODE = integer(0, 2**32 - 1)
FIELDS = array(text(LATIN1))
SENSITIVE = array(text(TOKEN), 1)
STRING = text(re.compile(".*", re.S))

# type: (keys that are there, keys that may be)
SHAPES = {
    HELLO: (
        {"versions": array(text(VERSION), 1), "payload": integer(65_536, 2**32 - 1), "name": STRING},
        {},
    ),
    END: ({}, {"fields": FIELDS, "sensitive": SENSITIVE}),
    INFORM: (
        {"status": lambda value: integer(100, 199)(value) and value != 101, "fields": FIELDS},
        {"sensitive": SENSITIVE},
    ),
    START: (
        {"status": integer(200, 599), "fields": FIELDS},
        {"sensitive": SENSITIVE, "end": lambda value: value is True},
    ),
    PUSH: (
        {
            "promise": lambda value: integer(2, 2**32 - 1)(value) and value % 2 == 0,
            "method": lambda value: value in ("GET", "HEAD"),
            "target": text(TARGET),
            "fields": FIELDS,
        },
        {"sensitive": SENSITIVE, "authority": text(re.compile(".+", re.S))},
    ),
    STOP: ({"code": CODE}, {}),
    DEADLINE: ({"ms": lambda value: value is None or integer(1, MAX_OCTETS)(value)}, {}),
    PRIORITY: ({"urgency": integer(0, 7), "incremental": boolean}, {}),
    RESET: ({"code": lambda value: CODE(value) and value != 7}, {}),
    SETTLED: ({}, {"failure": STRING}),
}


def check(kind, payload):
    """Raises PipeError for a payload that its type does not allow."""
    if kind not in SHAPES:
        return
    required, optional = SHAPES[kind]
    for key in required:
        if key not in payload:
            raise PipeError(f"a payload without {key}")
    for key, value in payload.items():
        shape = required.get(key) or optional.get(key)
        if shape is None or not shape(value):
            raise PipeError("a payload with a key or a value that it may not have")
    if "sensitive" in payload and "fields" not in payload:
        raise PipeError("sensitive without fields")
