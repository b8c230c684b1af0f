"""What all areas share: figures with goals, and runs of commands with their wall time and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of GOALS: what was measured, and what was to be reached."""

    name: str
    value: float
    goal: float
    relation: Literal["<=", ">="] = "<="
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        """True when the value is on the right side of the goal."""
        return self.value <= self.goal if self.relation == "<=" else self.value >= self.goal

    def __str__(self) -> str:
        verdict = "ok" if self.is_reached else "short"
        return f"{self.name}: {_number(self.value)}{self.unit} ({self.relation} {_number(self.goal)}) {verdict}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.3f}" if value < 1 else f"{value:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a command as a whole process."""

    seconds: float  # on the wall
    cpu_seconds: float  # of all its processes; what counts where the machine has other things to do
    peak_mb: float  # the largest of its processes (getrusage: ru_maxrss)
    output: str


class BenchError(Exception):
    """A command of the benchmark failed, or its output was not what was to be measured."""


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end. Raises `BenchError` with what it said when it fails.

    A small process starts it and measures: Linux counts the memory of who started a process as that of the process.
    """
    log, report = cwd / ".bench-output", cwd / ".bench-report"
    with log.open("wb") as stream:
        code = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _MEASURED, str(report), *command],
            cwd=cwd,
            env=as_people_have_it(env or {}),
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    output = log.read_text(errors="replace")
    log.unlink()
    if code:
        report.unlink(missing_ok=True)
        raise BenchError(f"{' '.join(command)} ended with {code}:\n{output}")
    seconds, cpu_seconds, kilobytes = map(float, report.read_text().split())
    report.unlink()
    return Run(seconds=seconds, cpu_seconds=cpu_seconds, peak_mb=kilobytes / 1024, output=output)


# What runs a command, and writes its seconds on the wall, of CPU, and its peak in kilobytes (Linux).
_MEASURED = """
import os, sys, time
started = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as report:
    print(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=report)
sys.exit(os.waitstatus_to_exitcode(status) and 1)
"""


def as_people_have_it(changes: Mapping[str, str]) -> dict[str, str]:
    """Our environment with `changes`, but Python may keep what it compiled."""
    environment = {**os.environ, **changes}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def interleave(sides: Mapping[str, Callable[[], Run]], *, rounds: int, most: int = 0) -> dict[str, list[Run]]:
    """Run the sides by turns, A B A B, so that a slow minute of the machine meets all of them.

    `most`: where a side's times lie far apart after so many rounds, there are more, up to this number.
    """
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    for number in range(max(rounds, most)):
        if number >= rounds and not any(map(_is_noisy, runs.values())):
            break
        for name, side in sides.items():
            runs[name].append(side())
    return runs


def _is_noisy(runs: Sequence[Run]) -> bool:
    seconds = [run.seconds for run in runs]
    return max(seconds) > 1.3 * min(seconds)


def median_seconds(runs: Sequence[Run]) -> float:
    """The middle one of the wall times."""
    return statistics.median(run.seconds for run in runs)


def median_cpu_seconds(runs: Sequence[Run]) -> float:
    """The middle one of the CPU times."""
    return statistics.median(run.cpu_seconds for run in runs)


def peak_mb(runs: Sequence[Run]) -> float:
    """The middle one of the peaks."""
    return statistics.median(run.peak_mb for run in runs)


def spread(runs: Sequence[Run]) -> str:
    """`1.20 s (1.15 to 1.31), 88 MB`"""
    seconds = sorted(run.seconds for run in runs)
    return f"{statistics.median(seconds):.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f}), {peak_mb(runs):.0f} MB"
