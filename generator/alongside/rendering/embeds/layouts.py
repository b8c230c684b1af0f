"""How a moment and its cards look in an embed, as trees: text, `[tag, {attributes}, ...children]`, or a node that asks
who reads.

The build lays out, the script only chooses, so a card can change without a new script in anybody's product. The nodes
that ask (`assets/embed/element.js`): `say` an interface text; `pick` the children in the reader's language; `foreign`
and `language` name a language; `until` a day; `next` the first date that is not over; `day` and `time` in the reader's
words and zone; `chosen` what was ranked; `why` its reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from alongside.matching.index import meetup_place
from alongside.model.gatherings import Group, Meetup
from alongside.model.journeys import Moment, Show
from alongside.model.texts import LocalText, direction
from alongside.planning.occurrences import Occurrence
from alongside.rendering.interface import read_interface
from alongside.rendering.mails.envelope import address_for_notes
from alongside.rendering.pages.lists import path_of_place
from alongside.rendering.pages.views import Face, GroupCard, StoryCard, Views, one_line, safe_url
from alongside.rendering.tracking import Site
from alongside.settings import Settings

Tree = Any  # a text, or a list or tuple as above

SHOWN = 4  # of a kind, at most
# what a moment shows: of which kind, which part of its cards, and how many
_PARTS: Mapping[Show, tuple[str, str, int]] = {
    "welcome": ("members", "welcome", 1),
    "note": ("members", "note", 1),
    "story": ("stories", "story", 3),
    "group": ("groups", "group", SHOWN),
    "meetup": ("meetups", "meetup", SHOWN),
}
KINDS: Mapping[Show, str] = {show: kind for show, (kind, _, _) in _PARTS.items()}
_ROLES = 2
_HOSTS = 2  # named with a group
_WORDS = (
    "moment.", "reason.", "embed.", "group.kind.", "group.join_on", "group.conduct", "group.forming", "group.no_place",
    "group.facts.", "group.safety.",
    "member.unnamed", "member.hello", "story.listen", "story.watch", "meetup.zone", "meetup.online", "meetup.moved",
    "meetup.tentative", "list.subscribe",
)  # fmt: skip


def embed_texts(language: str) -> dict[str, str]:
    """The interface texts an embed needs in a language, and `dir`, which way it is written."""
    texts = read_interface(language).texts
    found = {key: text for key, text in texts.items() if isinstance(text, str) and key.startswith(_WORDS)}
    return {"dir": direction(language), **dict(sorted(found.items()))}


# --- small things --------------------------------------------------------------------------------------------------


def el(tag: str, *children: Tree, **attributes: str) -> Tree:
    """An element; empty attributes are left out but for `alt`, `class_` is `class`."""
    kept = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value or name == "alt"}
    return [tag, kept, *children]


def say(key: str, **values: Tree) -> Tree:
    """An interface text with values."""
    return ["say", key, values] if values else ["say", key]


def link(href: str, *children: Tree, **attributes: str) -> Tree:
    """A link that opens a tab of its own: the page around the embed is not ours to leave."""
    return el("a", *children, href=href, target="_blank", rel="noopener nofollow", **attributes)


def texts_by_language(text: LocalText) -> dict[str, list[str]]:
    """What `pick` picks from."""
    return {language: [one_line(version)] for language, version in text.versions}


def pick(text: LocalText, tag: str = "span") -> Tree:
    """A text in the reader's language, in an element that says which it is where it is another."""
    return ["pick", texts_by_language(text), tag, {}]


def _meta(parts: Iterable[Tree]) -> list[Tree]:
    """Small facts beside one another; nothing where there are none."""
    spans = [el("span", part) for part in parts if part]
    return [el("p", *spans, class_="m")] if spans else []


def _isolated(text: str) -> Tree:
    return el("bdi", text) if text else ""


def _portrait(face: Face) -> Tree:
    if face.photo:
        return el(
            "img",
            src=face.small,
            alt="",
            width="96",
            height="96",
            class_="o",
            part="portrait",
            referrerpolicy="no-referrer",
        )
    return el("span", face.initials, class_="o", part="portrait", aria_hidden="true")


def _name(face: Face) -> Tree:
    """A name, as long as its owner agreed to it."""
    name = el("bdi", face.name)
    shown = link(face.path, name, part="name") if face.path else el("span", name, part="name")
    return ["until", face.until, shown] if face.until else shown


# --- moments -------------------------------------------------------------------------------------------------------


def kinds_shown(moment: Moment) -> dict[str, int]:
    """How many of each kind a moment shows."""
    found: dict[str, int] = {}
    for kind, _, most in (_PARTS[show] for show in moment.show):
        found[kind] = max(most, found.get(kind, 0))
    return found


