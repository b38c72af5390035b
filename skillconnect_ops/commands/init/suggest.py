"""What was found in a project -> the `skc.yaml` that describes it; pure."""

import re
from collections.abc import Sequence

import msgspec

from skillconnect_ops.commands.init.credentials import entries
from skillconnect_ops.commands.init.model import (
    Address,
    EnvFile,
    Found,
    Package,
    Profile,
    Suggestion,
    Wanted,
)

_TARGETS = {"dev": "development", "prod": "production", "stage": "staging", "local": "development"}
_MONGO_PORT = 27017
ADMIN_URI = "SKC_MONGO_ADMIN_URI"


def suggest(found: Found, *, identity: str, backups: str, profile: Profile | None) -> Wanted:
    """The settings that fit what was found.

    Args:
        found: the project.
        identity: the project's id.
        backups: the folder that shall hold all backups of this user.
        profile: what is known of the app beforehand; it decides where the look left a choice.
    """
    name = profile.name if profile else _name(found)
    backend = _backend(found, profile)
    groups = _groups(found, backend, profile)
    return Wanted(
        id=identity,
        name=name,
        profile=profile.name if profile else None,
        backend=backend,
        targets=tuple(
            msgspec.structs.replace(
                _target(target, files, found, app=profile),
                location=f"{backups}/{slug(name)}/{target}",
                admin_uri=_admin_uri(target) if len(groups) > 1 else ADMIN_URI,
            )
            for target, files in groups
        ),
    )


def _admin_uri(target: str) -> str:
    """The variable of one target among several: a value for another one must not be taken."""
    return f"{ADMIN_URI}_{re.sub(r'[^A-Z0-9]+', '_', target.upper())}"


def slug(name: str) -> str:
    """A name as a folder may be called: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "project"


def _name(found: Found) -> str:
    named = (package.name for package in found.packages if package.folder == ".")
    name = next((name for name in named if name), None) or found.folder_name
    name = "".join(letter for letter in name.rpartition("/")[2] if letter.isprintable())
    return name.strip()[:60] or "project"


def _backend(found: Found, profile: Profile | None) -> str:
    """The folder of the program that holds the database's URI."""
    folders = {package.folder for package in found.packages}
    if profile and (profile.backend in folders or not folders):
        return profile.backend
    with_uri = [file.folder for file in found.env_files if file.uris]
    below = [folder for folder in with_uri if found.here in {".", folder}]
    if below or with_uri:
        return (below or with_uri)[0]
    if found.here in folders:
        return found.here
    return min(found.packages, key=_preference).folder if found.packages else "."


def _preference(package: Package) -> tuple[bool, int, str]:
    return not package.server, package.folder.count("/") + (package.folder != "."), package.folder


def _groups(
    found: Found, backend: str, profile: Profile | None
) -> list[tuple[str, tuple[EnvFile, ...]]]:
    """Targets by name, each with its env files, the one that wins first."""
    files = [file for file in found.env_files if file.uris]
    files = files or [file for file in found.env_files if file.folder == backend]
    folders = list(dict.fromkeys(file.folder for file in files))
    groups: list[tuple[str, tuple[EnvFile, ...]]] = []
    for folder in folders:
        prefix = f"{_last(folder, found)}-" if len(folders) > 1 else ""
        own = [file for file in found.env_files if file.folder == folder]
        groups += [(f"{prefix}{name}", members) for name, members in _of_folder(own, profile)]
    if not groups:
        return [(profile.target if profile else "production", ())]
    return _unique(groups)


