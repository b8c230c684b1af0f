"""An address in the forms people and programs write it in, and what of them a reader could still find in a text."""

from __future__ import annotations

import base64
import html
import quopri
import re
import unicodedata
from urllib.parse import unquote

ADDRESS = "ana.souza7@lisbon-mail.example"
LOCAL, DOMAIN = ADDRESS.split("@")

FORMS = {
    "plain": ADDRESS,
    "angle brackets": f"<{ADDRESS}>",
    "mailto": f"mailto:{ADDRESS}",
    "upper case": ADDRESS.upper(),
    "percent": f"{LOCAL}%40{DOMAIN}",
    "percent twice": f"{LOCAL}%2540{DOMAIN}",
    "percent five times": f"{LOCAL}%2525252540{DOMAIN}",
    "letters in percent": "".join(f"%{ord(letter):02x}" for letter in ADDRESS),
    "entity": f"{LOCAL}&#64;{DOMAIN}",
    "entity with zeros": f"{LOCAL}&#0064{DOMAIN}",
    "hexadecimal entity": f"{LOCAL}&#x40;{DOMAIN}",
    "named entity": f"{LOCAL}&commat;{DOMAIN}",
    "entity twice": f"{LOCAL}&amp;#64;{DOMAIN}",
    "all entities": "".join(f"&#{ord(letter)};" for letter in ADDRESS),
    "full width": "".join(chr(ord(letter) + 0xFEE0) for letter in ADDRESS),
    "full-width at": f"{LOCAL}＠{DOMAIN}",
    "small at": f"{LOCAL}﹫{DOMAIN}",
    "ideographic dots": ADDRESS.replace(".", "。"),
    "full-width dots": ADDRESS.replace(".", "．"),
    "mathematical letters": "".join(chr(0x1D41A + ord(x) - 97) if x.isalpha() else x for x in ADDRESS),
    "zero width": "\u200b".join(ADDRESS),
    "soft hyphens": ADDRESS.replace("s", "s\u00ad"),
    "word joiner at the at": f"{LOCAL}\u2060@\u2060{DOMAIN}",
    "spaces": f"{LOCAL} @ {DOMAIN}",
    "space before": f"{LOCAL} @{DOMAIN}",
    "space after": f"{LOCAL}@ {DOMAIN}",
    "(at)": f"{LOCAL}(at){DOMAIN}",
    "(at) (dot)": "ana (dot) souza7 (at) lisbon-mail (dot) example",
    "[at]": f"{LOCAL} [at] {DOMAIN}",
    "{at}": f"{LOCAL}{{at}}{DOMAIN}",
    "<at>": f"{LOCAL}<at>{DOMAIN}",
    "(@)": f"{LOCAL}(@){DOMAIN}",
    "AT DOT": "ana.souza7 AT lisbon-mail DOT example",
    "at dot": "ana.souza7 at lisbon-mail dot example",
    "(arroba)": f"{LOCAL} (arroba) {DOMAIN}",
    "Punkt": "ana.souza7 ät lisbon-mail punkt example",
    "собака": "ana.souza7 собака lisbon-mail точка example",
    "broken at the at": f"{LOCAL}@\n{DOMAIN}",
    "broken before the at": f"{LOCAL}\n@{DOMAIN}",
    "broken at the dot": f"{LOCAL}@lisbon-mail.\nexample",
    "soft break": f"{LOCAL}@lisbon=\n-mail.example",
    "soft break at the at": f"{LOCAL}=\n@{DOMAIN}",
    "quoted-printable": f"{LOCAL}=40{DOMAIN}",
    "in a query": f"https://shop.example/?to={ADDRESS}&x=1",
    "in a query, escaped": f"https://shop.example/?to={LOCAL}%40{DOMAIN}&x=1",
    "in a path": f"https://lists.example/unsubscribe/{LOCAL}%2540{DOMAIN}/yes",
    "base64": base64.b64encode(f"mail {ADDRESS}".encode()).decode(),
    "base64 in a URL": f"https://t.example/c/{base64.urlsafe_b64encode(ADDRESS.encode()).decode()}",
    "base64 over lines": base64.encodebytes(b"x" * 50 + b" " + ADDRESS.encode()).decode().strip(),
    "base64 twice": base64.b64encode(base64.b64encode(f"mail {ADDRESS}".encode())).decode(),
    "hexadecimal digits": ADDRESS.encode().hex(),
    "quoted local part": f'"ana souza7"@{DOMAIN}',
    "U-label": "ana.souza7@bücher.example",
    "A-label": "ana.souza7@xn--bcher-kva.example",
    "other script": "用户@例子.广告",
    "SRS": f"SRS0=HHH=TT={DOMAIN}={LOCAL}@forward.example",
    "prvs": f"prvs=123456={ADDRESS}",
    "VERP": f"bounce-{LOCAL}={DOMAIN}@lists.example",
    "route": f"{LOCAL}%{DOMAIN}@relay.example",
    "Message-ID": f"<20261123.CAF=xyz+1@{DOMAIN}>",
    "Mastodon": f"@ana.souza7@{DOMAIN}",
    "literal": "ana.souza7@[192.0.2.7]",
    "IP address": "ana.souza7@192.0.2.7",
    "UTF-7": f"{LOCAL}+AEA-{DOMAIN}",
    "bold": f"**{LOCAL}**@**lisbon-mail**.example",
    "right to left": f"\u202e{ADDRESS[::-1]}\u202c",
    "tag": f"ana.souza7+notes@{DOMAIN}",
    "xmpp": f"xmpp:{ADDRESS}",
    "no dot": "ana.souza7@localhost",
    "Markdown": f"[write]({ADDRESS})",
    "program's escape": f"{LOCAL}\\u0040{DOMAIN}",
}

# A second reader, which shares nothing with the code under test.
_FOUND = re.compile(r"[^\s@<>()\[\]\"',;:]{0,63}[^\s@<>()\[\]\"',;:/.]@[^\s@<>()\[\]\"',;:.]{1,63}\.[^\W\d_]{2,}")


def readings(text: str) -> list[str]:
    """`text` as patient readers could see it."""
    found = [text, text[::-1] if "\u202e" in text else ""]
    decoded = text
    for _ in range(4):
        decoded = html.unescape(unquote(decoded))
        found.append(decoded)
    found.append(quopri.decodestring(text.encode()).decode("utf-8", "replace"))
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", text.replace("\n", "")):
        plain = run.replace("-", "+").replace("_", "/")
        for start in range(4):
            part = plain[start:]
            part = part[: len(part) // 4 * 4]
            found.append(base64.b64decode(part).decode("latin-1"))
    return [
        "".join(
            letter
            for letter in unicodedata.normalize("NFKC", one)
            if letter in "\n\t" or unicodedata.category(letter) not in ("Cf", "Cc", "Co", "Cn", "Cs")
        ).replace("。", ".")
        for one in found
    ]


def addresses_in(text: str) -> list[str]:
    """Everything a reader could take for an address."""
    return [address for one in readings(text) for address in _FOUND.findall(one)]


def shows(text: str, secret: str = LOCAL) -> bool:
    """Whether one of the readings shows `secret`, in any case of letters."""
    return any(secret in one.lower() for one in readings(text))
