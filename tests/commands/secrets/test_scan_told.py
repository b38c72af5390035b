"""What `skc secrets scan` says: what was accepted, what is unsure, what is at home, what next."""

import json
import secrets
from pathlib import Path

import pytest

from tests.commands.secrets.conftest import Leaky
from tests.commands.secrets.test_scan import found, git, write
from tests.conftest import Ran, Skc
from tests.history.hideouts import uri


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


def nexts(ran: Ran) -> list[str]:
    return [line.removeprefix("next: ") for line in ran.stderr.splitlines() if "next:" in line]


def test_what_was_accepted_is_counted_in_the_last_sentence(skc: Skc, shop: Path) -> None:
    write(shop, "a.js", f"connect('{uri()}') // skc: allow a test server\n")
    assert "no secret found but 1 that was accepted" in skc("secrets", "scan", cwd=shop).stdout
    write(shop, "b.js", f"connect('{uri()}')\n")
    ran = skc("secrets", "scan", "--format", "json", cwd=shop)
    write(shop.parent, "baseline.json", json.dumps(ran.json))
    again = skc("secrets", "scan", "--baseline", "../baseline.json", cwd=shop)
    assert "no secret found but 2 that were accepted" in again.stdout
    assert "no secret found\n" not in again.stdout


@pytest.mark.parametrize("mark", ["// skc: allow", "/* skc:allow */", "// skc: allow   "])
def test_an_allowance_without_a_reason_does_not_count_and_the_finding_says_so(
    skc: Skc, shop: Path, mark: str
) -> None:
    write(shop, "a.js", f"connect('{uri()}') {mark}\n")
    ran = skc("secrets", "scan", "--format", "json", cwd=shop)
    assert ran.code == 13
    assert "gives no reason, so it does not count" in found(ran)["a.js"]


def test_thorough_says_why_a_finding_is_unsure(skc: Skc, shop: Path) -> None:
    write(shop, "a.env", "DB_PASSWORD=${DB_PASSWORD}\n")
    assert skc("secrets", "scan", cwd=shop).code == 0
    ran = skc("secrets", "scan", "--thorough", cwd=shop)
    assert "low confidence: a variable, filled in elsewhere" in ran.stdout


def test_reveal_tells_the_line_of_each_value(skc: Skc, shop: Path) -> None:
    write(shop, "a.js", f"let a\nconnect('{(secret := uri())}')\n")
    shown = skc("secrets", "scan", "--reveal", cwd=shop).stdout
    (line,) = [line for line in shown.splitlines() if secret in line]
    assert line.startswith("a.js:2 ")


def test_what_is_passed_over_as_code_is_counted(skc: Skc, shop: Path) -> None:
    write(shop, "a.js", "const password = req.body.password;\njwt.sign(payload, key);\n")
    ran = skc("secrets", "scan", cwd=shop)
    assert "2 expressions passed over" in ran.stdout
    assert "no secret found\n" in ran.stdout


def test_a_scan_that_found_something_names_what_is_next(skc: Skc, shop: Path) -> None:
    write(shop, "config/.env", f"MONGO_URI={uri()}\n")
    git(shop, "add", "-f", ".")
    ran = skc("secrets", "scan", "--fail-on", "medium", "--strict", cwd=shop)
    assert nexts(ran) == [
        "skc env untrack",
        "skc secrets scan --history --fail-on medium --strict",
    ]
    assert nexts(skc("secrets", "scan", "--staged", cwd=shop)) == []
    assert nexts(skc("secrets", "scan", "--history", cwd=shop)) == ["skc env untrack"]


def test_the_target_that_was_named_stays_named(skc: Skc, leaky: Leaky) -> None:
    ran = skc("backup", "list", "--target", "production", cwd=leaky.root)
    assert nexts(ran) == ["skc backup --target production"]
    ran = skc("env", "check", "--target", "production", "--format", "json", cwd=leaky.root)
    assert "skc env example --target production" in {one["remedy"] for one in ran.json["findings"]}
    assert skc("backup", "list", cwd=leaky.root).stderr.endswith("next: skc backup\n")


