"""Mails: what a step shows becomes a subject, a text part and an HTML part, then an RFC 5322 message.

The last room before delivery, with two ways that come to the same: `write_message` fills what `MailCompiler` compiled
once a member, story and language; `render_mail` and `compose` make one mail the plain way, for previews. Nothing here
sends.

    compiler = MailCompiler(community, settings)
    routing = Routing(sender_address="community@example.org", to_address=newcomer.email, to_name=newcomer.name,
                      message_id="...@example.org", date=due)
    written = write_message(compiler, content, newcomer, routing)   # written.content: the octets

    mail = render_mail(compiler, content, newcomer)                 # mail.text, mail.html
    octets = compose(mail, routing)
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from alongside.model.community import Community
from alongside.model.journeys import Journey, Message
from alongside.model.people import Newcomer
from alongside.planning.plan import StepContent
from alongside.rendering.mails.builtin import CONFIRM_URL, confirmation, team_message
from alongside.rendering.mails.compiling import (
    STOP_URL,
    CompiledStep,
    Filler,
    Indivisible,
    Line,
    Prose,
    StepCompiler,
    templates_of,
)
from alongside.rendering.mails.envelope import Routing, body_marks, compose, message_head, sender_address
from alongside.rendering.mails.names import Texts, personal_facts, personal_values
from alongside.rendering.mails.parts import Reader, Source, frame_language, reader_of
from alongside.rendering.mails.passages import Passage
from alongside.rendering.mails.plain import PlainMail, render_plain
from alongside.rendering.mails.templates import MessageError, holes_will_do
from alongside.settings import Settings

if TYPE_CHECKING:
    from alongside.rendering.mails.invitations import Invitations

__all__ = [
    "Mail",
    "MailCompiler",
    "MessageError",
    "Routing",
    "Written",
    "compose",
    "render_mail",
    "sender_address",
    "write_confirmation",
    "write_message",
]

KEPT = 4096  # compiled steps a compiler keeps, some kilobytes each
T = TypeVar("T")
LARGEST = 90_000  # octets of a mail's HTML: Gmail shows no more than 102 kB, and hides the stop line with the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A filled mail, before it has an envelope."""

    subject: str  # one line, no control characters
    preheader: str  # what an inbox shows after the subject; may be empty
    text: str  # the plain part, lines ended by "\n"
    html: str  # the HTML part, a whole document
    opening: str  # the first words of the body, for lists and timelines
    language: str  # BCP 47
    calendar: bytes = b""  # an iCalendar object with the dates it invites to; empty: none
    sender_name: str  # for From: "Ana Souza via Docs People", or the team's name
    member: str = ""  # slug; empty: from the team
    story: str = ""  # slug
    reasons: tuple[str, ...] = ()  # in words, in `language`


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A mail as it goes out."""

    subject: str
    language: str  # of the message, BCP 47
    member: str  # slug; empty: from the team
    story: str  # slug
    content: bytes  # RFC 5322, CRLF, no line beginning with a dot
    needs_smtputf8: bool  # an address in it goes beyond ASCII (RFC 6531)


class MailCompiler:
    """Compiles mails of one community and keeps what it compiled; worth keeping for the life of a process.

    Not for several threads at once. Another community (a file changed) needs another compiler.
    """

    def __init__(self, community: Community, settings: Settings) -> None:
        self.source = Source(community=community, settings=settings)
        self.stop_url = f"mailto:{sender_address(settings)}?subject={quote('stop')}"
        self.texts: Texts = {}
        self._asked: dict[object, CompiledStep | None] = {}  # by what asks for them
        self._steps: dict[object, CompiledStep | None] = {}  # by what they depend on
        self._lines: dict[object, Filler[Line]] = {}
        self._prose: dict[object, Filler[Prose]] = {}
        self._invitations: Invitations | None = None
        self._whole: set[object] = set()  # messages whose passages reach into each other

    def calendar(self, content: StepContent) -> bytes:
        """The dates a step invites to, as an iCalendar object; empty where it does not."""
        if not content.moment.invite:
            return b""
        if self._invitations is None:
            from alongside.rendering.mails.invitations import Invitations  # what it needs takes long to load

            self._invitations = Invitations(self.source)
        return self._invitations.calendar(content)

    def step(self, content: StepContent, newcomer: Newcomer, *, builtin: bool = False) -> CompiledStep | None:
        """The compiled step; None when its message has to be rendered for each person. Raises `MessageError`.

        `builtin`: with the team's own message (`mails.builtin`) for the authored one.
        """
        asked = (*_key(content), content.day, newcomer.languages, builtin)
        if asked not in self._asked:
            self._forget()
            reader = reader_of(content, newcomer)
            key = (*_key(content), reader, builtin)
            if key not in self._steps:
                self._steps[key] = self._compile(content, reader, builtin)
            self._asked[asked] = self._steps[key]
        return self._asked[asked]

    def keep_whole(self, content: StepContent) -> None:
        """Compile the step's message as one passage from now on."""
        self._whole.add(_message_key(content))
        self._asked.clear()
        self._steps.clear()

    def _forget(self) -> None:
        """Keep nothing when much was kept; what is needed is compiled again."""
        for kept in (self.texts, self._asked, self._steps, self._lines, self._prose):
            if len(kept) > KEPT:
                kept.clear()

    def _compile(self, content: StepContent, reader: Reader, builtin: bool) -> CompiledStep | None:
        message = team_message(content) if builtin else _authored(content)
        if not all(holes_will_do(*template) for template in templates_of(message)):
            return None
        whole = _message_key(content) in self._whole and not builtin
        compiler = StepCompiler(self.source, content, message, reader, whole=whole)
        subject, preheader, body = compiler.passages()
        key = (*_message_key(content), builtin, whole)
        return compiler.step(
            _kept(self._lines, (*key, "subject"), subject[0], compiler, compiler.line),
            _kept(self._lines, (*key, "preheader"), preheader[0], compiler, compiler.line),
            tuple(
                _kept(self._prose, (*key, number), passage, compiler, compiler.prose)
                for number, passage in enumerate(body)
            ),
        )


