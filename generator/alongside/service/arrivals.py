"""Mail that a mail server hands over while the service runs: whose it is, and what hearing it did, in counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from alongside.delivery.arrived.trimming import Trimmer
from alongside.delivery.inbound import Reception, ingest, reception_of
from alongside.delivery.store import Store
from alongside.problems import AlongsideError, mask_addresses
from alongside.service.clock import told_defect
from alongside.service.core import Counts
from alongside.service.figures import Figures
from alongside.service.home import Home
from alongside.service.lines import Log

ABOUT = "lmtp"  # in the log


class Arrivals:
    """What is behind the LMTP door."""

    def __init__(
        self, store: Store, home: Callable[[], Home], *, now: Callable[[], datetime], log: Log, figures: Figures
    ) -> None:
        """`home`: the community as it is now."""
        self._store = store
        self._home = home
        self._now = now
        self._log = log
        self._figures = figures
        self._counts = Counts()
        self._trimmer = Trimmer()  # one mail is heard at a time
        self._told = ""  # what went wrong last, since the counts were taken

    def accepts(self, address: str) -> bool:
        """Whether it is the team's own mailbox or one of notes, with any tag."""
        is_ours = self._reception().is_ours(address)
        if not is_ours:
            self._counts.add("refused")
        return is_ours

    def hear(self, raw: bytes, recipient: str, sender: str) -> None:
        """Returns when the mail's effect is in the store. Raises what `ingest` raises."""
        heard = ingest(
            self._store, raw, recipient=recipient, sender=sender, reception=self._reception(), now=self._now()
        )
        self._counts.add("again" if heard.again else heard.kind)
        if not heard.again:
            self._figures.count_inbound({heard.kind: 1})

    def _reception(self) -> Reception:
        home = self._home()
        return reception_of(home.settings, home.community, trim=self._trimmer.trim)

    def trouble(self, error: BaseException) -> None:
        """Tell what went wrong; the same for many mails is told once between two takings of the counts."""
        self._counts.add("failed")
        told = mask_addresses(str(error)) if isinstance(error, AlongsideError) else told_defect(error)
        if told != self._told:
            self._told = told
            self._log("error", ABOUT, told)

    def take(self) -> str:
        """`bounce=3 stop=1`, or nothing; counting begins anew."""
        self._told = ""
        return self._counts.take()
