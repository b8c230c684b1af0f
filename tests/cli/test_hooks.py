"""The hooks for pre-commit (https://pre-commit.com), run by git as pre-commit runs them.

It runs the entry of each hook whose `files` match a name that is to be committed, and refuses where one ends with
another code than 0 or changes a file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from alongside.cli.main import COMMANDS
from conftest import WriteCommunity
from reading.planted_faults import GOOD

ROOT = Path(__file__).resolve().parents[2]
MEETUP = "---\ntitle: One\nstarts: 2027-01-07 18:30\n---\n"
HOOK = """\
#!/bin/sh
names=$(git diff --cached --name-only)
before=$(git diff)
{runs}
[ "$before" = "$(git diff)" ] || {{ echo "files were modified by this hook"; exit 1; }}
"""
Hooks = list[dict[str, Any]]


@pytest.fixture(scope="module")
def hooks() -> Hooks:
    found: Hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return found


def test_each_runs_a_command_that_there_is_once(hooks: Hooks) -> None:
    assert [hook["id"] for hook in hooks] == ["alongside-check", "alongside-stamp"]
    for hook in hooks:
        program, name = hook["entry"].split()
        assert (program, name in COMMANDS) == ("alongside", True)
        assert (hook["language"], hook["pass_filenames"], hook["require_serial"]) == ("python", False, True)
        for path in ("content/stories/x.md", "content/challenges.yml", "mkdocs.yml"):
            assert re.search(hook["files"], path)
        for path in ("README.md", "site/content/x.md", "docs/mkdocs.yml"):
            assert not re.search(hook["files"], path)


def test_git_commits_what_is_in_order_and_stamped(write_community: WriteCommunity, hooks: Hooks) -> None:
    root = write_community({**GOOD, "content/meetups/one.md": MEETUP, ".gitignore": "build/\n"}).parent
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    who = {f"GIT_{role}_{key}": "x@example.org" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **who, "PATH": path, "GIT_CONFIG_GLOBAL": os.devnull}
        return subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)

    def commit(name: str, text: str) -> str:
        """What git says of a change: empty where it is committed."""
        (root / name).write_text(text, encoding="utf-8")
        run("git", "add", "--all")
        done = run("git", "commit", "--quiet", "--message", name)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    run("git", "init", "--quiet")
    assert run("alongside", "stamp").returncode == 0
    runs = (f"if echo \"$names\" | grep -Eq '{hook['files']}'; then {hook['entry']} || exit 1; fi" for hook in hooks)
    hook = root / ".git/hooks/pre-commit"
    hook.write_text(HOOK.format(runs="\n".join(runs)))
    hook.chmod(0o755)
    assert commit("content/index.md", "# Hello\n") == ""
    slip = GOOD["content/stories/a-talk.md"].replace("[first-talk]", "[frist-talk]").replace("        ", "")
    assert 'Did you mean "first-talk"?' in commit("content/stories/a-talk.md", slip)
    assert run("alongside", "check", "--fix").returncode == 0
    assert commit("content/index.md", "# Hello again\n") == ""
    assert "files were modified by this hook" in commit("content/meetups/one.md", MEETUP.replace("One", "Two"))
    assert commit("content/index.md", "# And again\n") == ""
    assert run("git", "status", "--porcelain").stdout == ""
