"""Words the product itself says, in the reader's language; templates, mails and reasons ask here.

One YAML file a language (`interface/de.yml`), and beside it one for each area that keeps its own
(`interface/mail.de.yml`). A text is `key: "Hello {name}"`, or a map of CLDR
plural categories (or exact numbers: `"1"`) chosen by `count`.
The files also hold the names of months, weekdays and languages, and how dates and lists are put together. A key that
a language lacks is said in English, so a new language can start small; a key English lacks is a defect.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import yaml

from alongside.gazetteer import country_name
from alongside.model.community import Community

if TYPE_CHECKING:  # matching takes long to load, and calendars and most pages do without
    from alongside.matching.matches import Reason

FALLBACK = "en"
About = Literal["member", "story", "group", "meetup"]
DateStyle = Literal["date", "weekday", "short", "month", "day", "month_short"]

# fmt: off
# Languages' own names, for switches between translations (CLDR, sentence start where the language writes it so).
AUTONYMS: Mapping[str, str] = {
    "af": "Afrikaans", "ar": "العربية", "bg": "Български", "bn": "বাংলা", "ca": "Català", "cs": "Čeština",
    "cy": "Cymraeg", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English", "eo": "Esperanto",
    "es": "Español", "et": "Eesti", "eu": "Euskara", "fa": "فارسی", "fi": "Suomi", "fr": "Français",
    "ga": "Gaeilge", "gl": "Galego", "gu": "ગુજરાતી", "he": "עברית", "hi": "हिन्दी", "hr": "Hrvatski",
    "hu": "Magyar", "hy": "Հայերեն", "id": "Bahasa Indonesia", "is": "Íslenska", "it": "Italiano",
    "ja": "日本語", "ka": "ქართული", "kk": "Қазақ тілі", "km": "ខ្មែរ", "kn": "ಕನ್ನಡ", "ko": "한국어",
    "lt": "Lietuvių", "lv": "Latviešu", "mk": "Македонски", "ml": "മലയാളം", "mr": "मराठी",
    "ms": "Bahasa Melayu", "my": "မြန်မာ", "nb": "Norsk bokmål", "ne": "नेपाली", "nl": "Nederlands",
    "nn": "Norsk nynorsk", "no": "Norsk", "pa": "ਪੰਜਾਬੀ", "pl": "Polski", "pt": "Português", "ro": "Română",
    "ru": "Русский", "sk": "Slovenčina", "sl": "Slovenščina", "sq": "Shqip", "sr": "Српски",
    "sv": "Svenska", "sw": "Kiswahili", "ta": "தமிழ்", "te": "తెలుగు", "th": "ไทย", "tl": "Filipino",
    "tr": "Türkçe", "uk": "Українська", "ur": "اردو", "uz": "Oʻzbekcha", "vi": "Tiếng Việt", "yo": "Yorùbá",
    "zh": "中文", "zh-hans": "简体中文", "zh-cn": "简体中文", "zh-hant": "繁體中文", "zh-tw": "繁體中文",
    "zu": "IsiZulu",
}
# fmt: on


# --- plural categories (CLDR 46, cardinal, whole numbers) ---


def _plural_one_other(count: int) -> str:
    return "one" if count == 1 else "other"


def _plural_french(count: int) -> str:
    return "one" if count in (0, 1) else "other"


def _plural_ukrainian(count: int) -> str:
    if count % 10 == 1 and count % 100 != 11:
        return "one"
    return "few" if 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14 else "many"


def _plural_arabic(count: int) -> str:
    if count <= 2:
        return ("zero", "one", "two")[count]
    if 3 <= count % 100 <= 10:
        return "few"
    return "many" if 11 <= count % 100 <= 99 else "other"


PLURALS: Mapping[str, Callable[[int], str]] = {
    "ar": _plural_arabic,
    "fr": _plural_french,
    "ja": lambda _: "other",
    "pt": _plural_french,
    "uk": _plural_ukrainian,
}


# --- the files ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """All the words of one language, English filled in where it lacks some."""

    language: str
    texts: Mapping[str, str | Mapping[str, str]]
    dates: Mapping[str, Any]  # months, weekdays, patterns; see `interface/en.yml`
    languages: Mapping[str, str]  # code -> name, as it stands inside a sentence
    own: frozenset[str] = field(default=frozenset())  # keys the language's own files hold


def interface_languages() -> tuple[str, ...]:
    """The languages there are files for, sorted."""
    return _available()


@functools.cache
def _available() -> tuple[str, ...]:
    folder = resources.files("alongside.rendering") / "interface"
    stems = (entry.name.removesuffix(".yml") for entry in folder.iterdir() if entry.name.endswith(".yml"))
    return tuple(sorted(stem for stem in stems if "." not in stem))


@functools.cache
def interface_language(language: str) -> str:
    """The interface language a reader of `language` gets: `pt-BR` reads `pt`; one we do not have reads English."""
    available = _available()
    tag = language.casefold().replace("_", "-")
    for candidate in (tag, tag.split("-")[0]):
        if candidate in available:
            return candidate
    return FALLBACK


def read_interface(language: str) -> Interface:
    """The words of `language` (any BCP 47 tag), or English ones."""
    return _read(interface_language(language))


@functools.cache
def _read(language: str) -> Interface:
    folder = resources.files("alongside.rendering") / "interface"
    texts: dict[str, str | Mapping[str, str]] = {}
    dates: dict[str, Any] = {}
    languages: dict[str, str] = {}
    names = sorted(entry.name for entry in folder.iterdir())
    for name in names:
        if name == f"{language}.yml" or name.endswith(f".{language}.yml"):
            # libyaml's loader, as safe as the other and eight times as fast
            content = yaml.load((folder / name).read_text(encoding="utf-8"), yaml.CSafeLoader)
            texts.update(content.get("texts") or {})
            dates.update(content.get("dates") or {})
            languages.update(content.get("languages") or {})
    own = frozenset(texts)
    if language != FALLBACK:
        english = _read(FALLBACK)
        texts = {**english.texts, **texts}
        dates = {**english.dates, **dates}
        languages = {**english.languages, **languages}
    return Interface(language=language, texts=texts, dates=dates, languages=languages, own=own)


# --- saying things ---


def say(language: str, key: str, **values: object) -> str:
    """The text `key` in `language` with `{placeholders}` filled, `{count}` choosing the plural form.

    Plain text: whoever puts it into HTML escapes it. Raises `KeyError` for a key that English lacks.
    """
    spoken = _read(interface_language(language))
    text = spoken.texts[key]
    if not isinstance(text, str):
        count = values.get("count", 0)
        number = count if isinstance(count, int) else 0
        rules = PLURALS.get(spoken.language if key in spoken.own else FALLBACK, _plural_one_other)
        text = text.get(str(number)) or text.get(rules(number)) or text["other"]
    return text.format_map(values) if "{" in text else text


def reason_text(reason: Reason, language: str, community: Community, about: About = "member") -> str:
    """One reason of a match in words to the newcomer: "You share a challenge: Giving a first talk".

    `about` is what was matched: of a person one says "you both", of a story "about".
    """
    value = reason.value
    if reason.kind == "challenge":
        challenge = community.challenges.get(value)
        value = challenge.title.text(language, community.language) if challenge else value
    elif reason.kind == "language":
        value = language_name(value, language)
    elif reason.kind == "country":
        value = country_name(value, language)
    return say(language, f"reason.{reason.kind}.{'member' if about == 'member' else 'record'}", value=value)


def reason_texts(
    reasons: Iterable[Reason], language: str, community: Community, about: About = "member"
) -> tuple[str, ...]:
    """The reasons one can tell, in their order; a likeness of words with no word to name is left out."""
    told = (reason for reason in reasons if reason.value or reason.kind != "text")
    return tuple(reason_text(reason, language, community, about) for reason in told)


def autonym(code: str) -> str:
    """What speakers of a language call it: `pt-BR` is "Português (BR)"; an unknown code is itself."""
    tag = code.casefold()
    if tag in AUTONYMS:
        return AUTONYMS[tag]
    base, _, region = code.partition("-")
    name = AUTONYMS.get(base.casefold())
    return f"{name} ({region.upper()})" if name and region else name or code


def language_name(code: str, language: str) -> str:
    """A language's name for readers of `language`, as inside a sentence: ("pt", "de") is "Portugiesisch"."""
    names = read_interface(language).languages
    tag = code.casefold()
    return names.get(tag) or names.get(tag.split("-")[0]) or autonym(code)


