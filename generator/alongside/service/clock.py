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

LATE_SECONDS = 600.0  # a mail server that is away that long is no hiccup any more
LONGEST_SECONDS = 3600.0  # a pass over very many mails to a slow server


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something to do every so often. `run` says in counts what it did (`sent=3 skipped=1`), or nothing."""

    name: str  # one word
    every_seconds: float  # from start to start
    run: Callable[[], str]


class Rounds:
    """When each piece of work last began, and last ended well: whether it still does what it should."""

    def __init__(
        self,
        ended: Callable[[str, float, bool], None] = lambda *_: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ended` hears of each: its name, its seconds, and whether it ended well."""
        self.monotonic = monotonic
        self._ended = ended
        self._started = monotonic()
        self._begun: dict[str, float] = {}  # of those under way
        self._well: dict[str, float] = {}
        self._every: dict[str, float] = {}

    def begin(self, work: Work) -> None:
        """It begins."""
        self._every[work.name] = work.every_seconds
        self._begun[work.name] = self.monotonic()

    def end(self, work: Work, *, well: bool) -> None:
        """It ended."""
        now = self.monotonic()
        if well:
            self._well[work.name] = now
        self._ended(work.name, now - self._begun.pop(work.name), well)

    def is_late(self, name: str) -> bool:
        """Whether it was not done for too long: it fails again and again, or hangs. Never for what is not done here."""
        if name not in self._every:
            return False
        now, last = self.monotonic(), self._well.get(name, self._started)
        patience = max(LATE_SECONDS, 3 * self._every[name])
        begun = self._begun.get(name)
        is_long = begun is not None and begun - last <= patience and now - begun <= LONGEST_SECONDS
        return now - last > patience and not is_long


def start_clock(works: Sequence[Work], *, stopping: Event, log: Log, rounds: Rounds) -> tuple[Thread, ...]:
    """A thread for each of `works`, at work until `stopping` is set. A pass that runs then looks at `stopping` itself.

    The threads do not keep the process alive: who started them waits for them as long as they may take.
    """
    threads = tuple(
        Thread(target=_keep_doing, args=(work, stopping, log, rounds), name=work.name, daemon=True) for work in works
    )
    for thread in threads:
        thread.start()
    return threads


def _keep_doing(work: Work, stopping: Event, log: Log, rounds: Rounds) -> None:
    while not stopping.is_set():
        begun = rounds.monotonic()
        rounds.begin(work)
        rounds.end(work, well=_do_once(work, log))
        stopping.wait(max(0.0, work.every_seconds - (rounds.monotonic() - begun)))


def _do_once(work: Work, log: Log) -> bool:
    """Whether it ended well."""
    try:
        told = work.run()
    except AlongsideError as error:
        log("error", work.name, mask_addresses(str(error)))
    except Exception as error:  # a defect, or a server's whim: both may be over the next time
        log("error", work.name, told_defect(error))
    else:
        if told:
            log("info", work.name, told)
        return True
    return False


def told_defect(error: BaseException) -> str:
    """`KeyError at worker.py:123`: where it happened, and none of the values in it, which may be people's."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
