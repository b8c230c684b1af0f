"""Moments made visible: a standalone page for an iframe, and the fragment that fills a tag in an ordinary page.

Both are the same fragment. No newcomer is known while building, so what a moment shows is general: a few members who
agreed and have room, stories, groups and meetups. Who stands first changes by the week, so that the same people are not
asked by everyone. Where a page says for whom it is, the script of embeds chooses anew in the reader's browser; where it
does not, it has nothing to go by, and nothing is loaded. Each card of a member carries the last day of their consent
(`data-until`), by which the script of a frame takes it away: a site built weeks ago still knows when to stop.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

from alongside.model.community import Community
from alongside.model.journeys import Journey, Moment
from alongside.model.people import Member
from alongside.model.stories import Story
from alongside.model.texts import language_fits
from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.embeds.oembeds import moment_oembed, oembed_link, oembed_path
from alongside.rendering.embeds.scripts import FRAME_SCRIPT, PROFILE, SCRIPT
from alongside.rendering.embeds.snippets import policy_source
from alongside.rendering.mails.envelope import address_for_notes
from alongside.rendering.pages import lists
from alongside.rendering.pages.views import Face, GroupCard, Label, MeetupCard, Prose, StoryCard, Views
from alongside.rendering.pages.words import PageWords
from alongside.rendering.tracking import Site
from alongside.settings import Settings
from alongside.source.moment_tags import WHOLE_TAG, parse_attributes

MEMBERS_SHOWN = 3
STORIES_SHOWN = 3
GROUPS_SHOWN = 4
MEETUPS_SHOWN = 4
_POOL = 200  # of the newest stories, when looking for some to show
STYLE_SHEET = "assets/alongside.css"  # site path of what record pages and moments share
_RECORD_STYLE = Path(__file__).parent.parent / "assets" / "alongside.css"
_STYLE = Path(__file__).parent.parent / "assets" / "embed.css"


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """A member who would welcome whoever reads this."""

    face: Face
    words: Prose | None  # what they wrote for newcomers; None: the team introduces them
    challenges: tuple[Label, ...]
    note_address: str  # where to write to them; empty: nowhere
    note_form: str  # the page with a form for that; empty: there is none


def render_embeds(site: Site) -> Iterator[Job]:
    """One job for each moment with `where: embed`: the document `embed/<journey>/<moment>/index.html`."""
    _prepare(site)
    for journey in site.whole.journeys.values():
        for moment in journey.moments:
            if moment.where == "embed":
                path = embed_path(journey.slug, moment.id)
                yield Job(name=path, render=partial(embed_page, site, journey.slug, moment.id, _style()), page=False)


def embed_path(journey: str, moment: str) -> str:
    """The site path of a moment's standalone page, with a trailing slash."""
    return f"embed/{journey}/{moment}/"


def _style() -> str:
    """The style sheet of standalone pages, written into each: an iframe then needs one request."""
    text = _RECORD_STYLE.read_text(encoding="utf-8") + _STYLE.read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def _prepare(site: Site) -> None:
    welcoming_members(site)
    stories_to_begin_with(site)
    open_groups(site)
    lists.soonest_meetups(site)
    lists.places(site)


def embed_page(site: Site, journey: str, moment: str, style: str) -> Iterator[Artifact]:
    """A moment as a document of its own: whole without its script, nothing from elsewhere, not for search engines."""
    path = embed_path(journey, moment)
    found = site.community.journeys[journey]
    ui = PageWords(site, page=path, language=site.settings.language)
    title = Views(site, ui.language).local(found.title).text
    answer = moment_oembed(site.settings, path, f"{title} – {site.settings.site_name}")
    html = site.templates.get_template("embed.html").render(
        ui=ui,
        title=title,
        oembed=oembed_link(site.settings, path, title) if answer is not None else "",
        community=site.settings.site_name,
        style=style,
        policy=frame_policy(site.settings, style),
        script=FRAME_SCRIPT,
        moment=f"{journey}/{moment}",
        fragment=render_moment(site, journey, moment, page=path),
    )
    yield Artifact(f"{path}index.html", html.encode())
    if answer is not None:
        yield Artifact(oembed_path(path), answer)


