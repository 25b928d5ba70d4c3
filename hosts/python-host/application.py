"""The application by which a host is judged, in Python (../application.md)."""

import asyncio
import inspect
import json
import os
import subprocess
import sys

PRINTED = "printed by the application"

if "MSGI_PRINTS" in os.environ:
    print(PRINTED, flush=True)


class Application:
    def __init__(self):
        self._driven, self._sinks, self._settling = {}, {}, {}
        self._begun = self._stopped = self._writer = None
        self._tasks = set()

    # --- the lifespan ------------------------------------------------------------------------------------------------

    async def start(self, host):
        address, port = os.environ["MSGI_CONTROL"].rsplit(":", 1)
        reader, self._writer = await asyncio.open_connection(address, int(port))
        loop = asyncio.get_running_loop()
        self._begun, self._stopped = loop.create_future(), loop.create_future()
        self._later(self._listen(reader))
        self._tell({"event": "start", **host})
        await self._begun

    def drain(self):
        self._tell({"event": "drain"})

    async def stop(self):
        self._tell({"event": "stop"})
        await self._stopped
        self._tell({"event": "stopped"})
        await self._writer.drain()

    async def app(self, x):
        await self._drive(x, "hosted")

    async def _given(self, x):
        await self._drive(x, "given")

    async def _drive(self, x, app):
        exchange = len(self._driven) + 1
        self._driven[exchange] = x
        settling = self._settling[exchange] = asyncio.get_running_loop().create_future()
        facts = {"target": x.request["target"], "pushed": x.pushed, "fields": x.request["fields"]}
        self._tell({"event": "invoked", "exchange": exchange, "app": app, **facts})
        x.watch(lambda notice: self._tell({"event": "notice", "exchange": exchange, "notice": notice}))
        x.signal.listen(lambda why: self._tell({"event": "aborted", "exchange": exchange, "error": shown(why)}))
        error = await settling
        if error is not None:
            raise error

    # --- the channel -------------------------------------------------------------------------------------------------

    async def _listen(self, reader):
        while line := await reader.readline():
            self._take(json.loads(line))

    def _take(self, message):
        do = message["do"]
        if do == "started":
            self._begun.set_result(None)
        elif do == "refuse":
            self._begun.set_exception(RuntimeError("the kit wants no start"))
        elif do == "stopped":
            self._stopped.set_result(None)
        elif do == "settle":
            exchange = message["exchange"]
            own = self._driven[exchange].signal.reason if message.get("own") else None
            words = message.get("error")
            self._settling[exchange].set_result(own if words is None else RuntimeError(words))
        else:
            self._answer(message)

    def _answer(self, message):
        """The call is made at once, in the order in which calls come; what it waits for is waited for elsewhere."""
        try:
            result = self._act(message)
        except Exception as error:
            self._tell({"event": "answer", "call": message["call"], "error": shown(error)})
            return
        if inspect.isawaitable(result):
            self._later(self._await(message["call"], result))
        else:
            self._tell({"event": "answer", "call": message["call"], "value": result})

    async def _await(self, call, result):
        try:
            value = await result
        except Exception as error:
            self._tell({"event": "answer", "call": call, "error": shown(error)})
            return
        octets = {"octets": len(value)} if isinstance(value, bytes) else value
        self._tell({"event": "answer", "call": call, "value": octets})

    def _act(self, message):
        if message["do"] == "ping":
            return None
        if message["do"] == "print":
            return print_everywhere()
        exchange, member = message["exchange"], message["member"]
        x, given = self._driven[exchange], [revived(each) for each in message["arguments"]]
        if member == "start":
            self._sinks[exchange] = x.start(*given)
            return None
        if member == "push" and given[1:] == [True]:
            given[1] = self._given
        half, _, name = member.rpartition(".")
        owner = {"": x, "body": x.body, "sink": self._sinks.get(exchange), "connection": x.connection}[half]
        return getattr(owner, name)(*given)

    def _tell(self, message):
        self._writer.write(json.dumps(message).encode() + b"\n")

    def _later(self, work):
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def revived(argument):
    return bytes(argument["octets"]) if isinstance(argument, dict) and "octets" in argument else argument


def shown(error):
    name = "ExchangeError" if hasattr(error, "by") else type(error).__name__
    facts = {key: getattr(error, key) for key in ("code", "by") if hasattr(error, key)}
    return {"name": name, "message": str(error), **facts}


def print_everywhere():
    print(PRINTED, flush=True)
    os.write(1, f"{PRINTED}\n".encode())
    subprocess.run(["echo", PRINTED], check=True)
    return {"octets": len(sys.stdin.buffer.read())}


application = Application()
