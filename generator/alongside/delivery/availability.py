"""Until when members have no room left, or are away: what of the store a site may know, as slugs and dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from alongside.delivery.asks import read_absences
from alongside.delivery.claims import LOAD_DAYS, LoadBook
from alongside.model.community import Community


def read_full_until(connection: Connection, community: Community, *, now: datetime) -> Mapping[str, date]:
    """For each member who took on as many newcomers in the last seven days as they offered to, or who said that they
    are away: the last day of it.

    Days are UTC. They have room again at the instant when so many of those newcomers are older than seven days that
    fewer are left than they offered; the day before is the last one. A site is built in the morning for the whole day,
    so whoever gets room in the course of a day counts as having it on that day.
    """
    book = LoadBook(community.resolve_member)
    book.read(connection, now)
    instants: dict[str, list[datetime]] = {}
    for instant, slug in book.taken:
        instants.setdefault(slug, []).append(instant)
    full = {
        community.resolve_member(slug): (until - timedelta(seconds=1)).astimezone(UTC).date()
        for slug, until in read_absences(connection, now=now).items()
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
