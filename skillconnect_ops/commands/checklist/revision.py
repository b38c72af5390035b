"""Which code is looked at: its commit, and a digest of all that git has or would add.

The ledger itself lies in the repository, and every look appends to it: it is left out of the
digest, or no look would ever be of the code that is there.
"""

import hashlib
import stat
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House

_OWN = ".skc/"
_SHA256_LETTERS = 64
_CHUNK_BYTES = 1 << 20


class Revision(Struct, frozen=True, kw_only=True):
    """What one look at a project's code showed."""

    commit: str | None
    dirty: bool
    content: str | None
    """The same for the same files, whether they are committed yet or not; None outside git."""
    branch: str | None


def revision(house: House, root: Path) -> Revision:
    """The code of a project as it is now.

    Raises:
        Precondition: git cannot read the repository.
    """
    state = house.git.state(root)
    if state is None:
        return Revision(commit=None, dirty=False, content=None, branch=None)
    files = {one.path: one.blob for one in house.git.committed(root)}
    sha256 = any(len(blob) == _SHA256_LETTERS for blob in files.values())
    differing = [path for path in house.git.differing(root) if not path.startswith(_OWN)]
    for path in differing:
        blob = _blob(root / path, sha256=sha256)
        if blob is None:
            files.pop(path, None)
        else:
            files[path] = blob
    told = hashlib.sha256()
    for path, blob in sorted(files.items()):
        if not path.startswith(_OWN):
            told.update(f"{path}\0{blob}\n".encode(errors="surrogateescape"))
    return Revision(
        commit=house.git.head(root),
        dirty=bool(differing),
        content=told.hexdigest(),
        branch=state.branch,
    )


def ledger_in_head(house: House, root: Path) -> dict[str, bytes]:
    """The files of the evidence as the last commit holds them, by their names."""
    found: dict[str, bytes] = {}
    for one in house.git.committed(root):
        path = Path(one.path)
        if path.parent.as_posix() == ".skc/evidence" and path.suffix == ".jsonl":
            found[path.name] = house.git.blob(root, one.blob) or b""
    return found


def _blob(path: Path, *, sha256: bool) -> str | None:
    """What git would call the file as it is; None where it is gone."""
    try:
        mode = path.lstat().st_mode
        told = hashlib.sha256() if sha256 else hashlib.sha1(usedforsecurity=False)
        if stat.S_ISLNK(mode):
            target = str(path.readlink()).encode(errors="surrogateescape")
            told.update(b"blob %d\0" % len(target) + target)
        elif stat.S_ISREG(mode):
            with path.open("rb") as file:
                told.update(b"blob %d\0" % path.lstat().st_size)
                while data := file.read(_CHUNK_BYTES):
                    told.update(data)
        else:
            return None
    except FileNotFoundError:
        return None
    return told.hexdigest()
