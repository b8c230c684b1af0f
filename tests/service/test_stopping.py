"""Stopping and confirming over HTTP, as mail clients and people do it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from alongside.delivery import people
from alongside.delivery.by_token import confirm_enrollment, stop_enrollment
from alongside.delivery.schema import enrollments, steps, suppressions
from alongside.delivery.store import Store

from .conftest import ONE_CLICK, URLENCODED, Running, make_home, running

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
MULTIPART = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--{BOUNDARY}--\r\n'
).encode()


def fields_of(page: str) -> bytes:
    """What a browser sends when the button of a page is pressed."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', page)
    return "&".join(f"{name}={value}" for name, value in found).encode()


def suppressed(store: Store) -> list[str]:
    with store.reading() as connection:
        return sorted(connection.scalars(sa.select(suppressions.c.journey)))


# --- one click (RFC 8058) ---


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(
            ONE_CLICK,
            {"Content-Type": URLENCODED, "User-Agent": "Google-Gmail-Unsubscribe", "Accept": "*/*"},
            id="urlencoded",
        ),
        pytest.param(ONE_CLICK, {"Content-Type": f"{URLENCODED}; charset=UTF-8"}, id="with a charset"),
        pytest.param(ONE_CLICK + b"\r\n", {"Content-Type": URLENCODED}, id="with a line break"),
        pytest.param(ONE_CLICK, {}, id="no content type"),
        pytest.param(MULTIPART, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, id="multipart"),
        pytest.param(MULTIPART, {"Content-Type": f'Multipart/Form-Data; boundary="{BOUNDARY}"'}, id="quoted boundary"),
    ],
)
def test_one_click_stops_the_journey(service: Running, body: bytes, headers: dict[str, str]) -> None:
    number = service.enroll()
    other = service.enroll("careful")
    answer = service.ask("POST", f"/stop/{service.token('stop', number)}", body, headers)
    assert answer.status == 200
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert service.states() == ["stopped", "awaiting confirmation"]
    assert suppressed(service.store) == ["month"]
    assert other != number


def test_one_click_in_chunks(service: Running) -> None:
    number = service.enroll()
    headers = {"Content-Type": URLENCODED, "Transfer-Encoding": "chunked"}
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(ONE_CLICK), ONE_CLICK)
    assert service.ask("POST", f"/stop/{service.token('stop', number)}", chunks, headers).status == 200
    assert service.states() == ["stopped"]


