"""`wsgi.input`: the content of a request, which opens the client's window as it is read (section 5.1, MSGI-WSGI-6)."""

import io
from collections import deque

from . import frames

# Octets to which a read that waits raises an allowance of 0 or less (MSGI-FLOW-3).
DEFAULT_CHUNK = 16_384
NEWLINE = 0x0A


class Content(io.BufferedIOBase):
    """A read gives all that is asked for, or what there is up to the end; it never looks ahead of what is asked for."""

    def __init__(self, exchange):
        self._exchange = exchange

    def readable(self):
        return True

    def read(self, size=-1):
        """Octets; b"" at the end. Raises an OSError, ExchangeError, where the request is cut."""
        parts, left = [], frames.MAX_OCTETS if size is None or size < 0 else size
        take = self._exchange.take
        while left > 0:
            taken = take(left, left, parts)
            if taken == 0:
                break
            left -= taken
        return b"".join(parts)

    def read1(self, size=-1):
        """What is there, at least one octet before the end."""
        parts = []
        if size != 0:
            self._exchange.take(frames.MAX_OCTETS if size is None or size < 0 else size, 1, parts)
        return b"".join(parts)

    def readline(self, size=-1):
        parts, left = [], frames.MAX_OCTETS if size is None or size < 0 else size
        take = self._exchange.take
        while left > 0:
            taken = take(left, 1, parts, b"\n")
            if taken == 0 or parts[-1][-1] == NEWLINE:
                break
            left -= taken
        return b"".join(parts)

    def readlines(self, hint=-1):
        lines, octets = [], 0
        for line in self:
            lines.append(line)
            octets += len(line)
            if hint is not None and 0 < hint <= octets:
                break
        return lines

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line


class Inbound:
    """The request half of an exchange. Its methods are called with the lock of the pipe held."""

    __slots__ = ("chunks", "at", "unread", "highest", "over", "left", "_allowance", "_initial", "_withheld", "_wanted")

    def __init__(self, window, ended, declared):
        """`window`: octets that the peer may send at first. `declared`: its content-length, or None."""
        self.chunks = deque()
        # Of the first chunk, octets that are read.
        self.at = 0
        self.unread = 0
        self.highest = 0
        self.over = ended
        # Octets of the content that were not read yet, None where nobody has said.
        self.left = declared
        self._allowance = self._initial = window
        self._withheld = 0
        self._wanted = False

    def push(self, octets):
        self._allowance -= len(octets)
        self.chunks.append(octets)
        self.unread += len(octets)
        if self.unread > self.highest:
            self.highest = self.unread

    def drop(self):
        """Nothing more is read. Gives how many octets were there."""
        dropped, self.unread = self.unread, 0
        self.chunks.clear()
        self.at = 0
        self.over = True
        return dropped

    def has(self, least):
        """A read of so many octets has no need to wait: they are there, or as many as make a grant due."""
        unread = self.unread
        return unread >= least or 0 < unread >= self._initial / 2 - self._withheld

    def take(self, size, parts):
        """Moves at most `size` octets of what is there to `parts`. Gives how many."""
        chunks, left = self.chunks, size
        while chunks and left > 0:
            left -= self._move(left, parts)
        return self._taken(size - left)

    def take_line(self, size, stop, parts):
        """At most `size` octets of the first chunk, up to and with `stop`."""
        if not self.chunks:
            return 0
        chunk = self.chunks[0] = bytes(self.chunks[0])
        found = chunk.find(stop, self.at, self.at + size)
        return self._taken(self._move(size if found < 0 else found + 1 - self.at, parts))

    def _move(self, size, parts):
        """Octets of the first chunk, without a copy."""
        chunk, at = self.chunks[0], self.at
        end = min(len(chunk), at + size)
        if end == len(chunk):
            self.chunks.popleft()
            self.at = 0
        else:
            self.at = end
        parts.append(chunk if end - at == len(chunk) else memoryview(chunk)[at:end])
        return end - at

    def _taken(self, octets):
        self.unread -= octets
        self._withheld += octets
        if self.left is not None:
            self.left -= octets
        return octets

    def due(self):
        """What is to be granted after a read: octets, or None. A part of the window makes one grant out of many reads."""
        if self.over or self._withheld < self._initial / 2:
            return None
        return self._grant(self._withheld)

    def wanted(self):
        """What a read that waits has to say: octets, 0 where content is only wanted, or None (MSGI-PROC-26)."""
        if self._allowance <= 0:
            return self._grant(DEFAULT_CHUNK - self._allowance)
        return None if self._wanted else self._grant(0)

    def _grant(self, octets):
        octets = min(octets, frames.MAX_OCTETS - self._allowance, frames.MAX_OCTETS)
        self._withheld = 0 if octets else self._withheld
        self._allowance += octets
        self._wanted = True
        return octets
