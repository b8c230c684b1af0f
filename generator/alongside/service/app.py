"""What the service answers over HTTP: its parts put together, behind one doorway."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alongside.service import pages
from alongside.service.choosing import Choosing
from alongside.service.core import Service
from alongside.service.enrolling import Enrolling
from alongside.service.health import Health
from alongside.service.home import Home
from alongside.service.openapi import Document
from alongside.service.stopping import Stopping


def make_app(service: Service) -> ASGIApp:
    """The application. Nothing of it needs a start or an end."""
    app = Starlette(routes=routes_of(service), exception_handlers={HTTPException: service.http_error})
    app.router.redirect_slashes = False
    return Doorway(app, service.home)


def routes_of(service: Service) -> list[Route]:
    """What it answers."""
    parts = (Stopping(service), Choosing(service), Health(service), Enrolling(service), Document(service))
    return [route for part in parts for route in part.routes()]


class Doorway:
    """Before and after every request: the prefix a proxy may leave in the path, and the headers all answers carry."""

    def __init__(self, app: ASGIApp, home: Callable[[], Home]) -> None:
        self._app = app
        self._home = home
        self._headers = {
            "Content-Security-Policy": "; ".join(
                (
                    "default-src 'none'",
                    f"style-src {pages.style_source()}",
                    "form-action 'self'",
                    "frame-ancestors 'none'",
                    "base-uri 'none'",
                )
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3)."""
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app({**scope, "path": self._below_prefix(scope["path"])}, receive, send_with_headers)

    def _below_prefix(self, path: str) -> str:
        """`/alongside/stop/s-...` is `/stop/s-...` for a service at `https://example.org/alongside/`.

        Some proxies cut the prefix off, some do not; both work. Pages link to themselves alone, so they need not know.
        """
        prefix = urlsplit(self._home().settings.mail.service).path.rstrip("/")
        return path.removeprefix(prefix) if prefix and path.startswith(f"{prefix}/") else path
