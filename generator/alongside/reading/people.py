"""Members, their pages in other languages, and the challenges they share: files in, records out."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from alongside.model.people import Away, Challenge, Consent, Member, MemberPage
from alongside.problems import Position, Problem
from alongside.reading.bodies import check_words, read_body
from alongside.reading.fields import (
    Closed,
    Defaults,
    Field,
    Parser,
    Sheet,
    Table,
    choice,
    converted,
    list_of,
    mapping,
    read_fields,
    wrong_type,
)
from alongside.reading.files import Source, marks, read_list, read_markdown, read_text
from alongside.reading.languages import parse_language
from alongside.reading.places import PLACE
from alongside.reading.readings import Draft, Link, Reading
from alongside.reading.slugs import slug_fault
from alongside.reading.times import DATE, ZONE
from alongside.reading.values import EMAIL, LANGUAGE, LINE, LOCAL, OWN_SLUG, PERSON_NAME, URL, pairs, reference, whole
from alongside.source.front_matter import split_front_matter
from alongside.source.markdown import Section, sections
from alongside.source.yaml_nodes import Keys

CONTAINERS = ("page", "embed", "mail")


def _consent(sheet: Sheet, keys: Keys, value: dict[str, Any]) -> Consent | None:
    if value["until"] is not None and value["until"] < value["since"]:
        sheet.report(
            (*keys, "until"), "dates-reversed", "The consent ends before it starts.",
            f"`until` is the last day, on or after {value['since']}.",
        )  # fmt: skip
        return None
    return Consent(since=value["since"], until=value["until"], containers=frozenset(value["for"]))


def _away(sheet: Sheet, keys: Keys, value: dict[str, date]) -> Away | None:
    if value["to"] < value["from"]:
        sheet.report(
            (*keys, "to"), "dates-reversed", "The time away ends before it starts.",
            f"`to` is the last day away, on or after {value['from']}.",
        )  # fmt: skip
        return None
    return Away(first=value["from"], last=value["to"])


CONSENT = converted(
    mapping(
        Table(
            kind="consent",
            about="What the member agreed to. Without it they are never used.",
            fields=(
                Field(name="since", parser=DATE, required=True, about="The day they agreed."),
                Field(name="until", parser=DATE, about="The last day on which it holds; absent: no end."),
                Field(
                    name="for",
                    parser=list_of(choice(CONTAINERS)),
                    required=True,
                    about="Where they may be shown: page, embed, mail.",
                ),
            ),
        )
    ),
    _consent,
)
AWAY = converted(
    mapping(
        Table(
            kind="time away",
            about="Days on which the member takes nobody on, both included.",
            fields=(
                Field(name="from", parser=DATE, required=True, about="The first day away."),
                Field(name="to", parser=DATE, required=True, about="The last day away."),
            ),
        )
    ),
    _away,
)
CHALLENGES = Field(
    name="challenges",
    parser=list_of(reference("challenge")),
    default=(),
    about="Slugs from content/challenges.yml.",
)
TOPICS = Field(name="topics", parser=list_of(LINE), default=(), about="Free tags.")
ROLES = Field(name="roles", parser=list_of(LINE), default=(), about="What they do: technical writer, organiser, ...")
WAS = Field(
    name="was",
    parser=list_of(OWN_SLUG),
    default=(),
    about="Former slugs, after a rename: addresses, calendar entries and store rows stay.",
)
MEMBER = Table(
    kind="member",
    about="A person of the community: content/members/<slug>.md. Never with an e-mail address.",
    fields=(
        Field(name="name", parser=PERSON_NAME, required=True, about="The name people read."),
        Field(name="pronouns", parser=LINE, default="", about="she/her, they/them, ..."),
        Field(name="photo", parser=LINE, default="", about="An image beside the file; initials are shown otherwise."),
        Field(name="place", parser=PLACE, about='"City, Country", a country, or {label, lat, lon}.'),
        Field(name="timezone", parser=ZONE, about="IANA name; else that of the place, else the community's."),
        Field(
            name="languages",
            parser=list_of(LANGUAGE),
            default=(),
            about="Codes; the first is the one they write in; else the community's.",
        ),
        ROLES,
        CHALLENGES,
        TOPICS,
        Field(
            name="welcomes",
            parser=whole(0, 1000),
            default=0,
            about="Newcomers a week they take on; default 0.",
            closed=Closed(value=0, told="Until then nobody is sent to them."),
        ),
        Field(
            name="away",
            parser=AWAY,
            about="Days on which they take nobody on.",
            closed=Closed(value=Away(first=date.min, last=date.max), told="Until then they count as away."),
        ),
        Field(
            name="status",
            parser=choice(("active", "former", "memorial")),
            default="active",
            about="active (default), former or memorial.",
            closed=Closed(value="former", told="Until then they count as former."),
        ),
        Field(
            name="consent",
            parser=CONSENT,
            about="What they agreed to; absent: never used.",
            closed=Closed(value=None, told="Until then they are not shown."),
        ),
        Field(
            name="links",
            parser=pairs(URL, "a mapping of names to web addresses"),
            default=(),
            about="Other places to find them: name and web address.",
        ),
        WAS,
    ),
)
CHALLENGE = Table(
    kind="challenge",
    about="A problem people face.",
    fields=(
        Field(name="title", parser=LOCAL, required=True, about="What people read, in one or more languages."),
        Field(name="also", parser=list_of(LINE), default=(), about="Other names for it, unique in the file."),
    ),
)
BODY_EMAIL_HINT = (
    "Content is public, and addresses in it are harvested. Delete it; members' addresses are given to "
    "`alongside contacts import`, and notes reach them without showing it."
)


def read_member(source: Source, content: bytes) -> Reading:
    """`members/ana-souza.md`."""
    found = read_markdown(source, content, "member")
    if found is None:
        return Reading(problems=tuple(source.problems))
    sheet, parts = found
    fields, complete = read_fields(sheet, MEMBER, sheet.document.value)
    languages = tuple(fields["languages"])
    language = (languages or (source.defaults.language,))[0]
    page, links = _page(source, parts.body, parts.body_line, language)
    _check_addresses(source, parts.yaml or "", parts.first_line)
    _check_addresses(source, parts.body, parts.body_line)
    photo = _beside(source, sheet, fields["photo"])
    if not complete:
        if photo:
            at = sheet.position(("photo",))
            links += (Link(href=fields["photo"], target=photo, line=at.line, column=at.column),)
        return Reading(references=tuple(sheet.references), links=links, problems=tuple(source.problems))
    place = fields["place"]
    zone = fields["timezone"] or (place.zone if place is not None else None) or source.defaults.timezone
    member = Member(
        slug=source.slug,
        name=fields["name"],
        pronouns=fields["pronouns"],
        photo=photo,
        place=place,
        timezone=zone,
        languages=languages or (source.defaults.language,),
        roles=fields["roles"],
        challenges=fields["challenges"],
        topics=fields["topics"],
        welcomes=fields["welcomes"],
        away=fields["away"],
        status=fields["status"],
        consent=fields["consent"],
        links=fields["links"],
        pages={language: page},
        was=fields["was"],
        position=Position(source.path),
    )
    draft = Draft(
        record=member,
        references=tuple(sheet.references),
        marks=marks(sheet, "photo", "consent", "name", "was", "welcomes"),
    )
    return Reading(drafts=(draft,), links=links, problems=tuple(source.problems))


def _beside(source: Source, sheet: Sheet, name: str) -> str:
    """The path below docs_dir of a file that a record names; empty where it names none or leaves docs_dir."""
    from alongside.model.links import docs_target

    if not name:
        return ""
    target = docs_target(source.docs_path, name)
    if target is None:
        sheet.report(
            ("photo",), "bad-path", f'"{name[:60]}" is no file below the content folder.',
            "Put the image beside the member's file and write its name: photo.jpg",
        )  # fmt: skip
        return ""
    return target


def read_member_page(source: Source, content: bytes, language: str) -> Reading:
    """`members/ana-souza.pt.md`: a member's words in another language, body only."""
    text = read_text(source, content)
    if text is None:
        return Reading(problems=tuple(source.problems))
    parts = split_front_matter(text, source.path)
    if isinstance(parts, Problem):
        source.report(parts)
        return Reading(problems=tuple(source.problems))
    if parts.yaml is not None and parts.yaml.strip():
        source.report(
            Problem(
                position=Position(source.path), code="front-matter-unread", severity="warning",
                message="A person's page in another language has no front matter; this one is not read.",
                hint="Keep the keys in the member's own file, and only the text here.",
            )
        )  # fmt: skip
    page, links = _page(source, parts.body, parts.body_line, language)
    _check_addresses(source, parts.body, parts.body_line)
    return Reading(drafts=(Draft(record=page),), links=links, problems=tuple(source.problems))


