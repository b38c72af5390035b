"""Work that is spread over processes."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Job = TypeVar("Job")


class Crew(Protocol):
    """Does jobs in child processes, or here where that is quicker."""

    def spread(
        self, work: Callable[[Job], bytes], jobs: Iterable[Job], *, size_bytes: int
    ) -> Iterator[bytes]:
        """The results, in the order in which they are ready.

        Args:
            work: a function at a module's top level; what it is given and gives is pickled, so no
                `Secret` may be among it.
            jobs: taken as the crew is ready for more.
            size_bytes: what all jobs together read; little work is done in this process.
        """
