"""The handbook is true: what it shows is run, and what there is stands in it.

How a page of `content/handbook/` is read here:

- a `sh` block is run by bash, in order, in a scratch folder of the page; every command has to end with 0, or with what
  its comment says (`# exit 1`). A `text` block right after it is the output, with `...` for what may differ;
- a block whose lead ends with a file's name in backticks and a colon is written to that file first; after "In" and
  `mkdocs.yml` it is merged into what is there;
- other `yaml` blocks are pieces of a record: their keys are looked up;
- `<!-- not run: why -->` before a block, and `<!-- starts in: ... -->` on a page, say so;
- commands in CI files, crontabs and running text are not run; they and their options have to exist.

The clock of all commands is the handbook's, so that the pages stay true when their dates have passed.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import click
import markdown
import pytest
import yaml

import alongside.reading
from alongside.cli.main import main
from alongside.matching.weights import WEIGHTS
from alongside.reading.fields import Table
from alongside.reading.mail_checks import NAMES as MAIL_NAMES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "content" / "handbook"
PAGES = sorted(FOLDER.glob("*.md"))
NAMES = [page.name for page in PAGES]
NOW = "2026-12-01T09:00Z"
ALONGSIDE = Path(sys.executable).parent / "alongside"

FENCE = re.compile(r"```(\w*)")
NAMED_FILE = re.compile(r"(\bIn )?`([\w./-]+)`:$")
NOT_RUN = re.compile(r"<!-- not run: .+ -->")
STARTS_IN = re.compile(r"<!-- starts in: (.+) -->")
EXPECTED_EXIT = re.compile(r"(.+?)\s+# exit (\d+)")
EXAMPLE, NEW = "the example community", "a new community"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of a page."""

    line: int  # of its first line
    language: str
    text: str
    lead: str  # the last line before it that is not empty
    after_commands: bool  # it follows a block of commands with nothing between

    @property
    def runs(self) -> bool:
        """False where the page says why not."""
        return self.language == "sh" and not NOT_RUN.fullmatch(self.lead)

    @property
    def file(self) -> tuple[str, bool]:
        """(the path it is written to, or empty; whether it is merged into that file)."""
        found = NAMED_FILE.search(self.lead) if self.language in ("yaml", "markdown", "csv", "html", "json") else None
        return (found[2], bool(found[1])) if found else ("", False)