def _page(source: Source, body: str, line: int, language: str) -> tuple[MemberPage, tuple[Link, ...]]:
    """Bio, welcome and check-in of a member's text, and its links."""
    links = read_body(source, body, line)
    found: dict[str, Section] = {}
    for section in sections(body, ("welcome", "check-in")):
        if section.name in found:
            source.report(
                Problem(
                    position=Position(source.path, line + section.line - 1), code="repeated-section",
                    message=f'The heading "{section.title}" stands here a second time.',
                    hint="Keep one; a heading inside it starts with ###.",
                )
            )  # fmt: skip
            continue
        found[section.name] = section
    for name in ("welcome", "check-in"):
        if name in found:
            check_words(source, found[name], line, language)
    bio = found.get("")
    return (
        MemberPage(
            language=language,
            bio=bio.text if bio else "",
            welcome=found["welcome"].text if "welcome" in found else "",
            check_in=found["check-in"].text if "check-in" in found else "",
            position=Position(source.path, line),
        ),
        links,
    )


def _check_addresses(source: Source, text: str, first_line: int) -> None:
    from alongside.source.decoding import position_at

    if "@" not in text:
        return
    told = {
        problem.position.line for problem in source.problems if problem.code in ("unknown-key", "bad-url", "name-at")
    }
    for match in EMAIL.finditer(text):
        before = text[max(0, match.start() - 300) : match.start()]
        position = position_at(text, match.start(), source.path, first_line=first_line)
        if re.search(r"https?://\S*$", before) or position.line in told:
            continue
        source.report(
            Problem(
                position=position,
                code="address-in-content",
                message="An e-mail address stands in a member's file.",
                hint=BODY_EMAIL_HINT,
                severity="warning",
            )
        )


