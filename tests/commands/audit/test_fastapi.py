"""The audit of FastAPI services as it is typed: lazy, of what is staged, silenced, in each form."""

import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.code.express_model import Application
from tests.commands.audit.test_express import APP as EXPRESS
from tests.commands.audit.test_express import USERS, audit, commit, outcomes, put, said
from tests.conftest import Skc

APP = """\
from fastapi import FastAPI
from routes import router

app = FastAPI(openapi_url=None)
app.include_router(router, prefix="/v1")
"""
ROUTES = """\
from fastapi import APIRouter

router = APIRouter()


@router.post("/users")
def create(sent: dict):
    return sent
"""


def test_a_router_is_told_of_with_its_whole_path(skc: Skc, tmp_path: Path) -> None:
    put(tmp_path, {"main.py": APP, "routes.py": ROUTES})
    found = said(audit(skc, tmp_path, "--select", "route-without-validation"))
    says = "POST /v1/users: the body is read, and not validated"
    assert found == [("route-without-validation", "routes.py", 6, says)]


def test_both_kinds_of_apps_of_one_project_are_judged(skc: Skc, tmp_path: Path) -> None:
    put(tmp_path, {"main.py": APP, "routes.py": ROUTES})
    put(tmp_path, {"app.js": EXPRESS, "routes/users.js": USERS})
    found = said(audit(skc, tmp_path, "--select", "route-without-limiter"))
    assert [path for _, path, _, _ in found] == ["routes.py", "routes/users.js"]


def test_a_comment_of_python_silences_a_check(skc: Skc, tmp_path: Path) -> None:
    allowed = ROUTES.replace(
        "@router", "# skc: allow route-without-limiter the gateway limits\n@router"
    )
    put(tmp_path, {"main.py": APP, "routes.py": allowed})
    (one,) = audit(skc, tmp_path, "--select", "route-without-limiter")["findings"]
    assert one["suppressed"] == "allowed: the gateway limits"


def test_a_login_without_a_limiter_fails_a_run_by_default(skc: Skc, tmp_path: Path) -> None:
    put(tmp_path, {"main.py": APP, "routes.py": ROUTES.replace("/users", "/login")})
    assert skc("audit", cwd=tmp_path).code == 12


def test_what_is_not_told_fails_a_strict_run_alone(skc: Skc, tmp_path: Path) -> None:
    lost = APP.replace("from routes", "from elsewhere")
    put(tmp_path, {"main.py": lost})
    words = ("audit", "--select", "route-without-auth")
    assert skc(*words, cwd=tmp_path).code == 0
    assert skc(*words, "--strict", cwd=tmp_path).code == 14
    (one,) = audit(skc, tmp_path, "--select", "route-without-auth")["unknown"]
    assert one["subject"] == "main.py"
    assert "which router is included here is not told" in one["reason"]


def test_a_file_that_is_no_python_is_unknown_and_never_fine(skc: Skc, tmp_path: Path) -> None:
    put(tmp_path, {"main.py": APP + "def (:\n"})
    report = audit(skc, tmp_path, "--select", "route-without-auth,debug-on")
    assert {one["subject"] for one in report["unknown"]} >= {"main.py"}


@pytest.mark.parametrize("form", ["table", "json", "sarif", "markdown", "github", "junit"])
def test_a_secret_of_the_code_is_found_and_not_shown(skc: Skc, tmp_path: Path, form: str) -> None:
    value = "".join(secrets.choice("abcdefghijklmnop") for _ in range(20))
    token = f'import jwt\n\ndef sign():\n    return jwt.encode({{"exp": 1}}, "{value}")\n'
    session = f'app.add_middleware(SessionMiddleware, secret_key="{value}")\n'
    head = "from starlette.middleware.sessions import SessionMiddleware\n"
    put(tmp_path, {"token.py": token, "main.py": APP.replace("from", head + "from", 1) + session})
    checks = "jwt-secret-hard-coded,session-secret-hard-coded"
    ran = skc("audit", "--select", checks, "--format", form, cwd=tmp_path)
    assert ran.code == 12
    assert all(one in ran.stdout for one in checks.split(","))
    assert value not in ran.stdout + ran.stderr


def test_a_project_of_node_alone_costs_no_parse_of_python(
    skc: Skc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(*_: object) -> None:
        raise AssertionError("nothing is parsed")

    monkeypatch.setattr("skillconnect_ops.code.fastapi_modules.parsed", parsed)
    put(tmp_path, {"app.js": EXPRESS, "routes/users.js": USERS, "tool.py": "import os\n"})
    found = outcomes(audit(skc, tmp_path))
    assert found["route-without-limiter"] == "fail"
    assert found["debug-on"] == "not applicable"


def test_a_change_that_says_nothing_of_fastapi_does_not_have_the_project_read(
    skc: Skc, tmp_path: Path, clean_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def routes(root: Path, *_: Any, **__: Any) -> Application:
        asked.append(root)
        return Application()

    monkeypatch.setattr("skillconnect_ops.code.fastapi.routes", routes)
    put(tmp_path, {"main.py": APP, "routes.py": ROUTES, "token.py": "x = 1\n"})
    commit(tmp_path, clean_environment)
    put(tmp_path, {"token.py": 'import jwt\n\n\ndef sign(key):\n    jwt.encode({"a": 1}, key)\n'})
    found = said(audit(skc, tmp_path, "--changed", "HEAD"))
    assert [(identity, path) for identity, path, _, _ in found] == [
        ("jwt-without-expiry", "token.py")
    ]
    assert asked == []
    put(tmp_path, {"main.py": f"{APP}# more\n"})
    audit(skc, tmp_path, "--changed", "HEAD")
    assert len(asked) == 1


def test_what_is_staged_is_judged_as_it_is_staged(
    skc: Skc, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    put(tmp_path, {"main.py": APP, "routes.py": "from fastapi import APIRouter\n"})
    commit(tmp_path, clean_environment)
    put(tmp_path, {"routes.py": ROUTES})
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, env=clean_environment, check=True)
    put(tmp_path, {"routes.py": ROUTES.replace("dict", "int")})
    found = said(audit(skc, tmp_path, "--staged", "--select", "route-without-validation"))
    assert [(path, line) for _, path, line, _ in found] == [("routes.py", 6)]


def test_the_routes_of_both_are_shown(skc: Skc, tmp_path: Path) -> None:
    put(tmp_path, {"main.py": APP, "routes.py": ROUTES, "app.js": EXPRESS})
    put(tmp_path, {"routes/users.js": USERS})
    ran = skc("routes", cwd=tmp_path)
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["POST", "/v1/users", "no", "no", "no", "-", "routes.py:6"] in lines
    assert ["POST", "/v1/users", "no", "no", "no", "-", "routes/users.js:3"] in lines
    apps = skc("routes", "--format", "json", cwd=tmp_path).json["facts"]["apps"]
    assert [one["framework"] for one in apps] == ["express", "fastapi"]
