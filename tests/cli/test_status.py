from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import html5lib
import pytest
from click.testing import CliRunner, Result

from alongside.cli import main

Run = Callable[..., Result]

NOW = "2026-12-01T09:00Z"
LATER = "2026-12-02T09:00Z"


@pytest.fixture
def eventful(run: Run, small_community: Path) -> Path:
    """Forty newcomers of whom some answered, and mail of whom came back, is held, was refused or cannot be written."""
    rows = "".join(f"p{number}@example.org,consent\n" for number in range(40))
    (small_community / "many.csv").write_text("email,basis\n" + rows)
    assert run("enroll", "month", "--csv", "many.csv", "--now", NOW).exit_code == 0
    assert run("send", "--now", NOW).exit_code == 0
    assert run("newcomers", "stop", "p1@example.org", "--now", NOW).exit_code == 0
    with sqlite3.connect(small_community / "alongside.sqlite") as store:
        numbers = [number for (number,) in store.execute("select id from steps where state = 'sent' order by id")]
        for number in numbers[:3]:
            store.execute("update messages set answered_at = sent_at + 86400 where step_id = ?", [number])
        store.execute("update messages set bounced_at = sent_at + 60 where step_id = ?", [numbers[3]])
        store.execute("update steps set state = 'held', reason = 'a crash' where id in (?, ?)", numbers[4:6])
        store.execute("update steps set state = 'failed', reason = 'nobody there' where id = ?", [numbers[6]])
        store.execute(
            "update steps set reason = 'could not be written: x' where id = "
            "(select max(id) from steps where state = 'planned')"
        )
    store.close()
    return small_community


def test_an_empty_store_helps(run: Run, small_community: Path) -> None:
    result = run("status", "--html", "status.html")
    assert (result.exit_code, result.stdout.strip()) == (
        0,
        "Nobody is enrolled yet. Start with: alongside enroll JOURNEY profile.yml",
    )
    assert "Nobody is enrolled yet" in (small_community / "status.html").read_text()
    assert not (small_community / "alongside.sqlite").exists()
    assert json.loads(run("status", "--format", "json").stdout)["journeys"] == []


def test_what_happened_and_what_comes(run: Run, small_community: Path) -> None:
    (small_community / "two.csv").write_text("email,basis\na@example.org,consent\nb@example.org,consent\n")
    run("enroll", "month", "--csv", "two.csv", "--now", NOW)
    assert "Nothing was sent yet" in run("status", "--now", NOW).stdout
    run("send", "--now", NOW)
    run("newcomers", "stop", "a@example.org", "--now", NOW)
    text = run("status", "--now", LATER).stdout
    assert text == (
        "Test community  Wed 2 Dec 2026, 09:00 UTC\n"
        "\n"
        "month  The first month: 2 newcomers (1 active, 1 stopped)\n"
        "    Community team: welcome (mail), check-in (mail)\n"
        "  step      sent  due  coming  skipped  stopped\n"
        "  welcome      2    0       0        0        0\n"
        "  check-in     0    0       1        0        1\n"
        "\n"
        "The last 30 days\n"
        "  ····························█·  2 sent, 1 stopped\n"
        "\n"
        "Welcomed in the last seven days\n"
        "  Ana Souza  ████████████████████ 2 of 5\n"
        "\n"
        "Last pass: Tue 1 Dec 2026, 09:00 UTC, 2 sent, 0 skipped, 0 planned again\n"
    )


@pytest.mark.usefixtures("eventful")
def test_what_needs_a_person_stands_first_and_within_eighty_columns(run: Run) -> None:
    text = run("status", "--now", LATER).stdout
    assert text.splitlines()[:15] == [
        "Test community  Wed 2 Dec 2026, 09:00 UTC",
        "",
        "What needs a person",
        "  Nobody knows whether 2 mails arrived:",
        "    alongside send --resolve",
        "  1 mail cannot be written or sent:",
        "    alongside doctor",
        "",
        "month  The first month: 40 newcomers (39 active, 1 stopped)",
        "    Community team: welcome (mail), check-in (mail)",
        "  step      sent  answered  due  coming  skipped  stopped  held  refused",
        "  welcome     37         3    0       0        0        0     2        1",
        "    bounced 1",
        "  check-in     0         0    0      39        0        1     0        0",
        "    1 cannot be written or sent",
    ]
    assert "40 sent, 3 answered, 1 stopped, 1 bounced" in text
    assert max(map(len, text.splitlines())) <= 80


def test_mail_that_no_pass_took_is_told(run: Run) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    assert json.loads(run("status", "--now", NOW, "--format", "json").stdout)["needs"] == []
    result = json.loads(run("status", "--now", "2026-12-01T10:30Z", "--format", "json").stdout)
    assert result["overdue_since"] == "2026-12-01T09:00:00Z"
    assert result["needs"] == [
        {
            "text": "Mail has been due since Tue 1 Dec 2026, 09:00 UTC, and there was no pass. Does cron run it?",
            "command": "alongside send",
        }
    ]


