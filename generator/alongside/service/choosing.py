"""What is decided about notes by a link of a mail.

GET  /block/TOKEN     asks whether a conversation of notes should end; so do /report, /first (is a first note
                      theirs?) and /ask-send, /ask-skip, /ask-away (what a member wants of a mail of theirs)
                                                     POST  does it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alongside.delivery.notes.choices import Asked, Effect, choose, first_note_journey, look_up
from alongside.delivery.tokens import CHOICES, Choice
from alongside.service import choice_pages
from alongside.service.core import Service, read_form
from alongside.service.forms import FormError
from alongside.service.home import Home
from alongside.service.stopping import token_number

COUNTED_AS: Mapping[Choice, str] = {
    "block": "ended",
    "report": "reported",
    "first": "first_notes",
    "ask-send": "answered",
    "ask-skip": "answered",
    "ask-away": "answered",
}


class Choosing:
    """The pages behind those links."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> Sequence[Route]:
        """One for each choice."""
        return tuple(
            self._service.route(f"/{choice}/{{token}}", partial(self.page, choice), "GET", "POST") for choice in CHOICES
        )

    async def page(self, choice: Choice, request: Request) -> Response:
        """`/block/TOKEN` and the others."""
        service = self._service
        number = token_number(request, choice, service)
        fields = await read_form(request) if request.method == "POST" else None
        if fields is not None and fields.get(choice_pages.SURE) != "yes":
            raise FormError(400)
        home = service.home()
        # before it is decided: a first note is gone afterwards
        asked = await service.reading(partial(self._look_up, home=home, choice=choice, number=number))
        language = service.language(request, home, asked.languages if asked is not None else ())
        if asked is None or asked.state == "over":
            return service.html(choice_pages.over(home, language, choice), home)
        moment = choice_pages.Moment(home=home, language=language, asked=asked, now=service.now())
        if fields is None:
            made = choice_pages.ask if asked.state == "open" else choice_pages.decided
            return service.html(made(choice, moment), home)
        until = choice_pages.read_until(fields.get("until", ""), moment) if choice == "ask-away" else None
        if choice == "ask-away" and until is None:
            return service.html(choice_pages.ask(choice, moment, trouble=True), home, 422)
        effect = await service.writing(partial(self._choose, home=home, choice=choice, number=number, until=until))
        if effect == "done":
            service.counts.add(COUNTED_AS[choice])
        if effect == "over":
            return service.html(choice_pages.over(home, language, choice), home)
        return service.html(choice_pages.decided(choice, moment, until=until), home)

    def _look_up(self, connection: Connection, *, home: Home, choice: Choice, number: int) -> Asked | None:
        return look_up(
            connection,
            self._service.store.key,
            choice,
            number,
            community=home.community,
            first_journey=first_note_journey(home.community, home.settings),
            now=self._service.now(),
        )

    def _choose(
        self, connection: Connection, *, home: Home, choice: Choice, number: int, until: datetime | None
    ) -> Effect:
        return choose(
            connection,
            self._service.store.key,
            choice,
            number,
            community=home.community,
            first_journey=first_note_journey(home.community, home.settings),
            until=until,
            now=self._service.now(),
        )
