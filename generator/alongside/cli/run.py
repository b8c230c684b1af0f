"""`alongside run`: the service. It answers links in mails over HTTP, and sends and fetches mail by the clock.

Where a mail server hands over what arrives (LMTP), it takes that too.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alongside.cli.options import config_file, reports_errors
from alongside.cli.passes import check_clock_of, open_desk, real_pass
from alongside.cli.stores import many, opened
from alongside.delivery.arrived.trimming import Trimmer
from alongside.delivery.credentials import read_secret
from alongside.delivery.desk import Desk
from alongside.delivery.inbound.listening import Place, listening, parse_place
from alongside.delivery.members import read_choices
from alongside.delivery.outgoing import choose_transport
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.store import Store
from alongside.model.community import Community
from alongside.problems import AlongsideError, UsageError, mask_addresses
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings

if TYPE_CHECKING:
    import socket

    from alongside.service.clock import Work
    from alongside.service.core import Service
    from alongside.service.figures import Figures
    from alongside.service.home import Home, LiveHome
    from alongside.service.lines import Log, Style
    from alongside.service.signatures import LiveSenders
    from alongside.service.systemd import Supervisor

INBOUND_SECONDS = 300.0  # between two looks into the mailbox ALONGSIDE_IMAP_URL names
COUNTS_SECONDS = 60.0  # between two lines that say how many requests came
READ_SECONDS = 60.0  # between two looks whether files changed, where no clock looks before its passes
LAST_PASS_SECONDS = 60.0  # how long a pass under way may take to end; what it leaves is taken up by the next
TICK_SECONDS = 0.1
STUCK_SECONDS = 30.0  # without a turn of the HTTP loop: then systemd hears nothing, and starts the service again
PARTS = ("http", "clock", "lmtp")


@click.command(
    "run",
    epilog="""\b
Examples:
  alongside run                          on 127.0.0.1:8025, behind a proxy that speaks HTTPS
  alongside run --port 9000 --every 30   another port, a pass over what is due twice a minute
  alongside run --lmtp unix:/run/alongside/lmtp              a mail server hands over what arrives
  alongside run --lmtp 127.0.0.1:8024 --only lmtp            that alone; cron sends

  Tell mails of it in mkdocs.yml: mail: {service: "https://example.org/alongside/"}. Where mail goes and where it
  comes from, ALONGSIDE_SMTP_URL and ALONGSIDE_IMAP_URL say, as for alongside send and alongside inbound.
  It ends on SIGTERM, after the mails it has in hand, and reads settings and content again on SIGHUP. Started twice
  on one store, nothing is sent twice. Every secret may stand in a file: ALONGSIDE_SMTP_URL_FILE, and so on.

\b
Postfix, in main.cf, with --lmtp unix:/var/spool/postfix/alongside/lmtp:
  recipient_delimiter = +
  transport_maps = inline:{ community@example.org=lmtp:unix:alongside/lmtp }
