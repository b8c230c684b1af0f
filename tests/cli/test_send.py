from __future__ import annotations

import mailbox
from collections.abc import Callable
from pathlib import Path

import mailparser
import pytest
from click.testing import Result

Run = Callable[..., Result]

NOW = "2026-12-01T09:00Z"


def test_before_anybody_is_enrolled(run: Run, small_community: Path) -> None:
    result = run("send", "--now", NOW)
    assert result.exit_code == 0
    assert "Start with: alongside enroll" in result.stdout
    assert not (small_community / "alongside.sqlite").exists()
    assert not (small_community / "outbox").exists()


def test_what_is_due_goes_to_the_outbox_once(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    first = run("send", "--now", NOW)
    assert first.exit_code == 0
    assert "1 mail sent to outbox/" in first.stdout
    assert "Joana" not in first.stdout  # cron keeps what is printed
    assert run("send", "--now", NOW).stdout.startswith("0 mails sent")
    (path,) = (small_community / "outbox" / "new").iterdir()
    mail = mailparser.parse_from_bytes(path.read_bytes())
    assert mail.to == [("Joana", "joana@example.org")] or mail.to == [("Joana", "Joana@example.org")]
    assert mail.subject == "Welcome, Joana"
    (text,), (html,) = mail.text_plain, mail.text_html
    for part in (text, html):
        assert "Hello Joana!" in part
        assert "Good that you are here." in part


def test_thirty_days_at_once(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    result = run("send", "--now", NOW, "--until", "2026-12-31T09:00Z")
    assert result.exit_code == 0
    assert "Tue 1 Dec 2026\n  09:00  welcome to Joana from Ana Souza: Welcome, Joana" in result.stdout
    assert "Tue 8 Dec 2026\n  12:00  check-in to Joana from Ana Souza: How is it going?" in result.stdout  # 9 in Recife
    assert "2 mails sent" in result.stdout
    assert len(mailbox.Maildir(small_community / "outbox", create=False)) == 2
    again = run("send", "--now", NOW, "--until", "2026-12-31T09:00Z")
    assert "0 mails sent" in again.stdout


def test_the_same_clock_gives_the_same_mails(run: Run, small_community: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALONGSIDE_SECRET", "the same")

    def month() -> dict[str, bytes]:
        for path in [*small_community.glob("alongside.sqlite*"), *small_community.glob("outbox/*/*")]:
            path.unlink()
        run("enroll", "month", "joana.yml", "--now", NOW)
        run("send", "--now", NOW, "--until", "2026-12-31T09:00Z")
        return {path.name: path.read_bytes() for path in small_community.glob("outbox/new/*")}

    first = month()
    assert len(first) == 2
    assert month() == first


def test_a_dry_run_says_and_does_nothing(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    result = run("send", "--now", NOW, "--dry-run")
    assert "welcome to Joana from Ana Souza" in result.stdout
    assert "1 mail would be sent." in result.stdout
    assert not (small_community / "outbox").exists()
    assert "1 mail sent" in run("send", "--now", NOW).stdout


def test_a_server_out_of_reach_is_told_and_loses_nothing(
    run: Run, small_community: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("enroll", "month", "joana.yml")
    monkeypatch.setenv("ALONGSIDE_SMTP_URL", "smtp://user:hunter2@127.0.0.1:1?tls=none")
    result = run("send")
    assert result.exit_code == 1
    assert "127.0.0.1 takes no mail" in result.stderr
    assert "hunter2" not in result.output
    assert not (small_community / "outbox").exists()
    assert run("send", "--now", "2099-01-01T00:00Z").exit_code == 0  # a simulated clock never meets a server


def test_a_message_with_a_slip_names_its_place(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    message = small_community / "journeys" / "mails" / "welcome.md"
    whole = message.read_text(encoding="utf-8")
    message.write_text(whole.replace("newcomer.name }}!", "newcomer.nickname }}!"), encoding="utf-8")
    result = run("send", "--now", NOW)
    assert result.exit_code == 1
    assert "1 mail could not be sent: journeys/mails/welcome.md:4:" in result.stderr
    message.write_text(whole, encoding="utf-8")
    assert "1 mail sent" in run("send", "--now", "2026-12-01T15:00Z").stdout


def test_a_journey_whose_file_is_gone_loses_nothing(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    journey = small_community / "journeys" / "month.yml"
    journey.rename(small_community / "month.yml")
    result = run("send", "--now", NOW)
    assert result.exit_code == 0
    assert '2 steps of the journey "month" wait' in result.stderr
    (small_community / "month.yml").rename(journey)
    assert "1 mail sent" in run("send", "--now", NOW).stdout


def test_an_outbox_that_cannot_be_written(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    (small_community / "outbox").write_text("in the way\n", encoding="utf-8")
    result = run("send", "--now", NOW)
    assert result.exit_code == 1
    assert "outbox/ cannot be written" in result.stderr
    (small_community / "outbox").unlink()
    assert "1 mail sent" in run("send", "--now", NOW).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--until", "2026-12-31T09:00Z"], "--until is for a simulated clock."),
        (["--now", NOW, "--until", "soon"], '--until "soon" is no instant.'),
        (["--now", NOW, "--until", "2026-11-30T09:00Z"], "--until is before --now."),
        (["--now", NOW, "--until", "2026-12-31T09:00Z", "--limit", "3"], "--until goes with neither"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_wrong_calls(run: Run, arguments: list[str], says: str) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    result = run("send", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_names_cannot_move_the_cursor(run: Run, small_community: Path) -> None:
    profile = 'email: x@example.org\nname: "A\\e[2JB\\u202Ex"\nbasis: consent\n'
    (small_community / "x.yml").write_text(profile, encoding="utf-8")
    if run("enroll", "month", "x.yml", "--now", NOW).exit_code == 0:
        for arguments in (["send", "--dry-run"], ["newcomers", "list"], ["newcomers", "show", "x@example.org"]):
            result = run(*arguments, "--now", NOW)
            assert "\x1b" not in result.stdout
            assert "\u202e" not in result.stdout


def test_a_moment_that_was_renamed_is_told_while_its_steps_wait(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", "2026-12-01T09:00Z")
    journey = small_community / "journeys" / "month.yml"
    journey.write_text(journey.read_text(encoding="utf-8").replace("id: check-in", "id: check-in-1"), encoding="utf-8")
    sent = run("send", "--now", "2026-12-01T09:00Z")
    told = 'there is no "check-in". If it is "check-in-1" now, rename it back.'
    assert f"1 waiting step of month without a moment: {told}" in sent.stderr
    assert told in run("status", "--now", "2026-12-01T09:00Z").stdout
