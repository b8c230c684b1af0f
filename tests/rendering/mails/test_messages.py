"""Mails: both parts say the same, nothing a stranger wrote becomes markup, and every byte is accounted for."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import html5lib
import mailparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.model.gatherings import Chat, Group, Meetup
from alongside.model.journeys import Message
from alongside.model.people import MemberPage, Newcomer
from alongside.model.texts import LocalText
from alongside.planning.plan import StepContent
from alongside.problems import Position
from alongside.rendering.mails.holes import clean, width
from alongside.rendering.mails.messages import (
    Mail,
    MailCompiler,
    MessageError,
    Routing,
    compose,
    render_mail,
    sender_address,
)
from alongside.rendering.mails.parts import initials
from alongside.rendering.mails.prose import join_paragraphs, markdown_html, paragraphs_of, wrap
from alongside.rendering.mails.templates import keep_line_ends
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

BODY = """\
Hello{% if newcomer.name %} {{ newcomer.name }}{% endif %},

{% if member.words %}
{{ member.name }} wrote this for people who start where you are:

{{ member.words }}
{% else %}
Meet {{ member.name }}.
{% endif %}

{% if reasons %}
Why {{ member.name }}: {{ reasons | join("; ") }}.
{% endif %}
{% if newcomer.text %}

You wrote: *{{ newcomer.text }}*
{% endif %}

## More

The story: [{{ story.title }}]({{ story.url }}), {{ story.date }}.

{% for group in groups %}
- [{{ group.name }}]({{ group.url }}){% if group.where %}, {{ group.where }}{% endif %}

{% endfor %}
"""


def authored(
    body: str = BODY, *, subject: str = "For {{ newcomer.name }}", language: str = "en", line: int = 5
) -> Message:
    return Message(
        language=language,
        subject=subject,
        preheader="Someone who started where you are, {{ newcomer.name }}.",
        body=body,
        subject_position=Position("journeys/mails/welcome.md", 2, 10),
        body_position=Position("journeys/mails/welcome.md", line),
    )


def group(slug: str, name: str) -> Group:
    text = LocalText((("en", name),))
    chat = (Chat(platform="matrix", url="https://matrix.to/#/x"),)
    return Group(slug=slug, name=text, kind="chat", chat=chat, languages=("en",), position=HERE)


PEOPLE = community(
    member("ana", name="Ana Souza"),
    story("talk", "ana", title="My *first* talk", welcome="I lost a word.\n\nA man said it for me."),
    group("room", "Room [for] <all>"),
    group("desk", "Desk"),
)


def content_of(
    message: Message | None = None, *, people: Any = PEOPLE, newcomer: Newcomer = MIA, **fields: Any
) -> StepContent:
    message = message or authored()
    moment = mail("welcome", messages={message.language: message})
    return chosen(people, moment, newcomer=newcomer, on=journey(moment, CHECK_IN), **fields)


def rendered(message: Message | None = None, *, people: Any = PEOPLE, newcomer: Newcomer = MIA, **fields: Any) -> Mail:
    content = content_of(message, people=people, newcomer=newcomer, **fields)
    return render_mail(MailCompiler(people, SETTINGS), content, newcomer)


def composed(letter: Mail, **fields: Any) -> bytes:
    values: dict[str, Any] = {
        "sender_address": "community@docs.example.org",
        "to_address": "mia@example.net",
        "to_name": "Mia",
        "message_id": "abc.def@docs.example.org",
        "date": NOW,
    }
    return compose(letter, Routing(**{**values, **fields}))


def read_back(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


# --- reading a mail as another program would ---


class Visible(HTMLParser):
    """The words of an HTML mail that a person sees."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        hides = tag in ("title", "style") or values.get("aria-hidden") or "display:none" in (values.get("style") or "")
        if tag not in ("br", "hr", "meta", "link", "img") and (self.hidden or hides):
            self.hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words += data.split()


def html_words(document: str) -> list[str]:
    reader = Visible()
    reader.feed(document)
    return "".join(reader.words).split()


