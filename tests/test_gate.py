"""The gate: after any edits, an incremental build equals a clean one byte for byte.

Not only the site: also the compiled sequences, which stay private. Time goes on, too: consents end, meetups pass.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from built_community import COMMUNITY, NOW, build, clean_site, differing, private_files
from random_edits import EDITS
from test_build import tree

STEPS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(sorted(EDITS)), max_size=3), st.integers(0, 2**32), st.sampled_from((0, 0, 1, 30))
    ),
    min_size=1,
    max_size=4,
)
Steps = list[tuple[list[str], int, int]]


def all_once() -> Steps:
    """Every kind of edit, three at a time."""
    names = sorted(EDITS)
    return [(names[start : start + 3], start, start % 2) for start in range(0, len(names), 3)]


def check_gate(steps: Steps) -> None:
    """Each step: some edits, and the days that pass before the next build."""
    now = datetime.fromisoformat(NOW)
    with TemporaryDirectory() as folder:
        root = Path(folder, "c")
        for path, text in COMMUNITY.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        build(root)
        for names, seed, days in steps:
            die = random.Random(seed)
            for name in names:
                EDITS[name](root, die)
            now += timedelta(days=days)
            made = build(root, now=now.isoformat())
            assert made.returncode == 0, made.stderr
            clean = clean_site(root, now=now.isoformat(), private=True)
            assert differing(tree(root / "site") | private_files(root), clean) == [], (names, seed, now)


def test_every_kind_of_edit() -> None:
    check_gate(all_once())


@settings(max_examples=2, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.explicit, Phase.generate])
@given(STEPS)
def test_some_edits(steps: Steps) -> None:
    check_gate(steps)


@pytest.mark.soak
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_many_edits(steps: Steps) -> None:
    check_gate(steps)
