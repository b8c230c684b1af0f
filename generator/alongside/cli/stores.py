"""What the commands that work on the store share: the community, the store, and addresses as arguments."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime

from alongside.cli.homes import Home as Home
from alongside.cli.homes import read_home as read_home
from alongside.cli.tables import many as many
from alongside.cli.tables import printable
from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.store import Store, open_store, store_exists
from alongside.model.journeys import Journey
from alongside.problems import UsageError, nearest
from alongside.settings import Settings

EMPTY = "Nobody is enrolled yet. Start with: alongside enroll JOURNEY profile.yml"


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store of a community, made where there is none."""
    store = open_store(settings.root, os.environ)
    try:
        yield store
    finally:
        store.close()


def has_store(settings: Settings) -> bool:
    """False when there would be nothing in it: looking must not make one."""
    return store_exists(settings.root, os.environ)


def parse_address(text: str) -> str:
    """An address argument, normalised. Raises `UsageError`."""
    try:
        return normalise_address(text)
    except AddressError as error:
        raise UsageError(f"ADDRESS: {error}.", hint="Write it as in ana@example.org.") from error


def instant_text(instant: datetime) -> str:
    """An instant for people, in UTC: the one zone all teams share. `Tue 1 Dec 2026, 09:00 UTC`."""
    return f"{instant:%a} {instant.day} {instant:%b %Y, %H:%M} UTC"


def lost_moment(moment: str, journey: Journey) -> str:
    """What a team should know of a moment's id that the journey no longer has, and steps still wait for."""
    near = nearest(moment, (step.id for step in journey.steps))
    renamed = f' If it is "{near}" now, rename it back.' if near else " If that was a slip, bring it back."
    return f'there is no "{printable(moment)}".{renamed} Else they are skipped when they are due.'
