"""What RFC 5545 asks of a calendar file, checked octet by octet, by nothing that wrote or reads one elsewhere."""

from __future__ import annotations

import re
from collections import Counter

_NAME = re.compile(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"\x00-\x1f]+"|[^";:,\x00-\x1f]+))*):(.*)', re.DOTALL)
_MOMENT = re.compile(r"\d{8}T\d{6}Z?")
_FORMS = {
    "UID": r".+",
    "DTSTAMP": r"\d{8}T\d{6}Z",
    "LAST-MODIFIED": r"\d{8}T\d{6}Z",
    "SEQUENCE": r"\d+",
    "STATUS": r"CONFIRMED|TENTATIVE|CANCELLED",
    "GEO": r"-?\d{1,2}\.\d{6};-?\d{1,3}\.\d{6}",
    "RRULE": r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9+,-]+)*",
    "URL": r"https?://[!-~]+",
    "SOURCE": r"https?://[!-~]+",
    "CONFERENCE": r"https?://[!-~]+",
    "ORGANIZER": r"https?://[!-~]+",
    "IMAGE": r"https://[!-~]+",
    "COLOR": r"[a-z]+",
    "X-APPLE-CALENDAR-COLOR": r"#[0-9A-F]{6}",
    "TZOFFSETFROM": r"[+-]\d{4}(\d\d)?",
    "TZOFFSETTO": r"[+-]\d{4}(\d\d)?",
    "DTSTART": r"\d{8}(T\d{6}Z?)?",
    "DTEND": r"\d{8}(T\d{6}Z?)?",
    "EXDATE": r"\d{8}(T\d{6}Z?)?",
    "RECURRENCE-ID": r"\d{8}(T\d{6}Z?)?",
    "REFRESH-INTERVAL": r"PT\d+H",
}
_TEXTS = {
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "COMMENT",
    "NAME",
    "X-WR-CALNAME",
    "X-WR-CALDESC",
    "CATEGORIES",
    "TZNAME",
    "UID",
    "PRODID",
}
_ONCE = {
    "VEVENT": {
        "UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS", "SUMMARY", "DESCRIPTION", "LOCATION", "GEO", "URL",
        "RRULE", "RECURRENCE-ID", "TRANSP", "LAST-MODIFIED", "ORGANIZER",
    },
    "VCALENDAR": {"PRODID", "VERSION", "METHOD", "CALSCALE", "NAME", "COLOR", "URL", "SOURCE", "REFRESH-INTERVAL",
        "X-WR-CALNAME", "X-WR-CALDESC", "X-APPLE-CALENDAR-COLOR"},
    "VTIMEZONE": {"TZID"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE"},
}  # fmt: skip
_NEEDED = {
    "VEVENT": {"UID", "DTSTAMP", "DTSTART"},
    "VCALENDAR": {
        "PRODID", "VERSION", "METHOD", "NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "COLOR",
        "X-APPLE-CALENDAR-COLOR",
    },
    "VTIMEZONE": {"TZID"},
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
}  # fmt: skip
_INSIDE = {"": {"VCALENDAR"}, "VCALENDAR": {"VEVENT", "VTIMEZONE"}, "VTIMEZONE": {"STANDARD", "DAYLIGHT"}}


def broken_rules(content: bytes) -> list[str]:
    """Every rule a calendar breaks, in words; empty for a valid one."""
    found: list[str] = []
    if not content.endswith(b"\r\n"):
        found.append("the last line has no end")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", content):
        found.append("a line ends in something else than CRLF")
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", content):
        found.append("a control character")
    for line in content.split(b"\r\n"):
        if len(line) > 75:
            found.append(f"a line of {len(line)} octets")
        try:
            line.decode()
        except UnicodeDecodeError:
            found.append(f"a character is parted: {line!r}")
    return found or _broken_structure(content.decode().replace("\r\n ", ""))


def _broken_structure(text: str) -> list[str]:
    found: list[str] = []
    open_parts: list[tuple[str, Counter[str], list[str]]] = [("", Counter(), [])]
    zones: set[str] = set()
    used: set[str] = set()
    identities: Counter[tuple[str, str]] = Counter()
    for line in text.split("\r\n")[:-1]:
        match = _NAME.fullmatch(line)
        if match is None:
            found.append(f"no content line: {line[:60]!r}")
            continue
        name, parameters, value = match.groups()
        if name == "BEGIN":
            if value not in _INSIDE.get(open_parts[-1][0], ()):
                found.append(f"{value} inside {open_parts[-1][0] or 'nothing'}")
            open_parts[-1][1][f"BEGIN {value}"] += 1
            open_parts.append((value, Counter(), []))
        elif name == "END":
            part, names, lines = open_parts.pop()
            found += _broken_part(part, names, value)
            if part == "VEVENT":
                identity = [entry for entry in lines if entry.startswith(("UID", "RECURRENCE-ID"))]
                identities["|".join(identity), ""] += 1
        else:
            open_parts[-1][1][name] += 1
            open_parts[-1][2].append(line)
            found += _broken_value(name, parameters, value)
            zone = re.search(r";TZID=([^;]+)", parameters)
            if zone is not None:
                used.add(zone[1])
            if name == "TZID":
                zones.add(value)
    if len(open_parts) != 1:
        found.append("a component is not closed")
    found += [f"no VTIMEZONE for {zone}" for zone in sorted(used - zones)]
    found += [f"two events are {identity[0]}" for identity, count in identities.items() if count > 1]
    return found


def _broken_part(part: str, names: Counter[str], closed: str) -> list[str]:
    found = [f"{part} closed as {closed}"] if part != closed else []
    found += [f"{part} without {name}" for name in sorted(_NEEDED.get(part, set()) - set(names))]
    found += [f"{part} with {name} twice" for name in sorted(_ONCE.get(part, set())) if names[name] > 1]
    if part == "VCALENDAR" and not any(name.startswith("BEGIN ") for name in names):
        found.append("VCALENDAR without a component")
    if part == "VCALENDAR" and names["UID"]:
        found.append("VCALENDAR with a UID, which vdirsyncer takes for that of each event")
    return found


def _broken_value(name: str, parameters: str, value: str) -> list[str]:
    form = _FORMS.get(name)
    found = [f"{name}: {value[:60]!r}"] if form is not None and not re.fullmatch(form, value, re.DOTALL) else []
    if name in _TEXTS:
        bare = re.sub(r"\\[\\;,n]", "", value)
        if "\\" in bare or ";" in bare or ("," in bare and name != "CATEGORIES"):
            found.append(f"{name} is not escaped: {value[:60]!r}")
    if name in ("DTSTART", "DTEND", "EXDATE", "RECURRENCE-ID"):
        is_day = len(value) == 8
        if is_day != (";VALUE=DATE" in parameters):
            found.append(f"{name}{parameters}:{value}")
        if value.endswith("Z") and "TZID" in parameters:
            found.append(f"{name} in UTC with a TZID")
    if name == "RRULE":
        parts = dict(part.split("=", 1) for part in value.split(";"))
        if "UNTIL" in parts and "COUNT" in parts:
            found.append("RRULE with UNTIL and COUNT")
        if "UNTIL" in parts and not re.fullmatch(r"\d{8}(T\d{6}Z)?", parts["UNTIL"]):
            found.append(f"UNTIL is not in UTC: {parts['UNTIL']}")
    return found
