from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alongside.delivery import people, suppression
from alongside.delivery.arms import choose_arm
from alongside.delivery.by_token import confirm_enrollment, find_enrollment
from alongside.delivery.enrollment import Candidate, EnrollReport, enroll
from alongside.delivery.schema import enrollments, events, letters, newcomers, steps
from alongside.delivery.store import Store
from alongside.model.journeys import Journey
from alongside.model.people import Newcomer
from delivery.conftest import CHECK_IN, WELCOME, make_community, make_journey, make_member, make_newcomers
from delivery.notes.village import ANA, Village

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
KEY = b"a key of thirty-two bytes, or so"
MANY = [f"someone{number}@example.net" for number in range(20_000)]


def journey(holdout: int, slug: str = "month", **fields: Any) -> Journey:
    return replace(make_journey(WELCOME, CHECK_IN, slug=slug), holdout=holdout, **fields)


def held_out(of: Journey, key: bytes = KEY) -> set[str]:
    return {address for address in MANY if choose_arm(of, address, key) == "held out"}


def put(store: Store, of: Journey, who: Sequence[Newcomer], at: datetime = NOW) -> EnrollReport:
    community = make_community(make_member("ana"), journeys=(of,))
    candidates = [Candidate(newcomer=newcomer) for newcomer in who]
    return enroll(store, of, candidates, community=community, basis=None, source="test", now=at)


def arms(store: Store, slug: str = "month") -> dict[str, tuple[str, str]]:
    """(arm, state) by address."""
    statement = (
        sa.select(newcomers.c.address, enrollments.c.arm, enrollments.c.state)
        .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
        .where(enrollments.c.journey == slug)
    )
    with store.reading() as connection:
        return {address: (arm, state) for address, arm, state in connection.execute(statement)}


def out_of(store: Store, slug: str = "month") -> set[str]:
    return {address for address, (arm, _) in arms(store, slug).items() if arm == "held out"}


# --- the choice ---


@pytest.mark.parametrize("share", [1, 10, 20, 50])
def test_the_share_is_as_authored(share: int) -> None:
    expected = len(MANY) * share / 100
    assert abs(len(held_out(journey(share))) - expected) < 4 * math.sqrt(expected * (1 - share / 100))


def test_a_larger_share_holds_out_the_same_people_and_more() -> None:
    found = [held_out(journey(share)) for share in (0, 5, 10, 20, 50)]
    assert found[0] == set()
    assert all(smaller < larger for smaller, larger in itertools.pairwise(found))


@pytest.mark.parametrize("other", [(journey(20, "year"), KEY), (journey(20), b"another key")])
def test_journeys_and_stores_have_nothing_to_do_with_each_other(other: tuple[Journey, bytes]) -> None:
    both = len(held_out(journey(20)) & held_out(*other))
    assert abs(both - 0.04 * len(MANY)) < 4 * math.sqrt(0.04 * 0.96 * len(MANY))


def test_without_a_holdout_there_are_no_arms() -> None:
    assert choose_arm(journey(0), MANY[0], KEY) == ""


# --- enrolling ---


def test_who_is_held_out_is_enrolled_and_has_no_steps(store: Store) -> None:
    report = put(store, journey(50), make_newcomers(40))
    out = out_of(store)
    assert 8 <= len(out) <= 32
    assert (report.enrolled, report.held_out, report.awaiting) == (40, len(out), 0)
    assert set(arms(store).values()) == {("held out", "held out"), ("treated", "active")}
    with store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(steps)) == 2 * (40 - len(out))
        assert connection.scalar(sa.select(sa.func.count()).select_from(events)) == 40
        listed = {entry.address: entry for entry in people.list_newcomers(connection)}
        one = min(out)
        assert (listed[one].state, listed[one].arm, listed[one].sent, listed[one].next_due) == (
            "held out", "held out", 0, None,
        )  # fmt: skip
        assert people.export(connection, store.key, one)["enrollments"][0]["arm"] == "held out"


