"""Compiling a step: templates, Markdown, frame and transfer encoding done once; what is left is octets with holes.

A compiled step depends on the moment, the member and their words, the story, the languages: not on the person. Its
passages are compiled for what they ask about and kept for every step that shares them; what they come to for the same
groups, meetups and reasons is kept too. So a person costs the encoding of their own values and one `join`.

    step.html:      frame, <subject>, frame, ..., <body>, footer, <stop_url>, end
    step.passages:  "Hello {{ newcomer.name }}," -> b"<p>Hello =\\r\\n", Slot("newcomer.name", "text"), b",</p>"
"""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

from alongside.model.journeys import Message
from alongside.model.texts import direction
from alongside.planning.plan import StepContent
from alongside.problems import Position
from alongside.rendering.mails.builtin import CONFIRMATION
from alongside.rendering.mails.frame import frame, read_template
from alongside.rendering.mails.holes import Hole, Holes, Person, clean, salt_for
from alongside.rendering.mails.names import OWN, Fact, Facts, Shape, fixed_names, personal_names, spread
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
from alongside.rendering.mails.prose import COLUMNS, Paragraph, gap, inline_styles, paragraphs_of
from alongside.rendering.mails.segments import (
    ESCAPES,
    Segments,
    Slot,
    attribute_segments,
    fill,
    html_segments,
    plain_segments,
)
from alongside.rendering.mails.templates import MessageError, check_whole, run_template
from alongside.rendering.mails.transfer import PLAIN, SOFT_BREAK, quoted, quoted_open

STOP_URL = "stop_url"  # the path of where the stop line leads

RECORDS = frozenset({"groups", "meetups", "reasons"})  # what many people have in common

KEPT_VARIANTS, KEPT_FILLED = 512, 1024  # of one passage

Quoted = tuple[bytes | Slot, ...]  # quoted-printable with holes
Filled_co = TypeVar("Filled_co", covariant=True)


class Indivisible(Exception):  # noqa: N818  # no error: another way to the same mail
    """The passages of a message reach into each other: it has to be compiled as one."""


# --- passages, filled ---


class Prose(NamedTuple):
    """A passage in both parts of a mail, in quoted-printable; both empty where it shows nothing.

    Each begins with the line break, or empty line, that parts it from what stands before.
    """

    html: bytes = b""
    text: bytes = b""  # whole lines
    begins_list: bool = False
    ends_list: bool = False
    first: Paragraph | None = None  # of the text, where it is a quotation
    last: Paragraph | None = None


class Line(NamedTuple):
    """A subject or preheader."""

    text: str
    attribute: bytes  # as it stands in HTML, in quoted-printable


class Variant(Protocol[Filled_co]):
    """A passage compiled for persons who have the same values, whatever these are."""

    def fill(self, values: Mapping[str, str]) -> Filled_co: ...


@dataclass(frozen=True, slots=True)
class TextLines:
    """A paragraph of the plain part that waits for values, and the segments of its text."""

    paragraph: Paragraph
    segments: Segments

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Wrapped now that its width is known; most are short and need neither that nor any encoding."""
        text = fill(self.segments, values)
        paragraph = self.paragraph
        if not (paragraph.keep or paragraph.underline or "  " in text):
            one, two = paragraph.first + text, ""
            if len(one) > COLUMNS and " " in text:  # most often an address, which gets a line of its own
                one, _, two = one.rpartition(" ")
            if len(one) <= COLUMNS and PLAIN.fullmatch(one) and one[-1] != " ":
                if not two:
                    return one.encode() + b"\r\n"
                if PLAIN.fullmatch(two := paragraph.rest + two):
                    return f"{one}\r\n{two}\r\n".encode()
        lines = paragraph.lines(text)
        return b"".join([line.encode() + b"\r\n" if PLAIN.fullmatch(line) else quoted(f"{line}\n") for line in lines])


class Piece(Protocol):
    """Octets that wait for values."""

    def fill(self, values: Mapping[str, str]) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Passing:
    """Quoted-printable with holes."""

    pieces: Quoted

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The octets, each value escaped and encoded for its place."""
        return fill_quoted(self.pieces, values)

    @property
    def paths(self) -> tuple[str, ...]:
        """Those of its holes."""
        return tuple(piece.path for piece in self.pieces if isinstance(piece, Slot))


