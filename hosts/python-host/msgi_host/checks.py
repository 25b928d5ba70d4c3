"""Arguments of applications: what no server may take is a TypeError, at the call (MSGI-PROC-31)."""

import re

MAX_OCTETS = 2**31 - 1
REFUSED_STREAM = 7

NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")
VALUE = re.compile(r"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
TARGET = re.compile(r"/[!\"$-~\x80-\xff]*")
CONNECTION_SPECIFIC = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"}
NOT_IN_TRAILERS = set(
    "age authorization cache-control content-encoding content-length content-range content-type cookie date expect "
    "expires host location max-forwards pragma proxy-authenticate proxy-authorization range retry-after set-cookie te "
    "trailer vary www-authenticate".split()
)


def check_integer(what, value, least, most):
    if type(value) is not int or not least <= value <= most:
        raise TypeError(f"{what} is an integer from {least} to {most}")


def check_code(code):
    check_integer("a code", code, 0, 2**32 - 1)


def check_fields(fields, trailers=False, te=False):
    """Gives the content-length in the list, -1 without one."""
    if not isinstance(fields, (list, tuple)) or len(fields) % 2:
        raise TypeError("fields are a flat list of names and values")
    length = -1
    for name, value in zip(fields[::2], fields[1::2]):
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise TypeError("a field name is a token in lower case")
        if not isinstance(value, str) or not VALUE.fullmatch(value):
            raise TypeError(f"the value of {name} is no field value")
        if name in CONNECTION_SPECIFIC and not (te and (name, value) == ("te", "trailers")):
            raise TypeError(f"{name} speaks of one connection and is never sent")
        if trailers and name in NOT_IN_TRAILERS:
            raise TypeError(f"{name} has no place in trailers")
        if name == "content-length":
            if length >= 0 or not re.fullmatch("[0-9]+", value):
                raise TypeError("content-length is one decimal number")
            length = int(value)
    return length


def check_push(request, app):
    target, method, authority = request.get("target"), request.get("method", "GET"), request.get("authority", "")
    if not isinstance(target, str) or not TARGET.fullmatch(target):
        raise TypeError('the target of a push begins with "/"')
    if method not in ("GET", "HEAD"):
        raise TypeError("only GET and HEAD are pushed")
    if not isinstance(authority, str) or (app is not None and not callable(app)):
        raise TypeError("an authority is a string, an app is a function")
    fields = request.get("fields", [])
    check_fields(fields, te=True)
    if {"host", "content-length"} & set(fields[::2]):
        raise TypeError("host and content-length have no place in a promise")


def octets_of(chunk):
    if isinstance(chunk, str):
        return chunk.encode("utf-8")
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise TypeError("content is octets or text")


def without_length(fields):
    return [each for at, each in enumerate(fields) if fields[at - at % 2] != "content-length"]


def response_fields(bare, status, fields, length, body):
    """The list that goes out with a whole response (section 2.4)."""
    if status in (204, 205):
        return without_length(fields)
    if status == 304 or (bare and body is None):
        return list(fields)
    size = len(body or b"")
    if length >= 0 and length != size:
        raise TypeError(f"content-length says {length}, the body has {size} octets")
    return list(fields) if length >= 0 else [*fields, "content-length", str(size)]
