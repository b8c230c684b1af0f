"""Pictures for chats: words of any script in their place, a face or none, and nothing that a text could upset."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib import metadata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFont

from alongside.imaging import engine
from alongside.imaging.cards import draw_card
from alongside.imaging.texts import MOST, Block, Style, drawable, fit, is_rtl, shorten
from alongside.rendering.pages.picture_cards import HEIGHT, WIDTH, PictureCard
from alongside.settings import ImageSettings

CARD = PictureCard(
    path="stories/first-talk/",
    title="My first talk, in two languages",
    language="en",
    above="Giving a first talk",
    names=("Ana Souza",),
    place="Recife, Brazil",
    photo="",
    initials="AS",
    hue=3,
    site_name="Foldout Community",
)
TITLE = Style(family="Noto Serif", weight=600, sizes=(92, 64, 44), lines=True)
EDGE = 2  # pixels by which a letter may stand out of its line
LINE = Style(family="Noto Sans", weight=400, sizes=(42, 34))
SCRIPTS = {
    "ar": "كتبتُها بالعربية أولًا، ثم عدت إليها",
    "el": "Η πρώτη μου ομιλία",
    "en": "Hello 👋🏽, a party 🎉 of “quotes” – and 👩‍👩‍👧",
    "he": "ההרצאה הראשונה שלי",
    "hi": "मेरी पहली बातचीत, दो भाषाओं में क्षत्रिय",
    "ja": "はじめてのレビューで、三人が待っていてくれた。東京のユーザーグループ",
    "ka": "ჩემი პირველი მოხსენება",
    "ko": "두 언어로 한 나의 첫 발표",
    "ta": "என் முதல் பேச்சு",
    "th": "การพูดครั้งแรกของฉันในสองภาษา",
    "uk": "Двадцять чотири роки крейди",
    "vi": "Bài nói đầu tiên của tôi, bằng hai thứ tiếng",
    "zh": "我第一次演讲，用两种语言",
}


def picture(
    card: PictureCard = CARD, *, photo: bytes | None = None, colours: ImageSettings | None = None
) -> Image.Image:
    made = Image.open(io.BytesIO(draw_card(card, colours or ImageSettings(), photo)))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (WIDTH, HEIGHT))
    return made


def inked(made: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, int, int, int] | None:
    """Where in that part something else is than paper."""
    part = made.crop(box)
    differs = ImageChops.difference(part, Image.new("RGB", part.size, "#fbf7ef")).convert("L").point(lambda v: v > 60)
    return differs.getbbox()


@pytest.mark.parametrize("language", SCRIPTS)
def test_every_script_has_its_letters_and_its_place(language: str) -> None:
    block = fit(drawable(SCRIPTS[language]), language, TITLE, 684, 300, rtl=is_rtl(SCRIPTS[language]))
    assert block is not None
    assert block.text == SCRIPTS[language]  # nothing is cut
    assert 0 <= block.left <= block.left + block.mask.width <= 684 + EDGE
    made = picture(replace(CARD, title=SCRIPTS[language], language=language))
    words = (112, 120, 780, 330) if not is_rtl(SCRIPTS[language]) else (420, 120, 1088, 330)
    found = inked(made, words)
    assert found is not None
    if is_rtl(SCRIPTS[language]):
        assert found[2] > 640  # lines begin at the right
    else:
        assert found[0] < 20


def test_the_fonts_have_all_these_letters() -> None:
    files = [file for name in engine._FONTS for file in engine._font_files(name)]
    fonts = [ImageFont.truetype(str(file.locate()), 20) for file in files if "Italic" not in file.name]
    missing = [bytes(font.getmask("\U000f0000")) for font in fonts]

    def is_there(letter: str) -> bool:
        shapes = zip(fonts, missing, strict=True)
        return any(bytes(font.getmask(letter)) not in (b"", nothing) for font, nothing in shapes)

    letters = {letter for text in SCRIPTS.values() for letter in text if letter.isalpha() or ord(letter) > 0x1F000}
    assert [letter for letter in sorted(letters) if not is_there(letter)] == []


def test_arabic_letters_join() -> None:
    word = "بيتنا"
    whole = line(word)
    apart = sum(line(letter).mask.width for letter in word)
    assert whole.mask.width < 0.8 * apart


def line(text: str) -> Block:
    found = fit(text, "ar", LINE, 600, 60, rtl=True)
    assert found is not None
    return found


def test_a_picture_that_is_written_to_the_left_is_turned_over() -> None:
    usual, turned = picture(), picture(replace(CARD, title=SCRIPTS["ar"], language="ar"))
    accent = (156, 58, 28)
    for made, bar, paper in ((usual, 33, WIDTH - 33), (turned, WIDTH - 33, 33)):
        assert all(abs(a - b) < 12 for a, b in zip(pixel(made, bar, 600), accent, strict=True))
        assert all(abs(a - b) < 12 for a, b in zip(pixel(made, paper, 600), (251, 247, 239), strict=True))


def pixel(made: Image.Image, left: int, top: int) -> tuple[int, ...]:
    found = made.getpixel((left, top))
    assert isinstance(found, tuple)
    return found


def test_a_face_is_a_photo_or_letters_or_the_two_lines() -> None:
    middle = (WIDTH - 72 - 138, 300)
    stream = io.BytesIO()
    Image.new("RGB", (900, 600), "#20c040").save(stream, "PNG")
    red, green, blue = pixel(picture(photo=stream.getvalue()), *middle)
    assert green > 150
    assert red < 90 > blue
    letters, nobody = picture(), picture(replace(CARD, hue=None, initials="", names=()))
    assert sum(pixel(letters, middle[0] - 110, 300)) < 300 < sum(pixel(nobody, middle[0] - 110, 300))
    assert picture(photo=b"no picture").tobytes() == letters.tobytes()


def test_the_site_has_its_colours() -> None:
    own = ImageSettings(paper="#102030", ink="#ffffff", accent="#ff0000", second="#00ff00")
    made = picture(colours=own)
    assert all(abs(a - b) < 12 for a, b in zip(pixel(made, 1150, 20), (16, 32, 48), strict=True))
    assert pixel(made, 33, 600)[0] > 200


def test_the_same_card_gives_the_same_bytes_and_tells_nothing_else() -> None:
    made = draw_card(CARD, ImageSettings(), None)
    assert made == draw_card(CARD, ImageSettings(), None)
    with Image.open(io.BytesIO(made)) as read:
        assert not read.getexif()
        assert set(read.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_what_is_too_long_is_cut() -> None:
    for text, language in (
        ("word " * 2000, "en"),
        ("W" * 10_000, "en"),
        ("三週間" * 3000, "ja"),
        ("كلمة " * 2000, "ar"),
    ):
        block = fit(drawable(text), language, TITLE, 684, 240, rtl=language == "ar")
        assert block is not None
        assert block.text.endswith("…")
        assert block.bottom <= 240
        assert block.left + block.mask.width <= 684 + EDGE
        assert 10 < len(block.text) <= MOST
    assert shorten("one two three four", 15) == "one two three…"
    assert shorten("👩‍👩‍👧‍👦 and 👋🏽", 3) == "…"
    assert shorten("e\u0301e\u0301", 3) == "e\u0301…"


def test_a_long_word_is_rather_small_than_in_two() -> None:
    word = fit("Dokumentationsfragen", "de", TITLE, 684, 300, rtl=False)
    assert word is not None
    assert word.mask.height < 70


def test_what_turns_hides_or_heaps_up_is_left_out() -> None:
    assert drawable("\u202eevil\u2066 \ue000\U0010fffd\u0378 ok\x07\n then") == "evil ok then"
    assert drawable("a" + "\u0335" * 500 + "b") == "a" + "\u0335" * 4 + "b"
    assert drawable("\u200d\ue000") == "\u200d"
    assert fit("\u200d", "en", LINE, 600, 60, rtl=False) is None
    markup = fit(drawable('<b>&amp;</b> "x"'), "en", LINE, 600, 60, rtl=False)
    assert markup is not None
    assert markup.text == '<b>&amp;</b> "x"'
    picture(replace(CARD, title="\ue000", names=("\u200d",), place="", above="", site_name="\u2029", initials="\u0301"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=400), st.sampled_from(["en", "ar", "ja", "xx", "no-such-language"]))
@example("\u0300" * 300, "en")
@example("\u202e" * 20 + "‏العربية English 123", "ar")
@example("\U000e0041\U000e007f🏴\U000e0067", "en")
@example("﷽" * 40, "ar")
def test_any_text_stays_in_its_place(text: str, language: str) -> None:
    for style, height in ((TITLE, 240), (LINE, 60)):
        for rtl in (False, True):
            block = fit(drawable(text), language, style, 500, height, rtl=rtl)
            if block is not None:
                assert block.mask.width <= 500 + EDGE
                assert not style.lines or block.bottom <= height


def test_fonts_come_from_packages_that_say_their_licence() -> None:
    for name in engine._FONTS:
        licences = [file for file in metadata.files(name) or [] if file.name == "LICENSE"]
        assert any("SIL Open Font License, Version 1.1" in file.read_text() for file in licences), name
