"""Editions one after another, in this process: what earlier ones held is given back."""

from __future__ import annotations

import threading
import weakref
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from mkdocs.commands.build import build
from mkdocs.config import load_config

from alongside.rendering.tracking import Site
from alongside.serving.editions import Edition
from alongside.serving.frames import Previewer
from alongside.serving.rebuilding import MOST_LEFT, Rebuilder
from conftest import NOW, WriteCommunity
from test_build import FILES, story


def test_earlier_editions_are_given_back(write_community: WriteCommunity) -> None:
    config_file = write_community(FILES)
    changed = config_file.parent / "content/stories/story-1.md"
    alive: weakref.WeakSet[Site] = weakref.WeakSet()
    told = threading.Event()

    def run_mkdocs(folder: Path, previewer: Previewer) -> None:
        config = load_config(config_file=str(config_file), site_dir=str(folder))
        plugin = cast(Any, config.plugins["alongside"])
        config.plugins.on_startup(command="serve", dirty=False)
        plugin.previewer = previewer
        try:
            build(config)
        finally:
            plugin.previewer = None  # MkDocs keeps plugins for whoever builds next in this process

    def tell(edition: Edition, _: float) -> None:
        alive.add(edition.site)
        told.set()

    def clock() -> datetime:
        return NOW

    with Rebuilder(run_mkdocs, clock, config_file=config_file, tell=tell) as rebuilder:
        rebuilder.start()
        for number in range(2 * MOST_LEFT):
            told.clear()
            changed.write_text(story(f"Told {number} times"), encoding="utf-8")
            rebuilder.touch([changed])
            assert told.wait(30)
        assert b"Told 39 times" in bytes(rebuilder.edition.read("stories/story-1/index.html") or b"")
    assert len(alive) <= MOST_LEFT + 2  # sites, which hold themselves
