"""Which browser tests are for `make soak`."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)  # before the marks are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every host page is visited in both browsers; what else may happen on a page is tried in Chromium alone.

    `make soak` tries it in Firefox, too.
    """
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "engine_name" in names and "visit" not in names and "firefox" in item.name:
            item.add_marker(pytest.mark.soak)
