"""The probe of ASGI: an application of version 3 that does what the kit tells it (probe_control.py).

A server is told to host `asgi_probe:application`, with this folder on PYTHONPATH.
"""
import asyncio
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from probe_control import ABSENT, LARGE, SMALL, Failure, Over, content_of, pairs, read_of, visit_of  # noqa: E402


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http":
        await http(scope, receive, send)
    else:
        raise NotImplementedError(scope["type"])


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def http(scope, receive, send):
    visit = visit_of(scope["path"])
    if visit is None:
        await serve(scope, receive, send)
        return
    visit.report("saw", seen(scope))
    if visit.twin:
        await answer(send, 200, b"")
        return
    await Performance(visit, receive, send).run()


def seen(scope):
    headers = scope["headers"]
    return {
        "type": scope["type"],
        "asgi": scope["asgi"].get("version"),
        "http_version": scope["http_version"],
        "method": scope["method"],
        "scheme": scope["scheme"],
        "path": scope["path"],
        "query_string": text(scope["query_string"]),
        "headers": [text(part) for name, value in headers for part in (name, value)],
        "octets": isinstance(scope["query_string"], bytes)
        and all(isinstance(part, bytes) for line in headers for part in line),
        "extensions": sorted(scope.get("extensions") or {}),
    }


def text(octets):
    return octets.decode("latin-1") if isinstance(octets, bytes) else str(octets)


class Performance:
    """What is done on one exchange."""

    def __init__(self, visit, receive, send):
        self.visit = visit
        self.receive = receive
        self.send = send
        self.steps = asyncio.Queue()
        self.left = b""
        self.ended = False
        self.begun = False
        self.over = False

    async def run(self):
        threading.Thread(target=self.pump, args=(asyncio.get_running_loop(),), daemon=True).start()
        try:
            while not self.over:
                step = await self.steps.get()
                if step is None:
                    raise Over()
                try:
                    result = await self.perform(step)
                except Failure as error:
                    self.visit.done(step, error=error)
                    raise
                except Exception as error:
                    self.visit.done(step, error=error)
                else:
                    self.visit.done(step, result)
        except Over:
            if not self.begun:
                await answer(self.send, 500, b"")

    def pump(self, loop):
        """Steps come in a thread of their own."""
        while True:
            step = self.visit.steps.get()
            try:
                loop.call_soon_threadsafe(self.steps.put_nowait, step)
            except RuntimeError:
                return
            if step is None:
                return

    async def perform(self, step):
        verb, arguments = step["verb"], step["with"]
        if verb == "read":
            return await self.read(arguments.get("octets"))
        if verb == "events":
            return await self.events()
        if verb == "answer":
            await self.start(arguments)
            await self.body(content_of(step), False)
            self.over = True
        elif verb == "head":
            await self.start(arguments)
        elif verb == "block":
            await self.body(content_of(step), True)
        elif verb == "end":
            await self.end(arguments.get("trailers"))
        elif verb == "flow":
            for made in range(arguments["count"]):
                self.visit.report("made", made + 1)
                await self.body(content_of(step), True)
        elif verb == "watch":
            await self.watch()
        elif verb == "push":
            await self.send({"type": "http.response.push", "path": arguments["path"], "headers": []})
        elif verb == "hints":
            await self.send({"type": "http.response.early_hint", "links": [arguments["link"].encode()]})
        elif verb == "fail":
            raise Failure("it fails when it is told to")
        else:
            raise TypeError("this probe has no %r" % verb)
        return None

    async def start(self, arguments):
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs(arguments["fields"])]
        message = {"type": "http.response.start", "status": arguments["status"], "headers": headers}
        if arguments.get("trailers"):
            message["trailers"] = True
        self.begun = True
        await self.send(message)

    async def body(self, content, more):
        await self.send({"type": "http.response.body", "body": content, "more_body": more})

    async def end(self, trailers):
        await self.body(b"", False)
        if trailers is not None:
            headers = [(name.encode(), value.encode()) for name, value in pairs(trailers)]
            await self.send({"type": "http.response.trailers", "headers": headers, "more_trailers": False})
        self.over = True

    async def event(self):
        """The next http.request. Raises where the client has left."""
        message = await self.receive()
        if message["type"] == "http.disconnect":
            self.visit.report("disconnect")
            raise ConnectionError("http.disconnect")
        return message.get("body", b""), message.get("more_body", False)

    async def read(self, octets):
        """So many octets, or all to the end."""
        while not self.ended and (octets is None or len(self.left) < octets):
            body, more = await self.event()
            self.left += body
            self.ended = not more
        size = len(self.left) if octets is None else min(octets, len(self.left))
        taken, self.left = self.left[:size], self.left[size:]
        return read_of(taken, self.ended and self.left == b"" and (octets is None or size < octets))

    async def events(self):
        """Every http.request, as it comes."""
        told, content = [], b""
        while not told or told[-1]:
            body, more = await self.event()
            content += body
            told.append(more)
        return {"more": told, **read_of(content, True)}

    async def watch(self):
        """Waits until the client has left."""
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                self.visit.report("disconnect")
                return


async def serve(scope, receive, send):
    """What every subject serves: the resources of its manifest."""
    # Not every server takes content away from an answer to HEAD: the resources are there for every case.
    path, bare = scope["path"], scope["method"] == "HEAD"
    if path == "/upload":
        octets, more = 0, True
        while more:
            message = await receive()
            octets += len(message.get("body", b""))
            more = message.get("more_body", False)
        await answer(send, 200, b"%d octets\n" % octets)
    elif path == "/":
        await answer(send, 200, SMALL, bare)
    elif path == "/large":
        await answer(send, 200, LARGE, bare)
    else:
        await answer(send, 404, ABSENT, bare)


async def answer(send, status, content, bare=False):
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bare else content})
