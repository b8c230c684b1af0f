"""When somebody who is away will be back, as their automatic answer says it.

    I am out of the office until 15 January.          back on 16 January
    Ab dem 18.01.2027 bin ich wieder da.              back on 18 January 2027
    8月3日から17日まで夏季休暇をいただきます。        back on 18 August

Dates are found first, then the words beside them: words of coming back ("back on"), of an end ("until", "まで"), or
nothing but a range. Where a text leaves two readings, the later one counts, so that nobody is written to too early: a
day named as the end is still one away, and 3/4 in English is 3 April. Only a date counts; "next Monday" and "soon" do
not. No sentence is understood here, and none is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from alongside.delivery.arrived.mails import ArrivedMail
from alongside.delivery.arrived.texts import top_text
from alongside.delivery.inbound.phrases import any_of, fold

LONGEST = 3_000  # characters of the text that are looked at; who is away says so at the top
MOST_DATES, MOST_WORDS = 40, 200
FURTHEST = timedelta(days=366)
# A day without a year that has just passed is last week's, not one of next year: nobody switched the answer off.
STALE = timedelta(days=30)

# How 3/4 is read: by the language of the words beside it.
_Order = Literal["day first", "month first", "either"]


def read_return(mail: ArrivedMail, *, today: date) -> date | None:
    """The first day on which the writer is no longer away; None when the mail names none after `today`.

    A day without a year is the next such day. What is no day, is past, or lies more than a year ahead counts as none.
    """
    text = _prepare(f"{mail.headers.text('subject')}\n\n{_own_words(top_text(mail))}")
    days = _find_days(text)
    returns, ends = _judge(text, days)
    plain = _plain_order(days)
    for found, away in ((returns, timedelta()), (ends, timedelta(days=1))):
        for day, order in found:
            back = _resolve(day, plain if order == "either" else order, away, today)
            if back is not None:
                return back
    return None


@dataclass(frozen=True, slots=True)
class _Day:
    """A day as it is written, and where; `first` and `second` are of 3/4, whose order is not known yet."""

    start: int
    end: int
    year: int | None
    month: int = 0
    day: int = 0
    first: int = 0
    second: int = 0

    def readings(self, order: _Order) -> list[tuple[int, int]]:
        """(month, day) of each reading."""
        if not self.first:
            return [(self.month, self.day)]
        day_first, month_first = (self.second, self.first), (self.first, self.second)
        return {"day first": [day_first], "month first": [month_first], "either": [day_first, month_first]}[order]


@dataclass(frozen=True, slots=True)
class _Word:
    """Where a word stands that says what the day beside it is, and how days are written in its language."""

    start: int
    end: int
    order: _Order


_PARAGRAPH = "¶"


def _own_words(text: str) -> str:
    """What stands before the mail that is answered: its dates are ours."""
    quote = _QUOTE.search(text)
    return text[: quote.start()] if quote is not None else text


_QUOTE = re.compile(
    r"^[ \t]{0,8}(?:[>|]|[-_]{6,}|-{2,}[ \t]?\w[^\n-]{0,60}-{2,}"
    r"|(?:from|von|de|da|van|od|от|від|差出人|发件人|寄件者|보낸\s사람|من|från|fra|kimden|lähettäjä)[ \t]?[:：])",
    re.IGNORECASE | re.MULTILINE,
)


def _prepare(text: str) -> str:
    folded = fold(text[:LONGEST])[: 2 * LONGEST]
    lines = re.sub(r"\n[ \t]*\n", f" {_PARAGRAPH} ", folded)
    return _ABBREVIATIONS.sub(r"\1", _TIMES.sub(" ", " ".join(lines.split())))


# "bis einschl. 15.1.": these points end no sentence. "from 9:00 to 17:00" is no range of days.
_ABBREVIATIONS = re.compile(r"\b(einschl|inkl|incl|vsl)\.(?=\s)")
_TIMES = re.compile(
    r"(?<![\d.:])\d{1,2}(?::\d\d(?::\d\d)?|h\d{0,2}\b)(?:\s?(?:a\.?m\b\.?|p\.?m\b\.?|uhr|uur|h\b))?"
    r"|(?<![\d.:])\d{1,2}(?:\.\d\d)?\s?(?:a\.?m\b\.?|p\.?m\b\.?|uhr\b|uur\b|hrs\b)"
    r"|\d{1,2}\s?[時时點点시](?:\s?\d{1,2}\s?[分분])?|\bklo?\.?\s?\d{1,2}(?:[.:]\d\d)?(?!\d)"
)

_MONTHS = """
    january jan janvier janv januar janner januari gennaio genn enero ene janeiro stycznia styczen sty ledna leden
      января январь янв січня січень tammikuuta tammikuun tammikuu ocak يناير جانفي كانون-الثاني
    february feb fevrier fevr februar februari febbraio febbr febrero fevereiro fev lutego luty lut unora unor
      февраля февраль фев февр лютого лютий helmikuuta helmikuun helmikuu subat فبراير فيفري شباط
    march mar mars marz maerz maart mrt marzo marco marca marzec brezna brezen
      марта март мар березня березень maaliskuuta maaliskuun maaliskuu mart مارس اذار
    april apr avril avr aprile abril abr kwietnia kwiecien kwi dubna duben
      апреля апрель апр квітня квітень huhtikuuta huhtikuun huhtikuu nisan ابريل افريل نيسان
    may mai mei maggio magg mayo maio maja maj kvetna kveten
      мая май травня травень toukokuuta toukokuun toukokuu mayis مايو ماي ايار
    june jun juin juni giugno junio junho czerwca czerwiec cze cervna cerven
      июня июнь июн червня червень kesakuuta kesakuun kesakuu haziran يونيو جوان حزيران
    july jul juillet juil juli luglio julio julho lipca lipiec cervence cervenec
      июля июль июл липня липень heinakuuta heinakuun heinakuu temmuz يوليو جويلية تموز
    august aug aout augustus augusti agosto ago sierpnia sierpien srpna srpen
      августа август авг серпня серпень elokuuta elokuun elokuu agustos اغسطس اوت اب
    september sept sep septembre settembre sett septiembre setiembre setembro set wrzesnia wrzesien wrz zari
      сентября сентябрь сент сен вересня вересень syyskuuta syyskuun syyskuu eylul سبتمبر ايلول
    october oct octobre oktober okt ottobre ott octubre outubro pazdziernika pazdziernik paz rijna rijen
      октября октябрь окт жовтня жовтень lokakuuta lokakuun lokakuu ekim اكتوبر تشرين-الاول
    november nov novembre noviembre novembro listopada listopadu listopad lis
      ноября ноябрь ноя листопада листопад marraskuuta marraskuun marraskuu kasim نوفمبر تشرين-الثاني
    december dec decembre dezember dez dicembre dic diciembre dezembro desember des grudnia grudzien gru
      prosince prosinec
      декабря декабрь дек грудня грудень joulukuuta joulukuun joulukuu aralik ديسمبر كانون-الاول
