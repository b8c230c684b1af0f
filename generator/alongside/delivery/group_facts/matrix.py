"""Rooms of Matrix: what their server tells everybody of them, without an account (Client-Server API 1.15).

An invitation is `https://matrix.to/#/#room:server`, `https://matrix.to/#/!id:server?via=other`, or the same as
`matrix:r/room:server` and `matrix:roomid/id:server?via=other` (Matrix URI scheme). `room_summary` answers

    {"num_joined_members": 123, "join_rule": "public", "room_id": "!id:server", ...}

for rooms that anybody may join or knock at. Of all others it says that they are not there; so only an alias that its
own server does not know is dead, and of a room named by its id nobody can tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlsplit

from alongside.delivery.fetching import Fetched, Fetcher, FetchError
from alongside.delivery.group_facts.chats import ChatReading, count_of, json_object, unknown

_SUMMARIES = (
    "/_matrix/client/v1/room_summary/{room}",
    "/_matrix/client/unstable/im.nheko.summary/rooms/{room}/summary",  # servers older than that part of the standard
)
_SERVER = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_URI_KINDS = {"r": "#", "roomid": "!"}
_OPEN = frozenset(("public", "knock", "knock_restricted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room, and who can be asked about it."""

    name: str  # "#room:server" or "!id:server"
    server: str  # a server's name, perhaps with a port
    via: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The server's name without its port."""
        return self.server.rsplit(":", 1)[0] if re.search(r":\d+$", self.server) else self.server


def parse_room(url: str) -> Room | None:
    """The room an invitation leads to; None where it is none of Matrix's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme == "matrix":
        kind, _, rest = parts.path.partition("/")
        sigil = _URI_KINDS.get(kind)
        name, query = (f"{sigil}{unquote(rest)}", parts.query) if sigil is not None else ("", "")
    elif parts.hostname == "matrix.to":
        written, _, query = parts.fragment.removeprefix("/").partition("?")
        name = unquote(written).partition("/")[0]  # an event may follow
    else:
        return None
    via = tuple(one for one in parse_qs(query).get("via", ()) if _SERVER.fullmatch(one))
    own = name.partition(":")[2]
    server = own if name.startswith("#") or not via else via[0]
    if name[:1] not in ("#", "!") or len(name) > 255 or not _SERVER.fullmatch(server):
        return None
    return Room(name=name, server=server, via=via)


class Matrix:
    """Asks about rooms, and remembers where a server's API is."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._bases: dict[str, str] = {}

    async def read(self, room: Room) -> ChatReading:
        """What a room's server tells of it. Raises `FetchError`."""
        answer = await self._summary(room)
        found = json_object(answer)
        if answer.status == 200 and ("num_joined_members" in found or "room_id" in found):
            if found.get("join_rule", "public") not in _OPEN:
                return ChatReading(state="unknown", why="One joins that room by invitation only.")
            return ChatReading(state="ok", members=count_of(found.get("num_joined_members")))
        if answer.status == 404 and found.get("errcode") == "M_NOT_FOUND":
            return await self._missing(room)
        return unknown(answer)

    async def _summary(self, room: Room) -> Fetched:
        """The first answer of a server that knows what it was asked."""
        via = "&".join(f"via={quote(one, safe='')}" for one in room.via[:3])
        name = quote(room.name, safe="")
        current, former = (f"{path.format(room=name)}{'?' if via else ''}{via}" for path in _SUMMARIES)
        answer = await self._get(room, current)
        return await self._get(room, former) if _unrecognised(answer) else answer

    async def _missing(self, room: Room) -> ChatReading:
        """A room that is not there for everybody: gone, or closed."""
        closed = ChatReading(
            state="unknown", why="That room is closed to guests, or gone; its server does not say which."
        )
        if not room.name.startswith("#"):
            return closed
        answer = await self._get(room, f"/_matrix/client/v3/directory/room/{quote(room.name, safe='')}")
        if answer.status == 404 and json_object(answer).get("errcode") == "M_NOT_FOUND":
            return ChatReading(state="dead")
        return closed if answer.status == 200 else unknown(answer)

    async def _get(self, room: Room, path: str) -> Fetched:
        return await self._fetcher.fetch(f"{await self._base(room)}{path}", accept="application/json")

    async def _base(self, room: Room) -> str:
        """Where a server's API is: what its site says (`.well-known`, section 3.1.1 of the API), else the server."""
        if room.host not in self._bases:
            base = ""
            try:
                answer = await self._fetcher.fetch(
                    f"https://{room.host}/.well-known/matrix/client", accept="application/json"
                )
            except FetchError:
                pass  # a server that has no site of its own
            else:
                told = json_object(answer).get("m.homeserver") if answer.status == 200 else None
                base = str(told.get("base_url") or "") if isinstance(told, dict) else ""
            self._bases[room.host] = base.rstrip("/") or f"https://{room.server}"
        return self._bases[room.host]


def _unrecognised(answer: Fetched) -> bool:
    """True where a server does not know the question (and not: not the room)."""
    said = json_object(answer).get("errcode")
    return answer.status in (400, 404, 405) and said in (None, "M_UNRECOGNIZED")
