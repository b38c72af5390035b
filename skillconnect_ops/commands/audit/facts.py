"""What the checks judge: gathered once, and each family only when a check asks for it."""

from collections.abc import Callable
from functools import cached_property

from skillconnect_ops.code.console import Use
from skillconnect_ops.code.console_files import console_uses, print_uses
from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.exemptions import Exemptions
from skillconnect_ops.code.looked import Looked
from skillconnect_ops.code.prints import Print
from skillconnect_ops.commands.audit.selection import Selection
from skillconnect_ops.core.outcome import Fact, Known


class Facts:
    """The facts of one selection of files."""

    def __init__(self, selection: Selection, *, tick: Callable[[int], None]) -> None:
        """Begin; nothing is read yet.

        Args:
            selection: the files.
            tick: told of each one that is read.
        """
        self.selection = selection
        self._tick = tick

    def _read(self, path: str) -> bytes | Skipped:
        self._tick(1)
        return self.selection.read(path)

    @cached_property
    def console(self) -> Fact[Looked[Use]]:
        """The uses of `console`."""
        return Known(console_uses(self.selection.files, self._read))

    @cached_property
    def prints(self) -> Fact[Looked[Print]]:
        """The uses of Python's `print`."""
        return Known(print_uses(self.selection.files, self._read))

    def looked(self) -> "list[Looked[Use] | Looked[Print]]":
        """What was gathered so far; nothing more is read for it."""
        families = [self.__dict__.get("console"), self.__dict__.get("prints")]
        return [fact.value for fact in families if isinstance(fact, Known)]

    def exemptions(self, path: str) -> Exemptions:
        """The comments of a file that ask for silence."""
        return next(
            (one.exemptions[path] for one in self.looked() if path in one.exemptions), Exemptions()
        )
