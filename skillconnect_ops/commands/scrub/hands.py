"""What the handlers of a scrub's steps have in common: the repository, and what changes it."""

from functools import cached_property
from pathlib import Path

from skillconnect_ops.commands.folder import home_of
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.errors import NoRepository
from skillconnect_ops.commands.scrub.escrowed import values_of
from skillconnect_ops.commands.scrub.rewrite import NAME_MASK
from skillconnect_ops.core.plan import Subject, Walk
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.ports.rewriting import Rewriting
from skillconnect_ops.history.looking import Wanted
from skillconnect_ops.history.needles import Needles


class Hands:
    """What all handlers need."""

    def __init__(self, house: House, subject: Subject) -> None:
        self.house = house
        self._root = Path(subject.repository or ".")

    @cached_property
    def repository(self) -> Repository:
        """What is rewritten."""
        found = self.house.repositories.open(self._root)
        if found is None:
            raise NoRepository(self._root)
        return found

    @cached_property
    def rewriting(self) -> Rewriting:
        """What changes it."""
        return self.house.repositories.rewriting(self.repository)

    def folder(self, path: str) -> bundle.Folder:
        """The bundle's folder."""
        return bundle.Folder(Path(path), disk=self.house.disk)

    @property
    def name(self) -> str:
        """Of the repository, for proofs."""
        return str(home_of(self.repository))

    def write(self, path: Path, content: bytes) -> None:
        """Give a file of the git folder other bytes."""
        self.house.disk.replace(path, content, mode=path.stat().st_mode & 0o777)

    def in_names(self, walk: Walk) -> Needles:
        """Takes values out of names and of git's own texts."""
        return Wanted(values_of(walk), NAME_MASK).needles