def text_words(text: str) -> list[str]:
    """The words of the plain part without what only typing needs: targets of links, marks of lists and quotes."""
    text = re.sub(r"^(?:(?: *(?:> |>$|- |\d+\. ))+|-- $|=+$|-{2,}$)", "", text, flags=re.MULTILINE)
    text = re.sub(r"\s\((?:https?://|community@|mailto:)[^\s]*\)", "", text)
    return "".join(text.split()).split()


def elements(document: str) -> list[str]:
    tree = html5lib.parse(document, namespaceHTMLElements=False)
    return [str(node.tag) for node in tree.iter()]


# --- both parts ---


def test_a_mail_in_full() -> None:
    letter = rendered()
    assert (letter.subject, letter.sender_name) == ("For Mia", "Ana Souza via Docs People")
    assert (letter.member, letter.story, letter.language) == ("ana", "talk", "en")
    assert (
        letter.text
        == """\
Docs People (https://docs.example.org/)

Ana Souza (https://docs.example.org/members/ana/)

Hello Mia,

Ana Souza wrote this for people who start where you are:

> I lost a word.
>
> A man said it for me.

Why Ana Souza: You share a challenge: Giving a first talk.

More
----

The story: My *first* talk (https://docs.example.org/stories/talk/), 1
January 2026.

- Desk (https://docs.example.org/groups/desk/)
- Room [for] <all> (https://docs.example.org/groups/room/)

--\x20
Ana Souza wrote these words for people who start where you are. Docs
People sent them to you automatically. Answer this mail to write to Ana
Souza: it is passed on as plain text, and neither of you sees the
other’s address.

You get this mail because you started “First month” with Docs People.

Stop these mails (mailto:community@docs.example.org?subject=stop)

Privacy (https://example.org/privacy)

Docs People · 1 Test Street
"""
    )


@pytest.mark.parametrize("language", ["en", "de", "ar", "ja"])
def test_both_parts_say_the_same(language: str) -> None:
    people = replace(PEOPLE, name="Docs & <People>")
    letter = rendered(authored(language=language), people=people, newcomer=replace(MIA, text="I am *afraid* & late"))
    assert text_words(letter.text) == html_words(letter.html)


def test_a_mail_loads_nothing_and_fits() -> None:
    letter = rendered(
        authored("![a picture](https://example.org/pixel.png)\n\n<img src=x onerror=y><script>z</script>")
    )
    assert len(letter.html.encode()) < 90_000
    assert "a picture" in letter.text
    assert re.findall(r"""src=|url\(|@import|<link|<script|<img""", letter.html) == []


@pytest.mark.parametrize(("language", "dir_"), [("en", "ltr"), ("ar", "rtl"), ("pt-BR", "ltr")])
def test_language_and_direction_are_said(language: str, dir_: str) -> None:
    letter = rendered(authored(language=language), newcomer=replace(MIA, languages=(language,)))
    assert f'<html lang="{language}" dir="{dir_}"' in letter.html
    assert '<blockquote lang="en" dir="ltr"' in letter.html  # the words keep their own


def test_tables_of_the_frame_are_for_layout() -> None:
    letter = rendered()
    tables = re.findall(r"<table[^>]*>", letter.html)
    assert tables
    assert [table for table in tables if 'role="presentation"' not in table] == []


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("#22262f", "#ffffff"), ("#0b6b60", "#ffffff"), ("#5a606c", "#f4f1ea"), ("#3f5a56", "#f4f1ea"),
        ("#5a606c", "#ffffff"), ("#22262f", "#f3f7f5"), ("#ffffff", "#0b6b60"), ("#22262f", "#f1efe9"),
        ("#eceae6", "#202329"), ("#83d6c8", "#202329"), ("#b3b7c0", "#15171b"), ("#b3d9d2", "#15171b"),
        ("#eceae6", "#282c33"), ("#10211f", "#83d6c8"), ("#eceae6", "#2b2f37"),
    ],
)  # fmt: skip
def test_colours_can_be_told_apart(ink: str, paper: str) -> None:
    mail_html = rendered(authored("`code` [a](https://example.org)\n\n> quote")).html
    assert ink in mail_html
    assert paper in mail_html
    light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


