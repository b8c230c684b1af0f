"""What somebody might try at the service who wishes it ill, or whose program is broken."""

from __future__ import annotations

import asyncio
import json
import random
import re
import string
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alongside.delivery import members
from alongside.delivery.contacts import import_contacts
from alongside.delivery.notes.letters import Kind, write_letter
from alongside.delivery.notes.relaying import Note, take_first_note
from alongside.delivery.page_links import PageLink, make_page_token
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.requests import OvertakenError
from alongside.delivery.schema import CONFIRMATION, enrollments, facts, letters, newcomers, notes, steps
from alongside.delivery.sealing import seal
from alongside.delivery.store import Store, StoreError
from alongside.service import enrolling
from alongside.service.together import TRIES, Together

from .conftest import NOW, Running
from .own_person import move_in, page
from .test_enrolling import Product, content, is_problem, one, product  # noqa: F401  a fixture
from .test_note_form import SAM, Form, form  # noqa: F401  a fixture


def test_an_id_of_any_length_keeps_nobody_else_out(product: Product) -> None:  # noqa: F811
    """PostgreSQL's index holds some 2,700 bytes of it."""
    long = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=12_000))
    bodies = [one("first@example.net"), one("second@example.net", id=long), one("third@example.net", id="u-3")]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(product.post, bodies))
    assert [answer.status for answer in answers] == [201, 201, 201]
    assert sorted(product.rows(newcomers, "product_id")) == ["", "", "u-3"]
    assert "long-id" in answers[1].body


def test_a_page_says_no_id(product: Product) -> None:  # noqa: F811
    """Else whoever wants to know what became of somebody else would come with their id and their own address."""
    product.post(one("joana@example.net", id="u-7"))
    assert product.page({"journey": "month", "newcomer": {"email": "eve@example.net", "id": "u-7"}}).status == 201
    assert product.rows(newcomers, "address", "product_id") == [("joana@example.net", "u-7"), ("eve@example.net", "")]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_the_ends_of_time(product: Product, at: str) -> None:  # noqa: F811
    answer = product.post({"event": "left", "newcomer": {"email": "joana@example.net"}, "at": at}, "/events")
    assert "problems" in content(answer), is_problem(answer, 422)


def test_half_a_character_in_a_note(form: Form) -> None:  # noqa: F811
    stamp = form.stamp()
    for name in ("message", "name", "address", "language", "stamp", "altcha", "subject"):
        answer = form.send_json({**SAM, "stamp": stamp, name: "half \ud800"})
        assert answer.status in (200, 400, 422), name
    assert not [line for line in form.service.lines if line.startswith("error")]


def test_who_took_their_consent_back_gets_no_note_by_form(form: Form) -> None:  # noqa: F811
    with form.service.store.writing() as connection:
        word = members.own_word(connection, "ana", resolve=str)
        members.record_consent(connection, word, "withdrawn", now=NOW)
    assert form.open().status == 404
    assert form.send(stamp="x").status == 404
    assert form.waiting == []


def test_the_own_page_does_not_name_who_took_their_consent_back(service: Running) -> None:
    number = move_in(service)
    assert re.search(r"\bAna\b", service.ask("GET", page(service, number)).body)
    with service.store.writing() as connection:
        word = members.own_word(connection, "ana", resolve=str)
        members.record_consent(connection, word, "withdrawn", now=NOW)
    assert not re.search(r"\bAna\b", service.ask("GET", page(service, number)).body)


def test_the_file_of_a_newcomer_holds_no_word_that_was_not_passed_on_to_them(service: Running) -> None:
    number = move_in(service)
    with service.store.writing() as connection:
        talk = connection.scalar(sa.select(notes.c.conversation_id).limit(1))
        connection.execute(
            sa.insert(notes),
            [
                {"conversation_id": talk, "side": side, "state": state, "reason": reason, "digest": "", "shape": "",
                 "sealed": seal(f"{side} {state} {reason}", service.store.key), "received_at": NOW}
                for side in ("member", "newcomer")
                for state, reason in (("held", "machine"), ("dropped", "closed"), ("held", "stranger"))
            ],
        )  # fmt: skip
        connection.execute(
            sa.insert(letters),
            {"kind": "returned", "newcomer_id": number, "conversation_id": talk, "side": "member", "detail": "closed",
             "due_at": NOW, "state": "planned", "written_at": NOW},
        )  # fmt: skip
    held = json.loads(service.ask("GET", f"{page(service, number)}/data.json").body)
    assert [note["text"] for note in held["notes"]] == [
        "A note from the newcomer", "A note from the member", "newcomer held machine", "newcomer dropped closed",
    ]  # fmt: skip
    assert not {"digest", "shape"} & held["notes"][0].keys()
    assert held["letters"] == []


@pytest.mark.parametrize("host", ["[", "[::1", "localhost:x", ""])
def test_hosts_that_are_none(service: Running, host: str) -> None:
    assert service.ask("GET", "/metrics", headers={"Host": host}).status in (200, 400, 404)
    assert not [line for line in service.lines if line.startswith("error")]


