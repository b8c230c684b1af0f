"""One pass by several processes: each a sender of its own, with its journal and its share of the connections.

Nothing holds them together but the store: a step is claimed once, whoever claims it. So it is as safe as several
machines, and a large pass takes the cores there are.
"""

from __future__ import annotations

import mmap
import pickle
import struct
from collections.abc import Callable
from dataclasses import replace

from alongside.delivery.desk import Desk
from alongside.delivery.recovery import Recovered
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import Transport
from alongside.delivery.worker import Outcome, PassReport, World, record_run, send_share
from alongside.problems import AlongsideError
from alongside.processes import answers

_COUNT = struct.Struct("q")


def send_side_by_side(
    store: Store,
    desk: Desk,
    world: World,
    *,
    open_store: Callable[[], Store],
    open_transport: Callable[[int], Transport],
    processes: int,
    progress: Callable[[int], None] | None = None,
) -> PassReport:
    """Everything that is due, in `processes` forked from this one, which runs no thread.

    `open_store` opens the same store again. `open_transport(n)` is one n-th of the way out. `progress` hears how many
    outcomes there are so far, from one of the processes. Raises as `send_due`: what one process met, after all ended.
    """
    store.engine.dispose()  # no connection is taken across a fork
    desk.index(world.now().date())  # what all of them need is worked out once
    counts = mmap.mmap(-1, _COUNT.size * processes)
    world = replace(world, processes=processes)

    def work(part: int) -> bytes:
        done = 0

        def count(_outcome: Outcome) -> None:
            nonlocal done
            done += 1
            _COUNT.pack_into(counts, _COUNT.size * part, done)
            if part == 0 and progress is not None:
                progress(sum(number for (number,) in _COUNT.iter_unpack(counts[:])))

        own = open_store()
        try:
            return pickle.dumps(send_share(own, desk, open_transport(processes), world, progress=count))
        except AlongsideError as error:
            return pickle.dumps(error)
        finally:
            own.close()

    report = PassReport()
    failures: list[AlongsideError] = []
    for answer in answers(work, processes):
        found = pickle.loads(answer)  # noqa: S301  # what our own process wrote
        if isinstance(found, AlongsideError):
            failures.append(found)
        else:
            report.outcomes += found.outcomes
            report.recovered = _sum(report.recovered, found.recovered)
    if failures:
        raise failures[0]
    record_run(store, report, world)
    return report


def _sum(one: Recovered, other: Recovered) -> Recovered:
    return Recovered(
        delivered=one.delivered + other.delivered,
        given_back=one.given_back + other.given_back,
        resent=one.resent + other.resent,
        held=one.held + other.held,
    )
