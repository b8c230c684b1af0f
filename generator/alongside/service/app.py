"""What the service answers over HTTP: the pages behind links in mails, and one-click stop (RFC 8058).

    GET  /stop/TOKEN      asks whether to stop           POST  stops: a mail client by one click, or the page's button
    GET  /confirm/TOKEN   asks whether to begin          POST  begins (double opt-in)
    GET  /block/TOKEN     asks whether a conversation of notes should end; so do /report, /first (is a first note
                          theirs?) and /ask-send, /ask-skip, /ask-away (what a member wants of a mail of theirs)
                                                         POST  does it
    GET  /healthz         whether the store answers      GET /robots.txt   keeps crawlers away

GET and HEAD change nothing, ever: mail filters and browsers follow every link of a mail. Who holds a token may use
it, so a POST needs no cookie; nothing of a token, an address or a name is repeated in an answer or a log.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alongside import __version__
from alongside.delivery.by_token import Enrolled, confirm_enrollment, find_enrollment, stop_enrollment
from alongside.delivery.notes.choices import Asked, Effect, choose, first_note_journey, look_up
from alongside.delivery.store import Store, StoreError
from alongside.delivery.tokens import CHOICES, Choice, Kind, read_token
from alongside.problems import mask_addresses
from alongside.service import choice_pages, pages
from alongside.service.clock import told_defect
from alongside.service.forms import LARGEST_BODY, FormError, parse_form
from alongside.service.home import Home
from alongside.service.lines import Log

BODY_SECONDS = 10.0  # how long a body may take to arrive
HEALTH_SECONDS = 5.0  # how long the store may take to say that it is there
STORE_THREADS = 8  # requests that look into the store at once; SQLAlchemy's pool has 15 connections
REASON = "asked by link"  # why a suppression is kept
COUNTED_AS: Mapping[Choice, str] = {
    "block": "ended",
    "report": "reported",
    "first": "first_notes",
    "ask-send": "answered",
    "ask-skip": "answered",
    "ask-away": "answered",
}

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Counts:
    """How often what happened, since it was last told."""

    since: Counter[str] = field(default_factory=Counter)

    def add(self, what: str) -> None:
        """One more of it."""
        self.since[what] += 1

    def take(self) -> str:
        """`pages=12 stopped=1`, or nothing; counting begins anew."""
        told, self.since = self.since, Counter()
        return " ".join(f"{what}={count}" for what, count in sorted(told.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What every request needs."""

    store: Store
    home: Callable[[], Home]  # the community as it is now
    now: Callable[[], datetime]
    log: Log
    counts: Counts = field(default_factory=Counts)
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(STORE_THREADS))
    health_threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1))

    # --- the store, in threads: it may wait for another process ---

    async def find(self, number: int) -> Enrolled | None:
        """The enrollment of that number."""
        return await self._in_thread(partial(self._find, number))

    async def stop(self, number: int, *, everything: bool) -> None:
        """Stop its journey, or all mail to its newcomer."""
        await self._in_thread(partial(self._stop, number, everything))
        self.counts.add("stopped")

    async def confirm(self, number: int) -> None:
        """Let it begin."""
        await self._in_thread(partial(self._confirm, number))
        self.counts.add("confirmed")

    async def look_up(self, home: Home, choice: Choice, number: int) -> Asked | None:
        """What there is to decide about notes."""
        return await self._in_thread(partial(self._look_up, home, choice, number))

    async def choose(self, home: Home, choice: Choice, number: int, until: datetime | None) -> Effect:
        """Do what was decided about notes; `until`: of "ask-away"."""
        effect = await self._in_thread(partial(self._choose, home, choice, number, until))
        if effect == "done":
            self.counts.add(COUNTED_AS[choice])
        return effect

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self.threads)

    def _find(self, number: int) -> Enrolled | None:
        with self.store.reading() as connection:
            return find_enrollment(connection, self.store.key, number)

    def _stop(self, number: int, everything: bool) -> None:
        with self.store.writing() as connection:
            stop_enrollment(connection, self.store.key, number, reason=REASON, now=self.now(), everything=everything)

    def _confirm(self, number: int) -> None:
        with self.store.writing() as connection:
            confirm_enrollment(connection, number, community=self.home().community, now=self.now())

    def _look_up(self, home: Home, choice: Choice, number: int) -> Asked | None:
        with self.store.reading() as connection:
            return look_up(
                connection,
                self.store.key,
                choice,
                number,
                community=home.community,
                first_journey=first_note_journey(home.community, home.settings),
                now=self.now(),
            )

    def _choose(self, home: Home, choice: Choice, number: int, until: datetime | None) -> Effect:
        with self.store.writing() as connection:
            return choose(
                connection,
                self.store.key,
                choice,
                number,
                community=home.community,
                first_journey=first_note_journey(home.community, home.settings),
                until=until,
                now=self.now(),
            )

    def _look(self) -> None:
        with self.store.reading() as connection:
            find_enrollment(connection, self.store.key, 0)  # nobody's

    # --- endpoints ---

    async def stop_page(self, request: Request) -> Response:
        """`/stop/TOKEN`."""
        number = self._number(request, "stop")
        if request.method == "POST":
            fields = await read_form(request)
            if not _is_one_click(fields) and fields.get("stop") != "yes":
                raise FormError(400)  # a machine that posts to whatever it meets has not asked for anything
            await self.stop(number, everything=fields.get("all") == "yes")
        found = await self.find(number)
        home = self.home()
        language = self._language(request, home, found.languages if found is not None else ())
        journey = found.journey if found is not None else None
        everything = found is not None and found.all_stopped
        if request.method == "POST" or everything or (found is not None and found.state == "stopped"):
            return self._html(pages.stopped(home, language, journey, everything=everything), home)
        return self._html(pages.ask_to_stop(home, language, journey), home)

    async def confirm_page(self, request: Request) -> Response:
        """`/confirm/TOKEN`."""
        number = self._number(request, "confirm")
        if request.method == "POST":
            fields = await read_form(request)
            if fields.get("confirm") != "yes":
                raise FormError(400)
            await self.confirm(number)
        found = await self.find(number)
        home = self.home()
        language = self._language(request, home, found.languages if found is not None else ())
        if found is not None and found.state == "active":
            page = pages.confirmed(home, language, found.journey)
        elif found is not None and found.state == "awaiting confirmation" and request.method != "POST":
            page = pages.ask_to_confirm(home, language, found.journey)
        else:
            page = pages.nothing_to_confirm(home, language)
        return self._html(page, home)

    async def choice_page(self, choice: Choice, request: Request) -> Response:
        """`/block/TOKEN` and the others about notes."""
        number = self._number(request, choice)
        fields = await read_form(request) if request.method == "POST" else None
        if fields is not None and fields.get(choice_pages.SURE) != "yes":
            raise FormError(400)
        home = self.home()
        asked = await self.look_up(home, choice, number)  # before it is decided: a first note is gone afterwards
        language = self._language(request, home, asked.languages if asked is not None else ())
        if asked is None or asked.state == "over":
            return self._html(choice_pages.over(home, language, choice), home)
        moment = choice_pages.Moment(home=home, language=language, asked=asked, now=self.now())
        if fields is None:
            made = choice_pages.ask if asked.state == "open" else choice_pages.decided
            return self._html(made(choice, moment), home)
        until = choice_pages.read_until(fields.get("until", ""), moment) if choice == "ask-away" else None
        if choice == "ask-away" and until is None:
            return self._html(choice_pages.ask(choice, moment, trouble=True), home, 422)
        effect = await self.choose(home, choice, number, until)
        if effect == "over":
            return self._html(choice_pages.over(home, language, choice), home)
        return self._html(choice_pages.decided(choice, moment, until=until), home)

    async def healthz(self, request: Request) -> Response:
        """`/healthz`: 200 when the store answers, 503 when it does not; no details, it is public."""
        try:
            with anyio.fail_after(HEALTH_SECONDS):
                await anyio.to_thread.run_sync(self._look, limiter=self.health_threads, abandon_on_cancel=True)
        except (StoreError, TimeoutError):
            return JSONResponse({"ok": False, "version": __version__}, 503)
        return JSONResponse({"ok": True, "version": __version__})

    async def robots(self, request: Request) -> Response:
        """`/robots.txt` (RFC 9309)."""
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    # --- answers ---

    def _number(self, request: Request, kind: Kind) -> int:
        """What a link names. Raises `HTTPException` 404 for what is no token of ours."""
        read = read_token(request.path_params["token"], self.store.key)
        if read is None or read[0] != kind:
            raise HTTPException(404)
        return read[1]

    def _language(self, request: Request, home: Home, languages: Iterable[str]) -> str:
        """The language of a page. `languages`: of who is known to read it."""
        return pages.choose_language(languages, request.headers.get("accept-language", ""), home.community.language)

    def _html(self, page: pages.Page, home: Home, status: int = 200) -> Response:
        self.counts.add("pages")
        return HTMLResponse(pages.render_page(page, home), status)

    def fault(
        self, request: Request, what: pages.Fault, status: int, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A page that says what could not be done."""
        self.counts.add(what)
        home = self.home()
        language = self._language(request, home, ())
        content = pages.render_page(pages.fault(language, what), home)
        return HTMLResponse(content, status, headers=dict(headers or {}))

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        """`endpoint`, with OPTIONS answered and every failure made a page and at most one line of the log."""

        async def answer(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers={"Allow": ", ".join(sorted(request.scope["allowed"]))})
            try:
                return await endpoint(request)
            except FormError as error:
                # what is left of the body would be taken for the next request
                return self.fault(request, "refused", error.status, {"Connection": "close"})
            except ClientDisconnect:
                return Response(status_code=400)
            except StoreError as error:
                self.log("error", "http", mask_addresses(str(error)))
                return self.fault(request, "busy", 503, {"Retry-After": "60"})
            except HTTPException:
                raise
            except Exception as error:
                self.log("error", "http", told_defect(error))
                return self.fault(request, "busy", 500)

        return answer

    async def http_error(self, request: Request, error: Exception) -> Response:
        """404 and 405, as Starlette raises them."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        return self.fault(request, "missing" if status == 404 else "refused", status, headers)


def _is_one_click(fields: Mapping[str, str]) -> bool:
    """RFC 8058 section 3.1: the one pair of List-Unsubscribe-Post."""
    return fields.get("List-Unsubscribe", "").strip().casefold() == "one-click"


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a request's body. Raises `FormError`: 400, 408, 413 and 415."""
    try:
        body = await asyncio.wait_for(_read_body(request), BODY_SECONDS)
    except TimeoutError as error:
        raise FormError(408) from error
    return parse_form(request.headers.get("content-type", ""), body)


async def _read_body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or len(announced) > 9 or int(announced) > LARGEST_BODY:
        raise FormError(413)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise FormError(413)
    return body


def make_app(service: Service) -> ASGIApp:
    """The application. Nothing of it needs a start or an end."""
    routes = [
        _route("/stop/{token}", service, service.stop_page, "GET", "POST"),
        _route("/confirm/{token}", service, service.confirm_page, "GET", "POST"),
        *(
            _route(f"/{choice}/{{token}}", service, partial(service.choice_page, choice), "GET", "POST")
            for choice in CHOICES
        ),
        _route("/healthz", service, service.healthz, "GET"),
        _route("/robots.txt", service, service.robots, "GET"),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: service.http_error})
    app.router.redirect_slashes = False
    return Doorway(app, service.home)


def _route(path: str, service: Service, endpoint: Endpoint, *methods: str) -> Route:
    allowed = {*methods, "HEAD", "OPTIONS"}

    async def with_allowed(request: Request) -> Response:
        request.scope["allowed"] = allowed
        return await service.guarded(endpoint)(request)

    return Route(path, with_allowed, methods=sorted(allowed))


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
                    headers[name] = value
            await send(message)

        await self._app({**scope, "path": self._below_prefix(scope["path"])}, receive, send_with_headers)

    def _below_prefix(self, path: str) -> str:
        """`/alongside/stop/s-...` is `/stop/s-...` for a service at `https://example.org/alongside/`.

        Some proxies cut the prefix off, some do not; both work. Pages link to themselves alone, so they need not know.
        """
        prefix = urlsplit(self._home().settings.mail.service).path.rstrip("/")
        return path.removeprefix(prefix) if prefix and path.startswith(f"{prefix}/") else path