def test_what_a_target_renews_is_named_for_it(skc: Skc, leaky: Leaky) -> None:
    write(leaky.root, "backend/.env", f"MONGO_URI={uri()}\n")
    assert "skc rotate --reason leaked --dry-run   # what can be renewed" in nexts(
        skc("secrets", "scan", cwd=leaky.root, env={"SKC_MONGO_ADMIN_URI": uri()})
    )


def test_one_remedy_for_several_places_stands_once(skc: Skc, shop: Path) -> None:
    line = f"dbPassword = 'Kq9{secrets.token_hex(6)}'; "
    write(shop, "a.js", f"{line}\n{line}\njwt.sign(a, 'Kq9{secrets.token_hex(12)}')\n")
    said = skc("secrets", "scan", cwd=shop).stdout
    assert said.count("read it from the environment") == 1
    assert "fix assigned-secret, secret-argument: a.js:" in said


def test_status_tells_of_retired_secrets_without_a_scan(skc: Skc, leaky: Leaky) -> None:
    assert "none is retired yet" in skc("status", cwd=leaky.root).stdout
    argv = ("secrets", "ledger", "add", "JWT", "--stdin", "--yes")
    assert skc(*argv, stdin=secrets.token_hex(24), cwd=leaky.root).code == 0
    assert "1 retired, 1 of them leaked" in skc("status", cwd=leaky.root).stdout


def test_secrets_of_a_target_s_own_ignored_env_file_are_where_they_belong(
    skc: Skc, leaky: Leaky
) -> None:
    at_home(leaky)
    ran = skc("secrets", "scan", cwd=leaky.root)
    assert ran.code == 0, ran.stdout
    assert "not shown: where they belong" in ran.stdout
    every = skc("secrets", "scan", "--format", "json", cwd=leaky.root)
    ones = [one for one in every.json["findings"] if one["confidence"] != "low"]
    reasons = [str(one["suppressed"]) for one in ones]
    assert reasons
    assert all("backend/.env is target" in one for one in reasons), reasons
    assert skc("secrets", "scan", "--thorough", cwd=leaky.root).code == 13


def at_home(leaky: Leaky) -> Path:
    file = leaky.root / "backend/.env"
    file.write_text(f"MONGO_URI={uri()}\nJWT_SECRET_KEY={secrets.token_hex(32)}\n")
    file.chmod(0o600)
    write(leaky.root, ".gitignore", ".env\n")
    return file


def tracked(leaky: Leaky) -> None:
    git(leaky.root, "add", "-f", "backend/.env")


def not_ignored(leaky: Leaky) -> None:
    (leaky.root / ".gitignore").unlink()


def for_the_group(leaky: Leaky) -> None:
    (leaky.root / "backend/.env").chmod(0o640)


def in_an_image(leaky: Leaky) -> None:
    write(leaky.root, "backend/Dockerfile", "FROM node:22\nCOPY . /app\n")


def in_an_image_that_is_too_large_to_read(leaky: Leaky) -> None:
    lines = "# a comment\n" * 200_000
    write(leaky.root, "backend/Dockerfile", f"FROM node:22\n{lines}COPY . /app\n")


def another_file(leaky: Leaky) -> None:
    (leaky.root / "backend/.env").rename(leaky.root / "backend/.env.old")
    write(leaky.root, ".gitignore", ".env*\n")


def in_code_too(leaky: Leaky) -> None:
    write(leaky.root, "backend/db.js", f"connect('{uri()}')\n")


@pytest.mark.parametrize(
    "spoil",
    [
        *(tracked, not_ignored, for_the_group, in_an_image),
        *(in_an_image_that_is_too_large_to_read, another_file, in_code_too),
    ],
)
def test_nothing_else_is_where_it_belongs(skc: Skc, leaky: Leaky, spoil: object) -> None:
    at_home(leaky)
    assert callable(spoil)
    spoil(leaky)
    ran = skc("secrets", "scan", cwd=leaky.root)
    assert ran.code == 13, ran.stdout


