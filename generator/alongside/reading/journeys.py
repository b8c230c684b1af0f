"""Journeys and the mails they send: `journeys/*.yml` and `journeys/mails/*.md` in, records out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Any, Literal

from alongside.model.journeys import STOP, Delay, Journey, Message, Moment, Window
from alongside.model.texts import language_fits
from alongside.problems import Position, Problem, did_you_mean, slip
from alongside.reading.fields import (
    Field,
    Parser,
    Sheet,
    Table,
    choice,
    describe,
    list_of,
    mapping,
    read_table,
    wrong_type,
)
from alongside.reading.files import Source, read_list, read_markdown
from alongside.reading.slugs import slug_fault
from alongside.reading.times import CLOCK, parse_duration
from alongside.reading.values import FLAG, LINE, LOCAL, OWN_SLUG, read_line, scalar
from alongside.source.yaml_nodes import Keys, Plain, keys_text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DELAY = re.compile(r"(\d{1,5})\s*(hours?|h|days?|d|weeks?|w)", re.IGNORECASE)
EVENT = re.compile(r"[a-z][a-z0-9-]{0,39}")
_SHARE = re.compile(r"(\d{1,2})\s*%")
MAX_HOLDOUT = 50  # of a hundred: more than half without mail is no experiment any more
_KM = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*(km|kilometres?|kilometers?|mi|miles?)", re.IGNORECASE)
# Beside `embed/<journey>/` lies `embed/v1/`, one day perhaps `embed/v2/`; beside
# `embed/v1/moments/<journey>/` lie the files `<moment>.json`.
_TAKEN = re.compile(r"v[0-9]+|.+\.json")
MAX_DELAY_DAYS = 3660
MILE_KM = 1.609344


def _read_delay(sheet: Sheet, keys: Keys, value: Plain) -> Delay | None:
    text = scalar(sheet, keys, value, "a delay (a text)")
    if text is None:
        return None
    match = _DELAY.fullmatch(text.strip())
    if match is None:
        number = re.fullmatch(r"\d{1,5}", text.strip())
        sheet.report(
            keys, "bad-duration", f'after: "{text[:40]}" is no delay.',
            f"Write {number[0]} hours or {number[0]} days." if number else "Write 0 hours, 36 hours or 7 days.",
        )  # fmt: skip
        return None
    amount, unit = int(match[1]), match[2].lower()[0]
    delay = Delay(amount=amount * 7 if unit == "w" else amount, unit="hours" if unit == "h" else "days")
    if delay_length(delay) > timedelta(days=MAX_DELAY_DAYS):
        sheet.report(keys, "out-of-range", "That is more than ten years.", "Write fewer days.")
        return None
    return delay


def delay_length(delay: Delay) -> timedelta:
    """About how long it is: a day counts 24 hours."""
    return timedelta(hours=delay.amount) if delay.unit == "hours" else timedelta(days=delay.amount)


DELAY = Parser(read=_read_delay, schema={"type": "string", "pattern": r"^\s*[0-9]+\s*([Hh]|[Dd]|[Ww]).*$"})


def _read_span(sheet: Sheet, keys: Keys, value: Plain) -> timedelta | None:
    text = scalar(sheet, keys, value, "a length of time (a text)")
    if text is None:
        return None
    span = timedelta(0) if text.strip() == "0" else parse_duration(text)
    if span is None:
        sheet.report(
            keys, "bad-duration", f'{keys[-1]}: "{text[:40]}" is no length of time.', "Write 20 hours or 14 days."
        )
    elif span > timedelta(days=MAX_DELAY_DAYS):
        sheet.report(keys, "out-of-range", "That is more than ten years.", "Write fewer days.")
        return None
    return span


SPAN = Parser(read=_read_span, schema={"type": ["string", "integer"], "pattern": "^.*[0-9].*$"})


def _read_distance(sheet: Sheet, keys: Keys, value: Plain) -> float | None:
    text = scalar(sheet, keys, value, "a distance (a text)")
    if text is None:
        return None
    match = _KM.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        sheet.report(keys, "bad-distance", f'near: "{text[:40]}" is no distance.', "Write it with its unit: 50 km")
        return None
    distance_km = float(match[1]) * (MILE_KM if match[2].lower().startswith("mi") else 1)
    if distance_km > 20_000:
        sheet.report(keys, "out-of-range", "Nothing is further than 20,000 km.", "Leave `near` out instead.")
        return None
    return distance_km


DISTANCE = Parser(
    read=_read_distance, schema={"type": "string", "pattern": r"^\s*[0-9.]+\s*(km|mi|[Kk]ilo|[Mm]ile).*$"}
)


def _read_team(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value, "the id of a team (a text)")
    if text is None:
        return None
    teams = sheet.defaults.teams
    if text.strip() in teams:
        return text.strip()
    known = f"Teams: {', '.join(teams)}." if teams else "No team is there yet: add `teams:` to the plugin's settings."
    sheet.report(
        keys, "unknown-team", f'There is no team "{text[:40]}" in the settings.',
        f"{did_you_mean(text[:40], teams)} {known}".strip(), proposal=slip(text[:40], teams) or "",
    )  # fmt: skip
    return None


def _read_path(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = read_line(sheet, keys, value)
    if text is None:
        return None
    path = posixpath.normpath(text)
    if text.startswith(("/", "~")) or "\\" in text or ":" in text or path.startswith(".."):
        sheet.report(
            keys, "bad-path", f'"{text[:60]}" is no file below the journeys folder.',
            "Write its path from there: mails/welcome.md",
        )  # fmt: skip
        return None
    return path


WINDOW = mapping(
    Table(
        kind="window",
        about="When a mail may go out, in the newcomer's own zone.",
        fields=(
            Field(name="days", parser=list_of(choice(DAYS)), default=DAYS, about="mon, tue, wed, thu, fri, sat, sun."),
            Field(name="from", parser=CLOCK, default=time(0), about='The first minute: "09:00"'),
            Field(name="to", parser=CLOCK, about='The end, not included: "17:00"'),
        ),
    )
)
MOMENT = Table(
    kind="moment",
    about="One place or time on a journey at which community appears.",
    fields=(
        Field(name="id", parser=OWN_SLUG, required=True, about="Its name, unique in the journey."),
        Field(
            name="owner",
            parser=Parser(read=_read_team, schema={"type": "string"}),
            required=True,
            about="The team that answers for it, one of the settings' `teams`.",
        ),
        Field(name="where", parser=choice(("embed", "page", "mail")), required=True, about="embed, page or mail."),
        Field(
            name="show",
            parser=list_of(choice(("welcome", "story", "note", "group", "meetup"))),
            about="For embed and page: what to show, in this order.",
        ),
        Field(name="near", parser=DISTANCE, about="For embed and page: how near groups and meetups have to be."),
        Field(name="after", parser=DELAY, about="For mail: hours are exact, days are the newcomer's calendar days."),
        Field(name="from", parser=choice(("member", "team")), about="For mail: member (default) or team."),
        Field(
            name="message",
            parser=Parser(read=_read_path, schema={"type": "string"}),
            about="For mail: the file below the journeys folder.",
        ),
        Field(name="window", parser=WINDOW, about="For mail: the days and hours in which it may go out."),
        Field(name="gap", parser=SPAN, about="For mail: at least this long after any other mail; default 20 hours."),
        Field(name="expires", parser=SPAN, about="For mail: skipped when that late; default 14 days."),
        Field(name="ask_first", parser=SPAN, about="For mail: the member is asked that long before; at most `after`."),
        Field(
            name="stop_when",
            parser=list_of(choice(("replied", "talked"))),
            about="For mail: skipped when they replied, or talk already.",
        ),
        Field(name="invite", parser=FLAG, about="For mail: true sends the meetups it shows along as calendar dates."),
    ),
)
MAIL_KEYS = ("after", "from", "message", "window", "gap", "expires", "ask_first", "stop_when", "invite")
PLACE_KEYS = ("show", "near")


def _read_moments(sheet: Sheet, keys: Keys, value: Plain) -> list[tuple[Keys, dict[str, Any]]] | None:
    if not isinstance(value, list):
        sheet.report(
            keys, "wrong-type", f"{keys_text(keys)} is a list of moments; this is {describe(value)}.",
            "Start each with a dash, on its own line: - {id: sign-up, owner: growth, where: embed, show: [welcome]}",
        )  # fmt: skip
        return None
    found = []
    for index, plain in enumerate(value):
        fields = read_table(sheet, MOMENT, plain, (*keys, index))
        if fields is not None:
            found.append(((*keys, index), fields))
    return found


def _read_events(sheet: Sheet, keys: Keys, value: Plain) -> dict[str, str] | None:
    """What an event of the host product does: `stop`, or the journey that follows. Whether there is one is checked
    when all are read."""
    if not isinstance(value, dict):
        wrong_type(sheet, keys, value, "a set of `event: stop` lines")
        return None
    found: dict[str, str] = {}
    for name, plain in value.items():
        if not EVENT.fullmatch(name):
            sheet.report(
                (*keys, name), "bad-event", f'"{name[:40]}" cannot be an event.',
                "Write small letters, digits and hyphens: plan-changed", key=True,
            )  # fmt: skip
        elif (then := read_line(sheet, (*keys, name), plain)) is not None:
            found[name] = then
    return found


def _read_share(sheet: Sheet, keys: Keys, value: Plain) -> int | None:
    text = scalar(sheet, keys, value, "a share (a text)")
    if text is None:
        return None
    match = _SHARE.fullmatch(text.strip())
    if match is None or int(match[1]) > MAX_HOLDOUT:
        sheet.report(keys, "bad-share", f'holdout: "{text[:40]}" is no share up to {MAX_HOLDOUT}%.', "Write 10%.")
        return None
    return int(match[1])


JOURNEY = Table(
    kind="journey",
    about="An ordered set of moments: journeys/<name>.yml.",
    fields=(
        Field(name="title", parser=LOCAL, required=True, about="What people read, in one or more languages."),
        Field(
            name="confirm",
            parser=FLAG,
            default=False,
            about="true: a newcomer confirms before the first mail goes out.",
        ),
        Field(
            name="events",
            parser=Parser(
                read=_read_events,
                schema={
                    "type": "object",
                    "propertyNames": {"pattern": f"^{EVENT.pattern}$"},
                    "additionalProperties": {"type": "string"},
                },
            ),
            about="What an event of your product does: `stop`, or the journey that follows. `left` stops by itself.",
        ),
        Field(
            name="holdout",
            parser=Parser(read=_read_share, schema={"type": "string", "pattern": r"^\s*[0-9]{1,2}\s*%$"}),
            default=0,
            about="The share of newcomers who get no mail, to see what the mails do: 10%. Default: none.",
        ),
        Field(
            name="moments",
            parser=Parser(read=_read_moments, schema={"type": "array", "items": MOMENT.schema}),
            required=True,
            about="In the order of the journey.",
        ),
    ),
)
MAIL = Table(
    kind="mail",
    about="Front matter of a mail; the body is Markdown. Both are Jinja templates.",
    fields=(
        Field(name="subject", parser=LINE, required=True, about="The subject, a template in quotes."),
        Field(name="preheader", parser=LINE, default="", about="What mail programs show beside the subject."),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A mail below the journeys folder, read."""

    path: str  # below the journeys folder: "mails/welcome.pt.md"
    message: Message
    asks_for_words: bool  # whether it looks at `member.words`


