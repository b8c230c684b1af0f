"""The two browsers as fixtures, and which browser tests are for `make soak`."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from browser.engines import ENGINES, Chromium, Engine
from browser.firefox import Firefox


@pytest.fixture(scope="module")
def engines(request: pytest.FixtureRequest) -> Callable[[str], Engine]:
    """The browsers by name, each started when it is first asked for: pytest may go back and forth between them."""

    def engine(name: str) -> Engine:
        if name == "firefox":
            return cast(Firefox, request.getfixturevalue("firefox"))
        return Chromium(request.getfixturevalue("browser"))

    return engine


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, engines: Callable[[str], Engine]) -> Engine:
    """Each of them."""
    return engines(request.param)


@pytest.hookimpl(tryfirst=True)  # before the marks are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every host page is visited in both browsers; what else may happen on a page is tried in Chromium alone.

    `make soak` tries it in Firefox, too.
    """
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "engine_name" in names and "visit" not in names and "firefox" in item.name:
            item.add_marker(pytest.mark.soak)
