"""The checks of env files: whom git, the rules and the disk let at them, and how that is told."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.commands.audit.conftest import Git, git_in
from tests.conftest import Skc

IDS = ("env-tracked", "env-not-ignored", "env-readable")
ONLY = ("--select", ",".join(IDS))
SECRET = "correct-horse-battery-staple-9"
RULES = ".env*\n!.env*.example\n"


def put(path: Path, text: str = f"SMTP_PASSWORD={SECRET}\n", mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def audit(skc: Skc, app: Path, *words: str) -> Any:
    return skc("audit", *ONLY, *words, "--format", "json", cwd=app).json


def told(report: Any) -> list[tuple[str, str, str]]:
    open_ones = [one for one in report["findings"] if one["suppressed"] is None]
    return sorted((one["id"], one["path"], one["severity"]) for one in open_ones)


def outcomes(report: Any) -> dict[str, str]:
    return {one["id"]: one["outcome"] for one in report["facts"]["checks"]}


def test_without_a_repository_only_the_disk_is_asked(skc: Skc, app: Path) -> None:
    put(app / ".env", mode=0o644)
    report = audit(skc, app, "--strict")
    assert told(report) == [("env-readable", ".env", "medium")]
    assert report["unknown"] == []
    assert outcomes(report) == {
        "env-tracked": "not applicable",
        "env-not-ignored": "not applicable",
        "env-readable": "fail",
    }


def test_where_there_is_no_env_file_there_is_nothing_to_say(skc: Skc, app: Path, git: Git) -> None:
    put(app / "a.js", "let x;\n")
    assert set(outcomes(audit(skc, app)).values()) == {"not applicable"}


def test_a_file_in_its_place_is_fine(skc: Skc, app: Path, git: Git) -> None:
    put(app / ".env")
    put(app / ".env.example", "SMTP_PASSWORD=[password]\n", 0o644)
    put(app / ".gitignore", RULES, 0o644)
    git("add", ".")
    report = audit(skc, app, "--strict")
    assert (told(report), report["unknown"]) == ([], [])
    assert outcomes(report)["env-not-ignored"] == "pass"


def test_a_finding_about_a_whole_file_has_no_line_and_shows_none(
    skc: Skc, app: Path, git: Git
) -> None:
    put(app / ".env", f"PORT=1\nSMTP_PASSWORD={SECRET}\n")
    git("add", "-f", ".env")
    (found,) = audit(skc, app)["findings"]
    assert (found["path"], found["line"], found["column"]) == (".env", None, None)
    assert "critical" in skc("audit", *ONLY, cwd=app).stdout


@pytest.mark.parametrize("form", ["table", "json", "sarif", "junit", "github", "markdown"])
def test_no_output_shows_a_value(skc: Skc, app: Path, git: Git, form: str) -> None:
    put(app / ".env", mode=0o644)
    put(app / "api/.env.local", mode=0o644)
    git("add", "-f", ".env")
    ran = skc("audit", "--format", form, "--show-ignored", cwd=app)
    assert ran.code == 13
    assert ".env" in ran.stdout
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (f"SMTP_PASSWORD={SECRET}\n", "critical"),
        ("MONGO_URI=mongodb://app:an-old-one@db/shop\n", "critical"),
        ("PORT=3000\n", "medium"),
        ("", "low"),
        ("SMTP_PASSWORD=\n", "low"),
        ("SMTP_PASSWORD=[password]\n", "low"),
        ("VITE_API_URL=https://api.shop.invalid\n", "low"),
        ('DOTENV_PUBLIC_KEY="02ab"\nSMTP_PASSWORD="encrypted:BE9Y7LKANx77X1pv"\n', "low"),
        ("SMTP_PASSWORD=ENC[AES256_GCM,data:ab,type:str]\nsops_version=3.8.1\n", "low"),
        ("use flake\n", "low"),
    ],
)
def test_what_is_tracked_is_graded_by_what_it_holds(
    skc: Skc, app: Path, git: Git, text: str, severity: str
) -> None:
    put(app / ".env", text)
    git("add", "-f", ".env")
    assert told(audit(skc, app)) == [("env-tracked", ".env", severity)]


def test_what_is_too_large_to_be_read_is_grave(skc: Skc, app: Path, git: Git) -> None:
    put(app / ".env", "# comment\n" * 300_000)
    git("add", "-f", ".env")
    assert told(audit(skc, app)) == [("env-tracked", ".env", "high")]


def test_what_is_staged_counts_as_it_is_staged(skc: Skc, app: Path, git: Git) -> None:
    put(app / "old/.env", "PORT=1\n")
    git("add", "-f", ".")
    git("commit", "-q", "-m", "one")
    put(app / ".env")
    put(app / "empty/.env", "")
    put(app / "disk/.env", mode=0o644)
    git("add", "-f", ".env", "empty/.env")
    put(app / ".env", "PORT=1\n").unlink()
    assert told(audit(skc, app, "--staged")) == [
        ("env-tracked", ".env", "critical"),
        ("env-tracked", "empty/.env", "low"),
    ]


def test_of_a_change_only_what_it_touches_is_told(skc: Skc, app: Path, git: Git) -> None:
    put(app / "old/.env", "PORT=1\n")
    put(app / "seen/.env", "PORT=1\n")
    git("add", "-f", ".")
    git("commit", "-q", "-m", "one")
    put(app / "a.js", "let x;\n")
    assert told(audit(skc, app, "--changed", "HEAD")) == []
    put(app / "seen/.env", f"PORT=1\nSMTP_PASSWORD={SECRET}\n")
    put(app / "new/.env")
    assert told(audit(skc, app, "--changed", "HEAD")) == [
        ("env-not-ignored", "new/.env", "high"),
        ("env-tracked", "seen/.env", "critical"),
    ]


def test_a_path_narrows_also_among_what_git_ignores(skc: Skc, app: Path, git: Git) -> None:
    put(app / ".gitignore", RULES)
    put(app / "api/.env", mode=0o644)
    put(app / "web/.env", mode=0o644)
    assert told(audit(skc, app, "api")) == [("env-readable", "api/.env", "medium")]
    assert told(audit(skc, app, "web/.env")) == [("env-readable", "web/.env", "medium")]


def test_a_comment_with_a_reason_silences_it_anywhere_in_the_file(
    skc: Skc, app: Path, git: Git
) -> None:
    comment = "# skc: allow env-tracked, env-readable the demo's own"
    put(app / ".env", f"PORT=1\n\nSMTP_PASSWORD={SECRET}\n{comment}\n")
    put(app / "b/.env", f"SMTP_PASSWORD={SECRET} # skc: allow env-tracked\n")
    git("add", "-f", ".")
    report = audit(skc, app)
    assert told(report) == [("env-tracked", "b/.env", "critical")]
    assert "gives no reason" in report["findings"][1]["message"]
    assert report["findings"][0]["suppressed"] == "allowed: the demo's own"


def test_a_baseline_holds_what_was_and_not_what_grew_worse(skc: Skc, app: Path, git: Git) -> None:
    put(app / ".env", "PORT=1\n")
    git("add", "-f", ".env")
    skc("audit", *ONLY, "--format", "json", "--out", "../kept.json", cwd=app)
    accepted = ("--baseline", "../kept.json", "--fail-on", "low")
    assert skc("audit", *ONLY, *accepted, cwd=app).code == 0
    put(app / ".env")
    assert skc("audit", *ONLY, *accepted, cwd=app).code == 13


def test_repositories_within_are_asked_themselves(
    skc: Skc, app: Path, git: Git, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    put(app / ".gitignore", RULES)
    git("add", ".")
    git("commit", "-q", "-m", "one")
    other = tmp_path / "other"
    other.mkdir()
    inner = git_in(other, clean_environment)
    inner("init", "-q")
    put(other / ".env")
    put(other / "job/.gitignore", "# only this\n.env*\n")
    inner("add", "-f", ".")
    inner("commit", "-q", "-m", "one")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub")
    put(app / "sub/job/.env.example", "PORT=[port]\n")
    put(app / "sub/new/.env")
    git("worktree", "add", "-q", str(app / "linked"), "-b", "topic")
    put(app / "linked/.env", mode=0o644)
    assert told(audit(skc, app)) == [
        ("env-not-ignored", "sub/job/.gitignore", "low"),
        ("env-not-ignored", "sub/new/.env", "high"),
        ("env-readable", "linked/.env", "medium"),
        ("env-tracked", "sub/.env", "critical"),
    ]
    assert told(audit(skc, app / "linked")) == [("env-readable", ".env", "medium")]


def test_rules_of_the_person_do_not_count_as_the_repository_s(
    skc: Skc, app: Path, git: Git, tmp_path: Path
) -> None:
    (tmp_path / "home/.config/git").mkdir(parents=True)
    (tmp_path / "home/.config/git/ignore").write_text(".env\n")
    put(app / ".env")
    (found,) = audit(skc, app)["findings"]
    assert (found["id"], found["severity"]) == ("env-not-ignored", "medium")
    assert "only this machine's own rules" in found["message"]


def test_a_later_rule_takes_back_what_an_earlier_one_covers(skc: Skc, app: Path, git: Git) -> None:
    put(app / ".env")
    put(app / ".env.example", "A=\n")
    put(app / ".gitignore", ".env*\n!.env\n!.env.example\n")
    git("add", ".gitignore", ".env.example")
    assert told(audit(skc, app)) == [("env-not-ignored", ".env", "high")]


def test_a_link_is_followed_for_its_mode_and_not_by_git(skc: Skc, app: Path, git: Git) -> None:
    put(app / "shared.txt", mode=0o640)
    (app / ".env").symlink_to("shared.txt")
    (app / ".env.gone").symlink_to("nowhere")
    git("add", "-f", ".env")
    assert told(audit(skc, app)) == []
    git("rm", "-q", "--cached", ".env")
    put(app / ".gitignore", RULES)
    assert told(audit(skc, app)) == [("env-readable", ".env", "medium")]


def test_odd_files_bring_nothing_down(skc: Skc, app: Path, git: Git) -> None:
    put(app / 'o"d\nü/.env.b c')
    put(app / os.fsdecode(b"bad\xff/.env"))
    (app / ".env").mkdir()
    put(app / ".env/local")
    os.mkfifo(app / ".env.pipe")
    (app / ".env.bin").write_bytes(b"\0\1\2=\xff\n")
    (app / ".env.bin").chmod(0o600)
    put(app / "venv/.env/pyvenv.cfg", "home = /usr\n")
    git("add", "-f", 'o"d\nü')
    ran = skc("audit", *ONLY, "--format", "json", cwd=app)
    assert ran.code == 13
    assert {path for _, path, _ in told(ran.json)} >= {
        *('o"d\nü/.env.b c', "bad\\xff/.env", ".env/local", ".env.bin"),
    }


def test_a_repository_that_cannot_be_asked_is_no_clean_one(skc: Skc, app: Path, git: Git) -> None:
    put(app / ".env")
    (app / ".git/index").write_text("no index")
    ran = skc("audit", "--select", "env-tracked", "--strict", "--format", "json", cwd=app)
    assert ran.code == 14
    assert {one["subject"] for one in ran.json["unknown"]} >= {".env"}
