"""Where a person's words end; and the process that is asked, which may hang, fail or eat memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.delivery.arrived import attributions, trimming
from alongside.delivery.arrived.trimming import LONGEST_ASKED, Trimmer, cut_quotes, own_words

ON = "On Mon, 23 Nov 2026 at 10:00, Ana <ana@example.org> wrote:"
HANGS = "\n" * 12_000 + "Yes"


@pytest.fixture(scope="module")
def trimmer() -> Iterator[Trimmer]:
    with Trimmer() as trimmer:
        yield trimmer


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "I wrote:\n\nnothing yet.",
        "In 2019 I wrote: it works.\nIt still does.",
        "Two questions:\n1. When?\n2. Where?",
        "The plan for 24 Nov 2026 at 10:00:\n\nWe meet, then we eat.",
        "From: Munich\nTo: Berlin\nDate: 3 May\n\nWho joins?",
        "To: everybody who reads this\n\nHello!",
        "Subject: the matter is this\n\nWe need chairs.",
        "Data: we have none.\n\nPara: nobody.",
        "On Monday I will be there.\nOn Tuesday not.",
        "one\n----\ntwo",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "Sent from my desk, it is easier than my phone.\n\nBye",
        "I sent from my phone what was in my mind",
        "- one\n- two\n\n-Ana",
        "Best regards,\nAna",
        "Thanks,\nBruno",
        "Dear all,\n\n* * *\n\nlater",
        "a --\n\nb",
        "What is a signature?\n--\n" + "\n".join(f"line {number}" for number in range(30)),
        "Original Message was its title",
        "Von: mir\nAn: dich\n\nSchöne Grüße",
        "From: me\nTo: you\n\nWith love",
    ],
)
def test_words_of_a_person_stay(text: str, trimmer: Trimmer) -> None:
    assert own_words(text, trimmer.trim) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"Yes.\n\n{ON}\n> Shall we?", "Yes."),
        (f"Yes.\n\n{ON}\n\nShall we?", "Yes."),
        (f"{ON}\n> Shall we?\n\nYes.", "Yes."),
        (f"{ON}\n> One?\nYes.\n> Two?\n\nNo.", "Yes.\n\nNo."),
        (f"{ON}\n\nShall we?", "Shall we?"),  # perhaps below a quote without marks: nothing is lost
        ("> Shall we?\n", ""),
        (f"{ON}\n> Shall we?\n", ""),
        ("Yes.\n-- \nAna\n+351 900 000 000", "Yes."),
        (f"Yes.\n-- \nAna\n\n{ON}\n> One?\n\nNo.", "Yes.\n\nNo."),
        ("--\nAna\nYes.", "Ana\nYes."),
        ("Yes.\n\nSent from my iPhone", "Yes."),
        ("Yes.\n\nSent from my iPhone\nGet Outlook for iOS", "Yes."),
        ("Sent from my iPhone\n\nYes.", "Yes."),
        ("Sent from my iPhone", ""),
        ("Yes.\n\n-----Original Message-----\nFrom: Ana\n\nShall we?", "Yes."),
        ("Yes.\n\n________________________________\nVon: Ana <a@x.example>\nGesendet: Montag\nAn: Bo\nBetreff: Hi\n\nWollen wir?", "Yes."),
        ("Yes.\n\n\n\n\nNo.", "Yes.\n\nNo."),
        ("Yes.\n2026-11-23 10:00 GMT+01:00 Ana <a@x.example>:\n> Shall we?", "Yes."),
        ("Ana wrote:\n> Shall we?\nYes.", "Yes."),
        ("Thanks!\nOn Mon, 23 Nov 2026 at 10:00, Ana Souza\nde Oliveira <ana@example.org>\nwrote:\n> Shall we?", "Thanks!"),
        ("Fine:\nas you like\n\n" + ON + "\n> Shall we?", "Fine:\nas you like"),
        ("＞ quoted\nMine", "Mine"),
        ("", ""),
    ],
)  # fmt: skip
def test_trimmed(text: str, words: str, trimmer: Trimmer) -> None:
    assert own_words(text, trimmer.trim) == words
    assert own_words(text, lambda _: None) == words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "Yes.\n\nTo: whom it may concern: no."),
        ("", "Yes.\n\nTo: whom it may concern: no."),
        ("Yes.", "Yes.\n\nTo: whom it may concern: no."),  # what it would cut looks like no quote
        ("No.", "Yes.\n\nTo: whom it may concern: no."),
        ("Yes. To: whom it may concern: no. And more", "Yes.\n\nTo: whom it may concern: no."),
    ],
)
def test_the_library_is_not_trusted(answer: str | None, words: str) -> None:
    assert own_words("Yes.\n\nTo: whom it may concern: no.", lambda _: answer) == words


def test_what_the_library_finds() -> None:
    text = "Yes.\n\nAna <ana@example.org>, Mon 10:00:\nShall we?"
    assert own_words(text, lambda _: "Yes.") == "Yes."


@pytest.mark.parametrize(
    "piece",
    ["\n", "> q\n", "a:\n", "From: a\n", "-----\n", "x\n--\n", "From: a\n\n", "Sent from my x\n", " ", "On ", "On 1:\n", "-----Original Message-----\n",
     ON + "\n", ON + "\n> q\n", "\na\n> b\n", "wrote:\n", "On Mon, 23 Nov 2026\n", "_", "a@b.example:\n"],
)  # fmt: skip
def test_made_to_hurt(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it looks like a quote's head, only so many lines are looked at closely."""
    asked = 0
    original = attributions.attribution

    def counting(text: str) -> attributions.Certainty:
        nonlocal asked
        asked += 1
        return original(text)

    monkeypatch.setattr(trimming, "attribution", counting)
    cut_quotes(piece * (300_000 // len(piece)))
    assert asked <= (attributions.MOST_LINES + 1) * trimming.MOST_CANDIDATES


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(["Mine.", ON, "> quoted", "", "-- ", "--", "Sent from my iPhone", "From: a@b.example", "Subject: x", "Sent: 10:00", "wrote:"])
        | st.text(max_size=5),
        max_size=20,
    )
)  # fmt: skip
def test_any_lines(lines: list[str]) -> None:
    words = cut_quotes("\n".join(lines))
    assert not any(line.lstrip(" \t\xa0").startswith(">") for line in words.split("\n"))
    if "Mine." in lines and words == "":
        raise AssertionError("a person's words are lost")


