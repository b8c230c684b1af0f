"""Newcomers in from the host product, and what became of them.

    POST /enroll   one newcomer or many onto a journey        POST /events   what newcomers did in the host product

Programs sign their requests (`signatures`); a page of a host product without a back end shows a token
(`delivery.browser_tokens`), and then the address is asked first, and nothing tells whether it was known. A request
that is sent again is answered as before and does nothing. 2xx is said once everything is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alongside.delivery.browser_tokens import PREFIX, BrowserToken, read_browser_token
from alongside.delivery.requests import Answer, Asked, ask_once
from alongside.reading.newcomers import ProfileReader
from alongside.reading.posted import Enroll, PostedError, read_enroll, read_events
from alongside.service.core import Endpoint, Service, read_body
from alongside.service.home import Home
from alongside.service.limits import Limits, client_of
from alongside.service.orders import EnrollOrder, EventOrder, Order, Orders
from alongside.service.problems import ProblemError, answer, problem_fault
from alongside.service.signatures import HEADER, SECRET, TOKEN, SenderError, check_signature, check_token
from alongside.service.together import Together
from alongside.source.json_values import JsonError, read_json

LARGEST = 1_048_576  # bytes of a body from a program
LARGEST_OF_BROWSER = 16_384
LONG = 8_192  # bytes from which a body is read in a thread, so that others do not wait for it
LONGEST_KEY = 255  # characters of an Idempotency-Key
# How often one client of the net may enroll by a page: there may be an office, or a class, behind its address.
BROWSER_MOST, BROWSER_SECONDS = 20, 3600
UNUSABLE = "The body cannot be used; the problems say why."

T = TypeVar("T")


class Enrolling:
    """Both of them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        orders = Orders(service.store.key, service.home, service.now)
        self._together = Together[Order, Answer](service.store, orders.do)
        self._limits = Limits(service.store.key, service.now)
        self._profiles: tuple[Home, ProfileReader] | None = None
        self._is_told = False  # the log says once that no secret is set

    def routes(self) -> Sequence[Route]:
        """Theirs."""
        return (
            self._service.route("/enroll", self._told(self.enroll), "POST", fault=problem_fault, cors=True),
            self._service.route("/events", self._told(self.events), "POST", fault=problem_fault),
        )

    def _told(self, endpoint: Endpoint) -> Endpoint:
        """`endpoint`, with what it refuses told as a problem."""

        async def told(request: Request) -> Response:
            try:
                return await endpoint(request)
            except ProblemError as error:
                refused = error
            except JsonError as error:
                refused = ProblemError(400, str(error))
            except PostedError as error:
                refused = ProblemError(422, UNUSABLE, problems=error.problems)
            self._service.counts.add("refused")
            return refused.response()

        return told

    # --- requests ---

    async def enroll(self, request: Request) -> Response:
        """`/enroll`."""
        token = _bearer(request)
        if token.startswith(PREFIX):
            return await self._enroll_by_page(request, token)
        body = await read_body(request, largest=LARGEST)
        asked = self._ask_once(request, "enroll", body)
        _check_kind(request)
        home = self._service.home()
        posted = await _in_time(body, partial(self._read_enroll, body, home))
        order = EnrollOrder(
            asked=asked, journey=home.community.journeys[posted.journey], posted=posted, is_public=False
        )
        return self._answer(await self._together.do(order))

    async def events(self, request: Request) -> Response:
        """`/events`."""
        body = await read_body(request, largest=LARGEST)
        asked = self._ask_once(request, "events", body)
        _check_kind(request)
        now = self._service.now()
        posted = await _in_time(body, lambda: read_events(read_json(body), now=now))
        return self._answer(await self._together.do(EventOrder(asked=asked, posted=posted)))

    def _answer(self, done: Answer) -> Response:
        self._service.counts.add("posted" if done.status < 400 else "refused")
        return answer(done.status, done.content)

    # --- who asks ---

    def _ask_once(self, request: Request, where: str, body: bytes) -> Asked:
        """What names a request of somebody we know. Raises `ProblemError`: 400, 401 and 503."""
        senders = self._service.senders
        if not (senders.secrets or senders.tokens):
            raise self._closed()
        bearer = _bearer(request)
        try:
            if bearer and senders.tokens:
                check_token(bearer, senders.tokens)
                signed = b""
            elif senders.secrets:
                made_at = check_signature(
                    request.headers.get(HEADER, ""), body, senders.secrets, now=self._service.now()
                )
                signed = f"signed\0{where}\0{made_at}.".encode() + body
            else:
                raise SenderError(f"Send Authorization: Bearer, with the token in {TOKEN}.")
        except SenderError as error:
            raise ProblemError(401, str(error), headers={"WWW-Authenticate": 'Bearer realm="alongside"'}) from error
        given = _idempotency_key(request)
        name = f"given\0{where}\0{given}".encode() if given else signed
        return ask_once(self._service.store.key, name, body)

    def _closed(self) -> ProblemError:
        if not self._is_told:
            self._is_told = True
            self._service.log("warning", "http", f"A program wants to enroll newcomers: set {SECRET} and start again.")
        return ProblemError(503, f"This service takes no newcomers from programs yet: its team has to set {SECRET}.")

    # --- pages of host products ---

    async def _enroll_by_page(self, request: Request, text: str) -> Response:
        """One newcomer, who is asked by mail whether it was them; the answer is the same whoever they are."""
        token = self._allowed(request, text)
        if not self._limits.allow("enroll", client_of(request), BROWSER_MOST, BROWSER_SECONDS):
            raise ProblemError(
                429, "Too many sign-ups came from your network. Try again in an hour.",
                headers={"Retry-After": str(BROWSER_SECONDS)},
            )  # fmt: skip
        body = await read_body(request, largest=LARGEST_OF_BROWSER)
        _check_kind(request)
        home = self._service.home()
        posted = await _in_time(body, partial(self._read_enroll, body, home))
        if posted.journey != token.journey or posted.is_list:
            raise ProblemError(403, "This token enrolls one newcomer on the journey it was made for.")
        newcomer = posted.entries[0].newcomer
        if newcomer is not None:
            entry = replace(posted.entries[0], newcomer=replace(newcomer, basis="consent"))
            posted = replace(posted, entries=[entry], source=f"page of {request.headers['origin']}")
        # Nobody is held out who was told to look for a mail.
        journey = replace(home.community.journeys[posted.journey], confirm=True, holdout=0)
        order = EnrollOrder(asked=Asked(identity="", digest=""), journey=journey, posted=posted, is_public=True)
        return self._answer(await self._together.do(order))

    def _allowed(self, request: Request, text: str) -> BrowserToken:
        """What the token of a page allows, shown by a page that may. Raises `ProblemError`: 401 and 403."""
        service = self._service
        token = read_browser_token(text, service.store.key)
        if token is None or token.good_until < service.now():
            raise ProblemError(
                401, "This token is not ours, or its time is over. Make another with: alongside token",
                headers={"WWW-Authenticate": 'Bearer realm="alongside"'},
            )  # fmt: skip
        origin = request.headers.get("origin", "")
        if origin not in token.origins or origin not in service.home().settings.origins:
            raise ProblemError(403, "This token is for pages of another origin, or its origin is not in the settings.")
        return token

    # --- what they say ---

    def _read_enroll(self, body: bytes, home: Home) -> Enroll:
        return read_enroll(read_json(body), home.community, self._profiles_of(home))

    def _profiles_of(self, home: Home) -> ProfileReader:
        """Made once for each state of the files."""
        held = self._profiles
        if held is None or held[0] is not home:
            held = self._profiles = (home, ProfileReader(home.community, home.settings))
        return held[1]


# --- what stands around a body ---


async def _in_time(body: bytes, read: Callable[[], T]) -> T:
    """What `read` makes of the body, without keeping others waiting for it."""
    return await anyio.to_thread.run_sync(read) if len(body) > LONG else read()


def _bearer(request: Request) -> str:
    """The token of `Authorization: Bearer` (RFC 6750 section 2.1); empty: there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _check_kind(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415, "Send JSON, and say so: Content-Type: application/json")


def _idempotency_key(request: Request) -> str:
    """A name that the sender gave the request; in quotes or not, it is the same. Empty: it has none."""
    given = request.headers.get("idempotency-key")
    if given is None:
        return ""
    name = given[1:-1] if len(given) > 2 and given[0] == given[-1] == '"' else given
    if not name or len(name) > LONGEST_KEY or not (name.isascii() and name.isprintable()):
        raise ProblemError(400, f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")
    return name
