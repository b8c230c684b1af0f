"""Filling: what passages are compiled to, and what becomes of them for one person.

A `Plan` is a whole mail of octets and of parts that wait for values, for everybody of whom the same values are there:
as many groups, a name or none. It is made once. What a part comes to for a group, a meetup or a reason is kept as well
(`Form`), so a person costs the encoding of their own texts, a look-up a record, and one `join`.

    compiled       b"<li>", Place("groups", 0, Form(b"<a ...>", Slot("name", "text"), b"</a>")), b"</li>"
    for a person   b"<li>", b"<a ...>Berlin</a>=\\r\\n", b"</li>"

Plans hold no octets of their own: each piece is there once, however many plans it is in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from alongside.rendering.mails.holes import clean
from alongside.rendering.mails.names import LISTS, Items, Lists, Record, Shape, Values, spread
from alongside.rendering.mails.prose import COLUMNS, Paragraph, gap
from alongside.rendering.mails.segments import ESCAPES, Segments, Slot, fill
from alongside.rendering.mails.templates import MessageError
from alongside.rendering.mails.transfer import PLAIN, quoted, quoted_open

KEPT_VARIANTS = 512  # of one passage
KEPT_FILLED = 1024  # of one form, some hundred octets each

Quoted = tuple[bytes | Slot, ...]  # quoted-printable with holes
Outline = bool | int | tuple[tuple[str, ...], ...]  # of a text: whether it is there; of a list: see `outline`
Kind = TypeVar("Kind", bound="Line | Prose")  # of passage


class Indivisible(Exception):  # noqa: N818  # no error: another way to the same mail
    """The passages of a message reach into each other: it has to be compiled as one."""


# --- what waits for values ---


class Part(Protocol):
    """A part of a mail that waits for values."""

    def fill(self, values: Values, lists: Lists) -> bytes:
        """The octets, in quoted-printable. `values`: the person's texts by name; `lists`: what they have several of."""


Parts = tuple[bytes | Part, ...]


class Value(NamedTuple):
    """A text of the person's in the HTML part; after it begins a new line."""

    path: str
    escape: Callable[[str], str]

    def fill(self, values: Values, lists: Lists) -> bytes:
        return quoted_open(self.escape(values[self.path]))


@dataclass(frozen=True, slots=True)
class Passing:
    """Quoted-printable with holes."""

    pieces: Quoted

    def fill(self, values: Values, lists: Lists) -> bytes:
        """The octets, each value escaped and encoded for its place."""
        return b"".join(
            [
                piece if isinstance(piece, bytes) else quoted_open(ESCAPES[piece.context](values[piece.path]))
                for piece in self.pieces
            ]
        )


@dataclass(frozen=True, slots=True)
class TextLines:
    """A paragraph of the plain part that waits for values, and the segments of its text."""

    paragraph: Paragraph
    segments: Segments

    def fill(self, values: Values, lists: Lists) -> bytes:
        """Wrapped now that its width is known; most are short and need neither that nor any encoding."""
        text = fill(self.segments, values)
        paragraph = self.paragraph
        if not (paragraph.keep or paragraph.underline) and " ".join(text.split()) == text:
            one, two = paragraph.first + text, ""
            if 2 * len(one) <= COLUMNS:  # one line, however wide its characters are
                return one.encode() + b"\r\n" if PLAIN.fullmatch(one) else quoted(f"{one}\n")
            if len(one) > COLUMNS and " " in text:  # most often an address, which gets a line of its own
                one, _, two = one.rpartition(" ")
            if len(one) <= COLUMNS and PLAIN.fullmatch(one) and one[-1] != " ":
                if not two:
                    return one.encode() + b"\r\n"
                if PLAIN.fullmatch(two := paragraph.rest + two):
                    return f"{one}\r\n{two}\r\n".encode()
        lines = paragraph.lines(text)
        return b"".join([line.encode() + b"\r\n" if PLAIN.fullmatch(line) else quoted(f"{line}\n") for line in lines])


@dataclass(frozen=True, slots=True)
class MixedLines:
    """A paragraph of the plain part that speaks of several things: "You speak {{ newcomer.languages | join }}"."""

    lines: TextLines
    names: tuple[str, ...]  # of its lists

    def fill(self, values: Values, lists: Lists) -> bytes:
        return self.lines.fill({**values, **spread({name: lists[name] for name in self.names})}, lists)


class Form(dict[str | Record, bytes]):
    """What things of a list come to somewhere, kept for each of them: `form[item]` are the octets."""

    def __init__(self, part: Part) -> None:
        """`part`: its paths are those within a record; a text's own is empty."""
        super().__init__()
        self._part = part

    def __missing__(self, item: str | Record) -> bytes:
        if len(self) >= KEPT_FILLED:
            self.clear()
        filled = self[item] = self._part.fill({"": item} if isinstance(item, str) else item.texts, {})
        return filled


Forms = dict[Part, Form]  # by what they are made of: it is the same for each thing of a list, in lists of any length


