"""Work by the clock: each kind in a thread of its own, again and again until the service stops.

Nothing a piece of work raises ends the service: it is told in one line, and tried again at its next time.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from alongside.problems import AlongsideError, mask_addresses
from alongside.service.lines import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something to do every so often. `run` says in counts what it did (`sent=3 skipped=1`), or nothing."""

    name: str  # one word
    every_seconds: float  # from start to start
    run: Callable[[], str]


def start_clock(
    works: Sequence[Work], *, stopping: Event, log: Log, monotonic: Callable[[], float] = time.monotonic
) -> tuple[Thread, ...]:
    """A thread for each of `works`, at work until `stopping` is set. A pass that runs then looks at `stopping` itself.

    The threads do not keep the process alive: who started them waits for them as long as they may take.
    """
    threads = tuple(
        Thread(target=_keep_doing, args=(work, stopping, log, monotonic), name=work.name, daemon=True) for work in works
    )
    for thread in threads:
        thread.start()
    return threads


def _keep_doing(work: Work, stopping: Event, log: Log, monotonic: Callable[[], float]) -> None:
    while not stopping.is_set():
        begun = monotonic()
        _do_once(work, log)
        stopping.wait(max(0.0, work.every_seconds - (monotonic() - begun)))


def _do_once(work: Work, log: Log) -> None:
    try:
        told = work.run()
    except AlongsideError as error:
        log("error", work.name, mask_addresses(str(error)))
    except Exception as error:  # a defect, or a server's whim: both may be over the next time
        log("error", work.name, told_defect(error))
    else:
        if told:
            log("info", work.name, told)


def told_defect(error: BaseException) -> str:
    """`KeyError at worker.py:123`: where it happened, and none of the values in it, which may be people's."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
