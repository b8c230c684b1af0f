"""Written mails: compiled once and filled, they say what the plain way says, in octets that any server takes."""

from __future__ import annotations

import email
import email.policy
import itertools
import quopri
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.matching.matches import Reason
from alongside.model.gatherings import Chat, Group, Meetup
from alongside.model.journeys import Message
from alongside.model.people import MemberPage, Newcomer
from alongside.model.places import Place
from alongside.model.texts import LocalText
from alongside.planning.plan import StepContent, next_meetups
from alongside.problems import Position
from alongside.rendering.mails.compiling import StepCompiler
from alongside.rendering.mails.envelope import format_instant
from alongside.rendering.mails.filling import TextLines
from alongside.rendering.mails.holes import width
from alongside.rendering.mails.messages import (
    MailCompiler,
    MessageError,
    Routing,
    Written,
    compose,
    render_mail,
    write_confirmation,
    write_message,
)
from alongside.rendering.mails.names import personal_values
from alongside.rendering.mails.parts import frame_language
from alongside.rendering.mails.prose import Paragraph, _wrap_words, wrap
from alongside.rendering.mails.transfer import quoted, quoted_open
from alongside.settings import Organisation, Settings
from mail_records import CHECK_IN, HERE, MIA, NOW, chosen, community, journey, mail, member, story

ROOT = Path("/site")
SETTINGS = Settings(
    config_file=ROOT / "mkdocs.yml",
    root=ROOT,
    docs_dir=ROOT / "content",
    site_dir=ROOT / "site",
    journeys_dir=ROOT / "journeys",
    site_name="Docs People",
    site_url="https://docs.example.org/",
    teams={"community": "Community team"},
    organisation=Organisation(name="Docs People", postal="1 Test Street", privacy="https://example.org/privacy"),
)
BERLIN = Place(label="Berlin, Germany", slug="berlin-germany", name="Berlin", country="DE", zone="Europe/Berlin")

# Each has its own way of being hard to cut: what passages do, and what keeps a message in one piece.
BODIES = {
    "everything": """\
Hello{% if newcomer.name %} {{ newcomer.name }}{% endif %},

{% if member.words %}
{{ member.name }} wrote this for people who start where you are:

{{ member.words }}
{% else %}
Meet {{ member.name }}.
{% endif %}

{% if reasons %}
Why:

{% for reason in reasons %}
- {{ reason }}
{% endfor %}
{% endif %}
{% if newcomer.text %}

You wrote, and we have read every word of it with care: *{{ newcomer.text }}*
{% endif %}

Rooms:

{% for group in groups %}
- [{{ group.name }}]({{ group.url }}){% if group.where %}, {{ group.where }}{% endif %}

{% endfor %}

And:

{% for meetup in meetups %}
1. {{ meetup.title }}: {{ meetup.when }}{% if meetup.where %}, {{ meetup.where }}{% endif +%}
{% endfor %}
""",
    "lists that go on": "{% for one in groups %}\n- {{ one.name }}\n{% endfor %}\n\n{% for one in meetups %}\n"
    "- {{ one.title }} {{ one.when }}\n{% endfor %}\n\n- {{ newcomer.name }}\n\nEnd",
    "a definition elsewhere": "See [x] and [{{ newcomer.name }}].\n\n[x]: https://example.org/?q={{ newcomer.name }}",
    "code": "```\n{{ newcomer.name }}\n\nb\n```\n\nc `{{ newcomer.text }}`",
    "quotations": "> {{ newcomer.name }}\n\n> b\n\n{% if newcomer.text %}\n> {{ newcomer.text }}\n{% endif %}\n\nc",
    "headings and tables": "## {{ newcomer.name }}\n\n| a | {{ newcomer.text }} |\n|---|---|\n| b | {{ reasons | join }} |\n",
    "a tag that eats a line": "{% if newcomer.name %}\nabc\n{%- endif %}\n\nfoo {{ newcomer.text }}",
    "a member that is not closed": "<b>{{ newcomer.name }}\n\n{{ newcomer.text }}\n\n</b> x",
    "counts": "{% if reasons | length > 1 %}{{ reasons | first }} and {{ reasons | length }}{% endif %}\n\n"
    "{% if groups %}{{ groups[0].name }}{% endif %} {% for one in groups[:2] %}{{ loop.index }} {{ one.name }} {% endfor %}",
    "sets": "{% set n = newcomer.name %}\n\nHello {{ n }},\n\n{% macro b(x) %}**{{ x }}**{% endmacro %}{{ b(newcomer.text) }}",
    "looks inside": "{% if newcomer.name == 'Mia' %}You!{% endif %}\n\n{{ newcomer.name | upper }}",
    "links": "[a]({{ newcomer.text }}) [b](https://example.org/?q={{ newcomer.text }})",
    "breaks": "one {{ newcomer.name }}  \ntwo\n{{ newcomer.text }}\n\n![]({{ newcomer.text }})\n\n***\n\n{{ newcomer.place }}",
    "several things in a line": "{{ newcomer.name }} speaks {{ newcomer.languages | join(', ') }} and faces "
    "{{ challenge.title }}.\n\nFor {% for one in groups %}{{ one.name }} and {{ newcomer.name }}, {% endfor %}because "
    "{{ reasons | join(' and ') }}\n\n{% for one in groups %}\n- {{ one.name }} ({{ one.name }}), {{ newcomer.place }}\n"
    "{% endfor %}\n\n> {{ newcomer.challenges | join }} {{ newcomer.text }}",
    "nothing": "{% if newcomer.place %}{{ newcomer.place }}{% endif %}",
}  # fmt: skip

