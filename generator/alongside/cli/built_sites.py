"""What the steps after a build begin with: the site as the build had it, its pages listed and none rendered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from alongside.cli.options import clock

if TYPE_CHECKING:
    from alongside.rendering.tracking import Site


def listed_site(config_file: Path, now_text: str | None, site_dir: Path | None) -> Site:
    """The site of a community at an instant; `site_dir`: where it is, if not where the settings say."""
    from alongside.build import list_jobs  # what only a build needs is not loaded for `--help`
    from alongside.reading.loader import load_community
    from alongside.reading.settings_file import read_settings
    from alongside.rendering.tracking import Site

    at = clock(now_text)
    settings, _ = read_settings(config_file)
    if site_dir is not None:
        settings = replace(settings, site_dir=site_dir.absolute())
    site = Site(community=load_community(settings, today=at.now.date()).community, settings=settings, now=at.now)
    list_jobs(site)
    return site
