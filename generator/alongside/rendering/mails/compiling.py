"""Compiling a step: templates, Markdown, frame and transfer encoding done once; what is left is octets with holes.

A compiled step depends on the moment, the member and their words, the story, the languages: not on the person. Its
passages are compiled for what they ask about and kept for every step that shares them. `mails.filling` makes a plan of
them for everybody of whom the same values are there, and fills it.

    step.html:      frame, <subject>, frame, ..., <body>, footer, <stop_url>, <page_url>, end
    step.passages:  "Hello {{ newcomer.name }}," -> b"<p>Hello =\\r\\n", Value("newcomer.name", escape), b",</p>"
"""

from __future__ import annotations

import functools
import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from alongside.model.journeys import Message
from alongside.model.texts import direction
from alongside.planning.plan import StepContent
from alongside.problems import Position
from alongside.rendering.mails.builtin import CONFIRMATION
from alongside.rendering.mails.envelope import BEFORE_HTML
from alongside.rendering.mails.filling import (
    Forms,
    Indivisible,
    Line,
    Outline,
    Part,
    Parts,
    Plan,
    Prose,
    Quoted,
    Variants,
    in_parts,
    join_fixed,
    join_prose,
    joined,
    lists_in,
    text_part,
)
from alongside.rendering.mails.frame import frame, read_template
from alongside.rendering.mails.holes import Hole, Holes, Person, salt_for
from alongside.rendering.mails.names import LISTS, TEXTS, Lists, Shape, fixed_names, personal_names
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
from alongside.rendering.mails.passages import LIST_ITEM, Passage, cut_template, reaches_out
from alongside.rendering.mails.prose import Paragraph, gap, inline_styles, paragraphs_of
from alongside.rendering.mails.segments import (
    Segments,
    Slot,
    attribute_segments,
    fill,
    html_segments,
    plain_segments,
)
from alongside.rendering.mails.templates import check_whole, run_template
from alongside.rendering.mails.transfer import SOFT_BREAK, quoted, quoted_open

STOP_URL = "stop_url"  # the path of where the stop line leads
PAGE_URL = "page_url"  # and of where the line about the reader's own page does
FOOTER = (STOP_URL, PAGE_URL)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledStep:
    """All of a step's mail but the person's values. Told from others by which object it is."""

    sender_name: str
    subject: Variants[Line]
    preheader: Variants[Line]
    passages: tuple[Prose | Variants[Prose], ...]
    html: tuple[bytes | str | Part, ...]  # with the names of what stands between
    masthead: bytes  # of the plain part, with the line after it
    footer: Parts  # of the plain part
    texts: tuple[str, ...]  # what it needs of `names.TEXTS`
    lists: tuple[str, ...]  # and of `names.LISTS`
    _joined: list[Prose | Variants[Prose]] = field(default_factory=list)  # `passages`, when first needed

    def plan(self, shape: Iterable[Outline], lists: Lists) -> Plan:
        """The mail of everybody of whom the same values are there: `shape`, of `texts` and `lists`, in their order.

        Raises as `Variants.variant`.
        """
        outlines = dict(zip((*self.texts, *self.lists), shape, strict=True))
        subject, preheader = self.subject.variant(outlines, lists), self.preheader.variant(outlines, lists)
        if not self._joined:
            self._joined.extend([*join_fixed(self.passages)])  # all of them or none
        passages = [part if isinstance(part, Prose) else part.variant(outlines, lists) for part in self._joined]
        html, text = join_prose(passages)
        between = {"subject": subject.attribute, "preheader": preheader.attribute, "body": html}
        around: list[bytes | Part] = []
        for piece in self.html:
            around += between[piece] if isinstance(piece, str) else (piece,)
        return Plan(self.sender_name, subject, (self.masthead, *text, *self.footer), BEFORE_HTML, tuple(around))


