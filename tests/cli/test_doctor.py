from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alongside.cli import main

Run = Callable[..., Result]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's environment, and a terminal of 80 columns."""
    for name in ("ALONGSIDE_IMAP_URL", "ALONGSIDE_DNS", "ALONGSIDE_DKIM_SELECTOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


pytestmark = pytest.mark.usefixtures("quiet")
HERE = ("--offline", "--now", "2026-11-23T09:00Z")


def test_what_people_read(run: Run) -> None:
    result = run("doctor", *HERE)
    assert result.exit_code == 0
    assert result.stdout == (
        "Test community  Mon 23 Nov 2026, 09:00 UTC\n"
        "\n"
        "Settings\n"
        "  ✓ site address    https://community.example.org/\n"
        "  ✓ postal address  It stands at the foot of each mail.\n"
        "  ✓ privacy notice  https://example.org/privacy\n"
        "  ✓ mailbox         Mail comes from community@community.example.org.\n"
        "  ✓ content         1 member, no errors.\n"
        "  ✓ journeys        2 journeys with 3 mails.\n"
        "  ✓ teams           community, growth, product.\n"
        "\n"
        "Store\n"
        "  - store           There is none yet; `alongside enroll` makes it.\n"
        "\n"
        "Clock\n"
        f"  ✓ time zones      The rules are there (release {version('tzdata')}).\n"
        "  - clock           --now says 2026-11-23 09:00 UTC; the real clock was not\n"
        "                    looked at.\n"
        "\n"
        "Secrets\n"
        "  ✓ key             The key of a new store will lie inside it: who has a backup\n"
        "                    can make stop links of its newcomers. Guard backups as the\n"
        "                    store.\n"
        "  ✓ passwords       mkdocs.yml holds none.\n"
        "  - git             There is no private file yet.\n"
        "\n"
        "Mail out (SMTP)\n"
        "  - network         Mail out (SMTP): not asked, because of --offline.\n"
        "\n"
        "Answers in (IMAP)\n"
        "  - network         Answers in (IMAP): not asked, because of --offline.\n"
        "\n"
        "DNS of the mail's domain\n"
        "  - network         DNS of the mail's domain: not asked, because of --offline.\n"
        "\n"
        "Service (HTTPS)\n"
        "  - network         Service (HTTPS): not asked, because of --offline.\n"
        "\n"
        "Outbox\n"
        "  ✓ outbox          No server is named, so mail goes to outbox/, made by the\n"
        "                    first pass.\n"
        "\n"
        "0 errors, 0 warnings, 11 ok, 7 not looked at\n"
        "\n"
        "Level: static (the site, embeds and feeds), as far as can be told offline. For\n"
        "the next one, mail:\n"
        "  • Mail out (SMTP): not asked, because of --offline.\n"
        "  • Answers in (IMAP): not asked, because of --offline.\n"
        "  • There is none yet; `alongside enroll` makes it.\n"
    )


def test_looking_changes_nothing(run: Run, small_community: Path) -> None:
    before = sorted(path for path in small_community.rglob("*") if "build" not in path.parts)
    run("doctor", *HERE)
    assert sorted(path for path in small_community.rglob("*") if "build" not in path.parts) == before


def test_an_error_is_told_to_the_shell(run: Run, small_community: Path) -> None:
    config = small_community / "mkdocs.yml"
    config.write_text(config.read_text() + "repo_url: https://us:hunter2@git.example.org/\n")
    result = run("doctor", *HERE, "--only", "secrets")
    assert result.exit_code == 1
    assert "hunter2" not in result.output
    assert "Level" not in result.output
    assert "  ✗ passwords  mkdocs.yml holds a password (line 8)." in result.stdout
    assert "\n1 error, 0 warnings, " in result.stdout


def test_a_terminal_that_knows_ascii_alone(run: Run, small_community: Path) -> None:
    result = CliRunner(charset="ascii").invoke(main, ["doctor", *HERE, "--only", "settings", "--only", "outbox"])
    assert "  ok site address    https://community.example.org/\n" in result.stdout
    assert result.stdout.isascii()


def test_colours_on_request(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run("doctor", *HERE).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = CliRunner().invoke(main, ["doctor", *HERE], color=True).stdout
    assert "\x1b[32m\x1b[1m✓\x1b[0m site address" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(main, ["doctor", *HERE], color=True).stdout


def test_for_programs(run: Run) -> None:
    told = json.loads(run("doctor", *HERE, "--format", "json").stdout)
    assert told["now"] == "2026-11-23T09:00:00Z"
    assert (told["level"]["reached"], told["level"]["next"]) == ("static", "mail")
    assert told["findings"][0] == {
        "area": "settings",
        "what": "site address",
        "state": "ok",
        "message": "https://community.example.org/",
        "hint": "",
    }
    told = json.loads(run("doctor", *HERE, "--format", "json", "--only", "clock").stdout)
    assert told["level"] is None
    assert {finding["area"] for finding in told["findings"]} == {"clock"}


def test_overdue_mails(run: Run) -> None:
    run("enroll", "month", "joana.yml", "--now", "2026-11-20T09:00Z")
    result = run("doctor", "--offline", "--now", "2026-11-23T09:00Z", "--only", "store")
    assert result.exit_code == 1
    assert "No pass has run yet; 1 mail should have gone out, the first one 3 days ago.\n" in " ".join(
        result.stdout.split()
    ).replace("ago. ", "ago.\n")
    assert "joana" not in result.output.casefold()


def test_examples_in_the_help(run: Run) -> None:
    text = run("doctor", "--help").stdout
    assert "alongside doctor --only dns --only smtp" in text
    assert "alongside doctor --offline" in text


def test_progress_on_a_terminal_goes_away(run: Run, small_community: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "1"}
    command = [
        sys.executable,
        "-c",
        "from alongside.cli import main; main()",
        "doctor",
        *HERE,
        "--only",
        "outbox",
        "--only",
        "clock",
    ]
    done = subprocess.run(
        command, stderr=theirs, stdout=subprocess.PIPE, env=environment, cwd=small_community, timeout=60
    )
    os.close(theirs)
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert done.returncode == 0
    assert shown.startswith("\rLooking at clock, outbox ...\x1b[K")
    assert shown.endswith("\r\x1b[K")