def read_mail(source: Source, content: bytes, language: str) -> MailFile | None:
    """`mails/welcome.md`: three templates, their names and syntax checked."""
    from alongside.reading.mail_checks import check_template  # its templates are not needed where there are no mails

    found = read_markdown(source, content, "mail")
    if found is None:
        return None
    sheet, parts = found
    fields = read_table(sheet, MAIL, sheet.document.value)
    asks = check_template(source, parts.body, parts.body_line)
    if fields is None:
        return None
    asks |= check_template(source, fields["subject"], 0, sheet=sheet, key="subject")
    asks |= check_template(source, fields["preheader"], 0, sheet=sheet, key="preheader")
    message = Message(
        language=language,
        subject=fields["subject"],
        preheader=fields["preheader"],
        body=parts.body,
        subject_position=sheet.position(("subject",)),
        preheader_position=sheet.position(("preheader",)) if fields["preheader"] else None,
        body_position=Position(source.path, parts.body_line),
    )
    if not parts.body.strip():
        source.report(
            Problem(
                position=Position(source.path, parts.body_line), code="empty-body", message="The mail has no text.",
                hint="Write it below the front matter.",
            )
        )  # fmt: skip
    return MailFile(path=source.docs_path, message=message, asks_for_words=asks)


def read_journey(source: Source, content: bytes, mails: Mapping[str, Mapping[str, MailFile]]) -> Journey | None:
    """`journeys/first-month.yml`; `mails` by path of the default language's file, then by language."""
    document = read_list(source, content, "journey")
    fault, proposal = _slug_fault(source.slug)
    if fault:
        source.report(
            Problem(
                position=Position(source.path), code="bad-file-name",
                message=f"The file's name cannot be a journey's: {fault}.", hint=f"Rename it to {proposal}.yml",
            )
        )  # fmt: skip
        return None
    if document is None:
        return None
    sheet = source.sheet(document)
    fields = read_table(sheet, JOURNEY, document.value)
    if fields is None:
        return None
    moments: list[Moment] = []
    for keys, values in fields["moments"]:
        moment = _moment(sheet, keys, values, mails)
        first = next((other for other in moments if moment is not None and other.id == moment.id), None)
        if moment is not None and first is not None:
            sheet.report(
                (*keys, "id"), "repeated-id", f'There already is a moment "{moment.id}".',
                f"It stands in line {first.position.line}; every moment has an id of its own.",
            )  # fmt: skip
        elif moment is not None:
            moments.append(moment)
    if document.value["moments"] == []:  # type: ignore[index,call-overload]
        sheet.report(("moments",), "empty-list", "The journey has no moment.", "Add one: `- id: sign-up`.", key=True)
    return Journey(
        slug=source.slug,
        title=fields["title"],
        moments=tuple(moments),
        confirm=fields["confirm"],
        events={"left": STOP, **(fields["events"] or {})},
        holdout=fields["holdout"],
        position=Position(source.path),
    )


