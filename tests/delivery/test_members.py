"""What members said of themselves, from the store to the mail: withdrawn consent, limits, days off, links and letters."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from alongside.delivery import members as own
from alongside.delivery import suppression
from alongside.delivery.availability import read_full_until, read_own_words
from alongside.delivery.contacts import import_contacts
from alongside.delivery.helped import is_new_month, write_monthly
from alongside.delivery.members import Absence, Choices, own_word, read_choices, with_choices
from alongside.delivery.notes.choices import choose, letter_came_back, look_up
from alongside.delivery.notes.letters import claim_letter, write_letter
from alongside.delivery.notes.writing import office_of, write
from alongside.delivery.page_links import read_page_token
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.schema import assignments, contacts, letters, members
from alongside.delivery.store import Store
from alongside.model.people import Away
from delivery.conftest import make_community, make_member
from delivery.notes.village import ANA, JO, NOW, Village, village_community

DAY = timedelta(days=1)


def village(store: Store, root: Path) -> Village:
    """Ana and Bea, who both take newcomers on, with a service."""
    community = village_community()
    people = {**community.members, "bea": replace(community.members["bea"], welcomes=1)}
    place = Village(store, root, replace(community, members=people))
    place.settings = replace(place.settings, mail=replace(place.settings.mail, service="https://c.example.org/a/"))
    return place


def say(store: Store, slug: str, **values: object) -> None:
    """`slug` said that by their page."""
    with store.writing() as connection:
        number = own_word(connection, slug, resolve=str).number
        connection.execute(sa.update(members).where(members.c.id == number).values(**values))


# --- what counts ---


def test_what_members_said_counts_instead_of_their_files() -> None:
    community = make_community(
        make_member("ana", was=("ana-old",), welcomes=5),
        make_member("bea", away=Away(first=date(2026, 12, 1), last=date(2026, 12, 5))),
        make_member("cem"),
    )
    told = with_choices(
        community,
        Choices(
            absences={
                "ana-old": Absence(since=NOW + 9 * DAY, until=NOW + 12 * DAY),
                "bea": Absence(since=NOW + 13 * DAY, until=NOW + 15 * DAY),  # from 6 December: they meet
            },
            withdrawn={"ana-old": True, "ana": False, "gone": True},
            welcomes={"ana-old": 9, "ana": 0, "gone": 3},
        ),
        now=NOW,
    ).members
    ana = told["ana"]
    assert (ana.withdrawn, ana.welcomes, ana.filed_welcomes) == (False, 0, 5)  # what was said under today's slug
    assert ana.away == Away(first=date(2026, 12, 2), last=date(2026, 12, 5))
    assert [ana.is_away(date(2026, 12, day)) for day in (1, 2, 5, 6)] == [False, True, True, False]
    assert told["bea"].away == Away(first=date(2026, 12, 1), last=date(2026, 12, 8))
    assert told["cem"] is community.members["cem"]
    # what was published of it, or said before, is no word of today
    again = with_choices(replace(community, members=told), Choices(), now=NOW).members["ana"]
    assert (again.welcomes, again.filed_welcomes) == (5, None)


def test_of_two_absences_that_do_not_meet_the_first_counts() -> None:
    later = Away(first=date(2026, 12, 20), last=date(2026, 12, 24))
    community = make_community(make_member("ana", away=later))
    for absence, away in (
        (Absence(until=NOW + 2 * DAY), Away(first=NOW.date(), last=date(2026, 11, 25))),
        (Absence(since=NOW + 60 * DAY, until=NOW + 70 * DAY), later),
    ):
        assert with_choices(community, Choices(absences={"ana": absence}), now=NOW).members["ana"].away == away


def write_to_ana(place: Village, number: int) -> str:
    """A stranger's first note for Ana; what was heard of it."""
    raw = (
        f"From: Eve <eve{number}@else.example.com>\nTo: community+ana@community.example.org\nSubject: Hi\n"
        f"Message-ID: <{number}@else.example.com>\n\nMay I ask you, Ana? {number}\n"
    )
    return place.hear(raw.encode(), sender=f"eve{number}@else.example.com").kind


