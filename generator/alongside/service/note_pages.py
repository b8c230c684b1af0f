"""What the form for a note to a member says: as a page (`templates/note.html`), and as JSON for the embed's script.

JSON of the form, which `assets/embed/note.js` builds:

    {"ok": false, "title": "Write to Ana", "texts": [...], "trouble": "",
     "fields": {"address": {"label": ..., "hint": ..., "error": ""}, ...}, "languages": [["en", "English"], ...],
     "words": {"button": "Send the note", ...}, "stamp": "...", "altcha": false, ...}

and of what there is to say afterwards: `{"ok": true, "title": ..., "texts": [...]}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from alongside.delivery.arrived.reading import LONGEST_NOTE, TroubleKind, clean
from alongside.delivery.arrived.redaction import redact
from alongside.delivery.notes.choices import first_note_journey
from alongside.delivery.notes.writing import KEEP_FIRST_NOTES
from alongside.model.people import Member
from alongside.rendering.interface import (
    autonym,
    format_date,
    format_number,
    interface_languages,
    join_words,
    language_name,
    say,
)
from alongside.rendering.mails.holes import clean as clean_line
from alongside.rendering.mails.notes import shown_name
from alongside.service.home import Home
from alongside.service.pages import Page, isolated, render_page, team_address

HIDDEN = "subject"  # the field that people do not see, and programs fill in
LONGEST_NAME = 80  # characters
_LINK = re.compile(r"://|\bwww\.|[a-z0-9-]\.[a-z]{2,}(?![\w.])")

Field = Literal["address", "name", "language", "message"]
FIELDS: tuple[Field, ...] = ("address", "name", "language", "message")
Reason = Literal["", "too_fast", "stale", "limited"]  # why a form that is in order was not taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A form as it was sent, by the names of its fields."""

    address: str = ""
    name: str = ""
    language: str = ""
    message: str = ""
    hidden: str = ""  # of the field called `HIDDEN`
    stamp: str = ""
    altcha: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who is asked for a note to whom."""

    home: Home
    language: str  # of the interface
    member: Member
    today: date
    stamp: str

    def with_stamp(self, stamp: str) -> Asking:
        """The same, given out before."""
        return replace(self, stamp=stamp)

    def say(self, key: str, **values: str) -> str:
        """A text of the form, names filled in."""
        told = {"name": isolated(self.member.name), "community": isolated(self.home.community.name)}
        return say(self.language, f"noteform.{key}", **{**told, **values})

    @property
    def texts(self) -> tuple[str, ...]:
        """What happens, before anybody types."""
        community, member = self.home.community, self.member
        texts = [self.say("what")]
        journey = first_note_journey(community, self.home.settings)
        if journey is not None:
            texts.append(self.say("journey", journey=isolated(journey.title.text(self.language, community.language))))
        if member.away is not None and member.is_away(self.today):
            texts.append(self.say("away", day=format_date(member.away.last, self.language)))
        return tuple(texts)

    @property
    def most(self) -> str:
        """How many characters a note may have, as people read it."""
        return format_number(LONGEST_NOTE, self.language)

    @property
    def labels(self) -> Mapping[Field, str]:
        """By field."""
        return {field: self.say(field) for field in FIELDS}

    @property
    def hints(self) -> Mapping[Field, str]:
        """By field; empty for none."""
        named = (language_name(code, self.language) for code in self.member.languages)
        reads = self.say("reads", languages=join_words(list(named), self.language)) if self.member.languages else ""
        return {
            "address": self.say("address_hint", days=str(KEEP_FIRST_NOTES.days)),
            "name": self.say("name_hint"),
            "language": "",
            "message": " ".join((self.say("message_hint", most=self.most), reads)).strip(),
        }


# --- fields ---


def read_name(text: str) -> str | None:
    """The name on one line; empty for none, None for what is no name: too long, or an address or a link."""
    name = clean_line(text)
    if not name:
        return ""
    is_name = len(name) <= LONGEST_NAME and shown_name(name) and not _LINK.search(name)
    return name if is_name and redact(name, own_addresses=()) == name else None


def bad_address(asking: Asking) -> str:
    """What is wrong with the address."""
    return asking.say("bad_address")


def bad_name(asking: Asking) -> str:
    """What is wrong with the name."""
    return asking.say("bad_name", most=str(LONGEST_NAME))


def bad_message(asking: Asking, kind: TroubleKind, message: str) -> str:
    """Why the note cannot be passed on."""
    if kind == "too long":
        return asking.say(
            "long_message",
            count=format_number(len(clean(message).strip()), asking.language),
            most=asking.most,
        )
    return asking.say("locked_message" if kind == "encrypted" else "no_message")


# --- pages ---


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePage(Page):
    """The page with the form."""

    labels: Mapping[Field, str]
    hints: Mapping[Field, str]
    errors: Mapping[str, str]  # by field
    trouble: str  # what is told above the form; empty: nothing is wrong
    typed: Typed
    languages: tuple[tuple[str, str], ...]  # code and own name
    stamp: str
    button: str
    leave: str  # the label of the hidden field
    hidden: str = HIDDEN
    longest_name: int = LONGEST_NAME


def ask(asking: Asking, typed: Typed, *, errors: Mapping[str, str], reason: Reason) -> NotePage:
    """The form, as `typed` filled it in."""
    chosen = typed.language if typed.language in interface_languages() else asking.language
    return NotePage(
        language=asking.language,
        title=asking.say("title"),
        texts=asking.texts,
        labels=asking.labels,
        hints=asking.hints,
        errors=errors,
        trouble=_trouble(asking, errors, reason),
        typed=replace(typed, language=chosen),
        languages=_languages(),
        stamp=asking.stamp,
        button=asking.say("button"),
        leave=asking.say("leave"),
    )


def done(asking: Asking) -> Page:
    """After it was sent, whatever became of it."""
    return Page(
        language=asking.language,
        title=asking.say("done_title"),
        texts=(asking.say("done"),),
        notes=(asking.say("done_nothing"),),
    )


def nobody(home: Home, language: str) -> Page:
    """There is no such member, or they cannot be written to now: the same, so that it tells nothing of anybody."""
    address, community = team_address(home), isolated(home.community.name)
    texts = [say(language, "noteform.none"), say(language, "noteform.none_else", community=community)]
    return Page(
        language=language,
        title=say(language, "noteform.none_title"),
        texts=tuple(texts),
        notes=(say(language, "service.more", address=isolated(address)),) if address else (),
    )


def render(page: NotePage, home: Home) -> str:
    """The whole HTML document."""
    return render_page(page, home, template="note.html")


def _trouble(asking: Asking, errors: Mapping[str, str], reason: Reason) -> str:
    return asking.say("trouble") if errors else asking.say(reason) if reason else ""


def _languages() -> tuple[tuple[str, str], ...]:
    return tuple((code, autonym(code)) for code in interface_languages())


# --- the same for the embed's script ---


def as_json(asking: Asking, *, errors: Mapping[str, str], reason: Reason) -> dict[str, Any]:
    """The form, or after it was sent what is wrong with it."""
    labels, hints = asking.labels, asking.hints
    return {
        "ok": False,
        "title": asking.say("title"),
        "texts": asking.texts,
        "fields": {
            field: {"label": labels[field], "hint": hints[field], "error": errors.get(field, "")} for field in FIELDS
        },
        "trouble": _trouble(asking, errors, reason),
        "language": asking.language,
        "languages": _languages(),
        "words": {key: asking.say(key) for key in ("button", "sending", "cancel", "failed", "leave")}
        | {"counted": asking.say("counted", count="{count}", most=asking.most)},
        "hidden": HIDDEN,
        "most": LONGEST_NOTE,
        "longest_name": LONGEST_NAME,
        "stamp": asking.stamp,
        "altcha": asking.home.settings.service.altcha,  # whether the browser is to work first
    }