class Fragment:
    """What a record (a group, a meetup, a reason) comes to in one place of a passage, kept for each of them."""

    __slots__ = ("_kept", "_paths", "_piece")

    def __init__(self, piece: Piece, paths: tuple[str, ...]) -> None:
        """`paths`: all of `piece`, which are those of one record."""
        self._piece, self._paths = piece, paths
        self._kept: dict[tuple[str, ...], bytes] = {}

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The octets for the record that stands there."""
        key = tuple([values[path] for path in self._paths])
        filled = self._kept.get(key)
        if filled is None:
            if len(self._kept) >= KEPT_FILLED:
                self._kept.clear()
            filled = self._kept[key] = self._piece.fill(values)
        return filled


@dataclass(frozen=True, slots=True)
class ProseVariant:
    """A passage of the body."""

    html: tuple[bytes | Piece, ...]
    text: tuple[bytes | Piece, ...]
    begins_list: bool
    ends_list: bool
    first: Paragraph | None
    last: Paragraph | None

    def fill(self, values: Mapping[str, str]) -> Prose:
        document, text = fill_pieces(self.html, values), fill_pieces(self.text, values)
        return Prose(document, text, self.begins_list, self.ends_list, self.first, self.last)


@dataclass(frozen=True, slots=True)
class LineVariant:
    """A subject or preheader."""

    text: Segments
    attribute: Segments

    def fill(self, values: Mapping[str, str]) -> Line:
        return Line(clean(fill(self.text, values)), quoted_open(fill(self.attribute, values)))


class Filler(Generic[Filled_co]):
    """A passage and all it was compiled to so far."""

    def __init__(self, asks: tuple[str, ...], compile_: Callable[[Shape], Variant[Filled_co]]) -> None:
        self.asks = asks
        self._compile = compile_
        self._keeps = OWN.isdisjoint(asks)
        self._filled: dict[tuple[Fact, ...], Filled_co] = {}
        self._variants: dict[Shape, Variant[Filled_co] | MessageError] = {}

    def fill(self, facts: Facts) -> Filled_co:
        """The passage for a person. Raises `MessageError` where it cannot be run, and `Indivisible`."""
        key = tuple([facts[name] for name in self.asks])
        filled = self._filled.get(key) if self._keeps else None
        if filled is None:
            values = spread(self.asks, facts)
            filled = self._variant(tuple(values)).fill(values)
            if self._keeps:
                if len(self._filled) >= KEPT_FILLED:
                    self._filled.clear()
                self._filled[key] = filled
        return filled

    def _variant(self, shape: Shape) -> Variant[Filled_co]:
        variant = self._variants.get(shape)
        if variant is None:
            if len(self._variants) >= KEPT_VARIANTS:
                self._variants.clear()
            try:
                variant = self._compile(shape)
            except MessageError as error:
                variant = error
            self._variants[shape] = variant
        if isinstance(variant, MessageError):
            raise variant.with_traceback(None)
        return variant


def fill_quoted(pieces: Quoted, values: Mapping[str, str]) -> bytes:
    """The octets with a person's values in them, each escaped and encoded for its place."""
    return b"".join(
        [
            piece if type(piece) is bytes else quoted_open(ESCAPES[piece.context](values[piece.path]))  # type: ignore[union-attr]
            for piece in pieces
        ]
    )


def fill_pieces(parts: tuple[bytes | Piece, ...], values: Mapping[str, str]) -> bytes:
    """The octets of either part with a person's values in them."""
    return b"".join([part if type(part) is bytes else part.fill(values) for part in parts])  # type: ignore[union-attr]


def record_of(path: str) -> str:
    """The record a value belongs to: "groups.0" for "groups.0.url"; empty for what is the person's own."""
    name, _, rest = path.partition(".")
    return f"{name}.{rest.partition('.')[0]}" if name in RECORDS else ""


def in_fragments(pieces: Quoted) -> Iterator[bytes | Piece]:
    """`pieces` with what stands between a record's first and last hole made one."""
    run: list[bytes | Slot] = []
    record = ""
    for piece in pieces:
        of = record_of(piece.path) if isinstance(piece, Slot) else record
        if of != record:
            yield from _fragment(run, record)
            run, record = [], of
        run.append(piece)
    yield from _fragment(run, record)


def _fragment(run: list[bytes | Slot], record: str) -> Iterator[bytes | Piece]:
    last = max((place for place, piece in enumerate(run) if isinstance(piece, Slot)), default=-1)
    held = tuple(run[: last + 1])
    if held and record:
        passing = Passing(held)
        yield Fragment(passing, passing.paths)
    else:
        yield from (piece if isinstance(piece, bytes) else Passing((piece,)) for piece in held)
    yield from (piece for piece in run[last + 1 :] if isinstance(piece, bytes))


def _lines(paragraph: Paragraph, segments: Segments) -> Piece:
    """The lines of a paragraph of the plain part, kept for each record where they speak of one."""
    lines = TextLines(paragraph, segments)
    paths = tuple(piece.path for piece in segments if isinstance(piece, Slot))
    records = {record_of(path) for path in paths}
    return Fragment(lines, paths) if len(records) == 1 and "" not in records else lines


