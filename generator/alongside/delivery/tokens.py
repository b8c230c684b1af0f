"""Tokens in our own addresses and links: which step, enrollment or person is meant, and that we said so.

    community+s-mfzwizltoq2gk43uorqxi@example.org      stop this enrollment
    community+b-ge3tqnbxgyzdamjrg4ytm@example.org      a bounce of this step's mail (VERP)

A token is base32 in lower case without padding: mail systems change the case of a local part as they like, and base32
survives it (RFC 4648 section 6). It holds a number and 80 bits of a keyed hash over kind and number (BLAKE2b, RFC 7693,
which is a MAC when it has a key), so nobody makes one up, and none tells anything about the person.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache
from typing import Literal

# stop: an enrollment's mails; bounce: of a step's mail; confirm: an enrollment (double opt-in)
Kind = Literal["stop", "bounce", "confirm"]
LETTERS: dict[Kind, str] = {"stop": "s", "bounce": "b", "confirm": "c"}
_KINDS: dict[str, Kind] = {letter: kind for kind, letter in LETTERS.items()}
_MAC = 10  # bytes


def make_token(kind: Kind, number: int, key: bytes) -> str:
    """`"s-..."`: the token of an enrollment or a step, by its number in the store."""
    packed = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
    text = base64.b32encode(_mac(kind, packed, key) + packed).decode("ascii").rstrip("=").lower()
    return f"{LETTERS[kind]}-{text}"


def read_token(token: str, key: bytes) -> tuple[Kind, int] | None:
    """Which kind and number a token means; None for one that is not ours."""
    letter, dash, text = token.strip().lower().partition("-")
    kind = _KINDS.get(letter)
    if kind is None or not dash or not text.isascii() or len(text) > 40:
        return None
    try:
        raw = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return None
    mac, packed = raw[:_MAC], raw[_MAC:]
    if not packed or not hmac.compare_digest(mac, _mac(kind, packed, key)):
        return None
    return kind, int.from_bytes(packed, "big")


def _mac(kind: Kind, packed: bytes, key: bytes) -> bytes:
    made = _keyed(kind, key).copy()  # a third of the time of HMAC, and there are two in every mail
    made.update(packed)
    return made.digest()


@lru_cache(maxsize=8)
def _keyed(kind: Kind, key: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=_MAC, person=b"token " + kind.encode())


def tagged_address(address: str, tag: str) -> str:
    """`community@example.org` with a tag: `community+s-...@example.org` (RFC 5233: subaddress)."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{tag}@{domain}"


def tag_of(address: str) -> str:
    """The tag of an address, or an empty text."""
    local, _, _ = address.rpartition("@")
    return local.partition("+")[2]
