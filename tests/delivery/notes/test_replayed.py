"""A mailbox read again, and the same mail by several doors: what was passed on is not passed on again."""

from __future__ import annotations

import mailbox
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from bench.notes_autoresponders import PROGRAMS

from alongside.delivery.inbound.imap import parse_imap_url, poll
from alongside.delivery.inbound.mailboxes import read_mailbox
from alongside.delivery.schema import letters, notes, received
from alongside.delivery.store import Store, open_store
from delivery.inbound.letters import letter
from delivery.notes.village import JO, MAILBOX, Mail, Village, reply
from mail_servers.mail_host import MailHost

FEW, MANY = 60, 500
PEOPLE = 20


@pytest.fixture
def village(store: Store, tmp_path: Path) -> Village:
    return Village(store, tmp_path)


def welcomes(village: Village) -> list[tuple[str, Mail]]:
    """(address, their welcome) of some newcomers."""
    for number in range(PEOPLE):
        village.enroll(f"jo{number}@newcomer.example.net")
    return [(mail.message["To"].addresses[0].addr_spec, mail) for mail in village.send()]


def mixed(village: Village, count: int) -> Iterator[bytes]:
    """People's answers with and without Message-ID, automatic ones, stop words, mail of strangers, and rubbish."""
    chance = random.Random(1)
    for number, (who, welcome) in enumerate(welcomes(village) * (count // PEOPLE)):
        text = (
            f"Hello Ana, this is note {number}. {' '.join(chance.choices('river garden window letter'.split(), k=9))}"
        )
        headers = {"Return_Path": f"<{who}>"}
        kind = number % 10
        if kind < 5:
            raw = reply(welcome, f"Jo <{who}>", text if kind else "Thank you!", **headers)
            yield raw if kind % 2 else b"\n".join(li for li in raw.split(b"\n") if not li.startswith(b"Message-ID:"))
        elif kind == 5:
            yield reply(welcome, f"Jo <{who}>", f"{text}\nFrom here on I am lost.\n>From there too.", **headers)
        elif kind == 6:
            program = PROGRAMS[number % len(PROGRAMS)]
            told = dict(line.split(": ", 1) for line in program.headers.splitlines())
            yield reply(welcome, f"Jo <{who}>", text, **headers, **told)
        elif kind == 7:
            yield letter(text, sender=f"s{number}@example.com", to="community+ana@community.example.org")
        elif kind == 8:
            yield letter(text, sender=f"s{number}@example.com", to=MAILBOX, Message_ID=f"<{number}@x>")
        else:
            yield bytes(chance.randrange(256) for _ in range(300)) + str(number).encode()


def state(village: Village) -> list[object]:
    return [village.rows(table) for table in (received, notes, letters)]


def hear_all(village: Village, path: Path) -> Counter[bool]:
    """How many were heard before, and how many were not."""
    return Counter(village.hear(raw, sender=None).again for raw in read_mailbox(path))


@pytest.mark.parametrize(
    ("form", "count"),
    [("mbox", FEW), ("maildir", FEW), pytest.param("mbox", MANY, marks=pytest.mark.soak)],
)
def test_a_mailbox_in_files_replayed_twice(village: Village, tmp_path: Path, form: str, count: int) -> None:
    path = tmp_path / form
    box = mailbox.mbox(path) if form == "mbox" else mailbox.Maildir(path)
    for raw in mixed(village, count):
        box.add(raw)
    box.close()
    hear_all(village, path)
    assert len(village.send()) > count / 4
    before = state(village)
    for _ in range(2):
        assert hear_all(village, path)[False] == 0
        assert village.send() == []
    assert state(village) == before


@pytest.mark.mail
@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
def test_a_mailbox_of_a_real_server_replayed_twice(tmp_path: Path, mail_host: MailHost, count: int) -> None:
    village = Village(open_store(tmp_path, {}), tmp_path)
    mail_host.add_user(MAILBOX)
    for raw in mixed(village, count):
        mail_host.append(MAILBOX, raw)
    login = f"{quote(MAILBOX, safe='')}:{quote(mail_host.password, safe='')}"
    url = f"imaps://{login}@{mail_host.host}:{mail_host.imaps_port}/INBOX?ca={mail_host.ca_file}"
    kinds: Counter[bool] = Counter()

    def hear(raw: bytes) -> None:
        kinds[village.hear(raw, sender=None).again] += 1

    poll(village.store, parse_imap_url(url), hear=hear)
    assert kinds.total() == count
    assert village.send()
    before = state(village)
    for _ in range(2):
        kinds.clear()
        # Another name of the same host: how far we came is not known there.
        poll(village.store, parse_imap_url(url.replace("/INBOX", "/inbox")), hear=hear)
        assert kinds[False] == 0
        assert village.send() == []
    assert state(village) == before


DOORS: list[Callable[[bytes], bytes]] = [
    lambda raw: raw,
    lambda raw: raw.replace(b"\n", b"\r\n"),
    lambda raw: b"Return-Path: <" + JO.encode() + b">\nDelivered-To: community@community.example.org\n" + raw,
    lambda raw: b"From jo Tue Nov 24 11:00:05 2026\n" + raw.replace(b"\nFrom here", b"\n>From here"),
    lambda raw: b"Received: from a by b;\n\tTue, 24 Nov 2026 05:31:07 +0000\n" + raw + b"\n",
]


@pytest.mark.parametrize("identified", [True, False])
def test_the_same_mail_by_every_door(village: Village, identified: bool) -> None:
    village.enroll()
    (welcome,) = village.send()
    raw = reply(welcome, f"Jo <{JO}>", "Thank you!\n\nFrom here on I know the way.")
    if not identified:
        raw = b"\n".join(line for line in raw.split(b"\n") if not line.startswith(b"Message-ID:"))
    heard = [village.hear(door(raw), sender=JO, recipient=welcome.answer_to) for door in DOORS]
    assert [each.again for each in heard] == [False, True, True, True, True]
    assert len(village.send()) == 1


def test_two_mails_without_message_id_are_two(village: Village) -> None:
    village.enroll()
    (welcome,) = village.send()
    for minute in (1, 2):
        raw = reply(welcome, f"Jo <{JO}>", "Thank you!").replace(b"11:00:05", b"11:0%d:05" % minute)
        raw = b"\n".join(line for line in raw.split(b"\n") if not line.startswith(b"Message-ID:"))
        assert village.hear(raw, sender=JO).kind == "note"


def test_one_mail_to_two_members_is_two_first_notes(village: Village) -> None:
    raw = letter("May I ask you both?\n", sender="eve@example.com", to=MAILBOX, Message_ID="<1@z>")
    for member in ("ana", "bea"):
        to = f"community+{member}@community.example.org"
        heard = village.hear(raw, sender="eve@example.com", recipient=to)
        assert not heard.again
