"""Letters become mails: to whom, from which address that stands for whom, in which thread, and in what words.

Everything is read in the transaction that claimed the letter, so what was closed a moment ago does not go out any
more. A mail is made anew from nothing but the note's text: no header, id or date of its writer's is at hand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, select

from alongside.delivery.contacts import find_contact
from alongside.delivery.desk import Desk, Sign
from alongside.delivery.helped import read_monthly_detail
from alongside.delivery.members import own_word, page_link
from alongside.delivery.message_ids import letter_message_id
from alongside.delivery.notes.choices import choice_number, first_note_journey
from alongside.delivery.notes.conversations import sent_in
from alongside.delivery.notes.letters import TO_MEMBERS, Letter, sent_before
from alongside.delivery.notes.relaying import wants_no_mail
from alongside.delivery.owners import owner_of_conversation, unpack_digest
from alongside.delivery.page_links import last_day, newcomer_page
from alongside.delivery.relay_addresses import Relay, RelayKeys, good_until, make_relay
from alongside.delivery.schema import (
    ASK,
    Side,
    conversations,
    enrollments,
    first_notes,
    messages,
    newcomers,
    notes,
    steps,
)
from alongside.delivery.sealing import SealError, unseal
from alongside.delivery.tokens import Kind, make_token
from alongside.delivery.transports.envelopes import Envelope
from alongside.model.community import Community
from alongside.model.journeys import Journey
from alongside.rendering.interface import say
from alongside.rendering.mails.digest import digest_letter
from alongside.rendering.mails.envelope import Routing, compose_plain, note_address, sender_address, tagged_address
from alongside.rendering.mails.members import PageWay, member_page_letter, monthly_letter
from alongside.rendering.mails.notes import (
    Told,
    Ways,
    answer_letter,
    confirm_letter,
    note_letter,
    page_letter,
    shown_name,
)
from alongside.settings import Settings

KEEP_FIRST_NOTES = timedelta(days=7)  # that nobody confirmed
LONGEST_THREAD = 20  # Message-IDs in References: the first and the last ones


class NotWantedError(Exception):
    """The letter has nobody to go to any more; why, in a few words."""


def office_of(desk: Desk) -> Office:
    """What letters are written with where steps are written at `desk`."""
    return Office(
        community=desk.community, settings=desk.settings, key=desk.key, relay_keys=desk.relay_keys, sign=desk.sign
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What letters are written with."""

    community: Community
    settings: Settings
    key: bytes  # the store's
    relay_keys: RelayKeys
    sign: Sign | None = None

    @property
    def sender(self) -> str:
        """The team's address."""
        return sender_address(self.settings)

    @property
    def team(self) -> str:
        """Where the team reads what is meant for it."""
        return self.settings.organisation.email or self.sender

    def mailbox_of(self, owner: str) -> str:
        """Where that team (by id) reads its mail: at its own address, else where all do."""
        return self.settings.team_emails.get(owner, self.team)

    @property
    def domain(self) -> str:
        """What stands right of the `@` in ids of ours."""
        return self.sender.rpartition("@")[2]

    @property
    def first_journey(self) -> Journey | None:
        """Where who writes to a member first begins."""
        return first_note_journey(self.community, self.settings)

    def link(self, kind: Kind, number: int) -> str:
        """Where a link leads: to the service, else to a mail that only has to be sent."""
        token = make_token(kind, number, self.key)
        if self.settings.mail.service:
            return f"{self.settings.mail.service}{kind}/{token}"
        return f"mailto:{quote(tagged_address(self.sender, token), safe='@+')}?subject={kind}"

    def page(self, newcomer_id: int, generation: int, dated_at: datetime) -> str:
        """A link to a newcomer's own page in a mail of that Date; empty where no service answers."""
        service = self.settings.mail.service
        if not service:
            return ""
        return newcomer_page(service, newcomer_id, generation, self.relay_keys, day=dated_at.date())


def write(connection: Connection, office: Office, letter: Letter) -> Envelope:
    """The mail of a letter; the same one each time. Raises `NotWantedError`, and `ValueError` for a bad address."""
    if letter.kind == "alert":
        return _write_alert(connection, office, letter)
    if letter.kind == "page link":
        return _write_page_link(connection, office, letter)
    if letter.kind in TO_MEMBERS:
        return _write_to_member(connection, office, letter)
    if letter.kind == "digest":
        told = digest_letter(unpack_digest(letter.detail), office.community)
        to = office.mailbox_of(letter.addressee)
        return _mail(office, letter, told, to=to, name="", sender_name=office.community.name)
    if letter.first_note_id is not None:
        return _write_to_stranger(connection, office, letter, letter.first_note_id)
    return _write_to_party(connection, office, letter)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thread:
    """A conversation, as a letter to one side of it needs it."""

    row: Any  # of `conversations`, with the newcomer's address, name and languages
    side: Side  # who reads
    address: str
    name: str  # of who reads
    other_name: str
    languages: tuple[str, ...]


