"""`skc env check`: each check on a bad app and on a good one, through the front door."""

import inspect
import pkgutil
import secrets
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.commands.env import checks
from skillconnect_ops.commands.env.checks import CHECKS
from tests.commands.env.example.conftest import SETTINGS, App, git
from tests.conftest import Skc

KEY = secrets.token_hex(32)
OTHER = secrets.token_hex(32)
GOOD: Mapping[str, str] = {
    "backend/.env": f"PORT=4000\nJWT_SECRET_KEY={KEY}\nADMIN_JWT_SECRET_KEY={OTHER}\n",
    "backend/.env.example": "PORT=4000\nJWT_SECRET_KEY=\nADMIN_JWT_SECRET_KEY=\n",
    "backend/a.js": "use(process.env.PORT || 4000, process.env.JWT_SECRET_KEY,\n"
    "  process.env.ADMIN_JWT_SECRET_KEY)\n",
    "backend/Dockerfile": "FROM node:20\nARG MODE=x\nENV NODE_ENV=production\nCOPY . .\n",
    "backend/.dockerignore": "**/.env*\n!**/.env.example\n",
}
ENV, CODE = GOOD["backend/.env"], GOOD["backend/a.js"]
BAD: Mapping[str, tuple[Mapping[str, str], str, int | None, str]] = {
    "variable-missing": (
        {
            "backend/b.js": "\nif (!process.env.LOG_X) throw new Error()",
            "backend/.env.example": GOOD["backend/.env.example"] + "LOG_X=\n",
        },
        *("backend/.env", None, "LOG_X is required and not set (backend/b.js:2)"),
    ),
    "variable-unused": (
        {
            "backend/.env": f"{ENV}OLD=1\n",
            "backend/.env.example": "PORT=\nJWT_SECRET_KEY=\nADMIN_JWT_SECRET_KEY=\nOLD=\n",
        },
        *("backend/.env", 4, "no code was seen that reads OLD"),
    ),
    "variable-undocumented": (
        {"backend/.env.example": "PORT=4000\nJWT_SECRET_KEY=\n"},
        *("backend/.env.example", None, "the example does not name ADMIN_JWT_SECRET_KEY"),
    ),
    "variable-duplicated": (
        {"backend/.env": f"{ENV}PORT=4000\n"},
        *("backend/.env", 4, "PORT stands there 2 times: lines 1, 4"),
    ),
    "secret-weak": (
        {"backend/.env": f"PORT=1\nJWT_SECRET_KEY={KEY[:20]}\nADMIN_JWT_SECRET_KEY={OTHER}\n"},
        *("backend/.env", 2, "JWT_SECRET_KEY is weak: it is shorter than 32 bytes"),
    ),
    "secrets-equal": (
        {"backend/.env": f"PORT=1\nJWT_SECRET_KEY={KEY}\nADMIN_JWT_SECRET_KEY='{KEY}'\n"},
        *("backend/.env", 3, "ADMIN_JWT_SECRET_KEY has the same value as JWT_SECRET_KEY"),
    ),
    "placeholder-left": (
        {"backend/.env": f"PORT=1\nJWT_SECRET_KEY=[generate]\nADMIN_JWT_SECRET_KEY={OTHER}\n"},
        *("backend/.env", 2, "JWT_SECRET_KEY is a placeholder still"),
    ),
    "secret-in-image": (
        {"backend/.dockerignore": ".env\n!.env\n"},
        *("backend/Dockerfile", 4, "COPY . brings backend/.env into the image"),
    ),
    "value-read-differently": (
        {"backend/.env": ENV.replace("PORT=4000", "PORT=40#0")},
        *("backend/.env", 1, "PORT is another value for"),
    ),
    "line-unreadable": (
        {"backend/.env": ENV.replace("PORT=4000", "PORT=http://h/?a=1&b")},
        *("backend/.env", 1, "bash (source) cannot read PORT: there is an unquoted &"),
    ),
    "line-sets-nothing": (
        {"backend/.env": f"{ENV}hello\n"},
        *("backend/.env", 4, "this line sets nothing: it is no NAME=value, and no comment"),
    ),
    "secret-by-default": (
        {"backend/b.js": f"use(process.env.JWT_SECRET_KEY || '{secrets.token_hex(9)}')"},
        *("backend/b.js", 1, "the code holds a default for the secret JWT_SECRET_KEY"),
    ),
    "default-disputed": (
        {"backend/b.js": "use(process.env.PORT || 3000)"},
        *("backend/b.js", 1, "PORT has 2 defaults in the code: 4000, 3000"),
    ),
}


