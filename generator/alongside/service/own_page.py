"""A newcomer's own page: what we hold of them, which mails come, and what they change of it.

GET  /me/TOKEN              shows it            POST  changes what the field `do` names, and leads back to it
GET  /me/TOKEN/data.json    all we hold of them
GET  /me/TOKEN/erase        asks whether        POST  forgets them

A link that is good no more shows nothing: by it one can only have a new one sent to the address we hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alongside.delivery import own, people
from alongside.delivery.addresses import normalise_address
from alongside.delivery.erasure import Forgotten, empty_log, forget, remove_mails
from alongside.delivery.own import Own, Visit, read_own, read_visit
from alongside.delivery.page_links import PATHS
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.store import Store
from alongside.problems import AlongsideError, mask_addresses
from alongside.reading.times import parse_zone
from alongside.service import own_views
from alongside.service.core import Service, read_form
from alongside.service.forms import FormError
from alongside.service.home import Home

ABOUT = "erase"  # in the log
GONE = 410  # of a link that is good no more

# (connection, whose page, fields, the community's home) -> done; False: the fields make no sense
Change = Callable[[Connection, int, Mapping[str, str], Home], bool]


class OwnPage:
    """The page behind the link at the foot of each mail."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._changes: Mapping[str, Change] = {
            "pace": self._choose_pace,
            "language": self._choose_language,
            "zone": self._choose_zone,
            "stop": self._stop,
            "stop-all": self._stop_all,
            "renew": self._renew,
        }

    def routes(self) -> Sequence[Route]:
        """Theirs."""
        path = f"/{PATHS['newcomer']}/{{token}}"
        route = self._service.route
        return (
            route(path, self.page, "GET", "POST"),
            route(f"{path}/data.json", self.data, "GET"),
            route(f"{path}/erase", self.erase, "GET", "POST"),
        )

    # --- the page ---

    async def page(self, request: Request) -> Response:
        """`/me/TOKEN`."""
        if request.method == "POST":
            return await self._change(request)
        service, home = self._service, self._service.home()
        visit, found = await service.reading(partial(self._read, token=request.path_params["token"]))
        done = request.query_params.get("done", "")
        if found is None or not visit.is_good:
            return self._void(request, home, sent=done == "link")
        language = service.language(request, home, found.newcomer.languages)
        view = own_views.View(
            home=home,
            language=language,
            own=found,
            visit=visit,
            now=service.now(),
            key=service.store.key,
            path=request.path_params["token"],
            done=done,
        )
        return service.document(own_views.render(view))

    async def _change(self, request: Request) -> Response:
        service, home = self._service, self._service.home()
        fields = await read_form(request)
        wanted = fields.get("do", "")
        token = request.path_params["token"]
        if wanted == "link":
            await service.writing(partial(self._ask_for_link, token=token))
            service.counts.add("links")
            return _back("link")
        if wanted not in self._changes:
            raise FormError(400)  # a machine that posts to whatever it meets has not asked for anything
        if not await service.writing(partial(self._do, token=token, wanted=wanted, fields=fields, home=home)):
            return self._void(request, home)
        service.counts.add("changed")
        return _back("link" if wanted == "renew" else wanted)

    def _void(self, request: Request, home: Home, *, sent: bool = False) -> Response:
        """Nothing of a person, their language neither."""
        service = self._service
        language = service.language(request, home, ())
        if sent:
            return service.html(own_views.link_sent(home, language), home)
        return service.html(own_views.void_link(language), home, GONE)

    # --- all of it ---

    async def data(self, request: Request) -> Response:
        """`/me/TOKEN/data.json`."""
        service = self._service
        held = await service.reading(partial(self._export, token=request.path_params["token"]))
        if held is None:
            return self._void(request, service.home())
        service.counts.add("exports")
        content = json.dumps(held, ensure_ascii=False, indent=2) + "\n"
        return Response(
            content,
            media_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="data.json"'},
        )

    def _export(self, connection: Connection, *, token: str) -> dict[str, object] | None:
        visit, found = self._read(connection, token=token)
        if found is None or not visit.is_good:
            return None
        return people.export(connection, self._service.store.key, normalise_address(found.newcomer.email))

    # --- the end ---

    async def erase(self, request: Request) -> Response:
        """`/me/TOKEN/erase`."""
        service, home = self._service, self._service.home()
        token = request.path_params["token"]
        fields = await read_form(request) if request.method == "POST" else None
        if fields is not None and fields.get("sure") != "yes":
            raise FormError(400)
        visit, found = await service.reading(partial(self._read, token=token))
        if found is None or not visit.is_good:
            return self._void(request, home)
        language = service.language(request, home, found.newcomer.languages)
        if fields is None:
            return service.html(own_views.ask_to_erase(language, back=f"../{token}"), home)
        address = normalise_address(found.newcomer.email)
        never_again = fields.get("all") == "yes"
        await service.doing(partial(self._forget, home=home, address=address, never_again=never_again))
        service.counts.add("erased")
        return service.html(own_views.erased(home, language), home)

    def _forget(self, store: Store, *, home: Home, address: str, never_again: bool) -> Forgotten | None:
        """Gone once the first step is done; what is left of them elsewhere is taken away if it can be."""
        forgotten = forget(store, home.settings, address, never_again=never_again, now=self._service.now())
        try:
            if forgotten is not None:
                remove_mails(home.settings, forgotten.message_ids)
            if not empty_log(store):
                self._service.log("info", ABOUT, "the store's log is in use: the next pass empties it")
        except AlongsideError as error:
            self._service.log("error", ABOUT, mask_addresses(str(error)))
        return forgotten

    # --- the store ---

    def _enter(self, connection: Connection, token: str) -> Visit:
        """Who comes. Raises `HTTPException` 404, the same for a link that is not ours and for who is gone."""
        keys = read_relay_keys(connection, self._service.store.key)
        visit = read_visit(connection, token, keys, today=self._service.now().date())
        if visit is None:
            raise HTTPException(404)
        return visit

    def _read(self, connection: Connection, *, token: str) -> tuple[Visit, Own | None]:
        visit = self._enter(connection, token)
        return visit, read_own(connection, self._service.store.key, visit.number) if visit.is_good else None

    def _do(self, connection: Connection, *, token: str, wanted: str, fields: Mapping[str, str], home: Home) -> bool:
        """False when the link is good no more. Raises `FormError` 400 for fields that make no sense."""
        visit = self._enter(connection, token)
        if not visit.is_good:
            return False
        if not self._changes[wanted](connection, visit.number, fields, home):
            raise FormError(400)
        return True

    def _ask_for_link(self, connection: Connection, *, token: str) -> None:
        own.ask_for_link(connection, self._enter(connection, token).number, now=self._service.now())

    # --- changes ---

    def _choose_pace(self, connection: Connection, number: int, fields: Mapping[str, str], home: Home) -> bool:
        wanted = next((days for days in own.PACES if str(days) == fields.get("days")), None)
        if wanted is None:
            return False
        own.choose_pace(connection, number, wanted, community=home.community)
        return True

    def _choose_language(self, connection: Connection, number: int, fields: Mapping[str, str], home: Home) -> bool:
        found = read_own(connection, self._service.store.key, number)
        wanted = fields.get("language", "")
        if found is None or wanted not in own_views.languages_of(found.newcomer):
            return False
        own.choose_language(connection, number, wanted)
        return True

    def _choose_zone(self, connection: Connection, number: int, fields: Mapping[str, str], home: Home) -> bool:
        wanted = parse_zone(fields.get("zone", "")[:60])
        if wanted is None:
            return False
        own.choose_zone(connection, number, wanted, community=home.community)
        return True

    def _stop(self, connection: Connection, number: int, fields: Mapping[str, str], home: Home) -> bool:
        wanted = fields.get("journey", "")
        if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 18:
            return False
        return own.stop_own(connection, self._service.store.key, number, int(wanted), now=self._service.now())

    def _stop_all(self, connection: Connection, number: int, fields: Mapping[str, str], home: Home) -> bool:
        return own.stop_own(connection, self._service.store.key, number, None, now=self._service.now())

    def _renew(self, connection: Connection, number: int, fields: Mapping[str, str], home: Home) -> bool:
        own.renew_link(connection, number, now=self._service.now())
        return True


def _back(done: str) -> Response:
    """To the page the form stood on: sent again, nothing is done again. It repeats no token."""
    return Response(status_code=303, headers={"Location": f"?done={done}"})
