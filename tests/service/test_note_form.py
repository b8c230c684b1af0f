"""A note by form: what a person sees, what waits in the store, and what a stranger cannot do with it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from altcha import Challenge, solve_challenge

from alongside.delivery import suppression
from alongside.delivery.contacts import import_contacts
from alongside.delivery.notes.letters import Letter, claim_letter
from alongside.delivery.notes.writing import Office, write
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.schema import first_notes, letters, newcomers, notes
from alongside.delivery.sealing import unseal
from alongside.delivery.store import Store
from alongside.model.people import Away
from alongside.service.home import Home
from alongside.settings import ServiceSettings
from service.conftest import NOW, Answer, Running, make_home, running

EMBEDDING = "https://app.example.com"  # the origin of a product
SAM = {
    "address": "sam@example.com",
    "name": "Sam Okafor",
    "language": "de",
    "message": "Hello Ana,\r\nhow did you begin?",
}


@dataclass(kw_only=True)
class Clock:
    """A time that passes when told to."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **spans: float) -> None:
        self.now += timedelta(**spans)


def home_with_notes(*, altcha: bool = False) -> Home:
    home = make_home()
    settings = replace(
        home.settings,
        mail=replace(home.settings.mail, notes="notes@example.org", sender="team@example.org"),
        service=ServiceSettings(origins=frozenset({EMBEDDING}), altcha=altcha),
    )
    return Home(settings=settings, community=home.community)


@dataclass(kw_only=True)
class Form:
    """The form of a service whose clock stands in our hands."""

    service: Running
    clock: Clock

    def open(self, slug: str = "ana", **headers: str) -> Answer:
        return self.service.ask("GET", f"/note/{slug}", headers=headers)

    def stamp(self, *, waits: float = 20) -> str:
        found = re.search(r'name="stamp" value="([^"]+)"', self.open().body)
        assert found is not None
        self.clock.pass_by(seconds=waits)
        return found[1]

    def send(
        self, path: str = "/note/ana", *, waits: float = 20, changes: Mapping[str, str] = MappingProxyType({}),
        **more: str,
    ) -> Answer:  # fmt: skip
        fields = {**SAM, "stamp": "", "subject": "", **changes, **more}
        fields["stamp"] = fields["stamp"] or self.stamp(waits=waits)
        return self.service.post(path, urlencode(fields).encode())

    def send_json(self, fields: object, *, origin: str = EMBEDDING) -> Answer:
        headers = {"Content-Type": "application/json", "Origin": origin}
        return self.service.ask("POST", "/note/ana?lang=en", json.dumps(fields).encode(), headers)

    @property
    def waiting(self) -> list[tuple[str, str, str, str]]:
        """Address, name, language and text of each first note."""
        key = self.service.store.key
        with self.service.store.reading() as connection:
            return [
                (
                    unseal(row.sealed_address, key),
                    unseal(row.sealed_name, key) if row.sealed_name else "",
                    row.language,
                    unseal(row.sealed, key),
                )
                for row in connection.execute(sa.select(first_notes).order_by(first_notes.c.id))
            ]

    def letter(self) -> tuple[str, str]:
        """The next letter that is due: to whom, and its content."""
        with self.service.store.writing() as connection:
            found = claim_letter(connection, token="t", now=self.clock(), wall=self.clock())
            assert isinstance(found, Letter)
            home, key = self.service.home, self.service.store.key
            office = Office(community=home.community, settings=home.settings, key=key, relay_keys=RelayKeys(key=key))
            envelope = write(connection, office, found)
            connection.execute(sa.delete(letters).where(letters.c.id == found.id))
        return envelope.recipient, re.sub(r"=\r\n", "", envelope.content.decode())


@pytest.fixture
def form(store: Store) -> Iterator[Form]:
    yield from _form(store, home_with_notes())


@pytest.fixture
def working_form(store: Store) -> Iterator[Form]:
    """One whose settings ask browsers to work."""
    yield from _form(store, home_with_notes(altcha=True))


def _form(store: Store, home: Home) -> Iterator[Form]:
    clock = Clock()
    with store.writing() as connection:
        import_contacts(connection, [("ana", "ana@members.example.org")], resolve=str, now=NOW)
    with running(store, home, clock) as service:
        yield Form(service=service, clock=clock)


# --- a person ---


