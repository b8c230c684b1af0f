"""`alongside story`: a file for a story, to write into."""

from __future__ import annotations

from typing import Any

import click

from alongside.cli.options import reports_errors
from alongside.cli.scaffolds import record_options, several, write_record
from alongside.writing.records import STORY_KIND

OPTIONS = {
    "title": "TITLE", "members": "--member", "date": "--date", "language": "--language", "challenges": "--challenge",
    "topics": "--topic", "roles": "--role", "translation_of": "--translation-of",
}  # fmt: skip


@click.command(
    "story",
    short_help="Make a file for a story.",
    epilog="""\b
Examples:
  alongside story                      # asks for everything
  alongside story "My first talk" --member ana-souza --challenge first-talk
  alongside story "A minha primeira palestra" --translation-of my-first-talk --language pt""",
)
@click.argument("title", required=False)
@several("--member", "members", "NAME", "Who tells it: a slug of content/members, or the name people read.")
@click.option("--date", metavar="DATE", help="The day it was told.  [default: today]")
@click.option("--language", metavar="CODE", help="Its language.  [default: the one its first teller writes in]")
@several("--challenge", "challenges", "NAME", "A challenge it is about: a slug, a title or an alias.")
@several("--topic", "topics", "TEXT", "A free tag.")
@several("--role", "roles", "TEXT", "What its teller does.")
@click.option(
    "--translation-of", metavar="NAME", help="The original. Who tells it, when and about what are taken over."
)
@record_options
@reports_errors
def command(**called: Any) -> None:
    """Make a file for a story in content/stories/, called after its TITLE.

    Without --text it is a draft, to be written into. On a terminal you are asked for what is missing; a file that is
    there is never written over.
    """
    write_record(STORY_KIND, called, OPTIONS)
