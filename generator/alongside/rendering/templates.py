"""The one Jinja environment of pages and embeds: undefined names are errors, values are escaped.

Mail bodies are written by authors and run elsewhere, in a sandbox. A site overrides a template by a file of the same
name in the folder `alongside/` of its theme's `custom_dir`.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MethodType
from typing import Any

import jinja2
import jinja2.bccache
import jinja2.runtime

from alongside import __version__
from alongside.rendering.artifacts import read_sealed, write_sealed

TEMPLATES = Path(__file__).parent / "templates"
_PACKAGE = str(Path(__file__).parent.parent)


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

    Those of this package are kept beside it, as Python keeps what it compiled of its modules, so that the first build
    of a community need not compile them. What cannot be read or written costs the time.
    """

    def __init__(self, directory: str) -> None:
        super().__init__(directory)
        self._packaged: set[str] = set()  # keys of the package's templates

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """As its parent; another version of ours or of Jinja compiles anew."""
        made = f"{name} {__version__} {jinja2.__version__} {Path(__file__).stat().st_mtime_ns}"
        return super().get_cache_key(made, filename)

    def get_bucket(
        self, environment: jinja2.Environment, name: str, filename: str | None, source: str
    ) -> jinja2.bccache.Bucket:
        """As its parent; notes which templates are the package's."""
        key = self.get_cache_key(name, filename)
        if filename is not None and filename.startswith(_PACKAGE) and not sys.dont_write_bytecode:
            self._packaged.add(key)
        return super().get_bucket(environment, name, filename, source)

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Fill `bucket` with the code that was kept for it, if there is any."""
        for file in self._files(bucket):
            with contextlib.suppress(OSError, ValueError):
                bucket.bytecode_from_string(read_sealed(file))
                return
        bucket.reset()

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keep the code of `bucket`."""
        for file in self._files(bucket):
            with contextlib.suppress(OSError):
                file.parent.mkdir(exist_ok=True)
                write_sealed(file, bucket.bytecode_to_string())
                return

    def _files(self, bucket: jinja2.bccache.Bucket) -> Iterator[Path]:
        """Where the code may be kept, the better place first."""
        name = self._get_cache_filename(bucket)
        if bucket.key in self._packaged:
            yield TEMPLATES / "__pycache__" / Path(name).name
        yield Path(name)
