"""Who is held out: of a journey with `holdout: 10%`, a tenth of the newcomers get no mail, so that it can be seen what
the mails of the others do.

The arm is no draw but a keyed hash of journey and address, so nobody chooses it, nobody can tell it from outside, and
the same person gets the same one after an erasure or a second import. Arms of two journeys have nothing to do with each
other. They are nested: a larger share holds out those of the smaller one, and more. What was chosen is kept with the
enrollment, and stays when the share is changed.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from alongside.delivery.schema import Arm
from alongside.model.journeys import Journey

_BYTES = 8


def choose_arm(journey: Journey, address: str, key: bytes) -> Arm:
    """The arm of an address (normalised) on that journey; "" where it holds out nobody. `key`: the store's."""
    if not journey.holdout:
        return ""
    made = _keyed(journey.slug, key).copy()
    made.update(address.encode())
    place = int.from_bytes(made.digest(), "big")  # evenly from 0 up to 2 ** 64
    return "held out" if place * 100 < journey.holdout << 8 * _BYTES else "treated"


@lru_cache(maxsize=64)
def _keyed(slug: str, key: bytes) -> hashlib.blake2b:
    made = hashlib.blake2b(key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=_BYTES, person=b"arm")
    made.update(slug.encode() + b"\0")
    return made
