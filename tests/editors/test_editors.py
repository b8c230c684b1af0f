"""Editors know our YAML: the language server that they ask, and the linter for the keys on top of Markdown files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from alongside.cli.main import main
from editors.language_server import MODULES, language_server, left_out

pytestmark = [pytest.mark.editors, pytest.mark.skipif(bool(left_out()), reason=left_out())]
WRITERS = Path(__file__).resolve().parents[2] / "content" / "handbook" / "writers.md"


@pytest.fixture
def community(tmp_path: Path) -> Path:
    """What `alongside new` makes."""
    made = CliRunner().invoke(main, ["new", str(tmp_path / "community"), "--now", "2026-11-23T09:00Z"])
    assert made.exit_code == 0, made.output
    return tmp_path / "community"


def test_the_language_server_knows_the_files_of_a_new_community(community: Path) -> None:
    lists = "- title: One\n  starts: 2026-12-03 18:30\n  repeats: every week\n- titel: Two\n  starts: soon\n"
    with language_server(community) as server:
        assert server.problems("content/challenges.yml") == []
        assert server.problems("journeys/first-month.yml") == []
        assert set(server.completions("content/challenges.yml", "help:\n  ")) >= {"title", "also"}
        told = server.problems("content/meetups/2027.yml", lists)
        assert 'Missing property "title".' in told
        assert "Property titel is not allowed." in told
        offered = server.completions("journeys/second.yml", "title: x\nmoments:\n  - id: a\n    ")
        assert {"owner", "where", "after", "message", "show"} <= set(offered)
        assert server.problems("content/index.yml", "anything: goes\n") == []
        line = "# yaml-language-server: $schema=../.schemas/challenges.schema.json\n"
        assert server.problems("content/index.yml", f"{line}help: {{}}\n") == ['Missing property "title".']


def test_remark_knows_the_keys_on_top_of_markdown_files(community: Path) -> None:
    """With the configuration that the handbook shows."""
    shown = WRITERS.read_text(encoding="utf-8").partition("```js\n")[2].partition("```")[0]
    (community / ".remarkrc.mjs").write_text(shown, encoding="utf-8")
    (community / "node_modules").symlink_to(MODULES)
    stories = community / "content/stories"
    (stories / "wrong.md").write_text("---\ntitel: x\nmembers: [sam-example]\ndate: 2026-11-01\n---\nText.\n")
    command = ["node", str(MODULES / "remark-cli" / "cli.js"), "content", "--frail", "--quiet", "--no-color"]
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=community, env=environment, capture_output=True, text=True, check=False)
    told = [
        line.split(" • ")[0].strip() for line in done.stderr.splitlines() if "warning Must" in line or ".md" in line
    ]
    assert told == [
        "content/stories/wrong.md",
        "warning Must have required property 'title'",
        "warning Must NOT have additional properties",
    ]
