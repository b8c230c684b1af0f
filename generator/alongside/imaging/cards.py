"""A `PictureCard` drawn: warm paper, the two lines of the site that walk beside each other, large words, and a face.

Read at a quarter of its size in a chat, so there is little on it: a title, who tells it, where, and whose site it is.
Where the title is written to the left, the picture begins at the right.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from alongside.imaging.engine import vips
from alongside.imaging.shrinking import decoded
from alongside.imaging.texts import Block, Style, drawable, fit, is_rtl
from alongside.model.texts import direction
from alongside.rendering.pages.picture_cards import HEIGHT, WIDTH, PictureCard
from alongside.settings import ImageSettings

VERSION = 1  # of how it looks; another one draws all pictures anew
QUALITY = 88

_EDGE = 112  # pixels from where it begins to its words
_FAR = 72  # and from where they end
_FOOT = 536  # pixels from above to the middle of the last line: the site's name
_ARCH = (276, 330)
_ABOVE = Style(family="Noto Sans", weight=600, sizes=(32, 28))
_TITLE = Style(family="Noto Serif", weight=600, sizes=(92, 82, 72, 64, 56, 50, 44), lines=True)
_NAMES = Style(family="Noto Sans", weight=600, sizes=(42, 38, 34))
_PLACE = Style(family="Noto Sans", weight=400, sizes=(32, 28))
_SITE = Style(family="Noto Sans", weight=600, sizes=(30, 26))
_INITIALS = Style(family="Noto Serif", weight=400, sizes=(128, 96))
# The colours of those without a photo, as the style sheet has them
_HUES = (
    "#8c3a24", "#74531a", "#55601f", "#2f6840", "#1c6a63", "#23617f",
    "#37528c", "#544a88", "#6f427c", "#863a60", "#7d4036", "#4e5560",
)  # fmt: skip
_ON_HUE = "#fff9ef"


def draw_card(card: PictureCard, colours: ImageSettings, photo: bytes | None) -> bytes:
    """The picture as a JPEG without metadata. `photo`: that of the card, where it can be decoded."""
    rtl = direction(card.language) == "rtl" or is_rtl(card.title)
    picture = _Picture(colours, rtl=rtl)
    width = WIDTH - _EDGE - _FAR - _ARCH[0] - 56
    names = picture.fit(" · ".join(card.names), card.language, _NAMES, width, 60)
    place = picture.fit(card.place, card.language, _PLACE, width, 44)
    whole = WIDTH - _EDGE - _FAR - 60
    site = picture.fit(card.site_name, card.language, _SITE, whole, 44)
    above = picture.fit(card.above, card.language, _ABOVE, width, 44)
    # from below: the site, the place, the names; the title has the rest
    picture.ink(site, _EDGE + 44, _FOOT, whole, colours.ink, middle=True)
    low = _FOOT - 56
    if place is not None:
        picture.ink(place, _EDGE, low - 14, width, _mixed(colours.ink, colours.paper, 0.28), middle=True)
        low -= 50
    if names is not None:
        picture.ink(names, _EDGE, low - 14, width, colours.ink, middle=True)
        low -= 62
    high = 72
    if above is not None:
        picture.ink(above, _EDGE, high + 14, width, colours.accent, middle=True)
        high += 50
    title = picture.fit(card.title, card.language, _TITLE, width, low - high - 18)
    picture.ink(title, _EDGE, high, width, colours.ink)
    picture.face(card, photo)
    return picture.jpeg()


class _Picture:
    """One picture in the making. Places are from where it begins: from the right, where `rtl`."""

    def __init__(self, colours: ImageSettings, *, rtl: bool) -> None:
        self._rtl = rtl
        self._colours = colours
        self._image = _paper(colours, rtl)

    def fit(self, text: str, language: str, style: Style, width: int, height: int) -> Block | None:
        return fit(drawable(text), language, style, width, height, rtl=self._rtl)

    def ink(self, block: Block | None, left: int, top: int, width: int, colour: str, *, middle: bool = False) -> None:
        """Words in a place; `middle`: `top` is where the middle of their ink goes."""
        if block is not None:
            at = top - block.mask.height // 2 if middle else top + block.top
            self._add(block.mask, self._start(left, width) + block.left, at, colour)

    def face(self, card: PictureCard, photo: bytes | None) -> None:
        """The photo in its arch, else initials on their colour; of nobody, the two lines."""
        width, height = _ARCH
        start, top = self._start(WIDTH - _FAR - width, width), (HEIGHT - height) // 2 - 30
        image = decoded(photo, width, height) if photo is not None else None
        if image is not None:
            behind = self._image.crop(start, top, width, height)
            self._image = self._image.draw_image(_arch().ifthenelse(image, behind, blend=True), start, top)
        elif card.hue is not None:
            self._add(_arch(), start, top, _HUES[card.hue % len(_HUES)])
            initials = fit(drawable(card.initials), card.language, _INITIALS, width - 40, height, rtl=False)
            if initials is not None:
                left, above = (width - initials.mask.width) // 2, (height - initials.mask.height) // 2 + 12
                self._add(initials.mask, start + left, top + above, _ON_HUE)
        else:
            self._add(_arch(), start, top, _mixed(self._colours.second, self._colours.paper, 0.82))
            for line, colour in zip(_lines(), (self._colours.accent, self._colours.second), strict=True):
                self._add(line, start, top, colour)

    def jpeg(self) -> bytes:
        made: bytes = self._image.jpegsave_buffer(Q=QUALITY, keep="none", optimize_coding=True)
        return made

    def _start(self, left: int, width: int) -> int:
        return WIDTH - left - width if self._rtl else left

    def _add(self, mask: Any, left: int, top: int, colour: str) -> None:
        self._image = self._image.draw_mask(_rgb(colour), mask, left, top)


@cache
def _paper(colours: ImageSettings, rtl: bool) -> Any:
    """The picture before anything is on it."""
    turned = f' transform="matrix(-1 0 0 1 {WIDTH} 0)"' if rtl else ""
    dots = "".join(
        f'<rect x="52" y="{top}" width="10" height="22" rx="5" fill="{colours.second}"/>'
        for top in range(150, HEIGHT - 40, 44)
    )
    mark = (
        f'<g stroke-width="7" stroke-linecap="round"><path stroke="{colours.accent}" d="M{_EDGE + 5} {_FOOT - 17}v34"/>'
        f'<path stroke="{colours.second}" d="M{_EDGE + 19} {_FOOT - 9}v26"/></g>'
    )
    image = _drawn(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"><g{turned}>'
        f'<path fill="{colours.paper}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>'
        f'<rect x="28" y="0" width="10" height="{HEIGHT}" fill="{colours.accent}"/>{dots}{mark}</g></svg>'
    )
    return image.flatten().copy_memory()


@cache
def _arch() -> Any:
    """The shape of a portrait, as of a door that stands open."""
    width, height = _ARCH
    half, round_ = width // 2, int(height * 0.44)
    path = f"M0 {height - 12}V{round_}A{half} {round_} 0 0 1 {width} {round_}V{height - 12}q0 12-12 12H12q-12 0-12-12z"
    return _shape(f'<path d="{path}"/>')


@cache
def _lines() -> tuple[Any, Any]:
    """The two lines of the mark, as large as an arch."""
    line = '<path stroke="#000" stroke-width="26" stroke-linecap="round" d="{}"/>'
    middle = _ARCH[0] // 2
    return _shape(line.format(f"M{middle - 30} 96v150")), _shape(line.format(f"M{middle + 30} 136v110"))


def _shape(drawing: str) -> Any:
    width, height = _ARCH
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{drawing}</svg>'
    return _drawn(svg)[3].copy_memory()


def _drawn(svg: str) -> Any:
    library = vips()
    library.operation_block_set("VipsForeignLoadSvg", False)  # of our own making
    return library.Image.svgload_buffer(svg.encode())


def _rgb(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _mixed(one: str, other: str, share: float) -> str:
    """`one` with a share of the other."""
    pairs = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)
