"""Planted faults: what an author wrote, a mark ▶ before each character at fault, and what they must be told.

Each file is laid into a small good community; the same files also stand together in one, where every fault must be
found beside all the others. `Expected` holds the code and words of the remedy, in the order of the marks.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

MARK = "▶"

GOOD = {
    "content/index.md": "# Welcome\n\n[Ana](members/ana.md) and [her story](stories/a-talk.md).\n",
    "content/challenges.yml": "first-talk:\n  title: {en: Giving a first talk, pt: A primeira palestra}\n  also: [stage fright]\n",
    "content/members/ana.md": """\
        ---
        name: Ana Souza
        place: Recife, Brazil
        languages: [pt, en]
        consent: {since: 2026-03-01, until: 2027-03-01, for: [page, embed, mail]}
        ---
        Writes.
        """,
    "content/stories/a-talk.md": """\
        ---
        title: My first talk
        members: [ana]
        date: 2026-05-04
        language: en
        challenges: [first-talk]
        ---
        I looked around the room.
        """,
    "content/groups/docs.md": "---\nname: Docs\nkind: chapter\nplace: Berlin, Germany\n---\nWe meet.\n",
    "journeys/first.yml": """\
        title: First
        moments:
          - {id: sign-up, owner: growth, where: embed, show: [welcome]}
          - {id: hello, owner: community, where: mail, message: mails/hello.md}
        """,
    "journeys/mails/hello.md": """\
        ---
        subject: "Hello from {{ member.name }}"
        ---
        {% if member.words %}{{ member.words }}{% else %}Meet {{ member.name }}.{% endif %}
        """,
}


@dataclass(frozen=True)
class Expected:
    """What is told at one mark."""

    code: str
    remedy: str  # words of the hint
    severity: str = "error"


@dataclass(frozen=True)
class Planted:
    """A file with faults, marked."""

    path: str
    text: str | bytes
    expected: tuple[Expected, ...]
    name: str = ""

    @property
    def id(self) -> str:
        """For the test's name."""
        return self.name or "-".join([self.path.rsplit("/", 1)[-1], self.expected[0].code])

    @property
    def content(self) -> bytes:
        """The file without its marks."""
        if isinstance(self.text, bytes):
            return self.text.replace(MARK.encode(), b"")
        return dedent(self.text).replace(MARK, "").encode()

    @property
    def places(self) -> list[tuple[int, int]]:
        """Line and column of each mark, marks before it not counted."""
        text = self.text.decode("utf-8", "replace") if isinstance(self.text, bytes) else dedent(self.text)
        found: list[tuple[int, int]] = []
        for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
            column = 0
            for character in line:
                if character == MARK:
                    found.append((number, column + 1))
                else:
                    column += 1
        return found


def one(path: str, text: str | bytes, code: str, remedy: str, severity: str = "error", name: str = "") -> Planted:
    """A file with one fault; without a mark it is the file itself."""
    if isinstance(text, str) and MARK not in text:
        text = MARK + dedent(text)
    if isinstance(text, bytes) and MARK.encode() not in text:
        text = MARK.encode() + text
    return Planted(path, text, (Expected(code, remedy, severity),), name)


def story(extra: str, code: str, remedy: str, *, slug: str, severity: str = "error", body: str = "Text.") -> Planted:
    """A story with one line more; `extra` or `body` holds the mark."""
    text = f"---\ntitle: A title\nmembers: [ana]\ndate: 2026-05-04\n{extra}\n---\n{body}\n"
    return one(f"content/stories/{slug}.md", text, code, remedy, severity)


def member(extra: str, code: str, remedy: str, *, slug: str, severity: str = "error", body: str = "Bio.") -> Planted:
    """A member with one line more."""
    return one(f"content/members/{slug}.md", f"---\nname: A name\n{extra}\n---\n{body}\n", code, remedy, severity)


def meetup(
    extra: str, code: str, remedy: str, *, slug: str, severity: str = "error", starts: str = "2027-01-07 18:30"
) -> Planted:
    """A meetup on Thursday 7 January 2027 with some lines more; `starts` may hold the mark."""
    text = f"---\ntitle: A meetup\nstarts: {starts}\ntimezone: Europe/Berlin\n{extra}\n---\nTalks.\n"
    return one(f"content/meetups/{slug}.md", text, code, remedy, severity)


