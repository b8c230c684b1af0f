"""Building one mail: from what a step shows and a newcomer to the octets, against what everybody writes first."""

from __future__ import annotations

import random
import statistics
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

import css_inline
import jinja2
from markupsafe import Markup

from alongside.matching.assignment import assign_member
from alongside.matching.index import build_index
from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.journeys import Journey, Message, Moment
from alongside.model.people import Challenge, Consent, Member, MemberPage, Newcomer
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.model.texts import LocalText
from alongside.planning.plan import StepContent, choose, next_meetups
from alongside.problems import Position
from alongside.rendering.mails.frame import frame, read_template
from alongside.rendering.mails.messages import MailCompiler, Routing, write_message
from alongside.rendering.mails.names import personal_values
from alongside.settings import Organisation, Settings
from bench import communities
from bench.harness import BenchError, Figure

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HERE = Position("journeys/mails/welcome.md")
SITE = "https://community.example.org/"
MEMBERS, GROUPS, MEETUPS = 40, 30, 30
ROUNDS, BLOCK = 20, 100  # short blocks by turns: both meet the machine in the same moods
GOAL = 0.01
T = TypeVar("T")
EXTRA = "İrem 花子 José Zoë Łukasz Nguyễn Åse O'Neil Мар'яна".split()

SUBJECT = "{{ member.name }} says hello{% if newcomer.name %}, {{ newcomer.name }}{% endif %}"
BODY = """\
Hello{% if newcomer.name %} {{ newcomer.name }}{% endif %},

{{ member.name }} wrote this for people who start where you are:

{{ member.words }}

{% if reasons %}
We thought of {{ member.name }} because:

{% for reason in reasons %}
- {{ reason }}
{% endfor %}
{% endif %}

The whole story is here: [{{ story.title }}]({{ story.url }}).

{% if groups %}
Rooms where people talk about it:

{% for group in groups %}
- [{{ group.name }}]({{ group.url }}){% if group.where %}, {{ group.where }}{% endif +%}
{% endfor %}
{% endif %}

{% if meetups %}
And these dates are coming up:

{% for meetup in meetups %}
- [{{ meetup.title }}]({{ meetup.url }}), {{ meetup.when }}, {{ meetup.where }}
{% endfor %}
{% endif %}

**Answer this mail and {{ member.name }} gets your note.** Neither of you sees the other's address.
"""
# The same mail as somebody would write it for Jinja: one template for each part, all of it run for each person.
HTML = """\
<p>Hello{% if name %} {{ name }}{% endif %},</p>
<p>{{ member }} wrote this for people who start where you are:</p>
<blockquote lang="en" dir="ltr"><p>{{ words }}</p></blockquote>
{% if reasons %}<p>We thought of {{ member }} because:</p>
<ul>{% for reason in reasons %}<li>{{ reason }}</li>{% endfor %}</ul>{% endif %}
<p>The whole story is here: <a href="{{ story_url }}">{{ story }}</a>.</p>
{% if groups %}<p>Rooms where people talk about it:</p>
<ul>{% for group in groups %}<li><a href="{{ group.url }}">{{ group.name }}</a>\
{% if group.where %}, {{ group.where }}{% endif %}</li>{% endfor %}</ul>{% endif %}
{% if meetups %}<p>And these dates are coming up:</p>
<ul>{% for meetup in meetups %}<li><a href="{{ meetup.url }}">{{ meetup.title }}</a>, {{ meetup.when }}, \
{{ meetup.where }}</li>{% endfor %}</ul>{% endif %}
<p><strong>Answer this mail and {{ member }} gets your note.</strong> Neither of you sees the other's address.</p>
"""
PERSON = """\
<table class="person" role="presentation"><tr><td><div class="disc" aria-hidden="true">{{ initials }}</div></td>\
<td class="who"><p class="name"><a href="{{ member_url }}">{{ member }}</a></p>\
<p class="about quiet">{{ place }}</p></td></tr></table>
"""
MASTHEAD = '<p class="community"><a href="{{ site }}">{{ community }}</a></p>'
FOOTER = """\
<p>{{ member }} wrote these words for people who start where you are. {{ community }} sent them to you \
automatically. Answer this mail to write to {{ member }}: it is passed on as plain text, and neither of you sees the \
other’s address.</p>
<p>You get this mail because you started “{{ journey }}” with {{ community }}.</p>
<p><a href="{{ stop_url }}">Stop these mails</a></p>
<p><a href="https://example.org/privacy">Privacy</a></p>
<p>{{ community }} · 1 Test Street</p>
"""
TEXT = """\
{{ community }} ({{ site }})

{{ member }} ({{ member_url }})

{{ place }}

Hello{% if name %} {{ name }}{% endif %},

{{ member }} wrote this for people who start where you are:

> {{ words }}

{% if reasons %}We thought of {{ member }} because:

{% for reason in reasons %}- {{ reason }}
{% endfor %}
{% endif %}The whole story is here: {{ story }} ({{ story_url }}).

{% if groups %}Rooms where people talk about it:

{% for group in groups %}- {{ group.name }} ({{ group.url }}){% if group.where %}, {{ group.where }}{% endif %}

{% endfor %}
{% endif %}{% if meetups %}And these dates are coming up:

{% for meetup in meetups %}- {{ meetup.title }} ({{ meetup.url }}), {{ meetup.when }}, {{ meetup.where }}
{% endfor %}
{% endif %}Answer this mail and {{ member }} gets your note. Neither of you sees the other's address.

--
{{ member }} wrote these words for people who start where you are. {{ community }} sent them to you automatically. \
Answer this mail to write to {{ member }}: it is passed on as plain text, and neither of you sees the other’s address.

You get this mail because you started “{{ journey }}” with {{ community }}.

Stop these mails ({{ stop_url }})

Privacy (https://example.org/privacy)

{{ community }} · 1 Test Street
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One mail to build."""

    content: StepContent
    newcomer: Newcomer
    routing: Routing


