"""Real mail through `ingest`: bounces of many servers, answers of many people, and odd mail of other parsers' tests."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.inbound import Heard, Reception, ingest
from alongside.delivery.store import Store, open_store
from alongside.delivery.tokens import make_token
from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.rendering.mails.envelope import tagged_address
from delivery.conftest import make_community, make_member
from delivery.inbound.letters import letter
from delivery.inbound.test_automatic import HEADERS, SUBJECTS
from delivery.inbound.test_recipes import ALL_SUBJECTS

pytestmark = pytest.mark.real

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MAILBOX = "community@community.example.org"
SECONDS = 1.0  # of processor time, for any mail

# What each of flufl.bounce's mails says, read by a person. "failed" and "delayed" agree with that project's own labels
# wherever it has one; hard or soft is our question: does the server say that there is no such mailbox?
HARD = """
bounce_02 dsn_10 dsn_11 dsn_12 dsn_13 dsn_14 dsn_15 dsn_16 dsn_18 exim_01 groupwise_01 groupwise_02 llnl_01 microsoft_01
microsoft_02 microsoft_04 postfix_01 qmail_03 qmail_04 qmail_05 simple_04 simple_05 simple_06 simple_08 simple_11
simple_12 simple_13 simple_15 simple_19 simple_23 simple_25 simple_26 simple_27 simple_29 simple_30 simple_33 simple_34
simple_36 simple_37 simple_39 simple_41 simple_43 smtp32_04 smtp32_06 smtp32_07 yahoo_03 yahoo_05 yahoo_06 yahoo_07
yahoo_08 yahoo_09 yahoo_10 yahoo_11 yahoo_13 yale_01
""".split()
DELAYED = """
dsn_05 dsn_06 dsn_07 dsn_08 dsn_17 simple_03 simple_21 simple_22 simple_28 simple_35 simple_40
""".split()
NO_BOUNCE = ["groupwise_03", "qmail_08"]  # a person's answer, and a vacation note
SOFT = """
aol_01 bounce_01 bounce_03 caiwireless_01 dsn_01 dsn_02 dsn_03 dsn_04 dsn_09 dumbass_01 hotpop_01 microsoft_03
netscape_01 newmailru_01 postfix_02 postfix_03 postfix_04 postfix_05 qmail_01 qmail_02 qmail_06 qmail_07 sendmail_01
simple_01 simple_02 simple_07 simple_09 simple_10 simple_14 simple_16 simple_17 simple_18 simple_20 simple_24 simple_31
simple_32 simple_38 simple_42 simple_44 simple_45 sina_01 smtp32_01 smtp32_02 smtp32_03 smtp32_05 yahoo_01 yahoo_02
yahoo_04 yahoo_12
""".split()
LABELS = {
    **dict.fromkeys(HARD, "hard"),
    **dict.fromkeys(SOFT, "soft"),
    **dict.fromkeys(DELAYED, "delayed"),
    **dict.fromkeys(NO_BOUNCE, "none"),
}
# The same for the reports among the mails of the Ruby library "mail": nobody looked at them while the rules were made.
OTHER_LABELS = {
    "multi_address_bounce1": "hard",
    "multi_address_bounce2": "hard",
    "multipart_report_multiple_status": "soft",
    "report_422": "delayed",
    "report_530": "hard",
}


@pytest.fixture
def community() -> Community:
    return make_community(make_member("ana", until=date(2030, 1, 1)))


@pytest.fixture
def store(tmp_path: Path, community: Community) -> Iterator[Store]:
    """Two hundred newcomers on a journey; each bounce is about a mail to another of them."""
    store = open_store(tmp_path, {})
    people = [Newcomer(email=f"n{number}@example.net", languages=("en",), basis="consent") for number in range(200)]
    candidates = [Candidate(newcomer=person) for person in people]
    enroll(store, community.journeys["month"], candidates, community=community, basis=None, source="test", now=NOW)
    yield store
    store.close()


class Clocked:
    """`ingest` with its worst time, and which mail took it."""

    def __init__(self, store: Store, community: Community) -> None:
        self.store, self.reception = store, Reception(mailbox=MAILBOX, community=community)
        self.slowest, self.count, self.which = 0.0, 0, ""

    def hear(self, raw: bytes, *, bounce_of: int | None = None, sender: str | None = None, name: str = "") -> Heard:
        recipient = MAILBOX
        if bounce_of is not None:
            recipient = tagged_address(MAILBOX, make_token("bounce", bounce_of, self.store.key))
        begun = time.process_time()
        heard = ingest(self.store, raw, recipient=recipient, sender=sender, reception=self.reception, now=NOW)
        seconds, self.count = time.process_time() - begun, self.count + 1
        if seconds > self.slowest:
            self.slowest, self.which = seconds, name
        assert heard.detail != "unreadable"
        return heard


@pytest.fixture
def clocked(store: Store, community: Community) -> Iterator[Clocked]:
    clocked = Clocked(store, community)
    yield clocked
    print(f"{clocked.count} mails heard, the slowest in {clocked.slowest * 1000:.0f} ms {clocked.which}")
    assert clocked.slowest < SECONDS


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".md"]


REPORTS = "mikel-mail/spec/fixtures/emails/multipart_report_emails"
# Sources of what people wrote, with or without headers.
REPLIES = ("email_reply_parser", "email_reply_trimmer", "zapier-email-reply-parser", "mail-parser-reply", "talon")
SOURCES = ("flufl.bounce", REPORTS, "mikel-mail", "multi_mail", *REPLIES)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A mail of a source, and what the source says it is."""

    name: str
    raw: bytes
    label: str  # a verdict, "none" for no bounce, "reply"; empty where nobody says


