"""Which of the files beside records lie in the site: those that something published shows.

Whatever lies in a site can be found by its name. So the photo of somebody who withdrew, the recording of a story that
not all of its tellers agreed to, and the pictures of a draft stay out, and so does a picture among the records that
nothing names any more. Ordinary pages, and what only they name, are left as MkDocs has them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from datetime import date
from typing import Literal
from urllib.parse import quote

from alongside.model.community import Community
from alongside.model.people import Member, MemberPage
from alongside.model.stories import Story
from alongside.problems import Position, Problem
from alongside.reading.checks import Readings
from alongside.reading.folders import FOLDERS, FoundFile
from alongside.reading.media_names import media_name, media_names
from alongside.reading.people import language_of

# A person's own photo or voice is "agreed" or "withheld", and no link from elsewhere makes it public; what a text links
# to is "shown", shown by a "draft" alone, or "hidden" with the text.
Claim = Literal["agreed", "withheld", "shown", "draft", "hidden"]
_OWN: Set[Claim] = frozenset(("agreed", "withheld"))
_FEW = 20  # names that are looked for one by one


def with_shown_files(
    community: Community, readings: Readings, found: Iterable[FoundFile], settings_text: str, *, today: date
) -> tuple[Community, list[Problem]]:
    """The community with the documents that are published on `today`, beside them those that only previews show.

    `settings_text`: the configuration, which may name a picture for the theme. A picture or recording among the
    records that nothing names is told, since it is left out, too.
    """
    claims = _claims(community, readings, today)
    standings = {path: _standing(claimed) for path, claimed in claims.items()}
    paths = {file.docs_path: file.path for file in found if file.kind in ("document", "transcript")}
    unused = {path for path in paths if path not in claims and _is_among_records(path) and media_name(path)}
    hidden = {path for path in paths if standings.get(path, "shown") != "shown"}
    elsewhere = {path for path in hidden if not _is_among_records(path) and claims[path].isdisjoint(_OWN)}
    if unused or elsewhere:  # a picture of the theme's, perhaps, or in HTML, where paths start from the page
        names = {name for path in (*unused, *elsewhere) if (name := media_name(path))}
        named = _names(community, readings, settings_text, today, names)
        unused = {path for path in unused if media_name(path) not in named}
        hidden -= {path for path in elsewhere if not media_name(path) or media_name(path) in named}
    gone = community.documents & (hidden | unused)
    return (
        replace(
            community,
            documents=community.documents - gone,
            previewed=frozenset(path for path in gone if standings.get(path) == "draft"),
        ),
        [_unused(paths[path]) for path in sorted(unused & gone)],
    )


def _standing(claimed: Set[Claim]) -> Claim:
    """What becomes of a file; the first of these decides."""
    order: tuple[Claim, ...] = ("agreed", "withheld", "shown", "draft", "hidden")
    best = next(claim for claim in order if claim in claimed)
    return {"agreed": "shown", "withheld": "hidden"}.get(best, best)  # type: ignore[return-value]


def _claims(community: Community, readings: Readings, today: date) -> Mapping[str, set[Claim]]:
    """What is said of each file that anything names."""
    claims: defaultdict[str, set[Claim]] = defaultdict(set)
    for docs_path, (file, reading) in readings.items():
        if not reading.links and file.kind != "member":
            continue  # most stories; recordings are among the links
        standing: Claim = "shown" if file.kind == "page" or reading.drafts else "hidden"
        own: tuple[str, ...] = ()
        for draft in reading.drafts:
            record = draft.record
            if isinstance(record, Story):
                own, standing, claim = _of_story(community.stories.get(record.slug), community, today)
            elif isinstance(record, Member | MemberPage):
                own, standing, claim = _of_member(community.members.get(_member_slug(docs_path, record)), today)
            else:
                continue
            for path in own:
                claims[path].add(claim)
        for link in reading.links:
            if link.target not in own:
                claims[link.target].add(standing)
    return claims


def _of_story(story: Story | None, community: Community, today: date) -> tuple[tuple[str, ...], Claim, Claim]:
    """Its recordings, and the claims of its text and of these: a voice tells who it is."""
    if story is None:
        return (), "hidden", "withheld"
    standing: Claim = "draft" if story.status == "draft" else "shown"
    if not all(community.members[slug].allows("page", today) for slug in story.members):
        return story.media.files, standing, "withheld"
    return story.media.files, standing, "draft" if standing == "draft" else "agreed"


def _of_member(member: Member | None, today: date) -> tuple[tuple[str, ...], Claim, Claim]:
    """Their photo, and the claims of their text and of it."""
    if member is None:
        return (), "hidden", "withheld"
    photo = (member.photo,) if member.photo else ()
    return (photo, "shown", "agreed") if _is_shown(member, today) else (photo, "hidden", "withheld")


def _member_slug(docs_path: str, record: Member | MemberPage) -> str:
    if isinstance(record, Member):
        return record.slug
    pair = language_of(docs_path.rpartition("/")[2].removesuffix(".md"))
    return pair[0] if pair is not None else ""


def _is_shown(member: Member, today: date) -> bool:
    return member.allows("page", today) or member.allows("embed", today)


def _is_among_records(docs_path: str) -> bool:
    return docs_path.partition("/")[0] in FOLDERS


def _names(community: Community, readings: Readings, settings_text: str, today: date, names: Set[str]) -> set[str]:
    """Names of pictures and recordings that stand anywhere in what is shown, those of `names` at least."""
    # most texts hold none of a few, and that is told in a hundredth of the time
    wanted = {*names, *(quote(name).casefold() for name in names)} if len(names) <= _FEW else None
    named = set(media_names(settings_text))
    for _, reading in readings.values():
        named.update(reading.media_names)
    for text in _texts(community, today):
        folded = text.casefold() if wanted is not None else ""
        if wanted is None or any(name in folded for name in wanted):
            named.update(media_names(text))
    return named


def _texts(community: Community, today: date) -> Iterator[str]:
    for story in community.stories.values():
        if story.status == "published":
            yield story.body
    for member in community.members.values():
        if _is_shown(member, today):
            for page in member.pages.values():
                yield from (page.bio, page.welcome, page.check_in)
    yield from (group.body for group in community.groups.values())
    yield from (meetup.body for meetup in community.meetups.values())


def _unused(path: str) -> Problem:
    return Problem(
        position=Position(path), code="unused-file", message="Nothing that is published shows this file.",
        hint="It is left out of the site. Name it where it belongs, or delete it.", severity="warning",
    )  # fmt: skip
