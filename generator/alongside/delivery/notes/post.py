"""Letters go out: one after the other, each claimed, written, handed over and recorded before the next."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from datetime import datetime, timedelta

from alongside.delivery.addresses import AddressError
from alongside.delivery.notes.choices import letter_came_back
from alongside.delivery.notes.letters import (
    Letter,
    claim_letter,
    put_off_letter,
    recover_letters,
    settle_letter,
)
from alongside.delivery.notes.writing import NotWantedError, Office, write
from alongside.delivery.records import backoff
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import (
    DeliveryError,
    Envelope,
    Lane,
    OutOfReachError,
    Transport,
    Verdict,
)
from alongside.delivery.worker import RETRY, World


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
        while not world.stopping():
            claimed = _claim(store, office, token, world)
            if claimed is None:
                break
            letter, envelope = claimed
            if envelope is None:
                counts["skipped"] += 1
                continue
            lane = lane or transport.open_lane()
            counts[await _hand_over(store, office, transport, lane, letter, envelope, token, world)] += 1
    finally:
        if lane is not None:
            await lane.close()
    return counts


def _claim(store: Store, office: Office, token: str, world: World) -> tuple[Letter, Envelope | None] | None:
    """The next letter and its mail; no mail for one that nobody waits for any more. None: nothing is due."""
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
        settle_letter(connection, letter, token=token, state="skipped", reason=reason, now=now)
        return letter, None


async def _hand_over(
    store: Store, office: Office, transport: Transport, lane: Lane, letter: Letter, envelope: Envelope, token: str,
    world: World,
) -> str:  # fmt: skip
    """Send one, and record what became of it. The claim itself is the note that it began."""
    try:
        await lane.prepare()
        verdict = await lane.deliver(envelope, starting=lambda: None)
        transport.flush()
    except OutOfReachError:
        _put_off(store, letter, token, _now(world), "the server is out of reach", tried=False)
        raise
    except DeliveryError:
        _put_off(store, letter, token, _now(world) + RETRY, "it could not be handed over", tried=False)
        raise
    return _record(store, office, letter, verdict, token, world)


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
                letter_came_back(connection, office.key, letter.id, hard=True, now=now)
            return "refused"
        if uncertain and office.settings.mail.uncertain == "hold":
            settle_letter(connection, letter, token=token, state="held", reason=verdict.reason, now=now)
            return "held"
        wait = RETRY if verdict.fate == "blocked" else backoff(letter.attempts + 1, world.chance)
        put_off_letter(connection, letter, token=token, until=now + wait, reason=verdict.reason)
        return "later"


def _put_off(store: Store, letter: Letter, token: str, until: datetime, reason: str, *, tried: bool) -> None:
    with store.writing() as connection:
        put_off_letter(connection, letter, token=token, until=until, reason=reason, tried=tried)


def _now(world: World) -> datetime:
    now: datetime = world.now()
    return now - timedelta(microseconds=now.microsecond)
