"""`skc audit` as it is typed: what it looks at, how it ends, what it writes, what it accepts."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from skillconnect_ops.commands.audit.checks import CHECKS
from skillconnect_ops.detection.baseline import Accepted, Baseline, write
from tests.conftest import Skc
from tests.npm import install

SCHEMA = "@microsoft/jest-sarif@1.0.0-beta.0"
"""Holds OASIS' schema of SARIF 2.1.0 as a file; it is on npm, and the schema alone is not."""
Git = Callable[..., str]


def put(folder: Path, **files: str) -> None:
    """Write files; `a_js` stands for `a.js`, `src__a_js` for `src/a.js`."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/")[::-1].replace("_", ".", 1)[::-1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def audit(skc: Skc, app: Path, *words: str) -> Any:
    return skc("audit", *words, "--format", "json", cwd=app).json


LOGIN = """\
const express = require('express');
const rateLimit = require('express-rate-limit');
const app = express();
app.post('/login', {limiter}(req, res) => res.json({{}}));
"""


def places(report: Any) -> list[str]:
    """Where the findings are that nothing silences."""
    open_ones = [one for one in report["findings"] if one["suppressed"] is None]
    return [f"{one['path']}:{one['line']}" for one in open_ones]


@pytest.mark.parametrize(
    ("code", "grades"),
    [
        ("console.error(1)", {"low": 10, "medium": 0, "high": 0, "critical": 0}),
        ("console.log(1)", {"low": 11, "medium": 11, "high": 0, "critical": 0}),
        ("console.log(password)", {"low": 12, "medium": 12, "high": 12, "critical": 0}),
        ("logger.info(1)", {"low": 0, "medium": 0, "high": 0, "critical": 0}),
    ],
)
def test_the_exit_says_the_worst_from_fail_on_upwards(
    skc: Skc, app: Path, code: str, grades: dict[str, int]
) -> None:
    put(app, a_js=code)
    for grade, exit_code in grades.items():
        assert skc("audit", "--fail-on", grade, cwd=app).code == exit_code, grade
    assert skc("audit", cwd=app).code == grades["high"]


def test_a_finding_says_where_it_begins_and_ends(skc: Skc, app: Path) -> None:
    put(app, src__a_js="const ä = '😀'; console\n  .log(1,\n 2);\n")
    (found,) = audit(skc, app, "--select", "console-call")["findings"]
    assert (found["path"], found["line"], found["column"]) == ("src/a.js", 1, 16)
    assert found["end_line"] == 3
    assert found["remedy"]
    assert len(found["fingerprint"]) == 64


def test_a_fingerprint_outlives_a_move_and_a_change_of_the_values(skc: Skc, app: Path) -> None:
    put(app, a_js='console.log("key 12345678");\nconsole.log("b");\nconsole.log("b");\n')
    before = [one["fingerprint"] for one in audit(skc, app)["findings"]]
    put(app, a_js='\n\nlet x;\nconsole.log("key 87654321");\nconsole.log("b");\nconsole.log("b");')
    assert [one["fingerprint"] for one in audit(skc, app)["findings"]] == before
    assert len(set(before)) == 3


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("src__a_js", "medium"),
        ("tests__a_js", "low"),
        ("src__a.test_ts", "low"),
        ("bin__a_js", "low"),
        ("scripts__a_mjs", "low"),
    ],
)
def test_what_a_person_reads_is_graded_lower(skc: Skc, app: Path, path: str, severity: str) -> None:
    put(app, **{path: "console.log(1)"})
    (found,) = audit(skc, app)["findings"]
    assert found["severity"] == severity


def test_a_file_that_is_a_program_is_graded_lower(skc: Skc, app: Path) -> None:
    put(app, tool_js="#!/usr/bin/env node\nconsole.log(1)")
    put(app, main_py="if __name__ == '__main__':\n    print(1)\nelse:\n    print(2)\n")
    found = audit(skc, app)["findings"]
    assert [one["severity"] for one in found] == ["low", "medium", "low"]


@pytest.mark.parametrize(
    ("path", "severity"),
    [("src__a_js", "high"), ("scripts__a_js", "medium"), ("tests__a_js", "low")],
)
def test_a_secret_is_graded_by_who_reads_it(skc: Skc, app: Path, path: str, severity: str) -> None:
    put(app, **{path: "console.log(password)"})
    (found,) = audit(skc, app, "--select", "console-secret")["findings"]
    assert found["severity"] == severity


def test_checks_are_chosen_by_id(skc: Skc, app: Path) -> None:
    put(app, a_js="console.log(password)", b_py="print(1)")
    assert len(audit(skc, app)["findings"]) == 3
    only = audit(skc, app, "--select", "console-secret,print-call")
    assert {one["id"] for one in only["findings"]} == {"console-secret", "print-call"}
    without = audit(skc, app, "--ignore", "console-secret", "--ignore", "print-call")
    assert {one["id"] for one in without["findings"]} == {"console-call"}
    left = {one["id"] for one in without["facts"]["checks"]}
    assert left == {check.id for check in CHECKS} - {"console-secret", "print-call"}


def test_an_id_that_no_check_has_is_a_mistake_and_the_nearest_is_named(skc: Skc, app: Path) -> None:
    ran = skc("audit", "--select", "console-cal", cwd=app)
    assert ran.code == 2
    assert "console-call" in ran.stderr
    assert skc("audit", "explain", "nothing", cwd=app).code == 2
    both = ("--select", "print-call", "--ignore", "print-call")
    assert skc("audit", *both, cwd=app).code == 2


def test_outcomes_tell_nothing_to_look_at_from_nothing_found(skc: Skc, app: Path) -> None:
    put(app, a_js="logger.info(1)", b_js="console.log(1)")
    words = ("--select", "console-call,console-secret,print-call")
    told = {one["id"]: one["outcome"] for one in audit(skc, app, *words)["facts"]["checks"]}
    assert told == {
        "console-call": "fail",
        "console-secret": "pass",
        "print-call": "not applicable",
    }


def test_a_baseline_accepts_what_was_there_and_nothing_new(skc: Skc, app: Path) -> None:
    put(app, a_js="console.log(1);\nconsole.log(token);\n")
    skc("audit", "--format", "json", "--out", "../accepted.json", cwd=app)
    accepted = ("--baseline", "../accepted.json", "--fail-on", "low")
    assert skc("audit", *accepted, cwd=app).code == 0
    put(app, a_js="\nconsole.warn(2);\nconsole.log(1);\nconsole.log(token);\n")
    report = audit(skc, app, *accepted)
    assert places(report) == ["a.js:2"]
    silenced = {one["suppressed"] for one in report["findings"]} - {None}
    assert silenced == {"in the baseline accepted.json"}


def test_a_baseline_accepts_nothing_worse_than_what_was_there(skc: Skc, app: Path) -> None:
    put(app, a_js="const rateLimit = require('express-rate-limit');\n")
    lax = LOGIN.format(limiter="rateLimit({ windowMs: 60000, limit: 1000 }), ")
    (app / "server.js").write_text(lax)
    words = ("--select", "auth-route-without-strict-limiter")
    skc("audit", *words, "--format", "json", "--out", "../accepted.json", cwd=app)
    accepted = (*words, "--baseline", "../accepted.json")
    assert places(audit(skc, app, *accepted)) == []
    (app / "server.js").write_text(LOGIN.format(limiter=""))
    report = audit(skc, app, *accepted)
    (found,) = report["findings"]
    assert (found["severity"], found["suppressed"]) == ("high", None)
    assert found["message"].endswith("; worse than what the baseline accepted.json accepts")
    assert skc("audit", *accepted, cwd=app).code == 12


def test_a_name_that_is_no_utf_8_is_spelled_out_and_hides_no_other(skc: Skc, app: Path) -> None:
    put(app, ok_js="console.log(1);")
    (app / os.fsdecode(b"bad\xff.js")).write_text("console.log(2);")
    assert places(audit(skc, app)) == ["bad\\xff.js:1", "ok.js:1"]
    for form in ("table", "sarif", "junit", "github", "markdown"):
        ran = skc("audit", "--format", form, cwd=app)
        assert ran.code == 0, ran.stderr
        assert "xff.js" in ran.stdout


def test_a_baseline_that_was_written_by_hand_counts(skc: Skc, app: Path, tmp_path: Path) -> None:
    put(app, a_js="console.log(1);")
    (found,) = audit(skc, app)["findings"]
    one = Accepted(
        fingerprint=found["fingerprint"],
        detector="console-call",
        path="a.js",
        context="console.log(1)",
        reason="the banner",
    )
    (tmp_path / "kept.json").write_bytes(write(Baseline((one,))))
    assert places(audit(skc, app, "--baseline", "../kept.json")) == []


def test_a_file_that_is_no_baseline_is_a_precondition(skc: Skc, app: Path) -> None:
    put(app, a_js="console.log(1);")
    ran = skc("audit", "--baseline", "a.js", cwd=app)
    assert ran.code == 4
    assert "skc audit --format json" in ran.stderr


def test_only_changed_lines_count(skc: Skc, app: Path, git: Git) -> None:
    put(app, a_js="console.log(1);\nlet x;\n", gone_js="console.log(9);")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("checkout", "-q", "-b", "topic")
    put(app, a_js="console.log(1);\nconsole.log(\n 2,\n);\n", **{"b ü_js": "console.log(3);"})
    git("add", ".")
    git("commit", "-q", "-m", "two")
    put(app, c_js="console.warn(4);")
    (app / "gone.js").unlink()
    assert places(audit(skc, app)) == ["a.js:1", "a.js:2", "b ü.js:1", "c.js:1"]
    assert places(audit(skc, app, "--changed")) == ["a.js:2", "b ü.js:1", "c.js:1"]
    assert places(audit(skc, app, "--changed", "main")) == ["a.js:2", "b ü.js:1", "c.js:1"]
    assert places(audit(skc, app, "--changed=HEAD")) == ["c.js:1"]
    assert places(audit(skc, app, "a.js", "--changed")) == ["a.js:2"]


def test_a_call_counts_as_changed_by_any_of_its_lines(skc: Skc, app: Path, git: Git) -> None:
    put(app, a_js="console.log(\n 1,\n 2);\n")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    put(app, a_js="console.log(\n 1,\n 3);\n")
    assert places(audit(skc, app, "--changed")) == ["a.js:1"]


def test_a_change_cannot_silence_itself_unseen(skc: Skc, app: Path, git: Git) -> None:
    put(app, a_js="let x;\n")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    put(app, a_js="let x;\nconsole.log(1); // skc: allow console-call it is late\n")
    report = audit(skc, app, "--changed")
    assert places(report) == []
    (note,) = report["facts"]["notes"]
    assert note == "a.js:2 is new and allows console-call: it is late"
    assert note in skc("audit", "--changed", cwd=app).stdout


def test_what_is_staged_is_read_as_it_is_staged(skc: Skc, app: Path, git: Git) -> None:
    put(app, a_js="console.log(1);\n")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    put(app, a_js="console.log(1);\nconsole.log(2);\n", b_js="console.log(3);")
    git("add", ".")
    put(app, a_js="let x;", c_js="console.log(4);")
    assert places(audit(skc, app, "--staged")) == ["a.js:2", "b.js:1"]
    assert places(audit(skc, app, "--staged", "b.js")) == ["b.js:1"]
    git("rm", "-q", "--cached", "-f", "b.js")
    assert places(audit(skc, app, "--staged")) == ["a.js:2"]


def test_before_the_first_commit_all_that_is_staged_is_new(skc: Skc, app: Path, git: Git) -> None:
    put(app, a_js="console.log(1);\n")
    git("add", ".")
    assert places(audit(skc, app, "--staged")) == ["a.js:1"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--changed", "--staged"), 2),
        (("--changed", "no-such-revision"), 4),
        (("not-there",), 4),
        (("--changed=--output=x",), 4),
    ],
)
def test_what_cannot_be_looked_at_is_said(
    skc: Skc, app: Path, git: Git, words: tuple[str, ...], code: int
) -> None:
    put(app, a_js="let x;")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    assert skc("audit", *words, cwd=app).code == code
    assert [path.name for path in app.iterdir() if path.name != ".git"] == ["a.js"]


@pytest.mark.parametrize("option", ["--changed", "--staged"])
def test_without_a_repository_there_is_no_change(skc: Skc, app: Path, option: str) -> None:
    ran = skc("audit", option, cwd=app)
    assert ran.code == 4
    assert "no git repository" in ran.stderr


def test_a_path_narrows_and_a_named_file_is_looked_at_in_any_case(
    skc: Skc, app: Path, git: Git
) -> None:
    put(app, src__a_js="console.log(1);", lib__b_js="console.log(2);", dist__c_js="console.log(3);")
    (app / ".gitignore").write_text("dist\n")
    assert places(audit(skc, app)) == ["lib/b.js:1", "src/a.js:1"]
    assert places(audit(skc, app, "src")) == ["src/a.js:1"]
    assert places(audit(skc, app, "dist/c.js", "src")) == ["dist/c.js:1", "src/a.js:1"]
    assert places(audit(skc, app, "dist")) == ["dist/c.js:1"]
    assert places(audit(skc, app / "src")) == ["src/a.js:1"]


def test_an_image_in_a_string_makes_no_bundle_of_the_code_around_it(skc: Skc, app: Path) -> None:
    image = "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUg" * 1500
    put(app, a_js=f"const logo = '{image}';\nconsole.log(1);\n")
    assert places(audit(skc, app)) == ["a.js:2"]


def test_installed_built_and_minified_code_is_left_out_and_said(skc: Skc, app: Path) -> None:
    put(app, node_modules__x__a_js="console.log(1);", dist__b_js="console.log(2);")
    put(app, public__c_min_js="", a_js="console.log(1)")
    (app / "public" / "lib.min.js").write_text("console.log(3);")
    (app / "public" / "packed.js").write_text("var a;" * 5000 + "console.log(4);")
    report = audit(skc, app)
    assert places(report) == ["a.js:1"]
    skipped = {one["path"]: one["reason"] for one in report["facts"]["skipped"]}
    assert skipped["node_modules"] == "installed packages"
    assert skipped["dist"] == "built files"
    assert skipped["public/lib.min.js"] == skipped["public/packed.js"]
    assert "left out, installed packages: node_modules" in skc("audit", cwd=app).stdout
    assert skc("audit", "--strict", cwd=app).code == 0


@pytest.mark.parametrize("by_git", [True, False])
def test_code_of_a_market_s_vendors_is_no_vendored_code(
    skc: Skc, app: Path, git: Git, by_git: bool
) -> None:
    own = ("src/vendor/a.js", "routes/build/b.js", "src/coverage/c.js")
    tools = ("vendor/d.js", "web/dist/e.js", "coverage/f.js", "web/public/vendor/g.js")
    for path in (*own, *tools, "web/package.json"):
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_text("{}" if path.endswith("json") else "console.log(1);\n")
    if by_git:
        git("add", "-A", "-f")
    else:
        shutil.rmtree(app / ".git", ignore_errors=True)
    report = audit(skc, app)
    assert places(report) == sorted(f"{path}:1" for path in own)
    left = {one["path"] for one in report["facts"]["skipped"]}
    assert left == {"vendor", "web/dist", "coverage", "web/public/vendor"}


@pytest.mark.parametrize("by_git", [True, False])
def test_a_folder_behind_a_link_is_told_not_to_be_read(
    skc: Skc, app: Path, tmp_path: Path, git: Git, by_git: bool
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.js").write_text("console.log(1);\n")
    (app / "src").symlink_to("../real")
    put(app, b_js="1;")
    if by_git:
        git("add", "-A")
    else:
        shutil.rmtree(app / ".git", ignore_errors=True)
    left = audit(skc, app)["facts"]["skipped"]
    assert left == [{"path": "src", "reason": "a link to a folder, which is not followed"}]


def test_no_odd_file_brings_it_down_and_each_is_listed(skc: Skc, app: Path) -> None:
    put(app, broken_js="console.log(1);\nconst = (;", empty_js="", good_js="console.log(2);")
    (app / "huge.js").write_bytes(b"console.log(3);\n" * 200_000)
    with (app / "app.bundle.js").open("wb") as bundle:
        bundle.truncate(50_000_000)
    with (app / "fifty.js").open("wb") as large:
        large.truncate(50_000_000)
    (app / "binary.js").write_bytes(b"\0\1\2console.log(4)\0")
    (app / "latin.js").write_bytes(b"console.log('caf\xe9');")
    (app / "wide.js").write_text("console.log(5);", encoding="utf-16")
    (app / "loop.js").symlink_to("loop.js")
    (app / "around").symlink_to(".")
    (app / "folder.js").mkdir()
    (app / "deep.js").write_text("[" * 3_000 + "console.log(6)")
    (app / "deep.py").write_text("print(" * 2_000)
    ran = skc("audit", "--format", "json", cwd=app)
    assert ran.code == 0
    report = ran.json
    assert {one["path"] for one in report["findings"]} >= {
        *("broken.js", "good.js", "latin.js", "wide.js"),
    }
    unknown = {one["subject"] for one in report["unknown"]}
    assert unknown >= {"broken.js", "huge.js", "fifty.js", "latin.js", "deep.js", "deep.py"}
    skipped = {one["path"] for one in report["facts"]["skipped"]}
    assert skipped >= {"app.bundle.js", "binary.js", "loop.js"}
    assert skc("audit", "--strict", cwd=app).code == 14
    assert skc("audit", "--strict", "--fail-on", "medium", cwd=app).code == 11


def test_a_check_whose_files_could_all_not_be_read_is_incomplete(skc: Skc, app: Path) -> None:
    (app / "huge.js").write_bytes(b"console.log(3);\n" * 200_000)
    report = audit(skc, app, "--select", "console-call")
    assert report["status"] == "incomplete"
    assert report["facts"]["checks"][0]["outcome"] == "unknown"


def test_the_table_groups_by_file_and_shows_the_code_without_values(skc: Skc, app: Path) -> None:
    put(app, a_js='let x;\nconsole.log("see", "s3cr3tvalue99", `https://u:pw@host/`);\n')
    shown = skc("audit", cwd=app).stdout
    assert "a.js\n  2:1     medium    console-call  console.log is called\n" in shown
    assert '        2 | console.log("see", "***", `https://***@host/`);\n          | ^\n' in shown
    assert "1 finding: 1 medium" in shown
    assert "s3cr3t" not in skc("audit", "--format", "json", cwd=app).stdout


@pytest.mark.parametrize(
    "line",
    [
        "app.use(session({ secret: '%s cat' }));",
        "const apiKey = `%s`; console.log(1);",
        "console.log(1); // AKIA%sEXAMPLE0",
        "console.log(1); /* ask %s@shop.example */",
        "app.use(auth('%s1!x', 2));",
        "app.post('/x', pick({ key: '%s1!x' }), (req, res) => res.json(req.body));",
        "if (x === '%s1!x') app.use(helmet());",
        "app.use(cors({ origin: pick('%s1!x') }));",
    ],
)
@pytest.mark.parametrize("form", ["table", "json", "sarif", "junit", "github", "markdown"])
def test_no_form_shows_what_may_be_a_value(skc: Skc, app: Path, form: str, line: str) -> None:
    plain = "KEYBOARDS"
    text = LOGIN.format(limiter="").replace("app.post", f"{line % plain}\napp.post", 1)
    (app / "server.js").write_text(
        f"const cors = require('cors'), helmet = require('helmet');{text}"
    )
    for words in (("audit",), ("routes",)):
        ran = skc(*words, "--format", form, cwd=app)
        assert plain not in ran.stdout + ran.stderr


def test_a_version_is_no_value(skc: Skc, app: Path) -> None:
    (app / "package.json").write_text('{"dependencies": {\n"jsonwebtoken": "^8.5.1"\n}}\n')
    assert '2 | "jsonwebtoken": "^8.5.1"' in skc("audit", cwd=app).stdout


def test_a_line_with_two_findings_is_shown_once(skc: Skc, app: Path) -> None:
    put(app, a_js="console.log(password);\n")
    assert skc("audit", cwd=app).stdout.count("1 | console.log(password);") == 1


def test_a_slip_in_a_comment_is_named(skc: Skc, app: Path) -> None:
    put(app, a_js="console.log(1); // skc: allow console-cal it is a slip\n")
    report = audit(skc, app)
    assert places(report) == ["a.js:1"]
    assert report["facts"]["notes"] == [
        "a.js:1 allows console-cal, which is no check: console-call?"
    ]


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("skc: allow console-call until tomorrow it is late", "tomorrow is no day"),
        ("skc: allow console-call until 2126/12/31 it is late", "2126/12/31 is no day"),
        ("skc: allow console-call until 2126-99-99 it is late", "2126-99-99 is no day"),
        ("skc: allow * all of them", "not of the form"),
        ("SKC: allow console-call loudly", "not of the form"),
    ],
)
def test_an_allowance_that_cannot_be_read_does_not_count_and_is_named(
    skc: Skc, app: Path, comment: str, why: str
) -> None:
    put(app, a_js=f"console.log(1); // {comment}\n")
    report = audit(skc, app)
    assert places(report) == ["a.js:1"]
    (note,) = report["facts"]["notes"]
    assert note.startswith("a.js:1 has a `skc: allow` that does not count: ")
    assert why in note


def test_a_comment_that_talks_about_allowances_is_none(skc: Skc, app: Path) -> None:
    put(app, a_js="console.log(1); // write `// skc: allow console-call REASON` behind it\n")
    report = audit(skc, app)
    assert places(report) == ["a.js:1"]
    assert report["facts"]["notes"] == []


def test_what_is_silenced_is_in_the_report_and_listed_when_asked_for(skc: Skc, app: Path) -> None:
    put(app, a_js="console.log(1); // skc: allow console-call for people\nconsole.log(2);\n")
    report = audit(skc, app)
    assert [one["suppressed"] for one in report["findings"]] == ["allowed: for people", None]
    assert "for people" not in skc("audit", cwd=app).stdout
    assert "1 finding not shown: allowed" in skc("audit", cwd=app).stdout
    assert "for people" in skc("audit", "--show-ignored", cwd=app).stdout


def test_sarif_is_valid_by_its_schema(
    skc: Skc, app: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    put(
        app,
        a_js="console.log(password);\nconsole.log(2); // eslint-disable-line\n",
        b_js="const = 1; console.log(3)",
    )
    put(app, **{"ü b_py": "print(1)"})
    (app / ".env").write_text("PORT=1\n")  # readable: a finding about a whole file
    (app / ".env").chmod(0o644)
    document = json.loads(skc("audit", "--format", "sarif", cwd=app).stdout)
    folder = install(tmp_path_factory.getbasetemp().parent / "sarif", SCHEMA)
    place = folder / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
    schema = json.loads(place.read_text())
    # an expression with a bracket too many, which is none for ECMA 262; we set no language
    for named in ("run", "toolComponent"):
        del schema["definitions"][named]["properties"]["language"]["pattern"]
    jsonschema_rs.validate(schema, document)
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(schema, {**document, "runs": [{}]})
    results = document["runs"][0]["results"]
    silenced = [(one["ruleId"], one["suppressions"]) for one in results if "suppressions" in one]
    why = {"kind": "inSource", "justification": "eslint-disable-line"}
    assert silenced == [("console-call", [why])]
    assert all(one["partialFingerprints"] for one in results)
    places = {one["ruleId"]: one["locations"][0]["physicalLocation"] for one in results}
    assert "region" not in places["env-readable"]
    assert places["env-readable"]["artifactLocation"]["uri"] == ".env"


def test_junit_github_and_markdown_hold_the_findings(skc: Skc, app: Path) -> None:
    put(app, a_js="console.log(1);\n")
    suite = ET.fromstring(skc("audit", "--format", "junit", cwd=app).stdout)
    assert [case.get("name") for case in suite.iter("testcase")] == ["a.js:1"]
    said = skc("audit", "--format", "github", cwd=app).stdout
    assert said.startswith("::warning file=a.js,line=1,col=1,endLine=1,title=console-call::")
    page = skc("audit", "--format", "markdown", cwd=app).stdout
    assert "### 1 finding: 1 medium\n\n| severity |" in page
    assert "| medium | `a.js:1` | console.log is called | console-call |" in page


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_a_page_says_why_how_and_shows_before_and_after(skc: Skc, check: str) -> None:
    ran = skc("audit", "explain", check)
    assert ran.code == 0
    for word in ("Why:", "How it looks:", "Severity:", "Silence:", "Before:", "After:", "CWE-"):
        assert word in ran.stdout, word


def test_the_list_names_every_check(skc: Skc) -> None:
    ran = skc("audit", "list", "--format", "json")
    assert [one["id"] for one in ran.json["facts"]["checks"]] == [check.id for check in CHECKS]
    shown = skc("audit", "list").stdout
    assert all(check.title in shown for check in CHECKS)


def test_what_fails_is_asked_of_the_option_the_variable_and_the_settings(
    skc: Skc, app: Path
) -> None:
    put(app, a_js="console.log(1)")
    settings = app / "skc.yaml"
    settings.write_text("version: 1\nproject: {id: abcdef, name: shop}\naudit: {fail_on: medium}\n")
    assert skc("audit", cwd=app).code == 11
    assert skc("audit", cwd=app, env={"SKC_AUDIT_FAIL_ON": "high"}).code == 0
    both = {"SKC_AUDIT_FAIL_ON": "high"}
    assert skc("audit", "--fail-on", "low", cwd=app, env=both).code == 11
    assert skc("audit", cwd=app, env={"SKC_AUDIT_FAIL_ON": "bad"}).code == 2
    settings.write_text(settings.read_text().replace("medium", "mediun"))
    ran = skc("audit", cwd=app)
    assert ran.code == 4
    assert "one of low, medium, high, critical" in ran.stderr
    settings.unlink()
    assert skc("audit", cwd=app).code == 0
