"""libvips with its fonts, as the step has it."""

from __future__ import annotations

import pytest

from alongside.imaging.engine import prepare


@pytest.fixture(scope="session", autouse=True)
def engine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Before anything is drawn in this process."""
    prepare(tmp_path_factory.mktemp("engine"))
