"""`make demo`: the example community checked and built, and thirty days of its mail on a simulated clock.

Everything runs through the command line a reader would use, and each command is printed before its output. What people
answer meanwhile is composed here as their mail programs do it, with quote and signature, and given to `inbound`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, default
from email.utils import format_datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALONGSIDE = Path(sys.executable).parent / "alongside"
START = "2026-12-01T09:00Z"  # invented people have invented dates: the demo is the same whenever it runs
END = "2026-12-31T09:00Z"
STORE = ROOT / "build" / "demo" / "alongside.sqlite"
OUTBOX = ROOT / "outbox"
ANSWERS = ROOT / "build" / "demo" / "answers"
COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def say(text: str, code: str = "1") -> None:
    """A line of our own, apart from what the commands print."""
    print(f"\033[{code}m{text}\033[0m" if COLOUR else text, flush=True)


def run(*arguments: str, show: bool = True) -> None:
    """One command, as a reader would type it; the demo ends where it fails."""
    say(f"$ alongside {shlex.join(arguments)}", "36")
    environment = {**os.environ, "ALONGSIDE_DATABASE_URL": f"sqlite:///{STORE}"}
    result = subprocess.run(
        [str(ALONGSIDE), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=None if show else subprocess.DEVNULL,
        check=False,
    )
    if result.returncode:
        sys.exit(f"The demo stops here: that command ended with {result.returncode}.")
    print(flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody writes when a mail of ours has come."""

    writer: str  # as in From
    at: str  # on the simulated clock
    text: str
    signature: str
    quoting: str  # how their mail program begins a quote; {name} wrote the mail


BEATRIZ = Answer(
    writer="Beatriz Lins <beatriz.lins@example.org>",
    at="2026-12-02T10:40Z",
    text="""\
Oi, Ana!

Que bom ler você. Já escrevi o começo da palestra umas seis vezes, e toda vez ele fica mais comprido.
Você decorou o seu, ou levou anotações?""",
    signature="Beatriz Lins\nRedatora técnica, Olinda\nbeatriz.lins@example.org | +55 81 5550 0134",
    quoting="Em ter., 1 de dez. de 2026 às 06:00, {name} escreveu:",
)
ANA = Answer(
    writer="Ana Souza <ana.souza@example.org>",
    at="2026-12-03T12:15Z",
    text="""\
Oi, Beatriz! Seis começos, então você já está ensaiando.

Eu levei um cartão com cinco palavras, uma para cada parte, e só decorei a primeira frase.
Se der branco, beba um gole d'água: para quem assiste, parece uma pausa de propósito.
Quer ler a primeira frase para mim um dia desses?""",
    signature="Ana\nana.souza@example.org",
    quoting="Em qua., 2 de dez. de 2026 às 07:40, {name} escreveu:",
)
MONA = Answer(
    writer="Mona Abdelrahman <mona.abdelrahman@example.org>",
    at="2026-12-07T08:20Z",
    text="""\
أهلًا كريم،

قرأت ما كتبته عن دليل التثبيت. أول دليل كتبته بالإنجليزية عاد إليّ وفيه أربعون ملاحظة، وكلها عن البرنامج لا عن لغتي.
اكتب الجملة قصيرة كما تقولها لزميل بجانبك، ثم أرسلها. كيف مرّ أسبوعك الأول؟""",
    signature="منى\nmona.abdelrahman@example.org",
    quoting="في الأحد، 6 ديسمبر 2026 في 11:00 ص، كتب {name}:",
)
GRACE = Answer(
    writer="Grace Achieng <grace.achieng@example.org>",
    at="2026-12-09T10:00Z",
    text="STOP",
    signature="Grace",
    quoting="On Tue, 8 Dec 2026 at 12:00, {name} wrote:",
)


def last_mail_to(address: str) -> Path:
    """The newest mail in the outbox to somebody."""
    found = [
        (mail["Date"].datetime, path)
        for path in (OUTBOX / "new").iterdir()
        if (mail := read(path))["To"].addresses[0].addr_spec == address
    ]
    return max(found)[1]


def read(path: Path) -> EmailMessage:
    """A mail of the outbox."""
    return BytesParser(EmailMessage, policy=default).parsebytes(path.read_bytes())


def answer(what: Answer, name: str) -> Path:
    """Answer the newest mail they got, as a mail program does; the mail that was answered.

    Their own server is the one that knows Return-Path and Delivered-To: it is what puts the mail into our mailbox.
    """
    sender = what.writer.partition("<")[2].rstrip(">")
    answered = last_mail_to(sender)
    mail, written = read(answered), EmailMessage(policy=SMTP)
    body = mail.get_body(("plain",))
    quoted = body.get_content().splitlines() if body is not None else []
    written["Return-Path"] = f"<{sender}>"
    written["Delivered-To"] = written["To"] = mail["Reply-To"].addresses[0].addr_spec
    written["From"] = what.writer
    written["Subject"] = f"Re: {mail['Subject']}"
    written["Date"] = format_datetime(datetime.fromisoformat(what.at))
    written["Message-ID"] = f"<{name}@mail.example.org>"
    written["In-Reply-To"] = written["References"] = mail["Message-ID"]
    head = what.quoting.format(name=mail["From"].addresses[0].display_name)
    quote = "\n".join(f"> {line}".rstrip() for line in quoted)
    written.set_content(f"{what.text}\n\n-- \n{what.signature}\n\n{head}\n{quote}\n")
    ANSWERS.mkdir(parents=True, exist_ok=True)
    file = ANSWERS / f"{name}.eml"
    file.write_bytes(written.as_bytes())
    run("inbound", str(file.relative_to(ROOT)), "--now", what.at)
    return answered


