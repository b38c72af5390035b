"""A cookie is set that scripts read, that plain HTTP carries, or that other sites send along.

Why: without `HttpOnly` one smuggled script reads the session; without `Secure` it goes over the
line in the clear once; without `SameSite` a form of another site brings it along in older browsers.

How it looks: at `res.cookie`, at the header `Set-Cookie`, `cookie.serialize`, the package cookies,
and the options of express-session and cookie-session (both set HttpOnly themselves, and neither of
the others). Options are followed through variables, also what is assigned to them later. `secure:
NODE_ENV === "production"` counts as set. A cookie for a CSRF token is meant to be read by scripts,
and needs no HttpOnly; one that is taken away (it is given nothing, and ends) needs none of them. In
Python at `set_cookie` and SessionMiddleware, which both say `lax` themselves; what a function of
the project is given by its callers is followed.

Severity: medium where HttpOnly or Secure is missing from a cookie whose name sounds like a session
or a token, or where `SameSite: none` stands without Secure, which browsers refuse; low for other
cookies, and where SameSite alone is missing, since browsers of today take that for `lax`. What is
computed is unknown.

Silence: `// skc: allow cookie-without-flags REASON` at the line.

Before:
    res.cookie('token', token);
After:
    res.cookie('token', token, { httpOnly: true, secure: true, sameSite: 'strict', path: '/' });
With FastAPI:
    response.set_cookie("token", token, httponly=True, secure=True, samesite="strict")
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.cookies import Flags, SameSite, cookies
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.view import listed

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_GRAVE = re.compile(r"sess|sid\b|token|auth|jwt|login|remember|access|refresh", re.IGNORECASE)
_READ_BY_SCRIPTS = re.compile(r"csrf|xsrf", re.IGNORECASE)


def run(facts: Facts) -> Verdict:
    """Which cookies lack a flag?"""

    def judge(_: "Server") -> Iterator[Said | Open]:
        for one in cookies(facts):
            yield from _judge(one)

    def many(_: "Server") -> int:
        return sum(1 for _ in cookies(facts))

    return over_server(facts, judge, applies=many, what="cookies")


def _judge(one: Flags) -> Iterator[Said | Open]:
    for_scripts = _READ_BY_SCRIPTS.search(one.name) is not None
    lacks = [
        *(["HttpOnly"] if one.http_only is False and not for_scripts else []),
        *(["Secure"] if one.secure is False else []),
        *(["SameSite"] if one.same_site is SameSite.UNSET else []),
    ]
    if lacks:
        refused = one.same_site is SameSite.NONE and one.secure is False
        grave = _GRAVE.search(one.name) is not None and lacks != ["SameSite"]
        severity = Severity.MEDIUM if grave or refused else Severity.LOW
        yield at(one, f"the cookie {one.name} is set without {listed(lacks)}", severity)
    untold_flags = [
        *(["HttpOnly"] if one.http_only is None and not for_scripts else []),
        *(["Secure"] if one.secure is None else []),
        *(["SameSite"] if one.same_site is SameSite.UNTOLD else []),
    ]
    if untold_flags and not lacks:
        yield untold(one, f"{listed(untold_flags)} of the cookie {one.name} is not told")


CHECK = Check(
    id="cookie-without-flags",
    title="cookie without HttpOnly, Secure or SameSite",
    severity=Severity.MEDIUM,
    references=("CWE-1004", "CWE-614", "CWE-1275", "OWASP Session Management Cheat Sheet"),
    remedy="set { httpOnly: true, secure: true, sameSite: 'strict' } (lax where links from other "
    "sites must stay logged in)",
    run=run,
)
