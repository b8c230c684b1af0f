"""`alongside serve`: MkDocs' live preview with the plugin on; drafts are shown and marked."""

from __future__ import annotations

from pathlib import Path

import click

from alongside.cli.build import at_instant, find_plugin, load_mkdocs_config, mkdocs_log, run_mkdocs
from alongside.cli.options import config_file, now, reports_errors


@click.command("serve", short_help="Build, serve and rebuild on every change.")
@config_file
@now
@click.option(
    "-a", "--dev-addr", metavar="HOST:PORT", help="Where to serve (default: 127.0.0.1:8000, or as configured)."
)
@click.option("-o", "--open", "open_in_browser", is_flag=True, help="Open the site in a browser.")
@click.option("--no-livereload", is_flag=True, help="Do not watch for changes.")
@reports_errors
def command(
    config_file: Path, now_text: str | None, dev_addr: str | None, open_in_browser: bool, no_livereload: bool
) -> None:
    """Serve the site on this machine and build it again on every change of content, journeys or configuration.

    Drafts are shown here, and nowhere else.
    """
    from mkdocs.commands.serve import serve

    if now_text is not None:
        at_instant(now_text)
    find_plugin(load_mkdocs_config(config_file))
    with mkdocs_log(verbose=True):
        run_mkdocs(
            lambda: serve(
                config_file=str(config_file),
                livereload=not no_livereload,
                open_in_browser=open_in_browser,
                dev_addr=dev_addr,
            )
        )
