"""A site on Flask: a session, a form, an upload, a response that streams."""

import hashlib
import threading

import flask

application = flask.Flask(__name__)
application.secret_key = "of the tests alone"
_gate = threading.Event()


@application.get("/")
def hello():
    return "hello\n"


@application.get("/visits")
def visits():
    flask.session["visits"] = flask.session.get("visits", 0) + 1
    return {"visits": flask.session["visits"]}


@application.post("/form")
def form():
    return {"name": flask.request.form["name"], "all": flask.request.form.getlist("item"), "q": flask.request.args.get("q")}


@application.post("/upload")
def upload():
    file = flask.request.files["file"]
    content = file.read()
    return {"name": file.filename, "octets": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@application.get("/stream")
def stream():
    def blocks():
        yield "first;"
        _gate.wait(20)
        yield "second"

    return flask.Response(flask.stream_with_context(blocks()), mimetype="text/plain")


@application.get("/open")
def opened():
    _gate.set()
    return ""


@application.get("/fails")
def fails():
    raise KeyError("of the site")
