"""A newcomer with everything a page of their own can show, and how to come to it."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from alongside.delivery.notes.conversations import open_conversation, pair_of
from alongside.delivery.page_links import PageLink, make_page_token
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.schema import enrollments, messages, newcomers, notes, steps
from alongside.delivery.sealing import seal
from alongside.model.places import Place

from .conftest import NOW, Running

PERSON = {
    "email": "Joana.Prado@Example.net",
    "name": "Joana Prado",
    "place": Place(
        label="Recife, Brazil", slug="recife-brazil", name="Recife, Brazil", country="BR", zone="America/Recife"
    ),
    "languages": ("en", "pt-BR"),
    "roles": ("technical writer",),
    "topics": ("docs as code", "release notes"),
    "text": "I want to talk at a meetup, and I have never done that.\nWhere do I start?",
    "id": "user-4711",
    "met": "ana",
}


def move_in(service: Running, **fields: object) -> int:
    """Somebody on both journeys who got a mail and writes to Ana; their number."""
    values = {**PERSON, **fields}
    enrollment = service.enroll(**values)  # type: ignore[arg-type]
    service.enroll("careful", **values)
    with service.store.writing() as connection:
        number = connection.scalar(sa.select(enrollments.c.newcomer_id).where(enrollments.c.id == enrollment)) or 0
        connection.execute(sa.update(newcomers).where(newcomers.c.id == number).values(member="ana"))
        first = sa.select(steps.c.id).where(steps.c.enrollment_id == enrollment, steps.c.moment == "welcome")
        sent_at = NOW + timedelta(minutes=1)
        connection.execute(
            sa.update(steps).where(steps.c.id.in_(first)).values(state="sent", done_at=sent_at, dated_at=NOW)
        )
        connection.execute(
            sa.insert(messages),
            {"step_id": connection.scalar(first), "message_id": f"m{number}@example.org", "sent_at": sent_at,
             "transport": "maildir", "subject": "Hello Joana", "language": "en", "member": "ana", "story": ""},
        )  # fmt: skip
        pair = pair_of(connection, "newcomer", number, "", "ana", resolve=str)
        talk = open_conversation(connection, pair, now=NOW)
        connection.execute(
            sa.insert(notes),
            [
                {"conversation_id": talk, "side": side, "state": "passed on", "reason": "", "digest": "", "shape": "",
                 "sealed": seal(f"A note from the {side}", service.store.key), "received_at": NOW}
                for side in ("newcomer", "member")
            ],
        )  # fmt: skip
    return number


def page(service: Running, number: int, *, generation: int | None = None, until: date = date(2027, 1, 22)) -> str:
    """The path of that person's page; `generation`: theirs of now."""
    with service.store.reading() as connection:
        keys = read_relay_keys(connection, service.store.key)
        held = connection.scalar(sa.select(newcomers.c.generation).where(newcomers.c.id == number)) or 0
    wanted = held % 256 if generation is None else generation
    link = PageLink(whose="newcomer", number=number, generation=wanted, good_until=until)
    return f"/me/{make_page_token(link, keys)}"
