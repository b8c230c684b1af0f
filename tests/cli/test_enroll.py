from __future__ import annotations

import json
import re
import sqlite3
import stat
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

NOW = "2026-12-01T09:00Z"


def test_one_newcomer_and_once_more(run: Run, small_community: Path) -> None:
    first = run("enroll", "month", "joana.yml", "--now", NOW)
    assert (first.exit_code, first.stdout) == (0, "1 newcomer enrolled on month.\n")
    assert stat.S_IMODE((small_community / "alongside.sqlite").stat().st_mode) == 0o600
    again = run("enroll", "month", "joana.yml", "--now", NOW)
    assert again.exit_code == 0
    assert "1 already on it" in again.stdout


def test_a_table_tells_what_became_of_each_row(run: Run, small_community: Path) -> None:
    rows = [
        "email,name,languages,basis",
        "a@example.org,A,en;pt,consent",
        "not an address,B,en,consent",
        "c@example.org,C,en,",
        "A@Example.org,A again,en,consent",
        "d@example.org,D,klingon,consent",
        "s@example.org,S,en,consent",
    ]
    (small_community / "many.csv").write_text("\n".join(rows), encoding="utf-8")
    assert run("newcomers", "stop", "s@example.org", "--now", NOW).exit_code == 0
    result = run("enroll", "month", "--csv", "many.csv", "--now", NOW)
    assert result.exit_code == 1
    assert "2 newcomers enrolled on month." in result.stdout
    assert "line 4: c…@example.org: no basis" in result.stdout
    assert "line 7: s…@example.org: they asked for no more mail." in result.stdout
    assert "--basis" in result.stdout
    assert re.search(r"many\.csv:3:1: ", result.stderr)
    mended = run("enroll", "month", "--csv", "many.csv", "--basis", "contract", "--source", "CRM", "--now", NOW)
    assert "1 newcomer enrolled on month." in mended.stdout
    held = json.loads(run("newcomers", "export", "c@example.org").stdout)
    assert (held["enrollments"][0]["basis"], held["enrollments"][0]["source"]) == ("contract", "CRM")


def test_a_basis_is_asked_for(run: Run, small_community: Path) -> None:
    (small_community / "bare.yml").write_text("email: bare@example.org\n", encoding="utf-8")
    result = run("enroll", "month", "bare.yml", "--now", NOW)
    assert result.exit_code == 1
    assert "consent, contract or legitimate interest" in result.stdout
    assert run("enroll", "month", "bare.yml", "--basis", "consent", "--now", NOW).exit_code == 0


def test_double_opt_in_asks_by_mail_and_begins_with_a_yes(run: Run, small_community: Path) -> None:
    result = run("enroll", "careful", "joana.yml", "--now", NOW)
    assert "1 must confirm first" in result.stdout
    assert "the next pass asks them by mail" in result.stdout
    assert "1 mail sent" in run("send", "--now", NOW).stdout
    [question] = (small_community / "outbox" / "new").iterdir()
    mail = message_from_bytes(question.read_bytes(), policy=policy.default)
    assert mail["To"].addresses[0].addr_spec == "Joana@example.org"
    text = mail.get_body(("plain",))
    assert text is not None
    button = re.search(r"mailto:(\S+?)\?", text.get_content())
    assert button is not None
    assert "0 mails" in run("send", "--now", NOW).stdout
    (small_community / "yes.eml").write_text(f"From: joana@example.org\nTo: {button[1]}\nSubject: confirm\n\n")
    assert run("inbound", "yes.eml", "--now", NOW).stdout == "1 mail: 1 confirmation.\n"
    assert "1 mail sent" in run("send", "--now", NOW).stdout


def test_a_yes_said_elsewhere_is_noted_by_hand(run: Run, small_community: Path) -> None:
    run("enroll", "careful", "joana.yml", "--now", NOW)
    assert run("newcomers", "confirm", "joana@example.org", "--now", NOW).stdout == "Confirmed: careful.\n"
    assert "1 mail sent" in run("send", "--now", NOW).stdout
    assert "Nothing was waiting" in run("newcomers", "confirm", "joana@example.org", "--now", NOW).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["enroll", "mont", "joana.yml"], 'There is no journey "mont". Did you mean "month"?'),
        (["enroll", "month"], "Name one file of newcomers."),
        (["enroll", "month", "joana.yml", "--csv", "x.csv"], "Name one file of newcomers."),
        (["enroll", "month", "joana.yml", "-f", "nowhere/mkdocs.yml"], "nowhere/mkdocs.yml"),
        (["enroll", "month", "joana.yml", "--now", "today"], '--now "today" is no instant.'),
        (["enroll", "month", "joana.yml", "--basis", "because"], "because"),
    ],
)
def test_wrong_calls(run: Run, arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("option", [[], ["--csv"]])
def test_a_file_that_is_not_there(run: Run, option: list[str]) -> None:
    result = run("enroll", "month", *option, "missing.file", "--now", NOW)
    assert result.exit_code == 2
    assert "missing.file" in result.stderr
    assert result.stdout == ""


def test_a_table_without_addresses_is_told_once(run: Run, small_community: Path) -> None:
    (small_community / "many.csv").write_text("E-Mail,name\na@example.org,A\nb@example.org,B\n", encoding="utf-8")
    result = run("enroll", "month", "--csv", "many.csv", "--now", NOW)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert 'many.csv:1:1: There is no column "email"' in result.stderr
    assert 'Rename the column "E-Mail" to "email".' in result.stderr


def test_no_message_holds_a_whole_address_or_two_lines(run: Run, small_community: Path) -> None:
    rows = ["email,name", "a b@example.org,B", '"c@x.example, carla@example.org",C', '"two\nlines@example.org",D']
    (small_community / "many.csv").write_text("\n".join(rows), encoding="utf-8")
    result = run("enroll", "month", "--csv", "many.csv", "--now", NOW)
    assert result.exit_code == 1
    assert '"a b…@example.org" is no e-mail address.' in result.stderr
    assert "carla@" not in result.stderr
    assert "lines@" not in result.stderr
    assert all(line.startswith("many.csv:") for line in result.stderr.splitlines())
    (small_community / "contacts.csv").write_text("slug,email\nana@example.org,ana-souza\n", encoding="utf-8")
    assert "ana@" not in run("contacts", "import", "contacts.csv").stderr
    missing = run("contacts", "import", "missing.csv")
    assert (missing.exit_code, missing.stdout) == (2, "")


def test_a_store_that_cannot_be_used_says_so_and_names_nobody(run: Run, small_community: Path) -> None:
    (small_community / "alongside.sqlite").write_bytes(b"no database" * 500)
    result = run("enroll", "month", "joana.yml", "--now", NOW)
    assert result.exit_code == 1
    assert "no SQLite database" in result.stderr
    assert "joana" not in result.stderr.casefold()


def test_a_newer_store_says_upgrade(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    connection = sqlite3.connect(small_community / "alongside.sqlite")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    result = run("send", "--now", NOW)
    assert result.exit_code == 1
    assert "newer Alongside" in result.stderr
    assert "pip install --upgrade" in result.stderr