# --- honest voice ---


def test_without_words_the_team_introduces() -> None:
    silent = member("ana", name="Ana Souza", pages={"en": MemberPage(language="en", bio="Hi.", position=HERE)})
    letter = rendered(people=community(silent))
    assert letter.sender_name == "Community team, Docs People"
    assert "Meet Ana Souza." in letter.text
    assert "Community team wrote this mail to introduce Ana Souza." in " ".join(letter.text.split())
    assert 'class="disc"' not in letter.html  # nothing looks as if she had written it


def test_where_there_is_no_member_the_teams_own_words_go_out() -> None:
    letter = rendered(slug=None)
    assert letter.sender_name == "Community team, Docs People"
    assert (letter.member, letter.reasons, letter.subject) == ("", (), "Welcome to Docs People")
    assert "Hello Mia," in letter.text
    assert "Ana" not in letter.text
    assert text_words(letter.text) == html_words(letter.html)


def test_a_message_that_asks_for_the_member_keeps_its_own_words() -> None:
    body = "{% if member %}From {{ member.name }}{% else %}From the team{% endif %}{% if member.name %}!{% endif %}"
    assert "From the team\n" in rendered(authored(body), slug=None).text


def test_words_cannot_reach_into_the_mail_around_them() -> None:
    page = MemberPage(language="en", bio="", welcome="Look:\n\n```\n<b>{{ 7*7 }}\n\n[x]: javascript:y", position=HERE)
    people = community(member("ana", name="Ana Souza", pages={"en": page}))
    letter = rendered(authored("{{ member.words }}\n\nAfter [x] the *words*."), people=people)
    assert ">     <b>{{ 7*7 }}" in letter.text
    assert "\nAfter [x] the words.\n" in letter.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ member.words }}", "<blockquote"),
        ("> {{ member.words }}", '<div lang="en"'),
        ("- {{ member.words }}", "<li"),
        ("Ana: {{ member.words }} Yes.", "Yes."),
        ("## {{ member.words }}", "<h2"),
        ("**{{ member.words }}**", "<strong"),
    ],
)
def test_words_fit_wherever_they_stand(body: str, expected: str) -> None:
    letter = rendered(authored(body))
    assert expected in letter.html
    assert text_words(letter.text) == html_words(letter.html)
    assert "I lost a word." in letter.text
    assert re.search(r"<p[^>]*>\s*<(?:blockquote|p|div)", letter.html) is None


def test_links_in_a_members_words_lead_to_the_site() -> None:
    welcome = "See [my story](../stories/talk.md), [a file](../files/a.pdf), [nothing](gone.md), [bad](javascript:x)."
    page = MemberPage(language="en", bio="", welcome=welcome, position=Position("content/members/ana.md"))
    people = replace(
        community(member("ana", name="Ana", pages={"en": page})),
        files={"stories/talk.md": "stories/talk/"},
        documents=frozenset({"files/a.pdf"}),
    )
    letter = rendered(authored("{{ member.words }}"), people=people)
    flat = " ".join(line.removeprefix("> ") for line in letter.text.splitlines())
    assert "See my story (https://docs.example.org/stories/talk/), a file" in flat
    assert "(https://docs.example.org/files/a.pdf), nothing, bad." in flat


def test_no_address_of_a_site_leaves_names_without_links() -> None:
    letter = rendered(people=replace(PEOPLE, url=""))
    assert "The story: My *first* talk, 1 January 2026." in letter.text
    assert 'href=""' not in letter.html


# --- what strangers wrote ---

