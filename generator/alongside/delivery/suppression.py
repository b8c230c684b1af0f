"""Who wants no mail: kept as keyed hashes, so that a person who was erased stays left alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from alongside.delivery.addresses import hash_address
from alongside.delivery.rows import insert_missing
from alongside.delivery.schema import enrollments, events, newcomers, steps, suppressions


def stop(connection: Connection, key: bytes, address: str, *, journey: str, reason: str, now: datetime) -> int:
    """No more mail of `journey` (a slug; "": of any) to `address` (normalised); how many planned mails that stops.

    Works for people who are not in the store too: who asks not to be written to need not be known.
    """
    row = {"address_hash": hash_address(address, key), "journey": journey, "reason": reason, "suppressed_at": now}
    insert_missing(connection, suppressions, [row])
    number = connection.scalar(select(newcomers.c.id).where(newcomers.c.address == address))
    if number is None:
        return 0
    scope = select(enrollments.c.id).where(enrollments.c.newcomer_id == number)
    if journey:
        scope = scope.where(enrollments.c.journey == journey)
    ended = connection.execute(update(enrollments).where(enrollments.c.id.in_(scope)).values(state="stopped"))
    stopped = connection.execute(
        update(steps)
        .where(steps.c.enrollment_id.in_(scope), steps.c.state.in_(("planned", "waiting")))
        .values(state="skipped", reason="stopped", done_at=now)
    )
    if ended.rowcount:
        happened = {"newcomer_id": number, "kind": "stopped", "detail": journey, "happened_at": now}
        connection.execute(insert(events), happened)
    return stopped.rowcount
