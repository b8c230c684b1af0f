"""A map of journeys as SVG 1.1: a line a journey, a station a moment, rows of cards, arrows to what follows.

Only geometry: words come in as they are to be read (`rendering.journey_map`), and are text in the drawing, so they can
be searched, copied and enlarged. Light and dark by the reader's own setting, light on paper; colours never say
anything alone. Right to left is the same drawing mirrored.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from alongside.model.journeys import Where

WIDTH = 960
MARGIN = 28
GAP = 16  # between cards
COLUMNS = 4
PAD = 14  # within a card
STATION = 15  # radius
LANE = 14  # between two arrows that run side by side
LANES = 6  # arrows that have one of their own
CARD_TOP = 26  # below the line
TURN = 14  # of the line, where a row ends: so far beside the cards, and below them
AISLE = 30  # between the cards and the first arrow that runs beside them
STEP = 42  # from where the line runs back to the row below
TEAM_COLOURS = 8
ID_LINES = 3
LINE_LINES = 4  # of one sentence on a card
TITLE_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnMoment:
    """A station and its card."""

    id: str
    where: Where
    team: int  # index into the drawing's teams
    when: str
    lines: tuple[str, ...]
    figures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFollower:
    """A sign at the end of a line."""

    text: str
    ends: bool
    to: int | None  # index of the journey an arrow leads to; None: it is not on this map


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnJourney:
    """A line of the map."""

    title: str
    about: tuple[str, ...]
    moments: tuple[DrawnMoment, ...]
    followers: tuple[DrawnFollower, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All of it, in words."""

    title: str
    is_alone: bool  # a file of its own, with its title drawn; else it stands in HTML that says it
    description: str  # for who cannot see it
    language: str
    is_rtl: bool
    teams: tuple[str, ...]
    places: tuple[tuple[Where, str], ...]  # the signs that are used, and what they mean
    note: str  # below; may be empty
    journeys: tuple[DrawnJourney, ...]


def draw(drawing: Drawing) -> str:
    """The SVG: well-formed XML, encoded as UTF-8 (so that it needs no declaration)."""
    pen = _Pen(is_rtl=drawing.is_rtl)
    y = _legend(pen, drawing)
    arrows = [follower for journey in drawing.journeys for follower in journey.followers if follower.to is not None]
    end = WIDTH - MARGIN - (AISLE + LANE * min(LANES, len(arrows)) - MARGIN if arrows else 0)
    heads: list[float] = []
    starts: list[tuple[float, float, int]] = []  # (x, y, index of the journey) where an arrow begins
    for journey in drawing.journeys:
        y = _journey(pen, drawing, journey, y + 34, end, heads, starts)
    _arrows(pen, heads, starts, end)
    if drawing.note:
        for line in wrapped(drawing.note, WIDTH - 2 * MARGIN, 12, most=3):
            y += 18
            pen.text(MARGIN, y + 12, line, "s")
        y += 12
    height = round(y + MARGIN)
    return (
        f'<svg class="as-map"{_NAMESPACE if drawing.is_alone else ""} viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="as-map-title as-map-description"'
        f' lang="{_xml(drawing.language)}" direction="{"rtl" if drawing.is_rtl else "ltr"}">\n'
        f'<title id="as-map-title">{_xml(drawing.title)}</title>\n'
        f'<desc id="as-map-description">{_xml(drawing.description)}</desc>\n'
        f"<style>{_STYLE}</style>\n"
        f'<rect class="g" width="{WIDTH}" height="{height}"/>\n' + "\n".join(pen.parts) + "\n</svg>\n"
    )


# --- parts of the drawing ------------------------------------------------------------------------------------------


def _legend(pen: _Pen, drawing: Drawing) -> float:
    """Title, teams and signs; the y below them."""
    y = float(MARGIN)
    if drawing.is_alone:
        for line in wrapped(drawing.title, WIDTH - 2 * MARGIN, 24, most=TITLE_LINES, bold=True):
            y += 30
            pen.text(MARGIN, y - 6, line, "t")
        y += 14
    x = float(MARGIN)
    for number, name in enumerate(drawing.teams):
        shown = wrapped(name, 320, 13, most=1)[0]
        width = 20 + measure(shown, 13) + 22
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = float(MARGIN), y + 24
        pen.rect(x, y + 3, 13, 13, f"c{number % TEAM_COLOURS}", radius=4)
        pen.text(x + 20, y + 14, shown, "b", is_name=True)
        x += width
    x, y = float(MARGIN), y + 28
    for where, words in drawing.places:
        pen.circle(x + 10, y + 9, 10, "n")
        pen.sign(where, x + 10, y + 9, 0.78)
        pen.text(x + 27, y + 14, words, "b")
        x += 27 + measure(words, 13) + 22
    return y + 26


