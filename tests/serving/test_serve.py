"""The server's manners: whom it answers, what it sends, what it tells of changes and of what is wrong, how it ends."""

from __future__ import annotations

import http.client
import signal
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from commands import Command, run_command
from conftest import CONFIG, WriteCommunity
from serving.served import Served, until
from test_plugin import PAGES

MAILS: dict[str, str | bytes] = {
    "journeys/month.yml": (
        "title: A month\nmoments:\n"
        "  - {id: hello, owner: community, where: mail, message: mails/hello.md}\n"
        "  - {id: start, owner: growth, where: embed, show: [story, welcome]}\n"
    ),
    "journeys/mails/hello.md": (
        "---\nsubject: Hello {{ newcomer.name }}\n---\n"
        "Dear {{ newcomer.name }}, {% if member.words %}{{ member.words }}{% endif %}\n"
    ),
    "journeys/newcomers/kim.yml": "name: Kim\nemail: kim@example.org\nlanguages: [en]\nchallenges: [first-talk]\n",
    "content/members/ana.md": str(PAGES["content/members/ana.md"]).replace("place:", "welcomes: 3\nplace:", 1),
    "content/talk.mp3": bytes(range(256)) * 40,
    "content/stories/draft.md": str(PAGES["content/stories/story-1.md"]).replace(
        "---\n", "---\nstatus: draft\nmedia: {transcript: draft.vtt}\n", 1
    )
    + "\n![A desk](../pictures/drafted.png)\n",
    "content/pictures/drafted.png": b"PNG",
    "content/stories/draft.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nFirst words.\n",
}


def no_error(served: Served) -> str:
    """Warnings there are: the texts of these tests are short."""
    return "" if 'class="error"' in served.text("/_alongside/problems/") else "no error"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("served")
    files: dict[str, str | bytes] = {"mkdocs.yml": CONFIG, **PAGES, **MAILS}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    with Served(root / "mkdocs.yml") as found:
        yield found


def test_types_and_redirects(served: Served) -> None:
    types = {
        "": "text/html; charset=utf-8",
        "feeds/all.ics": "text/calendar; charset=utf-8",
        "feeds/stories.atom": "application/atom+xml; charset=utf-8",
        "feeds/stories.rss": "application/rss+xml; charset=utf-8",
        "feeds/stories.json": "application/json; charset=utf-8",
        "assets/alongside.css": "text/css; charset=utf-8",
        "embed/v1/frame.js": "text/javascript; charset=utf-8",
        "stories/desk.jpg": "image/jpeg",
        "talk.mp3": "audio/mpeg",
    }
    for path, media_type in types.items():
        answer = served.ask(path)
        assert (path, answer.status, answer.headers["Content-Type"]) == (path, 200, media_type)
        head = served.ask(path, "HEAD")
        assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(answer.body)))
    moved = served.ask("stories/story-1")
    assert (moved.status, moved.headers["Location"]) == (302, "/stories/story-1/")
    assert served.ask("stories/story-1/").headers["Cache-Control"] == "no-store"
    assert "A draft." in served.text("stories/draft/")


