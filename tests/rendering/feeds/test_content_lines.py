"""Content lines: values, parameters and folds, written as `icalendar` writes them, octet for octet."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Event, vCalAddress, vCategory, vDate, vDatetime, vText, vUri

from alongside.rendering.feeds.content_lines import (
    clean_text,
    component_octets,
    content_line,
    fold_line,
    moment_value,
    one_line,
    text_value,
    uri_value,
)

# Characters of one to four octets, and those that are escaped, quoted, or lost by some readers at the end of a line.
CHARACTERS = st.one_of(st.sampled_from("\\^;,:'\"’=\r\n\taé–花🎉"), st.characters(codec="utf-8"))
WORDS = st.text(CHARACTERS, max_size=90)
MOMENTS = st.datetimes()


@given(WORDS, WORDS, st.integers(1, 6), MOMENTS)
def test_an_event_is_written_as_icalendar_writes_it(words: str, label: str, times: int, moment: datetime) -> None:
    text, label = clean_text(words) * times, one_line(label) or "x"
    event = Event()
    event["UID"] = TextValue(text)
    event["DTSTAMP"] = vDatetime(moment.replace(tzinfo=UTC))
    local = vDatetime(moment)
    local.params["TZID"] = "America/Port-au-Prince"
    event["EXDATE"] = [local, vDate(moment.date(), params={"VALUE": "DATE"})]
    event["DESCRIPTION"] = TextValue(text)
    event["CONFERENCE"] = vUri("https://example.org/" + "a" * 80, params={"LABEL": label, "VALUE": "URI"})
    event["ORGANIZER"] = vCalAddress("https://example.org/", params={"CN": label})
    categories = vCategory([])
    categories.cats.extend([TextValue(text), TextValue(label)])
    event["CATEGORIES"] = categories
    lines = [
        content_line("UID", text_value(text)),
        content_line("DTSTAMP", moment_value(moment.replace(tzinfo=UTC))),
        content_line("EXDATE", moment_value(moment), TZID="America/Port-au-Prince"),
        content_line("EXDATE", moment_value(moment.date()), VALUE="DATE"),
        content_line("DESCRIPTION", text_value(text)),
        content_line("CONFERENCE", "https://example.org/" + "a" * 80, LABEL=label, VALUE="URI"),
        content_line("ORGANIZER", "https://example.org/", CN=label),
        content_line("CATEGORIES", f"{text_value(text)},{text_value(label)}"),
    ]
    written = component_octets("VEVENT", lines)
    assert written == event.to_ical(sorted=False)
    assert max(map(len, written.split(b"\r\n"))) <= 75


class TextValue(vText):
    """A text in which a backslash and an N, as in C:\\New, are what they are: `icalendar` takes them for a line break."""

    def to_ical(self) -> bytes:
        return b"\\\\N".join(vText(part).to_ical() for part in self.split("\\N"))


@given(st.one_of(WORDS, st.text(st.sampled_from("abc.:/?#[]@%&=-_~é 1"), max_size=40)))
def test_an_address_that_is_plain_is_left_as_it_is(rest: str) -> None:
    for url in (f"https://{rest}", f"http://example.org/{rest}"):
        found = uri_value(url)
        assert found == uri_value(f" {url}"), "asked the long way"
        assert found.isascii()


def test_a_line_is_cut_before_a_character_that_does_not_fit() -> None:
    assert fold_line(b"a" * 74) == b"a" * 74
    assert fold_line("é".encode() * 75) == "\r\n ".join(["é" * 37, "é" * 37, "é"]).encode()
    assert fold_line(b"a" * 73 + b"\\nb") == b"a" * 73 + b"\r\n \\nb"
