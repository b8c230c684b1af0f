"""What requests of the host product do, in one transaction for all that came at once (`together`).

A request that was answered before is answered again and does nothing; so does one that is there twice. Newcomers of
one journey go in together: that costs little more than one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alongside.delivery.enrollment import Became, Candidate, ask_again, enroll_within
from alongside.delivery.outcomes import Told, tell
from alongside.delivery.requests import Answer, Asked, find_answers, keep_answers
from alongside.model.journeys import Journey
from alongside.model.people import Newcomer
from alongside.reading.posted import Enroll, Event, Events
from alongside.service.home import Home
from alongside.service.problems import listed, problem

REFUSED = "Nothing was done; the problems say why."
REUSED = "This Idempotency-Key came with another body before. Choose a new key for each request."


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollOrder:
    """What a request to /enroll does."""

    asked: Asked
    journey: Journey
    posted: Enroll
    is_public: bool  # from a page: it changes nothing for who is there, and the answer does not tell who that is


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOrder:
    """What a request to /events does."""

    asked: Asked
    posted: Events


Order = EnrollOrder | EventOrder


class Orders:
    """Does them."""

    def __init__(self, key: bytes, home: Callable[[], Home], now: Callable[[], datetime]) -> None:
        """`key`: the store's."""
        self._key = key
        self._home = home
        self._now = now

    def do(self, connection: Connection, orders: Sequence[Order]) -> Sequence[Answer]:
        """An answer to each. Raises `OvertakenError` where another process answered one of them meanwhile."""
        now = self._now()
        before = find_answers(connection, {order.asked.identity for order in orders if order.asked.identity})
        first: dict[str, Order] = {}  # by identity, of those that were not answered yet
        fresh: list[Order] = []
        for order in orders:
            identity = order.asked.identity
            if not identity or (identity not in before and first.setdefault(identity, order) is order):
                fresh.append(order)
        answers = dict(zip(map(id, fresh), self._do_fresh(connection, fresh, now), strict=True))
        keep_answers(
            connection, [(order.asked, answers[id(order)]) for order in fresh if order.asked.identity], now=now
        )
        for identity, order in first.items():
            before[identity] = order.asked.digest, answers[id(order)]
        return [
            answers[id(order)] if id(order) in answers else _again(order, *before[order.asked.identity])
            for order in orders
        ]

    def _do_fresh(self, connection: Connection, orders: Sequence[Order], now: datetime) -> list[Answer]:
        became = self._enroll(connection, [order for order in orders if isinstance(order, EnrollOrder)], now)
        return [
            _told_enroll(order, became[id(order)])
            if isinstance(order, EnrollOrder)
            else self._tell(connection, order, now)
            for order in orders
        ]

    def _enroll(self, connection: Connection, orders: Sequence[EnrollOrder], now: datetime) -> dict[int, list[Became]]:
        """What became of the newcomers of each order."""
        became: dict[int, list[Became]] = {id(order): ["refused"] * len(order.posted.entries) for order in orders}
        groups: dict[tuple[str, str, bool], list[tuple[EnrollOrder, int, Newcomer]]] = {}
        for order in orders:
            for index, entry in enumerate(order.posted.entries):
                if entry.newcomer is not None:
                    common = (order.journey.slug, order.posted.source, order.is_public)
                    groups.setdefault(common, []).append((order, index, entry.newcomer))
        # in one order everywhere, as the newcomers of each
        for (_, source, is_public), group in sorted(groups.items(), key=lambda item: item[0]):
            journey = group[0][0].journey
            report = enroll_within(
                connection, self._key, journey,
                [Candidate(newcomer=newcomer, row=row) for row, (_, _, newcomer) in enumerate(group)],
                community=self._home().community, source=source, now=now, renew=not is_public,
            )  # fmt: skip
            for row, (order, index, _) in enumerate(group):
                became[id(order)][index] = report.became[row]
            if is_public:
                ask_again(connection, journey, [newcomer for _, _, newcomer in group], now=now)
        return became

    def _tell(self, connection: Connection, order: EventOrder, now: datetime) -> Answer:
        told: list[dict[str, Any]] = []
        for event, problems in order.posted.entries:
            done = self._tell_one(connection, event, now) if event is not None else {"status": "refused"}
            told.append({**done, "problems": listed(problems)})
        return _told("events", told, is_list=order.posted.is_list, status=200)

    def _tell_one(self, connection: Connection, event: Event, now: datetime) -> dict[str, Any]:
        told = Told(
            name=event.name,
            email=event.newcomer.email,
            product_id=event.newcomer.id,
            happened_at=event.happened_at,
            plan=event.plan,
        )
        effect = tell(connection, self._key, told, community=self._home().community, now=now)
        return {"status": effect.status, "ended": list(effect.ended), "begun": list(effect.begun)}


def _again(order: Order, digest: str, answer: Answer) -> Answer:
    """What is said to a request whose name came before."""
    return answer if digest == order.asked.digest else Answer(status=422, content=problem(422, REUSED))


def _told_enroll(order: EnrollOrder, became: Sequence[Became]) -> Answer:
    told: list[dict[str, Any]] = []
    for entry, status in zip(order.posted.entries, became, strict=True):
        shown = "awaiting confirmation" if order.is_public and status != "refused" else status
        problems = listed(entry.problems)
        if status == "refused" and entry.newcomer is not None:
            problems.append(_why_refused(entry.newcomer))
        told.append({"status": shown, "problems": problems})
    is_new = any(each["status"] in ("enrolled", "awaiting confirmation") for each in told)
    return _told("newcomers", told, is_list=order.posted.is_list, status=201 if is_new else 200)


def _why_refused(newcomer: Newcomer) -> dict[str, str]:
    """Why a profile that could be read enrolls nobody."""
    if newcomer.basis is None:
        return {
            "at": "", "code": "missing-key", "severity": "error",
            "message": "No basis says why we may write to them.",
            "hint": 'Send "basis": consent, contract or legitimate interest.',
        }  # fmt: skip
    return {
        "at": "", "code": "bad-address", "severity": "error",
        "message": "No mail can be sent to this address.",
        "hint": "Send one address: name@example.org",
    }  # fmt: skip


def _told(name: str, told: Sequence[Mapping[str, Any]], *, is_list: bool, status: int) -> Answer:
    """Of a list a list; of one, that; and a problem where that one was refused."""
    if is_list:
        return Answer(status=status, content={name: list(told)})
    (one,) = told
    if one["status"] == "refused":
        return Answer(status=422, content=problem(422, REFUSED, problems=one["problems"]))
    return Answer(status=status, content=one)