def test_a_note_by_form_is_passed_on_once_its_writer_confirms(form: Form) -> None:
    before = form.service.dump()
    page = form.open(**{"Accept-Language": "de"})
    assert page.status == 200
    assert form.service.dump() == before  # GET changes nothing
    assert 'lang="de"' in page.body
    assert "set-cookie" not in page.headers
    assert "script-src" not in page.headers["content-security-policy"]  # so: none, by default-src

    sent = form.send()

    assert sent.status == 200
    assert "sam@example.com" not in sent.body
    assert form.waiting == [("sam@example.com", "Sam Okafor", "de", "Hello Ana,\nhow did you begin?")]
    recipient, mail = form.letter()
    assert recipient == "sam@example.com"
    assert "how did you begin" not in mail
    assert "Okafor" not in mail
    link = re.search(r"https://example\.org(/first/f-[0-9a-f]+)", mail.replace("=3D", "="))
    assert link is not None
    assert "Ana" in form.service.ask("GET", link[1]).body
    assert form.service.post(link[1], b"sure=yes").status == 200
    recipient, mail = form.letter()
    assert recipient == "ana@members.example.org"
    assert "how did you begin?" in mail
    assert "Sam Okafor" in mail
    assert "sam@example.com" not in mail
    assert form.waiting == []
    with form.service.store.reading() as connection:
        assert connection.execute(sa.select(newcomers.c.name, newcomers.c.languages)).one() == ("Sam Okafor", ["de"])
        assert connection.scalar(sa.select(sa.func.count()).select_from(notes)) == 1


def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(form: Form) -> None:
    text = 'A "quoted" </textarea><script>alert(1)</script> & more'

    answer = form.send(address="sam", name="www.example.org", message=text)

    assert answer.status == 422
    assert answer.body.count(' aria-invalid="true"') == 2
    assert answer.body.count("autofocus") == 1
    assert 'aria-describedby="address-trouble address-hint" aria-invalid="true" autofocus' in answer.body
    assert "<script" not in answer.body
    assert "A &#34;quoted&#34; &lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in answer.body
    assert form.waiting == []


@pytest.mark.parametrize(
    ("fields", "trouble"),
    [
        ({"address": ""}, "e-mail address"),
        ({"address": "sam@example.com\r\nBcc: all@example.com"}, "e-mail address"),
        ({"address": "sam@example.com, all@example.com"}, "e-mail address"),
        ({"address": "notes+ana@example.org"}, "e-mail address"),  # ours: a mail from us to us
        ({"name": "sam@example.com"}, "write a name"),
        ({"name": "Win at spam.example.com"}, "write a name"),
        ({"name": "https://example.com"}, "write a name"),
        ({"name": "S" * 81}, "write a name"),
        ({"message": " \u200b\r\n"}, "a few words"),
        ({"message": "x" * 20_001}, "20,001 characters"),
        ({"message": "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"}, "encrypted"),
    ],
)
def test_what_cannot_be_passed_on(form: Form, fields: Mapping[str, str], trouble: str) -> None:
    answer = form.send("/note/ana?lang=en", changes=fields)
    assert answer.status == 422
    assert trouble in answer.body
    assert form.waiting == []


def test_words_arrive_as_plain_text_without_addresses_and_tricks(form: Form) -> None:
    form.send(
        name="Sam\r\nBcc: all\u202e Okafor",
        message="<b>Hi</b> see https://docs.example.net/x\x00\u202e and write to sam@example.com or sam [at] example.com",
        language="tlh",
    )
    assert form.waiting == [
        (
            "sam@example.com",
            "Sam Bcc: all Okafor",
            "en",
            "<b>Hi</b> see https://docs.example.net/x and write to […] or […]",
        )
    ]
    assert form.letter()[0] == "sam@example.com"


def test_the_answer_never_tells_who_is_known(form: Form) -> None:
    """A stranger, a newcomer, somebody who wants no mail, and one who has three notes waiting are told the same."""
    form.service.enroll(email="joana@example.net")
    with form.service.store.writing() as connection:
        suppression.stop(
            connection, form.service.store.key, "gone@example.net", journey="", reason="asked by mail", now=NOW
        )
    told = set()
    for address in ("sam@example.com", "joana@example.net", "gone@example.net"):
        told.add(form.send(address=address).body)
    form.clock.pass_by(hours=2)
    for _ in range(4):
        told.add(form.send().body)
    assert len(told) == 1
    assert [address for address, *_ in form.waiting] == [
        "sam@example.com",
        "joana@example.net",
        *["sam@example.com"] * 2,
    ]


