"""Pace: how soon the next mail may go, over all and to one recipient domain.

Mails are spaced evenly. A slow pace (20 an hour) goes on where the last pass left it, and what rested for a while may
catch up a little: else a pass every ten minutes would send one mail each.
"""

from __future__ import annotations

from collections.abc import Mapping

from alongside.settings import MailSettings

SLOW_SECONDS = 20.0  # between two mails: from there on a pace may catch up
CATCH_UP_SECONDS = 600.0  # for how long a rest it may


class Pace:
    """Slots in time, counted in seconds of one clock (the generic cell rate algorithm, ITU-T I.371)."""

    def __init__(
        self, rate: float | None, domain_rates: Mapping[str, float], *, kept: Mapping[str, float] | None = None
    ) -> None:
        """`rate`, and those by domain (A-labels, lower case): mails a second; None: no limit.

        `kept`: what `keep` gave, by the same clock.
        """
        self._rates = {**({"": rate} if rate is not None else {}), **domain_rates}
        self._next = {name: instant for name, instant in (kept or {}).items() if name in self._rates}

    @classmethod
    def shared(cls, mail: MailSettings, processes: int, *, kept: Mapping[str, float] | None = None) -> Pace:
        """The pace of the settings, for one of so many processes."""
        rate = mail.rate / processes if mail.rate is not None else None
        return cls(rate, {domain: of / processes for domain, of in mail.domain_rates.items()}, kept=kept)

    @property
    def is_free(self) -> bool:
        """True where nothing is limited."""
        return not self._rates

    def delay(self, domain: str, at: float) -> float:
        """Seconds from `at` until a mail to `domain` may go, as things stand."""
        return max(0.0, *(self._next.get(name, at) - at for name in ("", domain)))

    def take(self, domain: str, at: float) -> float:
        """Take the next slot for a mail to `domain`, and say the seconds from `at` until it comes."""
        delay = self.delay(domain, at)
        for name in ("", domain):
            rate = self._rates.get(name)
            if rate is not None:
                rested = CATCH_UP_SECONDS if 1 / rate > SLOW_SECONDS else 0.0
                begin = max(self._next.get(name, at), at + delay - rested)
                self._next[name] = begin + 1 / rate
        return delay

    def keep(self) -> dict[str, float]:
        """When the next mail may go of all ("") and to each domain: what a later pass goes on with."""
        return dict(self._next)
