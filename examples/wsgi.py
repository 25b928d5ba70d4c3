"""A plain WSGI application (PEP 3333): "/" says hello, "/upload" counts what comes, "/ticks" gives a line each second.

npx msgi serve --wsgi wsgi --chdir examples
curl --http2-prior-knowledge http://127.0.0.1:8080/
curl --http2-prior-knowledge http://127.0.0.1:8080/ticks
"""

import time

TEXT = [("Content-Type", "text/plain; charset=utf-8")]


def application(environ, start_response):
    if environ["PATH_INFO"] == "/upload":
        octets = counted(environ["wsgi.input"])
        start_response("200 OK", TEXT)
        return [f"{octets} octets\n".encode()]
    start_response("200 OK", TEXT)
    if environ["PATH_INFO"] == "/ticks":
        return ticks()
    return [f"hello over {environ['SERVER_PROTOCOL']}\n".encode()]


def counted(content):
    """Each read lets the client send as much again: however long the upload is, little of it is here."""
    octets = 0
    while block := content.read(65_536):
        octets += len(block)
    return octets


def ticks():
    for second in range(10):
        yield f"{second}\n".encode()
        time.sleep(1)
