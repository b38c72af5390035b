"""`skc audit --fix` and `--write` as they are typed: what they show, write, refuse and leave."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.commands.audit.steps import CallsRewrite, RewriteCalls
from skillconnect_ops.core.plan import Walk
from tests.conftest import Skc

WINSTON = "const winston = require('winston');\nmodule.exports = winston.createLogger({});\n"
BEFORE = "const user = require('./user');\n\nconsole.log('User authenticated:', user._id);\n"
AFTER = (
    "const user = require('./user');\nconst logger = require('./utils/logger');\n\n"
    "logger.info('User authenticated', { userId: user._id });\n"
)
SETTINGS = "version: 1\nproject: {id: abc, name: app}\n"
SECRET = "mongodb://root:Xk29dkQpw81mZz@db1.shop.internal/shop"  # skc: allow it opens nothing


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A small app with a logger, in no repository."""
    root = tmp_path / "app"
    put(root, {"utils/logger.js": WINSTON, "a.js": BEFORE, "package.json": "{}"})
    return root


def put(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def held(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def fix(skc: Skc, root: Path, *words: str) -> Any:
    return skc("audit", *words, "--format", "json", cwd=root).json["facts"]["fix"]


def test_fix_shows_the_diff_and_changes_nothing(skc: Skc, app: Path) -> None:
    was = held(app)
    ran = skc("audit", "--fix", cwd=app)
    assert ran.code == 0
    assert "-console.log('User authenticated:', user._id);" in ran.stdout
    assert "+logger.info('User authenticated', { userId: user._id });" in ran.stdout
    assert "+const logger = require('./utils/logger');" in ran.stdout
    assert "1 call in 1 file would become calls of utils/logger.js" in ran.stdout
    assert "next: skc audit --write" in ran.stderr
    assert held(app) == was


def test_what_is_typed_with_fix_is_named_again_for_write(skc: Skc, app: Path) -> None:
    ran = skc("audit", "a.js", "--fix", "--logger", "utils/logger.js", "--request-id", cwd=app)
    assert "next: skc audit a.js --write --logger utils/logger.js --request-id" in ran.stderr


def test_write_writes_what_fix_shows_and_a_second_run_nothing(skc: Skc, app: Path) -> None:
    ran = skc("audit", "--write", "--yes", "--format", "json", cwd=app)
    assert ran.code == 0
    assert (app / "a.js").read_text() == AFTER
    assert [(step["kind"], step["outcome"]) for step in ran.json["steps"]] == [
        ("calls.rewrite", "done")
    ]
    was = held(app)
    again = skc("audit", "--write", "--yes", "--format", "json", cwd=app)
    assert (again.code, again.json["steps"], again.json["journal"]) == (0, [], None)
    assert held(app) == was


@pytest.mark.parametrize("words", [("--dry-run",), ()])
def test_without_consent_nothing_is_written(skc: Skc, app: Path, words: tuple[str, ...]) -> None:
    was = held(app)
    ran = skc("audit", "--write", *words, cwd=app)
    assert ran.code == (0 if words else 3)
    assert "rewrite 1 call in a.js" in ran.stderr
    assert held(app) == was


def test_a_file_that_changed_since_the_plan_is_refused(skc: Skc, app: Path, tmp_path: Path) -> None:
    put(app, {"skc.yaml": SETTINGS})
    plan = tmp_path / "plan.json"
    assert skc("audit", "--write", "--save-plan", str(plan), cwd=app).code == 0
    (app / "a.js").write_text(f"{BEFORE}// mine\n")
    was = held(app)
    stale = skc("apply", str(plan), "--yes", cwd=app)
    assert stale.code == 4
    assert "stale" in stale.stderr or "changed since" in stale.stderr, stale.stderr
    assert held(app) == was
    (app / "a.js").write_text(BEFORE)
    assert skc("apply", str(plan), "--yes", cwd=app).code == 0
    assert (app / "a.js").read_text() == AFTER


@pytest.mark.parametrize("which", ["a.js", "b.js"])
def test_a_file_that_changes_under_the_walk_keeps_the_change_and_the_others_go_back(
    skc: Skc, app: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    put(app, {"b.js": BEFORE})
    real = RewriteCalls.before

    def meanwhile(self: RewriteCalls, step: CallsRewrite, walk: Walk) -> Any:
        image = real(self, step, walk)
        if step.path == which:
            (app / which).write_text("// somebody else's\n")
        return image

    monkeypatch.setattr(RewriteCalls, "before", meanwhile)
    ran = skc("audit", "--write", "--yes", cwd=app)
    assert ran.code in {4, 5, 6}
    other = "b.js" if which == "a.js" else "a.js"
    assert (app / which).read_text() == "// somebody else's\n"
    assert (app / other).read_text() == BEFORE


def test_mode_mark_and_line_ends_stay(skc: Skc, app: Path) -> None:
    path = app / "w.js"
    path.write_bytes(b"\xef\xbb\xbfconst a = 1;\r\nconsole.log('one', a);\r\n")
    path.chmod(0o755)
    assert skc("audit", "--write", "--yes", cwd=app).code == 0
    assert path.read_bytes() == (
        b"\xef\xbb\xbfconst logger = require('./utils/logger');\r\n\r\n"
        b"const a = 1;\r\nlogger.info('one', { a });\r\n"
    )
    assert path.stat().st_mode & 0o777 == 0o755


SPARED = {
    "tests/a.test.js": "it is a test",
    "scripts/seed.js": "it is a script that is run by hand: a person reads what it prints",
    "client/app.js": "it is a part of a front end, by the folder client",
    "src/View.jsx": "it is a part of a front end, by the end of its name",
    "src/Card.vue": "it is a page or a component, and runs in browsers",
    "src/page.js": "it runs in browsers: it uses what only they have",
    "web/main.js": "it is a part of a front end: its package.json names react",
    "broken.js": "it does not fit its grammar, or is no UTF-8",
    "latin.js": "it does not fit its grammar, or is no UTF-8",
    "utils/logger.js": "it is the logger",
    "utils/config.js": "the logger is built with it",
}


def test_what_is_no_code_of_the_running_app_stays_and_is_named(skc: Skc, app: Path) -> None:
    call = "console.log('one');\n"
    files = {path: call for path in SPARED if path != "latin.js"}
    files["src/Card.vue"] = f"<script>\n{call}</script>\n"
    files["src/page.js"] = f"window.onload = () => {{ {call} }};\n"
    files["web/package.json"] = '{"dependencies": {"react": "18"}}'
    files["broken.js"] = f"{call}const = ;\n"
    files["utils/logger.js"] = f"require('./config');\n{WINSTON}{call}"
    put(app, files)
    (app / "latin.js").write_bytes(b"console.log('\xe9');\n")
    was = held(app)
    found = fix(skc, app, "--write", "--yes")
    assert {one["path"]: one["reason"] for one in found["spared"]} == SPARED
    assert [one["path"] for one in found["files"]] == ["a.js"]
    was[str(app / "a.js")] = AFTER.encode()
    assert held(app) == was


def test_what_is_not_plain_stays_and_the_line_is_named(skc: Skc, app: Path) -> None:
    put(app, {"b.js": "console.table(1);\nload().catch(console.error);\n"})
    found = fix(skc, app, "--fix")
    assert [(one["path"], one["line"], one["reason"]) for one in found["left"]] == [
        ("b.js", 1, "a logger has no table"),
        ("b.js", 2, "it is handed on, not called"),
    ]
    shown = skc("audit", "--fix", cwd=app).stdout
    assert "b.js:1" in shown
    assert "a logger has no table" in shown


def test_what_a_comment_allows_stays(skc: Skc, app: Path) -> None:
    put(
        app,
        {
            "b.js": "console.log('one'); // skc: allow console-call a person reads it\n"
            "// eslint-disable-next-line no-console\nconsole.log('two');\n"
        },
    )
    found = fix(skc, app, "--fix")
    assert (found["allowed"], [one["path"] for one in found["files"]]) == (2, ["a.js"])


def test_a_call_that_holds_a_secret_is_left_to_a_person_and_never_shown(
    skc: Skc, app: Path
) -> None:
    put(app, {"b.js": f"console.log('one');\nconsole.log('to', '{SECRET}');\n"})
    ran = skc("audit", "--write", "--yes", "--format", "json", cwd=app)
    (left,) = ran.json["facts"]["fix"]["left"]
    assert (left["line"], left["reason"]) == (
        2,
        "it holds what looks like a secret: take that out first",
    )
    assert SECRET in (app / "b.js").read_text()
    assert "Xk29dkQpw81mZz" not in ran.stdout + ran.stderr
    assert "Xk29dkQpw81mZz" not in skc("audit", "--fix", cwd=app).stdout


def test_the_journal_holds_no_code_around_the_calls(
    skc: Skc, app: Path, clean_environment: dict[str, str]
) -> None:
    plain = "correct horse battery"
    put(app, {"a.js": f"const uri = '{SECRET}', words = '{plain}';\n{BEFORE}"})
    ran = skc("audit", "--write", "--yes", "--format", "json", cwd=app)
    assert ran.json["journal"]
    assert SECRET in (app / "a.js").read_text()
    state = Path(clean_environment["XDG_STATE_HOME"])
    journals = [path for path in state.rglob("*") if path.is_file()]
    assert journals
    for path in journals:
        assert b"Xk29dkQpw81mZz" not in path.read_bytes()
        assert plain.encode() not in path.read_bytes()


def test_the_logger_is_the_one_that_is_named(skc: Skc, app: Path) -> None:
    put(app, {"lib/log.js": WINSTON})
    several = skc("audit", "--fix", cwd=app)
    assert several.code == 4
    assert "several may be meant: lib/log.js, utils/logger.js" in several.stderr
    assert fix(skc, app, "--fix", "--logger", "lib/log.js")["logger"] == "lib/log.js"
    put(app, {"skc.yaml": f"{SETTINGS}audit: {{logger: utils/logger.js}}\n"})
    assert fix(skc, app, "--fix")["logger"] == "utils/logger.js"
    assert fix(skc, app, "--fix", "--logger", "lib/log.js")["logger"] == "lib/log.js"


@pytest.mark.parametrize("path", ["nowhere.js", "user.js", "../outside.js", "package.json"])
def test_what_is_no_logger_is_refused(skc: Skc, app: Path, path: str) -> None:
    put(app, {"user.js": "exports.find = () => 1;\n"})
    ran = skc("audit", "--fix", "--logger", path, cwd=app)
    assert ran.code == 4
    assert "error: " in ran.stderr


def test_without_a_logger_it_is_said_how_to_name_one(skc: Skc, app: Path) -> None:
    (app / "utils/logger.js").unlink()
    ran = skc("audit", "--write", "--yes", cwd=app)
    assert ran.code == 4
    assert "there is no logger" in ran.stderr
    assert "skc audit --fix --logger PATH" in ran.stderr


def test_without_a_logger_and_nothing_to_rewrite_there_is_nothing_to_say(
    skc: Skc, app: Path
) -> None:
    put(app, {"a.js": "exports.a = 1;\n"})
    (app / "utils/logger.js").unlink()
    ran = skc("audit", "--fix", cwd=app)
    assert (ran.code, ran.stdout) == (0, "no call of console is to be rewritten\n")


@pytest.mark.parametrize(
    "words",
    [
        ("--yes",),
        ("--logger", "utils/logger.js"),
        ("--request-id",),
        ("--fix", "--yes"),
        ("--fix", "--select", "console-secret"),
        ("--fix", "--ignore", "console-call"),
        ("--fix", "--staged"),
        ("--fix", "--strict"),
        ("--write", "--fail-on", "low"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    skc: Skc, app: Path, words: tuple[str, ...]
) -> None:
    was = held(app)
    assert skc("audit", *words, cwd=app).code == 2
    assert held(app) == was


def test_only_the_files_that_are_named_are_rewritten(skc: Skc, app: Path) -> None:
    put(app, {"sub/b.js": BEFORE})
    found = fix(skc, app, "sub", "--fix", "--logger", "utils/logger.js")
    assert [one["path"] for one in found["files"]] == ["sub/b.js"]


def test_node_is_asked_and_where_it_is_not_that_is_said(
    skc: Skc, app: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git",):
        (programs / name).symlink_to(shutil.which(name) or "/nowhere")
    without = skc("audit", "--fix", cwd=app, env={"PATH": str(programs)})
    assert "node is not there: what is written was parsed, and not by node" in without.stdout
    refusing = programs / "node"
    refusing.write_text(
        "#!/bin/sh\nwhile read -r line; do case $line in *logger*) exit 1; esac; done\n"
    )
    refusing.chmod(0o755)
    refused = skc("audit", "--fix", cwd=app, env={"PATH": f"{programs}:/bin"})
    assert "node --check refuses what it would become" in refused.stdout
    assert "+logger" not in refused.stdout


def test_only_changed_lines_are_rewritten_where_that_is_asked(
    skc: Skc, app: Path, clean_environment: dict[str, str]
) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid")
        subprocess.run(["git", *who, *words], cwd=app, env=clean_environment, check=True)

    git("init", "-q", "--initial-branch=main")
    git("add", ".")
    git("commit", "-q", "-m", "start")
    (app / "a.js").write_text(f"{BEFORE}console.log('new');\n")
    assert skc("audit", "--changed", "HEAD", "--write", "--yes", cwd=app).code == 0
    text = (app / "a.js").read_text()
    assert "console.log('User authenticated:', user._id);" in text
    assert "logger.info('new');" in text


def test_a_write_that_fails_half_way_puts_every_file_back(
    skc: Skc, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(app, {"b.js": BEFORE})
    was = held(app)
    real = RewriteCalls.apply

    def failing(self: RewriteCalls, step: CallsRewrite, walk: Walk) -> Any:
        done = real(self, step, walk)
        if step.path == "b.js":
            raise OSError(28, "No space left on device")
        return done

    monkeypatch.setattr(RewriteCalls, "apply", failing)
    assert skc("audit", "--write", "--yes", cwd=app).code == 5
    assert held(app) == was


def test_that_winston_loses_errors_is_said_before_anything_is_written(skc: Skc, app: Path) -> None:
    put(app, {"a.js": "load().catch((error) => {\n  console.error('Not loaded:', error);\n});\n"})
    (note,) = fix(skc, app, "--fix")["notes"]
    assert note.startswith("winston writes an error below err as {}: utils/logger.js needs")
    assert note in skc("audit", "--write", cwd=app).stderr
    put(app, {"utils/logger.js": f"const err = require('./err');\n{WINSTON}"})
    assert fix(skc, app, "--fix")["notes"] == []
