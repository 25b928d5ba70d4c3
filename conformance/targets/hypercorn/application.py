"""The application of the target: ASGI, with the four resources."""

CONTENT = {"/": b"hello from asgi\n", "/large": b"x" * (2 * 1024 * 1024)}


async def answer(scope, receive, send):
    if scope["type"] != "http":
        return
    octets = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        octets += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    content = b"%d octets\n" % octets if scope["path"] == "/upload" else CONTENT.get(scope["path"])
    status = 404 if content is None else 200
    content = content or b"not found\n"
    fields = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})