def blocks_of(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lead, after_commands = "", False
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        fence = FENCE.fullmatch(line)
        if fence:
            body: list[str] = []
            for _, inner in lines:
                if inner == "```":
                    break
                body.append(inner)
            block = Block(
                line=number + 1,
                language=fence[1],
                text="\n".join(body) + "\n",
                lead=lead,
                after_commands=after_commands,
            )
            yield block
            after_commands = block.runs
            lead = ""
        elif line.strip():
            lead, after_commands = line.strip(), False


# --- running a page ---


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a reader's shell has, with the handbook's clock."""
    commands = tmp_path / "bin"
    commands.mkdir()
    timed = "|".join(f"'{' '.join(path)}'" for path, command in every_command() if "--now" in options_of(command))
    wrapper = f"""\
        #!/bin/bash
        # Adds the clock where a reader names none.
        case " $* " in *" --now "*|*" --help "*) exec {ALONGSIDE} "$@" ;; esac
        case "$1" in {timed}) exec {ALONGSIDE} "$@" --now {NOW} ;; esac
        case "$1 $2" in {timed}) exec {ALONGSIDE} "$@" --now {NOW} ;; esac
        exec {ALONGSIDE} "$@"
        """
    script = commands / "alongside"
    script.write_text(dedent(wrapper))
    script.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ALONGSIDE_")}
    path = os.pathsep.join((str(commands), str(ALONGSIDE.parent), os.environ["PATH"]))
    return {**kept, "PATH": path, "HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "120"}


@pytest.mark.parametrize("name", NAMES)
def test_page_runs(name: str, tmp_path: Path, environment: dict[str, str]) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    start = STARTS_IN.search(text)
    folder = starting_folder(start[1] if start else "", tmp_path / "scratch", environment)
    output = ""
    for block in blocks_of(text):
        where = f"{name}:{block.line}"
        path, merged = block.file
        if path:
            write(folder / path, block.text, merged=merged)
            if block.language == "json":
                schemas = json.loads(block.text)["yaml.schemas"]
                assert [schema for schema in schemas if not (folder / schema).is_file()] == [], where
        elif block.runs and block.text.startswith("alongside serve"):
            serve(folder, environment, block.text, where)
        elif block.runs:
            folder, output = run(block.text, folder, environment, where)
        elif block.language == "text" and block.after_commands:
            assert re.fullmatch(pattern_of(block.text), output), f"{where}: the output is\n{indent(output, '  ')}"
        elif block.language == "yaml" and "$schema=" in block.text:
            _, _, schema = block.text.strip().rpartition("../")
            assert (folder / schema).is_file(), where
        elif block.language == "html":
            for address in re.findall(r'src="https://[^/]+/([^"]+)"', block.text):
                assert (folder / "site" / address / "index.html").is_file(), f"{where}: no page {address}"


def starting_folder(kind: str, scratch: Path, environment: Mapping[str, str]) -> Path:
    """Where the first command of a page runs."""
    if kind == EXAMPLE:
        for part in ("content", "journeys"):
            shutil.copytree(ROOT / part, scratch / part)
        shutil.copy(ROOT / "mkdocs.yml", scratch)
    elif kind == NEW:
        subprocess.run(["alongside", "new", scratch], env=environment, check=True, stdout=subprocess.DEVNULL)
    else:
        assert not kind
        scratch.mkdir()
    return scratch


def run(script: str, folder: Path, environment: Mapping[str, str], where: str) -> tuple[Path, str]:
    """Run a block; (the folder it ends in, what it printed)."""
    lines = []
    for line in script.splitlines():
        expected = EXPECTED_EXIT.fullmatch(line)
        lines.append(f"set +e; {expected[1]}; code=$?; set -e; [ $code = {expected[2]} ]" if expected else line)
    ended = folder / ".ended-in"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", f"trap 'pwd > {shlex.quote(str(ended))}' EXIT\n" + "\n".join(lines)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{where}: ended with {done.returncode}\n{indent(done.stdout, '  ')}"
    assert "Traceback" not in done.stdout
    arrived = Path(ended.read_text().strip())
    ended.unlink()
    return arrived, done.stdout


def pattern_of(expected: str) -> str:
    """Shown output as a pattern: a line of `...` is any lines, `...` in a line anything, spaces are spaces."""
    parts = []
    for line in expected.splitlines():
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*")
        else:
            pieces = (re.sub(r"(\\ )+", r"\\s+", re.escape(piece.strip())) for piece in line.split("..."))
            parts.append(r"[ \t]*" + r".*".join(pieces) + r"[ \t]*\n")
    return "".join(parts) + r"\s*"


def write(path: Path, text: str, *, merged: bool) -> None:
    """Write what the page shows; a piece of a YAML file goes into the file."""
    if merged and path.is_file():
        text = yaml.safe_dump(merge(yaml.safe_load(path.read_text(encoding="utf-8")), yaml.safe_load(text)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def merge(old: Any, new: Any) -> Any:
    """A mapping key by key; a list of plugins plugin by plugin."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: merge(old.get(key), new.get(key, old.get(key))) for key in {**old, **new}}
    if isinstance(old, list) and isinstance(new, list):
        named = {next(iter(item)): item for item in new if isinstance(item, dict)}
        return [merge(item, named.get(next(iter(item)), item)) if isinstance(item, dict) else item for item in old]
    return old if new is None else new


def serve(folder: Path, environment: Mapping[str, str], script: str, where: str) -> None:
    """Start the preview, look at its first page, stop it as a reader does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*shlex.split(script.strip(), comments=True), "--dev-addr", f"127.0.0.1:{port}"]
    log = folder / ".serve"
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            address = None
            for _ in range(600):
                address = re.search(r"http://127\.0\.0\.1:\d+\S*", log.read_text())
                if address or process.poll() is not None:
                    break
                time.sleep(0.1)
            assert address, f"{where}: {log.read_text()}"
            with urllib.request.urlopen(address[0], timeout=30) as answer:
                assert b"</html>" in answer.read()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
    log.unlink()


# --- commands ---


@cache
def every_command() -> tuple[tuple[tuple[str, ...], click.Command], ...]:
    """Every command by its words: ("check",), ("contacts", "import")."""
    found: list[tuple[tuple[str, ...], click.Command]] = []

    def walk(group: click.Group, path: tuple[str, ...]) -> None:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            if isinstance(command, click.Group):
                walk(command, (*path, name))
            else:
                found.append(((*path, name), command))

    walk(main, ())
    return tuple(found)


def options_of(command: click.Command) -> set[str]:
    """All spellings of all options."""
    context = click.Context(command, help_option_names=["-h", "--help"])
    parameters = command.get_params(context)
    return {spelling for parameter in parameters for spelling in (*parameter.opts, *parameter.secondary_opts)}


def calls_in(name: str) -> Iterator[tuple[str, list[str]]]:
    """(where, words) of every call of `alongside` that a page shows: in blocks, CI files and running text."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    for block in blocks_of(text):
        for line in block.text.splitlines():
            found = re.search(r"(?:^|[\s/])alongside( (?!@)[^|&]+)$", line) if block.language != "markdown" else None
            if found and "is a community" not in line and (" " + line).count("alongside ") == 1:
                yield f"{name}:{block.line}", shlex.split(found[1], comments=True)
    for found in re.finditer(r"`alongside( [^`]+)`", text):
        yield f"{name}: {found[0]}", shlex.split(found[1])


