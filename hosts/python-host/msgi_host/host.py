"""The pipe at the host: HELLO, numbers, and the life of the application (sections 11.3, 11.4 and 11.6)."""

import asyncio
import inspect
import sys
import traceback

from .exchange import Exchange
from .frames import (
    CLOSE,
    CREDIT,
    DATA,
    DRAIN,
    END,
    HEAD,
    HELLO,
    LEAST_PAYLOAD,
    OPEN,
    PRIORITY,
    RESET,
    SENT,
    FrameReader,
    PipeError,
    decode,
    encode,
)

VERSIONS = ["1.0"]
PAYLOAD = 1_048_576


class Connection:
    def __init__(self, pipe, number, facts):
        self.peer, self.local, self.tls, self.tree = facts["peer"], facts["local"], facts["tls"], None
        self.locals, self.draining, self.exchanges = {}, False, set()
        self._pipe, self._number = pipe, number

    def drain(self):
        if not self.draining:
            self._pipe.send(DRAIN, self._number)
            self.on_drain()

    def on_drain(self):
        if not self.draining:
            self.draining = True
            for exchange in list(self.exchanges):
                exchange.tell({"type": "drain"})


class Host:
    """One pipe, and the application on it: an object with `app`, and `start`, `drain` and `stop` if it likes."""

    def __init__(self, application, write):
        self.loop = asyncio.get_running_loop()
        self.longest = LEAST_PAYLOAD
        self._application, self._write = application, write
        self._reader = FrameReader(PAYLOAD)
        self._greeted, self._over, self._drained = "no", False, False
        self._live, self._promises, self._tasks = {}, {}, set()
        self._odd, self._even = -1, 0
        self.started = False

    # --- the pipe ----------------------------------------------------------------------------------------------------

    async def serve(self, read):
        """Reads until the pipe ends, from either side, and waits for the exchanges on it. Gives whether `start` was well."""
        try:
            while not self._over:
                octets = await read()
                if not octets:
                    break
                for kind, number, payload in self._reader.read(octets):
                    await self._take(kind, number, payload)
                    if self._over:
                        break
        except PipeError as error:
            report(f"the pipe: {error}")
        self._end()
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self.started:
            await self._call("stop")
        return self._greeted != "refused"

    def send(self, kind, number, payload=b""):
        if not self._over:
            self._write(encode(kind, number, payload))

    def _end(self):
        self._over = True
        self._write(None)
        for each in list(self._live.values()):
            if isinstance(each, Exchange):
                each.on_lost()

    async def _take(self, kind, number, payload):
        if kind == 0 or kind > SENT:
            return
        message = decode(kind, number, payload)
        if kind == HELLO:
            await self._hello(number, message)
        elif self._greeted != "yes":
            raise PipeError("a frame before HELLO")
        elif kind == OPEN:
            self._new(number)
            self._live[number] = Connection(self, number, message)
        elif kind == HEAD:
            self._head(number, message)
        elif kind == DRAIN and number == 0:
            await self._drain()
        elif kind == RESET and number in self._promises:
            del self._promises[number]
        else:
            self._for_live(kind, number, message)

    def _for_live(self, kind, number, message):
        live = self._live.get(number)
        if live is None:
            highest = self._odd if number % 2 else self._even
            if not 0 < number <= highest or number in self._promises:
                raise PipeError("a number that was never given")
        elif isinstance(live, Connection):
            if kind == DRAIN:
                live.on_drain()
            elif kind == CLOSE and message is None:
                del self._live[number]
            else:
                raise PipeError("a number of the wrong kind")
        else:
            self._for_exchange(live, kind, message)

    def _for_exchange(self, live, kind, message):
        if kind == DATA:
            live.body.on_data(message)
        elif kind == END:
            live.body.on_end(message.get("fields", []))
        elif kind == CREDIT:
            live.on_credit(message)
        elif kind == PRIORITY:
            live.on_priority(message)
        elif kind == RESET:
            live.on_reset(message["code"], message["by"])
        elif kind == SENT:
            live.on_sent()
        elif kind == CLOSE and message is not None:
            live.on_close(message)
        else:
            raise PipeError("a number of the wrong kind")

    def _new(self, number):
        if number % 2 == 0 or number <= self._odd:
            raise PipeError("a number that is not new")
        self._odd = number

    def _head(self, number, head):
        promised = number in self._promises
        app = self._promises.pop(number, None)
        if not promised:
            self._new(number)
        connection = self._live.get(head["connection"])
        if not isinstance(connection, Connection) or head["pushed"] != promised:
            raise PipeError("a HEAD of no connection, or of no promise")
        exchange = self._live[number] = Exchange(self, connection, number, head)
        task = self.loop.create_task(self._run(app or self._application.app, exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, app, exchange):
        try:
            result = app(exchange)
            if inspect.isawaitable(result):
                await result
            exchange.on_settled(None)
        except Exception as error:  # Whatever an application raises is its own failure.
            exchange.on_settled(error)

    def promise(self, app):
        self._even += 2
        self._promises[self._even] = app
        return self._even

    def finished(self, number):
        self._live.pop(number, None)

    # --- the application ---------------------------------------------------------------------------------------------

    async def _hello(self, number, hello):
        if number != 0 or self._greeted != "no":
            raise PipeError("a HELLO that is not the first")
        if not set(VERSIONS) & set(hello["versions"]):
            raise PipeError("no version in common")
        self.longest = hello["payload"]
        try:
            await self._call("start", {"spec": VERSIONS[0], "server": hello["name"]})
        except Exception:
            report(traceback.format_exc())
            self._greeted, self._over = "refused", True
            return
        self._greeted, self.started = "yes", True
        self.send(HELLO, 0, {"versions": VERSIONS, "payload": PAYLOAD, "name": "msgi-python-host"})

    async def _drain(self):
        if self._drained:
            return
        self._drained = True
        try:
            await self._call("drain")
        except Exception:
            report(traceback.format_exc())

    async def _call(self, member, *args):
        result = getattr(self._application, member, lambda *_: None)(*args)
        if inspect.isawaitable(result):
            await result


def report(text):
    print(f"msgi-python-host: {text}", file=sys.stderr, flush=True)
