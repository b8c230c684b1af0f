"""The script of embeds and its style: their file names, and what a page may check them by (Subresource Integrity)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from alongside.rendering.embeds.files import BASE

_ASSETS = Path(__file__).parent.parent / "assets" / "embed"
SCRIPT = f"{BASE}alongside.js"  # follows every upgrade
FRAME_SCRIPT = f"{BASE}frame.js"  # of the pages for iframes
STYLE = f"{BASE}style.css"
# attributes that say for whom an `<alongside-moment>` is, beside `moment`
PROFILE = ("challenges", "topics", "roles", "place", "languages", "newcomer", "near", "text", "timezone")


@cache
def script_bytes() -> bytes:
    """The script as it is served; `tools/build_embed_script` makes it of `element.js` and `rank.js`."""
    return (_ASSETS / "alongside.min.js").read_bytes()


def pinned_script() -> str:
    """The site path of the same script under a name that never holds another one."""
    return _pinned("alongside", script_bytes())


@cache
def _note_bytes() -> bytes:
    return (_ASSETS / "note.min.js").read_bytes()


def note_script() -> str:
    """The site path of the form for a note, which the script fetches by that name (`note.js`)."""
    return _pinned("note", _note_bytes())


def _pinned(name: str, content: bytes) -> str:
    return f"{BASE}{name}.{hashlib.sha256(content).hexdigest()[:12]}.js"


def integrity() -> str:
    """What the `integrity` attribute of a script element holds for it (W3C Subresource Integrity)."""
    return _integrity(script_bytes())


def note_integrity() -> str:
    """The same for the form's, which an import map may hold."""
    return _integrity(_note_bytes())


def _integrity(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def earlier_scripts() -> Iterator[tuple[str, bytes]]:
    """(site path, content) of those that pages have pinned before this one; `tools/build_embed_script` keeps them."""
    for file in sorted((_ASSETS / "earlier").glob("*.js")):
        if BASE + file.name not in (pinned_script(), note_script()):  # an earlier one may become the present one again
            yield BASE + file.name, file.read_bytes()


def script_files() -> Iterator[tuple[str, bytes]]:
    """(site path, content) of scripts and style."""
    yield SCRIPT, script_bytes()
    yield pinned_script(), script_bytes()
    yield note_script(), _note_bytes()
    yield from earlier_scripts()
    yield FRAME_SCRIPT, (_ASSETS / "frame.js").read_bytes()
    yield STYLE, _short((_ASSETS / "element.css").read_text(encoding="utf-8")).encode()


def _short(css: str) -> str:
    """Without comments and the white space that only people need."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", css)).replace(": ", ":").strip()
