"""That somebody took the time to write: a stamp on every form, and a moment's work of their browser (ALTCHA).

Neither asks who somebody is, or keeps anything in their browser. A stamp says for whom a form was given out and when; a
challenge is solved by trying, and costs a machine that sends thousands of notes what it costs a person once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any, Literal

from altcha import Payload, create_challenge, verify_solution

LONGEST_OPEN = timedelta(hours=24)  # a form that was open longer is given out anew
WORK_GOOD_FOR = timedelta(minutes=10)
# Some 150 keys of 5,000 rounds each: about a second on a telephone, in the browser's own code and beside the page.
ALGORITHM, ROUNDS, FEWEST_KEYS, SPREAD = "PBKDF2/SHA-256", 5_000, 100, 100
LONGEST_SOLUTION = 4_000  # characters
MOST_USED = 20_000  # of a day at most 4,800 notes are taken in, so none is forgotten while it is good
_STAMP = re.compile(r"([0-9a-f]{1,12})\.([0-9a-f]{16})\.([0-9a-f]{32})")

Verdict = Literal["good", "too fast", "stale", "not ours"]


class Once:
    """What may be used once: known until it is good no more. In memory, and of one process."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, None] = OrderedDict()

    def is_used(self, what: str) -> bool:
        """Whether it was."""
        return what in self._used

    def use(self, what: str) -> bool:
        """Use it. False when it was used before."""
        if what in self._used:
            return False
        self._used[what] = None
        if len(self._used) > MOST_USED:
            self._used.popitem(last=False)
        return True


# --- stamps ---


def make_stamp(key: bytes, member: str, now: datetime) -> str:
    """For a form that is given out at `now`, for notes to a member (a slug). `key`: the store's."""
    told = f"{int(now.timestamp() * 1000):x}.{secrets.token_hex(8)}"
    return f"{told}.{_mac(key, member, told)}"


def read_stamp(stamp: str, key: bytes, member: str, *, now: datetime, shortest: timedelta) -> Verdict:
    """Whether the form was given out for that member, at least `shortest` and at most a day ago."""
    found = _STAMP.fullmatch(stamp)
    if found is None or not hmac.compare_digest(found[3], _mac(key, member, f"{found[1]}.{found[2]}")):
        return "not ours"
    age = now.timestamp() - int(found[1], 16) / 1000
    if age > LONGEST_OPEN.total_seconds():
        return "stale"
    return "too fast" if age < shortest.total_seconds() else "good"


def _mac(key: bytes, member: str, told: str) -> str:
    return hmac.new(_key_for(key, "stamp"), f"{told} {member}".encode(), hashlib.sha256).hexdigest()[:32]


# --- work (ALTCHA, version 2 of its challenges) ---


def make_challenge(key: bytes, now: datetime) -> dict[str, Any]:
    """A challenge as JSON: `{"parameters": {...}, "signature": "..."}`, good for ten minutes."""
    challenge = create_challenge(
        ALGORITHM,
        ROUNDS,
        counter=FEWEST_KEYS + secrets.randbelow(SPREAD),
        # of our own clock: the library would ask the machine's
        data={"until": int((now + WORK_GOOD_FOR).timestamp())},
        hmac_secret=_key_for(key, "challenge"),
        hmac_key_secret=_key_for(key, "solution"),
    )
    told: dict[str, Any] = challenge.to_dict()
    return told


def is_solved(solution: str, key: bytes, used: Once, *, now: datetime) -> bool:
    """Whether a solution (base64 of JSON: the challenge and what solves it) is right, of ours, in time and new."""
    if len(solution) > LONGEST_SOLUTION:
        return False
    try:
        payload = Payload.from_base64(solution)
        until, nonce = (payload.challenge.parameters.data or {})["until"], payload.challenge.parameters.nonce
        found = verify_solution(payload, _key_for(key, "challenge"), hmac_key_secret=_key_for(key, "solution"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    # what is compared here was signed by us
    return bool(found.verified) and until >= now.timestamp() and used.use(nonce)


def _key_for(key: bytes, what: str) -> bytes:
    """A key of its own for each use."""
    return hmac.new(key, f"note form {what}".encode(), hashlib.sha256).digest()
