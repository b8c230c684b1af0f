"""`alongside preview`, called as a team calls it: text, JSON, one page and mails, on communities made of files."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from alongside.cli import main

NOW = "2026-11-23T09:00Z"

FILES = {
    "content/challenges.yml": "first-talk:\n  title: {en: Giving a first talk, pt: A primeira palestra}\n",
    "content/members/ana.md": """\
        ---
        name: Ana Souza
        place: Recife, Brazil
        languages: [en, pt]
        challenges: [first-talk]
        welcomes: 5
        consent: {since: 2026-03-01, until: 2026-12-10, for: [page, embed, mail]}
        ---
        Bio.

        ## Welcome
        Words for newcomers.

        ## Check-in
        Words for a week later.
        """,
    "content/members/ben.md": """\
        ---
        name: Ben Okoro
        languages: [en]
        welcomes: 1
        consent: {since: 2026-03-01, for: [mail]}
        ---
        Bio.
        """,
    "content/groups/room.md": "---\nname: Quiet room\nkind: chat\nlanguages: [en]\n---\nA room.\n",
    "journeys/first-month.yml": """\
        title: {en: The first month, pt: O primeiro mês}
        confirm: true
        moments:
          - {id: sign-up, owner: growth, where: embed, show: [welcome, note, group]}
          - {id: welcome, owner: community, where: mail, message: mails/welcome.md}
          - id: check-in
            owner: community
            where: mail
            after: 7 days
            window: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}
            ask_first: 2 days
            message: mails/check-in.md
          - id: rooms
            owner: community
            where: mail
            after: 7 days
            expires: 1 hours
            from: team
            message: mails/rooms.md
          - {id: later, owner: product, where: mail, after: 20 days, message: mails/welcome.md}
        """,
    "journeys/mails/welcome.md": """\
        ---
        subject: "{% if member.words %}A welcome from {{ member.name }}{% else %}Meet {{ member.name }}{% endif %}"
        preheader: From somebody.
        ---
        Hello {{ newcomer.name }},

        {% if member.words %}
        {{ member.words }}
        {% endif %}

        {% if reasons %}Why: {{ reasons | join("; ") }}.{% endif %}
        """,
    "journeys/mails/check-in.md": """\
        ---
        subject: How is it going?
        ---
        Hello,

        {% if member.words %}{{ member.words }}{% endif %}
        """,
    "journeys/mails/rooms.md": "---\nsubject: Rooms\n---\n{% for group in groups %}{{ group.name }}{% endfor %}\n",
    "mia.yml": """\
        email: mia@example.net
        name: Mia <b>*x*</b>
        place: Recife, Brazil
        languages: [en]
        challenges: [first-talk]
        """,
}

WriteCommunity = Callable[..., Path]


@pytest.fixture
def preview(write_community: WriteCommunity, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `alongside preview` in a community's folder."""

    def run(*args: str, columns: int = 100, files: dict[str, str] | None = None, colour: bool = False) -> Result:
        config = write_community({**FILES, **(files or {})})
        monkeypatch.chdir(config.parent)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("FORCE_COLOR" if colour else "NO_COLOR", "1")
        return CliRunner().invoke(main, ["preview", *args, "--as", "mia.yml", "--now", NOW], color=True)

    return run