"""


def _read_months() -> dict[str, int]:
    """Each name, folded, with its number: a month's names begin at the first indent and go on at the second."""
    months: dict[str, int] = {}
    number = 0
    for line in _MONTHS.strip("\n").split("\n"):
        number += line[4] != " "
        months.update((fold(name).replace("-", " "), number) for name in line.split())
    return months


_MONTH_OF = _read_months()
_NAME = "|".join(sorted(map(re.escape, _MONTH_OF), key=len, reverse=True))
_ORDINAL = r"(?:st|nd|rd|th|er|o|a|e|\.|°|-?го|-?е|-?те)?"
_DATE = re.compile(
    rf"""(?<![\d./+a-z])(?:
      (?P<year_1>\d{{4}})\s?[-/.年년]\s?(?P<month_1>\d{{1,2}})\s?[-/.月월]\s?(?P<day_1>\d{{1,2}})(?!\d)\s?[日号號일.]?
    | (?P<month_2>\d{{1,2}})\s?[月월]\s?(?P<day_2>\d{{1,2}})\s?[日号號일]
    | (?P<day_3>\d{{1,2}}){_ORDINAL},?\s?(?:of\s|de\s|di\s|d['’])?(?P<name_3>{_NAME})(?!\w)
      (?:[.,]{{0,2}}\s?(?:de\s|del\s|do\s)?(?P<year_3>\d{{4}})(?!\d))?
    | (?P<day_4>\d{{1,2}})\.\s?(?P<month_4>\d{{1,2}})(?:\.(?:\s?(?P<year_4>\d{{4}}|(?<=\.)\d\d))?)?(?!\d)
    | (?!24/7(?![/\d]))(?P<first_5>\d{{1,2}})/(?P<second_5>\d{{1,2}})(?:/(?P<year_5>\d{{4}}|\d\d))?(?![\d/])
    | (?P<first_6>\d{{1,2}})-(?P<second_6>\d{{1,2}})-(?P<year_6>\d{{4}})(?!\d)
    ) | (?<!\w)(?P<name_7>{_NAME})\.?\s(?:the\s)?(?P<day_7>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:/]|\.\d)
      (?:,?\s(?P<year_7>\d{{4}})(?!\d))?""",
    re.VERBOSE,
)
# What joins the ends of a range: "3. bis 17. August", "3–17 août", "8月3日から17日まで".
_TO = (
    r"\s?(?:[-‐‑–—~〜～]|\.\.\.?|(?:and\s)?(?:to|until|till|til|thru|through|up\sto)(?:\sthe)?"
    r"|bis(?:\szum)?|bis\seinschl\w*|au|jusqu'?’?au|al?|ao|hasta(?:\sel)?|ate(?:\so|\sao)?|al?l'|fino\sal?|tot(?:\sen\smet)?"
    r"|t/m|do|az\sdo|по|до|till\soch\smed|til\sog\smed|から|より|부터|에서|至|到|الى|حتى|و?حتى)\s?"
)
_BETWEEN = re.compile(rf"(?:\s?\([^()\d]{{1,12}}\))?,?{_TO}(?:[^\W\d]{{2,12}}[.,]{{0,2}}\s)?")
_FROM_A_DAY = re.compile(
    rf"(?<![\d./])\d{{1,2}}(?:{_ORDINAL}|[日号號일])(?:\s?\([^()\d]{{1,12}}\))?{_TO}(?:[^\W\d]{{2,12}},?\s)?\Z"
)
_TO_A_DAY = re.compile(rf"{_TO}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|[日号號일])?(?![\d:/.月월]|\s?(?:{_NAME})(?!\w))")
# "Between the 1st and 13 December".
_AND_LAST = re.compile(
    any_of("between | zwischen | entre | tra | fra | tussen | między | между | між | mezi | mellan | mellem | mellom")
    + rf"\s[^{_PARAGRAPH}!?;]{{1,34}}\s(?:and|und|et|y|e|ed|en|och|og|i|a|и|та|і)\s(?:[^\W\d]{{2,12}},?\s){{0,2}}\Z"
)


