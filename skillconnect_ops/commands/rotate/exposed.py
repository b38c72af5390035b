"""Files of secrets that git would take along: a sink's file is made by us, and is none of its."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.commands.rotate.sink_plan import files


def notes(house: House, secrets: Sequence[Named]) -> tuple[str, ...]:
    """A warning for each file among the sinks that lies in a repository and is not ignored."""
    root = house.project().root
    inside = [file for file in files(secrets) if _is_below(root, root / file)]
    if not inside or house.git.state(root) is None:
        return ()
    return tuple(
        f"warning: {file} gets a secret and is not ignored by git: add it to .gitignore"
        for file in inside
        if house.git.tracked(root, root / file) or not house.git.ignored(root, root / file)
    )


def _is_below(root: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())
