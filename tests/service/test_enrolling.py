"""Newcomers in from the host product, and what became of them, as its programs and pages send them."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from alongside.delivery import suppression
from alongside.delivery.arms import choose_arm
from alongside.delivery.browser_tokens import BrowserToken, make_browser_token
from alongside.delivery.requests import forget_answers
from alongside.delivery.schema import CONFIRMATION, enrollments, newcomers, outcomes, requests, steps
from alongside.delivery.store import Store
from alongside.problems import UsageError
from alongside.service.home import Home
from alongside.service.signatures import Senders, read_senders
from alongside.settings import ServiceSettings

from .conftest import NOW, Answer, Running, make_home, running

SECRET, BEFORE, OTHER = b"new-secret-of-the-product", b"the-secret-before-that-one", b"nobody-knows-this-secret"
TOKEN = b"token-of-a-tool-without-hmac"
ORIGIN = "https://app.example.org"
JSON = "application/json"


def make_product_home() -> Home:
    """Somebody who converts goes from "month" to "careful"; pages of the product may enroll."""
    home = make_home()
    month = replace(home.community.journeys["month"], events={"left": "stop", "converted": "careful"})
    community = replace(home.community, journeys={**home.community.journeys, "month": month})
    settings = replace(home.settings, service=ServiceSettings(origins=frozenset({ORIGIN})))
    return Home(settings=settings, community=community)


@dataclass(kw_only=True)
class Product:
    """The host product, which knows the secret, at a service whose clock can be set."""

    service: Running
    at: list[datetime] = field(default_factory=lambda: [NOW])

    def wait(self, **time: float) -> None:
        self.at[0] += timedelta(**time)

    def sign(self, body: bytes, *, secret: bytes = SECRET, late: int = 0) -> str:
        made_at = str(int(self.at[0].timestamp()) - late)
        return f"t={made_at},v1={hmac.new(secret, made_at.encode() + b'.' + body, hashlib.sha256).hexdigest()}"

    def post(self, content: object, path: str = "/enroll", **headers: str) -> Answer:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.service.ask(
            "POST", path, body, {"Content-Type": JSON, "Alongside-Signature": self.sign(body), **given}
        )

    def page(self, content: object, **fields: Any) -> Answer:
        """What a page of the product sends: a token, and where it comes from."""
        allowed: dict[str, Any] = {"journey": "month", "origins": (ORIGIN,), "good_until": NOW + timedelta(days=90)}
        token = make_browser_token(BrowserToken(**{**allowed, **fields.pop("token", {})}), self.service.store.key)
        headers = {"Content-Type": JSON, "Authorization": f"Bearer {token}", "Origin": ORIGIN, **fields}
        return self.service.ask("POST", "/enroll", json.dumps(content).encode(), headers)

    def rows(self, table: sa.Table[Any], *columns: str) -> list[Any]:
        with self.service.store.reading() as connection:
            wanted = [table.c[name] for name in columns]
            found = connection.execute(sa.select(*wanted).order_by(*table.primary_key)).all()
        return [row[0] for row in found] if len(columns) == 1 else [tuple(row) for row in found]


@pytest.fixture
def product(store: Store) -> Iterator[Product]:
    at = [NOW]
    senders = Senders(secrets=(SECRET, BEFORE), tokens=(TOKEN,))
    with running(store, make_product_home(), lambda: at[0], senders) as service:
        yield Product(service=service, at=at)


def person(address: str = "joana@example.net", **fields: object) -> dict[str, object]:
    return {"email": address, "basis": "contract", **fields}


def one(address: str = "joana@example.net", journey: str = "month", **fields: object) -> dict[str, object]:
    return {"journey": journey, "newcomer": person(address, **fields)}


def content(answer: Answer) -> dict[str, Any]:
    found = json.loads(answer.body)
    assert isinstance(found, dict)
    return found


def is_problem(answer: Answer, status: int) -> str:
    """What a problem (RFC 9457) says to do."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    told = content(answer)
    assert told["status"] == status
    assert isinstance(told["detail"], str)
    return told["detail"]


