"""The jobs of embeds: what ranking needs, what is shown, and what is the same on every site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from alongside.model.community import Community
from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.embeds.cards import card_jobs
from alongside.rendering.embeds.characters import character_tables
from alongside.rendering.embeds.files import BASE, json_bytes
from alongside.rendering.embeds.layouts import embed_texts
from alongside.rendering.embeds.places import place_shards
from alongside.rendering.embeds.scripts import script_files
from alongside.rendering.embeds.shards import shard_jobs
from alongside.rendering.interface import interface_languages
from alongside.rendering.tracking import Site


def has_embeds(community: Community) -> bool:
    """True when any moment is more than a mail: only then is there anything below `embed/v1/`."""
    return any(moment.where != "mail" for journey in community.journeys.values() for moment in journey.moments)


def embed_jobs(site: Site) -> Iterator[Job]:
    """All files below `embed/v1/`; none where no journey has a moment to show."""
    if not has_embeds(site.whole):
        return
    yield from shard_jobs(site)
    yield from card_jobs(site)
    yield Job(name=f"{BASE}characters", render=partial(_files, "characters"), page=False)
    if site.whole.places:  # a community that is nowhere needs no map
        yield Job(name=f"{BASE}places", render=partial(_files, "places"), page=False)
    yield Job(name=f"{BASE}scripts", render=partial(_files, "scripts"), page=False)
    yield Job(name=f"{BASE}texts", render=_texts, page=False)


def _files(what: str) -> Iterator[Artifact]:
    """What depends on this package alone."""
    files: dict[str, Callable[[], Iterable[tuple[str, bytes]]]]
    files = {"characters": character_tables, "places": place_shards, "scripts": script_files}
    for path, content in files[what]():
        yield Artifact(path, content)


def _texts() -> Iterator[Artifact]:
    for language in interface_languages():
        yield Artifact(f"{BASE}texts/{language}.json", json_bytes(embed_texts(language)))