HOSTILE = (
    "*x* <b>", "[a](javascript:alert(1))", "{{ 7*7 }}", "{% for %}", "`code`", "</p><script>alert(1)</script>",
    '"><img src=x>', "&lt;b&gt; &amp;", "# Title", "- item", "1. one", "> quote", "https://evil.example", "=20=",
    "line\r\nBcc: x@y.z", "=?utf-8?q?x?=", ".", "..", ".\r\n.", "From x", "From ", "a=\r\n", "\u202egnp.exe",
    "\ud800", "n" * 2000, "." * 2000, "word " * 400, "\U0001f600" * 700, "日本語" * 60, "مرحبا", "a\u00a0b", "\x00",
    "boss@bank.example", "q0000000000x0x", " ", "é" * 90, "\u2028",
)  # fmt: skip
texts = st.text(min_size=0, max_size=60) | st.sampled_from(HOSTILE) | st.just("")
LANGUAGES = ("en", "ar", "ja", "pt", "ko")


def group(slug: str, **fields: Any) -> Group:
    name = LocalText((("en", fields.pop("name", slug.title())),))
    return Group(slug=slug, name=name, kind="chat", languages=("en",), position=HERE, **fields)


def meetup(slug: str, **fields: Any) -> Meetup:
    values: dict[str, Any] = {"starts": datetime(2026, 12, 3, 18, 30), "duration": timedelta(hours=2), "place": BERLIN}  # noqa: DTZ001
    title = LocalText((("en", f"The {slug}"),))
    return Meetup(slug=slug, title=title, timezone="Europe/Berlin", position=HERE, **{**values, **fields})


GROUPS = (
    group("room", name="Room [for] <all>", chat=(Chat(platform="matrix", url="https://matrix.to/#/x"),)),
    group("berlin", place=BERLIN),
    group("desk"),
)
MEETUPS = (
    meetup("monthly", rrule="FREQ=MONTHLY;BYDAY=1TH"),
    meetup("call", online=True, online_url="https://meet.example.org/x", place=None),
    meetup("fair", starts=date(2026, 12, 5), duration=None, place=None),
)
WORDLESS = MemberPage(language="en", bio="Hi.", position=HERE)
PEOPLE = community(
    member("ana", name="Ana Souza", place=BERLIN, pronouns="she/her"),
    member("ben", name="Ben", pages={"en": WORDLESS}),
    story("talk", "ana", title="My *first* talk", welcome="I lost a word.\n\nA man said it for me."),
    *GROUPS,
    *MEETUPS,
)
UPCOMING = next_meetups(PEOPLE, now=NOW)
REASONS = (
    Reason(kind="challenge", value="first-talk"),
    Reason(kind="topic", value="docs as *code*"),
    Reason(kind="language", value="en"),
)


def authored(body: str, language: str = "en") -> Message:
    return Message(
        language=language,
        subject="For {{ newcomer.name }}{% if newcomer.place %}, {{ newcomer.place }}{% endif %}",
        preheader="{{ newcomer.text }}",
        body=body,
        subject_position=Position("journeys/mails/welcome.md", 2, 10),
        body_position=Position("journeys/mails/welcome.md", 5),
    )