# --- enrolling ---


def test_a_newcomer_comes_in(product: Product) -> None:
    given = one(name="Joana", place="Recife, Brazil", languages=["pt", "en"], id="u-7", text="Hello", lat=None)
    answer = product.post({**given, "source": "sign-up form"})
    assert (answer.status, content(answer)) == (201, {"status": "enrolled", "problems": []})
    assert product.rows(enrollments, "journey", "basis", "source", "state") == [
        ("month", "contract", "sign-up form", "active")
    ]
    assert product.rows(newcomers, "name", "product_id", "languages") == [("Joana", "u-7", ["pt", "en"])]
    assert len(product.rows(steps, "id")) == 2
    again = product.post(one("Joana@EXAMPLE.net", name="Another"))
    assert (again.status, content(again)["status"]) == (200, "already")
    assert product.rows(newcomers, "name") == ["Joana"]
    asked = product.post(one(journey="careful", name="Joana Prado"))
    assert (asked.status, content(asked)["status"]) == (201, "awaiting confirmation")
    assert product.rows(newcomers, "name") == ["Joana Prado"]


def test_who_is_held_out_is_enrolled_and_not_asked(store: Store) -> None:
    home = make_product_home()
    journeys = {slug: replace(journey, holdout=50) for slug, journey in home.community.journeys.items()}
    home = replace(home, community=replace(home.community, journeys=journeys))
    addresses = [f"someone{number}@example.net" for number in range(60)]
    out = {address for address in addresses if choose_arm(journeys["careful"], address, store.key) == "held out"}
    with running(store, home, lambda: NOW, Senders(secrets=(SECRET,), tokens=())) as service:
        product = Product(service=service, at=[NOW])
        for address in addresses[:20]:
            status = content(product.post(one(address, journey="careful")))["status"]
            assert status == ("enrolled" if address in out else "awaiting confirmation")
        held_out = product.rows(enrollments, "state").count("held out")
        assert held_out == len(out.intersection(addresses[:20]))
        # a page tells them to look for a mail, so they get one
        late = next(address for address in addresses[20:] if address in out)
        token = {"journey": "careful"}
        assert content(product.page(one(late, journey="careful"), token=token))["status"] == "awaiting confirmation"
        assert product.rows(enrollments, "arm", "state")[-1] == ("", "awaiting confirmation")


def test_of_a_batch_each_is_told_for_itself(product: Product) -> None:
    with product.service.store.writing() as connection:
        suppression.stop(connection, product.service.store.key, "stopped@example.net", journey="", reason="x", now=NOW)
    people: list[object] = [
        person("a@example.net", challenges=["frist-talk"], topics=[str(n) for n in range(60)], place="Springfield"),
        person("stopped@example.net"),
        person("no address"),
        person("b@example.net", basis=None),
        person("A@example.net"),
        {"emial": "c@example.net", "basis": "consent"},
        "d@example.net",
        person("e@x..example"),
        person("f@example.net", basis="because", name="Buy at https://shop.example", id=9, lat=10**400),
    ]
    answer = product.post({"journey": "month", "newcomers": people})
    assert answer.status == 201
    told = content(answer)["newcomers"]
    assert [each["status"] for each in told] == [
        "enrolled", "stopped", "refused", "refused", "already", "refused", "refused", "refused", "refused",
    ]  # fmt: skip
    assert [each["code"] for each in told[0]["problems"]][:2] == ["long-list", "unknown-place"]
    assert told[5]["problems"][0] == {
        "at": "/newcomers/5/emial",
        "code": "unknown-key",
        "severity": "error",
        "message": 'A newcomer has no key "emial".',
        "hint": 'Did you mean "email"?',
    }
    assert all(each["problems"] for each in told if each["status"] == "refused")
    assert "example.net" not in answer.body
    assert len(product.rows(newcomers, "id")) == 1
    alone = product.post(one(basis=None))
    assert "problems say why" in is_problem(alone, 422)
    assert "basis" in content(alone)["problems"][0]["hint"]


