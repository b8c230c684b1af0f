"""`ingest`: one mail in, its effect in the store. Every door (a pipe, IMAP, LMTP, files) leads here, and nowhere else.

    read (`mails`) -> what it says of itself (`findings`) -> who is meant -> kind -> effect

Who is meant, "heard before?" and the effect are one transaction: a mail that is heard twice, or by two doors at once,
has its effect once, and one whose transaction failed was not heard. No text of it is kept but that of a note,
which is encrypted and stays for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

from sqlalchemy import Connection, select, update

from alongside.delivery import by_token, suppression
from alongside.delivery.asks import hold_next_steps
from alongside.delivery.contacts import contact_bounced, find_member
from alongside.delivery.inbound.bounces import Bounce, settle
from alongside.delivery.inbound.effects import (
    Known,
    find_by_address,
    find_by_enrollment,
    find_by_ids,
    find_by_letter,
    find_by_relay,
    find_by_step,
    record_answer,
    record_hard_bounce,
    record_soft_bounce,
    stop_all,
)
from alongside.delivery.inbound.findings import Findings, Reception, look_at, no_trimming
from alongside.delivery.members import own_word, record_absence, record_monthly
from alongside.delivery.notes.choices import choose, first_note_journey, letter_came_back
from alongside.delivery.notes.relaying import Fate, take_note, take_note_to_member
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.rows import insert_into
from alongside.delivery.schema import received
from alongside.delivery.store import Store
from alongside.delivery.tokens import CHOICES
from alongside.model.community import Community
from alongside.rendering.mails.envelope import sender_address
from alongside.settings import Settings

# own: a mail of ours, or a loop; foreign: a bounce or complaint that is not about a mail of ours
# note: passed on; held: a note the team decides about; returned: a note whose writer is told why it was not;
# first note: it waits for its writer's word; choice: a decision about notes
Kind = Literal[
    "own", "bounce", "foreign", "stop", "confirm", "complaint", "automatic", "reply", "unknown",
    "note", "held", "returned", "first note", "choice",
]  # fmt: skip
ASKED = "asked by mail"


def reception_of(
    settings: Settings, community: Community, *, trim: Callable[[str], str | None] = no_trimming
) -> Reception:
    """Who hears for that community. `trim`: asks another process where a person's words end (`arrived.trimming`)."""
    return Reception(
        mailbox=sender_address(settings),
        community=community,
        notes=settings.mail.notes,
        authserv=settings.mail.authserv,
        first_journey=first_note_journey(community, settings),
        trim=trim,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a mail was, and what it did; nothing of who wrote it."""

    kind: Kind
    newcomer_id: int | None = None  # who it was about
    journey: str = ""  # slug, where one mail of ours is meant
    detail: str = (
        ""  # of a bounce "hard 5.1.1", of a stop "all" or "monthly word", of what nobody could read "unreadable"
    )
    again: bool = False  # heard before: this time nothing was changed


def ingest(
    store: Store,
    raw: bytes,
    *,
    recipient: str = "",
    sender: str | None = None,
    reception: Reception,
    now: datetime,
) -> Heard:
    """Hear the mail in `raw`. Raises `StoreError`, and then it was not heard; for no mail anything else.

    `recipient`, `sender`: of the envelope. An unknown recipient is looked for in the headers; an unknown sender is
    None, and "" the null sender.
    """
    with store.reading() as connection:
        keys = read_relay_keys(connection, store.key)
    now = now.replace(microsecond=0)  # as the store keeps it
    # Where a person's words end is asked of another process, so before the transaction and not in it.
    findings = look_at(raw, recipient=recipient, sender=sender, reception=reception, keys=keys, today=now.date())
    with store.writing() as connection:
        verdict = _classify(connection, findings, reception.community)
        heard = Heard(
            kind=verdict.kind,
            newcomer_id=verdict.known.newcomer_id if verdict.known is not None else None,
            journey=verdict.known.journey if verdict.known is not None else "",
            detail=_detail(findings, verdict),
        )
        number = _note(connection, findings.identity, heard, now)
        if number is None:
            return _as_before(connection, findings.identity)
        if verdict.kind == "note":
            return _take_note(connection, store.key, number, findings, reception, now)
        _act(connection, store.key, verdict, findings, reception, now)
    return heard


def _take_note(
    connection: Connection, key: bytes, number: int, findings: Findings, reception: Reception, now: datetime
) -> Heard:
    """What becomes of a note is decided by `notes.relaying`; `number`: of its row in `received`."""
    if findings.relay is not None:
        result = take_note(
            connection,
            key,
            findings.relay,
            findings.note,
            author=findings.sender,
            is_from=findings.authenticity.is_from,
            community=reception.community,
            now=now,
        )
    else:
        result = take_note_to_member(
            connection,
            key,
            findings.member,
            findings.note,
            sender=findings.sender,
            is_surely_theirs=_is_surely_theirs(findings, reception),
            is_forged=findings.authenticity.finding == "fail",
            language=findings.language or reception.community.language,
            community=reception.community,
            now=now,
        )
    heard = Heard(kind=_KINDS[result.fate], newcomer_id=result.newcomer_id, detail=result.detail)
    connection.execute(
        update(received).where(received.c.id == number).values(kind=heard.kind, newcomer_id=heard.newcomer_id)
    )
    return heard


def _is_surely_theirs(findings: Findings, reception: Reception) -> bool:
    """Whether a note to an address that everybody knows is by whom it names.

    An envelope is easily forged and no secret stands beside it here, so our server's word is asked for where it is to
    be had.
    """
    found = findings.authenticity
    return found.is_from(findings.sender) and (not reception.authserv or found.finding == "pass")


_KINDS: Mapping[Fate, Kind] = {
    "passed on": "note",
    "returned": "returned",
    "held": "held",
    "again": "automatic",
    "ignored": "unknown",
    "stopped": "stop",
    "waits": "first note",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What a mail is, once the store was asked."""

    kind: Kind
    known: Known | None = None
    bounce: Bounce | None = None
    everything: bool = False  # a stop of all mail, not of one journey's
    member: str = ""  # whose stop of the monthly word that is; a slug of today


def _classify(connection: Connection, findings: Findings, community: Community) -> _Verdict:
    """The first that fits, in this order: what a machine says must never count as a person's word."""
    addressed_to, number = findings.token or ("", 0)
    if _is_own(connection, findings):
        return _Verdict(kind="own")
    if addressed_to == "bounce" and findings.bounces:
        known = find_by_step(connection, number)
        return _Verdict(kind="bounce", known=known, bounce=settle(findings.bounces, known.address if known else ""))
    if addressed_to == "letter" and findings.bounces:
        return _Verdict(kind="bounce", bounce=settle(findings.bounces, ""))
    if findings.delivery_report:
        return _Verdict(kind="foreign")
    if findings.complaint is not None:
        about = _complained_of(connection, findings)
        return _Verdict(kind="complaint" if about is not None else "foreign", known=about)
    # One-click programs of mail providers say they are automatic; vacation notes say they answer.
    if addressed_to == "stop" and not findings.autoreply:
        return _Verdict(kind="stop", known=find_by_enrollment(connection, number))
    if findings.automatic:
        return _Verdict(kind="automatic", known=_who_is_away(connection, findings))
    if addressed_to in CHOICES:
        return _Verdict(kind="choice")
    if findings.relay is not None:
        return _Verdict(kind="note")
    answered = find_by_ids(connection, findings.answers)
    if answered is not None and answered.asked:
        answered = None  # a member's word, about that newcomer and not theirs
    writer = find_by_address(connection, findings.sender)
    if answered is None and writer is None and (member := _member_who_stops(connection, findings, community)):
        return _Verdict(kind="stop", member=member)
    if _asks_to_stop(findings, answered or writer):
        return _Verdict(kind="stop", known=writer or answered, everything=True)
    if findings.member and findings.token is None and findings.sender:
        return _Verdict(kind="note")
    if addressed_to == "confirm":
        return _Verdict(kind="confirm", known=find_by_enrollment(connection, number))
    meant = answered or writer or (find_by_step(connection, number) if addressed_to == "bounce" else None)
    return _Verdict(kind="reply" if meant is not None else "unknown", known=meant)


def _who_is_away(connection: Connection, findings: Findings) -> Known | None:
    """Whose automatic answer to a mail of ours names a day; a From alone could be anybody's."""
    if findings.returns is None:
        return None
    kind, number = findings.token or ("", 0)
    if kind == "letter":
        return find_by_letter(connection, number)
    if kind == "bounce":
        return find_by_step(connection, number)
    if findings.relay is not None:
        return find_by_relay(connection, findings.relay)
    return find_by_ids(connection, findings.answers)


def _is_own(connection: Connection, findings: Findings) -> bool:
    """A mail of ours that came home; a bounce may carry our Message-ID or even our name."""
    if findings.token is not None and findings.token[0] in ("bounce", "letter") and findings.bounces:
        return False
    return findings.from_us or find_by_ids(connection, (findings.message_id,)) is not None


def _complained_of(connection: Connection, findings: Findings) -> Known | None:
    for kind, number in findings.complained:
        if kind == "letter":
            known = find_by_letter(connection, number)
        else:
            known = find_by_step(connection, number) if kind == "bounce" else find_by_enrollment(connection, number)
        if known is not None:
            return known
    return find_by_ids(connection, findings.complaint.message_ids) if findings.complaint is not None else None


def _asks_to_stop(findings: Findings, known: Known | None) -> bool:
    """A stop word and nothing else; from somebody we never wrote to, in the subject of a mail to us."""
    if known is not None:
        return findings.subject_stops or findings.text_stops
    return findings.subject_stops and findings.to_mailbox and findings.sender != ""


def _member_who_stops(connection: Connection, findings: Findings, community: Community) -> str:
    """Who has an address among the members', writes a stop word and nothing else, and is no newcomer; else empty.

    What comes to them unasked is the monthly word. Conversations are ended in each of them.
    """
    if not (findings.subject_stops or findings.text_stops) or not findings.authenticity.is_from(findings.sender):
        return ""
    return find_member(connection, findings.sender, resolve=community.resolve_member)


def _act(
    connection: Connection, key: bytes, verdict: _Verdict, findings: Findings, reception: Reception, now: datetime
) -> None:
    known, resolve = verdict.known, reception.community.resolve_member
    if verdict.kind == "bounce" and findings.token is not None and findings.token[0] == "letter":
        hard = verdict.bounce is not None and verdict.bounce.verdict == "hard"
        letter_came_back(connection, key, findings.token[1], hard=hard, resolve=resolve, now=now)
    elif verdict.kind == "bounce" and known is not None and verdict.bounce is not None:
        if verdict.bounce.verdict == "hard":
            record_hard_bounce(connection, key, known, status=verdict.bounce.status, resolve=resolve, now=now)
        elif verdict.bounce.verdict == "soft":
            record_soft_bounce(connection, key, known, status=verdict.bounce.status, resolve=resolve, now=now)
    elif verdict.kind == "complaint" and known is not None and known.asked:
        # who calls our question spam is asked no more
        contact_bounced(connection, known.member, resolve=resolve, now=now)
    elif verdict.kind == "complaint" and known is not None:
        stop_all(connection, key, known.address, reason="complaint", now=now)
    elif verdict.kind == "stop" and verdict.member:
        record_monthly(connection, own_word(connection, verdict.member, resolve=resolve), wanted=False)
    elif verdict.kind == "stop" and verdict.everything:
        address = known.address if known is not None else findings.sender
        suppression.stop(connection, key, address, journey="", reason=ASKED, now=now)
    elif verdict.kind == "stop" and findings.token is not None:
        by_token.stop_enrollment(connection, key, findings.token[1], reason=ASKED, now=now)
    elif verdict.kind == "confirm" and findings.token is not None:
        by_token.confirm_enrollment(connection, findings.token[1], community=reception.community, now=now)
    elif verdict.kind == "reply" and known is not None:
        record_answer(connection, known, now=now)
    elif verdict.kind == "automatic" and findings.returns is not None:
        _note_absence(connection, findings, known, findings.returns, reception.community, now)
    elif verdict.kind == "choice" and findings.token is not None and findings.token[0] in CHOICES:
        choose(
            connection,
            key,
            findings.token[0],
            findings.token[1],
            community=reception.community,
            first_journey=reception.first_journey,
            until=_midnight(findings.returns) if findings.returns is not None else None,
            now=now,
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _note_absence(
    connection: Connection, findings: Findings, known: Known | None, day: date, community: Community, now: datetime
) -> None:
    """Who is away until a day: a newcomer's mails wait, a member is asked for nothing."""
    if known is None:
        return
    if not known.asked:
        hold_next_steps(connection, known.newcomer_id, _midnight(day))
        return
    member = find_member(connection, findings.sender, resolve=community.resolve_member)
    if member and member == community.resolve_member(known.member):  # nobody is away by another one's word
        record_absence(connection, member, _midnight(day), now=now)


def _detail(findings: Findings, verdict: _Verdict) -> str:
    if not findings.readable:
        return "unreadable"
    if verdict.bounce is not None:
        return f"{verdict.bounce.verdict} {verdict.bounce.status}".rstrip()
    if verdict.member:
        return "monthly word"
    return "all" if verdict.everything else ""


def _note(connection: Connection, identity: str, heard: Heard, now: datetime) -> int | None:
    """Write down that it was heard, as a row of that number; None when it was before, by this process or another."""
    row = {"identity": identity, "kind": heard.kind, "newcomer_id": heard.newcomer_id, "received_at": now}
    statement = insert_into(connection, received).values(row).on_conflict_do_nothing().returning(received.c.id)
    return connection.execute(statement).scalar_one_or_none()


def _as_before(connection: Connection, identity: str) -> Heard:
    row = connection.execute(
        select(received.c.kind, received.c.newcomer_id).where(received.c.identity == identity)
    ).one()
    return Heard(kind=row.kind, newcomer_id=row.newcomer_id, again=True)
