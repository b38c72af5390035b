"""Consumers that Docker Compose runs: how they get a new environment, and how they do not.

A container keeps the environment that it was made with: `restart` starts the old one again. Only a
container that is made anew reads its env files, and sees a file of a secret that was replaced.
"""

import posixpath
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from skillconnect_ops.code.documents import COMPOSE, Service, services
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import variables_of
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.core.settings.model import Target

USUAL = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""What Compose finds by itself, in its order."""
_COMMANDS = frozenset({"docker", "docker-compose", "podman", "podman-compose"})
_LARGEST_BYTES = 1 << 20


class Composed(Struct, frozen=True, kw_only=True):
    """A service that gets the value of a secret from Compose."""

    file: str
    """The compose file, relative to the project's root."""
    service: str

    def recreate(self) -> tuple[str, ...]:
        """The command that makes its container anew."""
        own = () if self.file in USUAL else ("-f", self.file)
        return ("docker", "compose", *own, "up", "-d", "--force-recreate", self.service)


def notes(house: House, target: Target, secrets: Sequence[Named]) -> tuple[str, ...]:
    """What to say of consumers that run in containers."""
    consumers = {name: one for each in secrets for name, one in each.consumers}
    said = [
        f"warning: {name} is reloaded by `{shlex.join(one.reload)}`, and a container that is "
        "restarted keeps its old environment; if it gets the value from Compose, write: "
        f"reload: {_flow(_recreating(one.reload))}"
        for name, one in consumers.items()
        if keeps_environment(one.reload)
    ]
    without = [name for name, one in consumers.items() if not one.reload]
    if consumers and not without:
        return tuple(said)
    project = house.project()
    found = {
        one.service: one for one in _found(project.root, project.settings.backend, target, secrets)
    }
    for one in found.values():
        name = _meant(one.service, without, alone=len(found) == 1) if consumers else one.service
        if name is not None:
            said.append(
                f"{one.file} gives it to {one.service}: with `{name}: {{reload: "
                f"{_flow(one.recreate())}}}` below consumers in skc.yaml, skc makes that container "
                "anew (a restart keeps the old environment)"
            )
    return tuple(said)


def _meant(service: str, without: Sequence[str], *, alone: bool) -> str | None:
    """The consumer that is this service: of its name, or the only one of the only one."""
    if service in without:
        return service
    return without[0] if alone and len(without) == 1 else None


def keeps_environment(argv: Sequence[str]) -> bool:
    """Whether a command restarts a container as it is."""
    words = [PurePosixPath(word).name for word in argv]
    return any(word in _COMMANDS for word in words) and "restart" in words


def _recreating(argv: Sequence[str]) -> tuple[str, ...]:
    """The same command of Compose with `up` for `restart`; `docker restart` has no such."""
    words = [PurePosixPath(word).name for word in argv]
    if "compose" not in words and not any(word.endswith("-compose") for word in words):
        return ("docker", "compose", "up", "-d", "--force-recreate", "SERVICE")
    at = words.index("restart")
    return (*argv[:at], "up", "-d", "--force-recreate", *argv[at + 1 :])


def _found(
    root: Path, backend: str, target: Target, secrets: Sequence[Named]
) -> Iterator[Composed]:
    """The services that get one of these secrets from Compose, what it finds by itself last."""
    files = {path for one in secrets for path in _paths(one)}
    variables = {name for one in secrets for name in variables_of(one.settings)}
    for file in reversed(list(_compose_files(root, backend, target))):
        folder = posixpath.dirname(file)
        for service in services(_text(root / file)):
            if _gets(service, folder, files, variables):
                yield Composed(file=file, service=service.name)


def _gets(service: Service, folder: str, files: set[str], variables: set[str]) -> bool:
    own = {posixpath.normpath(posixpath.join(folder, one)) for one in service.files}
    return bool(own & files or service.variables & variables)


def _paths(one: Named) -> Iterator[str]:
    yield from (posixpath.normpath(path) for path in one.files)
    yield from (posixpath.normpath(sink.file) for _, sink in one.sinks if sink.file)


def _compose_files(root: Path, backend: str, target: Target) -> Iterator[str]:
    """Those in the folders where they are likely, the usual names first."""
    env = (posixpath.dirname(file) for file in target.settings.env_files)
    for folder in dict.fromkeys(posixpath.normpath(one or ".") for one in ("", backend, *env)):
        place = root / folder
        names = [one.name for one in place.iterdir()] if place.is_dir() else []
        for name in sorted(names, key=lambda one: (one not in USUAL, one)):
            if COMPOSE.fullmatch(name) and (place / name).is_file():
                yield posixpath.normpath(posixpath.join(folder, name))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _flow(argv: Sequence[str]) -> str:
    return f"[{', '.join(argv)}]"
