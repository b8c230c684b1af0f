"""`alongside members`: what members said of themselves by their own page, and the way there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour
from alongside.cli.stores import Home, has_store, many, opened, read_home
from alongside.cli.tables import Column, render_table
from alongside.delivery.contacts import reachable_members
from alongside.delivery.members import OwnWord, list_words, own_word, read_choices, with_choices
from alongside.delivery.notes.letters import was_written_today, write_letter
from alongside.model.people import Member
from alongside.problems import UsageError, did_you_mean
from alongside.rendering.interface import join_words


@click.group("members", epilog="Start with: alongside members invite --all")
def command() -> None:
    """Show what members said by their own page, and send them the link to it."""


@command.command("list", epilog="\b\nExample:\n  alongside members list")
@output_format("text", "json")
@config_file
@now
@reports_errors
def list_command(format_: str, config_file: Path, now_text: str | None) -> None:
    """Show each member's consent, by their file and by their own word, how many newcomers they want, and days off.

    Who withdrew their consent is used nowhere, whatever their file says, until they confirm it by their page again.
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    words: dict[str, OwnWord] = {}
    members, reached = home.community.members, dict[str, str]()
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            words = list_words(connection, resolve=home.community.resolve_member)
            members = with_choices(home.community, read_choices(connection, now=instant), now=instant).members
            reached = reachable_members(connection, resolve=home.community.resolve_member)
    if format_ == "json":
        told = [_as_json(member, words.get(slug), slug in reached) for slug, member in members.items()]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if not members:
        click.echo("No members yet.")
        return
    titles = ("member", "name", "consent in the file", "their own word", "a week", "away", "address")
    rows = [_as_row(member, words.get(slug), instant, slug in reached) for slug, member in members.items()]
    click.echo(render_table([Column(title=title) for title in titles], rows, colour=wants_colour()), nl=False)


def _as_row(member: Member, word: OwnWord | None, instant: datetime, has_address: bool) -> list[str]:
    consent, away = member.consent, member.away
    filed = "none" if consent is None else f"until {consent.until}" if consent.until else "without an end"
    said = f"{word.consent} {word.consent_at:%Y-%m-%d}" if word is not None and word.consent_at is not None else "-"
    own = "" if member.filed_welcomes is None else f" (file: {member.filed_welcomes})"
    return [
        member.slug,
        member.name,
        filed,
        said,
        f"{member.welcomes}{own}",
        f"{away.first} to {away.last}" if away is not None and away.last >= instant.date() else "-",
        "yes" if has_address else "no",
    ]


def _as_json(member: Member, word: OwnWord | None, has_address: bool) -> dict[str, Any]:
    consent, away = member.consent, member.away
    return {
        "slug": member.slug,
        "name": member.name,
        "consent_until": consent.until.isoformat() if consent is not None and consent.until is not None else None,
        "has_consent": consent is not None,
        "said": word.consent if word is not None else "",
        "said_at": word.consent_at.isoformat() if word is not None and word.consent_at is not None else None,
        "welcomes": member.welcomes,
        "filed_welcomes": member.welcomes if member.filed_welcomes is None else member.filed_welcomes,
        "away": {"from": away.first.isoformat(), "to": away.last.isoformat()} if away is not None else None,
        "has_address": has_address,
    }


@command.command(
    "invite",
    epilog="""\b
Examples:
  alongside members invite ana-souza
  alongside members invite --all          everybody whose address is known

  The letters go out with the next pass: alongside send, or the service. Somebody who got one today gets no other.""",
)
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--all", "everybody", is_flag=True, help="All members that are not former ones.")
@config_file
@now
@reports_errors
def invite_command(slugs: tuple[str, ...], everybody: bool, config_file: Path, now_text: str | None) -> None:
    """Send members a letter with the link to their own page. Members without an address are named."""
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    if not home.settings.mail.service:
        raise UsageError(
            "Members have a page where the service runs, and no mail names it yet.",
            hint='Set mail: {service: "https://..."} in mkdocs.yml, and start: alongside run',
        )
    wanted = list(_wanted(home, slugs, everybody=everybody))
    with opened(home.settings) as store, store.writing() as connection:
        reached = reachable_members(connection, resolve=home.community.resolve_member)
        missing = [slug for slug in wanted if slug not in reached]
        again = [
            slug
            for slug in wanted
            if slug in reached and was_written_today(connection, "member page", slug, now=instant)
        ]
        invited = [slug for slug in wanted if slug in reached and slug not in again]
        for slug in invited:
            own_word(connection, slug, resolve=home.community.resolve_member)
            write_letter(connection, "member page", addressee=slug, now=instant)
    click.echo(f"{many(len(invited), 'letter')} in line; they go out with the next pass.")
    _tell("Got one within a day, and no other", again)
    _tell("Without an address (alongside contacts import FILE)", missing)


def _wanted(home: Home, slugs: Sequence[str], *, everybody: bool) -> Iterator[str]:
    """The slugs of today of those who are meant, each once. Raises `UsageError`."""
    community = home.community
    if bool(slugs) == everybody:
        raise UsageError("Name members by their slugs, or say --all.", hint="Who there is: alongside members list")
    if everybody:
        yield from (slug for slug, member in community.members.items() if member.status == "active")
        return
    for slug in dict.fromkeys(map(community.resolve_member, slugs)):
        if slug not in community.members:
            raise UsageError(f'There is no member "{slug}".', hint=did_you_mean(slug, community.members))
        yield slug


def _tell(what: str, slugs: Sequence[str]) -> None:
    if slugs:
        click.echo(f"{what}: {join_words(slugs, 'en')}.")
