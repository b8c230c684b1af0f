"""Real mail through `read_note` with the real trimmer: nothing fails, no planted address passes, words stay."""

from __future__ import annotations

import base64
import quopri
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mailparser_reply import EmailReplyParser
from mailparser_reply.constants import MAIL_LANGUAGES

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.arrived.reading import NoteText, Trouble, read_note
from alongside.delivery.arrived.trimming import Trimmer, own_words
from delivery.arrived.forms import ADDRESS, FORMS, addresses_in, shows

pytestmark = pytest.mark.real

CORPORA = ("email_reply_parser", "email_reply_trimmer", "zapier-email-reply-parser", "mail-parser-reply")
SKIPPED = (".md", ".py", ".html", ".gif")
# Some of the forms, for every mail; all of them are tried on written answers in tests/delivery/arrived.
PLANTED = (
    "plain",
    "mailto",
    "percent twice",
    "entity",
    "full width",
    "zero width",
    "(at) (dot)",
    "base64",
    "broken at the at",
)


@pytest.fixture(scope="module")
def trimmer() -> Iterator[Trimmer]:
    with Trimmer() as trimmer:
        yield trimmer


def as_mail(text: str, encoding: str = "8bit") -> bytes:
    body = text.encode()
    if encoding == "base64":
        body = base64.encodebytes(body)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body)
    return (
        f"From: b@x.example\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n".encode()
        + body
    )


def human_texts(shared: Path) -> Iterator[tuple[str, Path, str]]:
    """(source, path, text) of what people wrote, without headers."""
    for source in CORPORA:
        folder = shared / "mail" / source / "test" / "emails"
        for path in sorted(folder.rglob("*.txt")):
            yield source, path, path.read_text(errors="replace").replace("\r\n", "\n")


def mails(shared: Path) -> Iterator[tuple[str, Path, bytes]]:
    """(source, path, mail) of everything; what is only a text gets headers."""
    for path in sorted((shared / "mail").rglob("*")):
        if path.is_file() and path.suffix not in SKIPPED and "LICENSE" not in path.name:
            source = path.relative_to(shared / "mail").parts[0]
            raw = path.read_bytes()
            yield source, path, as_mail(raw.decode(errors="replace")) if source in CORPORA else raw


def test_every_mail(shared: Path, trimmer: Trimmer) -> None:
    table: dict[str, Counter[str]] = {}
    times: list[tuple[float, str]] = []
    for source, path, raw in mails(shared):
        begun = time.monotonic()
        found = read_note(read_mail(raw), own_addresses=["b@x.example"], trim=trimmer.trim)
        times.append((time.monotonic() - begun, path.name))
        table.setdefault(source, Counter())["text" if isinstance(found, NoteText) else found.kind] += 1
        if isinstance(found, NoteText):
            assert addresses_in(found.text) == [], path
    print()
    for source, kinds in table.items():
        print(f"{source:28}", *(f"{kind}: {number}" for kind, number in kinds.most_common()), sep="  ")
    print(f"{len(times)} mails, over one second: {sum(took > 1 for took, _ in times)}; slowest:", sorted(times)[-3:])


def test_planted_addresses(shared: Path, trimmer: Trimmer) -> None:
    tried = 0
    for _, path, text in human_texts(shared):
        for number, name in enumerate(PLANTED):
            planted = f"{FORMS[name]}\n\n{text}" if number % 2 else f"{text}\n\n{FORMS[name]}\n"
            encoding = ("8bit", "base64", "quoted-printable")[number % 3]
            found = read_note(read_mail(as_mail(planted, encoding)), own_addresses=[ADDRESS], trim=trimmer.trim)
            tried += 1
            if isinstance(found, NoteText):
                assert not shows(found.text, "souza7"), (path, name)
                assert addresses_in(found.text) == [], (path, name)
    print(f"\n{tried} planted addresses: none passed")


def plain_library(text: str) -> str:
    """What `mail-parser-reply` says when it is asked alone."""
    return EmailReplyParser(languages=list(MAIL_LANGUAGES)).parse_reply(text) or ""


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _own_lines(expected: str) -> list[str]:
    """What of an expected text is a person's; some projects leave quotes in between."""
    return [_squeeze(line) for line in expected.split("\n") if line.strip() and not line.lstrip().startswith(">")]


def test_expected_replies(shared: Path, trimmer: Trimmer) -> None:
    folder = shared / "mail/email_reply_trimmer/test"
    pairs = [
        (path.name, path.read_text(errors="replace").replace("\r\n", "\n"), (folder / "trimmed" / path.name).read_text(errors="replace"))
        for path in sorted((folder / "emails").glob("*.txt"))
    ]  # fmt: skip

    def ours(text: str) -> str:
        return own_words(text, trimmer.trim)

    print()
    shares = {}
    for name, ask in (("ours", ours), ("mail-parser-reply alone", plain_library)):
        shares[name] = _compare(pairs, ask)
        print(f"{name:24}", *(f"{kind}: {share:.0%}" for kind, share in shares[name].items()), f"of {len(pairs)}")
    assert shares["ours"]["words lost"] <= shares["mail-parser-reply alone"]["words lost"]
    assert shares["ours"]["quote left"] < shares["mail-parser-reply alone"]["quote left"]


def _compare(pairs: list[tuple[str, str, str]], ask: Callable[[str], str]) -> dict[str, float]:
    kinds: Counter[str] = Counter()
    for name, text, expected in pairs:
        got, lines = _squeeze(ask(text)), _own_lines(expected)
        wanted = " ".join(lines)
        kinds["equal"] += got == wanted
        lost = [line for line in lines if line not in got]
        kinds["words lost"] += bool(lost)
        kinds["quote left"] += not lost and got != wanted
        if lost or got != wanted:
            print(f"  {ask.__name__}: {name}", "lost:" if lost else "left", lost[:2] if lost else "")
    return {kind: kinds[kind] / len(pairs) for kind in ("equal", "words lost", "quote left")}


def test_telephone_and_programs(shared: Path, trimmer: Trimmer) -> None:
    """Answers of twelve programs: in each a person wrote "Hello", and perhaps a name."""
    wrong = []
    folder = shared / "mail/talon/tests/fixtures/standard_replies"
    for path in sorted(folder.glob("*.eml")):
        found = read_note(read_mail(path.read_bytes()), own_addresses=[], trim=trimmer.trim)
        if isinstance(found, Trouble) or found.text.split()[:1] != ["Hello"] or len(found.text) > 40:
            wrong.append((path.name, found))
    print("\nprograms read wrongly:", *wrong, sep="\n  ")
    assert wrong == []
