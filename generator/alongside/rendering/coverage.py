"""Coverage in words, and as a page: what is missing, who would find what, what is ahead.

The last room before the door of `alongside coverage`. Members are named, as they are on the site; of newcomers there
are counts, and of few only that they are few. The page runs nothing and needs nothing else: each cell says in text what
its colour says.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import jinja2

from alongside.gazetteer import country_name
from alongside.model.community import Community
from alongside.model.group_facts import FEWEST
from alongside.model.people import Newcomer
from alongside.model.texts import direction
from alongside.planning.coverage import (
    AXES,
    KINDS,
    LEVELS,
    NOBODY,
    SHEETS,
    Axis,
    Coverage,
    Find,
    Found,
    Gap,
    Kind,
    Level,
    Why,
)
from alongside.planning.outlook import Outlook
from alongside.rendering.interface import (
    format_date,
    format_number,
    interface_language,
    join_words,
    language_name,
    read_interface,
    say,
)
from alongside.rendering.mails.holes import clean, isolated
from alongside.rendering.templates import environment

NAMED = 12  # names in one line; the rest is counted
WHYS: tuple[Why, ...] = ("status", "consent", "away", "welcomes", "full")
CONSENT_DAYS = (30, 60, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is told."""

    community: Community
    coverage: Coverage
    outlook: Outlook
    base: Newcomer = NOBODY  # what all cells say besides
    days: int | None  # within which the newcomers came; None: not known, or there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A gap in words."""

    text: str  # "Nobody welcomes people in Portuguese with “Giving a first talk”"
    newcomers: str  # "12 newcomers in the last 30 days"; empty: none were, or none are known
    detail: str  # "4 share a part of it; matching would give them Ana Souza"; empty: nothing does


Quote = Callable[[str], str]  # a challenge's slug -> what it is called in a sentence


# --- in words ------------------------------------------------------------------------------------------------------


def few(count: int) -> int | None:
    """A count of newcomers as it may be told: None for a few, whom one could find out."""
    return count if count == 0 or count >= FEWEST else None


def count_text(count: int, language: str) -> str:
    """`12`, or `under 5`: of newcomers."""
    told = few(count)
    return format_number(told, language) if told is not None else say(language, "coverage.under", most=FEWEST)


def newcomers_text(count: int, days: int | None, language: str) -> str:
    """`12 newcomers in the last 30 days`."""
    text = say(language, "coverage.newcomers", count=_plural(count), number=count_text(count, language))
    return text if days is None else f"{text} {say(language, 'coverage.period', count=days)}"


def _plural(count: int) -> int:
    """The number whose plural form a count of newcomers takes: "under 5" are several, whatever they are."""
    return count if few(count) is not None else FEWEST


def _name(text: str, language: str) -> str:
    """A name as a sentence holds it: on one line, and where that runs from the right, in its own direction."""
    return isolated(clean(text)) if direction(language) == "rtl" else clean(text)


def value_name(axis: Axis, value: str, community: Community, language: str) -> str:
    """What a value of an axis is called."""
    match axis:
        case "challenge":
            return _name(community.challenges[value].title.text(language, community.language), language)
        case "language":
            return language_name(value, language)
        case "country":
            return country_name(value, language)
        case "role":
            return _name(value, language)


def tell_gap(gap: Gap, report: Report, language: str, *, quote: Quote) -> Told:
    """A gap as a sentence that somebody can act on."""
    who = "".join(_who_texts(gap, report, language, quote))
    find = gap.find
    detail = []
    if find.partly and len(gap.cells) == 1:
        detail.append(say(language, "coverage.partly", count=find.partly, number=format_number(find.partly, language)))
        if find.first is not None and gap.kind == "member":
            name = _name(report.community.members[find.first.slug].name, language)
            detail.append(say(language, "coverage.instead", name=name))
    if gap.elsewhere:
        detail.append(say(language, "coverage.elsewhere", number=count_text(gap.elsewhere, language)))
    return Told(
        text=say(language, f"coverage.gap.{gap.kind}", who=who) if who else say(language, f"coverage.none.{gap.kind}"),
        newcomers=newcomers_text(gap.newcomers, report.days, language) if gap.newcomers else "",
        detail=" · ".join(detail),
    )


