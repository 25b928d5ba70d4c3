"""One exchange at the host: what the server says of it, and what the thread that runs it waits for."""

import threading

from . import frames
from .content import Inbound
from .errors import ExchangeError


class Exchange:
    """
    Methods that begin with `on_` are the reader's and are called with the lock of the pipe held; the others are for the
    thread of the application, and take it.
    """

    __slots__ = (
        "pipe", "number", "connection", "request", "caps", "priority", "pushed", "inbound", "room", "error", "closed",
        "settled", "_changed",
    )  # fmt: skip

    def __init__(self, pipe, number, connection, head, declared):
        """`head`: the payload of HEAD. `declared`: the content-length of the request, or None."""
        self.pipe = pipe
        self.number = number
        self.connection = connection
        self.request = head["request"]
        self.caps = head["caps"]
        self.priority = head["priority"]
        self.pushed = head["pushed"]
        self.inbound = Inbound(head["window"], head["ended"], declared)
        # Octets of content that may be sent.
        self.room = head["room"]
        self.error = None
        self.closed = False
        self.settled = False
        # Made by the first that waits; most exchanges never wait.
        self._changed = None

    def _wait(self):
        if self._changed is None:
            self._changed = threading.Condition(self.pipe.lock)
        self._changed.wait()

    def _tell(self):
        if self._changed is not None:
            self._changed.notify_all()

    # The reader ----------------------------------------------------------------------------------------------------

    def on_data(self, octets):
        if self.error is not None or self.settled:
            return
        self.inbound.push(octets)
        self.pipe.count(len(octets), self.inbound.highest)
        self._tell()

    def on_end(self):
        self.inbound.over = True
        self._tell()

    def on_credit(self, octets):
        self.room = min(frames.MAX_OCTETS, self.room + octets)
        self._tell()

    def on_fail(self, code, by):
        if self.error is None:
            self.error = ExchangeError(code, by)
            self.pipe.count(-self.inbound.drop())
        self._tell()

    # The application -----------------------------------------------------------------------------------------------

    def take(self, size, stop=None):
        """Up to `size` octets of the request, at least one; b"" at its end. Waits. Raises ExchangeError where it is cut."""
        pipe, inbound = self.pipe, self.inbound
        with pipe.lock:
            while not inbound.chunks:
                # Whole, whatever became of the exchange since.
                if inbound.left == 0:
                    return b""
                if self.error is not None:
                    raise self.error
                if inbound.over:
                    return b""
                wanted = inbound.wanted()
                if wanted is None:
                    self._wait()
                else:
                    self._grant(wanted)
            part = inbound.take(size, stop)
            pipe.count(-len(part))
            due = inbound.due()
        if due is not None:
            pipe.output.write(frames.credit(self.number, due))
        return part

    def _grant(self, octets):
        """Writing may wait for the server, and the reader must not wait for that."""
        self.pipe.lock.release()
        try:
            self.pipe.output.write(frames.credit(self.number, octets))
        finally:
            self.pipe.lock.acquire()

    def spend(self, octets, waits=True):
        """Room for content: how many of these octets may be sent now. Waits for one at least, or gives 0."""
        pipe = self.pipe
        with pipe.lock:
            while self.error is None and self.room == 0 and waits:
                self._wait()
            if self.error is not None:
                raise self.error
            spent = min(octets, self.room, pipe.payload)
            self.room -= spent
        return spent

    def settle(self):
        """The application has. What it has not read is dropped."""
        pipe = self.pipe
        with pipe.lock:
            self.settled = True
            if self.error is None:
                self.error = ExchangeError(0, "app")
                pipe.count(-self.inbound.drop())
            if self.closed:
                pipe.forget(self)
