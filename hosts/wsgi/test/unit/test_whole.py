"""CONTENT_LENGTH for requests that come without it."""

import unittest

from piped import Piped, frames

from msgi_wsgi.whole import whole


def asked(chunks, most=100_000, **more):
    """One POST of these chunks: its status, and what the application has seen (None where it was not called)."""
    seen = []

    def app(environ, start_response):
        # As Django reads: nothing beyond CONTENT_LENGTH.
        length = environ.get("CONTENT_LENGTH")
        seen.append((length, environ["wsgi.input"].read(int(length or 0))))
        start_response("200 OK", [])
        return []

    piped = Piped(whole(app, most))
    number = piped.head("POST", ended=False, **more)
    for chunk in chunks:
        piped.say(frames.DATA, number, chunk)
    piped.say(frames.END, number, {})
    status, _, _, failure = piped.answer(number=number)
    piped.end()
    assert failure is None, failure
    return status, seen[0] if seen else None


class Whole(unittest.TestCase):
    def test_content_without_a_length(self):
        self.assertEqual(asked([b"a=1", b"&b=2"]), (200, ("7", b"a=1&b=2")))

    def test_a_length_that_is_there_is_left_alone(self):
        self.assertEqual(asked([b"hello"], fields=["content-length", "5"], most=1), (200, ("5", b"hello")))

    def test_no_content_is_no_length(self):
        self.assertEqual(asked([]), (200, (None, b"")))

    def test_the_most(self):
        self.assertEqual(asked([b"x" * 10], most=10), (200, ("10", b"x" * 10)))
        self.assertEqual(asked([b"x" * 10, b"y"], most=10), (413, None))


if __name__ == "__main__":
    unittest.main()
