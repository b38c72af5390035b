"""skc's own list on an app as the plan wants it: what a machine can see is proven, and lost.

A real mongod, a real repository, a program that answers over HTTP, and the app's code in
`hardened/`, of which nothing is run.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.commands.checklist.shop import Program, Shop, program, well
from tests.commands.rotate.app import App, app

__all__ = ["app"]
CODE = Path(__file__).parent / "hardened"
MACHINE = {
    *("rotate-credentials", "remove-secrets", "rate-limiting", "cors", "csrf", "remove-console"),
    *("input-validation", "transactions", "database-indexes", "logging", "health-checks"),
    *("error-handling", "security-headers"),
}
"""Of the security list; the second factor needs a person besides, monitoring an alert's arrival."""


@pytest.fixture
def hardened(app: App) -> Iterator[tuple[App, Shop, Program]]:
    """The app, rotated once, with a program that answers as it should."""
    shop = Shop(app.root, app.skc)
    shop.git("init", "-q", "-b", "main")
    for file in CODE.iterdir():
        shutil.copy(file, app.root / file.name)
    keys = "".join(f"{name}={secrets.token_hex(32)}\n" for name in ("JWT_SECRET", "CSRF_SECRET"))
    app.file.write_text(app.file.read_text().replace("export PORT=3000\n", "") + keys)
    app.file.chmod(0o600)
    shop.write(".gitignore", ".env\n")
    shop.write("indexes.yaml", "orders:\n  - keys: {item: 1}\nthings: []\n")
    with program() as running:
        settings = app.root / "skc.yaml"
        shop.write(
            "skc.yaml",
            f"{settings.read_text()}"
            "    secrets: {mongodb: {kind: mongodb, env: MONGO_URI}}\n"
            f"    consumers: {{api: {{health: '{running.url}'}}}}\n",
        )
        shop.commit()
        for line in ("init --enroll", "indexes", "rotate", "rotate finish --confirm-reloaded"):
            ran = app.run(*line.split(), "--yes")
            assert ran.code == 0, (line, ran.stderr, ran.stdout)
        shop.commit()
        yield app, shop, running


def states(app: App) -> Mapping[str, str]:
    """The security list after a look at all of it."""
    ran = app.run("checklist", "verify", "security")
    items = ran.json["facts"]["items"]
    return {one["id"].partition("/")[2]: one["status"] for one in items}


Break = Callable[[App, Shop, Program], None]


def in_code(*pairs: str) -> Break:
    """Replace the first of two by the second, and so on."""

    def act(_app: App, shop: Shop, _running: Program) -> None:
        text = (shop.root / "app.js").read_text()
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        shop.write("app.js", text)

    return act


def answering(body: str = "{}", status: int = 200, **more: str) -> Break:
    def act(_app: App, _shop: Shop, running: Program) -> None:
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        running.answer = lambda *_: (status, headers, body)

    return act


def drop_index(app: App, _shop: Shop, _running: Program) -> None:
    app.client[app.name].orders.drop_index("item_1")


def leak(_app: App, shop: Shop, _running: Program) -> None:
    shop.write("config.js", f"module.exports = {{ apiKey: 'sk_live_{secrets.token_hex(16)}' }};\n")


WAYS: Mapping[str, tuple[Break, set[str]]] = {
    "console": (
        in_code("const app = express();", "const app = express();\nconsole.log(1);"),
        {"remove-console", "logging"},
    ),
    "no helmet": (in_code("app.use(helmet());", ""), {"security-headers"}),
    "every origin": (in_code("['https://shop.example.com']", "'*'"), {"cors"}),
    "no limiter": (
        in_code("app.use(rateLimit({ windowMs: 60_000, limit: 100 }));", ""),
        {"rate-limiting"},
    ),
    "no validation": (in_code("validated(order), ", ""), {"input-validation"}),
    "no csrf": (in_code("authenticated, doubleCsrfProtection,", "authenticated,"), {"csrf"}),
    "no transaction": (
        in_code(
            *("  const session = await mongoose.startSession();\n", ""),
            *("  await session.withTransaction(async () => {\n", "", "  });\n  res.s", "  res.s"),
            *(", { session })", ")"),
        ),
        {"transactions"},
    ),
    "a stack for clients": (
        in_code("{ error: 'ERR_INTERNAL' }", "{ error: error.stack }"),
        {"error-handling"},
    ),
    "no health route": (in_code("'/health'", "'/other'"), {"health-checks"}),
    "an index is dropped": (drop_index, {"database-indexes"}),
    "a secret in the code": (leak, {"remove-secrets"}),
    "unwell": (answering(status=503), {"health-checks", "security-headers", "rate-limiting"}),
    "a strange origin": (
        answering(Access_Control_Allow_Origin="*"),
        {"cors", "security-headers", "rate-limiting"},
    ),
}


def test_what_a_machine_can_see_of_it_is_proven_and_each_loss_is_seen_at_once(
    hardened: tuple[App, Shop, Program],
) -> None:
    app, shop, running = hardened
    found = states(app)
    assert {name for name, state in found.items() if state == "PASS"} == MACHINE, found
    assert (found["two-factor"], found["monitoring"]) == ("MISSING", "FAIL")
    for name, (act, lost) in WAYS.items():
        act(app, shop, running)
        now = states(app)
        red = {one for one in MACHINE if now[one] != "PASS"}
        assert lost <= red, (name, now)
        assert {now[one] for one in lost} <= {"REGRESSED"}, (name, now)
        assert red <= lost | {"remove-secrets", "error-handling"}, (name, now)
        running.answer = well
        shop.write("app.js", (CODE / "app.js").read_text())
        (shop.root / "config.js").unlink(missing_ok=True)
        app.client[app.name].orders.create_index("item")
    shop.git("add", "-A")
    found = states(app)
    # git's objects hold the secret still, though its file is gone: that is for a scrub
    wanted = MACHINE - {"remove-secrets"}
    assert {name for name, state in found.items() if state == "PASS"} == wanted, found
