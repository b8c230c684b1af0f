"""`alongside run`: the service. It answers links in mails over HTTP, and sends and fetches mail by the clock."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alongside.cli.options import config_file, reports_errors
from alongside.cli.passes import check_clock_of, open_desk, real_pass
from alongside.cli.stores import many, opened
from alongside.delivery.arrived.trimming import Trimmer
from alongside.delivery.asks import read_absences
from alongside.delivery.desk import Desk
from alongside.delivery.outgoing import choose_transport
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.store import Store
from alongside.model.community import Community
from alongside.problems import AlongsideError, UsageError
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings

if TYPE_CHECKING:
    from alongside.service.clock import Work
    from alongside.service.home import Home
    from alongside.service.lines import Log

INBOUND_SECONDS = 300.0  # between two looks into the mailbox ALONGSIDE_IMAP_URL names
COUNTS_SECONDS = 60.0  # between two lines that say how many requests came
LAST_PASS_SECONDS = 60.0  # how long a pass under way may take to end; what it leaves is taken up by the next


@click.command(
    "run",
    epilog="""\b
Examples:
  alongside run                          on 127.0.0.1:8025, behind a proxy that speaks HTTPS
  alongside run --port 9000 --every 30   another port, a pass over what is due twice a minute

  Tell mails of it in mkdocs.yml: mail: {service: "https://example.org/alongside/"}. Where mail goes and where it
  comes from, ALONGSIDE_SMTP_URL and ALONGSIDE_IMAP_URL say, as for alongside send and alongside inbound.
  It ends on SIGTERM, after the mails it is sending. Started twice on one store, nothing is sent twice.""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="The port; 0: any.")
@click.option(
    "--every",
    "every_seconds",
    type=click.IntRange(1, 86_400),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How often to send what is due.",
)
@config_file
@reports_errors
def command(host: str, port: int, every_seconds: int, config_file: Path) -> None:
    """Answer one-click stop and confirmation links, send what is due every minute, and fetch answers.

    Files that change are read again. What goes wrong is told in one line on stderr and tried again.
    """
    _require_extra()
    from alongside.service.app import Service, make_app
    from alongside.service.clock import start_clock
    from alongside.service.home import LiveHome
    from alongside.service.lines import line_log
    from alongside.service.server import listen, serve, signals_stop

    log = line_log(_now)
    stopping = threading.Event()
    with signals_stop(stopping):
        home = LiveHome(
            lambda: read_settings(config_file)[0], lambda settings, day: _read_community(settings, day, log), now=_now()
        )
        with opened(home.current.settings) as store:
            service = Service(store=store, home=lambda: home.current, now=_now, log=log)
            listener = listen(host, port)
            _say_hello(log, home.current, listener.getsockname()[:2])
            mail = MailRound(store, lambda: home.refresh(_now()), stopping, os.environ)
            fetches = bool(os.environ.get("ALONGSIDE_IMAP_URL", "").strip())
            works = _works(mail, every_seconds, service.counts.take, fetches=fetches)
            threads = start_clock(works, stopping=stopping, log=log)
            serve(make_app(service), listener, stopping=stopping, log=log, counts=service.counts)
            stopping.set()
            _wait_for(threads, log)
            counted = service.counts.take()
            if counted:
                log("info", "http", counted)
    log("info", "run", "stopped")


