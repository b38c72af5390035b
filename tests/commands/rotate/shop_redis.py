"""A project whose app has a user of its own at a real redis-server, and the commands run in it."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from redis import Redis

from skillconnect_ops.adapters.embedded import RedisOptions, RedisServer, run_redis
from skillconnect_ops.adapters.redis import RedisServers
from skillconnect_ops.core.ports.acl import AclAnswer
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.hooks import Hooks
from tests.conftest import Ran, Skc

NAME = "REDIS_URL"
ADMIN = "SKC_REDIS_ADMIN_URI"
RIGHTS = "~app:* resetchannels &news:* -@all +@read +@write +@connection +select"
TAIL = "/2?health_check_interval=30&client_name=api%2D1"
"""What stands behind the host, and stays byte for byte."""


class RedisShop(Struct, frozen=True):
    """The project."""

    root: Path
    state: Path
    skc: Skc
    server: RedisServer

    @property
    def file(self) -> Path:
        """Its env file."""
        return self.root / ".env"

    def run(self, *argv: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Ran:
        """A command in the project's folder, its report as JSON."""
        admin = {ADMIN: self.server.uri.reveal()}
        return self.skc(
            *argv, "--format", "json", cwd=self.root, env={**admin, **(env or {})}, stdin=stdin
        )

    def ok(self, *argv: str, env: Mapping[str, str] | None = None) -> Ran:
        """One that has to succeed."""
        ran = self.run(*argv, env=env)
        assert ran.code == 0, ran.stdout + ran.stderr
        return ran

    def uri(self, file: str = ".env") -> str:
        """What the app reads."""
        value = parse((self.root / file).read_bytes()).get(NAME)
        assert value is not None
        return value

    def answer(self, uri: str) -> AclAnswer:
        """What the server says to it."""
        return RedisServers().try_login(Secret(uri)).answer

    def opens(self, uri: str) -> bool:
        """Whether it lets one in, and another password does not."""
        return self.answer(uri) is AclAnswer.ACCEPTED

    @contextmanager
    def client(self, uri: str | None = None) -> Iterator[Any]:
        """A client, by default the administrator's."""
        with Redis.from_url(uri or self.server.uri.reveal(), decode_responses=True) as connected:
            yield connected

    def raw(self, *words: str) -> Any:
        """A command of the administrator."""
        with self.client() as connected:
            return connected.execute_command(*words)

    def users(self) -> set[str]:
        """The users, as the server lists them, but for `default`."""
        return {line.split(" ")[1] for line in self.raw("ACL", "LIST")} - {"default"}

    def rights(self, user: str) -> list[str]:
        """What the server says of a user, less name and passwords."""
        line = next(one for one in self.raw("ACL", "LIST") if one.split(" ")[1] == user)
        return [word for word in line.split(" ")[2:] if not word.startswith("#")]

    def restart(self) -> None:
        """The server crashes, and comes back as its own files say."""
        self.server.kill()
        self.server.start()

    def configure(self, *, consumers: str = "", more: str = "", files: str = ".env") -> None:
        """Write `skc.yaml`."""
        (self.root / "skc.yaml").write_text(
            "version: 1\n"
            "project: {id: test-redis, name: shop}\n"
            "targets:\n"
            "  production:\n"
            f"    env_files: [{files}]\n"
            f"    secrets: {{cache: {{kind: redis, env: {NAME}{more}}}}}\n"
            f"    consumers: {{{consumers}}}\n"
        )

    def trust(self, *argv: str) -> None:
        """Agree to a reload command of `api`, as `skc doctor --trust` does."""
        Hooks(self.state, disk=Disk()).trust({"api": argv})

    def standing(self) -> str:
        """What `rotate status` says."""
        (row,) = self.ok("rotate", "status").json["facts"]["secrets"]
        return str(row["standing"])

    def retired(self) -> list[tuple[str, str, str]]:
        """Name, reason and refusal of each retirement."""
        listed = self.ok("secrets", "ledger", "list").json["facts"]["retired"]
        return [(one["name"], one["reason"], one["refusal"]) for one in listed]

    def remembers(self, value: str) -> int:
        """The exit code of a look into the ledger: 12 or 13 of what was retired, else 0."""
        argv = ("secrets", "ledger", "check", "--stdin")
        return self.skc(*argv, cwd=self.root, stdin=value).code


@contextmanager
def open_shop(
    tmp_path: Path,
    skc: Skc,
    *,
    user: str | None = "app",
    rights: str = RIGHTS,
    options: RedisOptions | None = None,
) -> Iterator[RedisShop]:
    """The project and its server.

    Args:
        tmp_path: a folder.
        skc: runs commands.
        user: of the app, with an awkward password; None for `default`.
        rights: of that user.
        options: of the server.
    """
    with run_redis(tmp_path, options) as server:
        root = tmp_path / "shop"
        root.mkdir()
        state = tmp_path / "state" / "skc" / "test-redis"
        shop = RedisShop(root=root, state=state, skc=skc, server=server)
        uri = server.uri.reveal().removesuffix("/0") + TAIL
        if user is not None:
            password = secrets.token_urlsafe(9) + "@:/?#[]%+ 'ü"
            words = ["ACL", "SETUSER", user, "reset", "on", f">{password}", *rights.split(" ")]
            shop.raw(*words)
            login = f"{quote(user, safe='')}:{quote(password, safe='')}"
            uri = f"redis://{login}@127.0.0.1:{server.port}{TAIL}"
        (root / ".env").write_text(f"# the shop\nPORT=3000\n{NAME}='{uri}'  # cache\nLOG=info\n")
        (root / ".env").chmod(0o600)
        shop.configure()
        yield shop
