"""Whether a user's rights are enough for a command; pure."""

from collections.abc import Callable, Sequence

from skillconnect_ops.commands.doctor.model import (
    Connection,
    TargetFacts,
    Verdict,
    failed,
    passed,
    unknown,
)
from skillconnect_ops.commands.doctor.rights import Need, bucket_needs, lacking, role_for, script
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.database import CollectionKind, Privilege
from skillconnect_ops.core.view import listed


def judged(
    target: TargetFacts,
    found: Connection,
    *,
    verb: str,
    needs: Callable[[str], tuple[Need, ...]],
    in_buckets: frozenset[str],
) -> Verdict:
    """Compare what the command needs with what the user may do.

    Args:
        target: the target.
        found: what its server showed.
        verb: the command, `backup` or `restore`.
        needs: what it needs of a database of that name.
        in_buckets: the actions that it needs on the buckets of time series.
    """
    if isinstance(found.database, Missing):
        return unknown(target.subject, found.database.reason)
    if isinstance(found.privileges, Missing):
        return unknown(target.subject, found.privileges.reason)
    name, user = found.database.value, found.server.user
    if user is None:
        return passed(target.subject, f"{verb}: the server asks nobody for rights")
    buckets = bucket_needs(name, _series(found), in_buckets)
    missing = _missing(found.privileges.value, (*needs(name), *buckets))
    if missing:
        role = role_for(verb, name, buckets)
        says = f"{user} may not {listed(missing, most=3)}"
        remedy = (
            _atlas(verb, name, missing) if found.is_atlas else _paste(target, script(role, user))
        )
        return failed(target.subject, says, remedy=remedy)
    if isinstance(found.collections, Missing):
        reason = f"{user} may read and write {name}; time series: {found.collections.reason}"
        return unknown(target.subject, reason)
    return passed(target.subject, f"{user} may {verb} {name}")


def _series(found: Connection) -> Sequence[str]:
    if not isinstance(found.collections, Known):
        return ()
    kind = CollectionKind.TIMESERIES
    return [collection.name for collection in found.collections.value if collection.kind is kind]


def _missing(privileges: Sequence[Privilege], needs: Sequence[Need]) -> list[str]:
    """`find in app.system.buckets.ts`, sorted."""
    return [
        f"{action} in {need.database}{'.' if need.collection else ''}{need.collection}"
        for need in needs
        for action in sorted(lacking(privileges, need))
    ]


def _paste(target: TargetFacts, lines: str) -> str:
    variable = target.settings.database.admin_uri if target.settings.database else "its variable"
    return (
        "paste into mongosh, as a user who may manage users (or give the role to a user made for\n"
        f"skc, and export that user's URI as {variable}):\n{lines}"
    )


def _atlas(verb: str, database: str, missing: Sequence[str]) -> str:
    role = "read" if verb == "backup" else "readWrite"
    more = [right for right in missing if ".system.buckets." in right]
    text = f"in Atlas, Database Access: give the user {role}@{database}"
    return f"{text}, and a custom role with {', '.join(more)}" if more else text
