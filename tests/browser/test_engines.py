"""The browsers' surface itself: that nothing a page does, or a frame in it, goes unheard."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from browser.engines import Engine
from browser.origins import Answer, files_of, running_origin

PAGES = {
    "/": "<!doctype html><link rel=icon href=data:,><iframe src='/frame'></iframe>",
    "/frame": "<!doctype html><iframe src='/inner'></iframe><script>console.error('outer')</script>",
    "/inner": "<!doctype html><script>fetch('/asked'); console.warn('inner'); setTimeout(() => gone())</script>",
    "/asked": "",
}

pytestmark = pytest.mark.browser


def test_what_a_frame_asks_and_says_is_heard(engine: Engine) -> None:
    def find(path: str) -> Answer | None:
        return Answer(body=PAGES[path].encode(), type="text/html") if path in PAGES else None

    with running_origin(find) as origin:
        tab, other = engine.open(), engine.open()
        try:
            tab.goto(f"{origin.address}/")
            for _ in range(100):
                assert tab.evaluate("1") == 1  # what was heard meanwhile comes with an answer
                if len(tab.messages) == 3 and f"{origin.address}/asked" in tab.requests:
                    break
                time.sleep(0.05)
            asked = [url for url in tab.requests if url != "data:,"]
            assert asked == [f"{origin.address}{path}" for path in PAGES]
            assert sorted(message.split(": ")[-1].split(" ")[0] for message in tab.messages) == [
                "gone", "inner", "outer",
            ]  # fmt: skip
            assert (other.requests, other.messages) == ([], [])
        finally:
            tab.close()
            other.close()


def test_files_are_found_by_the_names_that_browsers_send(tmp_path: Path) -> None:
    for name in ("café", "a b"):
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "index.html").write_text(name)
    (tmp_path / "secret").write_text("secret")
    find = files_of(tmp_path / "site")
    for path, body in (("/caf%C3%A9/", "café"), ("/a%20b/", "a b"), ("/%2e%2e/secret", None), ("/%00", None)):
        answer = find(path)
        assert (answer and answer.body.decode()) == body
