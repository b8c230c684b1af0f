"""Tokens in our own addresses and links: which step, enrollment or person is meant, and that we said so.

    community+s-6172ab09c4d1f03b52e711@example.org      stop this enrollment
    community+b-0c9e11d2a7704bfe83c51a@example.org      a bounce of this step's mail (VERP)

A token is hexadecimal: mail systems change the case of a local part as they like, and that survives it. It holds 80
bits of a keyed hash over kind and number (BLAKE2b, RFC 7693, which is a MAC when it has a key) and the number, so
nobody makes one up, and none tells anything about the person.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Literal, get_args

# stop: an enrollment's mails; bounce: of a step's mail; letter: of a letter's; confirm: an enrollment (double opt-in).
# What somebody decides about notes: block and report, a side of a conversation; first, a first note; ask-..., a step
# the member was asked about.
Choice = Literal["block", "report", "first", "ask-send", "ask-skip", "ask-away"]
Kind = Literal["stop", "bounce", "confirm", "letter", "block", "report", "first", "ask-send", "ask-skip", "ask-away"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
LETTERS: dict[Kind, str] = {
    "stop": "s",
    "bounce": "b",
    "confirm": "c",
    "letter": "l",
    "block": "x",
    "report": "p",
    "first": "f",
    "ask-send": "w",
    "ask-skip": "n",
    "ask-away": "a",
}
_KINDS: dict[str, Kind] = {letter: kind for kind, letter in LETTERS.items()}
_MAC = 10  # bytes
_TOKEN = re.compile(r"([a-z])-([0-9a-f]{20})((?:[0-9a-f]{2}){1,8})")


def make_token(kind: Kind, number: int, key: bytes) -> str:
    """`"s-..."`: the token of an enrollment or a step, by its number in the store."""
    packed = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
    return f"{LETTERS[kind]}-{_mac(kind, packed, key).hex()}{packed.hex()}"


def read_token(token: str, key: bytes) -> tuple[Kind, int] | None:
    """Which kind and number a token means; None for one that is not ours."""
    found = _TOKEN.fullmatch(token.strip().lower())
    kind = _KINDS.get(found[1]) if found is not None else None
    if found is None or kind is None:
        return None
    mac, packed = bytes.fromhex(found[2]), bytes.fromhex(found[3])
    return (kind, int.from_bytes(packed, "big")) if hmac.compare_digest(mac, _mac(kind, packed, key)) else None


def _mac(kind: Kind, packed: bytes, key: bytes) -> bytes:
    made = _keyed(kind, key).copy()  # a third of the time of HMAC, and there are two in every mail
    made.update(packed)
    return made.digest()


@lru_cache(maxsize=8)
def _keyed(kind: Kind, key: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=_MAC, person=b"token " + kind.encode())


def tag_of(address: str) -> str:
    """The tag of an address, or an empty text."""
    local, _, _ = address.rpartition("@")
    return local.partition("+")[2]