def test_a_withdrawal_takes_effect_on_the_next_claim(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    place.enroll()
    (welcome,) = place.send()
    assert "Ana Souza" in str(welcome.message["From"])
    place.answer(welcome, JO, "Hello Ana, how did you begin?")
    assert write_to_ana(place, 1) == "first note"
    say(store, "ana", consent="withdrawn", consent_at=NOW)
    # A consent that is authored later does not take it back.
    ana = place.community.members["ana"]
    assert ana.consent is not None
    newer = replace(ana, consent=replace(ana.consent, since=date(2026, 11, 23)))
    place.community = replace(place.community, members={**place.community.members, "ana": newer})
    sent = {mail.message["To"].addresses[0].addr_spec: mail for mail in place.send()}
    place.answer(sent[ANA], ANA, "With a very small talk.")  # a conversation that began goes on
    assert [mail.message["To"].addresses[0].addr_spec for mail in place.send()] == [JO]
    assert "talked" in place.events()
    # A first note that waited is not passed on any more, and another one is returned.
    month = place.community.journeys["month"]
    with store.writing() as connection:
        asked = look_up(connection, store.key, "first", 1, community=place.community, first_journey=month, now=NOW)
        assert asked is not None
        assert asked.state == "over"
        done = choose(connection, store.key, "first", 1, community=place.community, first_journey=month, now=NOW)
        assert done == "over"
    write_to_ana(place, 2)
    assert place.letters()[-1][0] == "returned"
    # Another newcomer meets Bea.
    place.enroll("second@newcomer.example.net")
    senders = " ".join(str(mail.message["From"]) for mail in place.send())
    assert ("Bea" in senders, "Ana" in senders) == (True, False)


def test_planned_mail_of_who_withdrew_comes_from_another(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    place.enroll()
    (welcome,) = place.send()
    say(store, "ana", consent="withdrawn", consent_at=NOW)
    mails = place.send(after=7 * DAY)
    assert [str(mail.message["From"]).partition(" ")[0].strip('"') for mail in mails] == ["Bea"]
    assert place.steps()["(ask) check-in"] == ("skipped", "nobody to ask")
    assert "Ana" in str(welcome.message["From"])


def test_days_off_by_the_page_and_a_limit_of_none(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    with store.writing() as connection:
        own.record_absence(connection, "ana", NOW + 9 * DAY, since=NOW + 2 * DAY, now=NOW)
    say(store, "bea", welcomes=0)
    place.enroll("one@newcomer.example.net")
    assert "Ana" in str(place.send()[0].message["From"])  # she has not left
    place.enroll("two@newcomer.example.net")
    assert "Ana" not in str(place.send(after=3 * DAY)[0].message["From"])  # and Bea wants nobody
    say(store, "bea", welcomes=3)
    place.enroll("three@newcomer.example.net")
    assert "Bea" in str(place.send()[0].message["From"])


def test_what_is_published(store: Store) -> None:
    community = make_community(
        make_member("ana", welcomes=1), make_member("bea", welcomes=5), make_member("cem", was=("cem-old",))
    )
    say(store, "ana", welcomes=3)
    say(store, "bea", welcomes=1)
    say(store, "cem-old", consent="withdrawn", consent_at=NOW)
    say(store, "gone", consent="withdrawn", consent_at=NOW)
    with store.writing() as connection:
        taken = [{"member": slug, "assigned_at": NOW} for slug in ("ana", "bea")]
        connection.execute(sa.insert(assignments), taken)
        own.record_absence(connection, "cem", NOW + 9 * DAY, since=NOW + 2 * DAY, now=NOW)
    with store.reading() as connection:
        assert set(read_full_until(connection, community, now=NOW)) == {"bea"}
        assert set(read_full_until(connection, community, now=NOW + 2 * DAY)) == {"bea", "cem"}
        assert read_own_words(connection, community, now=NOW) == ({"cem"}, {"ana": 3, "bea": 1})


# --- links and letters ---


def test_a_question_holds_the_link_to_the_page(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    place.enroll()
    place.send()
    (question,) = place.send(after=5 * DAY)
    link = re.search(r"https://c\.example\.org/a/member/(\S+)", question.text)
    assert link is not None
    page = read_page_token(link[1], RelayKeys(key=store.key))
    assert page is not None
    assert (page.whose, page.good_until) == ("member", (NOW + 65 * DAY).date())
    with store.reading() as connection:
        assert connection.scalar(sa.select(members.c.member).where(members.c.id == page.number)) == "ana"


def test_a_letter_with_the_link_is_the_same_when_it_is_written_again(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    with store.writing() as connection:
        for slug in ("ana", "bea", "gone"):
            write_letter(connection, "member page", addressee=slug, now=NOW)
    (mail,) = place.send()
    assert mail.message["To"].addresses[0].addr_spec == ANA
    assert "whoever has it can decide for you" in re.sub(r"\s+", " ", mail.text)
    with store.reading() as connection:
        rows = connection.execute(sa.select(letters.c.addressee, letters.c.state, letters.c.reason)).all()
    assert {row.addressee: (row.state, row.reason) for row in rows} == {
        "ana": ("sent", ""),
        "bea": ("skipped", "no address of the member"),
        "gone": ("skipped", "the member has left"),
    }
    with store.writing() as connection:
        connection.execute(sa.update(letters).where(letters.c.addressee == "ana").values(state="planned"))
        later = NOW + 3 * DAY
        again = claim_letter(connection, token="t", now=later, wall=later)
        assert again is not None
        assert write(connection, office_of(place.desk()), again).content == mail.raw


def test_a_letter_that_bounces_takes_the_address_out_of_use(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    with store.writing() as connection:
        write_letter(connection, "member page", addressee="ana", now=NOW)
        assert letter_came_back(connection, store.key, 1, hard=True, resolve=str, now=NOW) is None
        assert connection.scalar(sa.select(contacts.c.bounced_at)) == NOW
    assert place.send() == []


# --- the monthly word ---


def monthly(place: Village, now: datetime) -> int:
    with place.store.writing() as connection:
        return write_monthly(connection, place.community, now=now)


def test_the_monthly_word(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    assert monthly(place, NOW) == 0  # a store begins with the next month
    place.enroll()
    (welcome,) = place.send()
    place.answer(welcome, JO, "Hello Ana, how did you begin?")
    (note,) = place.send()
    place.answer(note, ANA, "With a very small talk.")
    place.send()
    december = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
    with store.reading() as connection:
        assert is_new_month(connection, now=december)
        assert not is_new_month(connection, now=NOW + DAY)
    assert monthly(place, december) == 1
    assert monthly(place, december + DAY) == 0
    place.now = december
    assert place.send() == []  # nobody is written to at midnight
    place.now = december + timedelta(hours=9)
    (word,) = [mail for mail in place.send() if "helped" in str(mail.message["Subject"])]
    text = re.sub(r"\s+", " ", word.text)
    assert word.message["To"].addresses[0].addr_spec == ANA
    assert "since 1 November 2026, with Test community: - 1 newcomer met you - 1 mail went out in your name" in text
    assert "- 1 newcomer answered - In 1 conversation you both wrote to each other" in text
    assert "https://c.example.org/a/member/" in text
    assert JO not in word.text
    # In January there is nothing to tell but what came since; who wants no word gets none.
    assert monthly(place, datetime(2027, 1, 1, tzinfo=UTC)) == 0
    with store.writing() as connection:
        connection.execute(sa.insert(assignments), {"member": "ana", "assigned_at": datetime(2027, 1, 5, tzinfo=UTC)})
    say(store, "ana", monthly=False)
    assert monthly(place, datetime(2027, 2, 1, tzinfo=UTC)) == 0
    say(store, "ana", monthly=True)
    assert monthly(place, datetime(2027, 3, 1, tzinfo=UTC)) == 1
    with store.reading() as connection:
        (detail,) = connection.scalars(sa.select(letters.c.detail).where(letters.c.state == "planned"))
    assert detail == "2026-12-01 1 0 0 0"


def test_two_processes_write_it_once(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    monthly(place, NOW)
    with store.writing() as connection:
        connection.execute(sa.insert(assignments), {"member": "ana", "assigned_at": NOW})
    december, written = datetime(2026, 12, 1, tzinfo=UTC), list[int]()
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        written.append(monthly(place, december))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [0, 0, 0, 1]


def test_who_withdrew_or_has_no_address_gets_no_word(store: Store, tmp_path: Path) -> None:
    community = make_community(*(make_member(slug) for slug in ("ana", "bea", "cem")))
    place = Village(store, tmp_path, community)
    monthly(place, NOW)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    say(store, "bea", consent="withdrawn", consent_at=NOW)
    with store.writing() as connection:
        import_contacts(connection, [("bea", "bea@members.example.com")], resolve=str, now=NOW)
        connection.execute(sa.insert(assignments), [{"member": slug, "assigned_at": NOW} for slug in community.members])
    assert monthly(place, december) == 1
    place.now = december + timedelta(hours=9)
    (word,) = place.send()
    assert word.message["To"].addresses[0].addr_spec == ANA
    assert "Write to" in word.text  # no service runs, so there is no page
    with store.reading() as connection:
        told = {row.member: row.told_at for row in connection.execute(sa.select(members))}
        assert read_choices(connection, now=december).withdrawn == {"bea": True}
    assert told == {"ana": december, "bea": None}


def test_who_wants_no_mail_gets_no_such_word(store: Store, tmp_path: Path) -> None:
    place = village(store, tmp_path)
    with store.writing() as connection:
        suppression.stop(connection, store.key, ANA, journey="", reason="asked by mail", now=NOW)
        write_letter(connection, "monthly", addressee="ana", detail="2026-11-01 1 1 0 0", now=NOW)
        write_letter(connection, "member page", addressee="ana", now=NOW)
    assert place.send() == []
    assert place.letters() == [("monthly", "", "skipped"), ("member page", "", "skipped")]
