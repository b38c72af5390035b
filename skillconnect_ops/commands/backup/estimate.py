"""How long a dump will take, and whether the server's history reaches that far back."""

from collections.abc import Sequence

from msgspec import Struct

from skillconnect_ops.commands.backup.model import Stored
from skillconnect_ops.core.view import duration, size

ASSUMED_BYTES_PER_S = 40e6
"""Where no earlier backup tells: a careful figure for a small machine over a network."""
DEFAULT_WINDOW_S = 300.0
"""`minSnapshotHistoryWindowInSeconds` of a server that nobody changed."""
_TELLING_BYTES = 10_000_000
_STARTING_S = 1.0
_SMALLEST_SHARE = 0.1


class Estimate(Struct, frozen=True, kw_only=True):
    """What to expect of a dump."""

    size_bytes: int
    seconds: float
    measured: bool
    """Whether an earlier backup of the same target gave the rate."""
    window_s: float
    window_known: bool

    @property
    def outlives_window(self) -> bool:
        """Whether the snapshot may be gone before the dump ends."""
        return self.seconds > self.window_s

    @property
    def least_stored_bytes(self) -> int:
        """What it will take on disk even if it compresses ten to one."""
        return int(self.size_bytes * _SMALLEST_SHARE)

    def sentence(self) -> str:
        """For the plan."""
        rate = "at the last backup's rate" if self.measured else "at a careful guess, 40 MB/s"
        window = (
            duration(self.window_s) if self.window_known else "300 s (the default; not readable)"
        )
        text = f"{size(self.size_bytes)} to read: about {duration(self.seconds)} {rate}"
        if self.outlives_window:
            return f"{text}, LONGER than the server keeps its history: {window}"
        return f"{text}; the server keeps {window} of history"


def estimate(
    size_bytes: int, earlier: Sequence[Stored], *, target: str, window_s: float | None
) -> Estimate:
    """Foretell a dump of so many bytes from the newest telling backup of the same target."""
    rate = next(
        (
            stored.manifest.size_bytes / stored.manifest.seconds
            for stored in earlier
            if stored.manifest.subject.target == target
            and stored.manifest.size_bytes >= _TELLING_BYTES
            and stored.manifest.seconds > 0
        ),
        None,
    )
    return Estimate(
        size_bytes=size_bytes,
        seconds=_STARTING_S + size_bytes / (rate or ASSUMED_BYTES_PER_S),
        measured=rate is not None,
        window_s=DEFAULT_WINDOW_S if window_s is None else window_s,
        window_known=window_s is not None,
    )
