"""Schemathesis asks the service whatever its document allows, and much that it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from alongside.delivery.store import open_store
from alongside.delivery.tokens import Kind
from alongside.service.openapi import openapi
from alongside.service.signatures import Senders
from service.conftest import Running, make_home, running
from stores import put_store

schema = schemathesis.openapi.from_dict(openapi("http://127.0.0.1/"))


@pytest.fixture(scope="module")
def tokens(asked: Running) -> Mapping[str, str]:
    """A good token for each page behind a link, by the first part of its path."""
    careful = asked.enroll("careful", email="lea@example.net")
    numbers: Mapping[Kind, int] = {
        "stop": asked.enroll(),
        "confirm": careful,
        "block": asked.converse("newcomer", email="kim@example.net"),
        "report": asked.converse("member", email="nia@example.net"),
        "first": asked.write_first(),
        **{kind: asked.ask_ana(email="uma@example.net") for kind in ("ask-send", "ask-skip", "ask-away")},
    }
    return {kind: asked.token(kind, number) for kind, number in numbers.items()}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("store")
    put_store(folder)
    store = open_store(folder, {})
    with running(store, make_home(), senders=Senders(tokens=(TOKEN.encode(),))) as found:
        yield found
    store.close()


TOKEN = "token-of-a-tool-without-hmac"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FEW = settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@schema.parametrize()
@FEW
def test_the_service_keeps_to_its_document(case: Case[Any], asked: Running) -> None:
    keeps_to_it(case, asked)


@schema.include(path_regex="token").parametrize()
@FEW
def test_so_it_does_for_links_of_ours(case: Case[Any], asked: Running, tokens: Mapping[str, str]) -> None:
    case.path_parameters["token"] = tokens[case.path.split("/")[1]]
    keeps_to_it(case, asked)


@schema.include(path_regex="enroll|events").parametrize()
@FEW
def test_so_it_does_for_programs_it_knows(case: Case[Any], asked: Running) -> None:
    case.headers["Authorization"] = f"Bearer {TOKEN}"
    keeps_to_it(case, asked)


def keeps_to_it(case: Case[Any], asked: Running) -> None:
    response = case.call(base_url=f"http://127.0.0.1:{asked.port}")
    case.validate_response(response, checks=CHECKS)
    assert not [line for line in asked.lines if line.startswith("error")]
