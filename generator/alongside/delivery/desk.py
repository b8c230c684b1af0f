"""The desk at which mails of one community are written: who writes to whom, what about, as a finished message.

What every mail needs of the community is worked out once, and once a day where the day matters. Nothing here touches
the store; `delivery.worker` brings the claims and takes the messages away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from alongside.delivery.arrived.redaction import redact
from alongside.delivery.claims import Claim
from alongside.delivery.decisions import DueStep, Skip, Wait, decide
from alongside.delivery.members import page_link
from alongside.delivery.message_ids import message_id
from alongside.delivery.page_links import newcomer_page
from alongside.delivery.relay_addresses import Relay, RelayKeys, Writer, good_until, make_relay
from alongside.delivery.schema import CONFIRMATION, asked_moment
from alongside.delivery.tokens import make_token
from alongside.delivery.transports.envelopes import Envelope
from alongside.matching.assignment import assign_member
from alongside.matching.index import MatchIndex, build_index
from alongside.model.community import Community
from alongside.planning.occurrences import Occurrence
from alongside.planning.plan import StepContent, choose, is_another, next_meetups
from alongside.rendering.mails.envelope import Routing, compose_plain, note_address, sender_address, tagged_address
from alongside.rendering.mails.messages import MailCompiler, MessageError, Written, write_confirmation, write_message
from alongside.rendering.mails.notes import AskWays, ask_letter, shown_name
from alongside.settings import Settings

Sign = Callable[[bytes], bytes]  # a message with a signature on it (DKIM)


class Desk:
    """Writes the mails of one community as it was read; a file that changed needs another desk."""

    def __init__(
        self,
        community: Community,
        settings: Settings,
        *,
        key: bytes,
        relay_keys: RelayKeys | None = None,
        sign: Sign | None = None,
    ) -> None:
        """`key`: the store's, of which tokens and Message-IDs are made; `relay_keys`: of addresses for answers."""
        self.community = community
        self.settings = settings
        self.compiler = MailCompiler(community, settings)
        self.sender_address = sender_address(settings)
        self.index: Callable[[date], MatchIndex] = lru_cache(maxsize=2)(lambda day: build_index(community, today=day))
        self.key = key
        self.relay_keys = relay_keys or RelayKeys(key=key)
        self.sign = sign
        self._upcoming: tuple[datetime, datetime, Mapping[str, Occurrence]] | None = None  # (from, to, what)

    @property
    def domain(self) -> str:
        """What stands right of the `@` in addresses and ids of ours."""
        return self.sender_address.rpartition("@")[2]

    def decide(self, due: DueStep, last_mail: datetime | None, *, now: datetime) -> Skip | Wait | None:
        """Whether `due` goes out at `now`; see `decisions.decide`."""
        return decide(due, community=self.community, now=now, last_mail=last_mail)

    def assign(self, due: DueStep, load: Mapping[str, int], *, now: datetime) -> str:
        """The slug of who welcomes the newcomer of `due` from now on; empty: nobody has room, the team does."""
        moment = self.community.journeys[due.journey].moment(due.moment)
        if moment is None or moment.sender == "team":
            return due.member
        day = now.date()
        known = self.community.members.get(due.member)
        if known is not None and known.allows("mail", day) and not known.is_away(day):
            return known.slug  # as `assign_member` would say, after comparing everybody
        match = assign_member(self.index(day), due.newcomer, day=day, load=load, keep=due.member)
        return match.slug if match is not None else ""

    def write(self, claim: Claim, *, now: datetime) -> tuple[Written, Envelope]:
        """The message of a claim and its envelope; the same claim on the same day gives the same bytes.

        Raises `MessageError` for an authored message that cannot be run, and `ValueError` (which repeats the address)
        for an address that cannot stand in a header.
        """
        due = claim.due
        identity = message_id(self.key, due.step_id, self.domain)
        routing = self._routing(claim, identity)
        if not due.is_to_newcomer:
            return self._write_ask(claim, routing, now=now)
        if due.moment == CONFIRMATION:
            written = write_confirmation(
                self.compiler,
                self.community.journeys[due.journey],
                due.newcomer,
                confirm_url=self._link("confirm", due.enrollment_id),
                routing=replace(routing, list_id="", in_reply_to=""),
            )
        else:
            written = write_message(self.compiler, self._content(claim, now=now), due.newcomer, routing)
        # as given, the domain in A-labels
        return written, self._envelope(claim, written, f"{due.newcomer.email.rpartition('@')[0]}@{due.domain}")

    def _envelope(self, claim: Claim, written: Written, recipient: str) -> Envelope:
        content = self.sign(written.content) if self.sign is not None else written.content
        return Envelope(
            message_id=message_id(self.key, claim.due.step_id, self.domain),
            sender=tagged_address(self.sender_address, make_token("bounce", claim.due.step_id, self.key)),
            recipient=recipient,
            content=content,
            is_dotless=True,  # `rendering.mails.transfer` sees to it; to look for one takes longer than to send
            needs_smtputf8=written.needs_smtputf8,
        )

    def _write_ask(self, claim: Claim, routing: Routing, *, now: datetime) -> tuple[Written, Envelope]:
        """The question to the member whether they write a moment's mail themselves."""
        due = claim.due
        assert due.ask is not None  # read with every step that asks
        content = self._content(claim, now=now)
        day = due.ask.due_at.astimezone(ZoneInfo(content.member.timezone)).date() if content.member else now.date()
        step = due.ask.step_id
        told = ask_letter(
            content,
            name=shown_name(due.newcomer.name),
            community=self.community,
            day=day,
            last=due.ask.last,
            said=redact(due.newcomer.text, own_addresses=(due.newcomer.email,)),
            ways=AskWays(
                send=self._link("ask-send", step),
                skip=self._link("ask-skip", step),
                away=self._link("ask-away", step),
                page=page_link(self.settings, self.relay_keys, claim.word, claim.dated_at.date()) if claim.word else "",
            ),
        )
        answers = self._relay_address("ask", step, claim)
        own = replace(
            routing,
            sender_address=answers,
            reply_to=answers,
            to_address=claim.contact,
            to_name=content.member.name if content.member else "",
            list_id="",
            in_reply_to="",
            stop_url="",
            stop_mailto="",
            page_url="",
            feedback_id="",
        )
        via = self.community.name
        octets = compose_plain(told.subject, told.text, sender_name=via, routing=own)
        written = Written(
            subject=told.subject, language=told.language, member=claim.member, story="", content=octets,
            needs_smtputf8=not claim.contact.isascii(),
        )  # fmt: skip
        return written, self._envelope(claim, written, claim.contact)

    def _relay_address(self, writer: Writer, number: int, claim: Claim) -> str:
        """Where an answer to this mail goes, to be passed on."""
        relay = Relay(writer=writer, number=number, good_until=good_until(claim.dated_at.date()))
        return note_address(self.settings, make_relay(relay, self.relay_keys))

    def _content(self, claim: Claim, *, now: datetime) -> StepContent:
        due = claim.due
        journey = self.community.journeys[due.journey]
        moment = journey.moment(asked_moment(due.moment) or due.moment)
        assert moment is not None  # `decide` skips those
        if not moment.messages:
            raise MessageError(moment.position, f"The mail of {moment.id} is missing.", hint="See: alongside check")
        # What may have gone out already is written as of then, so that it is the same mail; consent is that of today.
        instant = claim.dated_at if claim.dated_at.date() == now.date() else now
        content = choose(
            self.community,
            self.index(now.date()),
            journey=journey,
            moment=moment,
            newcomer=due.newcomer,
            member=claim.member or None,
            upcoming=self._meetups(instant),
            day=now.date(),
        )
        if claim.changed and moment.sender == "member":
            return replace(content, member_changed=True)
        if not due.writer and is_another(self.community, journey, moment, due.newcomer, claim.member):
            return replace(content, met_another=True)
        return content

    def _meetups(self, instant: datetime) -> Mapping[str, Occurrence]:
        """The next date of each meetup after `instant`; worked out again when one of them has begun."""
        if self._upcoming is None or not self._upcoming[0] <= instant < self._upcoming[1]:
            found = next_meetups(self.community, now=instant)
            until = min(
                (occurrence.instant for occurrence in found.values()),
                default=datetime.max.replace(tzinfo=instant.tzinfo),
            )
            self._upcoming = (instant, max(until, instant), found)
        return self._upcoming[2]

    def _routing(self, claim: Claim, identity: str) -> Routing:
        due = claim.due
        return Routing(
            sender_address=self.sender_address,
            to_address=due.newcomer.email,
            to_name=due.newcomer.name,
            message_id=identity,
            date=claim.dated_at,
            list_id=f"{due.journey}.{self.domain}",
            reply_to=self._relay_address("step", due.step_id, claim) if self._passes_on(claim) else self.sender_address,
            stop_mailto=self._mailto("stop", due.enrollment_id),
            stop_url=self._service_url("stop", due.enrollment_id),
            page_url=self._page_url(claim),
            feedback_id=f"{due.moment.strip('()')}:{due.journey}:sequence:alongside",
            in_reply_to=due.thread,
        )

    def _passes_on(self, claim: Claim) -> bool:
        """Whether an answer to this mail reaches a member, and not the team."""
        moment = self.community.journeys[claim.due.journey].moment(claim.due.moment)
        return bool(claim.member and claim.contact) and moment is not None and moment.sender == "member"

    def _link(self, kind: str, enrollment: int) -> str:
        """Where a button of the mail leads: to the service, else to a mail that only has to be sent."""
        return self._service_url(kind, enrollment) or self._mailto(kind, enrollment)

    def _service_url(self, kind: str, enrollment: int) -> str:
        service = self.settings.mail.service
        return f"{service}{kind}/{make_token(kind, enrollment, self.key)}" if service else ""  # type: ignore[arg-type]

    def _page_url(self, claim: Claim) -> str:
        """Their own page, good from the mail's Date on: written again, it is the same link."""
        due, service = claim.due, self.settings.mail.service
        if not service:
            return ""
        return newcomer_page(service, due.newcomer_id, due.generation, self.relay_keys, day=claim.dated_at.date())

    def _mailto(self, kind: str, enrollment: int) -> str:
        address = tagged_address(self.sender_address, make_token(kind, enrollment, self.key))  # type: ignore[arg-type]
        return f"mailto:{quote(address, safe='@+')}?subject={kind}"
