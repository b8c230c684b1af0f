"""`alongside snippet`: what is found, what is said where something is not. That it runs, tests/browser looks at."""

from __future__ import annotations

import json
import re
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
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"),
        ("http://[::1]:3000", "http://%5B::1%5D:3000"),
        ("http://[0:0::1]", "http://%5B::1%5D"),
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
        "https://",
        "https://a..b",
        "https://a b",
        "https://*.example.com",
        "https://me@app.example.com",
        "https://:x@app.example.com",
        "https://app.example.com?",
        "https://app.example.com#",
        "https://app.example.com\\evil",
        "https://a;b",
        "https://[::g]",
        f"https://{'ü' * 70}.example",
        "https://caf\udce9",
    ):
        result = call(config, "box", "--for", "iframe", "--host", wrong)
        assert result.exit_code == 2
        shown = wrong.encode(errors="backslashreplace").decode()
        assert f'"{shown}" is no origin. Write it as in https://app.example.com' in result.output


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


def test_a_moment_that_could_not_be_read_is_not_simply_unknown(write_community: WriteCommunity) -> None:
    config = write_community({**FILES, "journeys/week.yml": "title: x\nmoments:\n  - {id: late, owner: nobody}\n"})
    result = call(config, "late")
    assert result.exit_code == 2
    assert result.output.endswith(" What is wrong in journeys/ was left out: alongside check names it.\n")
    assert "left out" not in call(write_community(FILES, name="whole"), "late").output


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


def test_addresses_of_a_site_are_printed_as_browsers_know_them(write_community: WriteCommunity) -> None:
    """An origin that is compared, and sources of a policy: a letter beyond ASCII or a `;` would make them another."""
    for url, origin, path in (
        ("https://Bücher.example/", "https://xn--bcher-kva.example", "/"),
        ("https://Community.example.org:443/", "https://community.example.org", "/"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000", "/"),
        ("https://x.example/a;b,c/münchen/%20/", "https://x.example", "/a%3Bb%2Cc/m%C3%BCnchen/%20/"),
    ):
        config = CONFIG.replace("https://community.example.org/", url)
        config_file = write_community({**FILES, "mkdocs.yml": config})
        assert f'origin !== "{origin}"' in call(config_file, "box", "--for", "iframe").output
        policies = call(config_file, "box", "--for", "csp").output
        files = f"{origin}{path}embed/v1/"
        assert f": script-src 'self' {files}; connect-src 'self' {files}; img-src 'self' {origin}\n" in policies
        assert policies.endswith(f": frame-src {origin}{path}embed/\n")


def test_where_a_service_takes_notes_its_form_is_allowed_and_checked(write_community: WriteCommunity) -> None:
    mail = "      mail: {service: 'https://Mail.example.org/a;b', notes: notes@example.org}\n"
    journey = JOURNEY.replace("[welcome, group]", "[welcome, note]")
    files = {**FILES, "journeys/month.yml": journey, "mkdocs.yml": f"{CONFIG.rstrip()}\n{mail}"}
    config_file = write_community(files)
    policy = call(config_file, "month/box", "--for", "csp").output
    assert "connect-src 'self' https://community.example.org/embed/v1/ https://mail.example.org/a%3Bb/;" in policy
    html = call(config_file, "month/box").output
    [name] = [path for path, _ in script_files() if re.fullmatch(r"embed/v1/note\.[0-9a-f]{12}\.js", path)]
    digest = b64encode(sha384(dict(script_files())[name]).digest()).decode()
    told = f'{{"integrity": {{"https://community.example.org/{name}": "sha384-{digest}"}}}}'
    assert f'<script type="importmap">{told}</script>' in html
    assert "importmap" not in call(config_file, "month/dates").output


def test_a_site_address_that_is_none_is_told_at_its_line(write_community: WriteCommunity) -> None:
    config = CONFIG.replace("https://community.example.org/", "community.example.org")
    result = call(write_community({**FILES, "mkdocs.yml": config}), "box")
    assert result.exit_code == 2
    assert "mkdocs.yml:2:11: site_url is no web address" in result.output


@pytest.mark.parametrize("url", ["https://a;b/", "https://a..b/", "https://it's.example/", "https://[::g]/"])
def test_a_site_address_that_no_browser_finds_is_told(write_community: WriteCommunity, url: str) -> None:
    config = CONFIG.replace("https://community.example.org/", f'"{url}"')
    result = call(write_community({**FILES, "mkdocs.yml": config}), "box", "--for", "csp")
    assert result.exit_code == 2
    assert "site_url" in result.output
