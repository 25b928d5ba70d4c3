"""`host.py APP`: hosts the module's `application`, or `app`, on descriptors 0 and 1."""

import asyncio
import importlib.util
import os
import sys
import types

from .host import Host


def take_descriptors():
    """The pipe is nobody else's: 0 is empty from now on, and 1 goes where 2 goes (MSGI-PROC-1)."""
    pipe = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    os.close(empty)
    return pipe


def load(path):
    spec = importlib.util.spec_from_file_location("hosted", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    application = getattr(module, "application", None)
    return application or types.SimpleNamespace(app=module.app)


async def serve(application, descriptors):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**20)
    source = os.fdopen(descriptors[0], "rb", 0)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    target = os.fdopen(descriptors[1], "wb", 0)
    transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, target)

    def write(octets):
        if octets is None:
            transport.close()
        elif not transport.is_closing():
            transport.write(octets)

    return await Host(application, write).serve(lambda: reader.read(65_536))


def main(argv):
    if len(argv) != 2:
        print("usage: host.py APP.py", file=sys.stderr)
        return 2
    descriptors = take_descriptors()
    well = asyncio.run(ending(load(argv[1]), descriptors))
    return 0 if well else 1


async def ending(application, descriptors):
    well = await serve(application, descriptors)
    sys.stderr.flush()
    # Whatever the application has left behind keeps no process (MSGI-PROC-46).
    os._exit(0 if well else 1)
