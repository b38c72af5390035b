"""Whole stories of accounts, from the mail to the end of all sessions."""

import asyncio
import email
import re
import time
from collections.abc import Iterator
from contextlib import suppress
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
from skillconnect_ops.reference_api import accounts
from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.models.examples import EXAMPLES
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.stores import Loaded
from tests.reference_api.abuse import forget, refused, settings_of
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


def verify(
    client: httpx.Client, token: str | None, password: str | None = PASSWORD
) -> httpx.Response:
    sent: dict[str, str | None] = {"token": token}
    if password is not None:
        sent["password"] = password
    return client.post(f"{AUTH}/verify-email", json=sent)


def stands(client: httpx.Client) -> bool:
    return client.get(PROFILE).status_code == 200


def test_from_the_registration_to_the_logout(stage: Stage) -> None:
    program, client = stage.program, stage.program.client()
    asked = client.post(f"{AUTH}/register", json=registration("story-one"))
    assert asked.status_code == 202, asked.text
    refused(login(program, "story-one@example.org"), 401, Code.AUTH_FAILED)
    token = stage.token("story-one@example.org")
    refused(verify(client, token, FRESH), 401, Code.AUTH_FAILED)  # whoever else reads the mail
    refused(verify(client, token, None), 422, Code.MISSING_REQUIRED_FIELD)
    assert program.database["users"].find_one({"username": "story-one"}) is None
    assert verify(client, token).status_code == 201
    refused(verify(client, token), 401, Code.AUTH_FAILED)
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
    assert set(client.cookies) == {"device"}
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


def reset_token(stage: Stage, person: Account) -> str:
    asked = stage.program.client().post(f"{AUTH}/forgot-password", json={"email": person.email})
    assert asked.status_code == 202
    return str(stage.token(person.email))


def test_a_name_is_kept_for_the_address_that_asked_first(stage: Stage) -> None:
    """Which may ask again, as mails get lost; each of its tokens is good with its own password."""
    program = stage.program
    first = registration("story-four")
    for _ in range(2):
        assert program.client().post(f"{AUTH}/register", json=first).status_code == 202
    other = {**first, "email": "somebody.else@example.org"}
    answer = program.client().post(f"{AUTH}/register", json=other)
    refused(answer, 409, Code.RESOURCE_ALREADY_EXISTS)
    token = stage.token("story-four@example.org")
    assert verify(program.client(), token).status_code == 201
    answer = program.client().post(f"{AUTH}/register", json=first)
    refused(answer, 409, Code.RESOURCE_ALREADY_EXISTS)


def test_a_new_password_holds_no_name_of_the_account_either(stage: Stage) -> None:
    program, person = stage.program, stage.program.account()
    name = person.email.partition("@")[0]
    sent = {"password": f"My-own-{name}", "confirmPassword": f"My-own-{name}"}
    token = reset_token(stage, person)
    client = program.login(person)
    for answer in (
        client.put("/api/v1/user/password", json={**sent, "currentPassword": PASSWORD}),
        client.post(f"{AUTH}/reset-password", json={**sent, "token": token}),
    ):
        said = refused(answer, 422, Code.VALIDATION_FAILED)
        assert said["fields"] == [{"field": "password", "problem": "it holds a name of yours"}]
    sent = {"password": FRESH, "confirmPassword": FRESH, "token": token}
    assert client.post(f"{AUTH}/reset-password", json=sent).status_code == 200


def test_a_stranger_has_five_mails_an_hour_sent_to_somebody(stage: Stage) -> None:
    """Whatever is asked for; and is told nothing of it."""
    program, person = stage.program, stage.program.account()
    answers = []
    for number in range(7):
        sent = {**registration(f"story-mail-{number}"), "email": person.email}
        path, sent = (
            ("register", sent) if number == 2 else ("forgot-password", {"email": person.email})
        )
        answers.append(program.client().post(f"{AUTH}/{path}", json=sent))
    assert {(one.status_code, one.json()["message"]) for one in answers} == {
        (202, "If this address can be written to, a mail is on its way.")
    }
    program.wait_until(lambda: len(list(stage.mails.glob("*.eml"))) >= 5)
    time.sleep(0.5)
    assert len(list(stage.mails.glob("*.eml"))) == 5