def measure_build(count: int = 1_000) -> Iterator[Figure]:
    """Yield what a mail costs against the naive way; raises `BenchError` when the two do not say the same."""
    chance = random.Random("mails")
    community, settings = _community(chance), _settings()
    cases = _cases(community, chance, count + ROUNDS * BLOCK)
    compiler = MailCompiler(community, settings)
    first = [
        _clock(lambda case=case: write_message(MailCompiler(community, settings), *_of(case))) for case in cases[:20]
    ]
    for case in cases[:count]:  # other people, same community: a process that has sent some mails
        write_message(compiler, *_of(case))
    naive = Naive(community)
    ours, theirs = [], []
    for start in range(count, len(cases), BLOCK):
        measured = cases[start : start + BLOCK]  # whom neither has met before
        ours.append(_cost(measured, lambda case: write_message(compiler, *_of(case))))
        told = [(case, naive.values(case)) for case in measured]  # not counted: ours works them out itself
        theirs.append(_cost(told, lambda entry: naive.build(*entry)))
    for case in cases[count:]:
        _check_equal(write_message(compiler, *_of(case)).content, naive.build(case, naive.values(case)))
    fast, slow = statistics.median(ours), statistics.median(theirs)
    print(
        f"{len(cases) - count} mails: {fast * 1e6:.1f} µs each, naive {slow * 1e6:.0f} µs (CPU, medians); "
        f"the first of a member and story {statistics.median(first) * 1e3:.1f} ms"
    )
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    yield Figure(name="build a mail / Jinja2, css-inline and EmailMessage", value=ratio, goal=GOAL)


def _of(case: Case) -> tuple[StepContent, Newcomer, Routing]:
    return case.content, case.newcomer, case.routing


def _cost(cases: Sequence[T], build: Callable[[T], object]) -> float:
    """Seconds (CPU) to build one of them, one by one as a sender does: the last is gone when the next is made."""

    def each() -> None:
        for case in cases:
            build(case)

    return _clock(each) / len(cases)


def _clock(step: Any) -> float:
    started = time.process_time_ns()
    step()
    return (time.process_time_ns() - started) / 1e9


# --- the community ---


def _settings() -> Settings:
    root = Path("/site")
    return Settings(
        config_file=root / "mkdocs.yml",
        root=root,
        docs_dir=root / "content",
        site_dir=root / "site",
        journeys_dir=root / "journeys",
        site_name="Generated",
        site_url=SITE,
        teams={"community": "Community team"},
        organisation=Organisation(name="Generated", postal="1 Test Street", privacy="https://example.org/privacy"),
    )


def _community(chance: random.Random) -> Community:
    people = list(communities.members(MEMBERS))
    told = [story for story in communities.stories(MEMBERS * 10) if story.member in {one.slug for one in people}]
    return Community(
        name="Generated",
        url=SITE,
        challenges={
            slug: Challenge(slug=slug, title=LocalText((("en", title),)), position=HERE)
            for slug, title in communities.challenges().items()
        },
        members={one.slug: _member(one) for one in people},
        stories={
            one.slug: Story(
                slug=one.slug, title=one.title, members=(one.member,), date=one.date, language="en",
                challenges=one.challenges, welcome=one.welcome, position=HERE,
            )
            for one in told[:MEMBERS]
        },
        groups={one.slug: one for one in (_group(chance, number) for number in range(GROUPS))},
        meetups={one.slug: one for one in (_meetup(chance, number) for number in range(MEETUPS))},
    )  # fmt: skip


