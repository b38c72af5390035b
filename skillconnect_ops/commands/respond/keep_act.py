"""`keep-evidence`: how things stand, written down before the first change."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from skillconnect_ops.commands.respond import census
from skillconnect_ops.commands.respond.census import looked
from skillconnect_ops.commands.respond.done import Done
from skillconnect_ops.commands.respond.events import KeptFile
from skillconnect_ops.commands.respond.keeping import keep, where
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.core.outcome import Fact, Missing
from skillconnect_ops.core.ports.acl import Acl
from skillconnect_ops.core.ports.git import ALONE, PLAIN
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import SecretSettings
from skillconnect_ops.core.view import count

_GIT_S = 30.0
_HEALTH_S = 5.0


def keep_evidence(scene: Scene, how: How) -> Done:
    """Look at everything once; what cannot be looked at does not keep the rest from being kept."""
    del how
    files: list[KeptFile] = []
    missing: list[str] = []
    for name, fact in _looks(scene):
        files.append(keep(scene, name, fact))
        if isinstance(fact, Missing):
            missing.append(f"{name}: {fact.reason}")
    lines = [f"{count(len(files), 'file')} kept"]
    lines += [f"could not look at {one}" for one in missing]
    return Done(
        text="\n".join(lines),
        shown=(f"they lie in {where(scene)}",),
        files=tuple(files),
        data={"missing": missing},
    )


def _looks(scene: Scene) -> Iterator[tuple[str, Fact[Any]]]:
    """What is looked at, what is soonest gone first."""
    settings = scene.target.settings
    if settings.database is not None:
        seen = census.take(scene.house, scene.target)
        yield "mongodb-connections", seen.connections
        yield "mongodb-sessions", seen.sessions
        yield "mongodb-users", seen.users
        if settings.database.atlas is not None:
            yield from _atlas(scene)
    for name, secret in settings.secrets.items():
        if secret.kind == "redis":
            yield f"redis-{name}", _redis(scene, secret)
    for name, consumer in settings.consumers.items():
        if consumer.health:
            url = consumer.health
            yield f"health-{name}", scene.house.health.ask(url, patience_s=_HEALTH_S)
    yield "env-files", looked(lambda: _env_files(scene))
    yield "git", looked(lambda: _git(scene))


def _atlas(scene: Scene) -> Iterator[tuple[str, Fact[Any]]]:
    def asked(ask: Callable[[Any], Any]) -> Fact[Any]:
        def look() -> Any:
            with scene.house.atlas(scene.target) as project:
                return ask(project)

        return looked(look)

    yield "atlas-access-list", asked(lambda project: project.access_list())
    yield "atlas-keys", asked(lambda project: project.api_keys())
    yield "atlas-logins", asked(lambda project: project.logins_seen())


def _redis(scene: Scene, secret: SecretSettings) -> Fact[Any]:
    uri = scene.house.environment.get(secret.admin_uri)
    value = Secret(uri) if uri else None

    def ask() -> Mapping[str, Any]:
        own = scene.house.env_values(scene.target).get(secret.env)
        chosen = value or own
        if chosen is None:
            return {"missing": f"neither {secret.admin_uri} nor {secret.env} is set"}
        servers = scene.house.acl.through(secret.connect_map)
        with servers.manage(chosen) as acl:
            return {name: _redis_user(acl, name) for name in acl.names()}

    return looked(ask)


def _redis_user(acl: Acl, name: str) -> Mapping[str, Any]:
    """A user without any hash of a password."""
    user = acl.find(name)
    sessions = acl.sessions(name)
    return {
        "enabled": user is not None and user.enabled,
        "any_password": user is not None and user.any_password,
        "passwords": user.passwords if user is not None else 0,
        "rights": user.rights if user is not None else None,
        "sessions": sessions.value if not isinstance(sessions, Missing) else sessions.reason,
    }


def _env_files(scene: Scene) -> Mapping[str, Any]:
    root = scene.house.project().root
    found: dict[str, Any] = {}
    for name in scene.target.settings.env_files:
        path = root / name
        try:
            data, stat = path.read_bytes(), path.stat()
        except OSError as error:
            found[name] = {"missing": error.strerror}
            continue
        found[name] = {
            "sha256": sha256(data).hexdigest(),
            "mode": f"{stat.st_mode & 0o7777:04o}",
            "changed_at": stat.st_mtime,
            "variables": sorted(scene.house.env_values(scene.target)),
        }
    return found


def _git(scene: Scene) -> Mapping[str, Any]:
    root = scene.house.project().root

    def lines(*words: str) -> list[str]:
        said = scene.house.processes.run(
            "git", *PLAIN, *words, folder=root, variables=ALONE, patience_s=_GIT_S
        )
        return said.splitlines()

    return {
        "head": scene.house.git.head(root),
        "refs": lines("for-each-ref", "--format=%(objectname) %(refname)"),
        "reflog": lines("reflog", "--all", "-n", "500", "--format=%H %gd %cI"),
        "changed": lines("status", "--porcelain"),
    }
