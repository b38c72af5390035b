"""What can be wrong with a ledger, a key or the list of signers."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.core.errors import NeedsPerson, Precondition


class ChainIsBroken(NeedsPerson):
    """A chain of records is not as it was written."""

    def __init__(self, path: Path, number: int, *, why: str) -> None:
        what = "the ledger of retired secrets" if path.parent.name == "retired" else "the evidence"
        shared = ".skc" in path.parts
        super().__init__(
            f"{what} in {path.name} is not as it was written, from record {number} on",
            why=why,
            fix=(
                f"git log -p -- {_shown(path)}   # find the change, and restore the file from git; "
                "where it was never committed, put it aside, and a new chain begins: "
                f"mv {_shown(path)} {_shown(path)}.damaged"
                if shared
                else f"restore {path} from a backup of this machine; git has no copy of it"
            ),
        )
        self.path = path
        self.number = number


class ChainIsForked(ChainIsBroken):
    """Two clones that share one key have both written on."""

    def __init__(self, path: Path, number: int) -> None:
        super().__init__(
            path,
            number,
            why="two records follow the same one: two copies of this project share one signing key",
        )
        self.fix = (
            f"git checkout --ours {_shown(path)}   # keep one side whole; "
            "then delete signing.key from the private state of the copied project"
        )


class MergeIsUnfinished(ChainIsBroken):
    """Git left its markers in a chain."""

    def __init__(self, path: Path, number: int) -> None:
        super().__init__(
            path,
            number,
            why="there are conflict markers of git in it: the same chain was written on twice",
        )
        self.fix = f"git checkout --ours {_shown(path)}   # or --theirs: keep one side whole"


class RecordsAreGone(ChainIsBroken):
    """Something was recorded that the ledger no longer holds."""

    def __init__(self, path: Path, number: int, *, told_by: str) -> None:
        super().__init__(
            path,
            number,
            why=f"{told_by} knows of this record, and it is not there: the end was cut off, "
            "or only a part of .skc was committed or restored",
        )


class LedgerKeyIsMissing(Precondition):
    """There are records under a key that is not at hand, so nobody can say `not retired`."""

    def __init__(self, wanted: Sequence[str], *, had: Sequence[str], by: Sequence[str]) -> None:
        known = f"; {', '.join(by)} wrote with it" if by else ""
        here = f"here is {', '.join(had)}" if had else "no ledger key is here"
        super().__init__(
            f"the ledger key {', '.join(wanted)} is needed",
            why=f"retired secrets are recorded under it, and {here}{known}",
            fix="where it is: skc secrets ledger key --reveal; "
            "here: skc secrets ledger key --take   # CI: as SKC_LEDGER_KEY",
        )
        self.wanted = tuple(wanted)


class SigningKeyIsUnusable(Precondition):
    """The private key cannot be taken."""

    def __init__(self, origin: str, *, why: str, fix: str) -> None:
        super().__init__(f"the signing key in {origin} cannot be used", why=why, fix=fix)


class SignersAreUnreadable(Precondition):
    """`.skc/allowed_signers` has a line that says nothing."""

    def __init__(self, path: Path, line: int, *, why: str) -> None:
        super().__init__(
            f"{_shown(path)}, line {line}, names no signer",
            why=why,
            fix="write each line as: name ed25519:<base64 of the public key>",
        )


class LedgerIsBusy(Precondition):
    """Another process holds the ledger and does not let go."""

    def __init__(self, waited_s: float, *, why: str) -> None:
        super().__init__(
            f"the evidence ledger was in use for {waited_s:.0f} s",
            why=why,
            fix="wait for the other run to end, then type the command again",
        )


def _shown(path: Path) -> str:
    """The path from `.skc` on: relative to the project's root, where git is asked."""
    parts = path.parts
    return "/".join(parts[parts.index(".skc") :]) if ".skc" in parts else path.name