# --- steps ---


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledStep:
    """All of a step's mail but the person's values."""

    sender_name: str
    asks: tuple[str, ...]  # what of `names.PERSONAL` it needs
    subject: Filler[Line]
    preheader: Filler[Line]
    written: tuple[Filler[Prose], ...]  # the message's passages
    before: tuple[Prose, ...]  # stands before them: who wrote
    after: tuple[Prose, ...]
    passages: list[Prose | Filler[Prose]] = field(default_factory=list)  # all three; filled when first needed
    html: tuple[bytes | str, ...]  # octets, and names of what stands between them
    masthead: bytes  # of the plain part, with the line after it
    footer: tuple[bytes | Piece, ...]

    def fill(self, facts: Facts, stop_url: str) -> tuple[str, bytes, bytes]:
        """(subject, plain part, HTML part) for a person, both in quoted-printable."""
        subject, preheader = self.subject.fill(facts), self.preheader.fill(facts)
        if not self.passages:
            self.passages.extend([*join_fixed([*self.before, *self.written, *self.after])])  # all of them or none
        document, text = join_prose(
            [part if type(part) is Prose else part.fill(facts) for part in self.passages]  # type: ignore[union-attr]
        )
        between = {
            "subject": subject.attribute,
            "preheader": preheader.attribute,
            "body": document,
            STOP_URL: quoted_open(ESCAPES["url"](stop_url)),
        }
        return (
            subject.text,
            b"".join((self.masthead, text, fill_pieces(self.footer, {STOP_URL: stop_url}))),
            b"".join([piece if type(piece) is bytes else between[piece] for piece in self.html]),  # type: ignore[index]
        )


def join_fixed(parts: Iterable[Prose | Filler[Prose]]) -> Iterator[Prose | Filler[Prose]]:
    """`parts` with neighbours that are the same for everybody made one."""
    fixed: list[Prose] = []
    for part in parts:
        if isinstance(part, Prose):
            fixed.append(part)
        elif not part.asks:
            fixed.append(part.fill({}))
        else:
            yield from join_neighbours(fixed)
            yield part
            fixed = []
    yield from join_neighbours(fixed)


def join_neighbours(passages: Iterable[Prose]) -> Iterator[Prose]:
    """The passages that show something as one, if there are any. Raises `Indivisible`."""
    shown = [passage for passage in passages if passage.html]
    if shown:
        document, text = join_prose(shown)
        told = [passage for passage in shown if passage.text]
        yield Prose(
            document.removesuffix(SOFT_BREAK),
            text,
            shown[0].begins_list,
            shown[-1].ends_list,
            told[0].first if told else None,
            told[-1].last if told else None,
        )


def join_prose(passages: Iterable[Prose]) -> tuple[bytes, bytes]:
    """(HTML, text) of passages one after the other. Raises `Indivisible` where a list would go on in the next."""
    documents, texts = [], []
    listed, before = False, None
    for passage in passages:
        if not passage.html:
            continue
        if listed and passage.begins_list:
            raise Indivisible
        listed = passage.ends_list
        documents.append(passage.html)
        if passage.text:
            if before is not None and passage.first is not None:  # the empty line is one of the quotation
                texts.append(quoted(gap(before, passage.first)) + passage.text[2:])
            else:
                texts.append(passage.text)
            before = passage.last
    documents.append(SOFT_BREAK)
    return b"".join(documents), b"".join(texts)


