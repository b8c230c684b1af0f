"""What real servers say, and what it means for the mail."""

from __future__ import annotations

import pytest

from alongside.delivery.transports.envelopes import Fate
from alongside.delivery.transports.replies import LONGEST_REASON, Reply, Stage, judge

# (server, stage, reply, fate, the mailbox is gone)
REPLIES: tuple[tuple[str, Stage, str, Fate, bool], ...] = (
    ("Postfix", "recipient", "550 5.1.1 <x@example.net>: Recipient address rejected: User unknown in virtual mailbox table", "refused", True),
    ("Postfix", "recipient", "550 5.1.2 <x@example.net>: Recipient address rejected: Domain not found", "refused", True),
    ("Postfix", "recipient", "556 5.1.10 <x@example.net>: Recipient address rejected: Domain example.net does not accept mail (nullMX)", "refused", True),
    ("Postfix", "recipient", "450 4.1.1 <x@example.net>: Recipient address rejected: unverified address: Address lookup failed", "later", False),
    ("Postfix", "recipient", "450 4.2.0 <x@example.net>: Recipient address rejected: Greylisted, see http://postgrey.example/", "later", False),
    ("Postfix", "recipient", "554 5.7.1 <x@example.net>: Relay access denied", "blocked", False),
    ("Postfix", "recipient", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "blocked", False),
    ("Postfix", "sender", "553 5.7.1 <a@example.org>: Sender address rejected: not owned by user b", "blocked", False),
    ("Postfix", "sender", "452 4.3.1 Insufficient system storage", "later", False),
    ("Postfix", "sender", "552 5.3.4 Message size exceeds fixed limit", "refused", False),
    ("Postfix", "data", "554 5.5.1 Error: no valid recipients", "blocked", False),
    ("Postfix", "end", "250 2.0.0 Ok: queued as 4FTlmd0sz9zXkB", "delivered", False),
    ("Postfix", "end", "451 4.3.0 Error: queue file write error", "later", False),
    ("Postfix", "end", "552 5.3.4 Error: message file too big", "refused", False),
    ("rspamd", "end", "554 5.7.1 Spam message rejected", "blocked", False),
    ("Exim", "recipient", "550 Unrouteable address", "refused", True),
    ("Exim", "recipient", "550 No such user here", "refused", True),
    ("Exim", "recipient", "550-Verification failed for <x@example.net> 550 Sender verify failed", "blocked", False),
    ("Exim", "recipient", "451 Temporary local problem - please try later", "later", False),
    ("Exim", "recipient", "550 relay not permitted", "blocked", False),
    ("Gmail", "recipient", "550-5.1.1 The email account that you tried to reach does not exist. Please try 550 5.1.1 double-checking", "refused", True),
    ("Gmail", "recipient", "550 5.2.1 The email account that you tried to reach is disabled.", "refused", True),
    ("Gmail", "recipient", "452 4.2.2 The email account that you tried to reach is over quota.", "later", False),
    ("Gmail", "recipient", "552 5.2.2 The email account that you tried to reach is over quota.", "later", False),
    ("Gmail", "end", "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP", "later", False),
    ("Gmail", "end", "550 5.7.26 This mail has been blocked because the sender is unauthenticated.", "blocked", False),
    ("Gmail", "end", "552 5.7.0 This message was blocked because its content presents a potential security issue.", "blocked", False),
    ("Outlook", "recipient", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", "refused", True),
    ("Exchange", "recipient", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "refused", True),
    ("Exchange", "recipient", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "refused", True),
    ("a router", "recipient", "550 5.4.1 No answer from host", "blocked", False),
    ("Exchange", "recipient", "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found", "refused", True),
    ("Exchange", "sender", "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.", "later", False),
    ("Exchange", "sender", "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider", "blocked", False),
    ("Exchange", "end", "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient", "refused", False),
    ("Exchange", "sender", "421 4.3.2 Service not available, maximum number of connections exceeded", "later", False),
    ("Yahoo", "recipient", "554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com) [0] - mta1", "blocked", False),
    ("Yahoo", "sender", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints", "later", False),
    ("Yahoo", "end", "554 5.7.9 Message not accepted for policy reasons.", "blocked", False),
    ("iCloud", "recipient", "550 5.1.1 <x@icloud.com>: user does not exist", "refused", True),
    ("GMX", "recipient", "550 Requested action not taken: mailbox unavailable", "refused", True),
    ("GMX", "end", "554-Transaction failed 554-Reject due to policy restrictions.", "blocked", False),
    ("T-Online", "sender", "550-Your IP address is listed (see https://postmaster.t-online.de/)", "blocked", False),
    ("qmail", "recipient", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "blocked", False),
    ("qmail", "recipient", "550 sorry, no mailbox here by that name (#5.1.1)", "refused", True),
    ("qmail", "end", "554 mail server permanently rejected message (#5.3.0)", "blocked", False),
    ("qmail", "end", "451 qq trouble creating files in queue (#4.3.0)", "later", False),
    ("OpenSMTPD", "recipient", "550 Invalid recipient: <x@example.net>", "refused", True),
    ("OpenSMTPD", "recipient", "524 5.2.4 Mailing list expansion problem", "blocked", False),
    ("sendmail", "recipient", "550 5.1.1 <x@example.net>... User unknown", "refused", True),
    ("sendmail", "recipient", "550 5.7.1 <x@example.net>... Relaying denied", "blocked", False),
    ("sendmail", "sender", "451 4.1.8 Domain of sender address a@example.org does not resolve", "later", False),
    ("Dovecot LMTP", "end", "550 5.1.1 <x@example.net> User doesn't exist: x@example.net", "refused", True),
    ("Dovecot LMTP", "end", "452 4.2.2 <x@example.net> Quota exceeded (mailbox for user is full)", "later", False),
    ("Amazon SES", "end", "554 Message rejected: Email address is not verified.", "blocked", False),
    ("Amazon SES", "end", "454 Throttling failure: Maximum sending rate exceeded.", "later", False),
    ("a mailbox that moved", "recipient", "551 User not local; please try <y@example.com>", "refused", True),
    ("a full mailbox, in 1995", "recipient", "552 Requested mail action aborted: exceeded storage allocation", "refused", False),
    ("out of its mind", "end", "354 Go ahead", "uncertain", False),
    ("out of its mind", "recipient", "354 Go ahead", "later", False),
    ("a code that contradicts itself", "recipient", "550 4.1.1 try later", "blocked", False),
)  # fmt: skip


@pytest.mark.parametrize(("server", "stage", "said", "fate", "gone"), REPLIES)
def test_what_it_means(server: str, stage: Stage, said: str, fate: Fate, gone: bool) -> None:
    verdict = judge(Reply(int(said[:3]), said[4:]), stage)
    assert (verdict.fate, verdict.mailbox_gone) == (fate, gone)


def test_only_the_address_itself_can_be_gone() -> None:
    """The same words about us, before a recipient was named, end nobody's mail."""
    for stage in ("sender", "data"):
        assert judge(Reply(550, "5.1.1 User unknown"), stage).fate == "blocked"


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply(550, "5.1.1 <joana@example.net>: unknown"), "550 5.1.1 <j…@example.net>: unknown"),
        (Reply(451, "4.3.0\ttry \x1b[2J later\x00"), "451 4.3.0 try [2J later"),
        (Reply(250), "250"),
    ],
)
def test_what_is_kept_of_it(reply: Reply, text: str) -> None:
    assert str(reply) == text


def test_no_more_is_kept_than_a_line() -> None:
    assert len(str(Reply(550, "5.7.1 and so on " * 1000))) == LONGEST_REASON


@pytest.mark.parametrize(
    ("reply", "enhanced"),
    [
        (Reply(550, "5.1.1 x"), "5.1.1"),
        (Reply(550, "  5.1.10 x"), "5.1.10"),
        (Reply(550, "4.1.1 x"), ""),
        (Reply(550, "version 5.1.1 x"), ""),
        (Reply(550, "5.1.1x"), ""),
        (Reply(553, "sorry (#5.7.1)"), "5.7.1"),
        (Reply(250, "2.0.0 Ok"), "2.0.0"),
    ],
)
def test_enhanced_codes(reply: Reply, enhanced: str) -> None:
    assert reply.enhanced == enhanced
