"""`skc secrets scan`: who brought a secret and when, however often its file was changed since."""

import secrets
import subprocess
from pathlib import Path

import pytest

from tests.commands.secrets.test_scan import found, git, write
from tests.conftest import Ran, Skc
from tests.history.hideouts import token, uri


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


def commit(folder: Path, name: str, content: str, *, by: str, on: str, written: str = "") -> str:
    """A commit by somebody on a day; `written` is the author's date where it is another one."""
    write(folder, name, content)
    git(folder, "add", ".")
    env = {"GIT_AUTHOR_DATE": f"{written or on}T12:00:00Z", "GIT_COMMITTER_DATE": f"{on}T12:00:00Z"}
    who = ("-c", f"user.name={by}", "-c", f"user.email={by}@shop.invalid")
    subprocess.run(
        ["git", *who, "commit", "-q", "-m", "work"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **env},
        check=True,
    )
    return git(folder, "rev-parse", "HEAD")


def suppressed(ran: Ran) -> dict[str, str]:
    return {one["path"]: one["suppressed"] for one in ran.json["findings"] if one["suppressed"]}


def test_since_does_not_flag_an_old_secret_of_a_file_that_was_touched(skc: Skc, shop: Path) -> None:
    old = f"connect('{uri()}')\n"
    first = commit(shop, "db.js", old, by="Ada", on="2024-01-01")
    commit(shop, "db.js", old + "let a\n", by="Bob", on="2024-02-01")
    git(shop, "tag", "begin")
    commit(shop, "db.js", old + "let a, b\n", by="Cleo", on="2024-03-01")
    ran = skc("secrets", "scan", "--since", "begin", "--format", "json", cwd=shop)
    assert ran.code == 0, ran.stdout
    assert found(ran) == {}
    reason = suppressed(ran)["db.js"]
    assert "older than begin" in reason
    assert f"{first[:12]} (Ada <Ada@shop.invalid>, 2024-01-01)" in reason
    told = skc("secrets", "scan", "--since", "begin", cwd=shop).stdout
    assert "1 finding not shown: older than begin" in told


def test_since_flags_what_was_added_to_a_file_that_holds_older_secrets(
    skc: Skc, shop: Path
) -> None:
    old = f"connect('{uri()}')\n"
    commit(shop, "db.js", old, by="Ada", on="2024-01-01")
    git(shop, "tag", "begin")
    commit(shop, "db.js", old + f"connect('{uri()}')\n", by="Bob", on="2024-02-01")
    commit(shop, "other.js", old, by="Cleo", on="2024-03-01")
    ran = skc("secrets", "scan", "--since", "begin", "--format", "json", cwd=shop)
    assert ran.code == 13
    assert "Bob" in found(ran)["db.js"]
    assert "Cleo" in found(ran)["other.js"], "another file is another place"
    assert len([one for one in ran.json["findings"] if one["suppressed"] is None]) == 2


def test_an_older_version_that_a_side_branch_alone_had_counts(skc: Skc, shop: Path) -> None:
    commit(shop, "app.js", "let a\n", by="Ada", on="2024-01-01")
    git(shop, "switch", "-q", "-c", "side")
    secret = f"connect('{uri()}')\n"
    commit(shop, "db.js", secret, by="Bob", on="2024-01-02")
    commit(shop, "db.js", "connect()\n", by="Bob", on="2024-01-03")
    git(shop, "switch", "-q", "main")
    commit(shop, "app.js", "let b\n", by="Ada", on="2024-01-04")
    git(shop, "merge", "-q", "side", "-m", "merge")
    git(shop, "tag", "begin")
    commit(shop, "db.js", secret, by="Cleo", on="2024-02-01")
    ran = skc("secrets", "scan", "--since", "begin", "--format", "json", cwd=shop)
    assert "(Bob <" in suppressed(ran)["db.js"]


def test_a_secret_in_an_old_archive_that_is_packed_anew_is_old(skc: Skc, shop: Path) -> None:
    hidden = uri().encode().hex()
    commit(shop, "dump.txt", f"0 {hidden}\n", by="Ada", on="2024-01-01")
    git(shop, "tag", "begin")
    commit(shop, "dump.txt", f"1 {hidden}\n", by="Bob", on="2024-02-01")
    ran = skc("secrets", "scan", "--since", "begin", "--format", "json", cwd=shop)
    assert found(ran) == {}
    assert "(Ada <" in suppressed(ran)["dump.txt"]


def test_a_parent_comes_before_its_child_though_the_child_says_to_be_older(
    skc: Skc, shop: Path
) -> None:
    secret = f"const dbPassword = 'Kq9{secrets.token_hex(8)}'\n"
    first = commit(shop, "db.js", secret, by="Ada", on="2024-02-01")
    commit(shop, "db.js", secret + "let a\n", by="Bob", on="2024-02-02", written="2023-01-01")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    assert f"since commit {first[:12]} (Ada" in found(ran)["db.js"]


def test_the_first_commit_counts_though_what_stands_around_the_secret_changed(
    skc: Skc, shop: Path
) -> None:
    key = f"Kq9{secrets.token_hex(12)}"
    first = commit(shop, "t.js", f"jwt.sign({{ id: 1 }}, '{key}')\n", by="Ada", on="2024-01-01")
    commit(shop, "t.js", f"jwt.sign({{ id: user }}, '{key}')\n", by="Bob", on="2024-02-01")
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop)
    findings = [one for one in ran.json["findings"] if one["path"] == "t.js"]
    assert findings
    assert all(f"since commit {first[:12]} (Ada" in one["message"] for one in findings), findings


def test_a_file_that_had_its_name_already_is_not_new_by_its_name(skc: Skc, shop: Path) -> None:
    name = f"{token()}.txt"
    commit(shop, name, "1\n", by="Ada", on="2024-01-01")
    git(shop, "tag", "begin")
    commit(shop, name, "2\n", by="Bob", on="2024-02-01")
    everything = skc("secrets", "scan", "--history", cwd=shop)
    assert everything.code in {12, 13}, everything.stdout
    ran = skc("secrets", "scan", "--since", "begin", "--format", "json", cwd=shop)
    assert ran.code == 0, ran.stdout
