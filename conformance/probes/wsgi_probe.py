"""The probe of WSGI: a PEP 3333 application that does what the kit tells it (probe_control.py).

A server is told to host `wsgi_probe:application`, with this folder on PYTHONPATH. It wants eight threads or more.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from probe_control import ABSENT, LARGE, SMALL, Failure, Over, content_of, pairs, read_of, visit_of  # noqa: E402


def application(environ, start_response):
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    visit = visit_of(path)
    if visit is None:
        return serve(path, environ, start_response)
    visit.report("saw", seen(environ))
    if visit.twin:
        start_response("200 OK", [("Content-Length", "0")])
        return []
    return Performance(visit, environ, start_response).run()


def seen(environ):
    texts = {key: value for key, value in environ.items() if isinstance(value, str)}
    return {
        "environ": texts,
        "kinds": {key: type(value).__name__ for key, value in environ.items()},
        "wide": sorted(key for key, value in texts.items() if any(ord(letter) > 255 for letter in key + value)),
        "version": list(environ.get("wsgi.version", ())),
        "multithread": bool(environ.get("wsgi.multithread")),
        "multiprocess": bool(environ.get("wsgi.multiprocess")),
        "run_once": bool(environ.get("wsgi.run_once")),
        "terminated": bool(environ.get("wsgi.input_terminated")),
        "dict": type(environ) is dict,
    }


class Performance:
    """What is done on one exchange before the application returns."""

    def __init__(self, visit, environ, start_response):
        self.visit = visit
        self.environ = environ
        self.start_response = start_response
        self.write = None

    def run(self):
        try:
            while True:
                step = self.visit.step()
                try:
                    returned, result = self.perform(step)
                except Failure as error:
                    self.visit.done(step, error=error)
                    raise
                except Exception as error:
                    self.visit.done(step, error=error)
                    continue
                self.visit.done(step, result)
                if returned is not None:
                    return returned
        except Over:
            if self.write is None:
                self.start_response("500 Over", [("Content-Length", "0")])
            return []

    def perform(self, step):
        """What the application returns then, or None, and what came of the step."""
        verb, arguments = step["verb"], step["with"]
        if verb == "read":
            return None, self.read(arguments.get("octets"))
        if verb == "lines":
            return None, self.lines(arguments["way"])
        if verb == "start":
            return None, self.start(arguments)
        if verb == "write":
            self.write(content_of(step))
            return None, None
        if verb == "answer":
            self.start(arguments)
            return [content_of(step)], None
        if verb == "head":
            self.start(arguments)
            return Blocks(self), None
        if verb == "return":
            return returned(self, step), None
        if verb == "call":
            return None, self.call(arguments)
        if verb == "fail":
            raise Failure("it fails when it is told to")
        raise TypeError("this probe has no %r" % verb)

    def start(self, arguments):
        """Calls start_response; with `exc_info` as an application that has caught an error does."""
        status = "%d Told" % arguments["status"]
        headers = pairs(arguments["fields"])
        if not arguments.get("exc_info"):
            self.write = self.start_response(status, headers)
        else:
            try:
                raise ValueError("the error of exc_info")
            except ValueError:
                self.write = self.start_response(status, headers, sys.exc_info())
        return {"callable": callable(self.write)}

    def read(self, octets):
        """So many octets, or all to the end."""
        source = self.environ["wsgi.input"]
        parts, missing = [], octets
        while missing is None or missing > 0:
            part = source.read(65536 if missing is None else missing)
            if part == b"":
                return read_of(b"".join(parts), True)
            parts.append(part)
            missing = None if missing is None else missing - len(part)
        return read_of(b"".join(parts), False)

    def lines(self, way):
        source = self.environ["wsgi.input"]
        if way == "readline":
            lines = list(iter(source.readline, b""))
        elif way == "readlines":
            lines = source.readlines()
        elif way == "hint":
            lines = list(source.readlines(1)) + list(source.readlines())
        else:
            lines = list(source)
        return [line.decode("latin-1") for line in lines]

    def call(self, arguments):
        """A function that the server offers beyond PEP 3333."""
        offered = self.environ.get(arguments["key"])
        if offered is None:
            return {"offered": False}
        result = offered(*[given(one) for one in arguments.get("args", [])])
        return {"offered": True, "result": list(result) if isinstance(result, tuple) else result}


def given(argument):
    """A list of pairs crosses as a list of lists."""
    return [tuple(one) for one in argument] if isinstance(argument, list) else argument


def returned(performance, step):
    """What an application may return: blocks that are there, or those that a generator makes."""
    blocks = [block.encode("latin-1") for block in step["with"]["blocks"]]
    if step["with"].get("kind") == "tuple":
        return tuple(blocks)
    if step["with"].get("kind") == "list":
        return blocks
    return Blocks(performance, blocks)


class Blocks:
    """An iterable that asks the kit for each block, and reports that it was asked, and closed."""

    def __init__(self, performance, blocks=()):
        self.performance = performance
        self.visit = performance.visit
        self.blocks = list(blocks)
        self.flowing = None
        self.made = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.visit.report("asked")
        if self.blocks:
            return self.blocks.pop(0)
        if self.flowing is not None:
            return self.flow()
        try:
            return self.told()
        except Over:
            raise StopIteration from None

    def told(self):
        while True:
            step = self.visit.step()
            verb = step["verb"]
            if verb == "block":
                self.visit.done(step)
                return content_of(step)
            if verb == "flow":
                self.flowing = content_of(step), step["with"]["count"]
                self.visit.done(step)
                return self.flow()
            if verb == "end":
                self.visit.done(step)
                raise StopIteration
            if verb == "fail":
                self.visit.done(step)
                raise Failure("it fails when it is told to")
            try:
                self.visit.done(step, self.performance.perform(step)[1])
            except Exception as error:
                self.visit.done(step, error=error)

    def flow(self):
        content, count = self.flowing
        if self.made == count:
            raise StopIteration
        self.made += 1
        self.visit.report("made", self.made)
        return content

    def close(self):
        self.visit.report("closed")


def serve(path, environ, start_response):
    """What every subject serves: the resources of its manifest."""
    if path == "/upload":
        octets = 0
        for part in iter(lambda: environ["wsgi.input"].read(65536), b""):
            octets += len(part)
        return answer(environ, start_response, "200 OK", b"%d octets\n" % octets)
    if path == "/":
        return answer(environ, start_response, "200 OK", SMALL)
    if path == "/large":
        return answer(environ, start_response, "200 OK", LARGE)
    return answer(environ, start_response, "404 Not Found", ABSENT)


def answer(environ, start_response, status, content):
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
    # Not every server takes content away from an answer to HEAD: the resources are there for every case.
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]
