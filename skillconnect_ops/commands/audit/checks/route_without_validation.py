"""A route that writes takes what is sent to it unchecked.

Why: what a handler takes from `req.body` is whatever somebody sent: another type (an object in the
place of a string makes a query operator of MongoDB), fields that nobody asked for
(`{"role": "admin"}`), texts of any length. A schema at the door says once what may come in.

How it looks: at each POST, PUT, PATCH and DELETE route of the table that `skc routes` shows, with
all that runs before it. Validators of known packages count (express-validator, celebrate, zod, joi,
yup, ajv and others), and functions of the project that hold the request against a schema of these,
also in the handler itself: the body where a body is read, and what does not fit has to be refused.
A result of `safeParse` that nobody looks at, an error that is only logged, and a chain of
express-validator without anybody who asks (or the reverse) do not count. A name counts for nothing:
`mongoSanitize()` and `validateUpload` check no field. A request is known by the place of its
parameter; what is handed whole to something that the text does not tell is unknown. Not asked for
where nothing of a request is read.
FastAPI holds parameters against their annotations; what it lets pass is `dict`, `Any` and the like,
and what is read off the request itself (`await request.json()`), unless a model is made of that.

Parameters of a path may also be held against a form (`:id(...)`, `isValidObjectId`).

Severity: medium where a body or a query is read; low where only parameters of the path are, or
where a validator runs under some condition. One that is there in production is fine. What cannot
be followed is listed as unknown.

Silence: `// skc: allow route-without-validation REASON` at the line of the route.

Before:
    router.post('/users', createUser);
After:
    const User = z.object({ email: z.email(), name: z.string().max(100) }).strict();
    router.post('/users', validate(User), createUser);   // validate: 400 unless safeParse(req.body)
With FastAPI:
    async def create(user: NewUser) -> User: ...         # and not: sent = await request.json()
"""

import re
from collections.abc import Iterator

from skillconnect_ops.code.express_model import Application, Role, Route, State
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.routing import is_write, lacking, said, unresolved
from skillconnect_ops.commands.audit.telling import Open, Said, over_app
from skillconnect_ops.core.finding import Severity

_PARAMETER = re.compile(r"[:*](\w+)(\([^)]*\))?")
"""`:id`, `:id(\\d+)`."""
_SENT = ("body", "query", "file")


def run(facts: Facts) -> Verdict:
    """Which routes that write have no validator?"""
    return over_app(facts, _judge)


def _judge(found: Application) -> Iterator[Said | Open]:
    for route in found.routes:
        if not is_write(route):
            continue
        if route.validation is State.UNRESOLVED:
            yield unresolved(route, "the validation", Role.VALIDATION)
        only = lacking(route, route.validation, Role.VALIDATION)
        if only or (only is not None and not _holds_ids(route)):
            yield _said(route, only)


def _holds_ids(route: Route) -> bool:
    """Whether only parameters of the path are read, and these have to have a form."""
    chain = (*route.middlewares, *route.handlers)
    if any(one in each.reads for one in _SENT for each in route.handlers):
        return False
    held = _PARAMETER.findall(route.path)
    return any(each.ids for each in chain) or (bool(held) and all(form for _, form in held))


def _said(route: Route, only: str) -> Said:
    if only:
        return said(route, f"what is sent is checked only where {only}", Severity.LOW)
    reads = [one for one in _SENT if any(one in each.reads for each in route.handlers)]
    if reads:
        verb = "is" if len(reads) == 1 else "are"
        what = " and ".join(reads)
        return said(route, f"the {what} {verb} read, and not validated", Severity.MEDIUM)
    return said(route, "the parameters of its path are not validated", Severity.LOW)


CHECK = Check(
    id="route-without-validation",
    title="write route without validation",
    severity=Severity.MEDIUM,
    references=("CWE-20", "OWASP API3:2023", "OWASP Input Validation Cheat Sheet"),
    remedy="put a schema before the handler that names each field and refuses others: zod, or joi "
    "with celebrate; with FastAPI a parameter of a pydantic model with extra='forbid'",
    run=run,
)
