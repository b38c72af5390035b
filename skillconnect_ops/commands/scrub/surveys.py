"""What a look showed, kept for the walk of the same process: a large history is read once less."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.history.looking import Wanted

Seen = TypeVar("Seen")
_Key = tuple[str, Wanted, tuple[str, ...], frozenset[str]]


class Surveys:
    """The last look; it is worth something as long as the object stores are what they were."""

    def __init__(self) -> None:
        self._last: tuple[_Key, Any] | None = None

    def seen(
        self,
        repository: Repository,
        wanted: Wanted,
        paths: Sequence[str],
        stores: Collection[str],
        look: Callable[[], Seen],
    ) -> Seen:
        """What a look shows; it is looked where the last one was at something else.

        Args:
            repository: what is looked at.
            wanted: the values.
            paths: what goes by its path.
            stores: the names of packs and loose objects as they were before: whatever is made
                during the look shows by another name the next time.
            look: does it.
        """
        key = (str(repository.git_folder), wanted, tuple(paths), frozenset(stores))
        if self._last is None or self._last[0] != key:
            self._last = key, look()
        found: Seen = self._last[1]
        return found


SURVEYS = Surveys()
