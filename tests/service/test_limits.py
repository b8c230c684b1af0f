"""How often somebody may ask: counted by keyed hash, within bounds, and forgotten with the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request

from alongside.service import limits
from alongside.service.limits import Limits, client_of


class Clock:
    """A time that passes when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def test_so_often_in_so_many_seconds() -> None:
    clock = Clock()
    limited = Limits(b"k" * 32, clock)

    first = []
    for _ in range(4):
        first.append(limited.allow("note", "192.0.2.1", 3, 60))
        clock.pass_by(10)

    assert first == [True, True, True, False]
    assert limited.allow("note", "192.0.2.2", 3, 60)  # somebody else
    assert limited.allow("enroll", "192.0.2.1", 3, 60)  # something else
    assert limited.allow("note", "192.0.2.1", 4, 600)  # another span of time is counted by itself
    clock.pass_by(20)  # the first was a minute ago; what was refused did not count
    assert limited.allow("note", "192.0.2.1", 3, 60)
    assert not limited.allow("note", "192.0.2.1", 3, 60)


def test_a_new_day_knows_nobody() -> None:
    clock = Clock()
    limited = Limits(b"k" * 32, clock)
    assert limited.allow("note", "192.0.2.1", 1, 86_400)
    kept = set(limited._times)
    clock.pass_by(15 * 3600)

    assert limited.allow("note", "192.0.2.1", 1, 86_400)

    assert set(limited._times).isdisjoint(kept)  # the same address by another hash
    assert not any(b"192.0.2.1" in each for each in kept)


def test_who_asked_the_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEPT", 100)
    limited = Limits(b"k" * 32, Clock())

    for number in range(1_000):
        assert limited.allow("note", "all", 5_000, 3600)
        assert limited.allow("note", f"192.0.2.{number}", 1, 3600)

    assert len(limited._times) == 100
    assert not limited.allow("note", "192.0.2.999", 1, 3600)
    assert limited.allow("note", "all", 1_001, 3600)  # asked for all along
    assert not limited.allow("note", "all", 1_001, 3600)


@pytest.mark.parametrize(
    ("host", "who"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nonsense"),
    ],
)
def test_who_a_client_is(host: str, who: str) -> None:
    assert client_of(Request({"type": "http", "client": (host, 50_000)})) == who


def test_who_comes_by_no_address_is_one() -> None:
    assert client_of(Request({"type": "http", "client": None})) == ""
