"""Rules between files: one `check_*` function each, problems out."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.group_facts import GroupFacts
from alongside.model.journeys import STOP, Moment
from alongside.model.people import Challenge, Member, MemberPage
from alongside.model.stories import Story
from alongside.problems import Position, Problem, did_you_mean, slip
from alongside.reading.fields import Reference
from alongside.reading.folders import FoundFile
from alongside.reading.nearest_names import NameIndex
from alongside.reading.readings import Draft, Reading
from alongside.reading.settings_file import relative
from alongside.reading.slugs import slugify
from alongside.reading.times import clock_gap
from alongside.settings import Settings

Readings = Mapping[str, tuple[FoundFile, Reading]]
OLD_YEARS = 3
OLD_STORY = "old-story"  # the code of what is told of one
EXPIRES_SOON = timedelta(days=14)
SURE = 0.75  # how like a file's name has to be to be proposed
MAX_HINTS = 1000  # names looked for; a community with more unknown ones has another problem
FOLDERS = {"member": "members", "story": "stories", "group": "groups"}
WHERE = {
    "member": "Members stand in content/members.",
    "story": "Stories stand in content/stories.",
    "group": "Groups stand in content/groups.",
    "challenge": "Challenges stand in content/challenges.yml.",
}
_SITE = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,12}(?:[/?#]|$)")
_FILE = re.compile(
    r"\.(?:md|html?|png|jpe?g|gif|svg|webp|avif|pdf|mp[34]|vtt|srt|ics|csv|ya?ml|json|txt|zip)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """All drafts by slug, sorted; challenges as authored."""

    challenges: dict[str, Draft] = field(default_factory=dict)
    members: dict[str, Draft] = field(default_factory=dict)
    stories: dict[str, Draft] = field(default_factory=dict)
    groups: dict[str, Draft] = field(default_factory=dict)
    meetups: dict[str, Draft] = field(default_factory=dict)
    left_out: tuple[Draft, ...] = ()  # those whose slug is taken

    @classmethod
    def collect(cls, readings: Readings, problems: list[Problem]) -> Drafts:
        """Drafts of all files; where two have one slug the first stays and the other is a problem.

        A date of a list that has the title of another is kept under a name with its day: nobody should miss a
        meetup because of a name.
        """
        by_kind: dict[type, dict[str, Draft]] = {kind: {} for kind in (Challenge, Member, Story, Group, Meetup)}
        left_out: list[Draft] = []
        for _, reading in readings.values():
            for draft in reading.drafts:
                record = draft.record
                if isinstance(record, MemberPage):
                    continue
                taken = by_kind[type(record)].setdefault(record.slug, draft)
                if taken is not draft:
                    spare = dated_slug(record) if isinstance(record, Meetup) else record.slug
                    is_free = spare not in by_kind[type(record)]
                    problems.append(slug_collision(draft, taken, spare if is_free else ""))
                    if not is_free:
                        left_out.append(draft)
                    else:
                        by_kind[Meetup][spare] = replace(draft, record=replace(record, slug=spare))
        return cls(
            challenges=by_kind[Challenge],
            members=dict(sorted(by_kind[Member].items())),
            stories=dict(sorted(by_kind[Story].items())),
            groups=dict(sorted(by_kind[Group].items())),
            meetups=dict(sorted(by_kind[Meetup].items())),
            left_out=tuple(left_out),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that references may use."""

    member: frozenset[str]
    story: frozenset[str]
    group: frozenset[str]
    challenge: frozenset[str]
    aliases: Mapping[str, str]  # folded alias or title of a challenge -> its slug
    readings: Readings = field(default_factory=dict)  # also of records that are left out
    hints: dict[tuple[str, str], str] = field(default_factory=dict)  # nearest names found so far
    indexes: dict[str, NameIndex] = field(default_factory=dict)
    former: dict[str, dict[str, set[str]]] = field(default_factory=dict)  # by kind: old slug -> who was called that

    def meant(self, kind: str, name: str) -> str:
        """The record that a name which is no slug certainly means: an alias, `was:`, another spelling; or empty."""
        if kind == "challenge":
            return self.aliases.get(name.casefold()) or slip(name, self.challenge) or ""
        if not self.former:
            self._collect_former()
        owners = self.former.get(kind, {}).get(name, set())
        if owners:
            return next(iter(owners)) if len(owners) == 1 else ""
        slug = slugify(name)  # names of people and groups differ by a letter: there, a slip is nothing to be sure of
        return slug if slug in self.of(kind) else ""

    def _collect_former(self) -> None:
        for kind in FOLDERS:
            self.former[kind] = {}
        for _, reading in self.readings.values():
            for draft in reading.drafts:
                if isinstance(draft.record, Member | Story | Group):
                    owners = self.former[type(draft.record).__name__.casefold()]
                    for old in draft.record.was:
                        owners.setdefault(old, set()).add(draft.record.slug)

    def hint(self, kind: str, name: str) -> str:
        """`Did you mean "..."?`, looked for once a name and for at most 1,000 names."""
        if (kind, name) not in self.hints:
            if len(self.hints) >= MAX_HINTS:
                return ""
            if kind not in self.indexes:
                self.indexes[kind] = NameIndex.of(self.of(kind))
            near = self.indexes[kind].nearest(name)
            self.hints[kind, name] = f'Did you mean "{near}"?' if near is not None else ""
        return self.hints[kind, name]

    def of(self, kind: str) -> frozenset[str]:
        """The names of one kind."""
        names: frozenset[str] = getattr(self, kind)
        return names


