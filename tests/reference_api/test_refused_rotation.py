"""A new password that the program cannot use: it stays on the old one, and the rotation goes back.

What `skc` writes is right, and proven; a deployment garbles it on its way to the program. The
program's health says that it is not on the new one, so the rotation puts everything back.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.hooks import Hooks
from tests.conftest import Ran, Skc
from tests.reference_api.served import Served, serve

DEPLOYS = """
import sys
from pathlib import Path

source, target, garbles = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]).exists()
lines = source.read_text().splitlines(keepends=True)
if garbles and "_a:" in source.read_text():
    lines = [one.replace("@", "x@") if one.startswith("MONGO_URI") else one for one in lines]
fresh = target.with_suffix(".deployed")
fresh.write_text("".join(lines))
fresh.replace(target)
"""


class Deployed(Struct, frozen=True):
    """A project, and the program that reads a copy of its env file."""

    root: Path
    program: Served
    mongod: Mongod
    skc: Skc

    def rotate(self) -> Ran:
        """The database's user."""
        argv = ("rotate", "--only", "mongodb", "--yes", "--format", "json")
        env = {"SKC_MONGO_ADMIN_URI": self.mongod.uri.reveal()}
        return self.skc(*argv, cwd=self.root, env=env)

    def users(self) -> list[str]:
        """As the server lists them."""
        found = self.program.database.command("usersInfo")["users"]
        return [user["user"] for user in found]


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("api"), one_node, redis_server, workers=2) as running:
        yield running


@pytest.fixture
def deployed(tmp_path: Path, program: Served, one_node: Mongod, skc: Skc) -> Deployed:
    root = tmp_path / "project"
    root.mkdir()
    (root / ".env").write_bytes(program.env_file.read_bytes())
    (root / ".env").chmod(0o600)
    script = root / "deploy.py"
    script.write_text(DEPLOYS)
    words = (str(script), str(root / ".env"), str(program.env_file), str(root / "garbles"))
    reload = (sys.executable, *words)
    name = program.database.name
    (root / "skc.yaml").write_text(
        "version: 1\n"
        f"project: {{id: test-{name}, name: api}}\n"
        "targets:\n"
        "  production:\n"
        "    env_files: [.env]\n"
        "    database: {uri: env:MONGO_URI}\n"
        "    secrets: {mongodb: {kind: mongodb, env: MONGO_URI}}\n"
        "    consumers:\n"
        f"      api: {{app_name: skillconnect-api, reload: {json.dumps(reload)},"
        f" health: '{program.url}/health', deadline: 8s}}\n"
    )
    state = tmp_path / "state" / "skc" / f"test-{name}"
    Hooks(state, disk=Disk()).trust({"api": reload})
    return Deployed(root, program, one_node, skc)


def generations(program: Served) -> set[int]:
    """Which one each worker is at."""
    return {worker["generation"] for worker in program.health()["workers"]}


def test_the_program_stays_on_the_old_one_and_all_is_put_back(deployed: Deployed) -> None:
    program = deployed.program
    client = program.login(program.account())
    env, users, loaded = program.env_file.read_bytes(), deployed.users(), program.health()["skc"]
    (before,) = generations(program)
    (deployed.root / "garbles").touch()
    ran = deployed.rotate()
    assert ran.code == 5, ran.stdout + ran.stderr
    assert (deployed.root / ".env").read_bytes() == env
    assert program.env_file.read_bytes() == env
    assert deployed.users() == users
    program.wait_until(lambda: not any(one["refused"] for one in program.health()["workers"]))
    assert program.health()["skc"] == loaded
    assert generations(program) == {before}
    assert client.get("/api/v1/user/profile").status_code == 200
    said = json.dumps(ran.json)
    assert program.value("MONGO_URI") not in said + ran.stderr


def test_the_same_rotation_ends_well_where_nothing_is_garbled(deployed: Deployed) -> None:
    program = deployed.program
    client = program.login(program.account())
    before = program.health()["skc"]["MONGO_URI"]
    (generation,) = generations(program)
    ran = deployed.rotate()
    assert ran.code == 0, ran.stdout + ran.stderr
    said = program.health()
    assert said["skc"]["MONGO_URI"] not in {before, "workers differ", None}
    assert {worker["generation"] for worker in said["workers"]} == {generation + 1}
    assert client.get("/api/v1/user/profile").status_code == 200
