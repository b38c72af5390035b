"""What to type after a scan that found something."""

from collections.abc import Sequence

from skillconnect_ops.commands.secrets.scan_model import Surroundings, Way, Wish
from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.shell import word


def following(
    wish: Wish,
    around: Surroundings,
    found: Sequence[Finding],
    *,
    tracked: bool,
    in_git: bool,
) -> tuple[str, ...]:
    """What git holds goes out of it, what leaked is renewed or recorded, the past is looked at.

    Args:
        wish: what this scan was asked for.
        around: what the project has.
        found: the findings that are not suppressed.
        tracked: whether one of them is in an env file that git tracks.
        in_git: whether there is a history.
    """
    if wish.staged or not found:
        return ()
    commands = ["skc env untrack"] if tracked else []
    if around.way is Way.NO_ADMIN:
        commands.append("skc doctor   # says what `skc rotate` lacks to renew it")
    if around.target is not None and around.way is Way.ROTATE:
        at = f" --target {word(around.target)}" if around.several else ""
        commands.append(f"skc rotate{at} --reason leaked --dry-run   # what can be renewed")
    elif around.in_project:
        commands.append("skc secrets ledger add NAME   # once renewed: it cannot come back unseen")
    if in_git and not (wish.history or wish.since):
        thorough = " --thorough" if wish.thorough else ""
        commands.append(f"skc secrets scan --history{thorough}{_given(wish)}")
    return tuple(commands)


def _given(wish: Wish) -> str:
    """The options that go on holding."""
    baseline = f" --baseline {word(wish.baseline)}" if wish.baseline is not None else ""
    fail_on = f" --fail-on {wish.fail_on}" if wish.fail_on is not Severity.HIGH else ""
    return baseline + fail_on + (" --strict" if wish.strict else "")
