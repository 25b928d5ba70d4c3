"""The threads that run the application (MSGI-WSGI-14)."""

import threading
from collections import deque


class Workers:
    """At most `threads`, started as they are needed."""

    def __init__(self, threads, run, idle):
        """`run` is called with each task in turn; `idle` before a thread waits. Neither raises."""
        self._most = threads
        self._run = run
        self._idle = idle
        self._tasks = deque()
        self._lock = threading.Lock()
        # Of threads that wait: the lock on which each does. The last one comes first: its memory is warm.
        self._sleepers = []
        self._started = 0
        # Threads that were woken and have not got to a task yet. One is enough: it wakes the next itself.
        self._waking = 0

    @property
    def waiting(self):
        """Tasks that no thread has taken."""
        return len(self._tasks)

    def submit(self, tasks):
        with self._lock:
            self._tasks.extend(tasks)
            self._wake()

    def _wake(self):
        """Another thread, where there is something to do and nobody is on the way."""
        if not self._tasks or self._waking:
            return
        if self._sleepers:
            self._waking += 1
            self._sleepers.pop().release()
        elif self._started < self._most:
            self._started += 1
            self._waking += 1
            threading.Thread(target=self._work, name=f"msgi-{self._started}", daemon=True).start()

    def _work(self):
        alarm = threading.Lock()
        alarm.acquire()
        woken = True
        while True:
            with self._lock:
                if woken:
                    self._waking -= 1
                    woken = False
                task = self._tasks.popleft() if self._tasks else None
                self._wake()
            if task is not None:
                self._run(task)
                continue
            self._idle()
            with self._lock:
                if self._tasks:
                    continue
                self._sleepers.append(alarm)
            alarm.acquire()
            woken = True
