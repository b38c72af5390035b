"""Access tokens and login tickets: JSON Web Tokens of one algorithm, type, issuer and audience.

A token of a person and one of an administrator are signed by two rings, and name two audiences, so
neither passes for the other (RFC 8725, 3.8 and 3.9; ASVS 5.0, 9.1 and 9.2). What a token is for
stands in its header's `typ`: a login ticket opens nothing.
"""

import base64
import secrets
import time
from enum import StrEnum
from typing import Any

import jwt
import msgspec
from bson import ObjectId
from msgspec import Struct

from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.proofs.ring import Key, Ring
from skillconnect_ops.reference_api.settings import Settings

ISSUER = "skillconnect"
_ALGORITHMS = ["HS256"]
_REQUIRED = {"require": ["exp", "iat", "sub", "sid", "aud", "iss"]}
_SKEW_S = 5
_TICKET_S = 300
_REALTIME_S = 60
_MOST_PROVEN = 10_000


class Kind(StrEnum):
    """What a token is for."""

    ACCESS = "at+jwt"
    TICKET = "2fa+jwt"
    """The password was right; the second factor is missing."""
    REALTIME = "rt+jwt"
    """For the handshake of a real-time connection, which a page's script makes."""


class Audience(StrEnum):
    """Whose token it is."""

    USER = "skillconnect:user"
    ADMIN = "skillconnect:admin"


class Claims(Struct, frozen=True, kw_only=True):
    """What a valid token says."""

    user_id: str
    session_id: str
    audience: Audience
    issued_at: int
    expires_at: int
    """Both in epoch seconds."""

    @property
    def is_admin(self) -> bool:
        """Whether it was signed by the ring of administrators."""
        return self.audience is Audience.ADMIN


def issued(
    settings: Settings,
    kind: Kind,
    *,
    user_id: str,
    session_id: str,
    admin: bool,
) -> str:
    """A signed token."""
    audience = Audience.ADMIN if admin else Audience.USER
    key = _ring(settings, audience).signing
    now = int(time.time())
    lives_s = {
        Kind.ACCESS: settings.access_s,
        Kind.TICKET: _TICKET_S,
        Kind.REALTIME: _REALTIME_S,
    }
    payload = {
        "iss": ISSUER,
        "aud": audience.value,
        "sub": user_id,
        "sid": session_id,
        "iat": now,
        "exp": now + lives_s[kind],
        "jti": secrets.token_urlsafe(9),
    }
    headers = {"typ": kind.value, **({"kid": key.kid} if key.kid else {})}
    return jwt.encode(payload, key.secret.reveal(), algorithm="HS256", headers=headers)


def verified(settings: Settings, token: str, kind: Kind) -> Claims:
    """What a token says, once everything about it was looked at.

    Raises:
        ApiError: it is over, or no such token.
    """
    return _proven(settings, token, kind).claims


class _Proven(Struct, frozen=True):
    """A token that holds, and which key signed it."""

    claims: Claims
    key: Key

    def stands(self, settings: Settings, now: float) -> bool:
        """What time alone changes: the token's end, and its key's."""
        ring = _ring(settings, self.claims.audience)
        keys = ring.verifying(now, self.key.kid)
        return self.claims.expires_at > now and any(key is self.key for key in keys)


class Access:
    """Verifies access tokens by one reading of the settings.

    A session sends the same token for a quarter of an hour, and its signature costs a tenth of what
    a read does. So it is remembered which texts, to the letter, were found right. Other settings
    are another reading, which remembers none of this one's.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._proven: dict[str, _Proven] = {}

    def verified(self, token: str) -> Claims:
        """As `verified` of the module.

        Raises:
            ApiError: it is over, or no such token.
        """
        known = self._proven.get(token)
        if known is not None and known.stands(self._settings, time.time()):
            return known.claims
        found = _proven(self._settings, token, Kind.ACCESS)
        while len(self._proven) >= _MOST_PROVEN:
            del self._proven[next(iter(self._proven))]
        self._proven[token] = found
        return found.claims


def _proven(settings: Settings, token: str, kind: Kind) -> _Proven:
    header, payload = _claimed(token)
    if header.typ != kind.value:
        raise ApiError(Code.TOKEN_INVALID, "it is a token for something else")
    found, key = _decoded(_ring(settings, payload.aud), token, header.kid, payload.aud)
    claims = Claims(
        user_id=found["sub"],
        session_id=found["sid"],
        audience=payload.aud,
        issued_at=int(found["iat"]),
        expires_at=int(found["exp"]),
    )
    return _Proven(claims, key)


class _Header(Struct, frozen=True):
    """What tells which token it is, and which key signed it."""

    typ: str
    kid: Any = None


class _Payload(Struct, frozen=True):
    """What tells which ring signed it."""

    aud: Audience


def _claimed(token: str) -> tuple[_Header, _Payload]:
    """What a token says of itself; nothing of it is believed before a key has proven it.

    Each request pays for this, so no more of it is read than tells which key that has to be.

    Raises:
        ApiError: it is no token of ours.
    """
    try:
        header, payload, _ = token.encode("ascii").split(b".")
        return (
            msgspec.json.decode(base64.urlsafe_b64decode(header + b"=="), type=_Header),
            msgspec.json.decode(base64.urlsafe_b64decode(payload + b"=="), type=_Payload),
        )
    except (ValueError, RecursionError) as error:  # of the split, base64, UTF-8 and JSON
        raise ApiError(Code.TOKEN_INVALID, "it is no token of this service") from error


def _decoded(ring: Ring, token: str, kid: Any, audience: Audience) -> tuple[dict[str, Any], Key]:
    """Try each key that may have signed it."""
    keys = ring.verifying(time.time(), kid if isinstance(kid, str) else None)
    for key in keys:
        try:
            found: dict[str, Any] = jwt.decode(
                token,
                key.secret.reveal(),
                algorithms=_ALGORITHMS,
                audience=audience.value,
                issuer=ISSUER,
                leeway=_SKEW_S,
                options=_REQUIRED,  # type: ignore[arg-type] # a TypedDict all of whose keys may lack
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError as error:
            raise ApiError(Code.TOKEN_EXPIRED, "the token is over") from error
        except (jwt.InvalidTokenError, RecursionError, ValueError, OverflowError) as error:
            raise ApiError(Code.TOKEN_INVALID, "it is no token of this service") from error
        if not _is_well_formed(found):
            raise ApiError(Code.TOKEN_INVALID, "a claim of it is of another kind")
        if found["iat"] < ring.min_iat:
            raise ApiError(Code.TOKEN_INVALID, "it was issued before such tokens ended")
        return found, key
    raise ApiError(Code.TOKEN_INVALID, "no key of this service signed it")


def _is_well_formed(found: dict[str, Any]) -> bool:
    times = (found["iat"], found["exp"])
    return (
        all(isinstance(one, int) and not isinstance(one, bool) for one in times)
        and isinstance(found["sid"], str)
        and isinstance(found["sub"], str)
        and ObjectId.is_valid(found["sub"])
    )


def _ring(settings: Settings, audience: Audience) -> Ring:
    return settings.admins if audience is Audience.ADMIN else settings.users
