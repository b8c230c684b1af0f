from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from alongside.cli import main

Run = Callable[..., Result]

BEGAN = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
NOW = "2026-12-01T09:00Z"


EFFECT = """\
month  The first month, 20% held out
  500 people: 0 got mail, 0 answered it, 0 stopped, 0 bounced.
  Compared: 409 with mail, 91 without.

  converted within 30 days
    with mail     19.6%  80 of 409  █████████████████████████├─────●─────┤
    without mail   5.5%    5 of 91  ████├────●─────────┤
                                    0%     5%      10%    15%     20%     25%
    With mail 80 of 409 (19.6%), without 5 of 91 (5.5%): 14.1 points more, 95%
    interval 6.5 to 19.2.

  left within 30 days
    with mail     2.9%  12 of 409  ███████├────●───────┤
    without mail  3.3%    3 of 91  █████├───────●───────────────────────┤
                                   0%     2%      4%      6%      8%      10%
    With mail 12 of 409 (2.9%), without 3 of 91 (3.3%): 95% interval -6.4 to 2.7
    points. The interval includes no difference: these figures do not show an
    effect.
    To see a difference of 5 points four times in five takes about 1,200 people
    with 20% of them held out. At the pace so far, 165 in 30 days, that is March
    2027.

2 comparisons stand here. Where the mails do nothing at all, one in twenty looks
as if they did, by chance. Decide before you look which one counts: --event
NAME.
"""


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """The same people are held out each time: who is, depends on the store's key."""
    monkeypatch.setenv("ALONGSIDE_SECRET", "one secret for all of these tests")


@pytest.fixture
def trial(small_community: Path, run: Run, secret: None) -> Trial:
    return Trial(small_community, run)


