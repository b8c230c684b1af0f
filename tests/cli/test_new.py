"""`alongside new`: what it makes is in order, whatever the community is called."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from alongside.cli.main import main
from alongside.model.community import Community
from alongside.problems import Problem
from alongside.reading.loader import load_community
from alongside.reading.schemas import render_schema
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings

NOW = "2026-11-23T09:00Z"
TODAY = date(2026, 11, 23)


def call(*arguments: str | Path) -> Result:
    """The command line, as a reader types it."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def load(folder: Path, *, today: date = TODAY) -> tuple[Settings, Community, list[Problem]]:
    settings, problems = read_settings(folder / "mkdocs.yml")
    loaded = load_community(settings, today=today, cache=False)
    return settings, loaded.community, [*problems, *loaded.problems]


def contents(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_makes_one_of_each_kind_without_a_problem(tmp_path: Path) -> None:
    made = call("new", tmp_path / "our-community", "--now", NOW)
    assert made.exit_code == 0, made.output
    settings, community, problems = load(tmp_path / "our-community")
    assert problems == []
    assert settings.site_name == "Our Community"
    assert (len(community.members), len(community.stories), len(community.groups), len(community.meetups)) == (1,) * 4
    assert len(community.challenges) == 2
    assert [moment.where for moment in community.journeys["first-month"].moments] == ["embed", "page", "mail", "mail"]


def test_it_passes_the_strict_check_and_builds(tmp_path: Path) -> None:
    config = tmp_path / "our-community" / "mkdocs.yml"
    call("new", config.parent, "--now", NOW)
    checked = call("check", "--strict", "-f", config, "--now", NOW)
    assert checked.exit_code == 0, checked.output
    built = call("build", "--strict", "-f", config, "--now", NOW)
    assert built.exit_code == 0, built.output
    site = config.parent / "site"
    for page in ("stories/sams-first-week", "members/sam-example", "groups/open-chat", "meetups/open-hour"):
        assert (site / page / "index.html").is_file()
    assert (site / "embed/first-month/sign-up/index.html").is_file()
    assert "Sam" in (site / "index.html").read_text(encoding="utf-8").split("<main", 1)[1]


@pytest.mark.parametrize("days", range(0, 400, 13))
def test_it_is_in_order_on_whatever_day_it_is_made(tmp_path: Path, days: int) -> None:
    today = TODAY + timedelta(days=days)
    call("new", tmp_path / "here", "--now", f"{today}T23:59Z")
    assert load(tmp_path / "here", today=today)[2] == []


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("The Potters' Circle", "The Potters' Circle"),
        ('"Quoted": yes, #1 & \\more\\', '"Quoted": yes, #1 & \\more\\'),
        ("no", "no"),
        ("{{ newcomer.name }}", "{{ newcomer.name }}"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("@TODAY@ and @NAME@", "@TODAY@ and @NAME@"),
        ("陶芸の輪", "陶芸の輪"),
        ("two\nlines:\tand\x00 more\u202e", "two lines: and more"),
        ("  ", "Our community"),
    ],
)
def test_any_name_arrives_as_it_is(tmp_path: Path, given: str, read: str) -> None:
    made = call("new", tmp_path / "here", "--name", given, "--now", NOW)
    assert made.exit_code == 0, made.output
    config = yaml.safe_load((tmp_path / "here/mkdocs.yml").read_text(encoding="utf-8"))
    assert config["site_name"] == read
    assert config["plugins"][1]["alongside"]["organisation"]["name"] == read
    assert load(tmp_path / "here")[0].site_name == read
    readme = (tmp_path / "here/README.md").read_text(encoding="utf-8")
    assert "<script" not in readme.replace("\\<", "")


def test_the_language_is_the_communitys_and_the_examples_stay_english(tmp_path: Path) -> None:
    call("new", tmp_path / "here", "--language", "PT-br", "--now", NOW)
    settings, community, problems = load(tmp_path / "here")
    assert settings.language == "pt-BR"
    assert problems == []
    assert community.stories["sams-first-week"].language == "en"
    assert community.groups["open-chat"].name.versions[0][0] == "en"


@pytest.mark.parametrize(
    ("given", "hint"), [("english", "Did you mean en?"), ("pt_BR", "Did you mean pt-BR?"), ("1", "zh-Hant"), ("", "en")]
)
def test_a_language_that_is_none_writes_nothing(tmp_path: Path, given: str, hint: str) -> None:
    made = call("new", tmp_path / "here", "--language", given)
    assert made.exit_code == 2
    assert "is no language code" in made.output
    assert hint in made.output
    assert not (tmp_path / "here").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    made = call("new", tmp_path)
    assert made.exit_code == 2
    assert "is not empty" in made.output
    assert contents(tmp_path) == {"note.txt": b"mine"}
    assert call("new", tmp_path / "note.txt").exit_code == 2


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "leeg").mkdir()
    assert call("new", tmp_path / "leeg").exit_code == 0
    assert load(tmp_path / "leeg", today=date.today())[0].site_name == "Leeg"  # noqa: DTZ011


def test_the_folder_of_the_shell_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quiet_hours").mkdir()
    monkeypatch.chdir(tmp_path / "quiet_hours")
    made = call("new", ".", "--now", NOW)
    assert made.exit_code == 0, made.output
    assert load(tmp_path / "quiet_hours")[0].site_name == "Quiet Hours"
    assert "alongside check -f mkdocs.yml" in made.output


def test_what_it_says_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    made = call("new", tmp_path / "it's here", "--now", NOW)
    assert f"""alongside check -f '{tmp_path}/it'"'"'s here/mkdocs.yml'""" in made.output


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    made = call("new", tmp_path / "file" / "below")
    assert made.exit_code == 1
    assert "could not be written" in made.output
    assert "Traceback" not in made.output


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        call("new", tmp_path / name, "--name", "Same", "--now", NOW)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_what_must_stay_private_is_kept_out_of_git(tmp_path: Path) -> None:
    call("new", tmp_path / "here", "--now", NOW)
    ignored = (tmp_path / "here/.gitignore").read_text(encoding="utf-8").splitlines()
    assert {"site/", "build/", "outbox/", "journal/", "alongside.sqlite*", ".env"} <= set(ignored)
    assert not (tmp_path / "here/gitignore").exists()
    assert all(os.access(path, os.W_OK) for path in (tmp_path / "here").rglob("*"))


def test_editors_find_schemas_that_are_there(tmp_path: Path) -> None:
    call("new", tmp_path / "here", "--now", NOW)
    settings = json.loads((tmp_path / "here/.vscode/settings.json").read_text(encoding="utf-8"))
    for schema in settings["yaml.schemas"]:
        kind = Path(schema).name.partition(".")[0]
        assert json.loads((tmp_path / "here" / schema).read_text(encoding="utf-8")) == render_schema(kind)
