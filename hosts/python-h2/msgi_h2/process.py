"""The application's process and the pipe to it: HELLO, numbers, and what happens when it ends (chapter 11)."""

import asyncio
import os
import signal
import sys
import traceback

from . import frames
from .frames import FrameReader, PipeError, decode, encode
from .payloads import check

PAYLOAD = 1_048_576
VERSION = "1.0"
# Seconds.
HELLO_TIMEOUT = 30.0
KILL = 2.0
FIRST_WAIT, LONGEST_WAIT = 0.1, 10.0
LONG_ENOUGH = 10.0


def report(text):
    print(f"msgi-h2: {text}", file=sys.stderr, flush=True)


class Pipe:
    """One process. `state` is "starting", "ready" or "ended"."""

    def __init__(self, command):
        self.command = command
        self.state = "starting"
        self.payload = frames.LEAST_PAYLOAD
        self.connections = {}
        self._live = {}
        self._next_odd = 1
        self._highest_even = 0
        self._reader = FrameReader(PAYLOAD)
        self.child = None
        self.ended = asyncio.Event()

    report = staticmethod(report)

    async def start(self):
        """Raises where there is no HELLO."""
        pipe = asyncio.subprocess.PIPE
        self.child = await asyncio.create_subprocess_exec(
            *self.command, stdin=pipe, stdout=pipe, start_new_session=True
        )
        hello = {"versions": [VERSION], "payload": PAYLOAD, "name": "msgi-h2"}
        self.send(frames.HELLO, 0, hello)
        ready = asyncio.get_running_loop().create_future()
        asyncio.ensure_future(self._run(ready))
        try:
            await asyncio.wait_for(asyncio.shield(ready), HELLO_TIMEOUT)
        except asyncio.TimeoutError:
            self.kill()
            raise PipeError("no HELLO of the application in time") from None

    async def _run(self, ready):
        error = None
        try:
            while octets := await self.child.stdout.read(262_144):
                for kind, number, payload in self._reader.read(octets):
                    self._take(kind, number, payload, ready)
        except PipeError as broken:
            error = broken
            report(f"the pipe: {broken}")
        except Exception as fault:  # One that is ours: the exchanges are lost, and the process with them, but not the server.
            error = fault
            report("".join(traceback.format_exception(fault)))
        self.state = "ended"
        self.child.stdin.close()
        for exchange in list(self._live.values()):
            exchange.lost()
        self._live.clear()
        status = await self._over()
        if not ready.done():
            ready.set_exception(error or PipeError(f"the application has ended: status {status}"))
        self.ended.set()

    async def _over(self):
        try:
            return await asyncio.wait_for(self.child.wait(), KILL)
        except asyncio.TimeoutError:
            self.kill()
            return await self.child.wait()
        finally:
            self.kill()

    def kill(self):
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _take(self, kind, number, payload, ready):
        if not frames.HELLO <= kind <= frames.SENT:
            return
        if kind not in frames.FROM_HOST:
            raise PipeError("a type that is the server's")
        value = decode(kind, payload)
        check(kind, value)
        if kind == frames.HELLO:
            self._hello(number, value, ready)
        elif self.state != "ready":
            raise PipeError("a frame before HELLO")
        elif kind == frames.DRAIN:
            self._drain_connection(number)
        elif number in self._live:
            if kind == frames.PUSH:
                self._check_promise(value["promise"])
            self._live[number].take(kind, value)
        else:
            self._check_given(number)
            if kind == frames.PUSH:
                self._check_promise(value["promise"])

    def _hello(self, number, hello, ready):
        if self.state != "starting" or number != 0:
            raise PipeError("HELLO twice, or with a number")
        if VERSION not in hello["versions"]:
            raise PipeError(f"the application does not speak {VERSION}")
        self.payload = hello["payload"]
        self.state = "ready"
        ready.set_result(None)

    def _drain_connection(self, number):
        connection = self.connections.get(number)
        if connection is not None:
            connection.drain()
        elif number in self._live:
            raise PipeError("DRAIN of an exchange")
        else:
            self._check_given(number)

    def _check_given(self, number):
        if number in self.connections:
            raise PipeError("a frame of an exchange for a connection")
        given = number < self._next_odd if number % 2 else 0 < number <= self._highest_even
        if not given:
            raise PipeError("a number that was never given")

    def _check_promise(self, number):
        if number <= self._highest_even:
            raise PipeError("a promise with a number that was given")
        self._highest_even = number

    # The server ----------------------------------------------------------------------------------------------------

    def send(self, kind, number, payload=b""):
        self.write(encode(kind, number, payload))

    def write(self, octets):
        if self.state != "ended":
            self.child.stdin.write(octets)

    def odd(self):
        number, self._next_odd = self._next_odd, self._next_odd + 2
        return number

    def open(self, connection, facts):
        number = self.odd()
        self.connections[number] = connection
        self.send(frames.OPEN, number, facts)
        return number

    def close(self, number):
        if self.connections.pop(number, None) is not None:
            self.send(frames.CLOSE, number)

    def begin(self, exchange, head):
        """HEAD; False where it is longer than the host takes (MSGI-PROC-20)."""
        octets = encode(frames.HEAD, exchange.number, head)
        if len(octets) - frames.FRAME_HEAD.size > self.payload:
            return False
        self._live[exchange.number] = exchange
        self.write(octets)
        return True

    def refuse(self, promise):
        self.send(frames.RESET, promise, {"code": 7, "by": "server"})

    def finished(self, number):
        self._live.pop(number, None)

    @property
    def busy(self):
        return bool(self._live)

    async def stop(self):
        if self.state != "ended":
            self.child.stdin.close()
        try:
            await asyncio.wait_for(self.ended.wait(), KILL)
        except asyncio.TimeoutError:
            self.kill()
            await self.ended.wait()


class Application:
    """Keeps one process running (MSGI-PROC-49)."""

    def __init__(self, command):
        self._command = command
        self._pipe = None
        self._stopping = False

    @property
    def pipe(self):
        return self._pipe if self._pipe is not None and self._pipe.state == "ready" else None

    async def start(self):
        self._pipe = Pipe(self._command)
        await self._pipe.start()
        asyncio.ensure_future(self._keep())

    async def _keep(self):
        loop = asyncio.get_running_loop()
        wait, since = FIRST_WAIT, loop.time()
        while True:
            await self._pipe.ended.wait()
            if self._stopping:
                return
            report("the application has ended and is started anew")
            wait = FIRST_WAIT if loop.time() - since > LONG_ENOUGH else min(LONGEST_WAIT, wait * 2)
            # The wait that MSGI-PROC-49 asks for: a process that always fails is not started all the time.
            await asyncio.sleep(wait)
            since = loop.time()
            self._pipe = Pipe(self._command)
            try:
                await self._pipe.start()
            except (PipeError, OSError) as error:
                report(error)
                self._pipe.ended.set()

    def drain(self):
        if self.pipe is not None:
            self.pipe.send(frames.DRAIN, 0)

    async def stop(self):
        self._stopping = True
        if self._pipe is not None:
            await self._pipe.stop()
