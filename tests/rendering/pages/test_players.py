"""Recordings on story pages: players, captions, what is said as text, and whose voice is not played."""

from __future__ import annotations

import io
import struct
import wave

import pytest

from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from conftest import TODAY, WriteCommunity
from rendered_site import render_files

MEMBER = "---\nname: {name}\nconsent: {{since: 2026-01-01, for: [{containers}]}}\n---\nBio.\n"
STORY = "---\ntitle: Heard\nmembers: [{members}]\ndate: 2026-06-01\nmedia: {{{media}}}\n---\nBody.\n"
TALK = """\
WEBVTT - a talk

STYLE
::cue { color: yellow }

NOTE between captions

one
00:01.000 --> 00:02.500 align:start
<v.loud Ana &amp; Co>I looked <i>around</i>
the room. 1 &lt; 2

00:02.600 --> 00:04.000
<v Ana &amp; Co>Nobody left.

1:01:03.000 --> 1:01:04.000
<v Ben></v><c.x><script>alert(1)</script> \u202eevil <b onclick=x()>click</b>
""".replace("1:01:0", "01:01:0")


def sound(seconds: int) -> bytes:
    """A WAV file of silence."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(1)
        made.setframerate(100)
        made.writeframes(b"\x80" * (100 * seconds))
    return stream.getvalue()


def box(kind: bytes, *held: bytes) -> bytes:
    """A box of an MP4 file."""
    content = b"".join(held)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def film(*, seconds: int = 83, width: int = 640, height: int = 360, upright: bool = False) -> bytes:
    """The head of an MP4 file. `upright`: held upright, so that its picture is turned when it is shown."""
    matrix = struct.pack(
        ">9i", *((0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30) if upright else (65536, *[0] * 7, 1 << 30))
    )
    header = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 1000 * seconds), bytes(80))
    track = box(b"tkhd", bytes(40), matrix, struct.pack(">II", width << 16, height << 16))
    return box(b"ftyp", b"isom", bytes(4)) + box(b"moov", header, box(b"trak", track)) + box(b"mdat", bytes(50))


def files(media: str, *, members: str = "ana", **named: bytes | str) -> dict[str, bytes | str]:
    """A community with one story beside its recordings; `talk_mp4` is the file `talk.mp4`."""
    made: dict[str, bytes | str] = {
        "content/members/ana.md": MEMBER.format(name="Ana", containers="page, embed"),
        "content/members/silent.md": MEMBER.format(name="Silent", containers="mail"),
        "content/stories/heard.md": STORY.format(members=members, media=media),
    }
    return made | {f"content/stories/{'.'.join(name.rsplit('_', 1))}": content for name, content in named.items()}


def test_a_film_has_its_size_its_captions_and_what_is_said_below(write_community: WriteCommunity) -> None:
    media = "audio: talk.wav, video: talk.mp4, poster: still.png, transcript: {pt: talk_pt.vtt, en: talk.vtt}"
    made = files(media, talk_wav=sound(3), talk_mp4=film(), still_png=b"png", talk_vtt=TALK, talk_pt_vtt=TALK)
    made["content/stories/talk_pt.vtt"] = made.pop("content/stories/talk_pt.vtt")
    pages, written = render_files(write_community(made))
    content = pages["stories/heard/"].content
    assert '<video controls preload="metadata" width="640" height="360" poster="../../stories/still.png"' in content
    assert '<source src="../../stories/talk.mp4" type="video/mp4">' in content
    english = '<track kind="captions" srclang="en" label="English" src="../../stories/talk.vtt" default>'
    assert english in content  # the language of the story is the first, wherever it is named
    assert '<track kind="captions" srclang="pt" label="Português" src="../../stories/talk_pt.vtt">' in content
    assert '<audio controls preload="none" aria-label="Listen"><source src="../../stories/talk.wav"' in content
    assert '<summary>Read the transcript · <span lang="pt" dir="ltr">Português</span></summary>' in content
    first = '<p><a href="../../stories/talk.mp4#t=1"><bdi dir="ltr">0:01</bdi></a> <b><bdi>Ana &amp; Co</bdi></b> '
    assert first + "I looked around the room. 1 &lt; 2 Nobody left.</p>" in content
    assert '#t=3663"><bdi dir="ltr">1:01:03</bdi></a> <b><bdi>Ben</bdi></b> alert(1) \u202eevil click</p>' in content
    assert "<script>alert" not in content
    assert "onclick" not in content
    assert "::cue" not in content
    assert "assets/transcript.js" in written
    podcast = '<link rel="alternate" type="application/rss+xml" title="Test community: stories to listen to" href="../'
    assert f'{podcast}../feeds/podcast.rss">' in pages["stories/heard/"].head
    assert f'{podcast}feeds/podcast.rss">' in pages["stories/"].head
    assert "<itunes:duration>3</itunes:duration>" in written["feeds/podcast.rss"]
    upright = files("video: talk.mp4", talk_mp4=film(upright=True))
    assert ' width="360" height="640"' in render_files(write_community(upright))[0]["stories/heard/"].content


def test_recordings_elsewhere_are_links_and_nothing_is_loaded_from_there(write_community: WriteCommunity) -> None:
    media = 'audio: talk.wma, video: "https://video.example.com/1", transcript: talk.vtt'
    made = files(media, talk_wma=b"wma", talk_vtt="WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n")
    content = render_files(write_community(made))[0]["stories/heard/"].content
    assert (
        '<a class="as-button" href="https://video.example.com/1" rel="noopener">Watch at video.example.com</a>'
        in content
    )
    assert '<a class="as-button" href="../../stories/talk.wma" rel="noopener">Listen</a>' in content  # browsers save it
    assert "<video" not in content
    assert "<audio" not in content
    assert '<p><span><bdi dir="ltr">0:01</bdi></span> Hello.</p>' in content  # nothing here to go to
    assert "transcript.js" not in content
    text = render_files(
        write_community(files("audio: talk.wav, transcript: t.txt", talk_wav=sound(1), t_txt="Hello."))
    )[0]
    assert '<a href="../../stories/t.txt" hreflang="en">Read the transcript</a>' in text["stories/heard/"].content


def test_a_voice_is_not_played_where_one_of_them_did_not_agree(write_community: WriteCommunity) -> None:
    made = files("audio: talk.wav, transcript: talk.vtt", members="ana, silent", talk_wav=sound(1), talk_vtt=TALK)
    config = write_community(made)
    page = render_files(config)[0]["stories/heard/"]
    assert "Body." in page.content
    for word in ("talk.wav", "talk.vtt", "Listen", "I looked"):
        assert word not in page.content
    community = load_community(read_settings(config)[0], today=TODAY, cache=False).community
    assert not [path for path in community.documents if path.startswith("stories/talk")]  # nor is the file published


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\nAn SRT file.\n", 1, "WebVTT begins with a line that says WEBVTT."),
        ("WEBVTT\n00:01.000 --> 00:02.000\nHello.\n", 2, "The first caption has no empty line above it."),
        ("WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nHello.\n", 3, "These times cannot be read."),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\nHello.\n", 3, "These times cannot be read."),
        ("WEBVTT\n\nOnly words.\n", 3, "There is no line with times here."),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nHello.\n", 3, "This caption ends before it begins."),
        (
            "WEBVTT\n\n00:05.000 --> 00:06.000\nTwo.\n\nid\n00:01.000 --> 00:02.000\nOne.\n",
            7,
            "This caption begins before the one above it.",
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\nOne.\n00:03.000 --> 00:04.000\nTwo.\n",
            5,
            "There is no empty line above these times.",
        ),
        (f"WEBVTT\n\n00:01.000 --> 00:02.000\n{'<v ' * 40_000}\n", 3, "This caption has more than 2000 characters."),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nA\0b.\n", 4, "The control character U+0000 stands here."),
        ("", 1, "WebVTT begins with a line that says WEBVTT."),
    ],
)
def test_captions_with_a_fault_are_told_by_line_and_not_used(
    write_community: WriteCommunity, text: str, line: int, message: str
) -> None:
    config = write_community(files("audio: talk.wav, transcript: talk.vtt", talk_wav=sound(1), talk_vtt=text))
    loaded = load_community(read_settings(config)[0], today=TODAY)
    [problem] = loaded.problems
    at = (problem.position.path, problem.position.line, problem.message)
    assert at == ("content/stories/talk.vtt", line, message)
    assert not loaded.community.transcripts
    again = load_community(read_settings(config)[0], today=TODAY)  # from what is kept
    assert (again.problems, again.community) == (loaded.problems, loaded.community)
    assert "<details" not in render_files(config)[0]["stories/heard/"].content


def test_what_recordings_tell_of_themselves(write_community: WriteCommunity) -> None:
    made = files("audio: talk.mp3, video: talk.mov", talk_mp3=b"no sound", talk_mov=film())
    config = write_community(made)
    settings = read_settings(config)[0]
    told = [(problem.code, problem.position.column) for problem in load_community(settings, today=TODAY).problems]
    assert told == [("broken-recording", 16), ("no-transcript", 16), ("unknown-recording", 33)]
    talk = config.parent / "content/stories/talk.mp4"
    story = config.parent / "content/stories/heard.md"
    story.write_text(STORY.format(members="ana", media="video: talk.mp4, transcript: talk.vtt"))
    story.with_name("talk.vtt").write_text(TALK)
    for name in ("talk.mp3", "talk.mov"):
        story.with_name(name).unlink()
    hostile = [
        b"",
        b"\0" * 64,
        film()[:60],
        box(b"ftyp") + box(b"moov") + b"\0\0\0\1moov" + b"\xff" * 8,
        box(b"ftyp") + b"\0\0\0\x08free" * 5000,
        box(b"ftyp") + box(b"moov", box(b"mvhd", b"\1"), box(b"trak", box(b"tkhd"))),
    ]
    for content in hostile:
        talk.write_bytes(content)
        loaded = load_community(settings, today=TODAY)
        assert loaded.community.recordings["stories/talk.mp4"].seconds == 0
        assert {problem.code for problem in loaded.problems} <= {"broken-recording"}
    talk.write_bytes(film(seconds=5))
    assert load_community(settings, today=TODAY).community.recordings["stories/talk.mp4"].seconds == 5