def frame_policy(settings: Settings, style: str) -> str:
    """What the page of a moment may load (W3C Content Security Policy): the site's own, its style, known pictures.

    And ask: the service for its form of notes, where there is one.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    pictures = "".join(f" https://{host}" for host in sorted(settings.embed_pictures))
    notes = f" {policy_source(settings.mail.service)}" if settings.note_form else ""
    return (
        f"default-src 'none'; script-src 'self'; connect-src 'self'{notes}; img-src 'self'{pictures};"
        f" style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )


def render_moment(site: Site, journey: str, moment: str, *, page: str) -> str:
    """The HTML of a moment as it stands on the page `page` (site path, "" for the home page).

    What it shows is general: no newcomer is known while building. Raises `KeyError` for an unknown one.
    """
    _prepare(site)
    shown = site.community.journeys[journey].moment(moment)
    if shown is None:
        raise KeyError(moment)
    in_embed = shown.where != "page"
    pictures = site.settings.embed_pictures if in_embed else frozenset()
    ui = PageWords(site, page=page, language=site.settings.language, pictures=pictures)
    views = Views(site, ui.language, "embed" if in_embed else "page")
    welcomes = tuple(_welcomes(views)) if {"welcome", "note"} & set(shown.show) else ()
    return site.templates.get_template("moment.html").render(
        ui=ui,
        journey=journey,
        moment=shown,
        welcomes=welcomes,
        stories=_stories(views) if "story" in shown.show else (),
        groups=_groups(views) if "group" in shown.show else (),
        meetups=_meetups(views) if "meetup" in shown.show else (),
        relayed=bool(site.settings.mail.notes),
        in_embed=in_embed,
    )


# --- who and what ---


def welcoming_members(site: Site) -> Mapping[str, tuple[str, ...]]:
    """For "embed" and "page": members who take newcomers on, agreed to it there, are not away and have room, in this
    week's order.

    Those who wrote words in the community's language stand before the others, those who wrote none come last.
    """

    def compute(community: Community) -> Mapping[str, tuple[str, ...]]:
        week = week_of(site.day).isoformat()

        def key(member: Member) -> tuple[int, int, str]:
            written = [page.language for page in member.pages.values() if page.welcome.strip()]
            fits = any(language_fits(site.settings.language, language) for language in written)
            turn = zlib.crc32(f"{week} {member.slug}".encode())
            return (0 if fits else 1 if written else 2, turn, member.slug)

        ordered = sorted(filter(site.is_welcoming, community.members.values()), key=key)
        return {
            "embed": tuple(member.slug for member in ordered if site.allows(member, "embed"))[:MEMBERS_SHOWN],
            "page": tuple(member.slug for member in ordered if site.allows(member, "page"))[:MEMBERS_SHOWN],
        }

    return site.shared("moments.members", compute)


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def stories_to_begin_with(site: Site) -> Mapping[str, tuple[str, ...]]:
    """For "embed" and "page": the newest stories, those with words of welcome first; each by another teller."""

    def compute(community: Community) -> Mapping[str, tuple[str, ...]]:
        newest = lists.shown_stories(site, community)[:_POOL]
        ordered = sorted(newest, key=lambda story: not story.has_welcome)
        return {
            container: tuple(islice(_of_different_people(_told(site, community, ordered, container)), STORIES_SHOWN))
            for container in ("embed", "page")
        }

    return site.shared("moments.stories", compute)


def _told(site: Site, community: Community, stories: Iterable[Story], container: str) -> Iterator[Story]:
    """Stories as they may stand in a container: an embed names people, so a teller must have agreed to it."""
    for story in stories:
        members = [community.members[slug] for slug in story.members if slug in community.members]
        if container == "page" or any(site.allows(member, "embed") for member in members):
            yield story


def _of_different_people(stories: Iterable[Story]) -> Iterator[str]:
    seen: set[str] = set()
    for story in stories:
        if not seen & set(story.members):
            seen.update(story.members)
            yield story.slug


def open_groups(site: Site) -> Mapping[str, tuple[str, ...]]:
    """ "all": groups anyone can join, from anywhere first; in this week's order."""

    def compute(community: Community) -> Mapping[str, tuple[str, ...]]:
        week = week_of(site.day).isoformat()
        able = [
            (
                group.place is not None,
                not community.open_chats(group, site.day),
                zlib.crc32(f"{week} {group.slug}".encode()),
                group.slug,
            )
            for group in community.groups.values()
            if group.status == "active"
        ]
        return {"all": tuple(slug for *_, slug in sorted(able))[:GROUPS_SHOWN]}

    return site.shared("moments.groups", compute)