BODIES: list[tuple[bytes, int, str]] = [
    (b"", 400, "no JSON"),
    (b'{"journey":', 400, "no JSON"),
    (b'{"journey": "month", "journey": "careful"}', 400, "twice"),
    (b'{"journey": "month", "newcomer": {"lat": NaN}}', 400, "NaN is no JSON"),
    (b'{"journey": "month", "newcomer": {"lat": -Infinity}}', 400, "-Infinity is no JSON"),
    (b'{"journey": "caf\xe9"}', 400, "not UTF-8"),
    (b'{"journey": "\\ud800"}', 400, "half of a character"),
    (b'{"journey": "month", "\\uDFFF": "x"}', 400, "half of a character"),
    (b'{"journey": "\xed\xa0\x80"}', 400, "not UTF-8"),
    (b"[" * 500_000, 400, "levels deep"),
    (b'{"journey":' + b"[" * 30 + b"]" * 30 + b"}", 400, "levels deep"),
    (b"[]", 422, "this is a list"),
    (b"7" * 100_000, 422, "wrong-type"),
    (b'{"journey": "mnth", "newcomer": {}}', 422, 'Did you mean \\"month\\"?'),
    (b'{"journey": ["month"], "newcomer": {}}', 422, "wrong-type"),
    (b'{"jorney": "month", "newcomer": {}}', 422, 'Did you mean \\"journey\\"?'),
    (b'{"journey": "month"}', 422, "one newcomer or several"),
    (b'{"journey": "month", "newcomers": [], "newcomer": {}}', 422, "1 to 500"),
    (b'{"journey": "month", "newcomers": [{}], "newcomer": {}}', 422, "one newcomer or several"),
    (b'{"journey": "month", "newcomer": {}, "source": "x\\r\\nBcc: a@example.org"}', 422, "line-break"),
    (b'{"journey": "month", "newcomer": {}, "source": "a\\u0000b"}', 422, "control-character"),
    (b'{"journey": "month", "newcomers": [' + b"{}," * 500 + b"{}]}", 422, "1 to 500"),
]


def test_bodies_that_cannot_be_taken(product: Product) -> None:
    for body, status, told in BODIES:
        answer = product.post(body)
        is_problem(answer, status)
        assert told in answer.body, body[:60]
    assert product.rows(newcomers, "id") == []
    assert product.rows(requests, "identity") == []
    assert product.service.lines == []


def test_profiles_carry_nothing_into_a_mail(product: Product) -> None:
    for fields in ({"name": "x\r\nBcc: a@example.org"}, {"name": "a\x00b"}, {"text": "a\x07"}, {"id": "a\x00"}):
        answer = product.post(one(f"n{len(product.rows(newcomers, 'id'))}@example.net", **fields))
        assert (answer.status, len(content(answer)["problems"])) == (201, 1)
    assert set(product.rows(newcomers, "name", "product_id")) == {("", "")}
    assert product.post(one("a@example.net\r\nBcc: b@example.org")).status == 422


def test_what_is_sent_otherwise(product: Product) -> None:
    body = json.dumps(one()).encode()
    assert "application/json" in is_problem(product.post(body, Content_Type="text/plain"), 415)
    assert "uncompressed" in is_problem(product.post(body, Content_Encoding="gzip"), 415)
    assert "too large" in is_problem(product.post(b"", Content_Length="2097152"), 413)
    assert product.post(b" " * (1_048_576 - len(body)) + body).status == 201
    answer = product.service.ask("GET", "/enroll")
    assert "another method" in is_problem(answer, 405)
    assert (answer.status, sorted(answer.headers["allow"].split(", "))) == (405, ["OPTIONS", "POST"])


# --- who asks ---


