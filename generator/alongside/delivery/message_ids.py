"""Message-IDs of our mails: derived from the step, so that sending one again is sending the same mail."""

from __future__ import annotations

import hashlib
import hmac


def message_id(key: bytes, step_id: int, domain: str) -> str:
    """The Message-ID of a step's mail without brackets (RFC 5322 section 3.6.4): for ever the same.

    It tells nothing to who does not hold the store's key.
    """
    return f"{hmac.digest(key, b'message %d' % step_id, hashlib.sha256).hex()[:32]}@{domain}"
