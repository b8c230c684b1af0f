"""`alongside status`: what happened, what comes next, and what waits for a person."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from alongside.cli.map import figures_of
from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour, write_page
from alongside.cli.stores import EMPTY, Home, has_store, instant_text, lost_moment, many, opened, read_home
from alongside.cli.tables import Column, pad, printable, render_table, shorten, style, width
from alongside.delivery.overview import JourneyCounts, Overview, StepCounts, read_overview
from alongside.delivery.schema import CONFIRMATION, ask_moment, asked_moment
from alongside.rendering.journey_map import JourneyMap, map_journeys
from alongside.rendering.mails.prose import wrap
from alongside.rendering.mails.status_page import (
    DayFigures,
    JourneyFigures,
    MemberFigures,
    Need,
    Status,
    StepFigures,
    status_html,
)

COLUMNS = 80  # no line is longer
STEP_SHOWN = 26  # columns of a step's name
MEMBERS_SHOWN = 12
BAR = 20  # columns of the longest bar
PATIENCE = timedelta(hours=1)  # due for so long, and a person should look whether passes run
LEVELS = "▁▂▃▄▅▆▇█"
RARE = ("waiting", "answered", "held", "refused", "stopped", "bounced")  # columns, where there is anything in them


@click.command(
    "status",
    epilog="""\b
Examples:
  alongside status
  alongside status --html status.html
  alongside status --format json | jq .needs""",
)
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write one page to look at.")
@output_format("text", "json")
@config_file
@now
@reports_errors
def command(html_file: Path | None, format_: str, config_file: Path, now_text: str | None) -> None:
    """Show each journey's moments and teams, its steps (sent, answered, due, coming, skipped and why), who took whom
    on this week, the last pass, and what waits for a person.
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    overview = Overview(journeys={}, load={}, last_run=None)
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            overview = read_overview(connection, now=instant, resolve=home.community.resolve_member)
    status = _status(overview, home, instant)
    if format_ == "json":
        click.echo(json.dumps(_as_json(overview, status, home, instant), ensure_ascii=False, indent=2))
    elif not overview.journeys:
        click.echo(EMPTY)
    else:
        click.echo(_as_text(status, colour=wants_colour()), nl=False)
    if html_file is not None:
        write_page(html_file, status_html(status))


# --- figures in the order of what was authored ---


def _status(overview: Overview, home: Home, instant: datetime) -> Status:
    members = home.community.members
    ranked = sorted(overview.load.items(), key=lambda entry: (-entry[1], entry[0]))
    return Status(
        community=home.community.name,
        language=home.community.language,
        at=instant_text(instant),
        last_pass=_last_pass(overview),
        needs=tuple(_needs(overview, instant)),
        journeys=tuple(_journey(slug, overview.journeys[slug], home) for slug in _journeys(overview, home)),
        members=tuple(
            MemberFigures(
                name=members[slug].name if slug in members else slug,
                taken=count,
                offered=members[slug].welcomes if slug in members else 0,
            )
            for slug, count in ranked
        ),
        days=tuple(DayFigures(**dataclasses.asdict(day)) for day in overview.days),
        map=map_journeys(home.community, home.settings, language="en", reached=figures_of(overview))
        if home.community.journeys
        else None,
    )


def _journeys(overview: Overview, home: Home) -> list[str]:
    """Authored order, then what is in the store alone."""
    authored = [slug for slug in home.community.journeys if slug in overview.journeys]
    return [*authored, *sorted(set(overview.journeys) - set(authored))]


def _steps(slug: str, counts: JourneyCounts, home: Home) -> list[str]:
    """The question for a confirmation, the moments with a mail in authored order, each after the question to the
    member about it, then those the journey lost."""
    journey = home.community.journeys.get(slug)
    steps = [moment.id for moment in journey.steps] if journey is not None else []
    authored = [name for step in steps for name in (ask_moment(step), step) if name == step or name in counts.steps]
    asked = [CONFIRMATION] if CONFIRMATION in counts.steps else []
    return [*asked, *authored, *sorted(set(counts.steps) - {*authored, *asked})]


def _journey(slug: str, counts: JourneyCounts, home: Home) -> JourneyFigures:
    journey = home.community.journeys.get(slug)
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(counts.states.items()))
    return JourneyFigures(
        slug=slug,
        title=journey.title.text(home.community.language) if journey is not None else "no longer there",
        newcomers=f"{many(counts.states.total(), 'newcomer')} ({states})",
        steps=tuple(_step(slug, moment, counts, home) for moment in _steps(slug, counts, home)),
    )