def read_challenges(source: Source, content: bytes) -> Reading:
    """`challenges.yml`: a mapping of slugs to challenges, in authored order."""
    document = read_list(source, content, "challenge")
    if document is None:
        return Reading(problems=tuple(source.problems))
    sheet = source.sheet(document)
    if not isinstance(document.value, dict):
        wrong_type(sheet, (), document.value, "a mapping of slugs to challenges")
        return Reading(problems=tuple(source.problems))
    drafts: list[Draft] = []
    taken: dict[str, str] = {}
    for slug, value in document.value.items():
        fault, proposal = slug_fault(slug)
        if fault:
            sheet.report(
                (slug,), "bad-slug", f'"{slug[:60]}" cannot be a slug: {fault}.', f"Write {proposal}:", key=True
            )
            continue
        fields, complete = read_fields(sheet, CHALLENGE, value if value is not None else {}, (slug,))
        also = _aliases(sheet, slug, fields["also"], taken)
        if not complete:
            continue
        challenge = Challenge(slug=slug, title=fields["title"], also=also, position=sheet.position((slug,), key=True))
        drafts.append(Draft(record=challenge))
    _check_alias_slugs(sheet, drafts)
    return Reading(drafts=tuple(drafts), problems=tuple(source.problems))


def _aliases(sheet: Sheet, slug: str, also: tuple[str, ...], taken: dict[str, str]) -> tuple[str, ...]:
    kept = []
    authored = sheet.document.value[slug]["also"] if also else None  # type: ignore[index,call-overload]
    for alias in also:
        owner = taken.setdefault(alias.casefold(), slug)
        if owner == slug:
            kept.append(alias)
            continue
        keys: Keys = (slug, "also")
        if isinstance(authored, list):
            index = next((n for n, item in enumerate(authored) if str(item).strip() == alias), 0)
            keys = (slug, "also", index)
        sheet.report(
            keys, "repeated-alias", f'The alias "{alias}" already belongs to "{owner}".',
            "An alias names one challenge; keep it at one of them.",
        )  # fmt: skip
    return tuple(dict.fromkeys(kept))


def _check_alias_slugs(sheet: Sheet, drafts: list[Draft]) -> None:
    slugs = {draft.record.slug for draft in drafts if isinstance(draft.record, Challenge)}
    for draft in drafts:
        if isinstance(draft.record, Challenge):
            for alias in draft.record.also:
                if alias.casefold() in slugs - {draft.record.slug}:
                    sheet.report(
                        (draft.record.slug, "also"), "repeated-alias",
                        f'The alias "{alias}" is the slug of another challenge.', "Delete the alias.", find=alias,
                    )  # fmt: skip


CHALLENGES_FILE = Parser(
    read=lambda _sheet, _keys, value: value,
    schema={"type": "object", "additionalProperties": CHALLENGE.schema},
)


def language_of(stem: str) -> tuple[str, str] | None:
    """(`ana-souza`, `pt`) of `ana-souza.pt`; None where the last part is no language code."""
    base, point, code = stem.rpartition(".")
    language = parse_language(code) if point and base else None
    return (base, language) if language is not None else None


def defaults_key(defaults: Defaults) -> tuple[str, ...]:
    """What of the defaults a reading depends on."""
    return (defaults.language, defaults.timezone, *defaults.teams)
