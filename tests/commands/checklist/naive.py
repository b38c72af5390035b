"""What may pass, told a second time and as plainly as can be: the oracle of the property tests.

It reads the lines as they were once written, as JSON, one after the other, and keeps for each proof
what it would believe. It shares no line with the code that it judges.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Line = Mapping[str, Any]
DAYS = {"audit": 7, "command": 7, "evidence": 30, "http": 1}


def in_order(chains: Mapping[str, Sequence[bytes]]) -> list[Line]:
    """All records; within a chain in its order, among chains by the latest time so far."""
    found = []
    for name, lines in chains.items():
        latest = ""
        for number, raw in enumerate(lines):
            line = json.loads(raw)
            latest = max(latest, _time(line).isoformat())
            found.append((latest, name, number, line))
    return [line for *_, line in sorted(found, key=lambda one: one[:3])]


def may_pass(
    proofs: Sequence[Mapping[str, Any]],
    lines: Sequence[Line],
    *,
    listed: frozenset[str],
    project: str,
    here: Mapping[str, Any],
    content: str,
    now: datetime,
    clock_before: datetime | None,
) -> bool:
    """Whether an item with these proofs may be PASS."""
    own = [line for line in lines if line["project"] == project]
    soon = now + timedelta(minutes=5)
    if any(_time(line) > soon for line in own if line["key"] in listed):
        return False
    if clock_before is not None and clock_before > soon:
        return False
    own = [line for line in own if _time(line) <= soon]
    beliefs = [
        _belief(proof, own, listed=listed, here=here, content=content, now=now) for proof in proofs
    ]
    return "no" not in beliefs and "yes" in beliefs


def _belief(
    proof: Mapping[str, Any],
    lines: Sequence[Line],
    *,
    listed: frozenset[str],
    here: Mapping[str, Any],
    content: str,
    now: datetime,
) -> str:
    if proof["kind"] == "person":
        return "no"  # a word is never a pass
    apart: dict[str, list[Line]] = {}
    for line in lines:
        about = line["subject"].get("databases") if proof["kind"] == "evidence" else None
        apart.setdefault(str(about), []).append(line)
    parts = [
        _of_one(proof, part, listed=listed, here=here, content=content, now=now)
        for part in apart.values()
    ]
    if "bad" in parts:
        return "no"
    return next((one for one in ("yes", "left out") if one in parts), "no")


def _of_one(
    proof: Mapping[str, Any],
    lines: Sequence[Line],
    *,
    listed: frozenset[str],
    here: Mapping[str, Any],
    content: str,
    now: datetime,
) -> str:
    """What is believed of one thing: `bad` where it was seen to be wrong."""
    good: Line | None = None
    failing, blind, excused = False, False, False
    complaints: set[str] = set()
    for line in lines:
        said = _said(proof, line, here)
        if said is None:
            continue
        if line["key"] not in listed:
            if said == "fail":
                complaints.add(line["key"])
            elif said != "unknown":
                complaints.discard(line["key"])
            continue
        complaints.clear()
        if said == "unknown":
            blind = not failing
            continue
        failing, blind, excused = said == "fail", False, said == "not applicable"
        good = None if failing else line
    if complaints or failing:
        return "bad"
    if blind or good is None:
        return "no"
    if _time(good) + timedelta(days=DAYS[proof["kind"]]) <= now:
        return "no"
    if proof["kind"] == "audit" and good["facts"]["content"] != content:
        return "no"
    return "left out" if excused else "yes"


def _said(proof: Mapping[str, Any], line: Line, here: Mapping[str, Any]) -> str | None:
    """What a record says of a proof, if it speaks of it at all."""
    subject = line["subject"]
    if proof["kind"] != "audit" and any(subject.get(key) != here[key] for key in here):
        return None
    if proof["kind"] == "audit" and "target" in subject:
        return None
    if proof["kind"] == "evidence":
        if line["claim"] != proof["evidence"]:
            return None
        return "pass" if line["holds"] else "fail"
    if line["claim"] != "checklist.proof" or subject.get("proof") != proof["digest"]:
        return None
    said = line["facts"]["outcome"]
    known = said in {"pass", "fail", "not applicable"}
    return said if known and (said == "pass") == line["holds"] else "unknown"


def _time(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"])
