"""What members said of themselves, by their own page, by a link of a mail or by an absence note: beside their files.

A file of `content/` says what a member agreed to; here stands what they said since, which counts from the next claim
on. `with_choices` is the one place where the two come together: whatever decides about mail sees the community so.

    file: welcomes: 5, consent until 2027       said: consent withdrawn, two newcomers a week, away until Monday
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, select, update

from alongside.delivery.page_links import PATHS, PageLink, last_day, make_page_token
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.rows import insert_into, insert_missing
from alongside.delivery.schema import ConsentWord, absences, members
from alongside.model.community import Community
from alongside.model.people import Away, Member
from alongside.settings import Settings

MOST_WELCOMES = 50  # newcomers a week that somebody may offer to take on
T = TypeVar("T")
Resolve = Callable[[str], str]  # a stored slug of a member -> their slug of today


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWord:
    """What a member said by their page. Nothing yet, where all is as it begins."""

    number: int  # of their row: it stands in links to their page
    member: str  # slug, as stored
    generation: int = 0  # of those links
    consent: ConsentWord = ""
    consent_at: datetime | None = None
    welcomes: int | None = None  # newcomers a week; None: as their file says
    told_at: datetime | None = None  # when they last got a word on whom they helped
    monthly: bool = True  # whether they want that word

    @property
    def is_withdrawn(self) -> bool:
        """Whether nothing new may come to them, or of them."""
        return self.consent == "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days off that a member told us."""

    since: datetime | None = None  # None: they have left already
    until: datetime  # when they are back


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What counts of it for mail. Slugs as stored."""

    absences: Mapping[str, Absence] = field(default_factory=dict)
    withdrawn: Mapping[str, bool] = field(default_factory=dict)
    welcomes: Mapping[str, int | None] = field(default_factory=dict)


# --- what counts ---


def read_choices(connection: Connection, *, now: datetime) -> Choices:
    """What members said, of absences those that are not over at `now`."""
    away = connection.execute(select(absences).where(absences.c.until > now).order_by(absences.c.member))
    said = connection.execute(
        select(members.c.member, members.c.consent, members.c.welcomes)
        .where((members.c.consent == "withdrawn") | members.c.welcomes.is_not(None))
        .order_by(members.c.member)
    ).all()
    return Choices(
        absences={row.member: Absence(since=row.since, until=row.until) for row in away},
        withdrawn={row.member: row.consent == "withdrawn" for row in said},
        welcomes={row.member: row.welcomes for row in said},
    )


def with_choices(community: Community, choices: Choices, *, now: datetime) -> Community:
    """The community with its members as they said: away, without consent, with as many newcomers a week as they want.

    Only the member's own word takes a withdrawal back, so a consent that was authored later changes nothing.
    """
    away = _of_today(community, choices.absences)
    withdrawn = _of_today(community, choices.withdrawn)
    welcomes = _of_today(community, choices.welcomes)
    changed: dict[str, Member] = {}
    for slug, member in community.members.items():
        if slug in withdrawn or member.withdrawn or member.filed_welcomes is not None:
            member = member.as_told(withdrawn=withdrawn.get(slug, False), welcomes=welcomes.get(slug))
        if slug in away:
            member = replace(member, away=_joined(member.away, away[slug], now))
        if member is not community.members[slug]:
            changed[slug] = member
    return replace(community, members={**community.members, **changed}) if changed else community


def allows_mail(connection: Connection, member: Member, *, resolve: Resolve, now: datetime) -> bool:
    """Whether a conversation may begin with `member`: by their file, and by their own word."""
    word = find_word(connection, member.slug, resolve=resolve)
    return replace(member, withdrawn=word is not None and word.is_withdrawn).allows("mail", now.date())


def _of_today(community: Community, told: Mapping[str, T]) -> dict[str, T]:
    """By slugs of today; what stands under today's was said later than what stands under a former one."""
    former = {community.resolve_member(slug): value for slug, value in told.items() if slug not in community.members}
    return {**former, **{slug: value for slug, value in told.items() if slug in community.members}}


def _joined(authored: Away | None, told: Absence, now: datetime) -> Away:
    """One absence of two: both together where they meet, else the one that comes first."""
    today = now.astimezone(UTC).date()
    said = Away(first=max(_day(told.since or now), today), last=_day(told.until - timedelta(seconds=1)))
    if authored is None or authored.last < today:
        return said
    day = timedelta(days=1)
    if authored.first <= said.last + day and said.first <= authored.last + day:
        return Away(first=min(authored.first, said.first), last=max(authored.last, said.last))
    return min(authored, said, key=lambda away: away.first)


def _day(instant: datetime) -> date:
    return instant.astimezone(UTC).date()


