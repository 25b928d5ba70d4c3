"""The host's direction of the pipe: what several threads say, in as few writes as may be."""

import os
import threading
from collections import deque

# Pieces that may wait for the flusher.
MOST_WAITING = 64
# Octets up to which a copy costs less than pieces of their own.
SMALL = 16_384
# Pieces of one write: half of what Linux takes.
MOST_PIECES = 512


class Output:
    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._waiting = deque()
        self._writing = threading.Lock()
        self._awake = False
        self._waking = threading.Lock()
        self._alarm = threading.Lock()
        self._alarm.acquire()
        threading.Thread(target=self._flusher, name="msgi-output", daemon=True).start()

    def write(self, octets):
        """In the pipe when it returns. What other threads have left is written along."""
        self._waiting.append(octets)
        self.flush()

    def write_all(self, pieces):
        """The same of octets in pieces, with nothing between them. The list is not changed afterwards."""
        self.write(joined(pieces))

    def leave(self, octets):
        """Written by the next `write` or `flush`, whoever calls it."""
        self._waiting.append(octets)

    def leave_all(self, pieces):
        """The same of octets in pieces; written at once where they are many."""
        octets = joined(pieces)
        self._waiting.append(octets)
        if octets is pieces:
            self.flush()

    def flush(self):
        waiting = self._waiting
        with self._writing:
            pieces = []
            # One by one: a thread may append meanwhile, and nothing of it may be lost.
            while waiting:
                octets = waiting.popleft()
                if type(octets) is list:
                    pieces.extend(octets)
                else:
                    pieces.append(octets)
            if pieces:
                octets = joined(pieces)
                self._put(pieces if octets is pieces else [octets])

    def soon(self):
        """
        What was left is written as soon as this thread waits for anything, or has run for Python's switch interval, 5 ms.
        So a thread that goes from one short exchange to the next makes no system call for each.
        """
        if len(self._waiting) >= MOST_WAITING:
            return self.flush()
        with self._waking:
            if not self._awake:
                self._awake = True
                self._alarm.release()

    def _flusher(self):
        while True:
            self._alarm.acquire()
            with self._waking:
                self._awake = False
            self.flush()

    def _put(self, pieces):
        try:
            for at in range(0, len(pieces), MOST_PIECES):
                left = pieces[at : at + MOST_PIECES]
                while left:
                    left = behind(left, os.writev(self._descriptor, left))
        except OSError:
            # The server is gone: the reader sees it too, and ends everything.
            pass


def joined(pieces):
    """One piece where they are small, else the list itself."""
    return pieces if sum(map(len, pieces)) > SMALL else b"".join(pieces)


def behind(pieces, octets):
    """What there is behind the first `octets`."""
    for at, piece in enumerate(pieces):
        if octets < len(piece):
            return [memoryview(piece)[octets:], *pieces[at + 1 :]]
        octets -= len(piece)
    return []
