"""Access tokens: whatever is not exactly one of ours is refused, with the plan's code."""

import base64
import json
import secrets
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate import csrf
from skillconnect_ops.reference_api.proofs import tokens
from skillconnect_ops.reference_api.proofs.tokens import (
    ISSUER,
    Access,
    Audience,
    Kind,
    issued,
    verified,
)
from skillconnect_ops.reference_api.reading import read
from skillconnect_ops.reference_api.settings import Settings
from tests.reference_api.test_settings import good

LATER = 4_000_000_000
WHO = {"user_id": "65" * 12, "session_id": "session"}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return read(good())


def token(settings: Settings, kind: Kind = Kind.ACCESS, *, admin: bool = False) -> str:
    return issued(settings, kind, admin=admin, **WHO)


def forged(key: str, *, headers: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token made by hand; None leaves a claim out."""
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": Audience.USER.value, "sub": "65" * 12, "sid": "s"}
    said = {**usual, "iat": now, "exp": now + 60, **changed}
    payload = {name: value for name, value in said.items() if value is not None}
    head = {"typ": Kind.ACCESS.value, **(headers or {})}
    return jwt.encode(payload, key, algorithm="HS256", headers=head)


def code(settings: Settings, sent: str, kind: Kind = Kind.ACCESS) -> Code:
    with pytest.raises(ApiError) as refused:
        verified(settings, sent, kind)
    return refused.value.code


@pytest.mark.parametrize("admin", [False, True])
@pytest.mark.parametrize("kind", list(Kind))
def test_ours_is_taken_for_what_it_is(settings: Settings, kind: Kind, admin: bool) -> None:
    claims = verified(settings, token(settings, kind, admin=admin), kind)
    assert (claims.user_id, claims.session_id) == (WHO["user_id"], WHO["session_id"])
    assert claims.is_admin is admin
    header = jwt.get_unverified_header(token(settings, kind, admin=admin))
    ring = settings.admins if admin else settings.users
    assert header == {"alg": "HS256", "typ": kind.value, "kid": ring.signing.kid}


@pytest.mark.parametrize("other", [Kind.TICKET, Kind.REALTIME])
def test_a_token_for_something_else_opens_nothing(settings: Settings, other: Kind) -> None:
    assert code(settings, token(settings, other)) is Code.TOKEN_INVALID


def test_a_key_signs_for_its_own_audience_alone(settings: Settings) -> None:
    users, admins = settings.users.signing, settings.admins.signing
    for key, audience in ((users, Audience.ADMIN), (admins, Audience.USER)):
        for kid in (users.kid, admins.kid, None):
            headers = {"kid": kid} if kid else {}
            sent = forged(key.secret.reveal(), headers=headers, aud=audience.value)
            assert code(settings, sent) is Code.TOKEN_INVALID


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "skillconnect"},
        {"aud": [Audience.USER.value, Audience.ADMIN.value]},
        {"aud": None},
        {"iss": "else"},
        {"iss": None},
        {"sub": None},
        {"sid": None},
        {"sid": 7},
        {"exp": None},
        {"iat": None},
        {"iat": LATER},
        {"nbf": LATER},
    ],
    ids=str,
)
def test_every_claim_has_to_be_right(settings: Settings, changed: dict[str, Any]) -> None:
    key = settings.users.signing.secret.reveal()
    assert code(settings, forged(key, **changed)) is Code.TOKEN_INVALID


def test_one_that_is_over_is_told_apart(settings: Settings) -> None:
    sent = forged(settings.users.signing.secret.reveal(), exp=int(time.time()) - 60)
    assert code(settings, sent) is Code.TOKEN_EXPIRED


@pytest.mark.parametrize("kid", ["../../etc/passwd", "' or 1=1", "x" * 5000])
def test_a_strange_name_of_a_key_changes_nothing(settings: Settings, kid: str) -> None:
    sent = forged(settings.users.signing.secret.reveal(), headers={"kid": kid})
    assert verified(settings, sent, Kind.ACCESS).user_id == WHO["user_id"]
    assert code(settings, forged("x" * 40, headers={"kid": kid})) is Code.TOKEN_INVALID


def test_no_other_algorithm_is_taken(settings: Settings) -> None:
    key = settings.users.signing.secret.reveal()
    said = jwt.decode(token(settings), options={"verify_signature": False})
    head = {"typ": Kind.ACCESS.value}
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for sent in (
        jwt.encode(said, "", "none", headers=head),
        jwt.encode(said, private, "RS256", headers=head),
        jwt.encode(said, key + "0" * 24, "HS384", headers=head),
        _unsigned(said, alg="none"),
        _unsigned(said, alg="None"),
        _unsigned(said, alg="HS256"),
        token(settings).rpartition(".")[0] + ".",
    ):
        assert code(settings, sent) is Code.TOKEN_INVALID


def _unsigned(said: dict[str, Any], **head: str) -> str:
    parts = [json.dumps({"typ": Kind.ACCESS.value, **head}), json.dumps(said)]
    packed = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*packed, ""])


@pytest.mark.parametrize("sent", ["", ".", "..", "a.b.c", "e30.e30.e30", "x" * 9000, "\0", "é.é.é"])
def test_what_is_no_token_is_refused(settings: Settings, sent: str) -> None:
    assert code(settings, sent) is Code.TOKEN_INVALID


def test_one_from_before_a_leak_is_refused() -> None:
    given = good()
    before = token(read(given))
    later = read({**given, "JWT_SECRET_KEY_MIN_IAT": str(int(time.time()) + 1)})
    assert code(later, before) is Code.TOKEN_INVALID


def test_one_of_a_fallback_is_taken_until_its_time_is_over() -> None:
    given, now = good(), int(time.time())
    before = token(read(given))
    packed = base64.urlsafe_b64encode(given["JWT_SECRET_KEY"].encode()).decode().rstrip("=")
    swapped = {**given, "JWT_SECRET_KEY": secrets.token_urlsafe(32)}
    name = "JWT_SECRET_KEY_FALLBACKS"
    held = read({**swapped, name: f"v1.{packed}.{now + 60}"})
    assert verified(held, before, Kind.ACCESS).user_id == WHO["user_id"]
    for over in ({name: f"v1.{packed}.{now - 1}"}, {}):
        assert code(read({**swapped, **over}), before) is Code.TOKEN_INVALID


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was computed."""
    seen: list[str] = []
    real = jwt.decode

    def spied(sent: str, *args: Any, **options: Any) -> Any:
        seen.append(sent)
        return real(sent, *args, **options)

    monkeypatch.setattr(jwt, "decode", spied)
    return seen


def test_a_token_that_was_proven_is_known_to_the_letter_until_its_end(
    settings: Settings, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    access, sent = Access(settings), token(settings)
    assert access.verified(sent) == access.verified(sent) == verified(settings, sent, Kind.ACCESS)
    assert len(decoded) == 2
    head, _, signature = sent.rpartition(".")
    for other in (f"{head}.{signature[::-1]}", token(settings, Kind.TICKET)):
        with pytest.raises(ApiError):
            access.verified(other)
    before, end = len(decoded), access.verified(sent).expires_at
    monkeypatch.setattr(time, "time", lambda: end + 1.0)
    access.verified(sent)  # by the library's own clock it is not over
    assert len(decoded) == before + 1


def test_one_that_was_proven_ends_with_its_key(
    decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given, now = good(), int(time.time())
    before = token(read(given))
    packed = base64.urlsafe_b64encode(given["JWT_SECRET_KEY"].encode()).decode().rstrip("=")
    swapped = {**given, "JWT_SECRET_KEY": secrets.token_urlsafe(32)}
    access = Access(read({**swapped, "JWT_SECRET_KEY_FALLBACKS": f"v1.{packed}.{now + 60}"}))
    assert access.verified(before) == access.verified(before)
    known = len(decoded)
    monkeypatch.setattr(time, "time", lambda: now + 61.0)
    with pytest.raises(ApiError) as refused:
        access.verified(before)
    assert refused.value.code is Code.TOKEN_INVALID
    assert len(decoded) > known


def test_no_more_tokens_are_known_than_there_is_room_for(
    settings: Settings, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_MOST_PROVEN", 2)
    access = Access(settings)
    sent = [token(settings) for _ in range(3)]
    for one in (*sent, sent[2], sent[1], sent[0]):
        access.verified(one)
    assert decoded == [*sent, sent[0]]


def test_a_csrf_token_fits_its_session_and_its_ring_alone(settings: Settings) -> None:
    made = csrf.token(settings.users, "a")
    assert csrf.fits(settings.users, "a", made)
    assert not csrf.fits(settings.users, "b", made)
    assert not csrf.fits(settings.admins, "a", made)
    mac, _, salt = made.partition(".")
    for sent in ("", ".", mac, f"{mac}.", f".{salt}", f"{mac}.{salt}0", f"é.{salt}", made[:-1]):
        assert not csrf.fits(settings.users, "a", sent)


def test_the_parts_of_a_csrf_token_cannot_be_moved(settings: Settings) -> None:
    """Lengths are signed too: `ab` and `c` do not pass for `a` and `bc`."""
    mac, _, salt = csrf.token(settings.users, "ab").partition(".")
    assert not csrf.fits(settings.users, "a", f"{mac}.b{salt}")


def test_csrf_tokens_outlive_a_rotation_of_their_key() -> None:
    given = good()
    made = csrf.token(read(given).users, "a")
    packed = base64.urlsafe_b64encode(given["JWT_SECRET_KEY"].encode()).decode().rstrip("=")
    later = {"JWT_SECRET_KEY": secrets.token_urlsafe(32)}
    later["JWT_SECRET_KEY_FALLBACKS"] = f"v1.{packed}.{int(time.time()) + 60}"
    assert csrf.fits(read({**given, **later}).users, "a", made)
