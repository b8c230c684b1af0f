"""`alongside meetup`: a file for a dated gathering."""

from __future__ import annotations

from typing import Any

import click

from alongside.cli.options import reports_errors
from alongside.cli.scaffolds import languages_option, record_options, several, write_record
from alongside.problems import UsageError
from alongside.writing.records import MEETUP_KIND

OPTIONS = {
    "title": "TITLE", "group": "--group", "starts": "--starts", "timezone": "--timezone", "duration": "--duration",
    "repeats": "--repeats", "until": "--until", "place": "--place", "online": "--online", "languages": "--language",
    "hosts": "--host", "challenges": "--challenge", "topics": "--topic",
}  # fmt: skip


@click.command(
    "meetup",
    short_help="Make a file for a meetup.",
    epilog="""\b
Examples:
  alongside meetup                     # asks for everything
  alongside meetup "First batch" --group early-birds --starts "2026-12-03 06:30" --duration 45m \\
      --repeats "first Thursday of every month" --place "Porto, Portugal\"""",
)
@click.argument("title", required=False)
@click.option("--group", metavar="NAME", help="The group that holds it: a slug, or the name people read.")
@click.option("--starts", metavar="TIME", help='"2026-12-03 18:30" where it is; a date alone: all day.')
@click.option("--timezone", metavar="ZONE", help="An IANA name; else that of the place, the group or the community.")
@click.option("--duration", metavar="LENGTH", help="2h, 90 minutes, 1h 30m.")
@click.option("--repeats", metavar="WORDS", help="every week, first Thursday of every month, ...")
@click.option("--until", metavar="DATE", help="The last day on which it may repeat.")
@click.option("--place", metavar="PLACE", help='"City, Country"; with --at a venue and its street.')
@click.option("--at", metavar="LAT,LON", help="Where the venue is: 52.513,13.42")
@click.option("--online", metavar="URL", help="The address to join at.")
@languages_option("A language that is spoken. May be repeated.")
@several("--host", "hosts", "NAME", "Who holds it: a slug of content/members, or the name people read.")
@several("--challenge", "challenges", "NAME", "A challenge it is about: a slug, a title or an alias.")
@several("--topic", "topics", "TEXT", "A free tag.")
@record_options
@reports_errors
def command(at: str | None, **called: Any) -> None:
    """Make a file for a meetup in content/meetups/, called after its TITLE.

    On a terminal you are asked for what is missing; a file that is there is never written over.
    """
    if at is not None:
        lat, comma, lon = (part.strip() for part in at.partition(","))
        if not called["place"] or not comma:
            raise UsageError("--at is the point of a --place.", hint='Write --place "c-base, Berlin" --at 52.513,13.42')
        called["place"] = {"label": called["place"], "lat": lat, "lon": lon}
    write_record(MEETUP_KIND, called, OPTIONS)
