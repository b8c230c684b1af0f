"""The two browsers as fixtures, and which browser tests are for `make soak`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from browser.engines import ENGINES, Engine, running_chromium


@pytest.fixture(scope="module")
def engines(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Engine]]:
    """The browsers by name, each started when it is first asked for: pytest may go back and forth between them.

    Chromium ends with the module, as in `browser.chromium`.
    """
    with ExitStack() as until_the_end:
        yield cache(
            lambda name: (
                request.getfixturevalue("firefox")
                if name == "firefox"
                else until_the_end.enter_context(running_chromium())
            )
        )


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