def labelled(shared: Path, source: str) -> list[Labelled]:
    found: dict[bytes, Labelled] = {}
    for path in files(shared / "mail" / source):
        inner = path.relative_to(shared / "mail").as_posix()
        if path.name in ("LICENSE", "__init__.py") or (source == "mikel-mail" and inner.startswith(REPORTS)):
            continue
        raw = path.read_bytes()
        if source == "flufl.bounce":
            label = LABELS[path.stem]
        elif source == REPORTS:
            label = OTHER_LABELS[path.stem]
        else:
            label = "reply" if source in REPLIES else ""
        if source in REPLIES and path.suffix != ".eml":
            kind = "text/html" if path.suffix == ".html" else "text/plain"
            text = raw.decode(errors="replace")
            raw = letter(text, sender="n5@example.net", subject="Re: Welcome", Content_Type=f"{kind}; charset=utf-8")
        found.setdefault(raw, Labelled(inner, raw, label))
    return list(found.values())


def human_texts(shared: Path) -> list[str]:
    """What people wrote, without headers: the reply parsers' corpora."""
    found = {path.read_text(errors="replace") for name in REPLIES for path in (shared / "mail" / name).rglob("*.txt")}
    return sorted(found)


def told(heard: Heard) -> str:
    return heard.detail.partition(" ")[0] if heard.kind == "bounce" else heard.kind


def agrees(told: str, label: str) -> bool:
    return told == label or (label == "none" and told not in ("hard", "soft", "delayed", "delivered"))


def test_every_mail(shared: Path, clocked: Clocked) -> None:
    kinds: Counter[str] = Counter()
    for path in files(shared / "mail"):
        kinds[clocked.hear(path.read_bytes(), name=path.name).kind] += 1
        clocked.hear(path.read_bytes(), bounce_of=1, name=path.name)
    print("\nto the mailbox:", dict(kinds))
    assert kinds["stop"] == kinds["reply"] == kinds["confirm"] == kinds["bounce"] == kinds["complaint"] == 0