def slugs_of(member: Member, *, resolve: Resolve) -> tuple[str, ...]:
    """The slugs under which something of a member may be stored: theirs, and former ones that nobody else has now."""
    return (member.slug, *(slug for slug in member.was if resolve(slug) == member.slug))


# --- absences ---


def record_absence(
    connection: Connection, member: str, until: datetime, *, since: datetime | None = None, now: datetime
) -> None:
    """A member (a slug) is away until that instant, from `since` on or already."""
    row = {"member": member, "since": since, "until": until, "told_at": now}
    statement = insert_into(connection, absences).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["member"], set_={name: statement.excluded[name] for name in ("since", "until", "told_at")}
        )
    )


def find_absence(connection: Connection, member: str, *, resolve: Resolve, now: datetime) -> Absence | None:
    """What a member (a slug of today) told us of days off, unless they are over."""
    rows = connection.execute(select(absences).where(absences.c.until > now)).all()
    for row in sorted(rows, key=lambda row: row.member != member):
        if resolve(row.member) == member:
            return Absence(since=row.since, until=row.until)
    return None


def forget_absence(connection: Connection, member: str, *, resolve: Resolve) -> None:
    """They are here after all, as far as they told us."""
    theirs = [slug for slug in connection.scalars(select(absences.c.member)) if resolve(slug) == member]
    connection.execute(delete(absences).where(absences.c.member.in_(theirs)))


# --- their own row ---


def find_word(connection: Connection, member: str, *, resolve: Resolve) -> OwnWord | None:
    """What a member (a slug of today) said; None where no row was needed yet."""
    row = connection.execute(select(members).where(members.c.member == member)).mappings().first()
    if row is None:  # under a former slug, maybe
        held = connection.execute(select(members).order_by(members.c.id)).mappings()
        row = next((each for each in held if resolve(each["member"]) == member), None)
    return _word(row) if row is not None else None


def word_of_number(connection: Connection, number: int) -> OwnWord | None:
    """The same by the number in a link."""
    row = connection.execute(select(members).where(members.c.id == number)).mappings().first()
    return _word(row) if row is not None else None


def own_word(connection: Connection, member: str, *, resolve: Resolve) -> OwnWord:
    """The same, with a row made where there was none. Inside `Store.writing`."""
    found = find_word(connection, member, resolve=resolve)
    if found is None:
        insert_missing(connection, members, [{"member": member, "generation": 0, "consent": "", "monthly": True}])
        row = connection.execute(select(members).where(members.c.member == member)).mappings().one()
        found = _word(row)
    return found


def list_words(connection: Connection, *, resolve: Resolve) -> dict[str, OwnWord]:
    """What members said, by their slug of today."""
    words = [_word(row) for row in connection.execute(select(members).order_by(members.c.member)).mappings()]
    return {resolve(word.member): word for word in sorted(words, key=lambda word: resolve(word.member) == word.member)}


def record_consent(connection: Connection, word: OwnWord, consent: ConsentWord, *, now: datetime) -> None:
    """They confirm what their file says they agreed to, or take it back."""
    _set(connection, word, consent=consent, consent_at=now)


def record_welcomes(connection: Connection, word: OwnWord, welcomes: int | None) -> None:
    """So many newcomers a week, 0 to `MOST_WELCOMES`; None: as their file says."""
    _set(connection, word, welcomes=welcomes)


def record_monthly(connection: Connection, word: OwnWord, *, wanted: bool) -> None:
    """Whether they want a word on whom they helped."""
    _set(connection, word, monthly=wanted)


def record_told(connection: Connection, numbers: Iterable[int], *, now: datetime) -> None:
    """Those of these rows got that word."""
    connection.execute(update(members).where(members.c.id.in_(tuple(numbers))).values(told_at=now))


def void_links(connection: Connection, word: OwnWord) -> None:
    """No link to their page that was given out before leads there any more."""
    _set(connection, word, generation=members.c.generation + 1)


def _set(connection: Connection, word: OwnWord, **values: object) -> None:
    connection.execute(update(members).where(members.c.id == word.number).values(**values))


def _word(row: Mapping[Any, Any]) -> OwnWord:
    values = {name: row[name] for name in OwnWord.__slots__ if name != "number"}
    return OwnWord(number=row["id"], **values)


# --- links ---


def page_link(settings: Settings, keys: RelayKeys, word: OwnWord, day: date) -> str:
    """The link to their page in a mail of that day, good until `last_day`; empty where no service runs."""
    link = PageLink(whose="member", number=word.number, generation=word.generation % 256, good_until=last_day(day))
    service = settings.mail.service
    return f"{service}{PATHS['member']}/{make_page_token(link, keys)}" if service else ""
