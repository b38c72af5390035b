"""What is proven is broken, in several ways for each kind of proof: the item goes red each time.

And green again, once it is mended and looked at: an item that cannot be green proves nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from pymongo import MongoClient

from skillconnect_ops.core.secret import Secret
from tests.commands.checklist.shop import Program, Shop, made, program, well
from tests.commands.indexes.store import with_database
from tests.conftest import Skc

RED = {"FAIL", "REGRESSED"}
Act = Callable[[Shop], None]


class Broken(Struct, frozen=True):
    """A way to break something, what it looks like then, and how it is mended."""

    how: Act
    mend: Act
    states: frozenset[str] = frozenset(RED)


def holds(shop: Shop, ways: Mapping[str, Broken], *argv: str) -> None:
    """See the item green, and each way turn it red on the very next look."""
    assert shop.state("verify", *argv) == "PASS"
    for name, way in ways.items():
        way.how(shop)
        assert shop.state("verify", *argv) in way.states, name
        assert shop.state() in way.states, name
        way.mend(shop)
        assert shop.state("verify", *argv) == "PASS", name


def did(*_: object) -> None:
    """What an act gives besides is of no use."""


def writes(path: str, text: str) -> Act:
    return lambda shop: shop.write(path, text)


APP = """\
const express = require('express');
const helmet = require('helmet');
const app = express();
app.use(helmet());
app.get('/health', (req, res) => res.json({ ok: true }));
app.use((err, req, res, next) => res.status(500).json({ error: 'ERR_INTERNAL' }));
app.listen(3000);
"""


def test_audit(shop: Shop) -> None:
    good = writes("app.js", APP)
    shop.lists({"headers": "- audit: [console-call, helmet-missing]"})
    good(shop)
    holds(
        shop,
        {
            "a call of console": Broken(writes("app.js", f"{APP}console.log('up');\n"), good),
            "in another file": Broken(
                writes("more.js", "console.error('no');\n"), lambda shop: shop.remove("more.js")
            ),
            "no helmet": Broken(writes("app.js", APP.replace("app.use(helmet());\n", "")), good),
            "helmet in a comment": Broken(
                writes("app.js", APP.replace("app.use(helmet", "// app.use(helmet")), good
            ),
        },
    )


def test_file(shop: Shop) -> None:
    steps = "jobs:\n  test:\n    steps:\n      - run: npm ci\n      - run: {}\n"
    path = ".github/workflows/ci.yml"
    good = writes(path, steps.format("npm test"))
    shop.lists(
        {
            "ci": "- file: .github/workflows/*.yml\n  key: jobs.*.steps.*.run\n"
            "  has: '^\\s*npm (run )?test$'"
        }
    )
    good(shop)
    holds(
        shop,
        {
            "deleted": Broken(lambda shop: shop.remove(path), good),
            "not in git": Broken(lambda shop: did(shop.git("rm", "-q", "--cached", path)), good),
            "gone from the disk": Broken(lambda shop: (shop.root / path).unlink(), good),
            "another command": Broken(writes(path, steps.format("npm start")), good),
            "its failure is ignored": Broken(writes(path, steps.format("npm test || true")), good),
            "in a comment": Broken(writes(path, steps.format("npm start  # npm test")), good),
            "in a comment of the script": Broken(
                writes(path, steps.format("|\n          # npm test")), good
            ),
            "no YAML": Broken(writes(path, "jobs: [npm test"), good),
            "a link": Broken(_as_link(path, steps.format("npm test")), good),
        },
    )


def _as_link(path: str, text: str) -> Act:
    def act(shop: Shop) -> None:
        (shop.root.parent / "elsewhere.yml").write_text(text)
        (shop.root / path).unlink()
        (shop.root / path).symlink_to(shop.root.parent / "elsewhere.yml")
        shop.git("add", path)

    return act


def test_setting(shop: Shop) -> None:
    before = (shop.root / "skc.yaml").read_text()
    good = writes("skc.yaml", f"{before}notify:\n  on_failure: [[echo, failed]]\n")
    shop.lists({"told": "- setting: notify.on_failure"})
    good(shop)
    holds(
        shop,
        {
            "gone": Broken(writes("skc.yaml", before), good),
            "empty": Broken(writes("skc.yaml", f"{before}notify:\n  on_failure: []\n"), good),
            "in a comment": Broken(
                writes("skc.yaml", f"{before}notify:\n  # on_failure: [[echo, failed]]\n"), good
            ),
        },
    )


def test_setting_of_a_target(shop: Shop) -> None:
    before = (shop.root / "skc.yaml").read_text()
    good = writes("skc.yaml", f"{before}    backups: {{location: ~/backups}}\n")
    shop.lists({"kept": "- setting: backups.keep\n  subject: target"})
    good(shop)
    assert shop.state("verify") == "PASS"
    shop.write("skc.yaml", before)
    assert shop.state("verify") == "REGRESSED"


def test_command(shop: Shop) -> None:
    shop.lists({"env": "- command: [env, check]\n  subject: target"})
    path = shop.root / ".env"
    shop.write("app.js", "require('mongoose').connect(process.env.MONGO_URI);\n")
    shop.write(".env.example", "MONGO_URI=\n")
    before = path.read_text()

    def mend(shop: Shop) -> None:
        path.write_text(before)
        path.chmod(0o600)
        shop.write(".gitignore", ".env\n")
        shop.git("rm", "-q", "--cached", "--ignore-unmatch", ".env")
        shop.write("app.js", "require('mongoose').connect(process.env.MONGO_URI);\n")

    holds(
        shop,
        {
            "others can read it": Broken(lambda _: path.chmod(0o644), mend),
            "git holds it": Broken(lambda shop: did(shop.git("add", "-f", ".env")), mend),
            "it is gone": Broken(lambda _: path.unlink(), mend, frozenset({"UNKNOWN"})),
            "a variable that the code reads is not set": Broken(
                writes("app.js", "use(process.env.MONGO_URI, process.env.JWT_KEY);\n"), mend
            ),
        },
    )


@pytest.fixture
def served(shop: Shop) -> Any:
    with program() as running:
        before = (shop.root / "skc.yaml").read_text()
        shop.write("skc.yaml", f"{before}    consumers: {{api: {{health: '{running.url}'}}}}\n")
        yield running


def answers(
    running: Program, status: int | None = None, body: str | None = None, **headers: str | None
) -> Act:
    """Answer as a hardened app does but for these; a header that is None is left out."""

    def answer(method: str, path: str, asked: Mapping[str, str]) -> Any:
        was, found, said = well(method, path, asked)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        found = {k: v for k, v in found.items() if k.lower() not in {n.lower() for n in names}}
        found |= {name: value for name, value in names.items() if value is not None}
        return was if status is None else status, found, said if body is None else body

    def act(_shop: Shop) -> None:
        running.answer = answer

    return act


HTTP: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "healthy": {
        "unwell": {"status": 503},
        "led elsewhere": {"status": 302},
        "not there": {"status": 404},
        "broken": {"status": 500},
    },
    "headers": {
        "sniffing": {"X_Content_Type_Options": None},
        "no policy": {"Content_Security_Policy": None},
        "framed": {"Content_Security_Policy": "default-src 'none'"},
        "told what it is": {"X_Powered_By": "Express"},
    },
    "cors-closed": {
        "everybody": {"Access_Control_Allow_Origin": "*"},
        "the stranger": {"Access_Control_Allow_Origin": "https://stranger.invalid"},
        "no origin": {"Access_Control_Allow_Origin": "null"},
    },
    "errors-quiet": {
        "a stack": {"body": "Error: no\n    at handle (/app/server.js:12:3)"},
        "modules": {"body": "<pre>/app/node_modules/express/lib/router.js</pre>"},
        "a trace of Python": {"body": "Traceback (most recent call last):\n"},
        "broken by nonsense": {"status": 500},
    },
    "limits-told": {
        "none": {"RateLimit_Policy": None},
        "another header": {"RateLimit_Policy": None, "Rate_Limits": "100"},
        "an empty name": {"RateLimit_Policy": None, "X_Limit": "100"},
    },
}


@pytest.mark.parametrize("probe", HTTP)
def test_http(shop: Shop, served: Program, probe: str) -> None:
    shop.lists({"app": f"- http: {probe}"})

    def mend(_shop: Shop) -> None:
        served.answer = well

    ways = {name: Broken(answers(served, **how), mend) for name, how in HTTP[probe].items()}
    holds(shop, ways)
    served.close()
    assert shop.state("verify") == "REGRESSED"


def test_only_the_address_of_the_settings_is_asked_and_nothing_is_changed(
    shop: Shop, served: Program
) -> None:
    shop.lists({name: f"- http: {name}" for name in [*HTTP, "https"]})
    states = shop.states("verify")
    assert states.pop("https") == "NOT_APPLICABLE"
    assert set(states.values()) == {"PASS"}
    assert {method for method, _ in served.asked} == {"GET", "OPTIONS", "POST"}
    assert {path for _, path in served.asked} == {"/health", "/skc-no-such-route"}
    assert {path for method, path in served.asked if method == "POST"} == {"/skc-no-such-route"}


@pytest.fixture
def kept(tmp_path: Path, skc: Skc, mongo: Secret, database: str, client: MongoClient[Any]) -> Shop:
    """A project with a database of its own, and a place for its backups."""
    client[database].items.insert_many({"n": number} for number in range(20))
    shop = made(tmp_path / "kept", skc, uri=with_database(mongo, database))
    before = (shop.root / "skc.yaml").read_text()
    shop.write("skc.yaml", f"{before}    backups: {{location: {tmp_path}/backups}}\n")
    shop.write("indexes.yaml", "items:\n  - keys: {n: 1}\n")
    shop.commit()
    return shop


def test_evidence_of_backups(kept: Shop, client: MongoClient[Any], tmp_path: Path) -> None:
    kept.lists({"drilled": "- evidence: backup.restorable\n  where: {complete: true}"})
    assert kept.state("verify") == "MISSING"
    assert kept.skc("backup", "--yes", cwd=kept.root).code == 0
    assert kept.state() == "MISSING"  # a backup is no drill
    drill = ("backup", "verify", "latest", "--drill")
    ran = kept.skc(*drill, cwd=kept.root)
    assert ran.code == 0, ran.stderr
    assert kept.state() == "PASS"
    # another cluster of the same name has proven nothing
    env = (kept.root / ".env").read_text()
    (kept.root / ".env").write_text(f"MONGO_URI={'mongodb://a:b@elsewhere.invalid/app'}\n")
    assert kept.state() == "MISSING"
    (kept.root / ".env").write_text(env)
    # nor has another target at the same cluster
    settings = (kept.root / "skc.yaml").read_text()
    (kept.root / "skc.yaml").write_text(settings.replace("  production:", "  demo:"))
    assert kept.state() == "MISSING"
    (kept.root / "skc.yaml").write_text(settings)
    assert kept.state() == "PASS"
    # a backup that rots is seen by the next drill
    kept.skc("backup", "--yes", cwd=kept.root)
    for data in (tmp_path / "backups").rglob("*.zst"):
        content = bytearray(data.read_bytes())
        content[len(content) // 2] ^= 1
        data.write_bytes(bytes(content))
    assert kept.skc(*drill, cwd=kept.root).code != 0
    assert kept.state() in {*RED, "PASS"}


def sparse(collection: Any) -> None:
    collection.drop_index("n_1")
    collection.create_index("n", sparse=True)


def test_indexes_of_a_database(kept: Shop, client: MongoClient[Any], database: str) -> None:
    items = client[database].items
    kept.lists({"indexes": "- command: [indexes, check]\n  subject: target"})
    assert kept.skc("indexes", "--yes", cwd=kept.root).code == 0

    def mend(shop: Shop) -> None:
        shop.write("indexes.yaml", "items:\n  - keys: {n: 1}\n")
        items.drop_indexes()
        items.create_index("n")

    holds(
        kept,
        {
            "dropped": Broken(lambda _: items.drop_index("n_1"), mend),
            "of other options": Broken(
                lambda _: sparse(items),
                mend,
            ),
            "one more is declared": Broken(
                writes("indexes.yaml", "items:\n  - keys: {n: 1}\n  - keys: {m: 1}\n"), mend
            ),
        },
    )


def test_a_server_that_is_gone_is_unknown_and_no_pass(shop: Shop) -> None:
    shop.lists({"indexes": "- command: [indexes, check]\n  subject: target"})
    shop.write("indexes.yaml", "items:\n  - keys: {n: 1}\n")
    ran = shop.run("verify")
    assert ran.code == 14
    assert ran.json["facts"]["items"][0]["status"] == "UNKNOWN"
    assert ran.json["unknown"]


def test_a_persons_word(shop: Shop) -> None:
    shop.lists({"cdn": "- person: It is so."})
    attest = ("attest", "cdn", "--yes")
    assert shop.state("verify") == "MISSING"
    assert shop.run(*attest, "--reason", "seen").code == 0
    assert shop.state() == "ATTESTED"
    assert shop.run(*attest, "--withdraw").code == 0
    assert shop.state() == "MISSING"
    assert shop.run(*attest, "--reason", "seen").code == 0
    # what is asked for is another thing now
    shop.lists({"cdn": "- person: It is otherwise."})
    assert shop.state() == "MISSING"
    shop.lists({"cdn": "- person: It is so."})
    assert shop.state() == "ATTESTED"
    # the key is not listed any more
    shop.write(".skc/allowed_signers", "")
    assert shop.state() == "CLAIMED"
