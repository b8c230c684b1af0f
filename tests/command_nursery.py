"""The process that has imported every command and forks for each one that is asked for; `commands.py` asks.

It takes connections on the socket whose number it is given. On each come three descriptors, to be stdin, stdout and
stderr, and what to run, as JSON; back go the number of the process, and in the end its exit code.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import markdown
import markdown.util
from mkdocs.theme import Theme

import alongside
from alongside.cli.main import main
from alongside.reading.places import find_place
from alongside.rendering import templates
from alongside.rendering.embeds.characters import character_tables
from alongside.rendering.interface import interface_languages, read_interface
from compiled_templates import keep_compiled_templates
from few_places import few_places, write_few_places

# What commands import when they come to it.
ALSO = (
    *("alembic.command", "mkdocs.commands.build", "psycopg", "sqlalchemy.dialects.postgresql.psycopg"),
    *("starlette", "tzdata.zoneinfo", "uvicorn"),
    "mkdocs.config.defaults",
)
EXTENSIONS = ("attr_list", "codehilite", "fenced_code", "tables", "toc")


def import_everything() -> None:
    """Every module of ours but what Alembic runs, and what they import late."""
    modules = pkgutil.walk_packages(alongside.__path__, "alongside.")
    ours = (module.name for module in modules if ".migrations." not in module.name)
    for name in (*ours, *ALSO):
        importlib.import_module(name)


def read_what_stays() -> None:
    """Tables and texts that never change, and that a process reads when it first needs them."""
    for language in interface_languages():
        read_interface(language)
    character_tables()
    few_places()
    find_place("Lima, Peru")
    markdown.util.get_installed_extensions()
    markdown.markdown("", extensions=EXTENSIONS)


def become_a_command(orders: socket.socket) -> None:
    """Return in a process for each order, which then is that command but has not begun; end when stdin does."""
    waiting = select.poll()
    waiting.register(orders.fileno(), select.POLLIN)
    waiting.register(0, select.POLLIN)
    running: dict[int, tuple[int, socket.socket]] = {}  # by what becomes readable when it ends: its number, who asked
    while True:
        for ready, _ in waiting.poll():
            if ready == 0:
                sys.exit()
            if ready in running:
                command, control = running.pop(ready)
                tell_its_end(command, control)
                waiting.unregister(ready)
                os.close(ready)
                continue
            control, _ = orders.accept()
            _, descriptors, _, _ = socket.recv_fds(control, 1, 3)
            with control.makefile() as stream:
                order = stream.read()
            command = os.fork()
            if command == 0:
                orders.close()
                control.close()
                for watched, (_, other) in running.items():
                    os.close(watched)
                    other.close()
                return begin(json.loads(order), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            with suppress(OSError):  # nobody listens any more
                control.sendall(b"%d\n" % command)
            watched = os.pidfd_open(command)
            waiting.register(watched, select.POLLIN)
            running[watched] = (command, control)


def tell_its_end(command: int, control: socket.socket) -> None:
    """Say to who asked for it how it ended, whatever became of them."""
    status = os.waitpid(command, 0)[1]
    with suppress(OSError), control:
        control.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def begin(order: Mapping[str, Any], descriptors: list[int]) -> None:
    """Take over what the command was given."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    if "umask" in order:
        os.umask(order["umask"])
    if "largest_file" in order:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"], order["largest_file"]))
    if not order.get("all_places"):
        write_few_places()
    sys.argv = ["alongside", *order["words"]]


def run() -> None:
    """As the installed script, to the end of what anybody can see of it.

    What Python then does to its memory before it is given back would copy all of it from the nursery's, page by page.
    """
    try:
        sys.exit(main())
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        threading._shutdown()  # type: ignore[attr-defined]  # what an interpreter does first as it ends
        atexit._run_exitfuncs()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            raise end from None  # which Python has its own way to tell of
        os._exit(end.code or 0)


if __name__ == "__main__":
    import_everything()
    keep_compiled_templates()
    with tempfile.TemporaryDirectory() as folder:
        for environment in (templates.environment(), Theme(name="mkdocs").get_env()):
            environment.bytecode_cache = templates.compiled_templates(Path(folder))
            for name in environment.list_templates(["html", "xml"]):
                environment.get_template(name)
    read_what_stays()
    gc.freeze()
    become_a_command(socket.socket(fileno=int(sys.argv[1])))
    run()
