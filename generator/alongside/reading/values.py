"""Parsers of single values: text, words, numbers, addresses, names of languages, zones and places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from alongside.model.texts import LocalText
from alongside.reading.fields import Parser, Sheet, wrong_type
from alongside.reading.languages import meant_language, parse_language, propose_language
from alongside.reading.slugs import slug_fault
from alongside.source.yaml_nodes import Keys, Plain, keys_text

# U+202A to U+202E override the direction of what follows, also outside the text they stand in.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
EMAIL = re.compile(
    r"(?<![\w.+/@%-])[A-Za-z0-9][\w.+%-]*@(?!\d+x)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}\b"
)
# What browsers take in no host, or drop from it unseen (UTS 46): then the host we read is not the one they ask.
_NOT_IN_HOSTS = re.compile("[%\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TRUE = frozenset(("true", "yes", "on"))
_FALSE = frozenset(("false", "no", "off"))
SLUG = re.compile(r"[^\W_][\w.-]*")
_SCALARS = ["string", "number", "boolean"]  # an editor's YAML gives `title: 2024` as a number; it is text here


def scalar(sheet: Sheet, keys: Keys, value: Plain, wanted: str = "a text") -> str | None:
    """The value where it is one text, else None and a problem."""
    if isinstance(value, str):
        return value
    wrong_type(sheet, keys, value, wanted)
    return None


def _read_prose(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value)
    if text is None:
        return None
    if not text.isprintable() and _CONTROL.search(text):
        sheet.report(
            keys, "control-character", f"{keys_text(keys)} holds a control character (an escape such as \\x07).",
            "Delete it.",
        )  # fmt: skip
        return None
    return text.strip("\n").rstrip() or None


PROSE = Parser(read=_read_prose, schema={"type": _SCALARS})


def read_line(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    """A text of one line. Control characters and line breaks are errors; direction overrides are taken out."""
    text = scalar(sheet, keys, value)
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text or None
    name = keys_text(keys)
    if _BREAKS.search(text):
        sheet.report(
            keys, "line-break", f"{name} is one line of text; this has a line break.",
            "Write it in one line; `>` instead of `|` joins lines.",
        )  # fmt: skip
        return None
    if _CONTROL.search(text):
        sheet.report(
            keys, "control-character", f"{name} holds a control character (an escape such as \\x07).", "Delete it."
        )
        return None
    if _BIDI.search(text):
        sheet.report(
            keys, "direction-override",
            f"{name} holds a character that turns the direction of the text around it (U+202A to U+202E, "
            "U+2066 to U+2069); it is left out.",
            "Delete it; right-to-left text needs none.", severity="warning",
        )  # fmt: skip
        text = _BIDI.sub("", text).strip()
    return " ".join(text.split("\t")) or None


LINE = Parser(read=read_line, schema={"type": _SCALARS, "pattern": r"^[^\n]*\n?$"})


def _read_name(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = read_line(sheet, keys, value)
    if text is not None and "@" in text:
        sheet.report(
            keys, "name-at", "A person's name holds an @, so in a mail it would pose as an address.",
            "Write the name without @; handles go to `links`.",
        )  # fmt: skip
        return None
    return text


PERSON_NAME = Parser(read=_read_name, schema={"type": _SCALARS, "pattern": "^[^@\n]*$"})


def _read_flag(sheet: Sheet, keys: Keys, value: Plain) -> bool | None:
    if isinstance(value, str):
        folded = value.strip().casefold()
        if folded in _TRUE:
            return True
        if folded in _FALSE:
            return False
        sheet.report(
            keys, "wrong-type", f'{keys_text(keys)} is true or false, not "{value[:40]}".', "Write true or false."
        )
        return None
    wrong_type(sheet, keys, value, "true or false")
    return None


FLAG = Parser(read=_read_flag, schema={"enum": [True, False, "yes", "no", "on", "off", "true", "false"]})


def whole(minimum: int, maximum: int) -> Parser:
    """A whole number in a range."""

    def read(sheet: Sheet, keys: Keys, value: Plain) -> int | None:
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,12}", value.strip()):
            number = int(value)
            if minimum <= number <= maximum:
                return number
            sheet.report(
                keys, "out-of-range", f"{keys_text(keys)} cannot be {number}.",
                f"It is a whole number from {minimum} to {maximum}.",
            )  # fmt: skip
        elif isinstance(value, str):
            sheet.report(
                keys, "no-number", f'{keys_text(keys)} is a whole number; this is "{value[:40]}".',
                f"Write digits, from {minimum} to {maximum}.",
            )  # fmt: skip
        else:
            wrong_type(sheet, keys, value, "a whole number")
        return None

    return Parser(
        read=read,
        schema={
            "anyOf": [
                {"type": "integer", "minimum": minimum, "maximum": maximum},
                {"type": "string", "pattern": r"^\s*[+-]?[0-9]{1,12}\s*$"},
            ]
        },
    )


def _decimal(low: float, high: float) -> Parser:
    def read(sheet: Sheet, keys: Keys, value: Plain) -> float | None:
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,4}(\.[0-9]{0,15})?", value.strip()):
            number = float(value)
            if low <= number <= high:
                return number
            sheet.report(
                keys, "out-of-range", f"{keys_text(keys)} cannot be {value.strip()}.",
                f"It is a number of degrees from {low:g} to {high:g}; latitude comes first.",
            )  # fmt: skip
            return None
        if isinstance(value, str):
            sheet.report(
                keys, "no-number", f'{keys_text(keys)} is a number of degrees; this is "{value[:40]}".',
                "Write it with a point, as in 52.513.",
            )  # fmt: skip
            return None
        wrong_type(sheet, keys, value, "a number")
        return None

    number = {"type": "number", "minimum": low, "maximum": high}
    text = {"type": "string", "pattern": r"^\s*[+-]?[0-9]{1,4}(\.[0-9]*)?\s*$"}
    return Parser(read=read, schema={"anyOf": [number, text]})


LATITUDE = _decimal(-90, 90)
LONGITUDE = _decimal(-180, 180)


@lru_cache(maxsize=4096)
def web_address_fault(text: str) -> str:
    """Why a text is no web address that a page may link to; empty where it is one."""
    if re.search(r"[\s<>\"{}|\\^`\x00-\x20]", text):
        return "it holds a space or another character that an address cannot have"
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "it cannot be read"
    if parts.scheme not in ("http", "https"):
        return f"it starts with {parts.scheme}:" if parts.scheme else "it does not start with https://"
    if not host or not re.search(r"[^\W_]", host) or _NOT_IN_HOSTS.search(host):
        return "it names no site"
    if parts.username is not None or parts.password is not None:
        return "it holds a user name"
    return ""


def _read_url(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value, "a web address (a text)")
    if text is None:
        return None
    text = text.strip()
    fault = web_address_fault(text)
    if not fault:
        return text
    hint = "Write the whole address: https://example.org/page"
    if text.startswith("mailto:") or EMAIL.fullmatch(text):
        hint = "A mail address never stands in content, which is public."
    elif re.match(r"[\w-]+(\.[\w-]+)+(/|$)", text):
        hint = f"Write https://{text}"
    sheet.report(keys, "bad-url", f"{keys_text(keys)} is no web address: {fault}.", hint)
    return None


URL = Parser(read=_read_url, schema={"type": "string", "pattern": "^\\s*https?://[^\\s]+\\s*$"})

# Where chats are that have no web page: XMPP, IRC and Matrix rooms open in a program.
_ROOM = re.compile(r"(?:xmpp|ircs?|matrix):[^\s<>\"{}|\\^`]{3,}", re.IGNORECASE)


def _read_invitation(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    if isinstance(value, str) and _ROOM.fullmatch(value.strip()):
        return value.strip()
    return _read_url(sheet, keys, value)


INVITATION = Parser(
    read=_read_invitation, schema={"type": "string", "pattern": "^\\s*(https?://|xmpp:|ircs?:|matrix:)[^\\s]+\\s*$"}
)


def reference(kind: str) -> Parser:
    """The slug of another record; whether it exists is checked once all files are read."""

    def read(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
        text = scalar(sheet, keys, value, f"the slug of a {kind} (a text)")
        if text is None:
            return None
        slug = text.strip().removesuffix(".md").rsplit("/", 1)[-1]
        if not slug:
            return None
        sheet.refer(kind, keys, slug)
        return slug

    return Parser(read=read, schema={"type": _SCALARS})


def slug_text(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    """A slug as an author writes one (`slug:`, `was:`)."""
    text = scalar(sheet, keys, value, "a slug (a text)")
    if text is None:
        return None
    fault, proposal = slug_fault(text.strip())
    if fault:
        sheet.report(keys, "bad-slug", f'"{text[:60]}" cannot be a slug: {fault}.', f"Write {proposal}")
        return None
    return text.strip()


OWN_SLUG = Parser(read=slug_text, schema={"type": _SCALARS, "pattern": "^[^\\s/]+$"})


def _read_language(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value, "a language code (a text)")
    if text is None:
        return None
    language = parse_language(text)
    if language is None:
        proposal = propose_language(text)
        sheet.report(
            keys, "unknown-language", f'"{text[:40]}" is no language code.',
            f"Write {proposal}" if proposal else "Write a code such as en, pt or zh-Hant (BCP 47).",
            proposal=meant_language(text) or "",
        )  # fmt: skip
    return language


LANGUAGE = Parser(
    read=_read_language,
    # `no` is Norwegian; an editor that reads YAML 1.1 sees false
    schema={"anyOf": [{"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$"}, {"const": False}]},
)


def _read_local(sheet: Sheet, keys: Keys, value: Plain) -> LocalText | None:
    if not isinstance(value, dict):
        text = read_line(sheet, keys, value)
        return LocalText(((sheet.defaults.language, text),)) if text is not None else None
    versions: dict[str, str] = {}
    for name, plain in value.items():
        language = parse_language(name)
        place = (*keys, name)
        if language is None:
            _no_language_key(sheet, place, name, plain)
        elif plain is not None:
            text = read_line(sheet, place, plain)
            if text is not None:
                versions.setdefault(language, text)
        else:
            sheet.report(
                place, "missing-text", f'The text in "{name}" is empty.', "Write it, or delete the key.", key=True
            )
    return LocalText(tuple(versions.items())) if versions else None


def _no_language_key(sheet: Sheet, place: Keys, name: str, plain: Plain) -> None:
    if plain is None:
        sheet.report(
            place, "unquoted-comma",
            f'"{name[:40]}" stands where a language code should: the comma before it ends the text.',
            'Put a text that holds a comma in quotes: {en: "One, and two", pt: ...}', key=True,
        )  # fmt: skip
        return
    proposal = propose_language(name)
    sheet.report(
        place, "unknown-language", f'"{name[:40]}" is no language code.',
        f"Write {proposal}: instead."
        if proposal
        else "Write a code such as en, pt or zh-Hant (BCP 47), then the text.",
        key=True, proposal=meant_language(name) or "",
    )  # fmt: skip


LOCAL = Parser(
    read=_read_local,
    schema={
        "anyOf": [
            {"type": _SCALARS},
            {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$"},
                "additionalProperties": {"type": _SCALARS},
            },
        ]
    },
)


def pairs(item: Parser, about: str) -> Parser:
    """A mapping of free names to values of one kind, as pairs in authored order."""

    def read(sheet: Sheet, keys: Keys, value: Plain) -> tuple[tuple[str, Any], ...] | None:
        if not isinstance(value, dict):
            wrong_type(sheet, keys, value, about)
            return None
        found = []
        for name, plain in value.items():
            parsed = item.read(sheet, (*keys, name), plain) if plain is not None else None
            if parsed is not None and name.strip():
                found.append((name.strip(), parsed))
        return tuple(found)

    return Parser(
        read=read, schema={"type": "object", "additionalProperties": {"anyOf": [item.schema, {"type": "null"}]}}
    )


def words(text: str) -> int:
    """How many words a text has, Markdown signs left out."""
    return len(re.findall(r"[^\W_][\w'’-]*", text))


def joined(items: Sequence[str]) -> str:
    """`"a", "b"`."""
    return ", ".join(f'"{item}"' for item in items)
