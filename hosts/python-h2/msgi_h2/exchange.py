"""One exchange: a stream of HTTP/2 on one side, a number of the pipe on the other. Chapter 3, as the server has it."""

import time

from . import frames
from .fields import Wrong, lines_of
from .priority import NONE

NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL = 0, 2, 7, 8
BODILESS = (204, 205, 304)
MOST_ROOM = 262_144


class Exchange:
    def __init__(self, connection, pipe, stream, number, request, window, ended, pushed=False):
        self.connection = connection
        self.pipe = pipe
        self.stream = stream
        self.number = number
        self.request = request
        self.pushed = pushed
        self.state = "idle"
        self.status = 0
        self.sent = 0
        self.received = 0
        self.complete = False
        self.closed = False
        self.settled = False
        self.failure = None
        # Of the request: "flowing", or how it is over.
        self.source = "ended" if ended else "flowing"
        self.window = window
        # By its content-length, None without one.
        self.expected = None
        self.priority = NONE
        self.order = None
        self.room = 0
        self.out = bytearray()
        # END waits behind the content: its trailers.
        self.ending = None
        self.bare = False
        self.progress = time.monotonic()
        self.timer = None
        fields = request["fields"]
        self.expects = not ended and any(
            fields[i] == "expect" and fields[i + 1].lower() == "100-continue" for i in range(0, len(fields), 2)
        )

    @property
    def urgency(self):
        return self.order or self.priority["urgency"]

    @property
    def blocked(self):
        """Content waits here for a window, or it may wait at the host, which has no room (MSGI-FLOW-25)."""
        return bool(self.out) or self.ending is not None or (self.state == "open" and not self.bare and not self.room)

    def open(self, connection_number, caps):
        self.room = min(MOST_ROOM, self.connection.send_window(self.stream))
        return {
            "connection": connection_number,
            "id": self.stream,
            "request": self.request,
            "caps": caps,
            "priority": self.priority,
            "window": self.window,
            "room": self.room,
            "pushed": self.pushed,
            "ended": self.source == "ended",
        }

    def send(self, kind, payload=b""):
        if not self.closed:
            self.pipe.send(kind, self.number, payload)

    # The client ----------------------------------------------------------------------------------------------------

    def on_data(self, octets):
        """Content goes on without waiting (MSGI-PROC-22); what nobody wants is dropped."""
        self.received += len(octets)
        self.window -= len(octets)
        if self.source != "flowing":
            return
        for at in range(0, len(octets), self.pipe.payload):
            self.send(frames.DATA, octets[at : at + self.pipe.payload])

    def on_end(self, trailers):
        if self.source == "flowing":
            self.send(frames.END, {"fields": trailers} if trailers else {})
            self.source = "ended"
        self.close_if_over()

    def on_priority(self, priority):
        if priority == self.priority or self.closed:
            return
        self.priority = priority
        self.send(frames.PRIORITY, priority)

    def fail(self, code, by, told=False):
        """The exchange fails; the request half alone where the response is complete. `told`: the host knows."""
        if self.closed or (self.complete and self.source != "flowing"):
            return
        self.failure = self.failure or (code, by)
        if not self.complete:
            self.state = "done" if self.state == "done" else "dead"
            self.out.clear()
            self.ending = None
        if self.source == "flowing":
            self.source = "failed"
        if not told:
            self.send(frames.RESET, {"code": code, "by": by})
        self.close_if_over()

    def give_up(self, code, by, told=False):
        """Fails from this side: the peer sees the code."""
        if not self.closed:
            self.connection.reset(self.stream, code)
            self.fail(code, by, told)

    def limit(self, status=503):
        """A limit of the server's ends it (MSGI-LIFE-17, -18, -19)."""
        if self.state != "idle":
            return self.give_up(CANCEL, "server")
        self.state, self.status, self.bare = "dead", status, True
        self.connection.head(self.stream, status, [], True)
        self.fail(CANCEL, "server")
        self.connection.stop_request(self)

    def close_if_over(self):
        if self.closed or self.source == "flowing" or self.state in ("idle", "open"):
            return
        if not self.complete and self.failure is None:
            return
        code, by = self.failure or (0, "app")
        totals = {"status": self.status, "sent": self.sent, "received": self.received}
        self.send(frames.CLOSE, {"complete": self.complete, "code": code, "by": by, **totals})
        self.closed = True
        if self.timer is not None:
            self.timer.cancel()
        self.release()

    def release(self):
        """Counted until it is closed and, where it has failed, until the application has settled (MSGI-MODEL-11)."""
        if self.closed and (self.settled or self.failure is None):
            self.connection.forget(self)
        if self.closed and self.settled:
            self.pipe.finished(self.number)

    # The host ------------------------------------------------------------------------------------------------------

    def take(self, kind, payload):
        try:
            self.HANDLERS[kind](self, payload)
        except Wrong as error:
            self.wrong(str(error))

    def wrong(self, what):
        """A frame that breaks a rule of chapters 2 and 3 (MSGI-PROC-32)."""
        self.pipe.report(f"exchange {self.number}: {what}")
        if self.state != "idle":
            return self.give_up(INTERNAL_ERROR, "app")
        # CLOSE of the answer is the last frame, so that RESET goes before it.
        self.send(frames.RESET, {"code": INTERNAL_ERROR, "by": "app"})
        self.answer(500)
        self.on_stop(None)

    def answer(self, status):
        self.state, self.status, self.bare = "done", status, True
        self.connection.head(self.stream, status, [], True)
        self.completed()

    def on_credit(self, octets):
        self.send_continue()
        if self.source == "flowing" and octets:
            octets = min(octets, frames.MAX_OCTETS - max(0, self.window))
            self.window += octets
            # At 2^31 - 1 nothing is left to grant, and an increment of 0 would be an error (RFC 9113 section 6.9).
            if octets:
                self.connection.grant(self.stream, octets)

    def send_continue(self):
        if self.expects and self.state == "idle":
            self.expects = False
            self.connection.inform(self.stream, 100, [])

    def on_inform(self, payload):
        if self.state in ("open", "done"):
            raise Wrong("INFORM after START")
        if self.state == "idle":
            lines = [line for line in lines_of(payload) if line[0] != b"content-length"]
            self.expects = self.expects and payload["status"] != 100
            self.connection.inform(self.stream, payload["status"], lines)

    def on_start(self, payload):
        if self.state in ("open", "done"):
            raise Wrong("START twice")
        lines = lines_of(payload)
        if self.state == "dead":
            return
        status = payload["status"]
        if status < 300:
            self.send_continue()
        self.bare = self.request["method"] == "HEAD" or status in BODILESS
        end = payload.get("end", False)
        self.state, self.status = "open", status
        self.connection.head(self.stream, status, lines, self.bare or end)
        # Without content the head is all of it on the wire; complete it is when the application has ended it (section 3.2).
        if end:
            self.state = "done"
            self.completed()

    def on_content(self, octets):
        if self.state in ("idle", "done"):
            raise Wrong("DATA without START, or behind END")
        if self.state == "dead" or self.bare:
            return
        if len(octets) > self.room:
            raise Wrong("DATA beyond the room")
        self.room -= len(octets)
        self.out += octets
        self.connection.wake()

    def on_end_of_response(self, payload):
        if self.state in ("idle", "done"):
            raise Wrong("END without START, or twice")
        lines = lines_of(payload, trailers=True)
        if self.state == "dead":
            return
        self.state = "done"
        if self.bare:
            return self.completed()
        self.ending = lines
        self.connection.wake()

    def completed(self):
        """The last octet has been handed to the transport, and there is no other to come."""
        self.complete = True
        self.ending = None
        self.send(frames.SENT)
        if self.expects:
            self.on_stop({"code": NO_ERROR})
        elif self.source == "stopped":
            self.connection.stop_request(self)
        self.close_if_over()

    def on_push(self, payload):
        made = self.state in ("idle", "open") and not (self.state == "open" and self.bare)
        made = made and not self.pushed and self.request["method"] != "CONNECT"
        authority = payload.get("authority", self.request["authority"])
        if not made or authority != self.request["authority"]:
            return self.pipe.refuse(payload["promise"])
        self.connection.push(self, payload, lines_of_push(payload))

    def on_stop(self, _):
        if self.source == "flowing":
            self.source = "stopped"
            if self.complete and self.state == "done":
                self.connection.stop_request(self)
            self.close_if_over()

    def on_deadline(self, payload):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if payload["ms"] is not None and not self.closed and self.state != "dead":
            self.timer = self.connection.loop.call_later(payload["ms"] / 1000, self.limit)

    def on_prioritize(self, payload):
        self.order = payload["urgency"]

    def on_reset(self, payload):
        self.give_up(payload["code"], "app", told=True)

    def on_settled(self, payload):
        if self.settled:
            return
        self.settled = True
        if "failure" in payload:
            self.pipe.report(f"exchange {self.number}: {payload['failure']}")
        if self.state == "idle":
            self.answer(500)
        elif self.state == "open":
            self.give_up(INTERNAL_ERROR, "app")
        self.on_stop(None)
        self.release()

    def lost(self):
        """The pipe has ended (MSGI-PROC-48)."""
        self.settled = True
        if self.state == "idle":
            self.answer(502)
        elif self.state == "open":
            self.give_up(INTERNAL_ERROR, "server")
        self.on_stop(None)
        self.release()

    HANDLERS = {
        frames.CREDIT: on_credit,
        frames.INFORM: on_inform,
        frames.START: on_start,
        frames.DATA: on_content,
        frames.END: on_end_of_response,
        frames.PUSH: on_push,
        frames.STOP: on_stop,
        frames.DEADLINE: on_deadline,
        frames.PRIORITY: on_prioritize,
        frames.RESET: on_reset,
        frames.SETTLED: on_settled,
    }


def lines_of_push(payload):
    """`te: trailers` may stand in a promise, and nowhere else (MSGI-FIELD-10)."""
    fields = payload["fields"]
    pairs = [(fields[i], fields[i + 1]) for i in range(0, len(fields) - 1, 2)]
    rest = [each for pair in pairs if pair != ("te", "trailers") for each in pair]
    lines = lines_of({**payload, "fields": rest + fields[len(pairs) * 2 :]})
    return lines + [(b"te", b"trailers")] * (("te", "trailers") in pairs)
