"""Passes over what is due, with clock, chance and folders bound: what `send` and `run` have in common."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

from alongside.delivery.clocks import check_clock
from alongside.delivery.desk import Desk
from alongside.delivery.retention import sweep
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import Transport
from alongside.delivery.worker import Outcome, PassReport, World, send_due


def check_clock_of(store: Store, *, catch_up: bool) -> None:
    """Raises `ClockError` when the machine's clock cannot be right."""
    with store.reading() as connection:
        check_clock(connection, wall=_wall(), catch_up=catch_up)


def real_pass(
    store: Store,
    desk: Desk,
    transport: Transport,
    *,
    limit: int | None = None,
    progress: Callable[[Outcome], None] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> PassReport:
    """Send what is due now. Raises `StoreError`, `JournalError` and `DeliveryError`."""
    sweep(store, desk.settings, wall=_wall())
    world = World(
        now=_wall,
        wall=_wall,
        chance=random.SystemRandom(),
        journals=desk.settings.journal_dir,
        stopping=stopping,
    )
    return send_due(store, desk, transport, world, limit=limit, progress=progress)


def simulated_pass(
    store: Store,
    desk: Desk,
    transport: Transport,
    instant: datetime,
    *,
    limit: int | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> PassReport:
    """Send what is due at `instant`; the store remembers that it was no real one."""
    world = World(
        now=lambda: instant,
        wall=_wall,
        chance=random.SystemRandom(),
        journals=desk.settings.journal_dir,
        simulated=True,
    )
    return send_due(store, desk, transport, world, limit=limit, progress=progress)


def _wall() -> datetime:
    return datetime.now(UTC)
