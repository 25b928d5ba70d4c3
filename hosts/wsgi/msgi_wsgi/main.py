"""The program: takes the pipe for itself, loads the application, runs it until the pipe ends."""

import argparse
import os
import socket
import sys
import threading

from . import environ
from .extras import Extras
from .frames import PipeError
from .loading import LoadError, load
from .pipe import Pipe, report
from .response import Response
from .workers import Workers

# Octets that the system is asked to hold of what is written: a block of 1 MiB is to be gone in one write.
SEND_BUFFER = 1_048_576


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="serve.py", description="Host a WSGI application over MSGI/process, on descriptors 0 and 1."
    )
    parser.add_argument("application", metavar="package.module:callable")
    parser.add_argument("--chdir", metavar="DIR", help="folder to work in, and to import from")
    parser.add_argument("--threads", type=int, default=8, metavar="N", help="exchanges beside one another; default 8")
    parser.add_argument("--multiprocess", action="store_true", help="there are more processes like this one")
    parser.add_argument("--log", action="store_true", help="at the end, one line to stderr of what was counted")
    return parser.parse_args(argv)


def take_descriptors():
    """The pipe, away from 0 and 1: one `print` of the application would break the frames (MSGI-PROC-1)."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    widen(sink)
    for descriptor in (source, sink):
        os.set_blocking(descriptor, True)
    # 1 is no terminal, but what is printed there is for people.
    sys.stdout.reconfigure(line_buffering=True)
    return source, sink


def widen(descriptor):
    """A thread that waits for the server changes the process, which costs as much as the copy of 64 KiB."""
    try:
        sink = socket.socket(fileno=descriptor)
    except OSError:
        # A pipe of the system has the size that it has.
        return
    try:
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    finally:
        sink.detach()


class Host:
    def __init__(self, app, pipe, threads):
        self._app = app
        self._pipe = pipe
        self._running = 0
        self._settled = threading.Condition()
        self._workers = Workers(threads, self._run, pipe.output.flush)

    def serve(self):
        """Returns when the pipe has ended and the exchanges have settled (MSGI-PROC-46)."""
        try:
            self._pipe.serve(self._submit)
        finally:
            with self._settled:
                self._settled.wait_for(lambda: self._running == 0)

    def _submit(self, exchanges):
        with self._settled:
            self._running += len(exchanges)
        self._workers.submit(exchanges)

    def _run(self, exchange):
        response = Response(exchange)
        failure = None
        try:
            # One that was given up while it waited for a thread is nobody's any more.
            if exchange.error is None:
                self._call(exchange, response)
        except BaseException as error:  # SystemExit of an application is its failure, not the end of a thread.
            failure = error
        response.settle(failure)
        if self._workers.waiting:
            self._pipe.output.soon()
        with self._settled:
            self._running -= 1
            if self._running == 0:
                self._settled.notify_all()

    def _call(self, exchange, response):
        if exchange.request["method"] == "CONNECT":
            return response.refuse("501 Not Implemented")
        values = environ.of_exchange(exchange)
        Extras(exchange, response).add_to(values)
        return response.run(self._app, values)


def main(argv):
    """The exit code: 0, 1 where the pipe was broken, 2 where the application cannot be loaded."""
    options = arguments(argv)
    source, sink = take_descriptors()
    pipe = Pipe(source, sink, environ.common(options.multiprocess))
    try:
        if pipe.greet() is None:
            return 0
        if options.chdir is not None:
            os.chdir(options.chdir)
        app = load(options.application)
        pipe.answer()
        Host(app, pipe, options.threads).serve()
    except LoadError as error:
        print(f"msgi serve: {error}", file=sys.stderr, flush=True)
        return 2
    except PipeError as error:
        report(error)
        return 1
    if options.log:
        print(counted(pipe), file=sys.stderr, flush=True)
    return 0


def counted(pipe):
    return (
        f"msgi wsgi: {pipe.exchanges} exchanges; octets of content that waited to be read: "
        f"at most {pipe.most_unread_of_one} of one exchange, {pipe.most_unread} of all"
    )
