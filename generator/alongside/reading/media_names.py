"""Names of pictures and recordings in whatever text: where a path starts from is not known, its last part is."""

from __future__ import annotations

import re
from urllib.parse import unquote

from alongside.model.recordings import AUDIO_TYPES, VIDEO_TYPES
from alongside.source import boxes, pictures

_ENDINGS = pictures.ENDINGS | boxes.ENDINGS | AUDIO_TYPES.keys() | VIDEO_TYPES.keys() | {"gif", "svg", "bmp", "vtt"}
_ANY = re.compile(rf"\.(?:{'|'.join(sorted(_ENDINGS))})", re.IGNORECASE)  # most texts have none
_BETWEEN = re.compile(r"""[\s"'()<>\[\]{}/\\|,;=?#&*`]+""")


def media_names(text: str) -> frozenset[str]:
    """The names that stand anywhere in a text: Markdown, HTML, settings. As `media_name` writes them.

    >>> sorted(media_names('![Us](../a%20b.jpg) and <img src="/stories/Desk.PNG?1">, no guide.md'))
    ['b.jpg', 'desk.png']
    """
    if _ANY.search(text) is None:
        return frozenset()
    return frozenset(name for word in _BETWEEN.split(text) if (name := media_name(word)))


def media_name(path: str) -> str:
    """The name of a picture or recording without its folders, folded; empty for any other file.

    Of a name with blanks, what stands behind the last: in HTML, nothing else ends a name.
    """
    ending = path.rpartition(".")[2].casefold()
    return unquote(path.rpartition("/")[2]).rpartition(" ")[2].casefold() if ending in _ENDINGS else ""
