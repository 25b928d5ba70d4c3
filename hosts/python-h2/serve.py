#!/usr/bin/python3
"""Starts msgi_h2 from whatever folder."""

import asyncio
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from msgi_h2.__main__ import main  # noqa: E402

if __name__ == "__main__":
    asyncio.run(main())
