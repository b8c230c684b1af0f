"""Forgetting somebody for good: their rows, their mails in the outbox, and what SQLite's log remembers of them.

The rows go in one transaction, which also notes that the log is to be emptied; who cannot do that at once, because
another process reads it, leaves it to the next pass (`delivery.retention`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from alongside.delivery import people, suppression
from alongside.delivery.message_ids import letter_message_id, message_id
from alongside.delivery.rows import insert_missing
from alongside.delivery.schema import facts
from alongside.delivery.store import Store
from alongside.delivery.transports.maildir import Maildir
from alongside.rendering.mails.envelope import sender_address
from alongside.settings import Settings

FACT = "log to empty"  # there while it is; its value tells one erasure from the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much there was of a person who is gone."""

    enrollments: int
    message_ids: frozenset[str]  # of all mails that may have been made for them


def forget(
    store: Store, settings: Settings, address: str, *, never_again: bool = False, now: datetime
) -> Forgotten | None:
    """Erase a newcomer (by normalised address) from the store; None when there is no such newcomer.

    `never_again`: a keyed hash of the address stays, so that no mail ever goes to it. `remove_mails` and `empty_log`
    do the rest. Raises `StoreError`.
    """
    with store.writing() as connection:
        if never_again:
            suppression.stop(
                connection, store.key, address, journey="", reason="erased", now=now.replace(microsecond=0)
            )
        erased = people.erase(connection, store.key, address)
        _note_log(connection)
    if erased is None:
        return None
    domain = sender_address(settings).rpartition("@")[2]
    made = {message_id(store.key, step, domain) for step in erased.steps}
    made |= {letter_message_id(store.key, letter, domain) for letter in erased.letters}
    return Forgotten(enrollments=erased.enrollments, message_ids=frozenset({*made, *erased.message_ids}))


def remove_mails(settings: Settings, message_ids: Iterable[str]) -> int:
    """Take finished mails out of the outbox; how many there were. Raises `DeliveryError`."""
    outbox = settings.outbox_dir
    return Maildir(outbox).remove(message_ids) if outbox.is_dir() else 0


def empty_log(store: Store) -> bool:
    """Empty SQLite's log if somebody was erased since it was; False when it has to wait. Raises `StoreError`."""
    with store.reading() as connection:
        noted = connection.scalar(select(facts.c.value).where(facts.c.name == FACT))
    if noted is None:
        return True
    if not store.empty_log():
        return False
    with store.writing() as connection:  # unless somebody else was erased in between
        connection.execute(delete(facts).where(facts.c.name == FACT, facts.c.value == noted))
    return True


def _note_log(connection: Connection) -> None:
    insert_missing(connection, facts, [{"name": FACT, "value": "0"}])
    held = connection.scalar(select(facts.c.value).where(facts.c.name == FACT).with_for_update())
    connection.execute(update(facts).where(facts.c.name == FACT).values(value=str(int(held or 0) + 1)))