def _find_days(text: str) -> list[_Day]:
    """What is written as a day, in the order of the text; "August 3-17" gives both its ends."""
    days: list[_Day] = []
    for match in _DATE.finditer(text):
        if len(days) >= MOST_DATES:
            break
        fields = {name.partition("_")[0]: value for name, value in match.groupdict().items() if value is not None}
        month = _MONTH_OF[fields["name"]] if "name" in fields else int(fields.get("month", 0))
        year = int(fields["year"]) if "year" in fields else None
        first, second, day = (int(fields.get(name, 0)) for name in ("first", "second", "day"))
        if year is not None and year < 100:
            year += 2000
        days.append(_Day(match.start(), match.end(), year, month, day, first, second))
        last = _TO_A_DAY.match(text, match.end())
        if last is not None and int(last["day"]) > day > 0:
            days.append(_Day(last.start("day"), last.end(), year, month, int(last["day"])))
    return days


_Table = tuple[tuple[_Order, re.Pattern[str]], ...]


def _words(*, either: str = "", day: str = "", month: str = "") -> _Table:
    """Words by the way their languages write days."""
    orders: tuple[tuple[_Order, str], ...] = (("either", either), ("day first", day), ("month first", month))
    return tuple((order, re.compile(any_of(words))) for order, words in orders if words)


