"""The environ of a request: the table of section 12.3."""

import re
import sys

from .content import Content

DEFAULT_PORTS = {"https": "443", "http": "80"}
PROTOCOLS = {"1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2.0", "3": "HTTP/3.0"}
AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?", re.S)
ESCAPE = re.compile("%([0-9A-Fa-f]{2})")

# Names of fields that were met, and their keys; clients choose the names, so it must not grow for ever.
MOST_KEYS = 1000
_keys = {}


class FileWrapper:
    """`wsgi.file_wrapper`: the file in blocks of a size that suits the frames."""

    def __init__(self, file, block_size=65_536):
        self.file = file
        self.block_size = block_size
        if hasattr(file, "close"):
            self.close = file.close

    def __iter__(self):
        return iter(lambda: self.file.read(self.block_size), b"")


def common(multiprocess):
    """What is the same for all."""
    return {
        "wsgi.version": (1, 0),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": multiprocess,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
    }


def of_connection(base, facts):
    """`base` and what is the same for the exchanges of one connection; `facts`: the payload of its OPEN."""
    environ = dict(base)
    peer = facts["peer"]
    if peer is not None:
        environ["REMOTE_ADDR"] = peer["host"]
        environ["REMOTE_PORT"] = str(peer["port"])
    if facts["tls"] is not None:
        environ["HTTPS"] = "on"
    return environ


def of_exchange(exchange):
    connection, request = exchange.connection, exchange.request
    environ = connection.environ.copy()
    scheme, authority = request["scheme"], request["authority"]
    path, _, query = request["target"].partition("?")
    environ["REQUEST_METHOD"] = request["method"]
    environ["SCRIPT_NAME"] = unescaped(request["base"])
    environ["PATH_INFO"] = unescaped(path)
    environ["QUERY_STRING"] = query
    environ["SERVER_PROTOCOL"] = PROTOCOLS[request["version"]]
    environ["SERVER_NAME"], environ["SERVER_PORT"] = connection.server(scheme, authority)
    environ["wsgi.url_scheme"] = scheme
    environ["wsgi.input"] = Content(exchange)
    add_fields(environ, request["fields"])
    if authority:
        environ["HTTP_HOST"] = authority
    return environ


def unescaped(path):
    if "%" not in path:
        return path
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), path)


def add_fields(environ, fields):
    for i in range(0, len(fields), 2):
        key = _keys.get(fields[i])
        if key is None:
            key = key_of(fields[i])
        if key in environ:
            environ[key] += "," + fields[i + 1]
        elif key:
            environ[key] = fields[i + 1]


def key_of(name):
    """The key of a field; "" for one that is dropped (MSGI-WSGI-2, MSGI-WSGI-3), and for `host`, which is the authority's."""
    if name in ("content-type", "content-length"):
        key = name.upper().replace("-", "_")
    elif "_" in name or name in ("proxy", "host"):
        key = ""
    else:
        key = "HTTP_" + name.upper().replace("-", "_")
    if len(_keys) >= MOST_KEYS:
        _keys.clear()
    _keys[name] = key
    return key


class Server:
    """SERVER_NAME and SERVER_PORT of the exchanges of a connection, which seldom changes its authority."""

    def __init__(self, local):
        """`local`: the address of OPEN, or None."""
        self._local = local
        self._last = None

    def __call__(self, scheme, authority):
        last = self._last
        if last is None or last[0] != (scheme, authority):
            self._last = last = ((scheme, authority), self._named(scheme, authority))
        return last[1]

    def _named(self, scheme, authority):
        if not authority:
            return self._unnamed(scheme)
        name, port = AUTHORITY.match(authority).groups()
        # PEP 3333 wants both, and neither empty.
        return name or self._unnamed(scheme)[0], port or DEFAULT_PORTS.get(scheme, "80")

    def _unnamed(self, scheme):
        if self._local is None:
            return "localhost", DEFAULT_PORTS.get(scheme, "80")
        host = self._local["host"]
        return f"[{host}]" if ":" in host else host, str(self._local["port"])


def declared_length(fields):
    """The content-length of a request, which the server has checked; None where there is none."""
    if "content-length" not in fields[::2]:
        return None
    return int(fields[fields[::2].index("content-length") * 2 + 1])
