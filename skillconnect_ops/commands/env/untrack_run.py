"""`skc env untrack`: asks git, plans, hands over to the gait, warns of what history holds."""

from pathlib import Path

from skillconnect_ops.commands.env.errors import GitIsBusy, NotInRepository
from skillconnect_ops.commands.env.untrack_plan import is_secret, plan
from skillconnect_ops.commands.env.untrack_steps import covers
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines, listed
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource


def untrack(house: House, *, commit: bool, choices: Choices) -> Report:
    """Take every env file out of the repository's index, and keep them out.

    Args:
        house: the house.
        commit: whether to commit that.
        choices: what the person chose.

    Raises:
        Refused: nobody agreed.
        Precondition: no repository, or git cannot be asked.
    """
    project = house.project()
    state = house.git.state(project.root)
    if state is None:
        raise NotInRepository(project.root)
    root = state.root
    outcome = house.office().carry_out(
        lambda: _look(house, root, commit=commit),
        person=house.person,
        resources=(Resource("repository", str(root)),),
        consent=Ask(),
        choices=choices,
    )
    files = outcome.plan.subject.files
    done = outcome.facts.get("commit:env files", {})
    return Report(
        command="env untrack",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"untracked": {"files": files, "written": outcome.walked, **done}},
        view=_said(files, walked=outcome.walked, committed=bool(done)),
        next=_next(files, walked=outcome.walked, committed=commit),
    )


def _look(house: House, root: Path, *, commit: bool) -> Plan:
    busy = house.git.under_way(root)
    if busy is not None:
        raise GitIsBusy(root, busy)
    index = house.git.index(root)
    tracked = tuple(entry.path for entry in index if is_secret(entry.path))
    return plan(
        str(root),
        tracked=tracked,
        covered=covers(house.git, root, tracked),
        commit=commit,
        in_history={path: len(house.git.commits(root, Path(path))) for path in tracked},
    )


def _said(files: tuple[str, ...], *, walked: bool, committed: bool) -> tuple[Lines, ...]:
    if not walked:
        return ()
    what = f"git no longer follows {listed(files)}" if files else "git ignores env files now"
    how = "committed" if committed else "staged; commit it together with .gitignore"
    return (Lines((f"{what} ({how})",)),)


def _next(files: tuple[str, ...], *, walked: bool, committed: bool) -> tuple[str, ...]:
    if not walked:
        return ("skc env untrack",) if files else ("skc status",)
    if not committed:
        return ("git add .gitignore && git commit",)
    return ("skc secrets scan --history",) if files else ("skc status",)
