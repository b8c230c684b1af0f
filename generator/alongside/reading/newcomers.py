"""Newcomers as a team hands them over: one profile in YAML, many in CSV, or JSON from the host product.

They never stand in `content/`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.model.places import Place
from alongside.problems import Problem, did_you_mean, mask_addresses
from alongside.reading.fields import Defaults, Field, Parser, Sheet, Table, choice, list_of, read_table
from alongside.reading.files import Source, read_list
from alongside.reading.places import find_place, point_place
from alongside.reading.tables import read_rows
from alongside.reading.times import ZONE
from alongside.reading.values import LANGUAGE, LATITUDE, LINE, LONGITUDE, PROSE, read_line, scalar
from alongside.settings import Settings
from alongside.source.decoding import read_bytes
from alongside.source.json_values import Posted
from alongside.source.yaml_nodes import Keys, Plain

# RFC 5321 limits; quoted local parts and address literals exist on paper only.
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")


# Whoever fills a sign-up form chooses the name and the address; neither may make us send their advertisement.
LONGEST_NAME = 100  # characters
LONGEST_TEXT = 2_000
LONGEST_ID = 200
MOST_ITEMS = 50  # of a list, where a program fills it
_NO_NAME = re.compile(r"://|\bwww\.|@", re.IGNORECASE)


def parse_address(text: str) -> str | None:
    """An e-mail address, or None where it is none."""
    text = text.strip()
    if len(text) > 254 or not _ADDRESS.fullmatch(text) or ".." in text or text.startswith(".") or ".@" in text:
        return None
    return text


def _read_address(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value, "an e-mail address (a text)")
    if text is None:
        return None
    address = parse_address(text)
    if address is None:
        sheet.report(
            keys,
            "bad-address",
            f'"{mask_addresses(text.strip()[:60])}" is no e-mail address.',
            "Write one address: name@example.org",
        )
    return address


ADDRESS = Parser(read=_read_address, schema={"type": "string", "format": "email"})


def _read_place(sheet: Sheet, keys: Keys, value: Plain) -> Place | None:
    """A newcomer is not asked twice: what is ambiguous or unknown becomes its country, or nothing, with a warning."""
    text = read_line(sheet, keys, value)
    if text is None:
        return None
    place, candidates, _ = find_place(text)
    if place is not None:
        return place
    wide = _widest(text, candidates)
    reading = f"It is read as {wide.name}." if wide is not None else "It is not used."
    sheet.report(
        keys,
        "ambiguous-place" if candidates else "unknown-place",
        f'There are several places called "{text[:60]}".' if candidates else f'No place called "{text[:60]}" is known.',
        f"{reading} It would be one of: {'; '.join(candidates)}." if candidates else reading,
        severity="warning",
    )
    return wide


def _widest(text: str, candidates: tuple[str, ...]) -> Place | None:
    """The country that all readings share."""
    endings = {label.rsplit(",", 1)[-1].strip() for label in candidates} or {text.rsplit(",", 1)[-1].strip()}
    if len(endings) != 1:
        return None
    place = find_place(endings.pop())[0]
    return place if place is not None and not place.precise else None


_WORDS = list_of(LINE)
PROFILE = Table(
    kind="newcomer",
    about="A newcomer's profile. Only `email` is needed to enroll, nothing to match.",
    fields=(
        Field(name="email", parser=ADDRESS, default="", about="Where mail goes."),
        Field(name="name", parser=LINE, default="", about="What to call them."),
        Field(name="id", parser=LINE, default="", about="Their id in the product; never shown."),
        Field(name="met", parser=LINE, default="", about="The slug of the member or story the embed showed them."),
        Field(
            name="place",
            parser=Parser(read=_read_place, schema={"type": "string"}),
            about='"City, Country" or a country.',
        ),
        Field(name="lat", parser=LATITUDE, about="Degrees north, with `lon`, instead of a place."),
        Field(name="lon", parser=LONGITUDE, about="Degrees east."),
        Field(name="timezone", parser=ZONE, default="", about="IANA name; else the place's."),
        Field(name="languages", parser=list_of(LANGUAGE), default=(), about="Codes, the one they like best first."),
        Field(name="roles", parser=_WORDS, default=(), about="What they do."),
        Field(name="challenges", parser=_WORDS, default=(), about="Slugs, aliases or titles of challenges."),
        Field(name="topics", parser=_WORDS, default=(), about="Free tags."),
        Field(name="text", parser=PROSE, default="", about="Their own words."),
        Field(
            name="basis",
            parser=choice(("consent", "contract", "legitimate interest")),
            about="On what ground mail is sent: consent, contract or legitimate interest.",
        ),
    ),
)
_LISTS = ("languages", "roles", "challenges", "topics")


@dataclass(slots=True)
class _Words:
    """Names of challenges without case, of one community."""

    slugs: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, community: Community) -> _Words:
        found: dict[str, str] = {}
        for slug, challenge in community.challenges.items():
            titles = [text for _, text in challenge.title.versions]
            for name in (slug, *challenge.also, *titles):
                found.setdefault(" ".join(name.casefold().split()), slug)
        return cls(found)


def read_profile(path: Path, community: Community, settings: Settings) -> tuple[Newcomer | None, list[Problem]]:
    """One newcomer from a YAML file, and what is wrong with it; None where it cannot be read."""
    source = Source(path=str(path), docs_path=path.name, defaults=_defaults(settings))
    content = read_bytes(path, str(path))
    if isinstance(content, Problem):
        return None, [content]
    document = read_list(source, content, "newcomer's profile")
    if document is None:
        problems = source.problems
        return (
            (Newcomer(), problems) if all(problem.severity == "warning" for problem in problems) else (None, problems)
        )
    sheet = source.sheet(document)
    fields = read_table(sheet, PROFILE, document.value)
    newcomer = _newcomer(sheet, fields, community, _Words.of(community)) if fields is not None else None
    return newcomer, source.problems


def read_newcomers(path: Path, community: Community, settings: Settings) -> tuple[tuple[Newcomer, ...], list[Problem]]:
    """Newcomers of a CSV file with a header; lists in a cell are parted by `;`. A row needs an address."""
    names = tuple(PROFILE.by_name)
    rows, problems = read_rows(path, str(path), names, needed=("email",), lists=_LISTS)
    words, found = _Words.of(community), dict[str, Newcomer]()
    for row in rows:
        sheet = Sheet(path=str(path), document=row, defaults=_defaults(settings), problems=problems)
        assert isinstance(row.value, dict)
        wanted = row.value.get("email") is not None
        if not wanted:
            sheet.report((), "missing-key", "This row has no address and is left out.", 'Fill the column "email".')
        fields = read_table(sheet, PROFILE, row.value)
        if fields is None or not fields["email"]:
            continue
        newcomer = _newcomer(sheet, fields, community, words)
        if found.setdefault(newcomer.email.casefold(), newcomer) is not newcomer:
            sheet.report(
                ("email",), "repeated-address", "This address stands in an earlier row; this row is left out.",
                "Keep one row for each person.", severity="warning",
            )  # fmt: skip
    return tuple(found.values()), problems


def read_profiles(path: Path, community: Community, settings: Settings) -> tuple[tuple[Newcomer, ...], list[Problem]]:
    """Newcomers of a CSV file as they are counted: no address is needed, and neither who they are nor a text is kept.

    What they call a challenge and no challenge is called stays among their challenges, without case.
    """
    rows, problems = read_rows(path, str(path), tuple(PROFILE.by_name), lists=_LISTS)
    words, found, addresses = _Words.of(community), list[Newcomer](), set[str]()
    for row in rows:
        sheet = Sheet(path=str(path), document=row, defaults=_defaults(settings), problems=problems)
        fields = read_table(sheet, PROFILE, row.value)
        if fields is None or fields["email"].casefold() in addresses:
            continue
        if fields["email"]:
            addresses.add(fields["email"].casefold())
        named = [" ".join(name.casefold().split()) for name in fields["challenges"]]
        newcomer = _newcomer(sheet, fields, community, words)
        challenges = (*newcomer.challenges, *(name for name in named if name not in words.slugs))
        found.append(replace(newcomer, email="", name="", id="", met="", text="", challenges=challenges))
    return tuple(found), [problem for problem in problems if problem.code not in ("unknown-challenge", "unknown-met")]


class ProfileReader:
    """Reads profiles that come one by one, each for the same community."""

    def __init__(self, community: Community, settings: Settings) -> None:
        self._community = community
        self._words = _Words.of(community)
        self._defaults = _defaults(settings)

    def read(self, posted: Posted) -> tuple[Newcomer | None, list[Problem]]:
        """The newcomer of a profile in JSON, and what is wrong with it; None where it is no profile, or of nobody."""
        problems: list[Problem] = []
        sheet = Sheet(path=posted.pointer, document=posted, defaults=self._defaults, problems=problems)
        fields = read_table(sheet, PROFILE, _bounded(sheet, posted.value))
        if fields is None:
            return None, problems
        newcomer = _newcomer(sheet, fields, self._community, self._words)
        if not newcomer.email and not any(problem.code == "bad-address" for problem in problems):
            sheet.report((), "missing-key", "There is no address, so nobody can be enrolled.", 'Send "email".')
        return newcomer if newcomer.email else None, problems


def _bounded(sheet: Sheet, value: Plain) -> Plain:
    """The profile with no more items in a list than anybody would choose: each may be looked for among all words."""
    if not isinstance(value, dict):
        return value
    bounded = value
    for name in _LISTS:
        items = value.get(name)
        if isinstance(items, list) and len(items) > MOST_ITEMS:
            sheet.report(
                (name,),
                "long-list",
                f"{name} has {len(items)} items; those after the first {MOST_ITEMS} are not read.",
                "Send those that say most of them.",
                severity="warning",
            )
            bounded = {**bounded, name: items[:MOST_ITEMS]}
    return bounded


def _defaults(settings: Settings) -> Defaults:
    return Defaults(language=settings.language, timezone=settings.timezone)


def _newcomer(sheet: Sheet, fields: dict[str, Any], community: Community, words: _Words) -> Newcomer:
    lat, lon = fields.pop("lat"), fields.pop("lon")
    place: Place | None = fields["place"]
    if lat is not None and lon is not None:
        at = point_place(place.label if place is not None else "", lat, lon)
        fields["place"] = at if at.label else point_place(at.name, lat, lon)
    elif lat is not None or lon is not None:
        sheet.report(
            ("lat",) if lat is not None else ("lon",), "half-a-point", "A point needs both `lat` and `lon`.",
            "Add the other one.", severity="warning",
        )  # fmt: skip
    fields["name"] = _name(sheet, fields["name"])
    fields["text"] = shortened(fields["text"], LONGEST_TEXT)
    fields["id"] = _id(sheet, fields["id"])
    fields["challenges"] = _challenges(sheet, fields["challenges"], words)
    met = fields["met"]
    if (
        met
        and community.resolve_member(met) not in community.members
        and community.resolve_story(met) not in community.stories
    ):
        sheet.report(
            ("met",), "unknown-met", f'There is no member or story "{met[:60]}".',
            did_you_mean(met[:60], [*community.members, *community.stories]), severity="warning",
        )  # fmt: skip
    return Newcomer(**fields)


def _name(sheet: Sheet, name: str) -> str:
    """A name as mails may greet with; nothing instead of one that would carry an address or a message to anybody."""
    if _NO_NAME.search(unicodedata.normalize("NFKC", name)):
        sheet.report(
            ("name",), "name-address", "This name holds a web or e-mail address, so it is not used.",
            "Write what to call them; without a name, mails greet without one.", severity="warning",
        )  # fmt: skip
        return ""
    short = shortened(name, LONGEST_NAME)
    if short != name:
        sheet.report(
            ("name",), "long-name", f"This name is longer than {LONGEST_NAME} characters and is cut.",
            "Write what to call them.", severity="warning",
        )  # fmt: skip
    return short


def _id(sheet: Sheet, given: str) -> str:
    """An id that an index can hold; a part of one could be somebody else's."""
    if len(given) <= LONGEST_ID:
        return given
    sheet.report(
        ("id",), "long-id", f"This id is longer than {LONGEST_ID} characters and is not used.",
        "Send a shorter one, a hash of it perhaps.", severity="warning",
    )  # fmt: skip
    return ""


def shortened(text: str, most: int) -> str:
    """`text`, cut at the last word that `most` characters hold."""
    if len(text) <= most:
        return text
    words = text[: most + 1].rsplit(maxsplit=1)
    return words[0].rstrip() if len(words) == 2 else text[:most]


def _challenges(sheet: Sheet, names: tuple[str, ...], words: _Words) -> tuple[str, ...]:
    found = []
    for name in names:
        slug = words.slugs.get(" ".join(name.casefold().split()))
        if slug is not None:
            found.append(slug)
            continue
        near = did_you_mean(name[:60], words.slugs)
        sheet.report(
            ("challenges",), "unknown-challenge", f'There is no challenge "{name[:60]}".',
            f"{near} Without a match it is not used.".strip(), severity="warning", find=name,
        )  # fmt: skip
    return tuple(dict.fromkeys(found))
