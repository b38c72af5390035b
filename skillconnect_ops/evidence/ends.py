"""Where this machine left each chain; remembered in the private state.

A chain whose remembered end is not in the working tree (another branch, another worktree, a reset)
is not written on: two different lines would follow the same one, and git could not merge them.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from skillconnect_ops.disk.files import Disk

FILE = "evidence-ends.json"


def load(state: Path, *, disk: Disk, file: str = FILE) -> Mapping[str, str]:
    """Writer -> hash of its last line. What cannot be read counts as forgotten."""
    try:
        return msgspec.json.decode(disk.read(state / file), type=dict[str, str])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def save(state: Path, writer: str, end: str, *, disk: Disk, file: str = FILE) -> None:
    """Remember one more end. Where nothing is kept (CI), each run begins a chain of its own."""
    ends = {**load(state, disk=disk, file=file), writer: end}
    disk.replace(state / file, msgspec.json.encode(ends, order="sorted"), mode=0o600)