@pytest.mark.parametrize("path", ["/enroll", "/events"])
def test_signatures(product: Product, path: str) -> None:
    body = json.dumps(one() if path == "/enroll" else {"event": "left", "newcomer": {"id": "u"}}).encode()
    good = product.sign(body)
    made_at, _, signature = good.partition(",")
    refused = {
        "": "There is no Alongside-Signature",
        "v1=00": "cannot be read",
        "t=1": "cannot be read",
        f"t=x,{signature}": "cannot be read",
        f"t={'9' * 400},{signature}": "cannot be read",
        f"{made_at},{good}": "cannot be read",
        f"{made_at},v1=": "fits none",
        f"{made_at},v1=é": "fits none",
        f"{made_at},{signature[:-2]}00": "fits none",
        f"t=1,{signature}": "more than 300 seconds",
        product.sign(body, secret=OTHER): "fits none",
        product.sign(body, secret=TOKEN): "fits none",
        product.sign(body + b" "): "fits none",
        product.sign(body, late=301): "more than 300 seconds",
        product.sign(body, late=-301): "more than 300 seconds",
    }
    for header, told in refused.items():
        answer = product.post(body, path, Alongside_Signature=header)
        assert told in is_problem(answer, 401), header
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "none of those" in is_problem(product.post(body, path, Authorization=f"Bearer {SECRET.decode()}"), 401)
    assert product.rows(newcomers, "id") == []
    for header in (
        product.sign(body, secret=BEFORE, late=300),
        product.sign(body, late=-300),
        f"{made_at},v0=x, v1={'0' * 64},{signature.upper().replace('V1', 'v1')}",
    ):
        assert product.post(body, path, Alongside_Signature=header).status in (200, 201), header
    answer = product.service.ask(
        "POST", path, body, {"Content-Type": JSON, "Authorization": f"bearer {TOKEN.decode()}"}
    )
    assert answer.status == 200


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"ALONGSIDE_WEBHOOK_SECRET": "short"}, "at least 16 characters"),
        ({"ALONGSIDE_WEBHOOK_SECRET": "long-enough-secret é-long-enough-secret"}, "not ASCII"),
        (
            {"ALONGSIDE_WEBHOOK_SECRET": "long-enough-secret-1,long-enough-secret-2 long-enough-secret-3"},
            "more than two",
        ),
        (dict.fromkeys(("ALONGSIDE_WEBHOOK_SECRET", "ALONGSIDE_WEBHOOK_TOKEN"), "long-enough-secret"), "are the same"),
        ({"ALONGSIDE_WEBHOOK_TOKEN": "b1.long-enough-secret"}, "for browsers"),
    ],
)
def test_secrets_that_are_none(environment: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told) as raised:
        read_senders(environment)
    assert "long-enough" not in str(raised.value)


def test_two_secrets_hold_at_once() -> None:
    first, second = "new-secret-of-the-product", "the-secret-before-that-one"
    for between in (",", " ", ", "):
        found = read_senders({"ALONGSIDE_WEBHOOK_SECRET": f" {first}{between}{second} "})
        assert found == Senders(secrets=(SECRET, BEFORE))
        assert first not in repr(found)
    assert read_senders({}) == Senders()


def test_without_a_secret_the_log_says_once_what_to_set(store: Store) -> None:
    with running(store, make_product_home()) as service:
        for _ in range(2):
            answer = service.ask("POST", "/enroll", b"{}", {"Content-Type": JSON})
            assert "ALONGSIDE_WEBHOOK_SECRET" in is_problem(answer, 503)
    assert service.lines == [
        "warning http A program wants to enroll newcomers: set ALONGSIDE_WEBHOOK_SECRET and start again."
    ]


# --- the same request again ---