class StepCompiler:
    """Compiles one step for one kind of reader."""

    def __init__(
        self, source: Source, content: StepContent, message: Message, reader: Reader, forms: Forms, *, whole: bool
    ) -> None:
        """`forms`: those that steps have in common; it adds its own."""
        self.source, self.content, self.message, self.reader = source, content, message, reader
        self.divided = not whole
        self.forms = forms
        self.isolate = direction(content.language) == "rtl"
        self.salt = salt_for(
            (message.subject, message.preheader, message.body, content.words.text if content.words else "")
        )

    @functools.cached_property
    def fixed(self) -> Mapping[str, object]:
        """The names that mean the same for everybody."""
        block = words_block(self.content.words, self.source)
        names = fixed_names(self.content, self.source.community, block, page=self.reader.page)
        return {**names, "team": self.source.team(self.content)}

    def passages(self) -> tuple[tuple[Passage, ...], ...]:
        """Those of subject, preheader and body. Raises `MessageError`."""
        subject, preheader, body = templates_of(self.message)
        return (
            cut_template(*subject, whole=True),
            cut_template(*preheader, whole=True),
            cut_template(*body, whole=not self.divided),
        )

    def line(self, passage: Passage) -> Variants[Line]:
        """A subject or preheader, ready to be filled."""

        def compile_(shape: Shape) -> Line:
            holes = Holes(self.salt)
            text = " ".join(self._run(passage, shape, holes).split())
            attribute = encode_segments(attribute_segments(html.escape(text), holes), open_=True)
            segments = plain_segments(text, holes)
            return Line(segments, lists_in(segments), in_parts(attribute, self.forms))

        return Variants(passage.asks, compile_)

    def prose(self, passage: Passage) -> Variants[Prose]:
        """A passage of the body, ready to be filled."""

        def compile_(shape: Shape) -> Prose:
            holes = Holes(self.salt)
            markdown = self._run(passage, shape, holes)
            if self.divided and reaches_out(passage, markdown):
                raise Indivisible
            markdown = markdown.strip("\n")
            document = prose(markdown, self.source, holes)
            made = make_prose(document, "body.css", holes, isolate=self.isolate, within=True, forms=self.forms)
            return made._replace(begins_list=LIST_ITEM.match(markdown) is not None)

        return Variants(passage.asks, compile_)

    def _run(self, passage: Passage, shape: Shape, holes: Holes) -> str:
        names = {**self.fixed, **personal_names(shape, lambda path: Hole(holes.token(Person(path))))}
        text = run_template(passage.template, names, holes, passage.position)
        return check_whole(text, holes, passage.position)

    def step(
        self, subject: Variants[Line], preheader: Variants[Line], passages: tuple[Variants[Prose], ...]
    ) -> CompiledStep:
        """The frame around the passages."""
        reader = self.reader
        isolate = direction(reader.language) == "rtl"
        holes = Holes(self.salt)
        top = _framed(masthead(self.source), isolate=isolate)
        links = footer_tokens(self.source, self.content, holes)
        end = make_prose(footer(self.source, self.content, reader, **links), "quiet.css", holes, isolate=isolate)
        opened, closed = (
            Prose((quoted(f"\n{mark}"),)) if mark else Prose() for mark in language_marks(reader, self.content.language)
        )
        who = make_prose(intro(self.source, self.content, reader), "body.css", holes, within=True)
        asked = {*subject.asks, *preheader.asks, *(name for part in passages for name in part.asks)}
        return CompiledStep(
            sender_name=self.source.sender_name(self.content, reader),
            subject=subject,
            preheader=preheader,
            passages=(who, opened, *passages, closed),
            html=tuple(_document(reader.language, joined(top.html), end.html)),
            masthead=joined(top.text),
            footer=(b"\r\n--=20\r\n", *end.text),
            texts=tuple(name for name in TEXTS if name in asked),
            lists=tuple(name for name in LISTS if name in asked),
        )


