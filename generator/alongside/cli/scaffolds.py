"""What `alongside story`, `meetup`, `member` and `group` share: asking, making the file, saying what comes next."""

from __future__ import annotations

import functools
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from alongside.cli.homes import Home, read_home
from alongside.cli.options import clock, config_file, now
from alongside.cli.tables import printable
from alongside.planning.stamps import check_stamps
from alongside.problems import AlongsideError, UsageError
from alongside.reading.fields import Defaults
from alongside.reading.loader import load_community
from alongside.reading.settings_file import relative
from alongside.reading.times import zone_of
from alongside.writing.files import write_files
from alongside.writing.names import Names
from alongside.writing.records import (
    Kind,
    Question,
    check_text,
    default_answer,
    name_file,
    read_answer,
    record_text,
)
from alongside.writing.yaml_texts import Value

SHOWN = 12  # names that a question suggests


def record_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What all four take."""
    options = (
        click.option("--text", metavar="TEXT", help="What stands below the front matter, in Markdown; - reads stdin."),
        click.option("--slug", metavar="SLUG", help="The file's name without .md; else made of the title or name."),
        click.option("--dry-run", is_flag=True, help="Print the file, and write nothing."),
        config_file,
        now,
    )
    return functools.reduce(lambda made, option: option(made), reversed(options), function)


def languages_option(words: str) -> Callable[..., Any]:
    """`--language`, as often as there are languages."""
    return click.option("--language", "languages", multiple=True, metavar="CODE", help=words)


def several(name: str, key: str, metavar: str, words: str) -> Callable[..., Any]:
    """An option that may be repeated."""
    return click.option(name, key, multiple=True, metavar=metavar, help=f"{words} May be repeated.")


def write_record(kind: Kind, called: Mapping[str, Any], options: Mapping[str, str]) -> None:
    """Make one file of what a call says, and of what a person on a terminal answers.

    `called` holds click's parameters, with each answer under its key; `options` how each key is given on the command
    line. Raises `UsageError`, with nothing written, for an answer that cannot be.
    """
    at = clock(called["now_text"]).now
    home = read_home(called["config_file"], now=at)
    desk = _Desk(kind=kind, home=home, now=at, options=options)
    answers = desk.answers({key: value for key, value in called.items() if key in kind.table.by_name})
    body = _body(called["text"])
    slug, text = desk.settle(answers, body, called["slug"])
    file = home.settings.docs_dir / kind.folder / f"{slug}.md"
    path = relative(file, home.settings.root)
    if called["dry_run"]:
        click.echo(f"{path} would hold:", err=True)
        click.echo(text, nl=False)
        return
    if file.exists() or file.is_symlink():
        raise AlongsideError(f"{path} is there already.", hint="Give another name with --slug.")
    write_files({file: text.encode()}, {file: None})
    click.echo(f"{path} is written. Next:")
    for line in (*desk.next_steps(has_text=bool(body.strip())), *desk.left_to_do(path)):
        click.echo(f"  {line}")


def _body(text: str | None) -> str:
    if text != "-":
        return text or ""
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise UsageError("The text on stdin is no UTF-8.") from error


class _Desk:
    """Where the answers for one record come together."""

    def __init__(self, *, kind: Kind, home: Home, now: datetime, options: Mapping[str, str]) -> None:
        self.kind = kind
        self.home = home
        self.now = now
        self.today = now.astimezone(zone_of(home.settings.timezone)).date()
        self.options = options
        self.asked: list[Question] = []  # of a person
        settings = home.settings
        self.defaults = Defaults(language=settings.language, timezone=settings.timezone, teams=tuple(settings.teams))

    def answers(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """Every answer by key. Only where one that is needed is missing, and only on a terminal, somebody is asked."""
        read = {
            question.key: self._read(question, value)
            for question in self.kind.questions
            if (value := _value(given.get(question.key)))
        }
        lacking = [
            question
            for question in self.kind.questions
            if question.required and not read.get(question.key) and not self._default(question, read)
        ]
        asking = bool(lacking) and sys.stdin.isatty() and sys.stderr.isatty()
        if lacking and not asking:
            needs = ", ".join(self.options[question.key] for question in lacking)
            raise UsageError(
                f"A new {self.kind.name} needs {needs}.", hint="On a terminal you are asked for what is missing."
            )
        for question in self.kind.questions:
            if read.get(question.key):
                continue
            read[question.key] = self._default(question, read)
            if asking and question.asked:
                self.asked.append(question)
                read[question.key] = self._ask(question, read[question.key])
        return {question.key: read[question.key] for question in self.kind.questions}

    def settle(self, answers: Mapping[str, Value], body: str, slug: str | None) -> tuple[str, str]:
        """(slug, text of the file), once the answers go together."""
        while True:
            text = record_text(self.kind, answers, body)
            try:
                name = name_file(self.kind, str(answers[self.kind.questions[0].key]), slug, self.home.community)
                check_text(self.kind, name, text, self.defaults)
            except UsageError as error:
                if not self.asked:
                    raise
                click.echo(printable(str(error)), err=True)
                answers = self._ask_again(answers)
            else:
                return name, text

    def _default(self, question: Question, known: Mapping[str, Value]) -> Value:
        return default_answer(self.kind, question.key, known, self.home.community, self.today)

    def _names(self, question: Question) -> Names | None:
        return Names.of(question.names, self.home.community) if question.names else None

    def _read(self, question: Question, value: Value) -> Value:
        try:
            return read_answer(self.kind, question, value, self._names(question), self.defaults)
        except UsageError as error:
            raise UsageError(f"{self.options[question.key]}: {error.message}", hint=error.hint) from error

    def _ask(self, question: Question, default: Value) -> Value:
        """The answer of a person; what cannot be is told, and asked again."""
        names = self._names(question)
        if names is not None and names.shown:
            click.echo(_suggestions(names), err=True)
        words = question.words + (", with commas between" if question.many else "")
        shown = ", ".join(map(str, default)) if isinstance(default, list) else str(default)
        while True:
            text = click.prompt(words, default=shown, show_default=bool(shown), err=True)
            value: Value = text.split(",") if question.many else text
            try:
                answer = read_answer(self.kind, question, value, names, self.defaults)
            except UsageError as error:
                click.echo(printable(str(error)), err=True)
                continue
            if answer or not question.required:
                return answer

    def _ask_again(self, answers: Mapping[str, Value]) -> dict[str, Value]:
        """The same questions, with what was answered as their defaults."""
        again = {question.key: self._ask(question, answers[question.key]) for question in self.asked}
        return {**answers, **again}

    def next_steps(self, *, has_text: bool) -> Iterator[str]:
        """What a person does now."""
        if self.kind.name == "story" and not has_text:
            yield 'write the story below the second line of ---, then delete "status: draft"'
        if self.kind.name == "member":
            yield "ask them for their consent and write down what they said: until then nobody sees them"
        yield self._command("check")
        yield self._command("serve")

    def _command(self, name: str) -> str:
        config = self.home.settings.config_file
        here = config.name == "mkdocs.yml" and config.parent == Path.cwd()
        return f"alongside {name}" if here else f"alongside {name} -f {shlex.quote(relative(config, Path.cwd()))}"

    def left_to_do(self, path: str) -> Iterator[str]:
        """What `alongside check` says of the new file."""
        settings = self.home.settings
        loaded = load_community(settings, today=self.now.date())
        stale = check_stamps(settings, loaded.community, loaded.ledger, now=self.now)
        if any(problem.position.path == path for problem in stale):
            yield self._command("stamp")
        yield from (printable(str(problem)) for problem in loaded.problems if problem.position.path == path)


def _value(value: Any) -> Value:
    """What click gives for an option, as a value of YAML; empty where it was not given."""
    return list(value) if isinstance(value, tuple) else value or ""


def _suggestions(names: Names) -> str:
    shown = [f"{slug} ({name})" if name != slug else slug for slug, name in list(names.shown.items())[:SHOWN]]
    more = len(names.shown) - len(shown)
    return printable(f"There are: {', '.join(shown)}" + (f" and {more:,} more" if more else ""))
