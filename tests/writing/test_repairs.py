"""Repairs: what is certain is put right where it stands, and everything else stays byte for byte."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alongside.problems import Problem, slip
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.writing.repairs import Repaired, repair_files
from conftest import CONFIG, TODAY, WriteCommunity
from reading.planted_faults import FILES, GOOD, Planted

MORE = {
    "content/members/bo-ek.md": "---\nname: Bo Ek\nwas: [bo]\n---\n",
    "content/groups/docs-2.md": "---\nname: Docs 2\nkind: chat\n---\n",
    "content/stories/en.md": "---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\nlanguage: de\ntranslation_of: a-talk\n---\n",
    "content/challenges.yml": "first-talk:\n  title: {en: Giving a first talk, pt: A primeira palestra}\n"
    "  also: [stage fright]\nhelp:\n  title: Asking for help\n",
}
STORY = "---\ntitle: A title\nmembers: [ana]\ndate: 2026-05-04\n{}\n---\nText.\n"
MEMBER = "---\nname: A name\n{}\n---\nBio.\n"
MEETUP = "---\ntitle: A meetup\n{}\n---\nTalks.\n"
LIST = "- title: One\n  starts: 2027-01-07\n{}\n"
MOMENTS = "title: x\nmoments:\n  - {}\n"
MAIL = "---\n{}\n---\nText\n"
WHERE = {
    STORY: "content/stories/x.md", MEMBER: "content/members/x.md", MEETUP: "content/meetups/x.md",
    LIST: "content/meetups/list.yml", MOMENTS: "journeys/x.yml", MAIL: "journeys/mails/x.md",
}  # fmt: skip
REPAIRED = [
    # keys
    (STORY, "wellcome: x", "welcome: x"),
    (STORY, "# why\nTopisc: [a] # these", "# why\ntopics: [a] # these"),
    (STORY, "Translation-Of: a-talk\nlanguage: de", "translation_of: a-talk\nlanguage: de"),
    (STORY, '"role": [x]', '"roles": [x]'),
    (STORY, "source: {licence: MIT, credit: x}", "source: {license: MIT, credit: x}"),
    (MEMBER, "language: pt", "languages: pt"),
    (MEETUP, "start: 2027-01-07 18:30", "starts: 2027-01-07 18:30"),
    (MOMENTS, "{id: a, ownner: growth, where: embed, show: [group]}", "{id: a, owner: growth, where: embed, show: [group]}"),
    (STORY, "date: 2026-05-04\ntopics: [a]", "topics: [a]"),
    (STORY, "source:\n  credit: x\n  url: https://a.example\n  credit: x", "source:\n  credit: x\n  url: https://a.example"),
    (STORY, "source: {credit: x, url: https://a.example, credit: x}", "source: {credit: x, url: https://a.example}"),
    (STORY, "topics:\n- a\ntopics:\n- a", "topics:\n- a"),
    # words of a list, and lists
    (MEETUP, "starts: 2027-01-07\nstatus: confirmed\ntopics: [a, b, a]", "starts: 2027-01-07\nstatus: confirmed\ntopics: [a, b]"),
    (STORY, "topics:\n  - a\n  - b\n  - a\nroles: [x]", "topics:\n  - a\n  - b\nroles: [x]"),
    (MOMENTS, "{id: a, owner: growht, where: embde, show: [groop]}", "{id: a, owner: growth, where: embed, show: [group]}"),
    (LIST, "- title: One  # again\n  # when\n  starts: 2027-02-07\n- {title: One, starts: 2027-03-07}",
     "- title: One  # again\n  # when\n  slug: list-one-2027-02-07\n  starts: 2027-02-07\n- {title: One, slug: list-one-2027-03-07, starts: 2027-03-07}"),
    # dates and times
    (MEETUP, "starts: 2027/01/07", "starts: 2027-01-07"),
    (MEETUP, "starts: 7 January 2027, 6:30 pm", "starts: 2027-01-07 18:30"),
    (MEETUP, "starts: Jan 7th, 2027 12am", "starts: 2027-01-07 00:00"),
    (MEETUP, "starts: '31.12.2026 19:00' # new year", "starts: '2026-12-31 19:00' # new year"),
    (MEETUP, "starts: 2027-01-07\nrepeats: every week\nuntil: 4th of May 2027", "starts: 2027-01-07\nrepeats: every week\nuntil: 2027-05-04"),
    (MEETUP, "starts: 2027-01-07\nrepeats: every week\nchanges: {2027/01/14: {status: cancelled}}", "starts: 2027-01-07\nrepeats: every week\nchanges: {2027-01-14: {status: cancelled}}"),
    (LIST, "- title: Two\n  starts: 05/05/2027  # May", "- title: Two\n  starts: 2027-05-05  # May"),
    # languages, zones
    (STORY, "language: English", "language: en"),
    (MEMBER, "languages: [pt_br, deutsch, spa]", "languages: [pt-BR, de, es]"),
    (MEETUP, "starts: 2027-01-07\ntimezone: W. Europe Standard Time", "starts: 2027-01-07\ntimezone: Europe/Berlin"),
    (MEETUP, "starts: 2027-01-07\ntimezone: berlin", "starts: 2027-01-07\ntimezone: Europe/Berlin"),
    # other records
    (STORY, "challenges: [Stage Fright]", "challenges: [first-talk]"),
    (STORY, "challenges: [First Talk, asking for help]", "challenges: [first-talk, help]"),
    (STORY, "challenges: [first-tlak]", "challenges: [first-talk]"),
    (MEETUP, "starts: 2027-01-07\nhosts: [bo]", "starts: 2027-01-07\nhosts: [bo-ek]"),
    (MEETUP, "starts: 2027-01-07\nhosts: [Bo Ek]\ngroup: Docs", "starts: 2027-01-07\nhosts: [bo-ek]\ngroup: docs"),
    (STORY, "language: fr\ntranslation_of: en", "language: fr\ntranslation_of: a-talk"),
    # quotes
    (MAIL, "subject: {{ member.name }} says hello", 'subject: "{{ member.name }} says hello"'),
    (MAIL, 'subject: {% if story %}"{{ story.title }}"{% else %}It\'s me{% endif %}', "subject: '{% if story %}\"{{ story.title }}\"{% else %}It''s me{% endif %}'"),
    (STORY, "roles:\n- @ana\n- b", 'roles:\n- "@ana"\n- b'),
    (STORY, "welcome: this: is not it", 'welcome: "this: is not it"'),
    (LIST, "- title: Two: more\n  starts: 2027-02-07", '- title: "Two: more"\n  starts: 2027-02-07'),
    (STORY, "welcome: %100", 'welcome: "%100"'),
    (STORY, "welcome: *bold* words", 'welcome: "*bold* words"'),
    (STORY, "welcome: 'it's here'", 'welcome: "it\'s here"'),
    (STORY, 'welcome: "C:\\people"', 'welcome: "C:\\\\people"'),
    # what nobody sees
    (STORY, "\twelcome: x", "welcome: x"),
    (STORY, "source:\n\tcredit: x\n\turl: https://a.example", "source:\n  credit: x\n  url: https://a.example"),
    (STORY, "source:\n\tcredit: x\n    url: https://a.example", "source:\n    credit: x\n    url: https://a.example"),
    (STORY, "topics: [\u202ea\u202c, b]", "topics: [a, b]"),
    (STORY, "topics: [so\x0bft, a\x00 b]", "topics: [so ft, a b]"),
]  # fmt: skip
LEFT_ALONE = [
    # what trust hangs on is for people
    (MEMBER, "concent: {since: 2026-01-01, for: [page]}"),
    (MEMBER, "consent: {since: 1 May 2026, for: [page]}"),
    (MEMBER, "consent: {since: 2026-05-01, untill: 2027-05-01, for: [page]}"),
    (MEMBER, "statuss: former"),
    (MEMBER, "welcome: 5"),
    (MEMBER, "away: {from: 2026/12/20, to: 2027-01-06}"),
    (STORY, "status: drafft"),
    # two of them are as good
    (LIST, "- title: One\n  starts: 2027-02-07\n  slug: list-one"),
    (STORY, "date: 2026-05-05"),
    (STORY, "date: 2026-05-04 # the day it was told"),
    (STORY, "members: [bo-ek]"),
    (MEETUP, "starts: 04.05.2027"),
    (MEETUP, "starts: 2027-01-07\ntimezone: IST"),
    (MEMBER, "languages: [jp]"),
    (MEMBER, "place: {label: x, lot: 1.0, lon: 2.0, lat: 3.0}"),
    # names of people and groups
    (STORY, "roles: [x]\nmember: [anna]"),
    (MEETUP, "starts: 2027-01-07\ngroup: docs-1"),
    (MEETUP, "starts: 2027-01-07\nhosts: [anna]"),
    # a guess that does not fit its key
    (STORY, "media: audio: talk.mp3"),
    (MEETUP, "starts: 2027-01-07\nrepeats: every week\ntime: 18:30"),
    (STORY, "chalenges: [nobody-knows]"),
    (STORY, "topics: *shared"),
    (STORY, "welcome: !important"),
    (STORY, "welcome: 'a' and 'b'"),
    (STORY, 'welcome: "C:\\people\\new"'),
    (STORY, "welcome: a: b # c"),
    (STORY, "welcome: one: two\n  three"),
    (STORY, "topics: [it\u0092s]"),
    (STORY, 'topics: ["a \\x07 bell"]'),
    (STORY, "topics: - a"),
    (STORY, "media: {audio: tlak.mp3}"),
    (STORY, "source: {url: www.example.org}"),
]  # fmt: skip


def repaired(config: Path) -> Repaired:
    found, _ = read_settings(config)

    def load(instead: Mapping[str, bytes]) -> tuple[Problem, ...]:
        return load_community(found, today=TODAY, cache=False, instead=instead).problems

    def read(path: str) -> bytes | None:
        file = found.root / path
        return file.read_bytes() if file.is_file() else None

    return repair_files(load, read)


@pytest.mark.parametrize(("form", "before", "after"), REPAIRED, ids=lambda text: text if text not in WHERE else "")
def test_what_is_certain_is_put_right(write_community: WriteCommunity, form: str, before: str, after: str) -> None:
    config = write_community({**GOOD, **MORE, WHERE[form]: form.replace("{}", before, 1)})
    found = repaired(config)
    assert {path: content.decode() for path, content in found.contents.items()} == {
        WHERE[form]: form.replace("{}", after, 1)
    }
    (config.parent / WHERE[form]).write_bytes(found.contents[WHERE[form]])
    assert repaired(config).contents == {}


@pytest.mark.parametrize(("form", "text"), LEFT_ALONE, ids=lambda text: text if text not in WHERE else "")
def test_what_somebody_has_to_decide_is_left_alone(write_community: WriteCommunity, form: str, text: str) -> None:
    config = write_community({**GOOD, **MORE, WHERE[form]: form.replace("{}", text, 1)})
    found = repaired(config)
    assert {path: content.decode() for path, content in found.contents.items()} == {}
    assert found.problems == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n \n---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\n---\n", "---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\n---\n"),
        ("-----\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\n---\n", "---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\n---\n"),
        ("---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\n-----\n-----\n", "---\ntitle: x\nmembers: [ana]\ndate: 2026-05-04\n---\n-----\n"),
        ("---\ntitle: Tea, {}\n---\n", None),
    ],
)  # fmt: skip
def test_the_lines_around_the_front_matter(write_community: WriteCommunity, before: str, after: str | None) -> None:
    found = repaired(write_community({**GOOD, "content/stories/x.md": before.encode()}))
    assert found.contents.get("content/stories/x.md") == (after.encode() if after is not None else None)


def test_commas_that_cut_a_text(write_community: WriteCommunity) -> None:
    text = "---\nname: {en: One, two, and three, pt: Um}\nkind: chat\n---\n"
    found = repaired(write_community({**GOOD, "content/groups/x.md": text}))
    assert b'name: {en: "One, two, and three", pt: Um}' in found.contents["content/groups/x.md"]


def test_one_repair_brings_the_next_to_light(write_community: WriteCommunity) -> None:
    text = STORY.replace("{}", "welcome: one: two\nroles:\n- @x\nTopisc: [a, a]\nlanguage: german")
    found = repaired(write_community({**GOOD, "content/stories/x.md": text}))
    assert found.contents["content/stories/x.md"].decode() == STORY.replace(
        "{}", 'welcome: "one: two"\nroles:\n- "@x"\ntopics: [a]\nlanguage: de'
    )
    assert [problem.code for problem in found.problems] == [
        "yaml-colon", "yaml-unquoted", "unknown-key", "unknown-language", "repeated-item",
    ]  # fmt: skip


def test_line_ends_and_a_byte_order_mark_stay(write_community: WriteCommunity) -> None:
    before = "\ufeff---\r\ntitle: é\r\nmembers: [ana]\ndate: 4 May 2026\r\n\rTopic: [a]\r\n---\r\nText.\r\n".encode()
    after = "\ufeff---\r\ntitle: é\r\nmembers: [ana]\ndate: 2026-05-04\r\n\rtopics: [a]\r\n---\r\nText.\r\n".encode()
    assert repaired(write_community({**GOOD, "content/stories/x.md": before})).contents == {
        "content/stories/x.md": after
    }


def test_a_repair_that_harms_another_file_is_not_made(write_community: WriteCommunity) -> None:
    """`wass` was never read; as `was` it takes the name of a story that is there."""
    text = STORY.replace("{}", "wass: [a-talk]\nlanguage: german")
    found = repaired(write_community({**GOOD, "content/stories/x.md": text}))
    assert b"wass: [a-talk]\nlanguage: de" in found.contents["content/stories/x.md"]


def test_slips() -> None:
    words = ("welcome", "title", "topics", "docs-1", "lat", "lon")
    assert [slip(name, words) for name in ("wellcome", "titel", "WELCOME", "topic", "welcom e", "weLcame")] == [
        "welcome", "title", "welcome", "topics", "welcome", "welcome",
    ]  # fmt: skip
    assert [slip(name, words) for name in ("docs-2", "lot", "", "welc", "tilte s", "Lat ")] == [None] * 5 + ["lat"]


PLANTED = [planted for planted in FILES if planted.path not in ("mkdocs.yml", "content/store.sqlite")]


def lay(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, text in {"mkdocs.yml": CONFIG, **files}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    return folder / "mkdocs.yml"


def known(problems: tuple[Problem, ...]) -> Counter[tuple[str, str, str]]:
    return Counter((problem.position.path, problem.code, problem.severity) for problem in problems)


def assert_repaired_once_and_for_all(files: Mapping[str, str | bytes]) -> None:
    """Nothing new is wrong but what could not be read before, or is worth a warning; and a second run finds nothing."""
    with tempfile.TemporaryDirectory() as folder:
        config = lay(Path(folder), files)
        home, _ = read_settings(config)
        before = known(load_community(home, today=TODAY, cache=False).problems)
        found = repaired(config)
        for path, content in found.contents.items():
            assert (home.root / path).read_bytes() == found.before[path]
            (home.root / path).write_bytes(content)
        after = known(load_community(home, today=TODAY, cache=False).problems)
        unread = {path for path, code, _ in before if code.startswith(("yaml-", "front-matter-"))}
        for path, _, severity in after - before:
            assert path in found.contents
            assert severity == "warning" or path in unread
        assert repaired(config).contents == {}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PLANTED), min_size=2, max_size=12, unique_by=lambda planted: planted.path))
def test_any_faults_together_are_repaired_once_and_for_all(planted: list[Planted]) -> None:
    assert_repaired_once_and_for_all({**GOOD, **{each.path: each.content for each in planted}})


SIGNS = ["\t", "\x07", "'", '"', " # x", ": ", "- ", "{", "}", "[", "]", ", ", "\u202e", "🥐", "@a", "*b*", "---", "&a ", "*a", "|",
         "\n", "\n  ", "!x ", "\r", "\\", "date: 4 May 2026\n"]  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(REPAIRED), st.lists(st.tuples(st.sampled_from(SIGNS), st.integers(0, 200)), max_size=4))
@example((LIST, "- title: One\n  \u202ear\x07ts: 2027-02-07\n  slug: list-one", ""), [("*b*", 23)])
def test_whatever_is_typed_in_between(case: tuple[str, str, str], typed: list[tuple[str, int]]) -> None:
    form, text, _ = case
    text = form.replace("{}", text, 1)
    for sign, at in typed:
        text = text[:at] + sign + text[at:]
    assert_repaired_once_and_for_all({**GOOD, **MORE, WHERE[form]: text.encode()})
