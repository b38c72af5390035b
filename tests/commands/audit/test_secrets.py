"""`secret-in-tree`: the scan's own findings, over what an audit looks at."""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.detection.examples import filled
from skillconnect_ops.detection.model import Example
from tests.conftest import Ran, Skc

Git = Callable[..., str]
ONLY = ("--select", "secret-in-tree")


def drawn(text: str) -> str:
    """The text with values that nobody has seen before."""
    return filled(Example(text), random.Random())


@pytest.fixture
def token() -> str:
    return drawn("ghp_<alnum 36>")


def audit(skc: Skc, app: Path, *words: str) -> Any:
    return skc("audit", *ONLY, *words, "--format", "json", cwd=app).json


def places(report: Any) -> list[str]:
    open_ones = [one for one in report["findings"] if one["suppressed"] is None]
    return [f"{one['path']}:{one['line']}" for one in open_ones]


def marks(ran: Ran, *, all_of_them: bool) -> dict[str, bool]:
    """Fingerprints, each with whether something silences it."""
    found = {one["fingerprint"]: one["suppressed"] for one in ran.json["findings"]}
    unsure = {mark for mark, why in found.items() if str(why).startswith("low confidence")}
    assert all_of_them == bool(unsure)
    return {mark: why is not None for mark, why in found.items() if mark not in unsure}


def test_its_fingerprints_and_silence_are_those_of_the_scan(
    skc: Skc, app: Path, git: Git, token: str
) -> None:
    put = app / "a.js"
    lines = [
        f"const a = '{token}';",
        "const b = 'ghp_" + "x" * 36 + "';",
        drawn("const c = 'ghp_<alnum 36>'; // skc: allow it opens nothing"),
        drawn("const d = 'ghp_<alnum 36>'; // skc: allow"),
        f"const e = '{token}';",
        drawn("const f = 'ghp_<alnum 36>';"),
        drawn("const f = 'ghp_<alnum 36>';"),
    ]
    put.write_text("\n".join(lines))
    (app / "tests").mkdir()
    (app / "tests/b.yml").write_text(drawn("api_key: <alnum 32>\npassword: hunter2\n"))
    (app / "log.gz").write_bytes(gzip.compress(f"{token}\n".encode()))
    git("add", ".")
    by_scan = marks(skc("secrets", "scan", "--format", "json", cwd=app), all_of_them=True)
    by_audit = marks(skc("audit", *ONLY, "--format", "json", cwd=app), all_of_them=False)
    assert by_audit == by_scan
    assert sorted(by_audit.values()) == [False] * (len(by_audit) - 1) + [True]
    assert len(by_audit) >= 6


def test_a_report_of_the_scan_and_a_secrets_baseline_are_its_baseline(
    skc: Skc, app: Path, token: str
) -> None:
    import hashlib  # noqa: PLC0415 - as detect-secrets names values

    (app / "a.js").write_text(f"const a = '{token}';\n")
    assert skc("audit", *ONLY, cwd=app).code == 13
    skc("secrets", "scan", "--format", "json", "--out", "../scan.json", cwd=app)
    assert skc("audit", *ONLY, "--baseline", "../scan.json", cwd=app).code == 0
    hashed = hashlib.sha1(token.encode(), usedforsecurity=False).hexdigest()
    entry = {"type": "GitHub Token", "filename": "a.js", "hashed_secret": hashed}
    kept = app.parent / ".secrets.baseline"
    kept.write_text(json.dumps({"version": "1.5.0", "results": {"a.js": [entry]}}))
    assert skc("audit", *ONLY, "--baseline", "../.secrets.baseline", cwd=app).code == 0
    (app / "a.js").write_text(drawn("const a = 'ghp_<alnum 36>';\n"))
    assert skc("audit", *ONLY, "--baseline", "../.secrets.baseline", cwd=app).code == 13


@pytest.mark.parametrize("form", ["table", "json", "sarif", "junit", "github", "markdown"])
def test_no_output_shows_the_value(skc: Skc, app: Path, token: str, form: str) -> None:
    (app / "a.js").write_text(f"console.log(1, '{token}'); const b = '{token}';\n")
    ran = skc("audit", "--format", form, "--show-ignored", cwd=app)
    assert ran.code == 13
    assert token not in ran.stdout + ran.stderr
    assert token[4:] not in ran.stdout + ran.stderr