def converse() -> dict[str, Path]:
    """Two who talk, one who is asked and writes, one who says nothing, one who stops; mails to look at."""
    say("   Beatriz answers her welcome. Ana gets it as a note, without quote, signature or address")
    answer(BEATRIZ, "1-beatriz-to-ana")
    run("send", "--now", BEATRIZ.at)
    opened = {"the note that Ana got": last_mail_to("ana.souza@example.org")}
    say("   Ana answers. Now they talk, so no check-in is sent to Beatriz, and Ana is not asked about it")
    answer(ANA, "2-ana-to-beatriz")
    run("send", "--now", ANA.at, "--until", "2026-12-07T08:00Z")
    say("   Two members were asked before a check-in. Mona writes hers; Wanjiru says nothing")
    opened["the question to Mona"] = answer(MONA, "3-mona-when-asked")
    run("send", "--now", MONA.at, "--until", "2026-12-08T18:00Z")
    opened["the check-in that Mona wrote"] = last_mail_to("karim.fouad@example.org")
    opened["the one Wanjiru had prepared"] = last_mail_to("grace.achieng@example.org")
    say("   Grace has had enough, and says so in one word")
    answer(GRACE, "4-grace-stops")
    return opened


def main() -> None:
    """The whole demo; exit 0 when every part worked."""
    begun = time.monotonic()
    for folder in (STORE.parent, OUTBOX):
        shutil.rmtree(folder, ignore_errors=True)
    STORE.parent.mkdir(parents=True)
    newcomers = sorted((ROOT / "journeys" / "newcomers").glob("*.yml"))

    say("1. What writers edit: is everything in order?")
    run("check", "--now", START)
    say("2. What newcomers meet: pages, embeds and feeds")
    run("build", "--now", START)
    say("3. Who fits a newcomer, and why")
    run("match", "--as", str(newcomers[0].relative_to(ROOT)), "--limit", "2", "--now", START)
    say("4. Three newcomers start their first month; one of them asks for the first year, too")
    run("contacts", "import", "journeys/newcomers/contacts.csv", "--now", START)
    for newcomer in newcomers:
        run("enroll", "first-month", str(newcomer.relative_to(ROOT)), "--now", START)
    run("enroll", "first-year", "journeys/newcomers/grace.yml", "--now", START)  # asked by mail first: confirm: true
    say("5. Thirty days on a simulated clock; nothing leaves this machine")
    run("send", "--now", START, "--until", "2026-12-02T09:00Z")
    opened = converse()
    run("send", "--now", "2026-12-09T10:00Z", "--until", END)
    run("notes", "--now", END)
    page = ROOT / "build" / "demo" / "status.html"
    run("status", "--now", END, "--html", str(page.relative_to(ROOT)))

    mails = sorted((OUTBOX / "new").glob("*"))
    inviting = [mail for mail in mails if b"text/calendar" in mail.read_bytes()]
    say(f"Done in {time.monotonic() - begun:.0f} s. Where to look:")
    print(f"  pages   {ROOT / 'site' / 'index.html'}   (or with links that work everywhere: make serve)")
    print("  demo    http://127.0.0.1:8000/demo/ after make serve   (three screens of a product, for three newcomers)")
    print(f"  embeds  {ROOT / 'site' / 'embed'}   (to paste one: alongside snippet)")
    print(f"  feeds   {ROOT / 'site' / 'feeds' / 'all.ics'}")
    print(f"  mails   {OUTBOX / 'new'}   ({len(mails)} files; any mail program opens them, or: mutt -f {OUTBOX})")
    preview = ROOT / "build" / "demo" / "preview.html"
    subprocess.run(
        [str(ALONGSIDE), "preview", "first-month", "--as", str(newcomers[0]), "--now", START, "--html", str(preview)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for what, mail in opened.items():
        print(f"  notes   {mail}   ({what})")
    print(f"          {ANSWERS}   (what their writers sent: addresses, signatures, quotes)")
    print(f"  month   {preview}   (one newcomer's month with every mail, as a page)")
    print(f"  status  {page}   (what happened, as a page to show around)")
    if inviting:
        print(f"  dates   {inviting[0]}   (a mail that carries meetups.ics for the calendar; {len(inviting)} do)")
    print(f"What it takes until such mail reaches people: {ROOT / 'content' / 'handbook' / 'mail.md'}")


if __name__ == "__main__":
    main()
