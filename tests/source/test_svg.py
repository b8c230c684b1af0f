"""SVGs: which are pictures and nothing more."""

from __future__ import annotations

import gzip
import random

import pytest

from alongside.source.svg import MOST_BYTES, acting_part

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'


def svg(inside: str, before: str = "") -> bytes:
    return f"{before}{HEAD}{inside}</svg>".encode()


PICTURES = [
    '<path d="M0 0h9v9z" fill="url(#shade)" transform="matrix(1 0 0 1 2 3)"/>',
    '<a href="https://example.org/"><text aria-label="us (all)">Us &amp; them</text></a><a href="../guide/"/>',
    '<use xlink:href="#part"/><image href="data:image/png;base64,iVBORw0K//8="/><use href=""/>',
    '<style>@font-face{font-family:A;src:url("data:font/woff2;base64,AA//BB")} .a{fill:url(#b);filter:none}</style>',
    '<animate attributeName="x" values="0;9"/><set attributeName="fill" to="red"/>',
    # what programs that draw leave in their files
    '<metadata xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:li src="c:\\a(b)">x</rdf:li></metadata>'
    '<sodipodi:namedview xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" sodipodi:docname="a(b).svg"/>',
    '<?xpacket begin="" id="x"?><title>onload=alert(1) &lt;script&gt;</title><!-- <script>1</script> -->',
]
ACTING = [
    ("<script>alert(1)</script>", "a script"),
    ('<script href="https://evil.example/x.js"/>', "a script"),
    ("<g><SCRIPT/></g>", "a script"),
    ('<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>', "a script"),
    ('<ev:listener xmlns:ev="http://www.w3.org/2001/xml-events" event="load"/>', "a script"),
    ("<rect onload='x()'/>", "the attribute onload"),
    ("<foreignObject><body/></foreignObject>", "another document (<foreignobject>)"),
    ('<iframe xmlns="http://www.w3.org/1999/xhtml" src="x"/>', "another document (<iframe>)"),
    ('<h:img xmlns:h="http://www.w3.org/1999/xhtml" src="x"/>', "another document (<img>)"),
    ('<a href="java\n script:alert(1)"/>', "a link that leads to no page"),
    ('<a xlink:href="&#x6a;avascript:alert(1)"/>', "a link that leads to no page"),
    ('<a href="#"><set attributeName="xlink:href" to="javascript:alert(1)"/></a>', "<set> of a link"),
    ('<animate attributeName=" href" values="javascript:1"/>', "<animate> of a link"),
    ('<image href="https://evil.example/x.png"/>', "another file"),
    ('<use href="data:image/svg+xml;base64,AAAA#x"/>', "another file"),
    ('<image href="data:image/svg+xml,x"/>', "another file"),
    ('<feImage xlink:href="//evil.example/x"/>', "another file"),
    ('<g xml:base="https://evil.example/"><use href="#a"/></g>', "another file"),
    ('<rect fill="url(https://evil.example/#a)"/>', "a style that asks for a file"),
    ("<rect style=\"fill:url( 'https://evil.example/')\"/>", "a style that asks for a file"),
    ("<rect style='fill:u\\72l(//evil.example)'/>", "a style that asks for a file"),
    ("<style><![CDATA[@imp]]><![CDATA[ort 'https://evil.example';]]></style>", "a style that asks for a file"),
    ("<style>a{cursor:-webkit-image-set('https://evil.example' 1x)}</style>", "a style that asks for a file"),
    ("<set attributeName='fill' to='url(https://evil.example)'/>", "a style that asks for a file"),
    ("<g>" * 300 + "</g>" * 300, "more than can be looked through"),
    ("<g>", "what is no XML, at line 1"),
]


@pytest.mark.parametrize("inside", PICTURES)
def test_pictures_pass(inside: str) -> None:
    assert acting_part(svg(inside)) == ""
    doctype = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">\n'
    assert acting_part(b"\xef\xbb\xbf" + svg(inside, doctype)) == ""


@pytest.mark.parametrize(("inside", "what"), ACTING)
def test_what_acts_is_found(inside: str, what: str) -> None:
    assert acting_part(svg(inside)) == what


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (svg("", '<!DOCTYPE svg [<!ENTITY a "<script>1</script>">]>'), "words of its own making (<!ENTITY> or <!ATTLIST>)"),
        (svg("", '<!DOCTYPE svg [<!ATTLIST svg onload CDATA "x()">]>'), "words of its own making (<!ENTITY> or <!ATTLIST>)"),
        (svg("", '<?xml-stylesheet href="x.css"?>'), "a style sheet of its own"),
        (svg("", f'<?xml version="1.0" {" " * 5000}encoding="utf-7"?>'), "words in another encoding than UTF-8"),
        (svg("é").decode().encode("utf-16"), "words in another encoding than UTF-8"),
        (svg("é").decode().encode("latin-1"), "words in another encoding than UTF-8"),
        (b"<svg><script/></svg>", 'no <svg xmlns="http://www.w3.org/2000/svg"> around all'),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", 'no <svg xmlns="http://www.w3.org/2000/svg"> around all'),
        (gzip.compress(svg("")), "packed words, which cannot be looked through"),
        (b" " * (MOST_BYTES + 1), "more than can be looked through"),
        (b"", "what is no XML, at line 1"),
    ],
)  # fmt: skip
def test_documents_that_are_no_plain_svg(content: bytes, what: str) -> None:
    assert acting_part(content) == what


def test_damaged_files_end_in_an_answer() -> None:
    chance = random.Random(1)
    whole = svg("".join(PICTURES + [inside for inside, _ in ACTING[:24]]))
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        assert acting_part(bytes(damaged))  # there was a script in it


def test_no_style_takes_long() -> None:
    for part in ("url(data:", "url( ", "\\", "url('data:"):
        assert acting_part(svg(f"<style>{part * (2_000_000 // len(part))}</style>")) == "a style that asks for a file"
