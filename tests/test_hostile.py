"""Every field of every kind, hostile: nothing of it becomes markup, a header or a template anywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from email import policy
from email.parser import BytesParser
from pathlib import Path

import html5lib
import icalendar
import pytest

from commands import run_command
from conftest import CONFIG

NOW = "2026-11-23T09:00Z"

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "single-quote": "x' onmouseover='alert(1)",
    "template": "{{ 7331*3 }}{% for x in y %}",
    "shell": "%%TITLE%% $TITLE ${TITLE} __TITLE__",
    "crlf": "one\r\nBcc: victim@example.net\r\n\r\n<b>two</b>",
    "calendar": "one\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:injected",
    "bidi": "\u202egnp.exe\u2066\u2069",
    "json-ld": '</script><script>alert(1)</script>\\u003c"',
    "comment": "--><svg onload=alert(1)><!--",
    "cdata": "]]><x>&lt;&amp;",
    "markdown": "[a](javascript:alert(1)) ![b](x onerror=alert(1)) *c*",
    "backslash": "\\\\';alert(1)//",
}


def yaml(fields: Mapping[str, object]) -> str:
    """A mapping as YAML, whatever its values hold: JSON's values are YAML's."""
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in fields.items())


def page(fields: Mapping[str, object], body: str) -> str:
    return f"---\n{yaml(fields)}---\n{body}"


def community(payload: str) -> dict[str, str]:
    """A community that says `payload` wherever an author, or a newcomer, can say anything."""
    hostile = f"Name {payload}"
    body = f"Body {payload}\n\n{payload}\n"
    tags = {"challenges": ["first"], "topics": [hostile]}
    place = {"label": hostile, "lat": 52.5, "lon": 13.4}
    consent = {"since": "2026-01-01", "until": "2027-12-31", "for": ["page", "embed", "mail"]}
    shown = ["welcome", "story", "note", "group", "meetup"]
    ana = {
        **tags,
        "name": hostile,
        "pronouns": hostile,
        "place": place,
        "roles": [hostile],
        "welcomes": 5,
        "links": {hostile: "https://example.org/?q=%22%3E"},
        "consent": consent,
    }
    tale = {
        **tags,
        "title": hostile,
        "members": ["ana"],
        "date": "2026-05-04",
        "roles": [hostile],
        "welcome": hostile,
        "source": {"url": "https://example.org/", "license": hostile, "credit": hostile},
    }
    circle = {
        **tags,
        "name": hostile,
        "kind": "chat",
        "place": place,
        "chat": [{"platform": hostile, "url": "https://example.org/x"}],
        "hosts": ["ana"],
    }
    hour = {
        **tags,
        "title": hostile,
        "group": "circle",
        "starts": "2026-12-03 18:30",
        "timezone": "Europe/Berlin",
        "duration": "1h",
        "repeats": "every week",
        "times": 5,
        "place": place,
        "changes": {"2026-12-10": {"status": "cancelled", "reason": hostile}},
        "hosts": ["ana"],
    }
    moments = [
        {"id": "sign-up", "owner": "growth", "where": "embed", "show": shown},
        {"id": "door", "owner": "community", "where": "page", "show": shown},
        {"id": "welcome", "owner": "community", "where": "mail", "after": "0 hours", "message": "mails/welcome.md"},
    ]
    return {
        "mkdocs.yml": CONFIG,
        "content/index.md": '# Home\n\n<div><alongside-moment moment="door"></alongside-moment></div>\n',
        "content/challenges.yml": yaml({"first": {"title": {"en": hostile}, "also": [hostile]}}),
        "content/members/ana.md": page(ana, f"{body}\n## Welcome\n{body}\n## Check-in\n{body}"),
        "content/members/bo.md": page(
            {"name": "Bo", "challenges": ["first"], "welcomes": 5, "consent": consent}, "Bio.\n"
        ),
        "content/stories/tale.md": page(tale, body),
        "content/groups/circle.md": page(circle, body),
        "content/meetups/hour.md": page(hour, body),
        "journeys/month.yml": yaml({"title": hostile, "moments": moments}),
        "journeys/mails/welcome.md": MAIL,
        "profile.yml": yaml(
            {
                **tags,
                "email": "newcomer@example.net",
                "name": payload,
                "place": "Berlin, Germany",
                "roles": [hostile],
                "text": payload,
                "basis": "consent",
            }
        ),
    }


MAIL = """\
---
subject: "Hello {{ newcomer.name }} from {{ member.name }}"
preheader: "{{ newcomer.place }}"
---
Dear {{ newcomer.name }}, {{ newcomer.text }} {{ newcomer.place }}