def test_no_session_begins_with_proofs_that_were_changed_meanwhile(stage: Stage) -> None:
    """A login has looked at the password; then it is reset, or a second factor confirmed."""
    program, users = stage.program, stage.program.database["users"]

    async def begun(found: dict[str, Any], *, strong: bool) -> None:
        loaded = Loaded(settings_of(program))
        try:
            await accounts.begin_session(loaded, found, strong=strong)
        finally:
            await loaded.close()

    def begin(change: dict[str, Any], *, strong: bool = False) -> int:
        totp = {"secret": "A" * 32, "confirmed": strong, "lastStep": 0}
        found = users.find_one({"_id": ObjectId(program.account(totp=totp).id)})
        assert found is not None
        users.update_one({"_id": found["_id"]}, {"$set": change})
        with suppress(ApiError):
            asyncio.run(begun(found, strong=strong))
        after = users.find_one({"_id": found["_id"]})
        assert after is not None
        return len(after["sessions"])

    assert begin({"lastName": "Other"}) == begin({"lastName": "Other"}, strong=True) == 1
    assert begin({"password": "another"}) == begin({"password": "another"}, strong=True) == 0
    assert begin({"totp.confirmed": True}) == 0
    assert begin({"totp.secret": "B" * 32}, strong=True) == 0


def test_the_ticket_of_a_login_ends_with_the_password(stage: Stage) -> None:
    program, secret = stage.program, pyotp.random_base32()
    person = program.account(totp={"secret": secret, "confirmed": True, "lastStep": 0})
    ticket = login(program, person.email).json()["ticket"]
    fresh = {"password": FRESH, "confirmPassword": FRESH, "token": reset_token(stage, person)}
    assert program.client().post(f"{AUTH}/reset-password", json=fresh).status_code == 200
    for given, status in (
        (ticket, 401),
        (login(program, person.email, FRESH).json()["ticket"], 200),
    ):
        step = {"ticket": given, "code": pyotp.TOTP(secret).now()}
        answer = program.client().post(f"{AUTH}/second-factor", json=step)
        assert answer.status_code == status, answer.text


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
    again = client.post(f"{AUTH}/second-factor", json={**step, "code": codes[0]})
    refused(again, 401, Code.TOKEN_INVALID)  # a ticket is good once, and takes no code then
    for status in (200, 401):
        forget(program)
        step = {"ticket": login(program, person.email).json()["ticket"], "code": codes[0]}
        assert client.post(f"{AUTH}/second-factor", json=step).status_code == status
    forget(program)
    ended = here.request("DELETE", factor, json={"password": PASSWORD, "code": codes[1]})
    assert ended.status_code == 200, ended.text
    refused(here.get("/api/v1/admin/user"), 403, Code.INSUFFICIENT_PERMISSIONS)
    assert login(program, person.email).json()["secondFactor"] is False


def test_what_was_asked_for_outlives_a_database_that_is_away(
    stage: Stage, one_node: Mongod
) -> None:
    """The token of a registration and of a new password, and the name of who asks again."""
    program, client, person = stage.program, stage.program.client(), stage.program.account()
    assert client.post(f"{AUTH}/register", json=registration("story-two")).status_code == 202
    token = stage.token("story-two@example.org")
    reset = {"token": reset_token(stage, person), "password": FRESH, "confirmPassword": FRESH}
    other = {**registration("story-six"), "email": "another@example.org"}
    one_node.kill()
    try:
        answer = verify(client, token)
        refused(answer, 503, Code.DATABASE_ERROR)
        assert answer.headers["retry-after"]
        for path, sent in (("reset-password", reset), ("register", other)):
            refused(client.post(f"{AUTH}/{path}", json=sent), 503, Code.DATABASE_ERROR)
    finally:
        one_node.start()
    one_node.primary()
    program.wait_until(lambda: program.health()["status"] == "UP")
    forget(program)
    assert verify(client, token).status_code == 201
    assert client.post(f"{AUTH}/reset-password", json=reset).status_code == 200
    assert client.post(f"{AUTH}/register", json=registration("story-six")).status_code == 202
