"""The one effect of `env example`: an example beside an env file is written."""

from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Step, Subject
from skillconnect_ops.journal.kinds import KindOf
from skillconnect_ops.journal.writing import WriteFile


class ExampleWrite(Step, frozen=True, kw_only=True, tag="example.write"):
    """Give an example this text."""

    path: str
    """Relative to the project's root."""
    text: str
    """Names and placeholders; no value of an env file."""
    diff: str
    """What changes, as a unified diff without its head; the old side's secrets are masked."""
    replaces: bool

    def says(self) -> str:
        """One line for the plan."""
        return f"{'rewrite' if self.replaces else 'write'} {self.path}"

    def below(self) -> str:
        """The diff."""
        return self.diff


def _handler(house: House, subject: Subject) -> WriteFile:
    return WriteFile(house.disk, Path(subject.repository or "."))


EXAMPLE_KINDS: tuple[KindOf[House], ...] = (KindOf(ExampleWrite, _handler),)
