"""Mails: what a step shows becomes a subject, a text part and an HTML part, then an RFC 5322 message.

The last room before delivery. `MailCompiler` compiles each step once per member, story and language; `render_mail`
fills a newcomer's values in; `compose` writes the message. Nothing here sends.

    compiler = MailCompiler(community, settings)
    mail = render_mail(compiler, content, newcomer)
    raw = compose(mail, Routing(sender_address="community@example.org", to_address=newcomer.email,
                                to_name=newcomer.name, message_id="...@example.org", date=due))
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.planning.plan import StepContent
from alongside.rendering.mails.builtin import team_message
from alongside.rendering.mails.compiling import (
    STOP_URL,
    CompiledMail,
    Source,
    compile_mail,
    fill_text,
    holes_will_do,
    needs_member,
)
from alongside.rendering.mails.envelope import Routing, compose, sender_address
from alongside.rendering.mails.holes import clean
from alongside.rendering.mails.names import Shape, Texts, personal_values
from alongside.rendering.mails.segments import fill
from alongside.rendering.mails.templates import MessageError
from alongside.settings import Settings

__all__ = ["Mail", "MailCompiler", "MessageError", "Routing", "compose", "render_mail", "sender_address"]

KEPT = 4096  # compiled mails a compiler keeps, some 15 kB each


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


class MailCompiler:
    """Compiles mails of one community and keeps what it compiled; worth keeping for the life of a process.

    Not for several threads at once. Another community (a file changed) needs another compiler.
    """

    def __init__(self, community: Community, settings: Settings) -> None:
        self.source = Source(community=community, settings=settings)
        self.stop_url = f"mailto:{sender_address(settings)}?subject={quote('stop')}"
        self.texts: Texts = {}
        self._compiled: dict[object, CompiledMail] = {}

    def compiled(self, content: StepContent, values: dict[str, str]) -> CompiledMail:
        """The compiled mail of a step for a person with `values`; from the ones it keeps, where it can.

        A message that speaks of a member where there is none gives way to the team's own (`mails.builtin`). Raises
        `MessageError` for one that cannot be run.
        """
        message = content.message
        if message is None:
            raise ValueError(f"moment {content.moment.id} has no message")
        shape = tuple(values)
        key = self._key(content, shape)
        known = self._compiled.pop(key, None)
        if known is None:
            try:
                if not holes_will_do(message):
                    return compile_mail(self.source, content, message, shape, values)
                known = compile_mail(self.source, content, message, shape)
            except MessageError as error:
                if not needs_member(error, content):
                    raise
                known = compile_mail(self.source, content, team_message(content), shape)
            if len(self._compiled) >= KEPT:
                del self._compiled[next(iter(self._compiled))]
        self._compiled[key] = known  # the most recent stands last
        return known

    def _key(self, content: StepContent, shape: Shape) -> object:
        """What a compiled mail depends on; the community stands still."""
        member = content.member.slug if content.member is not None else ""
        story = content.story.slug if content.story is not None else ""
        day = content.day  # a page's consent may end
        who = (member, story, content.words, content.member_changed)
        return (content.journey.slug, content.moment.id, content.language, *who, day, shape)


def render_mail(compiler: MailCompiler, content: StepContent, newcomer: Newcomer, *, stop_url: str = "") -> Mail:
    """The mail of one step for one newcomer. `stop_url` (https or mailto): where the stop line leads.

    Empty: a mailto to the community's address. Raises `MessageError` when the authored message cannot be run, and
    `ValueError` for a moment without a message.
    """
    source = compiler.source
    if len(compiler.texts) > KEPT:
        compiler.texts.clear()
    values = personal_values(content, newcomer, source.community, compiler.texts)
    compiled = compiler.compiled(content, values)
    filled = {**values, STOP_URL: stop_url or compiler.stop_url}
    return Mail(
        subject=clean(fill(compiled.subject, filled)),
        preheader=clean(fill(compiled.preheader, filled)),
        opening=clean(fill(compiled.opening, filled)),
        text=fill_text(compiled.text, filled),
        html=fill(compiled.html, filled),
        language=content.language,
        sender_name=source.sender_name(content),
        member=content.member.slug if content.member is not None else "",
        story=content.story.slug if content.story is not None else "",
        reasons=tuple(values[path] for path in values if path.startswith("reasons.")),
    )
