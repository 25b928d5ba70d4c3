"""The pipe: HELLO, numbers, promises, and its end (chapter 11)."""

import unittest

from piped import Piped, PipeError, Steps, frames

WISH = {"scheme": "urgency", "urgency": 1, "incremental": True}


def plain(environ, start_response):
    start_response("200 OK", [])
    return [b"plain"]


class Frames(unittest.TestCase):
    def test_any_cut(self):
        octets = frames.message(frames.END, 3, {}) + frames.credit(3, 5) + frames.frame(frames.DATA, 3, bytes(100))
        for step in (1, 2, 7, 50, 1000):
            reader = frames.FrameReader(65_536)
            found = [frame for at in range(0, len(octets), step) for frame in reader.read(octets[at : at + step])]
            self.assertEqual(found, [(6, 3, b"{}"), (7, 3, b"\0\0\0\5"), (5, 3, bytes(100))])

    def test_limit(self):
        with self.assertRaises(PipeError):
            frames.FrameReader(10).read(frames.frame(5, 3, bytes(11)))

    def test_octets_of_fields(self):
        self.assertEqual(frames.to_json(["\xe9"]), b'["\xc3\xa9"]')


class Pipes(unittest.TestCase):
    def test_hello(self):
        piped = Piped(plain)
        self.assertEqual(piped.greeting, ("1.0", "test"))
        self.assertEqual(piped.hello, ("HELLO", 0, {"versions": ["1.0"], "payload": 1_048_576, "name": "msgi-wsgi"}))
        piped.end()

    def test_what_breaks_it(self):
        for frame in (
            (frames.START, 3, b"{}"), (frames.HELLO, 0, b"{}"), (frames.DATA, 9, b"a"), (frames.DATA, 2, b"a"),
            (frames.OPEN, 2, b"{}"), (frames.OPEN, 1, b"{}"), (frames.HEAD, 5, b"{}"), (frames.HEAD, 5, b"no"),
            (frames.HEAD, 5, b"[]"), (frames.DATA, 3, b""), (frames.CREDIT, 3, b"\0"), (frames.CREDIT, 3, b"\xff" * 4),
            (frames.DATA, 1, b"a"), (frames.HEAD, 3, b"{}"), (frames.DRAIN, 3, b""), (frames.SETTLED, 3, b"{}"),
            (frames.RESET, 3, b"{}"), (frames.HEAD, 5, b'{"connection":7}'), (frames.END, 0, b"{}"),
        ):  # fmt: skip
            with self.subTest(frame=frame):
                piped = Piped(lambda environ, start_response: environ["wsgi.input"].read())
                piped.head("POST", ended=False)
                self.assertEqual(piped.frame()[0], "CREDIT")
                piped.say(*frame)
                piped.end()
                self.assertIsInstance(piped.broken, PipeError)

    def test_what_does_not(self):
        piped = Piped(plain)
        piped.say(0x12, 0xFFFFFFFF, b"unknown")
        piped.say(0xFF, 1, b"")
        piped.say(frames.DRAIN, 1)
        piped.say(frames.DRAIN, 0)
        number = piped.head()
        piped.until("SETTLED")
        piped.say(frames.SENT, number)
        piped.close(number)
        # For a number that is finished (MSGI-PROC-10).
        piped.say(frames.CREDIT, number, b"\0\0\0\1")
        piped.say(frames.CLOSE, 1)
        piped.say(frames.OPEN, 101, {"peer": None, "local": None, "tls": None})
        self.assertEqual(piped.answer(number=piped.head(number=103, connection=101))[0], 200)
        piped.end()
        self.assertIsNone(piped.broken)

    def test_end_of_the_pipe(self):
        raised = Steps()

        def app(environ, start_response):
            try:
                environ["wsgi.input"].read()
            except OSError as error:
                raised.add((error.code, error.by))
                raise

        piped = Piped(app)
        for _ in range(2):
            piped.head("POST", ended=False)
            piped.until("CREDIT")
        piped.end()
        self.assertEqual(raised.all, [(8, "transport")] * 2)
        self.assertIsNone(piped.broken)

    def test_connect(self):
        self.assertEqual(Piped(plain).answer(method="CONNECT", target="", protocol="websocket")[:3], (501, ["content-length", "0"], b""))


class Extras(unittest.TestCase):
    def test_push(self):
        def app(environ, start_response):
            if environ["PATH_INFO"] == "/page":
                made = environ["msgi.push"]("/style?x")
                start_response("200 OK", [])
                return [str(made).encode()]
            start_response("200 OK", [])
            return [environ["QUERY_STRING"].encode()]

        piped = Piped(app)
        number = piped.head(target="/page")
        self.assertEqual(piped.frame(), ("PUSH", number, {"promise": 2, "method": "GET", "target": "/style?x", "fields": []}))
        self.assertEqual(piped.answer(number=number)[2], b"True")
        self.assertEqual(piped.answer(number=piped.head(target="/style?x", number=2, pushed=True))[2], b"x")
        # Refused: the number is finished.
        number = piped.head(target="/page")
        self.assertEqual(piped.frame()[2]["promise"], 4)
        piped.say(frames.RESET, 4, {"code": 7, "by": "server"})
        self.assertEqual(piped.answer(number=number)[2], b"True")
        from piped import CAPS

        self.assertEqual(piped.answer(target="/page", caps={**CAPS, "push": False})[2], b"False")
        piped.end()
        self.assertIsNone(piped.broken)

    def test_inform(self):
        def app(environ, start_response):
            inform = environ["msgi.inform"]
            for wrong in (lambda: inform(101, []), lambda: inform(200, []), lambda: inform(103, [("Connection", "close")])):
                with self.assertRaises(ValueError):
                    wrong()
            made = inform(103, [("Link", "</a.css>; rel=preload")])
            start_response("200 OK", [])
            yield str(made).encode()
            try:
                inform(103, [])
            except RuntimeError:
                yield b" late"

        piped = Piped(app)
        number = piped.head()
        self.assertEqual(piped.frame(), ("INFORM", number, {"status": 103, "fields": ["link", "</a.css>; rel=preload"]}))
        self.assertEqual(piped.answer(number=number)[2:], (b"True late", None))
        piped.end()

    def test_priority(self):
        steps = Steps()

        def app(environ, start_response):
            first = environ["msgi.priority"]()
            environ["wsgi.input"].read()
            steps.add((first, environ["msgi.priority"]()))
            start_response("200 OK", [])
            return []

        piped = Piped(app)
        number = piped.head("POST", ended=False)
        piped.until("CREDIT")
        piped.say(frames.PRIORITY, number, WISH)
        piped.say(frames.END, number, {})
        piped.until("SETTLED")
        self.assertEqual(steps.all, [((3, False), (1, True))])
        piped.end()


if __name__ == "__main__":
    unittest.main()
