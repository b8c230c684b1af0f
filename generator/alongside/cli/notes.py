"""`alongside notes`: the relay between newcomers and members, in numbers; and what waits for the team."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour
from alongside.cli.stores import has_store, instant_text, many, opened, read_home
from alongside.cli.tables import Column, printable, render_table, style
from alongside.delivery.notes import care
from alongside.delivery.relay_addresses import change_key
from alongside.problems import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

NONE_YET = "No notes yet. They need members' addresses: alongside contacts import FILE"
DAYS = 30
ANSWERS = {
    "wrote": "wrote it themselves",
    "send": "let the prepared words go out",
    "skip": "said not now",
    "away": "away",
}
REASONS = {
    "stranger": "it came from an address that is not theirs",
    "too_many": "very many in one day",
    "reported": "reported",
}


@click.group(
    "notes",
    invoke_without_command=True,
    epilog="""\b
Examples:
  alongside notes                                   how the relay is used
  alongside notes held                              what waits for somebody of the team
  alongside notes read 12 --why "reported by Ana"   the words of conversation 12; that is written down
  alongside notes release 7                         pass note 7 on after all""",
)
@output_format("text", "json")
@config_file
@now
@click.pass_context
@reports_errors
def command(context: click.Context, format_: str, config_file: Path, now_text: str | None) -> None:
    """Count the notes between newcomers and members, and look after those that are held or reported.

    Nothing here shows an address, and only `read` shows words.
    """
    if context.invoked_subcommand is not None:
        return
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    counts = care.Counts()
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            counts = care.count_notes(connection, since=instant - timedelta(days=DAYS))
    if format_ == "json":
        told = {field.name: getattr(counts, field.name) for field in dataclasses.fields(counts)}
        click.echo(json.dumps(told, indent=2, sort_keys=True))
    else:
        click.echo(_as_text(counts))


def _as_text(counts: care.Counts) -> str:
    if not (counts.conversations or counts.asked or counts.first_notes):
        return NONE_YET
    passed = counts.passed_on
    lines = [
        f"{many(counts.conversations, 'conversation')}: {counts.talking:,} with words of both,"
        f" {counts.closed.total():,} ended, {counts.reported:,} reported",
        f"{many(counts.notes['passed on'], 'note')} passed on; in the last {DAYS} days {passed['newcomer']:,} of"
        f" newcomers and {passed['member']:,} of members",
    ]
    if counts.asked:
        answers = [f"{counts.answers[answer]:,} {text}" for answer, text in ANSWERS.items() if counts.answers[answer]]
        silent = max(counts.asked - counts.answers.total(), 0)
        lines.append(f"{many(counts.asked, 'member')} asked first: {', '.join([*answers, f'{silent:,} silent'])}")
    if counts.first_notes:
        lines.append(f"{many(counts.first_notes, 'first note')} not confirmed yet")
    waiting = counts.letters["planned"] + counts.letters["claimed"]
    if waiting:
        lines.append(f"{many(waiting, 'letter')} to go out with the next pass: alongside send")
    for state, what in (("failed", "could not be delivered"), ("held", "may or may not have arrived")):
        if counts.letters[state]:
            lines.append(f"{many(counts.letters[state], 'letter')} {what}")
    if counts.notes["held"]:
        held = f"{many(counts.notes['held'], 'note')} held. See: alongside notes held"
        lines.append(style(held, colour=wants_colour(), bold=True))
    if counts.reported:
        lines.append(style("See: alongside notes reported", colour=wants_colour(), bold=True))
    return "\n".join(lines)


@command.command("held", epilog="\b\nExample:\n  alongside notes held")
@output_format("text", "json")
@config_file
@now
@reports_errors
def held_command(format_: str, config_file: Path, now_text: str | None) -> None:
    """List notes that wait for the team: why, between whom, never their words."""
    _list(care.list_held, "Nothing is held.", format_, config_file, now_text)


@command.command("reported", epilog="\b\nExample:\n  alongside notes reported")
@output_format("text", "json")
@config_file
@now
@reports_errors
def reported_command(format_: str, config_file: Path, now_text: str | None) -> None:
    """List conversations that one of the two reported; they are closed."""
    _list(care.list_reported, "Nothing was reported.", format_, config_file, now_text)


def _list(
    find: Callable[[Connection], list[care.ForReview]], nothing: str, format_: str, config_file: Path,
    now_text: str | None,
) -> None:  # fmt: skip
    home = read_home(config_file, now=clock(now_text).now)
    found: list[care.ForReview] = []
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            found = find(connection)
    if format_ == "json":
        told = [{**dataclasses.asdict(each), "at": each.at.isoformat().replace("+00:00", "Z")} for each in found]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo(nothing)
        return
    columns = [Column(title=title) for title in ("number", "conversation", "by", "member", "newcomer", "why", "when")]
    rows = [
        [
            str(each.id),
            str(each.conversation_id),
            each.side,
            home.community.resolve_member(each.member),
            printable(each.newcomer) or "-",
            REASONS.get(each.reason, each.reason),
            instant_text(each.at),
        ]
        for each in found
    ]
    click.echo(render_table(columns, rows, colour=wants_colour()))
    click.echo('Read: alongside notes read CONVERSATION --why "..."; then alongside notes release, drop or reopen.')


@command.command("read", epilog='\b\nExample:\n  alongside notes read 12 --why "reported by Ana"')
@click.argument("conversation", type=click.IntRange(1))
@click.option("--why", required=True, metavar="TEXT", help="Why you need to; it is kept with the newcomer's data.")
@config_file
@now
@reports_errors
def read_command(conversation: int, why: str, config_file: Path, now_text: str | None) -> None:
    """Show the words of a conversation. That you did, and why, is written down."""
    if not why.strip():
        raise UsageError("--why is empty.", hint="Say in a few words why two people's notes have to be read.")
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    with opened(home.settings) as store, store.writing() as connection:
        found = care.read_notes(connection, store.key, conversation, why=why.strip()[:200], now=instant)
    if not found:
        raise UsageError(f"There is no conversation {conversation} with notes.", hint="See: alongside notes held")
    for note in found:
        click.echo(style(f"{note.side}, {instant_text(note.at)}, {note.state}", colour=wants_colour(), bold=True))
        click.echo("\n".join(map(printable, note.text.split("\n"))) if note.text is not None else "(deleted)")
        click.echo()


@command.command("release", epilog="\b\nExample:\n  alongside notes release 7")
@click.argument("note", type=click.IntRange(1))
@config_file
@now
@reports_errors
def release_command(note: int, config_file: Path, now_text: str | None) -> None:
    """Pass a held note on after all."""
    instant = clock(now_text).now.replace(microsecond=0)
    home = read_home(config_file, now=instant)
    with opened(home.settings) as store, store.writing() as connection:
        done = care.release(connection, note, resolve=home.community.resolve_member, now=instant)
    _told(done, f"Note {note} goes out with the next pass.", f"Note {note} is not held, or its conversation has ended.")


@command.command("drop", epilog="\b\nExample:\n  alongside notes drop 7")
@click.argument("note", type=click.IntRange(1))
@config_file
@now
@reports_errors
def drop_command(note: int, config_file: Path, now_text: str | None) -> None:
    """Let a held note go nowhere, and delete its words."""
    home = read_home(config_file, now=clock(now_text).now)
    with opened(home.settings) as store, store.writing() as connection:
        done = care.drop(connection, note)
    _told(done, f"Note {note} is gone.", f"Note {note} is not held.")


@command.command("reopen", epilog="\b\nExample:\n  alongside notes reopen 12")
@click.argument("conversation", type=click.IntRange(1))
@config_file
@now
@reports_errors
def reopen_command(conversation: int, config_file: Path, now_text: str | None) -> None:
    """Let a closed conversation go on. The addresses in the notes both have stay void; new ones carry new addresses."""
    home = read_home(config_file, now=clock(now_text).now)
    with opened(home.settings) as store, store.writing() as connection:
        done = care.reopen(connection, conversation)
    _told(done, f"Conversation {conversation} goes on.", f"Conversation {conversation} is not closed.")


@command.command("rotate", epilog="\b\nExample:\n  alongside notes rotate")
@config_file
@now
@reports_errors
def rotate_command(config_file: Path, now_text: str | None) -> None:
    """Change the key of answer addresses, and of links to pages of one's own.

    Those made with the key before stay good until the next time. Call it twice, and all that were given out are void.
    """
    home = read_home(config_file, now=clock(now_text).now)
    with opened(home.settings) as store, store.writing() as connection:
        number = change_key(connection)
    click.echo(f"Addresses and links to pages are made with key {number} now; those of key {number - 1} stay good.")


def _told(done: bool, yes: str, no: str) -> None:
    """Say what was done. Raises `UsageError` when nothing was."""
    if not done:
        raise UsageError(no, hint="See: alongside notes held, alongside notes reported")
    click.echo(yes)
