"""The scripts of earlier versions, which products have pinned: none is lost. (That they work: tests/browser.)"""

from __future__ import annotations

import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from alongside.rendering.embeds.scripts import script_files
from conftest import ROOT

ASSETS = "generator/alongside/rendering/assets/embed"
TOOL = "tools/build_embed_script"
# whoever runs the tests, and whosever the checkout is
GIT = "git -c user.name=Us -c user.email=us@example.org -c commit.gpgsign=false -c safe.directory=*".split()


def git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run([*GIT, "-C", folder, *arguments], check=True, capture_output=True).stdout


def name_of(script: bytes) -> str:
    return f"alongside.{sha256(script).hexdigest()[:12]}.js"


def where_the_branch_began() -> str:
    """The last commit of `main` that this branch knows; where there is no such branch, the last commit."""
    for main in ("origin/main", "main", "HEAD"):
        try:
            return git(ROOT, "merge-base", "HEAD", main).decode().strip()
        except subprocess.CalledProcessError:
            continue
    raise AssertionError("git tells of no commit")


def test_each_earlier_script_is_called_by_its_hash() -> None:
    files = [*(ROOT / ASSETS / "earlier").iterdir()]
    assert files
    assert [name_of(file.read_bytes()) for file in files] == [file.name for file in files]


def test_a_site_keeps_what_one_built_from_main_has() -> None:
    """So the next one keeps it too, and so on: nothing that anybody pinned is ever missing."""
    if not (ROOT / ".git").exists():
        return  # an unpacked archive knows no past, and nothing is changed there
    began = where_the_branch_began()
    earlier = git(ROOT, "ls-tree", "--full-tree", "--name-only", began, f"{ASSETS}/earlier/").decode().split()
    pinned = {name_of(git(ROOT, "show", f"{began}:{ASSETS}/alongside.min.js")), *(Path(path).name for path in earlier)}
    written = {path.rpartition("/")[2] for path, _ in script_files()}
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    taken_away = set(re.findall(r"alongside\.[0-9a-f]{12}\.js", changelog))
    assert pinned - written - taken_away == set(), f"run {TOOL} --keep"
    assert written & taken_away == set()


def test_a_branch_keeps_one_script_however_often_it_changes_its_own(tmp_path: Path) -> None:
    script = tmp_path / ASSETS / "alongside.min.js"
    changelog = tmp_path / "CHANGELOG.md"

    def kept_beside(content: bytes) -> set[bytes]:
        """What stands in earlier/ when the script has become this one."""
        script.write_bytes(content)
        subprocess.run([tmp_path / TOOL, "--keep"], check=True)
        files = list((script.parent / "earlier").iterdir())
        assert [name_of(file.read_bytes()) for file in files] == [file.name for file in files]
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", "A change")
        return {file.read_bytes() for file in files}

    script.parent.mkdir(parents=True)
    script.write_bytes(b"first")
    changelog.touch()
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / TOOL, tmp_path / TOOL)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "The first script")

    git(tmp_path, "switch", "-q", "-c", "branch")
    assert [kept_beside(content) for content in (b"second", b"third", b"fourth")] == [{b"first"}] * 3
    assert [kept_beside(content) for content in (b"first", b"fifth")] == [{b"first"}] * 2
    git(tmp_path, "branch", "-f", "main")  # it lands
    assert [kept_beside(content) for content in (b"sixth", b"seventh")] == [{b"first", b"fifth"}] * 2
    (script.parent / "earlier" / name_of(b"fifth")).unlink()
    changelog.write_text(f"- `{name_of(b'fifth')}` did harm and is taken away.\n")
    assert kept_beside(b"eighth") == {b"first"}
