"""The handbook is true: what it shows is run, and what there is stands in it.

How a page of `content/handbook/` is read here:

- a `sh` block is run by bash, in order, in a scratch folder of the page; every command has to end with 0, or with what
  its comment says (`# exit 1`). A `text` block right after it is the output, with `...` for what may differ. The first
  time any page calls a command of ours, the installed script is run; after that, a fork that is there at once;
- a block whose lead ends with a file's name in backticks and a colon is written to that file first; after "In" and
  `mkdocs.yml` it is merged into what is there;
- other `yaml` blocks are pieces of a record: their keys are looked up;
- `<!-- not run: why -->` before a block, and `<!-- starts in: ... -->` on a page, say so;
- `<!-- servers: ... -->` on a page starts real ones, which then stand for those in its addresses. What a reader does in a
  mail program between two blocks, `<!-- you have ... -->` says, and is done for them;
- lines of a crontab are run as cron would; units of systemd, DNS zones, Postfix's files, CI and container files are read
  by what reads them, or by a parser; their commands have to exist, as those in running text.

The clock of all commands is the handbook's, so that the pages stay true when their dates have passed; mail goes to
servers by the real clock alone, which a page asks for by `<!-- clock: the real one -->`.
"""

from __future__ import annotations

import ast
import configparser
import importlib
import json
import os
import pkgutil
import re
import shlex
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import click
import markdown
import pytest
import yaml

import alongside.planning
import alongside.reading
from alongside.cli.main import main
from alongside.matching.weights import WEIGHTS
from alongside.reading.fields import Table
from alongside.reading.mail_checks import NAMES as MAIL_NAMES
from commands import in_shells
from handbook.servers import HOME, MAIL_HOST, SERVING, NoServers
from made_once import made_once
from mail_servers.certificates import Authority, Certificate
from mail_servers.servers import own_folder

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "content" / "handbook"
PAGES = sorted(FOLDER.glob("*.md"))
NAMES = [page.name for page in PAGES]
NOW = "2026-12-01T09:00Z"
ALONGSIDE = Path(sys.executable).parent / "alongside"

