"""What somebody pastes into their own product to show a moment there, in the words of that product's tools.

A snippet is a few pieces, each for another file: a page under a strict policy (CSP) has neither styles nor scripts
within its HTML, so they are never mixed. All of it runs as it is printed; who pastes it changes the values that speak
of a newcomer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from ipaddress import IPv6Address
from typing import Literal, get_args
from unicodedata import normalize
from urllib.parse import quote, urlsplit

from alongside.model.journeys import Journey, Moment
from alongside.rendering.embeds.files import BASE
from alongside.rendering.embeds.layouts import KINDS
from alongside.rendering.embeds.scripts import integrity, note_integrity, note_script, pinned_script
from alongside.rendering.interface import say
from alongside.settings import Settings

Way = Literal["html", "react", "vue", "iframe", "csp"]
WAYS: tuple[Way, ...] = get_args(Way)
EXAMPLE_HOST = "https://app.example.com"  # stands for the product, where nobody says which it is
RESERVED = "30rem"  # what the element is high, unless told otherwise
FRAME_HEIGHT = 480  # pixels, until the frame has said how high it is
SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One part of a snippet."""

    where: str  # where it goes: one line for people
    language: str  # html, css, js, jsx, vue, http
    text: str  # without a line break at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a snippet is about."""

    settings: Settings  # with a `site_url`
    journey: Journey
    moment: Moment  # an embed, or one of a page
    challenge: str = ""  # the slug of one that the community knows, for the example
    host: str = EXAMPLE_HOST  # the origin of the product

    @property
    def name(self) -> str:
        """The moment as a tag names it: `journey/id`."""
        return f"{self.journey.slug}/{self.moment.id}"

    @property
    def origin(self) -> str:
        """The community's own, as browsers write it: `https://community.example.org`."""
        return origin_of(self.settings.site_url)

    @property
    def source(self) -> str:
        """The community's site as a policy (CSP) names it, where a semicolon or a comma would end the directive."""
        return policy_source(self.settings.site_url)

    @property
    def profile(self) -> Mapping[str, str]:
        """An invented newcomer, as attributes."""
        known = {"challenges": self.challenge} if self.challenge else {}
        return known | {"place": "Berlin, Germany", "languages": self.settings.language, "newcomer": "nc-4f1a"}

    @property
    def introduces(self) -> bool:
        """True where a person or a story is shown, which a mail to the same newcomer should know."""
        return bool({"members", "stories"} & {KINDS[show] for show in self.moment.show})

    @property
    def takes_notes(self) -> bool:
        """True where a form for a note is shown, which asks the service."""
        return "note" in self.moment.show and bool(self.settings.note_form)

    @property
    def fallback(self) -> tuple[str, str]:
        """(address, words) of the link that stands there while nothing else does."""
        kind = KINDS[self.moment.show[0]] if self.moment.show else "stories"
        words = say(self.settings.language, f"moment.all_{kind}")
        return f"{self.settings.site_url}{kind}/", f"{self.settings.site_name}: {words}"

    @property
    def title(self) -> str:
        """What a frame is called, for those who hear it."""
        shown = self.moment.show[0] if self.moment.show else "story"
        return f"{self.settings.site_name}: {say(self.settings.language, f'moment.{shown}')}"


def policy_source(url: str) -> str:
    """A web address as a policy (CSP) names it. Raises `ValueError` as `origin_of`."""
    return origin_of(url) + quote(urlsplit(url).path, safe="/%:@!$&'()*+=~")


def origin_of(url: str) -> str:
    """The origin of a web address as browsers compare it: A-labels, and no port that is the scheme's own.

    Raises `ValueError` for what has none.
    """
    parts = urlsplit(url)
    host, own, port = parts.hostname or "", {"http": 80, "https": 443}.get(parts.scheme), parts.port
    if own is None or "@" in parts.netloc:
        raise ValueError(url)
    if ":" in host:
        host = f"[{IPv6Address(host).compressed}]"
    else:
        host = ".".join(map(_a_label, _POINTS.split(host)))
        if not _HOST.fullmatch(host):
            raise ValueError(url)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, own) else "")


_POINTS = re.compile("[.\u3002\uff0e\uff61]")  # what browsers take for a point in a host (UTS 46)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_KEPT = re.compile("[\u00df\u03c2\u200c\u200d]")  # browsers keep these four, which Python's older rule folds or drops


