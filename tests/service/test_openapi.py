"""The OpenAPI document says what the routes are, and the service keeps to it, whatever it is asked."""

from __future__ import annotations

import json
from typing import Any

from alongside import __version__
from alongside.service.app import routes_of
from alongside.service.core import Service
from alongside.service.openapi import openapi
from service.conftest import NOW, Running, make_home

METHODS = ("get", "post", "put", "delete", "patch")


def test_the_document_has_every_route_and_no_other(service: Running) -> None:
    home = make_home()
    asked = Service(store=service.store, home=lambda: home, now=lambda: NOW, log=lambda *_: None)
    routes = {
        (route.path, method.lower())
        for route in routes_of(asked, {})
        for method in route.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    document = openapi("https://example.org/alongside/")
    told = {(path, method) for path, item in document["paths"].items() for method in METHODS if method in item}
    assert told == routes


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for operation in operations(openapi(""))]
    assert len(names) == len(set(names))


def test_it_is_given_out_with_version_and_address(service: Running) -> None:
    answer = service.ask("GET", "/openapi.json")
    document = json.loads(answer.body)
    assert answer.status == 200
    assert document["openapi"] == "3.1.1"
    assert document["info"]["version"] == __version__
    assert document["servers"] == [{"url": "https://example.org"}]


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [item[method] for item in document["paths"].values() for method in METHODS if method in item]
