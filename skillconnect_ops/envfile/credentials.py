"""Which variables of an env file are credentials, and how each of them is renewed; pure.

A guess by name and value, for a person to look over. In doubt a credential is one that a person
makes: a key that data is encrypted with, renewed unasked, would leave that data unreadable.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile.values import is_placeholder, is_secret_name, looks_secret

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_MONGODB = regex(r"mongodb(\+srv)?://\S+")
_REDIS = regex(r"rediss?://\S+")
_JWT = regex(
    r"(?:(?:ADMIN|USERS?|CUSTOMER|APP|API|AUTH|ACCESS|REFRESH|SERVER|BACKEND|WEB|MY)_)*JWT"
    r"(?:_(?:ADMIN|USER|ACCESS|REFRESH|AUTH|SIGNING|TOKEN|SECRET|KEY))*"
    r"|(?:ADMIN_)?(?:ACCESS|REFRESH)_TOKEN_SECRET(?:_KEY)?"
)
"""Names of keys that are the app's own; what another service made is not ours to renew."""
_OF_OTHERS = regex(r"SUPABASE|HASURA|CLERK|AUTH0|FIREBASE|ZOOM|TWILIO|LIVEKIT|COGNITO|OKTA|STRIPE")
_NO_SYMMETRIC_KEY = ("-----BEGIN", "{")
_NO_HMAC_KEY = regex(r"PRIVATE|PUBLIC|FALLBACKS?$|_MIN_IAT$|EXPIR")
_RANDOM = regex(r"(?:^|_)(?:SESSION|COOKIE|CSRF)S?_(?:SECRET|KEY)$|^NEXTAUTH_SECRET$")
_MAIL = regex(r"(?:^|_)(?:SMTP|MAIL|EMAIL)_(?:.*_)?PASS(?:WORD|WD|PHRASE)?$")
_BESIDE = regex(r".+_(?:FALLBACKS|MIN_IAT)")
"""What belongs to another variable, and is renewed with it."""
_OWN = "SKC_"
_LOOSE_ENDS = regex(r"_?(?:SECRET|ACCESS|KEY|PASSWORD|PASSWD|PASS|PWD|TOKEN|URL|URI)$")
_REDIS_PORT = 6379


class Renewal(StrEnum):
    """How a credential is renewed; the kinds of `secrets:` in `skc.yaml`."""

    MONGODB = "mongodb"
    REDIS = "redis"
    JWT = "jwt"
    RANDOM = "random"
    MANUAL = "manual"


class Credential(Struct, frozen=True, kw_only=True):
    """A variable that holds one; its value is not kept."""

    env: str
    renewal: Renewal
    in_place: bool = False
    """Redis: whether its user has no other name than `default`, so that no other can follow it."""
    mail: bool = False
    """Whether it is a mail server's password."""
    where: str | None = None
    """Redis: `host:port` as the app knows it."""

    @property
    def name(self) -> str:
        """A short name: `admin_jwt` of ADMIN_JWT_SECRET_KEY."""
        if self.renewal is Renewal.MONGODB:
            return self.renewal.value
        short = self.env.upper()
        while (cut := _LOOSE_ENDS.sub("", short)) not in {"", short}:
            short = cut
        return short.strip("_").lower() or self.env.lower()


def credentials(
    values: Mapping[str, Secret], *, signing: Collection[str] = ()
) -> tuple[Credential, ...]:
    """The credentials among variables, in their order.

    Of several MongoDB addresses all are told; whoever writes them down chooses.

    Args:
        values: the variables by name; an empty one and a placeholder are none.
        signing: names of variables that the code signs tokens with.
    """
    found = (_credential(name, value.reveal().strip(), signing) for name, value in values.items())
    return tuple(one for one in found if one is not None)


def _credential(name: str, value: str, signing: Collection[str]) -> Credential | None:
    upper = name.upper()
    foreign = not _NAME.fullmatch(name) or upper.startswith(_OWN) or _BESIDE.fullmatch(upper)
    if foreign or not value or is_placeholder(value):
        return None
    if "://" in value:
        return _address(name, value)
    if _signs(name, value, signing):
        return Credential(env=name, renewal=Renewal.JWT)
    if not (is_secret_name(name) or looks_secret(value)):
        return None
    if _RANDOM.search(upper):
        return Credential(env=name, renewal=Renewal.RANDOM)
    return Credential(env=name, renewal=Renewal.MANUAL, mail=_MAIL.search(upper) is not None)


def _signs(name: str, value: str, signing: Collection[str]) -> bool:
    """Whether tokens are signed with it, as an HMAC key of the app's own."""
    upper = name.upper()
    if _OF_OTHERS.search(upper) or _NO_HMAC_KEY.search(upper):
        return False
    own = name in signing or _JWT.fullmatch(upper) is not None
    return own and not value.startswith(_NO_SYMMETRIC_KEY)


def _address(name: str, value: str) -> Credential | None:
    """An address with a password in it; without one there is nothing to renew."""
    login = value.partition("://")[2].rpartition("@")[0]
    user, _, password = login.partition(":")
    if _MONGODB.fullmatch(value):
        return Credential(env=name, renewal=Renewal.MONGODB) if password else None
    if _REDIS.fullmatch(value):
        if not password:
            return None
        return Credential(
            env=name,
            renewal=Renewal.REDIS,
            in_place=user in {"", "default"},
            where=_where(value),
        )
    if password or looks_secret(value) or is_secret_name(name):
        return Credential(env=name, renewal=Renewal.MANUAL)
    return None


def _where(value: str) -> str | None:
    try:
        parts = urlsplit(value)
        port = parts.port or _REDIS_PORT
    except ValueError:
        return None
    return f"{parts.hostname}:{port}" if parts.hostname else None
