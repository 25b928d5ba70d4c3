"""The two halves of an exchange: the source, and the sink (sections 3.1, 3.5 and 5)."""

import asyncio
from collections import deque

from .checks import MAX_OCTETS, check_code, check_fields, check_integer, octets_of
from .frames import DATA, END, STOP

# Octets that may wait here before `write` does, and to which a read that waits raises an allowance of 0 or less.
MARK = 65_536
CHUNK = 16_384


class ExchangeError(Exception):
    def __init__(self, code, by, what):
        super().__init__(f"code {code} by {by}: {what}")
        self.code, self.by = code, by


def given(value=None, error=None):
    """A future that has settled; an error that nobody asks for is kept (MSGI-LIFE-34)."""
    future = asyncio.get_running_loop().create_future()
    settle(future, value, error)
    return future


def settle(future, value=None, error=None):
    if future is None or future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
        future.exception()


class Source:
    def __init__(self, owner, window, ended):
        self.state = "ended" if ended else "flowing"
        self.error = None
        self.trailers = [] if ended else None
        self.buffered = 0
        self._owner, self._initial, self._allowance = owner, window, window
        self._chunks, self._reader, self._over = deque(), None, ended
        self._manual = self._wanted = False
        self._withheld = 0
        self._late = None

    @property
    def ended(self):
        return self.state == "ended"

    @property
    def window(self):
        return self._allowance if self.state == "flowing" and not self._over else 0

    def read(self):
        if self._reader is not None:
            raise TypeError("a read of this body waits already")
        if self.state == "ended":
            return given()
        if self.error is not None:
            return given(error=self.error)
        if self._chunks:
            chunk = self._chunks.popleft()
            self.buffered -= len(chunk)
            self._consumed(len(chunk))
            self._end_if_read()
            return given(chunk)
        if not self._manual and self._allowance <= 0:
            self._withheld = 0
            self._grant(CHUNK - self._allowance)
        elif not self._wanted:
            self._grant(0)
        self._reader = asyncio.get_running_loop().create_future()
        return self._reader

    def manual(self):
        if not self._manual and self.state == "flowing":
            self._manual = True
            self._grant_withheld()

    def credit(self, octets):
        check_integer("credit", octets, 0, MAX_OCTETS)
        if self.state == "flowing":
            self._grant(octets)

    def stop(self, code=0):
        check_code(code)
        if self.state == "flowing":
            self._owner.send(STOP, {"code": code})
            self.cease("stopped", ExchangeError(code, "app", "the application has stopped reading"))
            self._owner.source_over()

    def on_data(self, octets):
        if self.state != "flowing":
            return
        self._allowance -= len(octets)
        if self._reader is None:
            self.buffered += len(octets)
            self._chunks.append(octets)
            return
        reader, self._reader = self._reader, None
        self._consumed(len(octets))
        settle(reader, octets)

    def on_end(self, trailers):
        if self.state == "flowing":
            self._over, self._late = True, trailers
            self._end_if_read()

    def cut(self, error):
        """Nothing more comes, and what came was no whole request."""
        if not self._over:
            self.cease("stopped", error)

    def cease(self, state, error):
        if self.state == "flowing":
            self.state, self.error = state, error
            self._chunks.clear()
            self.buffered = 0
            reader, self._reader = self._reader, None
            settle(reader, error=error)

    def _end_if_read(self):
        if self._over and not self._chunks and self.state == "flowing":
            self.state, self.trailers = "ended", self._late
            reader, self._reader = self._reader, None
            settle(reader)
            self._owner.source_over()

    def _consumed(self, octets):
        if not self._manual:
            self._withheld += octets
            if self._withheld * 2 >= self._initial:
                self._grant_withheld()

    def _grant_withheld(self):
        octets, self._withheld = self._withheld, 0
        if octets:
            self._grant(octets)

    def _grant(self, octets):
        if self._over:
            return
        octets = min(octets, MAX_OCTETS - self._allowance, MAX_OCTETS)
        self._allowance += octets
        if octets or not self._wanted:
            self._wanted = True
            self._owner.send_credit(octets)


class Sink:
    def __init__(self, owner, room, drops, declared, trailers):
        self.buffered = 0
        self._owner, self._room, self._drops = owner, room, drops
        self._declared, self._sends_trailers = declared, trailers
        self._written, self._queue, self._last = 0, deque(), None
        self._writer = self._ready = self._end = None

    @property
    def drops(self):
        return self._drops

    @property
    def ending(self):
        """The application has ended the response, and END waits for room."""
        return self._last is not None

    @property
    def window(self):
        return 0 if self._drops or self._owner.state != "open" else max(0, self._room - self.buffered)

    def write(self, chunk):
        octets = octets_of(chunk)
        if self._owner.state == "done":
            raise TypeError("write after end")
        if self._owner.error is not None:
            return given(error=self._owner.error)
        if 0 <= self._declared < self._written + len(octets):
            raise TypeError("content goes beyond its content-length")
        self._written += len(octets)
        if self._drops:
            return asyncio.sleep(0)
        self.queue(octets)
        if self.buffered <= MARK:
            return given()
        self._writer = self._writer or asyncio.get_running_loop().create_future()
        return self._writer

    def ready(self):
        if self._owner.state == "dead":
            return given(error=self._owner.error)
        if self._owner.state != "open" or self._drops or self.window:
            return given(self.window)
        self._ready = self._ready or asyncio.get_running_loop().create_future()
        return self._ready

    def end(self, trailers=()):
        check_fields(trailers, trailers=True)
        if self._owner.state == "done":
            raise TypeError("end after end")
        if self._owner.error is not None:
            return given(error=self._owner.error)
        if self._written < self._declared:
            self._owner.short()
            raise TypeError("content ends short of its content-length")
        return self.finish(trailers)

    def finish(self, trailers=()):
        sends = trailers and self._sends_trailers and not self._drops
        self._last = {"fields": list(trailers)} if sends else {}
        self._owner.sink_done()
        settle(self._ready, 0)
        self._flush()
        if self._owner.complete:
            return given()
        self._end = asyncio.get_running_loop().create_future()
        return self._end

    def queue(self, octets):
        if octets:
            self._queue.append(octets)
            self.buffered += len(octets)
            self._flush()

    def grant(self, octets):
        self._room = min(MAX_OCTETS, self._room + octets)
        self._flush()
        if self.window:
            settle(self._ready, self.window)
            self._ready = None

    def _flush(self):
        while self._queue and self._room > 0:
            octets = self._queue.popleft()
            part = octets[: min(self._room, self._owner.longest)]
            if len(part) < len(octets):
                self._queue.appendleft(octets[len(part) :])
            self._room -= len(part)
            self.buffered -= len(part)
            self._owner.send(DATA, part)
        if self.buffered <= MARK:
            settle(self._writer)
            self._writer = None
        if not self._queue and self._last is not None:
            last, self._last = self._last, None
            self._owner.send(END, last)
            self._owner.send_settled()

    def sent(self):
        settle(self._writer)
        settle(self._end)

    def fail(self, error):
        self._queue.clear()
        self.buffered, self._last = 0, None
        for future in (self._writer, self._ready, self._end):
            settle(future, error=error)
        self._writer = self._ready = self._end = None
