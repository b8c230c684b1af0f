"""After a crash: the claims that dead processes left, settled by their journals.

A journal here whose writer is gone tells of each of its steps whether it was delivered, never begun, or uncertain. A
claim whose journal is not here belongs to another machine; it is left alone until its lease ends, and then it is
uncertain as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select, update

from alongside.delivery.decisions import Wait
from alongside.delivery.journal import Account, Started, known_tokens, taken_over
from alongside.delivery.message_ids import message_id
from alongside.delivery.records import Sent, hold, put_off, record_sent, release
from alongside.delivery.rows import is_state
from alongside.delivery.schema import steps
from alongside.delivery.store import Store
from alongside.settings import Uncertain

KEEPING = frozenset({"maildir"})  # transports to which the same mail again is the same mail
NOBODY_SAID = "the sender died before the server answered"
FOREIGN = "another machine sent it, and did not come back"


@dataclass(slots=True, kw_only=True)
class Recovered:
    """What was found of processes that are gone."""

    delivered: int = 0  # sent, and only now known to the store
    given_back: int = 0  # never begun: due again
    resent: int = 0  # uncertain, and due again
    held: int = 0  # uncertain, and left to a person

    def __bool__(self) -> bool:
        return bool(self.delivered or self.given_back or self.resent or self.held)


def recover(
    store: Store, folder: Path, *, domain: str, uncertain: Uncertain, now: datetime, wall: datetime, boot: str
) -> Recovered:
    """Settle what processes left that are gone; `folder` holds this machine's journals, `wall` is the real clock.

    `domain` and the store's key make the Message-IDs. Raises `StoreError`; then the journals stay, and the next pass
    does it.
    """
    found = Recovered()
    for token in sorted(known_tokens(folder)):
        with taken_over(folder, token, boot=boot) as account:
            if account is not None:
                with store.writing() as connection:
                    _settle(connection, store.key, account, found, domain=domain, uncertain=uncertain, now=now)
    _settle_foreign(store, folder, found, uncertain=uncertain, now=now, wall=wall)
    return found


def _settle(
    connection: Connection, key: bytes, account: Account, found: Recovered, *, domain: str, uncertain: Uncertain,
    now: datetime,
) -> None:  # fmt: skip
    held = select(steps.c.id).where(is_state("claimed"), steps.c.claimed_by == account.token).order_by(steps.c.id)
    claimed = list(connection.scalars(held))
    delivered = [step for step in claimed if step in account.delivered]
    doubtful = [step for step in claimed if account.is_uncertain(step)]
    settled = {*delivered, *doubtful}
    untouched = [step for step in claimed if step not in settled]
    told = [_sent(step, account, message_id(key, step, domain)) for step in delivered]
    record_sent(connection, told, now=now)
    release(connection, untouched, token=account.token)
    found.delivered += len(delivered)
    found.given_back += len(untouched)
    resend = uncertain == "resend" or account.transport in KEEPING
    _leave(connection, doubtful, found, token=account.token, resend=resend, reason=NOBODY_SAID, now=now)


def _sent(step: int, account: Account, identity: str) -> Sent:
    what = account.started.get(step, Started())
    return Sent(
        step_id=step,
        message_id=identity,
        transport=account.transport,
        language=what.language,
        member=what.member,
        story=what.story,
    )


def _leave(
    connection: Connection, doubtful: Sequence[int], found: Recovered, *, token: str, resend: bool, reason: str,
    now: datetime,
) -> None:  # fmt: skip
    if resend:
        waits = [(step, Wait(until=now, reason=reason, keeps_date=True)) for step in doubtful]
        put_off(connection, waits, token=token)
        found.resent += len(doubtful)
    else:
        hold(connection, [(step, reason) for step in doubtful], token=token)
        found.held += len(doubtful)


def _settle_foreign(
    store: Store, folder: Path, found: Recovered, *, uncertain: Uncertain, now: datetime, wall: datetime
) -> None:
    """Claims without a journal here whose lease ended."""
    over = (is_state("claimed"), steps.c.leased_until <= wall)
    with store.reading() as connection:
        if connection.execute(select(steps.c.id).where(*over).limit(1)).first() is None:
            return
    with store.writing() as connection:
        here = known_tokens(folder)  # of living processes: theirs to send, however slow they are
        rows = connection.execute(select(steps.c.id, steps.c.claimed_by).where(*over).order_by(steps.c.id)).all()
        by_token: dict[str, list[int]] = {}
        for step, token in rows:
            if token not in here:
                by_token.setdefault(token, []).append(step)
        for token, left in by_token.items():
            resend = uncertain == "resend"
            _leave(connection, left, found, token=token, resend=resend, reason=FOREIGN, now=now)


def resolve_held(
    connection: Connection, which: Iterable[int], *, sent: bool, key: bytes, domain: str, now: datetime
) -> int:
    """What a person decided of held steps (ids): they count as `sent`, or are due again as the same mail. How many."""
    chosen = set(which)
    found = [step for step in connection.scalars(select(steps.c.id).where(is_state("held"))) if step in chosen]
    if sent:
        told = [
            Sent(step_id=step, message_id=message_id(key, step, domain), transport="", language="", member="", story="")
            for step in found
        ]
        record_sent(connection, told, now=now)
    else:
        connection.execute(update(steps).where(steps.c.id.in_(found)).values(state="planned", reason="", due_at=now))
    return len(found)
