"""What HTTP/2 has beyond PEP 3333, for applications that ask for it: the keys `msgi.…` of the environ."""

import re

from . import frames
from .head import field_list

TARGET = re.compile("/[!\"$-~\x80-\xff]*")


class Extras:
    __slots__ = ("_exchange", "_response")

    def __init__(self, exchange, response):
        self._exchange = exchange
        self._response = response

    def add_to(self, environ):
        environ["msgi.push"] = self.push
        environ["msgi.inform"] = self.inform
        environ["msgi.priority"] = self.priority

    def push(self, target):
        """Promises GET of `target`, path and query, which this application then answers. False where that cannot be."""
        if type(target) is not str or TARGET.fullmatch(target) is None:
            raise ValueError("the target of a push is a path that begins with '/'")
        exchange = self._exchange
        if not (exchange.caps["push"] and exchange.error is None and self._response.may_push):
            return False
        if exchange.pushed or exchange.connection.draining or exchange.request["method"] == "CONNECT":
            return False
        exchange.pipe.promise(exchange.number, target)
        return True

    def inform(self, status, headers):
        """An informational response, such as 103 with links, before the response. False where there can be none."""
        if type(status) is not int or not 100 <= status <= 199 or status == 101:
            raise ValueError("an informational status is 100, or 102 to 199")
        lines = field_list(headers)
        if self._response.begun:
            raise RuntimeError("an informational response comes before the response")
        exchange = self._exchange
        if not exchange.caps["inform"] or exchange.error is not None:
            return False
        payload = b'{"status":%d,"fields":[%s]}' % (status, b",".join(lines))
        exchange.pipe.output.write(frames.frame(frames.INFORM, exchange.number, payload))
        return True

    def priority(self):
        """(urgency, incremental) as the client wishes now (RFC 9218)."""
        priority = self._exchange.priority
        return priority["urgency"], priority["incremental"]
