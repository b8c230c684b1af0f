"""`alongside inbound`: mail that comes back, from a mail server's pipe, over IMAP or from files."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click

from alongside.cli.options import clock, config_file, now, output_format, reports_errors
from alongside.cli.stores import many, opened, read_home
from alongside.delivery.arrived.trimming import Trimmer
from alongside.delivery.credentials import read_secret
from alongside.delivery.inbound import Heard, ingest, reception_of
from alongside.delivery.inbound.imap import Progress, parse_imap_url, poll
from alongside.delivery.inbound.mailboxes import read_mailbox, read_stream
from alongside.delivery.store import Store
from alongside.problems import AlongsideError, UsageError, mask_addresses

TEMPORARY = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and tries again
SHOW_EVERY = 200  # mails between two lines of progress

# Kind -> what the summary calls it: one, more.
_NAMES = {
    "reply": ("answer", "answers"),
    "note": ("note passed on", "notes passed on"),
    "held": ("note held for the team", "notes held for the team"),
    "returned": ("note returned", "notes returned"),
    "first note": ("first note to confirm", "first notes to confirm"),
    "choice": ("decision about notes", "decisions about notes"),
    "stop": ("stop request", "stop requests"),
    "confirm": ("confirmation", "confirmations"),
    "bounce": ("bounce", "bounces"),
    "complaint": ("complaint", "complaints"),
    "automatic": ("automatic answer", "automatic answers"),
    "own": ("mail of our own", "mails of our own"),
    "foreign": ("bounce or complaint about no mail of ours", "bounces or complaints about no mail of ours"),
    "unknown": ("other", "others"),
}


@dataclass(slots=True)
class Summary:
    """What was heard, in numbers."""

    kinds: Counter[str] = field(default_factory=Counter)
    bounces: Counter[str] = field(default_factory=Counter)  # "hard", "soft", "delayed"
    again: int = 0
    unreadable: int = 0

    def add(self, heard: Heard) -> None:
        """Count a mail."""
        if heard.again:
            self.again += 1
            return
        self.kinds[heard.kind] += 1
        self.unreadable += heard.detail == "unreadable"
        if heard.kind == "bounce":
            self.bounces[heard.detail.partition(" ")[0]] += 1

    @property
    def total(self) -> int:
        """All mails looked at."""
        return self.kinds.total() + self.again


@click.command(
    "inbound",
    epilog="""\b
Examples:
  alongside inbound --imap               the mailbox ALONGSIDE_IMAP_URL names, for cron
  alongside inbound < mail.eml           one mail, as a mail server's pipe gives it
  alongside inbound old.mbox Maildir/    files again: what was heard before changes nothing

\b
ALONGSIDE_IMAP_URL: imaps://user:password@host/INBOX, with % signs for what is special in the
password (%40 is @). imap:// begins with STARTTLS, which is left out on loopback alone.
?ca=FILE trusts the authority in that file. Nothing is marked, moved or deleted in the mailbox.

\b
Postfix, in master.cf (or in an alias, which sets the two variables by itself):
  alongside unix - n n - - pipe user=alongside
    argv=alongside inbound -f /srv/community/mkdocs.yml --recipient ${original_recipient} --sender ${sender}
