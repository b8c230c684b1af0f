"""What all tests share: folders with small communities, the real data beside the checkout, and the clock."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import dedent

import hypothesis
import pytest

from compiled_statements import keep_compiled_statements
from compiled_templates import keep_compiled_templates
from mail_servers.servers import own_folder

hypothesis.settings.register_profile("alongside", deadline=None)  # a slow machine is no defect
hypothesis.settings.load_profile("alongside")

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # the tests' clock
TODAY = NOW.date()

CONFIG = """\
site_name: Test community
site_url: https://community.example.org/
docs_dir: content
plugins:
  - alongside:
      teams: {community: Community team, growth: Growth team, product: Product team}
      organisation: {name: Test community, postal: "1 Test Street, Testville", privacy: "https://example.org/privacy"}
"""

WriteCommunity = Callable[..., Path]

pytest_plugins = ["browser.chromium", "browser.example_site", "browser.firefox", "mail_servers.fixtures", "stores"]


@pytest.hookimpl(tryfirst=True)  # before pytest looks where its folders are to be
def pytest_configure(config: pytest.Config) -> None:
    """Ctrl-C ends what the tests start, also where they run in a shell's background, which has it ignored."""
    keep_compiled_templates()
    keep_compiled_statements()
    _write_into_memory(config)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _write_into_memory(config: pytest.Config) -> None:
    """Every temporary file of this run is in one folder, in memory where there is room, and gone in the end.

    The tests write and remove a million small files, which took a disk longer than everything else. With a TMPDIR of
    your own the folders of tests that failed stay there, to be looked at; workers have that of the run.
    """
    if "TMPDIR" in os.environ:
        return
    until_the_end = ExitStack()
    atexit.register(until_the_end.close)  # after all that is registered later
    folder = until_the_end.enter_context(own_folder("t"))
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    config.option.basetemp = config.option.basetemp or folder / "t"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: looking through it for garbage takes seconds, and finds none.

    What tests leave is looked through now and then: by Python's own habit that is a tenth of their time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without", action="append", default=[], metavar="MARKER", help="leave out the tests with this marker"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What `--without` names is not run."""
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in config.getoption("--without"))]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under CI=true nothing is left out: a test that skips itself has failed there, and says what it needs."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"Left out, which CI=true forbids. {_why_skipped(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if names := config.getoption("--without"):
        terminalreporter.write_line(f"LEFT OUT: every test marked {', '.join(sorted(set(names)))}", yellow=True)
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"LEFT OUT: {report.nodeid}. {_why_skipped(report)}", yellow=True)


def _why_skipped(report: pytest.TestReport | pytest.CollectReport) -> str:
    """What the test gave as its reason: what it needs, and what to do."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


@pytest.fixture
def write_community(tmp_path: Path) -> WriteCommunity:
    """A factory: `write_community({"content/members/ana.md": "..."})` writes the files and returns `mkdocs.yml`.

    Texts are dedented; bytes are written as they are. A `mkdocs.yml` is added unless the files hold one.
    """

    def write(files: Mapping[str, str | bytes], *, name: str = "community") -> Path:
        root = tmp_path / name
        (root / "content").mkdir(parents=True, exist_ok=True)
        for path, text in {"mkdocs.yml": CONFIG, **files}.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return root / "mkdocs.yml"

    return write


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with data that nobody here wrote: `../shared`, or where ALONGSIDE_SHARED points."""
    folder = Path(os.environ.get("ALONGSIDE_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.fail(f"{folder} is missing: tests marked real need it; `make test` leaves them out")
    return folder


@pytest.fixture
def today() -> date:
    return TODAY


@pytest.fixture
def now() -> datetime:
    return NOW
