"""A site on Django: sessions, forms, uploads, files, notes with versions, streams, compression, errors of its own."""

import hashlib
import io
import itertools
import json
import os
import threading
from html import escape

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template import engines
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View, static
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import condition, require_POST

import notes

settings.configure(
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    INSTALLED_APPS=["django.contrib.sessions", "django.contrib.messages"],
    MIDDLEWARE=[
        f"{__name__}.named",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        f"{__name__}.refusing",
    ],
    MESSAGE_STORAGE="django.contrib.messages.storage.session.SessionStorage",
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the tests alone",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    SESSION_COOKIE_AGE=100_000_000,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    # More than this goes to a file of its own.
    FILE_UPLOAD_MAX_MEMORY_SIZE=65_536,
)
_gate = threading.Event()
PAGE = """<!doctype html><title>Guestbook</title>
<form method="post" enctype="multipart/form-data"><input type="hidden" name="csrfmiddlewaretoken" value="%s">
<input name="name"><input type="checkbox" name="colour" value="red"><input type="checkbox" name="colour" value="blue">
<input type="file" name="photo"><button>Sign</button>
</form>
<p id="said">%s</p>
"""
_requests = itertools.count(1)
_board = notes.Board()


def named(get_response):
    def middleware(request):
        request.name = f"r-{next(_requests)}"
        if request.path == "/stream":
            # Django's compression keeps short blocks back until there is more.
            request.META.pop("HTTP_ACCEPT_ENCODING", None)
        response = get_response(request)
        response["x-request-id"] = request.name
        return response

    return middleware


def refusing(get_response):
    def middleware(request):
        return get_response(request)

    def refused(request, error):
        if not isinstance(error, notes.Refused):
            return None
        return JsonResponse({"error": str(error), "details": error.details}, status=error.status)

    middleware.process_exception = refused
    return middleware


def page_of(template, request, **context):
    return HttpResponse(engines["django"].from_string(template).render(context, request))


def hello(request):
    return HttpResponse("hello\n", content_type="text/plain")


def visits(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return JsonResponse({"visits": request.session["visits"]})


@require_POST
def form(request):
    return JsonResponse({"name": request.POST["name"], "all": request.POST.getlist("item"), "q": request.GET.get("q")})


@csrf_protect
def guestbook(request):
    """A form as people fill it in; what they said is kept in the session, and shown behind a redirect."""
    if request.method == "GET":
        return HttpResponse(PAGE % (get_token(request), escape(request.session.pop("said", ""))))
    digest = hashlib.sha256(b"".join(request.FILES["photo"].chunks())).hexdigest()
    colours = "+".join(request.POST.getlist("colour"))
    request.session["said"] = f"{request.POST['name']} likes {colours}, {request.FILES['photo'].name} {digest}"
    return HttpResponseRedirect("/guestbook", status=303)


@require_POST
def upload(request):
    file, digest = request.FILES["file"], hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return JsonResponse({"name": file.name, "octets": file.size, "sha256": digest.hexdigest()})


def stream(request):
    def blocks():
        yield "first;"
        yield "second" if _gate.wait(20) else "late"

    return StreamingHttpResponse(blocks(), content_type="text/plain")


def opened(request):
    _gate.set()
    return HttpResponse("")


def fails(request):
    raise KeyError("of the site")


class LoginForm(forms.Form):
    user = forms.CharField(max_length=20)
    password = forms.CharField()

    def clean_password(self):
        if self.cleaned_data["password"] != "lovelace":
            raise forms.ValidationError("wrong <password>")
        return self.cleaned_data["password"]


class Login(View):
    def get(self, request):
        return page_of(notes.FORM, request, message="")

    def post(self, request):
        form = LoginForm(request.POST)
        if not form.is_valid():
            response = page_of(notes.FORM, request, message=" ".join(sum(form.errors.values(), [])))
            response.status_code = 401
            return response
        request.session["user"] = form.cleaned_data["user"]
        messages.info(request, "welcome")
        response = redirect("/notes/")
        response.status_code = 303
        return response


@require_POST
def logout(request):
    request.session.flush()
    response = redirect("/login")
    response.status_code = 303
    return response


class ForUsers(View):
    def dispatch(self, request, *args, **kwargs):
        if "user" in request.session:
            return super().dispatch(request, *args, **kwargs)
        if request.accepts("text/html"):
            response = redirect(f"/login?back={request.get_full_path()}")
            response.status_code = 303
            return response
        raise notes.Refused(401, "log in")


def given(request):
    if request.content_type != "application/json":
        raise notes.Refused(415, "notes come in JSON")
    try:
        return json.loads(request.body)
    except ValueError:
        raise notes.Refused(400, "that is no JSON") from None


class Notes(ForUsers):
    def get(self, request):
        page = _board.page(int(request.GET.get("page", 1)))
        if not request.accepts("text/html"):
            return JsonResponse({"notes": page})
        said = [str(one) for one in messages.get_messages(request)]
        return page_of(notes.LIST, request, user=request.session["user"], notes=page, said=said)

    def post(self, request):
        note = _board.add(request.session["user"], given(request))
        response = JsonResponse(note, status=201)
        response["location"] = f"/notes/{note['id']}"
        return response


def etag_of(_request, key):
    try:
        return f'"{notes.etag(_board.note(key))}"'
    except notes.Refused:
        return None


class Note(ForUsers):
    @method_decorator(condition(etag_func=etag_of))
    def get(self, request, key):
        return JsonResponse(_board.note(key))

    def put(self, request, key):
        asked = request.headers.get("if-match")
        note = _board.change(key, None if asked is None else asked == etag_of(request, key), given(request))
        response = JsonResponse(note)
        response["etag"] = etag_of(request, key)
        return response

    def delete(self, request, key):
        _board.remove(key)
        return HttpResponse(status=204)


class Files(ForUsers):
    def post(self, request, key):
        files = [(file.name, file.content_type, file.read()) for file in request.FILES.getlist("file")]
        return JsonResponse({"files": _board.attach(key, files)}, status=201)


class File(ForUsers):
    def get(self, request, key, name):
        kind, content = _board.file(key, name)
        return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=kind)


def export(request):
    response = StreamingHttpResponse(_board.lines(), content_type="text/csv")
    response["content-disposition"] = "attachment; filename=notes.csv"
    return response


@csrf_protect
def guarded(request):
    return HttpResponse("never\n")


def style(request, name):
    return static.serve(request, name, document_root=os.path.join(os.path.dirname(__file__), "static"))


def missing(request):
    raise Http404("nothing is here")


urlpatterns = [
    path("", hello), path("visits", visits), path("form", form), path("guestbook", guestbook), path("upload", upload),
    path("stream", stream),
    path("open", opened), path("fails", fails), path("login", Login.as_view()), path("logout", logout),
    path("notes/", include([
        path("", Notes.as_view()), path("<int:key>", Note.as_view()), path("<int:key>/files", Files.as_view()),
        path("<int:key>/files/<str:name>", File.as_view()),
    ])),
    path("export.csv", export), path("guarded", guarded), path("static/<path:name>", style), path("missing", missing),
]  # fmt: skip

application = get_wsgi_application()
