"""One round: each invitation of each group is asked once, gently.

No two questions go to one host at the same time, a few hosts are asked beside one another, and a host that says it has
had too many is left alone. Nothing that goes wrong ends a round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from urllib.parse import urlsplit

from alongside.delivery.fetching import Fetcher, FetchError
from alongside.delivery.group_facts import discord
from alongside.delivery.group_facts.chats import ChatReading
from alongside.delivery.group_facts.links import read_link
from alongside.delivery.group_facts.matrix import Matrix, parse_room

AT_ONCE = 4  # hosts
ROUND_SECONDS = 300.0
Progress = Callable[[int, int], None]  # (invitations asked, of all)
_Ask = Callable[[], Awaitable[ChatReading]]
_LATER = ChatReading(state="unknown", why="Its server wants to be asked later.")
_OVER = ChatReading(state="unknown", why="There was no time left to ask.")


def read_chats(
    urls: Iterable[str], fetcher: Fetcher, *, seconds: float = ROUND_SECONDS, progress: Progress | None = None
) -> Mapping[str, ChatReading]:
    """What each invitation answered, in the order given; those that are never asked are left out.

    Never asked are rooms that open in a program (IRC, XMPP) and names for examples. `seconds`: for the whole round.
    """
    return asyncio.run(_Round(fetcher, progress).read(urls, seconds))


class _Round:
    """The questions of one round, by the host that is asked first."""

    def __init__(self, fetcher: Fetcher, progress: Progress | None) -> None:
        self._fetcher = fetcher
        self._matrix = Matrix(fetcher)
        self._progress = progress
        self._places = asyncio.Semaphore(AT_ONCE)
        self._found: dict[str, ChatReading] = {}

    async def read(self, urls: Iterable[str], seconds: float) -> Mapping[str, ChatReading]:
        """Every answer there was time for; `_OVER` for the others."""
        by_host: dict[str, dict[str, _Ask]] = {}
        for url in urls:
            host, ask = self._question(url)
            if ask is not None and not self._fetcher.is_example(host):
                by_host.setdefault(host, {})[url] = ask
                self._found[url] = _OVER
        total = len(self._found)
        done = 0

        async def ask_host(questions: Mapping[str, _Ask]) -> None:
            nonlocal done
            busy = False
            async with self._places:
                for url, ask in questions.items():
                    self._found[url] = reading = _LATER if busy else await _answered(ask)
                    busy = busy or reading.busy
                    done += 1
                    if self._progress is not None:
                        self._progress(done, total)

        try:
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
                for questions in by_host.values():
                    tasks.create_task(ask_host(questions))
        except TimeoutError:
            pass
        return self._found

    def _question(self, url: str) -> tuple[str, _Ask | None]:
        """(the host that is asked about an invitation, what asks it); None where nobody can be asked."""
        room = parse_room(url)
        if room is not None:
            return room.host, partial(self._matrix.read, room)
        code = discord.parse_invite(url)
        if code:
            return discord.HOST, partial(discord.read_invite, self._fetcher, code)
        parts = urlsplit(url)
        return parts.hostname or "", partial(read_link, self._fetcher, url) if parts.scheme in (
            "http",
            "https",
        ) else None


async def _answered(ask: _Ask) -> ChatReading:
    try:
        return await ask()
    except FetchError as error:
        return ChatReading(state="unknown", why=error.message)
