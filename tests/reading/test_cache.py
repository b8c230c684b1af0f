"""The cache of readings: never another answer, whatever is in it."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from alongside.reading import cache as reading_cache
from alongside.reading.cache import NAME
from alongside.reading.loader import Loaded, load_community
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings
from conftest import TODAY, WriteCommunity
from reading.planted_faults import FILES, GOOD


def load(settings: Settings, *, cache: bool = True) -> Loaded:
    return load_community(settings, today=TODAY, cache=cache)


@pytest.fixture
def settings(write_community: WriteCommunity) -> Settings:
    return read_settings(write_community({**GOOD, **{planted.path: planted.content for planted in FILES}}))[0]


def same(first: Loaded, second: Loaded) -> bool:
    return pickle.dumps((first.community, first.problems)) == pickle.dumps((second.community, second.problems)) or (
        first.community == second.community and first.problems == second.problems
    )


def test_the_second_time_nothing_is_read_and_all_is_the_same(settings: Settings) -> None:
    first, second, plain = load(settings), load(settings), load(settings, cache=False)
    assert first.fresh > 100
    journeys = sum(1 for path in settings.journeys_dir.rglob("*.*"))
    assert second.fresh == journeys  # they are few, and always read
    assert same(first, plain)
    assert same(second, plain)
    assert second.community.stories["a-talk"].position == plain.community.stories["a-talk"].position


def test_an_edit_a_deletion_and_a_new_file_are_seen(settings: Settings) -> None:
    load(settings)
    story = settings.docs_dir / "stories/a-talk.md"
    text = story.read_text(encoding="utf-8")
    status = story.stat()
    story.write_text(text.replace("My first talk", "Mx first talk"), encoding="utf-8")
    os.utime(story, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    (settings.docs_dir / "groups/docs.md").unlink()
    (settings.docs_dir / "stories/new.md").write_text(text, encoding="utf-8")
    again = load(settings)
    assert again.community.stories["a-talk"].title == "Mx first talk"
    assert "new" in again.community.stories
    assert "docs" not in again.community.groups
    assert same(again, load(settings, cache=False))


def test_a_touched_file_is_known_by_its_content(settings: Settings) -> None:
    load(settings)
    for file in settings.docs_dir.rglob("*.md"):
        os.utime(file, (1, 1))
    journeys = sum(1 for path in settings.journeys_dir.rglob("*.*"))
    assert load(settings).fresh == journeys


def test_other_settings_read_everything_again(settings: Settings) -> None:
    import dataclasses

    load(settings)
    french = dataclasses.replace(settings, language="fr")
    assert load(french).community.members["email-in-bio"].languages == ("fr",)


class Acts:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize(
    "content",
    [b"", b"no pickle", pickle.dumps(("x", {})), pickle.dumps([1]), pickle.dumps({"a": Acts()}), b"\x80\x05\x95\xff"],
)
def test_a_broken_or_foreign_cache_is_no_cache(content: bytes, settings: Settings) -> None:
    settings.cache_dir.mkdir(parents=True)
    (settings.cache_dir / NAME).write_bytes(content)
    assert same(load(settings), load(settings, cache=False))


def test_a_forged_cache_cannot_act() -> None:
    with pytest.raises(pickle.UnpicklingError, match="is no part of a reading"):
        reading_cache.RecordUnpickler(__import__("io").BytesIO(pickle.dumps(Acts()))).load()


def test_a_cut_cache_is_no_cache(settings: Settings) -> None:
    load(settings)
    file = settings.cache_dir / NAME
    file.write_bytes(file.read_bytes()[:-500])
    assert same(load(settings), load(settings, cache=False))


def test_a_place_that_cannot_be_written_to_only_costs_time(settings: Settings) -> None:
    settings.build_dir.write_text("a file where the folder would be", encoding="utf-8")
    assert same(load(settings), load(settings, cache=False))


def test_nothing_half_written_stays(settings: Settings) -> None:
    load(settings)
    assert sorted(path.name for path in Path(settings.cache_dir).iterdir()) == [NAME]
