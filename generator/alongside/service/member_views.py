"""What a member's own page says, as values for its template; and the smaller pages around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from alongside.delivery.addresses import mask_address
from alongside.delivery.helped import Helped
from alongside.delivery.member_records import Talk
from alongside.delivery.members import MOST_WELCOMES, Absence, OwnWord
from alongside.delivery.page_links import GOOD_FOR
from alongside.model.people import Container, Member
from alongside.rendering.interface import format_date, format_span, join_words, language_name, say
from alongside.rendering.mails.members import HELPED
from alongside.service.home import Home
from alongside.service.pages import Form, Page, isolated, render_document, team_address

CONTAINERS: tuple[Container, ...] = ("page", "embed", "mail")
ConsentState = Literal["none", "over", "withdrawn", "unconfirmed", "newer", "confirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the page shows."""

    home: Home
    language: str
    member: Member  # as they said
    filed: Member  # as their file says, as far as the store knows better than what was published of it
    word: OwnWord
    good_until: date  # of the link
    contact: str  # empty: none that takes mail
    absence: Absence | None
    this_month: Helped | None
    ever: Helped | None
    talks: tuple[Talk, ...]  # one more than `most_talks` where there are more
    most_talks: int
    today: date  # where they live
    last_day: date  # until when days off can be told

    def say(self, key: str, **values: object) -> str:
        """A text of this page."""
        return say(self.language, f"member_page.{key}", **values)

    def show(self, day: date) -> str:
        """A day in words."""
        return format_date(day, self.language)

    def day(self, instant: datetime) -> date:
        """The day of `instant` where they live."""
        return instant.astimezone(ZoneInfo(self.member.timezone)).date()

    @property
    def name(self) -> str:
        return isolated(self.member.name)

    @property
    def community(self) -> str:
        return isolated(self.home.community.name)

    # --- whom they helped ---

    @property
    def helped(self) -> list[tuple[str, int, int]]:
        """(what, this month, ever); empty for nobody yet."""
        if self.ever is None:
            return []
        month = self.this_month or Helped()
        return [(self.say(f"helped_{what}"), getattr(month, what), getattr(self.ever, what)) for what in HELPED]

    # --- consent ---

    @property
    def consent_state(self) -> ConsentState:
        """How it stands with their consent."""
        consent = self.member.consent
        if self.word.is_withdrawn:
            return "withdrawn"
        if consent is None:
            return "none"
        if consent.until is not None and consent.until < self.today:
            return "over"
        if self.word.consent_at is None:
            return "unconfirmed"
        return "newer" if self.day(self.word.consent_at) < consent.since else "confirmed"

    @property
    def can_confirm(self) -> bool:
        """Whether their file holds a consent that is not over."""
        consent = self.member.consent
        return consent is not None and (consent.until is None or consent.until >= self.today)

    @property
    def consent_text(self) -> str:
        """That in words; of one that is over, nothing but that."""
        consent, state = self.member.consent, self.consent_state
        said = self.show(self.day(self.word.consent_at)) if self.word.consent_at is not None else ""
        until = self.show(consent.until) if consent is not None and consent.until is not None else ""
        return self.say(f"consent_{state}", day=said, until=until)

    @property
    def consent_since(self) -> str:
        """Since when their file holds it; empty for none."""
        return self.show(self.member.consent.since) if self.member.consent is not None else ""

    @property
    def consent_end(self) -> str:
        """When it ends; empty where there is none, or that is said already."""
        consent = self.member.consent
        if consent is None or self.consent_state == "over":
            return ""
        return (
            self.say("consent_until", until=self.show(consent.until)) if consent.until else self.say("consent_no_end")
        )

    @property
    def consent_where(self) -> list[str]:
        """What it covers."""
        consent = self.member.consent
        return [self.say(f"consent_{where}") for where in CONTAINERS if consent and where in consent.containers]

    # --- how many, and when not ---

    @property
    def limit_text(self) -> str:
        """How many newcomers a week, by whose word."""
        member = self.member
        if member.filed_welcomes is None:
            return self.say("limit_file", count=member.welcomes)
        return self.say("limit_own", count=member.welcomes, filed=member.filed_welcomes)

    @property
    def most_welcomes(self) -> int:
        return MOST_WELCOMES

    @property
    def away_text(self) -> str:
        """What they told us of days off; empty for nothing."""
        if self.absence is None:
            return ""
        until, since = self.day(self.absence.until), self.absence.since
        if since is None or self.day(since) <= self.today:
            return self.say("away_now", until=self.show(until))
        return self.say("away_said", since=self.show(self.day(since)), until=self.show(until))

    @property
    def away_file(self) -> str:
        """What their file says of it; empty for nothing, and for what is over."""
        away = self.filed.away
        if away is None or away.last < self.today:
            return ""
        return self.say("away_file", days=format_span(away.first, away.last, self.language))

    @property
    def tomorrow(self) -> date:
        return self.today + timedelta(days=1)

    # --- conversations ---

    @property
    def shown_talks(self) -> list[tuple[Talk, str, str]]:
        """(conversation, with whom, how it stands)."""
        somebody = say(self.language, "notes.somebody", community=self.community)
        return [
            (talk, talk.name or f"{somebody[:1].upper()}{somebody[1:]}", self._standing(talk))
            for talk in self.talks[: self.most_talks]
        ]

    def _standing(self, talk: Talk) -> str:
        parts = (
            self.say("talk_since", day=self.show(self.day(talk.began))),
            self.say("talk_counts", mine=talk.mine, theirs=talk.theirs),
            self.say(f"talk_{talk.state}"),
        )
        return " · ".join(parts)

    # --- their file ---

    @property
    def file(self) -> list[tuple[str, str]]:
        """(what, what their file says of it), without what it does not say."""
        member, community = self.filed, self.home.community
        challenges = [
            community.challenges[slug].title.text(self.language, community.language)
            for slug in member.challenges
            if slug in community.challenges
        ]
        words = (("welcome", member.page.welcome), ("check_in", member.page.check_in)) if member.pages else ()
        told = {
            "name": member.name,
            "pronouns": member.pronouns,
            "place": member.place.label if member.place is not None else "",
            "languages": join_words([language_name(code, self.language) for code in member.languages], self.language),
            "roles": " · ".join(member.roles),
            "challenges": " · ".join(challenges),
            "topics": " · ".join(member.topics),
            "links": " · ".join(name for name, _ in member.links),
            **{what: text.strip() or self.say("file_no_words") for what, text in words},
        }
        return [(self.say(f"file_{what}"), text) for what, text in told.items() if text]

    @property
    def change_link(self) -> str:
        """A mail to the team that only has to be written; empty where nobody could write to it."""
        address = team_address(self.home)
        return f"mailto:{quote(address, safe='@+')}?subject={quote(self.say('file_subject'))}" if address else ""

    @property
    def contact_text(self) -> str:
        """Where mail to them goes, as far as they recognise it: the page may be seen by others."""
        if not self.contact:
            return self.say("contact_none")
        return self.say("contact", address=isolated(mask_address(self.contact)))