class Place(NamedTuple):
    """Where the octets of one thing of a list stand."""

    name: str
    number: int
    form: Form

    def fill(self, values: Values, lists: Lists) -> bytes:
        return self.form[lists[self.name][self.number]]


def in_parts(pieces: Quoted, forms: Forms) -> tuple[bytes | Part, ...]:
    """`pieces` with what stands between the first and last hole of one thing of a list made one."""
    return tuple(_in_parts(pieces, forms))


def _in_parts(pieces: Quoted, forms: Forms) -> Iterator[bytes | Part]:
    run: list[bytes | Slot] = []
    within: tuple[str, int] | None = None
    for piece in pieces:
        if isinstance(piece, Slot):
            found, inside = _within(piece)
            if found is None or found != within:
                yield from _run(run, within, forms)
                run, within = [], found
            run.append(inside)
        else:
            run.append(piece)
    yield from _run(run, within, forms)


def _run(run: list[bytes | Slot], within: tuple[str, int] | None, forms: Forms) -> Iterator[bytes | Part]:
    """Octets; or one thing of a list, or a text of the person's, with octets after it."""
    last = max((number for number, piece in enumerate(run) if isinstance(piece, Slot)), default=-1)
    if within is not None:
        part = Passing(tuple(run[: last + 1]))
        yield Place(*within, forms.setdefault(part, Form(part)))
    else:
        yield from (Value(piece.path, ESCAPES[piece.context]) for piece in run[: last + 1] if isinstance(piece, Slot))
    yield from (piece for piece in run[last + 1 :] if isinstance(piece, bytes))


def lists_in(segments: Segments) -> tuple[str, ...]:
    """The lists of which something stands in a text."""
    found = {_within(piece)[0] for piece in segments if isinstance(piece, Slot)}
    return tuple(sorted({within[0] for within in found if within is not None}))


def text_part(paragraph: Paragraph, segments: Segments, forms: Forms) -> Part:
    """The lines of a paragraph of the plain part, kept for each thing of a list where they speak of one alone."""
    found = {_within(piece)[0] for piece in segments if isinstance(piece, Slot)}
    listed = {within for within in found if within is not None}
    if not listed:
        return TextLines(paragraph, segments)
    if len(found) > 1:
        return MixedLines(TextLines(paragraph, segments), lists_in(segments))
    (within,) = listed
    inside = tuple(_within(piece)[1] if isinstance(piece, Slot) else piece for piece in segments)
    part = TextLines(Paragraph("", paragraph.first, paragraph.rest, paragraph.keep, paragraph.underline), inside)
    return Place(*within, forms.setdefault(part, Form(part)))


def _within(slot: Slot) -> tuple[tuple[str, int] | None, Slot]:
    """What of which list a slot is in, and where in that: "groups.0.url" is "url" of ("groups", 0)."""
    for name in LISTS:
        if slot.path.startswith(f"{name}."):
            number, _, path = slot.path.removeprefix(f"{name}.").partition(".")
            return (name, int(number)), Slot(path, slot.context)
    return None, slot


# --- passages ---


class Prose(NamedTuple):
    """A passage in both parts of a mail, in quoted-printable; both empty where it shows nothing.

    Each begins with the line break, or empty line, that parts it from what stands before.
    """

    html: Parts = ()
    text: Parts = ()  # whole lines
    begins_list: bool = False
    ends_list: bool = False
    first: Paragraph | None = None  # of the text, where it is a quotation
    last: Paragraph | None = None


class Line(NamedTuple):
    """A subject or preheader."""

    text: Segments
    lists: tuple[str, ...]  # of which something stands in it
    attribute: Parts  # as it stands in HTML, in quoted-printable


class Variants(Generic[Kind]):
    """A passage, and all it was compiled to so far: once for everybody of whom the same values are there."""

    def __init__(self, asks: tuple[str, ...], compile_: Callable[[Shape], Kind]) -> None:
        self.asks = asks
        self._compile = compile_
        self._compiled: dict[tuple[object, ...], Kind | MessageError] = {}

    def variant(self, outlines: Mapping[str, Outline], lists: Lists) -> Kind:
        """The passage for a person: of each of its values, by name, `outlines` tell which are there.

        Raises `MessageError` where it cannot be run, and `Indivisible`.
        """
        key = tuple([outlines[name] for name in self.asks])
        variant = self._compiled.get(key)
        if variant is None:
            if len(self._compiled) >= KEPT_VARIANTS:
                self._compiled.clear()
            shown = [name for name in self.asks if name not in lists and outlines[name]]
            asked = {name: lists[name] for name in self.asks if name in lists}
            try:
                variant = self._compile((*shown, *spread(asked)))
            except MessageError as error:
                variant = error
            self._compiled[key] = variant
        if isinstance(variant, MessageError):
            raise variant.with_traceback(None)
        return variant


def outline(items: Items) -> Outline:
    """All that a template can ask about a list: how long it is, and which texts there are of each record."""
    return tuple([item.names for item in items if isinstance(item, Record)]) or len(items)


