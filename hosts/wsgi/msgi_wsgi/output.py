"""The host's direction of the pipe: what several threads say, in as few writes as may be."""

import os
import threading
from collections import deque

# Pieces that may wait for the flusher.
MOST_WAITING = 64


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

    def leave(self, octets):
        """Written by the next `write` or `flush`, whoever calls it."""
        self._waiting.append(octets)

    def flush(self):
        waiting = self._waiting
        with self._writing:
            pieces = []
            # One by one: a thread may append meanwhile, and nothing of it may be lost.
            while waiting:
                pieces.append(waiting.popleft())
            if pieces:
                self._put(pieces[0] if len(pieces) == 1 else b"".join(pieces))

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

    def _put(self, octets):
        view = memoryview(octets)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            # The server is gone: the reader sees it too, and ends everything.
            pass
