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
        "settled", "_readers", "_least", "_writers",
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
        # Of threads that wait, the locks on which they do: for content, and for room.
        self._readers = []
        self._writers = []
        # Octets of content that a thread waits for.
        self._least = 0

    def _wait(self, waiting):
        alarm = threading.Lock()
        alarm.acquire()
        waiting.append(alarm)
        self.pipe.lock.release()
        try:
            alarm.acquire()
        finally:
            self.pipe.lock.acquire()

    def _wake(self, waiting):
        """Once the reader has given the lock of the pipe back: a thread that is woken wants it at once."""
        self.pipe.woken.extend(waiting)
        waiting.clear()

    # The reader ----------------------------------------------------------------------------------------------------

    def on_data(self, octets):
        if self.error is not None or self.settled:
            return
        self.inbound.push(octets)
        self.pipe.count(len(octets), self.inbound.highest)
        if self._readers and self.inbound.has(self._least):
            self._wake(self._readers)

    def on_end(self):
        self.inbound.over = True
        self._wake(self._readers)

    def on_credit(self, octets):
        self.room = min(frames.MAX_OCTETS, self.room + octets)
        self._wake(self._writers)

    def on_fail(self, code, by):
        if self.error is None:
            self.error = ExchangeError(code, by)
            self.pipe.count(-self.inbound.drop())
        self._wake(self._readers)
        self._wake(self._writers)

    # The application -----------------------------------------------------------------------------------------------

    def take(self, size, least, parts, stop=None):
        """
        Moves octets of the request to `parts`: up to `size`, with `stop` up to and with that. Gives how many, 0 at the end.
        Waits until `least` are there, or so many that the client is to be granted more. Raises ExchangeError where the
        request is cut.
        """
        pipe, inbound = self.pipe, self.inbound
        with pipe.lock:
            self._await_content(least)
            taken = inbound.take(size, parts) if stop is None else inbound.take_line(size, stop, parts)
            pipe.count(-taken)
            due = inbound.due()
        if due is not None:
            pipe.output.write(frames.credit(self.number, due))
        return taken

    def _await_content(self, least):
        inbound = self.inbound
        if inbound.left is not None:
            # 0 where all of it was read: whole, whatever became of the exchange since.
            least = min(least, inbound.left)
        while not inbound.has(least):
            if self.error is not None:
                raise self.error
            if inbound.over:
                return
            wanted = inbound.wanted()
            if wanted is None:
                self._least = min(self._least, least) if self._readers else least
                self._wait(self._readers)
            else:
                self._grant(wanted)

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
                self._wait(self._writers)
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
