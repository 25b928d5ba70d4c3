"""The head of a response: what `start_response` is given, checked at the call (MSGI-PROC-31), and its START."""

import re

from . import frames

STATUS = re.compile(r"([2-5][0-9]{2})(?: .*)?", re.S)
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
VALUE = re.compile("[\\t\x20-\x7e\x80-\xff]*")
DIGITS = re.compile("[0-9]+")

# PEP 3333 forbids what RFC 2616 calls hop-by-hop; the last one is its like (RFC 9113 section 8.2.2).
HOP_BY_HOP = frozenset(
    (
        "connection keep-alive proxy-authenticate proxy-authorization te trailers transfer-encoding upgrade proxy-connection"
    ).split()
)

# Statuses whose responses have no content (RFC 9110 section 6.4.1; 205: section 15.3.6).
BODILESS = frozenset((204, 205, 304))

# Lines are said again and again: each is checked and encoded once. Secrets and what is long are not kept.
MOST_LINES = 1000
LONGEST_LINE = 200
UNKEPT = frozenset(("set-cookie", "www-authenticate", "authorization", "location", "content-length"))
_lines = {}


class ResponseHead:
    __slots__ = ("status", "lines", "declared")

    def __init__(self, status, headers):
        """Raises TypeError or ValueError for what is no head."""
        if type(status) is not str:
            raise TypeError(f"the status is a str such as '200 OK', not {type(status).__name__}")
        found = STATUS.fullmatch(status)
        if found is None:
            raise ValueError(f"the status {status!r} is none of a response: '200 OK' is one")
        self.status = int(found[1])
        self.lines = field_list(headers)
        # The content-length stands apart: not every status may have one.
        self.declared = None
        lengths = [line for line in self.lines if type(line) is int]
        if lengths:
            if len(lengths) > 1:
                raise ValueError("content-length is given twice")
            self.declared = lengths[0]
            self.lines.remove(lengths[0])

    def start(self, number, end):
        """START, with content-length where it may stand."""
        lines = self.lines
        if self.declared is not None and self.status not in (204, 205):
            lines = [*lines, b'"content-length","%d"' % self.declared]
        rest = b'],"end":true}' if end else b"]}"
        return frames.frame(frames.START, number, b'{"status":%d,"fields":[%s%s' % (self.status, b",".join(lines), rest))


def field_list(headers):
    """Each pair as it stands in a field list in JSON, octets; a content-length as an int."""
    lines = []
    for pair in headers:
        line = _lines.get(pair) if type(pair) is tuple else None
        lines.append(line_of(*pair) if line is None else line)
    return lines


def line_of(name, value):
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError(f"a header is a pair of str, not {name!r} and {type(value).__name__}")
    lower = name.lower()
    stripped = value.strip(" \t")
    if TOKEN.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not the name of a header")
    if VALUE.fullmatch(stripped) is None:
        raise ValueError(f"the value of {name} is not one of a header: one octet a character, no control characters")
    if lower in HOP_BY_HOP:
        raise ValueError(f"{name} is hop-by-hop, which PEP 3333 leaves to the server")
    if lower == "content-length":
        return length_of(stripped)
    line = frames.to_json([lower, stripped])[1:-1]
    if lower not in UNKEPT and len(line) <= LONGEST_LINE and type(name) is str and type(value) is str:
        if len(_lines) >= MOST_LINES:
            _lines.clear()
        _lines[(name, value)] = line
    return line


def length_of(value):
    if DIGITS.fullmatch(value) is None:
        raise ValueError("content-length is one decimal number of octets (RFC 9110 section 8.6)")
    return int(value)