def _step(slug: str, moment: str, counts: JourneyCounts, home: Home) -> StepFigures:
    about = asked_moment(moment)
    name = f"{about}?" if about else moment.strip("()")  # the member is asked
    step = counts.steps.get(moment)
    if step is None:
        is_held_out = counts.states["held out"] == counts.states.total()
        return StepFigures(name=name, why=("they are held out" if is_held_out else "added after they enrolled",))
    journey = home.community.journeys.get(slug)
    why = [f"{reason} {count:,}" for reason, count in sorted(step.skipped.items()) if reason != "stopped"]
    lost = journey is not None and moment != CONFIRMATION and journey.moment(about or moment) is None
    if journey is not None and lost and step.due + step.coming:
        why.append(lost_moment(about or moment, journey))
    return StepFigures(name=name, skipped=step.skipped.total() - step.stopped, why=tuple(why), **_figures(step))


def _figures(step: StepCounts) -> dict[str, int]:
    """All that is one number; `asdict` cannot copy a counter."""
    return {name: getattr(step, name) for name in StepCounts.__dataclass_fields__ if name != "skipped"}


def _last_pass(overview: Overview) -> str:
    run = overview.last_run
    if run is None:
        return ""
    failed = f", {run.failed:,} could not be written" if run.failed else ""
    return (
        f"{instant_text(run.at)}, {run.sent:,} sent, {run.skipped:,} skipped, "
        f"{run.planned_again:,} planned again{failed}"
    )


def _needs(overview: Overview, instant: datetime) -> Iterator[Need]:
    steps = [step for counts in overview.journeys.values() for step in counts.steps.values()]
    held, failing = sum(step.held for step in steps), sum(step.failing for step in steps)
    if held:
        yield Need(text=f"Nobody knows whether {many(held, 'mail')} arrived:", command="alongside send --resolve")
    if failing:
        yield Need(text=f"{many(failing, 'mail')} cannot be written or sent:", command="alongside doctor")
    since, run = overview.overdue_since, overview.last_run
    if since is not None and instant - since > PATIENCE:
        last = f"the last pass was on {instant_text(run.at)}" if run is not None else "there was no pass"
        yield Need(
            text=f"Mail has been due since {instant_text(since)}, and {last}. Does cron run it?",
            command="alongside send",
        )


# --- for a terminal ---


def _as_text(status: Status, *, colour: bool) -> str:
    title = style(printable(status.community), colour=colour, bold=True)
    parts = [f"{title}  {style(status.at, colour=colour, dim=True)}\n"]
    if status.needs:
        parts.append(_needs_text(status, colour=colour))
    parts += [
        _journey_text(journey, _map_lines(status.map, journey.slug), colour=colour) for journey in status.journeys
    ]
    if any(day.sent for day in status.days):
        parts.append(_days_text(status, colour=colour))
    if status.members:
        parts.append(_load_text(status, colour=colour))
    parts.append(f"Last pass: {status.last_pass}\n" if status.last_pass else "Nothing was sent yet: alongside send\n")
    return "\n".join(parts)


def _needs_text(status: Status, *, colour: bool) -> str:
    lines = [style("What needs a person", colour=colour, fg="red", bold=True)]
    for need in status.needs:
        lines += wrap(need.text, first="  ", rest="  ", columns=COLUMNS)
        lines.append(f"    {need.command}")
    return "\n".join(lines) + "\n"


def _map_lines(told: JourneyMap | None, slug: str) -> list[str]:
    """The journey's moments in their order, with the team of each: `alongside map` says more of them."""
    found = next((journey for journey in told.journeys if journey.slug == slug), None) if told is not None else None
    if told is None or found is None:
        return []
    parts = []
    for team, moments in groupby(found.moments, key=lambda moment: moment.team):
        names = ", ".join(f"{moment.id} ({moment.place})" for moment in moments)
        parts.append(printable(f"{told.teams[team]}: {names}"))
    return list(wrap(" → ".join(parts), first="    ", rest="    ", columns=COLUMNS))


def _journey_text(journey: JourneyFigures, moments: list[str], *, colour: bool) -> str:
    slug = printable(journey.slug)
    heading = "\n".join(
        wrap(f"{printable(journey.title)}: {journey.newcomers}", first=f"{slug}  ", rest="    ", columns=COLUMNS)
    )
    heading = style(slug, colour=colour, bold=True) + heading.removeprefix(slug)
    shown = [style(line, colour=colour, dim=True) for line in moments]
    return "\n".join((heading, *shown, _table(journey.steps, colour=colour)))


