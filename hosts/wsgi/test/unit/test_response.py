"""What goes out: START, blocks, ends and failures. MSGI-WSGI-7 to MSGI-WSGI-15."""

import sys
import threading
import unittest

from piped import Piped, Steps, frames

TEXT = [("Content-Type", "text/plain")]


def answer(app, **more):
    piped = Piped(app)
    try:
        return piped.answer(**more)
    finally:
        piped.end()


def giving(blocks, status="200 OK", headers=TEXT):
    def app(environ, start_response):
        start_response(status, headers)
        return blocks() if callable(blocks) else blocks

    return app


class Closed(list):
    """A result with `close`, which counts."""

    closed = 0

    def close(self):
        self.closed += 1


class Heads(unittest.TestCase):
    def test_length_of_one_block(self):
        self.assertEqual(answer(giving([b"hello"])), (200, ["content-type", "text/plain", "content-length", "5"], b"hello", None))
        self.assertEqual(answer(giving([b"a", b"b"]))[1:3], (["content-type", "text/plain"], b"ab"))
        self.assertEqual(answer(giving([b"abc"], headers=[("Content-Length", "3")]))[1], ["content-length", "3"])
        for nothing in ([], [b""], [b"", b""], lambda: iter([])):
            self.assertEqual(answer(giving(nothing))[1][2:], ["content-length", "0"])

    def test_responses_without_content(self):
        length = [("Content-Length", "5")]
        for method, status, headers, blocks, expected in (
            ("HEAD", "200 OK", [], [b"hello"], ["content-length", "5"]),
            ("HEAD", "200 OK", length, [], ["content-length", "5"]),
            ("HEAD", "200 OK", [], [], []),
            ("HEAD", "200 OK", [], [b""], []),
            ("HEAD", "200 OK", [], lambda: iter([b"a", b"b"]), []),
            ("GET", "204 No Content", length, [b"hello"], []),
            ("GET", "205 Reset Content", [], [], []),
            ("GET", "304 Not Modified", length, [b""], ["content-length", "5"]),
        ):
            self.assertEqual(answer(giving(blocks, status, headers), method=method), (int(status[:3]), expected, b"", None))

    def test_head_of_an_endless_response_ends(self):
        def endless():
            while True:
                yield b"again"

        self.assertEqual(answer(giving(endless), method="HEAD")[2:], (b"", None))

    def test_values(self):
        headers = [("X-A", " a\tb "), ("x-b", "\xe9"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        expected = ["x-a", "a\tb", "x-b", "\xe9", "set-cookie", "a=1", "set-cookie", "b=2", "content-length", "1"]
        for _ in range(2):
            self.assertEqual(answer(giving([b"x"], headers=headers))[1], expected)

    def test_lines_do_not_pile_up(self):
        from msgi_wsgi import head

        for i in range(1500):
            head.field_list([("X-N", str(i)), ("Set-Cookie", f"id={i}")])
        self.assertLessEqual(len(head._lines), head.MOST_LINES)
        self.assertFalse([pair for pair in head._lines if pair[0] == "Set-Cookie"])

    def test_no_head(self):
        for status, headers in (
            (b"200 OK", []), ("", []), ("20", []), ("100 Continue", []), ("600 X", []), (200, []), ("200OK", []),
            ("200 OK", [("Connection", "close")]), ("200 OK", [("Transfer-Encoding", "chunked")]),
            ("200 OK", [("Keep-Alive", "1")]), ("200 OK", [("Upgrade", "x")]), ("200 OK", [("TE", "trailers")]),
            ("200 OK", [("Proxy-Authenticate", "x")]), ("200 OK", [("X A", "b")]), ("200 OK", [("", "b")]),
            ("200 OK", [("X-A", "b\r\nX-B: c")]), ("200 OK", [("X-A", "\0")]), ("200 OK", [("X-A", "\u0142")]),
            ("200 OK", [(b"X-A", "b")]), ("200 OK", [("X-A", 1)]), ("200 OK", [("X-A", "b", "c")]), ("200 OK", [(":path", "/")]),
            ("200 OK", [("Content-Length", "5, 5")]), ("200 OK", [("Content-Length", "1"), ("content-length", "1")]),
            ("200 OK", None),
        ):  # fmt: skip
            with self.subTest(status=status, headers=headers):
                status, _, content, failure = answer(giving([b"x"], status, headers))
                self.assertEqual((status, content), (0, b""))
                self.assertIn("start_response", failure)


class Blocks(unittest.TestCase):
    def test_each_is_sent_before_the_next_is_asked_for(self):
        steps = Steps()

        def blocks():
            for i in range(3):
                steps.wait(("seen", i - 1)) if i else None
                yield b"block %d" % i
                yield b""

        piped = Piped(giving(blocks))
        number = piped.head()
        self.assertEqual(piped.frame()[0], "START")
        for i in range(3):
            # The application goes on only once its block was seen here.
            self.assertEqual(piped.frame(), ("DATA", number, b"block %d" % i))
            steps.add(("seen", i))
        self.assertEqual([name for name, _, _ in piped.until("SETTLED")], ["END", "SETTLED"])
        piped.end()

    def test_start_comes_with_content(self):
        steps = Steps()

        def app(environ, start_response):
            start_response("200 OK", TEXT)
            yield b""
            steps.add("asked")
            steps.wait("go")
            start_response("503 Later", [], (None, None, None))
            yield b"x"

        piped = Piped(app)
        piped.head()
        steps.wait("asked")
        steps.add("go")
        self.assertEqual(piped.frame()[2], {"status": 503, "fields": []})
        piped.end()

    def test_write(self):
        steps = Steps()

        def app(environ, start_response):
            write = start_response("200 OK", TEXT)
            write(b"")
            write(b"one")
            steps.wait("seen")
            write(b"two")
            return [b"three"]

        piped = Piped(app)
        number = piped.head()
        self.assertEqual([piped.frame() for _ in range(2)][1], ("DATA", number, b"one"))
        steps.add("seen")
        seen = piped.until("SETTLED")
        self.assertEqual([payload for name, _, payload in seen if name == "DATA"], [b"two", b"three"])
        piped.end()

    def test_room(self):
        for blocks in ([bytes(1000)], [bytes(500), bytes(500)], lambda: iter([bytes(1000)])):
            piped = Piped(giving(blocks))
            number = piped.head(room=300)
            seen = [piped.frame(), piped.frame()]
            self.assertEqual(len(seen[1][2]), 300)
            # It waits: another exchange is whole before anything more comes of this one.
            other = piped.head()
            self.assertEqual({at for _, at, _ in piped.until("SETTLED")}, {other})
            piped.credit(number, 1)
            self.assertEqual(piped.frame(), ("DATA", number, b"\0"))
            piped.credit(number, 699)
            rest = piped.until("SETTLED")
            self.assertEqual(sum(len(payload) for name, _, payload in rest if name == "DATA"), 699)
            self.assertEqual([name for name, _, _ in rest][-2:], ["END", "SETTLED"])
            piped.end()

    def test_payloads_of_the_server(self):
        piped = Piped(giving([bytes(200_000)]), payload=65_536)
        piped.head(room=1_000_000)
        sizes = [len(payload) for name, _, payload in piped.until("SETTLED") if name == "DATA"]
        self.assertEqual(sizes, [65_536, 65_536, 65_536, 3392])
        piped.end()

    def test_content_length_is_kept(self):
        three = [("Content-Length", "3")]
        for blocks in ([b"abcd"], [b"ab", b"cd"], [b"abc", b"d"]):
            status, _, content, failure = answer(giving(blocks, headers=three))
            self.assertEqual((status, content), (200, b"abc"))
            self.assertIn("beyond content-length, by 1 octets", failure)
        status, _, content, failure = answer(giving([b"a", b"b"], headers=three))
        self.assertEqual((status, content), (200, b"ab"))
        self.assertIn("1 octets short", failure)
        self.assertIn("3 octets short", answer(giving([], headers=three))[3])
        self.assertEqual(answer(giving([], headers=three))[0], 0, "nothing is out: the client can have 500")

        def writes(environ, start_response):
            write = start_response("200 OK", three)
            write(b"ab")
            write(b"cd")
            return []

        self.assertIn("write goes beyond content-length", answer(writes)[3])

    def test_content_of_no_octets(self):
        for block in ("text", 5, bytearray(b"a"), None):
            self.assertIn("content is bytes", answer(giving([block]))[3])

    def test_file_wrapper(self):
        import io

        file = io.BytesIO(bytes(range(256)) * 1000)

        def app(environ, start_response):
            start_response("200 OK", [])
            return environ["wsgi.file_wrapper"](file, 1000)

        self.assertEqual(len(answer(app, room=1_000_000)[2]), 256_000)
        self.assertTrue(file.closed)


class Ends(unittest.TestCase):
    def test_close_once(self):
        for blocks, failure in (([b"a", b"b"], None), ([b"a", "no"], "bytes"), ([], None), (["no"], "bytes")):
            result = Closed(blocks)
            text = answer(giving(result))[3]
            self.assertEqual(result.closed, 1)
            self.assertTrue(text is None if failure is None else failure in text)
        result = Closed([b"a"])
        answer(giving(result, "bad"))
        self.assertEqual(result.closed, 0, "it was never returned")

    def test_close_after_the_client_has_it_all(self):
        steps = Steps()

        class Result(list):
            def close(self):
                steps.wait("seen")

        piped = Piped(giving(Result([b"a"])))
        piped.head()
        piped.until("END")
        steps.add("seen")
        piped.until("SETTLED")
        piped.end()

    def test_close_that_fails(self):
        class Result(list):
            def close(self):
                raise KeyError("close")

        status, _, content, failure = answer(giving(Result([b"a"])))
        self.assertEqual((status, content), (200, b"a"))
        self.assertIn("KeyError: 'close'", failure)

    def test_iteration_stops_with_the_exchange(self):
        steps, closed = Steps(), Steps()

        class Result:
            def __iter__(self):
                yield b"a"
                steps.wait("reset")
                steps.add("second")
                yield b"b"
                steps.add("third")

            def close(self):
                closed.add("closed")

        piped = Piped(giving(Result))
        number = piped.head()
        piped.until("DATA")
        piped.say(frames.RESET, number, {"code": 8, "by": "peer"})
        # What is said is read in order: when this one is answered, the reset was read.
        other = piped.head("HEAD")
        self.assertEqual({at for _, at, _ in piped.until("SETTLED")}, {other})
        steps.add("reset")
        seen = piped.frame()
        self.assertEqual(seen, ("SETTLED", number, {}))
        self.assertNotIn("third", steps.all)
        self.assertEqual(closed.all.count("closed"), 2)
        piped.end()

    def test_write_and_waiting_for_room_end_with_the_exchange(self):
        raised = Steps()

        def app(environ, start_response):
            write = start_response("200 OK", [])
            try:
                write(bytes(100))
            except OSError as error:
                raised.add((error.code, error.by))
                raise
            return []

        piped = Piped(app)
        number = piped.head(room=10)
        piped.until("DATA")
        piped.say(frames.RESET, number, {"code": 5, "by": "peer"})
        self.assertEqual(piped.until("SETTLED")[-1][2], {})
        self.assertEqual(raised.all, [(5, "peer")])
        piped.end()

    def test_failures(self):
        def leaves(environ, start_response):
            sys.exit(3)

        def silent(environ, start_response):
            return [b"a"]

        def empty(environ, start_response):
            return []

        def twice(environ, start_response):
            start_response("200 OK", [])
            start_response("200 OK", [])

        for app, text in (
            (leaves, "SystemExit: 3"), (silent, "before start_response"), (empty, "has not called start_response"),
            (twice, "without exc_info"), (lambda environ, start_response: start_response("200 OK", []) and None, "TypeError"),
        ):  # fmt: skip
            status, _, _, failure = answer(app)
            self.assertEqual(status, 0)
            self.assertIn(text, failure)

    def test_long_failures_keep_their_end(self):
        def app(environ, start_response):
            raise ValueError("x" * 10_000 + " the end")

        failure = answer(app)[3]
        self.assertEqual(len(failure), 4000)
        self.assertTrue(failure.endswith("the end"))

    def test_exc_info(self):
        def app(environ, start_response):
            write = start_response("200 OK", TEXT)
            try:
                if environ["QUERY_STRING"]:
                    write(b"a")
                raise KeyError("oops")
            except KeyError:
                start_response("500 Oops", [], sys.exc_info())
            return [b"sorry"]

        self.assertEqual(answer(app)[:3], (500, ["content-length", "5"], b"sorry"))
        status, _, content, failure = answer(app, target="/?sent")
        self.assertEqual((status, content), (200, b"a"))
        self.assertIn("KeyError: 'oops'", failure)


class Threads(unittest.TestCase):
    def test_beside_one_another_up_to_a_number(self):
        both = threading.Barrier(3, timeout=20)
        steps = Steps()

        def app(environ, start_response):
            if environ["PATH_INFO"] == "/wait":
                steps.add("running")
                both.wait()
            start_response("200 OK", [])
            return []

        piped = Piped(app, threads=3)
        for _ in range(2):
            piped.head(target="/wait")
        # A third is answered while two wait; the fourth to sixth come all at once.
        self.assertEqual(piped.answer(target="/")[0], 200)
        piped.head(target="/wait")
        for _ in range(3):
            piped.until("SETTLED")
        self.assertEqual(steps.all, ["running"] * 3)
        piped.end()

    def test_no_more_than_the_number(self):
        steps = Steps()

        def app(environ, start_response):
            steps.add(environ["PATH_INFO"])
            if environ["PATH_INFO"] == "/0":
                environ["wsgi.input"].read()
                steps.add("go")
            steps.wait("go")
            start_response("200 OK", [])
            return []

        piped = Piped(app, threads=2)
        first = piped.head("POST", target="/0", ended=False)
        for i in range(1, 6):
            piped.head(target=f"/{i}")
        steps.wait("/1")
        steps.wait("/0")
        # One that is given up while it waits for a thread is never called.
        piped.say(frames.RESET, 3 + 2 * 5, {"code": 8, "by": "peer"})
        piped.say(0x70, 0, b"unknown")
        self.assertEqual(len(steps.all), 2)
        # Read behind that.
        piped.say(frames.END, first, {})
        for _ in range(6):
            piped.until("SETTLED")
        self.assertEqual(sorted(step for step in steps.all if step != "go")[:5], [f"/{i}" for i in range(5)])
        self.assertNotIn("/5", steps.all)
        piped.end()

    def test_many(self):
        piped = Piped(giving([b"hello"]), threads=3)
        seen = {}
        numbers = [piped.head(fields=["x-number", str(i)]) for i in range(500)]
        for _ in numbers:
            for name, number, payload in piped.until("SETTLED"):
                seen.setdefault(number, []).append(name)
        self.assertEqual(sorted(seen), numbers)
        self.assertEqual({tuple(names) for names in seen.values()}, {("START", "DATA", "END", "SETTLED")})
        for number in numbers:
            piped.say(frames.SENT, number)
            piped.close(number)
        piped.answer()
        self.assertEqual(len(piped.pipe._live), 1)
        piped.end()


if __name__ == "__main__":
    unittest.main()
