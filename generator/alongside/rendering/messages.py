"""Mails: what a step shows becomes a subject, a text part and an HTML part, then an RFC 5322 message.

The last room before delivery. `MailCompiler` compiles each step once per member, story and language; `render_mail`
fills a newcomer's values in; `compose` writes the message. Nothing here sends.

    compiler = MailCompiler(community, settings)
    mail = render_mail(compiler, content, newcomer)
    raw = compose(mail, sender_address="community@example.org", to_address=newcomer.email, to_name=newcomer.name,
                  message_id="<...@example.org>", date=due, list_id="first-month.example.org")
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.planning.plan import StepContent
from alongside.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A filled mail, before it has an envelope."""

    subject: str  # one line, no control characters
    preheader: str  # what an inbox shows after the subject; may be empty
    text: str  # the plain part, lines ended by "\n"
    html: str  # the HTML part, a whole document
    language: str  # BCP 47
    sender_name: str  # for From: "Ana Souza via Docs People", or the team's name
    member: str = ""  # slug; empty: from the team
    story: str = ""  # slug
    reasons: tuple[str, ...] = ()  # in words, in `language`


class MailCompiler:
    """Compiles mails of one community and keeps what it compiled. Safe to keep for the life of a process."""

    def __init__(self, community: Community, settings: Settings) -> None:
        raise NotImplementedError


def render_mail(compiler: MailCompiler, content: StepContent, newcomer: Newcomer, *, stop_url: str = "") -> Mail:
    """The mail of one step for one newcomer. `stop_url` (https or mailto): where the stop line leads.

    Empty: a mailto to the community's address. Raises `MessageError` when the authored message cannot be run.
    """
    raise NotImplementedError


def sender_address(settings: Settings) -> str:
    """The team's own address: `community@` the site's host (`community@localhost` for a site without an address)."""
    raise NotImplementedError


def compose(
    mail: Mail,
    *,
    sender_address: str,
    to_address: str,
    to_name: str = "",
    message_id: str,
    date: datetime,
    list_id: str = "",
    reply_to: str = "",
    unsubscribe: tuple[str, ...] = (),
    in_reply_to: str = "",
) -> bytes:
    """The message (RFC 5322, CRLF): headers, then `multipart/alternative` with text and HTML. Same input, same bytes.

    `message_id`, `in_reply_to`: with or without angle brackets. `unsubscribe`: mailto and https URLs for
    List-Unsubscribe (RFC 2369). Raises `ValueError` for an address that cannot stand in a header.
    """
    raise NotImplementedError
