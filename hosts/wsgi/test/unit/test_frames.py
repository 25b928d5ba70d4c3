"""Frames, however they arrive, and writes, however much of them is taken. Section 11.2."""

import os
import random
import threading
import unittest

from piped import frames

from msgi_wsgi.frames import FrameReader, PipeError
from msgi_wsgi.output import MOST_PIECES, Output, behind


def said():
    """Frames of all sizes, and what they are."""
    chance = random.Random(9113)
    found = []
    for number in range(1, 60):
        kind = chance.choice((frames.DATA, frames.DATA, frames.HEAD, frames.CREDIT, 0x70))
        found.append((kind, number, chance.randbytes(chance.choice((1, 4, 9, 100, 3000, 40_000)))))
    return found


class Parts(unittest.TestCase):
    def test_however_it_is_cut(self):
        wanted = said()
        stream = b"".join(frames.frame(kind, number, payload) for kind, number, payload in wanted)
        for size in (1, 8, 9, 10, 1000, 65_536, len(stream)):
            with self.subTest(size):
                reader, seen = FrameReader(65_536, True), []
                for at in range(0, len(stream), size):
                    for kind, number, payload in reader.read(stream[at : at + size]):
                        self.assertTrue(len(payload) > 0)
                        if seen and kind == frames.DATA and seen[-1][1] == number:
                            kind, number, payload = kind, number, seen.pop()[2] + payload
                        seen.append((kind, number, bytes(payload)))
                self.assertEqual(seen, wanted)

    def test_a_view_keeps_no_more_than_four_times_what_it_shows(self):
        octets = frames.frame(frames.DATA, 3, bytes(1000)) + frames.frame(frames.DATA, 5, bytes(9000))
        kept = [type(payload) for _, _, payload in FrameReader(65_536, True).read(octets)]
        self.assertEqual(kept, [bytes, memoryview])

    def test_what_is_no_content(self):
        self.assertEqual(FrameReader(65_536, True).read(frames.frame(frames.DATA, 3)), [(frames.DATA, 3, b"")])
        with self.assertRaises(PipeError):
            FrameReader(65_536, True).read(frames.frame_head(frames.DATA, 3, 65_537))


class Writes(unittest.TestCase):
    def test_behind(self):
        pieces = [b"abc", b"", b"defg"]
        whole = b"".join(pieces)
        for octets in range(len(whole) + 1):
            self.assertEqual(b"".join(behind(pieces, octets)), whole[octets:])
        self.assertEqual(behind(pieces, len(whole)), [])

    def test_pieces_of_several_threads_stay_together(self):
        ours, theirs = os.pipe()
        output = Output(theirs)

        def write(octet):
            for _ in range(5):
                output.write_all([octet * 3, memoryview(octet * 100_000), octet])
            for _ in range(MOST_PIECES + 1):
                output.leave(octet)

        threads = [threading.Thread(target=write, args=(octet,)) for octet in (b"a", b"b", b"c")]
        for thread in threads:
            thread.start()

        def end():
            for thread in threads:
                thread.join()
            output.flush()
            os.close(theirs)

        ender = threading.Thread(target=end)
        ender.start()
        came = b"".join(iter(lambda: os.read(ours, 65_536), b""))
        ender.join()
        os.close(ours)
        for octet in (b"a", b"b", b"c"):
            self.assertEqual(came.count(octet), 5 * 100_004 + MOST_PIECES + 1)
            self.assertEqual(came.count(octet * 100_004), 5)


if __name__ == "__main__":
    unittest.main()
