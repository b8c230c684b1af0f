from __future__ import annotations

from alongside.delivery.doctor.findings import Area, Finding, State
from alongside.delivery.doctor.levels import Level, Standing, read_standing


def found(area: Area, what: str, state: State = "ok") -> Finding:
    hint = "" if state == "ok" else "Do it."
    return Finding(area=area, what=what, state=state, message=f"{what} is {state}.", hint=hint)


STATIC = (found("settings", "site address"), found("settings", "content"))
LAWFUL = (found("settings", "postal address"), found("settings", "privacy notice"))
MAIL = (
    *STATIC,
    *LAWFUL,
    found("smtp", "server"),
    found("smtp", "certificate", "warning"),
    found("imap", "server"),
    found("store", "passes"),
)


def standing(*findings: Finding) -> tuple[Level, Level | None, tuple[str, ...]]:
    result = read_standing(findings)
    return result.level, result.next_level, result.missing


def test_nothing_yet() -> None:
    assert standing(found("settings", "site address", "error"), found("settings", "content")) == (
        "none",
        "static",
        ("site address is error. Do it.",),
    )


def test_the_site_alone() -> None:
    findings = (
        *STATIC,
        found("settings", "postal address", "warning"),
        found("settings", "privacy notice"),
        found("smtp", "server", "skipped"),
        found("imap", "server", "skipped"),
        found("store", "passes", "warning"),
    )
    assert standing(*findings) == (
        "static",
        "mail",
        (
            "postal address is warning. Do it.",
            "server is skipped. Do it.",
            "passes is warning. Do it.",
        ),
    )


def test_mail_and_what_an_error_takes_away() -> None:
    missing = ("service is skipped. Do it.",)
    assert standing(*MAIL, found("service", "service", "skipped")) == ("mail", "service", missing)
    assert standing(*MAIL, found("smtp", "login", "error"))[:2] == ("static", "mail")
    assert standing(*MAIL, found("smtp", "login", "error"))[2] == ("login is error. Do it.",)


def test_answers_may_come_another_way() -> None:
    piped = [finding for finding in MAIL if finding.area != "imap"]
    assert standing(*piped)[0] == "static"
    assert standing(*piped, found("store", "arrivals"))[0] == "mail"


def test_all_of_it() -> None:
    assert read_standing((*MAIL, found("service", "service"))) == Standing(level="service", next_level=None)


def test_what_was_not_looked_at() -> None:
    assert standing(*STATIC, *LAWFUL, found("store", "passes"), found("imap", "server"))[2] == (
        "It was not looked at: smtp.",
    )
