"""The week of each team that owns moments, counted: written by the clock, every Monday at 08:00 of the community.

A week runs from Monday to Monday, midnight to midnight in the community's zone. What a digest says is counted when it
is written and kept in its letter (`delivery.owners`), so whatever happens later, a mail that goes out again is the
same. The fact `digests` names the Monday up to which they were written; whoever moves it writes them, so of several
processes one does. What was missed is not made up for beyond the last week.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, exists, func, select, update

from alongside.delivery.claims import LoadBook
from alongside.delivery.notes.letters import write_letter
from alongside.delivery.owners import owner_of_conversation, pack_digest
from alongside.delivery.rows import insert_missing, is_state
from alongside.delivery.schema import conversations, enrollments, events, facts, members, messages, notes, steps
from alongside.delivery.store import Store
from alongside.model.community import Community
from alongside.model.journeys import Journey, Moment
from alongside.model.people import Member
from alongside.planning.outlook import chats_by_end, consents_by_end, stories_before, untold_challenges
from alongside.reading.checks import OLD_YEARS, years_before
from alongside.rendering.mails.digest import NAMED, TELLING, Digest, MomentWeek, Need, NeedKind
from alongside.rendering.mails.envelope import sender_address
from alongside.settings import Settings

WRITTEN = "digests"  # the fact that says up to which Monday they were
AT = time(8, 0)  # on Monday, in the community's zone
WEEK = timedelta(days=7)
LONG = timedelta(days=30)  # without anybody reached, and a team should know
SOON = timedelta(days=30)  # consents and invitations that end within
STOPPED, BOUNCED = "stopped", "bounced"  # events
MAILBOX = ""  # stands for the teams without an address: one digest goes to where the whole team reads

Key = tuple[str, str]  # journey's slug, moment's id


# --- when ----------------------------------------------------------------------------------------------------------


def last_monday(now: datetime, zone: str) -> date:
    """The last Monday on which it has been eight o'clock in `zone`."""
    local = now.astimezone(ZoneInfo(zone)).date()
    monday = local - timedelta(days=local.weekday())
    begins = datetime.combine(monday, AT, ZoneInfo(zone)).astimezone(UTC)
    return monday if begins <= now else monday - WEEK


def week_bounds(monday: date, zone: str) -> tuple[datetime, datetime]:
    """The week that begins on `monday`: from its first instant to that of the next one, 167 to 169 hours (UTC)."""
    first, after = (datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) for day in (monday, monday + WEEK))
    return first, after


def write_digests(store: Store, community: Community, settings: Settings, *, now: datetime) -> int:
    """Put the digests of last week in line, once; how many. A store that never had any begins with the next Monday.

    `now`: the real clock. Raises `StoreError`.
    """
    monday = last_monday(now, community.timezone)
    with store.reading() as connection:
        written = connection.scalar(select(facts.c.value).where(facts.c.name == WRITTEN))
        if written is not None and written >= monday.isoformat():
            return 0
        digests = dict(_digests(connection, community, settings, monday - WEEK, now)) if written is not None else {}
    with store.writing() as connection:
        if written is None:
            insert_missing(connection, facts, [{"name": WRITTEN, "value": monday.isoformat()}])
            return 0
        moved = connection.execute(
            update(facts)
            .where(facts.c.name == WRITTEN, facts.c.value < monday.isoformat())
            .values(value=monday.isoformat())
        )
        if not moved.rowcount:
            return 0  # another process was faster
        for addressee, digest in digests.items():
            write_letter(connection, "digest", addressee=addressee, detail=pack_digest(digest), now=now)
    return len(digests)


