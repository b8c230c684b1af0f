"""SPF (RFC 7208): which machines may send mail whose envelope is of a domain.

v=spf1 include:_spf.provider.example mx -all
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from alongside.delivery.doctor.findings import Finding, Notebook
from alongside.delivery.doctor.name_servers import Lookup, Records

MOST_LOOKUPS = 10  # RFC 7208 section 4.6.4
MOST_VOID = 2
MOST_MX = 10
_NOTE = Notebook("dns")
_COUNTED = ("include", "a", "mx", "ptr", "exists")
_KNOWN = (*_COUNTED, "all", "ip4", "ip6")
_EXAMPLE = "v=spf1 include:_spf.YOUR-PROVIDER ~all, or v=spf1 mx -all where the mail host sends itself"


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """What evaluating a record took, its includes followed."""

    lookups: int = 0
    void: int = 0
    end: str = ""  # the qualifier of the outermost `all`: "+", "-", "~", "?"; empty: there is none
    faults: list[str] = field(default_factory=list)  # what makes it a permanent error, sentences
    failed: list[str] = field(default_factory=list)  # names that gave no answer
    uses_ptr: bool = False


def spf_texts(records: Records) -> list[str]:
    """Those of a name's TXT records that are SPF (section 4.5)."""
    return [text for text in records.texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def check_spf(domain: str, lookup: Lookup) -> Iterator[Finding]:
    """The record of the envelope's domain."""
    records = lookup(domain, "TXT")
    texts = spf_texts(records)
    if records.ending == "failed":
        yield _NOTE.warning("SPF", f"The DNS of {domain} gives no answer ({records.why}).", "Look again later.")
    elif not texts:
        yield _NOTE.error(
            "SPF", f"{domain} has no SPF record, so nobody knows who may send its mail.", f"Publish TXT: {_EXAMPLE}."
        )
    elif len(texts) > 1:
        yield _NOTE.error(
            "SPF",
            f"{domain} has {len(texts)} SPF records, which is as good as none (RFC 7208 section 4.5).",
            "Make them one.",
        )
    else:
        found = Evaluation()
        evaluate(domain, texts[0], lookup, found)
        yield _judge_limits(domain, found)
        yield _judge_end(domain, found)


def _judge_limits(domain: str, found: Evaluation) -> Finding:
    if found.faults:
        return _NOTE.error("SPF", found.faults[0], "Mend the record: with an error in it, it counts as none.")
    if found.lookups > MOST_LOOKUPS:
        return _NOTE.error(
            "SPF",
            f"The record of {domain} takes more than {MOST_LOOKUPS} lookups; servers give up there and refuse it.",
            "Take out includes of services that no longer send, or name networks with ip4: and ip6:.",
        )
    if found.void > MOST_VOID:
        return _NOTE.error(
            "SPF",
            f"{found.void} names in the record of {domain} lead nowhere; more than {MOST_VOID} and it counts as none.",
            "Take out what no longer exists.",
        )
    if found.failed:
        return _NOTE.warning("SPF", f"{found.failed[0]} in the record gives no answer.", "Look again later.")
    if found.uses_ptr:
        return _NOTE.warning(
            "SPF", f'The record of {domain} uses "ptr", which is slow and not to be used.', "Name networks instead."
        )
    return _NOTE.ok("SPF", f"{domain} has one record; it takes {found.lookups} of {MOST_LOOKUPS} lookups.")


def _judge_end(domain: str, found: Evaluation) -> Finding:
    if found.end == "+":
        return _NOTE.error(
            "SPF end", f"The record of {domain} ends in +all: everybody may send as you.", "Write ~all or -all."
        )
    if found.end in ("", "?"):
        said = "ends in ?all" if found.end else "has no all at its end"
        return _NOTE.warning("SPF end", f"The record of {domain} {said}: it forbids nobody.", "Write ~all or -all.")
    return _NOTE.ok("SPF end", f"It ends in {found.end}all.")


def evaluate(domain: str, text: str, lookup: Lookup, found: Evaluation, *, outermost: bool = True) -> None:
    """Count what a receiver would have to ask for (section 4.6.4), as if no mechanism matched."""
    redirect = ""
    for term in text.split()[1:]:
        name, value = _mechanism(term)
        if term.lower().startswith("redirect="):
            redirect = term.partition("=")[2]
        elif name == "all":
            if outermost:
                found.end = term[0] if term[0] in "+-~?" else "+"
            return  # what follows is never looked at, a redirect neither (section 5.1)
        elif "=" in term.split(":")[0].split("/")[0]:
            continue  # an unknown modifier is passed over (section 6)
        elif name not in _KNOWN:
            found.faults.append(f'The record of {domain} has "{term[:40]}", which is no mechanism of SPF.')
        elif name in _COUNTED:
            _count(domain, name, value, lookup, found)
        if found.lookups > MOST_LOOKUPS:
            return
    if redirect:
        _follow(domain, "redirect", redirect, lookup, found, outermost=outermost)


def _mechanism(term: str) -> tuple[str, str]:
    """`~include:a.example/24` -> `("include", "a.example")`."""
    bare = term.lstrip("+-~?").partition("/")[0]
    name, _, value = bare.partition(":")
    return name.lower(), value


def _count(domain: str, name: str, value: str, lookup: Lookup, found: Evaluation) -> None:
    if name == "include":
        _follow(domain, name, value, lookup, found, outermost=False)
        return
    found.lookups += 1
    found.uses_ptr |= name == "ptr"
    target = value or domain
    if "%" in target or name == "ptr":  # a macro: the answer depends on the mail (section 7)
        return
    records = lookup(target, "MX" if name == "mx" else "A")
    if name == "a" and records.is_void:
        records = lookup(target, "AAAA")
    if name == "mx" and len(records.texts) > MOST_MX:
        found.faults.append(f"{target} has more than {MOST_MX} mail hosts, which SPF does not allow.")
    _note_ending(target, records, found)


def _follow(domain: str, how: str, target: str, lookup: Lookup, found: Evaluation, *, outermost: bool) -> None:
    """Another domain's record; one without a record is a permanent error (sections 5.2 and 6.1)."""
    found.lookups += 1
    if "%" in target or found.lookups > MOST_LOOKUPS:
        return
    records = lookup(target, "TXT")
    _note_ending(target, records, found)
    texts = spf_texts(records)
    if records.ending == "failed":
        return
    if len(texts) != 1:
        said = "has no SPF record" if not texts else "has several SPF records"
        found.faults.append(f"The record of {domain} names {target or 'nothing'} ({how}), which {said}.")
        return
    evaluate(target, texts[0], lookup, found, outermost=outermost)


def _note_ending(target: str, records: Records, found: Evaluation) -> None:
    if records.is_void:
        found.void += 1
    elif records.ending == "failed":
        found.failed.append(f"{target} ({records.why})")