def _slug_fault(name: str) -> tuple[str, str]:
    """As `slug_fault`, and no name of what lies beside the folders that embeds have for each journey."""
    fault, proposal = slug_fault(name)
    if fault:
        return fault, proposal if not _TAKEN.fullmatch(proposal) else _slug_fault(proposal)[1]
    if not _TAKEN.fullmatch(name):
        return "", ""
    if name.endswith(".json"):
        return "a name that ends in .json is that of a file of embeds", f"{name.removesuffix('.json')}-json"
    return f"embed/{name}/ is kept for the files of embeds", f"journey-{name}"


def _moment(
    sheet: Sheet, keys: Keys, fields: dict[str, Any], mails: Mapping[str, Mapping[str, MailFile]]
) -> Moment | None:
    mail = fields["where"] == "mail"
    for name in PLACE_KEYS if mail else MAIL_KEYS:
        if fields[name] is not None:
            wanted = "an embed or a page" if mail else "a mail"
            sheet.report(
                (*keys, name), "wrong-moment-key",
                f"`{name}` belongs to {wanted}; this moment is {_a(fields['where'])}.",
                "Delete it, or change `where`.", key=True,
            )  # fmt: skip
    base = Moment(id=fields["id"], owner=fields["owner"], where=fields["where"], position=sheet.position(keys))
    if mail:
        return _step(sheet, keys, fields, mails, base)
    if not fields["show"]:
        sheet.report(
            keys, "missing-key", f'"show" is missing; {_a(fields["where"])} says what it shows.',
            "Write show: [welcome, note, group]",
        )  # fmt: skip
        return None
    return replace(base, show=fields["show"], near_km=fields["near"])


