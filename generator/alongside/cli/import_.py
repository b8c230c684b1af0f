"""`alongside import`: the meetups of calendars that somebody keeps elsewhere, as files."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date
from pathlib import Path
from typing import Any

import click

from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour
from alongside.cli.stores import Home, many, read_home
from alongside.cli.tables import printable, style
from alongside.delivery.fetching import Fetcher, FetchError, Limits
from alongside.importing.components import MAX_OCTETS, Components, read_components
from alongside.importing.files import Action, Outcome, Plan, Target, counted, plan_files
from alongside.importing.meetups import Imported, Notice, Progress, Wishes, read_meetups
from alongside.importing.yaml2ics import read_yaml2ics
from alongside.problems import AlongsideError, UsageError, did_you_mean
from alongside.reading.places import find_place
from alongside.reading.times import parse_date
from alongside.writing.files import write_files

SECONDS = 60.0  # for a calendar from the network
PROGRESS_FROM = 500  # events, meetups
_TOLD: dict[Action, str] = {
    "new": "new", "changed": "changed", "unchanged": "unchanged", "kept": "left as a writer changed it"
}  # fmt: skip
_OTHERS = {"VTODO": "task", "VJOURNAL": "journal entry", "VFREEBUSY": "list of busy times"}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


@click.group("import", epilog="Start with: alongside import ics calendar.ics --dry-run")
def command() -> None:
    """Bring the meetups of a calendar you have: they become files in content/meetups/.

    Running it again takes in what changed, and never overwrites what a writer changed. Nobody is named: organisers and
    guests are left out, and so is every e-mail address.
    """


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What both kinds share."""
    options = (
        click.option("--group", metavar="SLUG", help="The group that holds these meetups."),
        click.option("--place", metavar="PLACE", help='Where those are that name no place: "Berlin, Germany".'),
        click.option("--since", metavar="DATE", help="Leave out what was over by that day.  [default: today]"),
        click.option("--into", type=click.Path(path_type=Path), help="Another folder than content/meetups/."),
        click.option("--list", "list_file", metavar="NAME.yml", help="New ones become items of that list there."),
        click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing."),
        output_format("text", "json"),
        config_file,
        now,
    )
    return functools.reduce(lambda made, option: option(made), reversed(options), function)


_EXITS = """\b
Exit 0: taken in, or nothing changed; 1: an event could not be said in a file (it is named), or
the calendar cannot be used (nothing is written); 2: the call was wrong."""


@command.command(
    "ics",
    short_help="Of an iCalendar file (.ics), or of its address.",
    epilog=f"""\b
Examples:
  alongside import ics calendar.ics --dry-run
  alongside import ics https://calendar.example.org/meetups.ics --group docs-berlin
  alongside import ics webcal://calendar.example.org/meetups.ics --since 2020-01-01

{_EXITS}""",
)
@click.argument("source", metavar="FILE|URL")
@click.option(
    "--internal", multiple=True, metavar="HOST", help="A host that may lie within your own network. May be repeated."
)
@_options
@reports_errors
def ics_command(source: str, internal: tuple[str, ...], **called: Any) -> None:
    """Take in the meetups of an iCalendar file (.ics), or of its address.

    Every calendar program exports one; Google's "secret address" works as well.
    """
    home, wishes = _prepare(called)
    content = _content(source, internal, home)
    _import(home, wishes, called, read_components(content), [])


@command.command(
    "yaml2ics",
    short_help="Of a YAML file as yaml2ics reads it.",
    epilog=f"""\b
Examples:
  alongside import yaml2ics calendars/numpy.yaml --group numpy
  alongside import yaml2ics calendars/all.yaml --list community-calls.yml --dry-run

{_EXITS}""",
)
@click.argument("file", type=click.Path(path_type=Path))
@_options
@reports_errors
def yaml2ics_command(file: Path, **called: Any) -> None:
    """Take in the meetups of a YAML file as yaml2ics reads it, and of the files that it includes."""
    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    home, wishes = _prepare(called)
    components, notices = read_yaml2ics(file)
    _import(home, wishes, called, components, notices)


def _prepare(called: Mapping[str, Any]) -> tuple[Home, Wishes]:
    """The community, and what the call asks for. Raises `UsageError`."""
    instant = clock(called["now_text"]).now
    home = read_home(called["config_file"], now=instant)
    group, place = called["group"] or "", called["place"] or ""
    if group and group not in home.community.groups:
        raise UsageError(f'There is no group "{group}".', hint=did_you_mean(group, home.community.groups))
    if place:
        found, candidates, near = find_place(place)
        if found is None:
            hint = " or ".join(f'"{name}"' for name in (*candidates, *near)[:6])
            raise UsageError(f'No one place is called "{place}".', hint=f"Write {hint}." if hint else "")
    challenges = {
        name.casefold(): slug
        for slug, challenge in home.community.challenges.items()
        for name in (slug, *challenge.also, *(text for _, text in challenge.title.versions))
    }
    return home, Wishes(
        zone=home.settings.timezone,
        challenges=challenges,
        group=group,
        place=place,
        since=_since(called["since"], instant.astimezone(UTC).date()),
    )


def _since(text: str | None, today: date) -> date:
    if text is None:
        return today
    day = parse_date(text)
    if day is None:
        raise UsageError(f'--since "{text}" is no date.', hint="Write year-month-day: 2026-05-04")
    return day


