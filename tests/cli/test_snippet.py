"""`alongside snippet`: what is found, what is said where something is not. That it runs, tests/browser looks at."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256, sha384
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alongside.cli import main
from alongside.rendering.embeds.scripts import script_files
from alongside.rendering.embeds.snippets import WAYS
from conftest import CONFIG, WriteCommunity

JOURNEY = """\
title: The month
moments:
  - {id: box, owner: product, where: embed, show: [welcome, group]}
  - {id: dates, owner: product, where: embed, show: [meetup]}
  - {id: front, owner: community, where: page, show: [story]}
  - {id: hello, owner: community, where: mail, from: team, message: mails/hello.md}
"""
FILES = {
    "content/challenges.yml": "first-talk: {title: Giving a first talk}\n",
    "journeys/month.yml": JOURNEY,
    "journeys/year.yml": JOURNEY.replace("The month", "The year").replace("front", "back"),
    "journeys/mails/hello.md": "---\nsubject: Hello\n---\nHello.\n",
}


@pytest.fixture
def config(write_community: WriteCommunity) -> Path:
    return write_community(FILES)


def call(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["snippet", *arguments, "-f", str(config)], catch_exceptions=False)


def test_a_moment_is_named_by_its_id_or_with_its_journey(config: Path) -> None:
    assert 'moment="month/box"' in call(config, "box").output
    assert 'moment="year/box"' in call(config, "year/box").output
    assert 'moment="year/back"' in call(config, "back").output


def test_the_script_is_pinned(config: Path) -> None:
    """To the present one, whatever earlier ones there are."""
    present = dict(script_files())["embed/v1/alongside.js"]
    name = f"embed/v1/alongside.{sha256(present).hexdigest()[:12]}.js"
    digest = b64encode(sha384(present).digest()).decode()
    text = call(config, "box").output
    assert f'src="https://community.example.org/{name}"' in text
    assert f'integrity="sha384-{digest}" crossorigin="anonymous"' in text


def test_without_a_moment_all_are_listed(config: Path) -> None:
    assert call(config).output.splitlines()[:3] == [
        "month/box    embed  product    shows welcome, group",
        "month/dates  embed  product    shows meetup",
        "month/front  page   community  shows story",
    ]
    listed = json.loads(call(config, "--format", "json").output)["moments"]
    assert [one["moment"] for one in listed] == [
        f"{j}/{m}"
        for j, m in zip(["month"] * 3 + ["year"] * 3, ["box", "dates", "front", "box", "dates", "back"], strict=True)
    ]


@pytest.mark.parametrize("way", WAYS)
def test_text_and_json_say_the_same(config: Path, way: str) -> None:
    text = call(config, "box", "--for", way).output
    told = json.loads(call(config, "box", "--for", way, "--format", "json").output)
    assert (told["moment"], told["for"]) == ("month/box", way)
    for piece in told["pieces"]:
        assert piece["where"] in text
        assert piece["text"] in text
    assert max(map(len, text.splitlines())) < 260


def test_whom_they_met_is_kept_where_people_or_stories_are_shown(config: Path) -> None:
    for way in ("html", "iframe"):
        assert 'name="met"' in call(config, "box", "--for", way).output
        assert 'name="met"' not in call(config, "dates", "--for", way).output


def test_a_frame_knows_the_origin_of_the_product(config: Path) -> None:
    for given, origin in (
        ("https://App.Example.com/", "https://app.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("https://müller.example", "https://xn--mller-kva.example"),
    ):
        assert (
            f"#host={origin}&amp;challenges=first-talk"
            in call(config, "box", "--for", "iframe", "--host", given).output
        )
    for wrong in (
        "app.example.com",
        "*",
        "null",
        "https://app.example.com/sign-up",
        "ftp://example.com",
        "https://a:b",
    ):
        result = call(config, "box", "--for", "iframe", "--host", wrong)
        assert result.exit_code == 2
        assert f'"{wrong}" is no origin. Write it as in https://app.example.com' in result.output


def test_what_cannot_be_printed_says_why(config: Path) -> None:
    known = "There are: month/box, month/dates, month/front, year/box, year/dates, year/back."
    for arguments, message in (
        (["bok"], f'There is no moment "bok". Did you mean "box"? {known}'),
        (["zzz"], f'There is no moment "zzz". {known}'),
        (["hello"], f'The moment "hello" is a mail. {known}'),
        (["front", "--for", "iframe"], "month/front is part of a page and has none of its own to put into a frame."),
    ):
        result = call(config, *arguments)
        assert result.exit_code == 2
        assert message in result.output


def test_a_site_without_an_address_is_told_so(write_community: WriteCommunity) -> None:
    config = CONFIG.replace("site_url: https://community.example.org/\n", "")
    result = call(write_community({**FILES, "mkdocs.yml": config}), "box")
    assert result.exit_code == 2
    assert "does not say where the site will be. Set site_url:" in result.output


def test_a_community_without_moments(write_community: WriteCommunity) -> None:
    config = write_community({"content/challenges.yml": FILES["content/challenges.yml"]})
    assert "No journey has a moment" in call(config).output
    assert 'There is no moment "box". No journey has one' in call(config, "box").output


def test_names_of_a_community_are_harmless(write_community: WriteCommunity) -> None:
    name = 'A <b>\\"&{{x}}</script>'
    files = {**FILES, "mkdocs.yml": CONFIG.replace("site_name: Test community", f'site_name: "{name}"')}
    config = write_community(files)
    for way in ("html", "vue", "iframe"):
        text = call(config, "box", "--for", way).output
        assert "<b>" not in text
        assert '</script>"' not in text
    assert "{{x" not in call(config, "box", "--for", "vue").output