def test_kept_between_texts_and_killed(trimmer: Trimmer) -> None:
    assert trimmer.trim(f"Yes.\n\n{ON}\nShall we?") == "Yes."
    first = trimmer._process
    assert trimmer.trim(f"No.\n\n{ON}\nShall we?") == "No."
    assert trimmer._process is first
    assert trimmer.trim(HANGS) is None
    assert first is not None
    assert first.poll() is not None
    assert trimmer.trim(f"Yes.\n\n{ON}\nShall we?") == "Yes."


def test_too_long_to_ask(trimmer: Trimmer) -> None:
    process = trimmer._process
    assert trimmer.trim("a" * (LONGEST_ASKED + 1)) is None
    assert trimmer._process is process


def test_killed_from_without(trimmer: Trimmer) -> None:
    trimmer.trim("Yes.")
    assert trimmer._process is not None
    trimmer._process.kill()
    trimmer._process.wait()
    assert trimmer.trim("Yes.") == "Yes."


def test_closed_and_opened() -> None:
    with Trimmer() as trimmer:
        process = trimmer._process
    assert process is not None
    assert process.poll() is not None
    assert trimmer.trim("Yes.") == "Yes."
    trimmer.close()
    trimmer.close()


def test_without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Trimmer() as trimmer:
        assert trimmer.trim("Yes.") is None
    assert own_words(f"Yes.\n\n{ON}\n> Shall we?", trimmer.trim) == "Yes."


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_inherits_nothing_and_has_a_limit() -> None:
    secret = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(secret, True)
    try:
        with Trimmer() as trimmer:
            trimmer.trim("Yes.")
            assert trimmer._process is not None
            folder = Path(f"/proc/{trimmer._process.pid}")
            assert {entry.name for entry in (folder / "fd").iterdir()} == {"0", "1", "2"}
            limits = (folder / "limits").read_text()
            assert str(1 << 29) in next(line for line in limits.splitlines() if line.startswith("Max address space"))
    finally:
        os.close(secret)


def test_ends_with_its_input() -> None:
    child = Path(trimming.__file__).with_name("asking.py")
    assert subprocess.run([sys.executable, "-I", child], input=b"\0\0", capture_output=True, check=True).stdout == b""
