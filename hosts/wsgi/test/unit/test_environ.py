"""The table of section 12.3, MSGI-WSGI-1 to MSGI-WSGI-4."""

import unittest
from wsgiref.validate import validator

from piped import PEER, Piped


def shown(**more):
    """The environ of one request."""
    connection = more.pop("facts", None)
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [])
        return []

    piped = Piped(app, connection=connection)
    status, _, _, failure = piped.answer(**more)
    piped.end()
    assert status == 200, failure
    return seen


class Environ(unittest.TestCase):
    def test_all_keys(self):
        fields = ["content-type", "text/plain", "content-length", "5", "accept", "a/b", "cookie", "a=1; b=2"]
        seen = shown(method="POST", target="/a%20b/%c3%a9?x=%2f?y", base="/m%20n", fields=fields, window=5)
        expected = {
            "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/m n", "PATH_INFO": "/a b/\xc3\xa9", "QUERY_STRING": "x=%2f?y",
            "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "5", "HTTP_ACCEPT": "a/b", "HTTP_COOKIE": "a=1; b=2",
            "HTTP_HOST": "example.org", "SERVER_NAME": "example.org", "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/2.0", "REMOTE_ADDR": PEER["host"], "REMOTE_PORT": str(PEER["port"]),
            "wsgi.url_scheme": "https", "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False,
            "wsgi.run_once": False, "wsgi.input_terminated": True,
        }  # fmt: skip
        self.assertEqual({key: seen.get(key) for key in expected}, expected)
        self.assertNotIn("HTTPS", seen)
        self.assertNotIn("HTTP_CONTENT_LENGTH", seen)
        for key, value in seen.items():
            if key.isupper():
                self.assertIs(type(value), str, key)

    def test_each_version(self):
        for version, protocol in {"1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2.0", "3": "HTTP/3.0"}.items():
            self.assertEqual(shown(version=version)["SERVER_PROTOCOL"], protocol)

    def test_names_of_the_server(self):
        for authority, scheme, name, port in (
            ("a.test:81", "http", "a.test", "81"),
            ("a.test", "http", "a.test", "80"),
            ("a.test:", "https", "a.test", "443"),
            ("[2001:db8::1]:8080", "https", "[2001:db8::1]", "8080"),
            ("[::1]", "https", "[::1]", "443"),
            ("", "http", "192.0.2.1", "8443"),
        ):
            seen = shown(authority=authority, scheme=scheme)
            self.assertEqual((seen["SERVER_NAME"], seen["SERVER_PORT"]), (name, port), authority)
            self.assertEqual(seen.get("HTTP_HOST"), authority or None)

    def test_connection(self):
        tls = {"version": "TLSv1.3", "cipher": "x", "alpn": "h2", "sni": "", "chain": [], "verified": False}
        seen = shown(facts={"peer": None, "local": None, "tls": tls}, authority="")
        self.assertEqual(seen["HTTPS"], "on")
        self.assertNotIn("REMOTE_ADDR", seen)
        self.assertTrue(seen["SERVER_NAME"])
        self.assertTrue(seen["SERVER_PORT"])
        seen = shown(facts={"peer": None, "local": {"host": "::1", "port": 80}, "tls": None}, authority="")
        self.assertEqual(seen["SERVER_NAME"], "[::1]")

    def test_dropped_and_joined(self):
        fields = ["x_user", "root", "x-user", "me", "proxy", "http://evil.test", "accept", "a", "x-user", "too", "accept", "b"]
        seen = shown(fields=fields)
        self.assertEqual(seen["HTTP_X_USER"], "me,too")
        self.assertEqual(seen["HTTP_ACCEPT"], "a,b")
        self.assertNotIn("HTTP_PROXY", seen)

    def test_escapes(self):
        for target, path in (("/%2F%zz%4", "/\x2f%zz%4"), ("/%00%0d", "/\0\r"), ("*", "*"), ("/\xe9", "/\xe9"), ("/a//../b", "/a//../b")):
            self.assertEqual(shown(target=target)["PATH_INFO"], path)

    def test_names_do_not_pile_up(self):
        from msgi_wsgi import environ

        for i in range(3):
            shown(fields=[text for j in range(700) for text in (f"x-{i}-{j}", "v")])
        self.assertLessEqual(len(environ._keys), environ.MOST_KEYS)

    def test_validator(self):
        def app(environ, start_response):
            content = environ["wsgi.input"].read(5)
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [content]

        piped = Piped(validator(app))
        number = piped.head("POST", "/x", fields=["content-length", "5", "content-type", "a/b"], ended=False)
        piped.say(5, number, b"hello")
        piped.say(6, number, {})
        status, _, content, failure = piped.answer(number=number)
        self.assertEqual((status, content, failure), (200, b"hello", None))
        piped.end()


if __name__ == "__main__":
    unittest.main()
