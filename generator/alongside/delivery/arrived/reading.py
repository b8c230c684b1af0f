"""A mail that arrived -> the text that may be passed on: the person's own words, and nothing that finds them.

    decode -> clean -> blocks of machine text out -> quotes out (`trimming`) -> not too long -> `redaction`

What is not passed on has a name, so that the sender can be told; and so has each reason why there is no note at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from alongside.delivery.arrived.blocks import Block, cut_blocks
from alongside.delivery.arrived.html_texts import html_text
from alongside.delivery.arrived.mails import LONGEST, ArrivedMail, Part
from alongside.delivery.arrived.redaction import MARK, redact
from alongside.delivery.arrived.trimming import own_words

LONGEST_NOTE = 20_000  # characters
LONGEST_READ = 400_000  # characters of a mail's text that are looked at, quotes and all

# What the sender sent and the other person does not get.
LeftOut = Literal["attachment", "picture", "contact", "invitation", "forwarded mail", "encrypted part", "address"]
# empty: no words; only a quote: none of their own; too long: over LONGEST_NOTE; unreadable: no text comes out of it, or
# one in a form of Outlook's alone (TNEF); encrypted: we have no key, and signed data that only a key opens
TroubleKind = Literal["empty", "only a quote", "only attachments", "too long", "unreadable", "encrypted"]


@dataclass(frozen=True, slots=True)
class NoteText:
    """What may be passed on."""

    text: str  # lines end in LF; `MARK` where something was taken out
    left_out: tuple[LeftOut, ...]  # each once


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing can be passed on."""

    kind: TroubleKind


_ENCRYPTED = frozenset(
    ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
)
_SIGNATURES = frozenset(
    (
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-keys",
    )
)
_CONTACTS = frozenset(("text/vcard", "text/x-vcard", "text/directory", "application/vcard"))
_PLAIN = frozenset(("text/plain", "text/markdown", "text/x-markdown", "text"))
_HTML = frozenset(("text/html", "application/xhtml+xml"))
_TNEF = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_OF_BLOCK: dict[Block, LeftOut | None] = {
    "armour": None,
    "encrypted": "encrypted part",
    "contact": "contact",
    "invitation": "invitation",
    "file": "attachment",
}


def read_note(
    mail: ArrivedMail, *, own_addresses: Collection[str], trim: Callable[[str], str | None]
) -> NoteText | Trouble:
    """The words of the person who wrote `mail`, or why there are none.

    `own_addresses`: theirs, normalised. `trim`: see `Trimmer.trim`. Never raises.
    """
    left_out = _left_out(mail)
    if mail.type in _ENCRYPTED or any(part.type in _ENCRYPTED for part in mail.parts[:1]):
        return Trouble("encrypted")
    text = _written(mail)
    if _is_garbled(text):
        return Trouble("unreadable")
    cut = cut_blocks(clean(text)[:LONGEST_READ])
    of_blocks = [kind for block in cut.found if (kind := _OF_BLOCK[block]) is not None]
    words = own_words(cut.text, trim)
    if not _has_words(words):
        return Trouble(_why_empty(mail, cut.text, left_out, cut.found))
    if len(words) > LONGEST_NOTE:
        return Trouble("too long")
    passed = redact(words, own_addresses=own_addresses)
    of_addresses: list[LeftOut] = ["address"] if passed.count(MARK) > words.count(MARK) else []
    return NoteText(passed, tuple(dict.fromkeys([*left_out, *of_blocks, *of_addresses])))


def read_typed_note(text: str, *, own_addresses: Collection[str]) -> NoteText | Trouble:
    """The same of words that somebody typed into a form: there are no parts and no quotes. Never raises."""
    words = clean(text[:LONGEST_READ]).strip()
    if len(words) > LONGEST_NOTE:
        return Trouble("too long")
    cut = cut_blocks(words)
    if not _has_words(cut.text):
        return Trouble("encrypted" if "encrypted" in cut.found else "empty")
    passed = redact(words, own_addresses=own_addresses)
    return NoteText(passed, ("address",) if passed.count(MARK) > words.count(MARK) else ())


