from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from alongside.delivery.doctor.leaks import NEW_SECRET, check_secrets
from alongside.delivery.store import open_store
from delivery.doctor.looking import MakeSetup, told

GOOD = "correct horse battery staple"


@pytest.mark.parametrize(
    ("made_with", "secret", "state", "said"),
    [
        (
            None,
            "",
            "ok",
            "The key of a new store will lie inside it: who has a backup can make stop links of its newcomers. Guard "
            "backups as the store.",
        ),
        (
            "",
            "",
            "ok",
            "The store's key lies inside it: who has a backup can make stop links of its newcomers. Guard backups as the "
            "store.",
        ),
        (
            "",
            GOOD,
            "warning",
            "ALONGSIDE_SECRET is set, and the store does not use it: it was made without, its key lies inside. Take the "
            "variable away, or start a new store with it.",
        ),
        (GOOD, GOOD, "ok", "It comes from ALONGSIDE_SECRET. Keep a copy: a store without it does not open."),
        (None, "aaaaaaaaaaaaaaaaaaaaaaaa", "error", f"ALONGSIDE_SECRET can be guessed. Make one with: {NEW_SECRET}"),
        (
            "hunter2",
            "hunter2",
            "warning",
            "ALONGSIDE_SECRET can be guessed: who has the store can then try addresses and make stop links. Keep the store "
            "closed. Changing the secret would lose who asked for no more mail.",
        ),
    ],
)
def test_the_key(
    tmp_path: Path, make_setup: MakeSetup, made_with: str | None, secret: str, state: str, said: str
) -> None:
    if made_with is not None:
        open_store(tmp_path, {"ALONGSIDE_SECRET": made_with}).close()
    assert told(check_secrets(make_setup(environment={"ALONGSIDE_SECRET": secret})), "key") == (state, said)


def test_passwords_in_the_configuration(tmp_path: Path, make_setup: MakeSetup) -> None:
    setup = make_setup()
    assert told(check_secrets(setup), "passwords") == ("ok", "mkdocs.yml holds none.")
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: Us\nrepo_url: https://example.org:80/x@y\nx: smtps://us:hunter2@smtp.example.org\n"
    )
    findings = list(check_secrets(setup))
    assert told(findings, "passwords") == (
        "error",
        "mkdocs.yml holds a password (line 3). Set it in the environment instead, and change it: git remembers.",
    )
    assert "hunter2" not in str(findings)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def test_what_git_would_take_along(tmp_path: Path, make_setup: MakeSetup) -> None:
    setup = make_setup()
    assert told(check_secrets(setup), "git") == ("skipped", "There is no private file yet.")
    (tmp_path / ".env").touch(0o600)
    (tmp_path / "outbox").mkdir()
    assert told(check_secrets(setup), "git") == ("skipped", "The community is not in git.")
    git(tmp_path, "init", "-q")
    assert told(check_secrets(setup), "git") == (
        "error",
        "git would take .env, outbox along, with people's data. Write them into .gitignore; if tracked already: git rm "
        "-r --cached",
    )
    (tmp_path / ".gitignore").write_text(".env\noutbox/\n")
    assert told(check_secrets(setup), "git") == ("ok", "It ignores all private files.")
    git(tmp_path, "add", "-f", ".env")  # tracked: an ignore rule no longer helps
    assert told(check_secrets(setup), "git")[0] == "error"


def test_private_files_on_the_website(tmp_path: Path, make_setup: MakeSetup) -> None:
    (tmp_path / "content").mkdir()
    environment = {"ALONGSIDE_DATABASE_URL": f"sqlite:///{tmp_path}/content/store.sqlite"}
    open_store(tmp_path, environment).close()
    assert told(check_secrets(make_setup(environment=environment)), "place") == (
        "error",
        "store.sqlite is in a folder that becomes the website. Move it out.",
    )


def test_an_open_env_file(tmp_path: Path, make_setup: MakeSetup) -> None:
    (tmp_path / ".env").touch()
    (tmp_path / ".env").chmod(0o644)
    assert told(check_secrets(make_setup()), ".env mode") == (
        "error",
        "Other accounts of this machine can open .env (mode 0644). chmod -R u=rwX,go= .env",
    )


def test_no_git(tmp_path: Path, make_setup: MakeSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told(check_secrets(make_setup()), "git") == ("skipped", "There is no git here.")