def _of_folder(
    files: Sequence[EnvFile], profile: Profile | None
) -> list[tuple[str, tuple[EnvFile, ...]]]:
    """The targets of one folder: each stage with its `.local` file before it."""
    stages: dict[str, list[EnvFile]] = {}
    for file in files:
        stage = file.suffix.removesuffix("local").removesuffix(".")
        stages.setdefault(stage, []).append(file)
    base = stages.pop("", [])
    groups = [
        (_stage(stage), tuple(sorted(members, key=_local_first)))
        for stage, members in sorted(stages.items())
    ]
    # a stage whose own file holds no URI takes it from `.env`, as dotenv-flow and Vite do
    groups = [
        (name, members if any(file.uris for file in members) else (*members, *base))
        for name, members in groups
    ]
    if base:
        base = sorted(base, key=_local_first)
        groups.insert(0, (_base_name(base, {name for name, _ in groups}, profile), tuple(base)))
    with_uri = [group for group in groups if any(file.uris for file in group[1])]
    return with_uri or groups[:1]


def _base_name(files: Sequence[EnvFile], taken: set[str], profile: Profile | None) -> str:
    """What a plain `.env` is for. In doubt production: a wrong guess then errs towards care."""
    if profile and profile.target not in taken:
        return profile.target
    mode = next((file.mode for file in files if file.mode), None)
    if mode and _stage(mode) not in taken:
        return _stage(mode)
    addresses = [file.uris[0].address for file in files if file.uris]
    guess = "development" if not addresses or _is_local(addresses[0]) else "production"
    return next(
        name for name in (guess, "development", "production", "default") if name not in taken
    )


def _is_local(address: Address) -> bool:
    """Here, or a single-word name, which only a compose network resolves."""
    return address.is_here or (not address.srv and all("." not in h for h in address.hosts))


def _stage(suffix: str) -> str:
    return _TARGETS.get(suffix.lower(), slug(suffix))


def _local_first(file: EnvFile) -> bool:
    return not file.suffix.endswith("local")


def _last(folder: str, found: Found) -> str:
    return slug(found.folder_name if folder == "." else folder.rpartition("/")[2])


def _unique(
    groups: Sequence[tuple[str, tuple[EnvFile, ...]]],
) -> list[tuple[str, tuple[EnvFile, ...]]]:
    taken: dict[str, tuple[EnvFile, ...]] = {}
    for name, files in groups:
        names = (name, *(f"{name}-{number}" for number in range(2, len(groups) + 2)))
        taken[next(free for free in names if free not in taken)] = files
    return list(taken.items())


def _target(
    name: str, files: tuple[EnvFile, ...], found: Found, *, app: Profile | None
) -> Suggestion:
    known = [variable for file in files for variable in file.uris]
    if app:
        known.sort(key=lambda variable: variable.name != app.uri)
    variable = known[0] if known else None
    address = variable.address if variable else None
    database, reason = _database(address, found, app)
    uri = variable.name if variable else app.uri if app else "MONGO_URI"
    renewed, left_out = entries(files, uri=uri, services=found.services)
    env_files = tuple(file.path for file in files) or (app.env_files if app else ())
    return Suggestion(
        name=name,
        env_files=env_files,
        variable=uri,
        address=address,
        database=database,
        reason=reason,
        connect_map=_connect_map(address, found) if address else {},
        location="",
        admin_uri=ADMIN_URI,
        secrets=renewed,
        left_out=left_out,
    )


def _database(address: Address | None, found: Found, app: Profile | None) -> tuple[str | None, str]:
    """What to write as `name:`, and why; the code's `dbName` wins over the URI's path."""
    in_code = found.database_names
    path = address.database if address else None
    if len(in_code) == 1 and in_code[0] != path:
        return in_code[0], "the code passes it as dbName"
    if path:
        return None, f"`{path}`, as the URI says"
    if app:
        return app.database, "the app's usual one; the URI names none"
    if in_code:
        return None, f"CHECK: the code passes dbName {' or '.join(in_code)}"
    if address:
        return "test", "CHECK: the URI names none, and drivers take `test` then"
    return None, "as the URI says"


def _connect_map(address: Address, found: Found) -> dict[str, str]:
    """How the hosts of a compose network are reached from here."""
    reached: dict[str, str] = {}
    for host in address.hosts:
        name, _, port = host.rpartition(":")
        for service in found.services:
            number = int(port) if port.isdigit() else _MONGO_PORT
            if name in service.aliases and number in service.ports:
                reached.setdefault(host, service.ports[number])
    return reached