FENCE = re.compile(r"```(\w*)")
NAMED_FILE = re.compile(r"(\bIn )?`([\w./-]+)`(?:, with .+)?:$")
WRITTEN = ("yaml", "markdown", "csv", "html", "json", "ini", "eml", "ics", "dockerfile")
NOT_RUN = re.compile(r"<!-- not run: .+ -->")
STARTS_IN = re.compile(r"<!-- starts in: (.+) -->")
REAL_CLOCK = "<!-- clock: the real one -->"
SERVERS = re.compile(r"<!-- servers: (.+) -->")
DEEDS = re.compile(r"<!-- you have (.+) -->")
EXPECTED_EXIT = re.compile(r"(.+?)\s+# exit (\d+)")
DOOR = "/var/spool/postfix/alongside"  # where the handbook opens a door to Postfix
SERVICE = FOLDER / "service.md"
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
        found = NAMED_FILE.search(self.lead) if self.language in WRITTEN else None
        if found is None or found[2].startswith("/"):
            return "", False
        return found[2], bool(found[1])

    @property
    def named(self) -> str:
        """The name of the file it is, wherever that lies; empty for none."""
        found = NAMED_FILE.search(self.lead)
        return found[2].rpartition("/")[2] if found else ""


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
def environment(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a reader's shell has."""
    called = made_once(tmp_path_factory, "called", lambda _: None)
    commands = tmp_path / "bin"
    commands.mkdir()
    write_script(
        commands / "alongside",
        f"""\
        #!/bin/bash
        called="{called}/command.$1"
        if [ -e "$called" ]; then exec {in_shells()} "$@"; fi
        touch "$called"
        exec {ALONGSIDE} "$@"
        """,
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ALONGSIDE_")}
    path = os.pathsep.join((str(commands), str(ALONGSIDE.parent), os.environ["PATH"]))
    return {**kept, "PATH": path, "HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "120"}


def put_clock_in(commands: Path) -> None:
    """The handbook's clock, where a reader names none."""
    timed = "|".join(f"'{' '.join(path)}'" for path, command in every_command() if "--now" in options_of(command))
    untimed = (commands / "alongside").rename(commands / "untimed")
    write_script(
        commands / "alongside",
        f"""\
        #!/bin/bash
        case " $* " in *" --now "*|*" --help "*) exec {untimed} "$@" ;; esac
        case "$1" in {timed}) exec {untimed} "$@" --now {NOW} ;; esac
        case "$1 $2" in {timed}) exec {untimed} "$@" --now {NOW} ;; esac
        exec {untimed} "$@"
        """,
    )


def write_script(path: Path, text: str) -> None:
    path.write_text(dedent(text))
    path.chmod(0o755)


def pages_with_marks() -> Iterator[Any]:
    """Every page, with the markers of what its servers need."""
    for page in PAGES:
        servers = SERVERS.search(page.read_text(encoding="utf-8"))
        marks = [pytest.mark.mail] if servers and servers[1] == MAIL_HOST else []
        yield pytest.param(page.name, marks=marks)


@pytest.mark.parametrize("name", list(pages_with_marks()))
def test_page_runs(name: str, tmp_path: Path, environment: dict[str, str], request: pytest.FixtureRequest) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    if REAL_CLOCK not in text:
        put_clock_in(tmp_path / "bin")
    start, wanted = STARTS_IN.search(text), SERVERS.search(text)
    with ExitStack() as stack:
        servers = stack.enter_context(SERVING[wanted[1]](text, request)) if wanted else NoServers()
        environment.update(servers.environment)
        folder = starting_folder(start[1] if start else "", tmp_path / "scratch", environment)
        output = ""
        for block in blocks_of(text):
            where = f"{name}:{block.line}"
            path, merged = block.file
            deed = DEEDS.fullmatch(block.lead)
            if deed:
                servers.do(deed[1])
            if path:
                write(folder / path, servers.local(block.text, folder), merged=merged)
                if block.language == "json":
                    schemas = json.loads(block.text)["yaml.schemas"]
                    assert [schema for schema in schemas if not (folder / schema).is_file()] == [], where
            elif block.runs and block.text.startswith(("alongside serve", "alongside run")):
                with own_folder("door") as door:
                    serve(folder, environment, block.text.replace(DOOR, str(door)), where)
            elif block.runs:
                if "cd moving-in" in block.text:  # what the text says before it
                    move_in(folder)
                folder, output = run(block.text, folder, environment, where)
            elif block.language == "cron":
                for command in cron_commands(block.text):
                    run(command.replace(HOME, str(folder)).replace(".venv/bin/", ""), folder, environment, where)
            elif block.language == "text" and block.after_commands:
                assert re.fullmatch(pattern_of(block.text), output), f"{where}: the output is\n{indent(output, '  ')}"
            elif block.language == "yaml" and "$schema=" in block.text:
                _, _, schema = block.text.strip().rpartition("../")
                assert (folder / schema).is_file(), where
            elif block.language == "html":
                for address in re.findall(r'src="https://[^/]+/([^"]+)"', block.text):
                    assert (folder / "site" / address / "index.html").is_file(), f"{where}: no page {address}"
        servers.check(folder)


def move_in(folder: Path) -> None:
    """A clone of the community, and the file that was packed in the old one."""
    for part in ("content", "journeys"):
        shutil.copytree(folder / part, folder / "moving-in" / part)
    shutil.copy(folder / "mkdocs.yml", folder / "moving-in")
    shutil.move(folder / "moving.tar.gz", folder / "moving-in")


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


def run(script: str, folder: Path, environment: dict[str, str], where: str) -> tuple[Path, str]:
    """Run a block; (the folder it ends in, what it printed). Variables of ours that it sets are there for the next."""
    lines = []
    for line in script.splitlines():
        expected = EXPECTED_EXIT.fullmatch(line)
        lines.append(f"set +e; {expected[1]}; code=$?; set -e; [ $code = {expected[2]} ]" if expected else line)
    ended, variables = folder / ".ended-in", folder / ".variables"
    leaving = f"pwd > {shlex.quote(str(ended))}; env -0 > {shlex.quote(str(variables))}"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", f"trap {shlex.quote(leaving)} EXIT\n" + "\n".join(lines)],
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
    left = dict(pair.split("=", 1) for pair in variables.read_text().split("\0") if "=" in pair)
    environment.update({name: value for name, value in left.items() if name.startswith("ALONGSIDE_")})
    ended.unlink()
    variables.unlink()
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
    """Start the preview or the service, look at its first page, stop it as a reader does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    is_service = script.startswith("alongside run")
    where_to = ["--port", str(port)] if is_service else ["--dev-addr", f"127.0.0.1:{port}"]
    command = [*shlex.split(script.strip(), comments=True), *where_to]
    log = folder / ".serve"
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            address = None
            for _ in range(600):
                address = re.search(r"http://127\.0\.0\.1:\d+[^\s\"]*", log.read_text())
                if address or process.poll() is not None:
                    break
                time.sleep(0.1)
            assert address, f"{where}: {log.read_text()}"
            with urllib.request.urlopen(address[0] + ("healthz" if is_service else ""), timeout=30) as answer:
                assert (b'"ok":true' if is_service else b"</html>") in answer.read()
            for path in re.findall(r"--lmtp unix:(\S+)", script):
                with smtplib.LMTP(path) as session:
                    assert session.noop()[0] == 250
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
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
            is_shown = block.language not in ("markdown", "postfix") or "argv=" in line
            found = re.search(r"(?:^|[\s/])alongside( (?!@)[^|&>]+?)(?: > .*| < .*)?$", line) if is_shown else None
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
    "mail setting": "The settings",
    "embed setting": "The settings",
    "service setting": "The settings",
    "image setting": "The settings",
    "team": "The settings",
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


def where_warnings_are_filed() -> list[Path]:
    """The modules that tell of content and journeys."""
    folders = (alongside.reading.__file__, alongside.planning.__file__)
    return [path for folder in folders for path in sorted(Path(folder).parent.glob("*.py"))]


def warnings_filed() -> set[str]:
    """The codes of all warnings about content and journeys."""
    found: set[str] = set()
    for path in where_warnings_are_filed():
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
    code = "".join(path.read_text() for path in where_warnings_are_filed())
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


# --- what other programs read ---


def blocks_in(language: str) -> list[tuple[str, Block]]:
    """(where, block) of all pages."""
    return [
        (f"{page.name}:{block.line}", block)
        for page in PAGES
        for block in blocks_of(page.read_text(encoding="utf-8"))
        if block.language == language
    ]


def cron_commands(text: str) -> Iterator[str]:
    """The commands of a crontab (crontab(5)): five fields, then what sh runs up to a `%`."""
    for line in text.splitlines():
        if not re.match(r"\w+=", line):
            *fields, command = line.split(maxsplit=5)
            assert all(re.fullmatch(r"(\*|\d+)(/\d+)?", field) for field in fields), line
            assert "%" not in command, line
            yield command


def test_units_are_units_of_systemd(tmp_path: Path) -> None:
    endings = (".service", ".timer", ".socket")
    found = {block.named: block.text for _, block in blocks_in("ini") if block.named.endswith(endings)}
    assert set(found) == {"alongside-send.service", "alongside-send.timer", "alongside.service", "alongside.socket"}
    for name, text in found.items():
        unit = configparser.RawConfigParser(strict=False)
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # as configparser's manual has it
        unit.read_string(text)
        assert "Description" in unit["Unit"], name
        kind = name.rpartition(".")[2]
        if kind != "service":
            assert name.replace(f".{kind}", ".service") in found
        else:
            assert unit["Service"]["WorkingDirectory"] == HOME
        there = text.replace(f"{HOME}/.venv/bin/alongside", str(ALONGSIDE)).replace(HOME, str(tmp_path))
        (tmp_path / name).write_text(re.sub(r"^User=.*\n", "", there, flags=re.MULTILINE))
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *(tmp_path / name for name in found)],
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in done.stderr.splitlines() if any(name in line for name in found)]
        assert not told
        whole = tmp_path / "whole" / "alongside.service"
        whole.parent.mkdir()
        whole.write_text(found[whole.name])
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--no-pager", whole],
            capture_output=True,
            text=True,
            check=True,
        )
        score = re.search(r"exposure level for alongside.service: (\S+) OK", done.stdout)
        assert score is not None, done.stdout
        told_score = re.search(r"`systemd-analyze security` gives it (\S+), which it calls OK", SERVICE.read_text())
        assert told_score is not None
        assert score[1] == told_score[1]


def test_blocks_of_web_servers_are_whole() -> None:
    shown = [*blocks_in("nginx"), *blocks_in("caddy")]
    port = next(option.default for option in dict(every_command())["run",].params if option.name == "port")
    for where, block in shown:
        depth = 0
        for line in block.text.splitlines():
            code = line.split("#")[0].strip()
            depth += code.count("{") - code.count("}")
            assert depth >= 0, where
            if block.language == "nginx":
                assert not code or code[-1] in "{};", where
        assert depth == 0, where
    texts = [block.text for _, block in shown]
    assert sum(f"127.0.0.1:{port}" in text for text in texts) == 2
    assert all('Access-Control-Allow-Origin "*"' in text for text in texts)
    assert len(texts) == 6


def nginx_file(text: str, folder: Path, certificate: Certificate) -> Path:
    """A whole configuration around the page's file, which it leaves as it is but for its paths."""
    there = text.replace("/etc/letsencrypt/live/community.example.org/fullchain.pem", str(certificate.certificate))
    there = there.replace("/etc/letsencrypt/live/community.example.org/privkey.pem", str(certificate.key))
    there = there.replace("/var/log/nginx", str(folder))
    own = "".join(
        f"    {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"pid {folder}/pid;\nerror_log {folder}/error.log;\ndaemon off;\nworker_processes 1;\nevents {{}}\n"
        f"http {{\n    include /etc/nginx/mime.types;\n    access_log {folder}/access.log;\n{own}{there}}}\n"
    )
    return path


@pytest.mark.nginx
def test_nginx_reads_its_files(tmp_path: Path, authority: Authority) -> None:
    """All that the pages show of it: a whole file, and what stands in a `server`."""
    certificate = authority.issue("community", "DNS:community.example.org")
    for number, (where, block) in enumerate(blocks_in("nginx")):
        folder = tmp_path / str(number)
        folder.mkdir()
        text = block.text if "server {" in block.text else f"server {{\n{block.text}}}\n"
        path = nginx_file(text, folder, certificate)
        done = subprocess.run(["nginx", "-t", "-c", path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{where}: {done.stderr}"
        assert "warn" not in done.stderr, f"{where}: {done.stderr}"


@pytest.mark.nginx
def test_caddy_reads_its_files(tmp_path: Path) -> None:
    for number, (where, block) in enumerate(blocks_in("caddy")):
        path = tmp_path / f"Caddyfile{number}"
        is_whole = block.text.startswith("community.example.org")
        path.write_text(block.text if is_whole else f"community.example.org {{\n{indent(block.text, chr(9))}}}\n")
        command = ["caddy", "adapt", "--config", str(path), "--adapter", "caddyfile"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "HOME": str(tmp_path)}
        )
        assert done.returncode == 0, f"{where}: {done.stderr}"


def test_the_container_runs_what_there_is() -> None:
    [(_, block)] = blocks_in("dockerfile")
    steps = [line.split(" ", 1) for line in block.text.splitlines()]
    known = {"FROM", "ARG", "RUN", "USER", "WORKDIR", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert {name for name, _ in steps} <= known
    names = [name for name, _ in steps]
    assert names.index("USER") > max(number for number, name in enumerate(names) if name == "RUN")
    assert dict(steps)["USER"] not in ("root", "0")
    locks = re.findall(r"--require-hashes -r \S+/(\S+\.lock)", block.text)
    assert locks == ["requirements-service.lock"]
    locked = (ROOT / locks[0]).read_text()
    for name in ("starlette", "uvicorn", "prometheus-client", "psycopg", "aiosmtpd", "altcha", "mkdocs", "hatchling"):
        assert re.search(rf"^{name}==\S+ .*\n    --hash=sha256:", locked, re.MULTILINE), name
    health = json.loads(dict(steps)["HEALTHCHECK"].partition(" CMD ")[2])
    compile(health[2], "HEALTHCHECK", "exec")
    command = dict(every_command())["run",]
    program, name, *words = json.loads(dict(steps)["CMD"])
    assert (program, name) == ("alongside", "run")
    assert command.make_context("run", words).params["host"] == "0.0.0.0"
    [compose] = [yaml.safe_load(block.text) for _, block in blocks_in("yaml") if block.file[0] == "compose.yaml"]
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source.startswith(".") or source in compose["volumes"]
        assert set(service.get("depends_on", ())) <= set(compose["services"])
        assert set(service["networks"]) <= set(compose["networks"])
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        for path in service.get("environment", {}).values():
            assert path.removeprefix("/run/secrets/") in compose["secrets"]
    assert compose["services"]["mail"]["read_only"] is True
    [network] = compose["networks"]["behind"]["ipam"]["config"]
    proxies = [
        each
        for _, block in blocks_in("yaml")
        if "proxies" in block.text
        for each in yaml.safe_load(block.text)["plugins"][0]["alongside"]["service"]["proxies"]
    ]
    assert proxies == [network["subnet"]]


def test_jobs_that_send_run_commands_that_exist() -> None:
    shown = 0
    for _, block in blocks_in("yaml"):
        if block.named in ("mail.yml", ".gitlab-ci.yml") and "inbound" in block.text:
            commands = [line for line in scripts_of(yaml.safe_load(block.text)) if line.startswith("alongside ")]
            assert [line.split()[1] for line in commands] == ["inbound", "send"]
            assert "--limit" in commands[1]
            assert "--verbose" not in block.text
            shown += 1
    assert shown == 2


@pytest.mark.mail
def test_postfix_reads_its_files(tmp_path: Path) -> None:
    found = {block.named: block.text for where, block in blocks_in("postfix") if where.startswith("recipes.md:")}
    for name in ("main.cf", "master.cf"):
        (tmp_path / name).write_text(found[name])

    def ask(*arguments: str) -> str:
        asked = ["postconf", "-c", str(tmp_path), *arguments]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
        assert not done.stderr
        return done.stdout

    assert "alongside  unix  -       n       n       -       4       pipe" in ask("-M", "alongside/unix")
    told = ask("-n")
    assert all(line.split("=")[0].strip() in told for line in found["main.cf"].splitlines())
    assert ask("-h", "recipient_delimiter") == "+\n"
    address = "community+s-abc@community.example.org"
    keys = [address, address.replace("+s-abc", "")]  # what transport(5) asks for
    table = re.search(r"inline:\{ (\S+?)=(\S+) \}", found["main.cf"])
    assert table is not None
    assert table[1] in keys
    assert table[2] == "alongside:"


@pytest.mark.mail
def test_postfix_looks_where_the_door_is(tmp_path: Path) -> None:
    [block] = [block for where, block in blocks_in("postfix") if where.startswith("operators.md:")]
    (tmp_path / "main.cf").write_text(block.text)
    (tmp_path / "master.cf").touch()
    asked = ["postconf", "-c", str(tmp_path), "-h", "queue_directory", "transport_maps", "recipient_delimiter"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert not done.stderr
    queue, table, delimiter = done.stdout.splitlines()
    assert delimiter == "+"
    place = re.fullmatch(r"inline:\{ community@community\.example\.org=lmtp:unix:(\S+) \}", table)
    assert place is not None
    assert f"{queue}/{place[1]}" == f"{DOOR}/lmtp"
    assert f"virtual_transport = lmtp:unix:{place[1]}`" in (FOLDER / "operators.md").read_text(encoding="utf-8")