@pytest.mark.usefixtures("eventful")
def test_colours_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    plain = CliRunner().invoke(main, ["status", "--now", LATER], color=True).stdout
    assert "\x1b[" not in plain
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = CliRunner().invoke(main, ["status", "--now", LATER], color=True).stdout
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.usefixtures("eventful")
def test_status_for_programs(run: Run) -> None:
    status = json.loads(run("status", "--now", LATER, "--format", "json").stdout)
    (journey,) = status["journeys"]
    assert (journey["slug"], journey["newcomers"]) == ("month", 40)
    welcome, check_in = journey["steps"]
    told = ("moment", "sent", "answered", "bounced", "held", "refused", "coming", "stopped", "failing")
    assert [welcome[name] for name in told] == ["welcome", 37, 3, 1, 2, 1, 0, 0, 0]
    assert check_in["skipped"] == {"stopped": 1}
    assert [check_in[name] for name in told] == ["check-in", 0, 0, 0, 0, 0, 39, 1, 1]
    (member,) = status["members"]
    assert (member["slug"], member["welcomes"]) == ("ana-souza", 5)
    assert len(status["days"]) == 30
    assert status["days"][-2:] == [
        {"day": "2026-12-01", "sent": 40, "answered": 0, "bounced": 1, "stopped": 1},
        {"day": "2026-12-02", "sent": 0, "answered": 3, "bounced": 0, "stopped": 0},
    ]
    assert [need["command"] for need in status["needs"]] == ["alongside send --resolve", "alongside doctor"]
    assert status["last_run"]["sent"] == 40


def test_a_page_to_look_at_needs_nothing_else(run: Run, eventful: Path) -> None:
    result = run("status", "--now", LATER, "--html", "out/status.html")
    assert result.exit_code == 0
    assert result.stderr == "Wrote out/status.html\n"
    text = (eventful / "out" / "status.html").read_text(encoding="utf-8")
    assert re.findall(r"<script|<link|<img|<iframe|src=|href=|url\(|https?:", text) == []
    assert "@" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)  # nobody's address
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert (page.get("lang"), page.get("dir")) == ("en", "ltr")
    words = " ".join("".join(page.find("body").itertext()).split())
    for told in (
        "Nobody knows whether 2 mails arrived: alongside send --resolve",
        "40 sent, 3 answered, 1 came back, 1 stopped",
        "The first month month: 40 newcomers (39 active, 1 stopped)",
        "welcome 37 sent 3 answered 1 came back 2 held 1 refused",
        "check-in 0 sent 39 coming 1 stopped 1 failing",
        "Last pass: Tue 1 Dec 2026, 09:00 UTC, 40 sent",
    ):
        assert told in words
    before = text
    run("status", "--now", LATER, "--html", "out/status.html")
    assert (eventful / "out" / "status.html").read_text(encoding="utf-8") == before


def test_hostile_names_are_just_names(run: Run, eventful: Path) -> None:
    evil = '</bdi><script>alert("1")</script> \u202e'
    for path in ("mkdocs.yml", "content/members/ana-souza.md", "journeys/month.yml"):
        source = (eventful / path).read_text(encoding="utf-8")
        changed = re.sub(r"(?m)^(site_name|name|title): .*$", lambda found: f"{found[1]}: '{evil}'", source, count=1)
        (eventful / path).write_text(changed, encoding="utf-8")
    result = run("status", "--now", LATER, "--html", "status.html")
    assert "\u202e" not in result.stdout
    text = (eventful / "status.html").read_text(encoding="utf-8")
    assert text.count("&lt;script&gt;alert(") == 10  # the title, the heading, the journey, the member, the map
    assert "<script" not in text
    assert "\u202e" not in text


def test_a_page_that_cannot_be_written_is_said(run: Run) -> None:
    result = run("status", "--html", "joana.yml/status.html")
    assert result.exit_code == 1
    assert "joana.yml/status.html cannot be written" in result.stderr


def test_the_question_for_a_confirmation_is_the_first_step(run: Run) -> None:
    run("enroll", "careful", "joana.yml", "--now", NOW)
    lines = run("status", "--now", NOW).stdout.splitlines()
    place = lines.index("careful  Asked twice: 1 newcomer (1 awaiting confirmation)")
    assert lines[place + 1] == "    Community team: hello (mail)"
    assert lines[place + 2].split() == ["step", "sent", "due", "coming", "waiting", "skipped"]
    assert lines[place + 3].split()[0] == "confirmation"
    assert lines[place + 4].split() == ["hello", "0", "0", "0", "1", "0"]


def test_a_journey_that_is_gone_is_still_told(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    (small_community / "journeys" / "month.yml").unlink()
    assert "month  no longer there: 1 newcomer (1 active)" in run("status", "--now", NOW).stdout
