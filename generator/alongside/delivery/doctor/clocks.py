"""The clock: mails, leases and certificates all hang on it, and a wrong one sends early, late or twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from alongside.delivery.doctor.findings import Finding, Notebook
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.doctor.stores import OLDER, hurried, last_real_pass, open_soon, read_revision
from alongside.delivery.doctor.web_answers import Answer, WebError, ask
from alongside.delivery.store import StoreError, store_exists, store_url

_NOTE = Notebook("clock")
SLACK = timedelta(minutes=2)  # between machines that keep their clocks
WRONG = timedelta(minutes=5)  # beyond it, servers refuse signatures and mails look odd
Wall = Callable[[], datetime]
_SYNCHRONISE = "Let the system keep its clock (NTP): timedatectl set-ntp true"


def check_clock(setup: Setup, *, wall: Wall, offline: bool) -> Iterator[Finding]:
    """The machine's clock against what others wrote down and say. `wall`: the real clock."""
    yield _zones(setup.settings.timezone)
    if setup.simulated:
        yield _NOTE.skipped("clock", f"--now says {setup.now:%Y-%m-%d %H:%M} UTC; the real clock was not looked at.")
        return
    yield from _against_store(setup, wall)
    if not offline:
        yield _against_web(setup, wall)


def _zones(name: str) -> Finding:
    """Time zone data: of the system, or of the package `tzdata`."""
    try:
        ZoneInfo(name)
        ZoneInfo("America/Recife")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _NOTE.error("time zones", f"There are no rules for {name}.", "Install them: pip install tzdata")
    try:
        release = f"release {version('tzdata')}"
    except PackageNotFoundError:
        release = "of the system"
    return _NOTE.ok("time zones", f"The rules are there ({release}).")


def _against_store(setup: Setup, wall: Wall) -> Iterator[Finding]:
    """No pass ran in the future, and the database's clock is ours."""
    try:
        if not store_exists(setup.settings.root, setup.environment):
            return
        url = store_url(setup.settings.root, hurried(setup))
        if read_revision(url) in OLDER:
            return
        store = open_soon(setup)
    except StoreError:
        return  # the store's own check says what is wrong
    try:
        with store.reading() as connection:
            yield from _last_pass(last_real_pass(connection), wall())
            if url.get_backend_name() != "sqlite":
                yield _server(connection, wall)
    finally:
        store.close()


def _last_pass(last: datetime | None, now: datetime) -> Iterator[Finding]:
    if last is None:
        return
    if last > now + SLACK:
        yield _NOTE.error(
            "last pass",
            f"The last pass ran at {last:%Y-%m-%d %H:%M} UTC, and now it is {now:%Y-%m-%d %H:%M} UTC: "
            "the clock went back.",
            f"{_SYNCHRONISE}. Until then nothing that became due meanwhile goes out.",
        )
    else:
        yield _NOTE.ok("last pass", "No pass ran in the future.")


def _server(connection: Connection, wall: Wall) -> Finding:
    before = wall()
    theirs = connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one()
    ours = before + (wall() - before) / 2
    return compare_clocks("database clock", "The database server", datetime.fromtimestamp(float(theirs), UTC), ours)


def _against_web(setup: Setup, wall: Wall) -> Finding:
    """The Date of any HTTPS answer (RFC 9110 section 6.6.1): whole seconds, which is enough."""
    address = setup.settings.mail.service or setup.settings.site_url
    if not address.startswith("https://"):
        return _NOTE.skipped("web clock", "There is no HTTPS address to compare with.")
    try:
        answer: Answer = ask(address, timeout=setup.timeout)
        theirs = parsedate_to_datetime(answer.date)
    except (WebError, ValueError):
        return _NOTE.skipped("web clock", f"{address} gave no time to compare with.")
    return compare_clocks("web clock", "The web server", theirs.astimezone(UTC), wall())


def compare_clocks(what: str, who: str, theirs: datetime, ours: datetime) -> Finding:
    """How far apart two clocks are, and what that means."""
    apart = abs(ours - theirs)
    seconds = round(apart.total_seconds())
    if apart <= SLACK:
        return _NOTE.ok(what, f"{who} agrees within {max(1, seconds)} s.")
    said = f"{who} says {theirs:%Y-%m-%d %H:%M:%S} UTC, this machine {ours:%Y-%m-%d %H:%M:%S} UTC."
    return (_NOTE.error if apart > WRONG else _NOTE.warning)(what, said, f"{_SYNCHRONISE}.")