def findings(ran: Any) -> list[tuple[str, str, int | None, str]]:
    return [(f["id"], f["path"], f["line"], f["message"]) for f in ran.json["findings"]]


def look(skc: Skc, root: Path, *options: str) -> Any:
    return skc("env", "check", "--format", "json", *options, cwd=root)


def test_a_good_app_has_no_finding(skc: Skc, app: App) -> None:
    ran = look(skc, app(GOOD), "--strict")
    assert findings(ran) == []
    assert ran.json["unknown"] == []
    assert ran.code == 0


@pytest.mark.parametrize("identity", BAD)
def test_each_fault_is_found_and_nothing_else(skc: Skc, app: App, identity: str) -> None:
    files, path, line, says = BAD[identity]
    ran = look(skc, app({**GOOD, **files}))
    (found,) = findings(ran)
    assert found[:3] == (identity, path, line)
    assert found[3].startswith(says)


def test_a_file_that_others_can_read_is_found(skc: Skc, app: App) -> None:
    root = app(GOOD)
    (root / "backend/.env").chmod(0o640)
    ran = look(skc, root)
    assert [(each[0], each[3]) for each in findings(ran)] == [
        ("file-readable-by-others", "others can read or write it (mode 0640)")
    ]
    assert ran.code == 11


def test_a_tracked_file_and_its_history_are_told_apart(skc: Skc, app: App) -> None:
    root = app(GOOD)
    git(root, "add", "-f", "backend/.env")
    assert [each[0] for each in findings(look(skc, root))] == ["file-tracked"]
    git(root, "commit", "-qm", "oh no")
    ran = look(skc, root)
    assert [each[0] for each in findings(ran)] == ["file-tracked", "file-in-history"]
    assert ran.code == 13
    git(root, "rm", "--cached", "-q", "backend/.env")
    git(root, "commit", "-qm", "gone")
    assert [each[0] for each in findings(look(skc, root))] == ["file-in-history"]


def test_a_shallow_clone_is_no_proof_of_a_clean_history(skc: Skc, app: App, tmp_path: Path) -> None:
    root = app(GOOD)
    for text in ("a", "b"):
        (root / "x").write_text(text)
        git(root, "add", "-A")
        git(root, "commit", "-qm", text)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "clone")
    (tmp_path / "clone/backend/.env").write_text(ENV)
    (tmp_path / "clone/backend/.env").chmod(0o600)
    ran = look(skc, tmp_path / "clone", "--strict")
    assert ran.code == 14
    assert "git fetch --unshallow" in ran.json["unknown"][0]["reason"]