or, for a domain that is all ours, virtual_transport = lmtp:unix:alongside/lmtp. The socket is open to its owner and
its group: give its folder to the group postfix, with the mode 2750. LMTP knows no password, so a port is for this
machine. 250 is said when the mail is in the store; else Postfix keeps it and tries again.""",
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
@click.option("--lmtp", metavar="unix:PATH|HOST:PORT", help="Where a mail server hands over mail (LMTP).")
@click.option(
    "--only",
    type=click.Choice(PARTS),
    multiple=True,
    help="Run this part and no other; can be given twice. clock: send and fetch.",
)
@click.option(
    "--log",
    "log_style",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Lines on stderr.",
)
@config_file
@reports_errors
def command(
    host: str,
    port: int,
    every_seconds: int,
    lmtp: str | None,
    only: tuple[str, ...],
    log_style: Style,
    config_file: Path,
) -> None:
    """Answer one-click stop and confirmation links, send what is due every minute, and fetch or take answers.

    Files that change are read again. What goes wrong is told in one line on stderr and tried again.
    """
    place = _place_of(lmtp, only)
    _require_extra(*(("aiosmtpd",) if place is not None else ()))
    from alongside.service.clock import Rounds, Work, start_clock
    from alongside.service.core import Service
    from alongside.service.figures import Figures
    from alongside.service.home import LiveHome
    from alongside.service.lines import line_log
    from alongside.service.server import signals_stop
    from alongside.service.signatures import LiveSenders, read_senders
    from alongside.service.systemd import Supervisor

    parts = only or PARTS
    log = line_log(_now, style=log_style)
    supervisor = Supervisor(os.environ)
    stopping, reloading = threading.Event(), threading.Event()
    with signals_stop(stopping), _signal_reloads(reloading), contextlib.ExitStack() as stack:
        home = LiveHome(
            lambda: read_settings(config_file)[0], lambda settings, day: _read_community(settings, day, log), now=_now()
        )
        store = stack.enter_context(opened(home.current.settings))
        figures = Figures()
        rounds = Rounds(lambda name, seconds, well: figures.end_pass(name, seconds, well=well))
        pulse = _Pulse(time.monotonic)
        senders = LiveSenders(lambda: read_senders(os.environ))
        doors: list[_Door] = []
        if "http" in parts:
            service = Service(
                store=store,
                home=lambda: home.current,
                now=_now,
                log=log,
                figures=figures,
                rounds=rounds,
                stopping=stopping,
                senders=senders,
            )
            doors.append(_open_http(stack, service, _listener(host, port), pulse))
        if place is not None:
            doors.append(_open_lmtp(stack, store, home, place, stopping, log, figures))
        works = [Work(name=door.name, every_seconds=COUNTS_SECONDS, run=door.take) for door in doors]
        if "clock" in parts:
            mail = MailRound(store, lambda: home.refresh(_now()), stopping, os.environ, figures)
            fetches = bool(read_secret(os.environ, "ALONGSIDE_IMAP_URL").strip())
            works.extend(_works(mail, every_seconds, fetches=fetches))
        else:
            works.append(Work(name="read", every_seconds=READ_SECONDS, run=lambda: _read_again(home)))
        broken: list[str] = []
        threads = [
            *start_clock(works, stopping=stopping, log=log, rounds=rounds),
            *_serve(doors, broken, stopping, log),
        ]
        supervisor.ready()
        while not stopping.is_set():
            time.sleep(TICK_SECONDS)  # waiting for the event itself could miss the signal that sets it
            if reloading.is_set():
                reloading.clear()
                _reload(home, senders, supervisor, log)
            pulse.pass_on(supervisor)
        supervisor.stopping()
        _wait_for(threads, log)
        for door in doors:
            if counted := door.take():
                log("info", door.name, counted)
    log("info", "run", "stopped")
    if broken:
        raise AlongsideError(f"The service ended because of a defect in: {', '.join(broken)}.", hint="Start it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """A part of the service that others come to."""

    name: str  # one word
    serve: Callable[[], None]  # until the service stops
    take: Callable[[], str]  # what came since the last time, in counts


def _open_http(stack: contextlib.ExitStack, service: Service, listener: socket.socket, pulse: _Pulse) -> _Door:
    from alongside.service.app import make_app
    from alongside.service.server import serve

    stack.enter_context(listener)
    _say_hello(service.log, service.home(), listener.getsockname()[:2])
    pulse.beat()
    return _Door(
        name="http",
        serve=partial(
            serve,
            make_app(service),
            listener,
            stopping=service.stopping,
            log=service.log,
            counts=service.counts,
            proxies=lambda: service.home().settings.service.proxies,
            beat=pulse.beat,
        ),
        take=service.counts.take,
    )


def _listener(host: str, port: int) -> socket.socket:
    """The socket that systemd holds for us, else one of our own. Raises `UsageError`."""
    from alongside.service.server import listen
    from alongside.service.systemd import handed_socket

    return handed_socket(os.environ) or listen(host, port)


class _Pulse:
    """Whether the loop that answers requests turns; what systemd's watchdog hears."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._beaten = monotonic()
        self._passed_on = 0.0
        self._is_there = False

    def beat(self) -> None:
        """It turns."""
        self._is_there, self._beaten = True, self._monotonic()

    def pass_on(self, supervisor: Supervisor) -> None:
        """Twice in the time that the watchdog gives; not when the loop stands still."""
        now = self._monotonic()
        if not supervisor.watchdog_seconds or now - self._passed_on < supervisor.watchdog_seconds / 2:
            return
        if not self._is_there or now - self._beaten < STUCK_SECONDS:
            self._passed_on = now
            supervisor.alive()


