"""Newcomers in from the host product, and what became of them.

    POST /enroll   one newcomer or many onto a journey        POST /events   what newcomers did in the host product

Programs sign their requests (`signatures`); a page of a host product without a back end shows a token
(`delivery.browser_tokens`), and then the address is asked first, and nothing tells whether it was known. A request
that is sent again is answered as before and does nothing. 2xx is said once everything is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import anyio.to_thread
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alongside.delivery.browser_tokens import PREFIX, BrowserToken, read_browser_token
from alongside.delivery.enrollment import Became, Candidate, ask_again, enroll_within
from alongside.delivery.outcomes import Told, tell
from alongside.delivery.requests import Answer, Asked, ask_once, find_answers, keep_answers
from alongside.model.journeys import Journey
from alongside.model.people import Newcomer
from alongside.reading.newcomers import ProfileReader
from alongside.reading.posted import Enroll, Events, PostedError, read_enroll, read_events
from alongside.service.core import Endpoint, Service, read_body
from alongside.service.home import Home
from alongside.service.limits import Limits, client_of
from alongside.service.problems import ProblemError, answer, listed, problem, problem_fault
from alongside.service.signatures import HEADER, SECRET, TOKEN, SenderError, check_signature, check_token
from alongside.service.together import Together
from alongside.source.json_values import JsonError, read_json

LARGEST = 1_048_576  # bytes of a body from a program
LARGEST_OF_BROWSER = 16_384
LONG = 8_192  # bytes from which a body is read in a thread, so that others do not wait for it
LONGEST_KEY = 255  # characters of an Idempotency-Key
# How often one client of the net may enroll by a page: there may be an office, or a class, behind its address.
BROWSER_MOST, BROWSER_SECONDS = 20, 3600
NOT_ENROLLED = "Nobody was enrolled; the problems say why."
REUSED = "This Idempotency-Key came with another body before. Choose a new key for each request."


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollOrder:
    """What a request to /enroll does."""

    asked: Asked
    journey: Journey
    posted: Enroll
    is_public: bool  # from a page


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOrder:
    """What a request to /events does."""

    asked: Asked
    posted: Events


Order = EnrollOrder | EventOrder


class Enrolling:
    """Both of them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._together = Together[Order, Answer](service.store, self._do)
        self._limits = Limits(service.store.key, service.now)
        self._profiles: tuple[Home, ProfileReader] | None = None
        self._is_told = False  # the log says once that no secret is set

    def routes(self) -> Sequence[Route]:
        """Theirs."""
        return (
            self._service.route("/enroll", _told(self.enroll), "POST", fault=problem_fault, cors=True),
            self._service.route("/events", _told(self.events), "POST", fault=problem_fault),
        )

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

    # --- what is done, in one transaction ---

    def _do(self, connection: Connection, orders: Sequence[Order]) -> Sequence[Answer]:
        """An answer to each. An order that was answered before, or that stands here twice, is done once."""
        now = self._service.now()
        found = find_answers(connection, {order.asked.identity for order in orders if order.asked.identity})
        known = {identity: digest for identity, (digest, _) in found.items()}
        fresh: list[int] = []
        for index, order in enumerate(orders):
            if not order.asked.identity or order.asked.identity not in known:
                fresh.append(index)
                known[order.asked.identity] = order.asked.digest
        done = self._do_fresh(connection, [orders[index] for index in fresh], now)
        answers = dict(zip(fresh, done, strict=True))
        kept = [(orders[index].asked, said) for index, said in answers.items() if orders[index].asked.identity]
        keep_answers(connection, kept, now=now)
        said_now = {asked.identity: said for asked, said in kept}
        for index, order in enumerate(orders):
            if index not in answers:
                identity = order.asked.identity
                same = known[identity] == order.asked.digest
                before = said_now[identity] if identity in said_now else found[identity][1]
                answers[index] = before if same else Answer(status=422, content=problem(422, REUSED))
        return [answers[index] for index in range(len(orders))]

    def _do_fresh(self, connection: Connection, orders: Sequence[Order], now: datetime) -> list[Answer]:
        became = self._enroll_all(connection, [order for order in orders if isinstance(order, EnrollOrder)], now)
        return [
            _told_enroll(order, became[id(order)])
            if isinstance(order, EnrollOrder)
            else self._tell_events(connection, order, now)
            for order in orders
        ]

    def _enroll_all(
        self, connection: Connection, orders: Sequence[EnrollOrder], now: datetime
    ) -> dict[int, list[Became]]:
        """What became of the newcomers of each order. Those of one journey and one source go in together."""
        became: dict[int, list[Became]] = {id(order): ["refused"] * len(order.posted.entries) for order in orders}
        groups: dict[tuple[str, str, bool], list[tuple[EnrollOrder, int, Newcomer]]] = {}
        for order in orders:
            group = groups.setdefault((order.journey.slug, order.posted.source, order.is_public), [])
            for index, entry in enumerate(order.posted.entries):
                if entry.newcomer is not None:
                    group.append((order, index, entry.newcomer))
        for (_, source, is_public), group in sorted(groups.items(), key=lambda item: item[0]):
            journey = group[0][0].journey if group else None
            if journey is None:
                continue
            report = enroll_within(
                connection, self._service.store.key, journey,
                [Candidate(newcomer=newcomer, row=row) for row, (_, _, newcomer) in enumerate(group)],
                community=self._service.home().community, source=source, now=now, renew=not is_public,
            )  # fmt: skip
            for row, (order, index, _) in enumerate(group):
                became[id(order)][index] = report.became[row]
            if is_public:
                ask_again(connection, journey, [newcomer for _, _, newcomer in group], now=now)
        return became

    def _tell_events(self, connection: Connection, order: EventOrder, now: datetime) -> Answer:
        service = self._service
        told: list[dict[str, Any]] = []
        for event, problems in order.posted.entries:
            if event is None:
                told.append({"status": "refused", "problems": listed(problems)})
                continue
            effect = tell(
                connection,
                service.store.key,
                Told(
                    name=event.name,
                    email=event.newcomer.email,
                    product_id=event.newcomer.id,
                    happened_at=event.happened_at,
                    plan=event.plan,
                ),
                community=service.home().community,
                now=now,
            )
            told.append(
                {
                    "status": effect.status,
                    "ended": list(effect.ended),
                    "begun": list(effect.begun),
                    "problems": listed(problems),
                }
            )
        return _told_all("events", told, is_list=order.posted.is_list, status=200)