@pytest.mark.parametrize(
    ("dockerfile", "ignore", "found"),
    [
        ("FROM a\nCOPY .env ./\n", "", 1),
        ("FROM a\nCOPY ./ /app\n", "node_modules\n", 1),
        ("FROM a\nADD --chown=a:a . .\n", "", 1),
        ("FROM a\nCOPY src .\n", "", 0),
        ("FROM a\nCOPY . .\n", ".env\n", 0),
        ("FROM a\nCOPY . .\n", ".env*\n", 0),
        ("FROM a\nCOPY . .\n", "*\n!src\n", 0),
        ("FROM a\nCOPY . .\n", "**/*.env\n", 0),
        ("FROM a\nCOPY --from=b . .\n", "", 0),
        ("FROM a\nARG NPM_TOKEN\n", "", 1),
        ("FROM a\nENV JWT_SECRET=abcdef\n", "", 1),
        ("FROM a\nENV JWT_SECRET=$GIVEN PORT=3\n", "", 0),
        ("FROM a\nENV JWT_SECRET=[set-at-run-time]\n", "", 0),
    ],
)
def test_dockerfiles_are_read_with_their_ignore_rules(
    skc: Skc, app: App, dockerfile: str, ignore: str, found: int
) -> None:
    root = app({**GOOD, "backend/Dockerfile": dockerfile, "backend/.dockerignore": ignore})
    assert [each[0] for each in findings(look(skc, root))] == ["secret-in-image"] * found


def test_what_compose_or_an_image_gives_is_not_missing(skc: Skc, app: App) -> None:
    files = {"backend/b.js": "use(process.env.GIVEN_A, process.env.GIVEN_B)"}
    compose = "services: {a: {environment: {GIVEN_A: 1}}}"
    image = GOOD["backend/Dockerfile"] + "ENV GIVEN_B=2\n"
    example = GOOD["backend/.env.example"] + "GIVEN_A=\nGIVEN_B=\n"
    root = app(
        {
            **GOOD,
            **files,
            "compose.yaml": compose,
            "backend/Dockerfile": image,
            "backend/.env.example": example,
        }
    )
    assert findings(look(skc, root)) == []


def test_no_value_is_shown(skc: Skc, app: App) -> None:
    weak = secrets.token_hex(5)
    env = f"PORT='{weak}\nJWT_SECRET_KEY={weak}\nADMIN_JWT_SECRET_KEY={weak}\nSMTP_PASS={weak}#'\n"
    code = f"use(process.env.A_KEY || '{weak}1')"
    root = app({**GOOD, "backend/.env": env, "backend/b.js": code})
    for options in ((), ("--format", "json")):
        ran = skc("env", "check", *options, cwd=root)
        assert ran.code >= 10
        assert weak not in ran.stdout + ran.stderr


def test_an_env_file_that_is_not_there_is_said(skc: Skc, app: App) -> None:
    files = {name: text for name, text in GOOD.items() if name != "backend/.env"}
    root = app(files)
    ran = look(skc, root)
    assert (ran.code, findings(ran)) == (0, [])
    assert ran.json["unknown"] == [{"subject": "backend/.env", "reason": "it is not there"}]
    assert look(skc, root, "--strict").code == 14


def test_an_env_file_that_cannot_be_read_is_no_clean_one(skc: Skc, app: App) -> None:
    files = {name: text for name, text in GOOD.items() if name != "backend/.env"}
    root = app(files)
    (root / "backend/.env").mkdir(mode=0o700)
    ran = look(skc, root)
    assert (ran.code, findings(ran)) == (14, [])
    assert {"subject": "backend/.env", "reason": "Is a directory"} in ran.json["unknown"]


def test_crlf_is_one_finding_and_not_one_for_each_variable(skc: Skc, app: App) -> None:
    ran = look(skc, app({**GOOD, "backend/.env": ENV.replace("\n", "\r\n")}))
    assert findings(ran) == [
        (
            "value-read-differently",
            "backend/.env",
            1,
            "the line ends are CRLF, whose CR bash (source) takes into 3 values",
        )
    ]
    assert ran.json["findings"][0]["severity"] == "low"


def test_a_line_that_compose_refuses_is_told_once(skc: Skc, app: App) -> None:
    ran = look(skc, app({**GOOD, "backend/.env": f"{ENV}LOG LEVEL=1\n"}))
    (found,) = findings(ran)
    assert found[:3] == ("line-unreadable", "backend/.env", 4)
    assert found[3] == (
        "docker compose cannot read this line: there is a name with a blank in it, and the app "
        "passes over it"
    )
    assert ran.code == 11