def test_who_is_away_can_be_written_to_and_the_page_says_so(store: Store) -> None:
    home = home_with_notes()
    away = Away(first=date(2026, 11, 20), last=date(2026, 12, 4))
    home.community.members["ana"] = replace(home.community.members["ana"], away=away)  # type: ignore[index]
    for form in _form(store, home):
        assert "Ana is away until 4 December 2026" in form.open("ana?lang=en").body


def test_who_cannot_be_written_to_is_nobody(form: Form) -> None:
    """No consent, no contact, no such slug: the same page, so it tells nothing of anybody."""
    unknown = form.open("nobody")
    with form.service.store.writing() as connection:
        connection.execute(sa.text("UPDATE contacts SET bounced_at = imported_at"))
    assert (unknown.status, unknown.body) == (404, form.open().body)
    assert "Ana" not in unknown.body
    assert form.send(stamp="none").status == 404


def test_every_language_has_its_form(form: Form) -> None:
    for language in ("ar", "de", "en", "es", "fr", "ja", "pt", "uk"):
        page = form.open(f"ana?lang={language}")
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page.body
        assert f'<option value="{language}" lang="{language}" selected>' in page.body
        assert "{" not in page.body.partition("</style>")[2]


# --- machines and strangers ---


def test_what_programs_fill_in_is_taken_for_sent(form: Form) -> None:
    assert form.send(subject="Cheap watches").body == form.send().body
    assert len(form.waiting) == 1


def test_a_stamp_is_for_a_person_a_member_and_a_day(form: Form) -> None:
    quick = form.stamp(waits=1)
    early = form.send("/note/ana?lang=en", stamp=quick)
    assert early.status == 422
    assert "very quick" in early.body
    assert f'value="{quick}"' in early.body  # the same again: time goes on
    assert "how did you begin?</textarea>" in early.body
    made, nonce, mac = quick.split(".")
    for forged in (f"{int(made, 16) - 60_000:x}.{nonce}.{mac}", f"{made}.{nonce}.{'0' * 32}", "x", "", quick.upper()):
        form.clock.pass_by(seconds=5)
        answer = form.service.post("/note/ana?lang=en", urlencode({**SAM, "stamp": forged}).encode())
        assert answer.status == 422
        assert "open for a long time" in answer.body
    assert form.waiting == []
    assert form.send(stamp=quick).status == 200
    assert form.send(stamp=quick, message="Again").status == 200  # pressed twice
    assert len(form.waiting) == 1
    old = form.stamp(waits=86_401)
    assert form.send(stamp=old).status == 422
    assert len(form.waiting) == 1


def test_a_client_may_write_so_often(form: Form) -> None:
    for number in range(5):
        assert form.send(address=f"sam{number}@example.com").status == 200
    refused = form.send("/note/ana?lang=en", address="sam5@example.com")
    assert refused.status == 429
    assert refused.headers["retry-after"] == "3600"
    assert "how did you begin?</textarea>" in refused.body
    stamp = form.stamp()
    statuses = [form.send(stamp=stamp, address=f"other{number}@example.com").status for number in range(100)]
    assert set(statuses) == {429}
    assert len(form.waiting) == 5
    form.clock.pass_by(hours=1)
    assert form.send(address="sam6@example.com").status == 200


def test_bodies_that_are_no_form(form: Form) -> None:
    wrong: tuple[object, ...] = ([], None, "text", {"address": 1}, {"message": ["x"]}, {"message": {"x": "y"}})
    for fields in wrong:
        answer = form.send_json(fields)
        assert (answer.status, answer.body) == (400, '{"ok":false}'), fields
    large = {**SAM, "message": "x" * 263_000}
    assert form.send_json(large).status == 413
    assert form.service.post("/note/ana", urlencode(large).encode()).status == 413
    deep = b"[" * 100_000
    headers = {"Content-Type": "application/json"}
    assert form.service.ask("POST", "/note/ana", deep, headers).status == 400
    assert form.service.ask("POST", "/note/ana", b"x", {"Content-Type": "text/xml"}).status == 415
    assert form.send_json({**SAM, "message": "\ud800", "address": "\ud800@example.com", "name": "\udc00"}).status == 422
    assert form.waiting == []
    assert form.service.lines == []


