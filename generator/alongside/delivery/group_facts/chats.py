"""What one invitation answered, and how untrusted answers are read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from alongside.delivery.fetching import Fetched
from alongside.model.group_facts import LinkState

_MOST = 100_000_000  # people in one room; who says more says nothing
TOO_MANY = 429  # Too Many Requests (RFC 6585, section 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReading:
    """What one invitation answered today."""

    state: LinkState
    members: int | None = None  # exact; rounded before anything of it is written
    expires: date | None = None  # the last day on which it works
    why: str = ""  # where the state is unknown: a sentence for the team
    busy: bool = False  # the server asked to be left alone for now


def unknown(answer: Fetched) -> ChatReading:
    """An answer from which nothing follows: a server in trouble, one that lets nobody look, or what is no answer."""
    if answer.status == TOO_MANY:
        return ChatReading(state="unknown", why="Too many requests; it wants to be asked later.", busy=True)
    if answer.status >= 400:
        return ChatReading(state="unknown", why=f"It answered {answer.status}.")
    return ChatReading(state="unknown", why="Its answer cannot be read.")


def json_object(answer: Fetched) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where there is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def count_of(value: object) -> int | None:
    """A number of people out of somebody's JSON; None for what cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else None
