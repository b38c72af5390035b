"""`skc secrets scan` through the front door: work tree, index, history, formats, baseline."""

import hashlib
import io
import json
import os
import secrets
import subprocess
import tarfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import Ran, Skc
from tests.history.hideouts import uri


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    write(folder, "app.js", "export const name = 'shop'\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    return folder


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid")
    ran = subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def write(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def found(ran: Ran) -> dict[str, str]:
    """Place and message of what is not suppressed."""
    return {
        finding["path"] or finding["subject"]: finding["message"]
        for finding in ran.json["findings"]
        if finding["suppressed"] is None
    }


def unknown(ran: Ran) -> dict[str, str]:
    return {item["subject"]: item["reason"] for item in ran.json["unknown"]}


def test_a_clean_folder_ends_with_0(skc: Skc, shop: Path) -> None:
    ran = skc("secrets", "scan", cwd=shop)
    assert ran.code == 0, ran.stdout
    assert "no secret found" in ran.stdout


def test_files_are_named_tracked_untracked_and_ignored(skc: Skc, shop: Path) -> None:
    write(shop, ".gitignore", "local/\n")
    write(shop, "app.js", f"connect('{uri()}')\n")
    write(shop, "new.js", f"connect('{uri()}')\n")
    write(shop, "local/db.js", f"connect('{uri()}')\n")
    ran = skc("secrets", "scan", "--format", "json", cwd=shop)
    assert ran.code == 13
    messages = found(ran)
    assert "tracked file" in messages["app.js"]
    assert "untracked file" in messages["new.js"]
    assert "ignored file" in messages["local/db.js"]


def test_a_folder_outside_of_any_repository_is_scanned(skc: Skc, tmp_path: Path) -> None:
    write(tmp_path, "plain/db.js", f"connect('{uri()}')\n")
    ran = skc("secrets", "scan", "plain", "--format", "json")
    assert list(found(ran)) == ["db.js"]
    refused = skc("secrets", "scan", "plain", "--history")
    assert refused.code == 4
    assert "in no git repository" in refused.stderr


def test_values_are_masked_but_with_reveal_in_the_table(skc: Skc, shop: Path) -> None:
    write(shop, "app.js", f"connect('{(secret := uri())}')\n")
    password = secret.rpartition("@")[0].rpartition(":")[2]
    for report_format in ("table", "json", "sarif", "junit", "github"):
        ran = skc("secrets", "scan", "--format", report_format, cwd=shop)
        assert "app.js" in ran.stdout
        assert password not in ran.stdout + ran.stderr
    assert secret in skc("secrets", "scan", "--reveal", cwd=shop).stdout
    assert password not in skc("secrets", "scan", "--reveal", "--format", "json", cwd=shop).stdout


def test_links_are_not_followed_out_of_the_folder(skc: Skc, shop: Path, tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/db.js", f"connect('{uri()}')\n")
    (shop / "out").symlink_to(tmp_path / "elsewhere")
    (shop / "file.js").symlink_to(tmp_path / "elsewhere/db.js")
    ran = skc("secrets", "scan", "--format", "json", cwd=shop)
    assert ran.code == 0, ran.stdout


def test_nothing_is_skipped_in_silence(skc: Skc, shop: Path) -> None:
    write(shop, "node_modules/left/index.js", f"connect('{uri()}')\n")
    os.mkfifo(shop / "pipe")
    with zipfile.ZipFile(shop / "odd.zip", "w") as archive:
        archive.writestr("a.txt", "a" * 200)
    damaged = bytearray((shop / "odd.zip").read_bytes())
    damaged[40:60] = b"\xff" * 20
    (shop / "odd.zip").write_bytes(damaged)
    ran = skc("secrets", "scan", "--format", "json", cwd=shop)
    assert ran.code == 0
    reasons = unknown(ran)
    assert "dependencies" in reasons["node_modules/"]
    assert "pipe" in reasons["pipe"]
    assert "damaged" in reasons["odd.zip"]
    assert skc("secrets", "scan", "--strict", cwd=shop).code == 14
    named = skc("secrets", "scan", "node_modules", "--format", "json", cwd=shop)
    assert list(found(named)) == ["node_modules/left/index.js"]


def test_staged_looks_at_the_index_and_not_at_the_files(skc: Skc, shop: Path) -> None:
    write(shop, "app.js", f"connect('{uri()}')\n")
    assert skc("secrets", "scan", "--staged", cwd=shop).code == 0
    git(shop, "add", "app.js")
    write(shop, "app.js", "connect()\n")
    ran = skc("secrets", "scan", "--staged", "--format", "json", cwd=shop)
    assert ran.code == 13
    assert "staged" in found(ran)["app.js"]


def test_staged_works_before_the_first_commit(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    git(folder, "init", "-q")
    write(folder, "db.js", f"connect('{uri()}')\n")
    git(folder, "add", ".")
    assert skc("secrets", "scan", "--staged", cwd=folder).code == 13


def test_since_looks_at_newer_commits_alone(skc: Skc, shop: Path) -> None:
    write(shop, "old.js", f"connect('{uri()}')\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "old")
    write(shop, "new.js", f"connect('{uri()}')\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", f"new, with {uri()}")
    ran = skc("secrets", "scan", "--since", "HEAD~1", "--format", "json", cwd=shop)
    assert "new.js" in found(ran)
    assert "old.js" not in found(ran)
    assert any(place.startswith("commit ") for place in found(ran))
    wrong = skc("secrets", "scan", "--since", "nowhere", cwd=shop)
    assert wrong.code == 4
    assert "no revision nowhere" in wrong.stderr


@pytest.mark.parametrize("how", [("--history",), ("--since", "begin")])
def test_a_file_that_was_renamed_is_judged_under_each_of_its_names(
    skc: Skc, shop: Path, how: tuple[str, ...]
) -> None:
    git(shop, "tag", "begin")
    renamed = {"notes.lst": ".pgpass", ".env.example": ".env", "tests/cfg.js": "src/cfg.js"}
    write(shop, "notes.lst", f"db.corp.io:5432:app:app:Kq9{secrets.token_hex(6)}\n")
    write(shop, ".env.example", f"JWT_SECRET_KEY=Kq9{secrets.token_hex(12)}\n")
    write(shop, "tests/cfg.js", f"const cfg = {{ dbPassword: 'Rain-{secrets.token_hex(4)}' }}\n")
    git(shop, "add", "-Af")
    git(shop, "commit", "-q", "-m", "begin with examples")
    (shop / "src").mkdir()
    for old, new in renamed.items():
        git(shop, "mv", old, new)
    git(shop, "commit", "-q", "-m", "use them")
    git(shop, "rm", "-q", *renamed.values())
    git(shop, "commit", "-q", "-m", "tidy up")
    ran = skc("secrets", "scan", *how, "--format", "json", cwd=shop)
    assert ran.code == 13
    sure = {one["path"]: one["confidence"] for one in ran.json["findings"]}
    assert sure.get(".env.example") == sure.get("tests/cfg.js") == "low", sure
    assert {sure.get(new) for new in renamed.values()} <= {"medium", "high"}, sure
    assert "notes.lst" not in sure


def test_a_shallow_clone_is_named_incomplete(skc: Skc, shop: Path, tmp_path: Path) -> None:
    write(shop, "more.js", "let more\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "more")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{shop}", "clone")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=tmp_path / "clone")
    assert ran.code == 0
    assert "fetch --unshallow" in unknown(ran)["history"]
    assert skc("secrets", "scan", "--history", "--strict", cwd=tmp_path / "clone").code == 14


def test_a_shallow_clone_that_ends_within_a_range_is_incomplete(skc: Skc, tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    write(origin, "a.js", "let a\n")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "one")
    git(origin, "switch", "-q", "-c", "topic")
    write(origin, "conf.env", f"MONGO_URI={uri()}\n")
    git(origin, "add", ".")
    git(origin, "commit", "-q", "-m", "two")
    git(origin, "rm", "-q", "conf.env")
    git(origin, "commit", "-q", "-m", "three")
    git(tmp_path, "clone", "-q", "--depth", "1", "-b", "topic", f"file://{origin}", "clone")
    clone = tmp_path / "clone"
    git(clone, "fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    ran = skc("secrets", "scan", "--since", "origin/main", "--format", "json", cwd=clone)
    assert ran.code == 14
    assert "fetch --unshallow" in unknown(ran)["history"]
    assert skc("secrets", "scan", "--since", "main", cwd=origin).code == 13


def test_a_partial_clone_is_named_incomplete_and_nothing_is_fetched(
    skc: Skc, shop: Path, tmp_path: Path
) -> None:
    write(shop, "gone.js", "let gone\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "more")
    git(shop, "rm", "-q", "gone.js")
    git(shop, "commit", "-q", "-m", "less")
    git(shop, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{shop}", "clone")
    before = git(tmp_path / "clone", "count-objects", "-v")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=tmp_path / "clone")
    assert "partial clone" in unknown(ran)["objects"]
    assert git(tmp_path / "clone", "count-objects", "-v") == before


def test_a_damaged_object_costs_only_itself(skc: Skc, shop: Path) -> None:
    write(shop, "a.js", "let a = 1\n")
    write(shop, "b.js", f"connect('{uri()}')\n")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "two")
    oid = git(shop, "rev-parse", "HEAD:a.js")
    path = shop / ".git/objects" / oid[:2] / oid[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-6] + b"damage")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert "b.js" in found(ran)
    assert any("fsck" in reason for reason in unknown(ran).values()), unknown(ran)


def test_a_damaged_object_is_never_called_clean(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    write(folder, "a.js", "let a = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    oid = git(folder, "rev-parse", "HEAD:a.js")
    path = folder / ".git/objects" / oid[:2] / oid[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-6] + b"damage")
    assert skc("secrets", "scan", "--history", cwd=folder).code == 14


def test_a_repository_without_commits_is_scanned(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    git(folder, "init", "-q")
    ran = skc("secrets", "scan", "--history", cwd=folder)
    assert ran.code == 0, ran.stderr


def test_a_sha256_repository_is_scanned(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    git(folder, "init", "-q", "--object-format=sha256")
    write(folder, "src/db.js", f"connect('{uri()}')\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    git(folder, "rm", "-q", "src/db.js")
    git(folder, "commit", "-q", "-m", "tidy up")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=folder)
    assert "not in HEAD" in found(ran)["src/db.js"]


def test_an_allowed_line_and_a_baseline_suppress(skc: Skc, shop: Path, tmp_path: Path) -> None:
    write(shop, "app.js", f"connect('{uri()}') // skc: allow a test server\n")
    ran = skc("secrets", "scan", "--format", "json", cwd=shop)
    assert ran.code == 0
    assert ran.json["findings"][0]["suppressed"] == "allowed: a test server"
    write(shop, "more.js", f"connect('{uri()}')\n")
    baseline = tmp_path / "baseline.json"
    argv = ("secrets", "scan", "--format", "json")
    assert skc(*argv, "--out", str(baseline), cwd=shop).code == 13
    again = skc(*argv, "--baseline", str(baseline), cwd=shop)
    assert again.code == 0
    write(shop, "third.js", f"connect('{uri()}')\n")
    assert list(found(skc(*argv, "--baseline", str(baseline), cwd=shop))) == ["third.js"]
    wrong = skc("secrets", "scan", "--baseline", str(shop / "app.js"), cwd=shop)
    assert wrong.code == 4


def test_a_baseline_of_detect_secrets_is_understood(skc: Skc, shop: Path, tmp_path: Path) -> None:
    secret = uri()
    write(shop, "app.js", f"connect('{secret}')\n")
    password = secret.rpartition("@")[0].rpartition(":")[2]
    sha1 = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()
    results = {"app.js": [{"type": "Basic Auth Credentials", "hashed_secret": sha1}]}
    baseline = tmp_path / ".secrets.baseline"
    baseline.write_text(json.dumps({"version": "1.5.0", "results": results}))
    assert skc("secrets", "scan", "--baseline", str(baseline), cwd=shop).code == 0


def test_fail_on_decides_the_exit_code(skc: Skc, shop: Path) -> None:
    write(shop, "app.js", f"connect('{uri()}')\n")
    assert skc("secrets", "scan", "--fail-on", "critical", cwd=shop).code == 13


def test_contradicting_options_are_refused(skc: Skc, shop: Path) -> None:
    assert skc("secrets", "scan", "--staged", "--history", cwd=shop).code == 2
    assert skc("secrets", "scan", "nowhere", cwd=shop).code == 4


def test_sarif_and_junit_hold_what_the_report_holds(skc: Skc, shop: Path) -> None:
    write(shop, "a b/db.js", f"let a\nconnect('{uri()}')\n")
    sarif = json.loads(skc("secrets", "scan", "--format", "sarif", cwd=shop).stdout)
    (run,) = sarif["runs"]
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/db.js"
    assert place["region"]["startLine"] == 2
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    suite = ET.fromstring(skc("secrets", "scan", "--format", "junit", cwd=shop).stdout)
    (case,) = suite.iter("testcase")
    assert case.get("file") == "a b/db.js"
    assert case.find("failure") is not None
    line = skc("secrets", "scan", "--format", "github", cwd=shop).stdout
    assert line.startswith("::error file=a b/db.js,line=2,")


def test_objects_that_are_missing_are_named(skc: Skc, shop: Path) -> None:
    write(shop, "notes.txt", "nothing here\n")
    git(shop, "add", "--all")
    git(shop, "commit", "-qm", "notes")
    oid = git(shop, "rev-parse", "HEAD:notes.txt").strip()
    (shop / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    ran = skc("secrets", "scan", "--history", "--strict", "--format", "json", cwd=shop)
    assert ran.code == 14, ran.stdout
    assert "missing or damaged" in str(ran.json["unknown"])


def test_a_report_shows_no_neighbour_of_a_secret(skc: Skc, shop: Path) -> None:
    neighbour = secrets.token_hex(6)
    text = {"env": {"MONGO_ATLAS_PW": neighbour, "JWT_SECRET": secrets.token_hex(24)}}
    write(shop, "nodemon.json", json.dumps(text))
    for form in ("json", "sarif", "junit", "github"):
        ran = skc("secrets", "scan", "--format", form, cwd=shop)
        assert neighbour not in ran.stdout


def test_a_sparse_member_of_a_tar_is_named_and_not_unpacked(skc: Skc, shop: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("huge")
        info.type = tarfile.GNUTYPE_SPARSE
        archive.addfile(info)
    data = bytearray(made.getvalue())
    data[386 : 386 + 24] = b"%011o\0%011o\0" % (0, 0)
    data[483:495] = b"%011o\0" % (8 << 30)
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    write(shop, "odd.tar", bytes(data))
    git(shop, "add", "--all")
    git(shop, "commit", "-qm", "tar")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert ran.code != 1, ran.stdout
    assert "sparse" in str(ran.json["unknown"])