class StepCompiler:
    """Compiles one step for one kind of reader."""

    def __init__(self, source: Source, content: StepContent, message: Message, reader: Reader, *, whole: bool) -> None:
        self.source, self.content, self.message, self.reader = source, content, message, reader
        self.divided = not whole
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

    def line(self, passage: Passage) -> Filler[Line]:
        """A subject or preheader, ready to be filled."""

        def compile_(shape: Shape) -> Variant[Line]:
            holes = Holes(self.salt)
            text = " ".join(self._run(passage, shape, holes).split())
            return LineVariant(plain_segments(text, holes), attribute_segments(html.escape(text), holes))

        return Filler(passage.asks, compile_)

    def prose(self, passage: Passage) -> Filler[Prose]:
        """A passage of the body, ready to be filled."""

        def compile_(shape: Shape) -> Variant[Prose]:
            holes = Holes(self.salt)
            markdown = self._run(passage, shape, holes)
            if self.divided and reaches_out(passage, markdown):
                raise Indivisible
            markdown = markdown.strip("\n")
            document = prose(markdown, self.source, holes)
            return prose_variant(
                document,
                "body.css",
                holes,
                isolate=self.isolate,
                within=True,
                begins_list=LIST_ITEM.match(markdown) is not None,
            )

        return Filler(passage.asks, compile_)

    def _run(self, passage: Passage, shape: Shape, holes: Holes) -> str:
        names = {**self.fixed, **personal_names(shape, lambda path: Hole(holes.token(Person(path))))}
        text = run_template(passage.template, names, holes, passage.position)
        return check_whole(text, holes, passage.position)

    def step(self, subject: Filler[Line], preheader: Filler[Line], passages: tuple[Filler[Prose], ...]) -> CompiledStep:
        """The frame around the passages."""
        reader = self.reader
        isolate = direction(reader.language) == "rtl"
        holes = Holes(self.salt)
        top = _framed(masthead(self.source), isolate=isolate)
        end = prose_variant(
            footer(self.source, self.content, reader, stop_url=stop_token(self.content, holes)),
            "quiet.css",
            holes,
            isolate=isolate,
        )
        opened, closed = (
            Prose(quoted(f"\n{mark}" if mark else "")) for mark in language_marks(reader, self.content.language)
        )
        who = prose_variant(intro(self.source, self.content, reader), "body.css", holes, within=True).fill({})
        return CompiledStep(
            sender_name=self.source.sender_name(self.content, reader),
            asks=tuple(dict.fromkeys(name for part in (subject, preheader, *passages) for name in part.asks)),
            subject=subject,
            preheader=preheader,
            written=passages,
            before=tuple(piece for piece in (who, opened) if piece.html),
            after=tuple(piece for piece in (closed,) if piece.html),
            html=tuple(_document(reader.language, top.html, end.html)),
            masthead=top.text,
            footer=(b"\r\n--=20\r\n", *end.text),
        )


def prose_variant(
    document: str, css: str, holes: Holes, *, isolate: bool = False, within: bool = False, begins_list: bool = False
) -> ProseVariant:
    """Finished HTML with tokens, made into both parts of a mail. `within`: something stands before it."""
    paragraphs = paragraphs_of(document)
    styled = inline_styles(document, read_template(css)) if document else ""
    start = "\n" if within else ""
    return ProseVariant(
        html=tuple(
            in_fragments(encode_segments(html_segments(start + styled if styled else "", holes, isolate=isolate)))
        ),
        text=tuple(_text(start if paragraphs else "", paragraphs, holes, isolate=isolate)),
        begins_list=begins_list,
        ends_list=document.endswith(("</ul>", "</ol>")),
        first=paragraphs[0] if paragraphs and paragraphs[0].rest else None,
        last=paragraphs[-1] if paragraphs and paragraphs[-1].rest else None,
    )


def encode_segments(segments: Segments) -> Quoted:
    """Segments in quoted-printable; after each hole begins a new line."""
    last = len(segments) - 1
    return tuple(
        piece if isinstance(piece, Slot) else quoted(piece) if number == last else quoted_open(piece)
        for number, piece in enumerate(segments)
    )


def _text(done: str, paragraphs: tuple[Paragraph, ...], holes: Holes, *, isolate: bool) -> Iterator[bytes | Piece]:
    before = None
    for paragraph in paragraphs:
        done += gap(before, paragraph)
        before = paragraph
        segments = plain_segments(paragraph.text, holes, isolate=isolate)
        if any(isinstance(piece, Slot) for piece in segments):
            yield from (quoted(done),) if done else ()
            yield _lines(paragraph, segments)
            done = ""
        else:
            done += "".join(f"{line}\n" for line in paragraph.lines(fill(segments, {})))
    if done:
        yield quoted(done)


@functools.lru_cache(maxsize=64)
def _framed(document: str, *, isolate: bool) -> Prose:
    """A part of the frame that is the same for everybody."""
    return prose_variant(document, "quiet.css", Holes(salt_for((document,))), isolate=isolate).fill({})


def _document(language: str, top: bytes, end: tuple[bytes | Piece, ...]) -> Iterator[bytes | str]:
    """The frame in octets, cut where something of the person's stands."""
    for number, piece in enumerate(_quoted_frame(language)):
        if not number % 2:
            yield piece
        elif piece == b"masthead":
            yield top + SOFT_BREAK
        elif piece == b"footer":
            for part in end:
                yield from part.paths if isinstance(part, Passing) else (part,) if isinstance(part, bytes) else ()
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


def stop_token(content: StepContent, holes: Holes) -> str:
    """What the footer's stop line leads to; nothing in a mail after which nothing comes by itself."""
    return "" if content.moment.id == CONFIRMATION else holes.token(Person(STOP_URL))


def templates_of(message: Message) -> tuple[tuple[str, Position], tuple[str, Position], tuple[str, Position]]:
    """Subject, preheader and body of a message, and where each stands."""
    subject = message.subject_position
    return (
        (message.subject, subject),
        (message.preheader, message.preheader_position or subject),
        (message.body, message.body_position),
    )
