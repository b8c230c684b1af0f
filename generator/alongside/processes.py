"""Much work of one kind: on all cores, and without looking for garbage where there is none.

Reading ten thousand files and rendering as many pages is the same on each core. A fork has everything the parent has at
no cost; what it answers comes back as bytes through a pipe.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alongside.problems import AlongsideError


@contextmanager
def collector_off() -> Iterator[None]:
    """While open, nothing is collected: records are kept and pages leave no circles behind. Also decorates."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            # all of it counts as old at once: the first look for young garbage would go through every record
            gc.freeze()
            gc.unfreeze()
            gc.enable()


atexit.register(gc.freeze)  # what is there when the process ends goes with it; nobody need look through it


def how_many(jobs: int, *, least: int) -> int:
    """In how many processes `jobs` pieces of work are best done; 1: here. `least`: from how many on forking pays."""
    # forking a process that runs threads may copy a lock that nobody will open again
    if jobs < least or not hasattr(os, "fork") or threading.active_count() > 1:
        return 1
    return os.cpu_count() or 1


def answers(work: Callable[[int], bytes], processes: int) -> Iterator[bytes]:
    """What `work(0)`, `work(1)` ... give, each run in a process of its own, all at once; in this order.

    Raises `AlongsideError` when one fails, after all have ended; `OSError` when that is what it met: a full disk.
    """
    workers = [_fork(work, part) for part in range(processes)]
    failures = []
    for process, pipe in workers:
        with os.fdopen(pipe, "rb") as stream:
            found = stream.read()
        os.waitpid(process, 0)
        if found[:1] == b"+":
            yield found[1:]
        else:
            failures.append(
                pickle.loads(found[1:])  # noqa: S301  from a process of ours
                if found
                else AlongsideError("A process was killed.", hint="The machine may have run out of memory.")
            )
    if failures:
        raise failures[0]


def _fork(work: Callable[[int], bytes], part: int) -> tuple[int, int]:
    ours, theirs = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        os.close(theirs)
        return process, ours
    os.close(ours)
    code = 1
    try:
        try:
            answer = b"+" + work(part)
        except OSError as error:
            answer = b"-" + pickle.dumps(error)
        except Exception:
            import traceback  # only here, and it takes long to load

            answer = b"-" + pickle.dumps(AlongsideError(f"A process failed.\n{traceback.format_exc()}"))
        with os.fdopen(theirs, "wb") as stream:
            stream.write(answer)
        code = 0
    finally:
        os._exit(code)  # nothing of the parent's is to be cleaned up here