def objects(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_the_timeline_says_when_what_and_from_whom(preview: Callable[..., Result]) -> None:
    result = preview("first-month")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "The first month: what Mia <b>*x*</b> in Recife, Brazil would get"
    assert lines[1] == "Starting Monday, 23 November 2026, 06:00 in Recife (09:00 UTC)"
    assert lines[2].startswith("The address is confirmed first")
    assert "when they look    ○ sign-up  embed · Growth team" in lines
    assert "Mon 23 Nov 06:00  ● welcome  mail · Community team" in lines
    assert "Mon 30 Nov 09:00  ● check-in  mail · Community team" in lines  # the window, in Recife
    assert "12:00 UTC           From     Ana Souza via Test community" in lines
    assert any("Note     The member is asked before, and may write it; else this goes out." in line for line in lines)


def test_the_columns_hold_where_it_is_another_day_in_utc(preview: Callable[..., Result]) -> None:
    lines = preview(
        "first-month", files={"mia.yml": "timezone: Pacific/Auckland\nlanguages: [pt]\n"}
    ).stdout.splitlines()
    assert lines[0] == "The first month: what a newcomer would get"  # in the community's language
    head = next(number for number, line in enumerate(lines) if "● check-in" in line)
    assert lines[head].startswith("Tue 1 Dec 09:00")
    assert lines[head + 1].startswith("Mon 20:00 UTC       From     ")
    assert all(line[16:18] == "  " for line in lines[3:] if line)


def test_json_has_every_moment_and_what_it_shows(preview: Callable[..., Result]) -> None:
    moments = {entry["moment"]: entry for entry in objects(preview("first-month", "--format", "json"))}
    assert list(moments) == ["sign-up", "welcome", "check-in", "rooms", "later"]
    welcome = moments["welcome"]
    assert welcome["due"] == "2026-11-23T09:00:00Z"
    assert welcome["due_local"] == "2026-11-23T06:00:00-03:00"
    assert (welcome["owner"], welcome["where"], welcome["member"]) == ("community", "mail", "ana")
    assert (welcome["subject"], welcome["language"], welcome["story"]) == ("A welcome from Ana Souza", "en", None)
    assert "You share a challenge: Giving a first talk" in welcome["reasons"]
    assert moments["check-in"]["ask_first"] == "2026-11-28T12:00:00Z"
    assert moments["sign-up"]["due"] is None
    assert moments["sign-up"]["shows"] == ["welcome", "note", "group"]
    assert moments["sign-up"]["groups"] == ["room"]


def test_what_would_be_skipped_and_who_takes_over_is_said(preview: Callable[..., Result]) -> None:
    moments = {entry["moment"]: entry for entry in objects(preview("first-month", "--format", "json"))}
    assert moments["rooms"]["skipped"] is True
    assert "Skipped: the mails before it push it past its expiry." in moments["rooms"]["notes"]
    later = moments["later"]  # on 13 December Ana's consent is over
    assert (later["member"], later["from"]) == ("ben", "Product team, Test community")
    assert any(note.startswith("Ana Souza can no longer be asked") for note in later["notes"])
    assert "The member wrote no words for this moment: the team introduces them." in later["notes"]


def test_without_a_member_the_team_writes(preview: Callable[..., Result]) -> None:
    nobody = "---\nname: Nobody\n---\nBio.\n"
    result = preview(
        "first-month",
        "--format",
        "json",
        files={"content/members/ana.md": nobody, "content/members/ben.md": nobody},
    )
    welcome = objects(result)[1]
    assert (welcome["member"], welcome["subject"]) == (None, "Welcome to Test community")
    assert welcome["notes"] == ["No member matched or has room: the team writes."]


@pytest.mark.parametrize("columns", [20, 40, 63, 64, 100, 300])
def test_it_fits_terminals_narrow_and_wide(preview: Callable[..., Result], columns: int) -> None:
    result = preview("first-month", columns=columns)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= max(min(columns, 100), 40)


def test_colours_can_be_switched_off(preview: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    plain = preview("first-month").stdout
    assert "\x1b[" not in plain
    monkeypatch.delenv("NO_COLOR")
    coloured = preview("first-month", colour=True).stdout
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_one_page_needs_nothing_else_and_runs_nothing(preview: Callable[..., Result], tmp_path: Path) -> None:
    page = tmp_path / "out" / "preview.html"
    assert preview("first-month", "--html", str(page)).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text.count('<iframe sandbox=""') == 4
    assert "Mia &lt;b&gt;*x*&lt;/b&gt;" in text
    outside = re.sub(r'srcdoc="[^"]*"', "", text)
    assert re.findall(r"<script|<link|<img|src=|url\(", outside) == []
    assert "<b>*x*" not in text


def test_mails_are_written_as_they_would_go_out(preview: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    result = preview("first-month", "--eml", str(folder))
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in folder.iterdir()) == [
        "01-welcome.eml", "02-check-in.eml", "03-rooms.eml", "04-later.eml",
    ]  # fmt: skip
    first, second = (
        email.message_from_bytes((folder / name).read_bytes(), policy=email.policy.default)
        for name in ("01-welcome.eml", "02-check-in.eml")
    )
    assert first["From"].addresses[0].addr_spec == "community@community.example.org"
    assert second["In-Reply-To"] == first["Message-ID"]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    preview("first-month", "--eml", str(folder))
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_unknown_journey_names_the_nearest(preview: Callable[..., Result]) -> None:
    result = preview("first-mont")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == 'error: There is no journey "first-mont". Did you mean "first-month"?\n'


def test_a_mail_that_cannot_be_written_is_shown_and_exits_1(preview: Callable[..., Result]) -> None:
    broken = "---\nsubject: Hello\n---\n\n{{ newcomer.nickname }}\n"
    result = preview("first-month", files={"journeys/mails/check-in.md": broken})
    assert result.exit_code == 1
    assert 'journeys/mails/check-in.md:5:1: "newcomer.nickname" is undefined.' in " ".join(result.stdout.split())
    assert "● later" in result.stdout  # the others are there


def test_a_profile_that_cannot_be_used_is_a_usage_error(preview: Callable[..., Result]) -> None:
    result = preview("first-month", files={"mia.yml": "- 1\n"})
    assert result.exit_code == 2
    assert "holds no profile that can be used" in result.stderr


def test_a_file_that_cannot_be_written_is_said(preview: Callable[..., Result]) -> None:
    result = preview("first-month", "--html", "mia.yml/preview.html")
    assert result.exit_code in (1, 2)
    assert "preview.html" in result.stderr or "mia.yml" in result.stderr


def test_help_shows_examples() -> None:
    result = CliRunner().invoke(main, ["preview", "--help"])
    assert result.exit_code == 0
    assert "alongside preview first-month --as" in result.stdout


@pytest.mark.real
@pytest.mark.parametrize("name", ["biodrop", "carpentries", "openstreetmap", "rladies", "ropensci"])
def test_real_communities_preview(shared: Path, tmp_path: Path, name: str) -> None:
    profile = tmp_path / "profile.yml"
    profile.write_text("name: Noor\nplace: Berlin, Germany\nlanguages: [de, en]\ntext: I am new here\n")
    config = str(shared / "communities" / name / "mkdocs.yml")
    args = ["preview", "first-month", "-f", config, "--as", str(profile), "--now", NOW, "--format", "json"]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    assert [entry["moment"] for entry in objects(result)] == ["sign-up", "welcome", "check-in", "dashboard"]
    assert all(entry["subject"] for entry in objects(result) if entry["where"] == "mail")
