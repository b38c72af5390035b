"""The content security policy lets scripts in that stand in the page, or there is none.

Why: a policy is there so that a script which somebody smuggled into the page does not run.
`'unsafe-inline'` and `'unsafe-eval'` let just that run; `contentSecurityPolicy: false` turns all of
it off.

How it looks: at the options of helmet, of its contentSecurityPolicy, of helmet-csp, and at the
header that is set by hand. A nonce or a hash beside `'unsafe-inline'` makes browsers ignore it, and
is fine.

Severity: medium for scripts; low for styles, and where the policy is turned off (an API that sends
no pages may do without). Directives that are computed are unknown.

Silence: `// skc: allow csp-unsafe-inline REASON` at the line.

Before:
    helmet({ contentSecurityPolicy: { directives: { scriptSrc: ["'self'", "'unsafe-inline'"] } } })
After:
    helmet({ contentSecurityPolicy: { directives: {
      scriptSrc: ["'self'", (req, res) => `'nonce-${res.locals.nonce}'`] } } })
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.answers import CSP, Header
from skillconnect_ops.code.conditions import is_served
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.package_calls import PackageCall
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Placed, Said, at, over_server, untold
from skillconnect_ops.core.finding import Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_OF_SCRIPTS = frozenset(
    {"scriptsrc", "script-src", "defaultsrc", "default-src", "scriptsrcelem", "script-src-elem"}
)
_OF_STYLES = frozenset({"stylesrc", "style-src", "stylesrcelem", "style-src-elem"})
_UNSAFE = ("'unsafe-inline'", "'unsafe-eval'")


def run(facts: Facts) -> Verdict:
    """Where is it let in?"""
    return over_server(facts, _judge, applies=_many, what="security policies")


def _calls(found: "Server") -> Iterator[PackageCall]:
    for call in found.calls:
        is_one = (call.package == "helmet" and call.member in {"", "contentSecurityPolicy"}) or (
            call.package == "helmet-csp"
        )
        if is_one and is_served(call.guard):
            yield call


def _by_hand(found: "Server") -> Iterator[Header]:
    for header in found.answers.headers:
        if header.name == CSP and is_served(header.guard):
            yield header


def _many(found: "Server") -> int:
    return sum(1 for _ in _calls(found)) + sum(1 for _ in _by_hand(found))


def _judge(found: "Server") -> Iterator[Said | Open]:
    for header in _by_hand(found):
        if isinstance(header.value, Computed):
            yield untold(header, f"the policy {header.value.text} is not told")
            continue
        parts = (part.split() for part in str(header.value).split(";"))
        yield from _of_policy(header, {words[0]: words[1:] for words in parts if words})
    for call in _calls(found):
        options: Any = call.given[0] if call.given else {}
        if isinstance(options, Computed):
            yield untold(call, f"the options {options.text} are not told: {options.reason}")
            continue
        policy = options
        if call.package == "helmet" and call.member == "" and isinstance(options, Mapping):
            policy = options.get("contentSecurityPolicy", {})
        if policy is False:
            yield at(call, "the content security policy is turned off", Severity.LOW)
        elif isinstance(policy, Computed):
            yield untold(call, f"the policy {policy.text} is not told: {policy.reason}")
        elif isinstance(policy, Mapping):
            yield from _of_policy(call, policy.get("directives", {}))


def _of_policy(call: Placed, directives: Any) -> Iterator[Said | Open]:
    if not isinstance(directives, Mapping):
        if isinstance(directives, Computed):
            yield untold(call, f"the directives are not told: {directives.reason}")
        return
    for name, sources in directives.items():
        kind = str(name).lower()
        if kind not in _OF_SCRIPTS | _OF_STYLES:
            continue
        if isinstance(sources, Computed):
            yield untold(call, f"{name} is not told: {sources.reason}")
            continue
        listed = sources if isinstance(sources, list) else str(sources).split()
        safe = any("nonce-" in str(one) or "sha256-" in str(one) for one in map(_text, listed))
        for unsafe in _UNSAFE:
            if unsafe in listed and not (safe and unsafe == _UNSAFE[0]):
                severity = Severity.MEDIUM if kind in _OF_SCRIPTS else Severity.LOW
                yield at(call, f"{name} lets {unsafe} in", severity)


def _text(source: Any) -> str:
    return source.text if isinstance(source, Computed) else str(source)


CHECK = Check(
    id="csp-unsafe-inline",
    title="content security policy with unsafe-inline, or off",
    severity=Severity.MEDIUM,
    references=("CWE-79", "CWE-1021", "OWASP CSP Cheat Sheet"),
    remedy="give scripts a nonce of each answer, and take 'unsafe-inline' out of scriptSrc",
    run=run,
)
