"""The pipe at the host: HELLO, numbers, connections and exchanges (sections 11.3 and 11.4)."""

import os
import sys
import threading
import traceback

from . import environ, frames
from .exchange import Exchange
from .frames import FrameReader, PipeError, from_json
from .output import Output

VERSION = "1.0"
# The longest payload that is taken, octets.
PAYLOAD = 1_048_576
# Octets of one read: more is mapped memory, which costs more than the call.
AT_ONCE = 65_536
CANCEL = 8


class Connection:
    __slots__ = ("environ", "server", "draining")

    def __init__(self, base, facts):
        self.environ = environ.of_connection(base, facts)
        self.server = environ.Server(facts["local"])
        self.draining = False


class Pipe:
    def __init__(self, source, sink, base):
        """`source`, `sink`: descriptors. `base`: what is the same in the environ of all exchanges."""
        self.output = Output(sink)
        self.lock = threading.Lock()
        # The longest payload that the server takes, octets.
        self.payload = frames.LEAST_PAYLOAD
        self._source = source
        self._base = base
        self._reader = FrameReader(PAYLOAD, True)
        self._connections = {}
        self._live = {}
        self._greeted = False
        self._highest_odd = 0
        self._highest_even = 0
        self._promises = set()
        # Exchanges whose HEAD came with the octets that are being read, and locks of threads that these wake.
        self._new = []
        self.woken = []
        self._unread = 0
        # Counted for the report: octets of content that waited here to be read, at most.
        self.most_unread = 0
        self.most_unread_of_one = 0
        self.exchanges = 0

    # The reader ----------------------------------------------------------------------------------------------------

    def greet(self):
        """Waits for HELLO of the server. Gives its version and name, or None where there is none."""
        while not self._greeted:
            octets = os.read(self._source, AT_ONCE)
            if not octets:
                return None
            for kind, number, payload in self._reader.read(octets):
                self._hello(kind, number, payload)
        return self._greeted

    def _hello(self, kind, number, payload):
        hello = from_json(payload)
        if kind != frames.HELLO or number != 0 or self._greeted:
            raise PipeError("the server begins with HELLO, and waits")
        if VERSION not in hello["versions"]:
            raise PipeError(f"the server does not speak {VERSION}")
        self.payload = hello["payload"]
        self._greeted = (VERSION, hello["name"])

    def answer(self):
        hello = {"versions": [VERSION], "payload": PAYLOAD, "name": "msgi-wsgi"}
        self.output.write(frames.message(frames.HELLO, 0, hello))

    def serve(self, submit):
        """Reads until the pipe ends; `submit` is given new exchanges. Raises PipeError where the server has broken it."""
        try:
            while True:
                octets = os.read(self._source, AT_ONCE)
                if not octets:
                    return
                self._read(octets)
                if self._new:
                    new, self._new = self._new, []
                    submit(new)
        finally:
            with self.lock:
                for exchange in list(self._live.values()):
                    exchange.on_fail(CANCEL, "transport")
            self._wake()

    def _read(self, octets):
        try:
            with self.lock:
                for kind, number, payload in self._reader.read(octets):
                    self._take(kind, number, payload)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise PipeError("a payload that its type does not allow") from error
        self._wake()

    def _wake(self):
        for alarm in self.woken:
            alarm.release()
        self.woken.clear()

    def _take(self, kind, number, payload):
        exchange = self._live.get(number)
        if exchange is not None:
            return self._of_exchange(exchange, kind, payload)
        if kind == frames.HEAD:
            return self._head(number, from_json(payload))
        if kind == frames.OPEN:
            self._check_new(number)
            self._connections[number] = Connection(self._base, from_json(payload))
            return None
        if kind > frames.SENT or kind == 0:
            return None
        return self._other(kind, number, payload)

    def _of_exchange(self, exchange, kind, payload):
        if kind == frames.DATA:
            if not payload:
                raise PipeError("DATA has at least one octet")
            exchange.on_data(payload)
        elif kind == frames.END:
            exchange.on_end()
        elif kind == frames.CREDIT:
            exchange.on_credit(credit_of(payload))
        elif kind == frames.PRIORITY:
            exchange.priority = from_json(payload)
        elif kind == frames.RESET:
            reset = from_json(payload)
            exchange.on_fail(reset["code"], reset["by"])
        elif kind == frames.CLOSE:
            self._close(exchange, from_json(payload))
        elif kind in (frames.HEAD, frames.OPEN, frames.DRAIN) or kind not in frames.FROM_SERVER and 0 < kind <= frames.SENT:
            raise PipeError(f"type {kind} for an exchange")

    def _close(self, exchange, notice):
        exchange.closed = True
        if not notice["complete"]:
            exchange.on_fail(notice["code"], notice["by"])
        elif not exchange.inbound.over:
            # The response is whole, the request is not.
            exchange.on_fail(notice["code"], notice["by"])
        if exchange.settled:
            self.forget(exchange)

    def _other(self, kind, number, payload):
        if kind not in frames.FROM_SERVER or kind == frames.HELLO:
            raise PipeError(f"type {kind} is not for a host")
        if kind == frames.RESET and number in self._promises:
            self._promises.discard(number)
        elif number in self._connections:
            if kind == frames.CLOSE:
                del self._connections[number]
            elif kind == frames.DRAIN:
                self._connections[number].draining = True
            else:
                raise PipeError(f"type {kind} for a connection")
        elif number == 0 or number > (self._highest_odd if number % 2 else self._highest_even):
            # Of those that were given once, what comes could not know yet (MSGI-PROC-10).
            if kind != frames.DRAIN or number != 0:
                raise PipeError(f"type {kind} for a number that was never given")

    def _check_new(self, number):
        if number % 2 == 0 or number <= self._highest_odd:
            raise PipeError("a number that was given before, or is none of a server")
        self._highest_odd = number

    def _head(self, number, head):
        if number in self._promises:
            self._promises.discard(number)
        else:
            self._check_new(number)
        connection = self._connections.get(head["connection"])
        if connection is None:
            raise PipeError("HEAD names no connection")
        declared = environ.declared_length(head["request"]["fields"])
        exchange = Exchange(self, number, connection, head, declared)
        self._live[number] = exchange
        self._new.append(exchange)
        self.exchanges += 1

    # Exchanges -----------------------------------------------------------------------------------------------------

    def forget(self, exchange):
        self._live.pop(exchange.number, None)

    def count(self, octets, of_one=0):
        """Octets that came and wait, or are read."""
        self._unread += octets
        if self._unread > self.most_unread:
            self.most_unread = self._unread
        if of_one > self.most_unread_of_one:
            self.most_unread_of_one = of_one

    def promise(self, parent, target):
        """Numbers rise as they are written, so both are done together; the lock of the pipe is not held for writing."""
        with self.lock:
            self._highest_even += 2
            number = self._highest_even
            self._promises.add(number)
            push = {"promise": number, "method": "GET", "target": target, "fields": []}
            self.output.leave(frames.message(frames.PUSH, parent, push))
        self.output.flush()


def credit_of(payload):
    if len(payload) != 4 or payload[0] > 0x7F:
        raise PipeError("CREDIT is four octets, 2^31 - 1 at most")
    return int.from_bytes(payload, "big")


def report(error):
    text = f"msgi wsgi: the pipe: {error}"
    cause = error.__cause__
    if cause is not None:
        text += ": " + traceback.format_exception_only(type(cause), cause)[-1].strip()
    print(text, file=sys.stderr, flush=True)
