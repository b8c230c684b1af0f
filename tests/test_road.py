"""The whole road on the example community, as `make demo` walks it: looked at with other people's parsers."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from xml.etree.ElementTree import Element

import feedparser
import html5lib
import icalendar
import mailparser
import pytest

from commands import in_shells
from made_once import made_once

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example community after the demo ran in it, which nothing may write to."""
    return made_once(tmp_path_factory, "demo", _walk)


def _walk(folder: Path) -> None:
    for name in ("content", "journeys", "tools"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "mkdocs.yml", folder)
    python, command = folder / "bin" / "python", folder / "bin" / "alongside"  # it looks for one beside the other
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    command.write_text(f'#!/bin/sh\nexec {in_shells()} "$@"\n')
    command.chmod(0o755)
    result = subprocess.run(
        [python, "tools/demo.py"], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def outbox(demo: Path) -> list[Path]:
    return sorted((demo / "outbox" / "new").iterdir())


@pytest.fixture(scope="module")
def mails(outbox: list[Path]) -> list[Path]:
    """Those of the journeys to newcomers."""
    found = [path for path in outbox if b"multipart/alternative" in path.read_bytes()]
    assert len(found) >= 9  # three newcomers, each with a welcome and more
    return found


@pytest.fixture(scope="module")
def notes(outbox: list[Path], mails: list[Path]) -> list[EmailMessage]:
    """What a member was asked, and what people wrote: plain text, in the order of their days."""
    found = [read(path) for path in outbox if path not in mails]
    return sorted(found, key=lambda mail: mail["Date"].datetime)


def addresses(demo: Path) -> set[str]:
    profiles = (path.read_text(encoding="utf-8") for path in (demo / "journeys" / "newcomers").glob("*.yml"))
    return members_of(demo) | {match for text in profiles for match in re.findall(r"(?m)^email:\s*(\S+)", text)}


def members_of(demo: Path) -> set[str]:
    with (demo / "journeys" / "newcomers" / "contacts.csv").open(encoding="utf-8", newline="") as file:
        return {row["email"] for row in csv.DictReader(file)}


def visible_text(html: str) -> str:
    """What a reader sees, without style sheets and what is hidden from everybody."""
    return " ".join(_texts(html5lib.parse(html, namespaceHTMLElements=False)))


def _texts(element: Element) -> Iterator[str]:
    # the tag of a comment is a function
    hidden = callable(element.tag) or element.tag in ("head", "style", "script")
    if not hidden and "display:none" not in (element.get("style") or "").replace(" ", ""):
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def words(text: str) -> list[str]:
    without_links = re.sub(r"https?://\S+|mailto:\S+", " ", text)
    return re.findall(r"[^\W\d_]{4,}", without_links.casefold())


def read(path: Path) -> EmailMessage:
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(path.read_bytes())


def parts(path: Path) -> tuple[EmailMessage, str, str]:
    message = read(path)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return message, text.get_content(), html.get_content()


def test_no_address_of_anybody_stands_in_the_site(demo: Path) -> None:
    wanted = [address.encode() for address in addresses(demo)]
    assert len(wanted) >= 10
    for path in (demo / "site").rglob("*"):
        if path.is_file():
            content = path.read_bytes().lower()
            assert not [address for address in wanted if address.lower() in content], path


def test_mails_are_read_by_a_second_parser(mails: list[Path]) -> None:
    for path in mails:
        mail = mailparser.parse_from_bytes(path.read_bytes())
        assert not mail.defects, path
        assert mail.subject
        assert len(mail.text_plain) == 1
        assert len(mail.text_html) == 1
        message, text, html = parts(path)
        assert not message.defects
        assert message["Subject"] == mail.subject
        assert mail.text_plain[0].split() == text.split()
        assert mail.text_html[0].split() == html.split()


def test_both_parts_of_a_mail_say_the_same(mails: list[Path]) -> None:
    for path in mails:
        _, text, html = parts(path)
        shown = visible_text(html)
        assert set(words(text)) == set(words(shown)), path


def test_mails_name_no_member_address_and_leave_no_template_behind(demo: Path, mails: list[Path]) -> None:
    members = members_of(demo)
    for path in mails:
        message, text, html = parts(path)
        everything = f"{message}\n{text}\n{html}"
        assert not [address for address in members if address in everything], path
        assert not re.search(r"\{\{|\{%|\bNone\b|\bUndefined\b", text + visible_text(html)), path
        assert "<img" not in html or 'width="1"' not in html, "a tracking pixel?"
        assert message["Auto-Submitted"] == "auto-generated"


def test_every_feed_is_read_by_another_parser(demo: Path) -> None:
    feeds = sorted((demo / "site" / "feeds").rglob("*.ics"))
    assert len(feeds) > 30
    for path in feeds:
        raw = path.read_bytes()
        calendar = icalendar.Calendar.from_ical(raw)
        assert calendar.get("VERSION") == "2.0", path
        assert all(len(line) <= 75 for line in raw.split(b"\r\n")), path
        assert b"\n" not in raw.replace(b"\r\n", b""), path
    for path in (demo / "site" / "feeds").rglob("*.atom"):
        parsed = feedparser.parse(path.read_bytes())
        assert not parsed.bozo, (path, parsed.get("bozo_exception"))
        assert parsed.entries or path.parent.name == "groups", path  # one may have no date ahead


def test_the_demo_shows_notes_that_name_no_address(demo: Path, notes: list[EmailMessage]) -> None:
    to = [mail["To"].addresses[0].display_name for mail in notes]
    assert to[:2] == ["Ana Souza", "Beatriz"]  # they talk
    assert sorted(to[2:4]) == ["Mona Abdelrahman", "Wanjiru Kariuki"]  # they are asked
    assert to[4:] == ["كريم"]  # whom Mona wrote to herself
    hidden = addresses(demo) | {"+55 81", "Olinda"}  # out of a signature
    for mail in notes:
        said = mail.get_content()
        shown = f"{mail}\n{said}".replace(mail["To"].addresses[0].addr_spec, "")
        assert [each for each in hidden if each in shown] == []
        assert "escreveu:" not in said
        assert not re.search(r"(?m)^>", said)
    assert {mail["Auto-Submitted"] for mail in (*notes[:2], notes[4])} == {"no"}


def test_who_stops_in_the_demo_gets_nothing_more(demo: Path, outbox: list[Path]) -> None:
    last = max(
        mail["Date"].datetime
        for path in outbox
        if (mail := read(path)) and mail["To"].addresses[0].addr_spec == "grace.achieng@example.org"
    )
    assert last.day < 9


def test_the_demo_sends_nothing_twice(outbox: list[Path]) -> None:
    parsed = (read(path) for path in outbox)
    identifiers = [mail["Message-ID"] for mail in parsed]
    assert len(set(identifiers)) == len(identifiers)
