"""What the API is told, and how it says that it does not take it."""

from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.proofs import ring
from skillconnect_ops.reference_api.proofs.ring import Ring

USER_RING, ADMIN_RING = "JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY"
MONGO, REDIS = "MONGO_URI", "REDIS_URL"


class Problem(Struct, frozen=True):
    """One thing that is wrong."""

    name: str
    """Of the variable, or `the env file`."""
    what: str
    """What is wrong with it; it may repeat a value that is no secret by its name."""

    def __str__(self) -> str:
        return f"{self.name} {self.what}"


class BadSettings(Exception):
    """The settings are refused.

    Its text is for who runs the program. Others are told the names alone: in a variable that should
    hold no secret somebody may have pasted one.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems

    @property
    def names(self) -> str:
        """Of the variables that are wrong."""
        return ", ".join(dict.fromkeys(problem.name for problem in self.problems))


class Smtp(Struct, frozen=True, kw_only=True):
    """How mails leave."""

    host: str
    port: int = 587
    user: str = ""
    password: Secret = Secret("")


class Settings(Struct, frozen=True, kw_only=True):
    """All of them."""

    production: bool
    mongo_uri: Secret
    database: str
    redis_url: Secret
    users: Ring
    admins: Ring
    access_s: int
    """How long an access token lives."""
    session_s: int
    """How long a session lives without a new login."""
    base_url: str
    frontend_url: str
    origins: frozenset[str]
    """What browsers may call from, besides the API's own origin."""
    smtp: Smtp | None = None
    log_dir: Path | None = None
    """None: lines on stdout."""
    log_level: str = "info"
    mail_dir: Path | None = None
    proxies: int = 0
    """How many proxies stand before the API."""
    metrics_token: Secret | None = None

    @property
    def host(self) -> str:
        """By which name, and perhaps port, the API is reached from outside."""
        return urlsplit(self.base_url).netloc

    @property
    def own_origin(self) -> str:
        """The origin of its own pages."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def hidden(self) -> tuple[Secret, ...]:
        """What no log may hold."""
        keys = (key.secret for one in (self.users, self.admins) for key in one.keys)
        passwords = (
            Secret(found)
            for uri in (self.mongo_uri, self.redis_url)
            if (found := ring.password_of(uri.reveal()))
        )
        mail = (self.smtp.password,) if self.smtp and self.smtp.password else ()
        metrics = (self.metrics_token,) if self.metrics_token else ()
        return (*keys, *passwords, self.mongo_uri, self.redis_url, *mail, *metrics)

    @property
    def loaded(self) -> dict[str, str | list[str | None] | None]:
        """Which generation of each secret is in use, by the variable; safe to be shown."""
        rings = {one.name: [key.kid for key in one.keys] for one in (self.users, self.admins)}
        values = {MONGO: self.mongo_uri, REDIS: self.redis_url}
        if self.metrics_token is not None:
            values["METRICS_TOKEN"] = self.metrics_token
        return {**rings, **{name: ring.generation(value) for name, value in values.items()}}