def _target(home: Home, into: Path | None, list_file: str | None) -> Target:
    folder = (into if into is not None else home.settings.docs_dir / "meetups").absolute()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder.name} is no folder.")
    if list_file is None:
        return Target(settings=home.settings, folder=folder)
    if "/" in list_file or "\\" in list_file or not list_file.endswith((".yml", ".yaml")) or list_file[0] == ".":
        raise UsageError(f'"{list_file}" is no name of a list.', hint="Write a name alone: --list calls.yml")
    return Target(settings=home.settings, folder=folder, list_file=folder / list_file)


# --- where it comes from ---


def _content(source: str, internal: tuple[str, ...], home: Home) -> bytes:
    """The octets of a file or address. Raises `AlongsideError`."""
    scheme = _SCHEME.match(source)
    if scheme is None:
        return _file(Path(source))
    hosts = frozenset(host.lower().rstrip(".") for host in internal)
    return asyncio.run(_fetch(source, scheme[1].lower(), hosts, home.settings.site_url))


def _file(file: Path) -> bytes:
    try:
        if not file.is_file():
            raise UsageError(f"There is no file {file}.")
        with file.open("rb") as stream:
            return stream.read(MAX_OCTETS + 1)
    except OSError as error:
        raise AlongsideError(f"{file} cannot be read: {error.strerror}.") from error


async def _fetch(url: str, scheme: str, internal: frozenset[str], site_url: str) -> bytes:
    """What an address gives; `webcal:` is https: by another name."""
    if scheme in ("webcal", "webcals"):
        url = "https" + url[len(scheme) :]
    if scheme == "http":
        click.echo("warning: http: is not protected; whoever is on the way can change what you import.", err=True)
    limits = Limits(seconds=SECONDS, octets=MAX_OCTETS, redirects=5, plain=scheme == "http", internal=internal)
    try:
        found = await Fetcher(site_url=site_url, limits=limits).fetch(url, accept="text/calendar, */*;q=0.1")
    except FetchError as error:
        raise AlongsideError(f"The calendar cannot be fetched. {error}", hint=error.hint) from error
    if found.status != 200:
        hint = "Google's public address works only for a public calendar." if found.status in (401, 403, 404) else ""
        raise AlongsideError(f"The calendar cannot be fetched. It answered {found.status}.", hint=hint)
    return found.body


# --- the import ---


def _import(
    home: Home, wishes: Wishes, called: Mapping[str, Any], components: Components, notices: list[Notice]
) -> None:
    target = _target(home, called["into"], called["list_file"])
    imported = read_meetups(components, wishes, progress=_progress("event", len(components.events)))
    imported.notices[:0] = notices
    progress = _progress("meetup", len(imported.entries))
    plan = plan_files(imported, target, home.community, since=wishes.since, progress=progress)
    if not called["dry_run"]:
        write_files(plan.contents, plan.before)
    if called["format_"] == "json":
        click.echo(json.dumps(_as_json(imported, plan), ensure_ascii=False, indent=2))
    else:
        _print(imported, plan, dry_run=called["dry_run"])
    sys.exit(1 if any(notice.left_out for notice in imported.notices) else 0)


def _progress(what: str, total: int) -> Progress | None:
    """What shows on a terminal how far a long work has come, and takes its line away at the end."""
    if total < PROGRESS_FROM or not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        if done == total - 1:
            click.echo("\r\033[K", err=True, nl=False)
        elif done % 100 == 0:
            click.echo(f"\r\033[K{done:,} of {many(total, what)} read", err=True, nl=False)

    return show


def _print(imported: Imported, plan: Plan, *, dry_run: bool) -> None:
    for notice in imported.notices:
        click.echo(_line(notice), err=True)
    for outcome in plan.outcomes:
        if outcome.action in ("new", "changed"):
            click.echo(printable(f"{outcome.path}: {_TOLD[outcome.action]}: {outcome.entry.title}"))
    counts = counted(plan.outcomes)
    told = ", ".join(f"{count:,} {_TOLD[action]}" for action, count in counts.items() if count)
    parts = [f"{many(len(plan.outcomes), 'meetup')}{f': {told}' if told else ''}."]
    if imported.over:
        parts.append(f"{many(imported.over, 'event is', 'events are')} over.")
    parts += [f"{many(count, _OTHERS.get(name, name))} left out." for name, count in sorted(imported.others.items())]
    if dry_run:
        parts.append("Nothing was written.")
    click.echo(printable(" ".join(parts)))


def _line(notice: Notice) -> str:
    label = style("left out:", colour=wants_colour("stderr"), fg="red", bold=True) if notice.left_out else "note:"
    about = f'"{notice.title}" ({notice.uid}): ' if notice.uid else ""
    return f"{label} {printable(f'{about}{notice.message} {notice.hint}'.rstrip())}"


def _as_json(imported: Imported, plan: Plan) -> dict[str, Any]:
    def notices(*, left_out: bool) -> list[dict[str, str]]:
        return [
            {"uid": notice.uid, "title": notice.title, "message": notice.message, "hint": notice.hint}
            for notice in imported.notices
            if notice.left_out is left_out
        ]

    return {
        "meetups": [_outcome(outcome) for outcome in plan.outcomes],
        "left_out": notices(left_out=True),
        "notes": notices(left_out=False),
        "over": imported.over,
        "others": dict(imported.others),
    }


def _outcome(outcome: Outcome) -> dict[str, str]:
    return {
        "uid": outcome.entry.uid,
        "title": outcome.entry.title,
        "path": outcome.path,
        "action": outcome.action,
    }
