"""A note to a member by form: on a page of its own, which needs no script, or in an embed.

    GET  /note/MEMBER     the form, as a page or as JSON      POST  takes a note in, from either
    GET  /altcha          work for a browser, where the settings ask for it

A form proves nothing about who sends it. So whoever writes, known or not, takes the way of a first note by mail: it
waits, encrypted, until they confirm by a link in a mail to the address they gave. No answer tells whether an address
is known to us, wants no mail, or has a note waiting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from typing import Literal

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.arrived.reading import Trouble, read_typed_note
from alongside.delivery.contacts import find_contact
from alongside.delivery.inbound import reception_of
from alongside.delivery.notes.choices import first_note_journey
from alongside.delivery.notes.relaying import Note, take_first_note
from alongside.model.people import Member
from alongside.rendering.interface import interface_languages
from alongside.service import note_pages, pages
from alongside.service.core import Service, read_body
from alongside.service.forms import FormError, parse_form
from alongside.service.home import Home
from alongside.service.limits import Limits, client_of
from alongside.service.note_pages import HIDDEN, Asking, Reason, Typed
from alongside.service.proofs import Once, is_solved, make_challenge, make_stamp, read_stamp

LARGEST_NOTE_BODY = 262_144  # bytes: each of 20,000 characters may be sent as twelve
SHORTEST_OPEN = timedelta(seconds=3)  # nobody reads and writes faster
WITHOUT_WORK = timedelta(seconds=15)  # the same on the page, which has no script, where the settings ask for work
HOUR, DAY = 3600, 86_400
TRIES_AN_HOUR = 60  # of one client, whatever becomes of them
OF_A_CLIENT, OF_A_CLIENT_A_DAY = 5, 20  # notes an hour; a day
OF_AN_ADDRESS_A_DAY = 3
OF_ALL_AN_HOUR = 200
WITHOUT_WORK_OF_ALL = 40  # an hour, where the settings ask for work

Fate = Literal["taken", "in vain"]  # for the counts; whoever wrote is told the same


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A note that may be taken in."""

    address: str  # normalised
    name: str
    language: str
    text: str  # without addresses
    stamp: str


