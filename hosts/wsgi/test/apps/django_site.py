"""A site on Django in one file: a session, a form, an upload, a response that streams."""

import hashlib
import threading

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

settings.configure(
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    INSTALLED_APPS=["django.contrib.sessions"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the tests alone",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    # More than this goes to a file of its own.
    FILE_UPLOAD_MAX_MEMORY_SIZE=65_536,
)
_gate = threading.Event()


def hello(request):
    return HttpResponse("hello\n", content_type="text/plain")


def visits(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return JsonResponse({"visits": request.session["visits"]})


@require_POST
def form(request):
    return JsonResponse({"name": request.POST["name"], "all": request.POST.getlist("item"), "q": request.GET.get("q")})


@require_POST
def upload(request):
    file, digest = request.FILES["file"], hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return JsonResponse({"name": file.name, "octets": file.size, "sha256": digest.hexdigest()})


def stream(request):
    def blocks():
        yield "first;"
        _gate.wait(20)
        yield "second"

    return StreamingHttpResponse(blocks(), content_type="text/plain")


def opened(request):
    _gate.set()
    return HttpResponse("")


def fails(request):
    raise KeyError("of the site")


urlpatterns = [
    path("", hello), path("visits", visits), path("form", form), path("upload", upload), path("stream", stream),
    path("open", opened), path("fails", fails),
]  # fmt: skip

application = get_wsgi_application()