def moment_layout(site: Site, moment: Moment) -> Tree:
    """A moment: what it shows, in its order."""
    name = site.settings.site_name
    sections = [_section(site, show, f"h{number}") for number, show in enumerate(dict.fromkeys(moment.show))]
    promise = el("p", link("./", name, id="c"), " · ", say("embed.promise"), class_="m", part="footer")
    # Called by its first heading and the community, whose ids no page sees: they stand in a shadow tree. No landmark,
    # since a page may hold the same moment twice.
    return el("div", *sections, promise, class_="a", part="moment", role="group", aria_labelledby="h0 c", tabindex="0")


def _section(site: Site, show: Show, heading: str) -> Tree:
    """What a moment shows of one kind, below a heading with that id."""
    kind, part, most = _PARTS[show]
    if show == "note" and not address_for_notes(site.settings, ""):
        nobody = say("moment.note_none")
    else:
        nobody = say("moment.no_welcome" if show == "note" else f"moment.no_{show}")
    chosen = ["chosen", kind, part, most, el("p", nobody, part="empty")]
    parts: list[Tree] = [el("h2", say(f"moment.{show}"), id=heading), chosen]
    if show == "note":
        return el("section", *parts, part=show)
    if show == "group":
        conduct = site.settings.organisation.conduct
        rules = [" ", link(conduct, say("group.conduct"))] if conduct else []
        parts.append(el("p", say("embed.safety"), *rules, class_="m", part="safety"))
    more = [link(f"{kind}/", say(f"moment.all_{kind}"))]
    if show == "meetup":
        more += [["chosen", kind, "calendar", 1, link(subscribing("meetups/"), say("list.subscribe"))]]
    return el("section", *parts, *_meta(more), part=show)


def subscribing(page: str) -> str:
    """Where a page shows the ways into calendar apps: no one link opens in all of them."""
    return f"{page}#subscribe"


# --- cards ---------------------------------------------------------------------------------------------------------


def member_card(views: Views, slug: str, face: Face, words: Mapping[str, tuple[Tree, ...]]) -> dict[str, list[Tree]]:
    """`welcome`: their words by language, or an introduction; `note`: the way to write to them."""
    member = views.site.community.members[slug]
    facts = [*map(_isolated, face.roles[:_ROLES]), _isolated(face.place.text if face.place else "")]
    head = el(
        "div",
        _portrait(face),
        el(
            "div",
            el("p", _name(face), *([" ", el("span", face.pronouns, class_="m")] if face.pronouns else [])),
            *_meta(facts),
        ),
        class_="f",
    )
    why = el("ul", ["why"], class_="m", part="reasons")
    if words:
        told = [
            el("p", say("moment.words", name=face.name), class_="m"),
            [
                "pick",
                {language: list(tree) for language, tree in words.items()},
                "div",
                {"class": "w", "part": "words"},
            ],
        ]
    else:
        known = [views.site.community.challenges.get(one) for one in member.challenges]
        knows = [el("li", pick(one.title)) for one in known if one is not None]
        told = [el("p", say("moment.introduced"), class_="m")]
        told += [el("p", say("moment.knows")), el("ul", *knows)] if knows else []
    return {
        "welcome": [["until", face.until, el("article", head, why, *told, part="card")]],
        "note": [["until", face.until, el("div", *_note(views.site.settings, slug, face), part="card")]],
    }


def _note(settings: Settings, slug: str, face: Face) -> list[Tree]:
    """A form where a service takes notes: a link to its page, for which the script shows it in place (class `n`)."""
    address = quote(address_for_notes(settings, slug), safe="@.+-_")
    if not address:
        return [el("p", link(face.path, say("member.hello", name=face.name)) if face.path else say("moment.note_none"))]
    mailto = f"mailto:{address}?subject={quote(f'{face.name} ({slug})')}"
    words = say("moment.note_to", name=face.name)
    if settings.note_form:
        button = link(f"{settings.note_form}{slug}", words, class_="b n", part="button")
        more = el("p", el("a", say("moment.note_mail"), href=mailto), class_="m")
    else:
        button, more = el("a", words, href=mailto, class_="b", part="button"), ""
    how = el("p", say("moment.note_relayed" if settings.mail.notes else "moment.note_how"), class_="m")
    return [el("p", button), how, *([more] if more else [])]


def story_card(card: StoryCard) -> dict[str, list[Tree]]:
    """`story`: the title, the words a writer chose, who tells it."""
    language = card.title.language
    mark = {"lang": language, "dir": direction(language)}
    title = el("h3", link(card.path, card.title.text), **mark)
    words = (
        [el("blockquote", *(el("p", one) for one in card.words), class_="w", part="words", **mark)]
        if card.words
        else []
    )
    tellers: list[Tree] = [_name(face) for face in card.tellers] or [say("member.unnamed")]
    marks = [say("story.listen")] * card.audio + [say("story.watch")] * card.video
    facts = _meta([*tellers, *marks, ["foreign", language]])
    return {"story": [el("article", title, *words, *facts, el("ul", ["why"], class_="m", part="reasons"), part="card")]}


