"""`skc env example` on real folders, through the front door."""

import re
import secrets
from pathlib import Path

import pytest

from tests.commands.env.example.conftest import SETTINGS, App
from tests.conftest import Skc

PLAN = """\
PORT=4000
MONGO_URI=mongodb+srv://[username]:[password]@[cluster].mongodb.net/skillconnect
JWT_SECRET_KEY=[generate with crypto.randomBytes(32).toString('hex')]
ADMIN_JWT_SECRET_KEY=[generate with crypto.randomBytes(32).toString('hex')]
JWT_EXPIRE=7d
COOKIE_EXPIRE=5
NODE_ENV=development
BASE_URL=http://localhost:4000/api/v1
FRONTEND_URL=http://localhost:5173
ALLOWED_ORIGINS=http://localhost:5173
SMTP_HOST=smtp.gmail.com
SMTP_PORT=587
SMTP_EMAIL=[your-email@gmail.com]
SMTP_PASSWORD=[app-password-from-google]
REDIS_URL=redis://localhost:6379
SENTRY_DSN=
LOG_LEVEL=info
"""
"""The example of the action plan, byte for byte."""
CODE = {
    "backend/server.js": "const {LOG_LEVEL: level, PORT = 4000} = process.env;\n"
    "app.listen(PORT); use(level);\n"
    "if (process.env['SENTRY_DSN']) use(process.env.SENTRY_DSN);\n",
    "backend/app.js": "use(process.env.NODE_ENV === 'production', process.env.BASE_URL);\n"
    "cors((process.env.ALLOWED_ORIGINS || '').split(','), process.env.FRONTEND_URL);\n",
    "backend/db.js": "const env = process.env;\nif (!env.MONGO_URI) throw new Error('MONGO_URI');\n"
    "redis(env.REDIS_URL);\n",
    "backend/auth.mjs": "import {env} from 'node:process';\n"
    "sign(env.JWT_SECRET_KEY, env.ADMIN_JWT_SECRET_KEY, env.JWT_EXPIRE ?? '7d');\n"
    "cookie(env.COOKIE_EXPIRE);\n",
    "backend/mail.ts": "for (const n of ['SMTP_HOST', 'SMTP_EMAIL', 'SMTP_PASSWORD']) {\n"
    "  if (!process.env[n]) throw new Error(n);\n}\nsend(Number(process.env.SMTP_PORT) || 587);\n",
}
PROFILE = {"skc.yaml": SETTINGS.replace("name: shop", "name: shop, profile: skillconnect")}


def example(root: Path, name: str = "backend/.env.example") -> str:
    return (root / name).read_bytes().decode()