When the store cannot be written now, the pipe ends with 75, and the mail server tries again.""",
)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--imap", "by_imap", is_flag=True, help="Read what is new in the mailbox ALONGSIDE_IMAP_URL names, once.")
@click.option(
    "--recipient", metavar="ADDRESS", help="Whom the one mail was sent to; else $ORIGINAL_RECIPIENT, $RECIPIENT."
)
@click.option("--sender", metavar="ADDRESS", help="Its envelope's sender, empty for the null sender; else $SENDER.")
@output_format("text", "json")
@config_file
@now
@reports_errors
def command(
    paths: tuple[Path, ...],
    by_imap: bool,
    recipient: str | None,
    sender: str | None,
    format_: str,
    config_file: Path,
    now_text: str | None,
) -> None:
    """Hear the mail that comes back: answers, stop requests, confirmations, bounces, complaints.

    Reads one mail from standard input, the mails of files, mbox files or maildirs, or (--imap) a mailbox. Each mail is
    heard once, whichever way it comes. Its text is not kept: the team reads answers in its own mailbox.
    """
    instant = clock(now_text).now
    if by_imap and paths:
        raise UsageError("Both --imap and files are named.", hint="Call it once for each.")
    if (by_imap or paths) and (recipient is not None or sender is not None):
        raise UsageError("--recipient and --sender are of one mail, on standard input.")
    if by_imap:
        summary = _hear_imap(config_file, instant, quiet=format_ == "json")
    elif paths:
        summary = _hear_files(paths, config_file, instant)
    else:
        summary = _hear_pipe(recipient, sender, config_file, instant)
    click.echo(_as_json(summary) if format_ == "json" else _as_text(summary))


def _hear_imap(config_file: Path, instant: datetime, *, quiet: bool) -> Summary:
    url = read_secret(os.environ, "ALONGSIDE_IMAP_URL").strip()
    if not url:
        raise UsageError(
            "ALONGSIDE_IMAP_URL is not set.", hint="It names the mailbox: imaps://user:password@host/INBOX."
        )
    account = parse_imap_url(url)
    summary = Summary()
    with _hearing(config_file, instant, summary) as (store, hear):
        poll(store, account, hear=hear, progress=None if quiet else _show)
    return summary


def _hear_files(paths: tuple[Path, ...], config_file: Path, instant: datetime) -> Summary:
    summary = Summary()
    with _hearing(config_file, instant, summary) as (_, hear):
        for path in paths:
            for raw in read_mailbox(path):
                hear(raw)
    return summary


def _hear_pipe(recipient: str | None, sender: str | None, config_file: Path, instant: datetime) -> Summary:
    """One mail from standard input. From here on whatever goes wrong must not cost the mail."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "There is no mail on standard input.", hint="Give one with < mail.eml, name files, or read with --imap."
        )
    raw = read_stream(sys.stdin.buffer)
    if not raw.strip():
        raise UsageError("Standard input is empty.", hint="To read the mailbox, call it with --imap.")
    environment = os.environ
    if recipient is None:
        recipient = environment.get("ORIGINAL_RECIPIENT") or environment.get("RECIPIENT") or ""
    if sender is None:
        sender = environment.get("SENDER")
    summary = Summary()
    try:
        home = read_home(config_file, now=instant)
        with opened(home.settings) as store, Trimmer() as trimmer:
            reception = reception_of(home.settings, home.community, trim=trimmer.trim)
            summary.add(ingest(store, raw, recipient=recipient, sender=sender, reception=reception, now=instant))
    except AlongsideError as error:
        _try_again(str(error))
    except Exception:  # a defect: the mail server keeps the mail until it is mended
        _try_again(traceback.format_exc())
    return summary


def _try_again(why: str) -> NoReturn:
    """End so that the mail server keeps the mail; what is said here stands in its log."""
    click.echo(f"error: {mask_addresses(why)}", err=True)
    sys.exit(TEMPORARY)


@contextlib.contextmanager
def _hearing(config_file: Path, instant: datetime, summary: Summary) -> Iterator[tuple[Store, Callable[[bytes], None]]]:
    """The open store, and what hears a mail whose envelope is not known."""
    home = read_home(config_file, now=instant)
    with opened(home.settings) as store, Trimmer() as trimmer:
        reception = reception_of(home.settings, home.community, trim=trimmer.trim)
        yield store, lambda raw: summary.add(ingest(store, raw, reception=reception, now=instant))


def _show(progress: Progress) -> None:
    """A line now and then for a long mailbox, on stderr."""
    if progress.heard % SHOW_EVERY == 0:
        click.echo(f"{progress.heard:,} of {many(progress.total, 'mail')} ...", err=True)


def _as_text(summary: Summary) -> str:
    if not summary.total:
        return "No mail."
    parts = [many(summary.kinds[kind], *names) for kind, names in _NAMES.items() if summary.kinds[kind]]
    if summary.again:
        parts.append(f"{summary.again:,} heard before")
    lines = [f"{many(summary.total, 'mail')}: {', '.join(parts)}."]
    if summary.bounces:
        told = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(summary.bounces.items()))
        lines.append(f"Bounces: {told}.")
    if summary.unreadable:
        lines.append(f"{many(summary.unreadable, 'mail')} could not be read at all.")
    return "\n".join(lines)


def _as_json(summary: Summary) -> str:
    kinds = {kind: summary.kinds[kind] for kind in _NAMES}
    told = {"mails": summary.total, "again": summary.again, "unreadable": summary.unreadable}
    return json.dumps({**told, "kinds": kinds, "bounces": dict(sorted(summary.bounces.items()))}, indent=2)