def content_of(
    name: str, *, body: str = "", language: str = "en", slug: str | None = "ana", **fields: Any
) -> StepContent:
    message = authored(body or BODIES[name], language)
    moment = mail(name.replace(" ", "-"), messages={language: message}, invite=fields.pop("invite", False))
    content = chosen(PEOPLE, moment, slug=slug, on=journey(moment, CHECK_IN))
    return replace(content, **fields)


def routing_of(newcomer: Newcomer, **fields: Any) -> Routing:
    values: dict[str, Any] = {
        "sender_address": "community@docs.example.org",
        "to_address": "mia@example.net",
        "to_name": newcomer.name,
        "message_id": "abc.def@docs.example.org",
        "date": NOW,
        "list_id": "first-month.docs.example.org",
        "stop_mailto": "mailto:community+s-abc@docs.example.org?subject=stop",
    }
    return Routing(**{**values, **fields})


def read_back(octets: bytes) -> EmailMessage:
    return email.message_from_bytes(octets, policy=email.policy.default)


def decoded(octets: bytes) -> tuple[Any, ...]:
    """What a mail program gets: headers and parts."""
    message = read_back(octets)
    parts = [
        (part.get_content_type(), part.get_payload(decode=True)) for part in message.walk() if not part.is_multipart()
    ]
    return ([(name, str(value)) for name, value in message.items()], parts)


COMPILER = MailCompiler(PEOPLE, SETTINGS)


def both(content: StepContent, newcomer: Newcomer, *, compiler: MailCompiler = COMPILER, **fields: Any) -> Written:
    """A mail written both ways, which have to come to the same."""
    routing = routing_of(newcomer, **fields)
    plain = compose(render_mail(compiler, content, newcomer, stop_url=routing.stop), routing)
    written = write_message(compiler, content, newcomer, routing)
    assert decoded(written.content) == decoded(plain)
    assert write_message(compiler, content, newcomer, routing) == written
    return written


def check_octets(octets: bytes) -> None:
    """What SMTP servers and filters ask of a message's lines (RFC 5321, RFC 5322, RFC 2045)."""
    assert octets.isascii()
    assert octets.endswith(b"\r\n")
    assert re.search(rb"[^\r]\n|\r[^\n]|\r\Z", octets) is None
    lines = octets.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in lines)


@settings(max_examples=80)
@given(
    name=st.sampled_from(sorted(BODIES)),
    values=st.tuples(texts, texts, texts),
    records=st.tuples(st.lists(st.sampled_from(GROUPS), max_size=3), st.lists(st.sampled_from(MEETUPS), max_size=3)),
    reasons=st.lists(st.sampled_from(REASONS), max_size=3),
    languages=st.lists(st.sampled_from(LANGUAGES), max_size=2),
    language=st.sampled_from(LANGUAGES),
    slug=st.sampled_from(["ana", "ben"]),
    changed=st.sampled_from(["", "member_changed", "met_another"]),
)
def test_both_ways_come_to_the_same(
    name: str,
    values: tuple[str, str, str],
    records: Any,
    reasons: Any,
    languages: Any,
    language: str,
    slug: str,
    changed: str,
) -> None:
    groups, meetups = records
    content = content_of(
        name, language=language, slug=slug, reasons=tuple(reasons), groups=tuple(groups),
        member_changed=changed == "member_changed", met_another=changed == "met_another",
        meetups=tuple((one, UPCOMING[one.slug]) for one in meetups),
    )  # fmt: skip
    place = replace(BERLIN, label=values[2]) if values[2] else None
    newcomer = replace(MIA, name=values[0], text=values[1], place=place, languages=tuple(languages))
    check_octets(both(content, newcomer).content)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_somebody_is_called(text: str) -> None:
    content, newcomer = content_of("everything"), replace(MIA, name=text, text=text)
    written = both(content, newcomer)
    check_octets(written.content)
    assert write_message(MailCompiler(PEOPLE, SETTINGS), content, newcomer, routing_of(newcomer)) == written


