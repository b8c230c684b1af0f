"""The community that a command works on. Nothing here opens the store, which takes longer to import than to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from alongside.model.community import Community
from alongside.model.journeys import Journey
from alongside.problems import UsageError, did_you_mean
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A community and the settings it was read with."""

    settings: Settings
    community: Community


def read_home(config_file: Path, *, now: datetime) -> Home:
    """The community of a configuration file. Errors in it are counted on stderr; `alongside check` tells them."""
    settings, problems = read_settings(config_file)
    loaded = load_community(settings, today=now.date())
    errors = sum(problem.severity == "error" for problem in (*problems, *loaded.problems))
    if errors:
        what = "an error" if errors == 1 else f"{errors} errors"
        click.echo(f"warning: {what} in the content; what is wrong is left out. See: alongside check", err=True)
    return Home(settings=settings, community=loaded.community)


def find_journey(community: Community, slug: str) -> Journey:
    """The journey of that slug. Raises `UsageError` naming the nearest."""
    journey = community.journeys.get(slug)
    if journey is None:
        known = ", ".join(community.journeys) or "none"
        hint = did_you_mean(slug, community.journeys) or f"There are: {known}."
        raise UsageError(f'There is no journey "{slug}".', hint=hint)
    return journey
