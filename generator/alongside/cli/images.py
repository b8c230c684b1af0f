"""`alongside images`: the pictures of a site that is built, as a step of its own."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from alongside.cli.build import count
from alongside.cli.built_sites import listed_site
from alongside.cli.options import config_file, now, reports_errors, wants_colour
from alongside.problems import cannot_access


@click.command(
    "images",
    epilog="""\b
Examples:
  alongside build && alongside images
  alongside images --site-dir public

  Exit 0: the pictures are there; 1: they could not be made; 2: the call was wrong.""",
)
@config_file
@now
@click.option("-d", "--site-dir", type=click.Path(path_type=Path), help="Where the site is (default: as configured).")
@reports_errors
def command(config_file: Path, now_text: str | None, site_dir: Path | None) -> None:
    """Draw what chats and networks show beside a link to a page, and make smaller copies of pictures and photos.

    Run it after each build: pages name these pictures where the settings have "images: true", and a build takes the
    old ones away, so that nobody is on one who is not on the site any more. What did not change is not made again.
    """
    from alongside.imaging.steps import make_images  # not loaded for `--help`

    started = time.monotonic()
    site = listed_site(config_file, now_text, site_dir)
    settings = site.settings
    progress = _progress if sys.stderr.isatty() else None
    try:
        done = make_images(site, settings.site_dir, settings.cache_dir, progress=progress)
    except OSError as error:  # a full disk does not say where it is
        raise cannot_access(OSError(error.errno, error.strerror, error.filename or str(settings.cache_dir))) from error
    for path in done.broken:
        text = f"{path} cannot be decoded: pages show it as it is. Save it anew as JPEG, PNG or WebP."
        click.echo(click.style(text, fg="yellow") if wants_colour("stderr") else text, err=True)
    click.echo(
        f"{count(done.cards, 'picture')} for links, {done.copies} smaller copies, {done.size / 1e6:.1f} MB: "
        f"{done.fresh} made, {done.removed} removed; {time.monotonic() - started:.1f} s."
    )
    if not settings.site_url:
        click.echo("A chat asks for a picture by its whole address: without site_url none is drawn.", err=True)


def _progress(done: int, total: int) -> None:
    """One line that is written over, on a terminal."""
    end = "\n" if done >= total else ""
    click.echo(f"\r{done} of {total} made{end}", nl=False, err=True)
