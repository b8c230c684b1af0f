"""The map of journeys: every moment in its order, where it stands, whose it is, when it comes, and what follows.

The same map for the terminal, for a file to hang on the wall, for the page of what happened and for the site. First
in words (`map_journeys`), then as a drawing (`rendering.map_drawing`) and as HTML with tables that say all of it again
(`map_figure`). It knows no newcomer; figures are those it is given.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta

import jinja2
from markupsafe import Markup

from alongside.model.community import Community
from alongside.model.journeys import STOP, Journey, Moment, Where, Window
from alongside.model.texts import direction
from alongside.rendering.interface import format_number, interface_language, join_words, read_interface, say
from alongside.rendering.mails.holes import clean
from alongside.rendering.map_drawing import Drawing, DrawnFollower, DrawnJourney, DrawnMoment, draw
from alongside.rendering.templates import environment
from alongside.settings import Settings

WHERES: tuple[Where, ...] = ("mail", "embed", "page")
HOURS = timedelta(hours=1)
DAYS = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What became of a moment's mails. Nothing else is counted: embeds and pages track nobody."""

    sent: int = 0
    answered: int = 0  # of sent
    stopped: int = 0  # newcomers who asked for no more mail
    bounced: int = 0  # of sent
    coming: int = 0  # planned


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedMoment:
    """A moment in words."""

    id: str
    where: Where
    place: str  # "mail"
    team: int  # index into the map's teams
    when: str  # "after 7 days"
    what: str  # "from a member", "a story, a note to a member"
    rules: tuple[str, ...]  # "the member is asked 2 days before"
    figures: tuple[str, ...]  # "sent 12"; empty: none are known


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """What an event of the host product leads to."""

    text: str  # "upgraded: go on with “The first year”"
    journey: str  # slug of the journey that follows; empty: this one ends


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedJourney:
    """A journey in words."""

    slug: str
    title: str
    language: str  # of the title
    about: tuple[str, ...]  # "8 moments, 4 of them by mail"
    moments: tuple[MappedMoment, ...]
    followers: tuple[Follower, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyMap:
    """All that is drawn."""

    title: str
    language: str  # of the interface
    lead: str
    teams: tuple[str, ...]  # names, in the order of the settings: those that own a moment
    journeys: tuple[MappedJourney, ...]
    counted: bool  # figures are known


Figures = Mapping[tuple[str, str], Reached]  # by journey and moment


def map_journeys(
    community: Community,
    settings: Settings,
    *,
    language: str = "",
    journeys: Iterable[str] = (),
    reached: Figures | None = None,
) -> JourneyMap:
    """The map in words of `language` (default the community's). `journeys`: slugs, default all. `reached`: figures."""
    spoken = interface_language(language or community.language)
    chosen = [community.journeys[slug] for slug in (tuple(journeys) or community.journeys)]
    owners = {moment.owner for journey in chosen for moment in journey.moments}
    teams = [*(team for team in settings.teams if team in owners), *sorted(owners - set(settings.teams))]
    return JourneyMap(
        title=say(spoken, "map.title", community=clean(community.name)),
        language=spoken,
        lead=say(spoken, "map.lead"),
        teams=tuple(clean(settings.teams.get(team, team)) for team in teams),
        journeys=tuple(
            _journey(journey, community, spoken, {team: number for number, team in enumerate(teams)}, reached)
            for journey in chosen
        ),
        counted=reached is not None,
    )


def _journey(
    journey: Journey, community: Community, language: str, teams: Mapping[str, int], reached: Figures | None
) -> MappedJourney:
    own, title = journey.title.pick((language, community.language))
    about = [say(language, "map.moments", count=len(journey.moments), mails=len(journey.steps))]
    if journey.confirm:
        about.append(say(language, "map.confirm"))
    if journey.holdout:
        about.append(say(language, "map.holdout", share=journey.holdout))
    return MappedJourney(
        slug=journey.slug,
        title=clean(title),
        language=own,
        about=tuple(about),
        moments=tuple(
            MappedMoment(
                id=clean(moment.id),
                where=moment.where,
                place=say(language, f"map.where.{moment.where}"),
                team=teams[moment.owner],
                when=_when(moment, language),
                what=_what(moment, language),
                rules=tuple(_rules(moment, language)),
                figures=tuple(figures_in_words(reached.get((journey.slug, moment.id), Reached()), language))
                if reached is not None and moment.where == "mail"
                else (),
            )
            for moment in journey.moments
        ),
        followers=tuple(_followers(journey, community, language)),
    )


def _followers(journey: Journey, community: Community, language: str) -> Iterator[Follower]:
    for event, target in journey.events.items():
        name = clean(event)
        if target == STOP:
            yield Follower(text=say(language, "map.ends", event=name), journey="")
        else:
            record = community.journeys.get(target)
            title = clean(record.title.text(language, community.language)) if record is not None else target
            yield Follower(text=say(language, "map.follows", event=name, journey=title), journey=target)


def _when(moment: Moment, language: str) -> str:
    if moment.where != "mail":
        return say(language, "map.any_time")
    if moment.after.amount == 0:
        return say(language, "map.at_once")
    return say(language, f"map.after_{moment.after.unit}", count=moment.after.amount)


def _what(moment: Moment, language: str) -> str:
    if moment.where == "mail":
        return say(language, f"map.from.{moment.sender}")
    return join_words([say(language, f"map.show.{kind}") for kind in moment.show], language)


def _rules(moment: Moment, language: str) -> Iterator[str]:
    if moment.near_km is not None:
        yield say(language, "map.near", distance=f"{moment.near_km:g}")
    window = window_text(moment.window, language)
    if window:
        yield window
    if moment.ask_first is not None:
        unit, length = ("days", DAYS) if moment.ask_first % DAYS == timedelta(0) else ("hours", HOURS)
        yield say(language, f"map.ask_{unit}", count=round(moment.ask_first / length))
    if moment.invite:
        yield say(language, "map.invite")
    for rule in sorted(moment.stop_when):
        yield say(language, f"map.not_when.{rule}")


def window_text(window: Window, language: str) -> str:
    """When a mail may go out: `Mon–Fri, 09:00–17:00`; empty for always."""
    parts = []
    days = sorted(window.days)
    if len(days) < 7:
        names = read_interface(language).dates["weekdays_short"]
        together = days == list(range(days[0], days[-1] + 1)) and len(days) > 2
        parts.append(
            f"{names[days[0]]}–{names[days[-1]]}" if together else join_words([names[d] for d in days], language)
        )
    if window.end is not None or window.start.hour or window.start.minute:
        end = f"{window.end.hour:02d}:{window.end.minute:02d}" if window.end is not None else "24:00"
        parts.append(f"{window.start.hour:02d}:{window.start.minute:02d}–{end}")
    return str(read_interface(language).dates["list_separator"]).join(parts)


def figures_in_words(reached: Reached, language: str) -> Iterator[str]:
    """`sent 12`, `answered 3`: always what was sent, of the rest what is not 0."""
    for field in fields(reached):
        count = getattr(reached, field.name)
        if count or field.name == "sent":
            yield say(language, f"map.figure.{field.name}", number=format_number(count, language))


# --- as SVG and HTML ---


def map_svg(told: JourneyMap, *, is_alone: bool = True) -> str:
    """The drawing: one SVG without scripts and without anything from elsewhere. `is_alone`: it is a file."""
    language = told.language
    numbers = {journey.slug: number for number, journey in enumerate(told.journeys)}
    return draw(
        Drawing(
            title=told.title,
            is_alone=is_alone,
            description=f"{told.lead} {_description(told)}".strip(),
            language=language,
            is_rtl=direction(language) == "rtl",
            teams=told.teams,
            places=tuple((where, say(language, f"map.where.{where}")) for where in WHERES if _is_used(told, where)),
            note=say(language, "map.counted") if told.counted else "",
            journeys=tuple(
                DrawnJourney(
                    title=journey.title,
                    about=journey.about,
                    moments=tuple(
                        DrawnMoment(
                            id=moment.id,
                            where=moment.where,
                            team=moment.team,
                            when=moment.when,
                            lines=(f"{moment.place}: {moment.what}" if moment.what else moment.place, *moment.rules),
                            figures=" · ".join(moment.figures),
                        )
                        for moment in journey.moments
                    ),
                    followers=tuple(
                        DrawnFollower(text=follower.text, ends=not follower.journey, to=numbers.get(follower.journey))
                        for follower in journey.followers
                    ),
                )
                for journey in told.journeys
            ),
        )
    )


def _is_used(told: JourneyMap, where: Where) -> bool:
    return any(moment.where == where for journey in told.journeys for moment in journey.moments)


def _description(told: JourneyMap) -> str:
    return " ".join(f"{journey.title}: {'; '.join(journey.about)}." for journey in told.journeys)


def map_figure(told: JourneyMap, *, level: int = 2) -> Markup:
    """The drawing, and below it a table a journey that says the same; `level`: of the tables' headings."""
    html = (
        _templates()
        .get_template("map_figure.html")
        .render(
            map=told,
            svg=Markup(map_svg(told, is_alone=False)),  # noqa: S704  escaped where it is drawn
            say=functools.partial(say, told.language),
            level=level,
            dir=direction(told.language),
        )
    )
    return Markup(html.strip())  # noqa: S704  rendered by a template of ours, which escapes


def map_html(told: JourneyMap) -> str:
    """One page that needs nothing else and runs nothing."""
    page = _templates().get_template("map_page.html")
    return page.render(map=told, figure=map_figure(told), dir=direction(told.language)).strip() + "\n"


@functools.cache
def _templates() -> jinja2.Environment:
    return environment()