def _digests(
    connection: Connection, community: Community, settings: Settings, monday: date, now: datetime
) -> Iterator[tuple[str, Digest]]:
    """(addressee, digest): of each team with an address that owns a moment, and one for all others.

    None for a team on whose journeys nobody is, and none where nothing could be said: no mails, and no needs.
    """
    book = _Book.read(connection, community, monday, now)
    for addressee, owners in addressees(community, settings).items():
        owned = {slug for slug, j in community.journeys.items() if any(m.owner in owners for m in j.moments)}
        if not book.running.keys() & (book.running.keys() if addressee == MAILBOX else owned):
            continue
        digest = _digest(connection, book, settings, owners, addressee)
        if digest.moments or digest.needs:
            yield addressee, digest


def addressees(community: Community, settings: Settings) -> Mapping[str, frozenset[str]]:
    """Whose moments the digest to each addressee is about: a team's id, or `MAILBOX`."""
    owners = {moment.owner for journey in community.journeys.values() for moment in journey.moments}
    mailbox = settings.organisation.email or sender_address(settings)
    own = {team for team, address in settings.team_emails.items() if team in owners and address != mailbox}
    return {
        **{team: frozenset({team}) for team in settings.teams if team in own},
        MAILBOX: frozenset(owners - own),
    }


def read_digest(
    connection: Connection, community: Community, settings: Settings, *, team: str, monday: date, now: datetime
) -> Digest:
    """The digest of the week that begins on `monday`, to look at. `team`: an id, or `MAILBOX`."""
    owners = frozenset({team}) if team else addressees(community, settings)[MAILBOX]
    book = _Book.read(connection, community, monday, now)
    return _digest(connection, book, settings, owners, team)


# --- what happened -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """What is read once for all teams."""

    community: Community
    monday: date
    now: datetime
    weeks: Mapping[Key, MomentWeek]
    running: Mapping[str, datetime]  # journeys somebody is on -> when the first of them enrolled
    last_sent: Mapping[Key, datetime]

    @staticmethod
    def read(connection: Connection, community: Community, monday: date, now: datetime) -> _Book:
        since, until = week_bounds(monday, community.timezone)
        going = select(enrollments.c.journey, func.min(enrollments.c.enrolled_at, type_=enrollments.c.enrolled_at.type))
        going = going.where(enrollments.c.state != STOPPED).group_by(enrollments.c.journey)
        sent = (
            select(enrollments.c.journey, steps.c.moment, func.max(messages.c.sent_at, type_=messages.c.sent_at.type))
            .join(steps, steps.c.enrollment_id == enrollments.c.id)
            .join(messages, messages.c.step_id == steps.c.id)
            .group_by(enrollments.c.journey, steps.c.moment)
        )
        return _Book(
            community=community,
            monday=monday,
            now=now,
            weeks=read_weeks(connection, since=since, until=until),
            running=dict(connection.execute(going).all()),
            last_sent={(journey, moment): at for journey, moment, at in connection.execute(sent).all()},
        )


def read_weeks(connection: Connection, *, since: datetime, until: datetime) -> Mapping[Key, MomentWeek]:
    """What became of each moment's mails from `since` to before `until`; moments without anything are left out."""
    counted: dict[str, Counter[Key]] = {}
    of_moment = enrollments.c.journey, steps.c.moment, func.count()
    for name, column in (
        ("sent", messages.c.sent_at),
        ("answered", messages.c.answered_at),
        ("bounced", messages.c.bounced_at),
    ):
        statement = (
            select(*of_moment)
            .join(steps, steps.c.enrollment_id == enrollments.c.id)
            .join(messages, messages.c.step_id == steps.c.id)
            .where(column >= since, column < until)
            .group_by(enrollments.c.journey, steps.c.moment)
        )
        counted[name] = Counter({(journey, moment): n for journey, moment, n in connection.execute(statement).all()})
    of_steps = select(*of_moment).join(steps, steps.c.enrollment_id == enrollments.c.id)
    of_steps = of_steps.group_by(enrollments.c.journey, steps.c.moment)
    within = steps.c.done_at >= since, steps.c.done_at < until
    for name, conditions in (
        ("held", (is_state("held"),)),
        ("refused", (is_state("failed"), *within)),
    ):
        rows = connection.execute(of_steps.where(*conditions)).all()
        counted[name] = Counter({(journey, moment): n for journey, moment, n in rows})
    counted["stopped"] = Counter(_stops(connection, since, until))
    skipped: dict[Key, list[tuple[str, int]]] = {}
    why = (
        select(enrollments.c.journey, steps.c.moment, steps.c.reason, func.count())
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .where(is_state("skipped"), steps.c.reason.in_(sorted(TELLING)), *within)
        .group_by(enrollments.c.journey, steps.c.moment, steps.c.reason)
        .order_by(func.count().desc(), steps.c.reason)
    )
    for journey, moment, reason, count in connection.execute(why).all():
        skipped.setdefault((journey, moment), []).append((reason, count))
    keys = set(skipped).union(*counted.values())
    return {
        key: MomentWeek(
            journey=key[0],
            moment=key[1],
            skipped=tuple(skipped.get(key, ())),
            **{name: counts[key] for name, counts in counted.items()},
        )
        for key in sorted(keys)
    }


