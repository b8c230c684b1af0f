"""Mail programs of newcomers and members that answer one another; and people, who are never taken for one."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from bench.mail_people import load_example
from bench.notes_autoresponders import EVER_NEW, SILENT, Answers, Program, answer_for, choose_pairs, too_many

from alongside.delivery.store import Store
from delivery.notes.village import ANA, JO, Mail, Village

PAIRS = 40
MINUTE = timedelta(minutes=1)


@pytest.fixture
def village(store: Store, tmp_path: Path) -> Village:
    return Village(store, tmp_path)


def answers_of(tmp_path: Path, pairs: list[tuple[Program, Program]], *, days: int, url: str = "") -> Answers:
    return answer_for(load_example(tmp_path), tmp_path, pairs, days=days, url=url)


def test_programs_that_answer_everything_get_one_mail_each_at_most(tmp_path: Path) -> None:
    found = answers_of(tmp_path, choose_pairs(PAIRS), days=9)
    assert list(too_many(found, most=1)) == []
    assert found.loops == 0
    assert sum(found.by_day[1:]) <= found.by_day[0]
    assert found.mails  # something did pass: nothing told it from a person's first words


@pytest.mark.soak
def test_each_silent_program_with_each_other(tmp_path: Path, environment: dict[str, str]) -> None:
    pairs = [(mine, theirs) for mine in SILENT for theirs in SILENT]
    found = answers_of(tmp_path, pairs, days=30, url=environment["ALONGSIDE_DATABASE_URL"])
    assert list(too_many(found, most=1)) == []
    assert found.loops == 0


def test_programs_that_never_repeat_themselves_are_stopped_by_their_pace(tmp_path: Path) -> None:
    found = answers_of(tmp_path, [(EVER_NEW[0], EVER_NEW[0])], days=9)
    assert found.loops == 0
    assert 1 <= found.most <= 7


# --- people ---


def begin(village: Village) -> dict[str, Mail]:
    """Jo has the welcome; Ana has Jo's first note."""
    village.enroll()
    (welcome,) = village.send()
    assert say(village, welcome, JO, "Hello Ana, may I ask you something about your first talk?") == "note"
    (note,) = village.send(after=5 * MINUTE)
    return {JO: welcome, ANA: note}


def say(village: Village, mail: Mail, who: str, text: str) -> str:
    """Answer, dated now."""
    return village.answer(mail, f"Somebody <{who}>", text, Date=format_datetime(village.now)).kind


def test_who_says_thank_you_twice_is_a_person(village: Village) -> None:
    last = begin(village)
    for _ in range(2):
        assert say(village, last[ANA], ANA, "Thank you!") == "note"
        (last[JO],) = village.send(after=10 * MINUTE)
        assert say(village, last[JO], JO, "Thank you!") == "note"
        (last[ANA],) = village.send(after=10 * MINUTE)


def test_thank_you_twice_at_once_for_the_same_mail(village: Village) -> None:
    last = begin(village)
    assert [say(village, last[ANA], ANA, "Thank you!") for _ in range(2)] == ["note", "note"]


def test_who_writes_fast_is_a_person(village: Village) -> None:
    last = begin(village)
    for number, text in enumerate(("Yes?", "How long did you practise?", "Two weeks, every evening.", "Alone?", "No.")):
        writer, reader = (ANA, JO) if number % 2 == 0 else (JO, ANA)
        village.now += timedelta(seconds=20)
        assert say(village, last[writer], writer, text) == "note"
        (last[reader],) = village.send()


def test_who_haggles_about_the_hour_is_a_person(village: Village) -> None:
    last = begin(village)
    for hour in (9, 10, 11):
        assert say(village, last[ANA], ANA, f"How about {hour}:00 on Thursday?") == "note"
        (last[JO],) = village.send(after=10 * MINUTE)
        assert say(village, last[JO], JO, f"No, not at {hour}, that is when I am on the train to work.") in (
            "note",
            "held",
        )
        last[ANA] = (village.send(after=10 * MINUTE) or [last[ANA]])[0]


def test_who_corrects_what_they_wrote_is_a_person(village: Village) -> None:
    last = begin(village)
    long = (
        "Of course you may ask me. I practised for two weeks, every evening, in front of the mirror in my kitchen, and I "
        "was still far too fast on the day itself. Take {} cards with you and nothing else at all."
    )
    assert say(village, last[ANA], ANA, long.format("five")) == "note"
    village.now += MINUTE
    assert say(village, last[ANA], ANA, long.format("seven")) == "note"


def test_what_was_held_from_another_address_passes_from_the_right_one(village: Village) -> None:
    village.enroll()
    (welcome,) = village.send()
    text = "Hello Ana, may I ask you something about your first talk?"
    assert village.answer(welcome, f"Jo <{JO}>", text, envelope="jo@work.example.com").kind == "held"
    assert village.answer(welcome, f"Jo <{JO}>", text).kind == "note"


def test_the_same_long_words_again_go_nowhere(village: Village) -> None:
    last = begin(village)
    text = "I am travelling, and I will read this when I am back at my desk."
    assert [say(village, last[ANA], ANA, text) for _ in range(3)] == ["note", "automatic", "automatic"]


def test_what_a_program_says_again_and_again_is_held_once(village: Village) -> None:
    last = begin(village)
    kinds = []
    for number in range(6):
        village.now += timedelta(seconds=2)
        kinds.append(say(village, last[ANA], ANA, f"Got it: #{7000 + number}."))
        mails = village.send()
        last[ANA] = next((mail for mail in mails if mail.message["To"].addresses[0].addr_spec == ANA), last[ANA])
        if kinds[-1] == "note":
            say(village, mails[0], JO, f"What do you mean, Ana? This is the mail {'again ' * number}that I got.")
            village.now += timedelta(minutes=3)
            (last[ANA],) = village.send()
    assert kinds[:2] == ["note", "held"]
    assert set(kinds[2:]) == {"automatic"}
