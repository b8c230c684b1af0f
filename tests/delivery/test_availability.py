"""Until when a member has no room, counted in the store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from alongside.delivery.availability import read_full_until
from alongside.delivery.schema import assignments
from alongside.delivery.store import Store
from alongside.model.community import Community
from delivery.conftest import make_community, make_member

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def take(store: Store, slug: str, *hours: float) -> None:
    """Newcomers that `slug` took on, so many hours after `MONDAY`."""
    with store.writing() as connection:
        rows = [{"member": slug, "newcomer_id": None, "assigned_at": MONDAY + timedelta(hours=at)} for at in hours]
        connection.execute(sa.insert(assignments), rows)


def full(store: Store, community: Community, at: datetime) -> dict[str, date]:
    with store.reading() as connection:
        return dict(read_full_until(connection, community, now=at))


def test_full_until_enough_of_them_are_a_week_old(store: Store) -> None:
    community = make_community(make_member("ana", welcomes=2), make_member("bea", welcomes=2))
    take(store, "ana", 0, 30)
    take(store, "bea", 0)
    now = MONDAY + timedelta(hours=31)
    # The first of Ana's two is a week old on Monday, 30 November: she is full on the Sunday before, and not on it.
    assert full(store, community, now) == {"ana": date(2026, 11, 29)}
    take(store, "ana", 32)  # one more than she offered: the second has to leave, too, on Tuesday
    now = MONDAY + timedelta(hours=33)
    assert full(store, community, now) == {"ana": date(2026, 11, 30)}
    assert full(store, community, datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == {"ana": date(2026, 11, 30)}
    assert full(store, community, datetime(2026, 12, 1, 0, 0, tzinfo=UTC)) == {}


def test_what_lies_ahead_or_long_ago_does_not_count(store: Store) -> None:
    community = make_community(make_member("ana", welcomes=1))
    take(store, "ana", -7 * 24, 5)
    assert full(store, community, MONDAY) == {}
    assert full(store, community, MONDAY + timedelta(hours=5)) == {"ana": date(2026, 11, 29)}


def test_only_who_welcomes_anybody_is_told_of(store: Store) -> None:
    for slug in ("none", "former", "gone", "old"):
        take(store, slug, 0, 1, 2)
    community = make_community(
        make_member("none", welcomes=0),
        make_member("former", welcomes=1, status="former"),
        make_member("new", welcomes=3, was=("old",)),
    )
    assert full(store, community, MONDAY + timedelta(days=1)) == {"new": date(2026, 11, 29)}
