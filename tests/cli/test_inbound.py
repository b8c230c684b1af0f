"""`alongside inbound`: a pipe's exit codes, files again, and what is said and not said."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alongside.cli import main
from alongside.delivery import store as store_module
from alongside.delivery.store import open_store
from alongside.delivery.tokens import make_token
from alongside.rendering.mails.envelope import tagged_address
from cli.conftest import Run
from commands import run_command

AT = ("--now", "2026-12-01T09:00Z")
MAILBOX = "community@community.example.org"
ANSWER = "From: Joana <joana@example.org>\nTo: {to}\nSubject: {subject}\nMessage-ID: <1@example.org>\n\n{text}\n"


def answer(text: str = "Thank you!", *, to: str = MAILBOX, subject: str = "Re: Welcome") -> str:
    return ANSWER.format(text=text, to=to, subject=subject)


@pytest.fixture
def joana(run: Run) -> Run:
    """Joana is on the journey."""
    assert run("enroll", "month", "joana.yml", *AT).exit_code == 0
    return run


def token(root: Path, kind: str = "stop") -> str:
    opened = open_store(root, {})
    try:
        return tagged_address(MAILBOX, make_token(kind, 1, opened.key))  # type: ignore[arg-type]
    finally:
        opened.close()


def pipe(root: Path, mail: bytes, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a mail server calls it."""
    return run_command("inbound", *AT, *arguments, cwd=root, environment=environment, stdin=mail)


def fed(mail: str) -> Result:
    """The same without a process of its own."""
    return CliRunner().invoke(main, ["inbound", *AT], input=mail)


def test_one_mail_of_each_kind(joana: Run, small_community: Path, tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.mkdir()
    mails = {
        "answer": answer(),
        "stop": answer(to=token(small_community), subject="stop").replace("<1@", "<2@"),
        "vacation": answer(subject="Out of office").replace("<1@", "<3@"),
        "spam": answer().replace("joana@", "spam@").replace("<1@", "<4@"),
    }
    for name, text in mails.items():
        (box / name).write_text(text)
    paths = [str(box / name) for name in mails]
    result = joana("inbound", *paths, *AT)
    assert result.exit_code == 0, result.output
    assert result.stdout == "4 mails: 1 answer, 1 stop request, 1 automatic answer, 1 other.\n"
    again = joana("inbound", *paths, *AT)
    assert again.stdout == "4 mails: 4 heard before.\n"
    shown = joana("newcomers", "show", "joana@example.org", *AT)
    assert "No more mail of month" in shown.stdout
    told = json.loads(joana("inbound", *paths, *AT, "--format", "json").stdout)
    assert (told["mails"], told["again"], sum(told["kinds"].values())) == (4, 4, 0)


def test_a_pipe(joana: Run, small_community: Path) -> None:
    result = pipe(
        small_community, answer(subject="hm").encode(), "--recipient", token(small_community), "--sender", "joana@x"
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "1 mail: 1 stop request.\n"


@pytest.mark.parametrize("variable", ["ORIGINAL_RECIPIENT", "RECIPIENT"])
def test_a_pipe_with_an_environment(joana: Run, small_community: Path, variable: str) -> None:
    environment = {variable: token(small_community), "SENDER": "joana@example.org"}
    assert "1 stop request" in pipe(small_community, answer().encode(), **environment).stdout
    null = pipe(small_community, answer().replace("<1@", "<2@").encode(), SENDER="MAILER-DAEMON")
    assert "1 automatic answer" in null.stdout


@pytest.mark.parametrize(
    "mail", [b"\0\xff\xfe", b"no mail at all", b"From: a\n" * 9999, b"Content-Type: multipart/mixed\n\n"]
)
def test_odd_mail_is_taken(joana: Run, small_community: Path, mail: bytes) -> None:
    result = pipe(small_community, mail)
    assert (result.returncode, result.stdout, result.stderr) == (0, "1 mail: 1 other.\n", "")


def test_a_busy_store_asks_for_another_try(joana: Run, small_community: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0)
    blocker = sqlite3.connect(small_community / "alongside.sqlite", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        result = fed(answer())
    finally:
        blocker.close()
    assert result.exit_code == 75
    assert "The store is busy" in result.stderr
    assert fed(answer()).stdout == "1 mail: 1 answer.\n"


@pytest.mark.parametrize("fault", ["configuration", "secret", "defect"])
def test_whatever_goes_wrong_the_mail_stays_with_the_server(
    joana: Run, small_community: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "configuration":
        (small_community / "mkdocs.yml").unlink()
    elif fault == "secret":
        (small_community / "alongside.sqlite").write_bytes(b"no database at all" * 100)
    else:
        monkeypatch.setattr("alongside.cli.inbound.ingest", lambda *_, **__: 1 / 0)
    result = fed(answer())
    assert result.exit_code == 75
    assert result.stderr.startswith("error: ")
    assert "joana@" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Standard input is empty. To read the mailbox, call it with --imap."),
        (("--imap",), "ALONGSIDE_IMAP_URL is not set."),
        (("--imap", "mail.eml"), "Both --imap and files are named."),
        (("--imap", "--sender", "a@b"), "--recipient and --sender are of one mail, on standard input."),
        (("nowhere.eml",), "nowhere.eml cannot be read: No such file or directory."),
    ],
)
def test_wrong_calls(joana: Run, arguments: tuple[str, ...], message: str) -> None:
    result = joana("inbound", *arguments, *AT)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "names no mailbox"),
        ("https://u:p@host/", "names no mailbox"),
        ("imaps://host/INBOX", "names no mailbox"),
        ("imaps://u:secret@host:port/", "is no URL"),
        ("imaps://u:secret@host/?tls=no", "has an option nobody knows"),
        ("imaps://u:secret@host/?ca=/nowhere", "is no certificate that can be read"),
        ("imaps://u:secret@127.0.0.1:1/", "cannot be reached: Connection refused"),
        ("imaps://u:secret@nowhere.invalid/", "There is no host nowhere.invalid"),
    ],
)
def test_mailboxes_that_cannot_be_read(joana: Run, monkeypatch: pytest.MonkeyPatch, url: str, message: str) -> None:
    monkeypatch.setenv("ALONGSIDE_IMAP_URL", url)
    result = joana("inbound", "--imap", *AT)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert "secret" not in result.output
