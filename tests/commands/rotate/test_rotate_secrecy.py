"""No byte of a secret is anywhere but in the env files, whatever a rotation does or meets."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from skillconnect_ops.adapters.mongo.accounts import ServerAccounts
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse
from tests import canaries
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.shop_ring import READS

RELOAD = (
    "mv seen was; cp .env seen; sleep 0.2; "
    'grep -h -e KEY -e SECRET -e MONGO seen was | cut -c -90 | tr "\\n" " " >&2; '
    "test ! -e broken"
)
"""It complains in one line with the values from now and those from before."""
MORE = (
    "    secrets:\n"
    "      mongodb: {kind: mongodb, env: MONGO_URI}\n"
    "      jwt: {kind: jwt, env: JWT_SECRET_KEY, token_ttl: 1h}\n"
    "      session: {kind: random, env: SESSION_SECRET}\n"
    f"    consumers: {{api: {{reload: [sh, -c, '{RELOAD}']}}}}\n"
)
NAMES = ("MONGO_URI", "JWT_SECRET_KEY", "JWT_SECRET_KEY_FALLBACKS", "SESSION_SECRET")


class Told:
    """What children said, what stood in command lines meanwhile, and which secrets there were."""

    def __init__(self, app: App, clean: dict[str, str]) -> None:
        self._app = app
        self._clean = clean
        self.lines = canaries.CommandLines()
        self.said: dict[str, bytes] = {}
        self.secrets: dict[str, str] = {}
        self.note()

    def note(self) -> None:
        """Every secret of the env file, now."""
        found = parse(self._app.file.read_bytes())
        for name in NAMES:
            value = found.get(name) or ""
            for part in value.split(","):
                self._add(name, part)
        password = (found.get("MONGO_URI") or "").partition("@")[0].rpartition(":")[2]
        self._add("the password", unquote(password))
        self._add("the password as it is written", password)

    def _add(self, name: str, value: str) -> None:
        if value.startswith("v1."):
            value = value.split(".")[1]
        if value and value not in self.secrets.values():
            self.secrets[f"{name} {len(self.secrets)}"] = value

    def run(self, *argv: str, code: int = 0) -> None:
        """A real child; what it says in a table, since JSON is for machines."""
        with self.lines.watched():
            done = subprocess.run(
                [sys.executable, "-m", "skillconnect_ops", *argv],
                cwd=self._app.root,
                env={**self._clean, **self._app.env},
                capture_output=True,
                check=False,
            )
        assert done.returncode == code, done.stdout + done.stderr
        name = f"{len(self.said)} {' '.join(argv)}"
        self.said[name] = done.stdout + b"\0" + done.stderr
        self.note()


@pytest.fixture
def told(app: App, clean_environment: dict[str, str]) -> Told:
    (app.root / "skc.yaml").write_text(settings(app.name, MORE))
    (app.root / "auth.js").write_text(READS)
    trust(app, "api", "sh", "-c", RELOAD)
    more = {name: secrets.token_urlsafe(32) for name in ("JWT_SECRET_KEY", "SESSION_SECRET")}
    app.file.write_text(app.file.read_text() + "".join(f"{n}={v}\n" for n, v in more.items()))
    (app.root / "seen").write_bytes(app.file.read_bytes())
    return Told(app, clean_environment)


def test_no_secret_is_said_or_written_in_a_whole_rotation(
    app: App, told: Told, tmp_path: Path
) -> None:
    own = (app.file, app.root / "seen", app.root / "was")
    told.run("rotate", "--dry-run")
    (app.root / "broken").touch()
    told.run("rotate", "--yes", code=6)  # nor where it fails, and so does the way back
    (app.root / "broken").unlink()
    told.run("rotate", "--yes")
    told.run("rotate", "status", "--format", "json")
    assert list((app.state / "escrow").rglob("*")), "the escrow holds the old values"
    assert canaries.holding(told.secrets, canaries.written(tmp_path, but=own)) == []
    told.run("rotate", "--yes")
    told.run("rotate", "finish", "--now", "--yes")
    told.run("rotate", "--reason", "leaked", "--yes")
    told.run("rotate", "finish", "--now", "--yes", "--format", "json")
    told.run("journal", "list", "--format", "json")
    told.run("secrets", "ledger", "list", "--format", "json")

    assert len(told.secrets) >= 12, sorted(told.secrets)
    places = canaries.written(tmp_path, but=own)
    assert any("journal" in name for name in places)
    assert any(name.startswith("shop/.skc") for name in places)
    assert not list((app.state / "escrow").rglob("*"))
    assert canaries.holding(told.secrets, places) == []
    assert canaries.holding(told.secrets, told.said) == []
    assert told.lines.looks > 50
    assert any(b"cp .env seen" in line for line in told.lines.seen), "no child was caught"
    lines = {f"command line {n}": line for n, line in enumerate(sorted(told.lines.seen))}
    assert canaries.holding(told.secrets, lines) == []
    admin = {"the administrator's password": _password(app.env["SKC_MONGO_ADMIN_URI"])}
    assert canaries.holding(admin, {**places, **told.said, **lines}) == []


def test_a_library_that_quotes_a_password_is_not_quoted(
    app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def create(self: object, account: object, password: Secret) -> None:
        quoted.append(password.reveal())
        raise RuntimeError(f"mongodb://{account}:{password.reveal()}@host")

    quoted: list[str] = []
    monkeypatch.setattr(ServerAccounts, "create", create)
    before = app.file.read_bytes()
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert app.file.read_bytes() == before
    held = {"the new password": quoted[0], "the old one": _password(app.uri())}
    places = canaries.written(tmp_path, but=[app.file])
    said = {"stdout": ran.stdout.encode(), "stderr": ran.stderr.encode()}
    assert canaries.holding(held, {**places, **said}) == []


def _password(uri: str) -> str:
    return unquote(uri.partition("@")[0].rpartition(":")[2])


SECRET = "plainly fake: pa/ss+w\"o'rd \\ ü 0123456789"
LEAKS = {
    "plain": SECRET.encode(),
    **{
        f"form {n}": b"before" + form + b"after"
        for n, form in enumerate(sorted(canaries.forms(SECRET)))
    },
    "a half": SECRET[len(SECRET) // 2 :].encode(),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_the_search_finds_what_is_planted(tmp_path: Path, leak: bytes) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log").write_bytes(b"a line\n" + leak + b"\nanother\n")
    (tmp_path / "clean").write_bytes(os.urandom(4096))
    found = canaries.holding({"it": SECRET}, canaries.written(tmp_path))
    assert set(found) == {"it in deep/log"}


def test_the_watch_catches_a_secret_in_a_command_line() -> None:
    lines = canaries.CommandLines()
    with lines.watched():
        subprocess.run(["sh", "-c", "sleep 0.3", SECRET], check=True)
    assert canaries.holding({"it": SECRET}, {"ps": b"\n".join(lines.seen)})
