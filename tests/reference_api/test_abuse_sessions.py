"""Somebody else's proofs: forged requests, tokens, administration, codes that were used."""

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pyotp
import pytest
from bson import ObjectId
from cryptography.hazmat.primitives.asymmetric import rsa

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.embedded.process import free_port
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.errors import Code
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.proofs import tokens
from skillconnect_ops.reference_api.proofs.second_factor import digest
from skillconnect_ops.reference_api.routes.auth import ticket_of
from tests.reference_api.abuse import (
    Session,
    contents,
    forget,
    fresh_address,
    refused,
    session,
    settings_of,
    with_cookies,
)
from tests.reference_api.crowd import at_once
from tests.reference_api.served import PASSWORD, Served, serve

PROFILE = "/api/v1/user/profile"
USERS = "/api/v1/admin/user"
OLD = secrets.token_urlsafe(32)
"""A key whose time is over."""
_PACKED = base64.urlsafe_b64encode(OLD.encode()).decode().rstrip("=")


@pytest.fixture(scope="module")
def program(
    one_node: Mongod, redis_server: Secret, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("sessions")
    now = int(time.time())
    more = {
        "JWT_SECRET_KEY_FALLBACKS": f"v1.{_PACKED}.{now - 1}",
        "JWT_SECRET_KEY_MIN_IAT": str(now - 600),
    }
    with serve(folder, one_node, redis_server, workers=2, production=True, **more) as program:
        program.wait_until(lambda: len(program.health()["workers"]) == 2)
        yield program


@pytest.fixture(scope="module")
def ana(program: Served) -> Session:
    return session(program, program.account())


@pytest.fixture(scope="module")
def mallory(program: Served) -> Session:
    return session(program, program.account())


@pytest.fixture(autouse=True)
def uncounted(program: Served) -> None:
    forget(program)


def admin(program: Served, *, strong: bool) -> Session:
    return session(program, program.account(Role.ADMIN), strong=strong)


CHANGING: tuple[tuple[str, str, Any], ...] = (
    ("PUT", PROFILE, {"firstName": "Eve"}),
    ("PUT", "/api/v1/user/password", {}),
    ("POST", "/api/v1/service-request", {"name": "Leaking tap", "typeOfWork": "Plumbing"}),
    ("POST", "/api/v1/user/second-factor", {"password": PASSWORD}),
    ("DELETE", "/api/v1/user/second-factor", {}),
    ("POST", "/api/v1/auth/realtime-ticket", None),
    ("POST", "/api/v1/auth/refresh", None),
    ("POST", "/api/v1/auth/logout", None),
    ("PATCH", f"/api/v1/booking/{'6' * 24}", {"status": "Cancelled"}),
    ("DELETE", f"/api/v1/service-request/{'6' * 24}", None),
)


@pytest.mark.parametrize(("method", "path", "sent"), CHANGING)
def test_a_forged_request_changes_nothing(
    program: Served, ana: Session, mallory: Session, method: str, path: str, sent: Any
) -> None:
    before = contents(program)
    kept = with_cookies(program, ana).headers["Cookie"]
    planted = kept.replace(ana.csrf, mallory.csrf)
    mac, _, salt = ana.csrf.partition(".")
    tries = [
        (kept, None),
        (kept, ""),
        (kept, mallory.csrf),
        (kept, f"{mac}.{salt}0"),
        (kept.rpartition("; ")[0], ana.csrf),
        (kept, "é"),
    ]
    if not path.startswith("/api/v1/auth/re") and not path.endswith("logout"):
        # that a sibling domain plants a cookie is what the session's name in the token is for;
        # a __Host- cookie cannot be planted, which is what the others rely on
        tries.append((planted, mallory.csrf))
    for cookie, token in tries:
        client = program.client()
        client.headers["Cookie"] = cookie
        forget(program)
        more = {} if token is None else {b"X-CSRF-Token": token.encode()}
        answer = client.request(method, path, json=sent, headers=more)
        refused(answer, 403, Code.INSUFFICIENT_PERMISSIONS)
    cross = with_cookies(program, ana)
    for browser in (
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "https://app.skillconnect.test.evil.test"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        forget(program)
        answer = cross.request(method, path, json=sent, headers=browser)
        refused(answer, 403, Code.INSUFFICIENT_PERMISSIONS)
        assert "access-control-allow-origin" not in answer.headers
    assert contents(program) == before


def test_the_right_token_passes_and_a_bearer_needs_none(program: Served, ana: Session) -> None:
    assert with_cookies(program, ana).put(PROFILE, json={"firstName": "Ana"}).status_code == 200
    answer = program.client().put(PROFILE, json={"firstName": "Ana"}, headers=ana.bearer)
    assert answer.status_code == 200


def packed(head: dict[str, Any], said: Any, key: str = "") -> str:
    """A token of any head, signed by HS256 where there is a key."""
    parts = [json.dumps(head), json.dumps(said)]
    coded = [base64.urlsafe_b64encode(one.encode()).decode().rstrip("=") for one in parts]
    if not key:
        return ".".join([*coded, ""])
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        ".".join(coded).encode(), key.encode()
    )
    return ".".join([*coded, base64.urlsafe_b64encode(signature).decode().rstrip("=")])


def forgeries(program: Served, owner: Session) -> dict[str, str]:
    """Tokens that name the owner's own session, each wrong in one way."""
    settings = settings_of(program)
    users, admins = settings.users.signing, settings.admins.signing
    key, admin_key = users.secret.reveal(), admins.secret.reveal()
    now = int(time.time())
    said = {
        "iss": tokens.ISSUER,
        "aud": tokens.Audience.USER.value,
        "sub": owner.account.id,
        "sid": owner.id,
        "iat": now,
        "exp": now + 600,
    }
    head = {"alg": "HS256", "typ": "at+jwt", "kid": users.kid}
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    as_admin = {**said, "aud": tokens.Audience.ADMIN.value}
    ticket = tokens.issued(
        settings, tokens.Kind.TICKET, user_id=owner.account.id, session_id=owner.id, admin=False
    )
    return {
        "none": packed({**head, "alg": "none"}, said),
        "None": packed({**head, "alg": "NONE"}, said),
        "unsigned": packed(head, said),
        "no algorithm": packed({"typ": "at+jwt"}, said, key),
        "RS256": jwt.encode(said, private, "RS256", headers={"typ": "at+jwt", "kid": users.kid}),
        "RS256 said": packed({**head, "alg": "RS256"}, said, key),
        "HS512 said": packed({**head, "alg": "HS512"}, said, key),
        "a key in the head": packed({**head, "jwk": {"kty": "oct", "k": "QQ"}}, said, "A" * 40),
        "the admins' key": packed({**head, "kid": admins.kid}, said, admin_key),
        "the admins' key, our name": packed(head, said, admin_key),
        "the users' key for admins": packed({**head, "kid": admins.kid}, as_admin, key),
        "an admin's of a member": packed({**head, "kid": admins.kid}, as_admin, admin_key),
        "kid is an object": packed({**head, "kid": {"$ne": None}}, said, key),
        "kid is a list": packed({**head, "kid": [users.kid]}, said, key),
        "kid is a number": packed({**head, "kid": 0}, said, key),
        "kid is a path": packed({**head, "kid": "../../../dev/null"}, said, "\0" * 32),
        "a fallback whose time is over": packed({**head, "kid": None}, said, OLD),
        "before the leak": packed(head, {**said, "iat": now - 700}, key),
        "no iat": packed(head, {k: v for k, v in said.items() if k != "iat"}, key),
        "iat is a text": packed(head, {**said, "iat": str(now)}, key),
        "iat is infinite": packed(head, {**said, "iat": float("inf")}, key),
        "exp is infinite": packed(head, {**said, "exp": float("inf")}, key),
        "exp is no number": packed(head, {**said, "exp": float("nan")}, key),
        "exp is a list": packed(head, {**said, "exp": []}, key),
        "of tomorrow": packed(head, {**said, "iat": now + 3600}, key),
        "a login ticket": ticket,
        "typ is JWT": packed({**head, "typ": "JWT"}, said, key),
        "no typ": packed({"alg": "HS256"}, said, key),
        "typ is an object": packed({**head, "typ": {}}, said, key),
        "another audience": packed(head, {**said, "aud": "skillconnect"}, key),
        "both audiences": packed(
            head, {**said, "aud": [one.value for one in tokens.Audience]}, key
        ),
        "another issuer": packed(head, {**said, "iss": "evil"}, key),
        "sub is an object": packed(head, {**said, "sub": {"$ne": None}}, key),
        "sub is no id": packed(head, {**said, "sub": "admin"}, key),
        "sid is an object": packed(head, {**said, "sid": {"$ne": None}}, key),
        "another's session": packed(head, {**said, "sub": str(ObjectId())}, key),
        "claims are a list": packed(head, [said], key),
        "crit": packed({**head, "crit": ["exp"]}, said, "A" * 40),
        "cut": packed(head, said, key)[:-2],
        "nothing": "..",
        "long": "A" * 8_000,
        "nested": packed(head, said, key) + "." + packed(head, said, key),
    }


def test_no_forged_token_opens_anything(program: Served, ana: Session) -> None:
    good = program.client().get(PROFILE, headers=ana.bearer)
    assert good.status_code == 200
    for name, token in forgeries(program, ana).items():
        forget(program)
        for path in (PROFILE, USERS):
            answer = program.client().get(path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401, (name, answer.text)
            refused(answer, 401, Code.TOKEN_INVALID)
    client = program.client()
    client.headers["Cookie"] = f"__Host-session={forgeries(program, ana)['none']}"
    refused(client.get(PROFILE), 401, Code.TOKEN_INVALID)
    over = tokens.ISSUER
    settings = settings_of(program)
    said = {"iss": over, "aud": "skillconnect:user", "sub": ana.account.id, "sid": ana.id}
    now = int(time.time())
    token = packed(
        {"alg": "HS256", "typ": "at+jwt"},
        {**said, "iat": now - 300, "exp": now - 60},
        settings.users.signing.secret.reveal(),
    )
    answer = program.client().get(PROFILE, headers={"Authorization": f"Bearer {token}"})
    refused(answer, 401, Code.TOKEN_EXPIRED)


ADMINISTRATION: tuple[tuple[str, str, Any], ...] = (
    ("GET", USERS, None),
    ("PATCH", f"{USERS}/{'6' * 24}", {"verified": True}),
)


@pytest.mark.parametrize(("method", "path", "sent"), ADMINISTRATION)
def test_administration_is_for_administrators_with_a_second_factor(
    program: Served, ana: Session, method: str, path: str, sent: Any
) -> None:
    client = program.client()
    refused(client.request(method, path, json=sent), 401, Code.TOKEN_INVALID)
    answer = client.request(method, path, json=sent, headers=ana.bearer)
    refused(answer, 403, Code.INSUFFICIENT_PERMISSIONS)
    weak = admin(program, strong=False)
    answer = client.request(method, path, json=sent, headers=weak.bearer)
    refused(answer, 403, Code.INSUFFICIENT_PERMISSIONS)
    strong = admin(program, strong=True)
    answer = client.request(method, path, json=sent, headers=strong.bearer)
    assert answer.status_code == (200 if method == "GET" else 404)
    fallen = session(program, strong.account, strong=True)
    users = program.database["users"]
    users.update_one({"_id": ObjectId(strong.account.id)}, {"$set": {"role": Role.MEMBER.value}})
    answer = client.request(method, path, json=sent, headers=fallen.bearer)
    refused(answer, 401, Code.TOKEN_INVALID)
    users.delete_many({"role": {"$in": [Role.ADMIN.value]}})


def test_administrators_neither_ask_for_work_nor_see_it(program: Served) -> None:
    strong = admin(program, strong=True)
    sent = {"name": "Leaking tap", "typeOfWork": "Plumbing"}
    for method, path, body in (
        ("POST", "/api/v1/service-request", sent),
        ("GET", "/api/v1/booking", None),
        ("GET", f"/api/v1/chat/{'6' * 24}", None),
    ):
        answer = program.client().request(method, path, json=body, headers=strong.bearer)
        refused(answer, 403, Code.INSUFFICIENT_PERMISSIONS)


def with_factor(program: Served) -> tuple[Session, pyotp.TOTP, list[str]]:
    """An account with a confirmed second factor."""
    secret, codes = pyotp.random_base32(), ["a" * 15 + one for one in "abc"]
    kept = {"secret": secret, "confirmed": True, "lastStep": 0}
    account = program.account(totp={**kept, "recovery": [digest(code) for code in codes]})
    return session(program, account), pyotp.TOTP(secret), codes


def second_step(program: Served, owner: Session, code: str) -> tuple[str, str, dict[str, str], Any]:
    found = program.database["users"].find_one({"_id": ObjectId(owner.account.id)})
    assert found is not None
    ticket = ticket_of(settings_of(program), found)
    headers = {"X-Forwarded-For": fresh_address(), "X-Forwarded-Proto": "https"}
    return ("POST", "/api/v1/auth/second-factor", headers, {"ticket": ticket, "code": code})


def test_a_code_is_good_once_also_in_requests_at_once(program: Served) -> None:
    owner, totp, (recovery, other, _) = with_factor(program)
    code = totp.now()
    answers = at_once(program, [second_step(program, owner, code) for _ in range(5)])
    assert sorted(one.status_code for one in answers) == [200, 401, 401, 401, 401]
    (again,) = at_once(program, [second_step(program, owner, code)])
    refused(again, 401, Code.AUTH_FAILED)
    before = totp.at(int(time.time()) - 30)
    (again,) = at_once(program, [second_step(program, owner, before)])
    refused(again, 401, Code.AUTH_FAILED)
    answers = at_once(program, [second_step(program, owner, recovery) for _ in range(3)])
    assert sorted(one.status_code for one in answers) == [200, 401, 401]
    (again,) = at_once(program, [second_step(program, owner, recovery)])
    refused(again, 401, Code.AUTH_FAILED)
    # ten wrong codes an hour, from wherever they come
    found = at_once(program, [second_step(program, owner, "000000") for _ in range(8)])
    assert {one.status_code for one in found} == {401, 429}
    (locked,) = at_once(program, [second_step(program, owner, other)])
    refused(locked, 429, Code.RATE_LIMITED)


def test_what_is_no_ticket_takes_no_code(program: Served) -> None:
    owner, totp, _ = with_factor(program)
    method, path, _, sent = second_step(program, owner, totp.now())
    wrong = {
        "access": owner.access,
        "none": forgeries(program, owner)["none"],
        "refresh": owner.refresh,
        "text": "x" * 40,
    }
    for ticket in wrong.values():
        answer = program.client().request(method, path, json={**sent, "ticket": ticket})
        refused(answer, 401, Code.TOKEN_INVALID)
    gone = jwt.decode(sent["ticket"], options={"verify_signature": False})
    key = settings_of(program).users.signing.secret.reveal()
    for sub in (str(ObjectId()), "x"):
        ticket = packed({"alg": "HS256", "typ": "2fa+jwt"}, {**gone, "sub": sub}, key)
        answer = program.client().post(path, json={**sent, "ticket": ticket})
        refused(answer, 401, Code.TOKEN_INVALID)


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", f"{'6' * 24}..", f"{'6' * 24}.s.r", "{owner}.{sid}.", "..", "{}"]
)
def test_a_strange_refresh_token_is_none(program: Served, token: str) -> None:
    owner = session(program, program.account())
    filled = token.replace("{owner}", owner.account.id).replace("{sid}", owner.id)
    kept = with_cookies(program, owner)
    cookie = kept.headers["Cookie"].replace(owner.refresh, filled).encode("latin-1")
    del kept.headers["Cookie"]
    answer = kept.post("/api/v1/auth/refresh", headers={b"Cookie": cookie})
    refused(answer, 401, Code.TOKEN_INVALID)
    assert program.client().get(PROFILE, headers=owner.bearer).status_code == 200


@pytest.mark.parametrize(
    "odd", ['pref={"a":1}', "a[b]=c", "foo", 'x="unclosed', "utm=a b c,d", "=", "é=ü", "; ;"]
)
def test_an_odd_cookie_of_another_page_logs_nobody_out(
    program: Served, ana: Session, odd: str
) -> None:
    client = with_cookies(program, ana)
    kept = client.headers.pop("Cookie")
    for cookies in (f"{odd}; {kept}", f"{kept}; {odd}"):
        sent = {b"Cookie": cookies.encode("latin-1")}
        answer = client.put(PROFILE, json={"firstName": "Ana"}, headers=sent)
        assert answer.status_code == 200, answer.text


def test_of_two_cookies_that_differ_neither_is_believed(
    program: Served, ana: Session, mallory: Session
) -> None:
    client = with_cookies(program, ana)
    kept = client.headers.pop("Cookie")
    planted = f"__Host-session={mallory.access}"
    for cookies in (f"{planted}; {kept}", f"{kept}; {planted}"):
        refused(client.get(PROFILE, headers={"Cookie": cookies}), 401, Code.TOKEN_INVALID)
    same = f"{kept}; __Host-session={ana.access}"
    assert client.get(PROFILE, headers={"Cookie": same}).status_code == 200


def made_admin(email: str, env_file: Path, password: str = PASSWORD) -> tuple[int, str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "skillconnect_ops.reference_api", "admin", email),
            *("--env-file", str(env_file)),
        ],
        input=f"{password}\n",
        env={"PATH": os.environ["PATH"], "HOME": str(env_file.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_an_administrator_who_is_made_can_log_in(program: Served) -> None:
    """Also where the part before the @ is another one's, too, or no user name."""
    for email in ("o'neil+ops@example.org", "o'neil+ops@example.net", f"{'a' * 40}@example.org"):
        assert made_admin(email, program.env_file) == (0, "")
        sent = {"email": email, "password": PASSWORD}
        answer = program.client().post("/api/v1/auth/login", json=sent)
        assert answer.status_code == 200, answer.text
    names = [one["username"] for one in program.database["users"].find({"role": "Admin"})]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_.\-]{3,30}", name) for name in names)
    program.database["users"].delete_many({"role": "Admin"})


@pytest.mark.parametrize("email", ["ops@x.local", "a,b@x.org", "ops", "ops@example.org\n"])
def test_an_administrator_who_could_not_log_in_is_not_made(program: Served, email: str) -> None:
    code, said = made_admin(email, program.env_file)
    assert code == 3
    assert said.startswith("error: no administrator was made\nwhy:   it is no mail address")
    assert program.database["users"].find_one({"email": email.strip()}) is None


def test_an_administrator_needs_a_database_that_is_there(program: Served, tmp_path: Path) -> None:
    away = tmp_path / ".env"
    here = program.value("MONGO_URI").partition("@")[2].partition("/")[0]
    kept = program.env_file.read_text().replace(here, f"127.0.0.1:{free_port()}")
    away.write_text(kept)
    code, said = made_admin("ops@example.org", away)
    assert code == 3
    assert [line.partition(":")[0] for line in said.splitlines()] == ["error", "why", "fix"]