def _place(label: str) -> Place:
    city, _, country = label.partition(", ")
    return Place(label=label, slug=city.lower(), name=city, country=country)


def _member(one: communities.GeneratedMember) -> Member:
    page = MemberPage(language="en", bio=one.bio, welcome=one.welcome, position=HERE)
    return Member(
        slug=one.slug,
        name=one.name,
        place=_place(one.place),
        languages=("en",),
        challenges=one.challenges,
        welcomes=1_000_000,
        consent=Consent(since=date(2022, 1, 1), containers=frozenset({"page", "embed", "mail"})),
        pages={"en": page},
        position=HERE,
    )


def _group(chance: random.Random, number: int) -> Group:
    name = LocalText((("en", f"{chance.choice(communities.WORDS).title()} people {number}"),))
    place = _place(chance.choice(communities.PLACES)) if number % 3 else None
    return Group(slug=f"group-{number}", name=name, kind="chapter", place=place, languages=("en",), position=HERE)


def _meetup(chance: random.Random, number: int) -> Meetup:
    return Meetup(
        slug=f"meetup-{number}",
        title=LocalText((("en", f"{chance.choice(communities.WORDS).title()} evening {number}"),)),
        starts=datetime(2026, 12, 1 + number % 28, 18, 30),  # noqa: DTZ001  # wall time
        timezone="Europe/Berlin",
        duration=timedelta(hours=2),
        place=_place(chance.choice(communities.PLACES)),
        languages=("en",),
        position=HERE,
    )


def _cases(community: Community, chance: random.Random, count: int) -> list[Case]:
    """So many people, all different, and what the journey's mail shows to each, as a pass chooses it."""
    message = Message(language="en", subject=SUBJECT, body=BODY, subject_position=HERE, body_position=HERE)
    moment = Moment(id="welcome", owner="community", where="mail", messages={"en": message}, position=HERE)
    journey = Journey(
        slug="first-month", title=LocalText((("en", "The first month"),)), moments=(moment,), position=HERE
    )
    index, upcoming = build_index(community, today=NOW.date()), next_meetups(community, now=NOW)
    taken: Counter[str] = Counter()
    cases = []
    for number in range(count):
        newcomer = _newcomer(community, chance, number)
        match = assign_member(index, newcomer, day=NOW.date(), load=taken)
        if match is None:
            raise BenchError("nobody welcomes them")
        taken[match.slug] += 1
        content = choose(
            community, index, journey=journey, moment=moment, newcomer=newcomer, member=match.slug,
            upcoming=upcoming, day=NOW.date(),
        )  # fmt: skip
        cases.append(Case(content=content, newcomer=newcomer, routing=_routing(newcomer, chance, number)))
    return cases


def _newcomer(community: Community, chance: random.Random, number: int) -> Newcomer:
    first, last = chance.choice((*communities.FIRST, *EXTRA)), chance.choice(communities.LAST)
    return Newcomer(
        email=f"newcomer-{number}@example.net",
        name=f"{first} {last} {number}" if number % 9 else "",
        id=f"id-{number}",
        place=_place(chance.choice(communities.PLACES)) if number % 5 else None,
        languages=("en",),
        challenges=tuple(chance.sample(list(community.challenges), chance.randint(0, 2))),
        text=f"I want to {chance.choice(communities.WORDS)} and {chance.choice(communities.WORDS)}, {number}."
        if number % 10 == 0
        else "",
    )


def _routing(newcomer: Newcomer, chance: random.Random, number: int) -> Routing:
    return Routing(
        sender_address="community@community.example.org",
        to_address=newcomer.email,
        to_name=newcomer.name,
        message_id=f"{number:016x}.{chance.getrandbits(64):016x}@community.example.org",
        date=NOW + timedelta(seconds=number),
        list_id="first-month.community.example.org",
        stop_mailto=f"mailto:stop+s-{chance.getrandbits(80):020x}@community.example.org",
        stop_url=f"{SITE}-/stop/s-{chance.getrandbits(80):020x}",
        feedback_id="welcome:first-month:alongside",
    )


# --- the naive way ---


