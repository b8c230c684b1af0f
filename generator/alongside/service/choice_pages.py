"""The pages behind links about notes: end or report a conversation, own up to a first note, answer when asked.

Each asks before anything is done, says afterwards how things are, and says so again to who comes back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alongside.delivery.notes.choices import Asked, first_note_journey
from alongside.delivery.tokens import Choice
from alongside.rendering.interface import format_date, say
from alongside.rendering.mails.holes import clean
from alongside.service.home import Home
from alongside.service.pages import Day, Form, Page, isolated, team_address, way_back

SURE = "sure"  # the field that a person's button sends
LONGEST = timedelta(days=365)  # an absence
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Who looks at what, and when."""

    home: Home
    language: str
    asked: Asked
    now: datetime

    @property
    def today(self) -> date:
        """The day where they live."""
        return self.now.astimezone(ZoneInfo(self.asked.zone)).date()

    def day(self, instant: datetime) -> date:
        """The day of `instant` where they live."""
        return instant.astimezone(ZoneInfo(self.asked.zone)).date()

    def say(self, key: str, **values: str) -> str:
        """A text about this, names and days filled in."""
        community, asked = self.home.community, self.asked
        somebody = say(self.language, "notes.somebody", community=community.name)
        told = {"community": isolated(community.name), "name": isolated(clean(asked.name) or somebody)}
        journey = first_note_journey(community, self.home.settings)
        if journey is not None:
            told["journey"] = isolated(journey.title.text(self.language, community.language))
        if asked.due_at is not None:
            # what should have gone out before goes out today
            told["day"] = format_date(max(self.day(asked.due_at), self.today), self.language)
        return say(self.language, f"service.{key}", **{**told, **values})


def read_until(text: str, moment: Moment) -> datetime | None:
    """When who was asked is back: the midnight before that day. None for what is no day, or not within a year."""
    if not _DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    first, last = _days(moment)
    return datetime.combine(day, time(), ZoneInfo(moment.asked.zone)) if first <= day <= last else None


def _days(moment: Moment) -> tuple[date, date]:
    """The first and the last day on which somebody may be back."""
    return moment.today + timedelta(days=1), moment.today + LONGEST


def ask(choice: Choice, moment: Moment, *, trouble: bool = False) -> Page:
    """Before it is done. `trouble`: the day that was sent cannot be taken."""
    key = _key(choice)
    return Page(
        language=moment.language,
        title=moment.say(f"{key}_title"),
        texts=(moment.say(f"{key}_text"),),
        form=Form(
            button=moment.say(f"{key}_button"),
            hidden={SURE: "yes"},
            day=_day(moment, trouble=trouble) if choice == "ask-away" else None,
        ),
        notes=(moment.say("first_not_you"),) if choice == "first" else (),
    )


def decided(choice: Choice, moment: Moment, *, until: datetime | None = None) -> Page:
    """It is so. `until`: when who is away is back, where that was said just now."""
    key, language = _key(choice), moment.language
    until = until or moment.asked.until
    day = {"day": format_date(moment.day(until), language)} if until is not None else {}
    texts = [moment.say(f"{key}_done_text", **day)]
    if choice == "first":
        texts.append(say(language, "service.confirmed_stop"))
    form: Form | None = None
    if choice == "ask-away":
        chosen = _day(moment, chosen=moment.day(until) if until is not None else None)
        form = Form(button=moment.say(f"{key}_other"), hidden={SURE: "yes"}, day=chosen, quiet=True)
    return Page(
        language=language,
        title=moment.say(f"{key}_done_title"),
        texts=tuple(texts),
        form=form,
        notes=_afterwards(choice, moment.home, language),
    )


def over(home: Home, language: str, choice: Choice) -> Page:
    """There is nothing to decide any more."""
    key = "first_over_text" if choice == "first" else "ask_over_text" if choice.startswith("ask-") else "over_text"
    return Page(
        language=language,
        title=say(language, "service.decided_title"),
        texts=(say(language, f"service.{key}"),),
        notes=_more(home, language),
    )


def _key(choice: Choice) -> str:
    return choice.replace("-", "_")


def _day(moment: Moment, *, chosen: date | None = None, trouble: bool = False) -> Day:
    first, last = _days(moment)
    range_text = moment.say(
        "ask_away_range", first=format_date(first, moment.language), last=format_date(last, moment.language)
    )
    return Day(
        label=moment.say("ask_away_day"),
        first=first,
        last=last,
        chosen=chosen,
        trouble=range_text if trouble else "",
    )


def _afterwards(choice: Choice, home: Home, language: str) -> tuple[str, ...]:
    if choice == "block":
        return (way_back(home, language),)
    return _more(home, language) if choice == "report" else ()


def _more(home: Home, language: str) -> tuple[str, ...]:
    address = team_address(home)
    return (say(language, "service.more", address=isolated(address)),) if address else ()
