"""The one Jinja environment of pages and embeds: undefined names are errors, values are escaped.

Mail bodies are written by authors and run elsewhere, in a sandbox. A site overrides a template by a file of the same
name in the folder `alongside/` of its theme's `custom_dir`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from types import MethodType
from typing import Any

import jinja2
import jinja2.bccache
import jinja2.runtime

from alongside.rendering.artifacts import read_sealed, write_sealed

TEMPLATES = Path(__file__).parent / "templates"


def environment(overrides: Iterable[Path] = (), *, compiled: Path | None = None) -> jinja2.Environment:
    """The environment, looking into `overrides` first. `compiled`: a folder that keeps compiled templates."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*overrides, TEMPLATES]),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=None if compiled is None else compiled_templates(compiled),
    )
    made.context_class = _Context
    return made


class _Context(jinja2.runtime.Context):
    """Calls what templates call most, methods of ours and macros, without asking what each wants to be given.

    Jinja asks that of any callable, which takes longer than most of the calls. Methods of `PageWords` and of strings
    want nothing; a macro wants the evaluation context.
    """

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  as Jinja names them
        kind = type(__obj)
        if kind is jinja2.runtime.Macro:
            args = (__self.eval_ctx, *args)
        elif kind is not MethodType:
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return __obj(*args, **kwargs)


def compiled_templates(folder: Path) -> jinja2.BytecodeCache:
    """A place for compiled templates: compiling ours and a theme's takes longer than a small build."""
    with contextlib.suppress(OSError):  # where nothing can be kept, all is compiled
        folder.mkdir(parents=True, exist_ok=True)
    return SealedTemplates(str(folder))


class SealedTemplates(jinja2.FileSystemBytecodeCache):
    """Each file begins with the digest of the rest: code of which a byte is another would do something else, or crash.

    What cannot be read or written costs the time.
    """

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Fill `bucket` with the code that was kept for it, if there is any."""
        try:
            bucket.bytecode_from_string(read_sealed(self._file(bucket)))
        except (OSError, ValueError):
            bucket.reset()

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keep the code of `bucket`."""
        with contextlib.suppress(OSError):
            write_sealed(self._file(bucket), bucket.bytecode_to_string())

    def _file(self, bucket: jinja2.bccache.Bucket) -> Path:
        return Path(self._get_cache_filename(bucket))
