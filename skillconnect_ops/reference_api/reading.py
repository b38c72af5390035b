"""Reads settings from the environment and the env file, and says all that is wrong with them.

A variable of the environment goes before the same one in the file. In production nothing is
guessed: what is missing, weak or out of place is refused, by name.
"""

import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from msgspec import Struct
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri
from redis.asyncio.connection import parse_url

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.proofs import ring
from skillconnect_ops.reference_api.proofs.ring import Ring
from skillconnect_ops.reference_api.settings import (
    ADMIN_RING,
    MONGO,
    REDIS,
    USER_RING,
    BadSettings,
    Problem,
    Settings,
    Smtp,
)

LEAST_BYTES = 32
"""RFC 7518, 3.2: a key of HS256 is at least as long as the hash."""
_LEAST_LETTERS = 10
"""Of 32 random characters, even hex digits, fewer different ones come once in a million keys."""
_PLACEHOLDER = re.compile(
    r"change.?me|placeholder|your[-_ ]|example|secret.?key|[\[<{].*[\]>}]|xxxx|todo", re.IGNORECASE
)
_SPAN = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LOOPBACK = {"localhost", "127.0.0.1", "::1", "[::1]"}
LEVELS = ("debug", "info", "warning", "error")


def variables(env_file: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """What the file says, with what the environment says in its place.

    Raises:
        BadSettings: the file cannot be read.
    """
    found: Mapping[str, str | None] = {}
    if env_file is not None:
        try:
            text = env_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            problem = Problem("the env file", f"{env_file} cannot be read: {reason}")
            raise BadSettings((problem,)) from error
        found = dotenv_values(stream=StringIO(text), interpolate=False)
    return {**{name: value for name, value in found.items() if value}, **environment}


def read(given: Mapping[str, str]) -> Settings:
    """The settings that these variables make.

    Raises:
        BadSettings: with everything that is wrong, not the first thing alone.
    """
    reader = _Reader(given)
    settings = reader.settings()
    problems = (*reader.problems, *(_faults(settings) if settings else ()))
    if settings is None or problems:
        raise BadSettings(problems)
    return settings


class _Reader:
    """Reads one variable after the other, and notes what is wrong."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.problems: list[Problem] = []

    def settings(self) -> Settings | None:
        production = self._one_of("NODE_ENV", ("production", "development"), "production")
        users, admins = self._ring(USER_RING), self._ring(ADMIN_RING)
        base = self._url("BASE_URL", "http://localhost:4000/api/v1")
        frontend = self._url("FRONTEND_URL", "http://localhost:5173")
        listed = self._given.get("ALLOWED_ORIGINS") or frontend
        mongo_uri = Secret(self._needed(MONGO))
        database, redis_url = self._database(mongo_uri), self._redis()
        if users is None or admins is None:
            return None
        return Settings(
            production=production == "production",
            mongo_uri=mongo_uri,
            database=database,
            redis_url=redis_url,
            users=users,
            admins=admins,
            access_s=self._span("JWT_EXPIRE", "15m"),
            session_s=self._whole("COOKIE_EXPIRE", 5, most=400) * _UNIT_S["d"],
            base_url=base,
            frontend_url=frontend,
            origins=frozenset(filter(None, (one.strip() for one in listed.split(",")))),
            smtp=self._smtp(),
            log_dir=self._folder("LOG_DIR", "logs"),
            log_level=self._one_of("LOG_LEVEL", LEVELS, "info"),
            mail_dir=self._folder("MAIL_DIR", "-"),
            proxies=self._whole("TRUSTED_PROXIES", 0, most=10),
            metrics_token=self._optional("METRICS_TOKEN"),
        )

    def _needed(self, name: str) -> str:
        value = self._given.get(name) or ""
        if not value:
            self.problems.append(Problem(name, "is not set"))
        return value

    def _optional(self, name: str) -> Secret | None:
        value = self._given.get(name)
        return Secret(value) if value else None

    def _one_of(self, name: str, known: tuple[str, ...], usual: str) -> str:
        value = (self._given.get(name) or usual).lower()
        if value not in known:
            self.problems.append(Problem(name, f"is none of {', '.join(known)}"))
            return usual
        return value

    def _whole(self, name: str, usual: int, *, most: int) -> int:
        text = self._given.get(name) or str(usual)
        digits = text.isascii() and text.isdigit() and len(text) < 10
        if not digits or int(text) > most:
            self.problems.append(Problem(name, f"is not a whole number up to {most}"))
            return usual
        return int(text)

    def _span(self, name: str, usual: str) -> int:
        found = _SPAN.fullmatch(self._given.get(name) or usual)
        if found is None:
            self.problems.append(Problem(name, "is not a time such as 15m, 12h or 7d"))
            return 900
        return int(found[1]) * _UNIT_S[found[2]]

    def _folder(self, name: str, usual: str) -> Path | None:
        value = self._given.get(name) or usual
        return None if value == "-" else Path(value)

    def _url(self, name: str, usual: str) -> str:
        value = self._given.get(name) or usual
        parts = _split(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            self.problems.append(Problem(name, "is no http or https URL"))
            return usual
        return value

    def _ring(self, name: str) -> Ring | None:
        if not self._needed(name):
            return None
        try:
            return ring.read(self._given, name)
        except ring.Malformed as error:
            self.problems.append(Problem(error.name, error.what))
            return None

    def _database(self, uri: Secret) -> str:
        if not uri:
            return ""
        # a name that DNS does not know just now is no fault of the setting
        plain = re.sub(r"^mongodb\+srv://", "mongodb://", uri.reveal())
        try:
            found = parse_uri(plain, validate=True, warn=False, normalize=False)
        except (PyMongoError, ValueError, OSError):  # OSError: a file of certificates is not there
            self.problems.append(Problem(MONGO, "is no MongoDB URI"))
            return ""
        if not found["database"]:
            self.problems.append(Problem(MONGO, "names no database after the hosts"))
        return found["database"] or ""

    def _redis(self) -> Secret:
        value = self._needed(REDIS)
        try:
            parse_url(value)
        except ValueError:
            if value:
                self.problems.append(Problem(REDIS, "is no redis URL"))
        return Secret(value)

    def _smtp(self) -> Smtp | None:
        host = self._given.get("SMTP_HOST")
        if not host:
            return None
        return Smtp(
            host=host,
            port=self._whole("SMTP_PORT", 587, most=65_535),
            user=self._given.get("SMTP_EMAIL") or "",
            password=Secret(self._given.get("SMTP_PASSWORD") or ""),
        )


def _faults(settings: Settings) -> Iterator[Problem]:
    """What would work and must not."""
    yield from _weak(settings)
    for origin in sorted(settings.origins):
        if problem := _origin_problem(origin, production=settings.production):
            shown = origin if "@" not in origin else "something with a login in it"
            yield Problem("ALLOWED_ORIGINS", f"holds {shown}: {problem}")
    if not settings.production:
        return
    for name, url in (("BASE_URL", settings.base_url), ("FRONTEND_URL", settings.frontend_url)):
        if problem := _origin_problem(_origin(url), production=True):
            yield Problem(name, f"is {_origin(url)}: {problem}")
    if settings.mail_dir is not None:
        yield Problem("MAIL_DIR", "is set: mails hold tokens, and lie in no folder in production")
    if settings.smtp is None:
        yield Problem("SMTP_HOST", "is not set: without mails nobody can make an account")
    if not settings.proxies:
        why = "is not set: production is reached over TLS, which ends at a proxy before us"
        yield Problem("TRUSTED_PROXIES", why)


def _weak(settings: Settings) -> Iterator[Problem]:
    for one in (settings.users, settings.admins):
        for key in one.keys:
            name = one.name if key is one.signing else f"{one.name}_FALLBACKS"
            text = key.secret.reveal()
            if len(text.encode()) < LEAST_BYTES:
                yield Problem(name, f"is shorter than {LEAST_BYTES} bytes")
            elif key.kid is None and (_PLACEHOLDER.search(text) or len(set(text)) < _LEAST_LETTERS):
                yield Problem(name, "is a placeholder, or was made up")
    people, admins = ({key.secret for key in one.keys} for one in (settings.users, settings.admins))
    if people & admins:
        yield Problem(f"{USER_RING} and {ADMIN_RING}", "have a key in common")
    token = settings.metrics_token
    if token is not None and len(token.reveal()) < LEAST_BYTES:
        yield Problem("METRICS_TOKEN", f"is shorter than {LEAST_BYTES} bytes")
    smtp = settings.smtp or Smtp(host="")
    for name, value in (
        (MONGO, ring.password_of(settings.mongo_uri.reveal())),
        (REDIS, ring.password_of(settings.redis_url.reveal())),
        ("METRICS_TOKEN", token.reveal() if token else None),
        ("SMTP_EMAIL", smtp.user if "@example." not in smtp.user else None),
        ("SMTP_PASSWORD", smtp.password.reveal()),
    ):
        if ring.generation(Secret(value or "")) is None and _PLACEHOLDER.search(value or ""):
            yield Problem(name, "holds a placeholder")


def _split(url: str) -> SplitResult:
    """Its parts; none of what is no URL."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is looked at when it is asked for
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _origin(url: str) -> str:
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc}"


def _origin_problem(origin: str, *, production: bool) -> str | None:
    parts = _split(origin)
    if origin != _origin(origin).lower() or not parts.hostname or set("*@") & set(origin):
        return "it is no origin, as https://app.example.org is"
    if production and parts.scheme != "https":
        return "production takes https alone"
    if production and (parts.hostname in _LOOPBACK or parts.hostname.endswith(".localhost")):
        return "localhost is not allowed in production"
    return None


class Source(Struct, frozen=True):
    """Where settings come from; read anew at each reload."""

    env_file: Path | None
    environment: Mapping[str, str]

    def read(self) -> Settings:
        """The settings as they stand now.

        Raises:
            BadSettings: they are refused.
        """
        return read(variables(self.env_file, self.environment))
