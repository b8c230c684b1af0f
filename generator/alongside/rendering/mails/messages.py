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
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import quote

from alongside.model.community import Community
from alongside.model.journeys import Journey, Message
from alongside.model.people import Newcomer
from alongside.planning.plan import StepContent
from alongside.rendering.mails.builtin import confirmation, team_message
from alongside.rendering.mails.compiling import PAGE_URL, STOP_URL, CompiledStep, StepCompiler, templates_of
from alongside.rendering.mails.envelope import Routing, body_marks, compose, message_head, sender_address
from alongside.rendering.mails.filling import Forms, Indivisible, Line, Plan, Prose, Variants, outline
from alongside.rendering.mails.names import LISTS, TEXTS, Case, Items, Texts, personal_values
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

KEPT = 4096  # compiled steps a compiler keeps, some kilobytes each; and plans of mails, a kilobyte each
Kind = TypeVar("Kind", bound=Line | Prose)
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


class Written(NamedTuple):  # made for every mail, and a tuple is made three times as fast as a frozen record
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
        # where those lines lead in a mail that is nobody's yet
        self.stop_url = f"mailto:{sender_address(settings)}?subject={quote('stop')}"
        self.page_url = settings.mail.service
        self.texts: Texts = {}
        self._asked: dict[object, CompiledStep | None] = {}  # by what asks for them
        self._steps: dict[object, CompiledStep | None] = {}  # by what they depend on
        self._plans: dict[object, Plan | None] = {}  # None: it speaks of a member where there is none
        self._lines: dict[object, Variants[Line]] = {}
        self._prose: dict[object, Variants[Prose]] = {}
        self._forms: Forms = {}  # what a group, a meetup or a reason comes to, in all their forms
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
        step = self._asked.get(asked, ...)
        if step is ...:
            self._forget()
            reader = reader_of(content, newcomer)
            key = (*_key(content), reader, builtin)
            if key not in self._steps:
                self._steps[key] = self._compile(content, reader, builtin)
            step = self._asked[asked] = self._steps[key]
        return step

    def plan(
        self, content: StepContent, newcomer: Newcomer, *, confirm_url: str = ""
    ) -> tuple[Plan, dict[str, str], dict[str, Items]] | None:
        """The mail of a step but for its reader's values, and those: their texts and lists, by name.

        A message that speaks of a member where there is none gives way to the team's own. None for one that has to be
        rendered for each person. Raises `MessageError`.
        """
        builtin = False
        while True:
            step = self.step(content, newcomer, builtin=builtin)
            if step is None:
                return None
            case = Case(content, newcomer, self.source.community, self.texts, confirm_url)
            values = {name: TEXTS[name](case) for name in step.texts}
            lists = {name: LISTS[name](case) for name in step.lists}
            shape = (*map(bool, values.values()), *map(outline, lists.values()))
            plan = self._plans.get((step, shape), ...)
            if plan is ...:
                self._forget()
                try:
                    plan = step.plan(shape, lists)
                except Indivisible:
                    self._keep_whole(content)
                    continue
                except MessageError as error:
                    if builtin or not _needs_member(error, content):
                        raise
                    plan = None
                self._plans[step, shape] = plan
            if plan is not None:
                return plan, values, lists
            builtin = True

    def _keep_whole(self, content: StepContent) -> None:
        """Compile the step's message as one passage from now on."""
        self._whole.add(_message_key(content))
        for kept in (self._asked, self._steps, self._plans):
            kept.clear()

    def _forget(self) -> None:
        """Keep nothing when much was kept; what is needed is compiled again."""
        for kept in (self.texts, self._asked, self._steps, self._plans, self._lines, self._prose, self._forms):
            if len(kept) > KEPT:
                kept.clear()

    def _compile(self, content: StepContent, reader: Reader, builtin: bool) -> CompiledStep | None:
        message = team_message(content) if builtin else _authored(content)
        if not all(holes_will_do(*template) for template in templates_of(message)):
            return None
        whole = _message_key(content) in self._whole and not builtin
        compiler = StepCompiler(self.source, content, message, reader, self._forms, whole=whole)
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
    kept: dict[object, Variants[Kind]],
    key: tuple[object, ...],
    passage: Passage,
    compiler: StepCompiler,
    compile_: Callable[[Passage], Variants[Kind]],
) -> Variants[Kind]:
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
    words = content.words  # told by its fields: a record's own hash takes as long as all the rest of this
    said = (words.text, words.language, words.markdown, words.source) if words is not None else ()
    return (
        content.journey.slug, content.moment.id, content.language, member, story, content.member_changed,
        content.met_another, *said,
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
    planned = compiler.plan(content, newcomer, confirm_url=confirm_url)
    if planned is None:
        mail = render_mail(compiler, content, newcomer, stop_url=routing.stop, page_url=routing.page_url)
        octets = compose(mail, routing)
        return _written(content, mail.subject, octets, needs_smtputf8=not octets.isascii())
    plan, values, lists = planned
    values[STOP_URL] = routing.stop or compiler.stop_url
    values[PAGE_URL] = routing.page_url or compiler.page_url
    subject = plan.subject(values, lists)
    head = message_head(subject, plan.sender_name, routing)
    before_text, end = body_marks(content.language, compiler.calendar(content))
    pieces = plan.fill(values, lists)
    octets = b"".join([head, before_text, *pieces, end])
    if len(octets) > LARGEST:
        _check_size(content, len(binascii.a2b_qp(plan.html(pieces)).replace(b"\r\n", b"\n")))
    return _written(content, subject, octets, needs_smtputf8=not head.isascii())


def write_confirmation(
    compiler: MailCompiler, journey: Journey, newcomer: Newcomer, *, confirm_url: str, routing: Routing
) -> Written:
    """The question whether `newcomer` wants the mails of a journey, with one link; from the team. Raises as above."""
    language = frame_language(newcomer.languages, compiler.source.community.language)
    content = confirmation(journey, language=language, day=routing.date.date())
    return write_message(compiler, content, newcomer, replace(routing, to_name=""), confirm_url=confirm_url)


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


def render_mail(
    compiler: MailCompiler, content: StepContent, newcomer: Newcomer, *, stop_url: str = "", page_url: str = ""
) -> Mail:
    """The mail of one step for one newcomer, the plain way. `stop_url` (https or mailto): where the stop line leads.

    Empty: a mailto to the community's address. `page_url`: where the line about their own page does; empty: to the
    service, if one runs. Raises as `write_message`.
    """
    source = compiler.source
    reader = reader_of(content, newcomer)
    values = personal_values(content, newcomer, source.community, compiler.texts)
    values |= {STOP_URL: stop_url or compiler.stop_url, PAGE_URL: page_url or compiler.page_url}
    plain = render_values(compiler, content, reader, values)
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
