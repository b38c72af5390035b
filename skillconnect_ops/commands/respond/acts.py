"""What skc does itself where it has no command for it; each act gives what it saw, and files."""

from collections.abc import Callable

from msgspec import Struct

from skillconnect_ops.commands.respond.events import KeptFile
from skillconnect_ops.commands.respond.scene import Scene
from skillconnect_ops.core.errors import Precondition


class Done(Struct, frozen=True, kw_only=True):
    """What came of an act."""

    text: str
    files: tuple[KeptFile, ...] = ()
    journal: str | None = None
    seconds: float = 0.0


class NotHere(Precondition):
    """The act has nothing to work on, or this version does not know it."""


def do(name: str, scene: Scene) -> Done:
    """Carry out one act.

    Raises:
        SkcError: it could not; what it kept before stays.
    """
    if name not in ACTS:
        raise NotHere(
            f"this version of skc has no act {name}",
            why="the runbook was written for another one",
            fix="do it by hand, and close the step with --evidence",
        )
    return ACTS[name](scene)


ACTS: dict[str, Callable[[Scene], Done]] = {}
