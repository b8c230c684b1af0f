"""`alongside map`: every moment of the journeys, whose it is, and what follows; to read, to hang on a wall."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from alongside.cli.homes import find_journey
from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour, write_page
from alongside.cli.stores import Home, has_store, opened, read_home
from alongside.cli.tables import Column, printable, render_table, shorten, style
from alongside.delivery.overview import Overview, read_overview
from alongside.model.journeys import Journey, Moment
from alongside.problems import UsageError
from alongside.rendering.journey_map import Figures, JourneyMap, MappedJourney, Reached, map_html, map_journeys, map_svg
from alongside.rendering.mails.prose import wrap

COLUMNS = 80  # no line is longer
MOMENT_SHOWN, TEAM_SHOWN = 28, 20


@click.command(
    "map",
    epilog="""\b
Examples:
  alongside map
  alongside map first-month --svg first-month.svg
  alongside map --html map.html""",
)
@click.argument("slug", required=False, metavar="[JOURNEY]")
@click.option("--svg", "svg_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the drawing alone.")
@click.option(
    "--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write one page: drawing and tables."
)
@output_format("text", "json")
@config_file
@now
@reports_errors
def command(
    slug: str | None, svg_file: Path | None, html_file: Path | None, format_: str, config_file: Path,
    now_text: str | None,
) -> None:  # fmt: skip
    """Show the moments of each journey in their order: where, when, whose, from whom; and what was reached, where
    there is a store. Drawing and page speak the community's language.
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    if not home.community.journeys:
        raise UsageError("There are no journeys yet.", hint="Write one below journeys/, or start from: alongside new")
    slugs = (find_journey(home.community, slug).slug,) if slug is not None else tuple(home.community.journeys)
    reached = None
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            reached = figures_of(read_overview(connection, now=instant, resolve=home.community.resolve_member))
    if format_ == "json":
        click.echo(json.dumps(_as_json(home, slugs, reached), ensure_ascii=False, indent=2))
    elif svg_file is None and html_file is None:
        told = map_journeys(home.community, home.settings, language="en", journeys=slugs, reached=reached)
        click.echo(_as_text(told, colour=wants_colour()), nl=False)
    told = map_journeys(home.community, home.settings, journeys=slugs, reached=reached)
    if svg_file is not None:
        write_page(svg_file, map_svg(told))
    if html_file is not None:
        write_page(html_file, map_html(told))


def figures_of(overview: Overview) -> Figures:
    """What became of each moment's mails, by journey and moment."""
    return {
        (slug, moment): Reached(
            sent=step.sent,
            answered=step.answered,
            stopped=step.stopped,
            bounced=step.bounced,
            coming=step.due + step.coming + step.waiting,
        )
        for slug, counts in overview.journeys.items()
        for moment, step in counts.steps.items()
    }


# --- for a terminal ---


def _as_text(told: JourneyMap, *, colour: bool) -> str:
    return "\n".join(_journey_text(told, journey, colour=colour) for journey in told.journeys)


def _journey_text(told: JourneyMap, journey: MappedJourney, *, colour: bool) -> str:
    slug = printable(journey.slug)
    heading, *more = wrap(
        f"{printable(journey.title)}: {', '.join(journey.about)}", first=f"{slug}  ", rest="    ", columns=COLUMNS
    )
    lines = [style(slug, colour=colour, bold=True) + heading.removeprefix(slug), *more]
    titles = [Column(title=title) for title in ("moment", "where", "when", "team")]
    rows = [
        [
            shorten(printable(moment.id), MOMENT_SHOWN),
            moment.place,
            moment.when,
            shorten(printable(told.teams[moment.team]), TEAM_SHOWN),
        ]
        for moment in journey.moments
    ]
    head, *moments = render_table(titles, rows, colour=colour).splitlines()
    lines.append(head)
    for moment, line in zip(journey.moments, moments, strict=True):
        lines.append(line)
        details = printable("; ".join((moment.what, *moment.rules, *moment.figures)))
        lines += [
            style(text, colour=colour, dim=True)
            for text in wrap(details, first="      ", rest="      ", columns=COLUMNS)
        ]
    for follower in journey.followers:
        sign = "→" if follower.journey else "■"
        lines += wrap(printable(follower.text), first=f"  {sign} ", rest="    ", columns=COLUMNS)
    return "\n".join(lines) + "\n"


# --- for programs ---


def _as_json(home: Home, slugs: tuple[str, ...], reached: Figures | None) -> dict[str, Any]:
    community = home.community
    return {
        "teams": dict(home.settings.teams),
        "journeys": [
            {
                "slug": slug,
                "title": journey.title.text(community.language),
                "confirm": journey.confirm,
                "holdout": journey.holdout,
                "events": dict(journey.events),
                "moments": list(_moments_as_json(journey, reached)),
            }
            for slug in slugs
            for journey in (community.journeys[slug],)
        ],
    }


def _moments_as_json(journey: Journey, reached: Figures | None) -> Iterator[dict[str, Any]]:
    for moment in journey.moments:
        told: dict[str, Any] = {"id": moment.id, "owner": moment.owner, "where": moment.where}
        if moment.where == "mail":
            told |= _mail_as_json(moment)
            if reached is not None:
                told["reached"] = dataclasses.asdict(reached.get((journey.slug, moment.id), Reached()))
        else:
            told |= {"show": list(moment.show), "near_km": moment.near_km}
        yield told


def _mail_as_json(moment: Moment) -> dict[str, Any]:
    window = moment.window
    return {
        "after": {"amount": moment.after.amount, "unit": moment.after.unit},
        "from": moment.sender,
        "window": {
            "days": sorted(window.days),  # Monday is 0
            "from": window.start.isoformat("minutes"),
            "to": window.end.isoformat("minutes") if window.end is not None else None,
        },
        "ask_first_hours": moment.ask_first.total_seconds() / 3600 if moment.ask_first is not None else None,
        "stop_when": sorted(moment.stop_when),
        "invite": moment.invite,
    }
