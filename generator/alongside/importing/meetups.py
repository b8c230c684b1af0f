"""Events of a calendar as meetups: entries that become files, and what could not be said.

The events of one UID belong together: one that stands for all dates, and one for each date that differs
(RECURRENCE-ID). What a meetup file cannot hold in one becomes several; each of them has a UID made of the first, so
that it is found again.

    UID:abc, a monthly series, of which the date of 4 February moved     one meetup, uid: abc, with `changes`
    UID:abc with two rules                                               two, uid: abc and abc+2
    UID:abc with RDATE:20270304T183000                                   and one more, uid: abc+20270304
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from alongside.importing.components import Components
from alongside.importing.events import Event, last_days, read_event
from alongside.importing.places import Where, read_where
from alongside.importing.rules import repeats_words, simple_rule
from alongside.importing.series import Clock, Series, UnsaidError, day_of, read_series, read_single
from alongside.importing.texts import LONGEST, escape_markdown, markdown_of, markdown_of_html, without_addresses
from alongside.importing.values import When
from alongside.importing.zones import Zones, named_zone, stated_zones
from alongside.rendering.feeds.plain_texts import plain_text
from alongside.writing.yaml_texts import Value

MOST_DATES = 200  # RDATE: each becomes a meetup
LONGEST_TITLE = 300  # characters
MOST_EXCEPTIONS = 1_000  # days taken out or changed: what has more repeats by no rule
_PASSWORD = re.compile(r"[?&](?:pwd|password|passcode|pass)=", re.IGNORECASE)
_SLACK = timedelta(days=2)  # before zones are looked up, a day is known to one or two

Progress = Callable[[int, int], None]  # (done, in all)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A meetup to be written."""

    uid: str
    title: str
    day: date  # of `starts`
    fields: Mapping[str, Value]  # front matter, in the order in which it is written
    body: str  # Markdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the writer should know of an event."""

    uid: str  # empty: of the whole calendar
    title: str
    message: str
    hint: str = ""
    left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the community and the call say about the meetups to come."""

    zone: str  # IANA, the community's
    challenges: Mapping[str, str] = field(default_factory=dict)  # a name without case -> its slug
    group: str = ""
    place: str = ""  # for meetups that name none
    since: date = date.min  # what is over by then is left where it is


@dataclass(slots=True, kw_only=True)
class Imported:
    """What a calendar gave."""

    entries: list[Entry] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    private: set[str] = field(default_factory=set)  # UIDs of events that are marked so
    over: int = 0  # events that are over
    others: Mapping[str, int] = field(default_factory=dict)  # VTODO, VJOURNAL, ...: how many


def read_meetups(components: Components, wishes: Wishes, *, progress: Progress | None = None) -> Imported:
    """Meetups of all events that are not over, by UID; what cannot be said is a notice."""
    found = Imported(others=dict(components.others))
    own = named_zone(components.value("X-WR-TIMEZONE")) or ""
    zones = Zones(stated=stated_zones(components.zones), wanted=[zone for zone in (own, wishes.zone) if zone])
    clock = Clock(zones=zones, floating=own or wishes.zone, shown=own or "UTC")
    called_off = components.value("METHOD").strip().upper() == "CANCEL"
    by_uid: dict[str, list[Event]] = {}
    for number, lines in enumerate(components.events):
        if progress is not None:
            progress(number, len(components.events))
        event = read_event(lines, called_off=called_off)
        by_uid.setdefault(event.uid, []).append(event)
    for uid, events in sorted(by_uid.items()):
        last = last_days(events)
        if last is not None and last + _SLACK < wishes.since:
            found.over += 1
            continue
        _Conversion(uid=uid, clock=clock, wishes=wishes, found=found).take(events)
    _tell_calendar(components, zones, found)
    return found


def _tell_calendar(components: Components, zones: Zones, found: Imported) -> None:
    def tell(message: str, hint: str = "") -> None:
        found.notices.append(Notice(uid="", title="", message=message, hint=hint))

    if components.encoding != "utf-8":
        tell(
            "The calendar is not written in UTF-8, as the standard wants it; it was read as Windows-1252.",
            "Look at accents and signs in the meetups.",
        )
    if components.cut:
        tell("The calendar ends in the middle.", "Export or load it again: events may be missing.")
    for name, zone in sorted(zones.guesses.items()):
        tell(f'The zone "{name[:60]}" was taken for {zone}, whose clocks change alike.', "Look at `timezone`.")


@dataclass(slots=True, kw_only=True)
class _Conversion:
    """The events of one UID on their way to meetups."""

    uid: str
    clock: Clock
    wishes: Wishes
    found: Imported
    title: str = ""
    told: set[Notice] = field(default_factory=set)

    def tell(self, message: str, hint: str = "", *, left_out: bool = False) -> None:
        notice = Notice(uid=self.uid, title=self.title, message=message, hint=hint, left_out=left_out)
        if notice not in self.told:  # once of an event, however many meetups it becomes
            self.told.add(notice)
            self.found.notices.append(notice)

    def take(self, events: list[Event]) -> None:
        """All events of the UID."""
        self.title = next((one_title(event) for event in events if event.title), "")
        if any(event.private for event in events):
            self.found.private.add(self.uid)
            self.tell("It is marked as private, and was left alone.", "Write it by hand, if it is for everybody.")
            return
        if len(events) > MOST_EXCEPTIONS:
            self.tell(
                f"More than {MOST_EXCEPTIONS:,} events have this UID.", "Export the coming year alone.", left_out=True
            )
            return
        masters = _newest(event for event in events if event.original is None)
        changes: dict[datetime | date, Event] = {}
        for event in sorted((event for event in events if event.original is not None), key=_revision):
            assert event.original is not None
            if event.following:
                self.tell(
                    f"From {event.original.day} on all dates are different, which was not read.",
                    "Write `until:` in the meetup, and another one for the dates from there on.",
                    left_out=True,
                )
            else:
                changes[event.original.wall] = event
        if len(masters) > 1:
            self.tell("Several events of different days have this UID.", "Each became a meetup.")
        for number, master in enumerate(masters):
            self._take_one(master, list(changes.values()) if number == 0 else [], "" if number == 0 else "again")
        if not masters:
            self._take_lone(list(changes.values()))

    def _take_one(self, event: Event, changes: list[Event], suffix: str) -> None:
        uid = self.uid
        if suffix and event.starts is not None:
            uid = f"{self.uid}+{event.starts.day}"
        try:
            several, apart = self._series(event)
            left = list(changes)
            for number, series in enumerate(several):
                own = uid if number == 0 else f"{uid}+{number + 1}"
                left = self._add(own, event, series, left)
            for when in apart:
                left = self._add_date(uid, event, when, left, first=not several and when is apart[0])
        except UnsaidError as fault:
            self.tell(fault.message, fault.hint, left_out=True)
            return
        self._take_lone(left)

    def _series(self, event: Event) -> tuple[list[Series], list[When]]:
        """(what repeats, dates that stand alone)."""
        if event.starts is None:
            raise UnsaidError("It has no start that could be read.", "Write the meetup by hand.")
        if event.except_rules:
            self.tell("It has a rule of exceptions (EXRULE), which was not read.", "Write the days in `except:`.")
        if len(event.rules) > 1:
            self.tell("It has several rules, and became several meetups.", "Days that two of them give are in both.")
        if len(event.excluded) > MOST_EXCEPTIONS:
            raise UnsaidError(
                f"More than {MOST_EXCEPTIONS:,} of its days are taken out.", "Give it a rule that says when it happens."
            )
        several = [series for rule in event.rules for series in read_series(event, rule, self.clock)]
        if len(several) > max(1, len(event.rules)):
            self.tell("Its rule names several hours, and it became a meetup for each.")
        # a date that the rule gives as well happens once (RFC 5545 section 3.8.5.2)
        apart = [when for when in event.dates[:MOST_DATES] if not any(self._gives(one, when) for one in several)]
        if len(event.dates) > MOST_DATES:
            self.tell(f"It has more than {MOST_DATES} single dates (RDATE).", "Give it a rule.", left_out=True)
        first = self.clock.wall(event.starts, several[0].zone) if several else None
        if not any(first == series.starts for series in several) and not _taken_out(event, event.starts):
            if event.rules:
                self.tell("Its first date is none that its rule gives, and became a meetup of its own.")
            apart.insert(0, event.starts)
        if any(when in event.dates for when in apart):
            self.tell("It has single dates (RDATE); each became a meetup of its own.")
        apart = [when for when in dict.fromkeys(apart) if not _taken_out(event, when)]
        if not several and not apart:
            raise UnsaidError("It takes place on no day: its rule ends before it begins.", "Nothing has to be written.")
        return several, apart

    def _gives(self, series: Series, when: When) -> bool:
        """Whether a series has that date already."""
        wall = self.clock.wall(when, series.zone)
        if isinstance(wall, datetime) and isinstance(series.starts, datetime) and wall.time() != series.starts.time():
            return False
        return series.holds(day_of(wall))

    def _add_date(self, uid: str, event: Event, when: When, changes: list[Event], *, first: bool) -> list[Event]:
        """A date that stands alone; what changes it is taken instead. Returns the changes that are left."""
        own = uid if first else f"{uid}+{when.day}"
        for change in changes:
            if change.original is not None and change.original.day == when.day:
                self._add(own, _filled(change, event), read_single(change, self.clock), [])
                return [other for other in changes if other is not change]
        return self._add(own, event, read_single(event, self.clock, when), changes)

    def _take_lone(self, changes: Iterable[Event]) -> None:
        """Changes of dates that no rule gives: what they say took place, or will."""
        for change in changes:
            if change.starts is None or change.original is None or change.status == "cancelled":
                continue
            try:
                self._add(f"{self.uid}+{change.original.day}", change, read_single(change, self.clock), [])
            except UnsaidError as fault:
                self.tell(fault.message, fault.hint, left_out=True)

    # One meetup

    def _add(self, uid: str, event: Event, series: Series, changes: list[Event]) -> list[Event]:
        """Write a meetup down. Returns the changes that belong to another."""
        if not event.title:
            raise UnsaidError(f"It has no title ({series.first}).", "Give it one in the calendar.")
        body, where, title = self._describe(event)
        said: dict[str, Value] = {}
        excluded = set(series.excluded)
        left = []
        for change in changes:
            day = self._day(change, series)
            if series.rule is None or day is None or not series.holds(day):
                left.append(change)
                continue
            excluded.discard(day)
            value = self._change(change, event, series, day, where, title)
            if value is None:
                if day.isoformat() not in said:  # a file may name one day twice, in two zones
                    excluded.add(day)
                left.append(change)
            elif value:
                said[day.isoformat()] = value
        fields: dict[str, Value] = {"title": title}
        if self.wishes.group:
            fields["group"] = self.wishes.group
        fields |= _times(replace(series, excluded=tuple(sorted(excluded))))
        if said:
            fields["changes"] = dict(sorted(said.items()))
        fields |= _where_fields(where)
        if event.status != "confirmed":
            fields["status"] = event.status
        challenges = [self.wishes.challenges.get(name.casefold(), "") for name in event.categories]
        topics = [name for name, slug in zip(event.categories, challenges, strict=True) if not slug]
        if any(challenges):
            fields["challenges"] = list(dict.fromkeys(slug for slug in challenges if slug))
        if topics:
            fields["topics"] = [without_addresses(topic)[0] for topic in topics]
        if where.rsvp:
            fields["rsvp"] = where.rsvp
        fields["uid"] = uid
        self._tell_rest(event, where)
        self.found.entries.append(Entry(uid=uid, title=title, day=series.first, fields=fields, body=body))
        return left

    def _tell_rest(self, event: Event, where: Where) -> None:
        if event.starts is not None and isinstance(event.starts.wall, datetime) and not event.starts.zone:
            self.tell(f"Its time names no zone; it was taken for one of {self.clock.floating}.", "Look at `timezone`.")
        if _PASSWORD.search(where.online):
            self.tell("Its link holds the password of the call.", "Content is public: leave it only if all may join.")
        if event.attachments:
            self.tell("Its attachments were left out.", "Link to what everybody may see.")

    def _day(self, change: Event, series: Series) -> date | None:
        """The day of the series that a change is about."""
        assert change.original is not None
        try:
            return day_of(self.clock.wall(change.original, series.zone))
        except UnsaidError:
            return change.original.day

    def _describe(self, event: Event) -> tuple[str, Where, str]:
        """(Markdown, where it is, title), without addresses."""
        html, text = event.html, event.text
        title, in_title = without_addresses(event.title[:LONGEST_TITLE], event.addresses)
        location, in_location = without_addresses(event.location, event.addresses)
        text, in_text = without_addresses(text, event.addresses)
        html, in_html = without_addresses(html, event.addresses)
        if max(len(text), len(html) // 4) > LONGEST:
            self.tell(f"Its description is longer than {LONGEST:,} characters, and was cut.")
        url, _ = without_addresses(event.url, event.addresses)
        body = markdown_of_html(html) if html else ""
        # once more: HTML may have hidden one, as in ana&#64;example.org
        body, in_body = without_addresses(body or markdown_of(text), event.addresses)
        if in_title or in_location or in_text or in_html or in_body:
            self.tell(
                "An e-mail address in its texts was left out.", "Content is public: write it only if its owner agrees."
            )
        rooms = [without_addresses(room, event.addresses)[0] for room in event.rooms]
        said = without_addresses(f"{text} {plain_text(html)}", event.addresses)[0]
        where = read_where(location, event.geo, url, rooms, said, default=self.wishes.place)
        more = [escape_markdown(where.words)] if where.words else []
        if where.words and where.place is None:
            self.tell(
                f'Where "{where.words[:60]}" is, nobody knows; it stands in the text.',
                'Write `place: "City, Country"`, or {label: "...", lat: 0.0, lon: 0.0}.',
            )
        more += [body] if body else []
        more += [where.page] if where.page else []
        return "\n\n".join(more), where, title

    def _change(
        self, change: Event, event: Event, series: Series, day: date, where: Where, title: str
    ) -> dict[str, Value] | None:
        """What `changes` says of one date; empty where nothing differs, None where it cannot say it."""
        if change.status == "cancelled" and event.status != "cancelled":
            told = without_addresses(change.reason)[0]
            return {"status": "cancelled", "reason": told} if told else {"status": "cancelled"}
        if change.starts is None:
            return {}
        wall = self.clock.wall(change.starts, series.zone)
        single = read_single(change, self.clock)
        planned = datetime.combine(day, series.starts.time()) if isinstance(series.starts, datetime) else day
        if isinstance(wall, datetime) is not isinstance(planned, datetime):
            return None
        length = single.length or (None if isinstance(wall, datetime) else timedelta(days=1))
        usual = series.length or (None if isinstance(wall, datetime) else timedelta(days=1))
        if length != usual and (length is None or not isinstance(wall, datetime) or length > timedelta(days=31)):
            return None
        found: dict[str, Value] = {}
        if wall != planned:
            found["starts"] = moment_text(wall)
        if length is not None and length != usual:
            found["duration"] = length_text(length)
        body, there, new_title = self._describe(_filled(change, event))
        if new_title != title:
            found["title"] = new_title
        if there.place is not None and there.place != where.place:
            found["place"] = there.place
        if there.online and there.online != "true" and there.online != where.online:
            found["online"] = there.online
        if change.status != event.status and event.status != "cancelled":
            found["status"] = change.status
        reason = without_addresses(change.reason)[0]
        if reason:
            found["reason"] = reason
        if change.text and body and change.text.split() != event.text.split():
            self.tell(f"The description of {day} is another one, and was left out.", "Say it in `reason:` of that day.")
        return found


def one_title(event: Event) -> str:
    """A title that can be shown to whoever runs the import."""
    return without_addresses(event.title[:LONGEST_TITLE], event.addresses)[0]


def _revision(event: Event) -> tuple[int, str]:
    return event.sequence, event.changed


def _newest(events: Iterable[Event]) -> list[Event]:
    """The last revision of each; events of one UID on different days, none of them revised, are different ones."""
    found: dict[When | None, Event] = {}
    for event in sorted(events, key=_revision):
        found[event.starts] = event
    most = max((event.sequence for event in found.values()), default=0)
    return [event for event in found.values() if event.sequence == most]


def _filled(change: Event, event: Event) -> Event:
    """A change with what it leaves out, as it was: programs write all of it, people's scripts do not."""
    return replace(
        change,
        title=change.title or event.title,
        location=change.location or event.location,
        geo=change.geo or (event.geo if not change.location or change.location == event.location else None),
        url=change.url or event.url,
        rooms=change.rooms or event.rooms,
        text=change.text or event.text,
        html=change.html or ("" if change.text else event.html),
        categories=change.categories or event.categories,
    )