def test_the_gravest_stands_first_and_then_they_go_down_the_file(skc: Skc, app: App) -> None:
    env = f"{ENV}B=a|b\nPORT=1\nA=[x]\nSMTP_PASSWORD=hunter2\nPORT=2\n"
    found = look(skc, app({**GOOD, "backend/.env": env})).json["findings"]
    rank = ["critical", "high", "medium", "low"]
    order = [(rank.index(each["severity"]), each["path"], each["line"] or 0) for each in found]
    assert len({each[0] for each in order}) == 3
    assert order == sorted(order)


def test_a_remedy_keeps_what_was_looked_at(skc: Skc, app: App) -> None:
    settings = SETTINGS + "  staging:\n    env_files: [backend/a.env, backend/b.env]\n"
    files = {name: text for name, text in GOOD.items() if "example" not in name}
    root = app(
        {
            **files,
            "skc.yaml": settings,
            "backend/.env": ENV.replace("PORT=4000", "PORT=[port]"),
            "backend/a.env": "PORT=[port]\n",
            "backend/b.env": "A=1\n",
        }
    )

    def remedies(target: str, folder: Path = root) -> set[str]:
        ran = look(skc, folder, "--target", target)
        return {each["remedy"] for each in ran.json["findings"]}

    one = {"skc env set PORT --target production", "skc env example --target production"}
    assert one <= remedies("production")
    several = {
        "skc env set PORT --file backend/a.env --target staging",
        "skc env example --target staging",
    }
    assert several <= remedies("staging")
    inside = "skc env set PORT --file a.env --target staging"
    assert inside in remedies("staging", root / "backend")
    ran = skc("env", "check", "--target", "production", cwd=root)
    nexts = [line for line in ran.stderr.splitlines() if line.startswith("next: ")]
    assert nexts
    assert all("--target production" in line for line in nexts)
    stale = skc("env", "example", "--check", "--target", "production", cwd=root)
    assert "next: skc env example --target production" in stale.stderr