def aliases(challenges: Mapping[str, Draft]) -> dict[str, str]:
    """Every other name of a challenge, without case, to its slug; a name that several have means none of them."""
    found: dict[str, set[str]] = {}
    for slug, draft in challenges.items():
        assert isinstance(draft.record, Challenge)
        for name in (*draft.record.also, *(text for _, text in draft.record.title.versions)):
            found.setdefault(name.casefold(), set()).add(slug)
    return {name: next(iter(slugs)) for name, slugs in found.items() if len(slugs) == 1}


def slug_collision(draft: Draft, taken: Draft, spare: str = "") -> Problem:
    """Two records that would share an address; `spare` is the name of the second until it is given one."""
    record = draft.record
    assert not isinstance(record, MemberPage)
    return Problem(
        position=draft.record.position,
        code="slug-collision",
        message=f'The slug "{record.slug}" is taken by {taken.record.position}.',
        hint=_other_slug(record),
        proposal="" if record.position.path.endswith(".md") else spare,
    )


def dated_slug(meetup: Meetup) -> str:
    """The slug of a meetup whose own is taken: with its first day."""
    day = meetup.starts.date() if isinstance(meetup.starts, datetime) else meetup.starts
    return f"{meetup.slug}-{day}"


def _other_slug(record: Member | Story | Group | Meetup | Challenge) -> str:
    if isinstance(record, Meetup):
        spare = dated_slug(record)
        return f"Give this one a name of its own: in a list `slug: {spare}` (its name until then), else rename it."
    return "Rename one of the two files."


def unknown_reference(item: Reference, path: str, known: Known) -> Problem:
    """A word for a record that there is not, or that is left out."""
    at = Position(path, item.line, item.column)
    there = known.readings.get(f"{FOLDERS.get(item.kind)}/{item.name}.md")
    if there is not None and there[0].kind == item.kind:
        message = f'The {item.kind} "{item.name[:80]}" is left out.'
        hint = "Mend it first; its own problem is told there."
        return Problem(position=at, code=f"unknown-{item.kind}", message=message, hint=hint)
    meant = known.meant(item.kind, item.name)
    hint = f'Did you mean "{meant}"?' if meant else known.hint(item.kind, item.name)
    return Problem(
        position=at,
        code=f"unknown-{item.kind}",
        message=f'There is no {item.kind} "{item.name[:80]}".',
        hint=f"{hint} {WHERE[item.kind]}".strip(),
        proposal=meant,
    )