def _a(where: str) -> str:
    return {"embed": "an embed", "page": "a page", "mail": "a mail"}[where]


def _step(
    sheet: Sheet, keys: Keys, fields: dict[str, Any], mails: Mapping[str, Mapping[str, MailFile]], base: Moment
) -> Moment | None:
    path = fields["message"]
    if path is None:
        value = _at(sheet, keys)
        if not (isinstance(value, dict) and value.get("message")):
            sheet.report(
                keys, "missing-key", '"message" is missing; every mail has one.', "Write message: mails/welcome.md"
            )
        return None
    versions = mails.get(path)
    if versions is None:
        sheet.report(
            (*keys, "message"), "missing-message", f'There is no mail "{path[:60]}" that can be read.',
            f"{did_you_mean(path, mails)} The path starts at the journeys folder.".strip(),
        )  # fmt: skip
        return None
    after = fields["after"] or Delay(amount=0, unit="hours")
    ask_first = fields["ask_first"] or None
    if ask_first is not None and ask_first > delay_length(after):
        sheet.report(
            (*keys, "ask_first"), "ask-first-too-long",
            "The member would be asked before the newcomer is there: `ask_first` is longer than `after`.",
            f"Write at most {after.amount} {after.unit}.",
        )  # fmt: skip
        ask_first = None
    sender: Literal["member", "team"] = fields["from"] or "member"
    if sender == "member":
        _check_words(sheet, versions)
    elif ask_first is not None:
        sheet.report(
            (*keys, "ask_first"), "ask-first-team", "Only a mail from a member asks the member first.",
            "Delete `ask_first`, or write from: member.",
        )  # fmt: skip
        ask_first = None
    return replace(
        base,
        after=after,
        sender=sender,
        message=path,
        messages={language: file.message for language, file in versions.items()},
        window=_window(sheet, (*keys, "window"), fields["window"]),
        gap=fields["gap"] if fields["gap"] is not None else base.gap,
        expires=fields["expires"] if fields["expires"] is not None else base.expires,
        ask_first=ask_first,
        invite=bool(fields["invite"]),
        stop_when=frozenset(fields["stop_when"] or ()),
    )