def test_what_was_committed_once_is_not_at_home(skc: Skc, leaky: Leaky) -> None:
    at_home(leaky)
    tracked(leaky)
    git(leaky.root, "commit", "-q", "-m", "oops")
    git(leaky.root, "rm", "-q", "--cached", "backend/.env")
    git(leaky.root, "commit", "-q", "-m", "untrack")
    assert skc("secrets", "scan", cwd=leaky.root).code == 0
    assert skc("secrets", "scan", "--history", cwd=leaky.root).code == 13


def test_a_retired_value_that_is_staged_again_is_reported(skc: Skc, leaky: Leaky) -> None:
    poor = "Tarn-meadow 7"
    for name, value in (("SMTP", poor), ("JWT", key := secrets.token_hex(24))):
        argv = ("secrets", "ledger", "add", name, "--stdin", "--yes")
        assert skc(*argv, stdin=value, cwd=leaky.root).code == 0
    write(leaky.root, "notes.txt", "nothing\n")
    git(leaky.root, "add", "notes.txt")
    assert skc("secrets", "scan", "--staged", cwd=leaky.root).code == 0
    write(leaky.root, "notes.txt", f"we used {key} then\n")
    write(leaky.root, "old.txt", f"it was\n{poor}\n")
    git(leaky.root, "add", "notes.txt", "old.txt")
    ran = skc("secrets", "scan", "--staged", "--format", "json", cwd=leaky.root)
    assert ran.code == 13, ran.stdout
    places = {(one["id"], one["path"], one["line"]) for one in ran.json["findings"]}
    assert {("secret-retired", "notes.txt", 1), ("secret-retired", "old.txt", 2)} <= places
    assert key not in ran.stdout
    told = skc("secrets", "scan", "--staged", cwd=leaky.root)
    assert "this is JWT" in told.stdout


def test_a_ledger_whose_key_is_not_here_is_told_and_nothing_is_called_fine(
    skc: Skc, leaky: Leaky, tmp_path: Path
) -> None:
    argv = ("secrets", "ledger", "add", "JWT", "--stdin", "--yes")
    assert skc(*argv, stdin=secrets.token_hex(24), cwd=leaky.root).code == 0
    for path in tmp_path.rglob("ledger*key*"):
        path.unlink()
    write(leaky.root, "notes.txt", "nothing\n")
    git(leaky.root, "add", "notes.txt")
    ran = skc("secrets", "scan", "--staged", "--format", "json", cwd=leaky.root)
    assert ran.code == 14
    assert any("ledger" in one["subject"] for one in ran.json["unknown"]), ran.json["unknown"]


@pytest.mark.parametrize(
    ("spoil", "why", "mend"),
    [
        (tracked, "git tracks this file", "skc env untrack, then rotate every secret in it"),
        (not_ignored, "git does not ignore this file", "skc env untrack"),
        (for_the_group, "others can read or write this file", "chmod 600 backend/.env"),
        (in_an_image, "an image may take this file in", "skc env check"),
    ],
)
def test_what_keeps_a_secret_from_being_at_home_is_said_with_what_mends_it(
    skc: Skc, leaky: Leaky, spoil: object, why: str, mend: str
) -> None:
    at_home(leaky)
    assert callable(spoil)
    spoil(leaky)
    ran = skc("secrets", "scan", "--format", "json", cwd=leaky.root)
    ones = [one for one in ran.json["findings"] if one["path"] == "backend/.env"]
    assert len(ones) == 2
    assert all(why in one["message"] for one in ones)
    assert {one["remedy"] for one in ones} == {mend}


def test_without_git_no_history_is_proposed(skc: Skc, tmp_path: Path) -> None:
    write(tmp_path / "plain", "a.js", f"connect('{uri()}')\n")
    assert nexts(skc("secrets", "scan", cwd=tmp_path / "plain")) == []


