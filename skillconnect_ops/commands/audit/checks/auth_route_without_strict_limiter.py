"""A login may be tried again and again.

Why: passwords leak in millions and are tried everywhere; a code of six digits falls within a
million tries; a reset that may be asked for at will floods a mailbox and tells which addresses
exist. A limit that is fair for reading pages is far too many tries here.

How it looks: at the routes of Express and FastAPI that take a secret or hand one out: login,
registration, forgotten and reset passwords, one-time codes, second factors, verification, tokens.
The limiters before each are read: windows and limits that stand in the code, or as the value that
is taken if the environment says nothing else; `5/minute` of slowapi, and the objects that a limiter
of one's own is given for just this method and path. Strict is at most 20 tries in a window, and at
most 100 in a quarter of an hour. A refresh token is drawn at random and sent often: there any
limiter will do.

Severity: high where guessing is possible (login, codes, reset) and no limiter at all stands before
it; medium where it is a lax one, where accounts or mails are made (registration, forgotten
password, refresh), where somebody who is logged in may guess, and where the route's own functions
speak of accounts that are locked after some tries (`lockUntil`, `loginAttempts`), which slows down
guessing for one account, not for many; low for other routes behind a guard (making a token of one's
own). A limiter that runs in production alone is fine; one under another condition is a medium
finding. A limiter whose numbers are not told is unknown. A proxy in front may limit as well; of
that the code says nothing, so the confidence is medium.

Silence: `// skc: allow auth-route-without-strict-limiter REASON` at the line of the route.

Before:
    router.post('/login', login);
After:
    const strict = rateLimit({ windowMs: 15 * 60_000, limit: 10, skipSuccessfulRequests: true });
    router.post('/login', strict, login);
With FastAPI:
    @router.post("/login")
    @limiter.limit("10/15minutes")            # slowapi
    async def login(request: Request, sent: Login): ...
"""

import re
from collections.abc import Iterator
from typing import Any

from skillconnect_ops.code.conditions import in_production
from skillconnect_ops.code.express_model import (
    Application,
    Computed,
    Middleware,
    Role,
    Route,
    State,
)
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import (
    Secrets,
    is_live,
    lacking,
    name,
    own,
    said,
    secrets,
    unresolved,
)
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.view import count

_REFRESH = re.compile(r"/refresh(?:-?_?tokens?)?/?$", re.IGNORECASE)
_OWN_SECRET = re.compile(r"password|otp|2fa|mfa|code|factor", re.IGNORECASE)
_LIMIT, _WINDOW_MS, _QUARTER_MS = 5, 60_000, 900_000
_MOST, _MOST_A_QUARTER = 20, 100
_DEFAULT = re.compile(r"(?:\|\||\?\?)\s*([\d_]+(?:\s*\*\s*[\d_]+)*)\s*\)*$")


def run(facts: Facts) -> Verdict:
    """Which of these may be tried without end?"""
    return over_app(facts, _judge)


def _judge(found: Application) -> Iterator[Said | Open]:
    for route in found.routes:
        secret = secrets(route)
        if secret is None or not is_live(route):
            continue
        if route.rate_limit is State.UNRESOLVED:
            yield unresolved(route, "the limiter", Role.RATE_LIMIT)
        only = lacking(route, route.rate_limit, Role.RATE_LIMIT)
        if only is not None:
            yield _unlimited(route, secret, only)
        elif route.rate_limit in {State.YES, State.CONDITIONAL} and not _REFRESH.search(route.path):
            yield from _of_limiters(route)


def _unlimited(route: Route, secret: Secrets, only: str) -> Said:
    says = f"its limiter runs only where {only}" if only else "no limiter stands before it"
    guards = [one.condition for one in own(route, Role.AUTH) if one in route.middlewares]
    if any(in_production(condition) is not False for condition in guards):  # whoever comes is known
        grave = _OWN_SECRET.search(route.path) is not None
        return said(route, says, Severity.MEDIUM if grave else Severity.LOW)
    if only or secret is Secrets.MADE:
        return said(route, says, Severity.MEDIUM)
    if any(one.locks for one in (*route.middlewares, *route.handlers)):
        return said(route, f"{says}, though it speaks of locked accounts", Severity.MEDIUM)
    return said(route, says, Severity.HIGH)


def _of_limiters(route: Route) -> Iterator[Said | Open]:
    limiters = [one for one in own(route, Role.RATE_LIMIT) if in_production(one.condition)]
    rates = [_rates(one) for one in limiters]
    told = [rate for several in rates for rate in several]
    if any(
        limit <= _MOST and limit * _QUARTER_MS / window <= _MOST_A_QUARTER for limit, window in told
    ):
        return
    if not all(rates):
        names = next(one.name for one, several in zip(limiters, rates, strict=True) if not several)
        why = f"how many tries {names} leaves to {name(route)} is not told"
        yield Open(path=route.file, line=route.line, why=why)
    elif told:
        limit, window = min(told, key=lambda rate: rate[0] / rate[1])
        says = f"its limiter lets {count(round(limit), 'try', 'tries')} pass in {_time(window)}"
        yield said(route, says, Severity.MEDIUM)


def _time(window_ms: float) -> str:
    for unit_ms, unit in ((3_600_000, "hour"), (60_000, "minute"), (1_000, "second")):
        if window_ms >= unit_ms and window_ms % unit_ms == 0:
            return count(round(window_ms / unit_ms), unit)
    return f"{window_ms / 1_000:,.3g} seconds"


def _rates(limiter: Middleware) -> tuple[tuple[float, float], ...]:
    """Tries and milliseconds; none where they are not told."""
    if limiter.package != "express-rate-limit":
        return limiter.rates
    options: Any = limiter.options[0] if limiter.options else {}
    if not isinstance(options, dict) or "..." in options:
        return ()
    limit = _number(options.get("limit", options.get("max", _LIMIT)))
    window = _number(options.get("windowMs", _WINDOW_MS))
    return () if limit is None or not window else ((limit, window),)


def _number(value: Any) -> float | None:
    if isinstance(value, Computed):
        found = _DEFAULT.search(value.text)
        if found is None:
            return None
        product = 1
        for part in found[1].split("*"):
            product *= int(part.strip().replace("_", ""))
        return float(product)
    return float(value) if isinstance(value, int | float) else None


CHECK = Check(
    id="auth-route-without-strict-limiter",
    title="login, code or reset without a strict rate limit",
    severity=Severity.HIGH,
    references=("CWE-307", "OWASP API2:2023", "OWASP Authentication Cheat Sheet"),
    remedy="before the handler, with express-rate-limit: rateLimit({ windowMs: 15 * 60_000, limit: "
    '10, skipSuccessfulRequests: true }); with slowapi: @limiter.limit("10/15minutes")',
    run=run,
)