def has_broken_challenges(readings: Readings) -> bool:
    """True when the file of challenges has errors: whether one exists cannot be told then."""
    return any(
        file.kind == "challenges" and any(problem.severity == "error" for problem in reading.problems)
        for file, reading in readings.values()
    )


def check_left_out(drafts: Drafts, readings: Readings, known: Known) -> Iterator[Problem]:
    """References of records that are left out, so that all that is wrong with them is told in one run."""
    lost = [(file.path, reading.references) for file, reading in readings.values() if reading.references]
    lost += [(draft.record.position.path, draft.references) for draft in drafts.left_out]
    for path, references in lost:
        for item in references:
            if item.name not in known.of(item.kind):
                yield unknown_reference(item, path, known)


def story_without_teller(draft: Draft) -> Problem:
    """A story is somebody's; without a teller it is left out."""
    return Problem(
        position=draft.mark("members"),
        code="no-teller",
        message="Nobody known tells this story, so it is left out.",
        hint="Name at least one member in `members: [...]` by the name of their file.",
    )


def page_of_nobody(file: FoundFile, slug: str, members: Mapping[str, Member]) -> Problem:
    """`anna.pt.md` without `anna.md`."""
    near = did_you_mean(slug, sorted(members))
    return Problem(
        position=Position(file.path),
        code="translation-of-nothing",
        message=f'This is named as a page of the member "{slug}", whom there is not.',
        hint=near or f"Write members/{slug}.md, or rename this file.",
    )


def page_in_own_language(page: MemberPage, owner: Member) -> Problem:
    """`ana.pt.md` where Ana's own page is Portuguese."""
    return Problem(
        position=Position(page.position.path),
        code="translation-same-language",
        message=f'{owner.name}\'s own page is in "{page.language}" already.',
        hint="The first of `languages` is the one their own file is written in.",
    )


def check_all(
    community: Community,
    drafts: Drafts,
    readings: Readings,
    settings: Settings,
    *,
    today: date,
) -> Iterator[Problem]:
    """Every rule between files that needs no record to be changed."""
    yield from check_former_slugs(drafts)
    yield from check_uids(drafts)
    yield from check_story_ages(community, drafts, today=today)
    yield from check_consents(community, drafts, today=today)
    yield from check_chats(community, today=today)
    yield from check_clock_changes(community, drafts)
    yield from check_page_paths(community, settings)
    yield from check_photos(community, drafts)
    yield from check_links(community, readings, today=today)
    yield from check_events(community)
    yield from check_moment_tags(community, readings)


def _by_kind(drafts: Drafts) -> Iterator[tuple[str, dict[str, Draft]]]:
    for kind in ("members", "stories", "groups", "meetups"):
        yield kind, getattr(drafts, kind)


def check_former_slugs(drafts: Drafts) -> Iterator[Problem]:
    """`was:` must name no record that is there, and each former slug belongs to one record."""
    for _, found in _by_kind(drafts):
        owners: dict[str, str] = {}
        for slug, draft in found.items():
            record = draft.record
            assert not isinstance(record, MemberPage | Challenge)
            for old in record.was:
                taken = found[old].record.position.path if old in found else None
                if taken is None and owners.setdefault(old, slug) != slug:
                    taken = found[owners[old]].record.position.path
                if taken is not None:
                    yield Problem(
                        position=draft.mark("was"),
                        code="slug-collision",
                        message=f'The former slug "{old}" belongs to {taken}.',
                        hint="`was` names addresses that nothing else has now; delete it.",
                    )


