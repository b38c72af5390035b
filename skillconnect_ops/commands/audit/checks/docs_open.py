"""An app describes itself to everybody.

Why: `/docs`, `/redoc` and `/openapi.json` list every route, every field and every error, also those
of administration: what somebody who looks for a way in would have to guess otherwise. A public API
means it; most are not.

How it looks: at `FastAPI(…)` whose `openapi_url` is not None (the pages need it, and are gone with
it). Where a setting or a condition says whether it is there, it is left alone.

Severity: low. Confidence medium, since an API may be meant for all.

Silence: `# skc: allow docs-open REASON` at the line of `FastAPI()`.

Before:
    app = FastAPI()
After:
    app = FastAPI(openapi_url=None if settings.production else "/openapi.json")
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import OUTSIDE, Defaulted, PackageCall
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.core.finding import Confidence, Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Which apps do?"""
    return over_server(facts, _judge, applies=_many, what="FastAPI apps")


def _apps(found: "Server") -> Iterator[PackageCall]:
    for call in found.calls:
        is_one = call.package == "starlette" and call.member == "fastapi"
        if is_one and in_production(call.guard) is not False:
            yield call


def _many(found: "Server") -> int:
    return sum(1 for _ in _apps(found))


def _judge(found: "Server") -> Iterator[Said | Open]:
    for call in _apps(found):
        options: Any = call.given[0]
        where = options.get("openapi_url", options.get("...", "/openapi.json"))
        if isinstance(where, Defaulted):
            where = where.default
        if isinstance(where, Computed):
            if where.reason != OUTSIDE and not where.reason.startswith("it depends"):
                yield untold(call, f"whether it describes itself is not told: {where.reason}")
        elif where:
            says = f"every route is described at {where}, for whoever asks"
            yield at(call, says, Severity.LOW, Confidence.MEDIUM)


CHECK = Check(
    id="docs-open",
    title="FastAPI app that describes itself to everybody",
    severity=Severity.LOW,
    references=("CWE-200", "OWASP API9:2023"),
    remedy='FastAPI(openapi_url=None if settings.production else "/openapi.json")',
    run=run,
)
