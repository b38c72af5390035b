"""The reference API passes its own audit; a copy that is weakened fails for just that reason."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

import skillconnect_ops
from skillconnect_ops.reference_api.app import application
from tests.conftest import Skc

_HOME = Path(skillconnect_ops.__file__).parent
_API = "skillconnect_ops/reference_api"


class Weakened(Struct, frozen=True, kw_only=True):
    """One thing that is taken away from the copy, or put into it."""

    name: str
    file: str
    old: str
    new: str
    found: tuple[tuple[str, str, str], ...]
    """The check, the file, and what stands in the line that is named."""


def copied(folder: Path) -> Path:
    """The reference API, and what it imports of the rest, in a project of their own."""
    root = folder / "project"
    shutil.copytree(
        _HOME / "reference_api", root / _API, ignore=shutil.ignore_patterns("__pycache__")
    )
    (root / "skillconnect_ops" / "core").mkdir()
    for name in ("__init__.py", "secret.py"):
        shutil.copy(_HOME / "core" / name, root / "skillconnect_ops" / "core" / name)
    (root / "skillconnect_ops" / "__init__.py").write_text("")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)  # else a folder in it is its own
    return root


def weaken(root: Path, one: Weakened) -> None:
    path = root / _API / one.file
    text = path.read_text()
    assert text.count(one.old) == 1, one.name
    path.write_text(text.replace(one.old, one.new))


def audited(skc: Skc, root: Path) -> Any:
    return skc("audit", str(root / _API), "--format", "json").json


def open_ones(report: Any) -> list[Any]:
    """What nobody has allowed; the code of an error looks like a secret, and is."""
    return [one for one in report["findings"] if one["suppressed"] is None]


def told(root: Path, report: Any) -> set[tuple[str, str, str]]:
    """What was found: the check, the file below the API, and the line as it stands there."""
    found = set()
    for one in open_ones(report):
        lines = (root / one["path"]).read_text().split("\n")
        file = one["path"].removeprefix(f"{_API}/")
        found.add((one["id"], file, lines[one["line"] - 1].strip()))
    return found


def test_the_reference_api_has_nothing_to_say(skc: Skc, tmp_path: Path) -> None:
    report = audited(skc, copied(tmp_path))
    assert open_ones(report) == []
    assert report["unknown"] == []
    outcomes = {one["id"]: one["outcome"] for one in report["facts"]["checks"]}
    asked = {name for name, outcome in outcomes.items() if outcome == "pass"}
    assert {
        *("print-call", "route-without-validation", "route-without-limiter", "route-without-auth"),
        *("auth-route-without-strict-limiter", "csrf-missing", "security-headers-missing"),
        *("cookie-without-flags", "jwt-secret-hard-coded", "jwt-unverified", "jwt-without-expiry"),
        *("jwt-without-algorithm", "body-size-unlimited", "stack-sent-to-client", "debug-on"),
        *("docs-open", "health-route-missing"),
    } <= asked


def test_all_its_routes_are_seen_with_what_protects_them(skc: Skc, tmp_path: Path) -> None:
    report = skc("routes", str(copied(tmp_path)), "--format", "json").json
    assert report["unknown"] == []
    routes = report["facts"]["routes"]
    seen = {(one["method"].lower(), one["path"]) for one in routes}
    described = {
        (method, path) for path, ways in application().openapi()["paths"].items() for method in ways
    }
    hidden = {("get", "/metrics"), ("get", "/openapi.json")}
    heads = {(m, p) for m, p in seen if m == "head"}
    assert seen - heads == described | hidden
    assert all(
        one[name] in {"yes", "not_needed"}
        for one in routes
        for name in ("auth", "validation", "rate_limit", "csrf")
        if one["method"] in {"POST", "PUT", "PATCH", "DELETE"}
    )


_ADMIN = (
    'APIRouter(prefix=f"{PREFIX}/admin", tags=["admin"], dependencies=[Depends(administrator)])'
)
WEAKENED = (
    Weakened(
        name="print",
        file="routes/chat.py",
        old="    if written is None:\n        raise not_found(",
        new="    print(written)\n    if written is None:\n        raise not_found(",
        found=(("print-call", "routes/chat.py", "print(written)"),),
    ),
    Weakened(
        name="CORS with a wildcard",
        file="app.py",
        old="    describe.complete(app)",
        new="    from fastapi.middleware.cors import CORSMiddleware\n"
        '    app.add_middleware(CORSMiddleware, allow_origins=["*"])\n    describe.complete(app)',
        found=(
            (
                "cors-wildcard",
                "app.py",
                'app.add_middleware(CORSMiddleware, allow_origins=["*"])',
            ),
        ),
    ),
    Weakened(
        name="CORS by a header with a wildcard",
        file="gate/headers.py",
        old='(b"access-control-allow-origin", origin.encode("latin-1")),',
        new='(b"access-control-allow-origin", b"*"),',
        found=(("cors-wildcard", "gate/headers.py", '(b"access-control-allow-origin", b"*"),'),),
    ),
    Weakened(
        name="CORS for localhost",
        file="app.py",
        old="    describe.complete(app)",
        new="    from fastapi.middleware.cors import CORSMiddleware\n"
        '    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:5173"])\n'
        "    describe.complete(app)",
        found=(
            (
                "cors-localhost",
                "app.py",
                'app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:5173"])',
            ),
        ),
    ),
    Weakened(
        name="debug",
        file="app.py",
        old='        title="SkillConnect",',
        new='        debug=True,\n        title="SkillConnect",',
        found=(("debug-on", "app.py", "app = _Behind("),),
    ),
    Weakened(
        name="reload",
        file="__main__.py",
        old='            "factory": True,',
        new='            "factory": True,\n            "reload": True,',
        found=(
            ("debug-on", "__main__.py", "uvicorn.run(_WORKER, **how)"),
            ("debug-on", "__main__.py", "return _with_several(uvicorn.Config(_WORKER, **how))"),
        ),
    ),
    Weakened(
        name="the description is open",
        file="app.py",
        old="        openapi_url=None,\n",
        new="",
        found=(("docs-open", "app.py", "app = _Behind("),),
    ),
    Weakened(
        name="a cookie that scripts read",
        file="gate/cookies.py",
        old="        httponly=name != csrf(settings),\n",
        new="",
        found=(("cookie-without-flags", "gate/cookies.py", "response.set_cookie("),),
    ),
    Weakened(
        name="a cookie that plain HTTP carries",
        file="gate/cookies.py",
        old='        path="/",\n        secure=settings.production,\n',
        new='        path="/",\n',
        found=(("cookie-without-flags", "gate/cookies.py", "response.set_cookie("),),
    ),
    Weakened(
        name="a secret in the code",
        file="proofs/tokens.py",
        old='jwt.encode(payload, key.secret.reveal(), algorithm="HS256", headers=headers)',
        new='jwt.encode(payload, "no-secret-but-a-test", algorithm="HS256", headers=headers)',
        found=(
            (
                "jwt-secret-hard-coded",
                "proofs/tokens.py",
                (
                    'return jwt.encode(payload, "no-secret-but-a-test", algorithm="HS256", '
                    "headers=headers)"
                ),
            ),
            (
                "secret-in-tree",
                "proofs/tokens.py",
                (
                    'return jwt.encode(payload, "no-secret-but-a-test", algorithm="HS256", '
                    "headers=headers)"
                ),
            ),
        ),
    ),
    Weakened(
        name="any algorithm",
        file="proofs/tokens.py",
        old="                algorithms=_ALGORITHMS,\n",
        new="",
        found=(
            ("jwt-without-algorithm", "proofs/tokens.py", "found: dict[str, Any] = jwt.decode("),
        ),
    ),
    Weakened(
        name="no signature",
        file="proofs/tokens.py",
        old='_REQUIRED = {"require": ["exp", "iat", "sub", "sid", "aud", "iss"]}',
        new='_REQUIRED = {"verify_signature": False}',
        found=(("jwt-unverified", "proofs/tokens.py", "found: dict[str, Any] = jwt.decode("),),
    ),
    Weakened(
        name="tokens without an end",
        file="proofs/tokens.py",
        old='        "exp": now + lives_s[kind],\n',
        new="",
        found=(
            (
                "jwt-without-expiry",
                "proofs/tokens.py",
                (
                    'return jwt.encode(payload, key.secret.reveal(), algorithm="HS256", '
                    "headers=headers)"
                ),
            ),
        ),
    ),
    Weakened(
        name="no guard before administration",
        file="routes/admin.py",
        old=_ADMIN,
        new='APIRouter(prefix=f"{PREFIX}/admin", tags=["admin"])',
        found=(
            (
                "route-without-auth",
                "routes/admin.py",
                '@router.get("/user", responses=failures(Code.TOKEN_EXPIRED))',
            ),
            ("route-without-auth", "routes/admin.py", "@router.patch("),
        ),
    ),
    Weakened(
        name="no guard before one route",
        file="routes/user.py",
        old="responses=failures(Code.TOKEN_EXPIRED), dependencies=[Depends(signed_in)])",
        new="responses=failures(Code.TOKEN_EXPIRED))",
        found=(
            (
                "route-without-auth",
                "routes/user.py",
                '@router.get("/provider", responses=failures(Code.TOKEN_EXPIRED))',
            ),
        ),
    ),
    Weakened(
        name="no strict limit for logins",
        file="gate/paths.py",
        old='for name in ("register", "login", "forgot-password")',
        new='for name in ("register", "forgot-password")',
        found=(("auth-route-without-strict-limiter", "routes/auth.py", "@router.post("),),
    ),
    Weakened(
        name="a limit that is lax",
        file="gate/limits.py",
        old='AUTH = Policy(name="auth", limit=5, window_s=15 * 60,',
        new='AUTH = Policy(name="auth", limit=500, window_s=15 * 60,',
        found=(
            ("auth-route-without-strict-limiter", "routes/auth.py", "@router.post("),
            (
                "auth-route-without-strict-limiter",
                "routes/auth.py",
                (
                    '@router.post("/forgot-password", status_code=202, '
                    "responses=failures(body=True, account=False))"
                ),
            ),
        ),
    ),
    Weakened(
        name="what is sent is taken as it is",
        file="routes/chat.py",
        old="    request: Request, exchange: Exchanged, account: Person, booking_id: IdInPath, "
        "sent: NewMessage\n) -> MessageAnswer:\n"
        '    """Write to the other one of a booking that was not cancelled."""\n',
        new="    request: Request, exchange: Exchanged, account: Person, booking_id: IdInPath\n"
        ") -> MessageAnswer:\n"
        '    """Write to the other one of a booking that was not cancelled."""\n'
        "    sent = await request.json()\n",
        found=(("route-without-validation", "routes/chat.py", "@router.post("),),
    ),
    Weakened(
        name="a body of any kind",
        file="routes/service_request.py",
        old="account: Person, sent: NewServiceRequest\n) -> ServiceRequestAnswer:\n"
        '    """Ask for work."""',
        new="account: Person, sent: dict[str, Any]\n) -> ServiceRequestAnswer:\n"
        '    """Ask for work."""',
        found=(
            (
                "route-without-validation",
                "routes/service_request.py",
                (
                    '@router.post("", status_code=201, '
                    "responses=failures(Code.TOKEN_EXPIRED, body=True))"
                ),
            ),
        ),
    ),
    Weakened(
        name="a stack trace for clients",
        file="app.py",
        old='    log.error("redis_error", kind=type(error).__name__, error=str(error))\n',
        new="    import traceback\n    from fastapi.responses import JSONResponse\n"
        "    if not isinstance(error, RedisError):\n"
        '        return JSONResponse({"trace": traceback.format_exc()}, status_code=500)\n',
        found=(
            (
                "stack-sent-to-client",
                "app.py",
                'return JSONResponse({"trace": traceback.format_exc()}, status_code=500)',
            ),
        ),
    ),
    Weakened(
        name="no limit for bodies",
        file="gate/__init__.py",
        old="await self._route(scope, await incoming.taken(), answer)",
        new="await self._route(scope, receive, answer)",
        found=(("body-size-unlimited", "app.py", "app = _Behind("),),
    ),
    Weakened(
        name="no headers",
        file="gate/__init__.py",
        old="            *headers.of_every_answer(exchange.settings),\n",
        new="",
        found=(("security-headers-missing", "app.py", "app = _Behind("),),
    ),
    Weakened(
        name="a header less",
        file="gate/headers.py",
        old='        ("X-Content-Type-Options", "nosniff"),\n',
        new="",
        found=(
            (
                "security-headers-missing",
                "life.py",
                (
                    "return Gate(app, realtime=realtime, current=lambda: houses[0].current, "
                    "limiter=limiter)"
                ),
            ),
        ),
    ),
    Weakened(
        name="no health route",
        file="routes/health.py",
        old="in ((HEALTH, health, Health), (READY, ready, Ready)):",
        new="in ():",
        found=(("health-route-missing", "app.py", "app = _Behind("),),
    ),
)


@pytest.mark.parametrize("one", WEAKENED, ids=lambda one: one.name.replace(" ", "-"))
def test_a_weakened_copy_fails_for_just_that_reason(
    skc: Skc, tmp_path: Path, one: Weakened
) -> None:
    root = copied(tmp_path)
    weaken(root, one)
    report = audited(skc, root)
    assert told(root, report) == set(one.found)
    assert report["unknown"] == []


def test_a_copy_without_its_limiter_is_told_of_each_write(skc: Skc, tmp_path: Path) -> None:
    root = copied(tmp_path)
    path = root / _API / "gate" / "__init__.py"
    path.write_text(path.read_text().replace("        await self._count(scope, exchange)\n", ""))
    report = audited(skc, root)
    found = {(one["id"], one["message"].partition(":")[0]) for one in open_ones(report)}
    strict, plain = "auth-route-without-strict-limiter", "route-without-limiter"
    assert {identity for identity, _ in found} == {strict, plain}
    assert {route for identity, route in found if identity == strict} == {
        f"POST /api/v1/auth/{name}"
        for name in ("register", "verify-email", "login", "refresh", "forgot-password")
    } | {"POST /api/v1/auth/reset-password"}


def test_a_copy_without_csrf_protection_is_told_of_each_write_of_a_session(
    skc: Skc, tmp_path: Path
) -> None:
    root = copied(tmp_path)
    path = root / _API / "gate" / "__init__.py"
    path.write_text(
        path.read_text().replace("            _check_csrf(scope, exchange)\n", "            pass\n")
    )
    report = audited(skc, root)
    assert {one["id"] for one in open_ones(report)} == {"csrf-missing"}
    routes = skc("routes", str(root), "--format", "json").json["facts"]["routes"]
    bare = {one["path"] for one in routes if one["csrf"] == "no"}
    assert "/api/v1/booking" in bare
    assert "/api/v1/auth/logout" not in bare  # it compares the token itself
    assert report["unknown"] == []
