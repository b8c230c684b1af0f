"""What was read of groups outside of the files: how many are there, whether they talk, whether links still lead in.

Nobody's name is among it, and no number from which one could tell who came or left: numbers are rounded, and below
`FEWEST` there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

FEWEST = 5  # fewer people than this are "few"
KEPT = timedelta(days=14)  # so long something that was read counts
Members = int | Literal["few"]
Activity = Literal["today", "week", "month", "quiet"]  # when somebody last wrote, as of the day it was read
LinkState = Literal["ok", "dead", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFacts:
    """What is known of one invitation."""

    url: str  # as in the group's `chat`
    state: LinkState
    read: date  # UTC
    expires: date | None = None  # the last day on which it works, as its platform says

    @property
    def until(self) -> date:
        """The last day on which this counts."""
        return self.read + KEPT

    def is_closed(self, day: date) -> bool:
        """True when this still counts on `day` and says that the invitation does not lead in."""
        ended = self.expires is not None and self.expires < day
        return self.until >= day and (self.state == "dead" or ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """What is known of one group."""

    members: Members | None = None
    activity: Activity | None = None
    read: date | None = None  # the day (UTC) of the two above; None where there is neither
    links: tuple[LinkFacts, ...] = ()  # in the order of the group's `chat`

    @property
    def until(self) -> date | None:
        """The last day on which members and activity count."""
        return self.read + KEPT if self.read is not None else None

    def link(self, url: str) -> LinkFacts | None:
        """What is known of the invitation at `url`."""
        return next((link for link in self.links if link.url == url), None)


def rounded_members(count: int) -> Members:
    """A number as it may be told: two digits of it (127 is 130), and no small one."""
    if count < FEWEST:
        return "few"
    unit = int(10 ** max(0, len(str(count)) - 2))
    return (count + unit // 2) // unit * unit


def activity_of(last: date, *, read: date) -> Activity:
    """How long ago somebody last wrote, on the day this was read."""
    days = (read - last).days
    if days < 1:
        return "today"
    if days < 7:
        return "week"
    return "month" if days < 31 else "quiet"
