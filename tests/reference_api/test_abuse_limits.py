"""Guessing: how often, from how many addresses, and whether answers tell who has an account."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.models.examples import EXAMPLES
from skillconnect_ops.reference_api.proofs import passwords
from tests.reference_api.abuse import Raw, ask, forget, fresh_address, head, refused, session
from tests.reference_api.crowd import at_once, statuses
from tests.reference_api.served import PASSWORD, Served, serve

AUTH = "/api/v1/auth"
LOGIN = f"{AUTH}/login"
PROFILE = "/api/v1/user/profile"
WRONG = {"email": "nobody@example.org", "password": "wrong-password"}


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("limits")
    mails = str(folder / "mails")
    with serve(folder, one_node, redis_server, workers=2, MAIL_DIR=mails) as program:
        program.wait_until(lambda: len(program.health()["workers"]) == 2)
        yield program


@pytest.fixture(autouse=True)
def uncounted(program: Served) -> None:
    forget(program)


def test_of_fifty_logins_at_once_five_are_looked_at(program: Served) -> None:
    wish = ("POST", LOGIN, {"X-Forwarded-For": fresh_address()}, WRONG)
    answers = at_once(program, [wish] * 50)
    assert statuses(answers) == {401: 5, 429: 45}
    for answer in answers:
        said = answer.headers
        assert said["ratelimit-policy"] == "5;w=900"
        assert said["ratelimit-limit"] == "5"
        assert 0 < int(said["ratelimit-reset"]) <= 900
        assert not [name for name in said if name.startswith("x-ratelimit")]
        if answer.status_code == 429:
            refused(answer, 429, Code.RATE_LIMITED)
            assert said["retry-after"] == said["ratelimit-reset"]
            assert said["ratelimit-remaining"] == "0"
    left = sorted(int(one.headers["ratelimit-remaining"]) for one in answers)
    assert left[-5:] == [0, 1, 2, 3, 4]


def test_one_account_is_guarded_from_however_many_addresses(program: Served) -> None:
    with Redis.from_url(program.value("REDIS_URL")) as cache:
        person = program.account()
        answer = program.client().post(LOGIN, json={**WRONG, "email": person.email})
        refused(answer, 401, Code.AUTH_FAILED)
        (key,) = cache.scan_iter("rl:account:*")
        assert cache.get(key) == b"1"
        assert person.email.encode() not in key
        cache.set(key, 99, keepttl=True)
        assert (
            program.client()
            .post(LOGIN, json={"email": person.email, "password": PASSWORD})
            .status_code
            == 200
        )
        assert cache.get(key) == b"99"
        for status in (401, 429):
            answer = program.client().post(LOGIN, json={**WRONG, "email": person.email})
            assert answer.status_code == status


def test_strangers_who_guess_do_not_lock_a_known_device_out(program: Served) -> None:
    person, other = program.account(), program.account()
    client = program.login(person)
    assert client.post(f"{AUTH}/logout").status_code == 200
    mine = {"email": person.email, "password": PASSWORD}

    def tried(cookie: str | None) -> int:
        sent = {} if cookie is None else {"Cookie": f"device={cookie}"}
        return program.client().post(LOGIN, json=mine, headers=sent).status_code

    assert program.client().post(LOGIN, json={**mine, "password": "wrong"}).status_code == 401
    with Redis.from_url(program.value("REDIS_URL")) as cache:
        (key,) = [one for one in cache.scan_iter("rl:account:*") if cache.get(one) == b"1"]
        cache.set(key, 100, keepttl=True)
        known = client.cookies["device"]
        theirs = program.login(other).cookies["device"]
        assert [tried(one) for one in (None, theirs, f"{known}0", "x.y", known)] == [429] * 4 + [
            200
        ]
        # a device has its own limit: whoever takes it over guesses no more than others
        device = known.partition(".")[2]
        cache.set(f"rl:account:device:{device}", 100)
        assert tried(known) == 429


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_a_forged_address_is_nobody_else(
    program: Served, one_node: Mongod, redis_server: Secret, tmp_path: Path, proxies: int
) -> None:
    with (
        nullcontext(program)
        if proxies == 1  # so it was started
        else serve(tmp_path, one_node, redis_server, TRUSTED_PROXIES=str(proxies))
    ) as behind:
        last = {0: "", 1: "203.0.113.9", 2: "203.0.113.9, 10.0.0.1"}[proxies]

        def tried(said: Sequence[str]) -> int:
            lines = [f"X-Forwarded-For: {one}" for one in said]
            length = f"Content-Length: {len(json.dumps(WRONG))}"
            start = head("POST", LOGIN, "Content-Type: application/json", length, *lines)
            start = start.replace(start.split(b"\r\n")[3] + b"\r\n", b"", 1)  # the usual one
            answer: Raw = ask(behind, start + json.dumps(WRONG).encode())
            return answer.status_code

        lies = ["198.51.100.1", "2001:db8::1", "unknown", "' or 1=1", "x" * 5_000, "::1", ", ,"]
        found = [tried([f"{lie}, {last}".strip(", ")] if last else [lie]) for lie in lies]
        assert found == [401] * 5 + [429] * 2
        if proxies:  # the same said in lines of their own, as some proxies do
            assert tried(["198.51.100.7", last]) == 429
            other = last.replace("203.0.113.9", "203.0.113.10")
            assert tried([other]) == 401
            forget(behind)
            homes = [f"2001:db8:0:{one:x}::{one}" for one in range(0x10, 0x16)]
            found = [tried([last.replace("203.0.113.9", home)]) for home in homes]
            assert found == [401] * 5 + [429], "one household is one"
            assert tried([last.replace("203.0.113.9", "2001:db8:0:100::1")]) == 401


def same(known: httpx.Response, unknown: httpx.Response) -> None:
    """But for what names the request."""
    assert known.status_code == unknown.status_code

    def told(answer: httpx.Response) -> tuple[Any, Any]:
        said = {**answer.json(), "requestId": ""}
        headers = dict(answer.headers.items())
        for name in ("x-request-id", "date", "ratelimit-reset"):
            headers.pop(name, None)
        return said, headers

    assert told(known) == told(unknown)


REQUESTS = {
    "login": lambda address, _: {"email": address, "password": "wrong-password"},
    "forgot-password": lambda address, _: {"email": address},
    "register": lambda address, name: {
        **EXAMPLES["Register"],
        "email": address,
        "username": name,
        "password": PASSWORD,
        "confirmPassword": PASSWORD,
    },
}


@pytest.mark.parametrize("path", REQUESTS)
def test_no_answer_tells_who_has_an_account(program: Served, path: str) -> None:
    person, other = program.account(), f"{path}@example.net"
    asked = [person.email, f"x{person.email}", person.email.upper()]
    answers, commands = [], []
    for number, address in enumerate([*asked, other]):
        sent = REQUESTS[path](address, f"{path[:8]}-{number}")  # type: ignore[no-untyped-call]
        with Watched(program) as seen:
            answers.append(program.client().post(f"{AUTH}/{path}", json=sent))
        commands.append(seen)
    for answer in answers[1:]:
        same(answers[0], answer)
    # the stores are asked for the same, so no time tells them apart
    for one in commands[1:]:
        assert one == commands[0]
    assert commands[0]["find users"] >= 1


class Watched:
    """Counts what the program sends to its stores meanwhile."""

    def __init__(self, program: Served) -> None:
        self._program = program
        self.seen: Counter[str] = Counter()

    def __enter__(self) -> Counter[str]:
        self._program.database.command("profile", 2)
        self._cache = Redis.from_url(self._program.value("REDIS_URL"))
        self._cache.config_resetstat()
        return self.seen

    def __exit__(self, *_: object) -> None:
        database = self._program.database
        database.command("profile", 0)
        for one in database["system.profile"].find({"appName": "skillconnect-api"}):
            self.seen[f"{next(iter(one['command']))} {one['ns'].partition('.')[2]}"] += 1
        database.drop_collection("system.profile")
        for name, about in self._cache.info("commandstats").items():
            if name.partition("_")[2] in {"set", "get", "getdel", "del", "evalsha"}:
                self.seen[name] = about["calls"]
        self._cache.close()


async def _twice() -> list[bool]:
    stored = await passwords.hashed(Secret(PASSWORD))
    found = [await passwords.fits(Secret("wrong"), one) for one in (stored, None)]
    return [*found, await passwords.fits(Secret(PASSWORD), stored)]


def test_a_password_is_verified_for_nobody_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting:
        def __init__(self, hasher: Any) -> None:
            self._hasher, self.verified = hasher, list[str]()

        def verify(self, stored: str, password: str) -> bool:
            self.verified.append(stored.rpartition("$")[0].rpartition("$")[0])
            return bool(self._hasher.verify(stored, password))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._hasher, name)

    counting = Counting(passwords._HASHER)
    monkeypatch.setattr(passwords, "_HASHER", counting)
    assert asyncio.run(_twice()) == [False, False, True]
    assert len(counting.verified) == 3
    assert len(set(counting.verified)) == 1, "of the same costs"


def test_the_token_of_an_ended_session_uses_up_nothing_of_its_owner(program: Served) -> None:
    """Also where it asks for what no account is looked up for; and it is counted by itself."""
    person = program.account()
    stolen = program.login(person)
    thief = {"Authorization": f"Bearer {stolen.cookies['session']}"}
    assert stolen.post(f"{AUTH}/logout").status_code == 200
    time.sleep(0.3)  # until the other worker has heard of it
    forget(program)
    for path in (PROFILE, "/api/v1/nothing"):
        wishes = [("GET", path, thief, None)] * 40
        found = statuses(at_once(program, wishes))
        assert found[429] > 0
    owner = session(program, person)
    wishes = [("GET", PROFILE, owner.bearer, None)] * 20
    assert statuses(at_once(program, wishes)) == {200: 20}


def test_thirty_a_minute_are_for_all_sessions_of_one_user_together(program: Served) -> None:
    person = program.account()
    sessions = [session(program, person) for _ in range(3)]
    wishes = [("GET", PROFILE, one.bearer, None) for one in sessions for _ in range(15)]
    assert statuses(at_once(program, wishes)) == {200: 30, 429: 15}
    forget(program)
    left = []
    for number in range(32):
        wish = ("GET", PROFILE, sessions[number % 3].bearer, None)
        (answer,) = at_once(program, [wish])
        left.append((answer.status_code, int(answer.headers["ratelimit-remaining"])))
    assert left == [*((200, 29 - number) for number in range(30)), (429, 0), (429, 0)]
