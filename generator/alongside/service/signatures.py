"""Who may enroll newcomers and tell what became of them: programs of the host product, known by a shared secret.

    Alongside-Signature: t=1796115600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd

`v1` is the HMAC-SHA256 (RFC 2104) of `t`, a full stop and the body as sent, in hexadecimal; `t` is when it was made,
in seconds since 1970, so a request that somebody recorded is soon worth nothing. Two secrets hold at once, so that
one can take the other's place. Tools that cannot compute it send another secret as it is (RFC 6750 section 2.1).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alongside.delivery.browser_tokens import PREFIX
from alongside.delivery.credentials import read_secret
from alongside.problems import UsageError

HEADER = "Alongside-Signature"
SECRET = "ALONGSIDE_WEBHOOK_SECRET"  # noqa: S105  a name
TOKEN = "ALONGSIDE_WEBHOOK_TOKEN"  # noqa: S105  a name
SHORTEST = 16  # characters of a secret
MOST_SECRETS = 2
TOLERANCE = 300  # seconds between the sender's clock and ours
_MOST_SIGNATURES = 8
_TIME = re.compile(r"[0-9]{1,12}")


class SenderError(Exception):
    """Nobody we know sent this; the message says what was wrong with how it was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """The secrets that hold; empty: that way is closed."""

    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    tokens: tuple[bytes, ...] = field(default=(), repr=False)


def read_senders(environment: Mapping[str, str]) -> Senders:
    """`ALONGSIDE_WEBHOOK_SECRET` and `ALONGSIDE_WEBHOOK_TOKEN`, each one or two. Raises `UsageError`."""
    secrets, tokens = _read(environment, SECRET), _read(environment, TOKEN)
    if set(secrets) & set(tokens):
        raise UsageError(
            f"{SECRET} and {TOKEN} are the same.",
            hint="The token travels as it is, so it must not be what others sign with; choose another.",
        )
    if any(token.startswith(PREFIX.encode()) for token in tokens):
        raise UsageError(f"{TOKEN} begins as a token for browsers does.", hint="Choose another.")
    return Senders(secrets=secrets, tokens=tokens)


class LiveSenders:
    """The secrets as they were last read, of a service that is told when they changed."""

    def __init__(self, read: Callable[[], Senders]) -> None:
        """Raises what `read` raises; so does `reload`, which then keeps what was."""
        self._read = read
        self._current = read()

    def reload(self) -> None:
        """Read them again."""
        self._current = self._read()

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """As of `Senders`."""
        return self._current.secrets

    @property
    def tokens(self) -> tuple[bytes, ...]:
        """As of `Senders`."""
        return self._current.tokens


def _read(environment: Mapping[str, str], name: str) -> tuple[bytes, ...]:
    found = read_secret(environment, name).replace(",", " ").split()
    if len(found) > MOST_SECRETS:
        raise UsageError(f"{name} holds more than two secrets.", hint="Keep the new one and the one before.")
    for secret in found:
        if len(secret) < SHORTEST or not (secret.isascii() and secret.isprintable()):
            raise UsageError(
                f"{name} is too short, or not ASCII: a secret has at least {SHORTEST} characters.",
                hint="Make one with: openssl rand -hex 32",
            )
    return tuple(secret.encode() for secret in found)


def check_signature(header: str, body: bytes, secrets: Sequence[bytes], *, now: datetime) -> str:
    """The time `t` of a request that one of `secrets` signed, as it stood there. Raises `SenderError`."""
    made_at, signatures = _parse(header)
    if abs(now.timestamp() - int(made_at)) > TOLERANCE:
        raise SenderError(
            f"The signature's time is more than {TOLERANCE} seconds from this service's clock. "
            "Sign each request anew, and set the clock."
        )
    signed = made_at.encode() + b"." + body
    known = False
    for secret in secrets:
        expected = hmac.new(secret, signed, hashlib.sha256).hexdigest().encode()
        for signature in signatures:
            known |= hmac.compare_digest(expected, signature)
    if not known:
        raise SenderError(
            f"The signature fits none of the secrets in {SECRET}. Sign the time, a full stop and the body, byte for "
            "byte as it is sent."
        )
    return made_at


def _parse(header: str) -> tuple[str, list[bytes]]:
    """(`t`, every `v1`); schemes of other versions are left for those who know them."""
    if not header:
        raise SenderError(f"There is no {HEADER}: send t=SECONDS,v1=HMAC.")
    times: list[str] = []
    signatures: list[bytes] = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        elif name == "v1":
            signatures.append(value.strip().lower().encode("ascii", "replace"))
    if len(times) != 1 or not _TIME.fullmatch(times[0]) or not 1 <= len(signatures) <= _MOST_SIGNATURES:
        raise SenderError(f"{HEADER} cannot be read: send t=SECONDS,v1=HMAC, with the HMAC in hexadecimal.")
    return times[0], signatures


def check_token(token: str, tokens: Sequence[bytes]) -> None:
    """Raises `SenderError` for what is none of `tokens`."""
    given = token.encode("utf-8", "replace")
    known = False
    for each in tokens:
        known |= hmac.compare_digest(each, given)
    if not known:
        raise SenderError(f"The token is none of those in {TOKEN}.")