def test_the_octets_are_kept_apart_from_the_person() -> None:
    """Compiled are the passages, for what each of them asks about, and not the mail for each kind of person."""
    runs = 0
    original = StepCompiler._run

    def counted(self: StepCompiler, *arguments: Any) -> str:
        nonlocal runs
        runs += 1
        return original(self, *arguments)

    compiler = MailCompiler(PEOPLE, SETTINGS)
    content = content_of("everything", groups=(group("attic"),), meetups=())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StepCompiler, "_run", counted)
        for name in ("Mia", "Noor", ""):
            for text in ("late", ""):
                newcomer = replace(MIA, name=name, text=text)
                write_message(compiler, content, newcomer, routing_of(newcomer))
        # subject, preheader, hello, words, why and text, rooms, groups, and, meetups
        assert runs == 2 + 2 + 2 + 1 + 2 + 1 + 1 + 1 + 1
        runs = 0
        other = replace(content, groups=GROUPS[2:], member_changed=True)
        write_message(compiler, other, MIA, routing_of(MIA))
        assert runs == 0  # another group of the same shape


@pytest.mark.parametrize("text", HOSTILE)
def test_who_differs_in_texts_alone_gets_the_same_plan(text: str) -> None:
    """Nobody's mail shows in that of another, whatever either is called."""
    compiler = MailCompiler(PEOPLE, SETTINGS)
    content = content_of("everything", groups=GROUPS, reasons=REASONS)
    people = [replace(MIA, name=name, text=name, place=replace(BERLIN, label=name)) for name in ("Noor", text, "Ann")]
    people = [newcomer for newcomer in people if personal_values(content, newcomer, PEOPLE).get("newcomer.name")]
    for newcomer in people:
        check_octets(both(content, newcomer, compiler=compiler).content)
    assert len(compiler._plans) == 1


def test_records_that_others_were_shown_are_not_mixed_up() -> None:
    compiler = MailCompiler(PEOPLE, SETTINGS)
    for groups in itertools.permutations((*GROUPS, group("attic", place=BERLIN)), 2):
        for reasons in itertools.permutations(REASONS, 2):
            both(content_of("everything", groups=groups, reasons=reasons), MIA, compiler=compiler)


def test_a_subject_may_tell_of_lists() -> None:
    for reasons in (REASONS[:2], REASONS[1:]):
        content = content_of("everything", reasons=reasons, groups=GROUPS)
        assert content.message is not None
        subject = "{{ newcomer.name }}: {{ reasons | join(', ') }}; {{ groups[0].name }}, {{ groups | length }}"
        message = replace(content.message, subject=subject)
        moment = replace(content.moment, id=f"subject-{reasons[0].kind}", messages={"en": message})
        written = both(replace(content, moment=moment, message=message), MIA)
        assert written.subject.endswith("; Room [for] <all>, 3")


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alongside.rendering.mails.messages.KEPT", 4)
    monkeypatch.setattr("alongside.rendering.mails.filling.KEPT_FILLED", 4)
    monkeypatch.setattr("alongside.rendering.mails.filling.KEPT_VARIANTS", 4)
    compiler = MailCompiler(PEOPLE, SETTINGS)
    for number in range(12):
        groups = tuple(group(f"room-{number}-{one}") for one in range(number))
        content = content_of("everything", groups=groups, reasons=REASONS[: number % 3])
        both(content, replace(MIA, text="late" * (number % 2)), compiler=compiler)
        for kept in (compiler._plans, compiler._asked, compiler._steps):
            assert len(kept) <= 5
        assert len(compiler.texts) <= 5 + len(groups) + len(REASONS)  # and what one mail has asked for
        assert all(len(form) <= 4 for form in compiler._forms.values())
        assert all(len(passage._compiled) <= 4 for passage in compiler._prose.values())


def test_a_message_in_one_piece_is_remembered() -> None:
    compiler = MailCompiler(PEOPLE, SETTINGS)
    for name in ("Mia", "Noor"):
        newcomer = replace(MIA, name=name)
        write_message(compiler, content_of("code"), newcomer, routing_of(newcomer))
    assert compiler._whole == {("first-month", "code", "en")}


def test_a_failing_passage_fails_for_those_who_would_see_it() -> None:
    body = "{% if newcomer.name %}\n{{ nobody }}\n{% endif %}\n\nHello"
    content = content_of("fails", body=body)
    for _ in range(2):
        with pytest.raises(MessageError, match=r"welcome.md:6:1: 'nobody' is undefined"):
            write_message(COMPILER, content, MIA, routing_of(MIA))
    assert both(content, replace(MIA, name="")).subject == "For"