class NoteForm:
    """The form, its answers, and the work it may ask for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._limits = Limits(service.store.key, service.now)
        self._solved = Once()
        self._sent = Once()  # stamps: who presses the button twice sent one note

    def routes(self) -> Sequence[Route]:
        """Theirs."""
        route = partial(self._service.route, fault=self._fault, cors=True)
        return (route("/note/{member}", self.form, "GET", "POST"), route("/altcha", self.altcha, "GET"))

    async def altcha(self, request: Request) -> Response:
        """`/altcha`."""
        service = self._service
        if not service.home().settings.service.altcha:
            return self._fault(request, "missing", 404, {})
        if not self._limits.allow("altcha", client_of(request), TRIES_AN_HOUR, HOUR):
            return JSONResponse({"ok": False}, 429, headers={"Retry-After": str(HOUR)})
        return JSONResponse(make_challenge(service.store.key, service.now()))

    async def form(self, request: Request) -> Response:
        """`/note/MEMBER`."""
        service, home = self._service, self._service.home()
        if _asks_for_json(request) and not _is_allowed(request, home):
            return JSONResponse({"ok": False}, 403)
        typed = await _read(request) if request.method == "POST" else None
        member = await self._find(request.path_params["member"], home)
        language = service.language(request, home, _wanted(request))
        if member is None:
            service.counts.add("missing")
            return self._page(request, home, note_pages.nobody(home, language), 404)
        asking = Asking(
            home=home,
            language=language,
            member=member,
            today=service.now().date(),
            stamp=make_stamp(service.store.key, member.slug, service.now()),
        )
        if typed is None:
            return self._ask(request, asking, Typed(language=language))
        if not self._limits.allow("tries", client_of(request), TRIES_AN_HOUR, HOUR):
            return self._ask(request, asking, typed, reason="limited")
        if typed.hidden:
            return self._done(request, asking)  # a machine learns nothing
        return await self._take(request, asking, typed)

    async def _find(self, slug: str, home: Home) -> Member | None:
        """Who can be written to now: whoever agreed to mail, where pages or embeds say so, and can be reached."""
        community, day = home.community, self._service.now().date()
        member = community.members.get(community.resolve_member(slug))
        if not home.settings.note_form or member is None or first_note_journey(community, home.settings) is None:
            return None
        if not member.allows("mail", day) or not (member.allows("embed", day) or member.allows("page", day)):
            return None
        find = partial(find_contact, member=member.slug, resolve=community.resolve_member)
        return member if await self._service.reading(find) else None

    # --- a note ---

    async def _take(self, request: Request, asking: Asking, typed: Typed) -> Response:
        key, now = self._service.store.key, self._service.now()
        read = _check(asking, typed)
        if not isinstance(read, _Taken):
            return self._ask(request, asking, typed, errors=read)
        asks_for_work = asking.home.settings.service.altcha
        works = asks_for_work and _asks_for_json(request)
        shortest = WITHOUT_WORK if asks_for_work and not works else SHORTEST_OPEN
        verdict = read_stamp(typed.stamp, key, asking.member.slug, now=now, shortest=shortest)
        if verdict == "too fast":
            # the same stamp again: time goes on
            return self._ask(request, asking.with_stamp(typed.stamp), typed, reason="too_fast")
        if verdict != "good":
            return self._ask(request, asking, typed, reason="stale")
        if self._sent.is_used(typed.stamp):
            return self._done(request, asking)
        if works and not is_solved(typed.altcha, key, self._solved, now=now):
            return self._ask(request, asking, typed, reason="stale")
        if not self._is_within_limits(client_of(request), unproved=asks_for_work and not works):
            return self._ask(request, asking.with_stamp(typed.stamp), typed, reason="limited")
        if self._sent.use(typed.stamp) and self._limits.allow("address", read.address, OF_AN_ADDRESS_A_DAY, DAY):
            await self._service.writing(partial(self._keep, asking=asking, taken=read))
        return self._done(request, asking)

    def _is_within_limits(self, client: str, *, unproved: bool) -> bool:
        allow = self._limits.allow
        return (
            allow("note", client, OF_A_CLIENT, HOUR)
            and allow("note", client, OF_A_CLIENT_A_DAY, DAY)
            and (not unproved or allow("unproved", "all", WITHOUT_WORK_OF_ALL, HOUR))
            and allow("note", "all", OF_ALL_AN_HOUR, HOUR)
        )

    def _keep(self, connection: Connection, *, asking: Asking, taken: _Taken) -> None:
        take_first_note(
            connection,
            self._service.store.key,
            asking.member.slug,
            Note(text=taken.text),
            sender=taken.address,
            name=taken.name,
            language=taken.language,
            now=self._service.now().replace(microsecond=0),
        )

    # --- answers ---

    def _ask(
        self,
        request: Request,
        asking: Asking,
        typed: Typed,
        *,
        errors: Mapping[str, str] | None = None,
        reason: Reason = "",
    ) -> Response:
        """The form; with what was typed, and why it was not taken. The first time there is nothing wrong yet."""
        status = 429 if reason == "limited" else 422 if errors or reason else 200
        headers = {"Retry-After": str(HOUR)} if status == 429 else {}
        if status != 200:
            self._service.counts.add("notes_refused")
        if _asks_for_json(request):
            return JSONResponse(note_pages.as_json(asking, errors=errors or {}, reason=reason), status, headers)
        self._service.counts.add("pages")
        page = note_pages.ask(asking, typed, errors=errors or {}, reason=reason)
        return HTMLResponse(note_pages.render(page, asking.home), status, headers)

    def _done(self, request: Request, asking: Asking) -> Response:
        self._service.counts.add("notes_by_form")
        return self._page(request, asking.home, note_pages.done(asking), 200)

    def _page(self, request: Request, home: Home, page: pages.Page, status: int) -> Response:
        """A page without the form, or the same in JSON."""
        if _asks_for_json(request):
            told = {"ok": status == 200, "title": page.title, "texts": [*page.texts, *page.notes]}
            return JSONResponse(told, status)
        return self._service.html(page, home, status)

    def _fault(self, request: Request, what: pages.Fault, status: int, headers: Mapping[str, str]) -> Response:
        if not _asks_for_json(request) and request.url.path != "/altcha":
            return self._service.fault(request, what, status, headers)
        self._service.counts.add(what)
        return JSONResponse({"ok": False}, status, headers=dict(headers))


# --- requests ---


def _asks_for_json(request: Request) -> bool:
    """Whether an embed asks: by what it sends, or by what it wants."""
    return _is_json(request) or request.headers.get("accept", "").strip().lower() == "application/json"


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _is_allowed(request: Request, home: Home) -> bool:
    """Whether the page that asks is one of the settings' origins; a request of no page is nobody's trick."""
    origin = request.headers.get("origin")
    return origin is None or origin in home.settings.origins


def _wanted(request: Request) -> tuple[str, ...]:
    """The language that the address of the form names (`?lang=pt`)."""
    language = request.query_params.get("lang", "")[:35]
    return (language,) if language else ()


async def _read(request: Request) -> Typed:
    """What was typed. Raises `FormError`."""
    body = await read_body(request, largest=LARGEST_NOTE_BODY)
    if not _is_json(request):
        return _typed(parse_form(request.headers.get("content-type", ""), body))
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FormError(400) from error
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise FormError(400)
    return _typed(told)


def _typed(told: Mapping[str, str]) -> Typed:
    names = {field.name: HIDDEN if field.name == "hidden" else field.name for field in fields(Typed)}
    return Typed(**{name: told.get(sent, "") for name, sent in names.items()})


def _check(asking: Asking, typed: Typed) -> _Taken | dict[str, str]:
    """The note, or what is wrong with which field."""
    errors: dict[str, str] = {}
    address = _address(typed.address, asking.home)
    if not address:
        errors["address"] = note_pages.bad_address(asking)
    name = note_pages.read_name(typed.name)
    if name is None:
        errors["name"] = note_pages.bad_name(asking)
    read = read_typed_note(typed.message, own_addresses={address} - {""})
    if isinstance(read, Trouble):
        errors["message"] = note_pages.bad_message(asking, read.kind, typed.message)
    if errors or name is None or isinstance(read, Trouble):
        return errors
    language = typed.language if typed.language in interface_languages() else asking.language
    return _Taken(address=address, name=name, language=language, text=read.text, stamp=typed.stamp)


def _address(text: str, home: Home) -> str:
    """Normalised; empty for what is none, or ours: a mail from us to us would ask nobody."""
    try:
        address = normalise_address(text)
    except AddressError:
        return ""
    is_ours: Callable[[str], bool] = reception_of(home.settings, home.community).is_ours
    return "" if is_ours(address) else address