HOSTILE = (
    "*x* <b>", "[a](javascript:alert(1))", "{{ 7*7 }}", "{% for %}", "`code`", "</p><script>alert(1)</script>",
    '"><img src=x>', "&lt;b&gt; &amp;", "# Title", "- item", "1. one", "> quote", "https://evil.example", "a_b_c __d__",
    "\\*", "<!-- -->", "|a|b|", "~~s~~", "line\r\nBcc: x@y.z", "q0000000000x0x", "'\"`", "&#60;", "]]>",
    "\u202egnp.exe",
)  # fmt: skip
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40) | st.sampled_from(HOSTILE)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_just_names(name: str) -> None:
    plain = rendered(newcomer=replace(MIA, name="Mia", text="Mia"))
    letter = rendered(newcomer=replace(MIA, name=name, text=name))
    assert elements(letter.html) == elements(plain.html)
    shown = clean(name)
    flat = " ".join(letter.text.split())
    assert f"Hello {shown}," in flat
    assert f"You wrote: {shown}" in flat
    tree = html5lib.parse(letter.html, namespaceHTMLElements=False)
    assert f"Hello {shown}," in " ".join("".join(tree.find("body").itertext()).split())
    assert letter.subject == f"For {shown}"
    assert (
        text_words(letter.text.replace(shown, ""))
        == html_words(letter.html.replace(shown, "").replace(escaped(shown), ""))
        or "(" in shown
    )


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


COMPILER = MailCompiler(PEOPLE, SETTINGS)
CONTENT = content_of()
LOOKING = content_of(authored(BODY + '{% if newcomer.name == "nobody of that name" %}x{% endif %}'))
PLAIN_ELEMENTS = elements(rendered(newcomer=replace(MIA, text="Mia")).html)


@settings(max_examples=60)
@given(name=names, text=names)
def test_no_value_changes_the_mail_around_it(name: str, text: str) -> None:
    newcomer = replace(MIA, name=f"A{name}", text=f"A{text}")
    letter = render_mail(COMPILER, CONTENT, newcomer)
    assert elements(letter.html) == PLAIN_ELEMENTS
    assert f"Hello {clean(newcomer.name)}," in " ".join(letter.text.split())
    tree = html5lib.parse(letter.html, namespaceHTMLElements=False)
    shown = " ".join("".join(tree.find("body").itertext()).split())
    assert " ".join(f"Hello {clean(newcomer.name)},".split()) in shown


@settings(max_examples=30)
@given(name=names, text=names)
def test_compiling_once_and_for_each_person_come_to_the_same(name: str, text: str) -> None:
    newcomer = replace(MIA, name=name, text=text)
    once = render_mail(COMPILER, CONTENT, newcomer)
    each = render_mail(MailCompiler(PEOPLE, SETTINGS), replace(LOOKING, moment=mail("looking")), newcomer)
    assert (once.subject, once.text, once.html) == (each.subject, each.text, each.html)


def test_a_value_is_no_link_unless_it_is_an_address() -> None:
    body = "[a]({{ newcomer.text }}) [b](https://example.org/?q={{ newcomer.text }}) {{ story.url }}"
    letter = rendered(authored(body), newcomer=replace(MIA, text="javascript:alert('1')&x"))
    hrefs = re.findall(r'href="([^"]*)"', letter.html)
    assert "#" in hrefs
    assert "https://example.org/?q=javascript%3Aalert%28%271%27%29%26x" in hrefs
    assert hrefs.count("https://docs.example.org/stories/talk/") == 1
    assert not any(href.startswith("javascript") for href in hrefs)


def test_an_address_may_be_written_on() -> None:
    """As mails that lead to the ways into a calendar do; what is no address stays within the site."""
    body = (
        "[a]({{ groups[0].url }}#subscribe) [b]({{ community.url }}meetups/#subscribe) "
        "[c]({{ newcomer.text }}#x) [d]({{ member.name }}/x)"
    )
    letter = rendered(authored(body), newcomer=replace(MIA, text="//evil.example/"))
    links = re.findall(r'<a href="([^"]*)"[^>]*>([a-d])</a>', letter.html)
    assert links == [
        ("https://docs.example.org/groups/desk/#subscribe", "a"),
        ("https://docs.example.org/meetups/#subscribe", "b"),
        ("https://docs.example.org/%2F%2Fevil.example%2F#x", "c"),
        ("https://docs.example.org/Ana%20Souza/x", "d"),
    ]
    assert "https://docs.example.org/meetups/#subscribe" in letter.text


