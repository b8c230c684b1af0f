"""The mail of real programs, and of people, told apart."""

from __future__ import annotations

from typing import Literal

import pytest

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.inbound.automatic import is_automatic, is_autoreply
from alongside.delivery.inbound.bounces import read_bounces
from alongside.delivery.inbound.returning import read_return
from delivery.inbound.letters import JOANA, MAILBOX, Office, letter
from delivery.inbound.recipes import MACHINES, PEOPLE, SUBJECTS, TODAY, Recipe

ALL_SUBJECTS = [subject for each in SUBJECTS.values() for subject in each]
# Line ends, as doors and old servers leave them.
ENDS = [b"\n", b"\r\n", b"\r"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("recipe", MACHINES, ids=lambda recipe: recipe.name)
def test_machines(recipe: Recipe, end: bytes) -> None:
    mail = read_mail(recipe.raw.replace(b"\n", end))
    assert is_automatic(mail, None)
    assert is_automatic(mail, "joana@example.net") or mail.headers.has("return-path")
    back = read_return(mail, today=TODAY)
    assert (back.isoformat() if back is not None else "") == ("" if recipe.back < TODAY.isoformat() else recipe.back)
    if recipe.kind == "bounce":
        assert read_bounces(mail, sender="") or "reject" in recipe.name
    elif recipe.kind != "read":
        assert read_bounces(mail, sender=None) == ()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("recipe", PEOPLE, ids=lambda recipe: recipe.name)
def test_people(recipe: Recipe, end: bytes) -> None:
    mail = read_mail(recipe.raw.replace(b"\n", end))
    assert not is_automatic(mail, None)
    assert not is_autoreply(mail)
    assert read_bounces(mail, sender="joana@example.net") == ()


@pytest.mark.parametrize("subject", ALL_SUBJECTS)
def test_subjects(subject: str) -> None:
    mail = read_mail(letter("...", subject=subject))
    assert is_autoreply(mail)
    assert is_automatic(mail, "joana@example.net")


@pytest.mark.parametrize("subject", ALL_SUBJECTS)
def test_subjects_in_mail_of_people(subject: str) -> None:
    for prefix in ("Re: ", "AW: ", "RE: FW: ", "Fwd: ", "Question about: "):
        assert not is_automatic(read_mail(letter("...", subject=prefix + subject)), "joana@example.net"), prefix


@pytest.mark.parametrize("kind", ["mailbox", "bounce", "confirm", "stop"])
def test_machines_are_no_conversation(office: Office, kind: Literal["mailbox", "bounce", "confirm", "stop"]) -> None:
    """Wherever it goes, it answers nobody, confirms nothing, and a vacation note stops nothing."""
    journey = "careful" if kind == "confirm" else "month"
    recipient = MAILBOX if kind == "mailbox" else office.address(kind, journey=journey)
    before = office.states()
    for recipe in MACHINES:
        if kind == "stop" and recipe.kind != "answer":
            continue  # programs that leave lists for people say they are programs
        if kind == "bounce" and recipe.kind in ("bounce", "read"):
            continue  # their words count there
        assert office.hear(recipe.raw, recipient=recipient).kind in ("automatic", "foreign"), recipe.name
    assert office.states() == before
    assert office.suppressed() == []
    assert office.message()[1] is None


def test_people_are_heard(office: Office) -> None:
    for recipe in PEOPLE:
        heard = office.hear(recipe.raw, recipient=MAILBOX)
        assert heard.kind == ("reply" if JOANA in recipe.raw.decode().partition("To: ")[0] else "unknown"), recipe.name


def test_how_many() -> None:
    """As many as the tables promise."""
    assert len({recipe.name for recipe in MACHINES}) >= 90
    assert len({recipe.name for recipe in PEOPLE}) >= 50
    assert len(SUBJECTS) >= 20
