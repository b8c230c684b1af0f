"""Letters go out: one after the other, each claimed, written, handed over and recorded before the next."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from alongside.delivery.addresses import AddressError
from alongside.delivery.notes.choices import letter_came_back
from alongside.delivery.notes.letters import (
    LEASE,
    Letter,
    claim_letter,
    count_due_letters,
    put_off_letter,
    recover_letters,
    renew_letter,
    settle_letter,
)
from alongside.delivery.notes.writing import NotWantedError, Office, write
from alongside.delivery.records import backoff
from alongside.delivery.store import Store, StoreError
from alongside.delivery.transports.envelopes import (
    DeliveryError,
    Envelope,
    Lane,
    OutOfReachError,
    Transport,
    Verdict,
)
from alongside.delivery.worker import FAILED, RETRY, World


def send_letters(store: Store, office: Office, transport: Transport, world: World) -> Counter[str]:
    """Send every letter that is due; how many were sent, skipped, put off, refused or held.

    Raises `StoreError` and `DeliveryError`; what went out before is recorded, the rest stays due.
    """
    with store.writing() as connection:
        recover_letters(
            connection,
            uncertain=office.settings.mail.uncertain,
            keeps_once=transport.keeps_once,
            wall=world.wall(),
        )
    return asyncio.run(_send(store, office, transport, world))


async def _send(store: Store, office: Office, transport: Transport, world: World) -> Counter[str]:
    token, counts = uuid.uuid4().hex, Counter[str]()
    lane: Lane | None = None
    try:
        while not world.stopping() and _is_any_due(store, world):
            lane = lane or transport.open_lane()
            await lane.prepare()  # first: who cannot connect must not hold a letter that others could send
            claimed = _claim(store, office, token, world)
            if claimed is None:
                break  # another sender was faster
            letter, envelope = claimed
            if envelope is None:
                counts["skipped"] += 1
                continue
            counts[await _hand_over(store, office, transport, lane, letter, envelope, token, world)] += 1
    finally:
        if lane is not None:
            await lane.close()
    return counts


def _is_any_due(store: Store, world: World) -> bool:
    with store.reading() as connection:
        return count_due_letters(connection, _now(world)) > 0


def _claim(store: Store, office: Office, token: str, world: World) -> tuple[Letter, Envelope | None] | None:
    """The next letter and its mail; no mail for one that cannot be written now or at all. None: nothing is due."""
    now = _now(world)
    with store.writing() as connection:
        letter = claim_letter(connection, token=token, now=now, wall=world.wall())
        if letter is None:
            return None
        try:
            return letter, write(connection, office, letter)
        except NotWantedError as error:
            reason = str(error)
        except (ValueError, AddressError):  # they repeat the address
            reason = "an address cannot stand in a header"
        except (SQLAlchemyError, StoreError):
            raise
        except Exception:  # the last guard: a defect that one letter meets must not keep all others
            put_off_letter(connection, letter, token=token, until=now + RETRY, reason=FAILED, now=now)
            return letter, None
        settle_letter(connection, letter, token=token, state="skipped", reason=reason, now=now)
        return letter, None


async def _hand_over(
    store: Store, office: Office, transport: Transport, lane: Lane, letter: Letter, envelope: Envelope, token: str,
    world: World,
) -> str:  # fmt: skip
    """Send one, and record what became of it. The claim itself is the note that it began."""
    renewing = asyncio.create_task(_renew(store, letter, token, world))
    try:
        verdict = await lane.deliver(envelope, starting=lambda: None)
        transport.flush()
    except OutOfReachError:
        _put_off(store, letter, token, world, timedelta(0), "the server is out of reach")
        raise
    except DeliveryError:
        _put_off(store, letter, token, world, RETRY, "it could not be handed over")
        raise
    finally:
        renewing.cancel()
    return _record(store, office, letter, verdict, token, world)


async def _renew(store: Store, letter: Letter, token: str, world: World) -> None:
    """However slow a server is: while we wait for it, nobody else takes the letter for a dead sender's."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        with contextlib.suppress(StoreError), store.writing() as connection:
            renew_letter(connection, letter, token=token, wall=world.wall())


def _record(store: Store, office: Office, letter: Letter, verdict: Verdict, token: str, world: World) -> str:
    now = _now(world)
    uncertain = verdict.fate == "uncertain"
    with store.writing() as connection:
        if verdict.fate == "delivered":
            settle_letter(connection, letter, token=token, state="sent", now=now)
            return "sent"
        if verdict.fate == "refused":
            settle_letter(connection, letter, token=token, state="failed", reason=verdict.reason, now=now)
            if verdict.mailbox_gone:
                letter_came_back(
                    connection, office.key, letter.id, hard=True, resolve=office.community.resolve_member, now=now
                )
            return "refused"
        if uncertain and office.settings.mail.uncertain == "hold":
            settle_letter(connection, letter, token=token, state="held", reason=verdict.reason, now=now)
            return "held"
        wait = RETRY if verdict.fate == "blocked" else backoff(letter.attempts + 1, world.chance)
        put_off_letter(connection, letter, token=token, until=now + wait, reason=verdict.reason, now=now)
        return "later"


def _put_off(store: Store, letter: Letter, token: str, world: World, wait: timedelta, reason: str) -> None:
    now = _now(world)
    with store.writing() as connection:
        put_off_letter(connection, letter, token=token, until=now + wait, reason=reason, now=now, tried=False)


def _now(world: World) -> datetime:
    now: datetime = world.now()
    return now - timedelta(microseconds=now.microsecond)
