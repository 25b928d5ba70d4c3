"""One exchange at the host: chapter 3 as far as it is the application's."""

import traceback

from .checks import (
    MAX_OCTETS,
    REFUSED_STREAM,
    check_code,
    check_fields,
    check_integer,
    check_push,
    octets_of,
    response_fields,
    without_length,
)
from .frames import CREDIT, DEADLINE, INFORM, PRIORITY, PUSH, RESET, SETTLED, START
from .halves import ExchangeError, Sink, Source

INTERNAL_ERROR, CANCEL = 2, 8


class Signal:
    """Tells that the exchange has failed: `aborted`, `reason`, and whoever listens."""

    def __init__(self, loop):
        self.reason = None
        self._loop, self._listeners = loop, []

    @property
    def aborted(self):
        return self.reason is not None

    def listen(self, listener):
        self._listeners.append(listener)
        if self.aborted:
            self._loop.call_soon(listener, self.reason)

    def abort(self, reason):
        self.reason = reason
        for listener in self._listeners:
            self._loop.call_soon(listener, reason)


class Exchange:
    def __init__(self, pipe, connection, number, head):
        self.id, self.request, self.caps = head["id"], head["request"], head["caps"]
        self.priority, self.pushed, self.connection = head["priority"], head["pushed"], connection
        self.locals, self.state, self.error, self.complete = {}, "idle", None, False
        self.signal = Signal(pipe.loop)
        self.number = number
        self._pipe, self._room, self._sink = pipe, head["room"], None
        self._watchers, self._sum, self._close, self._failure = [], None, None, None
        self._settled, self._owed = False, None
        expect = [value.lower() for name, value in pairs(self.request["fields"]) if name == "expect"]
        self._waits = not head["ended"] and "100-continue" in expect
        self.body = Source(self, head["window"], head["ended"])
        connection.exchanges.add(self)

    # --- calls of the application ------------------------------------------------------------------------------------

    def inform(self, status, fields=()):
        check_integer("an informational status", status, 100, 199)
        if status == 101:
            raise TypeError("101 is not for applications")
        check_fields(fields)
        if self.state == "dead":
            return False
        self._want_idle()
        if not self.caps["inform"]:
            return False
        self._waits = self._waits and status != 100
        self.send(INFORM, {"status": status, "fields": without_length(fields)})
        return True

    def respond(self, status, fields=(), body=None):
        check_integer("a status", status, 200, 599)
        length = check_fields(fields)
        octets = None if body is None else octets_of(body)
        bare = self.request["method"] == "HEAD"
        if self._opens_tunnel(status):
            raise TypeError("start opens a tunnel")
        listed = response_fields(bare, status, fields, length, octets)
        if self.state == "dead":
            return
        self._want_idle()
        content = octets and not self._drops(status)
        self.send(START, {"status": status, "fields": listed, **({} if content else {"end": True})})
        if not content:
            self.sink_done()
            return
        self._begin(status, -1)
        self._sink.queue(octets)
        self._sink.finish()

    def start(self, status, fields=()):
        check_integer("a status", status, 200, 599)
        length = check_fields(fields)
        tunnel, drops = self._opens_tunnel(status), self._drops(status)
        if self.state == "dead":
            return Sink(self, 0, drops, -1, False)
        self._want_idle()
        listed = without_length(fields) if status in (204, 205) or tunnel else list(fields)
        self.send(START, {"status": status, "fields": listed})
        self._waits = self._waits and status >= 300
        return self._begin(status, -1 if tunnel or drops else length)

    def push(self, request, app=None):
        check_push(request, app)
        no_content = self._sink is not None and self._sink.drops
        open_yet = self.state == "idle" or (self.state == "open" and not no_content)
        connect = self.request["method"] == "CONNECT"
        if not self.caps["push"] or self.pushed or connect or self.connection.draining or not open_yet:
            return False
        keys = {key: request[key] for key in ("authority",) if key in request}
        listed = {"method": request.get("method", "GET"), "fields": list(request.get("fields", []))}
        promise = self._pipe.promise(app)
        self.send(PUSH, {"promise": promise, "target": request["target"], **listed, **keys})
        return True

    def prioritize(self, urgency, incremental=False):
        check_integer("urgency", urgency, 0, 7)
        if not isinstance(incremental, bool):
            raise TypeError("incremental is true or false")
        if self._live:
            self.send(PRIORITY, {"urgency": urgency, "incremental": incremental})

    def deadline(self, ms):
        if ms is not None:
            check_integer("a deadline in milliseconds", ms, 1, MAX_OCTETS)
        if self._live:
            self.send(DEADLINE, {"ms": ms})

    def reset(self, code=CANCEL):
        check_code(code)
        if code == REFUSED_STREAM:
            raise TypeError("REFUSED_STREAM is the server's")
        self._reset(code)

    def watch(self, listener):
        if not callable(listener):
            raise TypeError("watch takes a function")
        self._watchers.append(listener)
        if self.connection.draining:
            self._pipe.loop.call_soon(listener, {"type": "drain"})
        if self._close is not None:
            self._pipe.loop.call_soon(listener, self._close)

    @property
    def _live(self):
        return self.state != "dead" and self._close is None

    def _want_idle(self):
        if self.state != "idle":
            raise TypeError("the response has begun")

    def _drops(self, status):
        return self.request["method"] == "HEAD" or status in (204, 205, 304)

    def _opens_tunnel(self, status):
        return self.request["method"] == "CONNECT" and status < 300

    def _begin(self, status, declared):
        self.state = "open"
        self._sink = Sink(self, self._room, self._drops(status), declared, self.caps["trailers"])
        return self._sink

    def _reset(self, code):
        if not self._live or (self.complete and self.body.state != "flowing"):
            return
        if self._sum is None:
            self.send(RESET, {"code": code})
        self._fail(ExchangeError(code, "app", "the application has reset the exchange"))

    # --- what the halves ask for -------------------------------------------------------------------------------------

    @property
    def longest(self):
        return self._pipe.longest

    def send(self, kind, payload):
        self._pipe.send(kind, self.number, payload)

    def send_credit(self, octets):
        self._waits = self._waits and self.state != "idle"
        self.send(CREDIT, octets)

    def sink_done(self):
        self.state = "done"
        if self._waits:
            self.body.stop()

    def short(self):
        self._reset(INTERNAL_ERROR)

    def source_over(self):
        self._close_if_over()

    # --- events ------------------------------------------------------------------------------------------------------

    def on_credit(self, octets):
        if self._sink is None:
            self._room = min(MAX_OCTETS, self._room + octets)
        elif self.error is None:
            self._sink.grant(octets)

    def on_priority(self, wish):
        self.priority = wish
        self.tell({"type": "priority", "priority": wish})

    def on_reset(self, code, by):
        self._fail(ExchangeError(code, by, "the exchange has failed"))

    def on_sent(self):
        if self.error is None:
            self.complete = True
            if self._sink is not None:
                self._sink.sent()

    def on_close(self, total):
        if total["complete"]:
            self.on_sent()
        elif self.error is None:
            self.on_reset(total["code"], total["by"])
        self.body.cut(ExchangeError(total["code"], total["by"], "the request has ended early"))
        self._sum = total
        self._close_if_over()
        self._finish()

    def on_lost(self):
        """The pipe has ended (MSGI-PROC-45)."""
        complete = self.complete
        self._fail(ExchangeError(CANCEL, "transport", "the pipe has ended"))
        lost = {"complete": complete, "code": CANCEL, "by": "transport", "status": 0, "sent": 0, "received": 0}
        self._sum = self._sum or lost
        self._close_if_over()

    def on_settled(self, error):
        own = error is None or error is self.error or error is self.body.error
        self._owed = {} if own else {"failure": "".join(traceback.format_exception(error))[:4000]}
        if self._sink is not None and self._sink.ending:
            self.body.stop()
        else:
            self.send_settled()
        if self.state == "idle":
            self.state = "done"
        elif self.state == "open":
            self._fail(ExchangeError(INTERNAL_ERROR, "app", "the application has not ended its response"))
        self.body.cease("stopped", ExchangeError(0, "app", "the application has settled"))
        self._close_if_over()

    def send_settled(self):
        if self._owed is None or self._settled:
            return
        self._settled = True
        self.send(SETTLED, self._owed)
        self._finish()

    def tell(self, notice):
        for listener in self._watchers:
            self._pipe.loop.call_soon(listener, notice)

    def _finish(self):
        if self._settled and self._sum is not None:
            self._pipe.finished(self.number)

    def _fail(self, error):
        """Of the exchange; after SENT of the request half alone. The first one counts (MSGI-PROC-51)."""
        flowed = self.body.state == "flowing"
        if not self.complete and self.error is None:
            self.error = error
            if self.state != "done":
                self.state = "dead"
            self.signal.abort(error)
            if self._sink is not None:
                self._sink.fail(error)
        if not self.complete or flowed:
            self._failure = self._failure or error
        self.body.cease("failed", self.error or error)
        if self.error is not None:
            self.send_settled()
        self._close_if_over()

    def _close_if_over(self):
        """CLOSE has come, and what waited here has been read or dropped (MSGI-PROC-52)."""
        over = self._sum is not None and self.body.state != "flowing" and self.state in ("done", "dead")
        if not over or self._close is not None:
            return
        own, failure = {}, self._failure
        if failure is not None:
            own = {"complete": self.error is None and self.complete, "code": failure.code, "by": failure.by}
        self.connection.exchanges.discard(self)
        self._close = {"type": "close", **self._sum, **own}
        self.tell(self._close)


def pairs(fields):
    return zip(fields[::2], fields[1::2])
