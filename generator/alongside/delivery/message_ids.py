"""Message-IDs of our mails: derived from the step, so that sending one again is sending the same mail."""

from __future__ import annotations

import hashlib
from functools import lru_cache


def message_id(key: bytes, step_id: int, domain: str) -> str:
    """The Message-ID of a step's mail without brackets (RFC 5322 section 3.6.4): for ever the same.

    It tells nothing to who does not hold the store's key.
    """
    made = _keyed(key).copy()
    made.update(b"%d" % step_id)
    return f"{made.hexdigest()}@{domain}"


def letter_message_id(key: bytes, letter_id: int, domain: str) -> str:
    """The same of a letter (`notes.letters`)."""
    made = _keyed(key, b"letter").copy()
    made.update(b"%d" % letter_id)
    return f"{made.hexdigest()}@{domain}"


@lru_cache(maxsize=8)
def _keyed(key: bytes, of: bytes = b"message id") -> hashlib.blake2b:
    """BLAKE2b with a key, which is a MAC (RFC 7693 section 2.1)."""
    return hashlib.blake2b(key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=16, person=of)
