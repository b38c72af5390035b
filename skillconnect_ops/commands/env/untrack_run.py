"""`skc env untrack`: asks git, plans, hands over to the gait, warns of what history holds."""

import os
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path

from skillconnect_ops.commands.env.errors import (
    BareRepository,
    GitIsBusy,
    InConflict,
    NotInRepository,
    RuleLetsIn,
    RulesAreLink,
    RulesNotShared,
)
from skillconnect_ops.commands.env.gitignore import IGNORE, RULES, Cover, exactly
from skillconnect_ops.commands.env.untrack_plan import plan
from skillconnect_ops.commands.env.untrack_steps import covers
from skillconnect_ops.commands.folder import folder_state
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.ports.git import IndexEntry
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Lines, listed
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.envfile.names import is_env_file, is_example
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource

SUBMODULE = "160000"
"""The mode of an index entry that names another repository's commit."""


def untrack(house: House, *, commit: bool, choices: Choices) -> Report:
    """Take every env file out of the repository's index, and keep them out.

    Args:
        house: the house.
        commit: whether to commit that.
        choices: what the person chose.

    Raises:
        Refused: nobody agreed.
        Precondition: no repository with a work tree, git is busy or cannot be asked, an env file
            is in conflict, or a rule in a folder would let one in again.
    """
    root, state = _repository(house)
    outcome = house.office(state=state).carry_out(
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


def _repository(house: House) -> tuple[Path, Path | None]:
    """The repository that holds the working folder, and where the journal goes without a project.

    In a submodule that is the submodule: its index is its own.
    """
    here = house.environment.folder.resolve()
    found = house.git.state(here)
    if found is None:
        raise BareRepository(here) if house.git.is_bare(here) else NotInRepository(here)
    try:
        house.project()
    except SettingsNotFound:
        return found.root, folder_state(house, found.root)
    return found.root, None


def _look(house: House, root: Path, *, commit: bool) -> Plan:
    busy = house.git.under_way(root)
    if busy is not None:
        raise GitIsBusy(root, busy)
    index = house.git.index(root)
    named = _named(house, root)
    env_files = [
        each
        for each in index
        if (is_env_file(each.path) or each.path in named) and each.mode != SUBMODULE
    ]
    conflicts = tuple(dict.fromkeys(each.path for each in env_files if each.stage))
    if conflicts:
        raise InConflict(root, conflicts)
    tracked = tuple(each.path for each in env_files)
    examples = {each.path for each in index if is_example(each.path)} - named
    _rules_must_hold(house, root, commit=commit)
    usual = tuple(path for path in tracked if path not in named)
    own = tuple(sorted(named))
    places = (False, True) if commit else (False,)
    covered = all(
        covers(house.git, root, usual, examples=tuple(examples), head=head) for head in places
    )
    kept_out = [
        house.git.ignored_by(house.git.ignore_files(root, head=head), own) for head in places
    ]
    exact = tuple(exactly(path) for path in own if not all(path in each for each in kept_out))
    return plan(
        str(root),
        tracked=tracked,
        rules=(*(() if covered else RULES), *exact),
        named=own,
        commit=commit,
        in_history={
            path: len(found) for path, found in house.git.commits_of(root, tracked).items()
        },
        elsewhere=_elsewhere(house, root, index, named),
    )


def _named(house: House, root: Path) -> frozenset[str]:
    """The env files of any target that are not named so, relative to the repository."""
    try:
        project = house.project()
    except SettingsNotFound:
        return frozenset()
    files = (file for each in project.settings.targets.values() for file in each.env_files)
    whole = (Path(os.path.normpath(project.root / file)) for file in files)
    homes = ((file.parent.resolve() / file.name) for file in whole)
    inside = (path.relative_to(root).as_posix() for path in homes if path.is_relative_to(root))
    return frozenset(path for path in inside if not is_env_file(path) and "\n" not in path)


def _rules_must_hold(house: House, root: Path, *, commit: bool) -> None:
    """Refuse where rules at the end of the root's `.gitignore` would not do."""
    ours = root / IGNORE
    if ours.is_symlink():
        raise RulesAreLink(root)
    with explained(f"read the {IGNORE} files of {root}"):
        cover = Cover(files=house.git.ignore_files(root))
    if IGNORE not in cover.files and (ours.exists() or house.git.ignored(root, ours)):
        raise RulesNotShared(root)
    committed = Cover(files=house.git.ignore_files(root, head=True) if commit else {})
    for found, where in ((cover, ""), (committed, " in HEAD")):
        if found.openings:
            raise RuleLetsIn(found.openings[0], where=where)


def _elsewhere(
    house: House, root: Path, index: Sequence[IndexEntry], named: frozenset[str]
) -> Mapping[str, tuple[str, ...]]:
    """The env files that submodules track: their index is not ours to change."""
    found = {}
    for each in index:
        # without a `.git` of its own the folder is empty, and git would tell of ours
        if each.mode == SUBMODULE and (root / each.path / ".git").exists():
            inside = house.git.index(root / each.path)
            own = {posixpath.relpath(path, each.path) for path in named}
            found[each.path] = tuple(
                held.path for held in inside if is_env_file(held.path) or held.path in own
            )
    return {folder: paths for folder, paths in found.items() if paths}


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
        return (f"git add :/{IGNORE} && git commit",)
    return ("skc secrets scan --history",) if files else ("skc status",)