def _journey(
    pen: _Pen, drawing: Drawing, journey: DrawnJourney, y: float, end: float, heads: list[float],
    starts: list[tuple[float, float, int]],
) -> float:  # fmt: skip
    """One journey from `y` on; the y below it. Adds where arrows to it end and where those from it begin."""
    room = end - MARGIN
    pen.rect(MARGIN, y, room, 1.5, "l")
    heads.append(y)
    for line in wrapped(journey.title, room, 19, most=TITLE_LINES, bold=True):
        y += 26
        pen.text(MARGIN, y, line, "h", is_name=True)
    for line in wrapped(" · ".join(journey.about), room, 13, most=3):
        y += 19
        pen.text(MARGIN, y, line, "s")
    y += 44
    rows = [journey.moments[start : start + COLUMNS] for start in range(0, len(journey.moments), COLUMNS)]
    width = (room - GAP * (COLUMNS - 1)) / COLUMNS
    for number, row in enumerate(rows):
        is_last = number == len(rows) - 1
        cards = [_card_lines(moment, drawing.teams[moment.team], width - 2 * PAD) for moment in row]
        height = max(_card_height(lines) for lines in cards)
        below = y + CARD_TOP + height + TURN
        last = MARGIN + (len(row) - 1) * (width + GAP) + PAD + STATION if is_last else end
        pen.path([("M", MARGIN + (PAD + STATION if number == 0 else 0), y), ("L", last, y)], "r")
        if not is_last:
            pen.turn(y, below, below + STEP, MARGIN, end)
        for column, (moment, lines) in enumerate(zip(row, cards, strict=True)):
            _station(pen, moment, lines, MARGIN + column * (width + GAP), y, width, height)
        y = below + (12 if is_last else STEP)
    for follower in journey.followers:
        words = wrapped(follower.text, room - 30, 13, most=3)
        pen.mark("end" if follower.ends else "on", MARGIN + 8, y + 5)
        for line in words:
            pen.text(MARGIN + 26, y + 10, line, "b")
            y += 19
        if follower.to is not None:
            starts.append((MARGIN + 40 + measure(words[-1], 13), y - 14, follower.to))
        y += 5
    return y


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a card: its words, its kind, and the room above its foot."""

    words: str
    kind: str
    step: float


def _card_lines(moment: DrawnMoment, team: str, room: float) -> list[_Line]:
    lines = [_Line(words, "i", 20) for words in wrapped(moment.id, room, 15, most=ID_LINES, bold=True)]
    for sentence in moment.lines:
        for number, words in enumerate(wrapped(sentence, room, 12, most=LINE_LINES)):
            lines.append(_Line(words, "s", 16 if number else 19))
    if moment.figures:
        for number, words in enumerate(wrapped(moment.figures, room, 12, most=3, bold=True)):
            lines.append(_Line(words, "f", 16 if number else 22))
    for number, words in enumerate(wrapped(team, room - 18, 12, most=2)):
        lines.append(_Line(words, "w" if number else "o", 16 if number else 24))
    return lines


def _card_height(lines: Sequence[_Line]) -> float:
    return sum(line.step for line in lines) + 18


def _station(
    pen: _Pen, moment: DrawnMoment, lines: Sequence[_Line], x: float, y: float, width: float, height: float
) -> None:
    colour = f"c{moment.team % TEAM_COLOURS}"
    top = y + CARD_TOP
    pen.rect(x, top, width, height, "k", radius=10)
    pen.rect(x, top + 10, 4, height - 20, colour, radius=2)
    pen.circle(x + PAD + STATION, y, STATION + 3, "g")
    pen.circle(x + PAD + STATION, y, STATION, colour)
    pen.sign(moment.where, x + PAD + STATION, y, 1)
    pen.text(x + PAD + 2 * STATION + 8, y - 9, wrapped(moment.when, width - PAD - 2 * STATION - 8, 13, most=1)[0], "n2")
    # the team stands at the foot, so that teams of a row are read in one line
    teams = sum(line.kind in "ow" for line in lines)
    foot = sum(line.step for line in lines[-teams:])
    down = top + 4
    for number, line in enumerate(lines):
        if number == len(lines) - teams:
            down = top + height - 14 - foot
        down += line.step
        if line.kind == "o":
            pen.rect(x + PAD, down - 10, 11, 11, colour, radius=3)
        indent = 18 if line.kind in "ow" else 0
        pen.text(x + PAD + indent, down, line.words, line.kind, is_name=line.kind in "iow")


def _arrows(pen: _Pen, heads: Sequence[float], starts: Sequence[tuple[float, float, int]], end: float) -> None:
    """From signs to the journeys that follow, each in a lane of its own as far as there is room."""
    for number, (x, y, to) in enumerate(starts):
        lane = end + AISLE + LANE * (number % LANES)
        target = heads[to]
        bend = 8 if target > y else -8
        pen.path(
            [
                ("M", x, y), ("L", lane - 8, y), ("Q", lane, y), ("", lane, y + bend), ("L", lane, target - bend),
                ("Q", lane, target), ("", lane - 8, target), ("L", end + 5, target),
            ],
            "a",
        )  # fmt: skip
        pen.path([("M", end + 9, target - 5), ("L", end + 1, target), ("L", end + 9, target + 5)], "a")


# --- the pen -------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Pen:
    """Collects elements. All x run from where reading begins: a map from right to left is mirrored here alone."""

    is_rtl: bool
    parts: list[str] = field(default_factory=list)

    def at(self, x: float) -> str:
        return _number(WIDTH - x if self.is_rtl else x)

    def rect(self, x: float, y: float, width: float, height: float, kind: str, *, radius: float = 0) -> None:
        left = self.at(x + width) if self.is_rtl else self.at(x)
        rounded = f' rx="{_number(radius)}"' if radius else ""
        self.parts.append(
            f'<rect class="{kind}" x="{left}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
            f"{rounded}/>"
        )

    def circle(self, x: float, y: float, radius: float, kind: str) -> None:
        self.parts.append(f'<circle class="{kind}" cx="{self.at(x)}" cy="{_number(y)}" r="{_number(radius)}"/>')

    def text(self, x: float, y: float, words: str, kind: str, *, is_name: bool = False) -> None:
        """`is_name`: words that may run the other way than the map, as names do."""
        if words:
            runs_back = is_name and _is_rtl(words) not in (None, self.is_rtl)
            way = f' direction="{"ltr" if self.is_rtl else "rtl"}" text-anchor="end"' if runs_back else ""
            self.parts.append(f'<text class="{kind}" x="{self.at(x)}" y="{_number(y)}"{way}>{_xml(words)}</text>')

    def path(self, points: Sequence[tuple[str, float, float]], kind: str) -> None:
        """`points`: a command (empty: more of the one before) and where it leads."""
        d = " ".join(f"{command}{self.at(x)} {_number(y)}" for command, x, y in points)
        self.parts.append(f'<path class="{kind}" d="{d}"/>')

    def turn(self, y: float, middle: float, down: float, left: float, right: float) -> None:
        """The line goes back, below the cards, to where the next row begins."""
        out, back = right + TURN, left - TURN
        self.path(
            [
                ("M", right, y), ("Q", out, y), ("", out, y + TURN), ("L", out, middle - TURN),
                ("Q", out, middle), ("", right, middle), ("L", left, middle),
                ("Q", back, middle), ("", back, middle + TURN), ("L", back, down - TURN),
                ("Q", back, down), ("", left, down),
            ],
            "r",
        )  # fmt: skip

    def sign(self, where: Where, x: float, y: float, scale: float) -> None:
        """What a moment is: a letter, a window of the product, a page."""
        self.parts.append(
            f'<path class="v" transform="translate({self.at(x)} {_number(y)}) scale({scale:g})" d="{_SIGNS[where]}"/>'
        )

    def mark(self, kind: str, x: float, y: float) -> None:
        """The end of a line, or that it goes on."""
        if kind == "end":
            self.rect(x - 5, y - 5, 10, 10, "e", radius=2)
        else:
            self.path(
                [("M", x - 7, y), ("L", x + 6, y), ("M", x + 1, y - 5), ("L", x + 6, y), ("L", x + 1, y + 5)], "a"
            )


_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
_SIGNS: dict[Where, str] = {
    "mail": "M-8 -5.5h16v11h-16zM-8 -5.5l8 6.5l8 -6.5",
    "embed": "M-8 -6.5h16v13h-16zM-8 -2.5h16M-4.5 1.5h5",
    "page": "M-5.5 -7.5h7.5l3.5 3.5v11.5h-11zM-2.5 -1h5M-2.5 3h5",
}


def _is_rtl(words: str) -> bool | None:
    """The direction of the first letter that has one (UAX 9, rule P2); None: none has."""
    strong = (kind for kind in map(unicodedata.bidirectional, words) if kind in ("L", "R", "AL"))
    first = next(strong, None)
    return None if first is None else first != "L"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _xml(text: str) -> str:
    return escape(text)


# --- how wide words are --------------------------------------------------------------------------------------------


def measure(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide `text` is in a sans serif of `size`, rather too wide: which one a reader has is not known."""
    return sum(map(_ems, text)) * size * (1.07 if bold else 1)


