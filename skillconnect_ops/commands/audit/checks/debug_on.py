"""An app runs in its debug mode.

Why: with `debug=True` FastAPI and Starlette answer every error with a page that shows the code
around each step of it, with the values of variables; `reload=True` watches the disk and starts the
process anew for each file that changes, with one worker alone.

How it looks: at `FastAPI(debug=…)`, `Starlette(debug=…)`, and at `uvicorn.run(…, reload=True)`.
What stands below a condition for development alone is left out. A setting that the environment
gives is no business of code, unless it is on as long as the environment says nothing.

Severity: medium; low for `reload`, in scripts that are run by hand, and where only an unset
variable turns it on. What is computed in another way is unknown.

Silence: `# skc: allow debug-on REASON` at the line.

Before:
    app = FastAPI(debug=True)
After:
    app = FastAPI()
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import OUTSIDE, Defaulted, PackageCall
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_APPS = frozenset({"fastapi", "starlette"})


def run(facts: Facts) -> Verdict:
    """Which apps do?"""
    return over_server(facts, _judge, applies=_many, what="apps and servers")


def _calls(found: "Server") -> Iterator[PackageCall]:
    for call in found.calls:
        is_one = (call.package == "starlette" and call.member in _APPS) or call.package == "uvicorn"
        if is_one and in_production(call.guard) is not False:
            yield call


def _many(found: "Server") -> int:
    return sum(1 for _ in _calls(found))


def _judge(found: "Server") -> Iterator[Said | Open]:
    for call in _calls(found):
        options: Any = call.given[0]
        name = "reload" if call.package == "uvicorn" else "debug"
        value = options.get(name, options.get("..."))
        says = f"{name} is on"
        severity = Severity.LOW if name == "reload" else Severity.MEDIUM
        if isinstance(value, Defaulted):
            if value.default.lower() in {"true", "1"}:
                yield at(call, f"{says} unless the environment says otherwise", Severity.LOW)
        elif isinstance(value, Computed):
            if value.reason != OUTSIDE and in_production(value.text) is not False:
                yield untold(call, f"whether {name} is on is not told: {value.reason}")
        elif value is True:
            yield at(call, says, severity)


CHECK = Check(
    id="debug-on",
    title="app in debug mode",
    severity=Severity.MEDIUM,
    references=("CWE-489", "CWE-209", "OWASP A05:2021"),
    remedy="leave debug and reload out, or take them from the environment, with False where it "
    "says nothing",
    run=run,
)