def test_where_there_is_no_member_the_team_writes() -> None:
    written = both(content_of("everything", slug=None, groups=GROUPS), MIA)
    assert (written.subject, written.member) == ("Welcome to Docs People", "")


def test_a_mail_that_would_be_cut_is_refused() -> None:
    content = content_of("long", body="Many words. " * 9000)
    for way in (write_message, lambda compiler, content, newcomer, _: render_mail(compiler, content, newcomer)):
        with pytest.raises(MessageError, match=r"welcome.md:5:1: This mail comes to 1\d\d kB"):
            way(COMPILER, content, MIA, routing_of(MIA))


# --- whose language ---


@pytest.mark.parametrize(
    ("languages", "message", "frame"),
    [
        ((), "en", "en"), (("pt",), "pt-BR", "pt-BR"), (("pt-PT",), "en", "pt"), (("ko", "ja"), "en", "ja"),
        (("ko",), "ko", "en"), (("ko",), "pt", "pt"), (("en",), "ar", "en"),
    ],
)  # fmt: skip
def test_the_frame_is_for_the_reader(languages: tuple[str, ...], message: str, frame: str) -> None:
    assert frame_language(languages, message) == frame


def test_a_message_in_another_language_says_so() -> None:
    written = both(content_of("everything", language="en"), replace(MIA, languages=("ar",)))
    html = read_back(written.content).get_body(("html",))
    assert html is not None
    document = html.get_content()
    assert '<html lang="ar" dir="rtl"' in document
    assert '<div lang="en" dir="ltr" style="text-align: left">' in document
    assert "أوقِف هذه الرسائل" in document
    assert "Ana Souza عبر Docs People" in str(read_back(written.content)["From"])


def test_links_lead_to_the_page_in_the_readers_language() -> None:
    words = MemberPage(language="en", bio="", welcome="Hello.", position=HERE)
    people = community(member("ana", name="Ana", pages={"en": words, "pt": replace(words, language="pt")}))
    compiler = MailCompiler(people, SETTINGS)
    moment = mail("welcome", messages={"en": authored("{{ member.url }}")})
    content = chosen(people, moment, on=journey(moment))
    for languages, path in ((("pt-BR", "en"), "members/ana/pt/"), (("ja",), "members/ana/"), ((), "members/ana/")):
        newcomer = replace(MIA, languages=languages)
        octets = write_message(compiler, content, newcomer, routing_of(newcomer)).content
        assert (
            quopri.decodestring(octets).count(f"https://docs.example.org/{path}\n".replace("\n", "")[:-1].encode()) >= 2
        )
        assert f"https://docs.example.org/{path})\r\n".encode() in quopri.decodestring(octets)


# --- the envelope ---


