"""What a newcomer's own page says, in their language: names for slugs, days by their clock, and what can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from alongside.delivery.decisions import known_zone
from alongside.delivery.notes.choices import choice_number
from alongside.delivery.own import PACES, Own, OwnConversation, OwnJourney, OwnMail, Visit
from alongside.delivery.page_links import GOOD_FOR
from alongside.delivery.tokens import make_token
from alongside.model.community import Community
from alongside.model.people import Member, Newcomer
from alongside.model.texts import language_fits
from alongside.planning.plan import newcomer_zone
from alongside.reading.times import zone_names
from alongside.rendering.interface import (
    autonym,
    format_date,
    format_time,
    interface_languages,
    join_words,
    language_name,
    say,
)
from alongside.rendering.mails.holes import clean
from alongside.service.home import Home
from alongside.service.pages import Form, Page, isolated, render_document, team_address, way_back

NOTICES = ("pace", "language", "zone", "stop", "stop-all")  # what a page may say was done


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Who looks at their page, and when."""

    home: Home
    language: str  # of the interface
    own: Own
    visit: Visit
    now: datetime
    key: bytes  # the store's, of which the links to end a conversation are made
    path: str  # the last segment of the page's address, below which its links lead
    done: str = ""  # what was done just now

    @property
    def community(self) -> Community:
        """Whose page it is."""
        return self.home.community

    def say(self, key: str, **values: object) -> str:
        """A text of this page."""
        return say(self.language, f"own.{key}", **{"community": isolated(self.community.name), **values})

    def instant(self, at: datetime) -> datetime:
        """`at` by their clock."""
        return at.astimezone(ZoneInfo(known_zone(self.own.newcomer, self.community)))

    def day(self, at: datetime) -> str:
        """The day of `at` where they live."""
        return format_date(self.instant(at).date(), self.language)

    def member(self, slug: str) -> Member | None:
        """Who goes by that stored slug; None for nobody, and for who has left or takes part no more."""
        member = self.community.members.get(self.community.resolve_member(slug))
        return member if member is not None and member.allows("mail", self.now.date()) else None

    def member_name(self, slug: str) -> str:
        """How that member is named to them."""
        member = self.member(slug)
        return isolated(clean(member.name)) if member is not None else self.say("gone")


def render(view: View) -> str:
    """The page as HTML."""
    found = view.own
    notice = view.say(f"done.{view.done.replace('-', '_')}") if view.done in NOTICES else ""
    address = team_address(view.home)
    return render_document(
        "own.html",
        view.home,
        view.language,
        kind="own",
        title=view.say("title"),
        text=view.say,
        save=view.say("save"),
        path=view.path,
        notice=notice,
        private=view.say("private", day=isolated(format_date(view.visit.good_until, view.language))),
        journeys=[_journey(view, journey) for journey in found.journeys],
        welcome=_welcome(view),
        conversations=[_conversation(view, each) for each in found.conversations],
        paces=[(days, view.say(f"pace.{days}"), days == found.pace_days) for days in PACES],
        languages=_languages(view),
        zones=_zones(view),
        held=[*_held(view)],
        words=found.newcomer.text,
        wrong=view.say("hold.wrong", address=isolated(address)) if address else "",
        all_stopped=found.all_stopped,
        stop_all=say(view.language, "service.stop_all_button", community=isolated(view.community.name)),
        back=way_back(view.home, view.language),
    )


# --- journeys ---


def _journey(view: View, journey: OwnJourney) -> Mapping[str, object]:
    title = _title(view, journey)
    going = journey.state in ("active", "awaiting confirmation")
    return {
        "number": journey.enrollment_id,
        "title": title,
        "state": view.say(f"state.{journey.state.replace(' ', '_')}"),
        "since": view.say("since", day=view.day(journey.enrolled_at)),
        "sent": [_sent(view, mail) for mail in journey.sent],
        "next": _next(view, journey, journey.next) if journey.next is not None else None,
        "nothing": view.say("nothing_next") if going and journey.next is None else "",
        "held_out": journey.state == "held out",
        "stopped": journey.state == "stopped",
        "stop": view.say("stop", journey=isolated(title)) if going else "",
    }


