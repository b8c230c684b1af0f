"""`alongside newcomers`: care for the people on the journeys, and for what is kept of them."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from alongside.cli.homes import find_journey
from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour
from alongside.cli.stores import (
    EMPTY,
    has_store,
    instant_text,
    many,
    opened,
    parse_address,
    read_home,
)
from alongside.cli.tables import Column, printable, render_table, shorten, style
from alongside.delivery import erasure, people, suppression
from alongside.delivery.addresses import mask_address
from alongside.problems import AlongsideError

journey_option = click.option("--journey", metavar="JOURNEY", help="Of that journey alone.")


@click.group("newcomers", epilog="See each one's --help; addresses are masked unless they are asked for.")
def command() -> None:
    """List, show, export, erase or stop newcomers."""


@command.command(
    "list",
    epilog="\b\nExamples:\n  alongside newcomers list\n  alongside newcomers list --journey first-month --show",
)
@journey_option
@click.option("--show", is_flag=True, help="Whole addresses; masked otherwise.")
@output_format("text", "json")
@config_file
@now
@reports_errors
def list_command(journey: str | None, show: bool, format_: str, config_file: Path, now_text: str | None) -> None:
    """Show who is on which journey, how many mails they got, and when the next is due."""
    home = read_home(config_file, now=clock(now_text).now)
    if journey is not None:
        find_journey(home.community, journey)
    found: list[people.Listed] = []
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            found = people.list_newcomers(connection, journey=journey)
    found = [
        dataclasses.replace(
            entry,
            address=entry.address if show else mask_address(entry.address),
            member=home.community.resolve_member(entry.member),
        )
        for entry in found
    ]
    if format_ == "json":
        click.echo(json.dumps([_as_json(entry) for entry in found], ensure_ascii=False, indent=2))
    elif not found:
        click.echo(EMPTY)
    else:
        titles = ("address", "name", "journey", "state", "welcomed by")
        columns = [
            *(Column(title=title) for title in titles),
            Column(title="mails", align="right"),
            Column(title="next"),
        ]
        rows = [
            [
                shorten(entry.address, 40),
                shorten(printable(entry.name), 24),
                entry.journey,
                entry.state,
                entry.member or "-",
                str(entry.sent),
                instant_text(entry.next_due) if entry.next_due is not None else "-",
            ]
            for entry in found
        ]
        click.echo(render_table(columns, rows, colour=wants_colour()), nl=False)


@command.command("show", epilog="\b\nExample:\n  alongside newcomers show ana@example.org")
@click.argument("address")
@config_file
@now
@reports_errors
def show_command(address: str, config_file: Path, now_text: str | None) -> None:
    """Show one newcomer: what they told, their journeys, and every mail sent and planned."""
    home = read_home(config_file, now=clock(now_text).now)
    held = _held(home.settings, parse_address(address))
    if held["newcomer"] is None:
        _say_suppressions(held["suppressions"])
        return
    colour = wants_colour()
    person = held["newcomer"]
    click.echo(style(printable(person["name"] or "Without a name"), colour=colour, bold=True))
    for title, value in _told(person).items():
        click.echo(f"  {title:<12}{shorten(printable(value), 100)}")
    for enrollment in held["enrollments"]:
        click.echo()
        enrolled = instant_text(datetime.fromisoformat(enrollment["enrolled_at"]))
        click.echo(style(enrollment["journey"], colour=colour, bold=True) + f"  {enrollment['state']}")
        click.echo(f"  since {enrolled}, on the basis of {enrollment['basis']} ({printable(enrollment['source'])})")
        if enrollment["arm"] == "held out":
            click.echo("  gets no mail of it, so that it can be seen what the mails of others do: alongside effect")
            continue
        steps = [step for step in held["steps"] if step["enrollment_id"] == enrollment["id"]]
        subjects = {message["step_id"]: message for message in held["messages"]}
        rows = [_step_row(step, subjects.get(step["id"])) for step in steps]
        columns = [Column(title=title) for title in ("step", "state", "when", "what")]
        click.echo(render_table(columns, rows, colour=colour), nl=False)
    _say_suppressions(held["suppressions"])


@command.command("export", epilog="\b\nExample:\n  alongside newcomers export ana@example.org > ana.json")
@click.argument("address")
@config_file
@now
@reports_errors
def export_command(address: str, config_file: Path, now_text: str | None) -> None:
    """Print all the store holds of one person, as JSON."""
    home = read_home(config_file, now=clock(now_text).now)
    click.echo(json.dumps(_held(home.settings, parse_address(address)), ensure_ascii=False, indent=2))


@command.command("erase", epilog="\b\nExample:\n  alongside newcomers erase ana@example.org")
@click.argument("address")
@config_file
@now
@reports_errors
def erase_command(address: str, config_file: Path, now_text: str | None) -> None:
    """Forget one person: address, name, words, journeys and mails, here and in outbox/.

    What stays: how often members were asked, without whom for; and, where they had asked for no more mail, a keyed
    hash of the address, so that they stay left alone. Not reached: mail that was delivered, and backups.
    """
    home = read_home(config_file, now=clock(now_text).now)
    wanted = parse_address(address)
    if not has_store(home.settings):
        raise _nobody()
    with opened(home.settings) as store:
        forgotten = erasure.forget(store, home.settings, wanted, now=clock(now_text).now)
        # Also when there is nobody: an erasure that was interrupted here is completed by running it again.
        store.compact()
        erasure.empty_log(store)
        if forgotten is None:
            raise _nobody()
        removed = erasure.remove_mails(home.settings, forgotten.message_ids)
    click.echo(f"Erased: {many(forgotten.enrollments, 'enrollment')}, {many(removed, 'mail')} in outbox/.")
    click.echo("Not reached from here: mail that was already delivered elsewhere, and backups of the store.")


@command.command(
    "stop",
    epilog="\b\nExamples:\n  alongside newcomers stop ana@example.org\n"
    "  alongside newcomers stop ana@example.org --journey first-month",
)
@click.argument("address")
@journey_option
@config_file
@now
@reports_errors
def stop_command(address: str, journey: str | None, config_file: Path, now_text: str | None) -> None:
    """Send no more mail to one person, of one journey or of any; also when they are not on any yet."""
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    wanted = parse_address(address)
    if journey is not None:
        find_journey(home.community, journey)
    with opened(home.settings) as store, store.writing() as connection:
        stopped = suppression.stop(
            connection, store.key, wanted, journey=journey or "", reason="asked by hand", now=instant
        )
    click.echo(f"Stopped: {many(stopped, 'planned mail')}. No more {'of ' + journey if journey else 'of any journey'}.")


@command.command("confirm", epilog="\b\nExample:\n  alongside newcomers confirm ana@example.org")
@click.argument("address")
@journey_option
@config_file
@now
@reports_errors
def confirm_command(address: str, journey: str | None, config_file: Path, now_text: str | None) -> None:
    """Note that a newcomer said yes to a journey with `confirm: true`; its mails are due from now on."""
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    wanted = parse_address(address)
    if not has_store(home.settings):
        raise _nobody()
    with opened(home.settings) as store, store.writing() as connection:
        if people.find_newcomer(connection, wanted) is None:
            raise _nobody()
        begun = people.confirm(connection, wanted, community=home.community, now=instant, journey=journey)
    click.echo(f"Confirmed: {', '.join(begun)}." if begun else "Nothing was waiting for a confirmation.")


def _held(settings: Any, address: str) -> dict[str, Any]:
    """All of one person. Raises `AlongsideError` when nothing at all is held."""
    if not has_store(settings):
        raise _nobody()
    with opened(settings) as store, store.reading() as connection:
        held = people.export(connection, store.key, address)
    if not any(held.values()):
        raise _nobody()
    return held


def _nobody() -> AlongsideError:
    return AlongsideError("Nothing is held of that address.", hint="See who is here: alongside newcomers list")


def _as_json(entry: people.Listed) -> dict[str, Any]:
    values = dataclasses.asdict(entry)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _told(person: dict[str, Any]) -> dict[str, str]:
    """What a newcomer told, by title; what they did not tell is left out."""
    profile = person["profile"]
    told = {
        "address": person["address_as_given"],
        "place": profile.get("place", {}).get("label", ""),
        "zone": person["zone"],
        "languages": ", ".join(person["languages"]),
        "roles": ", ".join(profile.get("roles", ())),
        "challenges": ", ".join(profile.get("challenges", ())),
        "topics": ", ".join(profile.get("topics", ())),
        "words": profile.get("text", ""),
        "welcomed by": person["member"],
    }
    return {title: value for title, value in told.items() if value}


def _step_row(step: dict[str, Any], message: dict[str, Any] | None) -> list[str]:
    when = instant_text(datetime.fromisoformat(step["done_at"] or step["due_at"]))
    what = shorten(printable(message["subject"]), 60) if message is not None else step["reason"]
    return [step["moment"], step["state"], when, what]


def _say_suppressions(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        scope = f"of {row['journey']}" if row["journey"] else "at all"
        since = instant_text(datetime.fromisoformat(row["suppressed_at"]))
        click.echo(f"No more mail {scope}, since {since}.")