def _write_to_party(connection: Connection, office: Office, letter: Letter) -> Envelope:
    thread = _read_thread(connection, office, letter)
    if letter.kind == "note":
        return _write_note(connection, office, letter, thread)
    told = answer_letter(
        letter.kind.replace(" ", "_"),
        letter.detail,
        languages=thread.languages,
        community=office.community,
        name=thread.other_name,
        address=office.team,
    )
    return _mail(office, letter, told, to=thread.address, name=thread.name, sender_name=office.community.name)


def _read_thread(connection: Connection, office: Office, letter: Letter) -> _Thread:
    community = office.community
    row = connection.execute(
        select(
            conversations,
            newcomers.c.generation.label("of_page"),
            newcomers.c.address_as_given,
            newcomers.c.address,
            newcomers.c.name,
            newcomers.c.languages,
        )
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(conversations.c.id == letter.conversation_id)
    ).one()
    slug = community.resolve_member(row.member)
    member = community.members.get(slug)
    if member is None and (letter.kind == "note" or letter.side == "member"):
        raise NotWantedError("the member has left")
    if letter.kind == "note" and row.closed_at is not None:
        raise NotWantedError("the conversation has ended")
    newcomer = shown_name(row.name)
    if letter.side == "member" and member is not None:
        contact = find_contact(connection, slug, resolve=community.resolve_member)
        if not contact:
            raise NotWantedError("no address of the member")
        return _Thread(
            row=row, side="member", address=contact, name=member.name, other_name=newcomer, languages=member.languages
        )
    if wants_no_mail(connection, office.key, row.address):
        raise NotWantedError("stopped")
    return _Thread(
        row=row,
        side="newcomer",
        address=row.address_as_given,
        name=newcomer,
        other_name=member.name if member is not None else "",  # who left is not named any more
        languages=tuple(row.languages),
    )


def _write_note(connection: Connection, office: Office, letter: Letter, thread: _Thread) -> Envelope:
    sealed = connection.scalar(select(notes.c.sealed).where(notes.c.id == letter.note_id))
    if sealed is None:
        raise NotWantedError("its text was deleted")
    try:
        words = unseal(sealed, office.key)
    except SealError as error:
        raise NotWantedError("its text cannot be read") from error
    row, side = thread.row, thread.side
    subject, began = _what_began(connection, office, row, side, until=letter.dated_at)
    before = [letter_message_id(office.key, number, office.domain) for number in sent_before(connection, letter)]
    thread_ids = [*sent_in(connection, row.newcomer_id, row.member, side, until=letter.dated_at), *before]
    number = choice_number(row.id, side)
    told = note_letter(
        words,
        languages=thread.languages,
        community=office.community,
        name=thread.other_name,
        subject=subject,
        to_newcomer=side == "newcomer",
        began=began,
        first=not before,
        keep_days=office.settings.mail.keep_notes.days,
        ways=Ways(
            end=office.link("block", number),
            report=office.link("report", number),
            page=office.page(row.newcomer_id, row.of_page, letter.dated_at) if side == "newcomer" else "",
        ),
    )
    relay = Relay(
        writer=side,
        number=row.id,
        generation=row.generation % 256,
        good_until=good_until(letter.dated_at.date()),
    )
    answers = note_address(office.settings, make_relay(relay, office.relay_keys))
    community = office.community.name
    via = (
        say(told.language, "mail.via", member=thread.other_name, community=community)
        if thread.other_name
        else community
    )
    return _mail(
        office,
        letter,
        told,
        to=thread.address,
        name=thread.name,
        sender_name=via,
        sender=answers,
        thread=tuple(thread_ids),
        personal=True,
    )


def _what_began(
    connection: Connection, office: Office, conversation: Any, side: Side, *, until: datetime
) -> tuple[str, str]:
    """(subject of the first mail `side` has of this, title of a journey the newcomer is on); empty for none.

    `until`: what went out later does not count.
    """
    newcomer_id = conversation.newcomer_id
    subject = connection.scalar(
        select(messages.c.subject)
        .join(steps, steps.c.id == messages.c.step_id)
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .where(
            enrollments.c.newcomer_id == newcomer_id,
            messages.c.member == conversation.member if side == "newcomer" else steps.c.moment.like(f"{ASK}%"),
            messages.c.sent_at <= until,
        )
        .order_by(messages.c.sent_at, messages.c.id)
        .limit(1)
    )
    journey = connection.scalar(
        select(enrollments.c.journey)
        .where(enrollments.c.newcomer_id == newcomer_id)
        .order_by(enrollments.c.enrolled_at, enrollments.c.id)
        .limit(1)
    )
    record = office.community.journeys.get(journey or "")
    return subject or "", record.title.text(office.community.language) if record is not None else ""


