"""Clients are shown stack traces.

Why: a trace names files, functions, packages with their versions, sometimes values: a plan of the
house for whoever looks for a way in.

How it looks: for the `stack` of an error in what an answer sends, at once or by way of an object or
of functions of the project, for what `inspect` and `serializeError` make of an error, and for the
package errorhandler; in Python for what `traceback` formats, in a response, in an HTTPException or
in what a handler gives back, and for the words of an error (`str(error)`) in an answer of 500 and
above. What stands below a condition for development alone is left out; `console` and loggers may be
given it. A page that is given a whole error, and a function of others that is given a trace and the
answer, are unknown.

Severity: medium; low for the words of an error alone. Below a condition that is not told (a setting
of its own, say) it is unknown.

Silence: `// skc: allow stack-sent-to-client REASON` at the line.

Before:
    res.status(500).json({ message: err.message, stack: err.stack });
After:
    logger.error('request failed', { err, requestId: req.id });
    res.status(500).json({ error: 'internal error', requestId: req.id });
Before:
    return JSONResponse({"trace": traceback.format_exc()}, status_code=500)
After:
    logger.exception("request failed", extra={"request_id": request_id})
    return JSONResponse({"error": "internal error", "requestId": request_id}, status_code=500)
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Where is one sent?"""
    has_apps = isinstance(facts.apps, Missing) or bool(facts.apps.value.apps)

    def files(found: "Server") -> int:
        return found.files if has_apps or found.answers.traces else 0

    return over_server(facts, _judge, applies=files, what="files of an app")


def _judge(found: "Server") -> Iterator[Said | Open]:
    for trace in found.answers.traces:
        live = in_production(trace.guard)
        what = "the text of an error" if trace.words else "a stack trace"
        if trace.lost and live is not False:
            yield untold(trace, f"{trace.lost} is not told")
        elif live:
            severity = Severity.LOW if trace.words else Severity.MEDIUM
            yield at(trace, f"{what} is sent to the client", severity)
        elif live is None:
            why = f"{what} is sent where {trace.guard}; whether in production is not told"
            yield untold(trace, why)
    for call in found.calls:
        is_one = call.package == "errorhandler" and call.member == ""
        if is_one and in_production(call.guard):
            says = "the package errorhandler sends the stack trace to the client"
            yield at(call, says, Severity.MEDIUM)


CHECK = Check(
    id="stack-sent-to-client",
    title="stack traces sent to clients",
    severity=Severity.MEDIUM,
    references=("CWE-209", "CWE-497", "OWASP Error Handling Cheat Sheet"),
    remedy="log the error, and send a plain text with the request's id: res.status(500).json({ "
    "error: 'internal error', requestId: req.id })",
    run=run,
)
