"""For applications that go by CONTENT_LENGTH: what a request without it has for content is read before they are called.

HTTP/2 needs no content-length, and PEP 3333 lets CONTENT_LENGTH be absent; the host itself reads nothing ahead (MSGI-WSGI-6).
Django takes such a request for one without content. Around its application this reads it, as the application that it is:

    from msgi_wsgi.whole import whole
    application = whole(get_wsgi_application())
"""

import tempfile

# Octets of content that stay in memory; more of it goes to a file without a name.
IN_MEMORY = 1_048_576


def whole(app, most=10_485_760):
    """A WSGI application: `app`, called with CONTENT_LENGTH where there is content. More than `most` octets are answered 413."""

    def called(environ, start_response):
        if "CONTENT_LENGTH" in environ or not environ.get("wsgi.input_terminated"):
            return app(environ, start_response)
        content, length = kept(environ["wsgi.input"], most)
        if length > most:
            start_response("413 Content Too Large", [("Content-Length", "0")])
            return []
        if length > 0:
            environ["CONTENT_LENGTH"] = str(length)
            environ["wsgi.input"] = content
        return app(environ, start_response)

    return called


def kept(source, most):
    """The content as a file, and its octets; those behind the first beyond `most` are not read."""
    content, length = tempfile.SpooledTemporaryFile(IN_MEMORY), 0
    for part in iter(lambda: source.read(65_536), b""):
        length += len(part)
        if length > most:
            break
        content.write(part)
    content.seek(0)
    return content, length