def _who_texts(gap: Gap, report: Report, language: str, quote: Quote) -> Iterator[str]:
    """` in Portuguese`, ` with “Giving a first talk”`; of nearly all challenges: those that are left."""
    others: tuple[Axis, ...] = ("language", "country", "role")
    for axis in others:
        names = [value_name(axis, value, report.community, language) for value in gap.values(axis)]
        if names and axis == "role":
            names = [say(language, "coverage.quoted", text=name) for name in names]
        if names:
            yield say(language, f"coverage.who.{axis}", names=join_words(names, language))
    missing, every = gap.values("challenge"), report.coverage.axes["challenge"]
    left = [slug for slug in every if slug not in missing]
    about = "member" if gap.kind == "member" else "record"
    if left and len(missing) > 2 * len(left):
        yield say(language, f"coverage.who.but.{about}", names=join_words([*map(quote, left)], language))
    elif missing:
        yield say(language, f"coverage.who.challenge.{about}", names=join_words([*map(quote, missing)], language))


def seen_texts(report: Report, language: str) -> Iterator[str]:
    """What all the newcomers would find, and what they say that nothing here is called."""
    seen = report.coverage.seen
    if seen is None:
        return
    yield say(language, "coverage.sentence", text=newcomers_text(seen.count, report.days, language))
    if seen.count:
        for kind in KINDS:
            levels = seen.levels[kind]
            parts = [_level_text(level, levels[level], language) for level in LEVELS if levels[level]]
            separator = str(read_interface(language).dates["list_separator"])
            name = say(language, f"coverage.kind.{kind}")
            yield say(language, "coverage.levels", kind=name, parts=separator.join(parts))
    silent = [
        _counted(say(language, f"coverage.axis.{axis}"), seen.silent[axis], language)
        for axis in AXES
        if seen.silent[axis]
    ]
    if silent:
        yield say(language, "coverage.silent", names=join_words(silent, language))
    if seen.unlisted:
        names = [
            _counted(say(language, "coverage.quoted", text=_name(word, language)), count, language)
            for word, count in seen.unlisted
        ]
        yield say(language, "coverage.unlisted", names=_shortened(names, language))
    if seen.rarely:
        number = count_text(seen.rarely, language)
        yield say(language, "coverage.rarely", count=_plural(seen.rarely), number=number)


def _level_text(level: Level, count: int, language: str) -> str:
    return say(language, f"coverage.level.{level}", number=count_text(count, language))


def _counted(name: str, count: int, language: str) -> str:
    return say(language, "coverage.counted", name=name, number=count_text(count, language))


def base_text(report: Report, language: str) -> str:
    """What all cells say besides; empty where that is nothing."""
    base, community = report.base, report.community
    country = base.place.country if base.place is not None else ""
    said: tuple[tuple[Axis, tuple[str, ...]], ...] = (
        ("challenge", tuple(slug for slug in base.challenges if slug in community.challenges)),
        ("language", base.languages),
        ("country", (country,) if country else ()),
        ("role", base.roles),
    )
    names = [value_name(axis, value, community, language) for axis, values in said for value in values]
    return say(language, "coverage.base", names=join_words(names, language)) if names else ""


