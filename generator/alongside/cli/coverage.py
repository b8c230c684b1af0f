"""`alongside coverage`: which newcomers would find nobody, and what ends or grows old; what is missing comes first."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from alongside.cli.options import (
    clock,
    config_file,
    now,
    output_format,
    report_problems,
    reports_errors,
    wants_colour,
    write_page,
)
from alongside.cli.stores import Home, has_store, opened, read_home
from alongside.cli.tables import Column, pad, printable, render_table, shorten, style, width
from alongside.delivery.claims import LoadBook
from alongside.delivery.members import read_choices, with_choices
from alongside.delivery.people import read_arrivals
from alongside.matching.index import build_index
from alongside.model.group_facts import FEWEST
from alongside.model.people import Newcomer
from alongside.planning.coverage import (
    AXES,
    KINDS,
    LEVELS,
    NOBODY,
    SHEETS,
    Axis,
    Cell,
    Find,
    Found,
    Gap,
    Kind,
    cover,
    said_of,
)
from alongside.planning.occurrences import first_instants
from alongside.planning.outlook import Outlook, look_ahead
from alongside.problems import Problem, UsageError
from alongside.reading.newcomers import read_profile, read_profiles
from alongside.rendering.coverage import (
    Report,
    absent_text,
    ahead_texts,
    base_text,
    count_text,
    coverage_html,
    covered_text,
    few,
    newest_texts,
    notes_of,
    seen_texts,
    shade_of,
    tell_gap,
    value_name,
)
from alongside.rendering.interface import say
from alongside.rendering.mails.prose import wrap

LANGUAGE = "en"  # of a terminal; the page speaks the community's
NARROWEST, WIDEST = 60, 120
GAPS_SHOWN = 12  # of one kind
ROWS_SHOWN = 16  # of countries and roles
NUMBERS = 48  # columns that the numbers of a table take, and what stands between
SHADES: Mapping[str, Mapping[str, Any]] = {
    "many": {"fg": "green", "bold": True},
    "few": {"fg": "green"},
    "one": {"fg": "cyan"},
    "partly": {"fg": "yellow"},
    "none": {"fg": "red"},
}


@click.command(
    "coverage",
    epilog="""\b
