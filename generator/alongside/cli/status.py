"""`alongside status`: what happened, and what comes next."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour
from alongside.cli.stores import EMPTY, Home, has_store, instant_text, lost_moment, many, opened, read_home
from alongside.cli.tables import Column, pad, printable, render_table, shorten, style, width
from alongside.delivery.overview import JourneyCounts, Overview, read_overview

MEMBERS_SHOWN = 12
BAR = 20  # columns of the longest bar


@click.command("status", epilog="\b\nExamples:\n  alongside status\n  alongside status --format json | jq .journeys")
@output_format("text", "json")
@config_file
@now
@reports_errors
def command(format_: str, config_file: Path, now_text: str | None) -> None:
    """Show each journey's steps (sent, due, coming, skipped and why), who took whom on this week, and the last pass."""
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    overview = Overview(journeys={}, load={}, last_run=None)
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            overview = read_overview(connection, now=instant, resolve=home.community.resolve_member)
    if format_ == "json":
        click.echo(json.dumps(_as_json(overview, home, instant), ensure_ascii=False, indent=2))
    elif not overview.journeys:
        click.echo(EMPTY)
    else:
        click.echo(_as_text(overview, home, instant, colour=wants_colour()), nl=False)


def _journeys(overview: Overview, home: Home) -> list[str]:
    """Authored order, then what is in the store alone."""
    authored = [slug for slug in home.community.journeys if slug in overview.journeys]
    return [*authored, *sorted(set(overview.journeys) - set(authored))]


def _steps(slug: str, counts: JourneyCounts, home: Home) -> list[str]:
    """The moments with a mail in authored order, then those the journey no longer has."""
    journey = home.community.journeys.get(slug)
    authored = [moment.id for moment in journey.steps] if journey is not None else []
    return [*authored, *sorted(set(counts.steps) - set(authored))]


def _as_text(overview: Overview, home: Home, instant: datetime, *, colour: bool) -> str:
    title = style(printable(home.community.name), colour=colour, bold=True)
    parts = [f"{title}  {style(instant_text(instant), colour=colour, dim=True)}\n"]
    parts += [_journey_text(slug, overview.journeys[slug], home, colour=colour) for slug in _journeys(overview, home)]
    if overview.load:
        parts.append(_load_text(overview, home, colour=colour))
    if overview.last_run is not None:
        run = overview.last_run
        failed = style(f", {run.failed:,} could not be written", colour=colour, fg="red") if run.failed else ""
        parts.append(
            f"Last pass: {instant_text(run.at)}, {run.sent:,} sent, {run.skipped:,} skipped, "
            f"{run.planned_again:,} planned again{failed}\n"
        )
    else:
        parts.append("Nothing was sent yet: alongside send\n")
    return "\n".join(parts)


def _journey_text(slug: str, counts: JourneyCounts, home: Home, *, colour: bool) -> str:
    journey = home.community.journeys.get(slug)
    name = printable(journey.title.text(home.community.language)) if journey is not None else "no longer there"
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(counts.states.items()))
    heading = f"{style(slug, colour=colour, bold=True)}  {name}: {many(counts.states.total(), 'newcomer')} ({states})\n"
    columns = [
        Column(title="step"),
        *(Column(title=title, align="right") for title in ("sent", "due", "coming", "skipped")),
        Column(title=""),
    ]
    rows = []
    for moment in _steps(slug, counts, home):
        step = counts.steps.get(moment)
        if step is None:
            rows.append([moment, "0", "0", "0", "0", "added after they enrolled"])
            continue
        why = [f"{reason} {count:,}" for reason, count in sorted(step.skipped.items())]
        why += [f"{step.waiting:,} wait for a confirmation"] if step.waiting else []
        why += [f"{step.failing:,} could not be written"] if step.failing else []
        if journey is not None and journey.moment(moment) is None and step.due + step.coming:
            why.append(lost_moment(moment, journey))
        figures = (step.sent, step.due, step.coming, step.skipped.total())
        rows.append([moment, *(f"{figure:,}" for figure in figures), ", ".join(why)])
    return heading + render_table(columns, rows, colour=colour)


def _load_text(overview: Overview, home: Home, *, colour: bool) -> str:
    """Bars: newcomers of the last seven days against what each member offered."""
    members = home.community.members
    ranked = sorted(overview.load.items(), key=lambda entry: (-entry[1], entry[0]))
    names = {slug: shorten(printable(members[slug].name), 30) if slug in members else slug for slug, _ in ranked}
    widest = max(width(names[slug]) for slug, _ in ranked[:MEMBERS_SHOWN])
    lines = [style("Welcomed in the last seven days", colour=colour, bold=True)]
    for slug, count in ranked[:MEMBERS_SHOWN]:
        offered = members[slug].welcomes if slug in members else 0
        bar = "█" * max(1, round(BAR * count / ranked[0][1]))
        lines.append(f"  {pad(names[slug], widest)}  {style(bar, colour=colour, fg='green')} {count:,} of {offered:,}")
    if len(ranked) > MEMBERS_SHOWN:
        lines.append(f"  and {len(ranked) - MEMBERS_SHOWN:,} more members")
    return "\n".join(lines) + "\n"


def _as_json(overview: Overview, home: Home, instant: datetime) -> dict[str, Any]:
    return {
        "now": _iso(instant),
        "journeys": [
            {
                "slug": slug,
                "newcomers": counts.states.total(),
                "states": dict(sorted(counts.states.items())),
                "steps": [
                    {"moment": moment, **dataclasses.asdict(counts.steps[moment])}
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
        "last_run": {**dataclasses.asdict(overview.last_run), "at": _iso(overview.last_run.at)}
        if overview.last_run is not None
        else None,
    }


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