def _why_empty(mail: ArrivedMail, text: str, left_out: tuple[LeftOut, ...], found: tuple[Block, ...]) -> TroubleKind:
    if "encrypted" in found or any(part.type in _ENCRYPTED for part in mail.parts):
        return "encrypted"
    if _has_words(text):
        return "only a quote"
    if any(_is_tnef(part) or part.type.startswith("multipart/") for part in mail.parts):
        return "unreadable"
    return "only attachments" if left_out or found else "empty"


def _left_out(mail: ArrivedMail) -> tuple[LeftOut, ...]:
    kinds = (_kind_of(part) for part in mail.parts if not _is_body(part))
    return tuple(dict.fromkeys(kind for kind in kinds if kind is not None))


def _kind_of(part: Part) -> LeftOut | None:
    if part.type in _SIGNATURES:
        return None
    if part.type in _CONTACTS:
        return "contact"
    if part.type in _ENCRYPTED:
        return "encrypted part"
    if part.type in ("text/calendar", "application/ics"):
        return "invitation"
    if part.type in ("message/rfc822", "message/global", "text/rfc822-headers"):
        return "forwarded mail"
    return "picture" if part.type.startswith("image/") else "attachment"


def _is_tnef(part: Part) -> bool:
    return part.type in _TNEF or _file_name(part).endswith("winmail.dat")


def _file_name(part: Part) -> str:
    parameters = part.headers.parameters("content-disposition")[1]
    return (parameters.get("filename") or part.parameters.get("name") or "").strip().lower()


def _is_body(part: Part) -> bool:
    """Whether a part is what the person typed, and no file; a name alone makes a text no file (Apple Mail)."""
    if part.type not in _PLAIN and part.type not in _HTML:
        return False
    disposition = part.headers.first("content-disposition").strip().lower()
    return not disposition.startswith("attachment") and not (disposition.startswith("inline") and _file_name(part))


def _written(mail: ArrivedMail) -> str:
    """The text of a mail: its plain parts one after another, or else its HTML."""
    bodies = [part for part in mail.parts if _is_body(part)]
    plain = "\n".join(_plain(part) for part in bodies if part.type in _PLAIN)
    if _has_words(cut_blocks(clean(plain[:LONGEST_READ])).text) or "BEGIN PGP" in plain:
        return plain
    return "\n".join(html_text(part.text(LONGEST)) for part in bodies if part.type in _HTML) or plain


def _plain(part: Part) -> str:
    text = part.text(LONGEST)
    if part.parameters.get("format", "").lower() != "flowed":
        return text
    return unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")


def unflow(text: str, *, delete_space: bool) -> str:
    """Paragraphs of `format=flowed` in one line each, quotes behind their ">" (RFC 3676 section 4)."""
    lines: list[str] = []
    flowing = -1  # the depth of the paragraph that goes on, or none
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing
        is_signature = content == "-- "
        if flowing == depth and not is_signature:
            lines[-1] += content
        else:
            lines.append(">" * depth + " " * (depth > 0) + content)
        flowing = depth if content.endswith(" ") and not is_signature else -1
        if flowing >= 0 and delete_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Bidirectional controls turn what is read around; the rest shows nothing and hides something. Joiners stay: Persian and
# Hindi are not spelt without them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """`text` without controls and what nobody sees; lines end in LF."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", text))


def _has_words(text: str) -> bool:
    """Whether a person would see something: a letter, a digit, or a picture such as 👍."""
    return any(unicodedata.category(letter)[0] in "LN" or unicodedata.category(letter) == "So" for letter in text)


def _is_garbled(text: str) -> bool:
    """Whether much of it could not be decoded, or is no text."""
    odd = text.count("\ufffd") + text.count("\0")
    return odd > 3 and odd * 10 > len(text)
