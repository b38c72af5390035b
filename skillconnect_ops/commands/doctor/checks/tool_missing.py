"""A program that can be of use is not on PATH. No fault: skc does its work without them.

`mongorestore`, `age` and `zstd` open a backup where skc is not at hand; `mongosh` takes the role
scripts that are shown here.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict, not_applicable, passed
from skillconnect_ops.core.finding import Severity


def run(facts: Facts) -> Sequence[Verdict]:
    """Which ones are there?"""
    return [
        passed(tool, path) if path else not_applicable(tool, f"not on PATH; {USES[tool]}")
        for tool, path in facts.tools.items()
        if tool in USES
    ]


USES = {
    "mongodump": "skc does not need it",
    "mongorestore": "restores an exported backup without skc",
    "mongosh": "takes role scripts",
    "age": "decrypts a backup without skc",
    "zstd": "unpacks a backup without skc",
}


CHECK = Check(
    id="tool-missing",
    title="other programs",
    severity=Severity.LOW,
    run=run,
)
