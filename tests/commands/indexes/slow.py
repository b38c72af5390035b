"""A server whose builds stop half-way for as long as a test wants; commands as real children."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.adapters.embedded import Mongod
from tests.commands.indexes.store import OWN, project, with_database
from tests.conftest import Ran, environment_in

DOCUMENTS = 2000
HALF = 1000
HANGS = "hangIndexBuildDuringCollectionScanPhaseAfterInsertion"
PATIENCE_S = 90.0
PROGRAM = ("-m", "skillconnect_ops")
IMPATIENT = (
    "-c",
    (
        "import sys\n"
        "from skillconnect_ops import app\n"
        "from skillconnect_ops.commands.indexes import following\n"
        "following.COMES_BACK_S = 2.0\n"
        "sys.exit(app.main(sys.argv[1:]))"
    ),
)
"""The same, that waits two seconds for a server to come back."""
HASTY_LEASE_S = 4.0
HASTY = (
    "-c",
    (
        "import sys\n"
        "from skillconnect_ops import app\n"
        "from skillconnect_ops.commands.indexes import following\n"
        f"following.LEASE_S, following.BEAT_S = {HASTY_LEASE_S}, 0.5\n"
        "sys.exit(app.main(sys.argv[1:]))"
    ),
)
"""The same, whose lock at the server ends soon unless it is renewed."""
DECLARED = "c:\n  - keys: {a: 1}\n  - keys: {b: 1}\n"
NAMES = {"_id_", "a_1", "b_1"}


class Child:
    """`skc` as a child."""

    def __init__(
        self, root: Path, environment: dict[str, str], program: Sequence[str], *words: str
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program, *words, "--format", "json"],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=PATIENCE_S)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> Ran:
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return Ran(self.process.returncode, out, err)


class SlowStore(Struct, frozen=True):
    """A project whose database builds as slowly as wanted."""

    servers: Mongod
    folder: Path
    name: str
    member: int = 0
    children: list[Child] = []

    @property
    def root(self) -> Path:
        return self.folder / "store"

    @contextmanager
    def client(self) -> Iterator[MongoClient[Any]]:
        with self.servers.client(self.member) as client:
            yield client

    def start(self, *words: str, machine: str = "here", program: Sequence[str] = PROGRAM) -> Child:
        """A command as if typed on a machine, which has a state of its own."""
        home = self.folder / machine
        home.mkdir(exist_ok=True)
        paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
        child = Child(self.root, {**environment_in(home), **paths}, program, *words)
        self.children.append(child)
        return child

    def end(self) -> None:
        """End what a test that failed left."""
        for child in self.children:
            if child.process.poll() is None:
                child.kill()

    @contextmanager
    def hanging(self) -> Iterator[Callable[[], None]]:
        """Builds stop at the middle document; what is given lets them go on."""

        def go_on() -> None:
            with self.client() as client:
                client.admin.command("configureFailPoint", HANGS, mode="off")

        with self.client() as client:
            data = {"fieldsToMatch": {"a": HALF}}
            client.admin.command("configureFailPoint", HANGS, mode="alwaysOn", data=data)
        try:
            yield go_on
        finally:
            go_on()

    def wait_for_build(self) -> Any:
        """Wait until a build stands in the middle; its id, where the server has one."""
        return self.wait(lambda: self.build() is not None) and self.build()

    def build(self) -> Any:
        """The id of the build that runs; True where it has none; None where none runs."""
        with self.client() as client:
            pipeline: list[dict[str, Any]] = [{"$indexStats": {}}, {"$match": {"building": True}}]
            if "c" not in client[self.name].list_collection_names():
                return None
            try:
                if not list(client[self.name]["c"].aggregate(pipeline)):
                    return None
            except OperationFailure:  # it is just about to begin
                return None
            listed = client[self.name].command("listIndexes", "c", includeBuildUUIDs=True)
            builds = [one.get("buildUUID") for one in listed["cursor"]["firstBatch"]]
            return next((one for one in builds if one is not None), True)

    def wait(self, holds: Callable[[], bool]) -> bool:
        """Wait until something holds."""
        until = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < until
            time.sleep(0.1)
        return True

    def names(self) -> set[str]:
        with self.client() as client:
            return set(client[self.name]["c"].index_information())

    def locked(self) -> bool:
        with self.client() as client:
            return client[self.name][OWN].count_documents({"_id": "lock"}) > 0


def journals(ran: Ran) -> Any:
    return json.loads(ran.stdout)["journal"]


def filled(servers: Mongod, folder: Path, name: str, *, member: int = 0) -> SlowStore:
    """A database with some documents, and a project that declares two indexes."""
    store = SlowStore(servers, folder, name, member)
    with store.client() as client:
        client[name]["c"].insert_many({"a": n, "b": n} for n in range(DOCUMENTS))
    project(store.root, with_database(servers.uri, name))
    (store.root / "indexes.yaml").write_text(DECLARED)
    return store
