"""Mail domains that say nothing about a person, because millions share them."""

from __future__ import annotations

_NAMES = """
gmail googlemail outlook hotmail live msn yahoo ymail rocketmail icloud me mac aol proton protonmail pm gmx web
t-online freenet mail posteo mailbox tutanota tuta fastmail hey zoho yandex ya mailru bk inbox list rambler ukr i
meta wp o2 onet interia op gazeta seznam centrum email azet orange wanadoo free laposte sfr bbox libero virgilio tin
alice tiscali hotmail bol uol terra ig globo sapo naver daum hanmail kakao nate qq 163 126 yeah sina sohu foxmail
aliyun docomo ezweb softbank i.softbank nifty biglobe ocn comcast verizon att sbcglobal bellsouth cox charter
earthlink juno btinternet sky talktalk virginmedia ntlworld rediffmail riseup disroot autistici bluewin hispeed
sunrise telenet skynet proximus ziggo kpnmail xs4all home telia bredband comhem abv
""".split()
_ENDINGS = """
com net org de at ch fr it es pt nl be eu co.uk uk ie com.br br com.ar com.mx ca com.au com.tr ru ua pl cz sk se no dk
fi gr ro hu bg co.jp ne.jp jp co.kr kr cn com.cn in co.in me email io app ch li lu my.com one
""".split()
_PUBLIC = frozenset(_NAMES), frozenset(_ENDINGS)  # not every pair of them: those would take 0.9 MB


def is_public(domain: str) -> bool:
    """Whether a mail domain (in lower case, A-labels) is one that anybody may have an address in."""
    names, endings = _PUBLIC
    return any(
        domain[:at] in names and domain[at + 1 :] in endings for at, letter in enumerate(domain) if letter == "."
    )
