"""`alongside` as a fork, for shells: `python -IS command_client.py SOCKET WORD ...`, where SOCKET is `commands.orders()`.

What it is given (stdin, stdout, stderr, environment, folder) the command is given, what signals it the command hears, and
it ends as the command ends.
"""

import json
import os
import signal
import socket
import sys

control = socket.socket(socket.AF_UNIX)
control.connect(sys.argv[1])
socket.send_fds(control, [b"+"], [0, 1, 2])
mask = os.umask(0)
here = os.getcwd()  # noqa: PTH109 - to start quickly
order = {"words": sys.argv[2:], "cwd": here, "environment": dict(os.environ), "umask": mask}
control.sendall(json.dumps(order).encode())
control.shutdown(socket.SHUT_WR)
answers = control.makefile()
command = int(answers.readline())
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: os.kill(command, number))
code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
