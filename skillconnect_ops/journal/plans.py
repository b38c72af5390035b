"""Plans as files: written by `--save-plan`, shown to others, and carried out by `skc apply`.

Nothing that is done is taken from such a file: the command looks again and makes a plan of its own,
and the file only says which one was agreed to.
"""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from skillconnect_ops.core.plan import Plan
from skillconnect_ops.disk.errors import explain, explained
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.errors import NotAPlan, PlanIsStale
from skillconnect_ops.journal.kinds import Kinds, encode

SCHEMA = "skc/plan/1"


class _File(Struct, frozen=True, kw_only=True):
    schema: str
    plan: Raw


def write_plan(path: Path, plan: Plan, *, disk: Disk) -> None:
    """Save a plan.

    Raises:
        SkcError: the file cannot be written.
    """
    file = msgspec.json.encode(_File(schema=SCHEMA, plan=Raw(encode(plan))))
    with explained(f"save the plan as {path}"):
        disk.replace(path, msgspec.json.format(file, indent=2) + b"\n")


def read_plan(path: Path, *, kinds: Kinds, disk: Disk) -> Plan:
    """Read a saved plan.

    Raises:
        NotAPlan: there is no such file, or it is none of ours.
        UnknownKind: it holds a step of another version.
    """
    try:
        file = msgspec.json.decode(disk.read(path), type=_File)
    except OSError as error:
        raise _not_a_plan(path, explain(error, "read it").why) from error
    except msgspec.DecodeError as error:
        raise _not_a_plan(path, str(error)) from error
    if file.schema != SCHEMA:
        raise _not_a_plan(path, f"its schema is {file.schema!r}, and this version reads {SCHEMA!r}")
    return kinds.decode(file.plan)


def must_equal(saved: Plan, fresh: Plan) -> None:
    """Compare a saved plan with the one that the world calls for now.

    Raises:
        PlanIsStale: they differ in more than their notes; the parts are named.
    """
    old, new = _parts(saved), _parts(fresh)
    differing = [name for name in old if old[name] != new[name]]
    if differing:
        raise PlanIsStale(
            "the saved plan is no longer the right one",
            why=f"a fresh plan differs in: {', '.join(differing)}",
            fix="make a new one with --save-plan, and look at it",
        )


def same_effects(one: Plan, other: Plan) -> bool:
    """Whether two plans do the same, whatever they were made from."""
    return (one.steps, one.final) == (other.steps, other.final)


def _parts(plan: Plan) -> dict[str, Any]:
    parts: dict[str, Any] = msgspec.json.decode(encode(plan))
    del parts["notes"]
    return parts


def _not_a_plan(path: Path, why: str) -> NotAPlan:
    return NotAPlan(
        f"{path} cannot be applied", why=why, fix=f"make one with --save-plan {path.name}"
    )
