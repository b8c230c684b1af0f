"""What every transport takes and says: an envelope in, a verdict out.

A transport gives lanes; each carries one mail after the other, and several lanes work side by side. The worker tells
the journal what a lane is about to do, so that after a crash nobody has to guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from alongside.problems import AlongsideError


class DeliveryError(AlongsideError):
    """Nothing more can be handed over: a full disk, a refused login. What was not delivered stays due."""


class OutOfReachError(DeliveryError):
    """No connection is to be had now, after some tries. Those that are open already may go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message, whom it goes to, and where it comes back to."""

    message_id: str  # without angle brackets
    sender: str  # the envelope's (RFC 5321 MAIL FROM): bounces go there
    recipient: str
    content: bytes  # RFC 5322, CRLF, its last line ended
    is_dotless: bool = False  # no line begins with a dot, so that SMTP has to double none (RFC 5321 section 4.5.2)
    needs_smtputf8: bool = False  # an address in it has a local part beyond ASCII (RFC 6531)


# delivered: it was taken over. later: not now. refused: never, this mail to this address.
# blocked: never like this, and not because of the address; somebody has to mend something.
# uncertain: it was on its way, and nobody said whether it was taken.
Fate = Literal["delivered", "later", "refused", "blocked", "uncertain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one mail."""

    fate: Fate
    reason: str = ""  # what the server said, on one line and without addresses
    mailbox_gone: bool = False  # refused because there is no such mailbox: it gets no more mail


DELIVERED = Verdict(fate="delivered")


class Lane(Protocol):
    """One way through a transport, for one mail at a time."""

    async def prepare(self) -> None:
        """Get ready for a mail. Raises `OutOfReachError` and `DeliveryError`."""

    async def deliver(
        self, envelope: Envelope, *, starting: Callable[[], None], following: Envelope | None = None
    ) -> Verdict:
        """Hand one message over. `starting` is called at the last moment at which it surely has not arrived.

        `following` comes next over this lane, if anything does: the lane may begin with it where nothing of it can
        arrive yet. Raises `DeliveryError` when no mail can go this way; `OutOfReachError` only before `starting`.
        """

    async def close(self) -> None:
        """End it politely."""


class Transport(Protocol):
    """One way out."""

    @property
    def name(self) -> str:
        """Kept with each message: "maildir", "sendmail", "smtp"."""

    @property
    def lanes(self) -> int:
        """How many may work side by side."""

    @property
    def keeps_once(self) -> bool:
        """True when the same message delivered twice is one message there, so that nothing is ever uncertain."""

    def open_lane(self) -> Lane:
        """A new lane; it connects when it is used."""

    def flush(self) -> None:
        """Return when all that was delivered will outlive a power cut. Raises `DeliveryError`."""
