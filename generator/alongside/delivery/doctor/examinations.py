"""All areas looked at side by side, each in a thread of its own that nobody waits for longer than it may take."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from alongside.delivery.doctor.clocks import check_clock
from alongside.delivery.doctor.contents import check_contents
from alongside.delivery.doctor.domains import check_domain
from alongside.delivery.doctor.findings import AREAS, Area, Finding, Notebook
from alongside.delivery.doctor.leaks import check_secrets
from alongside.delivery.doctor.mailboxes import check_imap
from alongside.delivery.doctor.name_servers import make_lookup, make_resolver
from alongside.delivery.doctor.outboxes import check_outbox
from alongside.delivery.doctor.services import check_service
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.doctor.smtp_servers import check_smtp, mail_server
from alongside.delivery.doctor.stores import check_store
from alongside.problems import UsageError

Check = Callable[[], Iterable[Finding]]
Progress = Callable[[Collection[Area]], None]  # hears which areas are still looked at
NETWORK: tuple[Area, ...] = ("smtp", "imap", "dns", "service")
QUESTIONS = 4  # so many times the timeout of one question an area may take; the content may take longer


def examine(
    setup: Setup,
    *,
    wall: Callable[[], datetime],
    areas: Collection[Area] = tuple(AREAS),
    offline: bool = False,
    progress: Progress | None = None,
) -> list[Finding]:
    """The findings of these areas, in the order of `AREAS`. `wall`: the real clock."""
    chosen = {area: check for area, check in _checks(setup, wall, offline=offline).items() if area in areas}
    return list(_all_at_once(chosen, patience=setup.timeout * QUESTIONS, progress=progress))


def _checks(setup: Setup, wall: Callable[[], datetime], *, offline: bool) -> dict[Area, Check]:
    checks: dict[Area, Check] = {
        "settings": lambda: check_contents(setup),
        "store": lambda: check_store(setup),
        "clock": lambda: check_clock(setup, wall=wall, offline=offline),
        "secrets": lambda: check_secrets(setup),
        "smtp": lambda: check_smtp(setup),
        "imap": lambda: check_imap(setup),
        "dns": lambda: _check_dns(setup),
        "service": lambda: check_service(setup),
        "outbox": lambda: check_outbox(setup),
    }
    if offline:
        checks |= {area: _not_asked(area) for area in NETWORK}
    return checks


def _not_asked(area: Area) -> Check:
    return lambda: [Notebook(area).skipped("network", f"{AREAS[area]}: not asked, because of --offline.")]


def _check_dns(setup: Setup) -> Iterator[Finding]:
    try:
        resolver = make_resolver(setup.variable("ALONGSIDE_DNS"), timeout=setup.timeout)
    except UsageError as error:
        yield Notebook("dns").error("resolver", error.message, error.hint)
        return
    sends = bool(setup.variable("ALONGSIDE_SMTP_URL"))
    for finding in check_domain(setup, make_lookup(resolver), mail_server(setup)):
        # while nothing is sent, what mail would miss is no error yet
        yield replace(finding, state="warning") if finding.state == "error" and not sends else finding


def _all_at_once(checks: Mapping[Area, Check], *, patience: float, progress: Progress | None) -> Iterator[Finding]:
    """Each area's findings when all have ended, or time is up: what it found by then, and that it took too long."""
    found: dict[Area, list[Finding]] = {area: [] for area in checks}
    ended: queue.SimpleQueue[Area] = queue.SimpleQueue()

    def run(area: Area, check: Check) -> None:
        try:
            for finding in check():
                found[area].append(finding)
        except Exception as error:  # one broken check must not hide what the others found
            found[area].append(_broken(area, error))
        ended.put(area)

    for area, check in checks.items():
        threading.Thread(target=run, args=(area, check), name=f"doctor {area}", daemon=True).start()
    running, late = dict.fromkeys(checks), set[Area]()
    deadline = time.monotonic() + patience
    while running.keys() - late:
        if progress is not None:
            progress(running)
        # the content is read by ourselves, so it ends, however many files there are
        ours_alone = running.keys() - late <= {"settings"}
        try:
            running.pop(ended.get(timeout=None if ours_alone else max(0, deadline - time.monotonic())))
        except queue.Empty:
            late |= running.keys() - {"settings"}
    for area in checks:
        yield from tuple(found[area])
        if area in running:
            yield Notebook(area).error("time", "It took too long, and was left there.", "Look at that server's log.")


def _broken(area: Area, error: Exception) -> Finding:
    # its text may repeat a password or an address
    return Notebook(area).error(
        "check",
        f"This could not be looked at ({type(error).__name__}).",
        "Please report it; what was wrong may stand in the other areas.",
    )
