"""`alongside build`: what it prints, how it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alongside.cli.build import command
from conftest import CONFIG, WriteCommunity
from test_build import FILES, story, tree


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """The command sets SOURCE_DATE_EPOCH for MkDocs; a test must not leave it to the next."""
    before = os.environ.pop("SOURCE_DATE_EPOCH", None)
    yield
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    if before is not None:
        os.environ["SOURCE_DATE_EPOCH"] = before


@pytest.fixture
def config(write_community: WriteCommunity) -> Path:
    return write_community({**FILES, "content/index.md": "# Home\n"})


def build(config: Path, *options: str) -> Result:
    return CliRunner().invoke(command, ["-f", str(config), "--now", "2026-11-23T09:00Z", *options])


def test_the_closing_line_counts(config: Path) -> None:
    first = build(config)
    assert first.exit_code == 0, first.output
    pages = len([path for path in tree(config.parent / "site") if path.endswith("index.html")]) - 2  # home, one embed
    assert first.stdout.startswith(f"{pages} pages, ")
    assert " 1 embed: " in first.stdout
    assert " 0 unchanged, 0 removed; " in first.stdout
    assert first.stdout.endswith("no problems.\n")
    again = build(config)
    assert " 0 written, " in again.stdout
    assert " 0 written, " not in build(config, "--clean").stdout


def test_problems_are_printed_and_the_rest_is_built(config: Path) -> None:
    (config.parent / "content/stories/broken.md").write_text(story("Broken").replace("[ana]", "[nobody]"))
    result = build(config)
    assert result.exit_code == 0
    assert result.stderr.startswith("content/stories/broken.md:3:")
    assert result.stdout.endswith(", 2 problems.\n")
    assert (config.parent / "site/stories/story-1/index.html").is_file()


def test_strict_ends_with_one(config: Path) -> None:
    (config.parent / "content/stories/broken.md").write_text(story("Broken").replace("[ana]", "[nobody]"))
    result = build(config, "--strict")
    assert result.exit_code == 1
    assert "error: Aborted with 2 warnings in strict mode!" in result.stderr


def test_the_site_may_go_elsewhere(config: Path, tmp_path: Path) -> None:
    assert build(config, "--site-dir", str(tmp_path / "elsewhere")).exit_code == 0
    assert (tmp_path / "elsewhere/stories/story-1/index.html").is_file()
    assert not (config.parent / "site").exists()


def test_no_configuration_is_a_wrong_call(tmp_path: Path) -> None:
    result = build(tmp_path / "mkdocs.yml")
    assert result.exit_code == 2
    assert "There is no " in result.stderr


def test_a_configuration_without_the_plugin_is_a_wrong_call(config: Path) -> None:
    config.write_text("site_name: X\ndocs_dir: content\n")
    result = build(config)
    assert result.exit_code == 2
    assert "does not use the plugin" in result.stderr


def test_a_configuration_mkdocs_refuses_is_an_error(config: Path) -> None:
    config.write_text(CONFIG + "theme: {name: nosuch}\n")
    result = build(config)
    assert result.exit_code == 1
    assert "Unrecognised theme name: 'nosuch'" in result.stderr


def test_a_configuration_that_is_no_text_is_told_by_line(config: Path) -> None:
    for content, told in (
        (CONFIG.encode() + b"copyright: caf\xe9\n", "mkdocs.yml:8:15: Byte 0xE9 here is no UTF-8"),
        (CONFIG.encode() + b'copyright: "\\ud800"\n', "mkdocs.yml:8:12: U+D800 is half a character"),
        (b"site_name: x\nplugins: [alongside\n", "mkdocs.yml:2:10: "),
    ):
        config.write_bytes(content)
        result = build(config)
        assert isinstance(result.exception, SystemExit), result.exception
        assert told in result.stderr