def render(view: View, home: Home, *, token: str, saved: str, trouble: str, given: Mapping[str, str]) -> str:
    """The page. `saved`, `trouble`: a section of it; `given`: what was sent where there is trouble."""
    return render_document(
        "member.html",
        home,
        view.language,
        kind="member",
        title=view.say("title"),
        view=view,
        t=view.say,
        token=token,
        saved=saved,
        trouble=trouble,
        given=given,
    )


# --- the smaller pages ---


def ask_withdraw(language: str) -> Page:
    """Before a consent is withdrawn."""
    return Page(
        language=language,
        title=say(language, "member_page.withdraw_title"),
        texts=(say(language, "member_page.withdraw_text"), say(language, "member_page.withdraw_talks")),
        form=Form(button=say(language, "member_page.withdraw_button"), hidden={"do": "withdraw", "sure": "yes"}),
        back=("?", say(language, "member_page.back")),
    )


def ask_about_talk(ask: str, talk: Talk, home: Home, language: str) -> Page:
    """Before a conversation is ended, or reported."""
    key = "block" if ask == "end" else "report"
    somebody = say(language, "notes.somebody", community=home.community.name)
    told = {"name": isolated(talk.name or somebody), "community": isolated(home.community.name)}
    return Page(
        language=language,
        title=say(language, f"service.{key}_title"),
        texts=(say(language, f"service.{key}_text", **told),),
        form=Form(
            button=say(language, f"service.{key}_button"), hidden={"do": ask, "talk": str(talk.number), "sure": "yes"}
        ),
        back=("?", say(language, "member_page.back")),
    )


def expired(language: str) -> Page:
    """The link is too old, or void."""
    return Page(
        language=language,
        title=say(language, "member_page.expired_title"),
        texts=(say(language, "member_page.expired_text", days=GOOD_FOR.days),),
        form=Form(button=say(language, "member_page.expired_button"), hidden={"do": "send"}),
    )


def sent(language: str) -> Page:
    """Another link was asked for."""
    return _plain(language, "sent")


def renewed(language: str) -> Page:
    """All links are void, and another is on its way."""
    return _plain(language, "renewed")


def gone(home: Home, language: str) -> Page:
    """Their file is no longer there."""
    address = team_address(home)
    notes = (say(language, "service.more", address=isolated(address)),) if address else ()
    return Page(
        language=language,
        title=say(language, "member_page.gone_title"),
        texts=(say(language, "member_page.gone_text"),),
        notes=notes,
    )


def _plain(language: str, key: str) -> Page:
    title, text = (say(language, f"member_page.{key}_{part}") for part in ("title", "text"))
    return Page(language=language, title=title, texts=(text,))
