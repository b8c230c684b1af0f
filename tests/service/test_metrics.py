"""`/metrics`: figures that another reader understands, for those who may see them, and nothing of people in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from prometheus_client.parser import text_string_to_metric_families

from alongside.delivery.backups import back_up
from alongside.delivery.schema import steps
from alongside.delivery.store import Store, StoreError
from alongside.service import metrics
from alongside.service.clock import Rounds, Work
from alongside.service.figures import Figures
from alongside.service.metrics import TOKEN

from .conftest import NOW, ONE_CLICK, Running, make_home, running

HANDBOOK = Path(__file__).resolve().parents[2] / "content" / "handbook" / "service.md"
Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    """What Prometheus' own reader makes of it: (name, labels) -> value."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


@pytest.fixture
def local(service: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setattr(metrics, "FRESH_SECONDS", 0.0)
    monkeypatch.delenv(TOKEN, raising=False)
    return service


def test_what_it_tells(local: Running) -> None:
    """Requests by what they asked for, and the store; another reader reads it, and finds nobody in it."""
    one, _ = local.enroll(), local.enroll(email="rui@example.net")
    local.enroll("careful", email="waiting@example.net")
    with local.store.writing() as connection:
        first = connection.scalar(sa.select(sa.func.min(steps.c.id)))
        connection.execute(sa.update(steps).where(steps.c.id == first).values(state="held"))
    path = f"/stop/{local.token('stop', one)}"
    for _ in range(3):
        assert local.ask("GET", path).status == 200
    assert local.post(path, ONE_CLICK).status == 200
    assert local.ask("GET", "/joana@example.net").status == 404
    assert local.ask("BREW", "/healthz").status == 405
    answer = local.ask("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = samples(answer.body)
    requests = "alongside_http_requests_total"
    assert value(found, requests, route="/stop/{token}", method="GET", status="2xx") == 3
    assert value(found, requests, route="/stop/{token}", method="POST", status="2xx") == 1
    assert value(found, requests, route="other", method="GET", status="4xx") == 1
    assert value(found, requests, route="other", method="other", status="4xx") == 1
    assert value(found, "alongside_http_request_duration_seconds_count", route="/stop/{token}") == 4
    assert value(found, "alongside_http_requests_in_progress") == 1  # this one
    assert value(found, "alongside_store_up") == 1
    assert value(found, "alongside_enrollments", state="stopped") == 1
    assert value(found, "alongside_enrollments", state="awaiting confirmation") == 1
    assert value(found, "alongside_steps", state="held") == 1
    assert value(found, "alongside_mails_due") == 2  # rui's welcome, and the question whether waiting confirms
    assert value(found, "alongside_mails_overdue_seconds") == 0
    assert value(found, "alongside_store_size_bytes") > 10_000
    assert value(found, "process_resident_memory_bytes") > 0
    assert not re.search(r"joana|rui|example\.net|s-[0-9a-f]{10}|month|careful", answer.body)


def test_what_the_relay_does(local: Running, tmp_path: Path) -> None:
    local.converse("newcomer")
    local.write_first()
    back_up(local.store, tmp_path / "copy", now=NOW)
    found = samples(local.ask("GET", "/metrics").body)
    assert value(found, "alongside_conversations", state="open") == 1
    assert value(found, "alongside_first_notes") == 1
    assert value(found, "alongside_stored_letters", state="planned") == 1
    assert value(found, "alongside_last_backup_timestamp_seconds") == NOW.timestamp()


def test_what_the_clock_did() -> None:
    figures = Figures()
    figures.count_mails({"sent": 3, "skipped": 0})
    figures.count_letters({"sent": 1})
    figures.count_inbound({"bounce": 2})
    figures.end_pass("send", 0.5, well=True)
    figures.end_pass("send", 70, well=False)
    of = figures.registry.get_sample_value
    assert of("alongside_mails_total", {"outcome": "sent"}) == 3
    assert of("alongside_mails_total", {"outcome": "skipped"}) is None
    assert of("alongside_inbound_mails_total", {"kind": "bounce"}) == 2
    assert of("alongside_pass_duration_seconds_sum", {"work": "send"}) == 70.5
    assert of("alongside_pass_failures_total", {"work": "send"}) == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/metrics", {"X-Forwarded-For": "192.0.2.1"}),
        ("/metrics", {"X-Real-IP": "127.0.0.1"}),
        ("/metrics", {"Forwarded": "for=192.0.2.1"}),
        ("/metrics", {"Via": "1.1 proxy"}),
        ("/metrics", {"Host": "rebound.example.org"}),
        ("/metrics", {"Host": ""}),
        ("/alongside/metrics", {}),
    ],
)
def test_what_came_by_a_proxy_is_not_from_here(store: Store, path: str, headers: dict[str, str]) -> None:
    with running(store, make_home("alongside/")) as service:
        assert service.ask("GET", "/metrics").status == 200
        assert service.ask("GET", path, headers=headers).status == 404