def _title(view: View, journey: OwnJourney) -> str:
    record = view.community.journeys.get(journey.journey)
    return record.title.text(view.language, view.community.language) if record is not None else journey.journey


def _sent(view: View, mail: OwnMail) -> Mapping[str, object]:
    who = view.say("from_member", name=view.member_name(mail.member)) if mail.member else view.say("from_team")
    return {
        "at": view.instant(mail.at).isoformat(),
        "day": view.day(mail.at),
        "subject": clean(mail.subject) or view.say("mail"),
        "who": who,
    }


def _next(view: View, journey: OwnJourney, mail: OwnMail) -> Mapping[str, object]:
    """What comes next: when, by their clock, and who is thought to write it."""
    at = view.instant(max(mail.at, view.now))
    record = view.community.journeys.get(journey.journey)
    moment = record.moment(mail.moment) if record is not None else None
    if moment is None or moment.sender == "team":
        who = view.say("from_team")
    elif mail.member and view.member(mail.member) is not None:
        who = view.say("from_member", name=view.member_name(mail.member))
    else:
        who = view.say("from_either")
    versions = moment.messages if moment is not None else {}
    wanted = (*view.own.newcomer.languages, view.community.language)
    message = next((versions[each] for tag in wanted for each in versions if language_fits(tag, each)), None)
    message = message or next(iter(versions.values()), None)
    subject = clean(message.subject) if message is not None and "{" not in message.subject else ""
    day = format_date(at.date(), view.language, "weekday")
    return {
        "at": at.isoformat(),
        "day": say(view.language, "mail.when", day=day, time=format_time(at)),
        "subject": subject or view.say("mail"),
        "who": who,
    }


# --- people ---


def _welcome(view: View) -> Mapping[str, str]:
    member = view.member(view.own.member) if view.own.member else None
    if member is None:
        return {"before": view.say("welcomed_by_team"), "name": "", "after": "", "url": ""}
    url = view.community.url
    shown = url + member.path if url and member.allows("page", view.now.date()) else ""
    name = isolated(clean(member.name))
    before, _, after = view.say("welcomes", name=name).partition(name)
    return {"before": before, "name": name, "after": after, "url": shown}


def _conversation(view: View, conversation: OwnConversation) -> Mapping[str, object]:
    name = view.member_name(conversation.member)
    token = make_token("block", choice_number(conversation.id, "newcomer"), view.key)
    return {
        "name": name,
        "state": view.say(f"conversation.{'open' if conversation.is_open else 'ended'}"),
        "notes": view.say("notes", count=conversation.notes),
        "end": f"../block/{token}" if conversation.is_open else "",
        "end_with": view.say("end_with", name=name),
    }


# --- what can be chosen ---


def languages_of(newcomer: Newcomer) -> tuple[str, ...]:
    """Those they named, in their order, and those we have words for."""
    named = newcomer.languages
    more = (tag for tag in interface_languages() if not any(language_fits(tag, each) for each in named))
    return (*named, *more)


def _languages(view: View) -> list[tuple[str, str, bool]]:
    """(tag, what its speakers call it, whether it is the first of theirs)."""
    offered = languages_of(view.own.newcomer)
    chosen = view.own.newcomer.languages[0] if view.own.newcomer.languages else view.language
    return [(tag, autonym(tag), tag == chosen) for tag in offered]


