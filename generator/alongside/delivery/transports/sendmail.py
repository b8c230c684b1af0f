"""A `sendmail` program as a way out: one process a mail, which answers with its exit code (sysexits.h)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from alongside.delivery.transports.envelopes import DELIVERED, DeliveryError, Envelope, Verdict
from alongside.delivery.transports.replies import Reply

TIMEOUT_SECONDS = 120.0


class Sendmail:
    """The program every mail system brings, Postfix's and OpenSMTPD's alike."""

    name = "sendmail"
    lanes = 2
    keeps_once = False

    def __init__(self, path: Path) -> None:
        self.path = path

    def open_lane(self) -> Sendmail:
        """Itself: nothing is kept between mails."""
        return self

    async def prepare(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to end."""

    def flush(self) -> None:
        """What the program took is in its own queue."""

    async def deliver(
        self, envelope: Envelope, *, starting: Callable[[], None], following: Envelope | None = None
    ) -> Verdict:
        """Run it once. Raises `DeliveryError` when it cannot be run."""
        # `-i`: a line with a dot alone is no end. Addresses follow `--`, so that none is an option.
        arguments = ("-i", "-f", envelope.sender, "--", envelope.recipient)
        starting()
        try:
            process = await asyncio.create_subprocess_exec(
                str(self.path),
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise DeliveryError(
                f"{self.path} cannot be run: {error.strerror}.", hint="Look at ALONGSIDE_SMTP_URL."
            ) from error
        try:
            # The program wants the line ends of its machine.
            content = envelope.content.replace(b"\r\n", b"\n")
            _, said = await asyncio.wait_for(process.communicate(content), TIMEOUT_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            return Verdict(fate="uncertain", reason="the sendmail program did not end")
        return _verdict(process.returncode or 0, said.decode("utf-8", "replace"))


def _verdict(code: int, said: str) -> Verdict:
    if code == 0:
        return DELIVERED
    reason = str(Reply(code, said))
    if code in (os.EX_NOUSER, os.EX_NOHOST):
        return Verdict(fate="refused", reason=reason, mailbox_gone=True)
    if code == os.EX_DATAERR:
        return Verdict(fate="refused", reason=reason)
    if code in (os.EX_TEMPFAIL, os.EX_OSERR, os.EX_IOERR):
        return Verdict(fate="later", reason=reason)
    return Verdict(fate="blocked" if code > 0 else "uncertain", reason=reason)