def test_parts_of_a_recording(served: Served) -> None:
    whole = served.ask("talk.mp3").body
    size = len(whole)
    for asked, content, part in (
        ("bytes=0-9", whole[:10], f"bytes 0-9/{size}"),
        ("bytes=100-", whole[100:], f"bytes 100-{size - 1}/{size}"),
        ("bytes=-10", whole[-10:], f"bytes {size - 10}-{size - 1}/{size}"),
        ("bytes=5-999999", whole[5:], f"bytes 5-{size - 1}/{size}"),
    ):
        answer = served.ask("talk.mp3", Range=asked)
        assert (answer.status, answer.body, answer.headers["Content-Range"]) == (206, content, part)
    beyond = served.ask("talk.mp3", Range="bytes=999999-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    for asked in ("bytes=9-3", "bytes=-", "bytes=1-2,5-6", "lines=1-2", f"bytes={'9' * 5000}-"):
        assert served.ask("talk.mp3", Range=asked).body == whole


def test_a_draft_has_its_pictures_and_recordings_as_they_are_now(served: Served) -> None:
    page = served.text("stories/draft/")
    assert 'src="../../pictures/drafted.png"' in page
    assert served.ask("pictures/drafted.png").body == b"PNG"
    assert b"First words." in served.ask("stories/draft.vtt").body
    served.write("content/stories/draft.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nOther words.\n")
    until(lambda: b"Other words." in served.ask("stories/draft.vtt").body, "the captions that players load")
    assert "Other words." in served.text("stories/draft/")


def test_only_this_site_to_only_this_machine(served: Served) -> None:
    secret = served.root / "secret.txt"
    secret.write_text("secret")
    for target in (
        *("/../secret.txt", "/%2e%2e/secret.txt", "/stories/..%2f..%2fsecret.txt", "/..%5csecret.txt", "//secret.txt"),
        *("/%00", "/stories/%ff/", "/mkdocs.yml", "/content/stories/story-1.md", "/stories/story-1.md", "/.alongside/"),
        *("/stories/?as=../../secret.txt", "/_preview/?as=../../secret.txt&journey=month", "/_alongside/../secret.txt"),
        *("/_alongside/bar.py", "/_alongside/templates/", "/[", "/" + "a" * 5000, "/stories/%F0%9F%92%A9/"),
    ):
        answer = served.ask(target)
        assert answer.status in (200, 302, 404, 400), target
        assert b"secret" not in answer.body.replace(b"secret.txt", b""), target
        assert b"Traceback" not in answer.body
    for target in (
        "/_alongside/bar?page=%22><script>alert(1)",
        "/_preview/?page=%22><script>alert(1)",
        "/%22><script>alert(1)/",
    ):
        assert b"<script>alert(1)" not in served.ask(target).body
    assert served.ask("assets/").status == 404  # no list of a folder
    for host, known in (
        *(("localhost:1", True), ("127.0.0.1", True), ("[::1]:8000", True), ("192.168.1.7:8000", True)),
        *(("preview.localhost", True), ("evil.example", False), ("127.0.0.1.evil.example", False), ("", False)),
        *(("localhost@evil.example", False), ("localhost/evil", False)),
    ):
        assert (host, served.ask("", Host=host).status) == (host, 200 if known else 421)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert served.ask("", method).status == 501
    bare = served.connection()
    bare.putrequest("GET", "/", skip_host=True)
    bare.endheaders()
    assert bare.getresponse().status == 421


def test_what_a_stream_tells(served: Served) -> None:
    def stream(page: str, shown: str, bar: str) -> http.client.HTTPResponse:
        connection = served.connection()
        connection.request("GET", f"/_alongside/events?page={page}&shown={shown}&bar={bar}")
        return connection.getresponse()

    def marks(page: str) -> tuple[str, str]:
        shown, bar = (
            served.text(page).partition(f'{name}="')[2].partition('"')[0] for name in ("data-shown", "data-bar")
        )
        return shown, bar

    def event(answer: http.client.HTTPResponse) -> str:
        while not (line := answer.readline()).startswith(b"event: "):
            assert line, "the stream ended"
        return line.decode().strip()

    shown, bar = marks("stories/story-2/")
    assert event(stream("stories/story-2/", "older", bar)) == "event: page"  # it missed a change
    waiting, other = stream("stories/story-2/", shown, bar), stream("stories/story-4/", *marks("stories/story-4/"))
    file = "content/stories/story-2.md"
    text = (served.root / file).read_text()
    served.write(file, text + "\nAnd more.\n")
    assert event(waiting) == "event: page"
    assert "And more." in served.text("stories/story-2/")
    # the other page has not changed; what it is told of first is a problem of its own file
    fourth = "content/stories/story-4.md"
    served.write(fourth, (served.root / fourth).read_text().replace("---\n", "---\nmood: glad\n", 1))
    assert event(other) == "event: bar"
    assert "content/stories/story-4.md:2" in served.ask("/_alongside/bar?page=stories/story-4/").body.decode()
    assert "16 in all" in served.text("stories/story-2/")
    assert '<code dir="ltr">content/stories/story-4.md:2:1</code>' in served.text("/_alongside/problems/")
    for path, words in ((file, text), (fourth, str(PAGES[fourth]))):
        served.write(path, words)
    until(lambda: no_error(served), "the mended files")


def test_what_cannot_be_shown_says_why(served: Served) -> None:
    story, journey = "content/stories/story-5.md", "journeys/month.yml"
    words, moments = str(PAGES[story]), MAILS[journey]
    assert isinstance(moments, str)
    served.write(story, words.replace("title: Number 5", "title: Number: 5"))
    answer = until(
        lambda: served.text("stories/story-5/") if "left out" in served.text("stories/story-5/") else "", "it"
    )
    assert "content/stories/story-5.md:2" in answer
    assert served.ask("stories/story-5/").status == 404
    served.write(story, words)
    served.write("mkdocs.yml", CONFIG + "plugins: {\n")
    until(lambda: "mkdocs.yml" in served.text("/_alongside/problems/"), "the broken configuration")
    page = served.text("stories/story-5/")  # which is there again
    assert "mkdocs.yml:" in page
    assert "left out" not in page
    served.write("mkdocs.yml", CONFIG)
    until(lambda: no_error(served), "the mended configuration")
    served.write(journey, moments.replace("hello.md", "helo.md"))
    until(lambda: "journeys/month.yml:3" in served.text("/_alongside/problems/"), "the journey")
    served.write(journey, moments)
    until(lambda: no_error(served), "the mended journey")


def test_a_template_that_fails_costs_its_pages(write_community: WriteCommunity) -> None:
    config = write_community({**PAGES, "mkdocs.yml": CONFIG + "theme: {name: alongside, custom_dir: theme}\n"})
    (config.parent / "theme/alongside").mkdir(parents=True)
    with Served(config) as served:
        served.write("theme/alongside/story.html", "<h1>Our {{ title }}</h1>\n{{ nothing.at.all }}\n")
        page = until(
            lambda: served.text("stories/story-1/") if served.ask("stories/story-1/").status == 500 else "", "it"
        )
        assert "theme/alongside/story.html:2" in page
        assert "is undefined" in page
        assert "<h1>" in served.text("members/ana/")
        served.write("theme/alongside/story.html", "<h1>Our {{ title }}</h1>\n")
        until(lambda: "<h1>Our Number 1</h1>" in served.text("stories/story-1/"), "the mended template")


def test_the_preview_shows_what_becomes_of_it(served: Served) -> None:
    first = served.text("/_preview/")
    assert '<option value="month">A month</option>' in first
    assert "The timeline" in first  # of another journey
    page = served.text("/_preview/?page=members/ana/&width=phone&scheme=dark")
    assert 'src="/members/ana/?bare"' in page
    assert "Hello Robin" in page
    assert "The words of Number" in page
    assert 'src="/embed/month/start/?bare"' in page
    assert "inline-size: 390px" in page
    assert "color-scheme: dark" in page
    assert b"alongside serve" not in served.ask("members/ana/?bare").body
    journey = served.text("/_preview/?journey=month&as=kim.yml")
    assert "what &lt;bdi&gt;Kim&lt;/bdi&gt; would get" in journey or "Kim" in journey
    assert "kim@example.org" not in journey
    served.write("journeys/newcomers/kim.yml", "name: Kim\nlanguages: [english]\n")
    until(lambda: "unknown-language" in served.text("/_preview/?journey=month&as=kim.yml"), "the problem")
    assert "There is no page" in served.text("/_preview/?page=stories/nobody/")
    served.write("journeys/newcomers/kim.yml", str(MAILS["journeys/newcomers/kim.yml"]))


def test_it_ends_as_it_was_asked_to(write_community: WriteCommunity, tmp_path: Path) -> None:
    config = write_community({**PAGES, "mkdocs.yml": CONFIG.replace("example.org/", "example.org/our/part/", 1)})
    with Served(config) as served:
        assert served.address.endswith("/our/part/")
        assert served.ask("/").headers["Location"] == "/our/part/"
        assert "The story called" in served.text("stories/story-1/")
        stream = served.connection()
        stream.request("GET", "/_alongside/events?page=&shown=&bar=")
        port = served.address.split(":")[2].split("/")[0]
        taken = run_command("serve", "-f", str(config), "--dev-addr", f"127.0.0.1:{port}")
        assert taken.returncode == 2
        assert f"Port {port} of 127.0.0.1 is taken." in taken.stderr
        assert f"--dev-addr 127.0.0.1:{int(port) + 1}" in taken.stderr
        served.command.send_signal(signal.SIGTERM)
        assert served.command.wait(30) == 0
        assert "Traceback" not in served.said
    for words, said in (
        (("--dev-addr", "nonsense"), "Write a host and a port"),
        (("--dev-addr", "127.0.0.1:99999"), "Write a host and a port"),
        (("--dev-addr", "203.0.113.7:0"), "no address of this machine"),
    ):
        wrong = run_command("serve", "-f", str(config), *words)
        assert (wrong.returncode, said in wrong.stderr) == (2, True), wrong.stderr
    config.write_text(CONFIG + "nav: [nothing.md\n")
    broken = Command("serve", "-f", str(config), "--dev-addr", "127.0.0.1:0").communicate()
    assert broken.returncode != 0
    assert "mkdocs.yml" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_who_stops_it_while_it_builds_is_not_served(write_community: WriteCommunity) -> None:
    hook = "import os, signal\n\ndef on_pre_build(config):\n    os.kill(os.getpid(), signal.SIGINT)\n"
    config = write_community({**PAGES, "mkdocs.yml": CONFIG + "hooks: [stop.py]\n", "stop.py": hook})
    stopped = Command("serve", "-f", str(config), "--dev-addr", "127.0.0.1:0").communicate()
    assert stopped.returncode == 0, stopped.stderr
    assert "Serving" not in stopped.stderr
