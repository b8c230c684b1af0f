"""What is kept only for a while (`mail: keep`, `keep_notes`): the words of notes, subjects, what people wrote about
themselves, finished mails; and who was asked whether they confirm, and never did.

What stays is what delivery needs: that a step was sent, so that it is not sent again, and that an address wants no
mail. Looked at once a day by the pass that comes first.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, select, update

from alongside.delivery.erasure import empty_log
from alongside.delivery.notes.care import forget_notes
from alongside.delivery.requests import forget_answers
from alongside.delivery.rows import insert_missing
from alongside.delivery.schema import conversations, enrollments, facts, letters, messages, newcomers, received, steps
from alongside.delivery.store import Store
from alongside.delivery.transports.maildir import Maildir
from alongside.settings import Settings

KEEP_UNCONFIRMED = timedelta(days=60)  # whose address somebody typed in, and who never said that it was them
SWEPT = "swept"  # the fact that says on which day it was done last


def sweep(store: Store, settings: Settings, *, wall: datetime) -> None:
    """Let go of what is older than `mail: keep`, and of what an erasure left in the store's log.

    `wall`: the real clock. Raises `StoreError` and `DeliveryError`.
    """
    empty_log(store)
    outbox = Maildir(settings.outbox_dir) if settings.outbox_dir.is_dir() else None
    if outbox is not None:
        outbox.sweep(wall=wall)
    with store.writing() as connection:
        if not _begin_day(connection, wall):
            return
        forget_notes(connection, keep=settings.mail.keep_notes, now=wall)
        forget_answers(connection, now=wall)
        _forget_unconfirmed(connection, wall - KEEP_UNCONFIRMED)
        if settings.mail.keep is not None:
            _forget(connection, wall - settings.mail.keep)
    if outbox is not None and settings.mail.keep is not None:
        outbox.remove_older(wall - settings.mail.keep)


def _begin_day(connection: Connection, wall: datetime) -> bool:
    """False when it was done today."""
    today = wall.date().isoformat()
    last = connection.scalar(select(facts.c.value).where(facts.c.name == SWEPT))
    if last == today:
        return False
    insert_missing(connection, facts, [{"name": SWEPT, "value": today}])
    connection.execute(update(facts).where(facts.c.name == SWEPT).values(value=today))
    return True


def _forget_unconfirmed(connection: Connection, before: datetime) -> None:
    """Those of whom there is nothing else. Who is compared with others (`arm`) stays: else only who confirms counts."""
    theirs = enrollments.c.newcomer_id == newcomers.c.id
    waits = enrollments.c.state == "awaiting confirmation"
    keeps = ~waits | (enrollments.c.enrolled_at >= before) | (enrollments.c.arm != "")
    connection.execute(
        delete(newcomers).where(
            newcomers.c.created_at < before,
            exists().where(theirs, waits),
            ~exists().where(theirs, keeps),
            ~exists().where(conversations.c.newcomer_id == newcomers.c.id),
        )
    )


def _forget(connection: Connection, before: datetime) -> None:
    connection.execute(update(messages).where(messages.c.sent_at < before, messages.c.subject != "").values(subject=""))
    connection.execute(delete(received).where(received.c.received_at < before))
    over = letters.c.state.in_(("sent", "skipped", "failed")), letters.c.written_at < before
    connection.execute(delete(letters).where(*over))
    under_way = exists().where(
        enrollments.c.newcomer_id == newcomers.c.id,
        steps.c.enrollment_id == enrollments.c.id,
        steps.c.done_at.is_(None) | (steps.c.done_at >= before),
    )
    idle = select(newcomers.c.id, newcomers.c.profile).where(newcomers.c.created_at < before, ~under_way)
    for number, profile in connection.execute(idle).all():
        if "text" in profile:
            rest = {name: value for name, value in profile.items() if name != "text"}
            connection.execute(update(newcomers).where(newcomers.c.id == number).values(profile=rest))
