"""Which team answers for what: whose moment a conversation began with, and a team's week as a letter keeps it."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime

from sqlalchemy import Connection, select

from alongside.delivery.schema import conversations, enrollments, messages, steps
from alongside.model.community import Community
from alongside.rendering.mails.digest import Digest, MomentWeek, Need


def owner_of_conversation(
    connection: Connection, community: Community, conversation_id: int | None, *, until: datetime
) -> str:
    """The team (by id) of the moment whose mail brought the two together last; empty where none did, or is known.

    `until`: what went out later does not count.
    """
    row = connection.execute(
        select(enrollments.c.journey, steps.c.moment)
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .join(messages, messages.c.step_id == steps.c.id)
        .join(conversations, conversations.c.newcomer_id == enrollments.c.newcomer_id)
        .where(
            conversations.c.id == conversation_id,
            messages.c.member == conversations.c.member,
            messages.c.sent_at <= until,
        )
        .order_by(messages.c.sent_at.desc(), messages.c.id.desc())
        .limit(1)
    ).first()
    journey = community.journeys.get(row.journey) if row is not None else None
    moment = journey.moment(row.moment) if row is not None and journey is not None else None
    return moment.owner if moment is not None else ""


def pack_digest(digest: Digest) -> str:
    """A team's week as text. Nothing in it is about one newcomer."""
    told = dataclasses.asdict(digest) | {"first": digest.first.isoformat(), "last": digest.last.isoformat()}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def unpack_digest(text: str) -> Digest:
    """What `pack_digest` packed. Raises `ValueError` for anything else."""
    told = json.loads(text)
    try:
        return Digest(
            team=told["team"],
            first=date.fromisoformat(told["first"]),
            last=date.fromisoformat(told["last"]),
            moments=tuple(
                MomentWeek(**{**week, "skipped": tuple((why, count) for why, count in week["skipped"])})
                for week in told["moments"]
            ),
            uncounted=told["uncounted"],
            needs=tuple(
                Need(**{**need, "names": tuple(need["names"]), "days": tuple(need["days"])}) for need in told["needs"]
            ),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("this is no digest") from error
