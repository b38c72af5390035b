"""A judge of others: express-rate-limit on the same Redis gets the same requests as our program."""

import random
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest
from msgspec import Struct
from redis import Redis

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from tests.reference_api.express import peer
from tests.reference_api.served import PASSWORD, Served, serve

LOGIN, FACTOR, READ = "auth/login", "user/second-factor", "user/profile"
HEADERS = ("RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining")
TIMES = ("RateLimit-Reset", "Retry-After")


class Both(Struct, frozen=True, kw_only=True):
    """One client of both programs, with an address of its own."""

    ours: httpx.Client
    theirs: httpx.Client
    redis: Redis
    prefix: str
    address: str
    user: str | None = None

    def ask(self, path: str, *, status: int, password: str = "wrong") -> tuple[httpx.Response, ...]:
        """The same request to both.

        Args:
            path: below `/api/v1`.
            status: what ours answers if no limit refuses; Express is told to answer so.
            password: the one that is sent.
        """
        method = "GET" if path == READ else "POST"
        body = {"password": password, **({"email": "no@example.org"} if path == LOGIN else {})}
        sent = None if method == "GET" else body
        theirs = {"X-Answer": str(status)}
        return (
            self.ours.request(method, f"/api/v1/{path}", json=sent),
            self.theirs.request(method, f"/api/v1/{path}", headers=theirs),
        )

    def keys(self, policy: str) -> tuple[str, str]:
        """Under which they count this client."""
        who = f"user:{self.user}" if self.user and policy != "auth" else f"ip:{self.address}"
        return f"rl:{policy}:{who}", f"{self.prefix}{policy}:{self.address}"

    def settle(self) -> None:
        """Wait until Express has taken back what has succeeded.

        It answers first, so a client that asks again at once may be refused for requests that
        succeeded. Ours takes back before it answers; the last word here is that both agree.
        """
        ours, theirs = self.keys("sensitive")
        end = time.monotonic() + 5
        while (self.redis.get(ours) or b"0") != (self.redis.get(theirs) or b"0"):
            assert time.monotonic() < end, "the counts differ"
            time.sleep(0.005)


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, one_node: Mongod, redis_server: Secret
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("ours")
    with serve(folder, one_node, redis_server, production=True) as running:
        yield running


@pytest.fixture(scope="module")
def prefix() -> str:
    return f"express-{secrets.token_hex(4)}:"


@pytest.fixture(scope="module")
def express(
    tmp_path_factory: pytest.TempPathFactory, redis_server: Secret, prefix: str
) -> Iterator[str]:
    installed = peer.packages(tmp_path_factory.getbasetemp())
    folder = tmp_path_factory.mktemp("express")
    variables = {"REDIS_URL": redis_server.reveal(), "PREFIX": prefix}
    with peer.running("limits.cjs", folder, installed, **variables) as (url, _):
        yield url


@pytest.fixture
def both(program: Served, express: str, redis_server: Secret, prefix: str) -> Iterator[Both]:
    address = f"198.51.100.{1 + secrets.randbelow(250)}"
    with (
        closing(program.client(address)) as ours,
        httpx.Client(base_url=express, headers={"X-Forwarded-For": address}) as theirs,
        Redis.from_url(redis_server.reveal()) as redis,
    ):
        yield Both(ours=ours, theirs=theirs, redis=redis, prefix=prefix, address=address)
        redis.delete(*redis.keys(f"*{address}*"))


@pytest.fixture
def logged_in(program: Served, both: Both) -> Both:
    account = program.account()
    client = program.login(account)
    client.headers["X-Forwarded-For"] = both.address
    return Both(
        ours=client,
        theirs=both.theirs,
        redis=both.redis,
        prefix=both.prefix,
        address=both.address,
        user=account.id,
    )


def same(ours: httpx.Response, theirs: httpx.Response) -> None:
    """Status by status, header by header; times within a second, since one was asked later."""
    assert ours.status_code == theirs.status_code, (ours.text, ours.headers, theirs.headers)
    for name in HEADERS:
        assert ours.headers[name] == theirs.headers[name], name
    for name in TIMES:
        assert (name in ours.headers) == (name in theirs.headers), name
        if name in ours.headers:
            assert abs(int(ours.headers[name]) - int(theirs.headers[name])) <= 1, name


