"""The member's own page: what it shows, what each form does to the store, and what a forged one does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from alongside.delivery.contacts import import_contacts
from alongside.delivery.members import own_word, page_link
from alongside.delivery.notes.conversations import open_conversation, pair_of
from alongside.delivery.notes.relaying import Note, pass_on
from alongside.delivery.page_links import PageLink, make_page_token
from alongside.delivery.relay_addresses import RelayKeys, change_key
from alongside.delivery.schema import Side, absences, assignments, conversations, letters, members
from alongside.delivery.store import Store
from alongside.model.people import Consent
from delivery.conftest import make_member
from service.conftest import NOW, URLENCODED, Answer, Running, dump, make_home, running

ADDRESS = "ana.souza.real@members.example.org"


@dataclass(kw_only=True)
class Place:
    """Ana's page in a running service, in a community with Bea."""

    service: Running
    path: str

    def get(self, query: str = "") -> Answer:
        return self.service.ask("GET", self.path + query)

    def post(self, **fields: str) -> Answer:
        return self.service.post(self.path, urlencode(fields).encode())

    def link(self, **fields: object) -> str:
        """The path of a link to Ana's page."""
        values: dict[str, object] = {"whose": "member", "number": 1, "good_until": NOW.date(), **fields}
        return f"/member/{make_page_token(PageLink(**values), RelayKeys(key=self.service.store.key))}"  # type: ignore[arg-type]

    def row(self) -> dict[str, object]:
        """What the store holds of what Ana said."""
        with self.service.store.reading() as connection:
            return dict(connection.execute(sa.select(members).where(members.c.member == "ana")).mappings().one())

    def absence(self) -> list[tuple[datetime | None, datetime]]:
        with self.service.store.reading() as connection:
            return [(row.since, row.until) for row in connection.execute(sa.select(absences))]

    def letters(self) -> list[tuple[str, str]]:
        with self.service.store.reading() as connection:
            rows = connection.execute(sa.select(letters.c.kind, letters.c.addressee).order_by(letters.c.id))
            return [(row.kind, row.addressee) for row in rows if row.kind not in ("note", "alert")]

    def talk(self, member: str = "ana", name: str = "Joana Prado", email: str = "joana@example.net") -> int:
        """A newcomer and a member who wrote to each other; the conversation's number."""
        self.service.enroll(email=email, name=name)
        with self.service.store.writing() as connection:
            newcomer = connection.scalar(sa.text("SELECT max(id) FROM newcomers")) or 0
            sides: tuple[Side, ...] = ("newcomer", "member")
            for side in sides:
                pair = pair_of(connection, side, newcomer, email, member, resolve=str)
                pass_on(connection, self.service.store.key, pair, Note(text=f"Words of the {side} {email}."), now=NOW)
            return open_conversation(
                connection, pair_of(connection, "member", newcomer, email, member, resolve=str), now=NOW
            )

    def closed(self) -> list[tuple[str, str]]:
        with self.service.store.reading() as connection:
            rows = connection.execute(sa.select(conversations).order_by(conversations.c.id))
            return [(row.closed_by, row.reported_by) for row in rows]


@pytest.fixture
def place(store: Store) -> Iterator[Place]:
    home = make_home("alongside/")
    people = {
        "ana": make_member("ana", name="Ana <i>Souza</i>", timezone="America/Recife", was=("ana-old",)),
        "bea": make_member("bea"),
    }
    home = replace(home, community=replace(home.community, members=people))
    with running(store, home) as service:
        with store.writing() as connection:
            import_contacts(connection, [("ana", ADDRESS)], resolve=str, now=NOW)
            word = own_word(connection, "ana", resolve=str)
        link = page_link(home.settings, RelayKeys(key=store.key), word, NOW.date())
        assert link.startswith("https://example.org/alongside/member/y-")
        yield Place(service=service, path=link.removeprefix("https://example.org"))


