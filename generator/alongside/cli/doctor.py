"""`alongside doctor`: what is wrong with mail, DNS, store and clock, and what to do."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour
from alongside.cli.stores import instant_text, many
from alongside.cli.tables import pad, printable, style, width
from alongside.delivery.doctor.examinations import examine
from alongside.delivery.doctor.findings import AREAS, Area, Finding, State
from alongside.delivery.doctor.levels import Standing, read_standing
from alongside.delivery.doctor.setups import Setup
from alongside.reading.settings_file import read_settings

WIDEST = 110  # columns; longer lines are hard to read
_MARKS: dict[State, tuple[str, str, str]] = {  # sign, the same in ASCII, colour
    "ok": ("✓", "ok", "green"),
    "warning": ("!", "!!", "yellow"),
    "error": ("✗", "XX", "red"),
    "skipped": ("-", "--", "bright_black"),
}
_LEVELS = {
    "none": "none yet",
    "static": "static (the site, embeds and feeds)",
    "mail": "mail (sequences go out, answers come in)",
    "service": "service (one-click stop and confirmation)",
}


@click.command(
    "doctor",
    epilog="\b\nExamples:\n  alongside doctor\n  alongside doctor --offline\n  alongside doctor --only dns --only smtp"
    "\n  alongside doctor --format json | jq '.findings[] | select(.state == \"error\")'\n\n"
    "Exit code 1 when something is an error. No mail is sent and nothing is changed.",
)
@click.option("--offline", is_flag=True, help="Ask no server: settings, store, clock, secrets and outbox alone.")
@click.option(
    "--only",
    "areas",
    multiple=True,
    type=click.Choice(tuple(AREAS)),
    metavar="AREA",
    help=f"Look at this area only; repeatable: {', '.join(AREAS)}.",
)
@output_format("text", "json")
@config_file
@now
@reports_errors
def command(offline: bool, areas: tuple[Area, ...], format_: str, config_file: Path, now_text: str | None) -> None:
    """Look at settings, store, clock, secrets, mail servers, DNS and service; say what is wrong and what to do.

    It tells which level a set-up has reached (static, mail, service), and what the next one takes.
    """
    at = clock(now_text)
    settings, problems = read_settings(config_file)
    setup = Setup(
        settings=settings, problems=problems, environment=os.environ, now=at.now, simulated=now_text is not None
    )
    findings = examine(
        setup,
        wall=lambda: datetime.now(UTC),
        areas=areas or tuple(AREAS),
        offline=offline,
        progress=_show_progress if sys.stderr.isatty() else None,
    )
    if sys.stderr.isatty():
        _show_progress(())
    standing = None if areas else read_standing(findings)
    if format_ == "json":
        click.echo(json.dumps(_as_json(findings, standing, at.now), ensure_ascii=False, indent=2))
    else:
        page = _Page(columns=_columns(), colour=wants_colour(), ascii_only=not _speaks_unicode())
        click.echo(page.render(settings.site_name, at.now, findings, standing, offline=offline), nl=False)
    if any(finding.state == "error" for finding in findings):
        sys.exit(1)


def _show_progress(running: Collection[Area]) -> None:
    """Which areas are still looked at, on one line that goes away."""
    line = f"Looking at {', '.join(running)} ..." if running else ""
    columns = shutil.get_terminal_size().columns - 1
    click.echo(f"\r{line[:columns]}\033[K", err=True, nl=False)


def _columns() -> int:
    return max(50, min(WIDEST, shutil.get_terminal_size().columns - 1))


def _speaks_unicode() -> bool:
    try:
        "✓✗→".encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeError):
        return False
    return True


def _as_json(findings: Sequence[Finding], standing: Standing | None, now: datetime) -> dict[str, Any]:
    level = None
    if standing is not None:
        level = {"reached": standing.level, "next": standing.next_level, "missing": list(standing.missing)}
    return {
        "now": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "level": level,
        "findings": [dataclasses.asdict(finding) for finding in findings],
    }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """How findings stand in a terminal of that many columns."""

    columns: int
    colour: bool
    ascii_only: bool

    def render(
        self, name: str, now: datetime, findings: Sequence[Finding], standing: Standing | None, *, offline: bool
    ) -> str:
        """A heading, one block an area, the sum, and the level."""
        widest = max((width(finding.what) for finding in findings), default=0)
        title = style(printable(name), colour=self.colour, bold=True)
        blocks = [f"{title}  {style(instant_text(now), colour=self.colour, dim=True)}"]
        for area, heading in AREAS.items():
            lines = [self._finding(finding, widest) for finding in findings if finding.area == area]
            if lines:
                blocks.append("\n".join([style(heading, colour=self.colour, bold=True), *lines]))
        blocks.append(self._sum(findings))
        if standing is not None:
            blocks.append(self._standing(standing, offline=offline))
        text = "\n\n".join(blocks) + "\n"
        return text.encode(sys.stdout.encoding or "ascii", "replace").decode(sys.stdout.encoding or "ascii")

    def _finding(self, finding: Finding, widest: int) -> str:
        sign, plain, colour = _MARKS[finding.state]
        mark = pad(plain if self.ascii_only else sign, self._mark_width)
        first = f"  {style(mark, colour=self.colour, fg=colour, bold=True)} {pad(finding.what, widest)}  "
        indent = " " * (2 + self._mark_width + 1 + widest + 2)
        lines = self._wrapped(finding.message, indent)
        text = first + lines[0] + "".join(f"\n{indent}{line}" for line in lines[1:])
        if finding.hint and finding.state != "ok":
            arrow = "-> " if self.ascii_only else "→ "
            hint = self._wrapped(finding.hint, indent + arrow)
            told = [f"{arrow}{hint[0]}", *(" " * len(arrow) + line for line in hint[1:])]
            text += "".join(f"\n{indent}{style(line, colour=self.colour, fg='cyan')}" for line in told)
        elif finding.hint:
            text += "".join(
                f"\n{indent}{style(line, colour=self.colour, dim=True)}" for line in self._wrapped(finding.hint, indent)
            )
        return text

    @property
    def _mark_width(self) -> int:
        return 2 if self.ascii_only else 1

    def _wrapped(self, text: str, indent: str) -> list[str]:
        """Lines that fit beside `indent`; addresses and commands are not broken at their hyphens."""
        room = max(20, self.columns - len(indent))
        return textwrap.wrap(printable(text), room, break_on_hyphens=False) or [""]

    def _sum(self, findings: Sequence[Finding]) -> str:
        counts = Counter(finding.state for finding in findings)
        parts = [
            style(many(counts["error"], "error"), colour=self.colour and counts["error"] > 0, fg="red", bold=True),
            style(many(counts["warning"], "warning"), colour=self.colour and counts["warning"] > 0, fg="yellow"),
            f"{counts['ok']:,} ok",
            f"{counts['skipped']:,} not looked at",
        ]
        return ", ".join(parts)

    def _standing(self, standing: Standing, *, offline: bool) -> str:
        known = ", as far as can be told offline" if offline else ""
        name = _LEVELS[standing.level]
        above = f"For the next one, {standing.next_level}:" if standing.next_level else "There is none above."
        heading = "\n".join(self._wrapped(f"Level: {name}{known}. {above}", ""))
        lines = [heading.replace(name, style(name, colour=self.colour, bold=True))]
        bullet = "* " if self.ascii_only else "• "
        for missing in standing.missing:
            first, *rest = self._wrapped(missing, f"  {bullet}")
            lines += [f"  {bullet}{first}", *(f"    {line}" for line in rest)]
        return "\n".join(lines)