class MailRound:
    """Passes over mail that goes out and mail that came in, on the community as its files are by then."""

    def __init__(
        self, store: Store, refresh: Callable[[], Home], stopping: threading.Event, environment: Mapping[str, str]
    ) -> None:
        """`refresh` reads what changed; `stopping`, once set, ends a pass after the mails it has in hand."""
        self._store = store
        self._refresh = refresh
        self._stopping = stopping
        self._environment = environment
        self._trimmer = Trimmer()
        self._desk: tuple[Home, object, Desk] | None = None  # (of what, and of which absences and keys, the desk)

    def send(self) -> str:
        """A pass of `alongside send`; what it did, in counts."""
        home = self._refresh()
        transport = choose_transport(home.settings, self._environment, simulated=False)
        check_clock_of(self._store, catch_up=False)
        report = real_pass(self._store, self._desk_of(home), transport, stopping=self._stopping.is_set)
        counts: Counter[str] = Counter(outcome.kind for outcome in report.outcomes)
        letters = {f"letters_{what}": n for what, n in report.letters.items()}
        return _told({**counts, **letters, **{f"recovered_{what}": n for what, n in asdict(report.recovered).items()}})

    def fetch(self) -> str:
        """A pass of `alongside inbound --imap`; what was heard for the first time, in counts."""
        from alongside.delivery.inbound import ingest, reception_of
        from alongside.delivery.inbound.imap import parse_imap_url, poll

        home = self._refresh()
        reception = reception_of(home.settings, home.community, trim=self._trimmer.trim)
        kinds: list[str] = []

        def hear(raw: bytes) -> None:
            if self._stopping.is_set():
                raise _StoppedError("The service stops.")  # the rest of the batch comes again, and is heard then
            heard = ingest(self._store, raw, reception=reception, now=_now())
            if not heard.again:
                kinds.append(heard.kind)

        with contextlib.suppress(_StoppedError):
            poll(self._store, parse_imap_url(self._environment["ALONGSIDE_IMAP_URL"]), hear=hear)
        return _told(Counter(kinds))

    def _desk_of(self, home: Home) -> Desk:
        """What writes its mails: worked out once for each state of the files."""
        now = _now()
        with self._store.reading() as connection:
            seen = (read_absences(connection, now=now), read_relay_keys(connection, self._store.key).epoch, now.date())
        if self._desk is None or self._desk[0] is not home or self._desk[1] != seen:
            self._desk = (home, seen, open_desk(self._store, home.community, home.settings, now=now))
        return self._desk[2]


class _StoppedError(AlongsideError):
    """Mail that is being fetched is left for the next time."""


def _told(counts: Mapping[str, int]) -> str:
    """`sent=3 skipped=1`, or nothing."""
    return " ".join(f"{what}={count}" for what, count in sorted(counts.items()) if count)


def _works(mail: MailRound, every_seconds: float, counts: Callable[[], str], *, fetches: bool) -> tuple[Work, ...]:
    """What the clock does."""
    from alongside.service.clock import Work

    works = [
        Work(name="send", every_seconds=every_seconds, run=mail.send),
        Work(name="http", every_seconds=COUNTS_SECONDS, run=counts),
    ]
    if fetches:
        works.append(Work(name="inbound", every_seconds=INBOUND_SECONDS, run=mail.fetch))
    return tuple(works)


def _now() -> datetime:
    return datetime.now(UTC)


def _require_extra() -> None:
    """Raises `UsageError` when Starlette or uvicorn are not installed."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The service needs {error.name}, which is not installed.",
            hint='Install it with: pip install "alongside[service]"',
        ) from error


def _read_community(settings: Settings, day: date, log: Log) -> Community:
    """The community's files, read. Errors in them are counted; `alongside check` tells them."""
    begun = time.perf_counter()
    loaded = load_community(settings, today=day)
    errors = sum(problem.severity == "error" for problem in loaded.problems)
    told = f"{many(loaded.files, 'file')} in {time.perf_counter() - begun:.1f} s"
    if errors:
        log("warning", "read", f"{told}, {many(errors, 'error')}; what is wrong is left out. See: alongside check")
    else:
        log("info", "read", told)
    return loaded.community


def _say_hello(log: Log, home: Home, address: Sequence[object]) -> None:
    host, port = address
    shown = f"[{host}]" if ":" in str(host) else host
    log("info", "run", f"listening on http://{shown}:{port}/")
    if not home.settings.mail.service:
        log("warning", "run", 'No mail names this service yet: set mail: {service: "https://..."} in mkdocs.yml.')


def _wait_for(threads: Sequence[threading.Thread], log: Log) -> None:
    """The passes under way end after the batch they are at."""
    until = time.monotonic() + LAST_PASS_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = [thread.name for thread in threads if thread.is_alive()]
    if late:
        log("warning", "run", f"ended during {', '.join(late)}; what that held is taken up again later")