def _a_label(label: str) -> str:
    if label.isascii() or not _KEPT.search(label):
        return label.encode("idna").decode().lower()
    return "xn--" + normalize("NFC", label).lower().encode("punycode").decode()


def render_snippet(way: Way, subject: Subject) -> tuple[Piece, ...]:
    """The pieces of one way, in the order in which to paste them. `iframe` needs a moment with `where: embed`."""
    return tuple(_WAYS[way](subject))


def snippet_text(pieces: tuple[Piece, ...]) -> str:
    """The pieces below one another, each under a comment of its own language that says where it goes."""
    return "\n\n".join(f"{_COMMENTS[piece.language].format(piece.where)}\n{piece.text}" for piece in pieces)


_COMMENTS = {
    "html": "<!-- {} -->",
    "vue": "<!-- {} -->",
    "css": "/* {} */",
    "js": "// {}",
    "jsx": "// {}",
    "http": "# {}",
}


# --- pieces of several ways ----------------------------------------------------------------------------------------


def _scripts(subject: Subject) -> Iterator[Piece]:
    if subject.takes_notes:
        hashes = {"integrity": {subject.settings.site_url + note_script(): note_integrity()}}
        text = json.dumps(hashes, ensure_ascii=False).replace("<", "\\u003c")
        yield Piece(
            where="Once a page, in its head, before any module: the hash of the form for notes, fetched later. "
            "A strict page gives it its nonce, or leaves it out.",
            language="html",
            text=f'<script type="importmap">{text}</script>',
        )
    address = escape(subject.settings.site_url + pinned_script())
    text = f'<script type="module" src="{address}"\n        integrity="{integrity()}" crossorigin="anonymous"></script>'
    yield Piece(where="Once a page, in its head.", language="html", text=text)


def _style() -> Piece:
    text = (
        f"alongside-moment {{ --alongside-block-size: {RESERVED};\n"
        "  display: block; block-size: var(--alongside-block-size); overflow: auto; }"
    )
    where = "In your style sheet: keeps its place. Leave it out where nothing stands below it."
    return Piece(where=where, language="css", text=text)


def _attributes(subject: Subject) -> str:
    return "".join(f'\n    {name}="{escape(value)}"' for name, value in subject.profile.items())


def _field(subject: Subject) -> Iterator[Piece]:
    if subject.introduces:
        where = "Within your form: whom they met here, which is `met` when you enroll them, for their first mail."
        yield Piece(where=where, language="html", text='<input type="hidden" name="met">')


def _met(subject: Subject) -> Iterator[Piece]:
    yield from _field(subject)
    if subject.introduces:
        text = """\
addEventListener("alongside-shown", ({ detail }) => {
  const field = document.querySelector('input[name="met"]');
  if (field) field.value = detail.members?.[0] ?? detail.stories?.[0] ?? "";
});"""
        yield Piece(where="In your script: fills that field.", language="js", text=text)


# --- one way each --------------------------------------------------------------------------------------------------


def _html(subject: Subject) -> Iterator[Piece]:
    address, words = subject.fallback
    yield from _scripts(subject)
    yield Piece(
        where="Where it stands. Say what your newcomer told you; leave out what you do not know.",
        language="html",
        text=f'<alongside-moment moment="{subject.name}"{_attributes(subject)}>\n'
        f'  <p><a href="{escape(address)}">{escape(words)}</a></p>\n</alongside-moment>',
    )
    yield _style()
    yield from _met(subject)


def _react(subject: Subject) -> Iterator[Piece]:
    address, words = (json.dumps(text, ensure_ascii=False) for text in subject.fallback)
    yield from _scripts(subject)
    text = f"""\
import {{ useEffect, useRef }} from "react";

export function CommunityMoment({{ newcomer, onShown }}) {{
  const element = useRef(null);
  useEffect(() => {{
    const node = element.current;
    const shown = ({{ detail }}) => onShown?.(detail);
    node.addEventListener("alongside-shown", shown);
    return () => node.removeEventListener("alongside-shown", shown);
  }}, [onShown]);
  return (
    <alongside-moment
      ref={{element}}
      moment="{subject.name}"
      challenges={{newcomer.challenges?.join(",")}}
      place={{newcomer.place}}
      languages={{newcomer.languages?.join(",")}}
      newcomer={{newcomer.id}}
    >
      <p>
        <a href={{{address}}}>{{{words}}}</a>
      </p>
    </alongside-moment>
  );
}}"""
    yield Piece(where=f"CommunityMoment.jsx. {_USES}", language="jsx", text=text)
    yield _style()


