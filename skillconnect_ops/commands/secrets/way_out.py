"""Whether `skc rotate` can renew what was found: only what can work is proposed."""

from collections.abc import Iterable, Mapping

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.secrets.scan_model import Seen, Way
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target

_MONGODB = "mongodb"
_LONG_ENOUGH = 8
"""Characters; shorter ones stand within others by chance."""


def way(house: House, name: str, seen: Iterable[Seen]) -> Way:
    """What `skc rotate` could do about it.

    Args:
        house: knows the settings and the env files.
        name: the target.
        seen: what was found.
    """
    try:
        target = house.target(name)
        values = house.env_values(target)
        admin = house.admin_uri(target) is not None
    except SkcError:
        return Way.NONE
    kinds = _kinds(target)
    named = {kinds[env] for env in kinds if env in values and _is_among(values[env], seen)}
    if not named:
        return Way.NONE
    database = target.settings.database
    by_others = database is not None and database.atlas is not None
    return Way.ROTATE if admin or by_others or named != {_MONGODB} else Way.NO_ADMIN


def _kinds(target: Target) -> Mapping[str, str]:
    """The variables that `skc.yaml` names as secrets, each with its kind."""
    found = {one.env: one.kind for one in target.settings.secrets.values()}
    if target.settings.database is not None:
        found.setdefault(target.settings.database.uri.removeprefix("env:"), _MONGODB)
    return found


def _is_among(value: Secret, seen: Iterable[Seen]) -> bool:
    """Whether it, or a part of it such as a URI's password, is what was found."""
    traces = (one.sighting.trace for one in seen)
    found = {secret.reveal() for trace in traces for secret in (trace.whole, trace.secret)}
    return any(len(one) >= _LONG_ENOUGH and one in value.reveal() for one in found)