def _stops(connection: Connection, since: datetime, until: datetime) -> Iterator[Key]:
    """For each newcomer who asked for no more mail: the moment of the last one they had of what they stopped.

    A mailbox that is gone stops its mail too, and nobody asked for that.
    """
    gone = events.alias()
    asked = (
        select(events.c.newcomer_id, events.c.detail, events.c.happened_at)
        .where(
            events.c.kind == STOPPED,
            events.c.happened_at >= since,
            events.c.happened_at < until,
            ~exists().where(
                gone.c.newcomer_id == events.c.newcomer_id,
                gone.c.kind == BOUNCED,
                gone.c.happened_at == events.c.happened_at,
            ),
        )
        .order_by(events.c.id)
    )
    for newcomer, journey, at in connection.execute(asked).all():
        last = (
            select(enrollments.c.journey, steps.c.moment)
            .join(steps, steps.c.enrollment_id == enrollments.c.id)
            .join(messages, messages.c.step_id == steps.c.id)
            .where(enrollments.c.newcomer_id == newcomer, messages.c.sent_at <= at)
            .order_by(messages.c.sent_at.desc(), messages.c.id.desc())
            .limit(1)
        )
        if journey:
            last = last.where(enrollments.c.journey == journey)
        found = connection.execute(last).first()
        if found is not None:
            yield found.journey, found.moment


def _digest(connection: Connection, book: _Book, settings: Settings, owners: Collection[str], addressee: str) -> Digest:
    owned = [
        (journey, moment)
        for journey in book.community.journeys.values()
        for moment in journey.moments
        if moment.owner in owners
    ]
    mails = [(journey, moment) for journey, moment in owned if moment.where == "mail"]
    weeks = (
        book.weeks.get((journey.slug, moment.id), MomentWeek(journey=journey.slug, moment=moment.id))
        for journey, moment in mails
        if journey.slug in book.running or (journey.slug, moment.id) in book.weeks
    )
    needs = [*_needs_of_moments(connection, book, mails, addressee, owners)]
    if addressee == MAILBOX:
        needs += _needs_of_community(connection, book, settings)
    return Digest(
        team=settings.teams.get(addressee, addressee),
        first=book.monday,
        last=book.monday + timedelta(days=6),
        moments=tuple(weeks),
        uncounted=len(owned) - len(mails),
        needs=tuple(needs),
    )


# --- what needs somebody -------------------------------------------------------------------------------------------


