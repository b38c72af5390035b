"""What a look showed, kept for the walk of the same process: a large history is read once less."""

from collections.abc import Sequence
from typing import Any

from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.history.looking import Wanted

_Key = tuple[str, Wanted, tuple[str, ...], tuple[Any, ...]]


class Surveys:
    """The last look; it is worth something as long as the object store is what it was."""

    def __init__(self) -> None:
        self._last: tuple[_Key, Any] | None = None

    def get(self, repository: Repository, wanted: Wanted, paths: Sequence[str]) -> Any:
        """What was seen; None where that was of something else, or a store has changed."""
        if self._last is not None and self._last[0] == _key(repository, wanted, paths):
            return self._last[1]
        return None

    def keep(self, repository: Repository, wanted: Wanted, paths: Sequence[str], seen: Any) -> None:
        """Remember it."""
        self._last = _key(repository, wanted, paths), seen


def _key(repository: Repository, wanted: Wanted, paths: Sequence[str]) -> _Key:
    """With the names of all packs and loose objects: whatever is added shows there."""
    folder = repository.git_folder / "objects"
    stores = (*folder.glob("pack/*.pack"), *folder.glob("[0-9a-f][0-9a-f]/*"))
    names = tuple(sorted(f"{path.parent.name}/{path.name}" for path in stores))
    return str(repository.git_folder), wanted, tuple(paths), names


SURVEYS = Surveys()