def journey(moment: str, code: str, remedy: str, *, slug: str) -> Planted:
    """A journey of one moment, written in one line of keys."""
    return one(f"journeys/{slug}.yml", f"title: A journey\nmoments:\n  - {moment}\n", code, remedy)


def mail(text: str, code: str, remedy: str, *, slug: str, severity: str = "error") -> Planted:
    """A mail that no journey sends."""
    return one(f"journeys/mails/{slug}.md", text, code, remedy, severity)


WORDS = "I stood at the door and counted the people inside, and then I went in and sat beside the first friendly face. "
BOM = b"\xef\xbb\xbf"
WHOLE = "---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\n---\nText.\n"
ONE_MOMENT = "title: x\nmoments:\n  - {id: box, owner: growth, where: embed, show: [group]}\n"

FILES = [
    # The file itself
    one("content/stories/empty.md", "", "empty-file", "Write a story"),
    one("content/stories/no-front-matter.md", "Just text.\n", "front-matter-missing", "Start the file with a line ---"),
    one("content/stories/late.md", "\n\n---\ntitle: x\n---\n", "front-matter-late", "Delete the empty lines"),
    one("content/stories/never-closed.md", "---\ntitle: x\nmembers: [ana]\n\nThe text.\n", "front-matter-open", "Add a line with ---"),
    one("content/stories/dashes.md", "---\ntitle: x\n▶----------------------------------------\nText.\n", "front-matter-dashes", "exactly three: ---"),
    one("content/stories/dashes-and-a-rule.md", "---\ntitle: x\n▶----------\nText.\n\n---\n\nMore.\n", "front-matter-dashes", "exactly three: ---"),
    one("content/stories/opened-with-dashes.md", "------\ntitle: x\n---\nText.\n", "front-matter-dashes", "exactly three: ---"),
    one("content/stories/no-keys.md", "---\n---\nText.\n", "front-matter-empty", "Write the keys"),
    one("content/stories/latin-1.md", b"---\ntitle: Caf\xe9\n---\n".replace(b"\xe9", "▶".encode() + b"\xe9"), "encoding", "Save it as UTF-8"),
    one("content/stories/utf-16.md", "---\ntitle: x\n---\n".encode("utf-16"), "encoding", "Save it as UTF-8"),
    one("content/stories/bell.md", "---\ntitle: x ▶\x07 y\nmembers: [ana]\ndate: 2026-05-04\n---\n", "control-character", "Delete it"),
    one("content/stories/nul-in-body.md", "---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\n---\nA ▶\x00 b.\n", "control-character", "Delete it"),
    one("content/stories/bom-and-crlf.md", BOM + "---\r\ntitle: x\r\nmembers: [ana]\r\ndate: ▶2026-13-01\r\n---\r\n".encode(), "bad-date", "2026-05-04"),
    one("content/stories/lone-cr.md", "---\rtitle: x\rmembers: [ana]\rdate: ▶soon\r---\r".encode(), "bad-date", "2026-05-04"),
    one("content/stories/Capital.md", WHOLE, "bad-file-name", "capital.md"),
    one("content/stories/with space.md", WHOLE, "bad-file-name", "with-space.md"),
    one("content/stories/it's,-a «story».md", WHOLE, "bad-file-name", "its-a-story.md"),
    one("content/stories/con.md", WHOLE, "bad-file-name", "con-1.md"),
    Planted(
        "content/stories/No File Name.md",
        "▶---\ntitle: x\nmembers: [ana]\ndate: ▶soon\n▶wellcome: x\n---\n![x](▶gone.png)\n",
        (Expected("bad-file-name", "no-file-name.md"), Expected("bad-date", "2026-05-04"), Expected("unknown-key", '"welcome"'), Expected("dead-link", "../members/ana.md")),
        "misnamed-and-faulty",
    ),
    one("content/stories/imported.html", "---\ntitle: x\n---\n", "file-extension", "imported.md"),
    one("content/groups/nowhere.pt.md", "---\nkind: chat\n---\n".replace("---\nkind", "---\n▶kind"), "missing-key", "What people read"),
    one("content/members/nobody.pt.md", "Words.\n", "translation-of-nothing", "nobody.md"),
    # YAML
    story("▶date: 2026-05-05", "duplicate-key", "4:1", slug="twice"),
    story("source: {url: \"https://a.example\", ▶url: \"https://b.example\"}", "duplicate-key", "5:10", slug="twice-inside"),
    story("▶\twelcome: x", "yaml-tab", "spaces", slug="tab"),
    story("topics: ▶[a, b", "yaml-bracket", "]", slug="bracket-open"),
    story("welcome: this▶: is not it", "yaml-colon", 'welcome: "this: is not it"', slug="colon"),
    story("welcome: ▶@ana said so", "yaml-unquoted", '"@ana said so"', slug="at-sign"),
    story("welcome: ▶`code` first", "yaml-unquoted", '"`code` first"', slug="backtick"),
    story("welcome: ▶%100", "yaml-unquoted", '"%100"', slug="percent"),
    story("welcome: ▶*bold* words", "yaml-unquoted", "*bold* words", slug="asterisk"),
    story("welcome: ▶!important", "yaml-tag", "quotes", slug="tag"),
    story("welcome: ▶!!python/object/apply:os.system [ls]", "yaml-tag", "remove the tag", slug="python-tag"),
    story('welcome: ▶"never closed', "yaml-quote-open", "Close it", slug="quote-open"),
    story("welcome: 'it'▶s here", "yaml-quote-end", "one pair of quotes", slug="quote-end"),
    story('welcome: "C:▶\\people"', "yaml-escape", "twice", slug="escape"),
    story("  ▶topics: [a]", "yaml-indentation", "same column", slug="indented"),
    story("▶just words", "yaml-no-colon", "colon", slug="no-colon"),
    story("topics: ▶- a", "yaml-list", "own line", slug="list-in-line"),
    story("▶<<: {topics: [a]}", "yaml-merge", "Write the values out", slug="merge"),
    story("roles: &r [x]\ntopics: [" + ", ".join(["*r"] * 20).replace("*r", "▶*r", 1) + "]", "yaml-aliases", "Write the values out", slug="aliases"),
    story("topics: " + "[" * 23 + "▶[" + "[" * 200 + "]" * 224, "yaml-depth", "brackets", slug="deep"),
    story("? ▶[a]\n: b", "yaml-key", "plain words", slug="list-as-key"),
    one("content/stories/a-list.md", "---\n▶- a\n- b\n---\n", "wrong-type", "title"),
    one("content/meetups/two-documents.yml", "- title: x\n  starts: 2027-01-01\n▶---\n- title: y\n", "yaml-documents", "one document"),
    one("content/meetups/no-list.yml", "▶title: x\nstarts: 2027-01-01\n", "wrong-type", "- title"),
    # Fields
    story("▶wellcome: x", "unknown-key", '"welcome"', slug="unknown-key"),
    story("source: {▶licence: MIT}", "unknown-key", '"license"', slug="unknown-key-inside"),
    story("status: ▶publish", "unknown-value", '"published"', slug="status"),
    story("challenges: {▶a: b}".replace("▶a", "a").replace("{", "▶{"), "wrong-type", "[one, two]", slug="mapping-for-list"),
    story("topics: [a, ▶[b]]", "wrong-type", "Write topics: [one, two], each of them some text", slug="list-in-list"),
    story("challenges: [▶first-tlak]", "unknown-challenge", '"first-talk"', slug="challenge"),
    story("challenges: [▶stage fright]", "unknown-challenge", '"first-talk"', slug="challenge-alias"),
    story("language: ▶english", "unknown-language", "Write en", slug="language"),
    story("translation_of: ▶a-tlak", "unknown-story", '"a-talk"', slug="translation-unknown"),
    story("translation_of: ▶a-talk", "bad-translation", "language", slug="translation-same-language"),
    story("language: pt\ntranslation_of: ▶itself", "bad-translation", "original", slug="itself"),
    story('source: {url: "▶javascript:alert(1)"}'.replace('"▶', '▶"'), "bad-url", "https://", slug="javascript"),
    story("source: {url: ▶www.example.org/x}", "bad-url", "Write https://www.example.org/x", slug="bare-url"),
    story("media: {audio: ▶tlak.mp3}", "dead-link", "from this file's folder", slug="media"),
    story('welcome: "▶One"'.replace('"▶', '▶"'), "welcome-length", "stands best on its own", slug="short-welcome", severity="warning"),
    story(f"welcome: {WORDS * 3}as ▶I said above.".replace("as ▶I", "▶as I"), "welcome-points-back", "read alone", slug="points-back", severity="warning"),
    story(f"welcome: {WORDS * 3}▶Last year was hard.", "relative-time", "Name the year", slug="relative-time", severity="warning"),
    story(f"language: de\nwelcome: {'Ich stand in der Tür und zählte die Menschen im Raum. ' * 6}Das war ▶letztes Jahr.", "relative-time", "Name the year", slug="relative-time-de", severity="warning"),
    story("topics: [x]", "html-removed", "Link to what it shows", slug="iframe", body="A\n\n▶<iframe src='https://x.example'></iframe>", severity="warning"),
    story("topics: [x]", "html-removed", "without it", slug="handler", body='Text ▶<b onclick="x()">b</b>', severity="warning"),
    story("topics: [x]", "html-removed", "web address", slug="javascript-link", body="[x](▶javascript:alert(1))", severity="warning"),
    story("topics: [x]", "dead-link", '"../members/ana.md"', slug="dead-link", body="[Ana](▶../memers/ana.md)"),
    story("topics: [x]", "dead-link", "https://www.example.org", slug="dead-site", body="`[no](code.md)`\n\n[x](▶www.example.org)"),
    one("content/stories/no-title.md", "---\n▶members: [ana]\ndate: 2026-05-04\n---\n", "missing-key", "What people read first"),
    one("content/stories/empty-title.md", "---\n▶title:\nmembers: [ana]\ndate: 2026-05-04\n---\n", "missing-key", "What people read first"),
    one("content/stories/day-first.md", "---\ntitle: x\nmembers: [ana]\ndate: ▶04.05.2026\n---\n", "bad-date", "2026-04-05 or 2026-05-04"),
    one("content/stories/february.md", "---\ntitle: x\nmembers: [ana]\ndate: ▶2026-02-30\n---\n", "bad-date", "2026-02-28"),
    one("content/stories/old.md", "---\ntitle: x\nmembers: [ana]\ndate: ▶2023-11-22\n---\n", "old-story", "still so", "warning"),
    Planted(
        "content/stories/nobody-tells.md", "---\ntitle: x\nmembers: ▶[▶anna-s]\ndate: 2026-05-04\n---\n",
        (Expected("no-teller", "at least one member"), Expected("unknown-member", "content/members")),
    ),
    Planted(
        "content/stories/three-at-once.md", "---\n▶titel: x\ntitle: y\nmembers: [ana]\ndate: ▶today\nlanguage: ▶xx\n---\n",
        (Expected("unknown-key", "title"), Expected("bad-date", "2026-05-04"), Expected("unknown-language", "en, pt")),
        "three-at-once",
    ),
    # Records that are left out: what else is wrong with them is told in the same run
    Planted(
        "content/stories/left-out.md",
        """\
        ---
        title: x
        members: [ana, ▶anna]
        date: ▶5.11.2026
        translation_of: ▶a-tlak
        challenges: [▶first-tlak]
        welcome: ▶One
        media: {audio: ▶tlak.mp3, video: ▶../../x.mp4}
        ---
        [Ana](▶../memers/ana.md)
        """,
        (
            Expected("unknown-member", '"ana"'), Expected("bad-date", "2026-05-11 or 2026-11-05"),
            Expected("unknown-story", '"a-talk"'), Expected("unknown-challenge", '"first-talk"'),
            Expected("welcome-length", "stands best on its own", "warning"), Expected("dead-link", "from this file's folder"),
            Expected("bad-path", "beside the story"), Expected("dead-link", '"../members/ana.md"'),
        ),
        "story-left-out",
    ),
    Planted(
        "content/members/left-out.md",
        "---\n▶photo: ▶an.jpg\nchallenges: [▶first-tlak]\n---\n[Hers](▶../stories/a-tlak.md) ▶me@example.org\n",
        (
            Expected("missing-key", "The name people read"), Expected("dead-link", "from this file's folder"),
            Expected("unknown-challenge", '"first-talk"'), Expected("dead-link", '"../stories/a-talk.md"'),
            Expected("address-in-content", "contacts import", "warning"),
        ),
        "member-left-out",
    ),
    Planted(
        "content/groups/left-out.md",
        "---\nname: x\nkind: ▶club\nhosts: [▶anna]\nchallenges: [▶first-tlak]\n---\n[Ana](▶../memers/ana.md)\n",
        (
            Expected("unknown-value", "project"), Expected("unknown-member", '"ana"'),
            Expected("unknown-challenge", '"first-talk"'), Expected("dead-link", '"../members/ana.md"'),
        ),
        "group-left-out",
    ),
    Planted(
        "content/meetups/left-out.md",
        """\
        ---
        ▶starts: 2027-01-07 18:30
        ends: ▶2027-01-07 17:00
        timezone: Europe/Berlin
        repeats: every week
        except: [▶2027-01-15]
        group: ▶doc
        ---
        [Ana](▶../memers/ana.md)
        """,
        (
            Expected("missing-key", "What people read"), Expected("dates-reversed", "later than"),
            Expected("off-rule", "2027-01-14 (Thursday)"), Expected("unknown-group", '"docs"'),
            Expected("dead-link", '"../members/ana.md"'),
        ),
        "meetup-left-out",
    ),
    Planted(
        "content/meetups/left-out-of-a-list.yml",
        """\
        - title: One
          starts: 2027-01-01
        - title: Two
          starts: ▶1.2.2027
          hosts: [▶anna]
          description: "[Ana](▶../memers/ana.md)"
        """,
        (
            Expected("bad-time", "2027-01-02 or 2027-02-01"), Expected("unknown-member", '"ana"'),
            Expected("dead-link", '"../members/ana.md"'),
        ),
        "item-left-out",
    ),
    # Members
    member("▶email: a@example.org", "unknown-key", "contacts import", slug="email-key"),
    member("topics: [x]", "address-in-content", "contacts import", slug="email-in-bio", body="Write to ▶me@example.org.", severity="warning"),
    member("links: {mail: ▶\"mailto:me@x.example\"}".replace("me@x.example", "me"), "bad-url", "never stands in content", slug="mailto"),
    member("place: ▶Portland, United States", "ambiguous-place", "Portland, Oregon, United States", slug="ambiguous"),
    member("place: ▶Atlantis Bay", "unknown-place", "City, Country", slug="unknown-place"),
    member('place: {label: "x", lat: ▶95, lon: 5}', "out-of-range", "-90 to 90", slug="latitude"),
    member("timezone: ▶Europe/Berlim", "unknown-zone", "Europe/Berlin", slug="zone"),
    member("timezone: ▶Pacific Standard Time", "unknown-zone", "America/Los_Angeles", slug="windows-zone"),
    member("languages: [en, ▶pt_BR]", "unknown-language", "pt-BR", slug="underscore"),
    member("languages: [en, ▶en]", "repeated-item", "Keep one", slug="repeated", severity="warning"),
    member("welcomes: ▶five", "no-number", "digits", slug="welcomes"),
    member("away: {from: 2027-01-06, to: ▶2026-12-20}", "dates-reversed", "last day away", slug="away"),
    member("consent: {since: 2026-03-01, until: ▶2026-02-01, for: [page]}", "dates-reversed", "last day", slug="consent-reversed"),
    member("consent: {since: 2026-03-01, for: [page, ▶email]}", "unknown-value", "page, embed or mail", slug="consent-for"),
    member("consent: ▶{since: 2026-03-01, until: 2026-12-10, for: [page]}", "consent-ends", "Ask them again", slug="consent-ends", severity="warning"),
    member("consent: ▶{since: 2026-03-01, until: 2026-11-22, for: [page]}", "consent-over", "Ask them again", slug="consent-over", severity="warning"),
    member("welcomes: ▶3", "welcomes-without-consent", "add consent", slug="no-consent", severity="warning"),
    member("photo: ▶an.jpg", "dead-link", "beside the member", slug="photo"),
    member("photo: ▶../../secret.jpg", "bad-path", "photo.jpg", slug="photo-path"),
    member("topics: [x]", "welcome-length", "one thought", slug="short-words", body="Bio.\n\n## Welcome\n▶Hello.\n", severity="warning"),
    member("topics: [x]", "repeated-section", "###", slug="two-welcomes", body=f"## Welcome\n{WORDS * 3}\n\n▶## Welcome\n{WORDS * 3}"),
    one("content/members/at-name.md", "---\nname: ▶ana@work\n---\n", "name-at", "without @"),
    one("content/members/bidi-name.md", '---\nname: ▶"Ana \\u202egnp"\n---\n', "direction-override", "Delete it", "warning"),
    one("content/members/newline-name.md", '---\nname: ▶"Ana\\nBcc: x"\n---\n', "line-break", "one line"),
    # Groups
    one("content/groups/kind.md", "---\nname: x\nkind: ▶chatroom\n---\n", "unknown-value", '"chat"'),
    one("content/groups/comma.md", "---\nname: {en: One, ▶and two}\nkind: chat\n---\n", "unquoted-comma", "in quotes"),
    one("content/groups/language-key.md", "---\nname: {▶english: One}\nkind: chat\n---\n", "unknown-language", "Write en:"),
    one("content/groups/host.md", "---\nname: x\nkind: chat\nhosts: [ana, ▶anna]\n---\n", "unknown-member", '"ana"'),
    one("content/groups/chat.md", "---\nname: x\nkind: chat\nchat: [▶{url: \"https://x.example\"}]\n---\n", "missing-key", "matrix"),
    one("content/groups/expired.md", "---\nname: x\nkind: chat\nchat: [▶{platform: signal, url: \"https://x.example\", expires: 2026-01-01}]\n---\n", "chat-expired", "new invitation", "warning"),
    # Meetups
    meetup("group: ▶doc", "unknown-group", '"docs"', slug="group"),
    meetup("duration: 2h", "bad-time", "18:30", slug="am-pm", starts="▶2027-01-07 6:30 pm"),
    meetup("duration: ▶two hours", "bad-duration", "90 minutes", slug="duration"),
    meetup("ends: ▶2027-01-07 17:00", "dates-reversed", "later than 2027-01-07 18:30", slug="ends"),
    meetup("ends: ▶2027-01-08", "all-day", "both with a time", slug="ends-day"),
    meetup("duration: ▶2h\nends: 2027-01-07 20:30", "ends-and-duration", "Keep one", slug="ends-duration"),
    meetup("all_day: ▶true", "all-day", "date alone", slug="all-day"),
    meetup("repeats: ▶every frist Thursday", "bad-recurrence", "first Thursday of every month", slug="repeats"),
    meetup('repeats: {rrule: ▶"FREQ=HOURLY"}', "bad-recurrence", "one meetup for each", slug="hourly"),
    meetup('repeats: {rrule: ▶"BYDAY=TH"}', "bad-recurrence", "FREQ=", slug="no-freq"),
    meetup('repeats: {rrule: ▶"FREQ=MONTHLY;BYDAY=TH,1FR"}', "bad-recurrence", "Number all of them", slug="mixed-days"),
    meetup('repeats: {rrule: ▶"FREQ=YEARLY;BYYEARDAY=7"}', "bad-recurrence", "BYMONTHDAY", slug="year-day"),
    meetup('repeats: {rrule: ▶"FREQ=WEEKLY;UNTIL=20270301"}', "rrule-bounds", "`until:`", slug="rrule-until"),
    meetup("repeats: first Friday of every month", "start-off-rule", "2027-02-05 (Friday)", slug="off-rule", starts="▶2027-01-07 18:30"),
    meetup("repeats: every week\nuntil: ▶2027-01-01", "dates-reversed", "on or after 2027-01-07", slug="until"),
    meetup("repeats: every week\nuntil: 2027-12-31\ntimes: ▶4", "until-and-times", "Keep one", slug="until-times"),
    meetup("repeats: every week\ntimes: ▶0", "out-of-range", "from 1", slug="times"),
    meetup("repeats: every week\nexcept: [▶2027-01-15]", "off-rule", "2027-01-14 (Thursday)", slug="except"),
    meetup("repeats: every week\nchanges:\n  ▶2027-01-20: {status: cancelled}", "off-rule", "2027-01-21 (Thursday)", slug="changes"),
    meetup("▶until: 2027-12-31", "needs-repeats", "Add `repeats:`", slug="until-alone"),
    meetup("repeats: ▶every month", "month-end", "last day of every month", slug="month-end", severity="warning", starts="2027-01-31 18:30"),
    meetup('repeats:\n  rrule: ▶["FREQ=WEEKLY;BYDAY=TH", "FREQ=MONTHLY;BYDAY=1MO"]', "bad-recurrence", "a meetup for each", slug="two-rules"),
    meetup('repeats:\n  rrule: "FREQ=WEEKLY"\n  ▶rdate: 2027-01-09', "bad-recurrence", "`also:`", slug="rdate"),
    meetup('repeats: {rrule: ▶"FREQ=YEARLY;BYDAY=1TH;BYSETPOS=1"}', "bad-recurrence", "BYSETPOS=-1", slug="positions"),
    meetup('repeats: {rrule: ▶"FREQ=YEARLY;BYDAY=20MO"}', "bad-recurrence", "BYMONTH=5", slug="week-of-year"),
    meetup("repeats: every week\nalso: [▶2027-01-21]", "also-on-rule", "Delete it", slug="also-on-rule", severity="warning"),
    meetup("also: [▶2027-01-01]", "dates-reversed", "in `starts`", slug="also-before"),
    meetup("repeats: every week\nexcept: [2027-01-21]\nalso: [▶2027-01-21]", "also-and-except", "Keep it in one", slug="also-except"),
    meetup("also: [2027-01-09]\nchanges:\n  ▶2027-01-10: {status: cancelled}", "off-rule", "2027-01-07 (Thursday)", slug="off-also"),
    meetup("repeats: every week\nchanges:\n  2027-01-14: {starts: ▶2027-01-21 20:00}", "moved-onto", "status: cancelled", slug="moved-onto", severity="warning"),
    meetup('repeats: ▶"every 2 weeks on Thu, Sun"', "week-start", "one for the other days", slug="week-start", severity="warning"),
    meetup("repeats: ▶every year", "month-end", "last day of February", slug="leap-day", severity="warning", starts="2028-02-29 18:30"),
    meetup("repeats: ▶fifth Friday of every month", "month-end", "last Friday", slug="fifth", severity="warning", starts="2027-01-29 18:30"),
    meetup("duration: 2h", "clock-change", "2027-03-28 03:30", slug="clock-change", severity="warning", starts="▶2027-03-28 02:30"),
    meetup("group: docs\n▶timezone: Europe/Paris", "duplicate-key", "4:1", slug="zone-twice"),
    one("content/meetups/offset-and-zone.md", "---\ntitle: x\nstarts: 2027-01-07T18:30+01:00\ntimezone: ▶Europe/Berlin\n---\n", "offset-and-timezone", "wall time"),
    one("content/meetups/half-hour.md", "---\ntitle: x\nstarts: ▶2027-01-07 18:30+05:30\nrepeats: every week\n---\n", "offset-recurring", "Asia/Kolkata"),
    Planted(
        "content/meetups/list.yml",
        "- title: One\n  starts: 2027-01-07\n  capacity: ▶many\n- ▶title: One\n  starts: 2027-02-07\n- ▶starts: 2027-03-01\n",
        (Expected("no-number", "digits"), Expected("slug-collision", "slug: list-one-2027-02-07"), Expected("missing-key", "What people read")),
        "meetups-in-a-list",
    ),
    # Challenges, ordinary pages
    Planted(
        "content/challenges.yml",
        "first-talk:\n  title: {en: Giving a first talk}\n  also: [stage fright]\nother:\n  title: Another\n"
        "  also: [▶Stage Fright]\n▶Bad Slug: {title: x}\nnothing: ▶\n▶first-talk: {title: x}\n".replace("nothing: ▶", "nothing: {also: [a]}").replace("nothing: {", "nothing: ▶{"),
        (Expected("repeated-alias", "one challenge"), Expected("bad-slug", "bad-slug:"), Expected("missing-key", "What people read"), Expected("duplicate-key", "1:1")),
        "challenges",
    ),
    one("content/guide/people.csv", "name;E-Mail\nBo;bo@x.example\n", "private-file", "Move it out"),
    one("content/contacts.csv", "who,where\n", "private-file", "Move it out"),
    one("content/store.sqlite", b"SQLite format 3\0", "private-file", "Move it out"),
    one("content/dead.md", "# Page\n\n![x](▶missing.png)\n", "dead-link", "from this file's folder"),
    one("content/moment.md", 'Text\n\n▶<alongside-moment moment="sign-upp"></alongside-moment>\n', "unknown-moment", "where: page"),
    one("content/moment-embed.md", '▶<alongside-moment moment="sign-up"></alongside-moment>\n', "unknown-moment", "where: page"),
    one("content/no-moment.md", "▶<alongside-moment></alongside-moment>\n", "moment-unnamed", "id of a moment"),
    # Journeys and mails
    journey("{id: a, owner: ▶grwoth, where: embed, show: [welcome]}", "unknown-team", '"growth"', slug="team"),
    one("journeys/mapping.yml", "title: A journey\nmoments: ▶{id: a, where: embed}\n", "wrong-type", "- {id: sign-up, owner:"),
    journey("{id: a, owner: growth, where: ▶emial}", "unknown-value", '"mail"', slug="where"),
    journey("▶{id: a, owner: growth, where: embed}", "missing-key", "show:", slug="no-show"),
    journey("{id: a, owner: growth, where: embed, show: [welcome, ▶badge]}", "unknown-value", "welcome, story", slug="show"),
    journey("{id: a, owner: growth, where: embed, show: [group], ▶after: 2 days}", "wrong-moment-key", "change `where`", slug="embed-after"),
    journey("{id: a, owner: growth, where: mail, ▶show: [group], message: mails/hello.md}", "wrong-moment-key", "change `where`", slug="mail-show"),
    journey("▶{id: a, owner: growth, where: mail}", "missing-key", "message: mails/", slug="no-message"),
    journey("{id: a, owner: growth, where: mail, message: ▶mails/helo.md}", "missing-message", '"mails/hello.md"', slug="message"),
    journey("{id: a, owner: growth, where: mail, message: ▶../secret.md}", "bad-path", "mails/welcome.md", slug="message-path"),
    journey("{id: a, owner: growth, where: mail, message: mails/hello.md, after: ▶soon}", "bad-duration", "7 days", slug="after"),
    journey("{id: a, owner: growth, where: mail, message: mails/hello.md, after: 1 days, ask_first: ▶2 days}", "ask-first-too-long", "at most 1 days", slug="ask-first"),
    journey('{id: a, owner: growth, where: mail, message: mails/hello.md, window: {from: "17:00", to: ▶"09:00"}}', "dates-reversed", "within one day", slug="window"),
    journey("{id: a, owner: growth, where: embed, show: [group], near: ▶50}", "bad-distance", "50 km", slug="near"),
    one("journeys/twice.yml", "title: x\nmoments:\n  - {id: a, owner: growth, where: embed, show: [group]}\n  - {id: ▶a, owner: growth, where: embed, show: [group]}\n", "repeated-id", "line 3"),
    one("journeys/page.yml", "title: x\nmoments:\n  - ▶{id: nowhere, owner: growth, where: page, show: [group]}\n", "moment-unplaced", "alongside-moment", "warning"),
    one("journeys/v1.yml", ONE_MOMENT, "bad-file-name", "Rename it to journey-v1.yml"),
    one("journeys/v12.yml", ONE_MOMENT, "bad-file-name", "Rename it to journey-v12.yml"),
    one("journeys/box.json.yml", ONE_MOMENT, "bad-file-name", "Rename it to box-json.yml"),
    mail("---\nsubject: ▶{{ member.name }} says hello\n---\nText\n", "yaml-template-unquoted", '"{{ member.name }} says hello"', slug="unquoted"),
    mail("---\npreheader: x\n---\nText\n".replace("---\npre", "---\n▶pre"), "missing-key", "a template in quotes", slug="no-subject"),
    mail('---\nsubject: x\n---\nHello {{ ▶newcommer.name }}\n', "unknown-name", '"newcomer"', slug="name"),
    mail('---\nsubject: "Hi ▶member.nam"\n---\nHello\n'.replace("▶member.nam", "{{ ▶member.nam }}"), "unknown-name", '"name"', slug="attribute"),
    mail("---\nsubject: x\n---\nHello\n{% for group in groups %}{{ ▶group.title }}{% endfor %}\n", "unknown-name", "name, url", slug="loop"),
    mail("---\nsubject: x\n---\nHello\n{{ ▶meetups.title }}\n", "unknown-name", "{% for item in meetups %}", slug="list"),
    mail("---\nsubject: x\n---\nHello\n{% ▶if story %}\nText\n", "template-unclosed", "{% endif %}", slug="unclosed"),
    mail("---\nsubject: x\n---\nHello\n\n{{ story.title | ▶titel }}\n", "template-filter", '"title"', slug="filter"),
    mail("---\nsubject: x\n---\nHello ▶{{ story.title }\n", "template-syntax", "{{ member.name }}", slug="syntax"),
    mail("---\nsubject: x\n---\nOi\n", "translation-of-nothing", "goodbye.md", slug="goodbye.pt"),
    # Settings
    one(
        "mkdocs.yml",
        "site_name: Test community\nsite_url: https://community.example.org/\ndocs_dir: content\nplugins:\n  - alongside:\n"
        "      ▶laguage: en\n      teams: {community: Community team, growth: Growth team, product: Product team}\n",
        "unknown-key", '"language"',
    ),
]  # fmt: skip