def _needs_of_moments(
    connection: Connection, book: _Book, mails: Iterable[tuple[Journey, Moment]], addressee: str,
    owners: Collection[str],
) -> Iterator[Need]:  # fmt: skip
    mails = list(mails)
    held = sum(book.weeks[key].held for journey, moment in mails if (key := (journey.slug, moment.id)) in book.weeks)
    if held:
        yield Need(kind="held_mails", count=held)

    def is_theirs(conversation: int) -> bool:
        owner = owner_of_conversation(connection, book.community, conversation, until=book.now)
        return owner in owners or (addressee == MAILBOX and not owner)

    waiting = connection.scalars(select(notes.c.conversation_id).where(notes.c.state == "held")).all()
    reported = connection.scalars(select(conversations.c.id).where(conversations.c.reported_at.is_not(None))).all()
    kinds: tuple[tuple[NeedKind, Iterable[int]], ...] = (("held_notes", waiting), ("reported", reported))
    for kind, found in kinds:
        count = sum(map(is_theirs, found))
        if count:
            yield Need(kind=kind, count=count)
    unreached = [
        f"{moment.id} ({journey.title.text(book.community.language)})"
        for journey, moment in mails
        if _is_unreached(book, journey, moment)
    ]
    yield from _named("unreached", unreached)


def _is_unreached(book: _Book, journey: Journey, moment: Moment) -> bool:
    """Whether nobody got that mail for long, though somebody has been on the journey for long enough."""
    began = book.running.get(journey.slug)
    if began is None:
        return False
    delay = timedelta(**{moment.after.unit: moment.after.amount})
    last = book.last_sent.get((journey.slug, moment.id))
    return began + delay + LONG <= book.now and (last is None or last + LONG <= book.now)


def _needs_of_community(connection: Connection, book: _Book, settings: Settings) -> Iterator[Need]:
    """What is nobody's moment: members, stories, groups, challenges."""
    community, today = book.community, book.now.astimezone(ZoneInfo(book.community.timezone)).date()
    said = {
        community.resolve_member(slug): (consent, welcomes)
        for slug, consent, welcomes in connection.execute(
            select(members.c.member, members.c.consent, members.c.welcomes)
        ).all()
    }
    active = [member for member in community.members.values() if member.status == "active"]
    yield from _named("overloaded", _overloaded(connection, book, active, said))
    withdrawn = [member.name for member in active if said.get(member.slug, ("", None))[0] == "withdrawn"]
    yield from _named("withdrawn", withdrawn)
    if settings.mail.service:  # else there is no page on which they could
        open_ = [m.name for m in active if m.welcomes and m.consent and said.get(m.slug, ("", None))[0] == ""]
        yield from _named("unconfirmed", open_)
    consents = [(day, member.name) for day, member in consents_by_end(community, until=today + SOON)]
    yield from _dated("consent_over", [(day, name) for day, name in consents if day < today])
    yield from _dated("consent_ends", [(day, name) for day, name in consents if day >= today])
    chats = chats_by_end(community, until=today + SOON)
    yield from _dated("chats", [(day, group.name.text(community.language)) for day, group, _ in chats])
    aged = stories_before(community, years_before(today, OLD_YEARS))
    yield from _named("old_stories", [story.title for story in aged])
    untold = untold_challenges(community)
    yield from _named("challenges", [challenge.title.text(community.language) for challenge in untold])


def _overloaded(
    connection: Connection, book: _Book, active: Iterable[Member], said: Mapping[str, tuple[str, int | None]]
) -> Iterator[str]:
    """Members who took on more newcomers in seven days than they offered: `Ana Souza (6/5)`."""
    load = LoadBook(book.community.resolve_member).read(connection, book.now)
    for member in active:
        wanted = said.get(member.slug, ("", None))[1]
        offered = member.welcomes if wanted is None else wanted
        if load[member.slug] > offered:
            yield f"{member.name} ({load[member.slug]}/{offered})"


def _named(kind: NeedKind, names: Iterable[str]) -> Iterator[Need]:
    found = list(names)
    if found:
        yield Need(kind=kind, count=len(found), names=tuple(found[:NAMED]))


def _dated(kind: NeedKind, found: Iterable[tuple[date, str]]) -> Iterator[Need]:
    """Those that end first come first."""
    ordered = sorted(found)
    if ordered:
        shown = ordered[:NAMED]
        yield Need(
            kind=kind,
            count=len(ordered),
            names=tuple(name for _, name in shown),
            days=tuple(day.isoformat() for day, _ in shown),
        )
