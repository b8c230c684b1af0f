"""How far a share of people can be trusted, and the difference of two: the figures of which `alongside effect` speaks.

The interval of one share is Wilson's, that of a difference Newcombe's "hybrid score" (method 10), which is made of two
of Wilson's. Both stay within what is possible and hold for few people and for shares near 0 and 1, where the usual
"plus or minus two standard errors" does not.

    R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), 857-872
    R. G. Newcombe, Interval estimation for the difference between independent proportions, ibid., 873-890
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95
POWER = 0.8  # how often a difference that is there is to be seen

_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_Z_POWER = NormalDist().inv_cdf(POWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """From one fraction to another, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of how many."""

    count: int
    of: int

    @property
    def rate(self) -> float:
        """The fraction; 0 of nobody."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> Interval:
        """Wilson's score interval, without a correction for continuity; of nobody everything is possible."""
        if not self.of:
            return Interval(low=0.0, high=1.0)
        squared = _Z * _Z / self.of
        middle = (self.rate + squared / 2) / (1 + squared)
        reach = _Z * math.sqrt((self.rate * (1 - self.rate) + squared / 4) / self.of) / (1 + squared)
        # Rounding must not push a bound past the end at which it stands exactly.
        return Interval(low=middle - reach if self.count else 0.0, high=middle + reach if self.count < self.of else 1.0)


def difference_interval(first: Share, second: Share) -> Interval:
    """Of the first rate minus the second: Newcombe's method 10."""
    if not (first.of and second.of):
        return Interval(low=-1.0, high=1.0)
    one, other, difference = first.interval, second.interval, first.rate - second.rate
    return Interval(
        low=difference - math.hypot(first.rate - one.low, other.high - second.rate),
        high=difference + math.hypot(one.high - first.rate, second.rate - other.low),
    )


def people_needed(rate: float, difference: float, *, held_out: float) -> int:
    """How many people of both arms together show a difference of rates four times in five (`POWER`), when it is there.

    `rate`: of those without mail; `difference`: how much more it is with mail (0.05: five points; less, where more is
    not possible); `held_out`: the fraction without mail, more than 0 and less than 1. The usual normal approximation
    for two groups of unequal size, without a correction for continuity (Fleiss, Levin, Paik, Statistical Methods for
    Rates and Proportions, 3rd edition, section 4.3).
    """
    other = rate + difference if rate + difference <= 1 else rate - difference
    mailed = 1 - held_out
    both = held_out * rate + mailed * other
    # Variances of a person's part in the difference: if there were none, and as it is.
    none = both * (1 - both) * (1 / held_out + 1 / mailed)
    there = rate * (1 - rate) / held_out + other * (1 - other) / mailed
    return math.ceil((_Z * math.sqrt(none) + _Z_POWER * math.sqrt(there)) ** 2 / difference**2)
