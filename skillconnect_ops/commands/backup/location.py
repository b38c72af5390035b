"""Whether backups may lie where the settings say."""

import os
from pathlib import Path

from skillconnect_ops.commands.backup.estimate import Estimate
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition, Refused
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import size
from skillconnect_ops.disk.errors import DiskFull


class LocationInRepository(Precondition):
    """Backups would lie in the repository that they shall survive."""


class LocationUnusable(Precondition):
    """Nothing can be written there."""


class ExportInRepository(Refused):
    """An export would be one `git add` away from being published."""


class WillNotFit(DiskFull):
    """Less space than the dump needs even at its best."""


def outside(house: House, target: Target) -> Path:
    """The location of a target's backups, refused within the project or its repository.

    Raises:
        LocationInRepository: it lies there.
    """
    location = house.backups(target)
    for root in _roots(house):
        if location.resolve().is_relative_to(root):
            raise LocationInRepository(
                f"the backup location {location} lies in the project, {root}",
                why="`git clean` deletes it, a commit publishes it, and the disk takes both with "
                "it",
                fix=f"set targets.{target.name}.backups.location in skc.yaml to a folder elsewhere",
            )
    return location


def refuse_committable(house: House, folder: Path) -> None:
    """Clear documents do not belong where the next commit takes them along.

    Raises:
        ExportInRepository: the folder lies in a repository that does not ignore it.
    """
    state = house.git.state(folder)
    if state is not None and not house.git.ignored(state.root, folder):
        raise ExportInRepository(
            f"{folder} lies in the repository {state.root}",
            why="the documents lie there in clear, and the next `git add` would publish them",
            fix=f"--to {folder.name} elsewhere, or have git ignore it first",
        )


def refuse_unusable(location: Path) -> None:
    """Raise unless this user can write there, as far as that can be told without writing.

    Raises:
        LocationUnusable: a part of the path is no folder, or may not be written to.
    """
    nearest = next(place for place in (location, *location.parents) if os.path.lexists(place))
    if not nearest.is_dir():
        raise LocationUnusable(
            f"{location} cannot hold backups",
            why=f"{nearest} is no folder",
            fix="name another folder in backups.location of skc.yaml, or move that file away",
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise LocationUnusable(
            f"{location} cannot be written to",
            why=f"{nearest} is read-only for this user, or its filesystem is mounted so",
            fix=f"ls -ld {nearest}   # and let this user in, or name another folder",
        )


def refuse_without_space(house: House, location: Path, expected: Estimate) -> None:
    """Raise where the dump will not fit even at ten to one.

    Raises:
        WillNotFit: it will not.
    """
    free = house.disk.free_bytes(location)
    if free < expected.least_stored_bytes:
        raise WillNotFit(
            f"{location} has {size(free)} left",
            why=f"{size(expected.size_bytes)} of documents will not fit even at ten to one",
            fix="skc backup prune   # or free some space there",
        )


def _roots(house: House) -> list[Path]:
    """The project, and the repository around it; without git, the project alone."""
    root = house.project().root
    try:
        state = house.git.state(root)
    except Precondition:
        state = None
    return [root.resolve(), *([state.root.resolve()] if state is not None else [])]