def test_an_empty_folder_is_no_clean_one(skc: Skc, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = skc("env", "check", cwd=tmp_path / "empty")
    assert ran.code == 14
    assert "there is nothing to check" in ran.stdout
    assert "PASS" not in ran.stdout


def test_what_reads_env_files_is_no_pass_where_there_is_none(skc: Skc, app: App) -> None:
    root = app({name: text for name, text in GOOD.items() if name != "backend/.env"})
    ran = skc("env", "check", cwd=root)
    assert ran.code == 0
    assert ran.stdout.count("no env file to look at") == sum(each.reads_files for each in CHECKS)
    assert ran.stdout.count("PASS") + ran.stdout.count("no env file") == len(CHECKS)


def test_a_fingerprint_does_not_move_with_lines(skc: Skc, app: App) -> None:
    files, *_ = BAD["variable-unused"]
    root = app({**GOOD, **files})
    before = look(skc, root).json["findings"]
    (root / "backend/.env").write_text("# a comment\n" + files["backend/.env"])
    after = look(skc, root).json["findings"]
    assert before[0]["line"] + 1 == after[0]["line"]
    assert before[0]["fingerprint"] == after[0]["fingerprint"]


def test_the_table_tells_what_is_well(skc: Skc, app: App) -> None:
    ran = skc("env", "check", cwd=app(GOOD))
    assert ran.stdout.count("PASS") == len(CHECKS)


def test_it_works_without_a_skc_yaml(skc: Skc, tmp_path: Path) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    (root / ".env").write_text("PORT=1\nPORT=2\n")
    (root / ".env").chmod(0o600)
    (root / ".env.example").write_text("PORT=1\n")
    (root / "a.js").write_text("use(process.env.PORT)")
    assert [each[0] for each in findings(look(skc, root))] == ["variable-duplicated"]


def test_targets_are_told_apart(skc: Skc, app: App) -> None:
    settings = SETTINGS + "  staging:\n    env_files: [backend/.env.staging]\n"
    root = app({**GOOD, "skc.yaml": settings, "backend/.env.staging": "PORT=1\nPORT=2\n"})
    assert skc("env", "check", cwd=root).code == 4
    assert findings(look(skc, root, "--target", "production")) == []
    assert ("variable-duplicated", "backend/.env.staging") in {
        each[:2] for each in findings(look(skc, root, "--target", "staging"))
    }


def test_every_check_is_registered_and_named_after_its_file() -> None:
    modules = {found.name for found in pkgutil.iter_modules(checks.__path__)}
    assert {check.id.replace("-", "_") for check in CHECKS} == modules
    assert len({check.id for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_has_a_page(check: Any) -> None:
    module = import_module(f"{checks.__name__}.{check.id.replace('-', '_')}")
    page = inspect.getdoc(module) or ""
    assert "before:" in page
    assert "after:" in page
    assert check.remedy
    assert check.title


def test_every_check_is_tried_here() -> None:
    elsewhere = {"file-readable-by-others", "file-tracked", "file-in-history", "secret-retired"}
    assert {check.id for check in CHECKS} == set(BAD) | elsewhere


def test_a_check_that_another_speaks_for_is_not_called_passed(skc: Skc, app: App) -> None:
    said = skc("env", "check", cwd=app({**GOOD, "backend/.env": f"{ENV}LOG LEVEL=1\n"})).stdout
    (line,) = [line for line in said.splitlines() if "every line is an assignment" in line]
    assert "PASS" not in line
    assert "but for what is found of: every program can read every line" in line


@pytest.mark.parametrize(("above", "at_fault"), [("hello\n", 1), ("OTHER='abc\nX=1\n", 1)])
def test_the_remedy_names_the_line_that_reaches_into_the_next_one(
    skc: Skc, app: App, above: str, at_fault: int
) -> None:
    ran = look(skc, app({**GOOD, "backend/.env": f"{above}NAME='x'\n{ENV}"}))
    disputed = [one for one in ran.json["findings"] if one["id"] == "value-read-differently"]
    (name,) = [one for one in disputed if one["message"].startswith("NAME ")]
    assert name["remedy"].startswith(f"mend line {at_fault} first: ")


def test_without_git_nothing_is_said_of_it(skc: Skc, app: App, tmp_path: Path) -> None:
    root = app(GOOD)
    (root / ".git").rename(tmp_path / "git")
    lines = skc("env", "check", cwd=root).stdout.splitlines()
    for title in ("git does not track env files", "no commit holds an env file"):
        (line,) = [line for line in lines if title in line]
        assert "no git repository to look at" in line
        assert "PASS" not in line


def test_commits_are_said_to_have_brought_it(skc: Skc, app: App) -> None:
    root = app(GOOD)
    git(root, "add", "-f", "backend/.env")
    git(root, "commit", "-qm", "oh no")
    git(root, "commit", "-q", "--allow-empty", "-m", "more")
    (told,) = [each[3] for each in findings(look(skc, root)) if each[0] == "file-in-history"]
    assert told.startswith("1 commit brought or changed it: ")
    assert told.endswith("; every later one holds it, too, up to the one that took it out")


def test_a_weak_secret_s_remedy_can_be_typed(skc: Skc, app: App) -> None:
    env = f"PORT=1\nJWT_SECRET_KEY={KEY[:20]}\nADMIN_JWT_SECRET_KEY={OTHER}\nSMTP_PASS=abc\n"
    ran = look(skc, app({**GOOD, "backend/.env": env}))
    remedies = [one["remedy"] for one in ran.json["findings"] if one["id"] == "secret-weak"]
    assert remedies == [
        "skc secrets generate --env JWT_SECRET_KEY --replace",
        "make a new one where it is checked, then: skc env set SMTP_PASS",
    ]