def _kept(
    kept: dict[object, Filler[T]],
    key: tuple[object, ...],
    passage: Passage,
    compiler: StepCompiler,
    compile_: Callable[[Passage], Filler[T]],
) -> Filler[T]:
    """The passage as it was compiled for another step already, where it speaks of the same member and story."""
    content, speaks_of = compiler.content, passage.speaks_of
    if "member" in speaks_of and content.member is not None:
        key = (*key, content.member.slug, content.words, compiler.reader.page)
    if "story" in speaks_of and content.story is not None:
        key = (*key, "story", content.story.slug)
    if key not in kept:
        kept[key] = compile_(passage)
    return kept[key]


def _message_key(content: StepContent) -> tuple[str, str, str]:
    """Which message it is; the community stands still."""
    return content.journey.slug, content.moment.id, content.language


def _key(content: StepContent) -> tuple[object, ...]:
    """What a compiled step depends on, but for how its reader reads: not on the person."""
    member = content.member.slug if content.member is not None else ""
    story = content.story.slug if content.story is not None else ""
    return (
        content.journey.slug, content.moment.id, content.language,
        member, story, content.words, content.member_changed,
    )  # fmt: skip


def _authored(content: StepContent) -> Message:
    if content.message is None:
        raise ValueError(f"moment {content.moment.id} has no message")
    return content.message


def _needs_member(error: MessageError, content: StepContent) -> bool:
    """True when a message failed because it speaks of a member and there is none."""
    return content.member is None and '"member.' in error.reason


def write_message(
    compiler: MailCompiler, content: StepContent, newcomer: Newcomer, routing: Routing, *, confirm_url: str = ""
) -> Written:
    """The mail of one step for one newcomer, as it goes out. Same input, same octets.

    A message that speaks of a member where there is none gives way to the team's own. Raises `MessageError` when the
    authored message cannot be run or is too long, and `ValueError` for a moment without a message and for what cannot
    stand in a header.
    """
    urls = {STOP_URL: routing.stop or compiler.stop_url, CONFIRM_URL: confirm_url}
    filled = _filled(compiler, content, newcomer, urls)
    if filled is None:
        mail = render_mail(compiler, content, newcomer, stop_url=routing.stop)
        octets = compose(mail, routing)
        return _written(content, mail.subject, octets, needs_smtputf8=not octets.isascii())
    sender_name, (subject, text, document) = filled
    if len(document) > LARGEST:
        _check_size(content, len(binascii.a2b_qp(document).replace(b"\r\n", b"\n")))
    head = message_head(subject, sender_name, routing)
    before_text, before_html, end = body_marks(content.language, compiler.calendar(content))
    octets = b"".join((head, before_text, text, before_html, document, end))
    return _written(content, subject, octets, needs_smtputf8=not head.isascii())


