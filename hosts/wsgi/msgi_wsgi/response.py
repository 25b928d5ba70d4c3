"""One call of the application: `start_response`, `write`, and what it returns (PEP 3333; MSGI-WSGI-7 to MSGI-WSGI-13)."""

import traceback

from . import frames
from .errors import belongs_to
from .head import BODILESS, ResponseHead

# Characters of a failure that go to the server's report.
LONGEST_FAILURE = 4000


class ApplicationError(Exception):
    """The application has broken PEP 3333 in a way that no exception of its own shows."""


class Response:
    __slots__ = ("_exchange", "_output", "_head", "_begun", "_bare", "_left", "_pieces", "_ended", "_over")

    def __init__(self, exchange):
        self._exchange = exchange
        self._output = exchange.pipe.output
        self._head = None
        # START is said, though it may still be among the pieces.
        self._begun = False
        # The response has no content, whatever the application gives.
        self._bare = False
        # Octets to the end of the content-length; None without one.
        self._left = None
        # What is said and not written yet.
        self._pieces = []
        # END is said, by itself or by START.
        self._ended = False
        self._over = False

    # The application's face ----------------------------------------------------------------------------------------

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self._begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._head is not None:
            raise AssertionError("start_response is called a second time, without exc_info")
        self._head = ResponseHead(status, headers)
        return self.write

    def write(self, block):
        """The callable that `start_response` gives. Returns when the server has the block."""
        self._want(block)
        if not block:
            return
        if self._over:
            raise ApplicationError("write after the response has ended")
        self._begin(None)
        if self._bare:
            return
        if self._left is not None and len(block) > self._left:
            raise ApplicationError(f"write goes beyond content-length, by {len(block) - self._left} octets")
        self._send(block)
        self._flush()

    @property
    def begun(self):
        return self._begun

    @property
    def may_push(self):
        return not self._ended

    # The host's ----------------------------------------------------------------------------------------------------

    def run(self, app, environ):
        """Calls the application and sends what it gives. What it returns is closed once, whatever happens."""
        result = app(environ, self.start_response)
        try:
            self._iterate(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                # It may take its time; the client need not wait for it.
                self._flush()
                close()

    def refuse(self, status):
        """Answers in the application's stead."""
        self.start_response(status, [])
        self._end()

    def settle(self, error):
        """The last frames. `error`: what the application has raised, or None."""
        exchange = self._exchange
        failure = None if error is None else failure_of(error, exchange.error)
        self._over = True
        exchange.settle()
        payload = b"{}" if failure is None else frames.to_json({"failure": failure})
        self._pieces.append(frames.frame(frames.SETTLED, exchange.number, payload))
        self._output.leave_all(self._pieces)

    def _iterate(self, result):
        single = size_of(result) == 1 and not self._begun
        # Between its one block and its end no code of the application runs: one write does for all.
        holds = single and type(result) in (list, tuple)
        for block in result:
            if self._exchange.error is not None:
                return
            self._want(block)
            if not block:
                continue
            self._begin(len(block) if single else None)
            if self._bare:
                # There is nobody to whom the rest could go.
                break
            self._block(block)
            if not holds:
                self._flush()
        self._end()

    def _block(self, block):
        """No octet goes beyond content-length; the operator hears of those that are too many."""
        left = self._left
        if left is None or len(block) <= left:
            return self._send(block)
        self._send(block[:left])
        self._end()
        raise ApplicationError(f"the content goes beyond content-length, by {len(block) - left} octets")

    def _want(self, block):
        if type(block) is not bytes:
            raise TypeError(f"content is bytes, not {type(block).__name__}")
        if self._head is None:
            raise ApplicationError("content comes before start_response is called")

    def _begin(self, length, end=False):
        """START. `length`: of the content, where that is known. `end`: there is none."""
        if self._begun:
            return
        head, exchange = self._head, self._exchange
        if exchange.error is not None:
            raise exchange.error
        method = exchange.request["method"]
        bare = method == "HEAD" or head.status in BODILESS
        if end and head.declared and not bare:
            raise short(head.declared)
        if length is not None and head.declared is None and head.status not in BODILESS and (length or method != "HEAD"):
            head.declared = length
        self._bare, self._begun = bare, True
        self._left = None if bare else head.declared
        self._pieces.append(head.start(exchange.number, bare or end))
        self._ended = bare or end

    def _send(self, block):
        exchange = self._exchange
        at, size = 0, len(block)
        if self._left is not None:
            self._left -= size
        while at < size:
            # What was said goes out before this thread waits.
            spent = exchange.spend(size - at, not self._pieces)
            if spent == 0:
                self._flush()
                continue
            self._pieces.append(frames.frame_head(frames.DATA, exchange.number, spent))
            self._pieces.append(block if spent == size else memoryview(block)[at : at + spent])
            at += spent

    def _end(self):
        """END; the operator hears of a content that is too short, and the client sees a reset."""
        if self._over:
            return
        if self._head is None:
            raise ApplicationError("the application has not called start_response")
        self._begin(0, True)
        if self._left:
            raise short(self._left)
        self._over = True
        if not self._ended:
            self._ended = True
            self._pieces.append(frames.frame(frames.END, self._exchange.number, b"{}"))

    def _flush(self):
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            self._output.write_all(pieces)


def short(octets):
    return ApplicationError(f"the content ends {octets} octets short of content-length")


def failure_of(error, own):
    """The text for the operator (SETTLED); None where the exchange had failed and the application with it."""
    if own is not None and belongs_to(error, own):
        return None
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip()
    # The end tells what it was.
    return text[-LONGEST_FAILURE:]


def size_of(result):
    """How many blocks it has, −1 where nobody knows."""
    try:
        return len(result)
    except Exception:
        return -1