Examples:
  alongside coverage
  alongside coverage --days 90 --html coverage.html
  alongside coverage --from profiles.csv
  alongside coverage --as journeys/newcomers/beatriz.yml      # of those like her
  alongside coverage --fail-under 60
  alongside coverage --format json | jq -r '.gaps[].text'

  Exit 1 when fewer pairs of challenge and language than --fail-under have a member with room.""",
)
@click.option(
    "--from", "profiles", type=click.Path(path_type=Path), metavar="FILE",
    help="Newcomers to count (CSV; no address needed).  [default: those in the store]",
)  # fmt: skip
@click.option(
    "--as", "base_file", type=click.Path(path_type=Path), metavar="FILE",
    help="What all newcomers also say (a profile in YAML, as of match).",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(min=1, max=3650), default=30, show_default=True,
    help="Count who came to the store in so many days.",
)  # fmt: skip
@click.option(
    "--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write one page with a heat map."
)
@click.option(
    "--fail-under", type=click.IntRange(0, 100), metavar="PERCENT",
    help="Exit 1 when fewer pairs of challenge and language have a member.",
)  # fmt: skip
@output_format("text", "json")
@config_file
@now
@reports_errors
def command(
    profiles: Path | None, base_file: Path | None, days: int, html_file: Path | None, fail_under: int | None,
    format_: str, config_file: Path, now_text: str | None,
) -> None:  # fmt: skip
    """Show which newcomers would find a member with room, a story, a group or a meetup, and which would find nobody;
    then which consents and invitations end, who is full, which stories are old.

    What is asked is what `alongside match` answers. Newcomers are counted; fewer than five are only "under 5".
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    newcomers = _read_profiles(profiles, home) if profiles is not None else None
    base = _read_base(base_file, home) if base_file is not None else NOBODY
    load = None
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            home = replace(
                home, community=with_choices(home.community, read_choices(connection, now=instant), now=instant)
            )
            load = LoadBook(home.community.resolve_member).read(connection, instant)
            if newcomers is None:
                newcomers = read_arrivals(connection, since=instant - timedelta(days=days), until=instant)
    report = _report(
        home, newcomers, load, base=base, days=days if profiles is None else None, whole=format_ == "json", now=instant
    )
    if format_ == "json":
        click.echo(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
    elif html_file is None:
        click.echo("\n".join(_as_text(report, colour=wants_colour())))
    if html_file is not None:
        write_page(html_file, coverage_html(report))
    fit, every = report.coverage.covered
    if fail_under is not None and 100 * fit < fail_under * every:
        click.echo(f"{covered_text(report, LANGUAGE)} That is less than {fail_under}%.", err=True)
        sys.exit(1)


def _report(
    home: Home, newcomers: Sequence[Newcomer] | None, load: Mapping[str, int] | None, *, base: Newcomer,
    days: int | None, whole: bool, now: datetime,
) -> Report:  # fmt: skip
    community, day = home.community, now.date()
    full = {slug: member.welcomes for slug, member in community.members.items() if community.is_full(slug, day)}
    coverage = cover(
        build_index(community, today=day),
        day=day,
        load=full if load is None else load,
        upcoming=first_instants(community, now=now),
        newcomers=newcomers,
        base=base,
        meeting=KINDS if whole else ("member",),
    )
    outlook = look_ahead(community, day=day, load=load, languages=coverage.read_languages)
    return Report(community=community, coverage=coverage, outlook=outlook, base=base, days=days)


def _read_base(path: Path, home: Home) -> Newcomer:
    newcomer, problems = read_profile(path, home.community, home.settings)
    report_problems(problems)
    if newcomer is None:
        raise UsageError(f"{path} holds no profile that can be used.", hint="The lines above say what to mend.")
    return newcomer


def _read_profiles(path: Path, home: Home) -> Sequence[Newcomer]:
    """The newcomers of a file; what is wrong is told once, however often it stands there."""
    newcomers, problems = read_profiles(path, home.community, home.settings)
    often = Counter(problem.message for problem in problems)
    first: dict[str, Problem] = {}
    for problem in problems:
        first.setdefault(problem.message, problem)
    report_problems(
        replace(problem, message=f"{message} ({often[message]:,} times)") if often[message] > 1 else problem
        for message, problem in first.items()
    )
    return newcomers


# --- for a terminal ---


def _as_text(report: Report, *, colour: bool) -> Iterator[str]:
    columns = min(WIDEST, max(NARROWEST, shutil.get_terminal_size((80, 24)).columns))

    def prose(texts: Iterator[str], *, first: str = "  ", rest: str = "    ") -> Iterator[str]:
        for text in texts:
            yield from wrap(printable(text), first=first, rest=rest, columns=columns)

    def heading(key: str) -> Iterator[str]:
        yield ""
        yield style(say(LANGUAGE, key), colour=colour, bold=True)

    title = say(LANGUAGE, "coverage.title", community=printable(report.community.name))
    yield style(f"{title}, {report.outlook.day.isoformat()}", colour=colour, bold=True)
    told = (
        base_text(report, LANGUAGE),
        covered_text(report, LANGUAGE),
        absent_text(report, LANGUAGE),
        *seen_texts(report, LANGUAGE),
    )
    yield from prose(text for text in told if text)
    yield from heading("coverage.gaps")
    yield from _gap_lines(report, columns, colour=colour)
    for part in (_challenge_lines, _language_lines, _value_lines):
        yield from part(report, columns, colour=colour)
    yield from heading("coverage.ahead")
    ahead = list(ahead_texts(report, LANGUAGE))
    yield from prose(iter(ahead or [say(LANGUAGE, "coverage.quiet")]))
    newest = [f"{challenge}: {story}" for challenge, story in newest_texts(report, LANGUAGE)]
    if newest:
        yield f"  {say(LANGUAGE, 'coverage.ahead.newest')}"
        yield from prose(iter(newest), first="    ", rest="      ")


def _gap_lines(report: Report, columns: int, *, colour: bool) -> Iterator[str]:
    shown: Counter[Kind] = Counter()
    for gap in report.coverage.gaps:
        shown[gap.kind] += 1
        if shown[gap.kind] > GAPS_SHOWN:
            continue
        told = tell_gap(gap, report, LANGUAGE, quote=_slug)
        text = f"{told.text}: {told.newcomers}" if told.newcomers else told.text
        yield from wrap(printable(text), first="  ", rest="    ", columns=columns)
        for line in wrap(printable(told.detail), first="    ", rest="    ", columns=columns) if told.detail else ():
            yield style(line, colour=colour, dim=True)
    left_out = sum(max(0, count - GAPS_SHOWN) for count in shown.values())
    if left_out:
        yield style(f"  {left_out:,} more: --html FILE, or --format json", colour=colour, dim=True)
    if not shown:
        yield f"  {say(LANGUAGE, 'coverage.no_gaps')}"


def _slug(slug: str) -> str:
    """As it is written in a file."""
    return f"`{slug}`"


def _challenge_lines(report: Report, columns: int, *, colour: bool) -> Iterator[str]:
    """What newcomers find who say a challenge and nothing else."""
    found = [one for one in report.coverage.alone if one.cell.challenge]
    yield from _table("challenge", found, KINDS, report, columns, colour=colour)


def _language_lines(report: Report, columns: int, *, colour: bool) -> Iterator[str]:
    """Members, by challenge and language: as many columns beside each other as there is room for."""
    coverage = report.coverage
    if not coverage.pools["member"].records or not coverage.axes["challenge"]:
        return
    rows = coverage.rows("language")
    names = [shorten(printable(slug), columns - NUMBERS) for slug in coverage.axes["challenge"]]
    room = max(map(width, names))
    texts = [_number_text(found.finds["member"]) for row in rows.values() for found in row]
    cell = 1 + max(3, *map(width, (*rows, *texts)))
    many = max(1, (columns - room - 2) // cell)
    yield ""
    yield style("Members with room who share challenge and language", colour=colour, bold=True)
    tags = list(rows)
    for start in range(0, len(tags), many):
        chunk = tags[start : start + many]
        yield style(f"  {pad('', room)}{''.join(pad(tag, cell, 'right') for tag in chunk)}", colour=colour, dim=True)
        for number, name in enumerate(names):
            cells = [_number(rows[tag][number].finds["member"], cell, colour=colour) for tag in chunk]
            yield f"  {pad(name, room)}{''.join(cells)}"
    legend = "3: three share both; (3): three share one of them; -: nothing in common"
    for line in wrap(legend, first="  ", rest="  ", columns=columns):
        yield style(line, colour=colour, dim=True)


def _value_lines(report: Report, columns: int, *, colour: bool) -> Iterator[str]:
    """What newcomers find who say a language, a country or a role and nothing else."""
    for axis, kinds in SHEETS.items():
        found = [one for one in report.coverage.alone if getattr(one.cell, axis)]
        yield from _table(axis, found, kinds, report, columns, colour=colour)


def _table(
    axis: Axis, found: Sequence[Found], kinds: Sequence[Kind], report: Report, columns: int, *, colour: bool
) -> Iterator[str]:
    if not found:
        return
    shown = found if axis in ("challenge", "language") else found[:ROWS_SHOWN]
    counted = report.coverage.seen is not None
    titles = [Column(title=axis), *(Column(title=_KIND_TITLES[kind], align="right") for kind in kinds)]
    rows = [
        [
            shorten(_row_name(axis, getattr(one.cell, axis), report), columns - NUMBERS),
            *(_plain_number(one.finds[kind], none=report.coverage.pools[kind].records == 0) for kind in kinds),
            *([count_text(one.newcomers or 0, LANGUAGE)] if counted else []),
        ]
        for one in shown
    ]
    if counted:
        titles.append(Column(title="newcomers", align="right"))
    yield ""
    yield style(f"By {axis}", colour=colour, bold=True)
    yield render_table(titles, rows, colour=colour).rstrip("\n")
    more = len(found) - len(shown)
    notes = [f"{more:,} more: --html FILE, or --format json"] if more else []
    for kind in kinds:
        told = notes_of(kind, axis, report, LANGUAGE) if report.coverage.pools[kind].records else ()
        notes += [f"{_KIND_TITLES[kind].capitalize()}: {note}" for note in told]
    for note in notes:
        for line in wrap(note, first="  ", rest="    ", columns=columns):
            yield style(line, colour=colour, dim=True)


_KIND_TITLES: Mapping[Kind, str] = {"member": "members", "story": "stories", "group": "groups", "meetup": "meetups"}


def _row_name(axis: Axis, value: str, report: Report) -> str:
    name = value if axis == "challenge" else value_name(axis, value, report.community, LANGUAGE)
    return printable(name)


def _plain_number(find: Find, *, none: bool) -> str:
    return "none" if none else str(find.fitting)


def _number_text(find: Find) -> str:
    return str(find.fitting) if find.fitting else f"({find.partly})" if find.partly else "-"


def _number(find: Find, room: int, *, colour: bool) -> str:
    text = _number_text(find)
    return pad("", room - width(text)) + style(text, colour=colour, **SHADES[shade_of(find)])


# --- for programs ---


def _as_json(report: Report) -> dict[str, Any]:
    coverage = report.coverage
    fit, every = coverage.covered
    return {
        "day": report.outlook.day.isoformat(),
        "also": {axis: list(said_of(report.base, axis)) for axis in AXES},
        "covered": {"cells": every, "fit": fit, "percent": 100 * fit // every if every else None},
        "records": {
            kind: {"found": pool.records, "not_found": pool.others, "saying": {a: pool.saying.get(a, 0) for a in AXES}}
            for kind, pool in coverage.pools.items()
        },
        "members_not_found": dict(coverage.absent),
        "newcomers": _seen_json(report),
        "axes": {axis: list(values) for axis, values in coverage.axes.items()},
        "rarer_roles": coverage.rarer_roles,
        "gaps": [_gap_json(gap, report) for gap in coverage.gaps],
        "cells": [_found_json(found) for found in (*coverage.alone, *coverage.cells)],
        "ahead": _ahead_json(report.outlook),
    }


def _few_json(count: int | None) -> int | str | None:
    """A count of newcomers as it may be told."""
    return None if count is None else count if few(count) is not None else f"under {FEWEST}"


def _seen_json(report: Report) -> dict[str, Any] | None:
    seen = report.coverage.seen
    if seen is None:
        return None
    return {
        "count": _few_json(seen.count),
        "days": report.days,
        "find": {
            kind: {level: _few_json(levels.get(level, 0)) for level in LEVELS} for kind, levels in seen.levels.items()
        },
        "said_nothing_of": {axis: _few_json(seen.silent.get(axis, 0)) for axis in AXES},
        "unlisted_challenges": dict(seen.unlisted),
        "rarer_unlisted": _few_json(seen.rarely),
    }


def _cell_json(cell: Cell) -> dict[str, str | None]:
    return {axis: getattr(cell, axis) or None for axis in AXES}


def _find_json(find: Find) -> dict[str, Any]:
    first = {"slug": find.first.slug, "score": find.first.score} if find.first is not None else None
    return {"level": find.level, "fitting": find.fitting, "partly": find.partly, "first": first}


def _found_json(found: Found) -> dict[str, Any]:
    finds: dict[str, Any] = {kind: _find_json(find) for kind, find in found.finds.items()}
    return {**_cell_json(found.cell), "newcomers": _few_json(found.newcomers), **finds}


def _gap_json(gap: Gap, report: Report) -> dict[str, Any]:
    told = tell_gap(gap, report, LANGUAGE, quote=_slug)
    return {
        "kind": gap.kind,
        "level": gap.find.level,
        "newcomers": _few_json(gap.newcomers),
        "text": told.text,
        "cells": [_cell_json(cell) for cell in gap.cells],
    }


def _ahead_json(outlook: Outlook) -> dict[str, Any]:
    return {
        "consents": [{"member": member.slug, "until": day.isoformat()} for day, member in outlook.consents],
        "chats": [
            {"group": group.slug, "platform": chat.platform, "until": day.isoformat()}
            for day, group, chat in outlook.chats
        ],
        "members": [
            {"member": load.member.slug, "welcomes": load.member.welcomes, "taken": load.taken, "full": load.is_full}
            for load in outlook.loads
        ],
        "old_stories": [{"story": story.slug, "date": story.date.isoformat()} for story in outlook.old_stories],
        "newest_stories": {
            slug: {"story": story.slug, "date": story.date.isoformat()} if story is not None else None
            for slug, story in outlook.newest_stories.items()
        },
        "mails_not_translated": [
            {"language": one.language, "journey": one.journey.slug, "moments": [step.id for step in one.steps]}
            for one in outlook.untranslated
        ],
    }
