"""What a user may really do: one key read, one written and removed, both of a name of our own."""

import secrets
from collections.abc import Sequence
from contextlib import suppress

from redis.exceptions import RedisError

from skillconnect_ops.adapters.redis.connection import Line, connected, log_in
from skillconnect_ops.adapters.redis.uri import RedisUri
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.acl import AclCanary, AclRights, AclUnreachable

LASTS_S = 10
"""It goes by itself, should nobody be allowed to remove it."""
_READING = ("GET", "EXISTS", "TYPE")


def canary(uri: RedisUri, rights: AclRights, *, patience_s: float = 10.0) -> AclCanary:
    """Read and write as the user of a URI."""
    word = f"skc-canary-{secrets.token_hex(8)}"
    try:
        with connected(uri, patience_s=patience_s) as line:
            try:
                log_in(line, uri.link.user, uri.password, named=uri.link.names_user)
            except RedisError as error:
                return _nothing(uri.redact(str(error)))
            return AclCanary(
                read=_read(line, key_for(rights.keys, "R", word)),
                written=_written(line, key_for(rights.keys, "W", word)),
            )
    except AclUnreachable as error:
        return _nothing(f"{error.what}: {error.why}")


def key_for(patterns: Sequence[str], need: str, word: str) -> str | None:
    """A key that one of the patterns lets through and that nobody else has; None where none does.

    Args:
        patterns: `~app:*`, `%R~read:*`.
        need: `R` to read it, `W` to write it.
        word: what stands for the pattern's first `*`; without one it would be somebody's own key.
    """
    for pattern in patterns:
        allowed, _, glob = pattern.partition("~")
        if (not allowed or need in allowed) and (key := _matching(glob, word)) is not None:
            return key
    return None


def _matching(glob: str, word: str) -> str | None:
    """A text that a pattern matches, with the word in it."""
    made, rest, used = [], glob, False
    while rest:
        letter, rest = rest[0], rest[1:]
        if letter == "*":
            made.append("" if used else word)
            used = True
        elif letter == "?":
            made.append("x")
        elif letter == "[":
            inside, closed, rest = rest.partition("]")
            if not closed or not inside or inside[0] in "^\\":
                return None
            made.append(inside[0])
        elif letter == "\\" and rest:
            made.append(rest[0])
            rest = rest[1:]
        else:
            made.append(letter)
    return "".join(made) if used else None


def _read(line: Line, key: str | None) -> Fact[str]:
    if key is None:
        return Missing("its rights name no keys to read by a pattern")
    said = ""
    for command in _READING:
        try:
            line.ask(command, key)
        except RedisError as error:
            said = said or line.uri.redact(str(error))
        else:
            return Known(key)
    return Missing(said)


def _written(line: Line, key: str | None) -> Fact[str]:
    if key is None:
        return Missing("its rights name no keys to write by a pattern")
    try:
        line.ask("SET", key, "1", "NX", "EX", str(LASTS_S))
    except RedisError as error:
        return Missing(line.uri.redact(str(error)))
    with suppress(RedisError):  # it may not; the key ends by itself
        line.ask("DEL", key)
    return Known(key)


def _nothing(reason: str) -> AclCanary:
    return AclCanary(read=Missing(reason), written=Missing(reason))
