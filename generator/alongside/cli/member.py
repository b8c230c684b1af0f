"""`alongside member`: a file for a member, without the consent that only they can give."""

from __future__ import annotations

from typing import Any

import click

from alongside.cli.options import reports_errors
from alongside.cli.scaffolds import languages_option, record_options, several, write_record
from alongside.writing.records import MEMBER_KIND

OPTIONS = {
    "name": "NAME", "pronouns": "--pronouns", "place": "--place", "timezone": "--timezone",
    "languages": "--language", "roles": "--role", "challenges": "--challenge", "topics": "--topic",
}  # fmt: skip


@click.command(
    "member",
    short_help="Make a file for a member.",
    epilog="""\b
Examples:
  alongside member                     # asks for everything
  alongside member "Mira Castellan" --place "Porto, Portugal" --language en --language pt""",
)
@click.argument("name", required=False)
@click.option("--pronouns", metavar="TEXT", help="she/her, they/them, ...")
@click.option("--place", metavar="PLACE", help='"City, Country", or a country alone.')
@click.option("--timezone", metavar="ZONE", help="An IANA name; else that of the place, else the community's.")
@languages_option("A language they write; the first is their own. May be repeated.  [default: the community's]")
@several("--role", "roles", "TEXT", "What they do.")
@several("--challenge", "challenges", "NAME", "A challenge they know: a slug, a title or an alias.")
@several("--topic", "topics", "TEXT", "A free tag.")
@record_options
@reports_errors
def command(**called: Any) -> None:
    """Make a file for a member in content/members/, called after their NAME.

    It holds no consent: only they can give it, and until it is written down nobody sees them. Nor does it hold their
    address, since content is public. On a terminal you are asked for what is missing; a file that is there is never
    written over.
    """
    write_record(MEMBER_KIND, called, OPTIONS)
