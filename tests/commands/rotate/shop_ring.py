"""A project whose app signs tokens, without a database, and the commands run in it."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.rotate import ring as rings
from skillconnect_ops.commands.rotate.ring import Entry, Ring
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.hooks import Hooks
from tests.conftest import Ran, Skc

NAME = "JWT_SECRET_KEY"
OTHERS = "JWT_SECRET_KEY_FALLBACKS"
READS = f"const keys = [process.env.{NAME}, process.env.{OTHERS}];\n"
READS_NOT = f"jwt.verify(token, process.env.{NAME});\n"
RELOAD = "cp .env seen; test ! -e broken"
"""A consumer: it reads the env file, and fails when told to."""
ENDS = timedelta(days=7, hours=1, minutes=1)
"""How long an old key verifies: the tokens' life, the restarts, and the clocks' difference."""


class Shop(Struct, frozen=True):
    """The project."""

    root: Path
    state: Path
    skc: Skc
    key: str

    @property
    def file(self) -> Path:
        """Its first env file."""
        return self.root / ".env"

    def run(self, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        """A command in the project's folder, its report as JSON."""
        return self.skc(*argv, "--format", "json", cwd=self.root, env=env)

    def ok(self, *argv: str) -> Ran:
        """One that has to succeed."""
        ran = self.run(*argv)
        assert ran.code == 0, ran.stdout + ran.stderr
        return ran

    def ring(self, file: str = ".env", *, name: str = NAME) -> Ring:
        """What an app reads."""
        return rings.read(name, parse((self.root / file).read_bytes()).get)

    def write(self, ring: Ring, *, file: str = ".env") -> None:
        """Put a ring into an env file."""
        found = parse((self.root / file).read_bytes())
        for name, value in rings.variables(NAME, ring).items():
            if value is not None:
                found = found.with_value(name, value.reveal())
        (self.root / file).write_bytes(found.bytes())

    def configure(
        self,
        *,
        consumers: str = "api: {reload: [sh, -c, '" + RELOAD + "']}",
        files: str = ".env",
        more: str = "",
    ) -> None:
        """Write `skc.yaml`."""
        (self.root / "skc.yaml").write_text(
            "version: 1\n"
            "project: {id: test-ring, name: shop}\n"
            "targets:\n"
            "  production:\n"
            f"    env_files: [{files}]\n"
            f"    secrets: {{jwt: {{kind: jwt, env: {NAME}}}{more}}}\n"
            f"    consumers: {{{consumers}}}\n"
        )

    def trust(self, script: str) -> None:
        """Agree to a reload command, as `skc doctor --trust` does."""
        Hooks(self.state, disk=Disk()).trust({"api": ("sh", "-c", script)})

    def standing(self, name: str | None = None) -> str:
        """What `rotate status` says of a secret; of the only one, where none is named."""
        rows = self.ok("rotate", "status").json["facts"]["secrets"]
        (found,) = [row["standing"] for row in rows if name in {None, row["name"]}]
        return str(found)

    def remembers(self, key: Secret | str) -> int:
        """The exit code of a look into the ledger: 12 or 13 of what was retired, else 0."""
        text = key if isinstance(key, str) else key.reveal()
        return self.skc("secrets", "ledger", "check", "--stdin", cwd=self.root, stdin=text).code


def make(tmp_path: Path, skc: Skc, *, code: str = READS) -> Shop:
    """The project, its reload command trusted."""
    root = tmp_path / "shop"
    root.mkdir()
    key = "an old one, " + secrets.token_hex(20)
    (root / ".env").write_text(f"# the shop\nPORT=3000\n{NAME}='{key}'  # tokens\nLOG=info\n")
    (root / ".env").chmod(0o600)
    (root / "auth.js").write_text(code)
    made = Shop(root=root, state=tmp_path / "state" / "skc" / "test-ring", skc=skc, key=key)
    made.configure()
    made.trust(RELOAD)
    return made


def over(ring: Ring) -> Ring:
    """The ring as it will be once the time of its old keys is over."""
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    return Ring(ring.signing, tuple(Entry(one.key, past) for one in ring.fallbacks))
