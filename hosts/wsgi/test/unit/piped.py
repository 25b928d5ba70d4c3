"""The host in this process, with the test as the server at the other end of its pipe."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

from msgi_wsgi import environ, frames  # noqa: E402
from msgi_wsgi.frames import FrameReader, PipeError, from_json  # noqa: E402
from msgi_wsgi.main import Host  # noqa: E402
from msgi_wsgi.pipe import Pipe  # noqa: E402

NAMES = {getattr(frames, name): name for name in (
    "HELLO DATA END CREDIT INFORM START PUSH STOP DEADLINE PRIORITY RESET DRAIN SETTLED"
).split()}  # fmt: skip
CAPS = {
    "multiplex": True, "duplex": True, "push": True, "inform": True, "trailers": True, "tunnel": False,
    "credit": "exact", "priority": "urgency", "reset": "code",
}  # fmt: skip
LOCAL = {"host": "192.0.2.1", "port": 8443}
PEER = {"host": "192.0.2.7", "port": 50114}
# Seconds: a test that waits longer fails. Nothing is decided by it.
PATIENCE = 20


class Piped:
    """`payload`: the longest that this server takes, octets."""

    def __init__(self, app, threads=4, payload=1_048_576, connection=None):
        self._in, theirs = os.pipe()
        ours, self._out = os.pipe()
        self.pipe = Pipe(ours, theirs, environ.common(False))
        self._reader = FrameReader(2**31)
        self._frames = []
        self._next = 3
        self.say(frames.HELLO, 0, {"versions": ["0.9", "1.0"], "payload": payload, "name": "test"})
        self.greeting = self.pipe.greet()
        self.pipe.answer()
        self.host = Host(app, self.pipe, threads)
        self.broken = None
        self._thread = threading.Thread(target=self._serve, args=(theirs,), daemon=True)
        self._thread.start()
        self.hello = self.frame()
        self.say(frames.OPEN, 1, connection or {"peer": PEER, "local": LOCAL, "tls": None})

    def _serve(self, theirs):
        try:
            self.host.serve()
        except PipeError as error:
            self.broken = error
        finally:
            os.close(theirs)

    def say(self, kind, number, payload=b""):
        octets = frames.message(kind, number, payload) if type(payload) is dict else frames.frame(kind, number, payload)
        os.write(self._out, octets)

    def credit(self, number, octets):
        self.say(frames.CREDIT, number, octets.to_bytes(4, "big"))

    def head(self, method="GET", target="/", number=None, connection=1, **more):
        """HEAD of a new exchange; gives its number. `fields`, `ended`, `window`, `room` and parts of the request in `more`."""
        if number is None:
            number, self._next = self._next, self._next + 2
        request = {
            "version": "2", "method": method, "scheme": "https", "authority": "example.org", "target": target,
            "base": "", "protocol": "", "fields": [],
        }  # fmt: skip
        payload = {
            "connection": connection, "id": number, "request": request, "caps": CAPS, "window": 65_535, "room": 65_535,
            "priority": {"scheme": "none", "urgency": 3, "incremental": False}, "pushed": False, "ended": True,
        }  # fmt: skip
        for key, value in more.items():
            (request if key in request else payload)[key] = value
        self.say(frames.HEAD, number, payload)
        return number

    def frame(self):
        """The next frame of the host: (type, number, payload); None at the end of the pipe."""
        while not self._frames:
            octets = os.read(self._in, 65_536)
            if not octets:
                return None
            for kind, number, payload in self._reader.read(octets):
                name = NAMES[kind]
                value = payload if name == "DATA" else int.from_bytes(payload, "big") if name == "CREDIT" else from_json(payload)
                self._frames.append((name, number, value))
        return self._frames.pop(0)

    def until(self, name):
        """All frames up to the first of that type, with it."""
        found = []
        while not found or found[-1][0] != name:
            found.append(self.frame())
            assert found[-1] is not None, f"the pipe has ended before {name}: {found}"
        return found

    def answer(self, number=None, **more):
        """One exchange, whole: (status, fields, content, failure)."""
        self.head(**more) if number is None else None
        status, fields, content, failure = 0, [], b"", None
        for name, _, payload in self.until("SETTLED"):
            if name == "START":
                status, fields = payload["status"], payload["fields"]
            elif name == "DATA":
                content += payload
            elif name == "SETTLED":
                failure = payload.get("failure")
        return status, fields, content, failure

    def close(self, number, complete=True, code=0, by="app"):
        sums = {"status": 200, "sent": 0, "received": 0}
        self.say(frames.CLOSE, number, {"complete": complete, "code": code, "by": by, **sums})

    def end(self):
        """Ends the pipe from the server's side and waits for the host."""
        if self._out is not None:
            os.close(self._out)
            self._out = None
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the host has not ended with its pipe"


class Steps:
    """What an application has done, as events that a test can wait for."""

    def __init__(self):
        self._done = threading.Condition()
        self._steps = []

    def add(self, step):
        with self._done:
            self._steps.append(step)
            self._done.notify_all()

    def wait(self, step):
        with self._done:
            assert self._done.wait_for(lambda: step in self._steps, PATIENCE), f"{step!r} is not in {self._steps!r}"

    @property
    def all(self):
        with self._done:
            return list(self._steps)
