"""A site on Flask: sessions, forms, uploads, files, notes with versions, streams, compression, errors of its own."""

import gzip
import hashlib
import io
import itertools
import threading
from html import escape

import flask
from werkzeug.exceptions import HTTPException

import notes

application = flask.Flask(__name__, static_folder="static")
application.secret_key = "of the tests alone"
application.config["MAX_CONTENT_LENGTH"] = 8_000_000
application.json.sort_keys = True
_gate = threading.Event()
PAGE = """<!doctype html><title>Guestbook</title>
<form method="post" enctype="multipart/form-data">
<input name="name"><input type="checkbox" name="colour" value="red"><input type="checkbox" name="colour" value="blue">
<input type="file" name="photo"><button>Sign</button>
</form>
<p id="said">%s</p>
"""
_requests = itertools.count(1)
_board = notes.Board()


@application.before_request
def name_request():
    flask.g.name = f"r-{next(_requests)}"


@application.after_request
def finish(response):
    response.headers["x-request-id"] = flask.g.name
    compressible = response.mimetype in ("text/html", "text/csv", "application/json")
    if compressible:
        response.vary.add("Accept-Encoding")
    accepted = "gzip" in flask.request.accept_encodings and response.status_code == 200
    if compressible and accepted and not response.is_streamed and len(response.data) > 500:
        response.data = gzip.compress(response.data, mtime=0)
        response.headers["content-encoding"] = "gzip"
    return response


@application.errorhandler(notes.Refused)
def refused(error):
    return {"error": str(error), "details": error.details}, error.status


@application.errorhandler(HTTPException)
def wrong(error):
    if not flask.request.path.startswith("/notes") or error.code < 400:
        return error
    response = error.get_response()
    response.data = flask.json.dumps({"error": error.name})
    response.content_type = "application/json"
    return response


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


@application.route("/guestbook", methods=["GET", "POST"])
def guestbook():
    """A form as people fill it in; what they said is kept in the session, and shown behind a redirect."""
    if flask.request.method == "GET":
        return PAGE % escape(flask.session.pop("said", ""))
    form, photo = flask.request.form, flask.request.files["photo"]
    digest = hashlib.sha256(photo.read()).hexdigest()
    flask.session["said"] = f"{form['name']} likes {'+'.join(form.getlist('colour'))}, {photo.filename} {digest}"
    return flask.redirect("/guestbook", 303)


@application.post("/upload")
def upload():
    file = flask.request.files["file"]
    content = file.read()
    return {"name": file.filename, "octets": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@application.get("/stream")
def stream():
    def blocks():
        yield "first;"
        yield "second" if _gate.wait(20) else "late"

    return flask.Response(flask.stream_with_context(blocks()), mimetype="text/plain")


@application.get("/open")
def opened():
    _gate.set()
    return ""


@application.get("/fails")
def fails():
    raise KeyError("of the site")


board = flask.Blueprint("board", __name__, url_prefix="/notes")


@application.route("/login", methods=["GET", "POST"])
def login():
    if flask.request.method == "GET":
        return flask.render_template_string(notes.FORM, message="")
    if flask.request.form.get("password") != "lovelace":
        return flask.render_template_string(notes.FORM, message="wrong <password>"), 401
    flask.session["user"] = flask.request.form["user"]
    flask.flash("welcome")
    return flask.redirect("/notes/", 303)


@application.post("/logout")
def logout():
    flask.session.clear()
    return flask.redirect("/login", 303)


@board.before_request
def wants_user():
    if "user" in flask.session:
        return None
    if flask.request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        raise notes.Refused(401, "log in")
    return flask.redirect(flask.url_for("login", back=flask.request.full_path), 303)


@board.get("/")
def listed():
    page = _board.page(flask.request.args.get("page", 1, int))
    if flask.request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"notes": page}
    said = flask.get_flashed_messages()
    return flask.render_template_string(notes.LIST, user=flask.session["user"], notes=page, said=said)


@board.post("/")
def add():
    note = _board.add(flask.session["user"], flask.request.get_json())
    return note, 201, {"Location": f"/notes/{note['id']}"}


@board.get("/<int:key>")
def show(key):
    note = _board.note(key)
    response = flask.jsonify(note)
    response.set_etag(notes.etag(note))
    return response.make_conditional(flask.request)


@board.put("/<int:key>")
def change(key):
    asked = flask.request.if_match
    note = _board.change(key, asked.contains(notes.etag(_board.note(key))) if asked else None, flask.request.get_json())
    response = flask.jsonify(note)
    response.set_etag(notes.etag(note))
    return response


@board.delete("/<int:key>")
def remove(key):
    _board.remove(key)
    return "", 204


@board.post("/<int:key>/files")
def attach(key):
    files = [(file.filename, file.mimetype, file.read()) for file in flask.request.files.getlist("file")]
    return {"files": _board.attach(key, files)}, 201


@board.get("/<int:key>/files/<name>")
def save(key, name):
    kind, content = _board.file(key, name)
    etag = hashlib.sha256(content).hexdigest()
    return flask.send_file(
        io.BytesIO(content), kind, as_attachment=True, download_name=name, etag=etag, conditional=True, max_age=60
    )


@application.get("/export.csv")
def export():
    headers = {"Content-Disposition": "attachment; filename=notes.csv"}
    return flask.Response(_board.lines(), mimetype="text/csv", headers=headers)


application.register_blueprint(board)
