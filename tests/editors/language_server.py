"""yaml-language-server, asked as an editor asks it: Visual Studio Code's YAML extension runs this very program.

Messages are those of the Language Server Protocol 3.17, over stdin and stdout.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = ROOT / "build" / "npm-editors" / "node_modules"  # what `make editors` installs
SERVER = MODULES / "yaml-language-server" / "bin" / "yaml-language-server"


def left_out() -> str:
    """Why tests that need it are left out, empty where they run. Under CI=true they run, and fail."""
    there = SERVER.is_file() and shutil.which("node") is not None
    return "" if there or os.environ.get("CI") == "true" else "needs make editors (npm) and Node.js"


class LanguageServer:
    """A server for the files of one folder, with the settings that stand in its `.vscode/settings.json`."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.settings: dict[str, Any] = json.loads((folder / ".vscode/settings.json").read_text(encoding="utf-8"))
        self.asked = 0
        self.versions: dict[str, int] = {}  # of the files that are open
        here = [{"uri": folder.as_uri(), "name": folder.name}]
        capabilities = {"workspace": {"configuration": True}}
        self.ask(
            "initialize", processId=None, rootUri=folder.as_uri(), workspaceFolders=here, capabilities=capabilities
        )
        self._send({"method": "initialized", "params": {}})

    def problems(self, path: str, text: str | None = None) -> list[str]:
        """What an editor underlines in a file, or in a text that is typed into it."""
        self._open(path, text)
        uri = (self.folder / path).as_uri()
        while True:
            message = self._receive()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                return [each["message"] for each in message["params"]["diagnostics"]]

    def completions(self, path: str, text: str) -> list[str]:
        """What an editor offers at the end of a text."""
        self._open(path, text)
        *_, last = text.split("\n")
        at = {"line": text.count("\n"), "character": len(last)}
        found = self.ask("textDocument/completion", textDocument={"uri": (self.folder / path).as_uri()}, position=at)
        return [item["label"] for item in found["items"]]

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to a request."""
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self.asked and "method" not in message:
                return message["result"]

    def _open(self, path: str, text: str | None) -> None:
        uri = (self.folder / path).as_uri()
        content = text if text is not None else (self.folder / path).read_text(encoding="utf-8")
        self.versions[uri] = version = self.versions.get(uri, 0) + 1
        if version == 1:
            document = {"uri": uri, "languageId": "yaml", "version": version, "text": content}
            self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        else:
            changed = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": content}]}
            self._send({"method": "textDocument/didChange", "params": changed})

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self.process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()) != b"\r\n":
            assert line, "the server ended"
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        if "method" in message and "id" in message:  # a question of the server to the editor
            self._send({"id": message["id"], "result": self._answer(message)})
        return message

    def _answer(self, message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        return [self._section(item["section"]) for item in message["params"]["items"]]

    def _section(self, name: str) -> dict[str, Any]:
        known = {key.removeprefix(f"{name}."): value for key, value in self.settings.items()}
        return (
            {**known, "validate": True, "completion": True, "schemaStore": {"enable": False}} if name == "yaml" else {}
        )


@contextlib.contextmanager
def language_server(folder: Path) -> Iterator[LanguageServer]:
    """A server that ends with the block."""
    command = ["node", str(SERVER), "--stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield LanguageServer(process, folder)
        finally:
            process.kill()
