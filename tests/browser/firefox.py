"""Debian's Firefox ESR, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/).

Playwright speaks BiDi too, but only with the newest Firefox: it opens every page with commands an ESR does not know.
BiDi itself is a W3C draft that Firefox has carried since version 129, and what the tests need of it is a dozen commands.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

# Whatever Firefox asks of its makers goes through a proxy that is not there; it never uses one for this machine.
_NOWHERE = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.failover_direct": False,
    "network.trr.mode": 5,
}
# And most of it is not asked in the first place.
_QUIET = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.newtabpage.activity-stream.feeds.system.topstories": False,
    "browser.ml.enable": False,
    "browser.region.update.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.provider.network.url": "",
    "media.gmp-manager.updateEnabled": False,
    "messaging-system.rsexperimentloader.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
}
_PATIENCE_SECONDS = 30.0
_KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Shift": "\ue008", "Control": "\ue009"}


class BidiError(AssertionError):
    """What Firefox answered to a command it would not carry out."""


class Firefox:
    """One running Firefox."""

    name = "firefox"

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._sent = 0
        self._tabs: dict[str, FirefoxTab] = {}  # by context: of tabs, and of the frames in them
        self.version: str = self.send("session.new", capabilities={})["capabilities"]["browserVersion"]
        events = ["browsingContext.contextCreated", "log.entryAdded", "network.beforeRequestSent"]
        self.send("session.subscribe", events=events)

    def send(self, method: str, **parameters: object) -> Any:
        """The answer to a command; events that come before it go to their tabs."""
        self._sent += 1
        self._connection.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(timeout=_PATIENCE_SECONDS))
            if message.get("id") == self._sent:
                if message["type"] == "error":
                    raise BidiError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]
            if message["type"] == "event":
                self._hear(message["method"], message["params"])

    def open(self, *, width: int = 1280, height: int = 900, scale: float = 1) -> FirefoxTab:
        """A tab with cookies, storage and cache of its own, `scale` device pixels to one of CSS."""
        person = self.send("browser.createUserContext")["userContext"]
        context = self.send("browsingContext.create", type="tab", userContext=person)["context"]
        tab = self._tabs[context] = FirefoxTab(self, context, person)
        tab.resize(width, height, scale)
        return tab

    def forget(self, tab: FirefoxTab) -> None:
        self._tabs = {context: one for context, one in self._tabs.items() if one is not tab}

    def _hear(self, event: str, parameters: Mapping[str, Any]) -> None:
        context = parameters["source"].get("context") if event == "log.entryAdded" else parameters["context"]
        if event == "browsingContext.contextCreated" and parameters["parent"] in self._tabs:
            self._tabs[context] = self._tabs[parameters["parent"]]
            return
        if (tab := self._tabs.get(context)) is None:
            return
        if event == "log.entryAdded":
            if parameters["level"] in ("warn", "error"):
                tab.messages.append(f"{parameters['level']}: {parameters['text']}")
        elif event == "network.beforeRequestSent":
            tab.requests.append(parameters["request"]["url"])


class FirefoxTab:
    """One tab: what `browser.engines.Tab` asks for."""

    def __init__(self, firefox: Firefox, context: str, person: str) -> None:
        self._firefox, self._context, self._person = firefox, context, person
        self.requests: list[str] = []
        self.messages: list[str] = []

    def _send(self, method: str, **parameters: object) -> Any:
        return self._firefox.send(method, context=self._context, **parameters)

    def goto(self, url: str) -> None:
        self._send("browsingContext.navigate", url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        answer = self._firefox.send(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then(value => JSON.stringify(value ?? null))",
            target={"context": self._context},
            awaitPromise=True,
            userActivation=False,
        )
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def press(self, *keys: str) -> None:
        codes = [_KEYS.get(key, key) for key in keys]
        actions = [{"type": "keyDown", "value": code} for code in codes]
        actions += [{"type": "keyUp", "value": code} for code in reversed(codes)]
        self._send("input.performActions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        self._send("browsingContext.setViewport", viewport={"width": width, "height": height}, devicePixelRatio=scale)

    def screenshot(self) -> bytes:
        return base64.b64decode(self._send("browsingContext.captureScreenshot")["data"])

    def cookies(self) -> list[str]:
        partition = {"type": "storageKey", "userContext": self._person}
        return [cookie["name"] for cookie in self._firefox.send("storage.getCookies", partition=partition)["cookies"]]

    def close(self) -> None:
        self._firefox.forget(self)
        self._firefox.send("browser.removeUserContext", userContext=self._person)


@pytest.fixture(scope="session")
def firefox() -> Iterator[Firefox]:
    """Starting it takes longer than most tests: one for a worker, whose tabs know nothing of each other."""
    with running_firefox() as started:
        yield started


@contextmanager
def running_firefox() -> Iterator[Firefox]:
    """Firefox without a window, with a profile and a home that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as folder:
        profile = Path(folder, "profile")
        profile.mkdir()
        settings = "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in {**_NOWHERE, **_QUIET}.items())
        (profile / "user.js").write_text(settings)
        command = ["firefox-esr", "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)]
        environment = {**os.environ, "HOME": folder, "XDG_RUNTIME_DIR": folder, "MOZ_CRASHREPORTER_DISABLE": "1"}
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                address = _address(profile / "WebDriverBiDiServer.json", process, Path(folder, "log"))
                # it lives as long as the worker, and its pings would move the global random numbers, which
                # Hypothesis takes for a test's own doing
                with connect(address, max_size=None, proxy=None, ping_interval=None) as connection:
                    yield Firefox(connection)
            finally:
                process.terminate()
                try:
                    process.wait(timeout=_PATIENCE_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _address(file: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    """Where BiDi is spoken, as Firefox writes it into its profile once it listens."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            found = json.loads(file.read_text())
            return f"ws://{found['ws_host']}:{found['ws_port']}/session"
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
    raise AssertionError(f"Firefox does not listen: {log.read_text(errors='replace')[-2000:]}")
