"""What the handbook says of calendars is what there is: their addresses, the links to paste, and what servers send."""

from __future__ import annotations

import html
import re
import urllib.request
from datetime import timedelta
from typing import get_args
from urllib.error import HTTPError

import pytest

from alongside.rendering.feeds.calendars import REFRESH
from alongside.rendering.feeds.listing import feed_jobs
from alongside.rendering.feeds.paths import FeedKind
from alongside.rendering.feeds.subscribing import subscribe_links
from handbook.test_handbook import FOLDER, ROOT, Block, blocks_of, nginx_file, sections_of
from mail_servers.certificates import Authority
from mail_servers.servers import free_ports, own_folder, running
from rendered_site import make_site

PAGE = "calendars.md"
SITE = "https://alongside.example.org/"
FEED = "feeds/groups/docs-berlin.ics"


def block(language: str) -> Block:
    """The page's only block in a language."""
    [found] = [one for one in blocks_of((FOLDER / PAGE).read_text(encoding="utf-8")) if one.language == language]
    return found


def test_the_calendars_are_those_there_are() -> None:
    section = sections_of(PAGE)["Which there are"]
    told = re.findall(r"^\| `(feeds/[^`]+)` \|", section, re.MULTILINE)
    written = {job.name for job in feed_jobs(make_site(ROOT / "mkdocs.yml")) if job.name.endswith(".ics")}
    patterns = [re.compile(re.sub(r"<[a-z]+>", r"[^/]+", address)) for address in told]
    assert [address for address in written if not any(pattern.fullmatch(address) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(map(pattern.fullmatch, written))] == []
    assert {re.split(r"[/.]", address)[1] for address in told} == {*get_args(FeedKind)} - {"stories"}


def test_the_links_to_paste_are_ours() -> None:
    links = subscribe_links(SITE, FEED, "Docs Berlin")
    pasted = block("html").text
    hrefs = [html.unescape(href) for href in re.findall(r'href="([^"]*)"', pasted)]
    assert hrefs == [links.webcal, links.google, links.outlook, links.outlook_work]
    assert f"<code>{links.address}</code>" in pasted


def test_what_a_feed_proposes() -> None:
    assert timedelta(hours=12) == REFRESH
    assert "ours says 12 hours" in (FOLDER / PAGE).read_text(encoding="utf-8")


def served(port: int) -> None:
    """What a calendar app is sent: the type, for how long, to whom, and nothing the second time."""
    address = f"http://127.0.0.1:{port}/{FEED}"
    with urllib.request.urlopen(address, timeout=10) as answer:
        headers = answer.headers
        assert answer.read() == b"BEGIN:VCALENDAR\r\n"
    assert headers["Content-Type"].replace(" ", "").casefold() == "text/calendar;charset=utf-8"
    assert headers["Cache-Control"] == "max-age=300"
    assert headers["Access-Control-Allow-Origin"] == "*"
    again = urllib.request.Request(address, headers={"If-None-Match": headers["ETag"]})
    with pytest.raises(HTTPError) as unchanged:
        urllib.request.urlopen(again, timeout=10)
    with unchanged.value:
        assert unchanged.value.code == 304


@pytest.mark.nginx
def test_web_servers_send_calendars(authority: Authority) -> None:
    nginx_port, caddy_port = free_ports(2)
    with own_folder("feeds") as folder:
        feed = folder / "site" / FEED
        feed.parent.mkdir(parents=True)
        feed.write_bytes(b"BEGIN:VCALENDAR\r\n")
        certificate = authority.issue("community", "DNS:community.example.org")
        server = f"server {{\nlisten 127.0.0.1:{nginx_port};\nroot {folder}/site;\n{block('nginx').text}}}\n"
        command = ["nginx", "-c", str(nginx_file(server, folder, certificate))]
        with running(command, log=folder / "nginx", ports=[nginx_port]):
            served(nginx_port)
        (folder / "Caddyfile").write_text(
            f"{{\n\tadmin off\n}}\nhttp://127.0.0.1:{caddy_port} {{\n\tbind 127.0.0.1\n{block('caddy').text}"
            f"\troot * {folder}/site\n\tfile_server\n}}\n"
        )
        command = ["env", f"HOME={folder}", "caddy", "run", "--config", str(folder / "Caddyfile")]
        with running(command, log=folder / "caddy", ports=[caddy_port]):
            served(caddy_port)