def _ems(letter: str) -> float:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Mn"):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.04
    if letter in "iljtfrI.,:;'|!()[] ·-":
        return 0.34
    if letter in "mwMW@%" or letter.isupper():
        return 0.78
    return 0.54


def wrapped(text: str, room: float, size: float, *, most: int, bold: bool = False) -> list[str]:
    """`text` in up to `most` lines that fit `room`, at least one; what does not fit ends in an ellipsis."""
    lines, current = [], ""
    for piece in _pieces(text, room, size, bold=bold):
        if current.strip() and measure((current + piece).rstrip(), size, bold=bold) > room:
            lines.append(current.strip())
            current = ""
        current += piece if current else piece.lstrip()
    lines.append(current.strip())
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and measure(f"{last}…", size, bold=bold) > room:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()}…"]


def _pieces(text: str, room: float, size: float, *, bold: bool) -> Iterator[str]:
    """Where a line may end: after spaces and hyphens, between letters of scripts without spaces, within monsters."""
    piece = ""
    for letter in text:
        wide = unicodedata.east_asian_width(letter) in "WF"
        mark = unicodedata.category(letter)[0] in "MP"
        monster = measure(piece + letter, size, bold=bold) > room and not mark
        if piece and (monster or (wide and not mark)):
            yield piece
            piece = ""
        piece += letter
        if letter.isspace() or letter in "-/_" or (wide and mark):
            yield piece
            piece = ""
    if piece:
        yield piece


