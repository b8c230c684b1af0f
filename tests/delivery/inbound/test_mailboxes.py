"""Mails in files, as other programs keep them."""

from __future__ import annotations

import io
import mailbox
from pathlib import Path

import pytest

from alongside.delivery.arrived.mails import LONGEST
from alongside.delivery.inbound.mailboxes import read_mailbox, read_stream
from alongside.problems import UsageError
from delivery.inbound.letters import letter

RAWS = [letter(f"Mail {number}\n\nFrom here on it is text.\n", Message_ID=f"<{number}@x>") for number in range(3)]


def test_an_mbox(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for raw in RAWS:
        box.add(raw)
    box.close()
    found = list(read_mailbox(tmp_path / "box"))
    assert [raw.count(b"Message-ID") for raw in found] == [1, 1, 1]
    assert b"Mail 2" in found[2]


def test_a_maildir(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    for raw in RAWS:
        box.add(raw)
    assert sorted(read_mailbox(tmp_path / "box")) == sorted(RAWS)


def test_one_mail(tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(RAWS[0])
    assert list(read_mailbox(tmp_path / "mail.eml")) == [RAWS[0]]


def test_bounds(tmp_path: Path) -> None:
    big = b"x" * (3 * LONGEST)
    (tmp_path / "mail.eml").write_bytes(big)
    (tmp_path / "box").write_bytes(
        b"From a Mon Jan 1 00:00:00 2026\n" + big + b"\n\nFrom b Mon Jan 1 00:00:00 2026\n\nhi\n"
    )
    stream = io.BytesIO(big)
    assert [len(raw) for raw in read_mailbox(tmp_path / "mail.eml")] == [LONGEST]
    found = list(read_mailbox(tmp_path / "box"))
    assert len(found) == 2
    assert len(found[0]) < LONGEST + 100
    assert found[1].endswith(b"hi\n")
    assert len(read_stream(stream)) == LONGEST
    assert stream.read() == b""


@pytest.mark.parametrize(("name", "message"), [("", "is no maildir"), ("nowhere", "cannot be read: No such file")])
def test_what_is_none(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        list(read_mailbox(tmp_path / name))
