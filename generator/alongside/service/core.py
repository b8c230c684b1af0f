"""What every part of the service that answers requests stands on: the store in threads, pages, faults, guards.

A part is a class over `Service` with `routes()` (`stopping`, `choosing`, `health`, ...); `app` puts them together.
GET and HEAD change nothing, ever: mail filters and browsers follow every link of a mail. Nothing of a token, an
address or a name is repeated in an answer or a log.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from alongside.delivery.store import Store, StoreError
from alongside.problems import mask_addresses
from alongside.service import pages
from alongside.service.clock import Rounds, told_defect
from alongside.service.figures import Figures
from alongside.service.forms import FormError, parse_form
from alongside.service.home import Home
from alongside.service.lines import Log
from alongside.service.signatures import LiveSenders, Senders

BODY_SECONDS = 10.0  # how long a body may take to arrive
LARGEST_HEARD_OUT = 4_194_304  # bytes of a body that is too large, before its sender is cut off
HEARD_OUT_SECONDS = 1.0  # the same in time
LARGEST_FORM = 4096  # bytes; the largest form of our pages has some hundred
STORE_THREADS = 8  # requests that look into the store at once; SQLAlchemy's pool has 15 connections

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]
# (request, what could not be done, HTTP status, headers) -> the answer that says so
Fault = Callable[[Request, pages.Fault, int, Mapping[str, str]], Response]


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
    senders: Senders | LiveSenders = field(default_factory=Senders)  # who may enroll newcomers and tell of them
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(STORE_THREADS))
    figures: Figures = field(default_factory=Figures)
    rounds: Rounds = field(default_factory=Rounds)  # the work by the clock, as far as it is done here
    stopping: threading.Event = field(default_factory=threading.Event)
    number: Callable[[], str] = lambda: secrets.token_hex(4)  # of a fault of ours: on its page, and in the log
    faults: dict[Callable[..., object], Fault] = field(default_factory=dict)  # by endpoint, where it is no page

    # --- the store, in threads: it may wait for another process ---

    async def reading(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds in one state of the store."""
        return await anyio.to_thread.run_sync(partial(self._read, work), limiter=self.threads)

    async def writing(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, once all it did is kept."""
        return await anyio.to_thread.run_sync(partial(self._write, work), limiter=self.threads)

    async def doing(self, work: Callable[[Store], T]) -> T:
        """What `work` returns, which takes transactions of its own."""
        return await anyio.to_thread.run_sync(partial(work, self.store), limiter=self.threads)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self.store.reading() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self.store.writing() as connection:
            return work(connection)

    # --- answers ---

    def language(self, request: Request, home: Home, languages: Iterable[str]) -> str:
        """The language of a page. `languages`: of who is known to read it."""
        return pages.choose_language(languages, request.headers.get("accept-language", ""), home.community.language)

    def html(self, page: pages.Page, home: Home, status: int = 200) -> Response:
        """A page."""
        return self.document(pages.render_page(page, home), status)

    def document(self, content: str, status: int = 200) -> Response:
        """A page that is HTML already."""
        self.counts.add("pages")
        return HTMLResponse(content, status)

    def fault(self, request: Request, what: pages.Fault, status: int, headers: Mapping[str, str]) -> Response:
        """A page that says what could not be done."""
        self.counts.add(what)
        home = self.home()
        language = self.language(request, home, ())
        content = pages.render_page(pages.fault(language, what, getattr(request.state, "number", "")), home)
        return HTMLResponse(content, status, headers=dict(headers))

    def guarded(self, endpoint: Endpoint, fault: Fault) -> Endpoint:
        """`endpoint`, with every failure made an answer (`fault`) and at most one line of the log."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except FormError as error:
                # what is left of the body would be taken for the next request
                return fault(request, "refused", error.status, {"Connection": "close"})
            except ClientDisconnect:
                return Response(status_code=400)
            except StoreError as error:
                self._tell(request, mask_addresses(str(error)))
                return fault(request, "busy", 503, {"Retry-After": "60"})
            except HTTPException:
                raise
            except Exception as error:
                self._tell(request, told_defect(error))
                return fault(request, "busy", 500, {})

        return answer

    def _tell(self, request: Request, what: str) -> None:
        """A fault of ours, with the number that its page shows."""
        request.state.number = self.number()
        self.log("error", "http", f"{what} (number {request.state.number})")

    async def http_error(self, request: Request, error: Exception) -> Response:
        """404 and 405, as Starlette raises them: told by a page, or as the route tells its failures."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        fault = self.faults.get(request.scope.get("endpoint", self.http_error), self.fault)
        return fault(request, "missing" if status == 404 else "refused", status, headers or {})

    def route(
        self, path: str, endpoint: Endpoint, *methods: str, fault: Fault | None = None, cors: bool = False
    ) -> Route:
        """A route of `methods`, HEAD and OPTIONS, guarded. `fault`: how failures are told; default by a page.

        `cors`: whether pages of the settings' origins may ask (Fetch Standard, CORS protocol); never with cookies.
        """
        allowed = sorted({*methods, "HEAD", "OPTIONS"} if "GET" in methods else {*methods, "OPTIONS"})
        guarded = self.guarded(endpoint, fault or self.fault)

        async def answer(request: Request) -> Response:
            request.state.route = path
            if request.method == "OPTIONS":
                response = Response(status_code=204, headers={"Allow": ", ".join(allowed)})
            else:
                response = await guarded(request)
            if cors:
                self._tell_origin(request, response, allowed)
            return response

        if fault is not None:
            self.faults[answer] = fault
        return Route(path, answer, methods=allowed)

    def _tell_origin(self, request: Request, response: Response, methods: Sequence[str]) -> None:
        """Whether a page of another origin may read the answer, or send what it asks to send."""
        response.headers["Vary"] = "Origin"
        origin = request.headers.get("origin", "")
        if origin not in self.home().settings.origins:
            return
        response.headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
            response.headers["Access-Control-Max-Age"] = "600"


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a request's body. Raises `FormError`: 400, 408, 413 and 415."""
    return parse_form(request.headers.get("content-type", ""), await read_body(request, largest=LARGEST_FORM))


async def read_body(request: Request, *, largest: int) -> bytes:
    """The body, at most so many bytes of it. Raises `FormError`: 408 and 413; 415 for one that is compressed."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise FormError(415)  # nothing of ours is; some bytes could become gigabytes
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or len(announced) > 9:
        raise FormError(413)
    is_too_large = int(announced) > largest
    if is_too_large and (int(announced) > LARGEST_HEARD_OUT or "expect" in request.headers):
        raise FormError(413)
    try:
        return await asyncio.wait_for(_read_body(request, largest), HEARD_OUT_SECONDS if is_too_large else BODY_SECONDS)
    except TimeoutError as error:
        raise FormError(413 if is_too_large else 408) from error


async def _read_body(request: Request, largest: int) -> bytes:
    """Of one that is too large, some more is taken and let go of: who is cut off while sending hears no answer."""
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= largest:
            parts.append(chunk)
        elif size > LARGEST_HEARD_OUT:
            break
    if size > largest:
        raise FormError(413)
    return b"".join(parts)
