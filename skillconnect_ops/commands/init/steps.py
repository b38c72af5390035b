"""The effects of `init`: a file of the project is written, and this machine's key is listed."""

from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.init.signer import EnrollSigner, SignerEnroll, ledger_of
from skillconnect_ops.core.plan import Step, Subject
from skillconnect_ops.core.view import count
from skillconnect_ops.journal.kinds import KindOf
from skillconnect_ops.journal.writing import WriteFile


class FileWrite(Step, frozen=True, kw_only=True, tag="file.write"):
    """Give a file of the project this text."""

    path: str
    """Relative to the project's root."""
    text: str
    """No secret."""
    replaces: bool

    def says(self) -> str:
        """One line for the plan."""
        lines = count(self.text.count("\n"), "line")
        return f"{'replace' if self.replaces else 'write'} {self.path} ({lines})"


def _handler(house: House, subject: Subject) -> WriteFile:
    return WriteFile(house.disk, _root(subject))


def _enroll(house: House, subject: Subject) -> EnrollSigner:
    root = _root(subject)
    return EnrollSigner(root, ledger_of(house, root), house.disk)


def _root(subject: Subject) -> Path:
    return Path(subject.repository or ".")


KINDS: tuple[KindOf[House], ...] = (
    KindOf(FileWrite, _handler),
    KindOf(SignerEnroll, _enroll),
)
"""The kinds of step that this domain brings."""
