"""A variable stands twice in one env file.

Readers disagree on which line counts, and whoever edits one of them wonders why nothing changes.

    before:  PORT=3000 … PORT=4000
    after:   PORT=4000
"""

from collections import Counter
from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which names stand more than once?"""
    for file in facts.files:
        counts = Counter(entry.key for entry in file.entries)
        for name, times in counts.items():
            if times > 1:
                lines = [entry.line for entry in file.entries if entry.key == name]
                where = listed([str(line) for line in lines])
                yield Fault(
                    message=f"{name} stands there {times} times: lines {where}",
                    path=file.path,
                    line=lines[-1],
                    context=name,
                )


CHECK = Check(
    id="variable-duplicated",
    title="every variable stands once",
    severity=Severity.MEDIUM,
    remedy="keep the line that is meant, and take the others out",
    run=run,
    reads_files=True,
)
