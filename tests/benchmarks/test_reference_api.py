"""What a request costs our program, against Express with the packages of the action plan.

Both serve with one process, in production, from the same MongoDB and Redis, and write a JSON line a
request to a file. Both answer the same bodies. Ours does more (CSRF and origin checks, two rings of
keys, figures, redaction of each line), and nothing is turned off for this.
"""

import asyncio
import random
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from statistics import median

import httpx
import pytest
from msgspec import Struct
from redis import Redis

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.reading import Source
from tests.benchmarks.measure import cpu_of_family
from tests.reference_api.express import peer
from tests.reference_api.load import Connection, User, people
from tests.reference_api.served import Served, serve

ROUNDS, REQUESTS, CONNECTIONS, USERS = 12, 2_000, 16, 200
"""Ten requests of a user in a round: a third of what the limit takes."""
PATHS = ("/api/v1/user/profile", "/health")


class Server(Struct, frozen=True):
    """One of the two."""

    name: str
    url: str
    pid: int


class Bench(Struct, frozen=True):
    """Both, and who asks them."""

    servers: tuple[Server, Server]
    users: list[User]
    redis: Redis

    def cost(self, server: Server, path: str) -> float:
        """CPU microseconds of the server's processes for each request, user and system."""
        self.redis.flushdb()  # the limits begin anew
        before = cpu_of_family(server.pid)
        asyncio.run(self._ask(server, path))
        return (cpu_of_family(server.pid) - before) / REQUESTS * 1e6

    async def _ask(self, server: Server, path: str) -> None:
        host, _, port = server.url.removeprefix("http://").partition(":")
        users = iter(self.users * (REQUESTS // len(self.users)))

        async def work() -> None:
            connection = Connection(host, int(port))
            for user in users:
                answer = await connection.ask("GET", path, headers(user, path), None)
                assert answer.status == 200, answer.body
            await connection.close()

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


def headers(user: User, path: str) -> dict[str, str]:
    """Who asks for a health sends no token."""
    sent = {"X-Forwarded-For": user.address, "X-Forwarded-Proto": "https"}
    token = f"Bearer {user.cookies['session']}"
    return sent if path == "/health" else {**sent, "Authorization": token}


@pytest.fixture
def bench(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    one_node: Mongod,
    redis_server: Secret,
) -> Iterator[Bench]:
    installed = peer.packages(tmp_path_factory.getbasetemp())
    for name in ("ours", "express"):
        (tmp_path / name).mkdir()
    with (
        serve(tmp_path / "ours", one_node, redis_server, production=True) as program,
        Redis.from_url(redis_server.reveal()) as redis,
    ):
        settings = Source(program.env_file, {}).read()
        users, _ = people(settings, program.database, USERS)
        variables = {
            "MONGO_URI": settings.mongo_uri.reveal(),
            "REDIS_URL": settings.redis_url.reveal(),
            "JWT_SECRET_KEY": settings.users.signing.secret.reveal(),
            "ORIGIN": program.origin,
            "LOG_FILE": str(tmp_path / "express" / "log"),
            "FILLER": _filler(program),
        }
        with peer.running("api.cjs", tmp_path / "express", installed, **variables) as (url, pid):
            ours = Server("ours", program.url, program.health()["workers"][0]["pid"])
            made = Bench((ours, Server("Express", url, pid)), users, redis)
            _agree(made)
            yield made


def _filler(program: Served) -> str:
    """What Express adds to its `/health`, so that both are of one length."""
    whole = len(httpx.get(f"{program.url}/health").content)
    return "x" * max(0, whole - 140)


def _agree(bench: Bench) -> None:
    """Both have to do the same."""
    ours, theirs = (
        [httpx.get(one.url + path, headers=headers(bench.users[0], path)) for path in PATHS]
        for one in bench.servers
    )
    mine, other = ours[0].json()["user"], theirs[0].json()["user"]
    moments = {datetime.fromisoformat(one.pop("createdAt")) for one in (mine, other)}
    assert mine == other
    assert len(moments) == 1
    for one, two in zip(ours, theirs, strict=True):
        assert abs(len(one.content) - len(two.content)) < 40


@pytest.mark.bench
def test_cpu_of_a_request(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [(server, path) for server in bench.servers for path in PATHS]
    for server, path in runs * 3:  # Node compiles what it has seen often
        bench.cost(server, path)
    costs: dict[tuple[str, str], list[float]] = {(server.name, path): [] for server, path in runs}
    for _ in range(ROUNDS):
        random.shuffle(runs)
        for server, path in runs:
            costs[server.name, path].append(bench.cost(server, path))
    with capsys.disabled():
        sys.stdout.write(f"\n{table(costs)}\n")


def table(costs: Mapping[tuple[str, str], list[float]]) -> str:
    """Medians, and ours by theirs, round by round, as min/median/max."""
    lines = []
    for path in PATHS:
        ours, theirs = costs["ours", path], costs["Express", path]
        ratios = sorted(one / peer for one, peer in zip(ours, theirs, strict=True))
        lines.append(
            f"{path:24} CPU us/request: ours {median(ours):.0f}, Express {median(theirs):.0f};  "
            f"ours / Express: min {ratios[0]:.2f}  median {median(ratios):.2f}  "
            f"max {ratios[-1]:.2f}  ({len(ratios)} rounds of {REQUESTS} requests)"
        )
    return "\n".join(lines)