@pytest.mark.parametrize(
    ("path", "status", "limit"), [(READ, 401, 30), (LOGIN, 401, 5)], ids=["api", "auth"]
)
def test_one_after_the_other_beyond_the_limit(
    both: Both, path: str, status: int, limit: int
) -> None:
    statuses = []
    for _ in range(limit + 3):
        ours, theirs = both.ask(path, status=status)
        same(ours, theirs)
        statuses.append(ours.status_code)
    assert statuses == [status] * limit + [429] * 3


def test_failures_of_a_sensitive_route_beyond_the_limit(logged_in: Both) -> None:
    statuses = []
    for _ in range(6):
        ours, theirs = logged_in.ask(FACTOR, status=401)
        same(ours, theirs)
        statuses.append(ours.status_code)
    assert statuses == [401] * 3 + [429] * 3


def test_successes_of_a_sensitive_route_do_not_count(logged_in: Both) -> None:
    for _ in range(8):
        ours, theirs = logged_in.ask(FACTOR, status=200, password=PASSWORD)
        same(ours, theirs)
        assert ours.status_code == 200
        # ours has taken it back before it answers, so who asks again at once is let in
        assert logged_in.redis.get(logged_in.keys("sensitive")[0]) == b"0"
        logged_in.settle()


@pytest.mark.parametrize("seed", range(3))
def test_successes_and_failures_in_any_order(logged_in: Both, seed: int) -> None:
    order = random.Random(seed)
    statuses, failures = [], 0
    for _ in range(12):
        succeeds = order.random() < 0.6
        ours, theirs = logged_in.ask(
            FACTOR, status=200 if succeeds else 401, password=PASSWORD if succeeds else "wrong"
        )
        same(ours, theirs)
        logged_in.settle()
        statuses.append(ours.status_code)
        assert (ours.status_code == 429) == (failures >= 3)
        failures += ours.status_code == 401
    assert {200, 401} <= set(statuses)


@pytest.mark.parametrize(
    ("path", "policy", "limit", "number"),
    [(READ, "api", 30, 60), (LOGIN, "auth", 5, 25), (FACTOR, "sensitive", 3, 25)],
    ids=["api", "auth", "sensitive"],
)
def test_all_at_once_no_more_pass_than_the_limit(
    both: Both, logged_in: Both, path: str, policy: str, limit: int, number: int
) -> None:
    asked = logged_in if path == FACTOR else both
    with ThreadPoolExecutor(number) as pool:
        answers = list(pool.map(lambda _: asked.ask(path, status=401), range(number)))
    for answered in zip(*answers, strict=True):
        statuses = [one.status_code for one in answered]
        assert statuses.count(401) == limit
        assert statuses.count(429) == number - limit
        left = sorted(int(one.headers["RateLimit-Remaining"]) for one in answered)
        assert left == sorted([*range(limit), *[0] * (number - limit)])
    ours, theirs = (int(asked.redis.get(key) or 0) for key in asked.keys(policy))
    assert ours == theirs == number


@pytest.mark.parametrize(
    ("path", "policy", "limit"),
    [(READ, "api", 30), (LOGIN, "auth", 5), (FACTOR, "sensitive", 3)],
    ids=["api", "auth", "sensitive"],
)
def test_a_window_that_is_over_begins_anew_with_the_next_request(
    both: Both, logged_in: Both, path: str, policy: str, limit: int
) -> None:
    asked = logged_in if path == FACTOR else both
    for _ in range(limit + 1):
        refused = asked.ask(path, status=401)
    assert [one.status_code for one in refused] == [429, 429]
    for key in asked.keys(policy):
        assert asked.redis.pexpire(key, 1)  # as if nearly all of it had gone by
    time.sleep(0.01)
    ours, theirs = asked.ask(path, status=401)
    same(ours, theirs)
    assert ours.status_code == 401
    assert int(ours.headers["RateLimit-Remaining"]) == limit - 1
