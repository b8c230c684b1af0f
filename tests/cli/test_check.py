"""`alongside check` as a writer, a script and a pull request see it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from alongside.cli.check import github_command
from alongside.cli.main import main
from alongside.cli.tables import visible
from alongside.problems import Position, Problem
from conftest import WriteCommunity
from reading.planted_faults import FILES, GOOD

NOW = ["--now", "2026-11-23T09:00Z"]
OLD = "---\ntitle: Old\nmembers: [ana]\ndate: 2020-01-01\n---\nText.\n"
WRONG = "---\ntitle: Wrong\nmembers: [ana]\ndate: 2026-05-04\nchallenges: [first-tlak]\n---\nText.\n"


def check(config: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["check", "-f", str(config), *NOW, *options], catch_exceptions=False)


@pytest.fixture(autouse=True)
def no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_good_community(write_community: WriteCommunity) -> None:
    result = check(write_community(GOOD))
    assert result.exit_code == 0
    assert re.fullmatch(
        r"Test community: 1 member, 1 story, 1 group, 1 challenge, 1 journey\.\nNo problems in 7 files, \d+\.\d s\.\n",
        result.output,
    )


def test_a_problem_with_its_line_and_a_caret(write_community: WriteCommunity) -> None:
    result = check(write_community({**GOOD, "content/stories/wrong.md": WRONG}))
    assert result.exit_code == 1
    assert result.output.startswith(
        'content/stories/wrong.md:5:14: error: There is no challenge "first-tlak". [unknown-challenge]\n'
        "    5 | challenges: [first-tlak]\n"
        "      |              ^\n"
        '    = Did you mean "first-talk"? Challenges stand in content/challenges.yml.\n'
    )
    assert "1 problem in 8 files" in result.output


def test_a_pipe_among_the_records_is_told_and_never_waited_for(write_community: WriteCommunity) -> None:
    config = write_community(GOOD)
    os.mkfifo(config.parent / "content/stories/pipe.md")
    command = [str(Path(sys.executable).with_name("alongside")), "check", "-f", str(config), *NOW]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "content/stories/pipe.md:1:1: error: This file cannot be read" in done.stdout


def test_addresses_are_not_printed(write_community: WriteCommunity) -> None:
    result = check(write_community({**GOOD, "content/contacts.csv": "bo,bo@x.example\n"}))
    assert "[private-file]" in result.output
    assert "x.example" not in result.output


def test_carets_below_wide_and_hidden_characters(write_community: WriteCommunity) -> None:
    text = "---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\ntopics: [日本, \u202eعربي\u202c]\nsource: {credit: 日本語 é, urll: x}\n---\n"
    result = check(write_community({**GOOD, "content/stories/wide.md": text}))
    lines = result.output.split("\n")
    shown = next(number for number, line in enumerate(lines) if "| source:" in line)
    assert lines[shown + 1].index("^") - lines[shown].index("urll") == 3  # each of three letters is two columns wide
    assert "\u202e" not in result.output


def test_warnings_exit_0_and_with_strict_1(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, "content/stories/old.md": OLD})
    assert check(config).exit_code == 0
    assert "No problems and 1 warning in 8 files" in check(config).output
    assert check(config, "--strict").exit_code == 1
    assert check(write_community(GOOD, name="good"), "--strict").exit_code == 0


def test_many_warnings_of_a_kind_are_counted(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, **{f"content/stories/old-{number}.md": OLD for number in range(14)}})
    few = check(config).output
    assert few.count("[old-story]") == 10
    assert "... and 4 more warnings of the kind old-story (--all shows them)" in few
    assert check(config, "--all").output.count("[old-story]") == 14


def test_json_is_exactly_a_list_of_problems(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, "content/stories/old.md": OLD, "content/stories/wrong.md": WRONG})
    found = json.loads(check(config, "--format", "json").output)
    assert [list(problem) for problem in found] == [
        ["path", "line", "column", "severity", "code", "message", "hint"]
    ] * 2
    assert found[1] == {
        "path": "content/stories/wrong.md", "line": 5, "column": 14, "severity": "error", "code": "unknown-challenge",
        "message": 'There is no challenge "first-tlak".',
        "hint": 'Did you mean "first-talk"? Challenges stand in content/challenges.yml.',
    }  # fmt: skip
    assert json.loads(check(write_community(GOOD, name="good"), "--format", "json").output) == []


def test_github_annotations(write_community: WriteCommunity, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write_community({**GOOD, "content/stories/wrong.md": WRONG})
    monkeypatch.chdir(config.parent.parent)
    assert check(config, "--format", "github").output == (
        "::error file=community/content/stories/wrong.md,line=5,col=14,title=unknown-challenge::"
        'There is no challenge "first-tlak". Did you mean "first-talk"? Challenges stand in content/challenges.yml.\n'
    )


def test_github_escapes() -> None:
    problem = Problem(position=Position("a,b:c%.md"), code="x", message="50%\nof\r it", hint="::set-output")
    here = Path("/somewhere")
    assert (
        github_command(problem, root=here, here=here)
        == "::error file=a%2Cb%3Ac%25.md,line=1,col=1,title=x::50%25%0Aof%0D it ::set-output"
    )


def test_visible() -> None:
    assert visible("a\x1b[31mb\u202e\ud800") == "a\\u001b[31mb\\u202e\\ud800"
    assert visible("日本 é") == "日本 é"


def test_colours_are_asked_for(write_community: WriteCommunity, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write_community({**GOOD, "content/stories/wrong.md": WRONG})
    assert "\x1b[" not in check(config).output
    monkeypatch.setenv("FORCE_COLOR", "1")
    runner = CliRunner()
    assert "\x1b[" in runner.invoke(main, ["check", "-f", str(config), *NOW], color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in runner.invoke(main, ["check", "-f", str(config), *NOW], color=True).output


def test_every_planted_fault_is_printed(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, **{planted.path: planted.content for planted in FILES}})
    result = check(config, "--all")
    assert result.exit_code == 1
    for planted in FILES:
        for (line, column), expected in zip(planted.places, planted.expected, strict=True):
            assert f"{visible(planted.path)}:{line}:{column}: {expected.severity}:" in result.output


@pytest.mark.parametrize(
    "options", [["-f", "nothing.yml"], ["--format", "xml"], ["--now", "soon"], ["--now", "2026-01-01"], ["--nonsense"]]
)
def test_a_wrong_call_exits_2(
    options: list[str], write_community: WriteCommunity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_community(GOOD).parent)
    assert CliRunner().invoke(main, ["check", *options]).exit_code == 2


def test_the_day_is_that_of_now(write_community: WriteCommunity) -> None:
    config = write_community(GOOD)
    assert "consent-over" in check(config, "--now", "2028-01-01T00:00Z").output


def test_help_shows_examples() -> None:
    output = CliRunner().invoke(main, ["check", "--help"]).output
    assert "Examples:\n    alongside check\n" in output


# --- --fix ---

SLIPS = "---\r\n# a comment\r\ntitel: Slips\r\nmembers: [ana]  # who else\r\ndate: 4 May 2026\r\nstatuss: draft\r\n---\r\nText.\r\n"
DIFF = """\
--- content/stories/slips.md
+++ content/stories/slips.md
@@ -2,5 +2,5 @@
 # a comment