# Before a day on which the writer is still away; "after the 15th" says the same.
_UNTIL = _words(
    either="until | till | til | through | thru | up to | after",
    day="""
    bis | nach dem | jusqu'au | jusqu'à | jusqu au | après le | hasta | después de | después del
    até | depois de | depois do | fino al | fino all' | fino a | dopo il | dopo l | tot en met | t/m
    t.e.m. | indtil | frem til | fram till | t.o.m. | t.o.m | tom | až do | после | після | حتى | حتي | لغاية | بعد
    """,
    month="至 | 到",
)
# These also mean "to" a place.
_UNTIL_OR_TO = _words(day="tot | do | до | по | till | til | efter | etter | po | na")
_PLACES = re.compile(
    r"\s(?:[^\W\d]{1,3}\s)?(?:biur|prac|kontor|arbet|arbej|jobb?|kancel|офис|офіс|робот|работ|werk|bureau|kantoor)"
)
# The same, after the day.
_UNTIL_BEHIND = _words(
    day="kadar | değin | dek | sonra | asti | saakka | jälkeen", month="まで | 迄 | 까지 | 이후 | 之后 | 之後 | 止"
)
# "Not back until the 15th" is back on the 15th.
_NOT_BEFORE: _Table = (
    ("either", re.compile(r"(?:\bnot|n['’]t|\bcannot)\b[^¶!?\d]{0,60}?\b(?:until|till|til|before)\b")),
    *_words(
        day="""
        nicht vor | nicht vor dem | pas avant | pas avant le | niet voor | не раньше | не ранее | не раніше | förrän
        ikke før | nie wcześniej niż | dříve než
        """
    ),
)
_BACK = _words(
    either="back | return | returns | returning | resume | resuming | again | reopen*",
    day="""
    wieder | zurück | zurueck | rückkehr | erst | retour | reprend* | repris* | reprise | revien* | reviendr* | rentr*
    à nouveau | de nouveau | vuelv* | volver* | vuelta | regres* | reincorpor* | de nuevo | retom* | volt* | retorn*
    torn* | ritorn* | rientr* | di nuovo | terug | weer | opnieuw | wróc* | wrac* | powrot* | powrót | powróc*
    ponownie | верн* | возвра* | снова | выхож* | выйд* | поверн* | поверта* | знову | tillbaka | åter*
    tilbage | tilbake | igen | igjen | döne* | dönü* | dönm* | tekrar | yeniden | palaa* | takaisin | jälleen | taas
    vrát* | vrac* | zpět | zpátky | návrat* | opět | عود* | أعود | سأعود | العودة | نعود | سنعود | وأعود | مجددا
    """,
    month="""
    戻 | 復帰 | 出社 | 出勤 | 再開 | 以降 | 返回 | 回到 | 回来 | 回來 | 恢复 | 恢復 | 复工 | 復工 | 回复 | 回覆 | 回復
    上班 | 복귀 | 돌아 | 출근 | 회신
    """,
)
# Before the day on which somebody goes away, and before what follows.
_AND = re.compile(r",|\b(?:and|und|et|y|e|en|och|og)\b")
_SINCE = re.compile(r"\b(?:from|since|vom|seit|(?<!partir )(?:du|del)|dal|depuis|fran|fra)\s(?:\w{2,12},?\s)?\Z")


def _judge(text: str, days: list[_Day]) -> tuple[list[tuple[_Day, _Order]], list[tuple[_Day, _Order]]]:
    """Days of coming back, and last days away, each in the order of the text."""
    exact = {day: word.order for word in _find_words(text, _NOT_BEFORE) if (day := _after(text, word, days, 30))}
    ends: dict[_Day, _Order] = {}
    starts: set[_Day] = set()
    for word in _find_words(text, _UNTIL):
        day = _after(text, word, days, 34)
        # "Until I return on the 15th".
        if day is not None and not any(pattern.search(text, word.end, day.start) for _, pattern in _BACK):
            ends[day] = word.order
    for word in _find_words(text, _UNTIL_OR_TO):
        day = _after(text, word, days, 16)
        if day is not None and _ONE_WORD.fullmatch(text, word.end, day.start) and not _PLACES.match(text, word.end):
            ends[day] = word.order
    for word in _find_words(text, _UNTIL_BEHIND):
        if (day := _before(text, word, days, 20)) is not None:
            ends[day] = word.order
    written: _Order = "month first" if _EAST_ASIAN.search(text) else "either"
    for one, other in pairwise(days):
        if _BETWEEN.fullmatch(text, one.end, other.start):
            starts.add(one)
            ends.setdefault(other, written)
    for day in days:
        if any(form.search(text, max(0, day.start - 70), day.start) for form in (_FROM_A_DAY, _AND_LAST)):
            ends.setdefault(day, written)
    free = [day for day in days if day in exact or (day not in ends and day not in starts)]
    for word in _find_words(text, _BACK):
        after, before = _after(text, word, free, 45), _before(text, word, free, 45)
        if before is not None and _is_start(text, before, word):
            before = None
        if after is not None and (before is None or after.start - word.end <= word.start - before.end):
            exact[after] = word.order
        elif before is not None:
            exact[before] = word.order
    return _in_order(exact), _in_order({day: order for day, order in ends.items() if day not in exact})


