"""python3 -m msgi_h2 [options] -- COMMAND …: serves an application that speaks MSGI/process."""

import argparse
import asyncio
import json
import os
import signal
import ssl
import sys
import time

from .connection import Connection
from .process import Application, PipeError

# Seconds between two looks for clients that take nothing (MSGI-FLOW-25): one clock for all exchanges, and not a timer for
# each that every octet would set anew.
TICK = 0.2

# Seconds between two looks for what is left in a drain: it is over when the last connection or the last exchange of the pipe
# is, whichever ends later, and neither knows of the other.
LOOK = 0.01


class Server:
    def __init__(self, application, options):
        self.application = application
        self.connections = set()
        self.max_streams = options.max_streams
        self.initial_window = options.initial_window
        # Seconds.
        self.grace = options.grace / 1000
        self.kill = options.kill / 1000
        self.send_timeout = options.send_timeout / 1000

    async def tick(self):
        while True:
            await asyncio.sleep(TICK)
            for connection in list(self.connections):
                connection.tick(time.monotonic())

    async def drain(self):
        """Ends in the open: the grace limit, then the kill limit."""
        self.application.drain()
        for connection in list(self.connections):
            connection.drain()
        if not await self._empty(self.grace):
            for connection in list(self.connections):
                connection.cancel()
            await self._empty(self.kill)
        for connection in list(self.connections):
            connection.transport.abort()

    async def _empty(self, limit):
        loop = asyncio.get_running_loop()
        end = loop.time() + limit
        while loop.time() < end:
            pipe = self.application.pipe
            if not self.connections and (pipe is None or not pipe.busy):
                return True
            await asyncio.sleep(LOOK)
        return False


def parse():
    parser = argparse.ArgumentParser(prog="msgi_h2", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="cleartext, prior knowledge; 0 takes a free one")
    parser.add_argument("--tls-port", type=int, help="TLS with ALPN h2; needs --cert and --key")
    parser.add_argument("--cert", help="PEM")
    parser.add_argument("--key", help="PEM")
    parser.add_argument("--initial-window", type=int, default=65_535, help="of each stream, octets")
    parser.add_argument("--grace", type=int, default=5000, help="what exchanges are given at a drain, milliseconds")
    parser.add_argument("--kill", type=int, default=2000, help="what applications are given after that, milliseconds")
    parser.add_argument("--send-timeout", type=int, default=60_000, help="of a client that takes nothing, milliseconds")
    parser.add_argument("--max-streams", type=int, default=100, help="exchanges of one connection")
    parser.add_argument("--command", nargs="+", default=[], help="program and arguments, as long as none begins with -")
    parser.add_argument("words", nargs="*", help="behind --: program and arguments of the application")
    options = parser.parse_args()
    options.command = options.command or options.words
    if not options.command:
        parser.error("name the program of the application")
    return options


def tls_context(options):
    # The names of the suites of TLS 1.3 are those of the registry; OpenSSL has others for the older ones.
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(options.cert, options.key)
    context.set_alpn_protocols(["h2"])

    def remember(connection, name, _):
        connection.msgi_sni = name

    context.sni_callback = remember
    return context


async def main():
    options = parse()
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    application = Application(options.command)
    try:
        await application.start()
    except (PipeError, OSError) as error:
        sys.exit(f"msgi-h2: {error}")
    server = Server(application, options)
    listeners = [await loop.create_server(lambda: Connection(server), options.host, options.port)]
    said = {"address": f"http://{options.host}:{listeners[0].sockets[0].getsockname()[1]}", "pid": os.getpid()}
    if options.tls_port is not None:
        listeners.append(
            await loop.create_server(
                lambda: Connection(server), options.host, options.tls_port, ssl=tls_context(options)
            )
        )
        said["tls"] = f"https://{options.host}:{listeners[1].sockets[0].getsockname()[1]}"
    print(json.dumps(said), flush=True)
    ticking = asyncio.ensure_future(server.tick())
    await over.wait()
    for listener in listeners:
        listener.close()
    await server.drain()
    ticking.cancel()
    await application.stop()


if __name__ == "__main__":
    asyncio.run(main())