def join_words(items: Sequence[str], language: str) -> str:
    """A list as a sentence holds it: "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    dates = read_interface(language).dates
    return str(dates["list_separator"]).join(items[:-1]) + str(dates["list_last"]) + items[-1]


# --- dates ---


def _day_words(day: date, spoken: Interface) -> dict[str, object]:
    dates = spoken.dates
    ordinal = "er" if spoken.language == "fr" and day.day == 1 else ""  # le 1er mai
    return {
        "day": f"{day.day}{ordinal}",
        "month": dates["months"][day.month - 1],
        "month_short": dates["months_short"][day.month - 1],
        "weekday": dates["weekdays"][day.weekday()],
        "weekday_short": dates["weekdays_short"][day.weekday()],
        "year": day.year,
        "month_number": day.month,
    }


# What stands between thousands (CLDR 46, `group`); a comma elsewhere.
_GROUPS: Mapping[str, str] = {"de": ".", "es": ".", "fr": "\u202f", "pt": ".", "uk": "\u00a0"}


def format_number(count: int, language: str) -> str:
    """A whole number as that language writes it: `20,000`, `20.000`."""
    return f"{count:,}".replace(",", _GROUPS.get(interface_language(language), ","))


def format_date(day: date, language: str, style: DateStyle = "date") -> str:
    """A day in words. `date`: 4 May 2026; `weekday`: Monday, 4 May 2026; `short`: Mon 4 May; `month`: May 2026;
    `day`: 4 May; `month_short`: May, of four letters or fewer where the language has such names."""
    # an instant is no key of a cache: those of two zones may be equal and lie on different days
    return _format_day(day if type(day) is date else date(day.year, day.month, day.day), language, style)


@functools.lru_cache(maxsize=8192)
def _format_day(day: date, language: str, style: DateStyle) -> str:
    spoken = read_interface(language)
    if style == "month_short":
        return str(spoken.dates["months_short"][day.month - 1])
    if style == "month":
        names = spoken.dates.get("months_alone") or spoken.dates["months"]
        return str(spoken.dates["month_pattern"]).format(month=names[day.month - 1], year=day.year)
    return str(spoken.dates[f"{style}_pattern"]).format_map(_day_words(day, spoken))


def format_time(moment: datetime) -> str:
    """Hours and minutes on a 24-hour clock, which no reader mistakes."""
    return f"{moment.hour:02d}:{moment.minute:02d}"


def format_hours(starts: datetime, ends: datetime | None, language: str) -> str:
    """From when to when on one clock: "18:30–20:30"; an end a day or more later is named with its day."""
    if ends is None:
        return format_time(starts)
    end = format_time(ends)
    if ends.date() != starts.date() and (ends - starts).total_seconds() >= 24 * 3600:
        end = f"{format_date(ends, language, 'short')} {end}"
    return f"{format_time(starts)}–{end}"


def format_zone(zone: str, moment: datetime, language: str) -> str:
    """The IANA zone of an aware instant as people say it: "Berlin time (UTC+1)"."""
    offset = utc_offset(moment)
    city = zone.rsplit("/", 1)[-1].replace("_", " ")
    if "/" not in zone or zone.startswith("Etc/"):
        return offset
    return f"{say(language, 'meetup.zone', city=city)} ({offset})"


def utc_offset(moment: datetime) -> str:
    """`UTC+5:30` of an aware instant."""
    offset = moment.utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset is not None else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02d}" if rest else "")


def format_span(first: date, last: date, language: str) -> str:
    """Days from `first` to `last`, both included."""
    if first == last:
        return format_date(first, language, "weekday")
    return say(language, "dates.span", first=format_date(first, language), last=format_date(last, language))


# --- recurrence ---

_RULE_DAY = re.compile(r"^([+-]?\d+)?(MO|TU|WE|TH|FR|SA|SU)$")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_POSITIONS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_PERIODS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


def recurrence_text(rrule: str, repeats: str, language: str) -> str:
    """A rule in words: `FREQ=MONTHLY;BYDAY=1TH` is "Every month, on the first Thursday".

    What no words of ours fit (several BY parts, positions within a set) keeps the writer's own `repeats`.
    """
    parts = dict(part.split("=", 1) for part in rrule.split(";") if "=" in part)
    period = _PERIODS.get(parts.pop("FREQ", ""))
    interval = parts.pop("INTERVAL", "1")
    parts.pop("WKST", None)
    on = _rule_days(parts, language)
    if period is None or on is None or not interval.isdigit():
        return repeats
    every = say(language, f"recurrence.{period}", count=int(interval))
    return say(language, "recurrence.on", every=every, days=on) if on else every


def _rule_days(parts: Mapping[str, str], language: str) -> str | None:
    """The days of a rule in words, "" where it names none, None where our words do not reach."""
    if not parts:
        return ""
    if set(parts) == {"BYMONTHDAY"} and parts["BYMONTHDAY"].isdigit():
        return say(language, "recurrence.monthday", day=parts["BYMONTHDAY"])
    if set(parts) == {"BYMONTHDAY"} and parts["BYMONTHDAY"] == "-1":
        return say(language, "recurrence.last_day")
    if set(parts) != {"BYDAY"}:
        return None
    names = read_interface(language).dates["weekdays_on"]
    words = []
    for part in parts["BYDAY"].split(","):
        match = _RULE_DAY.match(part)
        if match is None:
            return None
        weekday = names[_WEEKDAYS.index(match[2])]
        if match[1] is None:
            words.append(say(language, "recurrence.weekday", weekday=weekday))
        elif int(match[1]) in _POSITIONS:
            position = _POSITIONS[int(match[1])]
            words.append(_positioned(position, _WEEKDAYS.index(match[2]), language))
        else:
            return None
    return join_words(words, language)


def _positioned(position: str, weekday: int, language: str) -> str:
    """ "the first Thursday", with the gender of the weekday where the language has one (`weekday_genders`)."""
    dates = read_interface(language).dates
    word = dates["positions"][position]
    ordinal = word if isinstance(word, str) else word[dates["weekday_genders"][weekday]]
    return say(language, "recurrence.positioned", position=ordinal, weekday=dates["weekdays_on"][weekday])
