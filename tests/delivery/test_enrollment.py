from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from alongside.delivery import suppression
from alongside.delivery.enrollment import NO_BASIS, Candidate, EnrollReport, enroll
from alongside.delivery.people import confirm, export, read_arrivals
from alongside.delivery.profiles import pack_newcomer, unpack_newcomer
from alongside.delivery.schema import CONFIRMATION, enrollments, events, newcomers, steps
from alongside.delivery.store import Store
from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.model.places import Place

from .conftest import CHECK_IN, WELCOME, make_community, make_journey, make_newcomers

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


def put(store: Store, people: Sequence[Newcomer], community: Community, **how: Any) -> EnrollReport:
    journey = next(iter(community.journeys.values()))
    values: dict[str, Any] = {"basis": None, "source": "test", "now": NOW, "journey": journey} | how
    candidates = [Candidate(newcomer=newcomer, row=number + 2) for number, newcomer in enumerate(people)]
    return enroll(store, values.pop("journey"), candidates, community=community, **values)


def rows(store: Store, table: sa.Table[Any]) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings()]


def test_a_newcomer_their_enrollment_and_its_steps(store: Store, community: Community) -> None:
    report = put(store, make_newcomers(1), community)
    assert (report.enrolled, report.already, report.refusals) == (1, 0, [])
    (person,) = rows(store, newcomers)
    assert (person["address"], person["name"], person["languages"]) == ("newcomer0@example.net", "Newcomer 0", ["en"])
    (enrollment,) = rows(store, enrollments)
    assert (enrollment["journey"], enrollment["basis"], enrollment["source"]) == ("month", "consent", "test")
    assert (enrollment["enrolled_at"], enrollment["state"]) == (NOW, "active")
    planned = [(step["moment"], step["due_at"], step["state"]) for step in rows(store, steps)]
    assert planned == [("welcome", NOW, "planned"), ("check-in", NOW + timedelta(days=7), "planned")]
    assert [event["kind"] for event in rows(store, events)] == ["enrolled"]


def test_enrolling_again_changes_nothing(store: Store, community: Community) -> None:
    people = make_newcomers(3)
    put(store, people, community)
    before = [rows(store, table) for table in (newcomers, enrollments, steps, events)]
    again = put(store, [*people, replace(people[0], email=" NEWCOMER0@Example.NET ", name="Other")], community)
    assert (again.enrolled, again.already) == (0, 4)
    assert [rows(store, table) for table in (newcomers, enrollments, steps, events)] == before


def test_a_second_journey_knows_the_same_person_anew(store: Store) -> None:
    community = make_community(journeys=(make_journey(WELCOME), make_journey(CHECK_IN, slug="year")))
    (person,) = make_newcomers(1)
    put(store, [person], community)
    put(store, [replace(person, name="Renamed")], community, journey=community.journeys["year"])
    assert [row["name"] for row in rows(store, newcomers)] == ["Renamed"]
    assert [row["journey"] for row in rows(store, enrollments)] == ["month", "year"]


def test_nobody_is_written_to_without_a_basis(store: Store, community: Community) -> None:
    first, second = make_newcomers(2)
    people = [replace(first, basis=None), replace(second, basis="contract")]
    report = put(store, people, community)
    assert report.enrolled == 1
    assert [(refusal.row, refusal.who, refusal.reason) for refusal in report.refusals] == [
        (2, "n…@example.net", NO_BASIS)
    ]
    put(store, people, community, basis="legitimate interest")
    assert [row["basis"] for row in rows(store, enrollments)] == ["contract", "legitimate interest"]


@pytest.mark.parametrize("journey", ["", "month"])
def test_who_asked_for_no_more_mail_stays_out(store: Store, community: Community, journey: str) -> None:
    with store.writing() as connection:
        suppression.stop(
            connection, store.key, "newcomer0@example.net", journey=journey, reason="asked by hand", now=NOW
        )
    report = put(store, make_newcomers(2), community)
    assert report.enrolled == 1
    assert [(refusal.row, refusal.fault) for refusal in report.refusals] == [(2, False)]
    assert "more mail" in report.refusals[0].reason


