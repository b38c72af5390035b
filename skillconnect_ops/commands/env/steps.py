"""The kinds of step that this domain brings."""

from pathlib import Path

from skillconnect_ops.commands.env.example_steps import EXAMPLE_KINDS
from skillconnect_ops.commands.env.set_steps import EnvSet, SetEnv
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.journal.kinds import KindOf


def _set(_: House, subject: Subject) -> SetEnv:
    return SetEnv(Path(subject.repository or "."))


KINDS: tuple[KindOf[House], ...] = (KindOf(EnvSet, _set), *EXAMPLE_KINDS)
"""The kinds of step that this domain brings."""