def test_stopping_twice_is_stopping_once(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    first = service.post(path, ONE_CLICK)
    before = service.dump()
    again = service.post(path, ONE_CLICK)
    assert (again.status, again.body) == (first.status, first.body)
    assert service.dump() == before


def test_the_steps_of_a_stopped_journey_are_skipped(service: Running) -> None:
    service.post(f"/stop/{service.token('stop', service.enroll())}", ONE_CLICK)
    with service.store.reading() as connection:
        assert set(connection.execute(sa.select(steps.c.state, steps.c.reason)).all()) == {("skipped", "stopped")}


# --- the page ---


def test_a_person_stops_a_journey(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    page = service.ask("GET", path)
    assert page.status == 200
    assert "You get mails because you started “The first month” with Test community." in page.body
    assert service.states() == ["active"]
    done = service.post(path, fields_of(page.body))
    assert done.status == 200
    assert "You get no more mails of “The first month” from Test community." in done.body
    assert "Write to community@community.example.org" in done.body
    assert service.states() == ["stopped"]
    assert "Stopped" in service.ask("GET", path).body  # the link says from then on how things are


def test_a_person_stops_everything(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    service.enroll("careful")
    page = service.ask("GET", path)
    assert 'type="checkbox" name="all" value="yes"' in page.body
    done = service.post(path, fields_of(page.body) + b"&all=yes")
    assert "You get no more mails from Test community." in done.body
    assert service.states() == ["stopped", "stopped"]
    assert suppressed(service.store) == [""]


def test_a_person_stops_everything_later(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    done = service.post(path, ONE_CLICK)
    assert "Stop all mail from Test community" in done.body
    service.post(path, fields_of(done.body))
    assert suppressed(service.store) == ["", "month"]
    assert "<form" not in service.ask("GET", path).body


def test_no_page_names_the_person(service: Running) -> None:
    number, waiting = service.enroll(), service.enroll("careful")
    pages = [
        service.ask("GET", f"/stop/{service.token('stop', number)}"),
        service.post(f"/stop/{service.token('stop', number)}", b"stop=yes"),
        service.ask("GET", f"/confirm/{service.token('confirm', waiting)}"),
        service.post(f"/confirm/{service.token('confirm', waiting)}", b"confirm=yes"),
    ]
    for page in pages:
        assert page.status == 200
        assert not re.search("joana|prado|example.net", page.body, re.IGNORECASE)


def test_of_an_erased_person_nothing_is_told(service: Running) -> None:
    number = service.enroll()
    path = f"/stop/{service.token('stop', number)}"
    with service.store.writing() as connection:
        people.erase(connection, service.store.key, "joana@example.net")
    before = service.dump()
    erased = [service.ask("GET", path), service.post(path, ONE_CLICK)]
    never = service.token("stop", 123_456)  # well-formed, and nobody's
    unknown = [service.ask("GET", f"/stop/{never}"), service.post(f"/stop/{never}", ONE_CLICK)]
    assert [answer.status for answer in erased + unknown] == [200] * 4
    assert [answer.body for answer in erased] == [answer.body for answer in unknown]
    assert "first month" not in erased[0].body + erased[1].body
    assert "Stopped" in erased[1].body
    assert service.dump() == before


@pytest.mark.parametrize("body", [b"", b"stop=no", b"all=yes", b"List-Unsubscribe=", b"List-Unsubscribe=Two-Click"])
def test_a_post_that_asks_for_nothing_does_nothing(service: Running, body: bytes) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    before = service.dump()
    assert service.post(path, body).status == 400
    assert service.dump() == before


# --- double opt-in ---


def test_a_person_confirms(service: Running) -> None:
    number = service.enroll("careful")
    path = f"/confirm/{service.token('confirm', number)}"
    page = service.ask("GET", path)
    assert "This address was entered for “Asked twice” with Test community." in page.body
    assert service.states() == ["awaiting confirmation"]
    done = service.post(path, fields_of(page.body))
    assert "“Asked twice” with Test community begins." in done.body
    assert service.states() == ["active"]
    before = service.dump()
    assert service.post(path, b"confirm=yes").body == service.ask("GET", path).body == done.body
    assert service.dump() == before


def test_who_stopped_does_not_begin_by_an_old_link(service: Running) -> None:
    number = service.enroll("careful")
    service.post(f"/stop/{service.token('stop', number)}", ONE_CLICK)
    path = f"/confirm/{service.token('confirm', number)}"
    for answer in (service.ask("GET", path), service.post(path, b"confirm=yes")):
        assert answer.status == 200
        assert "Nothing to confirm here" in answer.body
    assert service.states() == ["stopped"]


def test_one_token_does_not_do_for_another(service: Running) -> None:
    number = service.enroll("careful")
    assert service.post(f"/confirm/{service.token('stop', number)}", b"confirm=yes").status == 404
    assert service.post(f"/stop/{service.token('confirm', number)}", ONE_CLICK).status == 404
    assert service.post(f"/stop/{service.token('bounce', number)}", ONE_CLICK).status == 404
    assert service.states() == ["awaiting confirmation"]


# --- behind a proxy ---


@pytest.mark.parametrize("kept", [True, False], ids=["the proxy keeps the prefix", "the proxy cuts it off"])
def test_a_path_prefix(store: Store, kept: bool) -> None:
    with running(store, make_home("alongside/")) as service:
        prefix = "/alongside" if kept else ""
        path = f"{prefix}/stop/{service.token('stop', service.enroll())}"
        page = service.ask("GET", path)
        assert page.status == 200
        assert re.findall("(?:action|src)=", page.body) == []  # the form goes where the page is from
        assert service.post(path, fields_of(page.body)).status == 200
        assert service.states() == ["stopped"]
        assert service.ask("GET", f"{prefix}/healthz").status == 200
        assert service.ask("GET", "/alongsidehealthz").status == 404


# --- the functions below ---


def test_by_token(service: Running) -> None:
    now = datetime(2026, 12, 1, 9, 0, 0, 123, tzinfo=UTC)
    store, community = service.store, service.home.community
    number = service.enroll("careful")
    with store.writing() as connection:
        assert confirm_enrollment(connection, 999, community=community, now=now) is None
        assert stop_enrollment(connection, store.key, 999, reason="test", now=now) is None
        assert confirm_enrollment(connection, number, community=community, now=now) == "careful"
        assert confirm_enrollment(connection, number, community=community, now=now) is None
        assert stop_enrollment(connection, store.key, number, reason="test", now=now) == "careful"
        assert confirm_enrollment(connection, number, community=community, now=now) is None
    with store.reading() as connection:
        assert connection.scalar(sa.select(enrollments.c.state)) == "stopped"
