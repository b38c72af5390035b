"""Secrets where they belong: in a target's own env file that nobody but its owner and the app sees.

Such a file is what all other advice leads to, so a scan that calls it a fault could never be green,
and would teach people to look away. It counts as no fault as long as all of this holds: skc.yaml
names the file as a target's, git ignores it and does not track it, only its owner may read it, and
no image that the project builds takes it in. What cannot be made sure of is not excused.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.secrets.scan_model import Seen, Surroundings, Way
from skillconnect_ops.commands.secrets.way_out import way
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.shell import word
from skillconnect_ops.history.model import Where
from skillconnect_ops.history.tree import Standing

if TYPE_CHECKING:
    from skillconnect_ops.core.settings.model import Project

_OTHERS = 0o077
_IN_IMAGE = "secret-in-image"


def surroundings(house: House, seen: Iterable[Seen], *, root: Path) -> Surroundings:
    """Look at the project, where there is one.

    Args:
        house: the house.
        seen: what a scan saw.
        root: what its paths are relative to.
    """
    try:
        project = house.project()
    except SkcError:
        return Surroundings()
    own = _env_files(project, root)
    seen = tuple(seen)
    standings = {
        one.sighting.path: one.standing for one in seen if one.sighting.where is Where.WORK_TREE
    }
    there = {path: target for path, target in own.items() if path in standings}
    targets = list(project.settings.targets)
    concerned = [own[one.sighting.path] for one in seen if one.sighting.path in own] or targets
    built_in = {target: _in_an_image(house, target) for target in set(there.values())}
    faults = {
        path: _fault(root / path, standings[path], in_image=built_in[target])
        for path, target in there.items()
    }
    at_home = {path for path, fault in faults.items() if fault is None}
    target = concerned[0] if len(set(concerned)) == 1 else None
    open_ones = [one for one in seen if one.sighting.path not in at_home]
    return Surroundings(
        in_project=True,
        target=target,
        several=len(targets) > 1,
        way=Way.NONE if target is None else way(house, target, open_ones),
        at_home={
            path: f"{path} is target {own[path]}'s own, ignored by git, 0600, and in no image"
            for path in at_home
        },
        away={path: fault for path, fault in faults.items() if fault is not None},
    )


def _fault(path: Path, standing: Standing | None, *, in_image: bool) -> tuple[str, str] | None:
    """Why a target's own env file is no place for secrets as it lies there, and what mends it."""
    shown = word(os.path.relpath(path))
    if standing is Standing.TRACKED:
        return "git tracks this file", "skc env untrack, then rotate every secret in it"
    if standing is Standing.UNTRACKED:
        return "git does not ignore this file", "skc env untrack"
    if standing is not Standing.IGNORED:
        return "there is no repository to ignore this file", "git init, then skc env untrack"
    if not _is_private(path):
        return "others can read or write this file", f"chmod 600 {shown}"
    return ("an image may take this file in", "skc env check") if in_image else None


def _env_files(project: "Project", root: Path) -> dict[str, str]:
    """The targets' env files as the scan names them."""
    found = {}
    for name, target in project.settings.targets.items():
        for file in target.env_files:
            path = os.path.relpath(os.path.realpath(project.root / file), os.path.realpath(root))
            found[Path(path).as_posix()] = name
    return found


def _is_private(path: Path) -> bool:
    try:
        return path.stat().st_mode & _OTHERS == 0
    except OSError:
        return False


def _in_an_image(house: House, target: str) -> bool:
    """Whether `skc env check` sees a secret baked into an image, or cannot tell."""
    report = house.commands.run("env", "check", "--target", target)
    told = report.facts.get("env_check", {}).get("checks", ())
    verdict = next((one for one in told if one["id"] == _IN_IMAGE), None)
    return verdict is None or verdict["faults"] > 0 or verdict["unknown"] > 0