# --- colours -------------------------------------------------------------------------------------------------------

_LIGHT = "--g:#f4f1ea;--k:#fff;--i:#22262f;--s:#555b67;--l:#d9d4c8;--r:#a9a394;--e:#8c3a24;"
_DARK = "--g:#15171b;--k:#202329;--i:#eceae6;--s:#b3b7c0;--l:#3b4049;--r:#5d6470;--e:#f3a58f;"
_TEAMS = (
    ("#0b6b60", "#83d6c8"), ("#8a4b00", "#f0b36b"), ("#37528c", "#9dbcf0"), ("#863a60", "#f0a3c8"),
    ("#55601f", "#c3d07a"), ("#6f427c", "#d3aee6"), ("#8c3a24", "#f3a58f"), ("#4e5560", "#c3c9d2"),
)  # fmt: skip
_TEAMS_LIGHT = "".join(f"--c{number}:{light};" for number, (light, _) in enumerate(_TEAMS))
_TEAMS_DARK = "".join(f"--c{number}:{dark};" for number, (_, dark) in enumerate(_TEAMS))
_STYLE = (
    f".as-map{{{_LIGHT}{_TEAMS_LIGHT}"
    'font-family:-apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;'
    "print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    f"@media screen and (prefers-color-scheme:dark){{.as-map{{{_DARK}{_TEAMS_DARK}}}}}"
    ".as-map text{fill:var(--i);font-size:13px;unicode-bidi:isolate}"
    ".as-map .t{font-size:24px;font-weight:700}.as-map .h{font-size:19px;font-weight:700}"
    ".as-map .i{font-size:15px;font-weight:650}.as-map .n2{font-weight:600}"
    ".as-map .s{fill:var(--s);font-size:12px}.as-map .f{font-size:12px;font-weight:650}"
    ".as-map .o,.as-map .w{font-size:12px}"
    ".as-map .g{fill:var(--g)}.as-map .k{fill:var(--k);stroke:var(--l)}.as-map .l{fill:var(--i)}"
    ".as-map .n{fill:var(--s)}.as-map .e{fill:var(--e)}"
    ".as-map .r{fill:none;stroke:var(--r);stroke-width:5;stroke-linecap:round}"
    ".as-map .a{fill:none;stroke:var(--s);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}"
    ".as-map .v{fill:none;stroke:var(--k);stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}"
    + "".join(f".as-map .c{number}{{fill:var(--c{number})}}" for number in range(TEAM_COLOURS))
)
