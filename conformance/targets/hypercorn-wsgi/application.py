"""The kit's probe of WSGI, by the middleware that every version of Hypercorn has."""
from hypercorn.middleware import AsyncioWSGIMiddleware
from wsgi_probe import application

hosted = AsyncioWSGIMiddleware(application)
