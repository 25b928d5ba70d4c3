"""What the probes in Python share: an old application that does what the kit tells it, step by step, over the control
channel (MSGI_CONTROL=host:port, a line of JSON for each message), and tells what it has seen there, never in its response.
The standard library alone. Servers fork and start threads as they like: each process has a connection of its own.
"""
import hashlib
import json
import os
import queue
import re
import socket
import threading

SMALL = b"hello from here\n"
LARGE = b"x" * 2_097_152
ABSENT = b"not found\n"

_ADDRESS = re.compile(r"(?:^|/)msgi-kit/[a-z0-9-]+/[a-z0-9-]+/([a-z0-9_~-]+)(?:[^a-z0-9_~-]|$)")
_KEY = re.compile(r"^([a-z0-9]+)_([a-z0-9-]+)")


class Failure(Exception):
    """The probe fails because it was told to."""


class Over(Exception):
    """The attempt is over: nobody waits for this exchange any more."""


class Control:
    """The connection of this process to the kit."""

    def __init__(self):
        self._lock = threading.Lock()
        self._pid = None
        self._socket = None
        self._sequence = 0
        self._queues = {}
        self._over = set()

    def connect(self):
        """Connects this process, unless it has done so. A child does not speak over its parent's connection."""
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._sequence = 0
            self._queues = {}
            address = os.environ.get("MSGI_CONTROL")
            if address is None:
                return
            host, port = address.rsplit(":", 1)
            self._socket = socket.create_connection((host, int(port)))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._read, args=(self._socket,), daemon=True).start()
            self._write({"event": "hello", "pid": os.getpid(), "spec": "", "server": "probe"})

    def tell(self, **message):
        self.connect()
        with self._lock:
            self._write(message)

    def queue(self, key):
        """The steps of an exchange; None ends them."""
        with self._lock:
            steps = self._queues.setdefault(key, queue.Queue())
            if attempt_of(key) in self._over:
                steps.put(None)
            return steps

    def _write(self, message):
        if self._socket is None:
            return
        self._sequence += 1
        try:
            self._socket.sendall((json.dumps({"seq": self._sequence, **message}) + "\n").encode())
        except OSError:
            # A kit that has left is no matter of the server's.
            self._socket = None

    def _read(self, connection):
        try:
            for line in connection.makefile("rb"):
                self._told(json.loads(line))
        except (OSError, ValueError):
            pass

    def _told(self, message):
        if message["do"] == "act":
            self.queue(message["key"]).put(message)
        elif message["do"] == "end":
            with self._lock:
                self._over.add(message["attempt"])
                for key in [key for key in self._queues if attempt_of(key) == message["attempt"]]:
                    self._queues.pop(key).put(None)


CONTROL = Control()


def attempt_of(key):
    return _KEY.match(key).group(1)


class Visit:
    """One exchange of a case."""

    def __init__(self, key):
        self.key = key
        self.name = _KEY.match(key).group(2)
        self.twin = re.match(r"^twin-[0-9]+$", self.name) is not None
        self.steps = CONTROL.queue(key)
        CONTROL.tell(event="invoked", key=key, arguments=0, method=False)

    def report(self, name, data=None):
        CONTROL.tell(event="report", key=self.key, name=name, data=data)

    def settled(self, error=None):
        CONTROL.tell(event="settled", key=self.key, error=None if error is None else told(error))

    def step(self):
        """The next step. Raises Over."""
        step = self.steps.get()
        if step is None:
            raise Over()
        return step

    def done(self, step, result=None, error=None):
        data = {"result": result, "error": None if error is None else told(error)}
        self.report("did-%d" % step["n"], data)


def visit_of(path):
    """The exchange that a path is of, or None."""
    CONTROL.connect()
    found = _ADDRESS.search(path)
    return None if found is None else Visit(found.group(1))


def told(error):
    return {"name": type(error).__name__, "message": str(error)}


def content_of(step):
    arguments = step["with"]
    return (arguments.get("text", "") * arguments.get("times", 1)).encode("latin-1")


def pairs(flat):
    return list(zip(flat[0::2], flat[1::2]))


def read_of(content, ended):
    return {
        "octets": len(content),
        "hash": hashlib.sha256(content).hexdigest(),
        "text": content[:200].decode("latin-1"),
        "ended": ended,
    }


CONTROL.connect()
