"""Thirty simulated days of two hundred newcomers in each real community."""

from __future__ import annotations

import email
import email.policy
import json
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

COMMUNITIES = ("biodrop", "carpentries", "openstreetmap", "rladies", "ropensci")
START, END = "2026-12-01T09:00Z", "2026-12-31T09:00Z"


def alongside(root: Path, *arguments: str) -> tuple[str, float]:
    """The command's output and seconds; it must not crash. Exit 1 is a problem in the data, told on stderr."""
    begun = time.perf_counter()
    result = subprocess.run(
        [str(Path(sys.executable).parent / "alongside"), *arguments], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0 or (result.returncode == 1 and result.stderr), result.stderr
    assert "Traceback" not in result.stderr, result.stderr
    return result.stdout, time.perf_counter() - begun


@pytest.mark.parametrize("name", COMMUNITIES)
def test_thirty_days(name: str, shared: Path, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(shared / "communities" / name, root)
    enrolled, enrolling = alongside(
        root, *"enroll first-month --csv newcomers.csv --basis consent --now".split(), START
    )
    sent, sending = alongside(root, "send", "--now", START, "--until", END)
    again, _ = alongside(root, "send", "--now", START, "--until", END)
    status = json.loads(alongside(root, "status", "--now", END, "--format", "json")[0])

    steps = {step["moment"]: step for step in status["journeys"][0]["steps"]}
    people = status["journeys"][0]["newcomers"]
    counts = {moment: (step["sent"], sum(step["skipped"].values())) for moment, step in steps.items()}
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"\n{name}: {enrolled.splitlines()[0]} {enrolling:.1f} s; thirty days {sending:.1f} s, peak {memory} MB")
    print(sent)

    assert people >= 190
    assert again.splitlines()[-1].startswith("0 mails sent")
    for moment, (out, skipped) in counts.items():
        assert out + skipped == people, moment
        assert steps[moment]["due"] == steps[moment]["coming"] == steps[moment]["failing"] == 0
    check_mails(root, sum(out for out, _ in counts.values()))


def check_mails(root: Path, count: int) -> None:
    """Read by another parser: one file a message, to newcomers alone, text and HTML about the same."""
    lines = (root / "contacts.csv").read_text("utf-8").splitlines()
    addresses = {address for line in lines if "@" in (address := line.rpartition(",")[2].strip())}
    paths = sorted((root / "outbox" / "new").iterdir())
    assert len(paths) == count
    identities: Counter[str] = Counter()
    for path in paths:
        raw = path.read_bytes()
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert not mail.defects
        identities[str(mail["Message-ID"])] += 1
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text is not None
        assert html is not None
        assert text.get_content().strip()
        assert "<html" in html.get_content()
        whole = raw.decode("utf-8", "replace")
        assert not any(address in whole for address in addresses)
    assert set(identities.values()) == {1}
