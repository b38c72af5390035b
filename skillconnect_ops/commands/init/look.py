"""One look at a project's files. Reads alone, follows no linked folder, and never raises."""

import json
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from skillconnect_ops.commands.init.address import uris
from skillconnect_ops.commands.init.compose import services
from skillconnect_ops.commands.init.model import EnvFile, Found, Package, Service
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.dotenv import parse_env
from skillconnect_ops.envfile import credentials

_DEEPEST = 4
_MOST_FOLDERS = 3000
_MOST_SOURCES = 2000
_LARGEST = 5_000_000
_SKIPPED = {
    *("node_modules", "bower_components", "vendor", "venv", "env", "__pycache__", "site-packages"),
    *("dist", "build", "out", "target", "coverage", "tmp", "logs", "public", "static", "assets"),
}
_NO_ENV = re.compile(
    r"example|sample|template|dist|tpl|bak|backup|old|orig|sw[a-p]|enc|vault|md|keys|save|schema",
    re.IGNORECASE,
)
_COMPOSE = re.compile(r"(docker-)?compose([.-][\w.-]+)?\.ya?ml")
_SOURCE = re.compile(r".*\.([cm]?[jt]s|py)")
_DB_NAME = re.compile(r"""\bdbName['"]?\s*[:=]\s*['"]([A-Za-z0-9_-]{1,63})['"]""")
_SIGNING = re.compile(
    r"\b(?:jwt|jsonwebtoken)\.sign\((?:[^()]|\([^()]*\)){1,300}?,\s*process\.env\.(\w+)"
)
"""Within the call's own parentheses: the next statement may name a key of another service."""
_LIFETIME = re.compile(r"(?:JWT|TOKEN)[A-Z_]*(?:EXPIR|TTL|LIFETIME)|^EXPIRES_IN$")
_LIFETIME_TEXT = re.compile(r"(\d{1,4})\s?([smhdw])", re.IGNORECASE)
_WEEK_DAYS = 7
_MAIL = {
    "host": re.compile(r"(?:SMTP|MAIL|EMAIL)_(?:HOST|SERVER)"),
    "user": re.compile(r"(?:SMTP|MAIL|EMAIL)_(?:USER|USERNAME|EMAIL|MAIL|LOGIN)"),
    "port": re.compile(r"(?:SMTP|MAIL|EMAIL)_PORT"),
}
_BACKEND = re.compile(
    r"express|fastify|koa|hapi|nestjs|mongoose|mongodb|fastapi|flask|django|pymongo|motor|beanie"
)
_MANIFESTS = ("package.json", "pyproject.toml", "requirements.txt")


def look(root: Path, *, here: Path, git: bool) -> Found:
    """What stands in the folder `root`.

    Args:
        root: the project's folder.
        here: the working folder, in or below the root.
        git: whether it is a repository.
    """
    seen = _Seen(root)
    for folder, names in _walk(root):
        for name in names:
            seen.take(folder / name)
    return Found(
        root=str(root),
        folder_name=root.name,
        git=git,
        packages=tuple(seen.packages),
        env_files=tuple(seen.described()),
        services=tuple(seen.services),
        database_names=tuple(sorted(seen.database_names)),
        signing=tuple(sorted(seen.signing)),
        here=_relative(here, root) if here.is_relative_to(root) else ".",
        notes=tuple(seen.notes),
    )


