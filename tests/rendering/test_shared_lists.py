"""Lists that pages look into are made when jobs are listed, whatever the community: a later build compares them.

One that only rendering makes is unknown before, counts as changed, and has all its pages rendered anew in every build.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import alongside
from alongside.build import list_jobs
from conftest import ROOT, WriteCommunity
from rendered_site import make_site
from test_build import FILES


def shared_names() -> Iterator[str]:
    """The name of every list that the code shares, wherever it stands."""
    for file in Path(alongside.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "shared":
                if not ast.unparse(node.func.value).endswith("site"):
                    continue
                assert isinstance(node.args[0], ast.Constant), f"{file.name}: a name that only running tells"
                yield str(node.args[0].value)


NAMES = frozenset(shared_names())


@pytest.mark.parametrize("files", [None, FILES, {"content/index.md": "# Nobody yet\n"}], ids=["ours", "small", "empty"])
def test_every_list_is_known_before_any_page_is_rendered(
    write_community: WriteCommunity, files: dict[str, str | bytes] | None
) -> None:
    site = make_site(ROOT / "mkdocs.yml" if files is None else write_community(files))
    list_jobs(site)
    assert len(NAMES) > 30
    unknown = {name for name in NAMES if not site.digest_of_read(name)}
    assert unknown == set(), "make these in rendering.pages.records._prepare, or where their feeds or embeds are listed"
