"""Mails to a member about themselves: the link to their page, and once a month whom they helped. Plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from alongside.model.community import Community
from alongside.model.people import Member
from alongside.rendering.interface import format_date, say
from alongside.rendering.mails.holes import clean
from alongside.rendering.mails.notes import Told, letter_language

HELPED = ("met", "mails", "answered", "talking")  # in the order in which it happens


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWay:
    """Where a member's page is."""

    link: str  # empty where no service runs
    good_until: date  # that day included


def member_page_letter(member: Member, *, community: Community, page: PageWay, address: str) -> Told:
    """The link to their page, and what it is for. `address`: the team's."""
    language = letter_language(member.languages, community)
    told = {"name": member.name, "community": community.name, "address": address}
    paragraphs = (
        say(language, "mail.team.hello", **told),
        say(language, "member_page.mail.page_body", **told),
        say(language, "member_page.mail.page_link", link=page.link, day=format_date(page.good_until, language)),
        say(language, "member_page.mail.page_private"),
        say(language, "member_page.mail.page_questions", **told),
    )
    subject = clean(say(language, "member_page.mail.page_subject", **told))
    return Told(subject=subject, text="\n\n".join(paragraphs), language=language)


def monthly_letter(
    member: Member, helped: Mapping[str, int], *, since: date, community: Community, page: PageWay, address: str
) -> Told:
    """Whom they helped since a day. `helped`: counts by `HELPED`; what did not happen is not mentioned."""
    language = letter_language(member.languages, community)
    told = {"name": member.name, "community": community.name, "address": address}
    lines = [say(language, f"member_page.mail.monthly_{what}", count=helped[what]) for what in HELPED if helped[what]]
    paragraphs = [
        say(language, "mail.team.hello", **told),
        say(language, "member_page.mail.monthly_since", day=format_date(since, language), **told),
        "\n".join(f"- {line}" for line in lines),
        say(language, "member_page.mail.monthly_thanks", **told),
    ]
    if page.link:
        day = format_date(page.good_until, language)
        paragraphs.append(say(language, "member_page.mail.monthly_less", link=page.link, day=day))
    else:
        paragraphs.append(say(language, "member_page.mail.monthly_less_mail", **told))
    subject = clean(say(language, "member_page.mail.monthly_subject", **told))
    return Told(subject=subject, text="\n\n".join(paragraphs), language=language)
