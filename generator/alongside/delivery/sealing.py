"""What people wrote to one another, encrypted while it lies in the store.

AES-256 in Galois/Counter Mode (NIST SP 800-38D) under a key made of the store's. Where the store was made with
ALONGSIDE_SECRET, a copy of it alone cannot be read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12  # bytes


class SealError(ValueError):
    """It was sealed with another key, or is damaged."""


def seal(text: str, key: bytes) -> bytes:
    """`text`, so that nobody without the store's key reads it: nonce, then ciphertext with its tag."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(key).encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes, key: bytes) -> str:
    """The text that was sealed. Raises `SealError`."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode()
    except (InvalidTag, ValueError) as error:
        raise SealError("a note cannot be read with this key") from error


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    # late: it takes 6 MB, and who passes on no notes needs none of it
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.new(key, b"notes at rest", hashlib.sha256).digest())
