"""Work done beside this process, on another core: a fork has all that was read, and only renders and writes."""

import gc
import json
import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress

from jindu.tether import die_with_parent

PATIENCE = 120.0  # seconds for a fork that hangs, such as on a lock that another thread held; it needs five
Work = Callable[[], tuple[int, int]]  # pages and bytes


def begin_beside(work: Work) -> Work:
    """Begin the work in a fork; what comes back waits for its result, and does the work here where the fork has none.

    A fork of a process with threads has none of them: the work may neither log, nor ask a database, nor start threads.
    """
    reading, writing = os.pipe()
    here = os.getpid()
    fork = os.fork()
    if fork == 0:
        code = 1
        try:
            gc.disable()  # what the other threads left behind is not this process's to close
            die_with_parent(here, signal.SIGKILL)
            os.write(writing, json.dumps(work()).encode())
            code = 0
        finally:  # whatever it was: the process it came from does the work, and raises it
            os._exit(code)
    os.close(writing)
    return lambda: _result(fork, reading) or work()


def _result(fork: int, reading: int) -> tuple[int, int] | None:
    try:
        ready, _, _ = select.select([reading], [], [], PATIENCE)
        text = os.read(reading, 1 << 10) if ready else b""
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(fork, signal.SIGKILL)  # it has said all it has to say
        os.waitpid(fork, 0)
    if not text:
        return None
    pages, size = json.loads(text)
    return pages, size
