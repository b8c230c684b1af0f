"""The process that has imported every command and forks for each one that is asked for; `commands.py` asks.

On the socket whose number it is given come four descriptors for each command: a socket of its own, and its stdin, stdout
and stderr. What to run follows on the former, as JSON; its number and in the end its exit code go back there.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import socket
import sys

from alongside.cli.main import COMMANDS, main

ALSO = ("alembic", "mkdocs.commands.build", "psycopg", "sqlalchemy.dialects.postgresql.psycopg", "starlette", "uvicorn")


def become_a_command(orders: socket.socket) -> None:
    """Return in a process for each order, which then is that command but has not begun; end when nobody can order."""
    watchers: set[int] = set()
    while True:
        _, descriptors, _, _ = socket.recv_fds(orders, 1, 4)
        watchers = {watcher for watcher in watchers if os.waitpid(watcher, os.WNOHANG) == (0, 0)}
        if not descriptors:
            sys.exit()
        watcher = os.fork()
        if watcher == 0:
            break
        watchers.add(watcher)
        for descriptor in descriptors:
            os.close(descriptor)
    orders.close()
    control = socket.socket(fileno=descriptors[0])
    with control.makefile() as stream:
        order = json.load(stream)
    command = os.fork()
    if command:
        watch(command, control, descriptors[1:])
    control.close()
    for number, descriptor in enumerate(descriptors[1:]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    if order["largest_file"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"], order["largest_file"]))
    sys.argv = ["alongside", *order["words"]]


def watch(command: int, control: socket.socket, descriptors: list[int]) -> None:
    """The parent of a command: it tells who it is and how it ends, whatever becomes of it."""
    for descriptor in descriptors:
        os.close(descriptor)
    control.sendall(b"%d\n" % command)
    status = os.waitpid(command, 0)[1]
    control.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


if __name__ == "__main__":
    for name in (*(f"alongside.cli.{module}" for module, _ in COMMANDS.values()), *ALSO):
        importlib.import_module(name)
    gc.freeze()
    become_a_command(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(main())