def _welcomes(views: Views) -> Iterator[Welcome]:
    for slug in welcoming_members(views.site)[views.container]:
        face = views.face(slug)
        if face is None:
            continue
        member = views.site.community.members[slug]
        words = next(
            (
                page
                for page in sorted(
                    member.pages.values(), key=lambda page: not language_fits(views.language, page.language)
                )
                if page.welcome.strip()
            ),
            None,
        )
        yield Welcome(
            face=face,
            words=views.prose(words.welcome, words.position, words.language) if words is not None else None,
            challenges=views.challenges(member.challenges),
            note_address=address_for_notes(views.site.settings, slug),
            note_form=f"{views.site.settings.note_form}{slug}" if views.site.settings.note_form else "",
        )


def _stories(views: Views) -> tuple[StoryCard, ...]:
    return views.stories(stories_to_begin_with(views.site)[views.container])


def _groups(views: Views) -> tuple[GroupCard, ...]:
    return views.groups(open_groups(views.site)["all"])


def _meetups(views: Views) -> tuple[MeetupCard, ...]:
    return views.meetups(lists.soonest_meetups(views.site)["all"][:MEETUPS_SHOWN])


# --- tags in ordinary pages ---


def fill_moments(site: Site, html: str, *, page: str) -> str:
    """`html` of an ordinary page with each `<alongside-moment moment="..."></alongside-moment>` filled.

    `moment` is an id, or `journey/id` where two journeys have one of that name; the first journey that has it counts.
    A moment nobody knows stays as it is (`check` reports it). Where a tag says for whom it is (`challenges`, `place`,
    ...), the page loads the script that chooses for them.
    """
    if "<alongside-moment" not in html.lower():
        return html

    def filled(match: re.Match[str]) -> str:
        attributes = match["attributes"]
        said = parse_attributes(attributes or "")
        found = find_moment(site.community.journeys, said["moment"]) if said.get("moment") else None
        if found is None:
            return match[0]
        journey, moment = found
        fragment = render_moment(site, journey.slug, moment.id, page=page)
        before = sheets.pop() if sheets else ""
        after = scripts.pop() if scripts and not said.keys().isdisjoint(PROFILE) else ""
        return f"<alongside-moment{attributes}>{before}{fragment}</alongside-moment>{after}"

    # other themes than ours do not know the style sheet; a second link to it costs nothing
    ui = PageWords(site, page=page, language=site.settings.language)
    sheets = [f'<link rel="stylesheet" href="{ui.url(STYLE_SHEET)}">']
    scripts = [f'<script type="module" src="{ui.url(SCRIPT)}"></script>']
    return WHOLE_TAG.sub(filled, html)


def find_moment(journeys: Mapping[str, Journey], name: str) -> tuple[Journey, Moment] | None:
    """The moment called `id` or `journey/id`, or None."""
    wanted, _, moment_id = name.rpartition("/")
    for journey in journeys.values():
        if wanted in ("", journey.slug):
            moment = journey.moment(moment_id)
            if moment is not None and moment.where != "mail":
                return journey, moment
    return None