def _taken_out(event: Event, when: When) -> bool:
    return any(when == out or (not isinstance(out.wall, datetime) and out.wall == when.day) for out in event.excluded)


# --- front matter ---


def moment_text(when: datetime | date) -> str:
    """`2026-12-03 18:30`, or a day."""
    if not isinstance(when, datetime):
        return when.isoformat()
    return when.strftime("%Y-%m-%d %H:%M:%S" if when.second else "%Y-%m-%d %H:%M")


def length_text(length: timedelta) -> str:
    """`2h`, `1h 30m`, `45 minutes`, `2 days`; what has seconds as ISO 8601 has it."""
    seconds = round(length.total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    if seconds % 60:
        return f"PT{hours}H{minutes}M{seconds % 60}S"
    if not minutes and hours % 24 == 0:
        return f"{hours // 24} days" if hours > 24 else "24h"
    if not hours:
        return f"{minutes} minutes"
    return f"{hours}h {minutes}m" if minutes else f"{hours}h"


def _times(series: Series) -> dict[str, Value]:
    found: dict[str, Value] = {"starts": moment_text(series.starts)}
    if series.zone:
        found["timezone"] = series.zone
    if series.length is not None:
        if not isinstance(series.starts, datetime):
            if series.length > timedelta(days=1):
                found["ends"] = (series.starts + series.length - timedelta(days=1)).isoformat()
        elif series.length <= timedelta(days=31):
            found["duration"] = length_text(series.length)
        else:
            found["ends"] = moment_text(series.starts + series.length)
    if series.rule is None:
        return found
    words = repeats_words(series.rule, series.first)
    found["repeats"] = words or {"rrule": str(simple_rule(series.rule, series.first))}
    if series.times is not None:
        found["times"] = str(series.times)
    elif series.until is not None:
        found["until"] = series.until.isoformat()
    if series.excluded:
        found["except"] = [day.isoformat() for day in series.excluded]
    return found


def _where_fields(where: Where) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if where.place is not None:
        found["place"] = where.place
    if where.online:
        found["online"] = where.online
    return found