def bare(text: str) -> str:
    """An example without comments and blank lines."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() and not line.startswith("#"))


def everything(folder: Path) -> bytes:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".env")
    return b"".join(path.read_bytes() for path in files)


def test_the_plan_s_own_example_comes_out_byte_for_byte(skc: Skc, app: App) -> None:
    root = app({**CODE, **PROFILE})
    ran = skc("env", "example", "--bare", "--yes", cwd=root)
    assert ran.code == 0, ran.stderr
    assert example(root) == PLAN


def test_with_comments_the_same_lines_come_out_in_the_same_order(skc: Skc, app: App) -> None:
    root = app({**CODE, **PROFILE})
    assert skc("env", "example", "--yes", cwd=root).code == 0
    assert bare(example(root)) == PLAN


def test_the_plan_s_example_comes_out_of_its_env_file_alone(skc: Skc, app: App) -> None:
    names = [line.partition("=")[0] for line in PLAN.splitlines()]
    held = "".join(f"{name}={secrets.token_hex(16)}\n" for name in reversed(names))
    root = app({**PROFILE, "backend/.env": held})
    assert skc("env", "example", "--bare", "--yes", cwd=root).code == 0
    assert example(root) == PLAN


def test_each_variable_is_told_with_purpose_need_and_place(skc: Skc, app: App) -> None:
    root = app(CODE)
    assert skc("env", "example", "--yes", cwd=root).code == 0
    text = example(root)
    assert (
        "# The port that the server listens on.\n"
        "# optional, 4000 by default · read in backend/server.js:1\n"
        "PORT=4000\n"
    ) in text
    assert "# required · read in backend/db.js:2\nMONGO_URI=mongodb+srv://[" in text
    assert text.endswith("LOG_LEVEL=info\n")


def test_no_value_gets_anywhere(skc: Skc, app: App, tmp_path: Path) -> None:
    canaries = [secrets.token_hex(12) for _ in range(5)]
    old = f"JWT_SECRET_KEY={canaries[0]}\n# SMTP_PASSWORD={canaries[1]}\n"
    code = f"use(process.env.SESSION_SECRET || '{canaries[2]}', f(process.env, '{canaries[3]}'))\n"
    root = app(
        {
            "backend/.env": f"JWT_SECRET_KEY={canaries[0]}\nPLAIN_NAME={canaries[4]}\n",
            "backend/.env.example": old,
            "backend/a.js": code,
        }
    )
    said = ""
    for argv in (["--dry-run"], ["--check", "--format", "json"], ["--yes"], ["--format", "json"]):
        ran = skc("env", "example", *argv, cwd=root)
        said += ran.stdout + ran.stderr
    (root / "backend/a.js").unlink()
    left = everything(tmp_path)
    for canary in canaries:
        assert canary not in said
        assert canary.encode() not in left
    assert bare(example(root)).splitlines() == [
        "JWT_SECRET_KEY=[generate with crypto.randomBytes(32).toString('hex')]",
        "SESSION_SECRET=[generate with crypto.randomBytes(32).toString('hex')]",
        "PLAIN_NAME=[value]",
    ]
    assert "# SMTP_PASSWORD=[app-password-from-the-mail-service]\n" in example(root)


def test_what_a_person_wrote_stays(skc: Skc, app: App) -> None:
    old = (
        "# Our shop. Ask Ana.\n\n"
        "LOG_LEVEL=warn # not debug\n"
        "# the port, behind the proxy\n"
        "PORT=8080\n"
        "\n### old things ###\n"
        "export FEATURE_X='a b'\n"
        "#TZ=Europe/Berlin\n"
    )
    root = app({**CODE, "backend/.env.example": old})
    assert skc("env", "example", "--yes", cwd=root).code == 0
    by_hand = re.sub(r"# (required|optional).*\n", "", example(root))
    assert by_hand.startswith(old)
    assert "\nMONGO_URI=" in example(root)
    assert example(root).count("PORT=8080") == 1
    assert skc("env", "example", "--yes", cwd=root).code == 0
    told = [line for line in example(root).splitlines() if line.startswith("# Our")]
    assert told == ["# Our shop. Ask Ana."]
    assert (
        "# the port, behind the proxy\n"
        "# optional, 4000 by default · read in backend/server.js:1\n"
        "PORT=8080\n"
    ) in example(root)


def test_a_bare_example_holds_no_comment_whoever_wrote_it(skc: Skc, app: App) -> None:
    old = "# Our shop\n\nLOG_LEVEL=warn # not debug\nexport FEATURE_X='a b'\n#PORT=1\n#TZ=UTC\n"
    root = app({**CODE, "backend/.env.example": old})
    assert skc("env", "example", "--yes", cwd=root).code == 0
    assert skc("env", "example", "--bare", "--yes", cwd=root).code == 0
    lines = example(root).splitlines()
    assert lines[:3] == ["LOG_LEVEL=warn", "export FEATURE_X='a b'", "PORT=4000"]
    assert "#" not in example(root)
    assert all(lines)
    assert len({line.partition("=")[0] for line in lines}) == len(lines)


def test_line_ends_stay_as_they_are(skc: Skc, app: App) -> None:
    root = app({**CODE, "backend/.env.example": "PORT=1\r\nLOG_LEVEL=info\r\n"})
    assert skc("env", "example", "--yes", cwd=root).code == 0
    assert example(root).count("\r\n") == example(root).count("\n")


def test_an_old_example_of_another_name_is_kept_up(skc: Skc, app: App) -> None:
    root = app({**CODE, "backend/.env.sample": "PORT=1\n"})
    assert skc("env", "example", "--yes", cwd=root).code == 0
    assert "MONGO_URI=" in example(root, "backend/.env.sample")
    assert not (root / "backend/.env.example").exists()


@pytest.mark.parametrize("options", [(), ("--bare",)])
def test_a_second_run_finds_nothing_to_do(skc: Skc, app: App, options: tuple[str, ...]) -> None:
    root = app(CODE)
    assert skc("env", "example", "--yes", *options, cwd=root).code == 0
    first = example(root)
    ran = skc("env", "example", *options, cwd=root)
    assert (ran.code, "nothing to do" in ran.stderr) == (0, True)
    assert example(root) == first


def test_check_says_in_what_the_example_is_behind(skc: Skc, app: App) -> None:
    root = app(CODE)
    absent = skc("env", "example", "--check", "--format", "json", cwd=root)
    assert absent.code == 10
    assert [each["id"] for each in absent.json["findings"]] == ["example-missing"]
    assert skc("env", "example", "--yes", cwd=root).code == 0
    assert skc("env", "example", "--check", cwd=root).code == 0
    (root / "backend/new.js").write_text("use(process.env.NEW_ONE, process.env.LOG_LEVEL || 'x')")
    (root / "backend/db.js").write_text("\n\n\nredis(process.env.REDIS_URL || 'x')\n")
    stale = skc("env", "example", "--check", "--format", "json", cwd=root)
    assert stale.code == 10
    assert [(each["id"], each["line"] is None) for each in stale.json["findings"]] == [
        ("variable-undocumented", True),
        ("requirement-changed", False),
        ("requirement-changed", False),
    ]
    assert "NEW_ONE" in stale.json["findings"][0]["message"]
    assert not any((root / "backend").glob("*.skc"))


def test_lines_that_moved_make_no_example_stale(skc: Skc, app: App) -> None:
    root = app(CODE)
    assert skc("env", "example", "--yes", cwd=root).code == 0
    for name, text in CODE.items():
        (root / name).write_text("\n\n" + text)
    assert skc("env", "example", "--check", cwd=root).code == 0


def test_a_secret_in_an_example_is_a_grave_finding(skc: Skc, app: App) -> None:
    uri = f"mongodb://app:{secrets.token_hex(8)}@h.example/shop"
    root = app({"backend/.env.example": f"PORT=1\nMONGO_URI={uri}\n"})
    ran = skc("env", "example", "--check", "--format", "json", cwd=root)
    assert ran.code == 12
    (finding,) = ran.json["findings"]
    assert (finding["id"], finding["line"]) == ("example-holds-secret", 2)


def test_a_uri_without_a_password_is_no_secret(skc: Skc, app: App) -> None:
    text = "MONGO_URI=mongodb://127.0.0.1:27017/shop\n"
    root = app({"backend/.env.example": text})
    assert skc("env", "example", "--check", cwd=root).code == 0


def test_nothing_is_written_without_consent(skc: Skc, app: App) -> None:
    root = app(CODE)
    assert skc("env", "example", cwd=root).code == 3
    assert skc("env", "example", "--dry-run", cwd=root).code == 0
    assert not (root / "backend/.env.example").exists()


def test_the_plan_shows_what_changes(skc: Skc, app: App) -> None:
    root = app({**CODE, "backend/.env.example": f"SMTP_PASSWORD={secrets.token_hex(9)}\n"})
    ran = skc("env", "example", "--bare", "--dry-run", cwd=root)
    assert "rewrite backend/.env.example" in ran.stderr
    assert "     -SMTP_PASSWORD=***\n" in ran.stderr
    assert "     +SMTP_PASSWORD=[app-password-from-the-mail-service]\n" in ran.stderr


def test_it_works_without_a_skc_yaml(skc: Skc, tmp_path: Path) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    (root / "a.js").write_text("use(process.env.PORT)")
    assert skc("env", "example", "--yes", cwd=root).code == 0
    assert bare(example(root, ".env.example")) == "PORT=3000\n"


def test_each_folder_has_its_own(skc: Skc, app: App) -> None:
    settings = SETTINGS.replace("[backend/.env]", "[backend/.env, frontend/.env, .env]")
    root = app(
        {
            "skc.yaml": settings,
            "backend/package.json": "{}",
            "backend/a.js": "use(process.env.PORT)",
            "frontend/package.json": "{}",
            "frontend/a.js": "use(import.meta.env.VITE_API, process.env.ANALYZE)",
            "tools/a.js": "use(process.env.TOOL)",
            "compose.yaml": "services: {a: {image: 'a:${TAG:-1}'}}",
            "backend/.env.example": "",
            "frontend/.env.example": "",
        }
    )
    assert skc("env", "example", "--bare", "--yes", cwd=root).code == 0
    assert example(root) == "PORT=3000\n"
    assert example(root, "frontend/.env.example") == "ANALYZE=[value]\nVITE_API=[value]\n"
    assert example(root, ".env.example") == "TAG=1\nTOOL=[value]\n"


def test_tests_tools_and_the_system_s_own_are_left_out(skc: Skc, app: App) -> None:
    root = app(
        {
            "backend/a.js": "use(process.env.HOME, process.env.CI, process.env.npm_package_name)",
            "backend/tests/a.js": "use(process.env.TEST_DB)",
            ".github/workflows/a.yml": "a: ${{ secrets.TOKEN }}",
            "backend/b.js": "use(process.env.REAL)",
        }
    )
    assert skc("env", "example", "--bare", "--yes", cwd=root).code == 0
    assert example(root) == "REAL=[value]\n"


def test_placeholders_of_unknown_variables_fit_their_shape(skc: Skc, app: App) -> None:
    names = ("X_SECRET", "X_PASSWORD", "X_TOKEN", "X_PORT", "X_URL", "X_ENABLED", "X_THING")
    reads = [f"process.env.{name}" for name in names]
    reads += ["process.env.X_MODE || 'fast'", "process.env.X_D || '#a b'"]
    root = app({"backend/a.js": f"use({', '.join(reads)})"})
    assert skc("env", "example", "--bare", "--yes", cwd=root).code == 0
    assert sorted(example(root).splitlines()) == [
        "X_D=[value]",
        "X_ENABLED=false",
        "X_MODE=fast",
        "X_PASSWORD=[password]",
        "X_PORT=[port]",
        "X_SECRET=[generate with crypto.randomBytes(32).toString('hex')]",
        "X_THING=[value]",
        "X_TOKEN=[token-from-the-service]",
        "X_URL=[url]",
    ]


def test_what_cannot_be_told_is_said(skc: Skc, app: App) -> None:
    root = app({"backend/a.js": "use(process.env[k]);\nconst = ;\n"})
    ran = skc("env", "example", "--dry-run", "--format", "json", cwd=root)
    assert [each["subject"] for each in ran.json["unknown"]] == ["backend/a.js:1", "backend/a.js"]
    assert "1 read cannot be told from the text: backend/a.js:1" in ran.stderr


def test_a_link_is_not_written_over(skc: Skc, app: App) -> None:
    root = app(CODE)
    (root / "backend/.env.example").symlink_to("elsewhere")
    assert skc("env", "example", "--yes", cwd=root).code == 3


def test_an_example_that_is_no_text_is_left_alone(skc: Skc, app: App) -> None:
    root = app(CODE)
    (root / "backend/.env.example").write_bytes(b"\xff\xfeP\0")
    ran = skc("env", "example", "--yes", cwd=root)
    assert (ran.code, "is no UTF-8 text" in ran.stderr) == (4, True)


@pytest.mark.parametrize(
    ("name", "default", "written"),
    [
        ("DB_PW", "Zx81LmQp02Kd", False),
        ("BASIC_AUTH", "admin:Zx81LmQp02Kd", False),
        ("ADMIN_PIN", "4711", False),
        (
            "ALERTS",
            "https://hooks.example.com/services/T0AB12CD3/B0AB12CD3/xQ81LmQp02Kd9sTr",
            False,
        ),
        ("MNEMONIC", "one two three four", False),
        ("PORT", "4000", True),
        ("LOG_LEVEL", "info", True),
        ("CACHE_TTL", "7d", True),
        ("FRONTEND_URL", "http://localhost:5173", True),
        ("SMTP_HOST", "smtp.example.com", True),
    ],
)
def test_a_default_is_copied_only_where_its_form_is_no_secret_s(
    skc: Skc, app: App, name: str, default: str, written: bool
) -> None:
    root = app({"backend/a.js": f"module.exports = process.env.{name} || '{default}'\n"})
    ran = skc("env", "example", "--yes", cwd=root)
    assert ran.code == 0, ran.stderr
    assert (default in example(root)) is written
    assert (default in ran.stdout + ran.stderr) is written


MONGODB = "DATABASE_URL=mongodb://[username]:[password]@[host]:27017/[database]"
POSTGRES = "DATABASE_URL=postgresql://[username]:[password]@[host]:5432/[database]"
READS = "connect(process.env.DATABASE_URL)\n"
DATABASE = "    database: {uri: env:DATABASE_URL}\n"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"backend/.env": "DATABASE_URL=mongodb://u:{}@h/x\n"}, MONGODB),
        (
            {
                "backend/.env": "DATABASE_URL='mongodb+srv://u:{}@h/x'\n",
                "backend/b.js": "import 'pg'",
            },
            "DATABASE_URL=mongodb+srv://[username]:[password]@[cluster].mongodb.net/[database]",
        ),
        ({"backend/.env": "DATABASE_URL=postgres://u:{}@h/x\n"}, POSTGRES),
        ({"skc.yaml": SETTINGS + DATABASE}, MONGODB),
        ({"backend/b.js": "const m = require('mongoose')\n"}, MONGODB),
        ({"backend/b.ts": "import {MongoClient} from 'mongodb'\n"}, MONGODB),
        ({"backend/b.js": "import pg from 'pg'; import m from 'mongoose'\n"}, POSTGRES),
        ({}, POSTGRES),
    ],
)
def test_an_address_s_placeholder_is_that_of_its_database(
    skc: Skc, app: App, files: dict[str, str], line: str
) -> None:
    secret = secrets.token_hex(8)
    filled = {name: text.replace("{}", secret) for name, text in files.items()}
    root = app({"backend/a.js": READS, **filled})
    assert skc("env", "example", "--yes", cwd=root).code == 0
    assert line in example(root).splitlines()
    assert secret not in example(root)
