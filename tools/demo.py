"""`make demo`: the example community checked and built, and thirty days of its mail on a simulated clock.

Everything runs through the command line a reader would use, and each command is printed before its output.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALONGSIDE = Path(sys.executable).parent / "alongside"
START = "2026-12-01T09:00Z"  # invented people have invented dates: the demo is the same whenever it runs
END = "2026-12-31T09:00Z"
STORE = ROOT / "build" / "demo" / "alongside.sqlite"
OUTBOX = ROOT / "outbox"
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
    run("send", "--now", START, "--until", END)
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
    print(f"  month   {preview}   (one newcomer's month with every mail, as a page)")
    print(f"  status  {page}   (what happened, as a page to show around)")
    if inviting:
        print(f"  dates   {inviting[0]}   (a mail that carries meetups.ics for the calendar; {len(inviting)} do)")
    print(f"What it takes until such mail reaches people: {ROOT / 'content' / 'handbook' / 'mail.md'}")


if __name__ == "__main__":
    main()
