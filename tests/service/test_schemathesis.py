"""Schemathesis asks the service whatever its document allows, and much that it does not.

What it asks is made up where a test runs, not where tests are collected: that takes seconds, and each worker collects.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import Case
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.schemas import APIOperation

from alongside.delivery.contacts import import_contacts
from alongside.delivery.members import own_word
from alongside.delivery.page_links import PageLink, make_page_token
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.schema import enrollments
from alongside.delivery.store import open_store
from alongside.delivery.tokens import Kind
from alongside.service.openapi import openapi
from alongside.service.signatures import HEADER, Senders
from service.conftest import NOW, Running, make_home, running
from stores import put_store

SECRET = b"a-secret-of-the-tests"
schema = schemathesis.openapi.from_dict(openapi("http://127.0.0.1/"))


class Signed(AuthBase):
    """Signs a request as a host product does."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        signed = b"%d." % NOW.timestamp() + (body if isinstance(body, bytes) else str(body).encode())
        mac = hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
        request.headers[HEADER] = f"t={int(NOW.timestamp())},v1={mac}"
        request.headers.pop("Authorization", None)
        return request


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("store")
    put_store(folder)
    store = open_store(folder, {})
    home = make_home()
    mail = replace(home.settings.mail, notes="notes@example.org")
    home = replace(home, settings=replace(home.settings, mail=mail))
    with running(store, home, senders=Senders(secrets=(SECRET,))) as found:
        yield found
    store.close()


@pytest.fixture(scope="module")
def tokens(asked: Running) -> Mapping[str, str]:
    """A good token for each page behind a link, by the first part of its path."""
    numbers: Mapping[Kind, int] = {
        "stop": asked.enroll(),
        "confirm": asked.enroll("careful", email="lea@example.net"),
        "block": asked.converse("newcomer", email="kim@example.net"),
        "report": asked.converse("member", email="nia@example.net"),
        "first": asked.write_first(),
        **{kind: asked.ask_ana(email="uma@example.net") for kind in ("ask-send", "ask-skip", "ask-away")},
    }
    keys = RelayKeys(key=asked.store.key)
    with asked.store.writing() as connection:
        import_contacts(connection, [("ana", "ana@members.example.org")], resolve=str, now=NOW)
        enrolled = sa.select(enrollments.c.newcomer_id).where(enrollments.c.id == numbers["confirm"])
        newcomer = connection.scalar(enrolled) or 0
        ana = own_word(connection, "ana", resolve=str)
    good = date(2027, 1, 1)
    return {
        **{kind: asked.token(kind, number) for kind, number in numbers.items()},
        "me": make_page_token(PageLink(whose="newcomer", number=newcomer, good_until=good), keys),
        "member": make_page_token(PageLink(whose="member", number=ana.number, good_until=good), keys),
    }


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SOME = settings(
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


Operation = APIOperation[Any, Any, Any, Any]


def operations(path: str = "") -> pytest.MarkDecorator:
    """Gives a test each operation of the document whose path has that pattern in it."""
    found = [one.ok() for one in schema.include(path_regex=path).get_all_operations() if isinstance(one, Ok)]
    return pytest.mark.parametrize("operation", [pytest.param(one, id=one.label) for one in found])


@pytest.fixture(params=[pytest.param(5, id="some"), pytest.param(100, id="many", marks=pytest.mark.soak)])
def examples(request: pytest.FixtureRequest) -> int:
    """How many requests each operation gets: a few of everything here, what is rare in the long run."""
    return int(request.param)


@operations()
def test_the_service_keeps_to_its_document(operation: Operation, asked: Running, examples: int) -> None:
    keeps_to_it(operation, asked, examples)


@operations("token")
def test_so_it_does_for_links_of_ours(
    operation: Operation, asked: Running, tokens: Mapping[str, str], examples: int
) -> None:
    def with_a_token(case: Case[Any]) -> None:
        case.path_parameters["token"] = tokens[case.path.split("/")[1]]

    keeps_to_it(operation, asked, examples, with_a_token)


@operations("^/(enroll|events)$")
def test_so_it_does_for_programs_we_know(operation: Operation, asked: Running, examples: int) -> None:
    keeps_to_it(operation, asked, examples, auth=Signed())


@operations("^/note/")
def test_so_it_does_for_a_member_who_is_there(operation: Operation, asked: Running, examples: int) -> None:
    def to_ana(case: Case[Any]) -> None:
        case.path_parameters["member"] = "ana"

    keeps_to_it(operation, asked, examples, to_ana)


def keeps_to_it(
    operation: Operation,
    asked: Running,
    examples: int,
    change: Callable[[Case[Any]], None] = lambda _: None,
    auth: AuthBase | None = None,
) -> None:
    """Whatever is asked of that operation, after each case was changed."""

    @settings(SOME, max_examples=examples)
    def ask(case: Case[Any]) -> None:
        change(case)
        response = case.call(base_url=f"http://127.0.0.1:{asked.port}", auth=auth, allow_redirects=False)
        case.validate_response(response, checks=CHECKS)
        assert not [line for line in asked.lines if line.startswith("error")]

    constants = make_constants_value_source(operation.schema)
    build_operation_test(
        config=operation.schema.config,
        operation=operation,
        test_func=ask,
        given_kwargs={},
        feedback=FeedbackSources(constants_value_source=constants),
    )()