def test_a_mail_stays_a_mail_however_much_somebody_writes() -> None:
    letter = rendered(newcomer=replace(MIA, name="n" * 100_000, text="word " * 100_000))
    assert len(letter.html.encode()) < 90_000


def test_filters_see_values_and_cannot_cut_what_other_tags_print() -> None:
    letter = rendered(
        authored("{{ newcomer.name | upper }} {{ newcomer.name[0] }} {{ newcomer.name | replace('M', '*') }}")
    )
    assert "MIA M *ia" in letter.text
    macro = "{% macro bold(x) %}**{{ x }}**{% endmacro %}{{ bold(newcomer.name) }}"
    assert "<strong>Mia</strong>" in re.sub(r' style="[^"]*"', "", rendered(authored(macro)).html)
    with pytest.raises(MessageError, match="A filter changes what other tags printed"):
        rendered(authored("{% set x %}{{ newcomer.name }}{% endset %}{{ x | truncate(9, true, '', 0) }}"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("one\n\n{{ nobody }}", "journeys/mails/welcome.md:7:1: 'nobody' is undefined."),
        ("{{ newcomer.zip }}", 'journeys/mails/welcome.md:5:1: "newcomer.zip" is undefined.'),
        ("\n{% if %}", "journeys/mails/welcome.md:6:1: Expected an expression, got 'end of statement block'."),
        ("{{ ''.__class__ }}", "access to attribute '__class__' of 'str' object is unsafe."),
        ("{{ 'a' * 100000 }}", "* makes too much."),
        ("{{ newcomer.name | safe }}", "No filter named 'safe'."),
        ("{% include 'x' %}", "no loader for this environment specified."),
        ("{{ newcomer.name.upper }}", "a function is no text."),
        ("{{ range(10 ** 9) }}", "** is not for mails."),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_run_says_where_and_why(body: str, message: str) -> None:
    with pytest.raises(MessageError) as caught:
        rendered(authored(body))
    assert str(caught.value).endswith(message)


@pytest.mark.parametrize(
    "body",
    [
        "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}",
        "{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}",
        "{% for i in range(1000) %}{% for j in range(1000) %}x{% endfor %}{% endfor %}",
        "{% for i in range(1000) %}" + 900 * "many words " + "{% endfor %}",
        "{% for i in range(9) recursive %}{{ loop(range(9)) }}{% endfor %}",
        "{% macro twice(n) %}{% if n %}{{ twice(n - 1) }}{{ twice(n - 1) }}{% endif %}{% endmacro %}{{ twice(60) }}",
        "{% macro forever() %}{{ forever() }}{% endmacro %}{{ forever() }}",
        "{% set a = 'abc' %}" + 40 * "{% set a = a + a %}" + "{{ a }}",
        "{% set a = 'abc' %}" + 40 * "{% set a = a ~ a %}" + "{{ a }}",
        "{% set a = ['abc'] %}" + 40 * "{% set a = [a, a] %}" + "{{ a }}",
        "{% set a = ['abc'] %}" + 40 * "{% set a = [a, a] %}" + "{{ a | string | length }}",
        "{% set a %}abc{% endset %}" + 40 * "{% set a %}{{ a }}{{ a }}{% endset %}" + "{{ a }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ 'a'.center(999999999) }}",
        "{{ ('a' * 10000).replace('a', 'b' * 10000) | length }}",
        "{{ ('a' * 10000) | replace('a', 'b' * 10000) | length }}",
        "{{ [1] | batch(999999999, 'x') | list | length }}",
        "{{ [1] | slice(999999999) | list | length }}",
        "{{ 1 / 0 }}",
    ],
)  # fmt: skip
def test_no_message_takes_for_ever_or_all_memory(body: str) -> None:
    with pytest.raises(MessageError):
        rendered(authored(body))


def test_a_message_may_count_loop_and_join() -> None:
    body = "{% for i in range(1000) %}{{ i }} {% endfor %}{{ 2 + 3 }} {{ 7 % 4 }} {{ 'a' ~ 'b' }} {{ [1, 2] | sum }}"
    text = " ".join(rendered(authored(body)).text.split())
    assert "998 999 5 3 ab 3" in text


def test_lone_tags_take_their_line_with_them() -> None:
    assert keep_line_ends("{% for x in y %}\n- a{% if b %}\n  {% endfor -%}\n") == (
        "{% for x in y %}\n- a{% if b +%}\n  {% endfor -%}\n"
    )


# --- prose ---


def test_markdown_becomes_text_for_reading() -> None:
    markdown = """\
# Title

Para *one* with [a link](https://example.org/x) and <https://example.org/y>.

- one
- two
  - three

3. third
4. fourth

```
code  kept
```

| a | b |
|---|---|
| 1 | 2 |
"""
    fragment = markdown_html(markdown, resolve=str)
    assert (
        join_paragraphs(paragraphs_of(fragment))
        == """\
Title
=====

Para one with a link (https://example.org/x) and https://example.org/y.

- one
- two
  - three

3. third
4. fourth

    code  kept

a | b
1 | 2
"""
    )


@given(st.lists(st.text(st.sampled_from("ab。、「」日本語é"), min_size=1, max_size=30), min_size=1, max_size=30))
def test_wrapping_keeps_every_word_and_the_width(words: list[str]) -> None:
    text = " ".join(words)
    lines = list(wrap(text, first="> ", rest="> "))
    joined = "".join(line.removeprefix("> ") for line in lines).replace(" ", "")
    assert joined == text.replace(" ", "")
    wide = re.compile(r"[。、「」日本語]")
    assert all(
        width(line) <= 72 or not wide.search(line) or re.search(r"[。、「」é]{2}|[abé]{2}", line) for line in lines
    )


def test_urls_are_never_broken() -> None:
    url = "https://example.org/" + "a" * 90
    assert url in list(wrap(f"A long address ({url}) stands alone", first=""))[1]


@pytest.mark.parametrize(
    ("name", "letters"), [("Ana Souza", "AS"), ("西田", "西"), ("", "?"), ("a-b (c) d", "AD"), ("--", "?")]
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


# --- the envelope ---


def test_the_message_reads_back() -> None:
    letter = rendered(
        authored(subject="Olá {{ newcomer.name }}, " + "três palavras " * 8), newcomer=replace(MIA, name="Zoë")
    )
    raw = composed(
        letter, to_name="Zoë", reply_to="community@docs.example.org", list_id="first-month.docs.example.org",
        stop_mailto="mailto:community@docs.example.org?subject=stop", stop_url="https://docs.example.org/stop",
        in_reply_to="<first@docs.example.org>",
    )  # fmt: skip
    message = read_back(raw)
    assert message["Subject"] == letter.subject
    assert message["From"].addresses[0].display_name == "Ana Souza via Docs People"
    assert message["From"].addresses[0].addr_spec == "community@docs.example.org"
    assert message["To"].addresses[0].display_name == "Zoë"
    assert message["Date"].datetime == NOW
    assert (message["Message-ID"], message["In-Reply-To"]) == ("<abc.def@docs.example.org>", "<first@docs.example.org>")
    assert message["References"] == "<first@docs.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content_type() == "multipart/alternative"
    text, html = (cast(EmailMessage, part) for part in message.iter_parts())
    assert text.get_content().replace("\r\n", "\n") == letter.text
    assert html.get_content().replace("\r\n", "\n") == letter.html + (
        "\n" if html.get_content().endswith("\n\n") else ""
    )
    other = mailparser.parse_from_bytes(raw)
    assert other.subject == letter.subject
    assert other.text_plain[0].split() == letter.text.split()
    assert other.text_html[0].split() == letter.html.split()
    assert not message.defects


@pytest.mark.parametrize("language", ["en", "ja", "ar"])
def test_lines_are_short_seven_bit_and_the_same_each_time(language: str) -> None:
    letter = rendered(authored("日本語の文。" * 40 if language == "ja" else BODY, language=language))
    raw = composed(letter)
    assert raw == composed(letter)
    assert raw.isascii()
    assert b"\r\n" in raw
    assert re.search(rb"[^\r]\n|\r[^\n]", raw) is None
    assert max(map(len, raw.split(b"\r\n"))) <= 78


@settings(max_examples=150)
@given(name=names, subject=names)
def test_no_name_or_subject_breaks_out_of_its_header(name: str, subject: str) -> None:
    letter = replace(rendered_once(), subject=subject, sender_name=name)
    raw = composed(letter, to_name=name)
    head = raw.partition(b"\r\n\r\n")[0]
    fields = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert fields == [
        b"Date", b"From", b"To", b"Message-ID", b"Subject", b"Auto-Submitted", b"Content-Language", b"MIME-Version",
        b"Content-Type",
    ]  # fmt: skip
    assert max(map(len, head.split(b"\r\n"))) <= 78
    message = read_back(raw)
    assert [one.addr_spec for one in message["From"].addresses] == ["community@docs.example.org"]
    assert [one.addr_spec for one in message["To"].addresses] == ["mia@example.net"]
    assert message["Subject"].split() == clean(subject).split()


def rendered_once() -> Mail:
    return render_mail(COMPILER, CONTENT, MIA)


def test_a_name_that_looks_like_an_address_is_left_out() -> None:
    letter = replace(rendered_once(), sender_name="boss@bank.example")
    assert b"\r\nFrom: community@docs.example.org\r\n" in composed(letter)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mia",
        "mia@",
        "@x.org",
        "a b@x.org",
        "mia@x.org\r\nBcc: y@z.org",
        "mia@x..org",
        "<mia@x.org>",
        "mia,ola@x.org",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        composed(rendered_once(), to_address=address)


def test_international_addresses_stand_as_they_may() -> None:
    raw = composed(rendered_once(), to_address="josé@münchen.example")
    assert "To: Mia <josé@xn--mnchen-3ya.example>".encode() in raw


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_id", "no id"), ("message_id", "a@b\r\nX: y"), ("in_reply_to", "<a b@c>"), ("list_id", "a b"),
        ("stop_url", "javascript:x"), ("stop_mailto", "https://x/>,<y"), ("feedback_id", "a b"), ("reply_to", "a@b, c@d"),
        ("date", datetime(2026, 11, 23)),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_what_cannot_stand_in_a_header_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"no |zone"):
        composed(rendered_once(), **{field: value})


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://docs.example.org/", "community@docs.example.org"),
        ("https://Döcs.example:8443/x/", "community@xn--dcs-sna.example"),
        ("", "community@localhost"),
        ("http://[::1", "community@localhost"),
    ],
)
def test_the_teams_address_is_of_the_site(url: str, address: str) -> None:
    assert sender_address(replace(SETTINGS, site_url=url)) == address