class _Seen:
    """What the walk has shown so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.packages: list[Package] = []
        self.env_files: list[EnvFile] = []
        self.signing: set[str] = set()
        self.services: list[Service] = []
        self.database_names: set[str] = set()
        self.notes: list[str] = []
        self._sources = 0
        self._values: dict[str, dict[str, Secret]] = {}

    def take(self, file: Path) -> None:
        """Look at one file, if its name says that it matters."""
        name = file.name
        if not _relative(file, self.root).isprintable():
            return  # such a path cannot stand in skc.yaml
        if name == ".env" or (name.startswith(".env.") and not _is_example(name)):
            self._env_file(file)
        elif name in _MANIFESTS:
            self._package(file)
        elif _COMPOSE.fullmatch(name):
            self._compose(file)
        elif _SOURCE.fullmatch(name) and self._sources < _MOST_SOURCES:
            self._sources += 1
            raw = self._read(file, quiet=True)
            text = (raw or b"").decode(errors="replace")
            self.database_names.update(_DB_NAME.findall(text))
            self.signing.update(_SIGNING.findall(text))

    def described(self) -> Iterator[EnvFile]:
        """The env files with their credentials: what the code signs with is known at the end."""
        for file in sorted(self.env_files, key=lambda file: (file.folder, file.path)):
            values = self._values[file.path]
            found = credentials(values, signing=self.signing)
            yield msgspec.structs.replace(file, credentials=found)

    def _env_file(self, file: Path) -> None:
        path, trouble = _relative(file, self.root), None
        raw = self._read(file)
        try:
            values = parse_env(raw or b"", shown=path)
        except SkcError as error:
            values, trouble = {}, error.why
            self.notes.append(f"{path}: {error.why}")
        if raw is None:
            trouble = "it could not be read"
        self._values[path] = values
        modes = (values.get(name) for name in ("NODE_ENV", "APP_ENV", "ENVIRONMENT", "ENV"))
        mode = next((mode.reveal().strip().lower() for mode in modes if mode), None)
        self.env_files.append(
            EnvFile(
                path=path,
                folder=_relative(file.parent, self.root),
                suffix=file.name.removeprefix(".env").removeprefix("."),
                variables=len(values),
                uris=uris(values),
                mode=mode if mode in _MODES else None,
                trouble=trouble,
                lifetimes=_lifetimes(values),
                mail=_mail(values),
            )
        )

    def _package(self, file: Path) -> None:
        raw = self._read(file)
        text = (raw or b"").decode("utf-8-sig", errors="replace")
        name = None
        try:
            if file.suffix == ".json":
                name = _text(json.loads(text), "name")
            elif file.suffix == ".toml":
                name = _text(tomllib.loads(text).get("project"), "name")
        except (ValueError, RecursionError):
            self.notes.append(f"{_relative(file, self.root)}: it cannot be parsed")
        self.packages.append(
            Package(
                folder=_relative(file.parent, self.root),
                manifest=_relative(file, self.root),
                name=name,
                server=_BACKEND.search(text) is not None,
            )
        )

    def _compose(self, file: Path) -> None:
        path = _relative(file, self.root)
        text = (self._read(file) or b"").decode("utf-8-sig", errors="replace")
        try:
            self.services += services(text, file=path)
        except ValueError as error:
            self.notes.append(f"{path}: {error}")

    def _read(self, file: Path, *, quiet: bool = False) -> bytes | None:
        """The bytes of a plain file of bearable size; what is not read is noted."""
        try:
            found = file.stat()
            trouble = _trouble(found)
            if trouble is None:
                return file.read_bytes()
        except OSError as error:
            trouble = error.strerror or type(error).__name__
        if not quiet:
            self.notes.append(f"{_relative(file, self.root)}: {trouble}")
        return None


_MODES = {"development", "production", "staging", "test", "dev", "prod", "stage", "local"}


def _lifetimes(values: Mapping[str, Secret]) -> dict[str, str]:
    """How long tokens are good for, in the words of `token_ttl`."""
    found = {}
    for name, value in values.items():
        said = _LIFETIME_TEXT.fullmatch(value.reveal().strip())
        if said is not None and int(said[1]) and _LIFETIME.search(name.upper()):
            number, unit = int(said[1]), said[2].lower()
            found[name] = f"{number * _WEEK_DAYS}d" if unit == "w" else f"{number}{unit}"
    return found


def _mail(values: Mapping[str, Secret]) -> dict[str, str]:
    """Where mail goes out: names of variables, and the port, which is no secret."""
    found = {}
    for what, shape in _MAIL.items():
        name = next((name for name in values if shape.fullmatch(name.upper())), None)
        if name is not None and values[name]:
            found[what] = values[name].reveal().strip() if what == "port" else name
    return found


def _walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Folders from the top, with the names of their files; bounded in depth and number."""
    for number, (folder, below, names) in enumerate(os.walk(root)):
        if number >= _MOST_FOLDERS:
            return
        place = Path(folder)
        deep = len(place.relative_to(root).parts) >= _DEEPEST
        below[:] = [] if deep else sorted(name for name in below if _is_walked(name))
        yield place, sorted(names)


def _is_walked(name: str) -> bool:
    return name not in _SKIPPED and not name.startswith(".")


def _is_example(name: str) -> bool:
    return name.endswith("~") or any(_NO_ENV.fullmatch(part) for part in name.split(".")[2:])


def _trouble(found: os.stat_result) -> str | None:
    """Why a file is not to be read: a pipe would never end."""
    if not stat.S_ISREG(found.st_mode):
        return "it is no plain file"
    return "it is too large to be one" if found.st_size > _LARGEST else None


def _text(document: object, key: str) -> str | None:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) else None


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
