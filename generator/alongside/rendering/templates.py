"""The one Jinja environment of pages and embeds: undefined names are errors, values are escaped.

Mail bodies are written by authors and run elsewhere, in a sandbox. A site overrides a template by a file of the same
name in the folder `alongside/` of its theme's `custom_dir`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).parent / "templates"


def environment(overrides: Iterable[Path] = (), *, compiled: Path | None = None) -> jinja2.Environment:
    """The environment, looking into `overrides` first. `compiled`: a folder that keeps compiled templates."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*overrides, TEMPLATES]),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=None if compiled is None else compiled_templates(compiled),
    )


def compiled_templates(folder: Path) -> jinja2.BytecodeCache:
    """A place for compiled templates: compiling ours and a theme's takes longer than a small build."""
    folder.mkdir(parents=True, exist_ok=True)
    return jinja2.FileSystemBytecodeCache(str(folder))
