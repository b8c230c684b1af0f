"""The maildir: where mail goes while no server is named."""

from __future__ import annotations

import os
from collections.abc import Iterator

from alongside.delivery.doctor.findings import Finding, Notebook, count_of
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.doctor.stores import check_private

_NOTE = Notebook("outbox")


def check_outbox(setup: Setup) -> Iterator[Finding]:
    """Mode and contents of `outbox/`."""
    folder = setup.settings.outbox_dir
    named = bool(setup.variable("ALONGSIDE_SMTP_URL"))
    if not folder.exists():
        if named:
            yield _NOTE.skipped("outbox", "There is none, and none is needed: mail goes to the server.")
        elif os.access(folder.parent, os.W_OK):
            yield _NOTE.ok("outbox", "No server is named, so mail goes to outbox/, made by the first pass.")
        else:
            yield _NOTE.error(
                "outbox", "outbox/ cannot be made here.", f"Make {folder.parent.name}/ writable for this user."
            )
        return
    try:
        yield check_private(_NOTE, "outbox mode", folder)
        waiting = sum(1 for _ in os.scandir(folder / "new"))
    except OSError as error:
        yield _NOTE.error("outbox", f"outbox/ cannot be read: {error.strerror}.", "A maildir has tmp/, new/ and cur/.")
        return
    if not all(os.access(folder / name, os.W_OK) for name in ("tmp", "new", "cur")):
        yield _NOTE.error("outbox", "outbox/ cannot be written.", "Make it writable for this user.")
    elif named and waiting:
        yield _NOTE.warning(
            "outbox",
            f"{count_of(waiting, 'mail')} in outbox/, from when no server was named. Nobody sends "
            f"{'it' if waiting == 1 else 'them'}.",
            "It counts as sent: look at it, then delete it."
            if waiting == 1
            else "They count as sent: look at them, then delete them.",
        )
    else:
        where = "No server is named, so mail goes to outbox/" if not named else "Mail goes to the server"
        yield _NOTE.ok("outbox", f"{where}; {count_of(waiting, 'mail')} {'waits' if waiting == 1 else 'wait'} there.")
