"""A Python service prints where it should log.

Why: as with `console-call`: no level, no request, no fields, past what masks secrets, and in a
container without a terminal `print` is buffered, so that the last lines before a crash are lost.

How it looks: Python's own parser, and the names of each scope: a `print` that the code has defined,
imported or been given is its own affair. Also found: `builtins.print`, aliases (`p = print`), and
`print` that is handed on (`map(print, rows)`). `print(…, file=handle)` writes a file and is left
out; `file=sys.stderr` counts.

Severity: medium; low where it goes to stderr, and in tests, in scripts (`#!`, bin/, scripts/,
tools/, `__main__.py`, `manage.py`, management/commands/) and below `if __name__ == "__main__"`,
where a person reads what is printed: there it is a program's output, and no leftover.

Silence: `# noqa: T201` as for ruff and flake8-print, or `# skc: allow print-call REASON`.

Before:
    print("user authenticated", user.id)
After:
    logger.info("user authenticated", extra={"user_id": user.id})
"""

from skillconnect_ops.code.prints import Print
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Verdict, judged, missing
from skillconnect_ops.commands.audit.placing import placed, unknown_of
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing


def run(facts: Facts) -> Verdict:
    """Where is it called, or handed on?"""
    if isinstance(facts.prints, Missing):
        return missing(facts.prints.reason)
    looked = facts.prints.value
    hits = [
        _hit(path, one, placed(path, program=path in looked.programs or one.main))
        for path, found in looked.found.items()
        for one in found
    ]
    return judged(hits, files=looked.files, what="Python", unknown=unknown_of(looked.unknown))


def _hit(path: str, one: Print, place: str | None) -> Hit:
    says = "print is called" if one.call else "print is handed on"
    says = f"{says}, to stderr" if one.stderr else says
    return Hit(
        path=path,
        line=one.line,
        column=one.column,
        end_line=one.end_line,
        says=f"{says}; {place}" if place else says,
        context=one.context,
        severity=Severity.LOW if one.stderr or place is not None else None,
    )


CHECK = Check(
    id="print-call",
    title="print instead of a logger",
    severity=Severity.MEDIUM,
    references=("CWE-532", "ruff T201"),
    remedy="log through `logging` or the service's logger, or say `# skc: allow print-call REASON`",
    run=run,
    of_lines=True,
    heeds_linters=True,
)
