"""Backup against `mongodump --gzip`, restore against `mongorestore` with 4 insertion workers.

`make bench` runs it on 1.2 GB of documents like those of a web shop; SKC_BENCH_BYTES and
SKC_BENCH_ROUNDS change size and rounds. Both programs run in turn, round by round, against the same
server, with the data in its cache. Where mongodump is not on PATH, the peer is a program that reads
the same raw batches and compresses them at gzip level 6, and the table says so.
"""

import os
import random
import secrets
import shutil
import string
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from bson import ObjectId
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from tests.benchmarks.measure import Figures, run, size_of, table
from tests.commands.backup.shop import make_project, with_database

BYTES = int(os.environ.get("SKC_BENCH_BYTES", "1_200_000_000"))
ROUNDS = int(os.environ.get("SKC_BENCH_ROUNDS", "3"))
SHARES = {"orders": 0.6, "products": 0.2, "customers": 0.1, "events": 0.07, "carts": 0.03}
NAME = "bench"
SKC = (sys.executable, "-m", "skillconnect_ops")
GZIP_PEER = Path(__file__).with_name("gzip_peer.py")


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_backup_and_restore(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = MongodOptions(members=1, cache_gb=2.0)
    with run_mongod(tmp_path / "mongod", options) as servers:
        documents = fill(servers)
        bench = _Bench(tmp_path, servers)
        with capsys.disabled():
            say = sys.stdout.write
            say(f"\n{documents:,} documents, {bench.size_bytes / 1e6:,.0f} MB of BSON\n\n")
            dumps = bench.dumps()
            say(table(dumps, against=next(iter(dumps))) + "\n\n")
            restores = bench.restores()
            if restores:
                say(table(restores, against=next(iter(restores))) + "\n")
            else:
                say("mongorestore is not on PATH: restore has no peer here\n")


def fill(servers: Mongod) -> int:
    """Documents of about 2 kB whose text compresses about two to one, with a shop's indexes."""
    with MongoClient[Any](servers.uri.reveal()) as client:
        db = client[NAME]
        generator = random.Random(20_261_122)
        words = [
            "".join(generator.choices(string.ascii_lowercase, k=generator.randint(3, 11)))
            for _ in range(6000)
        ]
        count = 0
        for name, share in SHARES.items():
            for batch in _batches(generator, words, int(BYTES * share)):
                db[name].insert_many(batch, ordered=False)
                count += len(batch)
            db[name].create_index("created_at")
            db[name].create_index([("owner", 1), ("status", 1), ("created_at", -1)])
            db[name].create_index("tags")
            db[name].create_index("number", unique=True)
    return count


def _batches(
    generator: random.Random, words: list[str], size_bytes: int
) -> Iterator[list[dict[str, Any]]]:
    made, number, batch = 0, 0, []
    start = datetime(2026, 1, 1, tzinfo=UTC)
    while made < size_bytes:
        text = " ".join(generator.choices(words, k=generator.randint(120, 330)))
        batch.append(
            {
                "_id": ObjectId(),
                "number": number,
                "owner": ObjectId(generator.randbytes(12)),
                "status": generator.choice(["new", "paid", "sent", "closed"]),
                "created_at": start + timedelta(seconds=generator.randrange(25_000_000)),
                "price": generator.random() * 1000,
                "token": generator.randbytes(24).hex(),
                "tags": generator.sample(words, 4),
                "text": text,
            }
        )
        made += len(text) + 330
        number += 1
        if len(batch) == 1000:
            yield batch
            batch = []
    if batch:
        yield batch


class _Bench:
    """The commands that are measured, each on one project and one server."""

    def __init__(self, folder: Path, servers: Mongod) -> None:
        self._folder = folder
        self._uri = with_database(servers.uri, NAME)
        self._server_uri = servers.uri.reveal()
        self._env = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        recipient = str(pyrage.x25519.Identity.generate().to_public())
        make_project(folder / "plain", folder / "backups", self._uri)
        make_project(
            folder / "sealed",
            folder / "sealed-backups",
            self._uri,
            more=f", recipients: [{recipient}]",
        )
        with MongoClient[Any](self._server_uri) as client:
            self.size_bytes = int(client[NAME].command("dbStats")["dataSize"])
            self._pid = int(client.admin.command("serverStatus")["pid"])

    def dumps(self) -> dict[str, list[Figures]]:
        """The peer first, then ours, plain and encrypted."""
        peer = "mongodump --gzip" if shutil.which("mongodump") else "raw batches, gzip -6"
        rows: dict[str, list[Figures]] = {peer: [], "skc backup": [], "skc backup, age": []}
        for _ in range(ROUNDS):
            rows[peer].append(self._peer_dump())
            rows["skc backup"].append(self._backup("plain", "backups"))
            rows["skc backup, age"].append(self._backup("sealed", "sealed-backups"))
        return rows

    def restores(self) -> dict[str, list[Figures]]:
        """Both restore the same data into an empty database of the same server."""
        if not shutil.which("mongorestore"):
            return {}
        dump = self._folder / "dump"
        self._skc("plain", "backup")
        self._skc("plain", "backup", "export", "latest", "--to", str(dump))
        rows: dict[str, list[Figures]] = {"mongorestore, 4 workers": [], "skc restore": []}
        for _ in range(ROUNDS):
            rows["mongorestore, 4 workers"].append(self._peer_restore(dump))
            rows["skc restore"].append(
                self._restored(self._skc("plain", "restore", "latest", "--into", "copy", "--yes"))
            )
        return rows

    def _peer_dump(self) -> Figures:
        out = self._folder / "peer"
        if shutil.which("mongodump"):
            argv = ["mongodump", "--quiet", "--gzip", f"--config={self._config()}", f"--db={NAME}"]
            figures = run([*argv, f"--out={out}"], server=self._pid)
        else:
            env = {**self._env, "PEER_URI": self._server_uri}
            figures = run(
                [sys.executable, str(GZIP_PEER), NAME, str(out)], server=self._pid, env=env
            )
        return self._sized(figures, out)

    def _backup(self, project: str, location: str) -> Figures:
        return self._sized(self._skc(project, "backup"), self._folder / location)

    def _peer_restore(self, dump: Path) -> Figures:
        argv = [
            "mongorestore",
            "--quiet",
            f"--config={self._config()}",
            "--numInsertionWorkersPerCollection=4",
            f"--nsFrom={NAME}.*",
            "--nsTo=copy.*",
            str(dump),
        ]
        return self._restored(run(argv, server=self._pid))

    def _restored(self, figures: Figures) -> Figures:
        with MongoClient[Any](self._server_uri) as client:
            assert set(client["copy"].list_collection_names()) == set(SHARES)
            client.drop_database("copy")
        return figures

    def _skc(self, project: str, *argv: str) -> Figures:
        return run((*SKC, *argv), server=self._pid, env=self._env, cwd=self._folder / project)

    def _sized(self, figures: Figures, out: Path) -> Figures:
        size_bytes = size_of(out)
        shutil.rmtree(out)
        return Figures(
            wall_s=figures.wall_s,
            cpu_s=figures.cpu_s,
            server_cpu_s=figures.server_cpu_s,
            rss_bytes=figures.rss_bytes,
            out_bytes=size_bytes,
        )

    def _config(self) -> Path:
        """The URI in a file of its own: a password does not belong in argv, not even here."""
        path = self._folder / f"config-{secrets.token_hex(4)}.yaml"
        path.touch(mode=0o600)
        path.write_text(f"uri: {self._server_uri}\n")
        return path