def test_a_request_that_is_sent_again_does_nothing(product: Product) -> None:
    first = product.post(one())
    replayed = product.post(one())
    assert (first.status, first.body) == (replayed.status, replayed.body)
    product.wait(seconds=1)
    assert content(product.post(one()))["status"] == "already"
    keyed = product.post(one("b@example.net"), Idempotency_Key="order 66")
    product.wait(hours=1)
    again = product.post(one("b@example.net"), Idempotency_Key='"order 66"')
    assert (keyed.status, keyed.body) == (again.status, again.body) == (201, '{"status":"enrolled","problems":[]}')
    assert "another body" in is_problem(product.post(one("c@example.net"), Idempotency_Key="order 66"), 422)
    event = {"event": "left", "newcomer": {"email": "b@example.net"}}
    assert content(product.post(event, "/events", Idempotency_Key="order 66"))["ended"] == ["month"]
    refused = product.post(one("d@example.net", basis=None), Idempotency_Key="order 67")
    assert product.post(one("d@example.net", basis=None), Idempotency_Key="order 67").body == refused.body
    for key in ("", "x" * 256, "\tx\x7f", "é"):
        assert "printable" in is_problem(product.post(one("e@example.net"), Idempotency_Key=key), 400)
    assert product.post(one("e@example.net"), Idempotency_Key="x" * 255).status == 201
    assert "example.net" not in str(product.rows(requests, "identity", "digest", "answer"))
    with product.service.store.writing() as connection:
        forget_answers(connection, now=product.at[0] + timedelta(hours=47))
        assert connection.scalar(sa.select(sa.func.count()).select_from(requests)) == 5
        forget_answers(connection, now=product.at[0] + timedelta(hours=49))
        assert connection.scalar(sa.select(sa.func.count()).select_from(requests)) == 0


