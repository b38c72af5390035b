"""What a run holds for itself: this database, this repository; never everything."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.lock import Owner, hold


class Resource(Struct, frozen=True, order=True):
    """One thing that two runs must not change at the same time.

    The name is the same in every run that means the same thing: `Resource("database",
    "mongodb://h1,h2/app")`, `Resource("repository", "/path")`, `Resource("backups", "/path")`.
    It holds no secret.
    """

    kind: str
    name: str

    def line(self) -> str:
        """One line for people."""
        return f"{self.kind} {self.name}"


@contextmanager
def holding(
    resources: Sequence[Resource], *, folder: Path, owner: Owner, disk: Disk
) -> Iterator[None]:
    """Hold the locks of all these resources, taken in one order by everybody.

    Raises:
        Locked: somebody living holds one of them.
    """
    with ExitStack() as held:
        for resource in sorted(set(resources)):
            path = folder / _file_name(resource)
            held.enter_context(hold(path, owner=owner, disk=disk, what=resource.line()))
        yield


def _file_name(resource: Resource) -> str:
    digest = sha256(f"{resource.kind}\0{resource.name}".encode()).hexdigest()
    return f"{resource.kind}-{digest[:24]}.lock"
