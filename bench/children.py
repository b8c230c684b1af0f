"""Processes that are killed in the middle of their work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from bench.harness import BenchError


def kill_within(child: int, has_begun: Callable[[], bool], seconds: float) -> None:
    """Kill it so long after it has begun; or not at all, when it ended before."""
    deadline = time.monotonic() + 60
    while not has_begun() and time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.001)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def wait_for(child: int) -> None:
    """Its end. Raises `BenchError` when it failed."""
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise BenchError("a process that was not killed failed")
