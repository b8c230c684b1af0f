"""What became of newcomers, as their product tells it: journeys end and follow, and nobody's wish is passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from alongside.delivery import people, suppression
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.outcomes import Effect, Told, tell
from alongside.delivery.schema import CONFIRMATION, enrollments, events, newcomers, outcomes, steps, suppressions
from alongside.delivery.store import Store
from alongside.model.community import Community
from alongside.model.people import Newcomer

from .conftest import CHECK_IN, WELCOME, make_community, make_journey

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
EVENTS = {"left": "stop", "converted": "year", "lost": "gone"}


def make_journeys() -> Community:
    """ "month" is followed by "year" when somebody converts; both ask nobody, "careful" asks first."""
    return make_community(
        journeys=(
            replace(make_journey(WELCOME, CHECK_IN), events=EVENTS),
            replace(make_journey(WELCOME, slug="careful", confirm=True), events=EVENTS),
            replace(make_journey(WELCOME, slug="year"), events={}),
        )
    )


def put(store: Store, address: str, journey: str = "month", **fields: Any) -> None:
    community = make_journeys()
    newcomer = Newcomer(email=address, **{"name": "Joana", "basis": "contract", **fields})
    enroll(
        store, community.journeys[journey], [Candidate(newcomer=newcomer)], community=community, basis=None,
        source="test", now=NOW,
    )  # fmt: skip


def told(store: Store, name: str = "converted", at: datetime = LATER, **who: str) -> Effect:
    with store.writing() as connection:
        return tell(connection, store.key, Told(name=name, happened_at=at, **who), community=make_journeys(), now=LATER)


def state_of(store: Store, address: str) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        found = connection.execute(
            sa.select(enrollments.c.journey, enrollments.c.state, enrollments.c.basis, enrollments.c.source)
            .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
            .where(newcomers.c.address == address)
            .order_by(enrollments.c.id)
        )
        return [tuple(row) for row in found]


def steps_of(store: Store, journey: str) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        found = connection.execute(
            sa.select(steps.c.moment, steps.c.state, steps.c.reason)
            .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
            .where(enrollments.c.journey == journey)
            .order_by(steps.c.id)
        )
        return [tuple(row) for row in found]


def test_a_journey_is_followed_by_another(store: Store) -> None:
    put(store, "joana@example.net", text="I begin", id="u-1")
    with store.writing() as connection:
        connection.execute(sa.update(steps).where(steps.c.moment == "welcome").values(state="sent"))
    assert told(store, product_id="u-1", plan="Team") == Effect(status="recorded", ended=("month",), begun=("year",))
    assert state_of(store, "joana@example.net") == [
        ("month", "stopped", "contract", "test"),
        ("year", "active", "contract", "event converted"),
    ]
    assert steps_of(store, "month") == [("welcome", "sent", ""), ("check-in", "skipped", "event converted")]
    assert steps_of(store, "year") == [("welcome", "planned", "")]
    again = told(store, email="Joana@example.net")
    assert again == Effect(status="already")
    later = told(store, at=LATER + timedelta(seconds=1), email="joana@example.net")
    assert later == Effect(status="recorded")
    with store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(suppressions)) == 0
        (profile,) = connection.scalars(sa.select(newcomers.c.profile))
        assert profile["text"] == "I begin"
        said = connection.scalars(sa.select(events.c.detail).where(events.c.kind == "outcome").order_by(events.c.id))
        assert list(said) == ["converted: Team", "converted"]
        held = people.export(connection, store.key, "joana@example.net")
        assert [row["name"] for row in held["outcomes"]] == ["converted", "converted"]
    with store.writing() as connection:
        people.erase(connection, store.key, "joana@example.net")
        assert connection.scalar(sa.select(sa.func.count()).select_from(outcomes)) == 0
    assert told(store, product_id="u-1") == Effect(status="unknown")


def test_who_stopped_stays_stopped(store: Store) -> None:
    for address, journey in (("a@example.net", ""), ("b@example.net", "year"), ("c@example.net", "month")):
        put(store, address)
        with store.writing() as connection:
            suppression.stop(connection, store.key, address, journey=journey, reason="asked", now=NOW)
    assert told(store, email="a@example.net") == Effect(status="recorded")
    assert told(store, email="b@example.net") == Effect(status="recorded", ended=("month",))
    assert told(store, email="c@example.net") == Effect(status="recorded")
    assert [state for each in "abc" for _, state, *_ in state_of(store, f"{each}@example.net")] == ["stopped"] * 3


def test_who_never_confirmed_is_asked_again(store: Store) -> None:
    put(store, "joana@example.net", "careful")
    assert told(store, email="joana@example.net").begun == ("year",)
    assert [state for _, state, *_ in state_of(store, "joana@example.net")] == ["stopped", "awaiting confirmation"]
    assert steps_of(store, "careful") == [
        (CONFIRMATION, "skipped", "event converted"), ("welcome", "skipped", "event converted"),
    ]  # fmt: skip
    assert steps_of(store, "year") == [(CONFIRMATION, "planned", ""), ("welcome", "waiting", "")]


def test_who_gets_no_mail_for_comparison_gets_none_afterwards(store: Store) -> None:
    put(store, "joana@example.net")
    with store.writing() as connection:
        connection.execute(sa.update(enrollments).values(state="held out", arm="held out"))
    assert told(store, email="joana@example.net") == Effect(status="recorded")
    assert [state for _, state, *_ in state_of(store, "joana@example.net")] == ["held out"]


def test_what_no_journey_names_is_kept_alone(store: Store) -> None:
    put(store, "joana@example.net")
    assert told(store, "visited", email="joana@example.net") == Effect(status="recorded")
    assert told(store, "lost", email="joana@example.net") == Effect(status="recorded", ended=("month",))
    assert told(store, email="nobody@example.net") == Effect(status="unknown")
    assert told(store, email="no address") == Effect(status="unknown")
    assert told(store) == Effect(status="unknown")


def test_one_id_may_have_two_addresses(store: Store) -> None:
    """They changed their address in the product, and came in again."""
    put(store, "old@example.net", id="u-1")
    put(store, "new@example.net", id="u-1")
    put(store, "other@example.net")
    assert told(store, "left", product_id="u-1") == Effect(status="recorded", ended=("month",))
    states = [state_of(store, f"{name}@example.net")[0][1] for name in ("old", "new", "other")]
    assert states == ["stopped", "stopped", "active"]
