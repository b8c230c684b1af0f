"""The host product of the browser tests: the pages of `hosts/`, each with the embed as its snippet asks for it."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256, sha384
from html import escape
from mimetypes import guess_type
from pathlib import Path

from browser.example_site import EXAMPLE_DAY, ROOT
from browser.origins import Answer

HOSTS = Path(__file__).resolve().parent / "hosts"
MODULES = ROOT / "build" / "npm" / "node_modules"  # what `make` installs from hosts/package-lock.json

# A newcomer whose secrets nobody else would write, so that they are found wherever they leave to.
SECRETS = ("newcomer-7f3e9a41", "quokka", "52.52", "13.40", "13.4%2c", "zephyrine")
NEWCOMER = {
    "moment": "sign-up",
    "challenges": "first-talk",
    "topics": "conferences",
    "roles": "technical writer",
    "place": "Berlin, Germany",
    "languages": "en",
    "newcomer": SECRETS[0],
    "text": "I am Zephyrine, and afraid of my first talk about a quokka, at 52.5200, 13.4050.",
    "timezone": "Europe/Berlin",
}
FALLBACK = "Our community has written down how it began for them."
ARABIC = NEWCOMER | {
    "challenges": "second-language",
    "languages": "ar,en",
    "place": "Cairo, Egypt",
    "timezone": "Africa/Cairo",
    "text": "اسمي Zephyrine، وهذه أول مرة أكتب فيها عن quokka.",
}


@dataclass(frozen=True, kw_only=True)
class Host:
    """One kind of product that shows the embed."""

    # of the page, without its slash
    name: str
    attributes: Mapping[str, str] = field(default_factory=lambda: NEWCOMER)
    # from npm: only where `make` could install it
    needs_npm: bool = False
    # the page's own words can be read, so all of it is checked for accessibility
    readable: bool = True
    # sends a Content Security Policy
    strict: bool = False


ALL_HOSTS = (
    Host(name="plain"),
    Host(name="strict", strict=True),
    Host(name="hostile", readable=False),
    Host(name="bootstrap", needs_npm=True),
    Host(name="tailwind", needs_npm=True),
    Host(name="rtl", attributes=ARABIC),
    Host(name="react", needs_npm=True),
    Host(name="turbo", needs_npm=True),
)


def embed_tag(attributes: Mapping[str, str]) -> str:
    """The element, with its fallback inside."""
    words = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<alongside-moment {words}><p>{FALLBACK}</p></alongside-moment>"


def pinned_script(site: Path, community: str) -> str:
    """The snippet's script element: the file that never changes, with its hash (Subresource Integrity)."""
    content = (site / "embed" / "v1" / "alongside.js").read_bytes()
    return script_element(site, community, f"alongside.{sha256(content).hexdigest()[:12]}.js")


def script_element(site: Path, community: str, name: str) -> str:
    """The same for any of the files that never change."""
    file = site / "embed" / "v1" / name
    digest = b64encode(sha384(file.read_bytes()).digest()).decode()
    address = f"{community}/embed/v1/{file.name}"
    return f'<script type="module" src="{address}" integrity="sha384-{digest}" crossorigin></script>'


def strict_policy(community: str, service: str = "") -> str:
    """The strictest Content Security Policy that lets the embed's own files in, and nothing else of anybody's.

    `service`: the address of one that takes notes.
    """
    return (
        f"default-src 'none'; script-src 'self' {community}/embed/; connect-src {community}/embed/ {service}; "
        f"img-src 'self' {community}; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def pages(site: Path, community: Callable[[], str], service: str = "") -> Callable[[str], Answer | None]:
    """What the host answers: its pages by name, their files, and `/npm/` from what was installed.

    `/bare` is `plain` without any script of the embed and without the element: for tests that bring their own.
    `/strict/alongside.79a4b052f395.js` is `strict` with that script instead of the present one.
    """
    hosts = {host.name: host for host in ALL_HOSTS}

    def find(path: str) -> Answer | None:
        name = path.strip("/")
        if name == "react-bundle.js":
            return Answer(body=_react().encode(), type="text/javascript")
        if name == "tailwind.css":
            return Answer(body=_tailwind(), type="text/css")
        if name.startswith("npm/"):
            return _file(MODULES / name.removeprefix("npm/"))
        if name == "favicon.ico":
            return Answer(body=b"", type="image/x-icon", status=204)
        name, _, earlier = name.partition("/")
        if "." in name:
            return _file(HOSTS / name)
        host = hosts.get({"bare": "plain", "turbo-second": "turbo"}.get(name, name))
        return None if host is None else _page(host, name, site, community(), service, earlier)

    return find


def _page(host: Host, name: str, site: Path, community: str, service: str, earlier: str) -> Answer:
    pinned = script_element(site, community, earlier) if earlier else pinned_script(site, community)
    text = (HOSTS / f"{host.name}.html").read_text(encoding="utf-8")
    for place, words in {
        "probe": f'<script src="/probe.js" data-now="{int(EXAMPLE_DAY.timestamp() * 1000)}"></script>',
        "script": "" if name == "bare" else pinned,
        "embed": "" if name == "bare" else embed_tag(host.attributes),
        "name": name,
    }.items():
        text = text.replace("{{" + place + "}}", words)
    policy = (("Content-Security-Policy", strict_policy(community, service)),) if host.strict else ()
    return Answer(body=text.encode(), type="text/html; charset=utf-8", headers=policy)


def _file(file: Path) -> Answer | None:
    if not file.is_file():
        return None
    kind = guess_type(file.name)[0] or "application/octet-stream"
    return Answer(body=file.read_bytes(), type=f"{kind}; charset=utf-8")


@cache
def _react() -> str:
    """React 19 for a page without a bundler: its modules, each in a function, and a `require` that knows them.

    The development build: it complains on the console about what it dislikes.
    """
    files = {
        "react": "react/cjs/react.development.js",
        "scheduler": "scheduler/cjs/scheduler.development.js",
        "react-dom": "react-dom/cjs/react-dom.development.js",
        "react-dom/client": "react-dom/cjs/react-dom-client.development.js",
    }
    modules = ",\n".join(
        f"{json.dumps(name)}(module, exports, require, process) {{\n{(MODULES / file).read_text(encoding='utf-8')}\n}}"
        for name, file in files.items()
    )
    return f"""\
var React, ReactDOMClient;
{{
const modules = {{{modules}}};
const loaded = {{}};
const require = (name) => {{
  if (!loaded[name]) {{
    const module = (loaded[name] = {{exports: {{}}}});
    modules[name](module, module.exports, require, {{env: {{NODE_ENV: "development"}}}});
  }}
  return loaded[name].exports;
}};
React = require("react");
ReactDOMClient = require("react-dom/client");
}}
"""


@cache
def _tailwind() -> bytes:
    command = ["node", str(HOSTS / "tailwind.mjs"), str(MODULES), str(HOSTS / "tailwind.html")]
    return subprocess.run(command, check=True, capture_output=True).stdout