def test_headers_stand_in_one_order() -> None:
    routing = routing_of(
        MIA, reply_to="r-abc@docs.example.org", in_reply_to="one@docs.example.org", stop_url="https://docs.example.org/-/s",
        references=("nought@docs.example.org", "one@docs.example.org"), feedback_id="welcome:first-month:docs",
    )  # fmt: skip
    message = read_back(write_message(COMPILER, content_of("everything"), MIA, routing).content)
    assert message.keys() == [
        "Date", "From", "To", "Message-ID", "Reply-To", "In-Reply-To", "References", "Subject", "List-Id",
        "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Feedback-ID", "Content-Language",
        "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert message["References"] == "<nought@docs.example.org> <one@docs.example.org>"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Stop these mails (https://docs.example.org/-/s)" in body.get_content()


@pytest.mark.parametrize(
    ("address", "needs"), [("mia@example.net", False), ("josé@example.net", True), ("mia@münchen.example", False)]
)
def test_an_address_beyond_ascii_is_told(address: str, needs: bool) -> None:
    assert both(content_of("looks inside"), MIA, to_address=address).needs_smtputf8 is needs
    assert both(content_of("everything"), MIA, to_address=address).needs_smtputf8 is needs


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_dates_are_those_of_the_library(instant: datetime) -> None:
    expected = format_datetime(instant.astimezone(UTC).replace(microsecond=0))
    assert format_instant(instant) == expected


@given(st.text() | st.text(st.sampled_from(".From =\n \ta"), max_size=300))
def test_pieces_in_transfer_encoding_can_be_joined(text: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    for encoded, expected in ((quoted(text), plain), (quoted_open(text) + quoted(text), plain + plain)):
        assert quopri.decodestring(encoded).replace(b"\r\n", b"\n") == expected
        lines = encoded.split(b"\r\n")
        assert max(map(len, lines)) <= 76
        assert not any(line.startswith((b".", b"From ")) or line.endswith((b" ", b"\t")) for line in lines)


@given(
    st.lists(st.text(st.sampled_from("abéЖ“—"), min_size=1, max_size=90), max_size=30),
    st.sampled_from([("", ""), ("- ", "  "), ("> ", "> "), ("1" * 80 + ". ", " " * 82)]),
)
def test_wrapping_by_the_line_is_wrapping_by_the_word(words: list[str], marks: tuple[str, str]) -> None:
    first, rest = marks
    text = "  ".join(words) if len(words) % 2 else " ".join(words)
    assert list(wrap(text, first=first, rest=rest)) == list(_wrap_words(text, first, rest, 72))
    assert width(text) == len(text)


@given(
    st.lists(st.text(st.sampled_from("abé=."), min_size=1, max_size=40), min_size=1, max_size=9),
    st.sampled_from([("", ""), ("- ", "  "), ("> ", "> ")]),
)
def test_a_paragraph_filled_is_the_paragraph_wrapped(words: list[str], marks: tuple[str, str]) -> None:
    text = " ".join(words)
    paragraph = Paragraph("", *marks)
    filled = TextLines(paragraph, (text,)).fill({}, {})
    expected = "".join(f"{line.rstrip()}\n" for line in _wrap_words(text, *marks, 72))
    assert quopri.decodestring(filled).replace(b"\r\n", b"\n").decode() == expected


# --- invitations ---


def calendar_of(written: Written) -> icalendar.Calendar:
    message = read_back(written.content)
    assert message.get_content_type() == "multipart/mixed"
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert (part.get_param("method"), part.get_filename()) == ("PUBLISH", "meetups.ics")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return icalendar.Calendar.from_ical(payload)


def test_an_invitation_carries_the_dates_it_shows() -> None:
    meetups = tuple((one, UPCOMING[one.slug]) for one in MEETUPS)
    written = both(content_of("everything", invite=True, meetups=meetups), MIA)
    check_octets(written.content)
    calendar = calendar_of(written)
    assert calendar["METHOD"] == "PUBLISH"
    events = {str(event["UID"]): event for event in calendar.events}
    assert list(events) == [
        "monthly+20261203@docs.example.org", "call@docs.example.org", "fair@docs.example.org",
    ]  # fmt: skip
    monthly: Any = events["monthly+20261203@docs.example.org"]
    assert "RRULE" not in monthly
    assert "RECURRENCE-ID" not in monthly
    assert monthly["DTSTART"].dt == UPCOMING["monthly"].starts
    assert monthly["DTEND"].dt - monthly["DTSTART"].dt == timedelta(hours=2)
    assert monthly["DTSTART"].params["TZID"] == "Europe/Berlin"
    fair: Any = events["fair@docs.example.org"]
    assert fair["DTSTART"].dt == date(2026, 12, 5)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]


def test_without_dates_nothing_is_carried() -> None:
    written = both(content_of("everything", invite=True, meetups=()), MIA)
    assert read_back(written.content).get_content_type() == "multipart/alternative"


# --- the question before the first mail ---


@pytest.mark.parametrize("language", ["ar", "de", "en", "es", "fr", "ja", "pt", "uk"])
def test_the_question_says_who_asks_and_has_one_link(language: str) -> None:
    newcomer = replace(MIA, name="Buy <now>", text="spam", languages=(language,))
    url = "https://docs.example.org/-/confirm/c-abc"
    written = write_confirmation(
        COMPILER, content_of("everything").journey, newcomer, confirm_url=url, routing=routing_of(newcomer)
    )
    check_octets(written.content)
    assert (written.language, written.member, written.story) == (language, "", "")
    message = read_back(written.content)
    assert b"Buy" not in written.content  # the address may not be theirs, and gets nothing that they wrote
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        shown = " ".join(body.get_content().split())
        assert shown.count(url) == 1
        assert "Docs People" in shown
        assert "First month" in shown
        assert "mailto:" not in shown


def test_an_authored_message_cannot_show_the_link_of_the_question() -> None:
    with pytest.raises(MessageError, match="'confirm_url' is undefined"):
        write_message(COMPILER, content_of("peeks", body="{{ confirm_url }}"), MIA, routing_of(MIA))