def test_who_stopped_another_journey_may_join_this_one(store: Store, community: Community) -> None:
    with store.writing() as connection:
        suppression.stop(connection, store.key, "newcomer0@example.net", journey="year", reason="x", now=NOW)
    assert put(store, make_newcomers(1), community).enrolled == 1


def test_addresses_that_are_none_are_refused_with_their_row(store: Store, community: Community) -> None:
    good, bad = make_newcomers(2)
    report = put(store, [good, replace(bad, email="x\r\nBcc: y@example.org")], community)
    assert report.enrolled == 1
    assert [(refusal.row, refusal.fault) for refusal in report.refusals] == [(3, True)]


def test_double_opt_in_waits_and_begins_when_confirmed(store: Store) -> None:
    community = make_community(journeys=(make_journey(WELCOME, CHECK_IN, confirm=True),))
    report = put(store, make_newcomers(1), community)
    assert report.awaiting == 1
    assert {step["moment"]: step["state"] for step in rows(store, steps)} == {
        CONFIRMATION: "planned",
        "welcome": "waiting",
        "check-in": "waiting",
    }
    later = NOW + timedelta(days=2)
    with store.writing() as connection:
        assert confirm(connection, "newcomer0@example.net", community=community, now=later) == ["month"]
        assert confirm(connection, "newcomer0@example.net", community=community, now=later) == []
    assert [(step["state"], step["due_at"]) for step in rows(store, steps)] == [
        ("skipped", NOW),
        ("planned", later),
        ("planned", later + timedelta(days=7)),
    ]
    assert rows(store, enrollments)[0]["state"] == "active"


def test_many_come_in_batches(store: Store, community: Community) -> None:
    heard: list[int] = []
    report = put(store, make_newcomers(1_201), community, progress=heard.append)
    assert report.enrolled == 1_201
    assert heard == [500, 1_000, 1_201]
    with store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(steps)) == 2_402


def test_a_profile_survives_the_store(store: Store, community: Community) -> None:
    whole = Newcomer(
        email="Zoë@example.org",
        name="Zoë \u202e<b>",
        id="nc-1",
        met="ana",
        place=Place(
            label="Recife, Brazil", slug="recife-brazil", name="Recife, Brazil", country="BR", lat=-8.05, lon=-34.9
        ),
        timezone="America/Recife",
        languages=("pt", "en"),
        roles=("writer",),
        challenges=("first-talk",),
        topics=("docs as code",),
        text="Line one\nline two",
        basis="contract",
    )
    put(store, [whole], community)
    (row,) = rows(store, newcomers)
    assert unpack_newcomer(row) == whole
    assert "email" not in pack_newcomer(whole)
    row["profile"]["from_a_newer_version"] = 1
    assert unpack_newcomer(row) == whole


def test_export_tells_all_and_masks_nothing(store: Store, community: Community) -> None:
    put(store, make_newcomers(2), community)
    with store.reading() as connection:
        held = export(connection, store.key, "newcomer1@example.net")
        nothing = export(connection, store.key, "stranger@example.net")
    assert held["newcomer"]["address"] == "newcomer1@example.net"
    assert [step["moment"] for step in held["steps"]] == ["welcome", "check-in"]
    assert held["enrollments"][0]["enrolled_at"] == "2026-11-23T09:00:00Z"
    assert not any(nothing.values())


def test_arrivals_are_told_without_who_they_are(store: Store, community: Community) -> None:
    place = Place(label="Recife, Brazil", slug="recife-brazil", name="Recife, Brazil", country="BR")
    said = Newcomer(languages=("pt", "en"), challenges=("first-talk",), roles=("writer",), place=place)
    named = replace(said, email="a@example.net", name="Ana", id="7", text="I am shy", met="ben", basis="consent")
    put(store, [named], community)
    put(store, [replace(named, email="b@example.net", id="8")], community, now=NOW - timedelta(days=31))
    with store.reading() as connection:
        lately = read_arrivals(connection, since=NOW - timedelta(days=30), until=NOW)
        ever = read_arrivals(connection, since=NOW - timedelta(days=60), until=NOW)
        before = read_arrivals(connection, since=NOW - timedelta(days=60), until=NOW - timedelta(days=1))
    assert [replace(one, basis=None) for one in lately] == [said]
    assert (len(ever), len(before)) == (2, 1)
