"""The command line: `alongside COMMAND`. Commands live one a module and are imported when they are called."""

from alongside.cli.main import main

__all__ = ["main"]
