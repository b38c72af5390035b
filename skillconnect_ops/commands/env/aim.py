"""The commands of this domain that a person is told to type: what they look at is kept in them.

A remedy that drops `--target` sends its reader to another file, or to an error.
"""

import os
import shlex
from pathlib import Path

from msgspec import Struct


class Aim(Struct, frozen=True, kw_only=True):
    """What a command was typed for."""

    target: str | None = None
    """The target, where it has to be named: of several."""
    files: tuple[str, ...] = ()
    """The target's env files, relative to the root."""
    root: Path = Path()
    folder: Path = Path()
    """Where commands are typed."""

    def set(self, key: str, *, file: str | None = None) -> str:
        """Give a variable a value.

        Args:
            key: the variable.
            file: its file; it is named where the target has several.
        """
        return f"skc env set {shlex.quote(key)}{self._into(file)}"

    def generate(self, key: str, *, file: str | None = None) -> str:
        """Make a secret, straight into a variable."""
        return f"skc secrets generate --env {shlex.quote(key)}{self._into(file)}"

    def example(self) -> str:
        """Bring the examples up to date."""
        return f"skc env example{self._of_target()}"

    def check(self) -> str:
        """Look at the env files."""
        return f"skc env check{self._of_target()}"

    def path(self, file: str) -> str:
        """A file or folder, as it is named where commands are typed; quoted."""
        return shlex.quote(os.path.relpath(self.root / file, self.folder))

    def _into(self, file: str | None) -> str:
        if file is not None and self.files != (file,):
            return f" --file {self.path(file)}"
        return self._of_target()

    def _of_target(self) -> str:
        return f" --target {shlex.quote(self.target)}" if self.target is not None else ""
