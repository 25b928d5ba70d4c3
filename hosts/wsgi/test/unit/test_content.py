"""`wsgi.input`: its ends, and the window that reading opens. MSGI-WSGI-5 and MSGI-WSGI-6."""

import unittest

from piped import Piped, Steps, frames

OK = "200 OK"

def reading(read, **more):
    """An exchange whose application gives what `read` does with wsgi.input. Gives (piped, number, steps)."""
    steps = Steps()

    def app(environ, start_response):
        if environ["REQUEST_METHOD"] == "GET":
            start_response(OK, [])
            return []
        try:
            steps.add(("read", read(environ["wsgi.input"], steps)))
        except Exception as error:
            steps.add(("raised", isinstance(error, OSError), type(error).__name__))
            raise
        start_response(OK, [])
        return []

    piped = Piped(app)
    return piped, piped.head("POST", ended=False, **more), steps

class Content(unittest.TestCase):
    def given(self, read, chunks, **more):
        """What is read of these chunks."""
        piped, number, steps = reading(read, **more)
        for chunk in chunks:
            piped.say(frames.DATA, number, chunk)
        piped.say(frames.END, number, {})
        self.assertIsNone(piped.answer(number=number)[3])
        piped.end()
        self.assertEqual(piped.pipe._unread, 0)
        return steps.all[0][1]

    def test_reads(self):
        chunks = [b"ab", b"c\nd", b"ef\n\n", b"g"]
        whole = b"".join(chunks)
        for name, read, expected in (
            ("all", lambda i, _: i.read(), whole),
            ("None", lambda i, _: i.read(None), whole),
            ("sizes", lambda i, _: [i.read(4), i.read(0), i.read(100), i.read(1), i.read()], [whole[:4], b"", whole[4:], b"", b""]),
            ("lines", lambda i, _: i.readlines(), [b"abc\n", b"def\n", b"\n", b"g"]),
            ("hint", lambda i, _: [i.readlines(5), i.read()], [[b"abc\n", b"def\n"], b"\ng"]),
            ("iteration", lambda i, _: list(i), [b"abc\n", b"def\n", b"\n", b"g"]),
            ("line", lambda i, _: [i.readline(2), i.readline(), i.readline(0)], [b"ab", b"c\n", b""]),
            ("read1", lambda i, _: [i.read1(1), i.read1(0), i.read1() != b""], [b"a", b"", True]),
            ("readinto", lambda i, _: i.readinto(bytearray(5)), 5),
        ):
            with self.subTest(name):
                self.assertEqual(self.given(read, chunks), expected)

    def test_content_length_is_the_end(self):
        piped, number, steps = reading(lambda i, _: [i.read(5), i.read()], fields=["content-length", "5"])
        piped.say(frames.DATA, number, b"hello")
        # END never comes: what content-length promises is there.
        self.assertIsNone(piped.answer(number=number)[3])
        self.assertEqual(steps.all, [("read", [b"hello", b""])])
        piped.end()

    def test_cut(self):
        for when in ("waiting", "before"):
            with self.subTest(when):
                piped, number, steps = reading(lambda i, steps: [i.read(2), steps.add("two"), i.read()])
                piped.say(frames.DATA, number, b"ab" if when == "waiting" else b"abcdef")
                if when == "waiting":
                    steps.wait("two")
                piped.say(frames.RESET, number, {"code": 8, "by": "peer"})
                frames_seen = piped.until("SETTLED")
                self.assertEqual(frames_seen[-1][2], {}, "the end of the exchange is no failure of the application")
                raised = [step for step in steps.all if step[0] == "raised"]
                self.assertEqual(raised, [("raised", True, "ExchangeError")] if raised or when == "waiting" else [])
                self.assertNotIn("read", [step[0] for step in steps.all])
                piped.end()
                self.assertEqual(piped.pipe._unread, 0)

    def test_own_error_after_a_cut_is_a_failure(self):
        def read(content, _):
            try:
                content.read()
            except OSError:
                pass
            return {}["missing"]

        piped, number, _ = reading(read)
        piped.say(frames.RESET, number, {"code": 8, "by": "peer"})
        settled = piped.until("SETTLED")[-1][2]
        # Given up before a thread had it: never called. Else the KeyError is the application's own.
        self.assertTrue(settled == {} or "KeyError" in settled["failure"])
        piped.end()

    def test_credit_follows_reading(self):
        go = Steps()

        def read(content, steps):
            steps.add("called")
            go.wait("go")
            first = content.read(100)
            go.wait("more")
            return len(first) + len(content.read())

        piped, number, steps = reading(read, window=1000)
        piped.say(frames.DATA, number, bytes(1000))
        steps.wait("called")
        # Nothing is granted before reading: a second exchange is answered meanwhile, and its frames are the first to come.
        go.add("go")
        other = piped.head(ended=True)
        seen = piped.until("SETTLED")
        self.assertEqual({number for _, number, _ in seen}, {other})
        # 100 of 1000 were read: less than half is withheld (MSGI-FLOW-2).
        go.add("more")
        self.assertEqual(piped.frame(), ("CREDIT", number, 1000))
        piped.say(frames.DATA, number, bytes(10))
        piped.say(frames.END, number, {})
        self.assertIsNone(piped.answer(number=number)[3])
        self.assertEqual(steps.all[-1], ("read", 1010))
        piped.end()
        self.assertEqual(piped.pipe.most_unread_of_one, 1000)

    def test_a_long_read_grants_on_its_way(self):
        piped, number, steps = reading(lambda i, _: len(i.read(2000)), window=1000)
        self.assertEqual(piped.frame(), ("CREDIT", number, 0))
        piped.say(frames.DATA, number, bytes(499))
        # Less than half of the window: behind this exchange, what was said before is read and nothing is granted.
        piped.head()
        self.assertNotIn("CREDIT", [name for name, _, _ in piped.until("SETTLED")])
        piped.say(frames.DATA, number, bytes(1))
        self.assertEqual(piped.frame(), ("CREDIT", number, 500))
        piped.say(frames.DATA, number, bytes(1000))
        self.assertEqual(piped.frame(), ("CREDIT", number, 1000))
        piped.say(frames.DATA, number, bytes(500))
        self.assertIsNone(piped.answer(number=number)[3])
        self.assertEqual(steps.all, [("read", 2000)])
        piped.end()

    def test_a_read_waits_for_all_that_it_asks_for_and_no_more(self):
        piped, number, steps = reading(lambda i, steps: [i.read(30), steps.add("thirty"), i.read(1), i.read1()])
        for chunk in (b"a" * 10, b"b" * 10, b"c" * 15):
            piped.say(frames.DATA, number, chunk)
        # The end has not come.
        steps.wait("thirty")
        piped.say(frames.END, number, {})
        self.assertIsNone(piped.answer(number=number)[3])
        self.assertEqual(steps.all[1:], [("read", [b"a" * 10 + b"b" * 10 + b"c" * 10, None, b"c", b"c" * 4])])
        piped.end()

    def test_first_read_that_waits_says_so(self):
        piped, number, _ = reading(lambda i, _: i.read())
        self.assertEqual(piped.frame(), ("CREDIT", number, 0))
        piped.say(frames.END, number, {})
        self.assertEqual([name for name, _, _ in piped.until("SETTLED")], ["START", "SETTLED"])
        piped.end()

    def test_a_window_of_0_opens(self):
        piped, number, _ = reading(lambda i, _: i.read(), window=0)
        self.assertEqual(piped.frame(), ("CREDIT", number, 16_384))
        piped.say(frames.DATA, number, bytes(16_384))
        self.assertEqual(piped.frame(), ("CREDIT", number, 16_384))
        piped.say(frames.END, number, {})
        piped.until("SETTLED")
        piped.end()

    def test_what_is_not_read_is_dropped(self):
        piped = Piped(lambda environ, start_response: start_response(OK, []) and [])
        number = piped.head("POST", ended=False, window=100)
        piped.say(frames.DATA, number, bytes(100))
        seen = piped.until("SETTLED")
        self.assertNotIn("CREDIT", [name for name, _, _ in seen])
        piped.say(frames.DATA, number, bytes(1))
        piped.close(number)
        self.assertEqual(piped.answer()[0], 200)
        piped.end()
        self.assertEqual(piped.pipe._unread, 0)

if __name__ == "__main__":
    unittest.main()