def test_what_each_source_is_told_as(shared: Path, clocked: Clocked) -> None:
    """Every mail as an answer to a mail of ours, where bounces and people's words both come; beside what it is."""
    shares: dict[str, float] = {}
    print(f"\n{'source':<62}mails  label  agree  told")
    for source in SOURCES:
        mails = labelled(shared, source)
        kinds: Counter[str] = Counter()
        wrong: list[str] = []
        for number, mail in enumerate(mails):
            said = told(clocked.hear(mail.raw, bounce_of=number % 200 + 1, name=mail.name))
            kinds[said] += 1
            if mail.label and not agrees(said, mail.label):
                wrong.append(f"{mail.name}: {said}, not {mail.label}")
        known = sum(mail.label != "" for mail in mails)
        shares[source] = 1 - len(wrong) / known if known else 1.0
        share = f"{shares[source]:.1%}" if known else "-"
        print(f"{source:<62}{len(mails):>5}{known:>7}{share:>7}  {dict(kinds.most_common())}", *wrong, sep="\n  ")
    assert min(shares["flufl.bounce"], shares[REPORTS]) >= 0.98
    assert min(shares[source] for source in REPLIES) == 1


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_bounces(shared: Path, clocked: Clocked, end: bytes) -> None:
    """The same verdicts whatever ends the lines."""
    mails = [mail for source in ("flufl.bounce", REPORTS) for mail in labelled(shared, source)]
    wrong: list[str] = []
    for number, mail in enumerate(mails, start=1):
        raw = mail.raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", end)
        said = told(clocked.hear(raw, bounce_of=number, name=mail.name))
        if not agrees(said, mail.label):
            wrong.append(f"{mail.name}: {said}, not {mail.label}")
    share = 1 - len(wrong) / len(mails)
    print(f"\nbounces told as labelled: {share:.1%} of {len(mails)} (goal 98%)", *wrong, sep="\n  ")
    assert share >= 0.98


def test_bounces_to_the_mailbox(shared: Path, clocked: Clocked) -> None:
    """Sent to an address that is nobody's in particular, they are foreign or automatic, and never a person's word."""
    mails = [mail for source in ("flufl.bounce", REPORTS) for mail in labelled(shared, source) if mail.label != "none"]
    people: list[str] = []
    for mail in mails:
        if clocked.hear(mail.raw, name=mail.name).kind not in ("foreign", "automatic"):
            people.append(mail.name)
    print(f"\nbounces to the mailbox taken for people's mail: {len(people)} of {len(mails)}", *people, sep="\n  ")
    assert len(people) <= 0.02 * len(mails)


def test_answers_of_people(shared: Path, clocked: Clocked) -> None:
    """From a newcomer we know, with and without the envelope's sender, to the mailbox and to a mail's own address."""
    wrong: Counter[str] = Counter()
    mails = [mail for source in REPLIES for mail in labelled(shared, source) if b"Re: Welcome" in mail.raw[:200]]
    for number, mail in enumerate(mails):
        raw = mail.raw.replace(b"Subject: Re: Welcome\n", b"Subject: Re: Welcome\nMessage-ID: <%d@x>\n" % number, 1)
        for bounce_of, sender in ((None, None), (6, "n5@example.net")):
            heard = clocked.hear(raw, bounce_of=bounce_of, sender=sender, name=mail.name)
            wrong[heard.kind] += heard.kind != "reply"
    wrongly = sum(wrong.values()) / (2 * len(mails))
    print(f"\nanswers of people not taken as such: {wrongly:.2%} of {2 * len(mails)} (goal < 1%)", dict(+wrong))
    assert wrongly < 0.01


def test_automatic_answers(shared: Path, clocked: Clocked) -> None:
    """The headers and subjects of programs, over the words of people."""
    recipes: list[dict[str, str]] = [*HEADERS, *({"subject": subject} for subject in (*SUBJECTS, *ALL_SUBJECTS))]
    kinds: Counter[str] = Counter()
    for number, text in enumerate(human_texts(shared)[::40]):
        for place, recipe in enumerate(recipes):
            headers = {"sender": "n5@example.net", "Message_ID": f"<{number}-{place}@x>", **recipe}
            kinds[clocked.hear(letter(text, **headers)).kind] += 1
            kinds[clocked.hear(letter(text, **headers), bounce_of=6).kind] += 1
    print(f"\n{len(recipes)} recipes of automatic answers:", dict(kinds))
    assert kinds["reply"] == kinds["stop"] == kinds["confirm"] == 0