def check_uids(drafts: Drafts) -> Iterator[Problem]:
    """A UID belongs to one meetup: calendar apps show one event of two that share it."""
    owners: dict[str, Draft] = {}
    for draft in drafts.meetups.values():
        assert isinstance(draft.record, Meetup)
        if not draft.record.uid:
            continue
        owner = owners.setdefault(draft.record.uid, draft)
        if owner is not draft:
            yield Problem(
                position=draft.mark("uid"),
                code="uid-collision",
                message=f"The UID is that of {owner.record.position}, and calendar apps would show one of the two.",
                hint="Delete `uid:` in the one that was copied; feeds then make one of its name.",
            )


def check_translation(story: Story, stories: Mapping[str, Story], draft: Draft) -> Problem | None:
    """A translation has an original that is none itself, in another language."""
    proposal = ""
    original = stories.get(story.translation_of)
    if original is None:
        message, hint = (
            f'The original "{story.translation_of}" is left out.',
            "Mend it first; its own problem is told there.",
        )
    elif original is story:
        message, hint = (
            "A story cannot be a translation of itself.",
            "Write the slug of the original, or delete the key.",
        )
    elif original.translation_of:
        message = f'"{original.slug}" is a translation itself.'
        hint = f"Write the first original: {original.translation_of}"
        proposal = original.translation_of
    elif original.language == story.language:
        message = f'The original is in "{story.language}" too.'
        hint = "Correct `language` in one of the two, or delete `translation_of`."
    else:
        return None
    return Problem(
        position=draft.mark("translation_of"), code="bad-translation", message=message, hint=hint, proposal=proposal
    )


def check_story_ages(community: Community, drafts: Drafts, *, today: date) -> Iterator[Problem]:
    """A story of more than three years ago may say what is no longer so."""
    limit = years_before(today, OLD_YEARS)
    for slug, story in community.stories.items():
        if story.date < limit and story.status == "published":
            yield Problem(
                position=drafts.stories[slug].mark("date"),
                code=OLD_STORY,
                message=f"This story is older than {OLD_YEARS} years.",
                hint="Ask its teller whether it is still so; an update or a new story may be due.",
                severity="warning",
            )
        elif story.date > today + timedelta(days=366):
            yield Problem(
                position=drafts.stories[slug].mark("date"),
                code="future-date",
                message="This story is dated more than a year ahead.",
                hint="Check the year.",
                severity="warning",
            )