@lru_cache(maxsize=1)
def _regions() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """(region, its zones with their cities), as the IANA database names them."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in zone_names():
        region, _, rest = name.partition("/")
        regions.setdefault(region, []).append((name, rest.replace("_", " ").replace("/", ", ")))
    known = (
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
    return tuple((region, tuple(regions[region])) for region in known if region in regions)


def _zones(view: View) -> Mapping[str, object]:
    chosen = newcomer_zone(view.own.newcomer, view.community)
    regions = [(view.say(f"region.{region}"), zones) for region, zones in _regions()]
    others = sorted({"UTC", chosen} - {name for _, zones in _regions() for name, _ in zones})
    return {"chosen": chosen, "regions": regions, "others": others}


# --- what we hold ---


def _held(view: View) -> Iterable[tuple[str, tuple[str, ...]]]:
    """(what it is, what we hold of it), without what they did not tell, and without their own words."""
    newcomer, community = view.own.newcomer, view.community
    told = {
        "address": (newcomer.email,),
        "name": (newcomer.name,),
        "place": (newcomer.place.label if newcomer.place is not None else "",),
        "languages": tuple(language_name(tag, view.language) for tag in newcomer.languages),
        "zone": (newcomer_zone(newcomer, community).replace("_", " "),),
        "roles": newcomer.roles,
        "challenges": tuple(_challenge(view, slug) for slug in newcomer.challenges),
        "topics": newcomer.topics,
        "met": (_met(view, newcomer.met),),
        "id": (newcomer.id,),
    }
    for what, texts in told.items():
        if any(texts):
            yield view.say(f"hold.{what}"), (join_words([isolated(clean(text)) for text in texts], view.language),)
    outcomes = tuple(f"{isolated(clean(name))}, {view.day(instant)}" for name, instant in view.own.outcomes)
    if outcomes:
        yield view.say("hold.outcomes"), outcomes
    yield view.say("hold.why"), tuple(_why(view, journey) for journey in view.own.journeys)


def _challenge(view: View, slug: str) -> str:
    challenge = view.community.challenges.get(slug)
    return challenge.title.text(view.language, view.community.language) if challenge is not None else slug


def _met(view: View, slug: str) -> str:
    """A member's name, or a story's title."""
    story = view.community.stories.get(slug)
    if story is not None:
        return story.title
    return view.member_name(slug) if slug else ""


def _why(view: View, journey: OwnJourney) -> str:
    key = journey.basis.replace(" ", "_")
    basis = view.say(f"basis.{key}") if key in ("consent", "contract", "legitimate_interest") else journey.basis
    text = view.say("hold.from", basis=basis, source=isolated(clean(journey.source)), day=view.day(journey.enrolled_at))
    title = _title(view, journey)
    return f"{isolated(title)}: {text}"


# --- the pages around it ---


def void_link(language: str) -> Page:
    """A link that is good no more."""
    return Page(
        language=language,
        title=say(language, "own.void_title"),
        texts=(say(language, "own.void_text", days=str(GOOD_FOR.days)),),
        form=Form(button=say(language, "own.void_button"), hidden={"do": "link"}),
    )


def link_sent(home: Home, language: str) -> Page:
    """Afterwards, whether or not one went."""
    address = team_address(home)
    return Page(
        language=language,
        title=say(language, "own.sent_title"),
        texts=(say(language, "own.sent_text"),),
        notes=(say(language, "service.more", address=isolated(address)),) if address else (),
    )


def ask_to_erase(language: str, *, back: str) -> Page:
    """What will go and what stays, before it does. `back`: where their page is."""
    texts = ("erase_goes", "erase_stays", "erase_beyond", "erase_for_good")
    return Page(
        language=language,
        title=say(language, "own.erase_title"),
        texts=tuple(say(language, f"own.{key}") for key in texts),
        form=Form(
            button=say(language, "own.erase_button"), hidden={"sure": "yes"}, also=say(language, "own.erase_also")
        ),
        back=(back, say(language, "own.erase_back")),
    )


def erased(home: Home, language: str) -> Page:
    """They are forgotten."""
    return Page(
        language=language,
        title=say(language, "own.erased_title"),
        texts=(say(language, "own.erased_text", community=isolated(home.community.name)),),
    )
