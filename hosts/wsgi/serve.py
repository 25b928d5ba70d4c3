#!/usr/bin/env python3
"""Starts msgi_wsgi from whatever folder, on the pipe at descriptors 0 and 1."""

import os
import sys

# Read by whatever Python there is: what needs 3.9 stands behind this check.
if sys.version_info < (3, 9):
    sys.stderr.write(
        "msgi serve: %s is Python %d.%d; WSGI applications need 3.9 or later: put one first on the PATH, "
        "or name a virtual environment with --venv\n" % ((sys.executable,) + tuple(sys.version_info[:2]))
    )
    sys.exit(2)

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[0] = HERE

from msgi_wsgi.main import main  # noqa: E402

if __name__ == "__main__":
    # What lies beside this file is not for the application to import.
    sys.path.remove(HERE)
    sys.exit(main(sys.argv[1:]))