def years_before(day: date, years: int) -> date:
    """The same day some years earlier; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def check_consents(community: Community, drafts: Drafts, *, today: date) -> Iterator[Problem]:
    """A consent that is over, ends soon or is missing where somebody takes newcomers on."""
    for slug, member in community.members.items():
        consent = member.consent
        if consent is None:
            told = any(mark.name == "consent" for mark in drafts.members[slug].marks)  # it cannot be read
            if member.welcomes and not told:
                yield Problem(
                    position=drafts.members[slug].mark("welcomes"),
                    code="welcomes-without-consent",
                    message=f"{member.name} takes newcomers on and has given no consent, so nobody is sent to them.",
                    hint="Ask them, then add consent: {since: ..., until: ..., for: [page, embed, mail]}",
                    severity="warning",
                )
            continue
        if consent.until is None or member.status != "active" or consent.until > today + timedelta(days=30):
            continue
        over = consent.until < today
        yield Problem(
            position=drafts.members[slug].mark("consent"),
            code="consent-over" if over else "consent-ends",
            message=f"The consent of {member.name} {'ended' if over else 'ends'} on {consent.until}.",
            hint="Ask them again; without it they are not used any more.",
            severity="warning",
        )


def check_chats(community: Community, *, today: date) -> Iterator[Problem]:
    """An invitation that works no more, or soon will not."""
    for group in community.groups.values():
        for chat in group.chat:
            if chat.expires is None or chat.expires > today + EXPIRES_SOON or group.status == "retired":
                continue
            over = chat.expires < today
            yield Problem(
                position=chat.position or group.position,
                code="chat-expired" if over else "chat-expires",
                message=f"The {chat.platform} invitation ended on {chat.expires}; it is not shown."
                if over
                else f"The {chat.platform} invitation ends on {chat.expires}.",
                hint="Make a new invitation.",
                severity="warning",
            )


def check_dead_chats(community: Community, facts: Mapping[str, GroupFacts], *, today: date) -> Iterator[Problem]:
    """An invitation that led nowhere, or that its platform said will end soon, when `alongside refresh` last asked."""
    for slug, known in facts.items():
        group = community.groups[slug]
        for chat in group.chat:
            link = known.link(chat.url)
            if link is None or link.until < today or group.status == "retired":
                continue
            soon = link.expires is not None and link.expires <= today + EXPIRES_SOON
            if link.state == "dead":
                code, message = (
                    "chat-dead",
                    f"The {chat.platform} invitation led nowhere on {link.read}; it is not shown.",
                )
            elif soon and chat.expires is None:
                code, message = (
                    "chat-expires",
                    f"The {chat.platform} invitation ends on {link.expires}, says its platform.",
                )
            else:
                continue
            yield Problem(
                position=chat.position or group.position,
                code=code,
                message=message,
                hint="Make a new invitation, if you can one that does not end.",
                severity="warning",
            )


def check_clock_changes(community: Community, drafts: Drafts) -> Iterator[Problem]:
    """A start that no clock shows, because clocks are put forward at that hour."""
    for slug, meetup in community.meetups.items():
        if not isinstance(meetup.starts, datetime):
            continue
        shown = clock_gap(meetup.starts, meetup.timezone)
        if shown is not None:
            yield _gap(drafts.meetups[slug].mark("starts"), meetup.starts, shown, meetup.timezone)
        for change in meetup.changes.values():
            moved = clock_gap(change.starts, meetup.timezone) if isinstance(change.starts, datetime) else None
            if moved is not None and isinstance(change.starts, datetime):
                yield _gap(change.position, change.starts, moved, meetup.timezone)


def _gap(position: Position, starts: datetime, shown: datetime, zone: str) -> Problem:
    return Problem(
        position=position,
        code="clock-change",
        message=f"On that night clocks in {zone} are put forward, and {starts:%H:%M} is left out.",
        hint=f"Write {shown:%Y-%m-%d %H:%M}, or check the zone.",
        severity="warning",
    )


def check_page_paths(community: Community, settings: Settings) -> Iterator[Problem]:
    """An ordinary page that would be written where a record's page is, or another ordinary page, or a list."""
    prefix = relative(settings.docs_dir, settings.root)
    taken = {path: source for source, path in community.files.items()}
    made = _made_pages(community)
    winners: dict[str, str] = {}  # of ordinary pages with one address: the one MkDocs writes last
    pages = sorted((_rank(document), document) for document in community.documents if document.endswith(".md"))
    for _, document in pages:
        winners[_site_path(document)] = document
    for _, document in pages:
        site_path = _site_path(document)
        position = Position(f"{prefix}/{document}" if prefix != "." else document)
        if site_path in taken:
            yield Problem(
                position=position,
                code="path-collision",
                message=f"This page would be written over the page of {taken[site_path]}.",
                hint="Rename one of the two.",
            )
        elif winners[site_path] != document:
            yield Problem(
                position=position,
                code="page-hidden",
                message=f"This page is not shown: {winners[site_path]} has the same address.",
                hint="Rename one of the two.",
                severity="warning",
            )
        elif site_path in made and not document.endswith("/index.md"):
            yield Problem(
                position=position,
                code="page-instead",
                message=f"This page stands instead of the one that is made for {site_path}.",
                hint=f"Rename it, or call it {site_path}index.md if that is what you want.",
                severity="warning",
            )


def _rank(document: str) -> int:
    return 2 if document.endswith("index.md") else 1 if document.endswith("README.md") else 0