def _told_enroll(order: EnrollOrder, became: Sequence[Became]) -> Answer:
    entries = order.posted.entries
    told: list[dict[str, Any]] = []
    for entry, status in zip(entries, became, strict=True):
        shown = "awaiting confirmation" if order.is_public and status != "refused" else status
        problems = listed(entry.problems)
        if status == "refused" and entry.newcomer is not None:
            problems.append(_unusable(entry.newcomer))
        told.append({"status": shown, "problems": problems})
    new = any(each["status"] in ("enrolled", "awaiting confirmation") for each in told)
    return _told_all("newcomers", told, is_list=order.posted.is_list, status=201 if new else 200)


def _unusable(newcomer: Newcomer) -> dict[str, str]:
    """Why a profile that could be read enrolls nobody."""
    return (
        {
            "at": "", "code": "missing-key", "severity": "error",
            "message": "No basis says why we may write to them.",
            "hint": 'Send "basis": consent, contract or legitimate interest.',
        }
        if newcomer.basis is None
        else {
            "at": "", "code": "bad-address", "severity": "error",
            "message": "No mail can be sent to this address.",
            "hint": "Send one address: name@example.org",
        }
    )  # fmt: skip


def _told_all(name: str, told: Sequence[Mapping[str, Any]], *, is_list: bool, status: int) -> Answer:
    """Of a list a list; of one, that; and a problem where that one was refused."""
    if is_list:
        return Answer(status=status, content={name: list(told)})
    (one,) = told
    if one["status"] == "refused":
        return Answer(status=422, content=problem(422, NOT_ENROLLED, problems=one["problems"]))
    return Answer(status=status, content=one)


# --- what stands around a body ---


def _told(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, with what it refuses told as a problem."""

    async def told(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ProblemError as error:
            return error.response()
        except JsonError as error:
            return ProblemError(400, str(error)).response()
        except PostedError as error:
            return ProblemError(
                422, "The body cannot be used; the problems say why.", problems=error.problems
            ).response()

    return told


async def _in_time(body: bytes, read: Any) -> Any:
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
