"""`alongside search`: the search of a site that is built, as a step of its own."""

from __future__ import annotations

import time
from pathlib import Path

import click

from alongside.cli.built_sites import listed_site
from alongside.cli.options import config_file, now, reports_errors


@click.command(
    "search",
    epilog="""\b
Examples:
  alongside build && alongside search
  alongside search --site-dir public

  Exit 0: the search is there; 1: it could not be made; 2: the call was wrong.""",
)
@config_file
@now
@click.option("-d", "--site-dir", type=click.Path(path_type=Path), help="Where the site is (default: as configured).")
@reports_errors
def command(config_file: Path, now_text: str | None, site_dir: Path | None) -> None:
    """Make the search of stories, people, groups, meetups, challenges and places, beside their pages.

    Run it after each build: a build takes the old search away, so that nothing is found which is not there any more.
    Where nothing changed, nothing is done again. Pages show it where the settings have "search: true".
    """
    from alongside.searching import index_site  # not loaded for `--help`

    started = time.monotonic()
    site = listed_site(config_file, now_text, site_dir)
    settings = site.settings
    done = index_site(site, settings.site_dir, settings.cache_dir)
    click.echo(
        f"{done.records} pages in the search, {done.size / 1e6:.1f} MB in {done.files} files: "
        f"{'made anew' if done.fresh else 'nothing changed'}; {time.monotonic() - started:.1f} s."
    )
    if not settings.search:
        click.echo('No page shows it yet: add "search: true" to the plugin\'s settings, and build.', err=True)