def _site_path(document: str) -> str:
    stem = "/" + document.removesuffix(".md")
    return (stem.removesuffix("/index").removesuffix("/README") + "/").removeprefix("/")


def _made_pages(community: Community) -> frozenset[str]:
    """Addresses of pages that have no file of their own: lists, challenges, places."""
    lists = {name: getattr(community, name) for name in ("members", "stories", "groups", "meetups", "challenges")}
    found = {f"{name}/" for name, records in lists.items() if records}
    found |= {challenge.path for challenge in community.challenges.values()}
    if community.places:
        found |= {"places/", *(f"places/{slug}/" for slug in community.places)}
    return frozenset(found)


def check_photos(community: Community, drafts: Drafts) -> Iterator[Problem]:
    """A member's photo is a file below docs_dir."""
    names: FileNames | None = None
    for slug, member in community.members.items():
        if member.photo and member.photo not in community.documents:
            names = names or FileNames(community)
            yield Problem(
                position=drafts.members[slug].mark("photo"),
                code="dead-link",
                message=f'There is no file "{member.photo}".',
                hint=names.hint(f"members/{slug}.md", member.photo) or "Put it beside the member's file.",
            )


# Links


def site_pages(community: Community, *, today: date) -> frozenset[str]:
    """Addresses of pages of records, without the last slash, that links may name instead of a file."""
    found = {"members", "stories", "groups", "meetups", "challenges", "places"}
    found |= {group.path.rstrip("/") for group in community.groups.values()}
    found |= {meetup.path.rstrip("/") for meetup in community.meetups.values()}
    found |= {challenge.path.rstrip("/") for challenge in community.challenges.values()}
    found |= {story.path.rstrip("/") for story in community.stories.values() if story.status == "published"}
    found |= {member.path.rstrip("/") for member in community.members.values() if member.allows("page", today)}
    return frozenset(found | {f"places/{slug}" for slug in community.places})


def check_links(community: Community, readings: Readings, *, today: date) -> Iterator[Problem]:
    """Every relative link, image and recording leads to a file or a page."""
    pages: frozenset[str] | None = None
    names: FileNames | None = None
    for docs_path, (file, reading) in readings.items():
        for link in reading.links:
            target = link.target
            if target in community.documents:
                continue
            at = Position(file.path, link.line, link.column)
            if target in community.files:
                hidden = _hidden(target, community, today=today)
                if hidden:
                    yield Problem(
                        position=at, code="link-without-page", message=f"{hidden}, so this link becomes plain text.",
                        hint="Link elsewhere, or leave it until the page is there.", severity="warning",
                    )  # fmt: skip
                continue
            if target in readings:
                continue  # a record that is left out: its own problem says so
            if pages is None or names is None:
                pages, names = site_pages(community, today=today), FileNames(community)
            if target.removesuffix("/index.md") in pages or f"{target}/index.md" in community.documents:
                continue
            yield Problem(
                position=at, code="dead-link", message=f'There is no file "{target}".',
                hint=names.hint(docs_path, target) or "Links start from this file's folder: ../members/ana.md",
            )  # fmt: skip


def _hidden(target: str, community: Community, *, today: date) -> str:
    """Why the record of a file has no page; empty where it has one."""
    slug = community.files[target].split("/")[1]
    if target.startswith("stories/"):
        story = community.stories.get(slug)
        return "" if story is not None and story.status == "published" else "That story is not published"
    if target.startswith("members/"):
        member = community.members.get(slug)
        if member is None or not member.allows("page", today):
            return f"{member.name if member is not None else 'That member'} has not agreed to a page"
    return ""


