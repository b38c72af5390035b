"""Code prints with `console` where it should log.

Why: what `console` prints has no level that can be turned off, no request it belongs to and no
fields that a search can ask for; it goes past whatever masks secrets in the logger; and under load
writing to a pipe holds up the process.

How it looks: one parse of each JavaScript and TypeScript file (also Vue, Svelte and Astro
components, and scripts in HTML pages), and a pass that knows what each name means there. It finds
plain calls, `console?.log`, `console["log"]`, `globalThis.console.log`, aliases
(`const w = console.warn`), what is taken out of it (`const { log } = console`), `call`, `apply` and
`bind`, and methods that are handed on (`.catch(console.error)`). It leaves out a `console` that is
the code's own name, assignments to it, spies on it, and what only asks whether it is there.
Strings, comments, regular expressions and JSX text are no code. Not seen: handlers in HTML
attributes, expressions in the markup of components, templates of other languages, and a console
that is handed on whole (`new Client({ logger: console })`).

Severity: medium where it is `log`, `info`, `debug`, `trace`, `dir`, `table` and the like: traces of
work that nobody reads in production. Low where it is `warn`, `error` or `assert`: they go to stderr
and report what is wrong, so they are a logger's work, and seldom a leftover; ESLint's own example
allows these two. Low as well in tests, in scripts that are run by hand (`#!`, bin/, scripts/,
tools/), where a person reads what is printed. Nothing of it fails a run by default: more than 1,500
real calls stood in thirteen projects that were looked at. `--fail-on medium` is for those that are
clean.

Silence: ESLint's comments for `no-console`, or `// skc: allow console-call REASON` at the end of
the line or alone on the line before. What is allowed at an alias is allowed at its uses.

Fix: `skc audit --fix` shows what the calls become in the project's logger, `skc audit --write`
writes it; what is not plain is left to a person, and named. Errors become the field `err`, which
pino and bunyan spell out; winston takes a format for it, `err()`, right before `format.json()`:
    const err = winston.format((info) => {
      const { message, stack } = info.err ?? {};
      return stack ? { ...info, err: { message, stack } } : info;
    });

Before:
    console.log("User authenticated:", user._id);
After:
    logger.info("User authenticated", { userId: user._id });
"""

from skillconnect_ops.code.console import COMPUTED, Use
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Verdict, judged, missing
from skillconnect_ops.commands.audit.placing import placed, unknown_of
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.outcome import Missing

_REPORTS = frozenset({"warn", "error", "assert"})


def run(facts: Facts) -> Verdict:
    """Where is it called, or handed on?"""
    if isinstance(facts.console, Missing):
        return missing(facts.console.reason)
    looked = facts.console.value
    hits = [
        _hit(path, use, placed(path, program=path in looked.programs))
        for path, uses in looked.found.items()
        for use in uses
    ]
    return judged(hits, files=looked.files, what="JavaScript", unknown=unknown_of(looked.unknown))


def _hit(path: str, use: Use, place: str | None) -> Hit:
    name = "a method of console" if use.level == COMPUTED else f"console.{use.level}"
    says = f"{name} is called" if use.call else f"{name} is handed on"
    if use.bound_at is not None:
        says = f"{says}, by the name of line {use.bound_at}"
    low = use.level in _REPORTS or place is not None
    return Hit(
        path=path,
        line=use.line,
        column=use.column,
        end_line=use.end_line,
        says=f"{says}; {place}" if place else says,
        context=use.context,
        severity=Severity.LOW if low else None,
        confidence=Confidence.MEDIUM if use.damaged else Confidence.HIGH,
        bound_at=use.bound_at,
    )


CHECK = Check(
    id="console-call",
    title="console instead of a logger",
    severity=Severity.MEDIUM,
    references=("CWE-532", "ESLint no-console"),
    remedy="log through the project's logger (`skc audit --fix` shows how), "
    "or say `// skc: allow console-call REASON`",
    run=run,
    of_lines=True,
    heeds_linters=True,
)
