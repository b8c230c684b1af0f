"""Attempts to misuse the relay: to pass for somebody, to get in their way, to make us write to people, to learn of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery import people
from alongside.delivery.contacts import import_contacts
from alongside.delivery.notes.conversations import MOST_A_DAY
from alongside.delivery.notes.relaying import MOST_HELD, MOST_WAITING
from alongside.delivery.relay_addresses import change_key
from alongside.delivery.schema import contacts, first_notes, letters, notes, steps, suppressions
from alongside.delivery.store import Store
from alongside.delivery.tokens import make_token
from alongside.rendering.mails.envelope import tagged_address
from delivery.inbound.letters import report
from delivery.notes.village import ANA, BEA, JO, MAILBOX, Mail, Village, reply

DAY = timedelta(days=1)
ASKED = "Hello Ana, may I ask you something?"
STRANGER = "eve@stranger.example.com"
OUR_SERVER = "mx.community.example.org"


@pytest.fixture
def village(store: Store, tmp_path: Path) -> Village:
    return Village(store, tmp_path)


def welcome(village: Village) -> Mail:
    village.enroll()
    (mail,) = village.send()
    return mail


def jo(village: Village, mail: Mail, text: str) -> str:
    return village.answer(mail, f"Jo <{JO}>", text).kind


def ana(village: Village, mail: Mail, text: str) -> str:
    return village.answer(mail, f"Ana <{ANA}>", text).kind


def stranger(village: Village, mail: Mail, text: str) -> str:
    """Somebody to whom the mail was forwarded answers it."""
    return village.answer(mail, f"Jo <{JO}>", text, envelope=STRANGER).kind


def words(number: int) -> str:
    """Each time others."""
    return f"{chr(97 + number % 26) * 3} {chr(97 + number // 26 % 26) * 4} {chr(97 + number // 676) * 5}"


# --- in the way of others ---


def test_what_a_stranger_sends_does_not_use_up_somebodys_day(village: Village) -> None:
    mail = welcome(village)
    for number in range(MOST_A_DAY):
        stranger(village, mail, words(number))
    assert jo(village, mail, ASKED) == "note"


def test_a_stranger_does_not_fill_the_store(village: Village) -> None:
    mail = welcome(village)
    kinds = [stranger(village, mail, words(number)) for number in range(3 * MOST_HELD)]
    assert kinds == ["held"] * MOST_HELD + ["unknown"] * (len(kinds) - MOST_HELD)
    assert len(village.rows(notes)) == MOST_HELD


def test_words_are_not_lost_in_a_mail_that_names_another_address_of_ours(village: Village) -> None:
    mail = welcome(village)
    (number,) = [row["id"] for row in village.rows(steps) if row["moment"] == "welcome"]
    bounces = tagged_address(MAILBOX, make_token("bounce", number, village.store.key))
    assert village.answer(mail, f"Jo <{JO}>", ASKED, Cc=bounces).kind == "note"
    (passed,) = village.send()
    assert ASKED in passed.text


def question(village: Village) -> Mail:
    """The question to Ana before the check-in, whose answer address is void by now."""
    welcome(village)
    (mail,) = village.send(after=5 * DAY)
    for _ in range(2):
        with village.store.writing() as connection:
            change_key(connection)
    return mail


def test_a_members_word_that_reaches_the_team_is_not_the_newcomers(village: Village) -> None:
    mail = question(village)
    assert ana(village, mail, "How did it go, Jo?") == "unknown"
    assert "replied" not in village.events()


def test_a_members_stop_that_reaches_the_team_does_not_stop_the_newcomer(village: Village) -> None:
    mail = question(village)
    ana(village, mail, "STOP")
    assert village.rows(suppressions) == []
    assert village.steps()["check-in"] == ("planned", "")


def away(mail: Mail, sender: str) -> bytes:
    return (
        f"From: {sender}\nTo: {mail.answer_to}\nSubject: Out of office\nMessage-ID: <away@z>\n"
        "Auto-Submitted: auto-replied\n\nI am out of the office and will be back on 7 December 2026.\n"
    ).encode()


def test_a_member_says_of_nobody_else_that_they_are_away(village: Village) -> None:
    with village.store.writing() as connection:
        import_contacts(connection, [("bea", BEA)], resolve=str, now=village.now)
    mail = welcome(village)
    jo(village, mail, ASKED)
    (passed,) = village.send()
    village.hear(away(passed, BEA), sender="")
    village.enroll("second@newcomer.example.net")
    assert village.desk().community.members["bea"].away is None


# --- who is told, and who is written to ---


def test_who_writes_to_a_member_who_left_is_told(village: Village) -> None:
    mail = welcome(village)
    rest = {slug: member for slug, member in village.community.members.items() if slug != "ana"}
    village.community = replace(village.community, members=rest)
    assert jo(village, mail, ASKED) == "returned"
    (told,) = village.send()
    assert "nobody at the other end" in told.text


def forged(village: Village, number: int, *, verdict: str, sender: str = JO, envelope: str = JO) -> str:
    raw = (
        f"From: Jo <{sender}>\nTo: community+ana@community.example.org\nMessage-ID: <{number}@z>\n"
        f"Authentication-Results: {OUR_SERVER}; dmarc={verdict} header.from={sender.rpartition('@')[2]}\n\n{ASKED}\n"
    )
    return village.hear(raw.encode(), sender=envelope, authserv=OUR_SERVER).kind


def test_nobody_is_asked_about_a_first_note_that_our_server_found_forged(village: Village) -> None:
    assert forged(village, 1, verdict="fail") == "unknown"
    assert (village.rows(first_notes), village.send()) == ([], [])
    assert forged(village, 2, verdict="none") == "first note"


def test_an_envelope_alone_passes_for_nobody_at_an_address_that_everybody_knows(village: Village) -> None:
    welcome(village)
    assert forged(village, 1, verdict="none") == "first note"
    assert forged(village, 2, verdict="pass") == "note"
    assert sorted(str(mail.message["To"]) for mail in village.send()) == [f"Ana Souza <{ANA}>", JO]


def test_first_notes_come_to_an_end_whoever_they_claim_to_be_from(village: Village) -> None:
    assert forged(village, 1, verdict="none") == "first note"
    (row,) = village.rows(first_notes)
    same = {name: value for name, value in row.items() if name != "id"}
    more = [{**same, "address_hash": f"{number:064}"} for number in range(MOST_WAITING - 1)]
    with village.store.writing() as connection:
        connection.execute(sa.insert(first_notes), more)
    assert forged(village, 2, verdict="none", sender=STRANGER) == "unknown"
    assert len(village.rows(first_notes)) == MOST_WAITING


# --- what is learnt ---


def test_the_newcomers_data_say_nothing_of_the_members_server(village: Village) -> None:
    mail = welcome(village)
    jo(village, mail, ASKED)
    said = f"550 5.1.1 <a…@{ANA.rpartition('@')[2]}>: unknown here"
    with village.store.writing() as connection:
        connection.execute(sa.update(letters).values(state="failed", reason=said))
        connection.execute(sa.update(steps).where(steps.c.moment.like("(ask)%")).values(state="failed", reason=said))
        told = json.dumps(people.export(connection, village.store.key, JO))
    assert ANA.rpartition("@")[2] not in told


def test_a_newcomer_does_not_learn_who_reported_them(village: Village) -> None:
    mail = welcome(village)
    jo(village, mail, ASKED)
    (passed,) = village.send()
    press = f"From: Ana <{ANA}>\nTo: {passed.link('report')}\nMessage-ID: <report@z>\n\n"
    assert village.hear(press.encode(), sender=ANA).kind == "choice"
    with village.store.reading() as connection:
        told = people.export(connection, village.store.key, JO)
    (conversation,) = told["conversations"]
    assert conversation["closed_at"] is not None
    assert (conversation["closed_by"], conversation["reported_by"], conversation["reported_at"]) == ("", "", None)
    assert told["letters"] == []  # what went to Ana is hers


def test_from_does_not_hide_which_address_is_the_writers(village: Village) -> None:
    mail = welcome(village)
    said = "My pages are on www.newcomer.example.net, Ana, where I am johanna.lindqvist."
    assert village.answer(mail, "Jo <other.jo@third.example.org>", said, envelope=JO).kind == "note"
    (passed,) = village.send()
    assert "My pages are on" in passed.text
    assert "newcomer.example" not in passed.text
    assert "lindqvist" not in passed.text


def test_a_bounce_counts_for_a_member_whose_file_was_renamed(village: Village) -> None:
    mail = welcome(village)
    jo(village, mail, ASKED)
    village.send()
    renamed = replace(village.community.members["ana"], slug="ana-souza", was=("ana",))
    rest = {slug: member for slug, member in village.community.members.items() if slug != "ana"}
    village.community = replace(village.community, members={**rest, "ana-souza": renamed})
    with village.store.writing() as connection:
        import_contacts(connection, [("ana-souza", ANA)], resolve=village.community.resolve_member, now=village.now)
    (number,) = [row["id"] for row in village.rows(letters)]
    to = tagged_address(MAILBOX, make_token("letter", number, village.store.key))
    village.hear(report(to=to, recipient=ANA), sender="")
    assert [row["bounced_at"] is not None for row in village.rows(contacts)] == [True]


def test_a_name_is_one_line_in_a_note(village: Village) -> None:
    village.enroll(name="Jo\n\nYour account is locked: https://evil.example/\u202e")
    (mail,) = village.send()
    jo(village, mail, ASKED)
    (passed,) = village.send()
    assert "\nYour account" not in passed.text
    assert "\u202e" not in passed.text


def test_a_language_nobody_speaks(village: Village) -> None:
    raw = (
        f"From: Eve <{STRANGER}>\nTo: community+ana@community.example.org\nMessage-ID: <1@z>\n"
        f"Content-Language: ../../{{x}}%00-\u202ezz_!!\n\n{ASKED}\n"
    )
    assert village.hear(raw.encode(), sender=STRANGER).kind == "first note"
    (confirm,) = village.send()
    press = f"From: {STRANGER}\nTo: {confirm.link('first')}\nMessage-ID: <2@c>\n\n"
    assert village.hear(press.encode(), sender=STRANGER).kind == "choice"
    mails = village.send()
    assert len(mails) == 2
    assert village.report.count("failed") == 0


def test_a_mail_to_two_people_and_the_team_is_two_notes(village: Village) -> None:
    with village.store.writing() as connection:
        import_contacts(connection, [("bea", BEA)], resolve=str, now=village.now)
    mail = welcome(village)
    raw = reply(mail, f"Jo <{JO}>", ASKED, Cc="community+bea@community.example.org, community@community.example.org")
    recipients = (mail.answer_to, "community+bea@community.example.org", MAILBOX)
    heard = [village.hear(raw, sender=JO, recipient=each) for each in recipients]
    assert [(each.kind, each.again) for each in heard] == [("note", False), ("note", False), ("note", True)]
    assert len(village.send()) == 2
