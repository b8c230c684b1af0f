from __future__ import annotations

import mailbox
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alongside.delivery.transports.envelopes import DeliveryError, Envelope
from alongside.delivery.transports.maildir import Maildir, _machine_mark, file_name


def envelope(message_id: str = "one@example.org", content: bytes = b"Subject: hello\r\n\r\nhello\r\n") -> Envelope:
    return Envelope(message_id=message_id, sender="team@example.org", recipient="ana@example.net", content=content)


def test_a_mail_program_reads_it(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "outbox")
    transport.write(envelope())
    transport.flush()
    found = mailbox.Maildir(tmp_path / "outbox", create=False)
    assert [message["Subject"] for message in found] == ["hello"]
    assert list((tmp_path / "outbox" / "tmp").iterdir()) == []


def test_only_its_owner_can_look(tmp_path: Path) -> None:
    Maildir(tmp_path / "outbox").write(envelope())
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "outbox", *(tmp_path / "outbox").iterdir()]}
    assert modes == {0o700}
    (message,) = (tmp_path / "outbox" / "new").iterdir()
    assert stat.S_IMODE(message.stat().st_mode) == 0o600


def test_the_same_message_again_is_the_same_file(tmp_path: Path) -> None:
    for _ in range(2):
        Maildir(tmp_path / "outbox").write(envelope())
    assert [path.name for path in (tmp_path / "outbox" / "new").iterdir()] == [file_name("one@example.org")]


def test_what_was_read_already_does_not_come_back(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "outbox")
    transport.write(envelope())
    name = file_name("one@example.org")
    (tmp_path / "outbox" / "new" / name).rename(tmp_path / "outbox" / "cur" / f"{name}:2,S")
    Maildir(tmp_path / "outbox").write(envelope())
    assert list((tmp_path / "outbox" / "new").iterdir()) == []


def test_a_draft_left_by_a_kill_is_no_message(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "outbox")
    (tmp_path / "outbox" / "tmp" / f"{file_name('one@example.org')}.123").write_bytes(b"Subj")
    transport.write(envelope())
    (message,) = (tmp_path / "outbox" / "new").iterdir()
    assert message.read_bytes() == envelope().content


def test_drafts_of_dead_writers_are_swept_away(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "outbox")
    drafts = tmp_path / "outbox" / "tmp"
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    machine = _machine_mark()
    name = file_name("one@example.org")
    names = {f"{name}.{machine}.{child.pid}", f"{name}.{machine}.{os.getpid()}", f"{name}.00000000.{child.pid}", "M1P2"}
    for draft in names:
        (drafts / draft).write_bytes(b"Subj")
    now = datetime.now(UTC)
    assert transport.sweep(wall=now) == 1
    assert {draft.name for draft in drafts.iterdir()} == names - {f"{name}.{machine}.{child.pid}"}
    assert transport.sweep(wall=now + timedelta(hours=37)) == 3
    assert list(drafts.iterdir()) == []


def test_removing_finds_messages_wherever_they_are(tmp_path: Path) -> None:
    transport = Maildir(tmp_path / "outbox")
    for number in ("one", "two", "three", "other"):
        transport.write(envelope(f"{number}@example.org"))
    new, cur, tmp = (tmp_path / "outbox" / folder for folder in ("new", "cur", "tmp"))
    (new / file_name("two@example.org")).rename(cur / f"{file_name('two@example.org')}:2,FS")
    (new / file_name("three@example.org")).rename(tmp / f"{file_name('three@example.org')}.99")
    assert transport.remove(["one@example.org", "two@example.org", "three@example.org", "never@example.org"]) == 3
    assert [path.name for path in new.iterdir()] == [file_name("other@example.org")]


def test_a_maildir_that_cannot_be_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file\n")
    with pytest.raises(DeliveryError, match="outbox/ cannot be written"):
        Maildir(tmp_path / "outbox")


def test_a_name_tells_nothing_and_stays_in_its_folder() -> None:
    for message_id in ("../../etc/passwd@example.org", "ana@example.org", "a:2,S@example.org", ""):
        name = file_name(message_id)
        assert not set(name) & set("/:@")
        assert len(name) == 50
