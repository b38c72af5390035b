"""A secret, or something personal, is printed.

Why: what is printed lands in log files, in a log service and in front of everybody who may read
these; it stays there for months, and no rotation finds it. OWASP's Logging Cheat Sheet names what
must not be logged: passwords, tokens, session ids, keys, connection strings, payment data, and what
identifies a person.

How it looks: at the arguments of each call of `console` and of Python's `print`, by the names of
variables and properties, and never by strings: `"wrong password"` is no secret, `user.password` is.
Passwords, secrets, tokens, keys, cookies, authorization headers, one-time codes, e-mail addresses,
telephone and card numbers count, and so do whole requests: `req`, `req.body`, `req.headers`,
`req.cookies`, `process.env`. It looks into objects, arrays, templates, and through functions that
show what they are given (`JSON.stringify`). What is only measured or asked about is not printed:
`token.length`, `!!token`, `password ? "set" : "not set"`, `hash(password)`.

Severity: high, since a logger in the place of `console` does not mend it; medium in scripts that
are run by hand, which print for one person and into no log; low in tests, whose secrets are made
up. Names can deceive, so the confidence is medium.

Silence: `// skc: allow console-secret REASON`. A comment of ESLint's for `no-console` says that
printing is meant, not that this is: it does not count here.

Before:
    console.log("login", req.body);
After:
    logger.info("login", { userId: user._id });
"""

from collections.abc import Iterator

from skillconnect_ops.code.console import Use
from skillconnect_ops.code.looked import Looked
from skillconnect_ops.code.prints import Print
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Verdict, judged, missing
from skillconnect_ops.commands.audit.placing import BY_HAND, IN_TEST, placed, unknown_of
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.view import listed


def run(facts: Facts) -> Verdict:
    """Where is one printed?"""
    if isinstance(facts.console, Missing):
        return missing(facts.console.reason)
    if isinstance(facts.prints, Missing):
        return missing(facts.prints.reason)
    scripts, modules = facts.console.value, facts.prints.value
    return judged(
        [*_hits(scripts), *_hits(modules)],
        files=scripts.files + modules.files,
        what="JavaScript or Python",
        unknown=unknown_of((*scripts.unknown, *modules.unknown)),
    )


def _hits(looked: Looked[Use] | Looked[Print]) -> Iterator[Hit]:
    for path, uses in looked.found.items():
        for use in uses:
            by_hand = path in looked.programs or (isinstance(use, Print) and use.main)
            if use.told:
                yield _hit(path, use, placed(path, program=by_hand))


def _hit(path: str, use: Use | Print, place: str | None) -> Hit:
    says = f"{listed(use.told, most=3)} {'is' if len(use.told) == 1 else 'are'} printed"
    return Hit(
        path=path,
        line=use.line,
        column=use.column,
        end_line=use.end_line,
        says=f"{says}; {place}" if place else says,
        context=use.context,
        severity=_GRADES[place] if place else None,
        confidence=Confidence.MEDIUM,
    )


_GRADES = {IN_TEST: Severity.LOW, BY_HAND: Severity.MEDIUM}

CHECK = Check(
    id="console-secret",
    title="secret or personal data printed",
    severity=Severity.HIGH,
    references=("CWE-532", "CWE-359", "OWASP Logging Cheat Sheet"),
    remedy="do not print it: log an id that leads to it, or only whether it is there",
    run=run,
    of_lines=True,
)
