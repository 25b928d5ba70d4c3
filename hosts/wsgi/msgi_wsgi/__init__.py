"""Hosts a WSGI application (PEP 3333) over MSGI/process: sections 11 and 12.3 of the specification."""
