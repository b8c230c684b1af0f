"""A newcomer's own page: who is let in, what it shows, and what it changes."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import html5lib
import pytest
import sqlalchemy as sa

from alongside.delivery.desk import Desk
from alongside.delivery.notes.letters import claim_letter
from alongside.delivery.notes.writing import NotWantedError, office_of, write
from alongside.delivery.page_links import PageLink, make_page_token
from alongside.delivery.relay_addresses import RelayKeys, change_key
from alongside.delivery.retention import sweep
from alongside.delivery.schema import (
    ask_moment,
    conversations,
    enrollments,
    letters,
    newcomers,
    outcomes,
    steps,
    suppressions,
)
from alongside.delivery.store import open_store
from alongside.delivery.transports.maildir import Maildir
from alongside.delivery.worker import send_due
from alongside.rendering.interface import interface_languages
from alongside.service.app import make_app
from alongside.service.core import Service
from delivery.conftest import CHECK_IN, WELCOME, make_journey, make_world

from .conftest import NOW, Answer, Running, dump, make_home, running
from .own_person import move_in, page
from .test_http import all_statuses, requests

ZONE = "America/Recife"


def change(service: Running, path: str, **fields: str) -> Answer:
    return service.post(path, "&".join(f"{name}={value}" for name, value in fields.items()).encode())


def due(service: Running, number: int, moment: str = "check-in") -> datetime | None:
    """When that mail of the first journey is looked at."""
    with service.store.reading() as connection:
        return connection.scalar(
            sa.select(steps.c.due_at)
            .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
            .where(enrollments.c.newcomer_id == number, enrollments.c.journey == "month", steps.c.moment == moment)
        )


def row(service: Running, number: int) -> sa.Row[object]:
    with service.store.reading() as connection:
        return connection.execute(sa.select(newcomers).where(newcomers.c.id == number)).one()


def count_letters(service: Running) -> int:
    with service.store.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(letters)) or 0


# --- what it shows ---


def test_it_shows_what_we_hold(service: Running) -> None:
    number = move_in(service)
    answer = service.ask("GET", page(service, number))
    assert answer.status == 200
    for held in ("Joana.Prado@Example.net", "Joana Prado", "Recife, Brazil", "English and Portuguese", "user-4711",
                 "docs as code and release notes", "I have never done that", "Hello Joana", "from Ana", "2 notes",
                 "The first month: your consent, told by “test” on 23 November 2026", "22 January 2027",
                 "Monday, 30 November 2026, 06:00", "waits until you confirm"):  # fmt: skip
        assert held in answer.body, held
    assert "A note from the member" not in answer.body
    assert "<title>Your page – Test community</title>" in answer.body
    assert not re.search(r"<script|\bsrc=|\bon[a-z]+=|<link", answer.body)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "script" not in answer.headers["content-security-policy"]


def test_in_every_language(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    with running(store, make_home()) as service:
        for language in interface_languages():
            number = move_in(service, languages=(language,), email=f"{language}@example.net")
            own = page(service, number)
            for path in (own, f"{own}?done=stop-all", f"{own}/erase"):
                body = service.ask("GET", path).body
                assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in body
                assert "{" not in body.partition("</style>")[2]
                html5lib.HTMLParser(strict=True).parse(body)
            # whose language it is, a link that is good no more does not tell
            assert '<html lang="en"' in service.ask("GET", page(service, number, generation=1)).body
    store.close()


def test_the_conversation_is_ended_by_the_page_for_that(service: Running) -> None:
    own = page(service, move_in(service))
    found = re.search(r'href="\.\./(block/[^"]+)"', service.ask("GET", own).body)
    assert found is not None
    assert service.post(f"/{found[1]}", b"sure=yes").status == 200
    assert "ended · 2 notes" in service.ask("GET", own).body


def test_who_left_is_not_named(service: Running) -> None:
    own = page(service, move_in(service, met=""))
    service.home.community.members.clear()  # type: ignore[attr-defined]
    body = service.ask("GET", own).body
    assert "from A member who has left" in body
    assert not re.search(r"\bAna\b", body)


# --- who is let in ---


def test_links_that_are_not_ours_and_people_who_are_gone_look_the_same(service: Running) -> None:
    number = move_in(service)
    own = page(service, number)
    forged = f"{own[:-1]}{'0' if own[-1] != '0' else '1'}"
    keys = RelayKeys(key=service.store.key)
    member = make_page_token(PageLink(whose="member", number=number, good_until=date(2027, 1, 1)), keys)
    nobody = page(service, 999)
    paths = (forged, own[:-2], own[:12], nobody, "/me/x", f"/me/{member}", f"/me/{service.token('stop', 1)}")
    for path in paths:
        for below in ("", "/data.json", "/erase"):
            answer = service.ask("GET", path + below)
            assert (answer.status, answer.body) == (404, service.ask("GET", "/nowhere").body), path
        assert change(service, path, do="link").status == 404
    assert count_letters(service) == 0


@pytest.mark.parametrize("why", ["expired", "old generation", "void key"])
def test_a_link_that_is_good_no_more_shows_nothing(service: Running, why: str) -> None:
    number = move_in(service)
    own = page(service, number, until=(NOW - timedelta(days=1)).date()) if why == "expired" else page(service, number)
    if why == "old generation":
        change(service, own, do="renew")
    if why == "void key":
        for _ in range(3):
            with service.store.writing() as connection:
                change_key(connection)
    before = service.dump()
    for path in (own, f"{own}/data.json", f"{own}/erase", f"{own}?done=pace"):
        answer = service.ask("GET", path)
        assert answer.status == 410
        assert "This link is no longer good" in answer.body
        assert not re.search("Joana|Ana|example.net|Recife", answer.body)
    for fields in ({"do": "pace", "days": "7"}, {"do": "stop-all"}, {"do": "renew"}):
        assert change(service, own, **fields).status == 410
    assert change(service, f"{own}/erase", sure="yes").status == 410
    assert service.dump() == before
    waiting = count_letters(service)
    answers = [change(service, own, do="link") for _ in range(3)]
    assert [(answer.status, answer.headers["location"]) for answer in answers] == [(303, "?done=link")] * 3
    assert count_letters(service) == 1 >= waiting  # once a day
    assert "A new link is on its way" in service.ask("GET", f"{own}?done=link").body


def test_the_letter_brings_a_link_that_works(service: Running) -> None:
    """Also after the old ones were made void; written again, it is the same mail. Who stopped all mail gets none."""
    number = move_in(service)
    old = page(service, number)
    assert change(service, old, do="renew").headers["location"] == "?done=link"
    office = office_of(Desk(service.home.community, service.home.settings, key=service.store.key))
    with service.store.writing() as connection:
        letter = claim_letter(connection, token="t", now=NOW, wall=NOW)
        assert letter is not None
        envelope = write(connection, office, letter)
        assert write(connection, office, letter) == envelope
    assert envelope.recipient == "Joana.Prado@Example.net"
    text = message_from_bytes(envelope.content, policy=policy.default).get_content()
    found = re.search(r"https://example\.org(/me/\S+)", text)
    assert found is not None
    assert "22 January 2027" in text
    assert service.ask("GET", old).status == 410
    assert service.ask("GET", found[1]).status == 200
    change(service, found[1], do="stop-all")
    with service.store.writing() as connection, pytest.raises(NotWantedError, match="stopped"):
        write(connection, office, letter)


# --- what changes nothing ---


@pytest.mark.parametrize("count", [200, pytest.param(1_000, marks=pytest.mark.soak)])
def test_hundreds_of_looks_change_nothing(tmp_path: Path, count: int) -> None:
    store = open_store(tmp_path, {})
    service = Running(port=0, store=store, home=make_home())
    number = move_in(service)
    own, old = page(service, number), page(service, number, generation=7)
    paths = [
        f"{path}{below}" for path in (own, old) for below in ("", "/data.json", "/erase", "?done=stop-all&do=renew")
    ]
    before, octets = service.dump(), (tmp_path / "alongside.sqlite").read_bytes()
    application = make_app(Service(store=store, home=lambda: service.home, now=lambda: NOW, log=lambda *_: None))
    assert asyncio.run(all_statuses(application, requests(count, paths))) == {200, 410}
    assert service.dump() == before
    assert (tmp_path / "alongside.sqlite").read_bytes() == octets
    store.close()


NONSENSE = (
    b"", b"do=", b"do=everything", b"pace=7", b"do=pace", b"do=pace&days=1", b"do=pace&days=-7", b"do=language&language=xx",
    b"do=language&language=pt", b"do=zone&zone=Mars/Olympus", b"do=zone&zone=", b"do=stop", b"do=stop&journey=0",
    b"do=stop&journey=9999999999999999999999", b"do=stop&journey=%D9%A1", b"List-Unsubscribe=One-Click", b"sure=yes",
)  # fmt: skip


def test_what_makes_no_sense_is_refused(service: Running) -> None:
    number = move_in(service)
    own, before = page(service, number), service.dump()
    for body in NONSENSE:
        answer = service.post(own, body)
        assert answer.status == 400, body
        assert "Joana" not in answer.body
    for body in (b"", b"sure=no", b"all=yes"):
        assert service.post(f"{own}/erase", body).status == 400
    assert service.post(own, b"do=pace&days=7&x=" + b"x" * 5000).status == 413
    assert service.post(f"{own}/data.json", b"do=pace").status == 405
    assert service.dump() == before
    assert not any("Joana" in line or own.rpartition("/")[2] in line for line in service.lines)


def test_nobody_stops_what_is_not_theirs(service: Running) -> None:
    number, other = move_in(service), service.enroll(email="other@example.net")
    assert change(service, page(service, number), do="stop", journey=str(other)).status == 400
    assert set(service.states()) == {"active", "awaiting confirmation"}


# --- what it changes ---


def test_pace(service: Running) -> None:
    """The mail waits until two weeks after the last one; the member is asked as long before it as ever."""
    asking = replace(CHECK_IN, ask_first=timedelta(days=2))
    service.home.community.journeys["month"] = replace(make_journey(WELCOME, asking))  # type: ignore[index]
    number = move_in(service)
    own, planned = page(service, number), due(service, number)
    assert planned == NOW + timedelta(days=7)
    for _ in range(2):  # once more does nothing more
        answer = change(service, own, do="pace", days="14")
        assert (answer.status, answer.headers["location"], answer.body) == (303, "?done=pace", "")
        assert due(service, number) == NOW + timedelta(days=14, minutes=1)
        assert due(service, number, ask_moment("check-in")) == NOW + timedelta(days=12, minutes=1)
    body = service.ask("GET", f"{own}?done=pace").body
    assert "From now on your mails keep that pace" in body
    assert '<option value="14" selected>' in body
    assert "Monday, 7 December 2026, 06:01" in body
    change(service, own, do="pace", days="0")
    assert due(service, number) == planned
    assert row(service, number).pace_days == 0


def test_pace_is_kept_when_a_mail_is_due(tmp_path: Path) -> None:
    """Whatever the store planned before."""
    store = open_store(tmp_path, {})
    service = Running(port=0, store=store, home=make_home())
    service.enroll()
    desk = Desk(service.home.community, service.home.settings, key=store.key)
    send_due(store, desk, Maildir(tmp_path / "outbox"), make_world(tmp_path, NOW))
    with store.writing() as connection:
        connection.execute(sa.update(newcomers).values(pace_days=14))
    for days, sent in ((7, 0), (13, 0), (14, 1)):
        report = send_due(store, desk, Maildir(tmp_path / "outbox"), make_world(tmp_path, NOW + timedelta(days=days)))
        assert [outcome.kind for outcome in report.outcomes].count("sent") == sent, days
    store.close()


def test_zone(service: Running) -> None:
    """Enrolled at six in the morning in Recife, a week later is Monday there; in Kiritimati it is Monday night."""
    number = move_in(service)
    own = page(service, number)
    assert '<option value="America/Recife" selected>Recife</option>' in service.ask("GET", own).body
    assert change(service, own, do="zone", zone="Asia/Calcutta").status == 303
    assert row(service, number).zone == "Asia/Kolkata"
    assert "14:30" in service.ask("GET", own).body
    with service.store.writing() as connection:  # enrolled on a Friday evening in Recife: Saturday in Kiritimati
        friday = datetime(2026, 11, 20, 22, tzinfo=UTC)
        connection.execute(sa.update(enrollments).values(enrolled_at=friday))
    change(service, own, do="zone", zone="America/Recife")
    assert due(service, number) == datetime(2026, 11, 27, 22, tzinfo=UTC)
    change(service, own, do="zone", zone="Pacific/Kiritimati")
    assert due(service, number) == datetime(2026, 11, 29, 10, tzinfo=UTC)  # their Monday begins


def test_language(service: Running) -> None:
    number = move_in(service)
    own = page(service, number)
    assert change(service, own, do="language", language="pt-BR").status == 303
    assert row(service, number).languages == ["pt-BR", "en"]
    assert '<html lang="pt"' in service.ask("GET", own).body
    change(service, own, do="language", language="ar")
    assert row(service, number).languages == ["ar", "pt-BR", "en"]
    assert 'dir="rtl"' in service.ask("GET", own).body


def test_stopping_one_journey_and_then_all_mail(service: Running) -> None:
    number = move_in(service)
    own = page(service, number)
    found = re.search(r'name="journey" value="([0-9]+)"', service.ask("GET", own).body)
    assert found is not None
    assert change(service, own, do="stop", journey=found[1]).headers["location"] == "?done=stop"
    assert service.states() == ["stopped", "awaiting confirmation"]
    before = service.dump()
    change(service, own, do="stop", journey=found[1])
    change(service, own, do="pace", days="0")
    assert service.dump() == before  # neither does it again, nor does anything begin
    body = service.ask("GET", own).body
    assert "It does not begin again by itself." in body
    assert f'value="{found[1]}"' not in body
    assert change(service, own, do="stop-all").status == 303
    assert service.states() == ["stopped", "stopped"]
    with service.store.reading() as connection:
        assert set(connection.scalars(sa.select(suppressions.c.journey))) == {"month", ""}
    body = service.ask("GET", f"{own}?done=stop-all").body
    assert "All mail to you is stopped." in body
    assert "To an address whose mail is stopped, none is sent." in body  # said before they make the link void
    assert "stop-all" not in body


def test_all_of_it_as_a_file(service: Running) -> None:
    number = move_in(service)
    service.write_first(sender="joana.prado@example.net")
    with service.store.writing() as connection:
        told = {"newcomer_id": number, "name": "converted", "happened_at": NOW, "told_at": NOW}
        connection.execute(sa.insert(outcomes), told)
    answer = service.ask("GET", f"{page(service, number)}/data.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="data.json"'
    assert answer.headers["content-type"] == "application/json"
    held = json.loads(answer.body)
    assert held["newcomer"]["address_as_given"] == "Joana.Prado@Example.net"
    assert [note["text"] for note in held["notes"]] == ["A note from the newcomer", "A note from the member"]
    first = {name: held["first_notes"][0][name] for name in ("member", "address", "text")}
    assert first == {"member": "ana", "address": "joana.prado@example.net", "text": "Hello Ana, how did you begin?"}
    assert held["outcomes"][0]["name"] == "converted"
    assert "ana@members.example.org" not in answer.body
    assert "converted, 23 November 2026" in service.ask("GET", page(service, number)).body


# --- erasing ---


@pytest.mark.parametrize("never_again", [False, True])
def test_erasing(service: Running, tmp_path: Path, never_again: bool) -> None:
    number = move_in(service)
    own = page(service, number)
    asked = service.ask("GET", f"{own}/erase")
    assert "This stays" in asked.body
    assert row(service, number) is not None
    fields = {"sure": "yes", **({"all": "yes"} if never_again else {})}
    answer = change(service, f"{own}/erase", **fields)
    assert answer.status == 200
    assert "Everything is erased" in answer.body
    assert "Joana" not in answer.body
    held = dump(service.store)
    assert not held["newcomers"]
    assert not held["enrollments"]
    assert not held["conversations"]
    assert len(held["suppressions"]) == never_again
    assert not any(name == "log to empty" for name, _ in held["facts"]) or service.store.path is None
    for path in (own, f"{own}/erase", f"{own}/data.json"):
        assert service.ask("GET", path).status == 404
    assert change(service, f"{own}/erase", **fields).status == 404  # sent again by a reload
    for file in tmp_path.glob("alongside.sqlite*"):
        octets = file.read_bytes()
        assert b"oana" not in octets
        assert b"never done that" not in octets
    assert not any("oana" in line for line in service.lines)


def test_erasing_while_somebody_reads_the_store_leaves_its_log_to_the_next_pass(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    outbox = tmp_path / "outbox"
    home = make_home()
    home = replace(home, settings=replace(home.settings, root=tmp_path))
    with running(store, home) as service:
        number = move_in(service)
        service.enroll(email="other@example.net", name="Other")
        desk = Desk(home.community, home.settings, key=store.key)
        later = NOW + timedelta(days=7)
        send_due(store, desk, Maildir(outbox), make_world(tmp_path, later))
        assert any(b"Joana" in file.read_bytes() for file in (outbox / "new").iterdir())
        with store.reading() as reader:
            reader.execute(sa.select(conversations)).all()
            assert change(service, f"{page(service, number)}/erase", sure="yes").status == 200
        assert service.lines == ["info erase the store's log is in use: the next pass empties it"]
        assert not any(b"Joana" in file.read_bytes() for file in (outbox / "new").iterdir())
        sweep(store, home.settings, wall=later)
    assert not any(b"oana" in file.read_bytes() for file in tmp_path.glob("alongside.sqlite*"))
    store.close()


# --- the link in the mails ---


def test_each_mail_holds_the_link(tmp_path: Path) -> None:
    """In both parts; made again from the same claim, it is the same mail."""
    store = open_store(tmp_path, {})
    with running(store, make_home()) as service:
        number = move_in(service)
        service.enroll(email="fresh@example.net", name="Fresh")
        desk = Desk(service.home.community, service.home.settings, key=store.key)
        send_due(store, desk, Maildir(tmp_path / "outbox"), make_world(tmp_path, NOW + timedelta(minutes=2)))
        mails = [
            message_from_bytes(file.read_bytes(), policy=policy.default)
            for file in (tmp_path / "outbox" / "new").iterdir()
        ]
        assert number
        by_kind = {"confirm" in str(mail["Subject"]): mail for mail in mails}
        welcome, question = by_kind[False], by_kind[True]
        text, html = (welcome.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
        found = re.search(r"Your page: what we hold about you, pace, stop\s*\(https://example\.org(/me/\S+)\)", text)
        assert found is not None
        assert f'href="https://example.org{found[1]}"' in html
        assert service.ask("GET", found[1]).status == 200
        assert "fresh@example.net" in service.ask("GET", found[1]).body
        assert "/me/" not in question.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "/me/" not in str(welcome["List-Unsubscribe"])
    store.close()