def _table(steps: tuple[StepFigures, ...], *, colour: bool) -> str:
    """A line a step. What finds no room as a column, or is in words, stands after the figures or on a line below."""
    names = [shorten(printable(step.name), STEP_SHOWN) for step in steps]
    room = COLUMNS - 2 - max(map(width, [*names, "step"])) - sum(2 + len(title) for title in ("sent", "due", "coming"))
    room -= 2 + len("skipped")
    shown = []
    for title in RARE:
        if any(getattr(step, title) for step in steps) and room >= 2 + len(title):
            shown.append(title)
            room -= 2 + len(title)
    order = "sent answered bounced due coming waiting skipped stopped held refused".split()
    titles = [title for title in order if title in shown or title not in RARE]
    columns = [Column(title="step"), *(Column(title=title, align="right") for title in titles)]
    rows = [[name, *(f"{getattr(step, title):,}" for title in titles)] for name, step in zip(names, steps, strict=True)]
    head, *lines = render_table(columns, rows, colour=colour).splitlines()
    told = [head]
    for step, line in zip(steps, lines, strict=True):
        words = printable(", ".join(_words(step, shown)))
        if words and width(line) + 2 + width(words) <= COLUMNS:
            told.append(f"{line}  {words}")
        else:
            told += [line, *(wrap(words, first="    ", rest="    ", columns=COLUMNS) if words else ())]
    return "\n".join(told) + "\n"


def _words(step: StepFigures, shown: list[str]) -> Iterator[str]:
    yield from step.why
    for title in RARE:
        if title not in shown and getattr(step, title):
            yield f"{title} {getattr(step, title):,}"
    if step.failing:
        yield f"{step.failing:,} cannot be written or sent"


def _days_text(status: Status, *, colour: bool) -> str:
    """A line of blocks, one a day."""
    most = max(day.sent for day in status.days)
    blocks = "".join(LEVELS[round((len(LEVELS) - 1) * day.sent / most)] if day.sent else "·" for day in status.days)
    totals = [
        f"{sum(getattr(day, kind) for day in status.days):,} {kind}"
        for kind in ("sent", "answered", "stopped", "bounced")
    ]
    told = ", ".join(text for text in totals if not text.startswith("0 "))
    title = style(f"The last {len(status.days)} days", colour=colour, bold=True)
    return f"{title}\n  {style(blocks, colour=colour, fg='green')}  {told}\n"


def _load_text(status: Status, *, colour: bool) -> str:
    """Bars: newcomers of the last seven days against what each member offered."""
    shown = status.members[:MEMBERS_SHOWN]
    names = [shorten(printable(member.name), 30) for member in shown]
    widest = max(map(width, names))
    lines = [style("Welcomed in the last seven days", colour=colour, bold=True)]
    for name, member in zip(names, shown, strict=True):
        bar = "█" * max(1, round(BAR * member.taken / shown[0].taken))
        figures = f"{member.taken:,} of {member.offered:,}"
        lines.append(f"  {pad(name, widest)}  {style(bar, colour=colour, fg='green')} {figures}")
    if len(status.members) > MEMBERS_SHOWN:
        lines.append(f"  and {many(len(status.members) - MEMBERS_SHOWN, 'more member')}")
    return "\n".join(lines) + "\n"


# --- for programs ---


def _as_json(overview: Overview, status: Status, home: Home, instant: datetime) -> dict[str, Any]:
    return {
        "now": _iso(instant),
        "needs": [dataclasses.asdict(need) for need in status.needs],
        "overdue_since": _iso(overview.overdue_since) if overview.overdue_since is not None else None,
        "journeys": [
            {
                "slug": slug,
                "newcomers": counts.states.total(),
                "states": dict(sorted(counts.states.items())),
                "steps": [
                    {"moment": moment, **_figures(counts.steps[moment]), "skipped": dict(counts.steps[moment].skipped)}
                    for moment in _steps(slug, counts, home)
                    if moment in counts.steps
                ],
            }
            for slug in _journeys(overview, home)
            for counts in (overview.journeys[slug],)
        ],
        "members": [
            {"slug": slug, "last_seven_days": count, "welcomes": member.welcomes if member is not None else 0}
            for slug, count in sorted(overview.load.items())
            for member in (home.community.members.get(slug),)
        ],
        "days": [{**dataclasses.asdict(day), "day": day.day.isoformat()} for day in overview.days],
        "last_run": {**dataclasses.asdict(overview.last_run), "at": _iso(overview.last_run.at)}
        if overview.last_run is not None
        else None,
    }


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
