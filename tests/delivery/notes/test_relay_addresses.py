"""Addresses that stand for a person: made, known again in any case, withdrawn, out of date, and never guessed."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.delivery.notes.care import reopen
from alongside.delivery.relay_addresses import (
    GOOD_FOR,
    WRITERS,
    Relay,
    RelayKeys,
    Writer,
    change_key,
    make_relay,
    read_relay,
    read_relay_keys,
)
from alongside.delivery.retention import sweep
from alongside.delivery.schema import metadata, notes
from alongside.delivery.sealing import SealError, seal, unseal
from alongside.delivery.store import Store
from delivery.notes.village import ANA, JO, Village

KEYS = RelayKeys(key=b"k" * 32)
RELAY = Relay(writer="newcomer", number=1234, generation=3, good_until=date(2027, 5, 22))


@given(
    st.sampled_from(WRITERS), st.integers(0, 2**63 - 1), st.integers(0, 255),
    st.dates(date(2020, 1, 1), date(2199, 1, 1)), st.integers(0, 500),
)  # fmt: skip
def test_what_is_made_is_read_in_any_case(writer: Writer, number: int, generation: int, day: date, epoch: int) -> None:
    relay, keys = (
        Relay(writer=writer, number=number, generation=generation, good_until=day),
        RelayKeys(key=b"k", epoch=epoch),
    )
    token = make_relay(relay, keys)
    assert len(token) <= 64 - len("community+")
    chance = random.Random(number)
    mixed = "".join(chance.choice((letter.lower(), letter.upper())) for letter in token)
    assert read_relay(token, keys) == read_relay(token.upper(), keys) == read_relay(mixed, keys) == relay


def test_it_tells_nothing_and_is_not_made_up() -> None:
    token = make_relay(RELAY, KEYS)
    assert read_relay(token, RelayKeys(key=b"other")) is None
    for place in range(2, len(token)):
        for letter in "a7":
            changed = token[:place] + letter + token[place + 1 :]
            # the last letter holds bits that mean nothing
            assert changed == token or read_relay(changed, KEYS) in (None, RELAY), changed
    for garbled in (token[:-4], token + "aa", token[2:], f"s-{token[2:]}", "r-", "r-" + "a" * 60, "r-é" * 9, ""):
        assert read_relay(garbled, KEYS) is None


def test_the_key_before_stays_good_and_the_one_before_that_does_not(store: Store) -> None:
    tokens = []
    for _ in range(3):
        with store.reading() as connection:
            keys = read_relay_keys(connection, store.key)
        tokens.append(make_relay(RELAY, keys))
        with store.writing() as connection:
            change_key(connection)
    with store.reading() as connection:
        keys = read_relay_keys(connection, store.key)
    assert keys.epoch == 3
    assert [read_relay(token, keys) for token in tokens] == [None, None, RELAY]


def test_an_address_is_good_for_half_a_year(store: Store, tmp_path: Path) -> None:
    village = Village(store, tmp_path)
    village.enroll()
    (welcome,) = village.send()
    village.now += GOOD_FOR
    assert village.answer(welcome, f"Jo <{JO}>", "Hello Ana, it took me a while.").kind == "note"
    village.now += timedelta(days=1)
    assert village.answer(welcome, f"Jo <{JO}>", "Hello again Ana, a day too late.").detail == "expired"
    mails = [mail for mail in village.send() if "no longer in use" in mail.text]
    assert [mail.message["To"].addresses[0].addr_spec for mail in mails] == [JO]


def test_reopening_withdraws_the_addresses_that_were_given_out(store: Store, tmp_path: Path) -> None:
    village = Village(store, tmp_path)
    village.enroll()
    (welcome,) = village.send()
    village.answer(welcome, f"Jo <{JO}>", "Hello Ana, may I ask you something?")
    (note,) = village.send()
    raw = f"From: <{ANA}>\nTo: {note.link('block')}\nMessage-ID: <b@x>\n\n".encode()
    village.hear(raw, sender=ANA)
    with store.writing() as connection:
        assert reopen(connection, village.conversation()["id"])
    assert village.answer(note, f"Ana <{ANA}>", "Sorry, I pressed the wrong button.").detail == "closed"
    assert village.answer(welcome, f"Jo <{JO}>", "Are you there again, Ana?").kind == "note"


def test_what_is_sealed_is_read_with_its_key_alone() -> None:
    sealed = seal("Não tenha medo. 怖くない。", b"key")
    assert unseal(sealed, b"key") == "Não tenha medo. 怖くない。"
    assert sealed != seal("Não tenha medo. 怖くない。", b"key")
    for key, damaged in ((b"other", sealed), (b"key", sealed[:-1]), (b"key", sealed[:5]), (b"key", b"")):
        with pytest.raises(SealError):
            unseal(damaged, key)


def test_words_lie_encrypted_in_the_store_and_are_deleted_in_time(store: Store, tmp_path: Path) -> None:
    village = Village(store, tmp_path, keep_notes=timedelta(days=30))
    village.enroll()
    (welcome,) = village.send()
    village.answer(welcome, f"Jo <{JO}>", "A very particular sentence about marmalade.")
    dumped = repr([row for table in metadata.sorted_tables for row in village.rows(table)])
    assert "marmalade" not in dumped
    if store.path is not None:
        assert b"marmalade" not in store.path.read_bytes()
    sweep(store, village.settings, wall=village.now + timedelta(days=31))
    assert [row["sealed"] for row in village.rows(notes)] == [None]
    assert village.send(after=timedelta(days=31)) == []  # a letter whose words are gone
