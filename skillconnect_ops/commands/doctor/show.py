"""What `doctor` shows: for machines as facts, for people as one line for each verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.doctor.model import Check, Facts, Mark, Verdict
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.view import Block, Table, Text, Tone

_WORDS = {
    Mark.PASS: Text("PASS", Tone.GOOD),
    Mark.NOT_APPLICABLE: Text("not applicable", Tone.DIM),
}


def view(judged: Sequence[tuple[Check, Sequence[Verdict]]]) -> tuple[Block, ...]:
    """What is well. What is not follows as findings, with remedies, and then what is unknown."""
    rows = tuple(
        (_WORDS[verdict.mark], check.title, verdict.subject, verdict.says)
        for mark in (Mark.PASS, Mark.NOT_APPLICABLE)
        for check, verdicts in judged
        for verdict in verdicts
        if verdict.mark is mark
    )
    return (Table(("result", "what", "of", "how it is"), rows),)


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
