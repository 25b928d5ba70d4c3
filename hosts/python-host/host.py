#!/usr/bin/python3
"""Starts msgi_host from whatever folder."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from msgi_host.__main__ import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv))