def make_prose(
    document: str, css: str, holes: Holes, *, isolate: bool = False, within: bool = False, forms: Forms | None = None
) -> Prose:
    """Finished HTML with tokens, made into both parts of a mail. `within`: something stands before it."""
    forms = {} if forms is None else forms
    paragraphs = paragraphs_of(document)
    styled = inline_styles(document, read_template(css)) if document else ""
    start = "\n" if within else ""
    return Prose(
        html=in_parts(encode_segments(html_segments(start + styled if styled else "", holes, isolate=isolate)), forms),
        text=tuple(_text(start if paragraphs else "", paragraphs, holes, forms, isolate=isolate)),
        ends_list=document.endswith(("</ul>", "</ol>")),
        first=paragraphs[0] if paragraphs and paragraphs[0].rest else None,
        last=paragraphs[-1] if paragraphs and paragraphs[-1].rest else None,
    )


def encode_segments(segments: Segments, *, open_: bool = False) -> Quoted:
    """Segments in quoted-printable; after each hole begins a new line. `open_`: more follows on the last one."""
    last = len(segments) - 1 if not open_ else len(segments)
    return tuple(
        piece if isinstance(piece, Slot) else quoted(piece) if number == last else quoted_open(piece)
        for number, piece in enumerate(segments)
    )


def _text(
    done: str, paragraphs: tuple[Paragraph, ...], holes: Holes, forms: Forms, *, isolate: bool
) -> Iterator[bytes | Part]:
    before = None
    for paragraph in paragraphs:
        done += gap(before, paragraph)
        before = paragraph
        segments = plain_segments(paragraph.text, holes, isolate=isolate)
        if any(isinstance(piece, Slot) for piece in segments):
            yield from (quoted(done),) if done else ()
            yield text_part(paragraph, segments, forms)
            done = ""
        else:
            done += "".join(f"{line}\n" for line in paragraph.lines(fill(segments, {})))
    if done:
        yield quoted(done)


@functools.lru_cache(maxsize=64)
def _framed(document: str, *, isolate: bool) -> Prose:
    """A part of the frame that is the same for everybody."""
    return make_prose(document, "quiet.css", Holes(salt_for((document,))), isolate=isolate)


def _document(language: str, top: bytes, end: Parts) -> Iterator[bytes | str | Part]:
    """The frame in octets, cut where something of the person's stands."""
    octets = b""
    for piece in _framed_pieces(language, top, end):
        if isinstance(piece, bytes):
            octets += piece
        else:
            yield octets
            yield piece
            octets = b""
    yield octets


def _framed_pieces(language: str, top: bytes, end: Parts) -> Iterator[bytes | str | Part]:
    for number, piece in enumerate(_quoted_frame(language)):
        if not number % 2:
            yield piece
        elif piece == b"masthead":
            yield top + SOFT_BREAK
        elif piece in (b"body", b"footer"):
            yield from ("body",) if piece == b"body" else end
            yield SOFT_BREAK
        else:
            yield piece.decode()


@functools.cache
def _quoted_frame(language: str) -> tuple[bytes, ...]:
    pieces = frame(language)
    last = len(pieces) - 1
    return tuple(
        piece.encode() if number % 2 else quoted(piece) if number == last else quoted_open(piece)
        for number, piece in enumerate(pieces)
    )


def footer_tokens(source: Source, content: StepContent, holes: Holes) -> dict[str, str]:
    """What the footer's lines of the reader's own lead to, as `footer` takes it.

    A mail after which nothing comes by itself holds none; there are pages only where the service answers.
    """
    if content.moment.id == CONFIRMATION:
        return {STOP_URL: "", PAGE_URL: ""}
    page = holes.token(Person(PAGE_URL)) if source.settings.mail.service else ""
    return {STOP_URL: holes.token(Person(STOP_URL)), PAGE_URL: page}


def templates_of(message: Message) -> tuple[tuple[str, Position], tuple[str, Position], tuple[str, Position]]:
    """Subject, preheader and body of a message, and where each stands."""
    subject = message.subject_position
    return (
        (message.subject, subject),
        (message.preheader, message.preheader_position or subject),
        (message.body, message.body_position),
    )
