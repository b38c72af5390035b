"""A project folder with a ledger in it, for these tests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from skillconnect_ops.core.plan import Proof
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence.ledger import Ledger


class StillClock:
    """A clock that moves when told to, and when somebody sleeps."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 15, 44, 3, tzinfo=UTC)
        self._seconds = 0.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self._seconds += seconds
        self.time += timedelta(seconds=seconds)


class Variables:
    """An environment of given variables."""

    def __init__(self, **variables: str) -> None:
        self._variables = variables
        self.folder = Path()
        self.state_home = Path()

    def get(self, name: str) -> str | None:
        return self._variables.get(name)

    def variables(self) -> dict[str, str]:
        """All of them."""
        return self._variables


def ledger(
    folder: Path,
    *,
    state: Path | None = None,
    project: str = "p1",
    clock: StillClock | None = None,
    disk: Disk | None = None,
    **variables: str,
) -> Ledger:
    """A ledger in `folder/repo`, its private state beside it."""
    (folder / "repo").mkdir(parents=True, exist_ok=True)
    return Ledger(
        root=folder / "repo",
        state=state or folder / "state",
        project=project,
        disk=disk or Disk(),
        clock=clock or StillClock(),
        environment=Variables(**variables),
    )


def proof(number: int = 1, **facts: object) -> Proof:
    """Some proof, told apart by its number."""
    return Proof(
        claim="backup.restorable",
        subject={"database": "app", "number": number},
        holds=True,
        facts={"documents": number, "rate": 1.5, "name": "Grüße", **facts},
    )


def chains(folder: Path) -> list[Path]:
    """The chains in the repository, sorted by name."""
    return sorted((folder / "repo" / ".skc" / "evidence").glob("*.jsonl"))


def numbers(books: Ledger) -> list[int]:
    """Which proofs a ledger holds, in order."""
    return [entry.subject["number"] for entry in books.read()]
