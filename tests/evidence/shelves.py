"""A ledger of retired secrets in a project folder, for these tests; every value made at random."""

import secrets
from pathlib import Path
from urllib.parse import quote

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence.ledger import Ledger
from skillconnect_ops.evidence.matching import Reason, Refusal, Retirement
from skillconnect_ops.evidence.retired import RetiredLedger
from skillconnect_ops.evidence.retirements import Anchor, evidence_of
from tests.evidence.bench import StillClock, Variables, ledger


def shelf(
    folder: Path,
    *,
    state: Path | None = None,
    project: str = "p1",
    disk: Disk | None = None,
    **variables: str,
) -> RetiredLedger:
    """The ledger in `folder/repo`, its private state beside it, as `bench.ledger`."""
    (folder / "repo").mkdir(parents=True, exist_ok=True)
    return RetiredLedger(
        root=folder / "repo",
        state=state or folder / "state",
        project=project,
        disk=disk or Disk(),
        clock=StillClock(),
        environment=Variables(**variables),
    )


def strong() -> str:
    """A value that nobody guesses."""
    return secrets.token_hex(24)


def password() -> str:
    """A strong one with signs that a URI cannot hold as they are."""
    return f"{secrets.token_hex(16)}@:/ %+{secrets.token_hex(4)}"


def uri(of: str) -> str:
    """A connection URI with that password."""
    return f"mongodb+srv://app:{quote(of, safe='')}@cluster0.example.net/app?retryWrites=true"


def retirement(
    books: RetiredLedger, value: str, *, name: str = "KEY", reason: Reason = Reason.LEAKED
) -> Retirement:
    return books.retirement(
        Secret(value), name=name, kind="value", reason=reason, refusal=Refusal.UNPROVEN
    )


def retire(
    books: RetiredLedger, value: str, *, evidence: Ledger | None = None, name: str = "KEY"
) -> Anchor:
    """Retire a value as the command does: the ledger first, then the evidence."""
    books.ensure_key()
    what = retirement(books, value, name=name)
    anchor = books.add(what, command="secrets ledger add")
    if evidence is not None:
        evidence.record([evidence_of(what, books.find(what))], command="secrets ledger add")
    return anchor


def both(folder: Path) -> tuple[RetiredLedger, Ledger]:
    """The two ledgers of one project."""
    return shelf(folder), ledger(folder)


def chains(folder: Path) -> list[Path]:
    """The shared chains, sorted by name."""
    return sorted((folder / "repo" / ".skc" / "retired").glob("*.jsonl"))


def private(folder: Path) -> list[Path]:
    """The chains that stay on this machine."""
    return sorted((folder / "state" / "retired").glob("*.jsonl"))


def knows(books: RetiredLedger, value: str) -> bool:
    """Whether the ledger calls a value retired."""
    return books.check(Secret(value)) is not None
