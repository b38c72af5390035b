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
from skillconnect_ops.commands.secrets.scan_model import Seen, Surroundings, is_ignored_file
from skillconnect_ops.core.errors import SkcError

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
    ignored = {one.sighting.path for one in seen if is_ignored_file(one)}
    wanted = {path: target for path, target in own.items() if path in ignored}
    targets = list(project.settings.targets)
    concerned = [own[one.sighting.path] for one in seen if one.sighting.path in own] or targets
    built_in = {target: _in_an_image(house, target) for target in set(wanted.values())}
    return Surroundings(
        in_project=True,
        target=concerned[0] if len(set(concerned)) == 1 else None,
        several=len(targets) > 1,
        at_home={
            path: f"{path} is target {target}'s own, ignored by git, 0600, and in no image"
            for path, target in wanted.items()
            if not built_in[target] and _is_private(root / path)
        },
    )


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
    return report.error is not None or any(one.id == _IN_IMAGE for one in report.findings)
