"""The pages behind links in mails: what each says in the reader's language, and the one template they share.

They name the community and the journey, never a person: a forwarded link must not tell whose it is. Those about notes
(`choice_pages`) name who is on the other side, whom the mail with the link names as well.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from alongside.model.texts import direction
from alongside.rendering.interface import FALLBACK, interface_languages, say
from alongside.rendering.mails.envelope import sender_address
from alongside.service.home import Home

Fault = Literal["missing", "refused", "busy"]  # no such page; a request we do not take; a fault of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day to choose, sent as the field `until`: YYYY-MM-DD (RFC 3339 full-date)."""

    label: str
    first: date
    last: date
    chosen: date | None = None
    trouble: str = ""  # why the day that was sent cannot be taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a page asks: one button, and maybe a box to tick or a day. It is sent to the page's own address."""

    button: str
    hidden: Mapping[str, str]
    also: str = ""  # the box's label; ticked, the field `all` is sent
    day: Day | None = None
    quiet: bool = False  # offered, not proposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says, as plain text."""

    language: str
    title: str
    texts: tuple[str, ...] = ()
    form: Form | None = None
    back: tuple[str, str] = ("", "")  # where a link below leads, and its text; empty: there is none
    notes: tuple[str, ...] = field(default=())


# --- the reader's language ---


def choose_language(languages: Iterable[str], accept: str, community_language: str) -> str:
    """The first language that has interface texts: of the newcomer's, of Accept-Language, or the community's."""
    for tag in (*languages, *accepted_languages(accept), community_language):
        found = _spoken(tag)
        if found is not None:
            return found
    return FALLBACK


def accepted_languages(header: str) -> tuple[str, ...]:
    """The tags of an Accept-Language header (RFC 9110 section 12.5.4), most wanted first."""
    weighed: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name == "q" else 1.0
        except ValueError:
            continue
        if tag.strip() and weight > 0:
            weighed.append((weight, tag.strip()))
    return tuple(tag for _, tag in sorted(weighed, key=lambda pair: -pair[0]))


def _spoken(tag: str) -> str | None:
    base = tag.casefold().replace("_", "-").split("-")[0]
    return base if base in interface_languages() else None


# --- what they say ---


def ask_to_stop(home: Home, language: str, journey: str | None) -> Page:
    """Before stopping. `journey`: a slug, or None when nothing is known of the enrollment."""
    told = _names(home, language, journey)
    known = "journey" in told
    return Page(
        language=language,
        title=say(language, "service.stop_title"),
        texts=(say(language, "service.stop_text" if known else "service.stop_text_plain", **told),),
        form=Form(
            button=say(language, "service.stop_button"),
            hidden={"stop": "yes"},
            also=say(language, "service.stop_also", **told) if journey is not None else "",
        ),
    )


def stopped(home: Home, language: str, journey: str | None, *, everything: bool) -> Page:
    """After stopping; `everything`: of every journey."""
    told = _names(home, language, journey)
    key = "stopped_all" if everything else "stopped_text" if "journey" in told else "stopped_text_plain"
    more = journey is not None and not everything
    return Page(
        language=language,
        title=say(language, "service.stopped_title"),
        texts=(say(language, f"service.{key}", **told), say(language, "service.stopped_under_way")),
        form=Form(
            button=say(language, "service.stop_all_button", **told), hidden={"stop": "yes", "all": "yes"}, quiet=True
        )
        if more
        else None,
        notes=(way_back(home, language),),
    )


def ask_to_confirm(home: Home, language: str, journey: str | None) -> Page:
    """Before a journey begins (double opt-in)."""
    told = _names(home, language, journey)
    key = "service.confirm_text" if "journey" in told else "service.confirm_text_plain"
    return Page(
        language=language,
        title=say(language, "service.confirm_title"),
        texts=(say(language, key, **told),),
        form=Form(button=say(language, "service.confirm_button"), hidden={"confirm": "yes"}),
        notes=(say(language, "service.confirm_not_you"),),
    )


def confirmed(home: Home, language: str, journey: str | None) -> Page:
    """The journey has begun."""
    told = _names(home, language, journey)
    key = "service.confirmed_text" if "journey" in told else "service.confirmed_text_plain"
    return Page(
        language=language,
        title=say(language, "service.confirmed_title"),
        texts=(say(language, key, **told), say(language, "service.confirmed_stop")),
    )


def nothing_to_confirm(home: Home, language: str) -> Page:
    """The enrollment was stopped, erased, or its journey is gone."""
    return Page(
        language=language,
        title=say(language, "service.over_title"),
        texts=(say(language, "service.over_text"),),
        notes=(way_back(home, language),),
    )


def fault(language: str, what: Fault, number: str = "") -> Page:
    """What could not be done, and what to do about it. `number`: stands in the line of the log that tells why."""
    return Page(
        language=language,
        title=say(language, f"service.{what}_title"),
        texts=(say(language, f"service.{what}_text"),),
        notes=(say(language, "trouble.number", number=isolated(number)),) if number else (),
    )


def _names(home: Home, language: str, journey: str | None) -> dict[str, str]:
    """The names of the community and, where its file is still there, of the journey."""
    told = {"community": isolated(home.community.name)}
    record = home.community.journeys.get(journey) if journey is not None else None
    if record is not None:
        told["journey"] = isolated(record.title.text(language, home.community.language))
    return told


def isolated(name: str) -> str:
    """A name that keeps its own direction inside a sentence (Unicode, first strong isolate)."""
    return f"\u2068{name}\u2069"


def way_back(home: Home, language: str) -> str:
    """What to do for who thinks better of it."""
    address = team_address(home)
    return (
        say(language, "service.back_address", address=isolated(address)) if address else say(language, "service.back")
    )


def team_address(home: Home) -> str:
    """Where the team reads what people write; empty where nobody could write to."""
    address = home.settings.organisation.email or sender_address(home.settings)
    return "" if address.endswith("@localhost") else address


# --- as HTML ---


@functools.cache
def style() -> str:
    """The one style sheet, which stands in each page: the theme's colours and fonts, and the few rules we need."""
    theme = (resources.files("alongside.theme") / "css" / "theme.css").read_text(encoding="utf-8")
    folder = resources.files("alongside.service") / "templates"
    ours = "".join((folder / name).read_text(encoding="utf-8") for name in ("service.css", "member.css"))
    return f"\n{theme.partition('*, *::before')[0]}{ours}"


@functools.cache
def style_source() -> str:
    """How a Content-Security-Policy allows that style sheet and no other (CSP 3, hash-source)."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("alongside.service"), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )


def render_page(page: Page, home: Home, *, template: str = "page.html") -> str:
    """The whole HTML document. `template`: of a page that asks for more than a button."""
    return render_document(template, home, page.language, title=page.title, page=page)


def render_document(template: str, home: Home, language: str, **values: object) -> str:
    """The whole HTML document of a template that stands on `base.html`; `values` hold its `title`."""
    links = (
        (home.community.url, say(language, "service.home", community=isolated(home.community.name))),
        (home.settings.organisation.privacy, say(language, "mail.privacy")),
    )
    same = language == home.community.language
    return (
        _environment()
        .get_template(template)
        .render(
            language=language,
            direction=direction(language),
            community=home.community.name,
            community_language="" if same else home.community.language,
            style=Markup(style()),  # noqa: S704  our own files
            links=[link for link in links if link[0].startswith(("https://", "http://"))],
            **values,
        )
    )
