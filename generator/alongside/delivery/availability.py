"""What of the store a site may know, as slugs, dates and numbers: who has no room or is away, and what members said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from alongside.delivery.claims import LOAD_DAYS, LoadBook
from alongside.delivery.members import read_choices, with_choices
from alongside.model.community import Community


def read_full_until(connection: Connection, community: Community, *, now: datetime) -> Mapping[str, date]:
    """For each member who took on as many newcomers in the last seven days as they offered to, or who said that they
    are away: the last day of it.

    Days are UTC. They have room again at the instant when so many of those newcomers are older than seven days that
    fewer are left than they offered; the day before is the last one. A site is built in the morning for the whole day,
    so whoever gets room in the course of a day counts as having it on that day.
    """
    choices = read_choices(connection, now=now)
    community = with_choices(community, choices, now=now)
    book = LoadBook(community.resolve_member)
    book.read(connection, now)
    instants: dict[str, list[datetime]] = {}
    for instant, slug in book.taken:
        instants.setdefault(slug, []).append(instant)
    full = {
        community.resolve_member(slug): (absence.until - timedelta(seconds=1)).astimezone(UTC).date()
        for slug, absence in choices.absences.items()
        if absence.since is None or absence.since.astimezone(UTC).date() <= now.astimezone(UTC).date()
    }
    for slug, taken in sorted(instants.items()):
        member = community.members.get(slug)
        offered = member.welcomes if member is not None and member.status == "active" else 0
        if 0 < offered <= len(taken):
            leaves = sorted(taken)[len(taken) - offered]  # with it gone, one fewer than they offered is left
            last = (leaves + timedelta(days=LOAD_DAYS)).astimezone(UTC).date() - timedelta(days=1)
            if last >= now.astimezone(UTC).date():
                full[slug] = max(last, full.get(slug, last))
    return full


def read_own_words(connection: Connection, community: Community, *, now: datetime) -> tuple[set[str], dict[str, int]]:
    """(members who took their consent back, newcomers a week of those who want other than their file says)."""
    told = with_choices(community, read_choices(connection, now=now), now=now).members.values()
    return (
        {member.slug for member in told if member.withdrawn},
        {member.slug: member.welcomes for member in told if member.filed_welcomes is not None},
    )
