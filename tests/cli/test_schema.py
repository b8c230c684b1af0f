"""`alongside schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from alongside.cli.main import main
from alongside.reading.schemas import KINDS, render_schema


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind(kind: str) -> None:
    result = CliRunner().invoke(main, ["schema", kind], catch_exceptions=False)
    assert result.exit_code == 0
    assert json.loads(result.output) == render_schema(kind)


def test_all_kinds() -> None:
    assert list(json.loads(CliRunner().invoke(main, ["schema"]).output)) == list(KINDS)


def test_files(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["schema", "--output", str(tmp_path / "schemas")], catch_exceptions=False)
    assert result.exit_code == 0
    assert "for content/stories/*.md" in result.output
    assert sorted(path.name for path in (tmp_path / "schemas").iterdir()) == sorted(
        f"{kind}.schema.json" for kind in KINDS
    )


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert CliRunner().invoke(main, ["schema", "--output", str(tmp_path / "file" / "x")]).exit_code == 2


def test_an_unknown_kind() -> None:
    assert CliRunner().invoke(main, ["schema", "storey"]).exit_code == 2
