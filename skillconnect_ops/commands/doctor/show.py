"""What `doctor` shows: for machines as facts, for people as one line for each verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.doctor.model import Check, Facts, Mark, Verdict
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.view import Block, FindingsHere, Lines, Pairs, Text, Tone, count

_SERVER = "server-unreachable"

Judged = Sequence[tuple[Check, Sequence[Verdict]]]


def view(judged: Judged, *, verbose: bool) -> tuple[Block, ...]:
    """What is wrong first, then the servers, then what is well: in a line, or each of it."""
    passed = [
        (check, verdict)
        for check, verdicts in judged
        for verdict in verdicts
        if verdict.mark is Mark.PASS
    ]
    blocks: list[Block] = [FindingsHere()]
    servers = tuple(
        (verdict.subject, verdict.says) for check, verdict in passed if check.id == _SERVER
    )
    if servers and not verbose:
        blocks.append(Pairs(servers))
    if not verbose:
        says = f"{count(len(passed), 'check')} passed; skc doctor --verbose lists them"
        return (*blocks, Lines((Text(says, Tone.GOOD),)))
    subjects = dict.fromkeys(verdict.subject for _, verdict in passed)
    for subject in subjects:
        own = tuple((check.title, one.says) for check, one in passed if one.subject == subject)
        blocks.append(Pairs(own, title=f"well: {subject}"))
    idle = tuple(
        (check.title, f"{verdict.subject}: {verdict.says}")
        for check, verdicts in judged
        for verdict in verdicts
        if verdict.mark is Mark.NOT_APPLICABLE
    )
    return (*blocks, *((Pairs(idle, title="not applicable"),) if idle else ()))


def facts_of(facts: Facts, judged: Sequence[tuple[Check, Sequence[Verdict]]]) -> Mapping[str, Any]:
    """`facts.doctor`."""
    return {
        "project": facts.project.value.settings.project.name
        if isinstance(facts.project, Known)
        else None,
        "targets": {
            target.name: {
                "server": target.connection.value.server,
                "cluster": target.connection.value.cluster,
                "database": _known(target.connection.value.database),
                "size_bytes": _known(target.connection.value.size_bytes),
                "history_window_s": _known(target.connection.value.window_s),
            }
            if isinstance(target.connection, Known)
            else None
            for target in facts.targets
        },
        "tools": facts.tools,
        "checks": [
            {"id": check.id, "title": check.title, "mark": verdict.mark, **_of(verdict)}
            for check, verdicts in judged
            for verdict in verdicts
        ],
    }


def _known(fact: object) -> object:
    return fact.value if isinstance(fact, Known) else None


def _of(verdict: Verdict) -> Mapping[str, Any]:
    return {"subject": verdict.subject, "says": verdict.says, "remedy": verdict.remedy or None}
