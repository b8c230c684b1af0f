"""What the service answers, told to programs: `GET /openapi.json` (OpenAPI 3.1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alongside import __version__
from alongside.reading.newcomers import PROFILE
from alongside.service.core import Service


def openapi(service_url: str) -> dict[str, Any]:
    """The document of a service at that address (with or without a trailing slash)."""
    document = _document()
    components = document["components"]
    return {
        **document,
        # a newcomer's profile is the one of files, told in one place
        "components": {**components, "schemas": {**components["schemas"], "Profile": PROFILE.schema}},
        "info": {**document["info"], "version": __version__},
        "servers": [{"url": service_url.rstrip("/") or "/"}],
    }


@cache
def _document() -> dict[str, Any]:
    text = (resources.files("alongside.service") / "openapi.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


class Document:
    """The part that gives it out."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> Sequence[Route]:
        """One."""
        return (self._service.route("/openapi.json", self.document, "GET"),)

    async def document(self, request: Request) -> Response:
        """`/openapi.json`."""
        return JSONResponse(openapi(self._service.home().settings.mail.service))
