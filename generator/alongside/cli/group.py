"""`alongside group`: a file for a lasting gathering."""

from __future__ import annotations

from typing import Any

import click

from alongside.cli.options import reports_errors
from alongside.cli.scaffolds import languages_option, record_options, several, write_record
from alongside.writing.records import GROUP_KIND

OPTIONS = {
    "name": "NAME", "kind": "--kind", "place": "--place", "languages": "--language", "challenges": "--challenge",
    "topics": "--topic", "chat": "--chat", "hosts": "--host",
}  # fmt: skip


@click.command(
    "group",
    short_help="Make a file for a group.",
    epilog="""\b
Examples:
  alongside group                      # asks for everything
  alongside group "Early birds" --kind chat --chat matrix "https://matrix.to/#/#birds:example.org\"""",
)
@click.argument("name", required=False)
@click.option("--kind", metavar="KIND", help="chapter, chat, forum, list, project or other.")
@click.option("--place", metavar="PLACE", help='"City, Country", or a country alone.')
@languages_option("A language that is spoken. May be repeated.  [default: the community's]")
@several("--challenge", "challenges", "NAME", "A challenge it is about: a slug, a title or an alias.")
@several("--topic", "topics", "TEXT", "A free tag.")
@click.option("--chat", multiple=True, nargs=2, metavar="PLATFORM URL", help="Where to join. May be repeated.")
@several("--host", "hosts", "NAME", "Who looks after it: a slug of content/members, or the name people read.")
@record_options
@reports_errors
def command(**called: Any) -> None:
    """Make a file for a group in content/groups/, called after its NAME.

    On a terminal you are asked for what is missing; a file that is there is never written over.
    """
    called["chat"] = tuple({"platform": platform, "url": url} for platform, url in called["chat"])
    write_record(GROUP_KIND, called, OPTIONS)