def test_it_shows_what_is_known_and_changes_nothing(place: Place) -> None:
    place.talk(name="<script>alert(1)</script>")
    place.talk(member="bea", name="Not Ana's", email="other@example.net")
    with place.service.store.writing() as connection:
        days = [{"member": slug, "assigned_at": NOW - timedelta(days=n)} for slug, n in (("ana", 1), ("ana-old", 40))]
        connection.execute(sa.insert(assignments), days)
    before = dump(place.service.store)
    page = place.get()
    assert page.status == 200
    assert "Hello Ana &lt;i&gt;Souza&lt;/i&gt;" in page.body
    assert '<th scope="row">Newcomers who met you</th><td>1</td><td>2</td>' in page.body
    assert "&lt;script&gt;alert(1)" in page.body
    assert "<script" not in page.body
    assert "Notes: 1 from you, 1 to you" in page.body
    assert "You have not confirmed it yet." in page.body
    assert "Your file says: 5 a week." in page.body
    assert ADDRESS not in page.body
    assert "a…@members.example.org" in page.body
    assert "Not Ana" not in page.body
    assert "@example.net" not in page.body
    for query in ("?ask=withdraw", "?ask=end&talk=1", "?ask=report&talk=1", "?ask=what", "?saved=limit&do=withdraw"):
        assert place.get(query).status == 200
    assert place.service.ask("HEAD", place.path).status == 200
    assert dump(place.service.store) == before
    assert place.get("?ask=end&talk=2").status == 404  # Bea's
    for number in ("", "x", "-1", "9" * 10):
        assert place.get(f"?ask=end&talk={number}").status == 400


def test_consent_is_confirmed_and_withdrawn(place: Place) -> None:
    answer = place.post(do="confirm")
    assert (answer.status, answer.headers["location"]) == (303, "?saved=consent#consent")
    assert (place.row()["consent"], place.row()["consent_at"]) == ("confirmed", NOW)
    page = place.get("?saved=consent")
    assert "You confirmed it on 23 November 2026." in page.body
    assert "Saved. It counts" in page.body
    assert "I confirm this" not in page.body
    assert "no mail goes out in your name" in place.get("?ask=withdraw").body
    assert place.post(do="withdraw").status == 400  # nobody asked whether they are sure
    assert place.row()["consent"] == "confirmed"
    assert place.post(do="withdraw", sure="yes").status == 303
    assert place.row()["consent"] == "withdrawn"
    page = place.get()
    assert "You withdrew it on 23 November 2026." in page.body
    assert "?ask=withdraw" not in page.body
    assert place.post(do="confirm").status == 303  # they may think better of it
    assert place.row()["consent"] == "confirmed"


def test_there_is_nothing_to_confirm_without_a_consent(place: Place) -> None:
    people = place.service.home.community.members
    assert isinstance(people, dict)
    over = replace(people["ana"], consent=Consent(since=date(2026, 1, 1), until=date(2026, 11, 22)))
    for ana in (replace(people["ana"], consent=None), over):
        people["ana"] = ana
        assert place.post(do="confirm").status == 400
        assert "I confirm this" not in place.get().body
    assert "It ended on 22 November 2026." in place.get().body


def test_the_weekly_limit(place: Place) -> None:
    for wrong in ("", "-1", "51", "1000000000", "2.5", "٣", "two", "1e1"):
        answer = place.post(do="limit", welcomes=wrong)
        assert (answer.status, 'aria-invalid="true"' in answer.body) == (422, True), wrong
        assert "Please give a whole number from 0 to 50." in answer.body
    assert '"><script>' not in place.post(do="limit", welcomes='"><script>').body
    assert place.row()["welcomes"] is None
    assert place.post(do="limit", welcomes="0").status == 303
    assert place.row()["welcomes"] == 0
    assert "You said: 0 a week. Your file says: 5." in place.get().body
    assert place.post(do="no-limit").status == 303
    assert place.row()["welcomes"] is None
    assert "Your file says: 5 a week." in place.get().body