def test_what_is_staged_is_looked_at_and_not_what_lies_there(
    skc: Skc, app: Path, git: Git, token: str
) -> None:
    (app / "old.js").write_text(drawn("const a = 'ghp_<alnum 36>';\n"))
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (app / "old.js").write_text((app / "old.js").read_text() + f"const b = '{token}';\n")
    (app / "keys.gz").write_bytes(gzip.compress(drawn("ghp_<alnum 36>\n").encode()))
    (app / "page.txt").write_text(drawn("ghp_<alnum 36>\n"), encoding="utf-16")
    git("add", ".")
    (app / "old.js").write_text("clean\n")
    (app / "new.js").write_text(drawn("const c = 'ghp_<alnum 36>';\n"))
    found = places(audit(skc, app, "--staged"))
    assert found == ["keys.gz:1", "old.js:2", "page.txt:1"]


def test_only_changed_lines_count_and_a_move_keeps_the_fingerprint(
    skc: Skc, app: Path, git: Git, token: str
) -> None:
    (app / "a.js").write_text(f"const a = '{token}';\n")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (before,) = audit(skc, app)["findings"]
    assert places(audit(skc, app, "--changed")) == []
    (app / "a.js").write_text(f"\nconst a = '{token}';\nconst b = '{token}';\n")
    report = audit(skc, app, "--changed")
    assert places(report) == ["a.js:3"], "the value is not new, and this place of it is"
    assert report["findings"][0]["fingerprint"] == before["fingerprint"]


def test_built_and_vendored_files_count_that_git_tracks_and_no_installed_ones(
    skc: Skc, app: Path, git: Git
) -> None:
    for folder in ("dist", "vendor", "node_modules", "src"):
        (app / folder).mkdir()
        (app / folder / "a.min.js").write_text(drawn("const a='ghp_<alnum 36>';\n"))
    git("add", ".")
    assert places(audit(skc, app)) == ["dist/a.min.js:1", "src/a.min.js:1", "vendor/a.min.js:1"]
    assert places(audit(skc, app, "dist")) == ["dist/a.min.js:1"]


def test_odd_files_bring_nothing_down(skc: Skc, app: Path, git: Git, token: str) -> None:
    (app / 'o"d\nü.js').write_text(f"const a = '{token}';\n")
    with (app / "large.bin").open("wb") as large:
        large.truncate(50_000_000)
        large.seek(100)
        large.write(b"\n")
        large.seek(50_000_000)
        large.write(f"\n{token}\n".encode())
    (app / "loop").symlink_to("loop")
    (app / "away").symlink_to("/etc")
    (app / "here").symlink_to("large.bin")
    git("add", ".")
    ran = skc("audit", *ONLY, "--format", "json", cwd=app)
    assert places(ran.json) == ["large.bin:3", 'o"d\nü.js:1']
    assert ran.json["unknown"] == []
    assert places(audit(skc, app, "--staged")) == ["large.bin:3", 'o"d\nü.js:1']


def test_a_submodule_is_looked_at_and_a_linked_work_tree_is_not(
    skc: Skc, app: Path, git: Git, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git("init", "-q", str(other))
    (other / "b.js").write_text(drawn("const b = 'ghp_<alnum 36>';\n"))
    git("-C", str(other), "add", ".")
    git("-C", str(other), "commit", "-q", "-m", "one")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub")
    (app / "a.js").write_text(drawn("const a = 'ghp_<alnum 36>';\n"))
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("worktree", "add", "-q", str(app / "linked"), "-b", "topic")
    assert places(audit(skc, app)) == ["a.js:1", "sub/b.js:1"]
    assert places(audit(skc, app / "linked")) == ["a.js:1"]


def test_a_scan_for_code_alone_starts_no_detector(
    skc: Skc, app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skillconnect_ops.commands.audit import sightings  # noqa: PLC0415 - watched here alone

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(sightings, "sightings", never)
    (app / "a.js").write_text("logger.info(1);\n")
    assert skc("audit", "--select", "console-call", cwd=app).code == 0
    assert skc("audit", "--select", "secret-in-tree", cwd=app).code == 1
