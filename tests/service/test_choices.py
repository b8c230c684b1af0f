"""Links about notes over HTTP: a person looks, presses the button, comes back, and meets what is over."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from alongside.delivery import people
from alongside.delivery.schema import absences, asks, conversations, enrollments, first_notes, letters, newcomers
from alongside.delivery.store import Store
from alongside.delivery.tokens import CHOICES, Choice, Kind
from alongside.service.choosing import COUNTED_AS

from .conftest import NOW, Running, make_home, running
from .test_stopping import fields_of

BACK = date(2026, 12, 1)


def number_of(service: Running, choice: Choice, **fields: Any) -> int:
    """Something to decide."""
    if choice in ("block", "report"):
        return service.converse("member", **fields)
    return service.write_first() if choice == "first" else service.ask_ana(**fields)


def pressed(choice: Choice, page: str, until: str = BACK.isoformat()) -> bytes:
    """What a browser sends."""
    return fields_of(page) + (f"&until={until}".encode() if choice == "ask-away" else b"")


def rows(store: Store, *columns: Any) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns)).all()]


# (what the page asks, what it says afterwards, what it says to who comes back)
SAYS: dict[Choice, tuple[str, str, str]] = {
    "block": (
        "no more notes pass between you and Joana Prado, in either direction",
        "The conversation has ended",
        "The conversation has ended",
    ),
    "report": (
        "the team of Test community looks at the notes between you and Joana Prado",
        "Thank you for telling us",
        "Thank you for telling us",
    ),
    "first": (
        "A note for Ana came from your address. Press the button, and Ana gets it. “The first month” with Test community",
        "Thank you, your note is on its way",
        "The note was passed on before",
    ),
    "ask-send": (
        "they go to Joana Prado on 30 November 2026",
        "Thank you, your words go out",
        "Thank you, your words go out",
    ),
    "ask-skip": (
        "no mail goes to Joana Prado on 30 November 2026",
        "Nothing is sent this time",
        "Nothing is sent this time",
    ),
    "ask-away": (
        "your mail to Joana Prado waits",
        "Until 1 December 2026 nobody new is introduced to you",
        "Until 1 December 2026 nobody new is introduced to you",
    ),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_a_person_decides(service: Running, choice: Choice) -> None:
    path = service.path(choice, number_of(service, choice))
    asks_for, afterwards, later = SAYS[choice]
    before = service.dump()
    page = service.ask("GET", path)
    assert page.status == 200
    assert asks_for in page.body
    assert page.body.count("<button") == 1
    assert "Joana" not in page.body.partition("</title>")[0]  # which stays in a browser's history
    assert service.ask("HEAD", path).status == 200
    assert service.dump() == before
    done = service.post(path, pressed(choice, page.body))
    assert (done.status, afterwards in done.body) == (200, True)
    after = service.dump()
    assert after != before
    assert (service.counts.since[COUNTED_AS[choice]], service.counts.take().count(COUNTED_AS[choice])) == (1, 1)
    again = service.post(path, pressed(choice, page.body))
    assert (again.status, later in again.body) == (200, True)
    assert later in service.ask("GET", path).body
    assert service.dump() == after
    assert service.counts.since[COUNTED_AS[choice]] == 0  # it was done once
    assert service.lines == []


def test_what_they_decide_stands_in_the_store(service: Running) -> None:
    number, step = service.converse("newcomer"), service.ask_ana(email="other@example.net")
    first = service.write_first()
    for choice, about in (("report", number), ("first", first), ("ask-away", step)):
        service.post(service.path(choice, about), f"sure=yes&until={BACK}".encode())  # type: ignore[arg-type]
    assert rows(service.store, conversations.c.closed_by, conversations.c.reported_by)[0] == ("newcomer", "newcomer")
    assert sorted(rows(service.store, letters.c.kind, letters.c.detail)) == [("alert", "reported"), ("note", "")]
    assert rows(service.store, first_notes.c.id) == []
    assert ("month", "consent", "active") in rows(
        service.store, enrollments.c.journey, enrollments.c.basis, enrollments.c.state
    )
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    assert rows(service.store, asks.c.answer, asks.c.until) == [("away", midnight)]
    assert rows(service.store, absences.c.member, absences.c.until) == [("ana", midnight)]


@pytest.mark.parametrize("choice", CHOICES)
def test_a_post_that_decides_nothing_does_nothing(service: Running, choice: Choice) -> None:
    path = service.path(choice, number_of(service, choice))
    before = service.dump()
    for body in (b"", b"sure=no", b"until=2026-12-01", b"stop=yes", b"List-Unsubscribe=One-Click"):
        assert service.post(path, body).status == 400
    assert service.dump() == before


# --- what is over ---


@pytest.mark.parametrize("choice", CHOICES)
def test_what_is_gone_says_so(service: Running, choice: Choice) -> None:
    """After a person was erased, and as if they had never been."""
    path = service.path(choice, number_of(service, choice))
    with service.store.writing() as connection:
        people.erase(connection, service.store.key, "joana@example.net")
        connection.execute(sa.delete(first_notes))
    before = service.dump()
    never = service.path(choice, 123_456)
    answers = [service.ask("GET", path), service.post(path, b"sure=yes&until=2026-12-01")]
    unknown = [service.ask("GET", never), service.post(never, b"sure=yes&until=2026-12-01")]
    assert [answer.status for answer in answers + unknown] == [200] * 4
    assert len({answer.body for answer in answers + unknown}) == 1
    assert "Nothing to decide here any more" in answers[0].body
    assert "<form" not in answers[0].body
    assert not re.search("joana|prado|ana", answers[0].body.partition("<main>")[2].partition("</main>")[0].lower())
    assert service.dump() == before


@pytest.mark.parametrize("choice", ["ask-send", "ask-skip", "ask-away"])
def test_a_mail_that_went_out_is_over(service: Running, choice: Choice) -> None:
    step = service.ask_ana()
    page = service.ask("GET", service.path(choice, step))
    service.settle(step, "sent")
    before = service.dump()
    late = service.post(service.path(choice, step), pressed(choice, page.body))
    assert "The mail went out already" in late.body
    assert service.ask("GET", service.path(choice, step)).body == late.body
    assert service.dump() == before


def test_the_other_side_ended_it(service: Running) -> None:
    number = service.converse("member")
    service.post(service.path("block", number), b"sure=yes")
    other = service.ask("GET", service.path("block", number - 1))
    assert "The conversation has ended" in other.body
    assert "between you and Ana" in other.body
    assert "<form" not in other.body


def test_a_member_may_change_their_mind(service: Running) -> None:
    step = service.ask_ana()
    for choice, answer in (("ask-skip", "skip"), ("ask-send", "send")):
        service.post(service.path(choice, step), b"sure=yes")  # type: ignore[arg-type]
        assert rows(service.store, asks.c.answer) == [(answer,)]
    assert "Send nothing this time?" in service.ask("GET", service.path("ask-skip", step)).body


# --- tokens ---


@pytest.mark.parametrize("choice", CHOICES)
def test_a_token_that_is_not_ours(service: Running, choice: Choice) -> None:
    token = service.token(choice, number_of(service, choice))
    letter, digits = token.split("-")
    turned = digits[:-4] + f"{int(digits[-4:], 16) ^ 1:04x}"
    before = service.dump()
    for wrong in (token[:-1], token[:-2], token[2:], f"{token}00", f"{letter}-{turned}", f"{letter}-{'0' * 22}", ""):
        path = f"/{choice}/{wrong}"
        assert service.ask("GET", path).status == 404
        assert service.post(path, b"sure=yes&until=2026-12-01").status == 404
    assert service.dump() == before


def test_one_token_does_not_do_for_another(service: Running) -> None:
    kinds: tuple[Kind, ...] = ("stop", "confirm", "bounce", "letter", *CHOICES)
    number = service.ask_ana()
    before = service.dump()
    for choice in CHOICES:
        for kind in kinds:
            if kind != choice:
                answer = service.post(f"/{choice}/{service.token(kind, number)}", b"sure=yes&until=2026-12-01")
                assert answer.status == 404
    assert service.dump() == before


@pytest.mark.parametrize("choice", CHOICES)
def test_a_token_in_capitals(service: Running, choice: Choice) -> None:
    """Some programs change the case of what they show."""
    token = service.token(choice, number_of(service, choice))
    body = service.ask("GET", f"/{choice}/{token}").body
    assert service.ask("GET", f"/{choice}/{token.upper()}").body == body
    assert SAYS[choice][1] in service.post(f"/{choice}/{token.upper()}", pressed(choice, body)).body


# --- the day somebody is back ---


NO_DAYS = (
    "", "2026-11-23", "2026-11-22", "1970-01-01", "0000-00-00", "2027-11-24", "9999-12-31", "99999-12-31",
    "2026-13-01", "2026-11-31", "2026-12-1", "20261201", "2026-W49-2", "2026-335", "1.12.2026", "12/01/2026",
    "2026-12-01T00:00", " 2026-12-01", "2026-12-01\n", "\u0662\u0660\u0662\u0666-12-01", "-2026-12-01", "tomorrow",
    "<script>alert(1)</script>", "1e9", "\x00",
)  # fmt: skip


def test_a_day_that_cannot_be_taken(service: Running) -> None:
    path = service.path("ask-away", service.ask_ana())
    before = service.dump()
    for until in NO_DAYS:
        answer = service.post(path, urlencode({"sure": "yes", "until": until}).encode())
        assert answer.status == 422, until
        assert "Please choose a day from 24 November 2026 to 23 November 2027." in answer.body
        assert 'aria-invalid="true"' in answer.body
        assert "<script" not in answer.body
    assert service.post(path, b"sure=yes").status == 422
    assert service.dump() == before
    assert service.lines == []


@pytest.mark.parametrize("until", ["2026-11-24", "2027-11-23"])
def test_the_first_and_the_last_day(service: Running, until: str) -> None:
    path = service.path("ask-away", service.ask_ana())
    page = service.ask("GET", path)
    assert '<input type="date" id="until" name="until" required min="2026-11-24" max="2027-11-23">' in page.body
    assert service.post(path, pressed("ask-away", page.body, until)).status == 200
    assert [back.date().isoformat() for (back,) in rows(service.store, absences.c.until)] == [until]


def test_a_day_begins_where_the_member_lives(store: Store) -> None:
    """At three in the afternoon UTC it is tomorrow in Tokyo."""
    home = make_home()
    ana = replace(home.community.members["ana"], timezone="Asia/Tokyo", languages=("ja",))
    home = replace(home, community=replace(home.community, members={"ana": ana}))
    with running(store, home, lambda: NOW + timedelta(hours=6)) as service:
        step = service.ask_ana()
        page = service.ask("GET", service.path("ask-away", step))
        assert '<html lang="ja"' in page.body
        assert 'min="2026-11-25" max="2027-11-24"' in page.body
        done = service.post(service.path("ask-away", step), b"sure=yes&until=2026-11-25")
        assert "2026年11月25日" in done.body
        assert 'value="2026-11-25"' in done.body
        assert rows(store, absences.c.until) == [(datetime(2026, 11, 24, 15, tzinfo=UTC),)]


def test_who_is_away_may_choose_another_day(service: Running) -> None:
    path = service.path("ask-away", service.ask_ana())
    done = service.post(path, b"sure=yes&until=2026-12-01")
    later = service.post(path, pressed("ask-away", done.body, "2026-12-20"))
    assert "Until 20 December 2026" in later.body
    assert rows(service.store, absences.c.until) == [(datetime(2026, 12, 20, tzinfo=UTC),)]


# --- whose words, and whose language ---


NAMES = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*191}} {name} %s", "x\u2069\u202e\u2066y", "</title>",
)  # fmt: skip


@pytest.mark.parametrize("choice", [choice for choice in CHOICES if choice != "first"])
def test_a_name_is_no_markup(service: Running, choice: Choice) -> None:
    for number, name in enumerate(NAMES):
        path = service.path(choice, number_of(service, choice, name=name, email=f"joana{number}@example.net"))
        for answer in (service.ask("GET", path), service.post(path, b"sure=yes&until=2026-12-01")):
            assert answer.status == 200
            assert not re.search("<script|<img|1337|\u202e|\u2066", answer.body)
            assert answer.body.count("</title>") == 1


def test_a_name_keeps_its_direction(service: Running) -> None:
    """Read as it was sent, with the marks around the name."""
    path = service.path("block", service.converse("member", name="\u2069نور\u202e"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.service.conftest.plain", str)
        assert "between you and \u2068نور\u2069, in" in service.ask("GET", path).body


def test_who_has_no_name_is_somebody(service: Running) -> None:
    for name in ("", "joana@example.net"):
        path = service.path("block", service.converse("member", name=name, email=f"x{len(name)}@example.net"))
        body = service.ask("GET", path).body
        assert "between you and somebody who began with Test community" in body
        assert "joana@" not in body


def test_no_page_shows_an_address(service: Running) -> None:
    for choice in CHOICES:
        path = service.path(choice, number_of(service, choice))
        for answer in (service.ask("GET", path), service.post(path, b"sure=yes&until=2026-12-01")):
            assert set(re.findall(r"[\w.+-]+@[\w.-]+\w", answer.body)) <= {"community@community.example.org"}
    assert service.lines == []


def test_whose_language(service: Running) -> None:
    newcomer = service.converse("newcomer", languages=("uk", "en"), email="one@example.net")
    assert '<html lang="uk"' in service.ask("GET", service.path("block", newcomer)).body
    assert '<html lang="en"' in service.ask("GET", service.path("block", newcomer + 1)).body  # Ana's
    assert '<html lang="fr"' in service.ask("GET", service.path("first", service.write_first(language="fr"))).body
    german = {"Accept-Language": "de-AT, en;q=0.5"}
    assert '<html lang="de"' in service.ask("GET", service.path("block", 999), headers=german).body
    with service.store.writing() as connection:
        connection.execute(sa.update(newcomers).values(languages=["tlh"]))
    assert '<html lang="de"' in service.ask("GET", service.path("block", newcomer), headers=german).body


def test_who_leaves_the_community_leaves_no_trouble(store: Store) -> None:
    home = make_home()
    empty = replace(home, community=replace(home.community, members={}, journeys={}))
    with running(store, home) as service:
        paths = [service.path(choice, number_of(service, choice)) for choice in CHOICES]
    with running(store, empty) as service:
        for path in paths:
            assert service.ask("GET", path).status == 200
            assert service.post(path, b"sure=yes&until=2026-12-01").status == 200
        assert service.lines == []