def _at(sheet: Sheet, keys: Keys) -> Any:
    value: Any = sheet.document.value
    for step in keys:
        value = value[step]
    return value


def _window(sheet: Sheet, keys: Keys, fields: dict[str, Any] | None) -> Window:
    if fields is None:
        return Window()
    start, end = fields["from"], fields["to"]
    if end is not None and end <= start:
        sheet.report(
            (*keys, "to"), "dates-reversed", "The window ends before it starts.",
            'A window lies within one day: from "09:00" to "17:00".',
        )  # fmt: skip
        return Window()
    return Window(
        days=frozenset(DAYS.index(day) for day in fields["days"] or DAYS),
        start=start,
        end=None if end == time.max else end,
    )


def _check_words(sheet: Sheet, versions: Mapping[str, MailFile]) -> None:
    for file in versions.values():
        problem = Problem(
            position=file.message.body_position,
            code="words-not-asked",
            message="This mail comes from a member and does not ask whether they wrote anything.",
            hint="Write {% if member.words %}{{ member.words }}{% else %}Meet {{ member.name }}, ...{% endif %}",
            severity="warning",
        )
        if not file.asks_for_words and problem not in sheet.problems:
            sheet.problems.append(problem)


def group_mails(files: list[MailFile], default_language: str) -> tuple[dict[str, dict[str, MailFile]], list[Problem]]:
    """Mails by the path of their original, then by language, the original first; translations of nothing."""
    from alongside.reading.people import language_of

    by_path = {file.path: file for file in files}
    grouped: dict[str, dict[str, MailFile]] = {}
    problems: list[Problem] = []
    for file in files:
        found = language_of(file.path.removesuffix(".md"))
        if found is None or found[0] + ".md" not in by_path:
            grouped.setdefault(file.path, {})[file.message.language] = file
    for file in files:
        found = language_of(file.path.removesuffix(".md"))
        if found is None:
            continue
        original = grouped.get(found[0] + ".md")
        if original is None:
            problems.append(_no_original(file, found[0] + ".md", by_path))
        elif any(language_fits(found[1], language) and language == found[1] for language in original):
            problems.append(_same_language(file, found[1], default_language))
        else:
            original[found[1]] = replace(file, message=replace(file.message, language=found[1]))
    return grouped, problems


def _no_original(file: MailFile, original: str, known: Mapping[str, MailFile]) -> Problem:
    return Problem(
        position=Position(file.message.body_position.path),
        code="translation-of-nothing",
        message=f'This is named as a translation, and there is no "{original}".',
        hint=f"{did_you_mean(original, [path for path in known if path != file.path])} "
        f"Write {original}, or rename this file.".strip(),
    )


def _same_language(file: MailFile, language: str, default: str) -> Problem:
    return Problem(
        position=Position(file.message.body_position.path),
        code="translation-same-language",
        message=f'The mail beside it is in "{language}" already: without a code it is in the community\'s language.',
        hint=f"Delete one of the two, or set the plugin's `language` (now {default}).",
    )
