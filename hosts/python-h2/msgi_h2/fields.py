"""Field sections: what a request may have (section 2.2), and what a host may send (section 2.3)."""

import re

from hpack import HeaderTuple, NeverIndexedHeaderTuple

PSEUDO = (":method", ":scheme", ":authority", ":path")
METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")
VALUE = re.compile(r"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
# Host and port, without userinfo (MSGI-HEAD-9).
AUTHORITY = re.compile(r"(?:\[[0-9A-Za-z:.%\-_~]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::[0-9]*)?")
PATH = re.compile(r"/[^\x00- \x7f]*")
CONNECTION_SPECIFIC = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"}
NEVER_INDEXED = {"authorization", "proxy-authorization", "cookie", "set-cookie"}
NOT_IN_TRAILERS = set(
    "age authorization cache-control content-encoding content-length content-range content-type cookie date expect "
    "expires host location max-forwards pragma proxy-authenticate proxy-authorization range retry-after set-cookie te "
    "trailer vary www-authenticate".split()
)


class Malformed(Exception):
    """A request that no application sees: PROTOCOL_ERROR."""


class Wrong(Exception):
    """A host broke a rule of chapters 2 and 3 (MSGI-PROC-32)."""


def request_of(headers):
    """The head of a request, `fields` as a list and `sensitive` beside it. Raises Malformed."""
    pseudo, fields, sensitive = {}, [], []
    for header in headers:
        name, value = header[0].decode("latin-1"), header[1].decode("latin-1")
        if name.startswith(":"):
            # Before the fields, each once, and no other (RFC 9113 section 8.3).
            if fields or name in pseudo or name not in PSEUDO:
                raise Malformed("a pseudo-field")
            pseudo[name] = value
            continue
        check_line(name, value)
        fields.append((name, value))
        if isinstance(header, NeverIndexedHeaderTuple) and name not in sensitive:
            sensitive.append(name)
    authority = authority_of(pseudo, [value for name, value in fields if name == "host"])
    check_pseudo(pseudo, authority)
    flat = [each for line in one_length(join_cookies(fields)) if line[0] != "host" for each in line]
    request = {
        "version": "2",
        "method": pseudo[":method"],
        "scheme": pseudo.get(":scheme", ""),
        "authority": authority,
        "target": pseudo.get(":path", ""),
        "base": "",
        "protocol": "",
        "fields": flat,
    }
    return {**request, "sensitive": sensitive} if sensitive else request


def trailers_of(headers):
    """Trailers of a request, flat. Raises Malformed (MSGI-TRAIL-5)."""
    flat = [each.decode("latin-1") for header in headers for each in header]
    for name, value in zip(flat[::2], flat[1::2]):
        check_line(name, value)
    return flat


def check_line(name, value):
    if not NAME.fullmatch(name) or not VALUE.fullmatch(value):
        raise Malformed("a field line")
    if name in CONNECTION_SPECIFIC and (name, value) != ("te", "trailers"):
        raise Malformed("a connection-specific field")


def authority_of(pseudo, hosts):
    """`:authority`, else the one host; they are compared without case (MSGI-HEAD-11)."""
    authority = pseudo.get(":authority", hosts[0] if hosts else "")
    if len(hosts) > 1 or any(host.lower() != authority.lower() for host in hosts):
        raise Malformed("authority and host differ")
    return authority


def check_pseudo(pseudo, authority):
    method, path, scheme = pseudo.get(":method", ""), pseudo.get(":path", ""), pseudo.get(":scheme", "")
    if not METHOD.fullmatch(method):
        raise Malformed("the method is no token")
    if (method == "CONNECT") != (":scheme" not in pseudo and ":path" not in pseudo):
        raise Malformed("scheme and path belong to every request but CONNECT")
    if method != "CONNECT" and not SCHEME.fullmatch(scheme):
        raise Malformed("the scheme is none")
    if not AUTHORITY.fullmatch(authority):
        raise Malformed("the authority is none")
    if method != "CONNECT" and not (PATH.fullmatch(path) or (path, method) == ("*", "OPTIONS")):
        raise Malformed("the path does not begin with /")
    if authority == "" and (method == "CONNECT" or scheme in ("http", "https")):
        raise Malformed("no authority")


def join_cookies(fields):
    """Several lines of cookie are one (MSGI-FIELD-3)."""
    cookies = [value for name, value in fields if name == "cookie"]
    if len(cookies) < 2:
        return fields
    first = fields.index(("cookie", cookies[0]))
    rest = [line for at, line in enumerate(fields) if line[0] != "cookie" or at == first]
    return [("cookie", "; ".join(cookies)) if name == "cookie" else (name, value) for name, value in rest]


def one_length(fields):
    """Lines of content-length that say the same are one (MSGI-HEAD-16); those that differ stay, to be refused."""
    return [line for at, line in enumerate(fields) if line[0] != "content-length" or line not in fields[:at]]


def content_length_of(fields):
    """Of a request, None without one. Raises Malformed (MSGI-HEAD-14)."""
    lengths = {fields[i + 1] for i in range(0, len(fields), 2) if fields[i] == "content-length"}
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not re.fullmatch("[0-9]+", length):
        raise Malformed("content-length")
    return int(length)


def lines_of(payload, trailers=False):
    """Field lines for hpack, of a host's field list. Raises Wrong."""
    fields, sensitive = payload.get("fields", []), payload.get("sensitive", [])
    if len(fields) % 2:
        raise Wrong("a field list of odd length")
    lines = []
    for name, value in zip(fields[::2], fields[1::2]):
        if not NAME.fullmatch(name) or not VALUE.fullmatch(value) or name in CONNECTION_SPECIFIC:
            raise Wrong("a field that is not sent")
        if trailers and name in NOT_IN_TRAILERS:
            raise Wrong("a field that has no place in trailers")
        kind = NeverIndexedHeaderTuple if name in NEVER_INDEXED or name in sensitive else HeaderTuple
        lines.append(kind(name.encode("latin-1"), value.encode("latin-1")))
    return lines