class Trial:
    """A journey of which some are held out, and verbs for a test to read by."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder, self.run = folder, run
        self.hold_out("20%")

    def hold_out(self, share: str) -> None:
        journey = self.folder / "journeys/month.yml"
        lines = [line for line in journey.read_text().splitlines() if not line.startswith("holdout")]
        journey.write_text("\n".join([*lines, f'holdout: "{share}"']) + "\n")

    def enroll(self, people: Iterable[int], *, at: datetime = BEGAN) -> str:
        rows = "".join(f"p{number}@example.org,consent,u{number}\n" for number in people)
        (self.folder / "many.csv").write_text("email,basis,id\n" + rows)
        result = self.run("enroll", "month", "--csv", "many.csv", "--now", at.isoformat())
        assert result.exit_code == 0
        return result.stdout

    def arms(self) -> dict[str, list[str]]:
        """Addresses by arm."""
        with sqlite3.connect(self.folder / "alongside.sqlite") as store:
            rows = store.execute(
                "select arm, address from enrollments join newcomers on newcomers.id = newcomer_id order by newcomer_id"
            ).fetchall()
        store.close()
        found: dict[str, list[str]] = {}
        for arm, address in rows:
            found.setdefault(arm, []).append(address)
        return found

    def tell(
        self, event: str, counts: Mapping[str, int], *, after: timedelta = timedelta(days=3), at: datetime = BEGAN
    ) -> Result:
        """So many of each arm did it, so long after they were enrolled."""
        arms = self.arms()
        rows = [
            f"{address},{event},{(at + after).isoformat()}\n"
            for arm, count in counts.items()
            for address in arms[arm][:count]
        ]
        (self.folder / "told.csv").write_text("email,event,at\n" + "".join(rows))
        return self.run("outcomes", "import", "told.csv", "--now", NOW)

    def effect(self, *arguments: str, now: str = NOW) -> str:
        result = self.run("effect", *arguments, "--now", now)
        assert result.exit_code == 0, result.output
        return result.stdout

    def figures(self, *arguments: str, now: str = NOW) -> dict[str, Any]:
        """The month, as JSON."""
        (found,) = json.loads(self.effect("month", "--format", "json", *arguments, now=now))["journeys"]
        return cast(dict[str, Any], found)


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_nobody_is_there(run: Run, small_community: Path) -> None:
    assert "Nobody is enrolled yet" in run("effect").stdout
    assert json.loads(run("effect", "--format", "json").stdout)["journeys"] == []
    assert not (small_community / "alongside.sqlite").exists()


def test_nobody_is_held_out(trial: Trial) -> None:
    trial.hold_out("0%")
    trial.enroll(range(3))
    assert trial.tell("converted", {"": 3}).exit_code == 0
    assert trial.effect() == (
        "month  The first month\n"
        "  3 people: 0 got mail, 0 answered it, 0 stopped, 0 bounced.\n"
        "  No comparison: nobody is held out.\n"
    )
    assert trial.figures()["outcomes"] == []


def test_a_difference_and_what_stands_beside_it(trial: Trial) -> None:
    told = trial.enroll(range(500))
    assert {arm: len(people) for arm, people in trial.arms().items()} == {"treated": 409, "held out": 91}
    assert told.startswith(
        "500 newcomers enrolled on month, of whom 91 are held out and get no mail (`holdout: 20%`).\n"
    )
    trial.tell("converted", {"treated": 80, "held out": 5})
    trial.tell("left", {"treated": 12, "held out": 3})
    text = trial.effect()
    assert text == EFFECT
    assert max(map(len, text.splitlines())) <= 80
    alone = trial.effect("month", "--event", "converted")
    assert "left" not in alone
    assert "comparisons stand here" not in alone
    rows = list(csv.DictReader(io.StringIO(trial.effect("--format", "csv"))))
    assert [(row["journey"], row["event"], row["with_mail"], row["judgement"]) for row in rows] == [
        ("month", "converted", "80", "shown"),
        ("month", "left", "12", "not shown"),
    ]
    assert float(rows[0]["low"]) == pytest.approx(0.0645, abs=0.0001)


def test_who_stopped_or_never_confirmed_counts_as_they_were_parted(trial: Trial) -> None:
    journey = trial.folder / "journeys/month.yml"
    journey.write_text(journey.read_text() + "confirm: true\n")
    assert "409 must confirm first" in one_line(trial.enroll(range(500)))
    arms = trial.arms()
    stopped, confirmed, bounced = arms["treated"][0], arms["treated"][1], arms["treated"][2]
    later = (BEGAN + timedelta(days=20)).isoformat()
    assert trial.run("newcomers", "stop", stopped, "--now", later).exit_code == 0
    assert trial.run("newcomers", "stop", arms["held out"][0], "--journey", "month", "--now", later).exit_code == 0
    # a confirmation moves `enrolled_at`; the person is looked at from the same instant as everybody else
    assert trial.run("newcomers", "confirm", confirmed, "--now", later).exit_code == 0
    with sqlite3.connect(trial.folder / "alongside.sqlite") as store:
        store.execute(
            "insert into events (newcomer_id, kind, detail, happened_at) select id, kind, '', ? from newcomers, "
            "(select 'bounced' as kind union select 'stopped') where address = ?",
            [int(BEGAN.timestamp()) + 60, bounced],
        )
    store.close()
    trial.tell("converted", {"treated": 3, "held out": 1}, after=timedelta(days=25))
    trial.tell("converted", {"treated": 0, "held out": 2}, after=timedelta(days=31))  # too late
    trial.tell("converted", {"treated": 2, "held out": 0}, after=timedelta(days=-1))  # before
    trial.tell("converted", {"treated": 2, "held out": 0}, after=timedelta(days=26))  # again
    found = trial.figures()
    assert (found["stopped"], found["bounced"]) == (2, 1)
    (converted,) = found["outcomes"]
    assert (converted["with_mail"]["count"], converted["with_mail"]["of"]) == (3, 409)
    assert (converted["without_mail"]["count"], converted["without_mail"]["of"]) == (1, 91)
    assert (converted["judgement"], converted["difference"]) == ("too few outcomes", None)
    assert "Too few to say anything: 4 of all did it, fewer than 5." in trial.effect()
    # who was erased is gone from both sides of the sum
    assert trial.run("newcomers", "erase", stopped).exit_code == 0
    (converted,) = trial.figures()["outcomes"]
    assert (converted["with_mail"]["count"], converted["with_mail"]["of"]) == (2, 408)


def test_it_is_too_early_until_the_time_is_over(trial: Trial) -> None:
    trial.enroll(range(120))
    trial.tell("converted", {"treated": 50, "held out": 10})
    early = one_line(trial.effect(now=(BEGAN + timedelta(days=30, seconds=-1)).isoformat()))
    assert early.endswith(
        "Too early to say anything of 101 with mail and 19 without: the first 30 days are over on 1 October 2026."
    )
    trial.enroll(range(120, 130), at=BEGAN + timedelta(days=10))
    text = one_line(trial.effect(now=(BEGAN + timedelta(days=30)).isoformat()))
    assert "Too early to count: 10 more, enrolled less than 30 days ago." in text
    assert "Too few to say anything: 19 in the smaller group, fewer than 30." in text
    assert "At the pace so far, 130 in 30 days, that is" in text
    assert trial.figures("--within", "12 hours")["with_mail"] == {"people": 109, "too_early": 0}
    assert "converted within 12 hours" in trial.effect("--within", "12 hours", "--event", "converted")
    assert trial.figures("--since", "2026-09-05")["people"] == 10


def test_a_share_that_was_changed_is_told(trial: Trial) -> None:
    trial.enroll(range(200))
    trial.hold_out("50%")
    trial.enroll(range(200, 400), at=BEGAN + timedelta(days=20))
    trial.tell("converted", {"treated": 40, "held out": 20})
    assert "--since 2026-09-02" in one_line(trial.effect())
    assert trial.figures()["share_changed_after"] == "2026-09-01T09:00:00Z"
    assert trial.figures("--since", "2026-09-02")["share_changed_after"] is None
    trial.hold_out("0%")  # the trial is over, and its figures stay
    assert "of them held out." in one_line(trial.effect("--event", "converted", "--since", "2026-09-02"))


def test_who_came_without_an_arm_is_not_compared(trial: Trial) -> None:
    trial.hold_out("0%")
    trial.enroll(range(5))
    trial.hold_out("20%")
    trial.enroll(range(5, 205))
    text = one_line(trial.effect())
    assert "205 people:" in text
    assert "Not compared: 5 who came while nobody was held out, or by writing to a member." in text
    assert "Nothing was told yet of what they did" in text


def test_a_slip_of_the_pen_is_no_result(trial: Trial) -> None:
    trial.enroll(range(3))
    assert "Nothing was told yet" in trial.run("effect", "--event", "converted").stderr
    trial.tell("converted", {"treated": 1})
    wrong = trial.run("effect", "--event", "convertd")
    assert (wrong.exit_code, 'Did you mean "converted"?' in wrong.stderr) == (2, True)
    for arguments in (("--within", "soon"), ("--within", "0 days"), ("nowhere",), ("--since", "yesterday")):
        assert trial.run("effect", *arguments).exit_code == 2


def test_a_journey_that_is_gone_is_still_told(trial: Trial) -> None:
    trial.enroll(range(60))
    (trial.folder / "journeys/month.yml").unlink()
    assert trial.effect().startswith("month  no longer there\n")


def test_all_places_say_who_is_held_out(trial: Trial) -> None:
    trial.enroll(range(10))
    one = trial.arms()["held out"][0]
    assert "held out" in trial.run("newcomers", "list", "--show").stdout
    listed = json.loads(trial.run("newcomers", "list", "--show", "--format", "json").stdout)
    assert {(entry["arm"], entry["state"]) for entry in listed} == {("held out", "held out"), ("treated", "active")}
    shown = trial.run("newcomers", "show", one).stdout
    assert "month  held out" in shown
    assert "gets no mail of it" in shown
    assert "step  " not in shown
    trial.run("newcomers", "stop", one)
    assert "month  stopped" in trial.run("newcomers", "show", one).stdout
    assert "1 stopped" in trial.run("status", "--now", NOW).stdout
    assert "Of a hundred newcomers, 20 are held out" in trial.run("preview", "month", "--as", "joana.yml").stdout
    trial.run("preview", "month", "--as", "joana.yml", "--html", "preview.html")
    assert "Of a hundred newcomers, 20 are held out" in (trial.folder / "preview.html").read_text()


# --- outcomes from a file ---


def test_outcomes_are_taken_in_once(trial: Trial) -> None:
    trial.enroll(range(3))
    (trial.folder / "o.csv").write_text(
        "email,id,event,at\n"
        " P0@Example.org ,,converted,2026-09-03T10:00:00Z\n"
        ",u1,plan-changed,2026-09-03T12:00:00+02:00\n"
        ",u9,converted,2026-09-03T10:00:00Z\n"
        "stranger@example.org,,converted,2026-09-03 10:00\n"
    )
    first, again = (trial.run("outcomes", "import", "o.csv") for _ in range(2))
    assert first.stdout == "2 outcomes taken in, 0 known before, 2 of people who are on no journey.\n"
    assert again.stdout == "0 outcomes taken in, 2 known before, 2 of people who are on no journey.\n"
    with sqlite3.connect(trial.folder / "alongside.sqlite") as store:
        held = store.execute("select name, happened_at from outcomes order by name").fetchall()
    store.close()
    at = int(datetime(2026, 9, 3, 10, tzinfo=UTC).timestamp())
    assert held == [("converted", at), ("plan-changed", at)]


def test_an_event_from_a_file_does_what_it_does(trial: Trial) -> None:
    trial.enroll(range(60))
    trial.tell("left", {"treated": 10, "held out": 4})
    states = json.loads(trial.run("status", "--format", "json", "--now", NOW).stdout)["journeys"][0]["states"]
    treated, held_out = (len(trial.arms()[arm]) for arm in ("treated", "held out"))
    assert states == {"active": treated - 10, "held out": held_out, "stopped": 10}
    found = trial.figures()
    assert found["stopped"] == 0  # nobody asked for that
    assert [each["with_mail"]["count"] for each in found["outcomes"]] == [10]


def test_rows_of_outcomes_that_cannot_be_used(trial: Trial) -> None:
    trial.enroll(range(3))
    (trial.folder / "o.csv").write_text(
        "email,event,at\n"
        ",converted,2026-09-03T10:00:00Z\n"
        "no address,converted,2026-09-03T10:00:00Z\n"
        "p0@example.org,Converted!,2026-09-03T10:00:00Z\n"
        "p0@example.org,converted,2026-09-03\n"
        "p0@example.org,converted,some day\n"
        "p1@example.org,converted,2026-09-03T10:00:00Z\n"
    )
    result = trial.run("outcomes", "import", "o.csv")
    assert (result.exit_code, result.stdout.startswith("1 outcome taken in")) == (1, True)
    told = result.stderr.splitlines()
    assert [line.split(":")[1] for line in told] == ["2", "3", "4", "5", "6"]
    assert "says of nobody" in told[0]
    assert "no e-mail address" in told[1]
    assert "cannot be an event" in told[2]
    assert "without a time" in told[3]
    assert "no date and time" in told[4]
    (trial.folder / "o.csv").write_text("email,event\np0@example.org,converted\n")
    assert trial.run("outcomes", "import", "o.csv").exit_code == 1


def test_colours_can_be_switched_off(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.enroll(range(200))
    trial.tell("converted", {"treated": 40, "held out": 5})
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = CliRunner().invoke(main, ["effect", "--now", NOW], color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    plain = CliRunner().invoke(main, ["effect", "--now", NOW], color=True).stdout
    assert "\x1b[" in coloured
    assert "\x1b[" not in plain