{% if member.words %}{{ member.words }}{% endif %}

[{{ story.title }}]({{ story.url }}) {{ reasons | join('; ') }} {{ challenge.title }}

{% for group in groups %}
- [{{ group.name }}]({{ group.url }}) {{ group.where }}
{% endfor %}

{% for meetup in meetups %}
- [{{ meetup.title }}]({{ meetup.url }}) {{ meetup.where }}
{% endfor %}
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command(*arguments, "--now", NOW, cwd=folder)


@pytest.fixture(scope="module", params=sorted(PAYLOADS))
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A community with one payload in every field, built, and its newcomer mailed."""
    folder = tmp_path_factory.mktemp(request.param)
    for path, text in community(PAYLOADS[request.param]).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    build = run(folder, "build")
    assert build.returncode == 0, build.stderr
    assert "Traceback" not in build.stderr
    enroll = run(folder, "enroll", "month", "profile.yml")
    assert "Traceback" not in enroll.stderr
    if enroll.returncode == 0:  # a name that is refused is as good an answer
        send = run(folder, "send")
        assert send.returncode == 0, send.stderr
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def dangers(html: str) -> list[str]:
    """What would run, or was run, in this document."""
    found: list[str] = []
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        text = element.text or ""
        if element.tag == "script" and element.get("type") != "application/ld+json" and "alert" in text:
            found.append(f"script: {text}")
        if element.tag == "meta" and element.get("http-equiv") is None:
            continue  # a title or a description: words, escaped, that nothing follows
        if element.tag in ("svg", "iframe", "object", "embed", "base", "meta") and any(
            "alert" in v for v in element.attrib.values()
        ):
            found.append(f"{element.tag} {element.attrib}")
        for name, value in element.attrib.items():
            if str(name).startswith("on") or re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE):
                found.append(f"{element.tag} {name}={value}")
        if element.tag == "script" and element.get("type") == "application/ld+json":
            json.loads(text)
    if "21993" in html:
        found.append("a template ran")
    return found


def test_no_page_holds_anything_that_runs(hostile: Path) -> None:
    pages = sorted((hostile / "site").rglob("*.html"))
    assert len(pages) > 8  # a record with a name of several lines is refused: its pages are not there
    for page in pages:
        assert not dangers(page.read_text(encoding="utf-8")), page


def test_no_calendar_holds_an_event_that_nobody_wrote(hostile: Path) -> None:
    for path in (hostile / "site" / "feeds").rglob("*.ics"):
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        identifiers = {str(event["UID"]) for event in calendar.walk("VEVENT")}
        assert len(identifiers) <= 1, path
        assert all(str(event.get("SUMMARY")) != "injected" for event in calendar.walk("VEVENT")), path


def test_no_mail_holds_a_header_or_markup_that_nobody_wrote(hostile: Path) -> None:
    for path in (hostile / "outbox" / "new").glob("*"):
        raw = path.read_bytes()
        message = BytesParser(policy=policy.default).parsebytes(raw)
        assert "Bcc" not in message
        assert not message.defects
        html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert not dangers(html), path
        head = raw.split(b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n", 1)[0].decode()
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", str(message["Subject"]) + str(message["From"]) + head)
