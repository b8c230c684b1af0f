"""A newcomer and a member write to each other: what passes, what does not, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alongside.delivery.schema import messages
from alongside.delivery.store import Store
from delivery.notes.village import ANA, JO, Mail, Village

DAY = timedelta(days=1)
SECRETS = (
    b"johanna", b"lindqvist", b"newcomer.example", b"souza.real", b"member.example", b"203.0.113", b"0530", b"Mailer 3.1",
)  # fmt: skip


SAID = (
    "Hello Ana, may I ask you something?",
    "Of course you may, that is what I am here for.",
    "How long did you practise before your first talk?",
    "Two weeks, every evening, and it was still too fast.\nAsk the mirror.",
    "Could we look at my slides together? Thursday at 10:00 would be fine.",
    "Thursday it is. Bring tea.",
)


@pytest.fixture
def village(store: Store, tmp_path: Path) -> Village:
    return Village(store, tmp_path)


def welcome(village: Village) -> Mail:
    village.enroll()
    (mail,) = village.send()
    return mail


def test_six_notes_go_back_and_forth_in_one_thread(village: Village) -> None:
    last = welcome(village)
    seen: dict[str, list[Mail]] = {JO: [last], ANA: []}
    for number in range(6):
        newcomer_writes = number % 2 == 0
        writer = f"Johanna Lindqvist <{JO}>" if newcomer_writes else f"Ana Souza <{ANA}>"
        heard = village.answer(last, writer, SAID[number])
        assert heard.kind == "note", heard
        (last,) = village.send(after=timedelta(hours=1))
        reader = ANA if newcomer_writes else JO
        assert last.message["To"].addresses[0].addr_spec == reader
        assert SAID[number] in last.text
        assert "> " not in last.text
        for before in seen[reader]:
            assert before.message["Message-ID"] in last.message["References"]
        seen[reader].append(last)
    for reader, mails in seen.items():
        hidden = [each for each in SECRETS if each not in reader.encode()]
        for mail in mails:
            body = b"".join(mail.raw.splitlines(keepends=True))
            assert [each for each in hidden if each.lower() in body.lower()] == []
            assert mail.text.isprintable() or "\n" in mail.text
    assert "talked" in village.events()
    assert village.events().count("talked") == 1


def test_what_the_first_note_explains(village: Village) -> None:
    village.answer(welcome(village), f"Jo <{JO}>", "Hello Ana, may I ask you something?")
    (note,) = village.send()
    assert note.message["From"].addresses[0].display_name == "Jo via Test community"
    assert note.message["Auto-Submitted"] == "no"
    assert note.message.get_content_type() == "text/plain"
    for what in ("Answer this mail", "How it works", "block", "report", "The first month"):
        assert what in note.text
    village.answer(note, f"Ana <{ANA}>", "Of course you may.")
    (answer,) = village.send()
    assert "STOP" in answer.text
    assert answer.message["Subject"] == "Re: Hello Jo"


def test_the_check_in_is_not_sent_once_they_talk(village: Village) -> None:
    village.answer(welcome(village), f"Jo <{JO}>", "Hello Ana, may I ask you something?")
    village.send(after=DAY)
    village.send(after=8 * DAY)
    assert village.steps()["check-in"] == ("skipped", "replied")
    assert village.steps()["(ask) check-in"] == ("skipped", "replied")


def test_the_member_is_asked_and_writes_it_personally(village: Village) -> None:
    welcome(village)
    (ask,) = village.send(after=5 * DAY)
    assert ask.message["To"].addresses[0].addr_spec == ANA
    assert "How is it?" in ask.text  # the prepared words
    assert JO.encode() not in ask.raw
    heard = village.answer(ask, f"Ana <{ANA}>", "Dear Jo, did the talk go well?")
    assert heard.kind == "note"
    (note,) = village.send()
    assert note.message["To"].addresses[0].addr_spec == JO
    assert "Dear Jo, did the talk go well?" in note.text
    assert note.message["From"].addresses[0].display_name == "Ana Souza via Test community"
    assert village.send(after=3 * DAY) == []
    assert village.steps()["check-in"] == ("skipped", "the member wrote it")


def test_silence_sends_the_prepared_words_with_the_honest_line(village: Village) -> None:
    welcome(village)
    village.send(after=5 * DAY)
    (mail,) = village.send(after=2 * DAY)
    assert mail.message["To"].addresses[0].addr_spec == JO
    assert "How is it?" in mail.text
    assert "automatically" in mail.text


@pytest.mark.parametrize(("kind", "state"), [
    ("ask-send", ("sent", "")), ("ask-skip", ("skipped", "the member said not now")), ("ask-away", ("sent", "")),
])  # fmt: skip
def test_what_the_member_may_answer_by_a_mail_that_only_has_to_be_sent(
    village: Village, kind: str, state: tuple[str, str]
) -> None:
    welcome(village)
    (ask,) = village.send(after=5 * DAY)
    raw = f"From: Ana <{ANA}>\nTo: {ask.link(kind)}\nSubject: {kind}\nMessage-ID: <x@y>\n\n".encode()
    assert village.hear(raw, sender=ANA).kind == "choice"
    village.send(after=2 * DAY)
    if kind == "ask-away":
        assert village.steps()["check-in"] == ("planned", "the member is away")
        village.send(after=7 * DAY)
    assert village.steps()["check-in"] == state


def test_a_note_to_an_address_that_was_blocked_is_returned(village: Village) -> None:
    mail = welcome(village)
    village.answer(mail, f"Jo <{JO}>", "Hello Ana, may I ask you something?")
    (note,) = village.send()
    raw = f"From: Ana <{ANA}>\nTo: {note.link('block')}\nSubject: block\nMessage-ID: <x@y>\n\n".encode()
    assert village.hear(raw, sender=ANA).kind == "choice"
    assert village.conversation()["closed_by"] == "member"
    assert village.answer(mail, f"Jo <{JO}>", "Are you still there, Ana? I hope so.").kind == "returned"
    (told,) = village.send()
    assert told.message["To"].addresses[0].addr_spec == JO
    assert "has ended" in told.text
    village.answer(mail, f"Jo <{JO}>", "And once more, are you there?")
    assert village.send() == []  # once a day


def test_a_stranger_who_got_hold_of_an_address_reaches_nobody(village: Village) -> None:
    mail = welcome(village)
    heard = village.answer(mail, f"Jo <{JO}>", "Send me money.", envelope="eve@evil.example.com")
    assert heard.kind == "held"
    (alert,) = village.send()
    assert alert.message["To"].addresses[0].addr_spec.startswith("community@")
    assert "Send me money" not in alert.text
    assert village.notes() == [("newcomer", "held")]


@pytest.mark.parametrize("envelope", ["bounces@mailer.example.com", None])
def test_the_one_word_is_obeyed_whatever_the_envelope_says(village: Village, envelope: str | None) -> None:
    assert village.answer(welcome(village), f"Jo <{JO}>", "STOP", envelope=envelope).kind == "stop"
    assert village.send(after=8 * DAY) == []


def test_a_strangers_one_word_ends_nothing(village: Village) -> None:
    mail = welcome(village)
    assert village.answer(mail, "Eve <eve@evil.example.com>", "STOP").kind == "unknown"
    assert village.answer(mail, f"Jo <{JO}>", "Hello Ana, may I ask you something?").kind == "note"


def test_a_first_note_waits_for_its_writer_and_then_enrolls(village: Village) -> None:
    eve = "eve.stranger@example.com"
    raw = f"From: Eve <{eve}>\nTo: community+ana@community.example.org\nSubject: Hi\nMessage-ID: <1@z>\n\nMay I ask you, Ana?\n"
    assert village.hear(raw.encode(), sender=eve).kind == "first note"
    (confirm,) = village.send()
    assert confirm.message["To"].addresses[0].addr_spec == eve
    assert "May I ask" not in confirm.text
    raw = f"From: Eve <{eve}>\nTo: {confirm.link('first')}\nSubject: first\nMessage-ID: <2@z>\n\n"
    assert village.hear(raw.encode(), sender=eve).kind == "choice"
    mails = village.send()
    note = next(mail for mail in mails if "May I ask you, Ana?" in mail.text)
    assert note.message["To"].addresses[0].addr_spec == ANA
    assert b"stranger" not in note.raw


def test_a_mailbox_replayed_twice_sends_nothing(village: Village) -> None:
    mail = welcome(village)
    raws = [
        f"From: Jo <{JO}>\nTo: {mail.answer_to}\nMessage-ID: <{n}@z>\n\nNote {n} for you, Ana.\n".encode()
        for n in range(3)
    ]
    kinds = [village.hear(raw, sender=JO).kind for raw in raws]
    assert kinds == ["note", "note", "note"] or kinds == ["note", "automatic", "automatic"]
    before = len(village.send())
    for _ in range(2):
        for raw in raws:
            assert village.hear(raw, sender=JO).again
    assert before >= 1
    assert village.send() == []


def away(mail: Mail, sender: str, *, to: str = "", until: str = "15 December 2026") -> bytes:
    """An answer that a program wrote, with a day."""
    answered = f"In-Reply-To: {mail.message['Message-ID']}\n" if not to else ""
    return (
        f"From: {sender}\nTo: {to or mail.answer_to}\nSubject: Automatic reply\nAuto-Submitted: auto-replied\n"
        f"Message-ID: <away@z>\n{answered}\nI am out of the office until {until}.\n"
    ).encode()


def test_who_is_away_until_a_day_is_written_to_afterwards(village: Village) -> None:
    mail = welcome(village)
    assert village.hear(away(mail, JO, until="2 December 2026"), sender="").kind == "automatic"
    assert village.steps()["check-in"] == ("planned", "away")
    assert village.send(after=8 * DAY) == []
    assert village.send(after=3 * DAY) != []
    assert "replied" not in village.events()


def test_a_member_who_is_away_is_asked_nothing(village: Village) -> None:
    welcome(village)
    (ask,) = village.send(after=5 * DAY)
    village.hear(away(ask, ANA), sender="")
    village.enroll("second@newcomer.example.net")
    (mail,) = village.send()
    assert mail.answer_to.startswith("community@")  # the team welcomes meanwhile


def test_that_somebody_is_away_is_not_believed_of_a_from_alone(village: Village) -> None:
    mail = welcome(village)
    assert village.hear(away(mail, JO, to="community@community.example.org"), sender="").kind == "automatic"
    assert village.steps()["check-in"] == ("planned", "")


def test_an_answer_counts_as_one_of_that_mail(village: Village) -> None:
    village.answer(welcome(village), f"Jo <{JO}>", "Hello Ana, may I ask you something?")
    assert [row["answered_at"] for row in village.rows(messages)] == [village.now]
