"""Human answers x planted addresses x encodings: no address comes out, and the person's own sentence always does."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator

import pytest

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.arrived.reading import NoteText, read_note
from alongside.delivery.arrived.trimming import Trimmer
from delivery.arrived.forms import ADDRESS, FORMS, addresses_in, shows
from delivery.arrived.replies import FOOTERS, QUOTED, REPLIES, Reply

ENCODINGS = ("8bit", "base64", "quoted-printable")
CHARSETS = (
    "utf-8",
    "utf-16",
    "gb18030",
    "iso-2022-jp",
    "koi8-r",
    "windows-1252",
    "windows-1251",
    "iso-8859-9",
    "euc-kr",
)


@pytest.fixture(scope="module")
def trimmer() -> Iterator[Trimmer]:
    with Trimmer() as trimmer:
        yield trimmer


def mail(text: str, *, html: bool, charset: str, encoding: str) -> bytes:
    body = text.encode(charset)
    if encoding == "base64":
        body = base64.encodebytes(body)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body)
    kind = "html" if html else "plain"
    head = f"From: Bruno <bruno@gmx.de>\nContent-Type: text/{kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
    return head.encode() + body


def fits(reply: Reply, charset: str, encoding: str) -> bool:
    try:
        reply.text.encode(charset)
    except UnicodeEncodeError:
        return False
    return charset not in ("utf-16", "iso-2022-jp") or encoding == "base64"


def check(found: object, reply: Reply, what: str) -> None:
    assert isinstance(found, NoteText), (reply.name, what, found)
    assert reply.words in found.text, (reply.name, what, found.text)
    assert QUOTED not in found.text, (reply.name, what, found.text)
    assert not any(footer in found.text for footer in FOOTERS.values()), (reply.name, what, found.text)
    assert not shows(found.text, "souza7"), (reply.name, what, found.text)
    assert not addresses_in(found.text), (reply.name, what, found.text)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.name)
def test_in_every_charset(reply: Reply, trimmer: Trimmer) -> None:
    for charset in CHARSETS:
        for encoding in ENCODINGS:
            if fits(reply, charset, encoding):
                raw = mail(reply.text.format(a=ADDRESS), html=reply.html, charset=charset, encoding=encoding)
                found = read_note(read_mail(raw), own_addresses=["bruno@gmx.de"], trim=trimmer.trim)
                check(found, reply, f"{charset} {encoding}")


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.name)
def test_in_every_form(reply: Reply) -> None:
    """An address under the words, in each of its forms, beside the one in the quote."""
    for name, form in FORMS.items():
        text = reply.text.format(a=ADDRESS)
        planted = f"<p>Bruno {form.replace('<', '&lt;')}</p>\n{text}" if reply.html else f"Bruno {form}\n\n{text}"
        raw = mail(planted, html=reply.html, charset="utf-8", encoding="base64")
        found = read_note(read_mail(raw), own_addresses=["bruno@gmx.de"], trim=lambda _: None)
        check(found, reply, name)


def test_enough_of_them() -> None:
    assert len(REPLIES) >= 60
