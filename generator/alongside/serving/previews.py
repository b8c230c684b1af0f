"""`/_preview/`: side by side, what becomes of one record or one journey.

For a record: its page, the mails it would stand in for a newcomer it fits, the embeds that show its kind. For a
journey: its timeline for a chosen profile, with every mail, and its embeds. Frames in the width of a phone, in dark;
all of it can be read without a script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from alongside.model.gatherings import Group, Meetup
from alongside.model.journeys import Journey
from alongside.model.people import Member, Newcomer
from alongside.model.stories import Story
from alongside.problems import Problem
from alongside.reading.newcomers import read_profile
from alongside.rendering.interface import format_date, format_time
from alongside.rendering.mails.timelines import Entry, Timeline, plan_timeline, timeline_html
from alongside.rendering.pages.moments import embed_path
from alongside.serving.bar import page_file, templates
from alongside.serving.editions import Edition

WIDTHS: Mapping[str, str] = {"phone": "390px", "tablet": "768px", "wide": "100%"}
SCHEMES: Mapping[str, str] = {"light": "light", "dark": "dark"}
MAX_MAILS = 12  # of one record
_SHOWN_AS: Mapping[type, frozenset[str]] = {
    Member: frozenset(("welcome", "note")),
    Story: frozenset(("story",)),
    Group: frozenset(("group",)),
    Meetup: frozenset(("meetup",)),
}

Record = Member | Story | Group | Meetup


@dataclass(frozen=True, slots=True, kw_only=True)
class _Framed:
    """What one frame shows: a page of the site, or a document of its own."""

    title: str
    about: str = ""
    page: str = ""  # address
    digest: str = ""  # of that page, so that the preview is another when the page is
    document: str = ""  # HTML
    text: str = ""  # the plain part of a mail


def render_preview(edition: Edition, query: Mapping[str, str], *, mount: str) -> bytes:
    """The page for `page` or `journey` (and `as`, `width`, `scheme`) of the query; with neither, the first journey."""
    community, settings = edition.site.whole, edition.frame.settings
    profiles = {path.name: path for path in _profiles(settings.journeys_dir / "newcomers")}
    page = query.get("page", "")
    journey = community.journeys.get(query.get("journey", ""))
    if journey is None and not page:
        journey = next(iter(community.journeys.values()), None)
    record = _record(edition, page)
    profile = profiles.get(query.get("as", ""))
    newcomer, problems = _newcomer(edition, profile, record)
    frames: list[_Framed] = []
    if page and edition.has_page(page):
        frames.append(_page_frame(edition, page, "The page", mount))
    if record is not None:
        frames += _mail_frames(edition, record, newcomer)
    elif journey is not None:
        timeline = plan_timeline(community, settings, journey, newcomer, now=edition.now)
        frames.append(_Framed(title="The timeline", document=timeline_html(timeline)))
    frames += _embed_frames(edition, record, journey, mount)
    return (
        templates()
        .get_template("preview.html")
        .render(
            site=settings.site_name,
            title=_title(record, journey, community.language) or page,
            page=page,
            unknown=bool(page) and record is None and not edition.has_page(page),
            journey=journey.slug if journey is not None and record is None else "",
            journeys={slug: one.title.text(community.language) for slug, one in community.journeys.items()},
            profile=profile.name if profile is not None else "",
            profiles=list(profiles),
            newcomer=newcomer.name,
            problems=problems,
            frames=frames,
            width=query.get("width", "wide") if query.get("width") in WIDTHS else "wide",
            widths=WIDTHS,
            scheme=query.get("scheme", "") if query.get("scheme") in SCHEMES else "",
            schemes=SCHEMES,
        )
        .encode()
    )


def preview_digest(edition: Edition, query: Mapping[str, str], *, mount: str) -> str:
    """Another text when the preview, or a page in it, is another."""
    return blake2b(render_preview(edition, query, mount=mount), digest_size=9).hexdigest()


def _profiles(folder: Path) -> Iterator[Path]:
    """Made-up newcomers beside the journeys; only these are read, whatever a query names."""
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml") and path.is_file())


def _record(edition: Edition, page: str) -> Record | None:
    community = edition.site.whole
    kind, _, rest = page.partition("/")
    slug = rest.partition("/")[0]
    found: Mapping[str, Mapping[str, Record]] = {
        "stories": community.stories,
        "members": community.members,
        "groups": community.groups,
        "meetups": community.meetups,
    }
    return found.get(kind, {}).get(slug)


def _title(record: Record | None, journey: Journey | None, language: str) -> str:
    match record:
        case Member():
            return record.name
        case Story():
            return record.title
        case Group():
            return record.name.text(language)
        case Meetup():
            return record.title.text(language)
        case None:
            return journey.title.text(language) if journey is not None else ""


def _newcomer(edition: Edition, profile: Path | None, record: Record | None) -> tuple[Newcomer, list[Problem]]:
    """(whom the mails are for, what is wrong with their profile): the profile, else somebody the record fits."""
    problems: list[Problem] = []
    if profile is not None:
        newcomer, problems = read_profile(profile, edition.site.whole, edition.frame.settings)
        if newcomer is not None:
            return newcomer, problems
    if record is None:
        return Newcomer(name="Robin"), problems
    return (
        Newcomer(
            name="Robin",
            met=record.slug if isinstance(record, Member | Story) else "",
            place=None if isinstance(record, Story) else record.place,
            languages=(record.language,) if isinstance(record, Story) else record.languages,
            challenges=record.challenges,
            topics=record.topics,
        ),
        problems,
    )


# --- frames --------------------------------------------------------------------------------------------------------


def _page_frame(edition: Edition, page: str, title: str, mount: str) -> _Framed:
    return _Framed(title=title, page=f"{quote(mount + page)}?bare", digest=edition.digest(page_file(page)))


def _mail_frames(edition: Edition, record: Record, newcomer: Newcomer) -> list[_Framed]:
    """Mails the record stands in, for that newcomer, on every journey."""
    community, settings = edition.site.whole, edition.frame.settings
    found: list[_Framed] = []
    for journey in community.journeys.values():
        timeline = plan_timeline(community, settings, journey, newcomer, now=edition.now)
        for entry in timeline.entries:
            if entry.mail is not None and _stands_in(record, entry) and len(found) < MAX_MAILS:
                about = f"{journey.slug} · {entry.moment.id} · {_when(entry, timeline)} · from {entry.mail.sender_name}"
                found.append(
                    _Framed(
                        title=f"Mail: {entry.mail.subject}", about=about, document=entry.mail.html, text=entry.mail.text
                    )
                )
    return found


def _stands_in(record: Record, entry: Entry) -> bool:
    content = entry.content
    match record:
        case Member():
            return content.member is not None and content.member.slug == record.slug
        case Story():
            return content.story is not None and content.story.slug == record.slug
        case Group():
            return any(group.slug == record.slug for group in content.groups)
        case Meetup():
            return any(meetup.slug == record.slug for meetup, _ in content.meetups)


def _when(entry: Entry, timeline: Timeline) -> str:
    if entry.step is None:
        return "when they look"
    due = entry.step.due.astimezone(ZoneInfo(timeline.zone))
    return f"{format_date(due.date(), 'en', 'short')} {format_time(due)}"


def _embed_frames(edition: Edition, record: Record | None, journey: Journey | None, mount: str) -> Iterator[_Framed]:
    """The embeds of a journey; for a record, those of all journeys that show its kind."""
    for one in edition.site.whole.journeys.values():
        for moment in one.moments:
            shows = record is not None and not _SHOWN_AS[type(record)].isdisjoint(moment.show)
            if moment.where == "embed" and (shows if record is not None else one is journey):
                path = embed_path(one.slug, moment.id)
                yield _page_frame(edition, path, f"Embed: {one.slug} · {moment.id}", mount)
