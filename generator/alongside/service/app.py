"""What the service answers over HTTP: its parts put together, behind one doorway."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alongside.service import pages
from alongside.service.choosing import Choosing
from alongside.service.core import Service
from alongside.service.enrolling import Enrolling
from alongside.service.figures import Counted
from alongside.service.health import Health
from alongside.service.home import Home
from alongside.service.member_page import MemberPage
from alongside.service.metrics import Metrics
from alongside.service.note_form import NoteForm
from alongside.service.openapi import Document
from alongside.service.own_page import OwnPage
from alongside.service.proxies import BehindProxies
from alongside.service.stopping import Stopping


def make_app(service: Service, environment: Mapping[str, str] = os.environ) -> ASGIApp:
    """The application. Nothing of it needs a start or an end."""
    app = Starlette(routes=routes_of(service, environment), exception_handlers={HTTPException: service.http_error})
    app.router.redirect_slashes = False
    counted = Counted(Doorway(app, service.home), service.figures)
    return BehindProxies(counted, lambda: service.home().settings.service.proxies)


def routes_of(service: Service, environment: Mapping[str, str]) -> list[Route]:
    """What it answers."""
    parts = (
        Stopping(service),
        Choosing(service),
        OwnPage(service),
        MemberPage(service),
        NoteForm(service),
        Enrolling(service),
        Health(service),
        Metrics(service, environment),
        Document(service),
    )
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

        if (status := _refusal(scope)) is not None:
            await Response(status_code=status, headers={"Connection": "close"})(scope, receive, send_with_headers)
            return
        path = _path_of(scope)
        below = self._below_prefix(path)
        state = scope.setdefault("state", {})
        state["prefix"] = path.removesuffix(below)
        await self._app({**scope, "path": below}, receive, send_with_headers)

    def _below_prefix(self, path: str) -> str:
        """`/alongside/stop/s-...` is `/stop/s-...` for a service at `https://example.org/alongside/`.

        Some proxies cut the prefix off, some do not; both work. Pages link to themselves alone, so they need not know.
        """
        prefix = urlsplit(self._home().settings.mail.service).path.rstrip("/")
        return path.removeprefix(prefix) if prefix and path.startswith(f"{prefix}/") else path


def _path_of(scope: Scope) -> str:
    """The path; also of a target in absolute form, which every server has to take (RFC 9112 section 3.2.2)."""
    path: str = scope["path"]
    scheme, _, rest = path.partition("://")
    return f"/{rest.partition('/')[2]}" if scheme.lower() in ("http", "https") else path


def _refusal(scope: Scope) -> int | None:
    """The status of what is not taken whatever it asks for; None for all else.

    A version that is not ours; and both a length and chunks, for who smuggles requests past a proxy counts on two
    readings of them (RFC 9112 section 6.1).
    """
    if not scope["http_version"].startswith("1."):
        return 505
    return 400 if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]} else None