def group_card(views: Views, card: GroupCard) -> dict[str, list[Tree]]:
    """`group`: what it is, the ways in with the words that go with them."""
    group = views.site.community.groups[card.slug]
    place = _isolated(card.place.text) if card.place else say("group.no_place") if card.kind != "chapter" else ""
    facts = [say(f"group.kind.{card.kind}"), place, *(["language", one] for one in card.languages)]
    ways = [
        [
            "until",
            way.expires.isoformat() if way.expires else "",
            link(way.url, say("group.join_on", platform=way.platform), class_="b", part="button"),
            " ",
        ]
        for way in card.ways
        if way.url
    ]
    conduct = safe_url(group.conduct)  # of its own; the community's stands below all groups
    rules = [link(conduct, say("group.conduct"))] if conduct else []
    joining = [el("p", *ways, *rules)] if ways or rules else []
    forming = [el("p", say("group.forming"), class_="m")] if card.status == "forming" else []
    title = el("h3", link(card.path, pick(group.name)))
    why = el("ul", ["why"], class_="m", part="reasons")
    safety = _safety(views, group) if joining else []
    told = [*_meta(facts), *_alive(card), *forming]
    return {"group": [el("article", title, *told, why, *joining, *safety, part="card")]}


def _alive(card: GroupCard) -> list[Tree]:
    """What its rooms told, until that is too old."""
    alive = card.alive
    if alive is None:
        return []
    members = [say("group.facts.members", count=str(alive.members))] if alive.members is not None else []
    activity = [say(f"group.facts.{alive.activity}")] if alive.activity is not None else []
    read = say("group.facts.as_of", date=["day", alive.read.isoformat()])
    return [["until", alive.until.isoformat(), *_meta([*members, *activity, read])]]


def _safety(views: Views, group: Group) -> list[Tree]:
    """Whom to turn to: hosts by name as long as all of those named agreed to it."""
    hosts = views.faces(group.hosts)[:_HOSTS]
    if not hosts:
        return [el("p", say("group.safety.unnamed"), class_="m")] if group.hosts else []
    names = [part for face in hosts for part in (" · ", el("bdi", face.name))][1:]
    line = el("p", say("group.safety.hosts", hosts=el("span", *names)), class_="m")
    until = min((face.until for face in hosts if face.until), default="")
    return [["until", until, line]]


def meetup_card(views: Views, meetup: Meetup, dates: Iterable[Occurrence]) -> dict[str, list[Tree]]:
    """`meetup`: its next date in the reader's time, where and why; `calendar`: a subscription for what is near.

    `dates`: those to come, none of them cancelled.
    """
    site = views.site
    group = site.community.groups.get(meetup.group)
    place = meetup_place(meetup, group)
    coming = [_date(views, meetup, one) for one in dates]
    belongs = [pick(group.name)] if group is not None else []
    online = [say("meetup.online")] if meetup.online else []
    why = el("ul", ["why"], class_="m", part="reasons")
    card = el("article", ["next", *coming], *_meta([*belongs, *online]), why, part="card")
    page = path_of_place(site, place.slug) if place is not None else ""
    if place is not None and page:
        named = one_line(place.city or place.name)
        calendar = link(subscribing(quote(page)), say("embed.calendar", place=named))
    else:
        calendar = link(subscribing("meetups/"), say("list.subscribe"))
    return {"meetup": [card], "calendar": [calendar]}


def _date(views: Views, meetup: Meetup, one: Occurrence) -> Tree:
    """(when it is over, in minutes since 1970; its title, when, where and what changed)."""
    change = meetup.changes.get(one.original)
    title = change.title if change is not None and change.title is not None else meetup.title
    timed = isinstance(one.starts, datetime)
    when = ["time", int(one.instant.timestamp()) // 60, one.zone] if timed else ["day", one.starts.isoformat()]
    day = one.starts.date() if isinstance(one.starts, datetime) else one.starts
    label = views.place(one.place)
    notes: list[Tree] = []
    if one.status == "tentative":
        notes.append(say("meetup.tentative"))
    if day != one.original:
        notes.append(say("meetup.moved", date=["day", one.original.isoformat()]))
    if change is not None and change.reason:
        notes.append(_isolated(one_line(change.reason)))
    return [
        int(one.instant_over.timestamp()) // 60,
        el("h3", link(meetup.path, pick(title))),
        el("p", when),
        *_meta([_isolated(label.text)] if label is not None else []),
        *_meta(notes),
    ]
