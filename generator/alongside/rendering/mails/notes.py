"""What stands around a note, a question to a member, and our answers: plain text, in the reader's language.

The words of the two people are taken as they are; nothing here knows an address but those that stand for a person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from alongside.model.community import Community
from alongside.planning.plan import StepContent
from alongside.rendering.interface import format_date, format_number, interface_language, reason_texts, say
from alongside.rendering.mails.holes import clean

MOST_CHARACTERS = 20_000  # of a note that is passed on


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A letter's words."""

    subject: str
    text: str
    language: str  # of the interface


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where the links of a letter lead: https, or mailto where no service runs."""

    end: str
    report: str
    page: str = ""  # to what we hold of the reader; empty: no service runs, or they are a member


def note_letter(
    words: str,
    *,
    languages: Iterable[str],
    community: Community,
    name: str,
    subject: str,
    to_newcomer: bool,
    began: str,
    first: bool,
    keep_days: int,
    ways: Ways,
) -> Told:
    """A note, passed on. `name`: of who wrote it. `subject`: that of the mail it follows; empty: a new thread's.

    `began`: the title of the journey, told to the member on the first note; `first`: the reader has had no note yet.
    """
    language = letter_language(languages, community)
    told = {"name": name or say(language, "notes.somebody", community=community.name), "community": community.name}
    key = "notes.subject_to_newcomer" if to_newcomer else "notes.subject_to_member"
    lines = [say(language, "notes.wrote", **told)]
    if first:
        if began and not to_newcomer:
            lines.append(say(language, "notes.began", journey=began, **told))
        lines.append(say(language, "notes.explained", days=str(keep_days)))
    lines.append(say(language, "notes.end", link=ways.end, **told))
    lines.append(say(language, "notes.report", link=ways.report))
    if to_newcomer:
        lines.append(say(language, "notes.stop"))
    if ways.page:
        lines.append(say(language, "own.link_line", link=ways.page))
    title = say(language, "notes.subject_again", subject=subject) if subject else say(language, key, **told)
    return Told(subject=clean(title), text=_signed(words, lines), language=language)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskWays:
    """Where the links of a question to a member lead."""

    send: str
    skip: str
    away: str
    page: str = ""  # to the member's own page; empty where no service runs


def ask_letter(
    content: StepContent,
    *,
    name: str,
    community: Community,
    day: date,
    last: str,
    said: str,
    ways: AskWays,
) -> Told:
    """The question whether a member writes a mail themselves; `content`: what goes out when they say nothing.

    `day`: when. `last`: what the newcomer wrote to them last, `said`: when they began; empty for nothing.
    """
    member = content.member
    assert member is not None  # who is asked
    language = letter_language(member.languages, community)
    told = {"name": name or say(language, "notes.somebody", community=community.name), "community": community.name}
    journey = content.journey.title.text(language, community.language)
    shown_day = format_date(day, language)
    paragraphs = [
        say(language, "mail.team.hello", name=member.name),
        _sentence(say(language, "notes.ask.who", journey=journey, day=shown_day, **told)),
        say(language, "notes.ask.best", **told),
    ]
    reasons = tuple(map(clean, reason_texts(content.reasons, language, community)))
    if reasons:
        paragraphs.append("\n".join((say(language, "notes.ask.why"), *(f"- {reason}" for reason in reasons))))
    if last or said:
        title = say(language, "notes.ask.last" if last else "notes.ask.said", **told)
        paragraphs.append(f"{title}\n\n{_indented(last or said)}")
    if content.words is not None:
        paragraphs.append(f"{say(language, 'notes.ask.words')}\n\n{_indented(content.words.text)}")
    else:
        paragraphs.append(say(language, "notes.ask.no_words"))
    away = "away_mail" if ways.away.startswith("mailto:") else "away"
    links = [("skip", ways.skip), (away, ways.away)]
    if content.words is not None:
        links.insert(0, ("send", ways.send))
    lines = [say(language, f"notes.ask.{what}", link=link) for what, link in links]
    if ways.page:
        lines.append(say(language, "member_page.mail.in_question", link=ways.page))
    subject = clean(say(language, "notes.ask.subject", **told))
    return Told(subject=subject, text=_signed("\n\n".join(paragraphs), lines), language=language)


def confirm_letter(
    *, languages: Iterable[str], community: Community, member: str, journey: str, days: int, link: str
) -> Told:
    """Asks a stranger whether the note to `member` (a name) is theirs. Nothing of it is repeated."""
    language = letter_language(languages, community)
    told = {"name": member, "community": community.name, "journey": journey}
    text = "\n\n".join(
        (
            say(language, "mail.team.hello_nobody"),
            say(language, "notes.first.body", **told),
            say(language, "notes.first.yes", link=link),
            say(language, "notes.first.no", days=str(days)),
        )
    )
    return Told(subject=clean(say(language, "notes.first.subject", **told)), text=text, language=language)


def page_letter(*, languages: Iterable[str], community: Community, name: str, link: str, until: date) -> Told:
    """A new link to a newcomer's own page, good until that day. `name`: theirs; empty: not known."""
    language = letter_language(languages, community)
    hello = say(language, "mail.team.hello", name=name) if name else say(language, "mail.team.hello_nobody")
    text = "\n\n".join(
        (
            hello,
            say(language, "own.letter.hello"),
            link,
            say(language, "own.letter.good", day=format_date(until, language)),
            say(language, "own.letter.not_you"),
        )
    )
    return Told(
        subject=clean(say(language, "own.letter.subject", community=community.name)), text=text, language=language
    )


def answer_letter(
    kind: str, detail: str, *, languages: Iterable[str], community: Community, name: str, address: str
) -> Told:
    """`returned`: why a note was not passed on; `left_out`; `alert`: to the team. `address`: the team's."""
    language = letter_language(languages, community)
    told = {"name": name or say(language, "notes.somebody", community=community.name)}
    key = "notes.left_out.body" if kind == "left_out" else f"notes.{kind}.{detail}"
    text = say(language, key, most=format_number(MOST_CHARACTERS, language), address=address, **told)
    if kind != "alert":
        text = f"{say(language, 'mail.team.hello_nobody')}\n\n{text}"
    return Told(subject=say(language, f"notes.{kind}.subject"), text=text, language=language)


def shown_name(name: str) -> str:
    """A newcomer's name as others may read it, on one line: none that looks like an address."""
    return "" if "@" in unicodedata.normalize("NFKC", name) else clean(name)


def letter_language(languages: Iterable[str], community: Community) -> str:
    """The interface language a letter is written in: the reader's first, or the community's."""
    return interface_language(next(iter(languages), community.language))


def _signed(words: str, lines: Iterable[str]) -> str:
    """Words of a person, and ours below the line that mail programs know (RFC 3676 section 4.3)."""
    return "\n".join((words.strip("\n"), "", "-- ", *map(_sentence, lines)))


def _sentence(text: str) -> str:
    """Begun as a sentence, also where it begins with "somebody who ..."."""
    return text[:1].upper() + text[1:]


def _indented(words: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in words.strip().split("\n"))
