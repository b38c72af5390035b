"""`skc audit --staged` judges what will be committed, and not what lies on disk."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.commands.audit.conftest import Git, git_in
from tests.commands.audit.test_express import audit, commit, put, said
from tests.conftest import Skc

LIMITED = """\
const express = require('express');
const { limit } = require('./limits');
const app = express();
app.use(express.json({ limit: '10kb' }));
app.use(limit);
app.post('/items', (req, res) => res.json(req.body));
app.listen(3000);
"""
BARE = LIMITED.replace("app.use(limit);\n", "\n")
LIMITS = "const { rateLimit } = require('express-rate-limit');\nexports.limit = rateLimit();\n"
NO_LIMITS = "exports.limit = (req, res, next) => next();\n"
CHECK = ("--staged", "--select", "route-without-limiter")
FOUND = [("route-without-limiter", "app.js", 6, "POST /items: no limiter stands before it")]


@pytest.fixture
def git(tmp_path: Path, clean_environment: dict[str, str]) -> Git:
    """A repository with one commit in it, and git in there."""

    put(tmp_path / "app", {"README.md": "a shop\n"})
    commit(tmp_path / "app", clean_environment)
    return git_in(tmp_path / "app", clean_environment)


@pytest.fixture
def app(tmp_path: Path, git: Git) -> Path:
    return tmp_path / "app"


def test_a_limiter_that_is_on_disk_alone_protects_no_commit(skc: Skc, app: Path, git: Git) -> None:
    put(app, {"app.js": BARE, "limits.js": LIMITS})
    git("add", "-A")
    put(app, {"app.js": LIMITED})
    assert said(audit(skc, app, *CHECK)) == FOUND


def test_a_limiter_that_is_staged_protects_whatever_is_on_disk(
    skc: Skc, app: Path, git: Git
) -> None:
    put(app, {"app.js": LIMITED, "limits.js": LIMITS})
    git("add", "-A")
    put(app, {"app.js": BARE})
    assert said(audit(skc, app, *CHECK)) == []


@pytest.mark.parametrize(
    ("in_index", "on_disk", "found"), [(NO_LIMITS, LIMITS, FOUND), (LIMITS, NO_LIMITS, [])]
)
def test_a_file_that_was_not_asked_for_is_read_as_it_will_be_committed(
    skc: Skc, app: Path, git: Git, in_index: str, on_disk: str, found: list[Any]
) -> None:
    put(app, {"limits.js": in_index})
    git("add", "-A")
    git("commit", "-q", "-m", "limits")
    put(app, {"app.js": LIMITED})
    git("add", "app.js")
    put(app, {"limits.js": on_disk})
    assert said(audit(skc, app, *CHECK)) == found


def test_a_file_that_is_gone_from_disk_and_not_from_the_index_counts(
    skc: Skc, app: Path, git: Git
) -> None:
    put(app, {"app.js": LIMITED, "limits.js": LIMITS})
    git("add", "-A")
    (app / "limits.js").unlink()
    assert said(audit(skc, app, *CHECK)) == []
    (app / "app.js").unlink()
    assert said(audit(skc, app, *CHECK)) == []


def test_a_file_that_git_does_not_know_protects_nothing(skc: Skc, app: Path, git: Git) -> None:
    put(app, {"app.js": LIMITED, "limits.js": LIMITS})
    git("add", "app.js")
    report = audit(skc, app, *CHECK)  # nobody can tell what a file does that will not be there
    assert {one["subject"] for one in report["unknown"]} == {"app.js"}
    git("add", "limits.js")
    report = audit(skc, app, *CHECK)
    assert (report["findings"], report["unknown"]) == ([], [])


def test_a_file_that_was_taken_out_of_the_index_counts_no_more(
    skc: Skc, app: Path, git: Git
) -> None:
    put(app, {"app.js": LIMITED, "limits.js": LIMITS})
    git("add", "-A")
    git("commit", "-q", "-m", "begin")
    git("rm", "-q", "--cached", "limits.js")
    put(app, {"app.js": LIMITED.replace("'/items'", "'/goods'")})
    git("add", "app.js")
    assert audit(skc, app, *CHECK)["unknown"] != []


def test_what_is_not_a_route_is_read_as_it_is_staged_too(skc: Skc, app: Path, git: Git) -> None:
    words = ("--staged", "--select", "cors-wildcard")
    text = "const app = require('express')();\napp.use(require('cors')({{ origin: '{}' }}));\n"
    for staged, on_disk, many in (("*", "https://a.example", 1), ("https://a.example", "*", 0)):
        put(app, {"app.js": text.format(staged)})
        git("add", "app.js")
        put(app, {"app.js": text.format(on_disk)})
        assert len(audit(skc, app, *words)["findings"]) == many


def test_a_constant_of_another_file_is_read_as_it_will_be_committed(
    skc: Skc, app: Path, git: Git
) -> None:
    words = ("--staged", "--select", "cors-wildcard")
    put(app, {"origins.js": "exports.origin = '*';\n"})
    git("add", "-A")
    git("commit", "-q", "-m", "origins")
    code = "const cors = require('cors');\nconst { origin } = require('./origins');\n"
    put(app, {"app.js": f"{code}require('express')().use(cors({{ origin }}));\n"})
    git("add", "app.js")
    put(app, {"origins.js": "exports.origin = 'https://shop.example';\n"})
    assert len(audit(skc, app, *words)["findings"]) == 1
    git("add", "origins.js")
    put(app, {"origins.js": "exports.origin = '*';\n"})
    assert len(audit(skc, app, *words)["findings"]) == 0


def test_the_index_that_a_hook_is_shown_is_the_one_that_counts(
    skc: Skc, app: Path, git: Git
) -> None:
    put(app, {"limits.js": LIMITS})
    git("add", "-A")
    git("commit", "-q", "-m", "limits")
    put(app, {"app.js": LIMITED, "limits.js": NO_LIMITS})
    git("add", "-A")
    shown = app / ".git" / "shown"  # what `git commit -a` makes
    shown.write_bytes((app / ".git" / "index").read_bytes())
    put(app, {"limits.js": LIMITS})
    git("add", "-A")
    assert said(audit(skc, app, *CHECK)) == []
    words = ("audit", *CHECK, "--format", "json")
    assert said(skc(*words, cwd=app, env={"GIT_INDEX_FILE": os.fspath(shown)}).json) == FOUND


def test_to_write_what_is_staged_is_refused(skc: Skc, app: Path, git: Git) -> None:
    put(app, {"app.js": "console.log(1);\n"})
    git("add", "-A")
    for how in ("--fix", "--write"):
        ran = skc("audit", how, "--staged", cwd=app)
        assert ran.code == 2
        assert "look at the work tree" in ran.stderr
    assert (app / "app.js").read_text() == "console.log(1);\n"


GUARDED = "const helmet = require('helmet');\n" + LIMITED.replace(
    "app.use(limit);\n", "app.use(limit);\napp.use(helmet());\n"
).replace("app.listen", "app.use((err, req, res, next) => res.sendStatus(500));\napp.listen")


@pytest.mark.parametrize("how", ["changed", "staged"])
@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("app.use(limit);\n", "", "route-without-limiter"),
        ("app.use(helmet());\n", "", "helmet-missing"),
        ("app.use((err, req, res, next) => res.sendStatus(500));\n", "", "error-handler-missing"),
    ],
)
def test_what_a_change_takes_away_is_told_though_it_adds_no_line(
    skc: Skc, app: Path, git: Git, how: str, old: str, new: str, check: str
) -> None:
    put(app, {"app.js": GUARDED, "limits.js": LIMITS, "other.js": BARE})
    git("add", "-A")
    git("commit", "-qm", "guarded")
    put(app, {"app.js": GUARDED.replace(old, new)})
    git("add", "-A")
    words = ("--changed", "HEAD") if how == "changed" else ("--staged",)
    report = audit(skc, app, *words)
    assert {(one["id"], one["path"]) for one in report["findings"]} == {(check, "app.js")}
    (found,) = report["findings"]
    assert found["message"].endswith("; not so, or not told, before this change")


@pytest.mark.parametrize("how", ["changed", "staged"])
def test_a_guard_that_is_gutted_in_a_file_of_its_own_is_told(
    skc: Skc, app: Path, git: Git, how: str
) -> None:
    put(app, {"app.js": LIMITED, "limits.js": LIMITS, "other.js": BARE})
    git("add", "-A")
    git("commit", "-qm", "limited")
    put(app, {"limits.js": NO_LIMITS})
    git("add", "-A")
    words = ("--changed", "HEAD") if how == "changed" else ("--staged",)
    report = audit(skc, app, *words, "--select", "route-without-limiter")
    assert {one["path"] for one in report["findings"]} == {"app.js"}


def test_a_file_that_git_does_not_track_yet_was_not_there_before(
    skc: Skc, app: Path, git: Git
) -> None:
    both = LIMITED.replace("./limits", "./made")
    put(app, {"app.js": both, "made/index.js": LIMITS})
    git("add", "-A")
    git("commit", "-qm", "limited")
    put(app, {"made.js": NO_LIMITS})  # it is found first
    report = audit(skc, app, "--changed", "HEAD", "--select", "route-without-limiter")
    assert {one["path"] for one in report["findings"]} == {"app.js"}


def test_what_was_unknown_before_a_change_does_not_fail_a_strict_run(
    skc: Skc, app: Path, git: Git
) -> None:
    put(app, {"app.js": BARE + "app.use(require('./made')[process.env.X]);\n"})
    git("add", "-A")
    git("commit", "-qm", "unknown")
    put(app, {"app.js": "\n" + BARE + "app.use(require('./made')[process.env.X]);\n"})
    assert audit(skc, app)["unknown"]
    ran = skc("audit", "--changed", "HEAD", "--strict", "--format", "json", cwd=app)
    assert (ran.json["unknown"], ran.code) == ([], 0)
