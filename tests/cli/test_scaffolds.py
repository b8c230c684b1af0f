"""`alongside story`, `meetup`, `member` and `group`: what was answered is what is read, and what cannot be is told."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alongside.cli.main import main
from alongside.model.community import Community
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from conftest import TODAY, WriteCommunity
from reading.planted_faults import GOOD

NOW = ("--now", "2026-11-23T09:00Z")
BO = "---\nname: Bo Ek\nlanguages: [sv]\nwas: [bo-old]\n---\nBuilds.\n"
Make = Callable[..., Result]


@pytest.fixture
def folder(write_community: WriteCommunity, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = write_community({**GOOD, "content/members/bo.md": BO}).parent
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def make(folder: Path) -> Make:
    """A command in the community's folder, as a program calls it: stdin is no terminal."""

    def call(*words: str, text: str = "") -> Result:
        result = CliRunner().invoke(main, [*words, *NOW], input=text)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return call


def load() -> Community:
    settings, _ = read_settings(Path("mkdocs.yml"))
    loaded = load_community(settings, today=TODAY)
    assert loaded.problems == ()
    return loaded.community


def files() -> set[str]:
    return {str(path) for path in Path("content").rglob("*") if path.is_file()}


def test_a_story_is_a_draft_until_it_has_a_text(make: Make) -> None:
    made = make("story", "My first talk, again", "--member", "bo ek", "--challenge", "Stage Fright", "--topic", "#x")
    assert made.exit_code == 0, made.output
    assert made.output == (
        "content/stories/my-first-talk-again.md is written. Next:\n"
        '  write the story below the second line of ---, then delete "status: draft"\n'
        "  alongside check\n"
        "  alongside serve\n"
    )
    assert Path("content/stories/my-first-talk-again.md").read_text() == (
        "---\ntitle: My first talk, again\nmembers: [bo]\ndate: 2026-11-23\nlanguage: sv\nchallenges: [first-talk]\n"
        'topics: ["#x"]\nstatus: draft\n---\n'
    )
    told = make("story", "Told", "--member", "ana", "--text", "-", text="I said it.\r\n\r\nAll of it.\r\n")
    assert "delete" not in told.output
    stories = load().stories
    assert stories["my-first-talk-again"].status == "draft"
    assert (stories["told"].status, stories["told"].language) == ("published", "pt")
    assert stories["told"].body.split() == ["I", "said", "it.", "All", "of", "it."]


def test_a_translation_takes_over_what_the_original_says(make: Make) -> None:
    asked = make("story", "A palestra", "--translation-of", "my first talk")
    assert (asked.exit_code, asked.output.count("--language")) == (2, 1)
    assert make("story", "A palestra", "--translation-of", "My first talk", "--language", "pt").exit_code == 0
    story = load().stories["a-palestra"]
    assert (story.translation_of, story.members, story.date, story.challenges) == (
        "a-talk", ("ana",), date(2026, 5, 4), ("first-talk",),
    )  # fmt: skip


def test_a_member_has_no_consent_and_nobody_invents_it(make: Make) -> None:
    made = make("member", "Zoë Ó Briain", "--place", "Porto, Portugal", "--language", "no", "--role", "baker: bread")
    assert "ask them for their consent" in made.output
    member = load().members["zoe-o-briain"]
    assert (member.name, member.consent, member.languages) == ("Zoë Ó Briain", None, ("no",))
    assert (member.timezone, member.roles, member.welcomes) == ("Europe/Lisbon", ("baker: bread",), 0)
    assert "# consent: {since: ..., until: ..., for: [page, embed, mail]}" in Path(
        "content/members/zoe-o-briain.md"
    ).read_text(encoding="utf-8")


