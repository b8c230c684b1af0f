"""One-click stop (RFC 8058) and double opt-in: the two links of every newcomer's mail.

    GET  /stop/TOKEN      asks whether to stop           POST  stops: a mail client by one click, or the page's button
    GET  /confirm/TOKEN   asks whether to begin          POST  begins

Who holds a token may use it, so a POST needs no cookie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alongside.delivery.by_token import Enrolled, confirm_enrollment, find_enrollment, stop_enrollment
from alongside.delivery.tokens import Kind, read_token
from alongside.service import pages
from alongside.service.core import Service, read_form
from alongside.service.forms import FormError

REASON = "asked by link"  # why a suppression is kept


class Stopping:
    """The pages behind them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> Sequence[Route]:
        """Theirs."""
        return (
            self._service.route("/stop/{token}", self.stop_page, "GET", "POST"),
            self._service.route("/confirm/{token}", self.confirm_page, "GET", "POST"),
        )

    async def stop_page(self, request: Request) -> Response:
        """`/stop/TOKEN`."""
        service = self._service
        number = token_number(request, "stop", service)
        if request.method == "POST":
            fields = await read_form(request)
            if not _is_one_click(fields) and fields.get("stop") != "yes":
                raise FormError(400)  # a machine that posts to whatever it meets has not asked for anything
            await service.writing(partial(self._stop, number=number, everything=fields.get("all") == "yes"))
            service.counts.add("stopped")
        found = await service.reading(partial(self._find, number=number))
        home = service.home()
        language = service.language(request, home, found.languages if found is not None else ())
        journey = found.journey if found is not None else None
        everything = found is not None and found.all_stopped
        if request.method == "POST" or everything or (found is not None and found.state == "stopped"):
            return service.html(pages.stopped(home, language, journey, everything=everything), home)
        return service.html(pages.ask_to_stop(home, language, journey), home)

    async def confirm_page(self, request: Request) -> Response:
        """`/confirm/TOKEN`."""
        service = self._service
        number = token_number(request, "confirm", service)
        if request.method == "POST":
            fields = await read_form(request)
            if fields.get("confirm") != "yes":
                raise FormError(400)
            await service.writing(partial(self._confirm, number=number))
            service.counts.add("confirmed")
        found = await service.reading(partial(self._find, number=number))
        home = service.home()
        language = service.language(request, home, found.languages if found is not None else ())
        if found is not None and found.state == "active":
            page = pages.confirmed(home, language, found.journey)
        elif found is not None and found.state == "awaiting confirmation" and request.method != "POST":
            page = pages.ask_to_confirm(home, language, found.journey)
        else:
            page = pages.nothing_to_confirm(home, language)
        return service.html(page, home)

    def _find(self, connection: Connection, *, number: int) -> Enrolled | None:
        return find_enrollment(connection, self._service.store.key, number)

    def _stop(self, connection: Connection, *, number: int, everything: bool) -> None:
        service = self._service
        stop_enrollment(connection, service.store.key, number, reason=REASON, now=service.now(), everything=everything)

    def _confirm(self, connection: Connection, *, number: int) -> None:
        service = self._service
        confirm_enrollment(connection, number, community=service.home().community, now=service.now())


def token_number(request: Request, kind: Kind, service: Service) -> int:
    """What a link names. Raises `HTTPException` 404 for what is no token of ours."""
    read = read_token(request.path_params["token"], service.store.key)
    if read is None or read[0] != kind:
        raise HTTPException(404)
    return read[1]


def _is_one_click(fields: Mapping[str, str]) -> bool:
    """RFC 8058 section 3.1: the one pair of List-Unsubscribe-Post."""
    return fields.get("List-Unsubscribe", "").strip().casefold() == "one-click"
