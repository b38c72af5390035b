"""Why a ring of keys is not read, or does not go from one state to the next. No error holds a key.

Variables are named, and entries of a list by their place in it, counted from 1.
"""

from skillconnect_ops.core.errors import Precondition, Refused


class NoSigningKey(Precondition):
    """The variable that signs is absent or empty."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not set",
            why="it is the key that tokens are signed with, so there is nothing to replace",
            fix=f"skc secrets generate --kind base64url --env {name}",
        )


class MalformedRing(Precondition):
    """A variable of the ring holds what nobody can be sure of; it is left as it is."""

    def __init__(self, variable: str, *, why: str, entry: int | None = None) -> None:
        where = f"entry {entry} of {variable}" if entry is not None else variable
        super().__init__(
            f"{where} cannot be read",
            why=why,
            fix=f"mend or remove {'that entry' if entry is not None else variable} by hand; tokens"
            " that only its key verifies are refused from then on",
        )


class KeyTooShort(Precondition):
    """The new key would be shorter than what it signs with."""

    def __init__(self, size_bytes: int, *, least_bytes: int) -> None:
        super().__init__(
            f"a key of {size_bytes} bytes does not become the new one",
            why=f"HS256 needs {least_bytes} bytes at least (RFC 7518, 3.2)",
            fix="skc secrets generate --kind base64url   # makes one of 32 random bytes",
        )


class KeyInUse(Refused):
    """The key has a part in the ring that forbids the other one."""

    def __init__(self, role: str, *, why: str) -> None:
        super().__init__(
            f"the key {role}",
            why=why,
            fix="skc secrets generate --kind base64url   # and go on with a key that is new",
        )


class NotStaged(Refused):
    """The key that shall sign is not known to the instances that shall verify it."""

    def __init__(self) -> None:
        super().__init__(
            "the key that shall sign is not among those that verify",
            why="an instance that was not restarted yet would refuse what the others sign with it",
            fix="skc rotate   # stages a key first",
        )


class StageExpired(Refused):
    """The staged key stops to verify before every instance can know that it signs."""

    def __init__(self) -> None:
        super().__init__(
            "the staged key verifies for less time than the restarts take",
            why="an instance that was not restarted yet would refuse what the others sign with it",
            fix="skc rotate   # stages it anew",
        )


class SharedKey(Refused):
    """Two rings hold one key."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(
            f"{one} and {other} share a key",
            why="a token that is signed for one of them is good for the other, too",
            fix=f"skc secrets generate --kind base64url --env {other} --replace",
        )