def test_a_value_that_the_store_refuses_fails_alone(store: Store) -> None:
    def work(connection: sa.Connection, orders: Sequence[str]) -> Sequence[str]:
        for order in orders:
            connection.execute(sa.insert(facts), {"name": order, "value": order})
        return orders

    async def ask() -> list[object]:
        together = Together[str, str](store, work)
        wanted = [together.do(name) for name in ("one", "secret", "two", "key", "key check", "three")]
        return await asyncio.gather(*wanted, return_exceptions=True)

    told = asyncio.run(ask())
    assert [told[place] for place in (0, 2, 5)] == ["one", "two", "three"]
    assert any(isinstance(each, Exception) for each in told)


def test_who_is_overtaken_again_and_again_gives_up(store: Store) -> None:
    calls = 0

    def work(connection: sa.Connection, orders: Sequence[int]) -> Sequence[int]:
        nonlocal calls
        calls += 1
        raise OvertakenError

    async def ask() -> int:
        return await Together[int, int](store, work).do(1)

    with pytest.raises(StoreError):
        asyncio.run(ask())
    assert calls == TRIES


def test_a_page_puts_no_words_into_the_mouth_of_who_comes_later(product: Product) -> None:  # noqa: F811
    """Whoever knows an address may send it first, with a name of their choice; the host product knows better."""
    eve = {"email": "joana@example.net", "name": "You won", "languages": ["ja"], "text": "Buy!"}
    product.page({"journey": "month", "newcomer": eve})
    assert content(product.post(one(name="Joana", languages=["pt"], id="u-7")))["status"] == "already"
    assert product.rows(newcomers, "name", "languages", "product_id") == [("Joana", ["pt"], "u-7")]
    assert product.rows(enrollments, "state") == ["awaiting confirmation"]
    product.page({"journey": "month", "newcomer": eve})
    assert product.rows(newcomers, "name") == ["Joana"]


def test_a_link_is_sent_once_a_day_however_often_it_is_asked_for(service: Running) -> None:
    with service.store.writing() as connection:
        import_contacts(connection, [("ana", "ana@members.example.org")], resolve=str, now=NOW)
        word = members.own_word(connection, "ana", resolve=str)
        keys = read_relay_keys(connection, service.store.key)
    link = PageLink(whose="member", number=word.number, good_until=NOW.date() - timedelta(days=1))
    with ThreadPoolExecutor(8) as pool:
        path = f"/member/{make_page_token(link, keys)}"
        answers = list(pool.map(lambda _: service.post(path, b"do=send").status, range(16)))
    assert set(answers) == {200}
    with service.store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(letters)) == 1


def test_the_file_tells_of_a_note_by_form_that_waits(service: Running) -> None:
    number = move_in(service)
    with service.store.writing() as connection:
        take_first_note(
            connection, service.store.key, "ana", Note(text="Hello Ana"), sender="joana.prado@example.net",
            name="Jô", language="pt", now=NOW,
        )  # fmt: skip
    answer = service.ask("GET", f"{page(service, number)}/data.json")
    assert answer.status == 200
    (waiting,) = json.loads(answer.body)["first_notes"]
    assert (waiting["name"], waiting["text"]) == ("Jô", "Hello Ana")


def test_pages_of_the_whole_world_make_us_write_to_so_many_strangers(
    product: Product,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(enrolling, "BROWSER_MOST_OF_ALL", 3)
    statuses = [product.page(one(f"n{number}@example.net")).status for number in range(5)]
    assert statuses == [201, 201, 201, 429, 429]
    assert product.post(one("from.a.program@example.net")).status == 201
    product.wait(hours=1)
    assert product.page(one("n9@example.net")).status == 201


def test_the_file_of_a_member_tells_nothing_of_a_team_of_that_name(service: Running) -> None:
    with service.store.writing() as connection:
        word = members.own_word(connection, "ana", resolve=str)
        kinds: tuple[Kind, ...] = ("digest", "monthly")
        for kind in kinds:
            write_letter(connection, kind, addressee="ana", now=NOW)
        link = PageLink(whose="member", number=word.number, good_until=NOW.date())
        path = f"/member/{make_page_token(link, read_relay_keys(connection, service.store.key))}"
    held = json.loads(service.ask("GET", f"{path}/data.json").body)
    assert [letter["kind"] for letter in held["letters_to_you"]] == ["monthly"]


def test_who_types_somebody_elses_address_every_day_has_them_mailed_ever_less(product: Product) -> None:  # noqa: F811
    mailed: list[int] = []
    for day in range(70):
        product.page(one())
        with product.service.store.writing() as connection:
            due = connection.scalars(
                sa.select(steps.c.id).where(steps.c.moment == CONFIRMATION, steps.c.state == "planned")
            ).all()
            sent = {"state": "sent", "done_at": product.at[0]}
            connection.execute(sa.update(steps).where(steps.c.id.in_(due)).values(sent))
        mailed += [day] * len(due)
        product.wait(days=1)
    assert mailed == [0, 1, 2, 4, 8, 16, 32, 64]