def test_days_off(place: Place) -> None:
    for since, until in (
        ("", ""),
        ("2026-12-01", ""),
        ("2026-11-22", "2026-12-01"),  # yesterday
        ("2026-12-05", "2026-12-01"),
        ("2026-12-05", "2026-12-05"),
        ("2026-12-01", "2026-02-30"),
        ("2026-12-01", "2027-11-24"),  # in more than a year
        ("2026-12-01", "2026-12-1"),
        ("٢٠٢٦-12-01", "2026-12-09"),
        ("0000-00-00", "9999-99-99"),
    ):
        answer = place.post(do="away", since=since, until=until)
        assert answer.status == 422, (since, until)
        assert "both until 23 November 2027." in answer.body
    assert place.absence() == []
    assert place.post(do="away", since="2026-12-20", until="2027-01-06").status == 303
    midnight = timedelta(hours=3)  # in Recife, as UTC has it
    assert place.absence() == [
        (datetime(2026, 12, 20, tzinfo=UTC) + midnight, datetime(2027, 1, 6, tzinfo=UTC) + midnight)
    ]
    assert "You are away from 20 December 2026, and back on 6 January 2027." in place.get().body
    assert place.post(do="away", since="2026-11-23", until="2026-11-30").status == 303
    assert place.absence() == [(None, datetime(2026, 11, 30, tzinfo=UTC) + midnight)]
    assert "You are away, and back on 30 November 2026." in place.get().body
    assert place.post(do="here").status == 303
    assert place.absence() == []


def test_a_conversation_is_ended_or_reported(place: Place) -> None:
    mine, other = place.talk(), place.talk(member="bea", email="other@example.net")
    for fields in (
        {"talk": str(other), "sure": "yes"},
        {"talk": str(mine)},
        {"talk": "999", "sure": "yes"},
        {"talk": "1 OR 1=1", "sure": "yes"},
        {"sure": "yes"},
    ):
        for deed in ("end", "report"):
            assert place.post(do=deed, **fields).status == 400
    assert place.closed() == [("", ""), ("", "")]
    assert place.post(do="end", talk=str(mine), sure="yes").status == 303
    assert place.closed() == [("member", ""), ("", "")]
    assert "has ended" in place.get().body
    assert place.post(do="report", talk=str(mine), sure="yes").status == 303
    assert place.closed() == [("member", "member"), ("", "")]
    assert "you asked the team to look at it" in place.get().body


def test_who_ended_or_reported_one_is_not_told(place: Place) -> None:
    talk = place.talk()
    with place.service.store.writing() as connection:
        values = {"closed_at": NOW, "closed_by": "newcomer", "reported_at": NOW, "reported_by": "newcomer"}
        connection.execute(sa.update(conversations).values(**values))
    assert "· has ended\n" in place.get().body.replace("</p>", "\n")
    held = json.loads(place.get("/data.json").body)
    assert (held["conversations"][0]["ended_by_you"], held["conversations"][0]["reported_by_you"]) == (False, False)
    assert talk == 1


def test_all_that_is_stored_as_a_file(place: Place) -> None:
    place.talk(name="joana@example.net")
    place.talk(member="bea", name="Bea's", email="other@example.net")
    with place.service.store.writing() as connection:
        connection.execute(sa.text("UPDATE notes SET state = 'held', reason = 'stranger' WHERE id = 1"))
        connection.execute(sa.insert(assignments), {"member": "ana", "assigned_at": NOW})
    place.post(do="away", since="2026-12-20", until="2027-01-06")
    answer = place.get("/data.json")
    assert answer.headers["content-type"] == "application/json"
    held = json.loads(answer.body)
    assert held["contacts"][0]["address"] == ADDRESS
    assert held["newcomers_taken_on"] == ["2026-11-23T09:00:00Z"]
    assert held["absences"][0]["until"] == "2027-01-06T03:00:00Z"
    (talk,) = held["conversations"]
    assert talk["with"] == ""  # they show no name but an address
    # the newcomer's held note never reached her
    assert [(note["from"], note["text"]) for note in talk["notes"]] == [
        ("you", "Words of the member joana@example.net.")
    ]
    assert "other@example.net" not in answer.body
    assert "Bea" not in answer.body
    assert place.service.post(f"{place.path}/data.json", b"").status == 405


