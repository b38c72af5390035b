"""What is asked of an API, what it runs on, and what became of it."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition, UsageError
from skillconnect_ops.core.secret import Secret

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask one that listens so


class OptionsDisagree(UsageError):
    """Two options that mean nothing together."""


class ExtraMissing(Precondition):
    """The libraries that the API is made of are not installed."""


class EnvFileMissing(Precondition):
    """There is no file to read its settings from."""


class PortUnusable(Precondition):
    """What is set as the port is none."""


class ApiRefused(Precondition):
    """The API ended before it could serve, and said why."""


class ApiNotReady(Precondition):
    """The API runs, and cannot serve."""


class ApiEnded(Precondition):
    """The API ended, and nobody had asked it to."""


class Asked(Struct, frozen=True, kw_only=True):
    """The command line."""

    workers: int
    host: str
    port: int | None
    env_file: Path | None
    target: str | None
    embedded: bool
    folder: Path | None
    keep: bool


class Setting(Struct, frozen=True, kw_only=True):
    """What an API is started with."""

    host: str
    port: int
    env_file: Path
    variables: Mapping[str, str]
    """The whole of its environment."""
    hidden: tuple[Secret, ...]
    """What is masked in all that it prints."""
    folder: Path | None = None
    """That of servers of its own."""

    @property
    def is_open(self) -> bool:
        """Whether other machines may reach it."""
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"

    @property
    def url(self) -> str:
        """Where it is asked from this machine."""
        host = WILDCARDS.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class Served(Struct, frozen=True, kw_only=True):
    """`facts.api` of the report."""

    url: str
    workers: int
    env_file: str
    embedded: bool
    folder: str | None
    kept: bool
    ready_after_s: float
    served_s: float
    killed: bool
    """Whether it did not end in time when it was asked to."""
