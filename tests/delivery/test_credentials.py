"""Secrets: in the environment or in a file, and never in a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from alongside.delivery.credentials import read_secret
from alongside.delivery.store import open_store, store_url
from alongside.problems import UsageError

NAME = "ALONGSIDE_SMTP_URL"


def test_where_a_secret_stands(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b" s\xc3\xa9cret \r\n")
    assert read_secret({}, NAME) == ""
    assert read_secret({NAME: "given "}, NAME) == "given "
    assert read_secret({f"{NAME}_FILE": f" {file}"}, NAME) == " sécret "
    assert read_secret({NAME: "given", f"{NAME}_FILE": " "}, NAME) == "given"


def test_what_is_wrong_with_it_is_told_without_it(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    for path, words in (
        (tmp_path / "none", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (tmp_path / "binary", "is no UTF-8"),
        (tmp_path / "large", "too large to be a secret"),
    ):
        with pytest.raises(UsageError, match=words):
            read_secret({f"{NAME}_FILE": str(path)}, NAME)
    with pytest.raises(UsageError, match=f"Both {NAME} and {NAME}_FILE are set") as caught:
        read_secret({NAME: "hush", f"{NAME}_FILE": str(tmp_path / "large")}, NAME)
    assert "hush" not in str(caught.value)


def test_the_store_reads_its_secrets_so(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"sqlite:///{tmp_path}/elsewhere.sqlite\n")
    (tmp_path / "secret").write_text("one\n")
    environment = {
        "ALONGSIDE_DATABASE_URL_FILE": str(tmp_path / "url"),
        "ALONGSIDE_SECRET_FILE": str(tmp_path / "secret"),
    }
    assert store_url(tmp_path, environment).database == str(tmp_path / "elsewhere.sqlite")
    key = open_store(tmp_path, environment).key
    given = {"ALONGSIDE_DATABASE_URL": f"sqlite:///{tmp_path}/elsewhere.sqlite", "ALONGSIDE_SECRET": "one"}
    assert open_store(tmp_path, given).key == key
