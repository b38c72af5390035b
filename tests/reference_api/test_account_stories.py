"""Whole stories of accounts, from the mail to the end of all sessions."""

import email
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from bson import ObjectId
from msgspec import Struct

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.models.examples import EXAMPLES
from skillconnect_ops.reference_api.models.fields import Role
from tests.reference_api.abuse import forget, refused
from tests.reference_api.served import PASSWORD, Account, Served, serve

AUTH = "/api/v1/auth"
PROFILE = "/api/v1/user/profile"
FRESH = f"New-{PASSWORD}"


class Stage(Struct, frozen=True):
    """The program, and the folder of its mails."""

    program: Served
    mails: Path

    def token(self, reader: str) -> str | None:
        """In the newest mail to somebody; None where it has none."""
        found: list[Any] = []

        def arrived() -> bool:
            found[:] = [
                one for one in map(_read, sorted(self.mails.glob("*.eml"))) if one["To"] == reader
            ]
            return bool(found)

        self.program.wait_until(arrived)
        token = re.search(r"#token=(\S+)", found[-1].get_content())
        return token[1] if token else None

    def empty(self) -> None:
        for one in self.mails.glob("*.eml"):
            one.unlink()


def _read(path: Path) -> Any:
    return email.message_from_bytes(path.read_bytes(), policy=policy.default)


