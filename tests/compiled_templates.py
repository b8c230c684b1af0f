"""Templates compiled once in a process, though each test builds in a folder of its own, whose cache is empty.

Compiling takes longer than a small build. What is kept is what the cache on the disk would hold: by name, file and
source of the template, as Jinja names it there.
"""

from __future__ import annotations

from types import CodeType

from jinja2.bccache import Bucket

from alongside.rendering.templates import SealedTemplates

_load, _dump = SealedTemplates.load_bytecode, SealedTemplates.dump_bytecode
_kept: dict[tuple[str, str], CodeType | None] = {}


def keep_compiled_templates() -> None:
    """From now on, in this process and its forks."""
    SealedTemplates.load_bytecode = _load_kept  # type: ignore[method-assign]
    SealedTemplates.dump_bytecode = _dump_and_keep  # type: ignore[method-assign]


def _load_kept(self: SealedTemplates, bucket: Bucket) -> None:
    _load(self, bucket)
    code = _kept.get((bucket.key, bucket.checksum))
    if bucket.code is None and code is not None:
        bucket.code = code
        _dump(self, bucket)  # the disk has it, too, as after compiling


def _dump_and_keep(self: SealedTemplates, bucket: Bucket) -> None:
    _kept[bucket.key, bucket.checksum] = bucket.code
    _dump(self, bucket)
