"""What skc does itself where it has no command for it; each act gives what it saw, and files."""

from collections.abc import Callable

from skillconnect_ops.commands.respond.contain_act import contain, disarm
from skillconnect_ops.commands.respond.dead_act import prove_dead
from skillconnect_ops.commands.respond.done import Done
from skillconnect_ops.commands.respond.keep_act import keep_evidence
from skillconnect_ops.commands.respond.read_act import who_was_read
from skillconnect_ops.commands.respond.release_act import health, proven_release, roll_back
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.commands.respond.tell_act import notify, test_alert
from skillconnect_ops.core.errors import Precondition


class NotHere(Precondition):
    """The act has nothing to work on, or this version does not know it."""


def do(name: str, scene: Scene, how: How) -> Done:
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
    return ACTS[name](scene, how)


ACTS: dict[str, Callable[[Scene, How], Done]] = {
    "keep-evidence": keep_evidence,
    "contain": contain,
    "disarm": disarm,
    "prove-dead": prove_dead,
    "who-was-read": who_was_read,
    "notify": notify,
    "test-alert": test_alert,
    "health": health,
    "proven-release": proven_release,
    "roll-back": roll_back,
}
"""By the names that runbooks know; a test holds that none is missing."""
