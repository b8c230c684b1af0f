"""A community as its pages: loaded and rendered as a build does, without MkDocs around it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from alongside.build import list_jobs
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.shells import Page
from alongside.rendering.templates import environment
from alongside.rendering.tracking import Site

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def make_site(
    config_file: Path, *, now: datetime = NOW, drafts: bool = False, overrides: tuple[Path, ...] = ()
) -> Site:
    """The site of a community, nothing rendered yet."""
    settings, _ = read_settings(config_file)
    loaded = load_community(settings, today=now.date(), cache=False)
    return Site(community=loaded.community, settings=settings, now=now, templates=environment(overrides), drafts=drafts)


def render_site(site: Site) -> tuple[dict[str, Page], dict[str, str]]:
    """All pages by path, and all other files (feeds included) by path, as texts."""
    pages: dict[str, Page] = {}
    files: dict[str, str] = {}
    for job in list_jobs(site):
        for made in job.render():
            if isinstance(made, Page):
                pages[made.path] = made
            else:
                files[made.path] = made.content.decode()
    return pages, files


def render_files(
    config_file: Path, *, now: datetime = NOW, drafts: bool = False
) -> tuple[dict[str, Page], dict[str, str]]:
    """As `render_site`, from the configuration file."""
    return render_site(make_site(config_file, now=now, drafts=drafts))
