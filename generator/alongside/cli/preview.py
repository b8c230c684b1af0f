"""`alongside preview`: what one newcomer would get on a journey, when, from whom and why."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from alongside.cli.homes import find_journey
from alongside.cli.options import clock, config_file, now, output_format, report_problems, reports_errors, wants_colour
from alongside.problems import AlongsideError, UsageError
from alongside.reading.loader import load_community
from alongside.reading.newcomers import read_profile
from alongside.reading.settings_file import read_settings
from alongside.rendering.mails.messages import Routing, compose, sender_address
from alongside.rendering.mails.timelines import (
    Timeline,
    Tone,
    plan_timeline,
    timeline_html,
    timeline_json,
    timeline_text,
)
from alongside.settings import Settings

NOBODY = "newcomer@example.invalid"  # To of a profile without an address; RFC 2606 keeps it from everybody

TONES: dict[Tone, dict[str, Any]] = {
    "title": {"bold": True},
    "time": {"fg": "cyan"},
    "moment": {"fg": "green", "bold": True},
    "quiet": {"dim": True},
    "note": {"fg": "yellow"},
    "subject": {"bold": True},
    "plain": {},
}


@click.command(
    "preview",
    epilog="""\b
Examples:
  alongside preview first-month --as journeys/newcomers/beatriz.yml
  alongside preview first-month --as profile.yml --now 2026-12-24T18:00Z
  alongside preview first-month --as profile.yml --html preview.html --eml mails/
  alongside preview first-month --as profile.yml --format json | jq '.[].subject'""",
)
@click.argument("journey")
@config_file
@click.option("--as", "profile", type=click.Path(path_type=Path), required=True, help="The newcomer's profile (YAML).")
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write one page to look at.")
@click.option("--eml", "eml_dir", type=click.Path(path_type=Path, file_okay=False), help="Write each mail as .eml.")
@output_format("text", "json")
@now
@reports_errors
def command(
    journey: str,
    config_file: Path,
    profile: Path,
    html_file: Path | None,
    eml_dir: Path | None,
    format_: str,
    now_text: str | None,
) -> None:
    """Show what one newcomer would get on JOURNEY: when, from whom, and why.

    Nothing is sent and nobody is enrolled. Times stand in the newcomer's own zone and in UTC; moments without a mail
    are shown where they stand on the journey. Exits 1 when a mail cannot be written.
    """
    instant = clock(now_text).now
    settings, _ = read_settings(config_file)
    community = load_community(settings, today=instant.date()).community
    chosen = find_journey(community, journey)
    newcomer, problems = read_profile(profile, community, settings)
    report_problems(problems)
    if newcomer is None:
        raise UsageError(f"{profile} holds no profile that can be used.", hint="The lines above say what to mend.")
    timeline = plan_timeline(community, settings, chosen, newcomer, now=instant)
    if format_ == "json":
        click.echo(json.dumps(timeline_json(timeline), ensure_ascii=False, indent=2))
    else:
        columns = shutil.get_terminal_size((80, 24)).columns
        click.echo(timeline_text(timeline, columns=columns, style=_style), nl=False)
    _write_files(timeline, settings, html_file, eml_dir)
    if any(entry.failed for entry in timeline.entries):
        sys.exit(1)


def _style(text: str, tone: Tone) -> str:
    return click.style(text, **TONES[tone]) if text.strip() and TONES[tone] and wants_colour() else text


def _write_files(timeline: Timeline, settings: Settings, html_file: Path | None, eml_dir: Path | None) -> None:
    try:
        if html_file is not None:
            html_file.parent.mkdir(parents=True, exist_ok=True)
            html_file.write_text(timeline_html(timeline), encoding="utf-8")
            click.echo(f"Wrote {html_file}", err=True)
        if eml_dir is not None:
            eml_dir.mkdir(parents=True, exist_ok=True)
            files = _messages(timeline, settings)
            for name, message in files.items():
                (eml_dir / name).write_bytes(message)
            click.echo(f"Wrote {len(files)} mails to {eml_dir}", err=True)
    except OSError as error:
        raise AlongsideError(f"{error.filename} cannot be written: {error.strerror}.") from error


def _messages(timeline: Timeline, settings: Settings) -> dict[str, bytes]:
    """Each mail as it would go out, by file name; later mails of a member answer their first."""
    sender = sender_address(settings)
    host = sender.rpartition("@")[2]
    first: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for number, entry in enumerate((entry for entry in timeline.entries if entry.mail is not None), start=1):
        mail, step = entry.mail, entry.step
        if mail is None or step is None:
            continue
        message_id = f"preview-{timeline.journey.slug}-{entry.moment.id}@{host}"
        files[f"{number:02d}-{entry.moment.id}.eml"] = compose(
            mail,
            Routing(
                sender_address=sender,
                to_address=timeline.newcomer.email or NOBODY,
                to_name=timeline.newcomer.name,
                message_id=message_id,
                date=step.due,
                list_id=f"{timeline.journey.slug}.{host}",
                stop_mailto=f"mailto:{sender}?subject=stop",
                in_reply_to=first.get(mail.member, ""),
            ),
        )
        if mail.member:
            first.setdefault(mail.member, message_id)
    return files