-titel: Slips
+title: Slips
 members: [ana]  # who else
-date: 4 May 2026
+date: 2026-05-04
 statuss: draft
"""


def test_a_diff_changes_nothing(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, "content/stories/slips.md": SLIPS.encode()})
    result = check(config, "--diff")
    assert result.exit_code == 1
    assert result.output.startswith(
        DIFF + "--fix would repair 2 problems in 1 file.\n\ncontent/stories/slips.md:3:1: error"
    )
    assert check(config, "--fix", "--diff").output.startswith(DIFF)
    assert (config.parent / "content/stories/slips.md").read_bytes() == SLIPS.encode()


def test_what_is_repaired_is_shown_and_the_rest_reported(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, "content/stories/slips.md": SLIPS.encode()})
    file = config.parent / "content/stories/slips.md"
    file.chmod(0o640)
    result = check(config, "--fix", "--format", "json")
    assert (result.exit_code, result.stderr) == (1, DIFF + "Repaired 2 problems in 1 file.\n\n")
    assert [problem["code"] for problem in json.loads(result.stdout)] == ["unknown-key"]
    assert file.read_bytes() == SLIPS.replace("titel", "title").replace("4 May 2026", "2026-05-04").encode()
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in file.parent.iterdir()) == ["a-talk.md", "slips.md"]
    again = check(config, "--fix")
    assert again.output.startswith("Nothing to repair without somebody deciding.\n")
    assert check(write_community(GOOD, name="good"), "--fix").exit_code == 0


def test_a_file_that_changed_meanwhile_is_left_alone(
    write_community: WriteCommunity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer saves between reading and writing: when the diff has just been printed."""
    config = write_community({**GOOD, "content/stories/slips.md": SLIPS.encode(), "content/stories/more.md": WRONG})
    file = config.parent / "content/stories/slips.md"
    echo = click.echo

    def save_meanwhile(message: object = "", **how: bool) -> None:
        if str(message).startswith("-titel"):
            file.write_bytes(b"---\nmine\n")
        echo(message, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("alongside.cli.fixing.click.echo", save_meanwhile)
    result = check(config, "--fix")
    assert file.read_bytes() == b"---\nmine\n"
    assert "warning: slips.md changed while this ran" in result.output
    assert "Repaired 1 problem in 1 file." in result.output
    assert b"[first-talk]" in (config.parent / "content/stories/more.md").read_bytes()


def test_what_could_repair_itself_is_said(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, "content/stories/slips.md": SLIPS.encode()})
    assert check(config).output.endswith("What can mean one thing only is repaired by: alongside check --fix\n")
    check(config, "--fix")
    assert "--fix" not in check(config).output


def test_links_stay_links_and_what_lies_elsewhere_is_not_ours(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, "content/guide/slips.txt": SLIPS.encode(), "../outside.md": SLIPS.encode()})
    stories = config.parent / "content/stories"
    (stories / "linked.md").symlink_to("../guide/slips.txt")
    (stories / "outside.md").symlink_to(config.parent.parent / "outside.md")
    (config.parent / "mkdocs.yml").write_text(config.read_text().replace("teams:", "tems:"))
    check(config, "--fix")
    assert (stories / "linked.md").is_symlink()
    assert b"title: Slips" in (config.parent / "content/guide/slips.txt").read_bytes()
    assert (config.parent.parent / "outside.md").read_bytes() == SLIPS.encode()
    assert "tems:" in config.read_text()


def test_nothing_in_a_diff_moves_the_cursor(write_community: WriteCommunity) -> None:
    text = "---\ntitle: x\nmembers: [ana]\ndate: 4 May 2026\ntopics: ['\x1b[31m red', \u202ea]\n---\n"
    result = check(write_community({**GOOD, "content/stories/x.md": text}), "--diff")
    assert "\n-topics: ['\\u001b[31m red', \\u202ea]\n" in result.output
    assert "\n+topics: ['[31m red', a]\n" in result.output
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output
