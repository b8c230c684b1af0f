from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.delivery.intervals import Interval, Share, difference_interval, people_needed

# Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3 (Wilson's score)
ONE_SHARE = {
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0, 0.1611),
    (1, 29): (0.0061, 0.1718),
}
# Newcombe 1998, Interval estimation for the difference between independent proportions, table II, method 10
TWO_SHARES = {
    (56, 70, 48, 80): (0.0524, 0.3339),
    (9, 10, 3, 10): (0.1705, 0.8090),
    (6, 7, 2, 7): (0.0582, 0.8062),
    (5, 56, 0, 29): (-0.0381, 0.1926),
    (0, 10, 0, 20): (-0.1611, 0.2775),
    (0, 10, 0, 10): (-0.2775, 0.2775),
    (10, 10, 0, 20): (0.6791, 1.0),
    (10, 10, 0, 10): (0.6075, 1.0),
}
shares = st.integers(0, 400).flatmap(lambda of: st.builds(Share, count=st.integers(0, of), of=st.just(of)))


def share(count: int, of: int) -> Share:
    return Share(count=count, of=of)


@pytest.mark.parametrize("figures", ONE_SHARE)
def test_one_share_as_published(figures: tuple[int, int]) -> None:
    found = share(*figures).interval
    assert (found.low, found.high) == pytest.approx(ONE_SHARE[figures], abs=0.00005)


@pytest.mark.parametrize("figures", TWO_SHARES)
def test_two_shares_as_published(figures: tuple[int, int, int, int]) -> None:
    found = difference_interval(share(*figures[:2]), share(*figures[2:]))
    assert (found.low, found.high) == pytest.approx(TWO_SHARES[figures], abs=0.00005)


def test_at_the_ends() -> None:
    assert (share(0, 0).rate, share(0, 0).interval) == (0.0, Interval(low=0.0, high=1.0))
    assert (share(0, 7).interval.low, share(7, 7).interval.high) == (0.0, 1.0)
    assert difference_interval(share(0, 0), share(3, 9)) == Interval(low=-1.0, high=1.0)


@given(shares, shares)
def test_intervals_hold_what_was_counted_and_what_is_possible(first: Share, second: Share) -> None:
    assert 0.0 <= first.interval.low <= first.rate <= first.interval.high <= 1.0
    found, turned = difference_interval(first, second), difference_interval(second, first)
    assert -1.0 - 1e-12 <= found.low <= first.rate - second.rate <= found.high <= 1.0 + 1e-12
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def outcomes(of: int, rate: float) -> list[tuple[Share, float]]:
    """What may be counted of so many people, and how likely each is; without what never happens."""
    found = []
    for count in range(of + 1):
        ways = math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)
        likely = math.exp(ways + count * math.log(rate) + (of - count) * math.log(1 - rate))
        if likely > 1e-5:
            found.append((share(count, of), likely))
    return found


def chance_of(mailed: tuple[int, float], held_out: tuple[int, float], holds: Callable[[Interval], bool]) -> float:
    """How often that is so of the interval, when the rates are these."""
    return sum(
        first_likely * second_likely
        for first, first_likely in outcomes(*mailed)
        for second, second_likely in outcomes(*held_out)
        if holds(difference_interval(first, second))
    )


@pytest.mark.parametrize(
    ("mailed", "held_out"),
    [((360, 0.17), (40, 0.17)), ((900, 0.12), (100, 0.07)), ((270, 0.05), (30, 0.05)), ((500, 0.5), (500, 0.45))],
)
def test_it_holds_the_truth_about_as_often_as_it_says(mailed: tuple[int, float], held_out: tuple[int, float]) -> None:
    truth = mailed[1] - held_out[1]
    assert 0.94 <= chance_of(mailed, held_out, lambda interval: truth in interval) <= 0.975


def test_how_many_people_it_takes() -> None:
    assert people_needed(0.10, 0.05, held_out=0.5) == 2 * 686  # as tables have it for 10% and 15%
    assert people_needed(0.10, 0.05, held_out=0.1) > 2.5 * 2 * 686
    assert people_needed(1.0, 0.05, held_out=0.5) == people_needed(0.95, 0.05, held_out=0.5)  # no more is possible


@pytest.mark.parametrize("held_out", [0.1, 0.2, 0.5])
def test_so_many_people_show_it_four_times_in_five(held_out: float) -> None:
    people = people_needed(0.1, 0.1, held_out=held_out)
    without = round(people * held_out)
    shown = chance_of((people - without, 0.2), (without, 0.1), lambda interval: 0.0 not in interval)
    assert 0.77 <= shown <= 0.84
