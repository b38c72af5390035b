"""The checks of Express apps as they are typed: what they say, of which files, and how it ends."""

import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.code.express_model import Application
from skillconnect_ops.code.server import server
from skillconnect_ops.commands.audit.checks import CHECKS
from tests.conftest import Skc

_OF_TEXT = {
    *("console-call", "console-secret", "print-call", "secret-in-tree", "retired-value"),
    *("env-tracked", "env-not-ignored", "env-readable", "dependency-archived"),
}
OF_SERVERS = tuple(check.id for check in CHECKS if check.id not in _OF_TEXT)

APP = """\
const express = require('express');
const helmet = require('helmet');
const { users } = require('./routes/users');
const app = express();
app.use(helmet());
app.use('/v1/users', users);
app.use('/v2/users', users);
app.get('/health', (req, res) => res.end());
app.use((err, req, res, next) => res.status(500).end());
"""
USERS = """\
const express = require('express');
const users = express.Router();
users.post('/', (req, res) => res.json(req.body));
module.exports = { users };
"""


def put(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def commit(folder: Path, environment: Mapping[str, str]) -> None:
    """Make the folder a repository that holds what is in it."""
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid")
    for words in (["init", "-q", "--initial-branch=main"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run(["git", *who, *words], cwd=folder, env=environment, check=True)


def audit(skc: Skc, folder: Path, *words: str) -> Any:
    return skc("audit", *words, "--format", "json", cwd=folder).json


def said(report: Any) -> list[tuple[str, str, int, str]]:
    return [(one["id"], one["path"], one["line"], one["message"]) for one in report["findings"]]


def outcomes(report: Any) -> dict[str, str]:
    return {one["id"]: one["outcome"] for one in report["facts"]["checks"]}


def test_the_readme_names_every_check() -> None:
    page = (Path(__file__).parents[3] / "README.md").read_text()
    assert [check.id for check in CHECKS if f"`{check.id}`" not in page] == []


def test_what_is_no_server_is_not_asked(skc: Skc, tmp_path: Path) -> None:
    put(tmp_path, {"page.js": "export const double = (n) => 2 * n;\n"})
    found = outcomes(audit(skc, tmp_path))
    assert {found[one] for one in OF_SERVERS} == {"not applicable"}


def test_a_router_that_is_mounted_twice_is_told_once_with_both_paths(
    skc: Skc, tmp_path: Path
) -> None:
    put(tmp_path, {"app.js": APP, "routes/users.js": USERS})
    found = said(audit(skc, tmp_path, "--select", "route-without-validation"))
    says = "POST /v1/users, POST /v2/users: the body is read, and not validated"
    assert found == [("route-without-validation", "routes/users.js", 3, says)]


def test_a_file_alone_is_judged_with_what_the_rest_of_the_project_does_for_it(
    skc: Skc, tmp_path: Path
) -> None:
    guarded = APP.replace(
        "app.use(helmet());", "app.use(require('express-rate-limit').rateLimit());"
    )
    put(tmp_path, {"app.js": guarded, "routes/users.js": USERS})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)  # else the folder is its own
    words = ("routes", "--select", "route-without-limiter,route-without-validation,helmet-missing")
    report = audit(skc, tmp_path, *words)
    assert [one["id"] for one in report["findings"]] == ["route-without-validation"]
    assert outcomes(report)["route-without-limiter"] == "pass"


def test_what_is_not_told_fails_a_strict_run_alone(skc: Skc, tmp_path: Path) -> None:
    unknown = USERS.replace(
        "users.post('/', ",
        "const { throttle } = require('./elsewhere');\nusers.use(throttle);\n"
        "users.put('/', (req, res) => res.end());\nusers.post('/', ",
    )
    put(tmp_path, {"app.js": APP, "routes/users.js": unknown})
    words = ("audit", "--select", "route-without-limiter")
    assert skc(*words, cwd=tmp_path).code == 0
    assert skc(*words, "--strict", cwd=tmp_path).code == 14
    report = audit(skc, tmp_path, "--select", "route-without-limiter")
    assert outcomes(report) == {"route-without-limiter": "unknown"}
    one, mounts = report["unknown"]
    assert "mounts" in mounts["reason"]  # it may be a router as well
    assert one["subject"] == "routes/users.js"
    assert one["reason"].startswith(
        "line 5: the limiter of PUT /v1/users, POST /v1/users, PUT /v2/users and 1 more is not "
    )


def test_a_login_without_a_limiter_fails_a_run_by_default(skc: Skc, tmp_path: Path) -> None:
    put(tmp_path, {"app.js": APP, "routes/users.js": USERS.replace("'/'", "'/login'")})
    assert skc("audit", cwd=tmp_path).code == 12
    allowed = USERS.replace("'/'", "'/login'").replace(
        "users.post",
        "// skc: allow auth-route-without-strict-limiter the gateway limits\nusers.post",
    )
    put(tmp_path, {"routes/users.js": allowed})
    assert skc("audit", cwd=tmp_path).code == 0


def test_a_login_of_accounts_that_are_locked_is_no_open_door(skc: Skc, tmp_path: Path) -> None:
    login = USERS.replace("'/', (req", "'/login', async (req")
    put(tmp_path, {"app.js": APP, "routes/users.js": login})
    put(tmp_path, {"user.js": "exports.isOpen = (user) => user.lockUntil < Date.now();\n"})
    (one,) = audit(skc, tmp_path, "--select", "auth-route-without-strict-limiter")["findings"]
    assert one["severity"] == "high"  # that file has nothing to do with it
    asking = "const { isOpen } = require('../user');\n" + login.replace(
        "res.json(req.body)", "res.json(isOpen(await find(req.body)))"
    )
    put(tmp_path, {"routes/users.js": asking})
    (one,) = audit(skc, tmp_path, "--select", "auth-route-without-strict-limiter")["findings"]
    assert one["severity"] == "medium"
    assert "speaks of locked accounts" in one["message"]


@pytest.mark.parametrize(
    ("window", "words"),
    [("1000", "1 second"), ("1500", "1.5 seconds"), ("60_000", "1 minute"), ("7200000", "2 hours")],
)
def test_the_window_of_a_limiter_is_told_in_a_unit_that_fits(
    skc: Skc, tmp_path: Path, window: str, words: str
) -> None:
    limiter = f"rateLimit({{ windowMs: {window}, limit: 100 }})"
    app = "const express = require('express'); const { rateLimit } = require('express-rate-limit');"
    route = f"app.post('/login', {limiter}, (req, res) => res.end());"
    put(tmp_path, {"app.js": f"{app}\nconst app = express();\n{route}\n"})
    report = audit(skc, tmp_path, "--select", "auth-route-without-strict-limiter")
    says = f"POST /login: its limiter lets 100 tries pass in {words}"
    assert [one["message"] for one in report["findings"]] == [says]


def test_a_comment_counts_also_where_nothing_else_is_found_in_its_file(
    skc: Skc, tmp_path: Path
) -> None:
    allowed = USERS.replace(
        "users.post", "// skc: allow route-without-limiter the gateway limits\nusers.post"
    )
    put(tmp_path, {"app.js": APP, "routes/users.js": allowed})
    (one,) = audit(skc, tmp_path, "--select", "route-without-limiter")["findings"]
    assert one["suppressed"] == "allowed: the gateway limits"


def test_only_changed_lines_are_told_of(
    skc: Skc, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    put(tmp_path, {"app.js": APP, "routes/users.js": USERS})
    commit(tmp_path, clean_environment)
    more = USERS.replace(
        "module.exports", "users.put('/:id', (req, res) => res.json(req.body));\nmodule.exports"
    )
    put(tmp_path, {"routes/users.js": more})
    words = ("--changed", "HEAD", "--select", "route-without-validation")
    found = said(audit(skc, tmp_path, *words))
    assert [(path, line) for _, path, line, _ in found] == [("routes/users.js", 4)]
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, env=clean_environment, check=True)
    found = said(audit(skc, tmp_path, "--staged", "--select", "route-without-validation"))
    assert [(path, line) for _, path, line, _ in found] == [("routes/users.js", 4)]


def test_a_change_that_says_nothing_of_express_does_not_have_the_project_read(
    skc: Skc, tmp_path: Path, clean_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def routes(root: Path, *_: Any, **__: Any) -> Application:
        asked.append(root)
        return Application()

    looked_into: list[Any] = []

    def whole(*given: Any, within: Any, **more: Any) -> Any:
        looked_into.append(within)
        return server(*given, within=within, **more)

    monkeypatch.setattr("skillconnect_ops.code.express.routes", routes)
    monkeypatch.setattr("skillconnect_ops.code.server.server", whole)
    put(tmp_path, {"app.js": APP, "routes/users.js": USERS, "token.js": "let x;\n"})
    commit(tmp_path, clean_environment)
    put(tmp_path, {"token.js": "require('nodemailer').createTransport({}); console.log(1);\n"})
    found = said(audit(skc, tmp_path, "--changed", "HEAD"))
    assert [(identity, path) for identity, path, _, _ in found] == [("console-call", "token.js")]
    assert (asked, looked_into) == ([], [("token.js",)])
    put(tmp_path, {"app.js": f"{APP}// more\n"})
    audit(skc, tmp_path, "--changed", "HEAD")
    assert (len(asked), looked_into[1:]) == (1, [None])


@pytest.mark.parametrize("form", ["table", "json", "sarif", "markdown", "github", "junit"])
def test_a_secret_of_the_code_is_found_and_not_shown(skc: Skc, tmp_path: Path, form: str) -> None:
    value = "".join(secrets.choice("abcdefghijklmnop") for _ in range(20))
    text = f"const jwt = require('jsonwebtoken');\njwt.sign({{ id: 1 }}, '{value}');\n"
    put(tmp_path, {"token.js": text})
    ran = skc("audit", "--format", form, cwd=tmp_path)
    assert ran.code == 12
    assert "jwt-secret-hard-coded" in ran.stdout
    assert value not in ran.stdout + ran.stderr


def test_reflected_origins_are_grave_only_where_cookies_say_who_asks(
    skc: Skc, tmp_path: Path
) -> None:
    app = APP.replace(
        "helmet());", "helmet());\napp.use(require('cors')({ origin: true, credentials: true }));"
    )
    put(tmp_path, {"app.js": app, "routes/users.js": USERS})
    words = ("--select", "cors-reflection")
    (one,) = audit(skc, tmp_path, *words)["findings"]
    assert one["severity"] == "medium"
    put(
        tmp_path,
        {"app.js": app.replace("helmet());", "helmet());\napp.use(require('express-session')());")},
    )
    (one,) = audit(skc, tmp_path, *words)["findings"]
    assert one["severity"] == "high"


def test_forgery_is_graded_by_what_cookies_do_with_other_sites(skc: Skc, tmp_path: Path) -> None:
    def grade(options: str) -> str:
        session = f"app.use(require('express-session')({{ cookie: {options} }}));"
        app = APP.replace("helmet());", f"helmet());\n{session}")
        put(tmp_path, {"app.js": app, "routes/users.js": USERS})
        (one,) = audit(skc, tmp_path, "--select", "csrf-missing")["findings"]
        return str(one["severity"])

    assert grade("{}") == "medium"
    assert grade("{ sameSite: 'none', secure: true }") == "high"
    assert grade("{ sameSite: 'strict' }") == "low"
    assert grade("{ sameSite: config.site }") == "medium"
