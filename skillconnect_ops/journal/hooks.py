"""Which commands out of `skc.yaml` this machine may run: those that a person has seen.

`skc.yaml` comes with the repository, and whoever can change it could have any command run by the
next rotation. So each is run only when its very words were agreed to here, once (`skc doctor
--trust`); the digests lie in the private state, where no pull request reaches.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from skillconnect_ops.core.errors import Precondition, Refused
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.disk.files import Disk

FILE = "trusted-hooks.json"


class HookNotTrusted(Refused):
    """A command is code from the repository that nobody on this machine has agreed to."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"the command of {', '.join(names)} is not trusted on this machine",
            why="skc.yaml comes with the repository, and a pull request can change what it runs",
            fix="skc doctor --trust   # shows the commands, and asks",
        )


class TrustUnreadable(Precondition):
    """The file of what is trusted is damaged; nothing counts as trusted."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            "what this machine trusts cannot be read",
            why=f"{path} is not as skc wrote it",
            fix=f"rm '{path}' && skc doctor --trust",
        )


class Hooks:
    """The commands that a person on this machine has agreed to.

    Args:
        folder: the project's private state.
        disk: durable files.
    """

    def __init__(self, folder: Path, *, disk: Disk) -> None:
        self._path = folder / FILE
        self._folder = folder
        self._disk = disk

    def untrusted(self, hooks: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The names of those that nobody has agreed to, sorted.

        Raises:
            TrustUnreadable: the file is damaged.
        """
        known = self._known()
        return tuple(sorted(name for name, argv in hooks.items() if _digest(argv) not in known))

    def must_trust(self, hooks: Mapping[str, Sequence[str]]) -> None:
        """Go on only where all of them were agreed to.

        Raises:
            HookNotTrusted: they were not.
        """
        names = self.untrusted(hooks)
        if names:
            raise HookNotTrusted(names)

    def trust(self, hooks: Mapping[str, Sequence[str]]) -> None:
        """Remember that a person has seen these, and agreed."""
        digests = sorted(self._known() | {_digest(argv) for argv in hooks.values()})
        with explained("remember what is trusted"):
            self._disk.make_private(self._folder)
            self._disk.replace(self._path, msgspec.json.encode(digests))

    def _known(self) -> frozenset[str]:
        with explained("read what is trusted"):
            try:
                data = self._disk.read(self._path)
            except FileNotFoundError:
                return frozenset()
        try:
            return frozenset(msgspec.json.decode(data, type=list[str]))
        except msgspec.DecodeError as error:
            raise TrustUnreadable(self._path) from error


def _digest(argv: Sequence[str]) -> str:
    return sha256(msgspec.json.encode(list(argv))).hexdigest()
