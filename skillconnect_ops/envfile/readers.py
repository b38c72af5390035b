"""The programs that read env files, and what each of them makes of one."""

from collections.abc import Callable, Mapping
from enum import Enum

from msgspec import Struct

from skillconnect_ops.envfile import bash, compose, node_dotenv, node_env_file, python_dotenv


class Reader(Enum):
    """A program that reads env files; the app's own comes first."""

    NODE_DOTENV = "node-dotenv"
    NODE_ENV_FILE = "node-env-file"
    PYTHON_DOTENV = "python-dotenv"
    BASH = "bash"

    @property
    def label(self) -> str:
        """What a person calls it."""
        return _LABELS[self]


_LABELS = {
    Reader.NODE_DOTENV: "Node's dotenv",
    Reader.NODE_ENV_FILE: "node --env-file",
    Reader.PYTHON_DOTENV: "python-dotenv",
    Reader.BASH: "bash (source)",
}
EVERY_READER = frozenset(Reader)


class OtherReader(Enum):
    """A program that nothing is written for: it takes what the readers above read alike.

    What else stands in a file it may read differently, or refuse.
    """

    COMPOSE = "docker-compose"

    @property
    def label(self) -> str:
        """What a person calls it."""
        return "docker compose"


AnyReader = Reader | OtherReader


class Reading(Struct, frozen=True, kw_only=True):
    """What one reader makes of a whole file. Its repr shows no value."""

    values: Mapping[str, str | None] = {}
    """By name; None for a value that depends on other variables."""
    trouble: str | None = None
    """Why it reads nothing, or why nobody can tell what it reads; then `values` is empty."""
    line: int | None = None
    """The line of the trouble."""
    cause: str | None = None
    """What stands in that line: `a quote that is not closed`; no text of it."""

    def __repr__(self) -> str:
        return f"Reading(names={sorted(self.values)}, trouble={self.trouble!r}, line={self.line})"


def readings(data: bytes) -> dict[Reader, Reading]:
    """What every reader makes of a file; nothing is run, and nothing is interpolated."""
    return {reader: reading(data, reader) for reader in Reader}


def reading(data: bytes, reader: AnyReader) -> Reading:
    """What one reader makes of a file; nothing is run, and nothing is interpolated."""
    return _READ[reader](data)


def _with_node_dotenv(data: bytes) -> Reading:
    return Reading(values=node_dotenv.read(_as_node_decodes(data)))


def _with_node_env_file(data: bytes) -> Reading:
    return Reading(values=node_env_file.read(_as_node_decodes(data)))


def _with_python_dotenv(data: bytes) -> Reading:
    try:
        values = python_dotenv.read(data)
    except python_dotenv.NotText as error:
        cause = "a byte that is no UTF-8"
        return Reading(trouble="the file is not UTF-8 there", line=error.line, cause=cause)
    return Reading(
        values={
            name: None if python_dotenv.interpolates(value) else value
            for name, value in values.items()
        }
    )


def _with_bash(data: bytes) -> Reading:
    try:
        return Reading(values=bash.read(data))
    except bash.Unsure as error:
        trouble = f"there is {error.why} that bash would act on"
        return Reading(trouble=trouble, line=error.line, cause=error.why.strip())


def _with_compose(data: bytes) -> Reading:
    try:
        return Reading(values=compose.read(data))
    except compose.RefusesFile as error:
        trouble = f"there is {error.why}, for which it refuses the file"
        return Reading(trouble=trouble, line=error.line, cause=error.why)


def _as_node_decodes(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


_READ: Mapping[AnyReader, Callable[[bytes], Reading]] = {
    Reader.NODE_DOTENV: _with_node_dotenv,
    Reader.NODE_ENV_FILE: _with_node_env_file,
    Reader.PYTHON_DOTENV: _with_python_dotenv,
    Reader.BASH: _with_bash,
    OtherReader.COMPOSE: _with_compose,
}