@pytest.mark.parametrize("name", NAMES)
def test_commands_and_options_exist(name: str) -> None:
    commands = dict(every_command())
    groups = {path[0] for path in commands if len(path) > 1}
    for where, words in calls_in(name):
        if words[0] == "COMMAND" or words[0].startswith("-"):
            known = options_of(main)
        elif words[0] in groups and len(words) == 1:
            continue
        else:
            path = tuple(words[: 2 if words[0] in groups else 1])
            assert path in commands, f"{where}: there is no command {' '.join(path)}"
            known = options_of(commands[path])
        for word in words:
            if word.startswith("-"):
                assert word.split("=")[0] in known, f"{where}: no option {word}"


def test_every_command_is_in_the_handbook() -> None:
    shown = {tuple(words[:length]) for name in NAMES for _, words in calls_in(name) for length in (1, 2)}
    assert {path for path, _ in every_command()} <= shown


def test_ci_files_run_commands_that_exist() -> None:
    shown = 0
    for block in blocks_of((FOLDER / "operators.md").read_text(encoding="utf-8")):
        if block.file[0] in (".github/workflows/site.yml", ".gitlab-ci.yml"):
            commands = [line for line in scripts_of(yaml.safe_load(block.text)) if line.startswith("alongside ")]
            assert any(line.startswith("alongside build") for line in commands)
            assert any(line.startswith("alongside check") for line in commands)
            shown += 1
    assert shown == 2


def scripts_of(value: Any) -> Iterator[str]:
    """What a CI file runs: the values of `run` and the lists under `script`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "run":
                yield from inner.splitlines()
            elif key == "script":
                yield from inner
            else:
                yield from scripts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from scripts_of(inner)


# --- fields ---


def tables() -> Mapping[str, Table]:
    """Every table of the contract by its name in the code."""
    found: dict[str, Table] = {}
    for module in pkgutil.iter_modules(alongside.reading.__path__, "alongside.reading."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Table):
                found[name] = value
    return found


def keys_of(schema: Any) -> set[str]:
    """The keys of a mapping and of all mappings in it."""
    if isinstance(schema, list):
        return set().union(*map(keys_of, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", ()))
    return own.union(
        *(keys_of(inner) for key, inner in schema.items() if key != "properties"),
        *map(keys_of, schema.get("properties", {}).values()),
    )


# Where each kind is told of; what stands inside another kind has the other's section.
SECTIONS = {
    "member": "A member",
    "challenge": "A challenge",
    "story": "A story",
    "group": "A group",
    "meetup": "A meetup",
    "journey": "A journey",
    "moment": "A journey",
    "mail": "A mail",
    "newcomer": "A newcomer's profile",
    "setting": "The settings",
}


def sections_of(name: str) -> dict[str, str]:
    """A page's text by its headings of the second level."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_field_is_in_the_reference() -> None:
    sections = sections_of("contract.md")
    told_of = set()
    for table in tables().values():
        if table.kind in SECTIONS:
            told = sections[SECTIONS[table.kind]] + sections["Rules for all files"]  # a place's keys stand there
            words = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]+)`", told))))
            assert not keys_of(table.schema) - words, table.kind
            told_of.add(table.kind)
    assert told_of == set(SECTIONS)


def test_the_reference_names_no_field_that_is_not_there() -> None:
    kinds: dict[str, set[str]] = {}
    for table in tables().values():
        if table.kind in SECTIONS:
            kinds.setdefault(SECTIONS[table.kind], set()).update(table.by_name)
    for section, text in sections_of("contract.md").items():
        for cell in re.findall(r"^\| ([^|]*`[^|]*) \|", text, flags=re.MULTILINE):
            assert set(re.findall(r"`([^`]+)`", cell)) <= kinds[section], section


