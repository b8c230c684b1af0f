"""Pace: how soon the next mail may go, over all and to one recipient domain. Spaced evenly, never in bursts."""

from __future__ import annotations

from collections.abc import Mapping

from alongside.settings import MailSettings


class Pace:
    """Slots in time, counted in seconds of one monotonic clock."""

    def __init__(self, rate: float | None, domain_rates: Mapping[str, float]) -> None:
        """`rate`, and those by domain (A-labels, lower case): mails a second; None: no limit."""
        self._rate = rate
        self._domain_rates = domain_rates
        self._next = 0.0
        self._next_of: dict[str, float] = {}

    @classmethod
    def shared(cls, mail: MailSettings, processes: int) -> Pace:
        """The pace of the settings, for one of so many processes."""
        rate = mail.rate / processes if mail.rate is not None else None
        return cls(rate, {domain: of / processes for domain, of in mail.domain_rates.items()})

    @property
    def is_free(self) -> bool:
        """True where nothing is limited."""
        return self._rate is None and not self._domain_rates

    def delay(self, domain: str, at: float) -> float:
        """Seconds from `at` until a mail to `domain` may go, as things stand."""
        return max(self._next, self._next_of.get(domain, 0.0), at) - at

    def take(self, domain: str, at: float) -> float:
        """Take the next slot for a mail to `domain`, and say the seconds from `at` until it comes."""
        delay = self.delay(domain, at)
        if self._rate is not None:
            self._next = at + delay + 1 / self._rate
        if domain in self._domain_rates:
            self._next_of[domain] = at + delay + 1 / self._domain_rates[domain]
        return delay
