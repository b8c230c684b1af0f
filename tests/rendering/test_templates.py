"""Compiled templates: kept beside the package or in the cache, never run when damaged, never needed."""

from __future__ import annotations

import shutil
from pathlib import Path

import jinja2
import pytest

import compiled_templates
from alongside.rendering import templates
from alongside.rendering.templates import environment


def test_what_is_kept_is_used_unless_it_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(templates.TEMPLATES, tmp_path / "package/templates", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(templates, "TEMPLATES", tmp_path / "package/templates")
    monkeypatch.setattr(templates, "_PACKAGE", str(tmp_path / "package"))
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    own = tmp_path / "own"
    own.mkdir()
    (own / "own.html").write_text("{{ 1 + 1 }}")
    for method in ("load", "dump"):  # the tests keep what was compiled in memory, too
        real = getattr(compiled_templates, f"_{method}")
        monkeypatch.setattr(templates.SealedTemplates, f"{method}_bytecode", real)
    compiled: list[str] = []
    compile_one = jinja2.Environment._compile

    def counted(self: jinja2.Environment, source: str, filename: str) -> object:
        compiled.append(Path(filename).name)
        return compile_one(self, source, filename)

    monkeypatch.setattr(jinja2.Environment, "_compile", counted)

    def render(cache: str) -> list[str]:
        compiled.clear()
        made = environment([own], compiled=tmp_path / cache)
        assert made.get_template("own.html").render() == "2"
        made.get_template("story.html")
        return sorted(compiled)

    assert render("one") == ["own.html", "story.html"]
    assert render("one") == []
    assert render("two") == ["own.html"]  # of another community: the package's need not be compiled again
    assert len(list((tmp_path / "one").iterdir())) == 1
    for folder in (tmp_path / "one", tmp_path / "package/templates/__pycache__"):
        for file in folder.iterdir():
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 1
            file.write_bytes(content)
    assert render("one") == ["own.html", "story.html"]
    assert render("one") == []
    (tmp_path / "file").write_text("where the folder would be")
    assert render("file") == ["own.html"]
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert render("three") == ["own.html", "story.html"]
