"""Which of three levels a set-up has reached: the site alone, mail, the service; and what the next one takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from alongside.delivery.doctor.findings import Area, Finding

Level = Literal["none", "static", "mail", "service"]
LEVELS: tuple[Level, ...] = ("none", "static", "mail", "service")

Thing = tuple[Area, str]  # area and what was looked at; an empty `what`: the whole area
# A level -> what it needs; of several in one line one is enough, the first being the one to propose.
NEEDS: dict[Level, tuple[tuple[Thing, ...], ...]] = {
    "static": ((("settings", "site address"),), (("settings", "content"),)),
    "mail": (
        (("settings", "postal address"),),
        (("settings", "privacy notice"),),
        (("smtp", ""),),
        (("imap", ""), ("store", "arrivals")),
        (("store", "passes"),),
    ),
    "service": ((("service", ""),),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a set-up has come."""

    level: Level
    next_level: Level | None  # None: there is none above
    missing: tuple[str, ...] = ()  # what that one takes, sentences


def read_standing(findings: Sequence[Finding]) -> Standing:
    """The highest level of which nothing is missing, nor of those below it."""
    reached: Level = "none"
    for level in LEVELS[1:]:
        missing = tuple(
            _what_to_do(findings, things[0])
            for things in NEEDS[level]
            if not any(_is_met(findings, thing) for thing in things)
        )
        if missing:
            return Standing(level=reached, next_level=level, missing=tuple(dict.fromkeys(missing)))
        reached = level
    return Standing(level=reached, next_level=None)


def _about(findings: Sequence[Finding], thing: Thing) -> list[Finding]:
    area, what = thing
    return [finding for finding in findings if finding.area == area and what in ("", finding.what)]


def _is_met(findings: Sequence[Finding], thing: Thing) -> bool:
    """One thing is as it should be; an area works, whatever it warns of."""
    states = {finding.state for finding in _about(findings, thing)}
    return states == {"ok"} if thing[1] else "error" not in states and bool(states & {"ok", "warning"})


def _what_to_do(findings: Sequence[Finding], thing: Thing) -> str:
    """The hint of what stands in the way, after the finding itself."""
    about = _about(findings, thing) or _about(findings, (thing[0], ""))
    blocking = [finding for finding in about if finding.state != "ok"]
    blocking.sort(key=lambda finding: ("error", "skipped", "warning").index(finding.state))
    if not blocking:
        return f"It was not looked at: {thing[1] or thing[0]}."
    return f"{blocking[0].message} {blocking[0].hint}".rstrip()
