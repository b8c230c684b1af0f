"""`alongside serve`: the site while it is written. An edit is served in the time of one page; drafts are shown."""

from __future__ import annotations

import logging
import re
import signal
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from alongside.cli.build import at_instant, count, find_plugin, hearing_mkdocs, load_mkdocs_config, run_mkdocs
from alongside.cli.options import config_file, now, reports_errors, wants_colour
from alongside.problems import AlongsideError, Position, Problem, UsageError
from alongside.reading.fingerprint import fingerprint
from alongside.reading.settings_file import read_settings, relative

if TYPE_CHECKING:
    from alongside.serving.editions import Edition
    from alongside.serving.frames import Previewer
    from alongside.serving.rebuilding import Rebuilder
    from alongside.serving.watching import Watch

_NAMED_PAGE = re.compile(r"(?:Doc file|page|file) '([^']+)'")  # as MkDocs names the page it warns about


@click.command("serve", short_help="Serve the site, and follow every change.")
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
    """Serve the site on this machine; pages follow every change of content, journeys or configuration.

    Drafts are shown here, and nowhere else. Each page tells what is wrong with its file, and leads to a preview of the
    mails and embeds it stands in.
    """
    from alongside.serving.rebuilding import Rebuilder
    from alongside.serving.server import SiteServer
    from alongside.serving.watching import Watch

    if now_text is not None:
        at_instant(now_text)
    mkdocs = _MkDocs(config_file.absolute())
    host, port = _address(dev_addr) if dev_addr is not None else mkdocs.address
    progress = _progress if sys.stderr.isatty() else None
    with (
        _until_stopped() as stopped,
        SiteServer(host, port, mount=mkdocs.mount, live=not no_livereload) as server,
        mkdocs,
        Rebuilder(mkdocs.run, mkdocs.clock, config_file=mkdocs.config_file, tell=_tell, progress=progress) as rebuilder,
        ExitStack() as until_the_end,
    ):
        before = mkdocs.state()
        _start(rebuilder)
        if stopped.is_set():
            return  # while it was built
        if not no_livereload:
            # only now: reading is done by several processes as long as there is one thread
            mkdocs.watch = until_the_end.enter_context(Watch(rebuilder.touch, tell=_warn))
            mkdocs.follow()
            if mkdocs.state() != before:
                rebuilder.touch([mkdocs.config_file])
        server.rebuilder = rebuilder
        threading.Thread(target=server.serve_forever, name="serving", daemon=True).start()
        click.echo(f"Serving {server.address} (Ctrl-C stops it)", err=True)
        if open_in_browser:
            webbrowser.open(server.address)
        stopped.wait()
        rebuilder.stopping = True
        server.shutdown()


def _start(rebuilder: Rebuilder) -> None:
    """Make the first edition. Raises `AlongsideError` after saying what MkDocs warned about."""
    try:
        run_mkdocs(rebuilder.start)
    except AlongsideError:
        for problem in rebuilder.heard:
            click.echo(str(problem), err=True)
        raise


class _MkDocs:
    """MkDocs as `serving` needs it. A context manager, which lets the plugins begin and end."""

    def __init__(self, config_file: Path) -> None:
        """Raises `UsageError` or `AlongsideError` when there is no configuration that can be used."""
        self.config_file = config_file
        self._config = load_mkdocs_config(config_file)
        self._settings, _ = read_settings(config_file)
        self.watch: Watch | None = None
        self.clock = find_plugin(self._config).clock
        self.mount = "/" + (urlsplit(self._config.site_url or "").path.strip("/") + "/").lstrip("/")
        self.address = (self._config.dev_addr.host, self._config.dev_addr.port)

    def state(self) -> bytes:
        """Another one when content or journeys were touched."""
        return fingerprint(self._settings)

    def follow(self) -> None:
        """Watch what decides what is made: content, journeys, configuration, a theme of the site's own."""
        if self.watch is None:
            return
        ours = Path(__file__).parent.parent
        themes = [Path(folder) for folder in self._config.theme.dirs]
        own = [folder for folder in themes if not folder.is_relative_to(ours) and "site-packages" not in folder.parts]
        named = [Path(str(path)).absolute() for path in (*self._config.hooks, *self._config.watch)]
        self.watch.follow(
            (self.config_file, self._settings.docs_dir, self._settings.journeys_dir, *own, *named),
            leave=(self._settings.site_dir, self._settings.build_dir),
        )

    def __enter__(self) -> _MkDocs:
        self._config.plugins.on_startup(command="serve", dirty=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._config.plugins.on_shutdown()

    def run(self, folder: Path, previewer: Previewer) -> None:
        """Run MkDocs into a folder. Raises what it raises."""
        from mkdocs.commands.build import build

        with hearing_mkdocs(_Hearing(previewer, self._config), logging.WARNING):
            self._config = load_mkdocs_config(self.config_file, site_dir=str(folder))
            self._settings, _ = read_settings(self.config_file)
            self.follow()
            find_plugin(self._config).previewer = previewer
            # with an address, MkDocs also makes the drafts among its own pages
            run_mkdocs(lambda: build(self._config, serve_url=self._config.site_url or "/"))


class _Hearing(logging.Handler):
    """Makes problems of what MkDocs and its plugins warn about."""

    def __init__(self, previewer: Previewer, config: Any) -> None:
        super().__init__(logging.WARNING)
        self._previewer = previewer
        self._root = Path(config.config_file_path).parent
        self._docs_dir = Path(config.docs_dir)
        self._config_name = Path(config.config_file_path).name

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        named = _NAMED_PAGE.search(text)
        path = relative(self._docs_dir / named[1], self._root) if named is not None else self._config_name
        self._previewer.heard.append(
            Problem(
                position=Position(path),
                code="mkdocs",
                message=text,
                severity="error" if record.levelno > logging.WARNING else "warning",
            )
        )


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """An event that is set by Ctrl-C and by SIGTERM; a second one of these ends at once."""
    stopped = threading.Event()

    def stop(*_: object) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _address(text: str) -> tuple[str, int]:
    """Host and port of `--dev-addr`. Raises `UsageError`."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f'--dev-addr "{text}" is no address.', hint="Write a host and a port: 127.0.0.1:8000")
    return host, int(port)


def _warn(text: str) -> None:
    click.echo(click.style(text, fg="yellow") if wants_colour("stderr") else text, err=True)


def _progress(done: int, total: int) -> None:
    """One line that is written over, on a terminal."""
    end = "\n" if done >= total else ""
    click.echo(f"\r{done} of {total} files read{end}", nl=False, err=True)


def _tell(edition: Edition, seconds: float) -> None:
    """`3 problems; 0.31 s`, and of the first edition how many pages there are."""
    errors = sum(problem.severity == "error" for problem in edition.problems)
    warnings = len(edition.problems) - errors
    counts = [count(errors, "problem")] if errors else []
    counts += [count(warnings, "warning")] if warnings else []
    said = ", ".join(counts) or "no problems"
    if errors and wants_colour("stderr"):
        said = click.style(said, fg="yellow")
    what = f"{count(len(edition.site.pages), 'page')} of records" if edition.number == 1 else "Changed"
    click.echo(f"{what}: {said}; {seconds:.2f} s", err=True)
