"""Notes that nobody wrote: automatic answers that say nothing of it, told by what they repeat and how fast they come.

Whatever can be told from one mail alone is told before (`inbound.automatic`); the first answer of such a program may
pass. From then on it is compared with what its side wrote before:

    the very same words, more than a few          nobody needs them twice: they go nowhere
    the same but for numbers, at some length      a ticket's number, the time of day: nowhere either
    nearly the same, as an answer to our mail     the team decides, for it might be a person
    ever new words, each within a minute          the same, after some of them

Whoever writes "Thank you!" twice is a person, and so is who writes fast: it takes both to be held.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from alongside.delivery.notes.conversations import Pair
from alongside.delivery.schema import ASK, enrollments, letters, messages, notes, steps
from alongside.delivery.sealing import SealError, unseal

LONG_ENOUGH = 24  # columns of words: fewer are said twice by anybody
AT_LENGTH = 80  # the same, of a text that nobody writes twice with other numbers in it
MOST_ALIKE = 4  # "How about 10:00?" is asked more than once
MOST_SHORT = 2  # "Thank you!", each time as an answer
MOST_QUICK = 5  # answers in a row, each faster than people read
QUICK = timedelta(seconds=60)  # between our mail and its answer
LOOKED_BACK = 12  # notes
COMPARED = 2_000  # characters of each
BEGINNING = 60  # characters
SHARE = 0.7  # of the small pieces of two texts that are nearly the same

# again: a machine says the same once more; machine: probably one
Sound = Literal["", "again", "machine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a note says, as it is compared."""

    digest: str  # keyed hash of its words
    shape: str  # the same without numbers
    plain: str  # the words without numbers
    columns: int  # how much that is: a Chinese letter says as much as two Latin ones
    numbered: bool  # whether there is a number in it such as programs give to what they do


_NO_WORDS = re.compile(r"\W+")
_NUMBERS = re.compile(r"[\W\d_]+")  # a machine counts, and says the time
_SERIAL = re.compile(r"#\s?\d{3}|\d{5}")


def words_of(text: str, key: bytes) -> Words:
    """All that, of a note's text."""
    said = text.casefold()
    plain = _NUMBERS.sub(" ", said).strip()
    columns = sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)
    return Words(
        digest=_hash(_NO_WORDS.sub(" ", said).strip(), key),
        shape=_hash(plain, key),
        plain=plain[:COMPARED],
        columns=columns,
        numbered=_SERIAL.search(said) is not None,
    )


def _hash(words: str, key: bytes) -> str:
    return hmac.new(key, b"note " + words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def sounds(
    connection: Connection, key: bytes, conversation_id: int, pair: Pair, words: Words, *, written_at: datetime
) -> Sound:
    """Whether it sounds like a machine, beside what its side wrote in that conversation before.

    `written_at`: as the mail says, else when it came.
    """
    before = _before(connection, conversation_id, pair)
    if not before:
        return ""
    same = [row for row in before if row.digest == words.digest]
    shaped = [row for row in before if row.shape == words.shape]
    if (same and words.columns >= LONG_ENOUGH) or (shaped and words.columns >= AT_LENGTH):
        return "again"
    if len(shaped) >= MOST_ALIKE and not same:
        return "machine"
    sent_at = last_sent(connection, pair, conversation_id)
    if sent_at is None or sent_at <= before[0].received_at:
        return ""  # it answers nothing: said once more, corrected, added to
    quick = is_quick(written_at, sent_at)
    if _is_one_more(before, words, key, quick=quick):
        return "machine"
    return "machine" if quick and _was_quick(connection, conversation_id, pair, before) else ""


def last_sent(connection: Connection, pair: Pair, conversation_id: int | None) -> datetime | None:
    """When the side that writes had its last mail of ours: a letter, a mail of a journey, a question."""
    asked = steps.c.moment.like(f"{ASK}%")
    by_steps = connection.scalar(
        select(func.max(messages.c.sent_at))
        .join(steps, steps.c.id == messages.c.step_id)
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .where(enrollments.c.newcomer_id == pair.newcomer_id, asked if pair.side == "member" else ~asked)
    )
    by_letters = connection.scalar(
        select(func.max(letters.c.done_at)).where(
            letters.c.conversation_id == conversation_id, letters.c.side == pair.side, letters.c.state == "sent"
        )
    )
    return max((each for each in (by_steps, by_letters) if each is not None), default=None)


def is_quick(written_at: datetime, sent_at: datetime | None) -> bool:
    """Whether it was written within a minute of our mail; what is older than our mail answers another one."""
    return sent_at is not None and timedelta(0) <= written_at - sent_at <= QUICK


def _before(connection: Connection, conversation_id: int, pair: Pair) -> Sequence[Any]:
    """What that side wrote before and was passed on, or is held for the same reason; the newest first."""
    statement = (
        select(notes.c.digest, notes.c.shape, notes.c.sealed, notes.c.received_at)
        .where(
            notes.c.conversation_id == conversation_id,
            notes.c.side == pair.side,
            (notes.c.state == "passed on") | (notes.c.reason == "machine"),
        )
        .order_by(notes.c.id.desc())
        .limit(LOOKED_BACK)
    )
    return connection.execute(statement).all()


def _is_one_more(before: Sequence[Any], words: Words, key: bytes, *, quick: bool) -> bool:
    """Whether an answer is the last ones once more: short ones in the very same words, long ones nearly so."""
    if words.numbered and any(row.shape == words.shape for row in before):
        return True
    if words.columns < LONG_ENOUGH:
        run = next((place for place, row in enumerate(before) if row.digest != words.digest), len(before))
        return run >= (1 if quick else MOST_SHORT)
    return words.columns >= AT_LENGTH and any(_is_alike(row.sealed, words, key, quick=quick) for row in before)


def _is_alike(sealed: bytes | None, words: Words, key: bytes, *, quick: bool) -> bool:
    """Whether two texts share most of their pieces, or begin alike where the answer was quick."""
    if sealed is None:
        return False
    try:
        old = words_of(unseal(sealed, key), key)
    except SealError:
        return False
    if old.columns < AT_LENGTH:
        return False
    if quick and old.plain[:BEGINNING] == words.plain[:BEGINNING]:
        return True  # a program's own words, and then what it got
    mine, theirs = _pieces(words.plain), _pieces(old.plain)
    return len(mine & theirs) >= SHARE * max(len(mine), len(theirs))


def _pieces(plain: str) -> set[str]:
    """Every four letters in a row: they tell texts in any script, with and without spaces, apart."""
    return {plain[start : start + 4] for start in range(max(1, len(plain) - 3))}


def _was_quick(connection: Connection, conversation_id: int, pair: Pair, before: Sequence[Any]) -> bool:
    """Whether the last notes of that side all came at once after a letter."""
    if len(before) < MOST_QUICK:
        return False
    sent = connection.scalars(
        select(letters.c.done_at)
        .where(letters.c.conversation_id == conversation_id, letters.c.side == pair.side, letters.c.state == "sent")
        .order_by(letters.c.id.desc())
        .limit(LOOKED_BACK)
    ).all()
    return all(any(is_quick(row.received_at, at) for at in sent) for row in before[:MOST_QUICK])
