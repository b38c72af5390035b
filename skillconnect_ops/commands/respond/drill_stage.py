"""The stage of a drill: servers of its own, a project with six leaked secrets, and a stranger."""

import json
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scratch import make_user
from skillconnect_ops.core.ports.acl import AclAnswer
from skillconnect_ops.core.ports.commands import Commands
from skillconnect_ops.core.ports.embedded import Login
from skillconnect_ops.core.ports.services import AddressUnusable
from skillconnect_ops.core.resources import filled, template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.hooks import hooks_of
from skillconnect_ops.core.settings.reader import read
from skillconnect_ops.envfile import parse
from skillconnect_ops.evidence.ledger import Ledger
from skillconnect_ops.journal.hooks import Hooks

TARGET = "demo"
"""A drill proves something of this target, and of no other one."""
NAME = "drill-project"
DATABASE = "shop"
STRANGER = "mallory"
SECRETS = (
    "MONGO_URI",
    "REDIS_URL",
    "JWT_SECRET",
    "ADMIN_JWT_SECRET",
    "SESSION_SECRET",
    "WEBHOOK_SECRET",
)
_HOME = "runbooks/drill"
_TOLD = "import sys; open(sys.argv[1], 'a').write(sys.stdin.readline() + '\\n')"
_GIT = ("git", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
_NO_CONFIGURATION = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


class Staged(Struct, frozen=True, kw_only=True):
    """A stage that is set."""

    project: Path
    variables: Mapping[str, str]
    """What whoever plays there has in the environment; secrets among them."""
    root: Secret
    told: Path
    """What the team's command was told, a line each."""
    before: Mapping[str, Secret]
    """What leaked."""
    in_place: bool
    """Whether the Redis is too old for users."""
    database: str = DATABASE
    target: str = TARGET
    health: str | None = None
    """Where the app that runs on it says how it is; None where none runs."""

    @property
    def name(self) -> str:
        """What the repository is called."""
        return self.project.name

    def commands(self, house: House) -> Commands:
        """The front door for the project."""
        return house.commands.elsewhere(self.project, self.variables)

    def values(self) -> dict[str, Secret]:
        """What the env file holds now."""
        found = parse((self.project / ".env").read_bytes())
        return {name: Secret(found.get(name) or "") for name in self.before}

    def code(self) -> str:
        """The code of the last test alert, as whoever received it reads it out."""
        last = json.loads(self.told.read_text(encoding="utf-8").split("\n\n")[-2])
        return str(last["error"]["what"].rpartition(" ")[2])


@contextmanager
def staged(house: House, place: Path) -> Iterator[Staged]:
    """Set the stage while the block runs.

    Raises:
        Precondition: a server program or git is missing.
    """
    with ExitStack() as opened:
        root = opened.enter_context(house.embedded.mongodb(place / "servers"))
        login = Login("app", Secret(secrets.token_hex(24)))
        cache = opened.enter_context(house.embedded.redis(place / "servers", users=(login,)))
        uri = make_user(house, root, name="app", database=DATABASE)
        make_user(house, root, name=STRANGER, database=DATABASE)
        _fill(house, root)
        own = house.acl.with_login(cache, user=login.name, password=login.password)
        in_place = house.acl.try_login(own).answer is not AclAnswer.ACCEPTED
        values = _values(uri, cache if in_place else own)
        project, told = place / NAME, place / "told.jsonl"
        _write(house, place, project, values, told=told, in_place=in_place)
        yield Staged(
            project=project,
            variables=variables(place, root, cache),
            root=root,
            told=told,
            before=values,
            in_place=in_place,
        )


def variables(place: Path, root: Secret, cache: Secret) -> dict[str, str]:
    """What the commands of a drill find in their environment; their state lies in its folder."""
    return {
        "XDG_STATE_HOME": str(place / "state"),
        "XDG_DATA_HOME": str(place / "data"),
        "SKC_MONGO_ADMIN_URI": root.reveal(),
        "SKC_REDIS_ADMIN_URI": cache.reveal(),
        "SKC_SCRUB_PASSPHRASE": secrets.token_hex(16),
    }


def free_port(house: House, ports: range) -> int:
    """One on which something of a drill can listen.

    Raises:
        AddressUnusable: none of them is free.
    """
    for port in ports:
        try:
            house.services.ensure_free("127.0.0.1", port)
        except AddressUnusable:
            continue
        return port
    raise AddressUnusable(
        "no port is free for the drill",
        why=f"tried {ports.start} to {ports.stop - 1}",
        fix="end what listens there",
    )


def tell(told: Path) -> list[str]:
    """The team's command: it writes down what it is told."""
    return [sys.executable, "-c", _TOLD, str(told)]


def _fill(house: House, root: Secret) -> None:
    people = [{"_id": n, "email": f"p{n}@example.org", "name": f"P {n}"} for n in range(200)]
    with house.connect(root) as server:
        server.command(DATABASE, {"insert": "people", "documents": people})
        index = {"key": {"email": 1}, "name": "email_1", "unique": True}
        server.command(DATABASE, {"createIndexes": "people", "indexes": [index]})


def _values(uri: Secret, cache: Secret) -> dict[str, Secret]:
    fresh = {name: Secret(secrets.token_hex(32)) for name in SECRETS}
    return {**fresh, "MONGO_URI": uri, "REDIS_URL": cache}


def _write(
    house: House,
    place: Path,
    project: Path,
    values: Mapping[str, Secret],
    *,
    told: Path,
    in_place: bool,
) -> None:
    """The project: all of it committed, the env file too, as leaks begin."""
    about = {
        "id": secrets.token_hex(6),
        "target": TARGET,
        "database": DATABASE,
        "in_place": in_place,
        "backups": str(place / "backups"),
        "tell": tell(told),
    }
    project.mkdir(parents=True)
    settings = filled(template(f"{_HOME}/skc.yaml.j2"), about, filters={"tojson": json.dumps})
    texts = {
        "skc.yaml": settings,
        "indexes.yaml": template(f"{_HOME}/indexes.yaml"),
        "app.js": template(f"{_HOME}/app.js"),
        ".env": "".join(f"{name}={value.reveal()}\n" for name, value in values.items()),
    }
    for name, text in texts.items():
        house.disk.replace(project / name, text.encode(), mode=0o600)
    ready(house, place, project)


def ready(house: House, place: Path, project: Path, *, beside: Sequence[str] = ()) -> None:
    """Trust the team's command, list the signer, and commit all of it, the env file too.

    Args:
        house: the house.
        place: where the private state goes.
        project: the folder.
        beside: what lies in it and belongs to nobody's repository.
    """
    settings = read((project / "skc.yaml").read_text(encoding="utf-8"))
    identity = settings.project.id
    state = place / "state" / "skc" / identity
    Hooks(state, disk=house.disk).trust(hooks_of(settings))
    Ledger(
        root=project,
        state=state,
        project=identity,
        disk=house.disk,
        clock=house.clock,
        environment=house.environment,
    ).enroll("drill")
    house.processes.run(*_GIT, "init", "--quiet", folder=project, variables=_NO_CONFIGURATION)
    exclude = "".join(f"/{name}\n" for name in beside)
    house.disk.replace(project / ".git" / "info" / "exclude", exclude.encode(), mode=0o644)
    for words in (
        ("config", "user.name", "Drill"),
        ("config", "user.email", "drill@example.org"),
        ("add", "--all"),
        ("commit", "--quiet", "-m", "First version"),
    ):
        house.processes.run(*_GIT, *words, folder=project, variables=_NO_CONFIGURATION)