def test_a_token_opens_it_for_its_holder_alone(local: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "token"
    secret.write_text("one\n")
    monkeypatch.setenv(f"{TOKEN}_FILE", str(secret))
    for headers, status in (
        ({}, 404),
        ({"Authorization": "Bearer one"}, 200),
        ({"Authorization": "bearer one", "X-Forwarded-For": "192.0.2.1"}, 200),
        ({"Authorization": "Bearer two"}, 404),
        ({"Authorization": "Basic one"}, 404),
        ({"Authorization": "Bearer \xe9"}, 404),
        ({"Authorization": "Bearer"}, 404),
    ):
        assert local.ask("GET", "/metrics", headers=headers).status == status, headers
    secret.write_text("two\n")  # changed without a restart
    assert local.ask("GET", "/metrics", headers={"Authorization": "Bearer two"}).status == 200
    assert local.ask("POST", "/metrics", b"", {"Authorization": "Bearer two"}).status == 405


def test_a_store_that_is_away_is_a_figure(local: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("Away.")

    with monkeypatch.context() as patch:
        patch.setattr(type(local.store), "reading", refuse)
        found = samples(local.ask("GET", "/metrics").body)
    assert value(found, "alongside_store_up") == 0
    assert ("alongside_mails_due", ()) not in found
    assert value(samples(local.ask("GET", "/metrics").body), "alongside_store_up") == 1


def test_the_store_is_asked_once_in_a_while(store: Store) -> None:
    with running(store, make_home()) as service:
        asked: list[object] = []
        sa.event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        service.ask("GET", "/metrics")
        first = len(asked)
        assert 0 < first < 20
        service.ask("GET", "/metrics")
        assert len(asked) == first


def test_the_handbook_names_every_figure(local: Running) -> None:
    """The table and the rules of the page, against what is told."""
    local.converse("newcomer")
    figures = set(re.findall(r"`(alongside_\w+)", HANDBOOK.read_text(encoding="utf-8").partition("## Figures")[2]))
    text = local.ask("GET", "/metrics").body
    families = {family.name for family in text_string_to_metric_families(text)}
    told = {name for name in families if name.startswith("alongside_")}
    bare = {re.sub("_(total|info|count|bucket|sum)$", "", name) for name in figures}
    missing = {re.sub("_(total|info)$", "", name) for name in told} - bare
    assert not missing
    assert not bare - {re.sub("_(total|info)$", "", name) for name in told} - {
        "alongside_last_pass_timestamp_seconds", "alongside_last_backup_timestamp_seconds", "alongside_notes"
    }  # fmt: skip
    rules = [
        rule
        for block in re.findall(r"```yaml\n(groups:.+?)```", HANDBOOK.read_text(encoding="utf-8"), re.DOTALL)
        for group in yaml.safe_load(block)["groups"]
        for rule in group["rules"]
    ]
    assert len(rules) >= 4
    for rule in rules:
        named = set(re.findall(r"alongside_\w+", rule["expr"]))
        assert named
        assert {re.sub("_(total|info|count|bucket|sum)$", "", name) for name in named} <= bare
        assert rule["annotations"]["summary"]


# --- whether it does what it should ---


def test_ready_or_not(store: Store) -> None:
    clock = [0.0]
    with running(store, make_home()) as service:
        ready = service.ask("GET", "/readyz")
        assert (ready.status, json.loads(ready.body)) == (200, {"ok": True, "why": ""})
        with store.writing() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        answer = service.ask("GET", "/readyz")
        assert (answer.status, json.loads(answer.body)["why"]) == (503, "schema")
        assert service.ask("GET", "/healthz").status == 200
    rounds = Rounds(monotonic=lambda: clock[0])
    work = Work(name="send", every_seconds=60, run=str)
    assert not rounds.is_late("send")  # not done here
    rounds.begin(work)
    rounds.end(work, well=True)
    clock[0] = 500
    assert not rounds.is_late("send")
    for second in range(540, 1200, 60):  # the mail server refuses, again and again
        clock[0] = second
        rounds.begin(work)
        rounds.end(work, well=False)
    assert rounds.is_late("send")
    rounds.begin(work)
    rounds.end(work, well=True)
    assert not rounds.is_late("send")
    rounds.begin(work)  # very many mails
    clock[0] += 3000
    assert not rounds.is_late("send")
    clock[0] += 3000  # nobody believes that any more
    assert rounds.is_late("send")
    slow = replace(work, name="slow", every_seconds=7200)
    rounds.begin(slow)
    rounds.end(slow, well=True)
    clock[0] += 7300
    assert not rounds.is_late("slow")


def test_late_and_stopping_are_told(store: Store) -> None:
    with running(store, make_home()) as service:
        assert service.service is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Rounds, "is_late", lambda *_: True)
            assert json.loads(service.ask("GET", "/readyz").body)["why"] == "late"
        service.service.stopping.set()
        assert json.loads(service.ask("GET", "/readyz").body)["why"] == "stopping"
        assert service.ask("GET", "/healthz").status == 200
