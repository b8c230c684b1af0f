"""How the service itself is: for whoever watches over it.

GET  /healthz     whether it answers, and the store too: for who starts it again when it does not
GET  /readyz      whether it does all it should: for who is woken when it does not
GET  /robots.txt  keeps crawlers away

The two differ on purpose. A mail server that is away makes passes late, and is no reason to start the service again or
to send nobody to it: the links in mails go on working.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from alongside import __version__
from alongside.delivery.by_token import find_enrollment
from alongside.delivery.store import StoreError, is_current
from alongside.service.core import Service

HEALTH_SECONDS = 5.0  # how long the store may take to say that it is there
SENDING = "send"  # the work by the clock that must not be late

# store: it does not answer; schema: a newer version made it anew; late: no pass over due mail ended well for long
Why = Literal["", "stopping", "store", "schema", "late"]


class Health:
    """Those three."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._threads = anyio.CapacityLimiter(1)  # a store that hangs must not take the threads of others

    def routes(self) -> Sequence[Route]:
        """Theirs."""
        return (
            self._service.route("/healthz", self.healthz, "GET"),
            self._service.route("/readyz", self.readyz, "GET"),
            self._service.route("/robots.txt", self.robots, "GET"),
        )

    async def healthz(self, request: Request) -> Response:
        """`/healthz`: 200 when the store answers, 503 when it does not; no details, it is public."""
        if await self._asked(self._look) != "":
            return JSONResponse({"ok": False, "version": __version__}, 503)
        return JSONResponse({"ok": True, "version": __version__})

    async def readyz(self, request: Request) -> Response:
        """`/readyz`: 200, or 503 and why in a word."""
        why: Why = "stopping" if self._service.stopping.is_set() else await self._asked(self._look_closely)
        return JSONResponse({"ok": not why, "why": why}, 503 if why else 200)

    async def _asked(self, look: Callable[[], Why]) -> Why:
        try:
            with anyio.fail_after(HEALTH_SECONDS):
                return await anyio.to_thread.run_sync(look, limiter=self._threads, abandon_on_cancel=True)
        except (StoreError, TimeoutError):
            return "store"

    def _look(self) -> Why:
        with self._service.store.reading() as connection:
            find_enrollment(connection, self._service.store.key, 0)  # nobody's
        return ""

    def _look_closely(self) -> Why:
        with self._service.store.reading() as connection:
            if not is_current(connection):
                return "schema"
        return "late" if self._service.rounds.is_late(SENDING) else ""

    async def robots(self, request: Request) -> Response:
        """`/robots.txt` (RFC 9309)."""
        return PlainTextResponse("User-agent: *\nDisallow: /\n")
