"""The process that has imported every command and forks for each one that is asked for; `commands.py` asks.

It takes connections on the socket whose number it is given. On each come three descriptors, to be stdin, stdout and
stderr, and what to run, as JSON; back go the number of the process, and in the end its exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import socket
import sys
import tempfile
from pathlib import Path

from mkdocs.theme import Theme

from alongside.cli.main import COMMANDS, main
from alongside.rendering import templates
from alongside.rendering.embeds.characters import character_tables
from compiled_templates import keep_compiled_templates
from few_places import write_few_places

# What commands import when they come to it.
ALSO = (
    *(
        "alembic.command",
        "alongside.plugin",
        "mkdocs.commands.build",
        "psycopg",
        "sqlalchemy.dialects.postgresql.psycopg",
    ),
    *("starlette", "tzdata.zoneinfo", "uvicorn"),
    *(f"markdown.extensions.{name}" for name in ("attr_list", "codehilite", "fenced_code", "tables", "toc")),
)


def become_a_command(orders: socket.socket) -> None:
    """Return in a process for each order, which then is that command but has not begun; end when stdin does."""
    watchers: set[int] = set()
    while True:
        ready, _, _ = select.select([orders.fileno(), 0], [], [])
        watchers = {watcher for watcher in watchers if os.waitpid(watcher, os.WNOHANG) == (0, 0)}
        if 0 in ready:
            sys.exit()
        control, _ = orders.accept()
        watcher = os.fork()
        if watcher == 0:
            break
        watchers.add(watcher)
        control.close()
    orders.close()
    _, descriptors, _, _ = socket.recv_fds(control, 1, 3)
    with control.makefile() as stream:
        order = json.load(stream)
    command = os.fork()
    if command:
        watch(command, control, descriptors)
    control.close()
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


def watch(command: int, control: socket.socket, descriptors: list[int]) -> None:
    """The parent of a command: it tells who it is and how it ends, whatever becomes of it."""
    for descriptor in (0, *descriptors):
        os.close(descriptor)
    control.sendall(b"%d\n" % command)
    status = os.waitpid(command, 0)[1]
    control.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


if __name__ == "__main__":
    for name in (*(f"alongside.cli.{module}" for module, _ in COMMANDS.values()), *ALSO):
        importlib.import_module(name)
    keep_compiled_templates()
    with tempfile.TemporaryDirectory() as folder:
        for environment in (templates.environment(), Theme(name="mkdocs").get_env()):
            environment.bytecode_cache = templates.compiled_templates(Path(folder))
            for name in environment.list_templates(["html", "xml"]):
                environment.get_template(name)
    character_tables()
    gc.freeze()
    become_a_command(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(main())
