"""The application of bench/wsgi.js: "/" is 13 octets, "/big" 1 MiB, "/blocks" 64 blocks of 16 KiB, "/upload" counts."""

TEXT = [("Content-Type", "text/plain")]
BIG = b"b" * 1_048_576
BLOCK = b"b" * 16_384


def application(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", TEXT)
    if path == "/big":
        return [BIG]
    if path == "/blocks":
        return (BLOCK for _ in range(64))
    if path == "/upload":
        return [str(octets_of(environ["wsgi.input"])).encode()]
    return [b"hello, world\n"]


def octets_of(content):
    octets = 0
    while block := content.read(65_536):
        octets += len(block)
    return octets
