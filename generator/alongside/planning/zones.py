"""Zones: wall time to instants, by the rules of the `tzdata` package, so that every machine makes the same feeds.

A wall time that a clock change skips keeps the offset from before the gap, so it moves forward by the gap (02:30
becomes 03:30); one that happens twice is the first of the two. RFC 5545 section 3.3.5 says both, and so does `fold=0`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzdata  # type: ignore[import-untyped]

# Of the package's rules; `importlib.resources` says the same, and loading it takes longer than reading a zone.
_FOLDER = Path(tzdata.__file__).parent / "zoneinfo"


class Zone(ZoneInfo):
    """A `ZoneInfo` from the packaged rules; unlike those that `from_file` gives, it can be pickled."""

    def __reduce__(self) -> tuple[Callable[[str], ZoneInfo], tuple[str]]:
        return read_zone, (self.key,)


@lru_cache(maxsize=1024)
def read_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name: one object a name, so that times of one zone compare fast.

    Raises ZoneInfoNotFoundError for an unknown name.
    """
    return Zone.from_file(BytesIO(read_zone_file(name)), key=name)


@lru_cache(maxsize=64)
def read_zone_file(name: str) -> bytes:
    """The TZif file (RFC 9636) of an IANA name. Raises ZoneInfoNotFoundError for an unknown one."""
    parts = name.split("/")
    if not all(part and part[0] not in "._" for part in parts):
        raise ZoneInfoNotFoundError(f"no zone {name!r}")
    try:
        return _FOLDER.joinpath(*parts).read_bytes()
    except (OSError, ValueError) as error:
        raise ZoneInfoNotFoundError(f"no zone {name!r}") from error


def local_time(wall: datetime, zone: ZoneInfo) -> datetime:
    """Naive wall time to an aware one that exists: skipped times are moved as above."""
    return instant_of(wall, zone).astimezone(zone)


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a naive wall time, in UTC."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def later(moment: datetime, duration: timedelta) -> datetime:
    """`moment` plus exact elapsed time, in the same zone: two hours stay two hours across a clock change."""
    return (moment.astimezone(UTC) + duration).astimezone(moment.tzinfo)


def comes_twice(moment: datetime) -> bool:
    """Whether clocks show the wall time of `moment` (aware) a second time that day, being put back."""
    return moment.utcoffset() != moment.replace(fold=1 - moment.fold).utcoffset()