@pytest.fixture(scope="module")
def started(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("stories")
    mails = folder / "mails"
    with serve(folder, one_node, redis_server, workers=2, MAIL_DIR=str(mails)) as program:
        program.wait_until(lambda: len(program.health()["workers"]) == 2)
        yield Stage(program, mails)


@pytest.fixture
def stage(started: Stage) -> Stage:
    forget(started.program)
    started.empty()
    return started


def registration(name: str) -> dict[str, Any]:
    sent = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    return {**EXAMPLES["Register"], **sent, "confirmPassword": PASSWORD}


def login(program: Served, address: str, password: str = PASSWORD) -> httpx.Response:
    return program.client().post(f"{AUTH}/login", json={"email": address, "password": password})


def stands(client: httpx.Client) -> bool:
    return client.get(PROFILE).status_code == 200


def test_from_the_registration_to_the_logout(stage: Stage) -> None:
    program, client = stage.program, stage.program.client()
    asked = client.post(f"{AUTH}/register", json=registration("story-one"))
    assert asked.status_code == 202, asked.text
    refused(login(program, "story-one@example.org"), 401, Code.AUTH_FAILED)
    token = stage.token("story-one@example.org")
    assert client.post(f"{AUTH}/verify-email", json={"token": token}).status_code == 201
    refused(client.post(f"{AUTH}/verify-email", json={"token": token}), 401, Code.AUTH_FAILED)
    found = program.database["users"].find_one({"username": "story-one"})
    assert found is not None
    assert (found["role"], found["verified"], found["sessions"]) == (Role.MEMBER, False, [])
    assert found["password"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    person = Account(str(found["_id"]), "story-one@example.org", Role.MEMBER)
    client = program.login(person)
    assert client.get(PROFILE).json()["user"]["username"] == "story-one"
    old = {name: client.cookies[name] for name in ("session", "refresh", "csrf")}
    renewed = client.post(f"{AUTH}/refresh")
    assert renewed.status_code == 200
    assert {client.cookies[name] for name in old}.isdisjoint(old.values())
    # another tab that was a moment late ends nothing
    late = program.client()
    late.cookies.update(old)
    late.headers["X-CSRF-Token"] = old["csrf"]
    refused(late.post(f"{AUTH}/refresh"), 401, Code.TOKEN_INVALID)
    assert stands(client)

    client.headers["X-CSRF-Token"] = renewed.json()["csrfToken"]
    gone = client.post(f"{AUTH}/logout")
    assert gone.status_code == 200
    assert not client.cookies
    for kept in (old, dict(renewed.cookies)):
        after = program.client()
        after.cookies.update(kept)
        refused(after.get(PROFILE), 401, Code.TOKEN_INVALID)
        after.headers["X-CSRF-Token"] = kept["csrf"]
        refused(after.post(f"{AUTH}/refresh"), 401, Code.TOKEN_INVALID)


@pytest.mark.parametrize("renewals", [1, 3])
def test_a_refresh_token_that_was_used_ends_the_session(stage: Stage, renewals: int) -> None:
    """However far the thief, or the owner, is ahead by then."""
    program, person = stage.program, stage.program.account()
    client = program.login(person)
    old = dict(client.cookies)
    for _ in range(renewals):
        renewed = client.post(f"{AUTH}/refresh")
        client.headers["X-CSRF-Token"] = renewed.json()["csrfToken"]
    _age(program, person)
    assert stands(client)
    thief = program.client()
    thief.cookies.update(old)
    thief.headers["X-CSRF-Token"] = old["csrf"]
    refused(thief.post(f"{AUTH}/refresh"), 401, Code.TOKEN_INVALID)
    assert not stands(client)
    refused(client.post(f"{AUTH}/refresh"), 401, Code.TOKEN_INVALID)


def _age(program: Served, person: Account) -> None:
    """Let eleven seconds pass since the last refresh."""
    before = datetime.now(UTC) - timedelta(seconds=11)
    program.database["users"].update_one(
        {"_id": ObjectId(person.id)}, {"$set": {"sessions.0.refreshedAt": before}}
    )


def test_a_forgotten_password_is_set_anew_and_all_sessions_end(stage: Stage) -> None:
    program, person = stage.program, stage.program.account()
    clients = [program.login(person) for _ in range(2)]
    tokens = []
    for _ in range(2):
        asked = program.client().post(f"{AUTH}/forgot-password", json={"email": person.email})
        assert asked.status_code == 202
        tokens.append(stage.token(person.email))
        stage.empty()
    sent = {"password": FRESH, "confirmPassword": FRESH}
    done = program.client().post(f"{AUTH}/reset-password", json={"token": tokens[1], **sent})
    assert done.status_code == 200, done.text
    assert not any(map(stands, clients))
    for token in tokens:  # neither the same again, nor the one of an older mail
        answer = program.client().post(f"{AUTH}/reset-password", json={"token": token, **sent})
        refused(answer, 401, Code.AUTH_FAILED)
    refused(login(program, person.email), 401, Code.AUTH_FAILED)
    assert login(program, person.email, FRESH).status_code == 200


def test_a_new_password_ends_the_other_sessions(stage: Stage) -> None:
    program, person = stage.program, stage.program.account()
    here, there = program.login(person), program.login(person)
    sent = {"currentPassword": "wrong-one", "password": FRESH, "confirmPassword": FRESH}
    refused(here.put("/api/v1/user/password", json=sent), 401, Code.AUTH_FAILED)
    assert stands(there)
    sent["currentPassword"] = PASSWORD
    assert here.put("/api/v1/user/password", json=sent).status_code == 200
    assert stands(here)
    assert not stands(there)
    refused(login(program, person.email), 401, Code.AUTH_FAILED)


def test_a_second_factor_from_its_beginning_to_its_end(stage: Stage) -> None:
    program, person = stage.program, stage.program.account(Role.ADMIN)
    here, there = program.login(person), program.login(person)
    refused(here.get("/api/v1/admin/user"), 403, Code.INSUFFICIENT_PERMISSIONS)
    factor = "/api/v1/user/second-factor"
    refused(here.post(f"{factor}/confirm", json={"code": "123456"}), 401, Code.AUTH_FAILED)
    begun = here.post(factor, json={"password": PASSWORD})
    assert begun.status_code == 200, begun.text
    totp = pyotp.parse_uri(begun.json()["uri"])
    assert isinstance(totp, pyotp.TOTP)
    assert login(program, person.email).json()["secondFactor"] is False  # not before it is proven
    forget(program)
    code = totp.at(int(time.time()) - 30)
    confirmed = here.post(f"{factor}/confirm", json={"code": code})
    assert confirmed.status_code == 200, confirmed.text
    codes = confirmed.json()["recoveryCodes"]
    assert len(set(codes)) == 10
    assert here.get("/api/v1/admin/user").status_code == 200
    assert not stands(there)
    refused(here.post(factor, json={"password": PASSWORD}), 409, Code.RESOURCE_CONFLICT)

    first = login(program, person.email).json()
    assert set(first) == {"success", "secondFactor", "ticket"}
    client = program.client()
    step = {"ticket": first["ticket"], "code": code}
    refused(client.post(f"{AUTH}/second-factor", json=step), 401, Code.AUTH_FAILED)
    done = client.post(f"{AUTH}/second-factor", json={**step, "code": totp.now()})
    assert done.status_code == 200, done.text
    assert client.get("/api/v1/admin/user").status_code == 200
    assert client.post(f"{AUTH}/second-factor", json={**step, "code": codes[0]}).status_code == 200
    refused(
        client.post(f"{AUTH}/second-factor", json={**step, "code": codes[0]}),
        401,
        Code.AUTH_FAILED,
    )
    forget(program)
    ended = here.request("DELETE", factor, json={"password": PASSWORD, "code": codes[1]})
    assert ended.status_code == 200, ended.text
    refused(here.get("/api/v1/admin/user"), 403, Code.INSUFFICIENT_PERMISSIONS)
    assert login(program, person.email).json()["secondFactor"] is False


def test_a_token_of_a_mail_outlives_a_database_that_is_away(stage: Stage, one_node: Mongod) -> None:
    program, client = stage.program, stage.program.client()
    assert client.post(f"{AUTH}/register", json=registration("story-two")).status_code == 202
    token = stage.token("story-two@example.org")
    one_node.kill()
    try:
        answer = client.post(f"{AUTH}/verify-email", json={"token": token})
        refused(answer, 503, Code.DATABASE_ERROR)
        assert answer.headers["retry-after"]
    finally:
        one_node.start()
    one_node.primary()
    program.wait_until(lambda: program.health()["status"] == "UP")
    forget(program)
    assert client.post(f"{AUTH}/verify-email", json={"token": token}).status_code == 201
