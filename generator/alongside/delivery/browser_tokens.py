"""Tokens with which pages of a host product without a back end may enroll newcomers.

    b1.eyJqb3VybmV5Ijoi....q2tmnzyhe4b7c1...

Such a token stands in a page, so everybody can read it, and it proves nothing about who uses it: it says on which
journey, from pages of which origins (RFC 6454) and until when, and the service asks every address first. It is made
with a key that comes from the store's, so nobody makes one up.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

PREFIX = "b1."
LONGEST = 2_000  # characters
_MAC = 20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserToken:
    """What a token allows."""

    journey: str  # slug
    origins: tuple[str, ...]
    good_until: datetime  # whole seconds


def make_browser_token(token: BrowserToken, key: bytes) -> str:
    """`"b1...."`. `key`: the store's."""
    told = {
        "journey": token.journey,
        "origins": list(token.origins),
        "until": int(token.good_until.timestamp()),
    }
    packed = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    return f"{PREFIX}{_text(packed)}.{_text(_mac(packed, key))}"


def read_browser_token(text: str, key: bytes) -> BrowserToken | None:
    """What it allows, expired or not; None for one that is not ours."""
    packed_text, _, mac_text = text.removeprefix(PREFIX).partition(".")
    if not text.startswith(PREFIX) or len(text) > LONGEST or not text.isascii():
        return None
    try:
        packed, mac = _bytes(packed_text), _bytes(mac_text)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(mac, _mac(packed, key)):
        return None
    told = json.loads(packed)
    return BrowserToken(
        journey=told["journey"],
        origins=tuple(told["origins"]),
        good_until=datetime.fromtimestamp(told["until"], UTC),
    )


def _mac(packed: bytes, key: bytes) -> bytes:
    of_tokens = hmac.new(key, b"browser tokens", hashlib.sha256).digest()
    return hmac.new(of_tokens, packed, hashlib.sha256).digest()[:_MAC]


def _text(raw: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