_USES = (
    "onShown gets {members, stories, groups, meetups}: slugs; its first member or story is `met` when you enroll them."
)


def _vue(subject: Subject) -> Iterator[Piece]:
    address, words = (escape(text).replace("{", "&#123;") for text in subject.fallback)
    yield from _scripts(subject)
    text = f"""\
<script setup>
defineProps({{ newcomer: {{ type: Object, required: true }} }});
const emit = defineEmits(["shown"]);
</script>

<template>
  <alongside-moment
    moment="{subject.name}"
    :challenges="newcomer.challenges?.join()"
    :place="newcomer.place"
    :languages="newcomer.languages?.join()"
    :newcomer="newcomer.id"
    @alongside-shown="emit('shown', $event.detail)"
  >
    <p><a href="{address}">{words}</a></p>
  </alongside-moment>
</template>"""
    yield Piece(where=f"CommunityMoment.vue. {_USES.replace('onShown', '@shown')}", language="vue", text=text)
    text = """\
import vue from "@vitejs/plugin-vue";

export default {
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "alongside-moment" } } })],
};"""
    yield Piece(where="vite.config.js: the tag is no component.", language="js", text=text)
    yield _style()


def frame_address(subject: Subject) -> str:
    """The address of a moment's page, with the newcomer in its fragment, which no server is sent."""
    told = {"host": subject.host, **subject.profile}
    fragment = "&".join(f"{name}={quote(value, safe='/:,')}" for name, value in told.items())
    return f"{subject.settings.site_url}embed/{subject.name}/#{fragment}"


def _iframe(subject: Subject) -> Iterator[Piece]:
    yield Piece(
        where="Where it stands. What follows # says who reads it and stays in the browser; host is your origin.",
        language="html",
        text=f'<iframe class="community-moment" title="{escape(subject.title)}"\n'
        f'        src="{escape(frame_address(subject))}"\n'
        f'        height="{FRAME_HEIGHT}" loading="lazy" referrerpolicy="no-referrer"\n'
        f'        sandbox="{SANDBOX}"></iframe>',
    )
    yield Piece(
        where="In your style sheet.",
        language="css",
        text=".community-moment { display: block; inline-size: 100%; border: 0; }",
    )
    keeps = """
  const field = document.querySelector('input[name="met"]');
  if (field && shown) field.value = String(shown.members?.[0] ?? shown.stories?.[0] ?? "");"""
    text = f"""\
addEventListener("message", ({{ origin, source, data }}) => {{
  const frames = [...document.querySelectorAll("iframe.community-moment")];
  const frame = frames.find((one) => one.contentWindow === source);
  if (origin !== {json.dumps(subject.origin)} || !frame) return;
  const {{ height, shown }} = data?.alongside ?? {{}};
  if (Number.isInteger(height)) frame.height = Math.min(height, 5000);{keeps if subject.introduces else ""}
}});"""
    yield from _field(subject)
    where = "In your script: makes the frame as high as its page; without it, it scrolls inside."
    yield Piece(where=where, language="js", text=text)


def _csp(subject: Subject) -> Iterator[Piece]:
    files = subject.source + BASE
    pictures = " ".join((subject.origin, *(f"https://{host}" for host in sorted(subject.settings.embeds.images))))
    service = f" {policy_source(subject.settings.mail.service)}" if subject.takes_notes else ""
    directives = (f"script-src 'self' {files}", f"connect-src 'self' {files}{service}", f"img-src 'self' {pictures}")
    yield Piece(
        where="For the script (html, react, vue): add these to the directives your page has.",
        language="http",
        text=f"Content-Security-Policy: {'; '.join(directives)}",
    )
    if subject.moment.where == "embed":
        yield Piece(
            where="For the iframe.",
            language="http",
            text=f"Content-Security-Policy: frame-src {subject.source}embed/",
        )


_WAYS: Mapping[Way, Callable[[Subject], Iterator[Piece]]] = {
    "html": _html,
    "react": _react,
    "vue": _vue,
    "iframe": _iframe,
    "csp": _csp,
}
