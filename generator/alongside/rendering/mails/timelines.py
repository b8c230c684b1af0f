"""The timeline of one newcomer on one journey: every moment with when, from whom, what and why.

What `alongside preview` shows, as text for a terminal, as one HTML page, and as JSON. Made from the same plan and the
same mails that enrolling and sending use; nothing is stored or sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from alongside.matching.assignment import assign_member, who_was_met
from alongside.matching.index import MatchIndex, build_index
from alongside.model.community import Community
from alongside.model.journeys import Journey, Moment
from alongside.model.people import Newcomer
from alongside.planning.plan import (
    PlannedStep,
    StepContent,
    choose,
    is_another,
    newcomer_zone,
    next_meetups,
    plan_sequence,
)
from alongside.rendering.interface import format_date, format_time, reason_texts
from alongside.rendering.mails.frame import fragment
from alongside.rendering.mails.holes import clean
from alongside.rendering.mails.messages import Mail, MailCompiler, MessageError, render_mail
from alongside.rendering.mails.prose import wrap
from alongside.settings import Settings

WIDEST = 100  # columns a timeline takes of a wide terminal
TWO_COLUMNS = 64  # from so many on, the time stands beside the moment
OPENING = 180  # characters of a mail's first words

Tone = Literal["title", "time", "moment", "quiet", "note", "subject", "plain"]
Style = Callable[[str, Tone], str]

NOTES: Mapping[str, str] = {
    "no-member": "No member matched or has room: the team writes.",
    "member-unavailable": "The member does not allow it here, or no longer does: the team speaks instead.",
    "no-words": "The member wrote no words for this moment: the team introduces them.",
    "asks-first": "The member is asked before, and may write it; else this goes out.",
    "no-message": "The message of this moment is missing. See: alongside check",
    "other-language": "There is no message in the newcomer's first language.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One moment on the timeline."""

    moment: Moment
    owner: str  # the team's name
    content: StepContent
    step: PlannedStep | None = None  # None: an embed or a page, which waits for the newcomer to look
    mail: Mail | None = None  # None: no mail, or one that could not be written
    reasons: tuple[str, ...] = ()  # in words
    notes: tuple[str, ...] = ()  # in words
    failed: str = ""  # why the mail could not be written


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All moments of a journey for one newcomer, in authored order."""

    journey: Journey
    newcomer: Newcomer
    title: str
    zone: str  # IANA, the newcomer's
    starts: datetime  # aware, UTC
    entries: tuple[Entry, ...]


def plan_timeline(
    community: Community, settings: Settings, journey: Journey, newcomer: Newcomer, *, now: datetime
) -> Timeline:
    """What `newcomer` would get if they started `journey` at `now` (aware). A mail that fails is part of it."""
    zone = newcomer_zone(newcomer, community)
    steps = {step.moment.id: step for step in plan_sequence(journey, enrolled_at=now, zone=zone)}
    desk = _Desk(community, settings, newcomer)
    entries = tuple(desk.entry(journey, moment, steps.get(moment.id), now=now) for moment in journey.moments)
    return Timeline(
        journey=journey,
        newcomer=newcomer,
        title=journey.title.text(community.language),
        zone=zone,
        starts=now.astimezone(UTC),
        entries=entries,
    )


class _Desk:
    """Fills in a timeline from its start to its end; remembers who the member is."""

    def __init__(self, community: Community, settings: Settings, newcomer: Newcomer) -> None:
        self.community, self.settings, self.newcomer = community, settings, newcomer
        self.compiler = MailCompiler(community, settings)
        self.member = ""
        self._indexes: dict[date, MatchIndex] = {}

    def entry(self, journey: Journey, moment: Moment, step: PlannedStep | None, *, now: datetime) -> Entry:
        """The entry of one moment; those without a time are looked at as of `now`."""
        at = step.due if step is not None else now
        known = self.member
        member, changed = self._assign(moment, at.date())
        content = choose(
            self.community,
            self._index(at.date()),
            journey=journey,
            moment=moment,
            newcomer=self.newcomer,
            member=member or None,
            upcoming=next_meetups(self.community, now=at),
            day=at.date(),
        )
        another = not known and is_another(self.community, journey, moment, self.newcomer, member)
        content = replace(content, member_changed=bool(changed), met_another=another)
        mail, failed = self._mail(content)
        notes = [NOTES[note] for note in content.notes]
        if changed:
            notes.append(f"{changed} can no longer be asked: somebody else takes over, and the mail says so.")
        if another:
            met = self.community.members[who_was_met(self.community, self.newcomer)[0]].name
            notes.append(f"They met {met}, who cannot take them on: somebody else writes, and the mail says so.")
        if step is not None and step.expired:
            notes.append("Skipped: the mails before it push it past its expiry.")
        return Entry(
            moment=moment,
            owner=self.settings.teams.get(moment.owner, moment.owner),
            content=content,
            step=step,
            mail=mail,
            reasons=mail.reasons if mail is not None else _reasons(content, self.community),
            notes=tuple(notes),
            failed=failed,
        )

    def _assign(self, moment: Moment, day: date) -> tuple[str, str]:
        """The slug of the member for a moment, and the name of the one before when a mail needs another.

        An embed or a page shows somebody who allows that, and changes nothing about who writes. Nothing is known of the
        store here but who had no room at the last `alongside refresh`.
        """
        if moment.where == "mail" and moment.sender == "team":
            return "", ""
        load = {
            slug: self.community.members[slug].welcomes
            for slug in self.community.full_until
            if self.community.is_full(slug, day)
        }
        match = assign_member(
            self._index(day), self.newcomer, day=day, load=load, keep=self.member, container=moment.where
        )
        member = match.slug if match is not None else ""
        if moment.where != "mail":
            return member, ""
        before, self.member = self.member, member
        return member, self.community.members[before].name if before and before != member else ""

    def _mail(self, content: StepContent) -> tuple[Mail | None, str]:
        if content.message is None:
            return None, ""
        try:
            return render_mail(self.compiler, content, self.newcomer), ""
        except MessageError as error:
            return None, str(error)

    def _index(self, day: date) -> MatchIndex:
        if day not in self._indexes:
            self._indexes[day] = build_index(self.community, today=day)
        return self._indexes[day]


def _reasons(content: StepContent, community: Community) -> tuple[str, ...]:
    return tuple(map(clean, reason_texts(content.reasons, content.language, community)))


def shown(entry: Entry) -> tuple[str, ...]:
    """What an embed or a page shows, in words: "welcome from Ana Souza", "group Docs Berlin"."""
    content, language = entry.content, entry.content.language
    named: dict[str, tuple[str, ...]] = {
        "welcome": (f"a welcome from {content.member.name}",) if content.member and content.words else (),
        "story": (f"the story {content.story.title}",) if content.story else (),
        "note": (f"a note to {content.member.name}" if content.member else "a note to the team",),
        "group": tuple(f"the group {group.name.text(language)}" for group in content.groups),
        "meetup": tuple(f"the meetup {occurrence.title.text(language)}" for _, occurrence in content.meetups),
    }
    return tuple(clean(text) for kind in entry.moment.show for text in named[kind])


# --- JSON ---


def timeline_json(timeline: Timeline) -> list[dict[str, Any]]:
    """One object a moment, in authored order; `due` is null for what waits for the newcomer to look."""
    return [_entry_json(entry, timeline) for entry in timeline.entries]


def _entry_json(entry: Entry, timeline: Timeline) -> dict[str, Any]:
    content, step, mail = entry.content, entry.step, entry.mail
    return {
        "moment": entry.moment.id,
        "where": entry.moment.where,
        "owner": entry.moment.owner,
        "due": _utc(step.due) if step is not None else None,
        "due_local": _local(step.due, timeline.zone).isoformat(timespec="seconds") if step is not None else None,
        "expires": _utc(step.expires) if step is not None else None,
        "ask_first": _utc(step.ask_first) if step is not None and step.ask_first is not None else None,
        "skipped": step.expired if step is not None else False,
        "from": mail.sender_name if mail is not None else None,
        "member": content.member.slug if content.member is not None else None,
        "subject": mail.subject if mail is not None else None,
        "preheader": mail.preheader if mail is not None else None,
        "opening": _opening(mail) if mail is not None else None,
        "language": content.language,
        "story": content.story.slug if content.story is not None else None,
        "groups": [group.slug for group in content.groups],
        "meetups": [meetup.slug for meetup, _ in content.meetups],
        "shows": list(entry.moment.show),
        "reasons": list(entry.reasons),
        "notes": [*entry.notes, *([entry.failed] if entry.failed else [])],
    }


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone))


def _opening(mail: Mail) -> str:
    """The first words, cut at a word's end."""
    if len(mail.opening) <= OPENING:
        return mail.opening
    cut = mail.opening[:OPENING]
    return (cut.rpartition(" ")[0] if " " in cut[OPENING // 2 :] else cut) + " …"


def _clock(instant: datetime, zone: str) -> str:
    return format_time(_local(instant, zone))


def _city(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")


# --- text ---


def timeline_text(timeline: Timeline, *, columns: int, style: Style) -> str:
    """The timeline for a terminal `columns` wide. `style` colours a text by its tone."""
    columns = max(24, min(columns, WIDEST))
    lines = list(_head(timeline, columns, style))
    for entry in _told_once(timeline.entries):
        lines += ["", *_entry_lines(entry, timeline, columns, style)]
    return "\n".join(lines) + "\n"


def _told_once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, without reasons that stand above already: once is enough to read."""
    told: tuple[str, ...] = ()
    for entry in entries:
        yield replace(entry, reasons=()) if entry.reasons == told else entry
        told = entry.reasons or told


def _head(timeline: Timeline, columns: int, style: Style) -> Iterator[str]:
    name = clean(timeline.newcomer.name) or "a newcomer"
    place = f" in {clean(timeline.newcomer.place.label)}" if timeline.newcomer.place else ""
    for line in wrap(f"{timeline.title}: what {name}{place} would get", columns=columns):
        yield style(line, "title")
    starts = _local(timeline.starts, timeline.zone)
    when = f"Starting {format_date(starts.date(), 'en', 'weekday')}, {format_time(starts)} in {_city(timeline.zone)}"
    yield from (
        style(line, "quiet") for line in wrap(f"{when} ({_clock(timeline.starts, 'UTC')} UTC)", columns=columns)
    )
    if timeline.journey.confirm:
        text = "The address is confirmed first (double opt-in); the times count from then."
        yield from (style(line, "note") for line in wrap(text, columns=columns))
    if timeline.journey.holdout:
        text = f"Of a hundred newcomers, {timeline.journey.holdout} are held out and get none of these mails."
        yield from (style(line, "note") for line in wrap(text, columns=columns))


def _entry_lines(entry: Entry, timeline: Timeline, columns: int, style: Style) -> Iterator[str]:
    when = _when(entry, timeline.zone)
    dot = {"mail": "●", "embed": "○", "page": "○"}[entry.moment.where]
    head = f"{dot} {entry.moment.id}"
    about = f"{entry.moment.where} · {entry.owner}"
    rows = list(_rows(entry))
    if columns < TWO_COLUMNS:
        yield f"{style(head, 'moment')}  {style(about, 'quiet')}"
        for text in when:
            yield f"  {style(text, 'time')}"
        yield from _row_lines(rows, "  ", columns, style)
        return
    margin = 18
    yield f"{style(when[0].ljust(margin - 2), 'time')}  {style(head, 'moment')}  {style(about, 'quiet')}"
    beside = iter(when[1:])
    for line in _row_lines(rows, "  ", columns - margin, style):
        yield style(next(beside, "").ljust(margin), "quiet") + line
    for text in beside:
        yield style(text, "quiet")


def _when(entry: Entry, zone: str) -> list[str]:
    if entry.step is None:
        return ["when they look"]
    due = _local(entry.step.due, zone)
    utc = entry.step.due.astimezone(UTC)
    other_day = f"{utc:%a} " if utc.date() != due.date() else ""
    lines = [f"{format_date(due.date(), 'en', 'short')} {format_time(due)}"]
    return [*lines, f"{other_day}{format_time(utc)} UTC"] if zone != "UTC" else lines


def _rows(entry: Entry) -> Iterator[tuple[str, str, Tone]]:
    """(label, text, tone) of what a moment is about."""
    if entry.mail is not None:
        yield "From", entry.mail.sender_name, "plain"
        yield "Subject", entry.mail.subject, "subject"
        yield "", f"“{_opening(entry.mail)}”", "quiet"
    elif entry.step is None:
        yield "Shows", "; ".join(shown(entry)) or "nothing that fits yet", "plain"
    if entry.mail is not None and (story := _told_story(entry.content)):
        yield "Story", story, "plain"
    if entry.reasons:
        yield "Why", "; ".join(entry.reasons), "plain"
    for note in entry.notes:
        yield "Note", note, "note"
    if entry.failed:
        yield "Fails", entry.failed, "note"


def _told_story(content: StepContent) -> str:
    """The title of the story that a mail tells of, or whose excerpt it carries; empty where it does neither."""
    message, story = content.message, content.story
    if story is None or message is None:
        return ""
    excerpt = content.words is not None and not content.words.markdown
    return clean(story.title) if excerpt or "story." in message.subject + message.body else ""


def _row_lines(rows: list[tuple[str, str, Tone]], indent: str, columns: int, style: Style) -> Iterator[str]:
    for label, text, tone in rows:
        first = f"{indent}{label:<9}"
        lines = list(wrap(text, first=first, rest=indent + " " * 9, columns=columns))
        for number, line in enumerate(lines):
            head, said = (line[: len(first)], line[len(first) :])
            yield (style(head, "quiet") if not number else head) + style(said, tone)


# --- HTML ---


def timeline_html(timeline: Timeline) -> str:
    """One page that needs nothing else: the timeline, and each mail in a frame that runs no scripts."""
    name = clean(timeline.newcomer.name) or "a newcomer"
    place = clean(timeline.newcomer.place.label) if timeline.newcomer.place else ""
    starts = _local(timeline.starts, timeline.zone)
    return fragment(
        "timeline.html",
        title=clean(timeline.title),
        name=name,
        place=place,
        starts=f"{format_date(starts.date(), 'en', 'weekday')}, {format_time(starts)}",
        city=_city(timeline.zone),
        utc=_clock(timeline.starts, "UTC"),
        confirm=timeline.journey.confirm,
        holdout=timeline.journey.holdout,
        entries=[_entry_names(entry, timeline.zone) for entry in _told_once(timeline.entries)],
    )


def _entry_names(entry: Entry, zone: str) -> dict[str, object]:
    mail = entry.mail
    return {
        "id": entry.moment.id,
        "where": entry.moment.where,
        "owner": entry.owner,
        "when": _when(entry, zone),
        "skipped": entry.step is not None and entry.step.expired,
        "shows": shown(entry) if entry.step is None else (),
        "story": _told_story(entry.content),
        "reasons": entry.reasons,
        "notes": entry.notes,
        "failed": entry.failed,
        "mail": mail is not None,
        "sender": mail.sender_name if mail is not None else "",
        "subject": mail.subject if mail is not None else "",
        "preheader": mail.preheader if mail is not None else "",
        "language": entry.content.language,
        "document": mail.html if mail is not None else "",
        "text": mail.text if mail is not None else "",
    }