def test_an_arm_is_kept_when_the_share_changes_and_comes_back_after_an_erasure(store: Store) -> None:
    first, later = make_newcomers(80)[:40], make_newcomers(80)[40:]
    put(store, journey(20), first)
    before = arms(store)
    report = put(store, journey(50), [*first, *later])
    assert (report.already, {address: arms(store)[address] for address in before}) == (40, before)
    put(store, journey(0), make_newcomers(81)[80:])
    assert arms(store)["newcomer80@example.net"] == ("", "active")
    with store.writing() as connection:
        for newcomer in [*first, *later]:
            people.erase(connection, store.key, newcomer.email)
    put(store, journey(50), [replace(newcomer, email=newcomer.email.upper()) for newcomer in [*first, *later]])
    again = out_of(store)
    assert {address for address, (arm, _) in before.items() if arm == "held out"} < again


def test_on_a_second_journey_they_have_another_arm(store: Store) -> None:
    for slug in ("month", "year"):
        put(store, journey(50, slug), make_newcomers(40))
    month, year = out_of(store), out_of(store, "year")
    assert month - year
    assert year - month
    assert month & year


def test_who_is_held_out_is_not_asked_to_confirm(store: Store) -> None:
    report = put(store, journey(50, confirm=True), make_newcomers(20))
    out = out_of(store)
    assert (report.held_out, report.awaiting) == (len(out), 20 - len(out))
    assert set(arms(store).values()) == {("held out", "held out"), ("treated", "awaiting confirmation")}
    community = make_community(journeys=(journey(50, confirm=True),))
    with store.writing() as connection:
        one = min(out)
        assert people.confirm(connection, one, community=community, now=NOW) == []
        number = connection.scalar(sa.select(enrollments.c.id).where(enrollments.c.state == "held out").limit(1)) or 0
        assert confirm_enrollment(connection, number, community=community, now=NOW) is None


def test_who_is_held_out_can_stop(store: Store) -> None:
    put(store, journey(50), make_newcomers(20))
    one = min(out_of(store))
    with store.writing() as connection:
        assert suppression.stop(connection, store.key, one, journey="", reason="asked by hand", now=NOW) == 0
        assert arms_of(connection, one) == ("held out", "stopped")
        number = connection.scalar(
            sa.select(enrollments.c.id).join(newcomers).where(newcomers.c.address == one)
        )  # fmt: skip
        found = find_enrollment(connection, store.key, number or 0)
        assert found is not None
        assert (found.state, found.all_stopped) == ("stopped", True)


def arms_of(connection: sa.Connection, address: str) -> tuple[str, str]:
    row = connection.execute(
        sa.select(enrollments.c.arm, enrollments.c.state).join(newcomers).where(newcomers.c.address == address)
    ).one()
    return row[0], row[1]


# --- the mail they do not get ---


def test_sixty_days_pass_and_they_hear_nothing(store: Store, tmp_path: Path) -> None:
    asked = replace(CHECK_IN, ask_first=timedelta(days=2))
    community = make_community(
        make_member("ana", name="Ana Souza", welcomes=10_000),
        journeys=(
            replace(make_journey(WELCOME, asked), holdout=50),
            replace(make_journey(WELCOME, slug="careful", confirm=True), holdout=50),
        ),
    )
    village = Village(store, tmp_path, community)
    for number in range(30):
        village.enroll(f"someone{number}@example.net", name=f"Name{number}-")
        village.now += timedelta(hours=1)
    never = out_of(store) & out_of(store, "careful")
    names = {f"Name{address.partition('@')[0].removeprefix('someone')}-" for address in never}
    assert len(never) > 2
    mails = [mail for _ in range(60) for mail in village.send(after=timedelta(days=1))]
    to = {mail.message["To"].addresses[0].addr_spec for mail in mails}
    assert to == {ANA} | {f"someone{number}@example.net" for number in range(30)} - never
    # Ana was asked about others, and about nobody who gets nothing
    assert not [name for mail in mails for name in names if name in mail.text]
    assert any(str(mail.message["To"]).endswith(f"<{ANA}>") for mail in mails)
    with store.reading() as connection:
        of_held_out = sa.select(enrollments.c.id).where(enrollments.c.arm == "held out")
        assert connection.scalar(sa.select(sa.func.count()).where(steps.c.enrollment_id.in_(of_held_out))) == 0
        numbers = sa.select(newcomers.c.id).where(newcomers.c.address.in_(never))
        assert connection.scalar(sa.select(sa.func.count()).where(letters.c.newcomer_id.in_(numbers))) == 0
        assert set(connection.scalars(sa.select(newcomers.c.member).where(newcomers.c.address.in_(never)))) == {""}
