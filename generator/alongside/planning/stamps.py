"""Which events changed since they were stamped: the community and its ledger in, the next ledger out.

What an event says is told from the model's values and not from the octets of a feed, so that another version of this
program stamps nothing anew; a value that is empty is left out, so that a field that meetups gain one day does not
either. Where a site stands is no part of it: its UIDs change with it, and a copy made for a look is no edit.

The rules, for people who read feeds and ledgers side by side:
- SEQUENCE rises by one with each change that is stamped, and DTSTAMP by a second at least, whatever the clock says.
- A date that gets an event of its own begins one above its series, which had that date before. When the files no
  longer change it, the event stays and says what the rule gives: an app that kept the override would not miss it.
- A deleted meetup says CANCELLED, one higher, and so does a date that is taken out of `also`; brought back, it goes on
  one above that.
- A file that is renamed (`was`) and nothing else: a later DTSTAMP, for its page moved, and the same SEQUENCE.
- What ended before 1 January of last year is forgotten, as calendars forget it; what has a file is never forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Literal

from alongside.model.community import Community
from alongside.model.gatherings import Change, Meetup
from alongside.model.places import Place
from alongside.model.stamps import UNSTAMPED, EventKey, Ledger, Stamp, StampedEvent, event_names
from alongside.planning.occurrences import (
    Occurrence,
    changed_occurrences,
    final_day,
    first_day,
    meetup_rule,
    planned_days,
    ruled_days,
)
from alongside.problems import Position, Problem
from alongside.reading.stamps import also_days, outline_of, read_deleted
from alongside.settings import Settings

Difference = Literal["new", "changed", "gone"]
_SECOND = timedelta(seconds=1)
_PICTURE = re.compile(r"!\[[^\]]*\][(\[][^)\]]*|<img[^>]*", re.IGNORECASE)  # an event shows its group's


def forgotten_before(today: date) -> date:
    """What ended before that day stands in no calendar but its own: 1 January of last year."""
    return date(today.year - 1, 1, 1)


def with_dates(meetup: Meetup, days: Mapping[date, object], also: Sequence[date]) -> Meetup:
    """The meetup with every date that has, or had, an event of its own.

    One of `days` without a change gets one that changes nothing. One of `also` that is no date any more is called off.
    """
    lost = [day for day in also if day != first_day(meetup) and not any(planned_days(meetup, start=day, end=day))]
    if lost:
        off = {day: Change(original=day, status="cancelled", position=meetup.position) for day in lost}
        meetup = replace(meetup, also=(*meetup.also, *lost), changes={**meetup.changes, **off})
    if meetup_rule(meetup) is None:
        return meetup
    restored = {
        day: Change(original=day, position=meetup.position) for day in sorted(days) if day not in meetup.changes
    }
    return replace(meetup, changes={**restored, **meetup.changes}) if restored else meetup


# --- what events say -----------------------------------------------------------------------------------------------


def event_digests(meetup: Meetup, community: Community) -> Mapping[date | None, str]:
    """What each event of a meetup says, as a digest: of its only date or the series (None), and of changed dates.

    Empty for a meetup without any date.
    """
    return {day: _digest(said) for day, said in _said(meetup, community)}


def _digest(said: Mapping[str, object]) -> str:
    kept = {name: value for name, value in said.items() if value not in ("", None, [], False)}
    return blake2b(json.dumps(kept, sort_keys=True).encode(), digest_size=8).hexdigest()


def _said(meetup: Meetup, community: Community) -> Iterator[tuple[date | None, Mapping[str, object]]]:
    language = community.language
    group = community.groups.get(meetup.group)
    titles = [
        community.challenges[slug].title.text(language) for slug in meetup.challenges if slug in community.challenges
    ]
    common = {
        "page": meetup.slug,
        "by": [group.slug, group.name.text(language), *_PICTURE.findall(group.body)] if group else community.name,
        "zone": meetup.timezone,
        "begins": meetup.starts.isoformat(),
        "length": _length(meetup),
        "text": meetup.body,
        "rsvp": meetup.rsvp,
        "about": [*titles, *meetup.topics],
    }
    changed = {one.original: one for one in changed_occurrences(meetup)} if meetup.changes else {}
    if meetup_rule(meetup) is None:
        day = first_day(meetup)
        if day in changed:
            yield None, {**common, **_changed(meetup, changed[day], language)}
        elif any(planned_days(meetup, start=day, end=day)):
            yield None, {**common, **_as_planned(meetup, language)}
        yield from _also(meetup, changed, common, language)
        return
    if any(ruled_days(meetup, start=date.min, end=date.max)):
        rule = {
            "rule": meetup.rrule,
            "until": meetup.until.isoformat() if meetup.until is not None else "",
            "times": meetup.times,
            "except": [
                day.isoformat() for day in sorted(set(meetup.excluded)) if any(ruled_days(meetup, start=day, end=day))
            ],
        }
        yield None, {**common, **_as_planned(meetup, language), **rule}
    yield from _also(meetup, changed, common, language)
    for day, one in changed.items():
        if day not in meetup.also:
            yield day, {**common, **_changed(meetup, one, language)}


def _also(
    meetup: Meetup, changed: Mapping[date, Occurrence], common: Mapping[str, object], language: str
) -> Iterator[tuple[date | None, Mapping[str, object]]]:
    """What each date of `also` says, which is an event by itself."""
    for day in sorted(set(meetup.also)):
        if day in changed:
            yield day, {**common, **_changed(meetup, changed[day], language)}
        elif meetup_rule(meetup) is not None or day != first_day(meetup):
            yield day, {**common, **_as_planned(meetup, language), "day": day.isoformat()}


def _as_planned(meetup: Meetup, language: str) -> Mapping[str, object]:
    return {
        "title": meetup.title.text(language),
        "place": _place(meetup.place),
        "online": meetup.online_url or meetup.online,
        "status": meetup.status,
    }


def _changed(meetup: Meetup, one: Occurrence, language: str) -> Mapping[str, object]:
    """What a changed date says; of its time what authors wrote, since the rules of zones change with their package."""
    change = meetup.changes[one.original]
    return {
        "title": one.title.text(language),
        "place": _place(one.place),
        "online": one.online_url or meetup.online,
        "status": one.status,
        "day": one.original.isoformat(),
        "moved": change.starts.isoformat() if change.starts is not None else "",
        "lasts": change.duration.total_seconds() if change.duration is not None else "",
        "reason": change.reason,
    }


def _length(meetup: Meetup) -> float | None:
    """Seconds of a timed meetup, days of an all-day one."""
    if meetup.duration is not None:
        return meetup.duration.total_seconds()
    return (meetup.last_day - first_day(meetup)).days if meetup.last_day is not None else None


def _place(place: Place | None) -> object:
    if place is None:
        return None
    point = place.precise and place.lat is not None and place.lon is not None
    return [place.label, f"{place.lat:.6f} {place.lon:.6f}" if point else ""]


# --- the next ledger -----------------------------------------------------------------------------------------------


def stamp_events(settings: Settings, community: Community, ledger: Ledger, *, now: datetime) -> Ledger:
    """The ledger once all that changed is stamped at `now` (aware). The same again where nothing did."""
    now = now.astimezone(UTC).replace(microsecond=0)
    since = forgotten_before(now.date())
    events: dict[EventKey, StampedEvent] = {}
    known: dict[str, list[date]] = {}
    for name, day in ledger.events:
        if day is not None:
            known.setdefault(name, []).append(day)
    for slug, name in event_names(community.meetups).items():
        meetup = community.meetups[slug]
        recent = {day: None for day in known.get(name, ()) if day >= since}
        series = ledger.events.get((name, None))
        also = [day for day in also_days(series) if day >= since] if series is not None else []
        for event in _stamped(name, with_dates(meetup, recent, also), community, ledger, now):
            events[event.key] = event
    for key, old in ledger.events.items():
        if key not in events and (left := _left(settings, old, ledger, events, now)) is not None:
            events[key] = left
    return replace(ledger, events=events)


def _stamped(name: str, meetup: Meetup, community: Community, ledger: Ledger, now: datetime) -> Iterator[StampedEvent]:
    """The events that a meetup has now."""
    series = ledger.events.get((name, None))
    digests = event_digests(meetup, community)
    before: Mapping[date | None, str] = {}
    if series is not None and (slug := str(series.outline.get("slug", name))) != meetup.slug:
        before = event_digests(replace(meetup, slug=slug), community)
    for day, digest in digests.items():
        old = ledger.events.get((name, day))
        if old is None:
            stamp = _first(now) if day is None or series is None else _next(series.stamp, now)
        elif old.gone or old.torn or old.digest not in (digest, before.get(day)):
            stamp = _next(old.stamp, now)
        elif old.digest != digest:  # renamed, and nothing else
            stamp = replace(_next(old.stamp, now), sequence=old.stamp.sequence)
        else:
            stamp = old.stamp
        yield StampedEvent(
            name=name,
            day=day,
            stamp=stamp,
            digest=digest,
            outline=outline_of(name, meetup, community) if day is None else {},
            extra=old.extra if old is not None else {},
            line=old.line if old is not None else 0,
        )


def _first(now: datetime) -> Stamp:
    return Stamp(instant=max(now, UNSTAMPED.instant))


def _next(stamp: Stamp, now: datetime) -> Stamp:
    """Later than `stamp`, also by a clock that went back."""
    return Stamp(instant=max(now, stamp.instant + _SECOND), sequence=stamp.sequence + 1)


def _left(
    settings: Settings, old: StampedEvent, ledger: Ledger, events: Mapping[EventKey, StampedEvent], now: datetime
) -> StampedEvent | None:
    """What stays of an event that no meetup has any more; None once it is long over."""
    since = forgotten_before(now.date())
    series = old if old.day is None else ledger.events.get((old.name, None))
    if old.day is not None and old.day < since:
        return None
    if series is not None and _is_forgotten(settings, series, ledger, events, since):
        return None
    if old.gone and not old.torn:
        return old
    return replace(old, gone=True, torn=False, stamp=_next(old.stamp, now))


def _is_forgotten(
    settings: Settings, series: StampedEvent, ledger: Ledger, events: Mapping[EventKey, StampedEvent], since: date
) -> bool:
    """True for a deleted meetup that is long over; one without an end is over when it was deleted."""
    if series.key in events:
        return False
    meetup, _ = read_deleted(settings, ledger, series)
    final = final_day(meetup) if meetup is not None else None
    if final is None and series.gone:
        final = series.stamp.instant.date()
    return final is not None and final < since


# --- what is not stamped yet ---------------------------------------------------------------------------------------


def ledger_differences(old: Ledger, new: Ledger) -> Mapping[EventKey, Difference]:
    """What a stamp writes down of events; those it forgets, and dates of a deleted series, are not among them."""
    found: dict[EventKey, Difference] = {}
    for key, event in new.events.items():
        before = old.events.get(key)
        series = new.events.get((event.name, None))
        if event.day is not None and series is not None and series.gone:
            continue
        if before is None:
            found[key] = "new"
        elif before != event:
            found[key] = "gone" if event.gone else "changed"
    return found


def check_stamps(settings: Settings, community: Community, ledger: Ledger, *, now: datetime) -> list[Problem]:
    """Events that changed since the last stamp, each at its meetup; nothing where nobody stamps."""
    if not ledger.is_kept:
        return []
    differences = ledger_differences(ledger, stamp_events(settings, community, ledger, now=now))
    meetups = {name: community.meetups[slug] for slug, name in event_names(community.meetups).items()}
    return [
        Problem(
            position=_position(key, meetups, ledger),
            code="stamp-stale",
            message=_MESSAGES[difference],
            hint="Run alongside stamp, and commit what it writes.",
            severity="warning",
        )
        for key, difference in sorted(differences.items(), key=lambda item: (item[0][0], item[0][1] or date.min))
    ]


_MESSAGES: Mapping[Difference, str] = {
    "new": "Calendar apps get this event without a stamp: it is new since the last alongside stamp.",
    "changed": "Calendar apps may keep the old version of this event: it changed since the last alongside stamp.",
    "gone": "Calendar apps may keep this event: it went since the last alongside stamp.",
}


def _position(key: EventKey, meetups: Mapping[str, Meetup], ledger: Ledger) -> Position:
    """Where the meetup or the change stands; of what is gone, its line of the ledger."""
    name, day = key
    meetup = meetups.get(name)
    if meetup is None:
        return Position(ledger.path, ledger.events[key].line)
    change = meetup.changes.get(day) if day is not None else None
    return change.position if change is not None else meetup.position
