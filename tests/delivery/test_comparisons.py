from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from alongside.delivery import people, suppression
from alongside.delivery.comparisons import Comparison, JourneyEffect, enrolled_journeys, read_effect, told_outcomes
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.intervals import Share
from alongside.delivery.outcomes import Told, tell
from alongside.delivery.schema import enrollments, messages, newcomers, steps
from alongside.delivery.store import Store
from alongside.model.people import Newcomer
from delivery.conftest import CHECK_IN, WELCOME, make_community, make_journey, make_member, make_newcomers

BEGAN = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
NOW = BEGAN + timedelta(days=60)
DAY = timedelta(days=1)
JOURNEY = replace(make_journey(WELCOME, CHECK_IN), holdout=50)
COMMUNITY = make_community(make_member("ana"), journeys=(JOURNEY,))


def put(store: Store, who: Sequence[Newcomer], at: datetime = BEGAN) -> None:
    enroll(
        store, JOURNEY, [Candidate(newcomer=newcomer) for newcomer in who], community=COMMUNITY, basis=None,
        source="test", now=at,
    )  # fmt: skip


def in_arms(store: Store) -> dict[str, list[str]]:
    statement = sa.select(enrollments.c.arm, newcomers.c.address).join(newcomers).order_by(newcomers.c.id)
    found: dict[str, list[str]] = {}
    with store.reading() as connection:
        for arm, address in connection.execute(statement):
            found.setdefault(arm, []).append(address)
    return found


def done(store: Store, who: Sequence[str], name: str = "converted", *, after: timedelta = DAY) -> None:
    with store.writing() as connection:
        for address in who:
            told = Told(name=name, email=address, happened_at=BEGAN + after)
            tell(connection, store.key, told, community=COMMUNITY, now=NOW)


def look(
    store: Store, *, within: timedelta = 30 * DAY, outcome: str | None = None, now: datetime = NOW
) -> JourneyEffect:
    with store.reading() as connection:
        return read_effect(connection, store.key, "month", JOURNEY, within=within, outcome=outcome, now=now)


def compared(effect: JourneyEffect) -> dict[str, tuple[int, int, int, int]]:
    return {
        each.outcome: (each.mailed.count, each.mailed.of, each.held_out.count, each.held_out.of)
        for each in effect.comparisons
    }


def test_a_history_that_is_known(store: Store) -> None:
    put(store, make_newcomers(100))
    arms = in_arms(store)
    mailed, held_out = arms["treated"], arms["held out"]
    done(store, [*mailed[:12], *held_out[:4]])
    done(store, mailed[:12], after=2 * DAY)  # once more: people are counted
    done(store, [*mailed[20:23], held_out[9]], after=30 * DAY - timedelta(seconds=1))
    done(store, [*mailed[30:33], held_out[10]], after=30 * DAY)  # too late by a second
    done(store, mailed[40:43], after=-timedelta(seconds=1))  # before
    done(store, held_out[:2], "plan-changed")
    effect = look(store)
    assert compared(effect) == {
        "converted": (15, len(mailed), 5, len(held_out)),
        "plan-changed": (0, len(mailed), 2, len(held_out)),
    }
    assert effect.is_compared
    assert (effect.changed_after, effect.first_over) == (None, BEGAN + 30 * DAY)
    assert compared(look(store, outcome="plan-changed")) == {"plan-changed": (0, len(mailed), 2, len(held_out))}
    with store.reading() as connection:
        assert told_outcomes(connection) == ["converted", "plan-changed"]
        assert enrolled_journeys(connection) == ["month"]


def test_whose_time_is_not_over_is_counted_apart(store: Store) -> None:
    put(store, make_newcomers(40))
    put(store, make_newcomers(70)[40:], NOW - 30 * DAY + timedelta(seconds=1))
    arms = in_arms(store)
    done(store, arms["treated"], after=NOW - BEGAN - DAY)  # within the time of the second ones, which is not over
    effect = look(store)
    assert compared(effect) == {}
    assert effect.mailed.people + effect.held_out.people == 40
    assert effect.mailed.too_early + effect.held_out.too_early == 30
    assert effect.per_day is not None
    assert round(effect.per_day, 2) == round(70 / 60, 2)
    assert look(store, now=BEGAN + DAY).per_day is None


def test_stopped_ones_count_and_erased_ones_do_not(store: Store) -> None:
    put(store, make_newcomers(60))
    arms = in_arms(store)
    mailed, held_out = arms["treated"], arms["held out"]
    done(store, [*mailed[:8], *held_out[:3]])
    with store.writing() as connection:
        for address in (mailed[0], held_out[0]):
            suppression.stop(connection, store.key, address, journey="", reason="asked by hand", now=NOW)
        for address in (mailed[1], mailed[-1], held_out[1]):
            people.erase(connection, store.key, address)
    effect = look(store)
    assert compared(effect) == {"converted": (7, len(mailed) - 2, 2, len(held_out) - 1)}
    assert (effect.deeds.people, effect.deeds.stopped, effect.deeds.bounced) == (57, 2, 0)


def test_what_became_of_everybody(store: Store) -> None:
    put(store, make_newcomers(30))
    with store.writing() as connection:
        welcome = sa.select(steps.c.id).where(steps.c.moment == "welcome").order_by(steps.c.id).limit(6)
        numbers = list(connection.scalars(welcome))
        connection.execute(sa.update(steps).where(steps.c.id.in_(numbers)).values(state="sent", done_at=BEGAN))
        rows = [
            {
                "step_id": number, "message_id": f"{number}@x", "sent_at": BEGAN, "transport": "smtp", "subject": "",
                "language": "en", "member": "ana", "story": "", "answered_at": NOW if number == numbers[0] else None,
            }
            for number in numbers
        ]  # fmt: skip
        connection.execute(sa.insert(messages), rows)
    deeds = look(store).deeds
    assert (deeds.people, deeds.got_mail, deeds.answered) == (30, 6, 1)


def test_what_may_be_said() -> None:
    def judged(*figures: int) -> str:
        one, other = Share(count=figures[0], of=figures[1]), Share(count=figures[2], of=figures[3])
        return Comparison(outcome="converted", mailed=one, held_out=other).judgement

    assert judged(200, 300, 0, 29) == judged(0, 29, 200, 300) == judged(0, 0, 0, 0) == "too few people"
    assert judged(4, 300, 0, 30) == "too few outcomes"
    assert judged(34, 200, 9, 100) == "not shown"
    assert judged(340, 2000, 18, 200) == judged(18, 200, 340, 2000) == "shown"
