"""Whether a URI lets one in, tried on fresh connections."""

import secrets

from redis.exceptions import AuthenticationError, RedisError

from skillconnect_ops.adapters.redis.connection import connected, log_in
from skillconnect_ops.adapters.redis.uri import RedisUri
from skillconnect_ops.core.ports.acl import DEFAULT_USER, AclAnswer, AclLogin, AclUnreachable
from skillconnect_ops.core.secret import Secret

WANTED = "authentication required"
"""NOAUTH, less its first word, which redis-py takes away."""
NONE_SET = ("no password is set", "without any password configured")
"""`AUTH` with a password alone, where `default` has none."""


def try_login(uri: RedisUri, *, patience_s: float = 10.0) -> AclLogin:
    """One attempt with the URI's own login; where it succeeds, one with a made-up password."""
    link = uri.link
    try:
        answer, reason = _attempt(uri, uri.password, patience_s)
        if answer in {AclAnswer.ACCEPTED, AclAnswer.NOT_PERMITTED}:
            answer, reason = _against_another(uri, answer, reason, patience_s)
    except AclUnreachable as error:
        answer, reason = AclAnswer.UNREACHABLE, f"{error.what}: {error.why}"
    return AclLogin(where=link.where, answer=answer, reason=reason)


def _attempt(uri: RedisUri, password: Secret | None, patience_s: float) -> tuple[AclAnswer, str]:
    named = uri.link.names_user
    with connected(uri, patience_s=patience_s) as line:
        try:
            log_in(line, uri.link.user, password, named=named)
        except AuthenticationError as error:
            return _refusal(uri, str(error))
        except RedisError as error:
            return _other(uri, str(error))
        try:
            line.ask("PING")
        except AuthenticationError as error:
            return _refusal(uri, str(error))
        except RedisError as error:
            return _other(uri, str(error))
    return AclAnswer.ACCEPTED, ""


def _against_another(
    uri: RedisUri, answer: AclAnswer, reason: str, patience_s: float
) -> tuple[AclAnswer, str]:
    """An acceptance means something only where another password is refused."""
    link = uri.link
    if uri.password is None:
        return AclAnswer.OPEN, f"{link.where} lets in who gives no password: that proves nothing"
    control, said = _attempt(uri, Secret(secrets.token_urlsafe(24)), patience_s)
    if control is AclAnswer.WRONG_PASSWORD:
        return answer, reason
    if control is AclAnswer.UNREACHABLE:
        return control, said
    return (
        AclAnswer.OPEN,
        f"{link.where} takes any password of the user '{link.user}' (nopass): that proves nothing",
    )


def _refusal(uri: RedisUri, said: str) -> tuple[AclAnswer, str]:
    said = uri.redact(said)
    if any(words in said for words in NONE_SET):
        return (
            AclAnswer.OPEN,
            f"{uri.link.where} has no password for '{DEFAULT_USER}', and lets everybody in",
        )
    if WANTED in said.lower():
        return AclAnswer.PASSWORD_WANTED, "NOAUTH: the server wants a password"
    return AclAnswer.WRONG_PASSWORD, f"WRONGPASS: {said}"


def _other(uri: RedisUri, said: str) -> tuple[AclAnswer, str]:
    said = uri.redact(said)
    if "no permissions" in said or said.startswith("NOPERM"):
        return AclAnswer.NOT_PERMITTED, f"NOPERM: {said}"
    if any(words in said for words in NONE_SET):
        return _refusal(uri, said)
    return AclAnswer.UNREACHABLE, f"{uri.link.where} gives no answer to a login: {said}"