def test_the_mail_of_a_moment_without_a_message_is_refused() -> None:
    content = replace(CONTENT, message=None)
    with pytest.raises(ValueError, match="no message"):
        render_mail(COMPILER, content, MIA)


def test_when_is_the_places_clock_or_online_the_newcomers() -> None:
    def meetup(slug: str, **fields: Any) -> Meetup:
        starts = datetime(2026, 12, 3, 18, 30)  # noqa: DTZ001
        title = LocalText((("en", slug),))
        return Meetup(
            slug=slug, title=title, starts=starts, timezone="Europe/Berlin", languages=("en",), position=HERE, **fields
        )

    people = community(member("ana", name="Ana"), meetup("call", online=True), meetup("fair"))
    body = "{% for meetup in meetups %}\n- {{ meetup.title }}: {{ meetup.when }}, {{ meetup.where }}\n{% endfor %}\n"
    letter = rendered(authored(body), people=people, newcomer=replace(MIA, timezone="America/Recife"))
    assert "- call: Thursday, 3 December 2026, 14:30 (Recife), online\n" in letter.text
    from_the_team = " ".join(rendered(people=people, slug=None).text.split())
    assert "All meetups in your calendar (https://docs.example.org/meetups/#subscribe)" in from_the_team
    nowhere = rendered(people=replace(people, url=""), slug=None).text
    assert "Coming up:" in nowhere
    assert "in your calendar" not in nowhere
