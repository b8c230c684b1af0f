"""The journal: what is read back after its writer is gone, and when it is gone."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from alongside.delivery.journal import (
    Account,
    Journal,
    JournalError,
    Started,
    boot_number,
    known_tokens,
    read_account,
    taken_over,
)

WHAT = Started(member="ana-souza", story="her-story", language="pt")
HEAD = b"alongside-journal 1 this smtp\n"


def begin(folder: Path, token: str = "abc") -> Journal:
    return Journal(folder, token=token, transport="smtp", boot="this")


def read(folder: Path, token: str = "abc", boot: str = "this") -> Account | None:
    with taken_over(folder, token, boot=boot) as account:
        return account


def test_what_is_written_is_read(tmp_path: Path) -> None:
    journal = begin(tmp_path / "journal")
    for step in (1, 2, 3, 4):
        journal.started(step, WHAT if step != 4 else Started())
    journal.delivered(1)
    journal.refused(2)
    journal.close(settled=False)
    account = read(tmp_path / "journal")
    assert account is not None
    assert (account.token, account.transport, account.is_whole) == ("abc", "smtp", True)
    assert account.started == {1: WHAT, 2: WHAT, 3: WHAT, 4: Started()}
    assert account.delivered == {1}
    assert account.refused == {2}
    assert [step for step in range(1, 7) if account.is_uncertain(step)] == [3, 4]
    assert known_tokens(tmp_path / "journal") == frozenset()  # read, and settled


def test_tried_again_after_a_refusal_is_uncertain_again(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    journal.started(1, WHAT)
    journal.refused(1)
    journal.started(1, WHAT)
    journal.close(settled=False)
    account = read(tmp_path)
    assert account is not None
    assert account.is_uncertain(1)


def test_only_its_owner_can_look(tmp_path: Path) -> None:
    journal = begin(tmp_path / "journal")
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o700
    assert journal.path.stat().st_mode & 0o777 == 0o600
    journal.close(settled=True)
    assert list((tmp_path / "journal").iterdir()) == []


def test_of_a_living_process_nothing_is_read(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from alongside.delivery.journal import Journal, Started\n"
        "journal = Journal(pathlib.Path(sys.argv[1]), token='abc', transport='smtp', boot='this')\n"
        "journal.started(7, Started())\nprint('ready', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert read(tmp_path) is None
        assert known_tokens(tmp_path) == {"abc"}
        process.kill()
        process.wait()
        account = read(tmp_path)
    assert account is not None
    assert account.is_uncertain(7)
    assert read(tmp_path) is None


def test_who_fails_to_settle_it_leaves_it(tmp_path: Path) -> None:
    begin(tmp_path).close(settled=False)

    def fail() -> None:
        with taken_over(tmp_path, "abc", boot="this"):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert known_tokens(tmp_path) == {"abc"}


def test_two_who_come_for_it_do_not_both_get_it(tmp_path: Path) -> None:
    begin(tmp_path).close(settled=False)
    with taken_over(tmp_path, "abc", boot="this") as first, taken_over(tmp_path, "abc", boot="this") as second:
        assert first is not None
        assert second is None


@pytest.mark.parametrize(
    ("content", "uncertain", "delivered"),
    [
        (HEAD + b"S 1 - - -\nD 1\nS 2 - - -\nD 2", [2], {1}),  # cut off in its last line
        (HEAD + b"S 1 - - -\nD 1\nS 2 - -", [], {1}),  # not begun: its line was not complete
        (HEAD + b"S 1 - - -\nD 1\n" + bytes(100), [], {1}),  # room that was kept
        (HEAD + b"S 1 - - -\n" + bytes(10) + b"\nD 1\n", [], {1}),
        (HEAD + b"S 1 - - -\nX 1\nD one\nD 1 2\nD -1\n\n \n", [1], set()),
        (HEAD + b"S 1 - - -\n\xff\xfe\x00D 1\n", [1], set()),
        (HEAD + b"S 1 - - -\nN 1\nD 1\n", [], {1}),
        (HEAD + "S ١ - - -\nD ١\n".encode(), [], {1}),
        (b"", [1, 2, 3], set()),
        (b"alongside-journal 1 this", [1, 2, 3], set()),
        (b"something else\nS 1 - - -\nD 1\n", [2, 3], {1}),
        (b"alongside-journal 1 other smtp\nS 1 - - -\nD 1\nS 2 - - -\nN 2\n", [3], {1}),  # started again since
        (os.urandom(5000), [1, 2, 3], set()),
    ],
)
def test_what_is_left_of_it_says_what_it_can(content: bytes, uncertain: list[int], delivered: set[int]) -> None:
    account = read_account("abc", content, boot="this")
    assert [step for step in (1, 2, 3) if account.is_uncertain(step)] == uncertain
    assert account.delivered == delivered


def test_its_name_is_there_only_when_it_is_locked(tmp_path: Path) -> None:
    (tmp_path / ".abc").write_text("a draft of somebody who died")
    assert known_tokens(tmp_path) == frozenset()
    assert known_tokens(tmp_path / "nowhere") == frozenset()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(JournalError, match="The journal in journal/ cannot be written: "):
        begin(tmp_path / "journal")


def test_when_no_room_is_left_answers_still_find_some(tmp_path: Path) -> None:
    """The limit of a file's size stands for a disk: a mail that has begun can be told of, and no other begins."""
    journal = begin(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = journal.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    begun = 0
    try:
        with contextlib.suppress(JournalError):
            while begun < size:
                journal.started(begun, WHAT)
                begun += 1
        with pytest.raises(JournalError, match="cannot be written: File too large"):
            journal.started(begun, WHAT)
        for step in range(begun - 100, begun):  # as many as there can be lanes
            journal.delivered(step)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.close(settled=False)
    account = read(tmp_path)
    assert account is not None
    assert begun > 1000
    assert set(account.started) == set(range(begun))
    assert account.delivered == set(range(begun - 100, begun))


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, None])
def test_where_no_room_can_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int | None) -> None:
    def refuse(*_: int) -> None:
        raise OSError(number, "not here")

    if number is None:
        monkeypatch.delattr(os, "posix_fallocate")
    else:
        monkeypatch.setattr(os, "posix_fallocate", refuse)
    journal = begin(tmp_path)
    journal.started(1, WHAT)
    journal.close(settled=False)
    account = read(tmp_path)
    assert account is not None
    assert account.is_uncertain(1)


def test_a_line_that_was_written_in_part_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = begin(tmp_path)
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: real(file, data[:5], at))
    with pytest.raises(JournalError, match="No space left"):
        journal.started(1, WHAT)
    monkeypatch.undo()
    journal.started(2, WHAT)
    journal.delivered(2)
    journal.close(settled=False)
    account = read(tmp_path)
    assert account is not None
    assert account.started == {2: WHAT}
    assert account.delivered == {2}


def test_the_boot_number_is_the_same_for_all() -> None:
    assert boot_number() == boot_number()
    assert " " not in boot_number()