def join_prose(passages: Iterable[Prose]) -> tuple[Parts, Parts]:
    """(HTML, text) of passages one after the other. Raises `Indivisible` where a list would go on in the next."""
    html: list[bytes | Part] = []
    text: list[bytes | Part] = []
    listed, before = False, None
    for passage in passages:
        if not passage.html:
            continue
        if listed and passage.begins_list:
            raise Indivisible
        listed = passage.ends_list
        html += passage.html
        if passage.text:
            if before is not None and passage.first is not None:  # the empty line is one of the quotation
                start, *rest = passage.text
                assert isinstance(start, bytes)  # a line break, with or without more
                text += (quoted(gap(before, passage.first)), start[2:], *rest)
            else:
                text += passage.text
            before = passage.last
    return tuple(html), tuple(text)


def join_fixed(parts: Iterable[Prose | Variants[Prose]]) -> Iterator[Prose | Variants[Prose]]:
    """`parts` with neighbours that are the same for everybody made one."""
    fixed: list[Prose] = []
    for part in parts:
        if isinstance(part, Prose):
            fixed.append(part)
        elif not part.asks:
            fixed.append(part.variant({}, {}))
        else:
            yield from _join_neighbours(fixed)
            yield part
            fixed = []
    yield from _join_neighbours(fixed)


def _join_neighbours(passages: Iterable[Prose]) -> Iterator[Prose]:
    """The passages that show something as one, if there are any. Raises `Indivisible`."""
    shown = [passage for passage in passages if passage.html]
    if shown:
        html, text = join_prose(shown)
        told = [passage for passage in shown if passage.text]
        yield Prose(
            (joined(html),),
            (joined(text),) if text else (),
            shown[0].begins_list,
            shown[-1].ends_list,
            told[0].first if told else None,
            told[-1].last if told else None,
        )


def joined(parts: Parts) -> bytes:
    """The octets of what is the same for everybody."""
    return b"".join([part if isinstance(part, bytes) else part.fill({}, {}) for part in parts])


# --- mails ---


class Plan:
    """A mail that waits for its envelope and for the values of a person."""

    __slots__ = (
        "_html", "_is_used", "_lists", "_other_numbers", "_others", "_parts", "_pieces",
        "_place_numbers", "_places", "_subject", "sender_name",
    )  # fmt: skip

    def __init__(self, sender_name: str, subject: Line, text: Parts, before_html: bytes, html: Parts) -> None:
        """`before_html`: what stands between the two parts of the mail."""
        self.sender_name = sender_name
        self._subject, self._lists = subject.text, subject.lists
        self._html = len(html)
        self._parts: Parts = (*text, before_html, *html)
        # Of the same parts, from the second person on; many plans have but one.
        self._is_used = False
        self._pieces: tuple[bytes, ...] | None = None
        self._places: tuple[Place, ...] = ()
        self._place_numbers: tuple[int, ...] = ()
        self._others: tuple[Part, ...] = ()
        self._other_numbers: tuple[tuple[int, ...], ...] = ()

    def _sort_out(self) -> tuple[bytes, ...]:
        """Set apart what waits for values: the same part is filled once, and the usual kind without a call."""
        pieces = [*self._parts]
        places: list[Place] = []
        place_numbers: list[int] = []
        others: dict[Part, list[int]] = {}
        for number, part in enumerate(pieces):
            if type(part) is bytes:
                continue
            pieces[number] = b""
            if type(part) is Place:
                places.append(part)
                place_numbers.append(number)
            else:
                others.setdefault(part, []).append(number)  # type: ignore[arg-type]
        # Thousands are kept, so they are few objects each, and fewer that the garbage collector has to walk through.
        self._places, self._place_numbers = tuple(places), tuple(place_numbers)
        self._others, self._other_numbers = tuple(others), tuple([tuple(numbers) for numbers in others.values()])
        return tuple(pieces)  # type: ignore[arg-type]

    def subject(self, values: Values, lists: Lists) -> str:
        """One line of text."""
        if self._lists:
            values = {**values, **spread({name: lists[name] for name in self._lists})}
        return clean(fill(self._subject, values))

    def fill(self, values: Values, lists: Lists) -> list[bytes]:
        """Both parts of the mail, in pieces."""
        if self._pieces is None:
            if not self._is_used:
                self._is_used = True
                return [part if type(part) is bytes else part.fill(values, lists) for part in self._parts]  # type: ignore[union-attr]
            self._pieces = self._sort_out()
            self._parts = ()
        pieces = [*self._pieces]
        for number, (name, item, form) in zip(self._place_numbers, self._places, strict=True):
            pieces[number] = form[lists[name][item]]  # as `Place.fill`, without the call: these are most of them
        for numbers, part in zip(self._other_numbers, self._others, strict=True):
            octets = part.fill(values, lists)
            for number in numbers:
                pieces[number] = octets
        return pieces

    def html(self, pieces: list[bytes]) -> bytes:
        """The HTML part of a filled mail, in quoted-printable."""
        return b"".join(pieces[-self._html :])