def _is_start(text: str, day: _Day, word: _Word) -> bool:
    """Whether it is the day of going: "away from 3 May and back soon", but not "from 3 May I am back"."""
    return (
        _SINCE.search(text, max(0, day.start - 20), day.start) is not None
        and _AND.search(text, day.end, word.start) is not None
    )


_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


def _plain_order(days: list[_Day]) -> _Order:
    """How a text in English writes its days, when one of them can only be read one way: 12/24 beside 1/3."""
    day_first, month_first = any(day.first > 12 for day in days), any(day.second > 12 for day in days)
    if day_first == month_first:
        return "either"
    return "day first" if day_first else "month first"


def _in_order(days: dict[_Day, _Order]) -> list[tuple[_Day, _Order]]:
    return sorted(days.items(), key=lambda item: item[0].start)


def _find_words(text: str, tables: _Table) -> Iterator[_Word]:
    for order, pattern in tables:
        for count, match in enumerate(pattern.finditer(text)):
            if count == MOST_WORDS:
                break
            yield _Word(match.start(), match.end(), order)


# Between a word and its day stands no other number and no end of a sentence; names of days are shortened with a point.
_SHORT = """
mo di mi do fr sa so mon tue tues wed thu thur thurs fri sat sun lun mar mer jeu ven sam dim mie jue vie sab dom seg ter
qua qui sex gio ma wo vr za zo pn wt sr cz pt sob nd пн вт ср чт пт сб вс нд man tis ons tors fre lor son tir tor pzt
sal car per cum po ut st ct pa ne ti ke to pe la su tj d kl klo den ca
"""
_BREAK = re.compile(
    rf"[\d{_PARAGRAPH}!?。;]|(?<!\w)(?!(?:{'|'.join(_SHORT.split())})\.)[^\W\d]+\.\s|(?<=\d)\.\s|(?<=[^\W\d]{{5}})\.\s"
)
_ONE_WORD = re.compile(r"\s(?:[^\W\d]{1,12}[.,]{0,2}\s)?")


def _after(text: str, word: _Word, days: list[_Day], most: int) -> _Day | None:
    """The first day behind a word, if it is near."""
    day = next((day for day in days if day.start >= word.end), None)
    return day if day is not None and _is_near(text, word.end, day.start, most) else None


def _before(text: str, word: _Word, days: list[_Day], most: int) -> _Day | None:
    day = next((day for day in reversed(days) if day.end <= word.start), None)
    return day if day is not None and _is_near(text, day.end, word.start, most) else None


def _is_near(text: str, start: int, end: int, most: int) -> bool:
    return end - start <= most and _BREAK.search(text, start, end) is None


def _resolve(day: _Day, order: _Order, away: timedelta, today: date) -> date | None:
    """The latest plausible first day back."""
    backs = [
        found + away
        for month, number in day.readings(order)
        if (found := _next(day.year, month, number, today)) is not None
    ]
    return max((back for back in backs if today < back <= today + FURTHEST), default=None)


def _next(year: int | None, month: int, day: int, today: date) -> date | None:
    """That day; without a year, the next one that is."""
    for candidate in (year,) if year is not None else (today.year - 1, today.year, today.year + 1):
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if year is not None or found >= today - STALE:
            return found
    return None
