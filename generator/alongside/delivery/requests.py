"""Requests that were answered: whoever sends one again gets the same answer, and it does nothing.

A program that heard no answer sends its request again, and cannot know whether the first one arrived
(draft-ietf-httpapi-idempotency-key-header). The answer is a row of the same transaction as what the request did, so
there is never one without the other. A row holds keyed hashes and the answer, and is kept for two days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, delete, select
from sqlalchemy.sql.dml import ReturningInsert

from alongside.delivery.rows import Dialect, among, dialect_of, insert_as, listed
from alongside.delivery.schema import requests

KEPT = timedelta(hours=48)  # longer than programs try again


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that is answered only once."""

    identity: str  # keyed hash of what names it; empty: nothing does, so no answer is kept
    digest: str  # keyed hash of its body


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said to a request."""

    status: int  # HTTP
    content: Mapping[str, Any]  # as JSON; nothing personal


class OvertakenError(Exception):
    """Another process answered one of the requests first: whoever does the work again finds that answer."""


def ask_once(key: bytes, name: bytes, body: bytes) -> Asked:
    """`name`: what tells the request from others (where it went, and its key). `key`: the store's."""
    return Asked(identity=_hash(key, b"request", name) if name else "", digest=_hash(key, b"body", body))


def _hash(key: bytes, what: bytes, value: bytes) -> str:
    return hashlib.blake2b(value, key=key[: hashlib.blake2b.MAX_KEY_SIZE], digest_size=20, person=what).hexdigest()


def find_answers(connection: Connection, identities: Collection[str]) -> dict[str, tuple[str, Answer]]:
    """(digest of the body, answer) of those that were answered, by identity."""
    if not identities:
        return {}
    dialect = dialect_of(connection)
    found = connection.execute(_answers(dialect), {"identities": listed(dialect, identities)})
    return {identity: (digest, Answer(status=status, content=answer)) for identity, digest, status, answer in found}


@cache
def _answers(dialect: Dialect) -> Select[*tuple[Any, ...]]:
    return select(requests.c.identity, requests.c.digest, requests.c.status, requests.c.answer).where(
        among(dialect, requests.c.identity, "identities")
    )


def keep_answers(connection: Connection, answers: Collection[tuple[Asked, Answer]], *, now: datetime) -> None:
    """Keep them, as part of what they answer. Raises `OvertakenError`."""
    rows = [
        {
            "identity": asked.identity,
            "digest": asked.digest,
            "status": answer.status,
            "answer": answer.content,
            "answered_at": now,
        }
        for asked, answer in sorted(answers, key=lambda pair: pair[0].identity)
    ]
    if not rows:
        return
    if len(connection.execute(_keep(dialect_of(connection)), rows).all()) != len(rows):
        raise OvertakenError


@cache
def _keep(dialect: Dialect) -> ReturningInsert[tuple[str]]:
    return insert_as(dialect, requests).on_conflict_do_nothing().returning(requests.c.identity)


def forget_answers(connection: Connection, *, now: datetime) -> None:
    """Those that nobody asks for any more."""
    connection.execute(delete(requests).where(requests.c.answered_at < now - KEPT))
