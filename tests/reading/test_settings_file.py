"""`mkdocs.yml` as MkDocs writes it, with what Alongside needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from alongside.problems import UsageError
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.settings import ImageSettings
from conftest import TODAY


def write(folder: Path, text: str, name: str = "mkdocs.yml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_everything(tmp_path: Path) -> None:
    settings, problems = read_settings(
        write(
            tmp_path,
            "site_name: Ours\nsite_url: https://x.example/sub\ndocs_dir: content\nmarkdown_extensions:\n"
            "  - pymdownx.emoji:\n      emoji_index: !!python/name:material.extensions.emoji.twemoji\n"
            "plugins:\n  - search\n  - alongside:\n      language: pt_BR\n      timezone: Europe/Kiev\n      journeys: trips\n"
            "      teams: {growth: Growth team}\n      organisation: {name: We, postal: Street 1, conduct: conduct.md}\n"
            "      markdown: site\n",
        )
    )
    assert [(problem.code, problem.position.line, problem.hint) for problem in problems] == [
        ("unknown-language", 10, "Write pt-BR")
    ]
    assert settings.root == tmp_path
    assert settings.docs_dir == tmp_path / "content"
    assert settings.site_dir == tmp_path / "site"
    assert settings.journeys_dir == tmp_path / "trips"
    assert (settings.site_name, settings.site_url) == ("Ours", "https://x.example/sub/")
    assert (settings.language, settings.timezone, settings.markdown) == ("en", "Europe/Kyiv", "site")
    assert settings.teams == {"growth": "Growth team"}
    assert settings.organisation.conduct == "conduct.md"


@pytest.mark.parametrize(
    "plugins",
    ["plugins: [alongside]", "plugins: {alongside: {}}", "plugins:\n  - alongside:\n", "plugins: {alongside: }"],
)
def test_no_options_are_the_defaults(tmp_path: Path, plugins: str) -> None:
    settings, problems = read_settings(write(tmp_path, f"site_name: x\n{plugins}\n"))
    assert problems == []
    assert (settings.language, settings.timezone, settings.docs_dir.name) == ("en", "UTC", "docs")


def test_inherited_settings_lie_below(tmp_path: Path) -> None:
    write(
        tmp_path,
        "site_name: Base\ndocs_dir: content\nplugins: {alongside: {language: de, teams: {a: A}}}\n",
        "base/common.yml",
    )
    settings, problems = read_settings(
        write(tmp_path, "INHERIT: base/common.yml\nsite_name: Ours\nplugins: {alongside: {teams: {b: B}}}\n")
    )
    assert problems == []
    assert (settings.site_name, settings.language, settings.docs_dir) == ("Ours", "de", tmp_path / "content")
    assert settings.teams == {"a": "A", "b": "B"}


def test_a_site_without_the_plugin_is_told(tmp_path: Path) -> None:
    for text, line in (
        ("site_name: x\nplugins: [search]\n", 2),
        ("site_name: x\n", 1),
        ("site_name: x\nplugins: {search: {}}\n", 2),
    ):
        _, problems = read_settings(write(tmp_path, text))
        assert [(problem.code, problem.severity, problem.position.line) for problem in problems] == [
            ("plugin-missing", "warning", line)
        ]


def test_inheriting_in_a_circle_ends(tmp_path: Path) -> None:
    _, problems = read_settings(write(tmp_path, "INHERIT: mkdocs.yml\nsite_name: x\nplugins: [alongside]\n"))
    assert [problem.code for problem in problems] == ["inherit"]


def test_environment_and_anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_SITE", "https://env.example/")
    settings, _ = read_settings(
        write(
            tmp_path,
            "x: &x {language: fr}\nsite_name: !ENV [NOT_THERE, Fallback]\nsite_url: !ENV TEST_SITE\nplugins:\n  - alongside:\n      <<: *x\n",
        )
    )
    assert (settings.site_name, settings.site_url, settings.language) == ("Fallback", "https://env.example/", "fr")


@pytest.mark.parametrize("text", ["- a list\n", "just text\n", "", "a: [\n", "\ta: b\n", "a: b: c\n"])
def test_no_configuration_is_a_wrong_call(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(write(tmp_path, text))
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_no_file_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no"):
        read_settings(tmp_path / "mkdocs.yml")


def test_wrong_values_are_told_at_their_line(tmp_path: Path) -> None:
    _, problems = read_settings(
        write(
            tmp_path,
            "site_url: example.org\nplugins:\n  - alongside:\n      timezone: Berlin\n      markdown: fancy\n"
            "      organisation: {privacy: javascript:x}\n      teams: [growth]\n",
        )
    )
    assert sorted((problem.position.line, problem.code) for problem in problems) == [
        (1, "bad-url"), (1, "missing-key"), (4, "unknown-zone"), (5, "unknown-value"), (6, "bad-url"), (7, "wrong-type"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("docs_dir", "told"), [("./", "is the folder of"), (".", "is the folder of"), ("../", "holds the folder of")]
)
def test_a_content_folder_that_would_publish_everything(docs_dir: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "community" / "mkdocs.yml"
    file.parent.mkdir()
    file.write_text(f"site_name: Ours\nplugins: [alongside]\ndocs_dir: {docs_dir}\n", encoding="utf-8")
    settings, problems = read_settings(file)
    assert [(problem.code, problem.position.line, problem.position.column) for problem in problems] == [
        ("docs-dir", 3, 11)
    ]
    assert told in problems[0].message
    assert load_community(settings, today=TODAY, cache=False).community.stories == {}


def test_hosts_whose_pictures_embeds_show(tmp_path: Path) -> None:
    settings, problems = read_settings(
        write(
            tmp_path,
            "site_name: x\nsite_url: https://x.example/sub/\nplugins:\n  - alongside:\n      embeds:\n        images:\n"
            "          - Pictures.example.org\n          - bücher.example\n          - https://y.example/z\n"
            "          - '*.example.org'\n          - example.org:443\n          - 192.0.2.1\n          - straße.example\n",
        )
    )
    assert settings.embeds.images == {"pictures.example.org", "xn--bcher-kva.example"}
    assert settings.embed_pictures == {"pictures.example.org", "xn--bcher-kva.example", "x.example"}
    assert [(problem.code, problem.position.line) for problem in problems] == [
        ("bad-domain", line) for line in range(9, 14)
    ]
    assert problems[0].hint == "Write y.example"
    assert problems[1].hint == "Write a whole host, without stars and ports: pictures.example.org"


def test_one_host_is_a_list_of_one_and_none_is_the_default(tmp_path: Path) -> None:
    one, _ = read_settings(write(tmp_path, "site_name: x\nplugins: [alongside: {embeds: {images: a.example}}]\n"))
    none, problems = read_settings(write(tmp_path, "site_name: x\nplugins: [alongside: {embeds: {}}]\n"))
    assert one.embeds.images == one.embed_pictures == {"a.example"}
    assert none.embeds.images == none.embed_pictures == frozenset()
    assert problems == []


def test_what_no_page_could_show_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML takes half a pair of UTF-16 for a character, and Python bytes that are no UTF-8 for another."""
    monkeypatch.setenv("COMMUNITY_NAME", "caf\udce9")
    half = "is half a character, which no page can show. Type the character itself, or write \\U and all eight digits"
    for text, at in (
        ('site_name: "\\ud83d\\ude00"\n', f"mkdocs.yml:1:12: U+D83D {half}"),
        ('site_name: x\ntheme:\n  "\\udc80": y\n', f"mkdocs.yml:3:3: U+DC80 {half}"),
        ('site_name: x\nextra:\n  - {a: !ENV [NOWHERE, "\\udc80"]}\n', f"mkdocs.yml:3:24: U+DC80 {half}"),
        ("site_name: !ENV COMMUNITY_NAME\n", "mkdocs.yml:1:12: The environment's COMMUNITY_NAME is no UTF-8. Set it"),
        ("site_name: !ENV [COMMUNITY_NAME, x]\n", "mkdocs.yml:1:18: The environment's COMMUNITY_NAME is no UTF-8."),
    ):
        with pytest.raises(UsageError) as raised:
            read_settings(write(tmp_path, text))
        assert at in str(raised.value)


def test_pictures_are_on_or_off_or_in_colours_of_ones_own(tmp_path: Path) -> None:
    def found(text: str) -> tuple[ImageSettings | None, list[tuple[str, int]]]:
        config = f"site_name: x\nplugins:\n  - alongside:\n      images: {text}\n"
        settings, problems = read_settings(write(tmp_path, config))
        return settings.images, [(problem.code, problem.position.line) for problem in problems]

    assert found("true") == (ImageSettings(), [])
    assert found("false") == found("") == (None, [])
    assert found('{paper: "#FFFFFF", ink: "#000000"}') == (ImageSettings(paper="#ffffff", ink="#000000"), [])
    for wrong in ("white", '"#fff"', '"#12345"', '"#1234567"', "[1]", "'#ffffff\\n'", '"#ffffff\\n"'):
        assert found(f"{{paper: {wrong}}}") == (ImageSettings(), [("bad-colour", 4)]), wrong
    assert found("{papr: '#ffffff'}")[1] == [("unknown-key", 4)]
    assert found("perhaps")[0] is None
