"""Links to a page of one's own: of a newcomer, or of a member. They are good for a while, and can be made void.

    https://example.org/alongside/me/m-6172ab09c4d1f03b52e711...

Such a page shows what we hold of a person, so its link is worth more than one that stops mail: it says until when it
is good, and a generation, so that all links given out to one person can be made void at once. It is hexadecimal, as
other tokens (`delivery.tokens`), and made with the key that is changed together with that of addresses
(`delivery.relay_addresses`): the one before stays good until the next change.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from alongside.delivery.relay_addresses import RelayKeys

Whose = Literal["newcomer", "member"]
LETTERS: dict[Whose, str] = {"newcomer": "m", "member": "y"}
PATHS: dict[Whose, str] = {"newcomer": "me", "member": "member"}  # of the page, below the service
GOOD_FOR = timedelta(days=60)  # from the mail that carries it
_FIRST_DAY = date(2020, 1, 1)
_WHOSE: dict[str, Whose] = {letter: whose for whose, letter in LETTERS.items()}
_MAC = 16  # bytes: a page shows more than a stop
_TOKEN = re.compile(r"([a-z])-([0-9a-f]{32})((?:[0-9a-f]{2}){5,12})")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """Whose page a link leads to."""

    whose: Whose
    number: int  # of the row of `newcomers` or `members`
    generation: int = 0  # of that row, modulo 256
    good_until: date  # that day (UTC) included


def make_page_token(link: PageLink, keys: RelayKeys) -> str:
    """`"m-..."`. Raises `OverflowError` for a day before 2020 or after 2199."""
    number = link.number.to_bytes(max(1, (link.number.bit_length() + 7) // 8), "big")
    days = (link.good_until - _FIRST_DAY).days
    packed = bytes((keys.epoch % 256,)) + days.to_bytes(2, "big") + bytes((link.generation % 256,)) + number
    return f"{LETTERS[link.whose]}-{_mac(link.whose, packed, keys.key, keys.epoch).hex()}{packed.hex()}"


def read_page_token(token: str, keys: RelayKeys) -> PageLink | None:
    """Whose page it leads to, expired or not; None for one that is not ours, or made with a key that is void."""
    found = _TOKEN.fullmatch(token.strip().lower())
    whose = _WHOSE.get(found[1]) if found is not None else None
    if found is None or whose is None:
        return None
    mac, packed = bytes.fromhex(found[2]), bytes.fromhex(found[3])
    epoch = next((each for each in (keys.epoch, keys.epoch - 1) if each >= 0 and each % 256 == packed[0]), None)
    if epoch is None or not hmac.compare_digest(mac, _mac(whose, packed, keys.key, epoch)):
        return None
    return PageLink(
        whose=whose,
        good_until=_FIRST_DAY + timedelta(days=int.from_bytes(packed[1:3], "big")),
        generation=packed[3],
        number=int.from_bytes(packed[4:], "big"),
    )


def last_day(day: date) -> date:
    """The last day of a link in a mail of that day."""
    return day + GOOD_FOR


def newcomer_page(service: str, number: int, generation: int, keys: RelayKeys, *, day: date) -> str:
    """The address of a newcomer's page, in a mail of that day. `service`: where it is, with a slash at the end."""
    link = PageLink(whose="newcomer", number=number, generation=generation % 256, good_until=last_day(day))
    return f"{service}{PATHS['newcomer']}/{make_page_token(link, keys)}"


def read_void_page_token(token: str, keys: RelayKeys) -> PageLink | None:
    """Whose page a link led to that was made with a key that is void by now: good for asking for another, no more."""
    for epoch in range(keys.epoch - 2, -1, -1):
        link = read_page_token(token, RelayKeys(key=keys.key, epoch=epoch))
        if link is not None:
            return link
    return None


def _mac(whose: Whose, packed: bytes, key: bytes, epoch: int) -> bytes:
    made = _keyed(whose, key, epoch).copy()
    made.update(packed)
    return made.digest()


@lru_cache(maxsize=8)
def _keyed(whose: Whose, key: bytes, epoch: int) -> hashlib.blake2b:
    """BLAKE2b with a key, which is a MAC (RFC 7693 section 2.1); a key of its own for each epoch."""
    of_epoch = hmac.new(key, b"page %d" % epoch, hashlib.sha256).digest()
    return hashlib.blake2b(key=of_epoch, digest_size=_MAC, person=b"page " + whose.encode())
