"""The nouns of a rotation."""

from enum import StrEnum

from msgspec import Struct

from skillconnect_ops.core.settings.model import ConsumerSettings, SecretSettings, SinkSettings

ANYBODY = "whatever reads the env files"
"""Who reads a secret of which the settings name no reader."""


class Kind(StrEnum):
    """What sort of credential a secret is; each is renewed in its own way."""

    MONGODB = "mongodb"
    REDIS = "redis"
    JWT = "jwt"
    RANDOM = "random"
    MANUAL = "manual"


class Named(Struct, frozen=True, kw_only=True):
    """One entry of `secrets:`, with who reads it."""

    name: str
    kind: Kind
    settings: SecretSettings
    consumers: tuple[tuple[str, ConsumerSettings], ...]
    files: tuple[str, ...]
    """The env files that hold its variable, relative to the project's root."""
    sinks: tuple[tuple[str, SinkSettings], ...] = ()
    """What is given its value besides."""

    @property
    def by_hand(self) -> tuple[str, ...]:
        """Who reads it, and is not reloaded by us; never empty where no reader is known."""
        if not self.consumers:
            return (ANYBODY,)
        return tuple(name for name, consumer in self.consumers if not consumer.reload)


class Slots(Struct, frozen=True):
    """The two user names that take turns; what was neither comes back to one of them."""

    current: str
    next: str


def slots(user: str) -> Slots:
    """The user's name and that of its successor: `app`, `app_a` or `app_b`.

    Names stay stable, so that roles, firewalls and dashboards may name them; and whoever finds the
    next name taken knows that another rotation is under way, on whichever machine.
    """
    match user[-2:]:
        case "_a":
            return Slots(user, f"{user[:-2]}_b")
        case "_b":
            return Slots(user, f"{user[:-2]}_a")
        case _:
            return Slots(user, f"{user}_a")


def value_of(secret: str, *, age: str) -> str:
    """The name in the escrow of a secret's value: the `old` one or the `new` one."""
    return f"{secret} {age}"
