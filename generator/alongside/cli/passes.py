"""Passes over what is due, with clock, chance and folders bound: what `send` and `run` have in common."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime

from alongside.cli.tallies import Counting
from alongside.delivery.clocks import check_clock
from alongside.delivery.desk import Desk
from alongside.delivery.digests import write_digests
from alongside.delivery.helped import is_new_month, write_monthly
from alongside.delivery.members import read_choices, with_choices
from alongside.delivery.notes.post import send_letters
from alongside.delivery.notes.writing import office_of
from alongside.delivery.outgoing import choose_signer
from alongside.delivery.pending import count_due
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.retention import sweep
from alongside.delivery.side_by_side import send_side_by_side
from alongside.delivery.store import Store, open_store
from alongside.delivery.transports.envelopes import Transport
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.worker import Outcome, PassReport, World, send_due
from alongside.model.community import Community
from alongside.processes import how_many
from alongside.settings import Settings

MANY = 2_000  # due mails from which on several processes are worth it


def check_clock_of(store: Store, *, catch_up: bool) -> None:
    """Raises `ClockError` when the machine's clock cannot be right."""
    with store.reading() as connection:
        check_clock(connection, wall=_wall(), catch_up=catch_up)


def open_desk(store: Store, community: Community, settings: Settings, *, now: datetime) -> Desk:
    """The desk at which mails of a community are written, with what the store knows of its members at `now`."""
    with store.reading() as connection:
        keys = read_relay_keys(connection, store.key)
        choices = read_choices(connection, now=now)
    return Desk(
        with_choices(community, choices, now=now),
        settings,
        key=store.key,
        relay_keys=keys,
        sign=choose_signer(settings, os.environ),
    )


def real_pass(
    store: Store,
    desk: Desk,
    transport: Transport,
    *,
    limit: int | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> PassReport:
    """Send what is due now, with a line on the terminal; very much of it on all cores.

    Raises `StoreError`, `JournalError` and `DeliveryError`.
    """
    sweep(store, desk.settings, wall=_wall())
    world = World(
        now=_wall,
        wall=_wall,
        chance=random.SystemRandom(),
        journals=desk.settings.journal_dir,
        stopping=stopping,
    )
    report = _send_steps(store, desk, transport, world, limit)
    _write_monthly(store, desk.community, now=_wall())
    write_digests(store, desk.community, desk.settings, now=_wall())
    report.letters = send_letters(store, office_of(desk), transport, world)
    return report


def _write_monthly(store: Store, community: Community, *, now: datetime) -> None:
    """In the first pass of a month, the words to members on whom they helped."""
    with store.reading() as connection:
        if not is_new_month(connection, now=now):
            return
    with store.writing() as connection:
        write_monthly(connection, community, now=now)


def _send_steps(store: Store, desk: Desk, transport: Transport, world: World, limit: int | None) -> PassReport:
    due = count_due(store, desk.community.journeys, _wall())
    with Counting(due) as counting:
        processes = how_many(due, least=MANY)
        if limit is not None or processes == 1 or not isinstance(transport, Smtp):
            return send_due(store, desk, transport, world, limit=limit, progress=counting.one_more)
        return send_side_by_side(
            store,
            desk,
            world,
            open_store=lambda: open_store(desk.settings.root, os.environ),
            open_transport=transport.share,
            processes=min(processes, transport.lanes),
            progress=counting.show,
        )


def simulated_pass(
    store: Store,
    desk: Desk,
    transport: Transport,
    instant: datetime,
    *,
    limit: int | None = None,
    progress: Callable[[Outcome], None],
) -> PassReport:
    """Send what is due at `instant`; the store remembers that it was no real one."""
    world = World(
        now=lambda: instant,
        wall=_wall,
        chance=random.SystemRandom(),
        journals=desk.settings.journal_dir,
        simulated=True,
    )
    report = send_due(store, desk, transport, world, limit=limit, progress=progress)
    report.letters = send_letters(store, office_of(desk), transport, world)
    return report


def _wall() -> datetime:
    return datetime.now(UTC)
