"""`alongside token`: what a page of a product without a back end shows to enroll newcomers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from alongside.cli.homes import find_journey
from alongside.cli.options import clock, config_file, now, reports_errors
from alongside.cli.stores import instant_text, opened, read_home
from alongside.delivery.browser_tokens import BrowserToken, make_browser_token
from alongside.problems import UsageError, nearest

LONGEST_DAYS = 730


@click.command(
    "token",
    epilog="""\b
Examples:
  alongside token --journey first-month --origin https://app.example.org
  alongside token --journey first-month --origin https://app.example.org --origin https://www.example.org --days 365

  The token is public, as everything in a page is. It enrolls one newcomer at a time, who is asked by mail first.
  To make it void before its time, take its origin out of the settings.""",
)
@click.option("--journey", required=True, help="The journey that newcomers of the page come to.")
@click.option("--origin", "origins", required=True, multiple=True, help="Where the page is; can be given again.")
@click.option(
    "--days", type=click.IntRange(1, LONGEST_DAYS), default=90, show_default=True, help="How long the token is good."
)
@config_file
@now
@reports_errors
def command(journey: str, origins: tuple[str, ...], days: int, config_file: Path, now_text: str | None) -> None:
    """Print a token with which a page of your product may enroll newcomers, without a back end of its own."""
    instant = clock(now_text).now.replace(microsecond=0)
    home = read_home(config_file, now=instant)
    chosen = find_journey(home.community, journey)
    wanted = tuple(dict.fromkeys(origin.rstrip("/") for origin in origins))
    for origin in wanted:
        if origin not in home.settings.origins:
            near = nearest(origin, home.settings.origins)
            hint = f'Did you mean "{near}"? ' if near else ""
            raise UsageError(
                f'The settings do not know the origin "{origin}".',
                hint=f"{hint}Write it into mkdocs.yml: service: {{origins: [{origin}]}}",
            )
    token = BrowserToken(journey=chosen.slug, origins=wanted, good_until=instant + timedelta(days=days))
    with opened(home.settings) as store:
        click.echo(make_browser_token(token, store.key))
    click.echo(f"Good until {instant_text(token.good_until)}, for pages of {', '.join(wanted)}.", err=True)