def test_a_group_and_its_meetup(make: Make) -> None:
    chat = ("--chat", "matrix", "https://matrix.to/#/#birds:example.org")
    assert make("group", "🐦 Early birds", "--kind", "chat", *chat, "--host", "Bo Ek").exit_code == 0
    rule = ("--starts", "2026-12-03 06:30", "--repeats", "first Thursday of every month", "--duration", "45 minutes")
    venue = ("--place", "The back room, Rua do Almada 12, Porto", "--at", "41.1496,-8.6130")
    assert (
        make("meetup", "First batch", "--group", "🐦 early birds", *rule, *venue, "--until", "2027-12-31").exit_code
        == 0
    )
    community = load()
    group, meetup = community.groups["early-birds"], community.meetups["first-batch"]
    assert (group.kind, group.hosts, group.chat[0].platform) == ("chat", ("bo",), "matrix")
    assert (meetup.group, meetup.starts, meetup.timezone) == (
        "early-birds", datetime(2026, 12, 3, 6, 30), "Europe/Lisbon",  # noqa: DTZ001  (wall time)
    )  # fmt: skip
    assert meetup.until == date(2027, 12, 31)
    assert meetup.place is not None
    assert meetup.place.label.startswith("The back room, Rua")


def test_what_check_says_of_the_new_file_is_said_at_once(make: Make) -> None:
    made = make("story", "x", "--member", "ana", "--text", "Look: <iframe src='https://x.example'></iframe>")
    assert "  content/stories/x.md:7:7: warning: <iframe> is removed from the page." in made.output
    clocks = ("--starts", "2027-03-28 02:30", "--timezone", "Europe/Berlin")
    assert "2027-03-28 03:30" in make("meetup", "Too early", *clocks).output