class FileNames:
    """The files below docs_dir, for finding the one that a dead link most likely meant."""

    def __init__(self, community: Community) -> None:
        self.by_name: dict[str, list[str]] = {}
        self.folders: dict[str, list[str]] = {}
        self.indexes: dict[str, NameIndex] = {}
        self.asked = 0
        for path in sorted([*community.files, *community.documents]):
            folder, _, name = path.rpartition("/")
            self.by_name.setdefault(name, []).append(path)
            self.folders.setdefault(folder, []).append(name)

    def hint(self, source: str, target: str) -> str:
        """`Did you mean "../members/ana.md"?`, as a link from `source`; empty where nothing is near."""
        folder, _, name = target.rpartition("/")
        address = target.removeprefix(posixpath.dirname(source)).lstrip("/")
        if _SITE.match(address) and not _FILE.search(address.split("/")[0]):
            return f"For another site, write https://{address}"
        same = self.by_name.get(name) or self.by_name.get(f"{name}.md")
        found = same[0] if same else self._beside(folder, name)
        if not found:
            return ""
        return f'Did you mean "{posixpath.relpath(found, posixpath.dirname(source) or ".")}"?'

    def _beside(self, folder: str, name: str) -> str:
        self.asked += 1
        if self.asked > MAX_HINTS:
            return ""
        if folder not in self.indexes:
            self.indexes[folder] = NameIndex.of(self.folders.get(folder, ()))
        like = self.indexes[folder].nearest(name)
        if like is None or difflib.SequenceMatcher(None, name, like).ratio() < SURE:
            return ""
        return posixpath.join(folder, like)


# Journeys


def check_events(community: Community) -> Iterator[Problem]:
    """An event of a journey stops it, or leads on to another one that there is."""
    for slug, journey in community.journeys.items():
        for event, then in journey.events.items():
            others = [other for other in community.journeys if other != slug]
            if then != STOP and then not in others:
                message = f'After "{event}" the journey would lead on to itself.'
                yield Problem(
                    position=journey.position,
                    code="unknown-journey",
                    message=message if then == slug else f'After "{event}" there is no journey "{then[:60]}".',
                    hint=f"{did_you_mean(then[:60], [STOP, *others])} Write stop, or a journey's name.".strip(),
                )


# Moments on pages


def check_moment_tags(community: Community, readings: Readings) -> Iterator[Problem]:
    """A tag names a moment with `where: page`, by id or `journey/id`; such a moment has a tag somewhere."""
    moments: dict[str, Moment] = {}
    for slug, journey in community.journeys.items():
        for moment in journey.moments:
            moments[f"{slug}/{moment.id}"] = moment
            # The id alone means the first journey's moment that is no mail, as in `pages.moments.find_moment`.
            if moment.id not in moments or (moments[moment.id].where == "mail" and moment.where != "mail"):
                moments[moment.id] = moment
    placed = {name: moment for name, moment in moments.items() if moment.where == "page"}
    shown: list[Moment] = []
    for file, reading in readings.values():
        for mark in reading.moments:
            if mark.name in placed:
                shown.append(placed[mark.name])
                continue
            where = moments[mark.name].where if mark.name in moments else ""
            yield Problem(
                position=Position(file.path, mark.line, mark.column),
                code="unknown-moment",
                message=f'The moment "{mark.name}" stands in {where}s, not on pages.'
                if where
                else f'No journey has a moment "{mark.name[:60]}".',
                hint="Give it where: page." if where else did_you_mean(mark.name[:60], placed) or _page_moments(placed),
            )
    for full, moment in placed.items():
        if "/" in full and not any(moment is other for other in shown):
            name = moment.id if moments[moment.id] is moment else full
            yield Problem(
                position=moment.position,
                code="moment-unplaced",
                message=f'No page holds the moment "{moment.id}".',
                hint=f'Write <alongside-moment moment="{name}"></alongside-moment> into an ordinary page.',
                severity="warning",
            )


def _page_moments(placed: Mapping[str, Moment]) -> str:
    return (
        f"Moments with where: page are {', '.join(name for name in placed if '/' not in name)}."
        if placed
        else "No moment has where: page yet."
    )
