"""All other invitations: whether anything is at their address. What a page says is not read.

Many platforms answer "all is well" for an invitation that ended, so "ok" means no more than that somebody is there;
"dead" means that the server itself says so.
"""

from __future__ import annotations

from alongside.delivery.fetching import Fetcher
from alongside.delivery.group_facts.chats import ChatReading, unknown

_GONE = frozenset((404, 410))


async def read_link(fetcher: Fetcher, url: str) -> ChatReading:
    """HEAD, and GET where that is not well: some servers know no HEAD. Raises `FetchError`."""
    answer = await fetcher.fetch(url, method="HEAD")
    if answer.status >= 400:
        answer = await fetcher.fetch(url, body=False)
    if answer.status < 400:
        return ChatReading(state="ok")
    return ChatReading(state="dead") if answer.status in _GONE else unknown(answer)