class Naive:
    """A template for each part, css-inline, `EmailMessage`; templates are compiled once, as everybody does."""

    def __init__(self, community: Community) -> None:
        self.community = community
        escaping = jinja2.Environment(autoescape=True)
        self.html = escaping.from_string(_naive_document())
        self.text = jinja2.Environment(autoescape=False).from_string(TEXT)  # plain text

    def values(self, case: Case) -> Mapping[str, Any]:
        """What the templates show."""
        content, community = case.content, self.community
        assert content.member is not None
        assert content.member.place is not None
        assert content.story is not None
        assert content.words is not None
        values = personal_values(content, case.newcomer, community)
        names = content.member.name.split()
        return {
            "community": community.name,
            "site": community.url,
            "journey": content.journey.title.text("en"),
            "name": case.newcomer.name,
            "subject": f"{content.member.name} says hello" + (f", {case.newcomer.name}" if case.newcomer.name else ""),
            "member": content.member.name,
            "member_url": community.url + content.member.path,
            "initials": names[0][0] + names[-1][0],
            "place": content.member.place.label,
            "words": " ".join(content.words.text.split()),
            "story": content.story.title,
            "story_url": community.url + content.story.path,
            "stop_url": case.routing.stop_url,
            "reasons": [text for path, text in values.items() if path.startswith("reasons.")],
            "groups": _records("groups", values),
            "meetups": _records("meetups", values),
        }

    def build(self, case: Case, values: Mapping[str, Any]) -> bytes:
        """The message."""
        routing = case.routing
        message = EmailMessage(policy=policy.SMTP)
        sender, domain = routing.sender_address.split("@")
        message["Date"] = routing.date
        message["From"] = Address(f"{values['member']} via {values['community']}", sender, domain)
        message["To"] = Address(routing.to_name, *routing.to_address.split("@"))
        message["Message-ID"] = f"<{routing.message_id}>"
        message["Subject"] = values["subject"]
        message["List-Id"] = f"<{routing.list_id}>"
        message["List-Unsubscribe"] = f"<{routing.stop_mailto}>, <{routing.stop_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        message["Feedback-ID"] = routing.feedback_id
        message["Content-Language"] = "en"
        message.set_content(_wrapped(self.text.render(values)))
        message.add_alternative(css_inline.inline(self.html.render(values)), subtype="html")
        return message.as_bytes()


def _records(kind: str, values: Mapping[str, str]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, text in values.items():
        if path.startswith(f"{kind}."):
            _, number, name = path.split(".")
            found.setdefault(number, {})[name] = text
    return list(found.values())


def _naive_document() -> str:
    """The frame our mails have, its style sheet in the head for css-inline."""
    slots = {
        "subject": "{{ subject }}", "preheader": "", "masthead": f'<div class="quiet">{MASTHEAD}</div>',
        "body": PERSON + HTML, "footer": FOOTER,
    }  # fmt: skip
    pieces = (
        slots[piece] if number % 2 else Markup.escape(piece).unescape() for number, piece in enumerate(frame("en"))
    )
    return "".join(pieces).replace("</head>", f"<style>{read_template('body.css')}</style></head>")


def _wrapped(text: str) -> str:
    paragraphs = []
    for line in text.splitlines():
        rest = "> " if line.startswith("> ") else "  " if line.startswith("- ") else ""
        paragraphs.append(
            textwrap.fill(line, 72, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)
        )
    return "\n".join(paragraphs) + "\n"


# --- are they the same? ---


class _Shown(HTMLParser):
    """Words and links of an HTML part."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.silent = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.silent = tag in ("style", "script")
        self.links += [value for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent = False

    def handle_data(self, data: str) -> None:
        self.words += data.split() if not self.silent else ()


def _check_equal(ours: bytes, naive: bytes) -> None:
    mine, other = (BytesParser(policy=policy.default).parsebytes(octets) for octets in (ours, naive))
    for name in ("Subject", "From", "To", "Date", "Message-ID", "List-Id"):
        if str(mine[name]) != str(other[name]):
            raise BenchError(f"{name} differs: {mine[name]!r}, {other[name]!r}")
    texts = [_part(message, "plain") for message in (mine, other)]
    if texts[0].split() != texts[1].split():
        raise BenchError(f"the texts differ:\n{texts[0]}\n{texts[1]}")
    shown = []
    for message in (mine, other):
        reader = _Shown()
        reader.feed(_part(message, "html"))
        shown.append(("".join(reader.words), reader.links))
    if shown[0] != shown[1]:
        raise BenchError(f"the HTML differs:\n{shown[0]}\n{shown[1]}")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