def covered_text(report: Report, language: str) -> str:
    """How many pairs of challenge and language have a member; empty without any."""
    fit, every = report.coverage.covered
    if not every:
        return ""
    numbers = {"fit": format_number(fit, language), "all": format_number(every, language)}
    key = "coverage.covered_also" if base_text(report, language) else "coverage.covered"
    return say(language, key, percent=100 * fit // every, **numbers)


def absent_text(report: Report, language: str) -> str:
    """Why some members are not counted; empty where all are."""
    absent = report.coverage.absent
    names = [
        say(
            language,
            "coverage.counted",
            name=say(language, f"coverage.why.{why}"),
            number=format_number(count, language),
        )
        for why in WHYS
        if (count := absent.get(why, 0))
    ]
    return say(language, "coverage.absent", names=join_words(names, language)) if names else ""


def notes_of(kind: Kind, axis: Axis, report: Report, language: str) -> Iterator[str]:
    """What a sheet does not show: records that say nothing of its challenges, or of `axis`; roles left out."""
    pool = report.coverage.pools[kind]
    for said in dict.fromkeys(("challenge", axis)):
        missing = pool.records - pool.saying.get(said, 0)
        if missing:
            numbers = {"number": format_number(missing, language), "all": format_number(pool.records, language)}
            key = "anywhere" if said == "country" and kind != "member" else said
            yield say(language, f"coverage.unsaid.{key}", count=missing, **numbers)
    rarer = report.coverage.rarer_roles
    if axis == "role" and rarer:
        yield say(language, "coverage.rarer_roles", count=rarer, number=format_number(rarer, language))


def ahead_texts(report: Report, language: str) -> Iterator[str]:
    """What ends, grows old or is full, a line each: what is over first."""
    outlook, community = report.outlook, report.community
    over = [(day, member) for day, member in outlook.consents if day < outlook.day]
    yield from _line("digest.need.consent_over", [_dated(member.name, day, language) for day, member in over], language)
    begins = outlook.day
    for days in CONSENT_DAYS:
        until = outlook.day + timedelta(days=days)
        names = [_dated(member.name, day, language) for day, member in outlook.consents if begins <= day <= until]
        yield from _line("coverage.ahead.consents", names, language, days=days)
        begins = until + timedelta(days=1)
    chats = [
        _dated(str(group.name.text(language, community.language)), day, language) for day, group, _ in outlook.chats
    ]
    yield from _line("digest.need.chats", chats, language)
    yield from _load_texts(report, language)
    stories = [_dated(story.title, story.date, language) for story in outlook.old_stories]
    yield from _line("coverage.ahead.stories", stories, language)
    untold = [
        value_name("challenge", slug, community, language)
        for slug, story in outlook.newest_stories.items()
        if story is None
    ]
    yield from _line("digest.need.challenges", untold, language)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in outlook.untranslated:
        journey = _name(one.journey.title.text(language, community.language), language)
        moments = tuple(_name(step.id, language) for step in one.steps)
        together.setdefault((journey, moments), []).append(language_name(one.language, language))
    for (journey, moments), spoken in together.items():
        told = {"names": join_words(moments, language), "languages": _shortened(spoken, language)}
        yield say(language, "coverage.ahead.mails", journey=journey, **told)


def _load_texts(report: Report, language: str) -> Iterator[str]:
    loads = report.outlook.loads
    over = [load for load in loads if load.taken is not None and load.taken > load.member.welcomes]
    names = [f"{_name(load.member.name, language)} ({load.taken}/{load.member.welcomes})" for load in over]
    yield from _line("digest.need.overloaded", names, language)
    full = [_name(load.member.name, language) for load in loads if load.is_full and load not in over]
    yield from _line("coverage.ahead.full", full, language)
    if any(load.taken is not None for load in loads):
        idle = [_name(load.member.name, language) for load in loads if load.taken == 0]
        yield from _line("coverage.ahead.idle", idle, language)
        offered = sum(load.member.welcomes for load in loads)
        left = sum(max(0, load.member.welcomes - (load.taken or 0)) for load in loads)
        numbers = {"left": format_number(left, language), "offered": format_number(offered, language)}
        yield say(language, "coverage.ahead.room", **numbers)


def newest_texts(report: Report, language: str) -> Iterator[tuple[str, str]]:
    """(challenge, the newest story about it and its date)."""
    for slug, story in report.outlook.newest_stories.items():
        told = say(language, "coverage.ahead.no_story") if story is None else _dated(story.title, story.date, language)
        yield value_name("challenge", slug, report.community, language), told


def _dated(name: str, day: date, language: str) -> str:
    return f"{_name(name, language)} ({format_date(day, language)})"


def _line(key: str, names: Sequence[str], language: str, **values: object) -> Iterator[str]:
    if names:
        number = format_number(len(names), language)
        yield say(language, key, count=len(names), number=number, names=_shortened(names, language), **values)


def _shortened(names: Sequence[str], language: str) -> str:
    """The first of them, and how many there are besides."""
    if len(names) <= NAMED:
        return join_words(names, language)
    more = say(language, "digest.more", count=len(names) - NAMED)
    return join_words((*names[:NAMED], more), language)


# --- as a page -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A cell of a sheet: its shade, and in text all that the shade says."""

    shade: str  # "many", "few", "one", "partly" or "none"
    number: str
    partly: str  # "4 in part", or empty
    newcomers: str  # "12 newcomers", or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One kind of record, by challenges and one other thing."""

    title: str
    axis: str  # what stands in its first column
    empty: str  # instead of rows: there is none of that kind
    columns: tuple[str, ...]  # "any", then challenges
    rows: tuple[tuple[str, tuple[Square, ...]], ...]
    notes: tuple[str, ...]


def coverage_html(report: Report) -> str:
    """One page that needs nothing else and runs nothing, in the community's language."""
    community = report.community
    language = interface_language(community.language)

    def quote(slug: str) -> str:
        return say(language, "coverage.quoted", text=value_name("challenge", slug, community, language))

    page = _templates().get_template("coverage_page.html")
    html = page.render(
        language=language,
        dir=direction(language),
        say=functools.partial(say, language),
        title=say(language, "coverage.title", community=_name(community.name, language)),
        lead=say(language, "coverage.lead", day=format_date(report.outlook.day, language)),
        base=base_text(report, language),
        covered=covered_text(report, language),
        absent=absent_text(report, language),
        seen=tuple(seen_texts(report, language)),
        gaps=tuple(tell_gap(gap, report, language, quote=quote) for gap in report.coverage.gaps),
        sheets=tuple(_sheets(report, language)),
        ahead=tuple(ahead_texts(report, language)),
        newest=tuple(newest_texts(report, language)),
        legend=("many", "few", "one", "partly", "none"),
    )
    return html.strip() + "\n"


def _sheets(report: Report, language: str) -> Iterator[Sheet]:
    coverage = report.coverage
    alone = {(axis, getattr(found.cell, axis)): found for found in coverage.alone for axis in found.cell.axes}
    for axis, kinds in SHEETS.items():
        values, rows = coverage.axes[axis], coverage.rows(axis)
        for kind in kinds if values else ():
            is_empty = coverage.pools[kind].records == 0
            yield Sheet(
                title=say(language, f"coverage.kind.{kind}"),
                axis=say(language, f"coverage.axis.{axis}"),
                empty=say(language, f"coverage.none.{kind}") if is_empty else "",
                columns=(
                    say(language, "coverage.any"),
                    *(value_name("challenge", slug, report.community, language) for slug in coverage.axes["challenge"]),
                ),
                rows=tuple(
                    (
                        value_name(axis, value, report.community, language),
                        tuple(_squares(kind, (alone[axis, value], *rows[value]), language)),
                    )
                    for value in (() if is_empty else values)
                ),
                notes=tuple(notes_of(kind, axis, report, language)) if not is_empty else (),
            )


def _squares(kind: Kind, row: Iterable[Found], language: str) -> Iterator[Square]:
    for found in row:
        find = found.finds[kind]
        yield Square(
            shade=shade_of(find),
            number=format_number(find.fitting, language),
            partly=say(language, "coverage.cell.partly", number=format_number(find.partly, language))
            if find.partly and not find.fitting
            else "",
            newcomers=newcomers_text(found.newcomers, None, language) if found.newcomers else "",
        )


def shade_of(find: Find) -> str:
    """How well covered that is, for a colour."""
    if find.level != "fits":
        return "partly" if find.level == "partly" else "none"
    return "one" if find.fitting == 1 else "few" if find.fitting < FEWEST else "many"


@functools.cache
def _templates() -> jinja2.Environment:
    return environment()