def test_a_link_that_is_too_old_or_void_only_asks_for_another(place: Place) -> None:
    good = place.path
    with place.service.store.writing() as connection:
        for _ in range(2):
            change_key(connection)
    for path in (good, place.link(good_until=NOW.date() - timedelta(days=1)), place.link(generation=1)):
        place.path = path
        page = place.get()
        assert page.status == 200
        assert "This link is no longer good" in page.body
        assert "Ana" not in page.body
        assert place.get("/data.json").status == 404
        before = dump(place.service.store)
        assert place.post(do="withdraw", sure="yes").status == 403
        assert place.post(do="limit", welcomes="0").status == 403
        assert dump(place.service.store) == before
    for _ in range(3):
        assert "Please look into your mailbox" in place.post(do="send").body
    assert place.letters() == [("member page", "ana")]  # one a day
    with place.service.store.writing() as connection:
        connection.execute(sa.text("DELETE FROM contacts"))
        connection.execute(sa.text("DELETE FROM letters"))
    assert "Please look into your mailbox" in place.post(do="send").body  # and is not told that there is no address
    assert place.letters() == []


def test_old_links_are_made_void(place: Place) -> None:
    assert "Your old links are void" in place.post(do="renew").body
    assert place.letters() == [("member page", "ana")]
    assert "This link is no longer good" in place.get().body
    assert place.post(do="renew").status == 403
    place.path = place.link(generation=1)
    assert "Hello Ana" in place.get().body
    with place.service.store.writing() as connection:
        connection.execute(sa.text("DELETE FROM contacts"))
    assert place.post(do="renew").status == 303  # who could not get another keeps this one
    assert place.row()["generation"] == 1


def test_the_monthly_word(place: Place) -> None:
    for deed, wanted in (("no-monthly", False), ("monthly", True)):
        assert place.post(do=deed).status == 303
        assert place.row()["monthly"] is wanted


def test_forged_links_and_forms(place: Place) -> None:
    token = place.path.rpartition("/")[2]
    of_newcomer = make_page_token(
        PageLink(whose="newcomer", number=1, good_until=NOW.date()), RelayKeys(key=place.service.store.key)
    )
    before = dump(place.service.store)
    for bad in (token[:-1], token[:-1] + "f", "y-" + "0" * 46, of_newcomer, of_newcomer.replace("m-", "y-"), "x"):
        assert place.service.ask("GET", f"/member/{bad}").status == 404
        assert place.service.post(f"/member/{bad}", b"do=withdraw&sure=yes").status == 404
        assert place.service.ask("GET", f"/member/{bad}/data.json").status == 404
    assert place.service.ask("GET", place.link(number=99)).status == 404
    assert place.post(do="nothing").status == 400
    assert place.service.post(place.path, b"").status == 400
    assert place.service.post(place.path, b"do=limit&welcomes=" + b"1" * 5000).status == 413
    assert place.service.post(place.path, b"&".join(b"a=%d" % n for n in range(40))).status == 400
    assert place.service.ask("POST", place.path, b"{}", {"Content-Type": "application/json"}).status == 415
    assert place.service.ask("PUT", place.path).status == 405
    assert dump(place.service.store) == before
    page = place.get()
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "set-cookie" not in page.headers
    assert URLENCODED not in page.body
    assert all(token not in line for line in place.service.lines)


def test_a_member_whose_file_is_gone(place: Place) -> None:
    people = place.service.home.community.members
    assert isinstance(people, dict)
    del people["ana"]
    assert "Your file is not there any more" in place.get().body
    assert "Your file is not there any more" in place.post(do="confirm").body
    assert place.row()["consent"] == ""
    assert place.get("/data.json").status == 404
