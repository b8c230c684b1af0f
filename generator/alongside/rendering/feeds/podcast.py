"""The podcast: stories that can be heard, as podcast apps read them, in `feeds/podcast.rss`.

RSS 2.0 with the elements Apple asks for (Podcasters' RSS requirements, namespace `itunes`) and those of the Podcast
Index for transcripts and people (namespace `podcast`). An app downloads the recording itself, with no detour that
could count it. Owner and mail address are left out: Apple makes them optional, and there is none to give away.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

from alongside.model.recordings import Recording
from alongside.rendering.feeds.text_feeds import FeedAbout, FeedEntry, render_channel, rss_item

PODCAST = "feeds/podcast.rss"  # site path
PICTURES = ("podcast.jpg", "podcast.png")  # below docs_dir: the square picture that apps show
_NAMESPACES = {
    "xmlns:itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "xmlns:podcast": "https://podcastindex.org/namespace/1.0",
}
_GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # of the namespace `podcast`, for feeds
_CATEGORY = ("Society & Culture", "Personal Journals")  # of Apple's list


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A story that can be heard."""

    entry: FeedEntry
    address: str  # of the recording
    recording: Recording
    transcripts: tuple[tuple[str, str], ...]  # (language, address) of WebVTT files


def render_podcast(about: FeedAbout, episodes: Sequence[Episode], *, own: str, picture: str) -> bytes:
    """The feed; `own` is its address, `picture` that of the community's picture for apps, or empty."""
    more = [
        _element("itunes:author", about.community),
        _element("itunes:type", "episodic"),
        _element("itunes:explicit", "false"),
        _element("podcast:guid", str(uuid.uuid5(_GUIDS, _without_scheme(own)))),
    ]
    category = _element("itunes:category", text=_CATEGORY[0])
    ElementTree.SubElement(category, "itunes:category", {"text": _CATEGORY[1]})
    more.append(category)
    if picture:
        more.append(_element("itunes:image", href=picture))
    items = [(episode.entry, _item(episode, about.community, about.address)) for episode in episodes]
    return render_channel(about, items, own=own, namespaces=_NAMESPACES, more=more)


def _item(episode: Episode, community: str, address: str) -> ElementTree.Element:
    entry, recording = episode.entry, episode.recording
    item = rss_item(entry, entry.authors or ((community, address),))
    item.append(_element("enclosure", url=episode.address, length=str(recording.size), type=recording.media_type))
    if recording.seconds:
        item.append(_element("itunes:duration", str(recording.seconds)))
    item.append(_element("itunes:explicit", "false"))
    for name, url in entry.authors:
        item.append(_element("podcast:person", name, role="guest", **({"href": url} if url else {})))
    for language, url in episode.transcripts:
        item.append(_element("podcast:transcript", url=url, type="text/vtt", language=language, rel="captions"))
    return item


def _element(tag: str, content: str = "", **attributes: str) -> ElementTree.Element:
    element = ElementTree.Element(tag, attributes)
    element.text = content or None
    return element


def _without_scheme(address: str) -> str:
    """As the namespace `podcast` makes its guid: the feed's address without its scheme and last slashes."""
    return address.removeprefix(f"{urlsplit(address).scheme}://").rstrip("/")
