"""What an SMTP server's answer means for a mail: taken, later, never, or something to mend. Pure rules.

By the reply code (RFC 5321 section 4.2.1), and by the enhanced status code (RFC 3463) where there is one, for the basic
codes say too little: 550 is "no such mailbox" here and "we do not like your network" there. Only the former says
something about the person; the latter must not end their mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from alongside.delivery.transports.envelopes import DELIVERED, Verdict
from alongside.problems import mask_addresses

Stage = Literal["sender", "recipient", "data", "end"]  # MAIL FROM, RCPT TO, DATA, the dot that ends the message

# RFC 3463 section 3.2 and 3.3: bad mailbox, bad system, bad syntax, mailbox has moved, null MX (RFC 7505); disabled
GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
VAGUE = frozenset({"5.0.0", "5.1.0", "5.5.0"})  # no more than "it failed": the words decide
FULL = frozenset({"5.2.2", "4.2.2"})
# Too long for the mailbox or the system, or its content is refused: the same mail will never do.
UNFIT = frozenset({"5.2.3", "5.3.4", "5.6.0", "5.6.1", "5.6.2", "5.6.3", "5.6.5", "5.6.6", "5.6.7", "5.6.8", "5.6.9"})
LONGEST_REASON = 200  # characters kept of what a server said

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_AT_THE_END = re.compile(r"\(#([245]\.\d{1,3}\.\d{1,3})\)\s*$")  # where qmail has it
_POLICY = re.compile(
    r"relay|spam|spf|dkim|dmarc|block|black|deny|denied|denies|polic|reput|authenti|access|rate|limit|reverse|rdns|ptr|"
    r"helo|greylist|listed|rbl|temporar|try again|later|sender|tls",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of a server, its lines joined by spaces."""

    code: int
    text: str = ""

    @property
    def is_good(self) -> bool:
        """True for 2xx."""
        return 200 <= self.code < 300

    @property
    def enhanced(self) -> str:
        """The enhanced status code, `"5.1.1"`, or an empty text."""
        found = _ENHANCED.match(self.text) or _AT_THE_END.search(self.text)
        return found[1] if found is not None and found[1][0] == str(self.code)[0] else ""

    def __str__(self) -> str:
        said = "".join(letter if letter.isprintable() else " " for letter in self.text)
        return mask_addresses(f"{self.code} {' '.join(said.split())}").strip()[:LONGEST_REASON]


def judge(reply: Reply, stage: Stage) -> Verdict:
    """What `reply` at `stage` means for the mail; 2xx is a delivery (at the other stages callers go on instead)."""
    if reply.is_good:
        return DELIVERED
    said = str(reply)
    if stage == "end" and not 400 <= reply.code < 600:
        return Verdict(fate="uncertain", reason=said)  # neither yes nor no, and the server has all of it
    if not 500 <= reply.code < 600 or reply.enhanced in FULL:
        return Verdict(fate="later", reason=said)  # also an answer that is none: it may have been a bad moment
    if reply.enhanced in UNFIT or (reply.code == 552 and not reply.enhanced):
        return Verdict(fate="refused", reason=said)
    if stage == "recipient" and _is_gone(reply):
        return Verdict(fate="refused", reason=said, mailbox_gone=True)
    if stage == "end" and reply.enhanced in GONE:  # LMTP-like servers say it late
        return Verdict(fate="refused", reason=said, mailbox_gone=True)
    return Verdict(fate="blocked", reason=said)


def _is_gone(reply: Reply) -> bool:
    """True when it says that there is no such mailbox."""
    if reply.enhanced == "5.4.1":  # Exchange Online's own word for it; of others it is about the network
        return "recipient address rejected" in reply.text.lower()
    if reply.enhanced and reply.enhanced not in VAGUE:
        return reply.enhanced in GONE
    return reply.code in (550, 551, 553) and _POLICY.search(reply.text) is None