def _write_to_stranger(connection: Connection, office: Office, letter: Letter, number: int) -> Envelope:
    """To who wrote to a member and is not with us: by the address they wrote from, and without a name."""
    row = connection.execute(select(first_notes).where(first_notes.c.id == number)).first()
    member = office.community.members.get(office.community.resolve_member(row.member)) if row is not None else None
    if row is None or member is None:
        raise NotWantedError("the note is gone")
    try:
        address = unseal(row.sealed_address, office.key)
    except SealError as error:
        raise NotWantedError("its address cannot be read") from error
    if wants_no_mail(connection, office.key, address):
        raise NotWantedError("stopped")
    journey, languages = office.first_journey, (row.language,)
    if letter.kind == "confirm" and journey is not None:
        told = confirm_letter(
            languages=languages,
            community=office.community,
            member=member.name,
            journey=journey.title.text(row.language, office.community.language),
            days=KEEP_FIRST_NOTES.days,
            link=office.link("first", row.id),
        )
    else:
        told = answer_letter(
            "returned",
            letter.detail or "nobody",
            languages=languages,
            community=office.community,
            name=member.name,
            address=office.team,
        )
    return _mail(office, letter, told, to=address, name="", sender_name=office.community.name)


def _write_page_link(connection: Connection, office: Office, letter: Letter) -> Envelope:
    """To a newcomer who asked for another link to their page."""
    row = connection.execute(select(newcomers).where(newcomers.c.id == letter.newcomer_id)).one()
    if wants_no_mail(connection, office.key, row.address):
        raise NotWantedError("stopped")
    link = office.page(row.id, row.generation, letter.dated_at)
    if not link:
        raise NotWantedError("there is no service any more")
    name = shown_name(row.name)
    told = page_letter(
        languages=tuple(row.languages),
        community=office.community,
        name=name,
        link=link,
        until=last_day(letter.dated_at.date()),
    )
    return _mail(office, letter, told, to=row.address_as_given, name=name, sender_name=office.community.name)


def _write_to_member(connection: Connection, office: Office, letter: Letter) -> Envelope:
    """To a member, about themselves: the link to their page, or whom they helped."""
    community, day = office.community, letter.dated_at.date()
    slug = community.resolve_member(letter.addressee)
    member = community.members.get(slug)
    if member is None or member.status == "memorial":
        raise NotWantedError("the member has left")
    contact = find_contact(connection, slug, resolve=community.resolve_member)
    if not contact:
        raise NotWantedError("no address of the member")
    if wants_no_mail(connection, office.key, contact):
        raise NotWantedError("stopped")
    word = own_word(connection, slug, resolve=community.resolve_member)
    page = PageWay(link=page_link(office.settings, office.relay_keys, word, day), good_until=last_day(day))
    if letter.kind == "monthly":
        if not word.monthly or not member.allows("mail", day):
            raise NotWantedError("the member wants none")
        since, helped = read_monthly_detail(letter.detail)
        counts = {"met": helped.met, "mails": helped.mails, "answered": helped.answered, "talking": helped.talking}
        told = monthly_letter(member, counts, since=since, community=community, page=page, address=office.team)
    else:
        told = member_page_letter(member, community=community, page=page, address=office.team)
    return _mail(office, letter, told, to=contact, name=member.name, sender_name=community.name)


def _write_alert(connection: Connection, office: Office, letter: Letter) -> Envelope:
    """To the team whose moment the conversation began with."""
    told = answer_letter("alert", letter.detail, languages=(), community=office.community, name="", address=office.team)
    owner = owner_of_conversation(connection, office.community, letter.conversation_id, until=letter.dated_at)
    return _mail(office, letter, told, to=office.mailbox_of(owner), name="", sender_name=office.community.name)


def _mail(
    office: Office,
    letter: Letter,
    told: Told,
    *,
    to: str,
    name: str,
    sender_name: str,
    sender: str = "",
    thread: tuple[str, ...] = (),
    personal: bool = False,
) -> Envelope:
    identity = letter_message_id(office.key, letter.id, office.domain)
    shortened = thread if len(thread) <= LONGEST_THREAD else (thread[0], *thread[-LONGEST_THREAD + 1 :])
    routing = Routing(
        sender_address=sender or office.sender,
        reply_to=sender or office.sender,
        to_address=to,
        to_name=name,
        message_id=identity,
        date=letter.dated_at,
        in_reply_to=thread[-1] if thread else "",
        references=shortened,
        personal=personal,
    )
    content = compose_plain(told.subject, told.text, sender_name=sender_name, routing=routing)
    local, _, domain = to.rpartition("@")
    return Envelope(
        message_id=identity,
        sender=tagged_address(office.sender, make_token("letter", letter.id, office.key)),
        recipient=f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}",
        content=office.sign(content) if office.sign is not None else content,
        is_dotless=True,  # quoted-printable of ours begins no line with one
        needs_smtputf8=not local.isascii(),
    )