def test_where_meetups_are_stamped_the_next_step_says_so(make: Make) -> None:
    assert "alongside stamp" not in make("meetup", "One", "--starts", "2026-12-03").output
    make("stamp")
    assert "  alongside stamp\n" in make("meetup", "Two", "--starts", "2026-12-03").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("story",), "A new story needs TITLE, --member. On a terminal you are asked for what is missing."),
        (("story", "  ", "--member", "ana"), "A new story needs TITLE."),
        (("story", "x", "--member", "Ana Suoza"), '--member: There is no member "Ana Suoza". Did you mean "'),
        (("story", "x", "--member", "ana", "--challenge", "first-tlak"), 'Did you mean "first-talk"?'),
        (("story", "x", "--member", "ana", "--date", "04.05.2026"), "Write 2026-04-05 or 2026-05-04"),
        (("story", "x", "--member", "ana", "--language", "english"), "--language: \"english\" is no language code. Write en"),
        (("story", "two\nlines", "--member", "ana"), "TITLE: title is one line of text"),
        (("story", "turned \u202e around", "--member", "ana"), "turns the direction"),
        (("story", "half \udcff", "--member", "ana"), "TITLE: An answer is no UTF-8."),
        (("story", "x", "--member", "ana", "--text", "a \x07 bell"), "control character"),
        (("story", "🥐", "--member", "ana"), 'No file can be called after "🥐". Name it with --slug'),
        (("story", "A talk", "--member", "ana"), 'The slug "a-talk" is that of content/stories/a-talk.md.'),
        (("story", "Index", "--member", "ana"), "index.md is the folder's own page."),
        (("story", "x", "--member", "ana", "--slug", "../x"), "cannot be a file's name"),
        (("member", "Bo old"), 'The slug "bo-old" was that of content/members/bo.md.'),
        (("member", "bo@example.org"), "A person's name holds an @"),
        (("member", "x", "--place", "Springfield, United States"), "Springfield, Illinois, United States"),
        (("member", "x", "--slug", "ana.pt"), "ana.pt.md would be a page in another language."),
        (("group", "x", "--kind", "chta"), 'Did you mean "chat"?'),
        (("group", "x", "--kind", "chat", "--chat", "matrix", "nowhere"), "--chat: chat[1].url is no web address"),
        (("meetup", "x", "--starts", "2026-12-03 6 pm"), "18:00"),
        (("meetup", "x", "--starts", "2026-12-04", "--repeats", "first Thursday of every month"), "The next day that is: 2027-01-07"),
        (("meetup", "x", "--starts", "2026-12-04", "--at", "1,2"), "--at is the point of a --place."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_nothing_is_written(make: Make, words: tuple[str, ...], told: str) -> None:
    before = files()
    made = make(*words)
    assert made.exit_code == 2, made.output
    assert told in made.output
    assert "\u202e" not in made.output
    assert files() == before


def test_a_file_that_is_there_is_never_written_over(make: Make) -> None:
    broken = Path("content/stories/x.md")
    broken.write_text("no story\n")
    made = make("story", "X", "--member", "ana")
    assert (made.exit_code, broken.read_text()) == (1, "no story\n")
    assert "content/stories/x.md is there already" in made.output
    broken.unlink()
    broken.symlink_to("/nowhere")
    assert make("story", "X", "--member", "ana").exit_code == 1
    assert make("story", "X", "--member", "ana", "--slug", "y").exit_code == 0


def test_a_dry_run_prints_the_file(make: Make) -> None:
    before = files()
    made = make("story", "Über: أنا", "--member", "ana", "--dry-run")
    assert made.stdout.startswith('---\ntitle: "Über: أنا"\nmembers: [ana]\n')
    assert made.stderr == "content/stories/uber-أنا.md would hold:\n"
    assert files() == before


def ask(folder: Path, kind: str, answers: list[str]) -> tuple[str, str]:
    """(what a person is shown, what the command prints) where they answer on a terminal."""
    control, terminal = pty.openpty()
    words = [sys.executable, "-c", "from alongside.cli import main; main()", kind, *NOW]
    with subprocess.Popen(
        words, cwd=folder, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, text=True
    ) as asked:
        os.close(terminal)
        shown = ""
        for answer in answers:
            while not shown.endswith(": "):
                shown += os.read(control, 4096).decode()
            os.write(control, f"{answer}\n".encode())
            shown += "\n"
        assert asked.stdout is not None
        output = asked.stdout.read()
    os.close(control)
    return shown, output


def test_on_a_terminal_what_is_missing_is_asked_for(folder: Path) -> None:
    answers = ["", "The 12:30 talk", "Anna, bo", "ana, Bo Ek", "yesterday", "2026-11-01", "", "stage fright"]
    shown, output = ask(folder, "story", answers)
    assert "content/stories/the-12-30-talk.md is written" in output
    assert "There are: ana (Ana Souza), bo (Bo Ek)" in shown
    assert 'There is no member "Anna".' in shown
    assert "Language (a code) [pt]:" in shown
    assert "is no date" in shown
    story = (folder / "content/stories/the-12-30-talk.md").read_text(encoding="utf-8")
    assert story == (
        '---\ntitle: "The 12:30 talk"\nmembers: [ana, bo]\ndate: 2026-11-01\nlanguage: pt\nchallenges: [first-talk]\n'
        "status: draft\n---\n"
    )


def test_answers_that_do_not_go_together_are_asked_for_again_and_none_is_lost(folder: Path) -> None:
    first = [
        "Late",
        "",
        "2026-12-04 18:00",
        "2h",
        "first Thursday of every month",
        "",
        "https://meet.example.org/x",
        "",
    ]
    shown, output = ask(folder, "meetup", [*first, "", "", "2026-12-03 18:00", "", "", "", "", ""])
    assert "The next day that is: 2027-01-07 (Thursday)." in shown
    assert "Repeats (first Thursday of every month; nothing: once) [first Thursday of every month]:" in shown
    assert "content/meetups/late.md is written" in output
    meetup = (folder / "content/meetups/late.md").read_text(encoding="utf-8")
    assert "starts: 2026-12-03 18:00\nduration: 2h\nrepeats: first Thursday of every month\nonline: " in meetup
