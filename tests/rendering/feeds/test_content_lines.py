"""Content lines: folded and put together as `icalendar` does it, octet for octet."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Event, vDatetime, vText, vUri

from alongside.rendering.feeds.content_lines import component_octets, fold_line

# Characters of one to four octets, and those that some readers lose at the end of a line.
CHARACTERS = st.one_of(
    st.sampled_from('\\^;,:"\r\naé–花🎉'), st.characters(codec="utf-8", exclude_characters="\0\x7f", min_codepoint=32)
)
WORDS = st.text(CHARACTERS, max_size=90)


@given(WORDS, WORDS, st.integers(1, 6))
def test_an_event_is_written_as_icalendar_writes_it(text: str, label: str, times: int) -> None:
    event = Event()
    event["UID"] = vText("a@example.org")
    event["SUMMARY"] = vText(text)
    event["DESCRIPTION"] = vText(text * times)
    event["CONFERENCE"] = vUri("https://example.org/" + "a" * 80, params={"VALUE": "URI", "LABEL": label or "x"})
    moment = vDatetime(datetime.fromisoformat("2026-12-03T18:30"))
    moment.params["TZID"] = "Europe/Berlin"
    event["DTSTART"] = moment
    event["EXDATE"] = [moment, moment]
    written = component_octets(event)
    assert written == event.to_ical(sorted=False)
    assert max(map(len, written.split(b"\r\n"))) <= 75


def test_a_line_is_cut_before_a_character_that_does_not_fit() -> None:
    assert fold_line(b"a" * 74) == b"a" * 74
    assert fold_line("é".encode() * 75) == "\r\n ".join(["é" * 37, "é" * 37, "é"]).encode()
    assert fold_line(b"a" * 73 + b"\\nb") == b"a" * 73 + b"\r\n \\nb"
