"""The one effect of `audit --write`: calls in a file are rewritten."""

import stat
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from skillconnect_ops.code.logger_calls import applied
from skillconnect_ops.code.logger_model import Edit
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import NeedsPerson, Precondition
from skillconnect_ops.core.plan import Image, Proof, Step, Subject, Walk
from skillconnect_ops.core.view import count
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.kinds import KindOf

TAB = 4
"""How many columns a tab takes where a diff is shown."""
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""What some editors of Windows begin a file with."""


class FileHasChanged(Precondition):
    """A file is no longer the one that the plan was made from."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} has changed since the plan was made",
            why="what would be written belongs to the text that it was made from",
            fix="skc audit --write",
        )


class EditedSince(NeedsPerson):
    """Somebody changed a file after it was rewritten; their edit is not thrown away."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is no longer what was written",
            why="somebody edited it in between, and undoing would lose that edit",
            fix=f"git diff -- '{path}'   # and put back by hand what should not stay",
        )


class CallsRewrite(Step, frozen=True, kw_only=True, tag="calls.rewrite"):
    """Change pieces of a file. What it holds else, which may be secret, is not kept here."""

    path: str
    """Relative to the project's root."""
    edits: tuple[Edit, ...]
    """Counted in the text without a byte order mark."""
    was: str
    """The SHA-256 of all its bytes before, and afterwards."""
    becomes: str
    calls: int
    diff: str
    """The lines that change and no others, as a unified diff without its head; a line that holds
    what looks like a secret is masked."""

    def says(self) -> str:
        """One line for the plan."""
        return f"rewrite {count(self.calls, 'call')} in {self.path}"

    def below(self) -> str:
        """The diff."""
        return self.diff.expandtabs(TAB)


class RewriteCalls:
    """Carries out a `CallsRewrite`. The old bytes lie in the escrow."""

    def __init__(self, disk: Disk, root: Path) -> None:
        self._disk = disk
        self._root = root

    def before(self, step: CallsRewrite, walk: Walk) -> Image:
        """The mode; the bytes go to the escrow."""
        path = self._root / step.path
        data = self._disk.read(path)
        if digest(data) not in {step.was, step.becomes}:
            raise FileHasChanged(step.path)
        walk.escrow.put(step.key, data)
        return {"mode": stat.S_IMODE(path.stat().st_mode)}

    def apply(self, step: CallsRewrite, walk: Walk) -> Mapping[str, Any]:
        """Write the file, whole or not at all; a run that died may have done so already."""
        path = self._root / step.path
        data = self._disk.read(path)
        if digest(data) != step.becomes:
            after = edited(data, step.edits)
            if digest(data) != step.was or digest(after) != step.becomes:
                raise FileHasChanged(step.path)
            self._disk.replace(path, after, mode=stat.S_IMODE(path.stat().st_mode))
        return {"path": step.path, "calls": step.calls}

    def verify(self, step: CallsRewrite, walk: Walk) -> Sequence[Proof]:
        """Read it back."""
        holds = digest(self._disk.read(self._root / step.path)) == step.becomes
        return [Proof(claim="file.written", subject={"path": step.path}, holds=holds)]

    def undo(self, step: CallsRewrite, image: Image, walk: Walk) -> None:
        """Put the old bytes back; not over somebody else's edit."""
        path = self._root / step.path
        try:
            found = digest(self._disk.read(path))
        except FileNotFoundError as error:
            raise EditedSince(path) from error
        if found == step.was:
            return
        old = walk.escrow.get(step.key)
        if found != step.becomes or old is None:
            raise EditedSince(path)
        self._disk.replace(path, old, mode=int(image["mode"]))


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The bytes of a file after edits, a byte order mark kept.

    Raises:
        UnicodeDecodeError: they are no UTF-8.
    """
    text = data.decode("utf-8")
    mark = MARK if text.startswith(MARK) else ""
    return (mark + applied(text.removeprefix(MARK), edits)).encode()


def digest(data: bytes) -> str:
    """The SHA-256 of a file."""
    return sha256(data).hexdigest()


def _handler(house: House, subject: Subject) -> RewriteCalls:
    return RewriteCalls(house.disk, Path(subject.repository or "."))


KINDS: tuple[KindOf[House], ...] = (KindOf(CallsRewrite, _handler),)
"""The kinds of step that this domain brings."""