def write_confirmation(
    compiler: MailCompiler, journey: Journey, newcomer: Newcomer, *, confirm_url: str, routing: Routing
) -> Written:
    """The question whether `newcomer` wants the mails of a journey, with one link; from the team. Raises as above."""
    language = frame_language(newcomer.languages, compiler.source.community.language)
    content = confirmation(journey, language=language, day=routing.date.date())
    return write_message(compiler, content, newcomer, replace(routing, to_name=""), confirm_url=confirm_url)


def _filled(
    compiler: MailCompiler, content: StepContent, newcomer: Newcomer, urls: Mapping[str, str]
) -> tuple[str, tuple[str, bytes, bytes]] | None:
    """(the sender's name, what `CompiledStep.fill` gives); None for a message that is rendered the plain way."""
    community = compiler.source.community
    builtin = False
    while True:
        try:
            step = compiler.step(content, newcomer, builtin=builtin)
            if step is None:
                return None
            facts = personal_facts(content, newcomer, community, step.asks, compiler.texts)
            if CONFIRM_URL in facts:
                facts[CONFIRM_URL] = urls[CONFIRM_URL]
            return step.sender_name, step.fill(facts, urls[STOP_URL])
        except Indivisible:
            compiler.keep_whole(content)
        except MessageError as error:
            if builtin or not _needs_member(error, content):
                raise
            builtin = True


def _written(content: StepContent, subject: str, octets: bytes, *, needs_smtputf8: bool) -> Written:
    return Written(
        subject=subject,
        language=content.language,
        member=content.member.slug if content.member is not None else "",
        story=content.story.slug if content.story is not None else "",
        content=octets,
        needs_smtputf8=needs_smtputf8,
    )


def _check_size(content: StepContent, octets: int) -> None:
    """Refuse a mail that mail programs would cut. Raises `MessageError`."""
    if octets > LARGEST:
        position = content.message.body_position if content.message is not None else content.moment.position
        raise MessageError(
            position,
            f"This mail comes to {octets // 1000} kB, and mail programs cut it at 102 kB.",
            hint="Say less, and link to the rest.",
        )


def render_mail(compiler: MailCompiler, content: StepContent, newcomer: Newcomer, *, stop_url: str = "") -> Mail:
    """The mail of one step for one newcomer, the plain way. `stop_url` (https or mailto): where the stop line leads.

    Empty: a mailto to the community's address. Raises as `write_message`.
    """
    source = compiler.source
    reader = reader_of(content, newcomer)
    values = personal_values(content, newcomer, source.community, compiler.texts)
    plain = render_values(compiler, content, reader, {**values, STOP_URL: stop_url or compiler.stop_url})
    _check_size(content, len(plain.html.encode()))
    return Mail(
        subject=plain.subject,
        preheader=plain.preheader,
        opening=plain.opening,
        text=plain.text,
        html=plain.html,
        language=content.language,
        calendar=compiler.calendar(content),
        sender_name=source.sender_name(content, reader),
        member=content.member.slug if content.member is not None else "",
        story=content.story.slug if content.story is not None else "",
        reasons=tuple(values[path] for path in values if path.startswith("reasons.")),
    )


def render_values(compiler: MailCompiler, content: StepContent, reader: Reader, values: Mapping[str, str]) -> PlainMail:
    """The words of a step's mail for a person of whom `values` are known. Raises `MessageError`."""
    try:
        return render_plain(compiler.source, content, _authored(content), reader, values)
    except MessageError as error:
        if not _needs_member(error, content):
            raise
        return render_plain(compiler.source, content, team_message(content), reader, values)