def at_once(count: int, do: Any) -> list[Any]:
    """What so many threads get that begin together."""
    begin, found = threading.Barrier(count), [None] * count

    def work(number: int) -> None:
        begin.wait()
        found[number] = do(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_many_at_once(product: Product) -> None:
    """One key, one address, one with a problem, in one process and in two on one store."""
    with running(product.service.store, make_product_home(), lambda: NOW, Senders(secrets=(SECRET,))) as other:
        both = (product, Product(service=other))

        def ask(number: int) -> Answer:
            sender = both[number // 4 % 2]
            if number % 4 == 0:
                return sender.post(one("key@example.net"), Idempotency_Key="same")
            if number % 4 == 1:
                return sender.post(one("address@example.net"), Idempotency_Key=f"address {number}")
            if number % 4 == 2:
                return sender.post(one("bad@example.net", basis="why"))
            return sender.post(one(f"n{number}@example.net"))

        answers = at_once(32, ask)
    assert {(answer.status, answer.body) for answer in answers[0::4]} == {(201, '{"status":"enrolled","problems":[]}')}
    assert sorted(content(answer)["status"] for answer in answers[1::4]) == ["already"] * 7 + ["enrolled"]
    assert {answer.status for answer in answers[2::4]} == {422}
    assert {answer.status for answer in answers[3::4]} == {201}
    assert len(product.rows(enrollments, "id")) == 10
    assert len(product.rows(steps, "id")) == 20


# --- what became of them ---


def test_events_end_journeys_and_begin_others(product: Product) -> None:
    for address, name in (("a@example.net", "a"), ("b@example.net", "b"), ("c@example.net", "c")):
        product.post(one(address, id=name))
    happened = {"event": "converted", "newcomer": {"email": "A@example.net"}, "at": "2026-11-23T09:00:00+01:00"}
    answer = product.post({**happened, "plan": "Team"}, "/events")
    assert (answer.status, content(answer)) == (
        200,
        {"status": "recorded", "ended": ["month"], "begun": ["careful"], "problems": []},
    )
    again = product.post({**happened, "at": "2026-11-23T08:00:00Z"}, "/events")
    assert content(again) == {"status": "already", "ended": [], "begun": [], "problems": []}
    many = [
        {"event": "left", "newcomer": {"id": "b"}},
        {"event": "left", "newcomer": {"id": "nobody"}},
        {"event": "visited", "newcomer": {"id": "c"}},
        {"event": "Left!", "newcomer": {"id": "c"}},
        {"event": "left", "newcomer": {"id": "c", "email": "c@example.net"}},
        {"event": "left", "newcomer": {"id": "c"}, "at": "2026-11-23"},
        {"event": "left", "newcomer": {"id": "c"}, "at": "2027-11-23T09:00Z"},
        "left",
    ]
    told = content(product.post({"events": many}, "/events"))["events"]
    assert [each["status"] for each in told] == ["recorded", "unknown", "recorded"] + ["refused"] * 5
    assert told[0]["ended"] == ["month"]
    assert product.rows(outcomes, "name") == ["converted", "left", "visited"]
    assert product.rows(enrollments, "journey", "source", "state") == [
        ("month", "host product", "stopped"),
        ("month", "host product", "stopped"),
        ("month", "host product", "active"),
        ("careful", "event converted", "awaiting confirmation"),
    ]
    assert is_problem(product.post({"event": "left"}, "/events"), 422)


# --- pages of a product without a back end ---


def test_a_page_enrolls_one_who_is_asked_first(product: Product) -> None:
    told = (201, '{"status":"awaiting confirmation","problems":[]}')
    first = product.page(one(name="Joana", basis="contract"))
    assert (first.status, first.body) == told
    assert first.headers["access-control-allow-origin"] == ORIGIN
    assert product.rows(enrollments, "basis", "source", "state") == [
        ("consent", f"page of {ORIGIN}", "awaiting confirmation")
    ]
    assert product.rows(steps, "moment", "state")[0] == (CONFIRMATION, "planned")
    product.post(one("known@example.net", journey="careful", name="Known"))
    product.post(one("active@example.net", name="Active"))
    with product.service.store.writing() as connection:
        suppression.stop(connection, product.service.store.key, "stopped@example.net", journey="", reason="x", now=NOW)
    before = product.service.dump()
    for address in ("joana@example.net", "active@example.net", "stopped@example.net"):
        again = product.page(one(address, name="Somebody else"))
        assert (again.status, again.body) == told
    assert product.service.dump() == before
    assert product.page(one("known@example.net", name="Somebody else")).status == 201
    assert product.rows(newcomers, "name") == ["Joana", "Known", "Active"]


def test_who_is_asked_again_is_asked_once_a_day(product: Product) -> None:
    def asked() -> list[Any]:
        return [row for row in product.rows(steps, "moment", "state") if row[0] == CONFIRMATION]

    product.page(one())
    with product.service.store.writing() as connection:
        connection.execute(sa.update(steps).where(steps.c.moment == CONFIRMATION).values(state="sent", done_at=NOW))
    product.wait(hours=23)
    product.page(one())
    assert asked() == [(CONFIRMATION, "sent")]
    product.wait(hours=1)
    product.page(one())
    product.page(one())
    assert asked() == [(CONFIRMATION, "planned")]


def test_what_a_page_may_not(product: Product) -> None:
    assert product.page(one("no address")).status == 422
    refused: list[tuple[int, object, Mapping[str, Any]]] = [
        (403, one(), {"Origin": "https://evil.example"}),
        (403, one(), {"token": {"origins": ("https://evil.example",)}, "Origin": "https://evil.example"}),
        (403, one(), {"token": {"origins": ("https://evil.example",)}}),
        (403, one(journey="careful"), {}),
        (403, {"journey": "month", "newcomers": [person()]}, {}),
        (401, one(), {"token": {"good_until": NOW - timedelta(seconds=1)}}),
        (401, one(), {"Authorization": "Bearer b1.e30.AAAA"}),
        (401, one(), {"Authorization": "Bearer b1.é"}),
        (401, one(), {"Authorization": "Bearer b1.e30"}),
        (413, one(text="x" * 20_000), {}),
    ]
    for status, said, fields in refused:
        is_problem(product.page(said, **fields), status)
    assert product.rows(newcomers, "id") == []
    statuses = [product.page(one(f"n{number}@example.net")).status for number in range(20)]
    assert set(statuses) == {201, 429}
    product.wait(hours=1)
    assert product.page(one()).status == 201


def test_who_leaves_in_the_middle_is_no_failure(product: Product) -> None:
    body = json.dumps(one()).encode()
    head = f"POST /enroll HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", product.service.port)) as connection:
        connection.sendall(f"{head}Alongside-Signature: {product.sign(body)}\r\n\r\n".encode() + body)
    assert product.post(one("b@example.net")).status == 201
    assert product.service.lines == []
