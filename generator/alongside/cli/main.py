"""The root of the command line. Each command's module is imported when it is called, so `--help` stays quick."""

from __future__ import annotations

import importlib
from typing import cast

import click

from alongside import __version__

# name -> (module below alongside.cli, the line `--help` shows); the function in it is called `command`
COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("new", "Make a community to start from."),
    "story": ("story", "Make a file for a story."),
    "meetup": ("meetup", "Make a file for a meetup."),
    "member": ("member", "Make a file for a member."),
    "group": ("group", "Make a file for a group."),
    "import": ("import_", "Bring the meetups of a calendar you have."),
    "check": ("check", "Report every problem in content and journeys."),
    "schema": ("schema", "Write JSON Schemas of the front matter, for editors."),
    "build": ("build", "Compile the site, embeds, feeds and sequences."),
    "search": ("search", "Make the search of a site that is built."),
    "images": ("images", "Draw the pictures of a site that is built."),
    "serve": ("serve", "Build, serve and rebuild on every change."),
    "snippet": ("snippet", "Print what to paste into a product to show a moment."),
    "match": ("match", "Show who and what fits a newcomer, and why."),
    "preview": ("preview", "Show what one newcomer would get, when and from whom."),
    "enroll": ("enroll", "Put newcomers on a journey."),
    "token": ("token", "Print what lets a page of a product enroll newcomers."),
    "send": ("send", "Deliver what is due."),
    "run": ("run", "Run the service: one-click stop, and sending by the clock."),
    "inbound": ("inbound", "Hear the mail that comes back."),
    "stamp": ("stamp", "Tell calendar apps which meetups changed."),
    "refresh": ("refresh", "Tell the build who has room this week."),
    "status": ("status", "Show what happened and what comes next."),
    "outcomes": ("outcomes", "Take in what newcomers did in the product."),
    "effect": ("effect", "Compare those who got mail with those held out of it."),
    "map": ("map", "Show every moment of the journeys, and whose it is."),
    "coverage": ("coverage", "Show which newcomers would find nobody, and what ends soon."),
    "digest": ("digest", "Show a team what became of its moments in a week."),
    "doctor": ("doctor", "Say what is wrong with mail, DNS, store and clock."),
    "newcomers": ("newcomers", "List, show, export, erase or stop newcomers."),
    "notes": ("notes", "Count the notes between newcomers and members, and look after them."),
    "store": ("store", "Copy the store, and go back to a copy."),
    "contacts": ("contacts", "Keep members' addresses in the store."),
    "members": ("members", "Show what members said of themselves; send them the link to their page."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports them late."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"alongside.cli.{COMMANDS[cmd_name][0]}")
        return cast(click.Command, module.command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from alongside.problems import did_you_mean

            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"{error.message} {hint}".rstrip(), ctx=error.ctx) from error


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: alongside new my-community, then alongside serve -f my-community/mkdocs.yml",
)
@click.version_option(__version__, "-V", "--version", prog_name="alongside")
def main() -> None:
    """Community, alongside every step.

    Write stories, members, groups and meetups as Markdown and YAML; Alongside compiles them into a site,
    embeddable pages, mail sequences and calendar feeds, and delivers the mail.
    """
