"""The plain way to a mail: all of it run, rendered and joined for one person.

What a preview shows, what a message goes through that looks into its reader's values, and what the compiled way
(`mails.compiling`) is measured against: both give the same subject, text and HTML.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace

from alongside.model.journeys import Message
from alongside.model.texts import direction
from alongside.planning.plan import StepContent
from alongside.rendering.mails.compiling import FOOTER, footer_tokens, templates_of
from alongside.rendering.mails.frame import frame, read_template
from alongside.rendering.mails.holes import Block, Hole, Holes, Person, Url, clean, salt_for
from alongside.rendering.mails.names import fixed_names, personal_names
from alongside.rendering.mails.parts import (
    Reader,
    Source,
    footer,
    intro,
    language_marks,
    masthead,
    prose,
    words_block,
)
from alongside.rendering.mails.prose import Paragraph, inline_styles, join_paragraphs, paragraphs_of
from alongside.rendering.mails.segments import attribute_segments, fill, html_segments, plain_segments
from alongside.rendering.mails.templates import check_whole, compile_template, holes_will_do, run_template

OPENING = 4  # paragraphs whose words a timeline may show


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainMail:
    """A mail's words, before it has an envelope."""

    subject: str
    preheader: str
    text: str
    html: str
    opening: str  # the first words of the body, as plain text


def render_plain(
    source: Source, content: StepContent, message: Message, reader: Reader, values: Mapping[str, str]
) -> PlainMail:
    """`message` for the person of `values` (by path, those of the footer among them). Raises `MessageError`."""
    block = words_block(content.words, source)
    holes = Holes(salt_for(_all_texts(message, content, block, values)))
    shown = {path: text for path, text in values.items() if path not in FOOTER}

    prints = all(holes_will_do(*template) for template in templates_of(message))

    def value(path: str) -> object:
        if prints:
            return Hole(holes.token(Person(path)))
        return Url(values[path]) if Person(path).is_url else values[path]

    fixed = fixed_names(content, source.community, block, page=reader.page)
    names = {**fixed, "team": source.team(content), **personal_names(tuple(shown), value)}
    subject, preheader, body = (
        check_whole(run_template(compile_template(text, position), names, holes, position), holes, position)
        for text, position in templates_of(message)
    )
    parts = _Parts(holes, values, reader, content.language)
    top, who = masthead(source), intro(source, content, reader)
    end = footer(source, content, reader, **footer_tokens(source, content, holes))
    said = prose(body, source, holes)
    slots = {
        "subject": parts.attribute(subject),
        "preheader": parts.attribute(preheader),
        "masthead": parts.frame_html(top, "quiet.css"),
        "body": parts.body_html(who, said),
        "footer": parts.frame_html(end, "quiet.css"),
    }
    return PlainMail(
        subject=parts.line(subject),
        preheader=parts.line(preheader),
        text=parts.text(top, who, said, end),
        html="".join(slots[piece] if number % 2 else piece for number, piece in enumerate(frame(reader.language))),
        opening=clean(" ".join(fill(plain_segments(one.text, holes), values) for one in paragraphs_of(said)[:OPENING])),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts of a mail put together, values in place of their tokens."""

    holes: Holes
    values: Mapping[str, str]
    reader: Reader
    language: str  # of the message

    def line(self, text: str) -> str:
        return clean(fill(plain_segments(" ".join(text.split()), self.holes), self.values))

    def attribute(self, text: str) -> str:
        return fill(attribute_segments(html.escape(text), self.holes), self.values)

    def frame_html(self, part: str, css: str) -> str:
        return self._html(part, css, self.reader.language)

    def body_html(self, who: str, said: str) -> str:
        opened, closed = language_marks(self.reader, self.language)
        pieces = (
            self.frame_html(who, "body.css"), opened, self._html(said, "body.css", self.language), closed,
        )  # fmt: skip
        return "".join(f"\n{piece}" for piece in pieces if piece)

    def _html(self, part: str, css: str, language: str) -> str:
        styled = inline_styles(part, read_template(css)) if part else ""
        return fill(html_segments(styled, self.holes, isolate=direction(language) == "rtl"), self.values)

    def text(self, top: str, who: str, said: str, end: str) -> str:
        above = join_paragraphs(self._paragraphs(top, self.reader.language))
        body = (*self._paragraphs(who, self.reader.language), *self._paragraphs(said, self.language))
        below = join_paragraphs(self._paragraphs(end, self.reader.language))
        between = join_paragraphs(body)
        return "".join((above, f"\n{between}" if between else "", f"\n-- \n{below}"))

    def _paragraphs(self, part: str, language: str) -> tuple[Paragraph, ...]:
        isolate = direction(language) == "rtl"
        return tuple(
            replace(one, text=fill(plain_segments(one.text, self.holes, isolate=isolate), self.values))
            for one in paragraphs_of(part)
        )


def _all_texts(message: Message, content: StepContent, block: Block, values: Mapping[str, str]) -> tuple[str, ...]:
    """Everything a token could be mistaken for a part of."""
    member = (content.member.name,) if content.member is not None else ()
    story = (content.story.title,) if content.story is not None else ()
    return (message.subject, message.preheader, message.body, block.html, *member, *story, *values.values())
