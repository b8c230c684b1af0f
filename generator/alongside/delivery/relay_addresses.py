"""Addresses that stand for a person: who writes to one reaches the other, and learns nothing of them.

    notes+r-mzxw6ytboi4dcmrtgq2tmnzyhe@example.org

`r-` and base32 (RFC 4648 section 6) of a keyed hash and what it vouches for: whose side of what the writer is, until
when the address is good, and a generation, so that a conversation's old addresses can be made void at once. Letters
may change their case on the way. The key has a number and can be changed: the one before stays good until the next
change, so that no letter under way is lost.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, get_args

from sqlalchemy import Connection, select, update

from alongside.delivery.rows import insert_missing
from alongside.delivery.schema import facts

# step: the newcomer answers that step's mail; ask: the member answers when asked about that step;
# newcomer, member: that side of a conversation writes
Writer = Literal["step", "ask", "newcomer", "member"]
WRITERS: tuple[Writer, ...] = get_args(Writer)

GOOD_FOR = timedelta(days=180)  # from the mail that carries it, at least
STEADY = 30  # days: so long mails of a conversation come from one address, as programs that answer once a sender count
FACT = "relay epoch"
_EPOCHS = 64  # they are counted in six bits
_FIRST_DAY = date(2020, 1, 1)
_MAC = 10  # bytes
_TOKEN = re.compile(r"r-([a-z2-7]{23,48})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """What an address of ours stands for."""

    writer: Writer
    number: int  # of the step, or of the conversation
    generation: int = 0  # of the conversation
    good_until: date  # that day included


def good_until(day: date) -> date:
    """The last day of an address in a mail of that day."""
    wanted = (day + GOOD_FOR).toordinal()
    return date.fromordinal(wanted + -wanted % STEADY)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayKeys:
    """The store's key and how often it was changed for notes."""

    key: bytes
    epoch: int = 0


def read_relay_keys(connection: Connection, key: bytes) -> RelayKeys:
    """The keys by which addresses are made and known today."""
    found = connection.scalar(select(facts.c.value).where(facts.c.name == FACT))
    return RelayKeys(key=key, epoch=int(found or 0))


def change_key(connection: Connection) -> int:
    """From now on addresses are made with another key; those made with the one before stay good. Its number."""
    insert_missing(connection, facts, [{"name": FACT, "value": "0"}])
    held = connection.scalar(select(facts.c.value).where(facts.c.name == FACT).with_for_update())
    epoch = int(held or 0) + 1
    connection.execute(update(facts).where(facts.c.name == FACT).values(value=str(epoch)))
    return epoch


def make_relay(relay: Relay, keys: RelayKeys) -> str:
    """`"r-..."`. Raises `OverflowError` for a day before 2020 or after 2199."""
    packed = _pack(relay, keys.epoch)
    return f"r-{base64.b32encode(_mac(packed, keys.key, keys.epoch) + packed).decode().rstrip('=').lower()}"


def read_relay(token: str, keys: RelayKeys) -> Relay | None:
    """What a token stands for, expired or not; None for one that is not ours, or made with a key that is void."""
    found = _TOKEN.fullmatch(token.strip())
    if found is None:
        return None
    text = found[1].upper()
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    mac, packed = raw[:_MAC], raw[_MAC:]
    if len(packed) < 5:
        return None
    epoch = next(
        (each for each in (keys.epoch, keys.epoch - 1) if each >= 0 and each % _EPOCHS == packed[0] & 63), None
    )
    if epoch is None or not hmac.compare_digest(mac, _mac(packed, keys.key, epoch)):
        return None
    return Relay(
        writer=WRITERS[packed[0] >> 6],
        good_until=_FIRST_DAY + timedelta(days=int.from_bytes(packed[1:3], "big")),
        generation=packed[3],
        number=int.from_bytes(packed[4:], "big"),
    )


def _pack(relay: Relay, epoch: int) -> bytes:
    number = relay.number.to_bytes(max(1, (relay.number.bit_length() + 7) // 8), "big")
    head = WRITERS.index(relay.writer) << 6 | epoch % _EPOCHS
    days = (relay.good_until - _FIRST_DAY).days
    return bytes((head,)) + days.to_bytes(2, "big") + bytes((relay.generation % 256,)) + number


def _mac(packed: bytes, key: bytes, epoch: int) -> bytes:
    made = _keyed(key, epoch).copy()
    made.update(packed)
    return made.digest()


@lru_cache(maxsize=8)
def _keyed(key: bytes, epoch: int) -> hashlib.blake2b:
    """BLAKE2b with a key, which is a MAC (RFC 7693 section 2.1); a key of its own for each epoch."""
    of_epoch = hmac.new(key, b"relay %d" % epoch, hashlib.sha256).digest()
    return hashlib.blake2b(key=of_epoch, digest_size=_MAC, person=b"relay address")