@contextlib.contextmanager
def _signal_reloads(reloading: threading.Event) -> Iterator[None]:
    """While open, SIGHUP sets `reloading`. For the main thread alone."""
    before = signal.signal(signal.SIGHUP, lambda *_: reloading.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _reload(home: LiveHome, senders: LiveSenders, supervisor: Supervisor, log: Log) -> None:
    """Settings, content and who may enroll anew; other secrets are read whenever they are needed.

    What cannot be read leaves what was.
    """
    from alongside.service.clock import told_defect

    supervisor.reloading()
    try:
        senders.reload()
        home.reload(_now())
    except AlongsideError as error:
        log("error", "reload", f"nothing was changed: {mask_addresses(str(error))}")
    except Exception as error:  # a defect must not end what runs
        log("error", "reload", f"nothing was changed: {told_defect(error)}")
    else:
        log("info", "reload", "settings and content read again")
    finally:
        supervisor.ready()


def _open_lmtp(
    stack: contextlib.ExitStack, store: Store, home: LiveHome, place: Place, stopping: threading.Event, log: Log,
    figures: Figures,
) -> _Door:  # fmt: skip
    from alongside.delivery.inbound.lmtp import Door, serve
    from alongside.service.arrivals import Arrivals

    arrivals = Arrivals(store, lambda: home.current, now=_now, log=log, figures=figures)
    door = Door(accepts=arrivals.accepts, hear=arrivals.hear, trouble=arrivals.trouble)
    found, listener = stack.enter_context(listening(place))
    log("info", "run", f"listening on lmtp:{found}")
    if found.is_far:
        log("warning", "run", "LMTP knows no password: see to it that the mail server alone reaches that port.")
    return _Door(name="lmtp", serve=partial(serve, listener, door, stopping=stopping), take=arrivals.take)


def _serve(
    doors: Sequence[_Door], broken: list[str], stopping: threading.Event, log: Log
) -> Sequence[threading.Thread]:
    """A thread for each door. A defect that ends one ends the service: who started it starts it again."""
    from alongside.service.clock import told_defect

    def keep_open(door: _Door) -> None:
        try:
            door.serve()
        except Exception as error:
            broken.append(door.name)
            log("error", door.name, told_defect(error))
        finally:
            stopping.set()

    threads = [threading.Thread(target=keep_open, args=(door,), name=door.name, daemon=True) for door in doors]
    for thread in threads:
        thread.start()
    return threads


def _place_of(lmtp: str | None, only: Sequence[str]) -> Place | None:
    """Where to take mail; None for nowhere. Raises `UsageError` when the two options do not fit."""
    if only and (lmtp is not None) != ("lmtp" in only):
        raise UsageError(
            "--lmtp and --only lmtp go together.", hint="Say both, or leave the other parts out of --only."
        )
    return parse_place(lmtp) if lmtp is not None else None


def _read_again(home: LiveHome) -> str:
    home.refresh(_now())
    return ""


class MailRound:
    """Passes over mail that goes out and mail that came in, on the community as its files are by then."""

    def __init__(
        self,
        store: Store,
        refresh: Callable[[], Home],
        stopping: threading.Event,
        environment: Mapping[str, str],
        figures: Figures,
    ) -> None:
        """`refresh` reads what changed; `stopping`, once set, ends a pass after the mails it has in hand."""
        self._store = store
        self._refresh = refresh
        self._stopping = stopping
        self._environment = environment
        self._figures = figures
        self._trimmer = Trimmer()
        self._desk: tuple[Home, object, Desk] | None = None  # (of what, and of which choices and keys, the desk)

    def send(self) -> str:
        """A pass of `alongside send`; what it did, in counts."""
        home = self._refresh()
        transport = choose_transport(home.settings, self._environment, simulated=False)
        check_clock_of(self._store, catch_up=False)
        report = real_pass(self._store, self._desk_of(home), transport, stopping=self._stopping.is_set)
        counts: Counter[str] = Counter(outcome.kind for outcome in report.outcomes)
        self._figures.count_mails(counts)
        self._figures.count_letters(report.letters)
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
                self._figures.count_inbound({heard.kind: 1})

        with contextlib.suppress(_StoppedError):
            poll(self._store, parse_imap_url(read_secret(self._environment, "ALONGSIDE_IMAP_URL").strip()), hear=hear)
        return _told(Counter(kinds))

    def _desk_of(self, home: Home) -> Desk:
        """What writes its mails: worked out once for each state of the files."""
        now = _now()
        with self._store.reading() as connection:
            seen = (read_choices(connection, now=now), read_relay_keys(connection, self._store.key).epoch, now.date())
        if self._desk is None or self._desk[0] is not home or self._desk[1] != seen:
            self._desk = (home, seen, open_desk(self._store, home.community, home.settings, now=now))
        return self._desk[2]


class _StoppedError(AlongsideError):
    """Mail that is being fetched is left for the next time."""


def _told(counts: Mapping[str, int]) -> str:
    """`sent=3 skipped=1`, or nothing."""
    return " ".join(f"{what}={count}" for what, count in sorted(counts.items()) if count)


def _works(mail: MailRound, every_seconds: float, *, fetches: bool) -> list[Work]:
    """What is sent and fetched by the clock."""
    from alongside.service.clock import Work

    works = [Work(name="send", every_seconds=every_seconds, run=mail.send)]
    if fetches:
        works.append(Work(name="inbound", every_seconds=INBOUND_SECONDS, run=mail.fetch))
    return works


def _now() -> datetime:
    return datetime.now(UTC)


def _require_extra(*more: str) -> None:
    """Raises `UsageError` when Starlette, uvicorn or one of `more` is not installed."""
    try:
        for name in ("starlette", "uvicorn", "prometheus_client", *more):
            importlib.import_module(name)
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