@pytest.mark.parametrize("name", NAMES)
def test_pieces_of_records_use_keys_that_exist(name: str) -> None:
    known = {key for table in tables().values() for key in table.by_name}
    for block in blocks_of((FOLDER / name).read_text(encoding="utf-8")):
        if block.language == "yaml":
            piece = yaml.safe_load(block.text)
            if not block.file[0] and isinstance(piece, dict):
                assert set(piece) <= known, f"{name}:{block.line}"


# --- warnings and names ---


def warnings_filed() -> set[str]:
    """The codes of all warnings about content and journeys, as the code of reading files them."""
    found: set[str] = set()
    folder = Path(alongside.reading.__file__).parent
    for path in sorted(folder.glob("*.py")):
        if path.stem in ("newcomers", "contacts", "tables"):  # their files are told of when a command reads them
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            named = {keyword.arg: keyword.value for keyword in call.keywords}
            severity = named.get("severity") or (call.args[-1] if call.args else None)
            if isinstance(severity, ast.Constant) and severity.value == "warning":
                values = [named["code"]] if "code" in named else call.args
                texts = [node.value for value in values for node in ast.walk(value) if isinstance(node, ast.Constant)]
                found.update(
                    text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z]+(-[a-z]+)+", text)
                )
    return found


def test_every_warning_is_explained() -> None:
    table = sections_of("writers.md")["What the warnings mean"]
    told = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", table))
    assert warnings_filed() <= told
    code = "".join(path.read_text() for path in Path(alongside.reading.__file__).parent.glob("*.py"))
    assert {name for name in told if f'"{name}"' not in code} == set()


def test_the_names_of_mails_are_those_there_are() -> None:
    table = sections_of("moments.md")["Mails"].split("### What you can put in")[1].split("\n### ")[0]
    told = set(re.findall(r"^\| (.+?) \|", table, flags=re.MULTILINE)) - {"word", "---"}
    shown = {name for cell in told for name in re.findall(r"`([\w.]+)`", cell)}
    for name in shown:
        record, _, attribute = name.partition(".")
        kind = MAIL_NAMES[record]
        assert not attribute or (isinstance(kind, Mapping) and attribute in kind), name
    assert {name.partition(".")[0] for name in shown} == set(MAIL_NAMES)


def test_the_points_of_matching_are_those_that_count() -> None:
    table = sections_of("matching.md")["What counts"]
    w = WEIGHTS

    def span(points: int) -> str:
        return f"{points} to {points + points * w.rarity_percent // 100}"

    (city_km, city), *others = w.bands
    for words in (
        f"| up to {w.text:,};",
        f"| **a challenge** | {span(w.challenge)} each |",
        f"| **a role** | {span(w.role)} |",
        f"| **a topic** | {span(w.topic)} |",
        f"| {w.language} | {w.language} | {w.language} |",
        f"(within {city_km} km) | {w.city} | – | {city} |",
        f"(within {', '.join(str(km) for km, _ in others)} km) | – | – | {', '.join(str(p) for _, p in others)} |",
        f"| **the same country** | {w.country} | – | {w.same_country} |",
        f"| {w.online}; {w.online + w.same_zone} if their clocks agree |",
        f"only {w.no_language_percent} in 100 points",
        f"keeps {w.elsewhere_percent} of 100 points",
    ):
        assert words in " ".join(table.split()), words


# --- links ---


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    html = rendered(FOLDER / name)
    for href in re.findall(r'<a href="([^"]+)"', html):
        if "://" in href:
            continue
        path, _, anchor = href.partition("#")
        target = (FOLDER / path).resolve() if path else FOLDER / name
        assert target.is_file(), href
        if anchor:
            assert f'id="{anchor}"' in rendered(target), href


@cache
def rendered(page: Path) -> str:
    """A page as MkDocs' Markdown makes it, without its front matter."""
    text = page.read_text(encoding="utf-8").partition("\n---\n")[2]
    return markdown.markdown(text, extensions=["toc", "tables", "fenced_code", "admonition"])


def test_every_page_is_in_the_navigation() -> None:
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"handbook/{name}" not in config] == []