def test_what_skc_cannot_renew_is_not_proposed_to_be(skc: Skc, leaky: Leaky) -> None:
    at_home(leaky)
    write(leaky.root, "backend/db.js", f"connect('{uri()}')\n")
    assert nexts(skc("secrets", "scan", cwd=leaky.root)) == [
        "skc secrets ledger add NAME   # once renewed: it cannot come back unseen",
        "skc secrets scan --history",
    ]


def test_what_skc_can_renew_is_proposed_where_an_admin_is_set(skc: Skc, leaky: Leaky) -> None:
    at_home(leaky)
    present = (leaky.root / "backend/.env").read_text().splitlines()[0].partition("=")[2]
    write(leaky.root, "backend/db.js", f"connect('{present}')\n")
    without = nexts(skc("secrets", "scan", cwd=leaky.root))
    assert without[0] == "skc doctor   # says what `skc rotate` lacks to renew it"
    assert not any("rotate --reason" in one for one in without)
    admin = {"SKC_MONGO_ADMIN_URI": uri()}
    ran = skc("secrets", "scan", cwd=leaky.root, env=admin)
    assert nexts(ran)[0].startswith("skc rotate --reason leaked --dry-run")


@pytest.mark.parametrize("options", [(), ("--staged",), ("--history",)])
def test_skc_s_own_records_are_told_by_their_form(
    skc: Skc, leaky: Leaky, options: tuple[str, ...]
) -> None:
    argv = ("secrets", "ledger", "add", "JWT", "--stdin", "--yes")
    assert skc(*argv, stdin=secrets.token_hex(24), cwd=leaky.root).code == 0
    (leaky.root / "backend/.env").unlink()
    git(leaky.root, "add", ".skc")
    if options == ("--history",):
        git(leaky.root, "commit", "-q", "-m", "records")
    words = ("secrets", "scan", "--thorough", *options)
    ran = skc(*words, cwd=leaky.root)
    assert ".jsonl" not in ran.stdout, ran.stdout
    assert "not shown: in skc's own ledgers" in ran.stdout
    (file,) = (leaky.root / ".skc/retired").glob("*.jsonl")
    text = file.read_text()
    file.write_text(text.replace('"forms"', '"farms"', 1).replace('"name":"JWT"', '"name":"JWX"'))
    git(leaky.root, "add", ".skc")
    assert file.name in skc(*words, cwd=leaky.root).stdout


def test_the_baseline_s_own_hashes_are_no_findings(skc: Skc, shop: Path) -> None:
    hashes = {"a.js": [{"hashed_secret": secrets.token_hex(20), "type": "x", "line_number": 1}]}
    write(shop, ".secrets.baseline", json.dumps({"version": "1.5.0", "results": hashes}, indent=1))
    words = ("secrets", "scan", "--thorough", "--format", "json")
    own = [one for one in skc(*words, cwd=shop).json["findings"] if one["suppressed"] is None]
    assert {one["path"] for one in own} == {".secrets.baseline"}
    ran = skc(*words, "--baseline", ".secrets.baseline", cwd=shop)
    ones = [one for one in ran.json["findings"] if one["path"] == ".secrets.baseline"]
    assert {one["suppressed"] for one in ones} == {"the baseline .secrets.baseline itself"}


def test_findings_go_down_the_file(skc: Skc, leaky: Leaky) -> None:
    values = [secrets.token_hex(24) for _ in range(3)]
    for number, value in enumerate(values):
        argv = ("secrets", "ledger", "add", f"K{number}", "--stdin", "--yes")
        assert skc(*argv, stdin=value, cwd=leaky.root).code == 0
    write(leaky.root, "a.log", "\n".join([values[2], "x", values[0], f"{values[1]} {values[0]}"]))
    words = ("secrets", "ledger", "check", "--path", "a.log", "--format", "json")
    lines = [one["line"] for one in skc(*words, cwd=leaky.root).json["findings"]]
    assert lines == sorted(lines)
    assert len(lines) >= 4
