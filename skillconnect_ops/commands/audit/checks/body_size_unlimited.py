"""A request may be as large as its sender likes.

Why: a body is held in memory, and parsed in one go: some requests of a gigabyte at once end the
process, and a disk fills with uploads as quickly.

How it looks: at `express.json`, `urlencoded`, `text`, `raw` and body-parser (which allow 100 kB
unless told otherwise: that is fine), at raw-body, and at uploads by multer, express-fileupload and
busboy, which allow everything unless told otherwise, and by formidable (200 MB). Also where a
request is read piece by piece (`req.on('data', …)`, `for await`), the pieces are kept, and nothing
around asks how long they are by now.

Of FastAPI and Starlette: both read bodies of any size. A limit is `max_body_size` of an app, a
router or a route, a middleware of content-size-limit-asgi, or one of the project's own that
refuses with 413. A proxy in front may limit as well (nginx: 1 MB); of that the code says nothing,
so the confidence is medium there.

Severity: medium where there is no limit, or one above 100 MB for what is parsed; low from 10 MB for
what is parsed, and from 500 MB for uploads. Limits that are computed are unknown, unless a text or
number stands as what is taken if the environment says nothing.

Silence: `// skc: allow body-size-unlimited REASON` at the line.

Before:
    app.use(express.json({ limit: Infinity })); const upload = multer({ dest: 'uploads/' });
After:
    app.use(express.json({ limit: '100kb' }));
    const upload = multer({ dest: 'uploads/', limits: { fileSize: 5_000_000, files: 1 } });
    app = FastAPI(max_body_size=100_000)
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from skillconnect_ops.code.conditions import is_served
from skillconnect_ops.code.express_model import Application, Computed, Middleware, Role, Route
from skillconnect_ops.code.package_calls import Defaulted, PackageCall
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict, joined
from skillconnect_ops.commands.audit.routing import (
    at_app,
    is_write,
    own,
    routes_of,
    said,
    serving,
)
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_app, over_server, untold
from skillconnect_ops.core.finding import Confidence, Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_PARSERS = frozenset({"express", "body-parser"})
_UPLOADS = frozenset({"multer", "express-fileupload", "busboy", "connect-busboy"})
_UNITS = {"": 1, "b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}
_SIZE = re.compile(r"([\d.]+)\s*([a-z]*)")
_MB = 1 << 20
_LARGE_MB, _HUGE_MB, _LARGE_UPLOAD_MB = 10, 100, 500


def run(facts: Facts) -> Verdict:
    """Where is there no limit?"""
    return joined(
        over_server(facts, _judge, applies=_many, what="readers of bodies"),
        over_app(facts, _in_python, lost=False),
    )


def _in_python(found: Application) -> Iterator[Said | Open]:
    for app in serving(found, express=False):
        reading = [one for one in routes_of(found, app) if _reads(one)]
        bare = [one for one in reading if not own(one, Role.BODY_LIMIT)]
        lost = next((one for each in bare for one in each.middlewares if _may_limit(one)), None)
        if lost is not None:
            why = f"whether {lost.name} limits bodies is not told: {lost.reason}"
            yield Open(path=app.file, line=app.line, why=why)
        elif bare and len(bare) == len(reading):
            says = "no limit for bodies stands before its routes"
            yield at_app(app, says, Severity.MEDIUM, Confidence.MEDIUM)
        else:
            for route in bare:
                yield said(route, "a body of any size is read", Severity.MEDIUM)


def _reads(route: Route) -> bool:
    chain = (*route.handlers, *route.middlewares)
    return is_write(route) and any(one.reads & {"body", "file"} for one in chain)


def _may_limit(one: Middleware) -> bool:
    return one.role is Role.UNRESOLVED and one.guess is None


def _readers(found: "Server") -> Iterator[PackageCall]:
    for call in found.calls:
        whole = call.package in _UPLOADS | {"raw-body"} and call.member == ""
        is_reader = call.package in _PARSERS or whole or _is_formidable(call)
        if is_reader and is_served(call.guard):
            yield call


def _is_formidable(call: PackageCall) -> bool:
    return call.package == "formidable" and call.member in {"", "formidable", "IncomingForm"}


def _many(found: "Server") -> int:
    return sum(1 for _ in _readers(found)) + len(found.answers.readings)


def _judge(found: "Server") -> Iterator[Said | Open]:
    for reading in found.answers.readings:
        yield at(reading, "a body is read piece by piece, of any size", Severity.MEDIUM)
    for call in _readers(found):
        if call.package == "raw-body":
            yield from _raw(call)
        elif call.package == "formidable":
            yield from _form(call)
        else:
            yield from _parsed(call) if call.package in _PARSERS else _uploaded(call)


def _raw(call: PackageCall) -> Iterator[Said | Open]:
    """`getRawBody(req, { limit })`, which has no limit of its own."""
    options: Any = call.given[1] if len(call.given) > 1 else {}
    if isinstance(options, Computed):
        yield untold(call, f"the options of {call.text} are not told: {options.reason}")
    elif not isinstance(options, Mapping) or not {"limit", "..."} & options.keys():
        yield at(call, "a body of any size is read", Severity.MEDIUM)
    else:
        yield from _limited(call, options.get("limit", options.get("...")))


def _form(call: PackageCall) -> Iterator[Said | Open]:
    """formidable, which takes 200 MB unless told otherwise."""
    options: Any = call.given[0] if call.given else {}
    size = (
        _bytes(options["maxFileSize"])
        if (isinstance(options, Mapping) and "maxFileSize" in options)
        else 0.0
    )
    yield from _of_files(call, size)


def _of_files(call: PackageCall, size: float | Computed | None) -> Iterator[Said | Open]:
    if isinstance(size, Computed):
        yield untold(call, f"the limit of an upload is not told: {size.reason}")
    elif size is None:
        yield at(call, "a file of any size may be uploaded", Severity.MEDIUM)
    elif size > _LARGE_UPLOAD_MB * _MB:
        yield at(call, f"files up to {size / _MB:,.0f} MB may be uploaded", Severity.LOW)


def _parsed(call: PackageCall) -> Iterator[Said | Open]:
    options: Any = call.given[0] if call.given else {}
    if isinstance(options, Computed):
        yield untold(call, f"the options of {call.text} are not told: {options.reason}")
    if not isinstance(options, Mapping) or "limit" not in options:
        return
    yield from _limited(call, options["limit"])


def _limited(call: PackageCall, limit: Any) -> Iterator[Said | Open]:
    size = _bytes(limit)
    if isinstance(size, Computed):
        yield untold(call, f"the limit of a body is not told: {size.reason}")
    elif size is None:
        yield at(call, "a body of any size is read", Severity.MEDIUM)
    elif size > _LARGE_MB * _MB:
        severity = Severity.MEDIUM if size > _HUGE_MB * _MB else Severity.LOW
        yield at(call, f"bodies up to {size / _MB:,.0f} MB are read into memory", severity)


def _uploaded(call: PackageCall) -> Iterator[Said | Open]:
    options: Any = call.given[0] if call.given else {}
    limits = options.get("limits", options.get("...")) if isinstance(options, Mapping) else options
    if isinstance(limits, Computed):
        yield untold(call, f"the limits of uploads are not told: {limits.reason}")
        return
    size = (
        _bytes(limits["fileSize"]) if isinstance(limits, Mapping) and "fileSize" in limits else None
    )
    yield from _of_files(call, size)


def _bytes(value: Any) -> float | Computed | None:
    """A size; None of one without end."""
    if isinstance(value, Defaulted):
        value = value.default
    if isinstance(value, Computed):
        endless = value.text == "Infinity" or value.reason.startswith(("Infinity ", "Number.MAX"))
        return None if endless else value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    found = _SIZE.fullmatch(str(value).strip().lower())
    if found is None or found[2] not in _UNITS:
        return Computed(str(value), f"{value} is no size")
    return float(found[1]) * _UNITS[found[2]]


CHECK = Check(
    id="body-size-unlimited",
    title="request bodies without a limit",
    severity=Severity.MEDIUM,
    references=("CWE-770", "CWE-400", "OWASP API4:2023"),
    remedy="express.json({ limit: '100kb' }); "
    "multer({ limits: { fileSize: 5_000_000, files: 1 } }); FastAPI(max_body_size=100_000)",
    run=run,
)
