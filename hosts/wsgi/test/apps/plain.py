"""What the tests ask of plain PEP 3333, under wsgiref's validator where that lets it through."""

import hashlib
import os
import signal
import sys
import threading
from wsgiref.validate import validator

TEXT = [("Content-Type", "text/plain")]
# Set by one request, awaited by another.
_gates = {}
_gate_lock = threading.Lock()
_events = []


def gate(name):
    with _gate_lock:
        return _gates.setdefault(name, threading.Event())


def hello(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"hello\n"]


def shown(environ, start_response):
    start_response("200 OK", TEXT)
    names = sorted(name for name in environ if name.isupper() and name not in ("REMOTE_PORT", "SERVER_PORT"))
    return ["".join(f"{name}={environ[name]}\n" for name in names).encode("latin-1")]


def digest(environ, start_response):
    found, content = hashlib.sha256(), environ["wsgi.input"]
    while block := content.read(30_000):
        found.update(block)
    start_response("200 OK", TEXT)
    return [found.hexdigest().encode()]


def stream(environ, start_response):
    """The second block waits for another request, which the client makes when it has the first."""
    start_response("200 OK", TEXT)

    def blocks():
        yield b"first;"
        yield b"second" if gate(environ["QUERY_STRING"]).wait(20) else b"late"

    return blocks()


def opened(environ, start_response):
    gate(environ["QUERY_STRING"]).set()
    return hello(environ, start_response)


def large(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "3000000")])
    return [b"0123456789" * 300_000]


def written(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"written;")
    return [b"returned"]


def status(environ, start_response):
    code = environ["QUERY_STRING"]
    start_response(f"{code} Said", [] if code in ("204", "304") else TEXT)
    return [] if code in ("204", "304") else [b"said"]


def fails(environ, start_response):
    if environ["QUERY_STRING"] == "late":
        write = start_response("200 OK", TEXT)
        write(b"some")
    raise KeyError("the operator reads this")


def hop(environ, start_response):
    start_response("200 OK", [("Connection", "close")])
    return [b"never"]


def crash(environ, start_response):
    if environ["QUERY_STRING"] == "late":
        write = start_response("200 OK", TEXT)
        write(b"some")
    os.kill(os.getpid(), signal.SIGKILL)


def held(environ, start_response):
    """Reads nothing before it is told to; what ends it is an event."""
    start_response("200 OK", TEXT)
    try:
        yield b"begun;"
        gate("read").wait(20)
        environ["wsgi.input"].read(10_000_000)
        yield b"whole"
    except OSError as error:
        _events.append(f"{type(error).__name__} {error.code} {error.by}")
        raise
    finally:
        _events.append("closed")


def events(environ, start_response):
    start_response("200 OK", TEXT)
    return ["\n".join(_events).encode()]


def extras(environ, start_response):
    informed = environ["msgi.inform"](103, [("Link", "</a.css>; rel=preload")])
    pushed = environ["msgi.push"]("/pushed")
    urgency, incremental = environ["msgi.priority"]()
    start_response("200 OK", TEXT)
    return [f"{informed} {pushed} {urgency} {incremental}".encode()]


def printed(environ, start_response):
    print("on the standard output")
    os.write(1, b"on descriptor 1\n")
    environ["wsgi.errors"].write("on wsgi.errors\n")
    return hello(environ, start_response)


def process(environ, start_response):
    start_response("200 OK", TEXT)
    return [f"{os.getpid()} {environ['wsgi.multiprocess']} {os.getcwd()} {sys.prefix}".encode()]


_resources = {
    "/": hello, "/bare": hello, "/pushed": hello, "/shown": shown, "/digest": digest, "/stream": stream, "/open": opened, "/large": large,
    "/written": written, "/status": status, "/fails": fails, "/hop": hop, "/crash": crash, "/held": held,
    "/events": events, "/extras": extras, "/printed": printed, "/process": process,
}  # fmt: skip

# What the validator is not for: it refuses the first, outlives no crash, and hides that a list has one block.
_beyond = ("/hop", "/crash", "/bare")


def application(environ, start_response):
    path = environ["PATH_INFO"]
    resource = _resources.get(path)
    if resource is None:
        start_response("404 Not Found", TEXT)
        return [b"no such resource\n"]
    return (resource if path in _beyond else validator(resource))(environ, start_response)