# --- from an embed ---


def test_an_embed_of_the_settings_origins_may_send(form: Form) -> None:
    asked = form.open("ana?lang=en", Accept="application/json", Origin=EMBEDDING)
    assert asked.headers["access-control-allow-origin"] == EMBEDDING
    assert "access-control-allow-credentials" not in asked.headers
    told = json.loads(asked.body)
    assert told["fields"]["address"]["label"] == "Your e-mail address"
    assert told["altcha"] is False
    early = form.send_json({**SAM, "stamp": told["stamp"]})
    assert (early.status, json.loads(early.body)["stamp"]) == (422, told["stamp"])
    form.clock.pass_by(seconds=5)
    wrong = json.loads(form.send_json({**SAM, "address": "sam", "stamp": told["stamp"]}).body)
    assert wrong["fields"]["address"]["error"].startswith("Please write an e-mail address")

    sent = form.send_json({**SAM, "stamp": told["stamp"], "subject": ""})

    assert sent.status == 200
    assert json.loads(sent.body)["ok"] is True
    assert len(form.waiting) == 1


def test_a_strangers_page_may_neither_ask_nor_send(form: Form) -> None:
    stranger = "https://stranger.example"
    for answer in (
        form.open(Accept="application/json", Origin=stranger),
        form.send_json(SAM, origin=stranger),
        form.send_json(SAM, origin="null"),
        form.service.ask("OPTIONS", "/note/ana", headers={"Origin": stranger}),
    ):
        assert "access-control-allow-origin" not in answer.headers
        assert answer.status in (204, 403)
    preflight = form.service.ask("OPTIONS", "/note/ana", headers={"Origin": EMBEDDING})
    assert "Content-Type" in preflight.headers["access-control-allow-headers"]
    assert form.waiting == []


# --- work (ALTCHA) ---


def solved(challenge: Mapping[str, object]) -> dict[str, object]:
    found = solve_challenge(Challenge.from_dict(dict(challenge)), counter_start=95)
    assert found is not None
    return {"challenge": challenge, "solution": {"counter": found.counter, "derivedKey": found.derived_key}}


def packed(payload: object) -> str:
    return base64.b64encode(json.dumps(payload).encode()).decode()


def test_an_embed_works_a_moment_where_the_settings_ask(working_form: Form) -> None:
    form = working_form
    told = json.loads(form.open(Accept="application/json", Origin=EMBEDDING).body)
    assert told["altcha"] is True
    challenge = json.loads(form.service.ask("GET", "/altcha", headers={"Origin": EMBEDDING}).body)
    other = json.loads(form.service.ask("GET", "/altcha").body)
    good = solved(challenge)
    form.clock.pass_by(seconds=5)
    sam = {**SAM, "stamp": told["stamp"]}
    easy = {**challenge, "parameters": {**challenge["parameters"], "keyPrefix": "", "cost": 1}}
    for forged in (
        "", "x", packed([]), packed({}), packed({"challenge": challenge, "solution": {}}),
        packed({**good, "challenge": other}),
        packed({**good, "challenge": easy}),
        packed({**good, "challenge": {**challenge, "signature": None}}),
        packed({**good, "solution": {"counter": 1, "derivedKey": "00" * 32}}),
        packed(good)[:-4] + "=" * 5_000,
    ):  # fmt: skip
        assert form.send_json({**sam, "altcha": forged}).status == 422, forged
    assert form.waiting == []
    assert form.send_json({**sam, "altcha": packed(good)}).status == 200
    fresh = json.loads(form.open(Accept="application/json").body)["stamp"]
    form.clock.pass_by(seconds=5)
    assert form.send_json({**sam, "stamp": fresh, "altcha": packed(good)}).status == 422  # used
    late = packed(solved(other))
    form.clock.pass_by(minutes=11)
    assert form.send_json({**sam, "stamp": fresh, "altcha": late}).status == 422
    assert len(form.waiting) == 1


def test_without_a_script_one_waits_longer_instead(working_form: Form) -> None:
    assert working_form.send(waits=10).status == 422
    assert working_form.send(waits=16).status == 200


def test_no_work_is_given_out_where_none_is_asked(form: Form) -> None:
    assert form.service.ask("GET", "/altcha").status == 404
