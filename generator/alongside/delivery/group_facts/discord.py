"""Invitations to Discord: what its API tells everybody of them (`GET /invites/{code}`).

    {"code": "abc", "approximate_member_count": 123, "expires_at": "2026-12-01T10:00:00+00:00", ...}

How many are online is told, too, and not taken: programs are among them, and nobody was asked.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from alongside.delivery.fetching import Fetcher
from alongside.delivery.group_facts.chats import ChatReading, count_of, json_object, unknown

HOST = "discord.com"
_API = f"https://{HOST}/api/v10/invites/{{code}}?with_counts=true&with_expiration=true"
_SITES = frozenset(("discord.com", "www.discord.com", "discordapp.com", "www.discordapp.com"))
_CODE = re.compile(r"[\w-]{2,64}", re.ASCII)
_UNKNOWN_INVITE = 10006


def parse_invite(url: str) -> str:
    """The code of an invitation; empty where it is none of Discord's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    path = parts.path.strip("/")
    if parts.hostname in _SITES and path.startswith("invite/"):
        path = path.removeprefix("invite/")
    elif parts.hostname not in ("discord.gg", "www.discord.gg"):
        return ""
    return path if _CODE.fullmatch(path) else ""


async def read_invite(fetcher: Fetcher, code: str) -> ChatReading:
    """What Discord tells of an invitation. Raises `FetchError`."""
    answer = await fetcher.fetch(_API.format(code=code), accept="application/json")
    found = json_object(answer)
    if answer.status == 200 and "code" in found:
        members = count_of(found.get("approximate_member_count"))
        return ChatReading(state="ok", members=members, expires=_last_day(found.get("expires_at")))
    if answer.status == 404 and found.get("code") == _UNKNOWN_INVITE:
        return ChatReading(state="dead")
    return unknown(answer)


def _last_day(value: object) -> date | None:
    """The last day (UTC) on which an invitation works that ends at an instant."""
    try:
        ends = datetime.fromisoformat(value) if isinstance(value, str) else None
        return (ends.astimezone(UTC) - timedelta(seconds=1)).date() if ends is not None and ends.tzinfo else None
    except (ValueError, OverflowError):
        return None
