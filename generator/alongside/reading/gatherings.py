"""Groups and meetups: files and lists in, records out."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from alongside.model.gatherings import Change, Chat, Group, Meetup
from alongside.model.recurrences import RecurrenceError, Rule, gives, nearest_day, next_day, nth_day
from alongside.problems import Position
from alongside.reading.bodies import read_body
from alongside.reading.fields import (
    LEAVE_OUT,
    Closed,
    Field,
    Parser,
    Reference,
    Sheet,
    Table,
    choice,
    converted,
    ended,
    list_of,
    mapping,
    read_fields,
    read_table,
    wrong_type,
)
from alongside.reading.files import Source, marks, read_list, read_markdown
from alongside.reading.people import CHALLENGES, TOPICS, WAS
from alongside.reading.places import PLACE
from alongside.reading.readings import Draft, Link, Reading
from alongside.reading.recurrences import FORMS_HINT, parse_repeats, parse_rrule
from alongside.reading.slugs import slugify
from alongside.reading.times import DATE, DURATION, MOMENT, ZONE, Moment, meant_dates, parse_date
from alongside.reading.values import (
    FLAG,
    INVITATION,
    LANGUAGE,
    LINE,
    LOCAL,
    OWN_SLUG,
    PROSE,
    URL,
    read_line,
    reference,
    whole,
)
from alongside.source.yaml_nodes import Keys, Plain

CHAT = converted(
    mapping(
        Table(
            kind="chat",
            about="Where to join.",
            fields=(
                Field(name="platform", parser=LINE, required=True, about="matrix, slack, telegram, discord, ..."),
                Field(name="url", parser=INVITATION, required=True, about="The invitation."),
                Field(name="expires", parser=DATE, about="The last day on which the invitation works."),
            ),
        )
    ),
    lambda sheet, keys, value: Chat(**value, position=sheet.position(keys)),
)
LANGUAGES = Field(name="languages", parser=list_of(LANGUAGE), default=(), about="Codes of the languages spoken.")
HOSTS = Field(name="hosts", parser=list_of(reference("member")), default=(), about="Slugs of members.")
GROUP = Table(
    kind="group",
    about="A lasting gathering: content/groups/<slug>.md.",
    fields=(
        Field(name="name", parser=LOCAL, required=True, about="What people read, in one or more languages."),
        Field(
            name="kind",
            parser=choice(("chapter", "chat", "forum", "list", "project", "other")),
            required=True,
            about="chapter, chat, forum, list, project or other.",
        ),
        Field(name="place", parser=PLACE, about='"City, Country", a country, or {label, lat, lon}.'),
        LANGUAGES,
        CHALLENGES,
        TOPICS,
        Field(name="chat", parser=list_of(CHAT), default=(), about="Where to join, most wanted first."),
        Field(name="conduct", parser=URL, default="", about="Its code of conduct; else the community's."),
        HOSTS,
        Field(
            name="status",
            parser=choice(("active", "forming", "retired")),
            default="active",
            about="active (default), forming or retired.",
            closed=Closed(value="retired", told="Until then it counts as retired."),
        ),
        WAS,
    ),
)


def _read_online(sheet: Sheet, keys: Keys, value: Plain) -> tuple[bool, str] | None:
    if isinstance(value, str) and not (":" in value or "." in value or "/" in value):
        flag = FLAG.read(sheet, keys, value)
        return (flag, "") if flag is not None else None
    url = URL.read(sheet, keys, value)
    return (True, url) if url is not None else None


ONLINE = Parser(read=_read_online, schema={"anyOf": [URL.schema, FLAG.schema]})

RRULE = Table(
    kind="rule",
    about="A recurrence as calendar programs write it.",
    fields=(Field(name="rrule", parser=LINE, required=True, about='RFC 5545: "FREQ=MONTHLY;BYDAY=1TH"'),),
)
# What else the standard puts beside a rule, and where it stands here.
_BESIDE_A_RULE = {
    "rdate": "Write further days in `also:`, beside `repeats`.",
    "exdate": "Write days that fall out in `except:`, beside `repeats`.",
    "exrule": "Write days that fall out in `except:`, beside `repeats`.",
}
_SUNDAY = 6
MOST_DAYS = 366  # of `also`: each is an event of its own


def _read_repeats(sheet: Sheet, keys: Keys, value: Plain) -> tuple[Rule, str, bool] | None:
    """(rule, words for people, whether the rule says UNTIL or COUNT)."""
    try:
        if not isinstance(value, dict):
            text = read_line(sheet, keys, value)
            return (parse_repeats(text), text, False) if text is not None else None
        if _more_than_a_rule(sheet, keys, value):
            return None
        fields = read_table(sheet, RRULE, value, keys)
        if fields is None:
            return None
        rule, bounded = parse_rrule(fields["rrule"])
        return rule, "", bounded
    except RecurrenceError as fault:
        place = (*keys, "rrule") if isinstance(value, dict) else keys
        sheet.report(place, "bad-recurrence", fault.message, fault.hint)
        return None


def _more_than_a_rule(sheet: Sheet, keys: Keys, value: dict[str, Plain]) -> bool:
    """Whether several rules are there, or days: what programs that do not agree on them make of one event."""
    for name in value:
        if name.casefold() in _BESIDE_A_RULE:
            sheet.report(
                (*keys, name), "bad-recurrence", f"{name} is not read here: calendar programs do not agree on it.",
                _BESIDE_A_RULE[name.casefold()], key=True,
            )  # fmt: skip
            return True
    rules = value.get("rrule")
    if isinstance(rules, list) or (isinstance(rules, str) and len(rules.strip().splitlines()) > 1):
        sheet.report(
            (*keys, "rrule"), "bad-recurrence",
            "A meetup has one rule: calendar programs do not agree on several.",
            "Name all days in one (FREQ=MONTHLY;BYDAY=1TH,3TH), write a meetup for each, or single days in `also:`.",
        )  # fmt: skip
        return True
    return False


REPEATS = Parser(read=_read_repeats, schema={"anyOf": [{"type": "string", "description": FORMS_HINT}, RRULE.schema]})

MEETUP_STATUS = choice(("confirmed", "tentative", "cancelled"), spelt={"canceled": "cancelled"})
CALLED_OFF = Closed(value="cancelled", told="Until then this date is called off.")
CHANGE = Table(
    kind="change",
    about="One occurrence that differs from the rule.",
    fields=(
        Field(name="starts", parser=MOMENT, about="Moved to then."),
        Field(name="duration", parser=DURATION, about="Another length."),
        Field(name="title", parser=LOCAL, about="Another title."),
        Field(name="place", parser=PLACE, about="Another place."),
        Field(name="online", parser=ONLINE, about="Another address to join at."),
        Field(name="status", parser=MEETUP_STATUS, about="cancelled, tentative or confirmed.", closed=CALLED_OFF),
        Field(name="reason", parser=LINE, default="", about="What people are told."),
    ),
)


def _read_changes(sheet: Sheet, keys: Keys, value: Plain) -> dict[date, dict[str, Any]] | None:
    if not isinstance(value, dict):
        wrong_type(sheet, keys, value, "a mapping of dates to what changes on them")
        return None
    found: dict[date, dict[str, Any]] = {}
    for name, plain in value.items():
        day = parse_date(name)
        if day is None:
            sheet.report(
                (*keys, name), "bad-date", f'"{name[:40]}" is no date.',
                "The key is the day the rule gives: 2027-02-04: {starts: ...}", key=True,
                proposal=days[0] if len(days := meant_dates(name)) == 1 else "",
            )  # fmt: skip
            continue
        fields = read_table(sheet, CHANGE, plain if plain is not None else {}, (*keys, name))
        if fields is None:
            sheet.problems[-1] = replace(
                sheet.problems[-1], hint=f"{ended(sheet.problems[-1].hint)} {CALLED_OFF.told}".strip()
            )
            fields = {item.name: item.default for item in CHANGE.fields} | {"status": CALLED_OFF.value}
        found[day] = fields | {"key": name}
    return found


CHANGES = Parser(
    read=_read_changes,
    schema={
        "type": "object",
        "propertyNames": {"pattern": r"^\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\s*$"},
        "additionalProperties": CHANGE.schema,
    },
)
MEETUP = Table(
    kind="meetup",
    about="A dated gathering, once or recurring: content/meetups/<slug>.md, or an item of a list there.",
    fields=(
        Field(name="title", parser=LOCAL, required=True, about="What people read, in one or more languages."),
        Field(name="group", parser=reference("group"), default="", about="The slug of the group that holds it."),
        Field(
            name="starts",
            parser=MOMENT,
            required=True,
            about="2026-12-03 18:30 in the meetup's zone; a date alone: all day.",
        ),
        Field(
            name="timezone",
            parser=ZONE,
            about="IANA name; else that of the place, else the group's, else the community's.",
        ),
        Field(name="duration", parser=DURATION, about="2h, 90 minutes, 1h 30m or PT1H30M."),
        Field(name="ends", parser=MOMENT, about="Instead of a duration; of an all-day meetup the last day, included."),
        Field(name="all_day", parser=FLAG, about="Says again that `starts` is a date alone."),
        Field(name="repeats", parser=REPEATS, about=FORMS_HINT),
        Field(name="until", parser=DATE, about="The last day on which it may repeat, included."),
        Field(name="times", parser=whole(1, 10_000), about="How often it happens, instead of `until`."),
        Field(
            name="except", parser=list_of(DATE), default=(), about="Days the rule gives on which it does not happen."
        ),
        Field(
            name="also", parser=list_of(DATE), default=(), about="Days on which it happens as well, at the same hour."
        ),
        Field(name="changes", parser=CHANGES, default={}, about="By original date: moved, renamed or called off."),
        Field(name="place", parser=PLACE, about='"City, Country", a country, or {label, lat, lon}.'),
        Field(name="online", parser=ONLINE, about="The address to join at, or true."),
        LANGUAGES,
        HOSTS,
        Field(
            name="status",
            parser=MEETUP_STATUS,
            default="confirmed",
            about="confirmed (default), tentative or cancelled.",
            closed=Closed(value=LEAVE_OUT, told="Until then the meetup is left out."),
        ),
        CHALLENGES,
        TOPICS,
        Field(name="capacity", parser=whole(1, 1_000_000), about="How many people fit in."),
        Field(name="rsvp", parser=URL, default="", about="Where to say that one comes."),
        Field(name="uid", parser=LINE, default="", about="Its UID in the calendar it came from, which feeds keep."),
        WAS,
    ),
)
MEETUP_ITEM = MEETUP.plus(
    Field(name="slug", parser=OWN_SLUG, about="Its slug; else the file's name and the title."),
    Field(name="description", parser=PROSE, default="", about="What happens there, in Markdown."),
)


def read_group(source: Source, content: bytes) -> Reading:
    """`groups/docs-berlin.md`."""
    found = read_markdown(source, content, "group")
    if found is None:
        return Reading(problems=tuple(source.problems))
    sheet, parts = found
    fields, complete = read_fields(sheet, GROUP, sheet.document.value)
    links = read_body(source, parts.body, parts.body_line)
    if not complete:
        return Reading(references=tuple(sheet.references), links=links, problems=tuple(source.problems))
    place = fields["place"]
    group = Group(
        slug=source.slug,
        timezone=place.zone if place is not None else None,
        body=parts.body,
        body_line=parts.body_line,
        position=Position(source.path),
        **fields,
    )
    draft = Draft(record=group, references=tuple(sheet.references), marks=marks(sheet, "was"))
    return Reading(drafts=(draft,), links=links, problems=tuple(source.problems))


def read_meetup(source: Source, content: bytes) -> Reading:
    """`meetups/docs-berlin-monthly.md`."""
    found = read_markdown(source, content, "meetup")
    if found is None:
        return Reading(problems=tuple(source.problems))
    sheet, parts = found
    fields, complete = read_fields(sheet, MEETUP, sheet.document.value)
    links = read_body(source, parts.body, parts.body_line)
    series = _series(sheet, fields)
    if not complete:
        return Reading(references=tuple(sheet.references), links=links, problems=tuple(source.problems))
    meetup = _meetup(sheet, fields, series, source.slug, parts.body, parts.body_line)
    return Reading(drafts=(_draft(sheet, meetup),), links=links, problems=tuple(source.problems))


def read_outline(sheet: Sheet, slug: str) -> Meetup | None:
    """A meetup of which only some keys are left (`reading.stamps`); None where they no longer say what and when."""
    fields, complete = read_fields(sheet, MEETUP, sheet.document.value)
    if not complete:
        return None
    return _meetup(sheet, fields, _series(sheet, fields), slug, "", 1)


def read_meetups(source: Source, content: bytes) -> Reading:
    """`meetups/2027.yml`: a list of meetups."""
    document = read_list(source, content, "list of meetups")
    if document is None:
        return Reading(problems=tuple(source.problems))
    if not isinstance(document.value, list):
        sheet = source.sheet(document)
        sheet.report(
            (), "wrong-type", "A file of meetups is a list.", "Start each meetup with `- title: ...`, indented alike."
        )
        return Reading(problems=tuple(source.problems))
    drafts = []
    links: list[Link] = []
    references: list[Reference] = []
    for index, value in enumerate(document.value):
        sheet = source.sheet(document, (index,))
        fields, complete = read_fields(sheet, MEETUP_ITEM, value)
        body = fields["description"]
        line = sheet.position(("description",)).line if body else 1
        if body:
            links += read_body(source, body, line, sheet=sheet, keys=("description",))
        series = _series(sheet, fields)
        if not complete:
            references += sheet.references
            continue
        slug = fields["slug"] or slugify(f"{source.slug}-{fields['title']}")
        drafts.append(_draft(sheet, _meetup(sheet, fields, series, slug, body, line)))
    return Reading(
        drafts=tuple(drafts), links=tuple(links), references=tuple(references), problems=tuple(source.problems)
    )


def _series(sheet: Sheet, fields: dict[str, Any]) -> dict[str, Any]:
    """What a meetup says about when it happens, each part checked against the others; empty without a start."""
    starts: Moment | None = fields["starts"]
    if starts is None:
        return {}
    zone, when = _zone(sheet, fields, starts, recurring=fields["repeats"] is not None)
    _check_all_day(sheet, fields["all_day"], when)
    duration, last_day = _length(sheet, fields, starts, when)
    rule, words = _rule(sheet, fields, when)
    until, times = _bounds(sheet, fields, rule, when)
    excluded = _excluded(sheet, fields, rule, when, until)
    also = _also(sheet, fields, rule, when, until)
    return {
        "starts": when,
        "timezone": zone,
        "duration": duration,
        "last_day": last_day,
        "rrule": str(rule) if rule is not None else "",
        "repeats": words,
        "until": until,
        "times": times,
        "excluded": excluded,
        "also": also,
        "changes": _changes(sheet, fields, rule, starts, when, until, excluded, also),
    }


def _meetup(
    sheet: Sheet, fields: dict[str, Any], series: dict[str, Any], slug: str, body: str, body_line: int
) -> Meetup:
    online = fields["online"] or (False, "")
    return Meetup(
        slug=slug,
        title=fields["title"],
        group=fields["group"],
        place=fields["place"],
        online=online[0],
        online_url=online[1],
        languages=fields["languages"],
        hosts=fields["hosts"],
        status=fields["status"],
        challenges=fields["challenges"],
        topics=fields["topics"],
        capacity=fields["capacity"],
        rsvp=fields["rsvp"],
        uid=fields["uid"],
        body=body,
        body_line=body_line,
        was=fields["was"],
        position=sheet.position(),
        **series,
    )


def _draft(sheet: Sheet, meetup: Meetup) -> Draft:
    return Draft(
        record=meetup, references=tuple(sheet.references), marks=marks(sheet, "starts", "title", "slug", "uid", "was")
    )


def _zone(sheet: Sheet, fields: dict[str, Any], starts: Moment, *, recurring: bool) -> tuple[str, datetime | date]:
    """The zone, empty where the group may decide, and the start in it."""
    place = fields["place"]
    if starts.offset is None or not isinstance(starts.when, datetime):
        zone = fields["timezone"] or (place.zone if place is not None else None)
        return zone or ("" if fields["group"] else sheet.defaults.timezone), starts.when
    if fields["timezone"] is not None:
        sheet.report(
            ("timezone",), "offset-and-timezone", "`starts` says its offset from UTC, and here is a time zone as well.",
            "Keep the time zone and write `starts` as its wall time, without offset.",
        )  # fmt: skip
    hours, rest = divmod(starts.offset, timedelta(hours=1))
    if not rest and -12 <= hours <= 14:
        return (f"Etc/GMT{-hours:+d}" if hours else "UTC"), starts.when
    if recurring:
        sheet.report(
            ("starts",), "offset-recurring",
            "A meetup that repeats needs a time zone; an offset of part of an hour has none.",
            "Write `starts` as wall time, and `timezone:` with a name such as Asia/Kolkata.",
        )  # fmt: skip
    return "UTC", starts.when - starts.offset


def _check_all_day(sheet: Sheet, all_day: bool | None, when: datetime | date) -> None:
    timed = isinstance(when, datetime)
    if all_day and timed:
        sheet.report(
            ("all_day",), "all-day", "`all_day` is true, and `starts` has a time of day.",
            "Write the date alone in `starts`, or delete `all_day`.",
        )  # fmt: skip
    elif all_day is False and not timed:
        sheet.report(
            ("all_day",), "all-day", "`all_day` is false, and `starts` is a date alone.",
            "Add the time of day to `starts`.",
        )  # fmt: skip


def _length(
    sheet: Sheet, fields: dict[str, Any], starts: Moment, when: datetime | date
) -> tuple[timedelta | None, date | None]:
    """(duration of a timed meetup, last day of an all-day one)."""
    ends: Moment | None = fields["ends"]
    duration: timedelta | None = fields["duration"]
    if ends is not None and duration is not None:
        sheet.report(("duration",), "ends-and-duration", "Both `ends` and `duration` are there.", "Keep one of them.")
    if ends is None:
        if duration is None or isinstance(when, datetime):
            return duration, None
        if duration % timedelta(days=1):
            sheet.report(
                ("duration",), "all-day", "An all-day meetup lasts whole days.",
                "Write a number of days, or a time of day in `starts`.",
            )  # fmt: skip
            return None, None
        return None, when + duration - timedelta(days=1) if duration > timedelta(days=1) else None
    if not isinstance(ends.when, datetime) and not isinstance(when, datetime):
        if ends.when < when:
            _reversed_times(sheet, when)
            return None, None
        return None, ends.when if ends.when > when else None
    return _timed_length(sheet, starts, ends), None


def _timed_length(sheet: Sheet, starts: Moment, ends: Moment) -> timedelta | None:
    if not isinstance(ends.when, datetime) or not isinstance(starts.when, datetime):
        sheet.report(
            ("ends",), "all-day", "One of `starts` and `ends` has a time of day, the other has none.",
            "Write both with a time of day, or both without.",
        )  # fmt: skip
        return None
    end = ends.when
    if ends.offset != starts.offset:
        if ends.offset is None or starts.offset is None:
            sheet.report(
                ("ends",), "offset-mixed", "One of `starts` and `ends` has an offset from UTC, the other has none.",
                "Write both alike.",
            )  # fmt: skip
            return None
        end = end - ends.offset + starts.offset
    if end <= starts.when:
        _reversed_times(sheet, starts.when)
        return None
    if end - starts.when > timedelta(days=366):
        sheet.report(
            ("ends",),
            "out-of-range",
            "It would last more than a year.",
            "Check the year; a lasting gathering is a group.",
        )
        return None
    return end - starts.when


def _reversed_times(sheet: Sheet, when: datetime | date) -> None:
    shown = when.strftime("%Y-%m-%d %H:%M") if isinstance(when, datetime) else when.isoformat()
    sheet.report(("ends",), "dates-reversed", "It ends before it starts.", f"`ends` is later than {shown}.")


def _day(when: datetime | date) -> date:
    return when.date() if isinstance(when, datetime) else when


def _rule(sheet: Sheet, fields: dict[str, Any], when: datetime | date) -> tuple[Rule | None, str]:
    """The rule where `starts` fits it, and its words for people."""
    if fields["repeats"] is None:
        return None, ""
    rule, words, bounded = fields["repeats"]
    if bounded:
        sheet.report(
            ("repeats", "rrule"), "rrule-bounds", "A rule here has no UNTIL or COUNT.",
            "Say it in `until:` (a date) or `times:` (a number), beside `repeats`.",
        )  # fmt: skip
    start = _day(when)
    if not gives(rule, start, start):
        following = next_day(rule, start, start=start)
        proposal = f"The next day that is: {following} ({following:%A})." if following else "It gives no day at all."
        sheet.report(
            ("starts",), "start-off-rule", f"{start} ({start:%A}) is no day that `repeats` gives.",
            f"{proposal} Write that in `starts`, or change `repeats`.",
        )  # fmt: skip
        return None, ""
    _check_readers(sheet, rule, start)
    return rule, words


def _check_readers(sheet: Sheet, rule: Rule, start: date) -> None:
    """Warn of what every program here reads alike, and people or some programs understand in another way."""
    late = _late_day(rule, start)
    if late:
        sheet.report(
            ("repeats",), "month-end",
            f"Not every month has {late}: the others are left out, and calendar programs differ on it.",
            _instead_of_late(rule), severity="warning",
        )  # fmt: skip
    days = {weekday for _, weekday in rule.weekdays}
    if rule.depends_on_weeks and _SUNDAY in days:
        sheet.report(
            ("repeats",), "week-start",
            "Where a week starts on Sunday, calendar programs may take the Sundays of the other weeks.",
            "Write one meetup for the Sundays and one for the other days.", severity="warning",
        )  # fmt: skip


def _late_day(rule: Rule, start: date) -> str:
    """What the rule asks for that not every month (of a yearly rule: not every year) has; empty for none."""
    if any(abs(ordinal) == 5 for ordinal, _ in rule.weekdays) and (rule.frequency == "MONTHLY" or rule.months):
        return "a fifth one of a weekday"
    if rule.weekdays or rule.frequency not in ("MONTHLY", "YEARLY"):
        return ""
    numbers = sorted({abs(number) for number in rule.month_days or (start.day,) if abs(number) > 28})
    months = rule.months
    if rule.frequency == "YEARLY" and not rule.month_days:
        months = months or frozenset({start.month})
    sizes = [monthrange(2027, month)[1] for month in months or range(1, 13)]
    return f"a day {numbers[0]}" if numbers and numbers[-1] > min(sizes) else ""


def _instead_of_late(rule: Rule) -> str:
    if rule.weekdays:
        return 'Write "last Friday of every month", or count to the fourth.'
    if rule.frequency == "YEARLY":
        return 'Write "last day of February", or another day.'
    return 'Write "last day of every month", or a day up to the 28th.'


def _bounds(
    sheet: Sheet, fields: dict[str, Any], rule: Rule | None, when: datetime | date
) -> tuple[date | None, int | None]:
    until, times = fields["until"], fields["times"]
    if fields["repeats"] is None:
        for name in ("until", "times", "except", "changes"):
            if fields[name] and not (name == "changes" and fields["also"]):
                sheet.report(
                    (name,), "needs-repeats",
                    f"`{name}` says something about a meetup that repeats; this one does not.",
                    "Add `repeats:`, or delete it.", key=True,
                )  # fmt: skip
        return None, None
    if until is not None and times is not None:
        sheet.report(("times",), "until-and-times", "Both `until` and `times` are there.", "Keep one of them.")
        times = None
    if until is not None and until < _day(when):
        sheet.report(
            ("until",), "dates-reversed", "`until` is before `starts`.",
            f"It is the last day on which the meetup may happen, on or after {_day(when)}.",
        )  # fmt: skip
        until = None
    return (until, times) if rule is not None else (None, None)


def _excluded(
    sheet: Sheet, fields: dict[str, Any], rule: Rule | None, when: datetime | date, until: date | None
) -> tuple[date, ...]:
    if rule is None:
        return ()
    kept = []
    for index, day in enumerate(fields["except"]):
        keys: Keys = ("except", index)
        if _on_rule(sheet, keys, rule, _day(when), day, until, times=fields["times"], key=False):
            kept.append(day)
    return tuple(sorted(kept))


def _also(
    sheet: Sheet, fields: dict[str, Any], rule: Rule | None, when: datetime | date, until: date | None
) -> tuple[date, ...]:
    """Further days, all later than the first date, and none on which it happens anyway."""
    kept: list[date] = []
    for index, day in enumerate(fields["also"]):
        keys: Keys = ("also", index)
        if day < _day(when):
            sheet.report(
                keys, "dates-reversed", f"{day} is before `starts`, which is the first date.",
                "Write the earliest date in `starts`.",
            )  # fmt: skip
        elif day in fields["except"]:
            sheet.report(keys, "also-and-except", f"{day} stands in `except`, too.", "Keep it in one of the two.")
        elif _is_given(rule, _day(when), day, until, fields["times"]):
            sheet.report(
                keys, "also-on-rule", f"{day} ({day:%A}) is a day on which it happens anyway.",
                "Delete it; a second time on one day is a meetup of its own.", severity="warning",
            )  # fmt: skip
        elif len(kept) < MOST_DAYS:
            kept.append(day)
        else:
            sheet.report(
                ("also",), "out-of-range", f"There are more than {MOST_DAYS} days.", "Say them with `repeats:`."
            )
            break
    return tuple(sorted(kept))


def _is_given(rule: Rule | None, start: date, day: date, until: date | None, times: int | None) -> bool:
    """Whether the rule, with its bounds, gives `day`; without one, whether it is that of `starts`."""
    if rule is None:
        return day == start
    ended = until is not None and day > until
    return not ended and gives(rule, start, day) and not _past_times(rule, start, day, times)


def _on_rule(
    sheet: Sheet,
    keys: Keys,
    rule: Rule | None,
    start: date,
    day: date,
    until: date | None,
    *,
    times: int | None,
    key: bool,
) -> bool:
    """Whether the rule gives `day`; a problem with the nearest day it does give where not."""
    if _is_given(rule, start, day, until, times):
        return True
    near: date | None = start
    if rule is not None:
        near = nearest_day(rule, start, min(day, until) if until is not None else day)
    if near is not None and until is not None and near > until:
        near = None
    sheet.report(
        keys, "off-rule", f"{day} ({day:%A}) is no day on which this meetup would happen.",
        f"The nearest is {near} ({near:%A})." if near is not None else "Delete it.", key=key,
    )  # fmt: skip
    return False


def _past_times(rule: Rule, start: date, day: date, times: int | None) -> bool:
    last = nth_day(rule, start, times) if times is not None else None
    return last is not None and day > last


def _changes(
    sheet: Sheet,
    fields: dict[str, Any],
    rule: Rule | None,
    starts: Moment,
    when: datetime | date,
    until: date | None,
    excluded: tuple[date, ...],
    also: tuple[date, ...],
) -> dict[date, Change]:
    if rule is None and not also:
        return {}
    found: dict[date, Change] = {}
    for day, change in fields["changes"].items():
        keys: Keys = ("changes", change["key"])
        if day not in also and not _on_rule(sheet, keys, rule, _day(when), day, until, times=fields["times"], key=True):
            continue
        if day in excluded:
            sheet.report(
                keys, "excepted-change", f"{day} also stands in `except`, so it does not happen at all.",
                "Keep it in one of the two.", key=True,
            )  # fmt: skip
            continue
        moved = _moved(sheet, (*keys, "starts"), change["starts"], starts, when)
        online = change["online"]
        found[day] = Change(
            original=day,
            starts=moved,
            duration=change["duration"] if isinstance(when, datetime) else None,
            title=change["title"],
            place=change["place"],
            online_url=online[1] if online is not None else None,
            status=change["status"],
            reason=change["reason"],
            position=sheet.position(keys, key=True),
        )
    for day, change in fields["changes"].items():
        if day in found:
            keys = ("changes", change["key"])
            _check_moved(sheet, keys, found[day], found, rule, when, until, fields["times"], excluded, also)
    return dict(sorted(found.items()))


def _check_moved(
    sheet: Sheet,
    keys: Keys,
    change: Change,
    changes: dict[date, Change],
    rule: Rule | None,
    when: datetime | date,
    until: date | None,
    times: int | None,
    excluded: tuple[date, ...],
    also: tuple[date, ...],
) -> None:
    """Warn of a date that moved to a day on which the meetup happens anyway."""
    day = _day(change.starts) if change.starts is not None else change.original
    other = changes.get(day)
    stays = other is None or (other.starts is None and other.status != "cancelled")
    given = day in also or (day not in excluded and _is_given(rule, _day(when), day, until, times))
    if day != change.original and stays and given:
        sheet.report(
            (*keys, "starts"), "moved-onto",
            f"It moves to {day} ({day:%A}), a day on which it happens anyway: it would be there twice.",
            f"Call off one of the two: {change.original}: {{status: cancelled}}, or choose another day.",
            severity="warning",
        )  # fmt: skip


def _moved(
    sheet: Sheet, keys: Keys, moment: Moment | None, starts: Moment, when: datetime | date
) -> datetime | date | None:
    """Where a change moves an occurrence to, in the meetup's own zone."""
    if moment is None:
        return None
    if isinstance(moment.when, datetime) != isinstance(when, datetime):
        sheet.report(
            keys, "all-day",
            "The meetup and this change of it are not alike: one has a time of day, the other has none.",
            "Write both with a time of day, or both without.",
        )  # fmt: skip
        return None
    if moment.offset == starts.offset or not isinstance(moment.when, datetime):
        shift = moment.offset if moment.offset is not None and moment.offset % timedelta(hours=1) else None
        return moment.when - shift if shift else moment.when
    if moment.offset is None or starts.offset is None:
        sheet.report(
            keys, "offset-mixed", "The meetup or this change of it has an offset from UTC, the other has none.",
            "Write both alike.",
        )  # fmt: skip
        return None
    base = timedelta(0) if starts.offset % timedelta(hours=1) else starts.offset
    return moment.when - moment.offset + base
