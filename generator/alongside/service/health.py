"""How the service itself is: for whoever watches over it.

GET  /healthz         whether the store answers      GET /robots.txt   keeps crawlers away
"""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from alongside import __version__
from alongside.delivery.by_token import find_enrollment
from alongside.delivery.store import StoreError
from alongside.service.core import Service

HEALTH_SECONDS = 5.0  # how long the store may take to say that it is there


class Health:
    """Those two."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._threads = anyio.CapacityLimiter(1)  # a store that hangs must not take the threads of others

    def routes(self) -> Sequence[Route]:
        """Theirs."""
        return (
            self._service.route("/healthz", self.healthz, "GET"),
            self._service.route("/robots.txt", self.robots, "GET"),
        )

    async def healthz(self, request: Request) -> Response:
        """`/healthz`: 200 when the store answers, 503 when it does not; no details, it is public."""
        try:
            with anyio.fail_after(HEALTH_SECONDS):
                await anyio.to_thread.run_sync(self._look, limiter=self._threads, abandon_on_cancel=True)
        except (StoreError, TimeoutError):
            return JSONResponse({"ok": False, "version": __version__}, 503)
        return JSONResponse({"ok": True, "version": __version__})

    def _look(self) -> None:
        with self._service.store.reading() as connection:
            find_enrollment(connection, self._service.store.key, 0)  # nobody's

    async def robots(self, request: Request) -> Response:
        """`/robots.txt` (RFC 9309)."""
        return PlainTextResponse("User-agent: *\nDisallow: /\n")
