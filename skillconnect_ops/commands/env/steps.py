"""The kinds of step that this domain brings."""

from pathlib import Path

from skillconnect_ops.commands.env.example_steps import EXAMPLE_KINDS
from skillconnect_ops.commands.env.set_steps import EnvSet, SetEnv
from skillconnect_ops.commands.env.untrack_steps import (
    AddRules,
    CommitUntracked,
    FilesUntrack,
    RulesAdd,
    UntrackCommit,
    UntrackFiles,
)
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.journal.kinds import KindOf


def _root(subject: Subject) -> Path:
    return Path(subject.repository or ".")


def _set(_: House, subject: Subject) -> SetEnv:
    return SetEnv(_root(subject))


def _add_rules(house: House, subject: Subject) -> AddRules:
    return AddRules(house.disk, house.git, _root(subject))


def _untrack(house: House, subject: Subject) -> UntrackFiles:
    return UntrackFiles(house.git, _root(subject))


def _commit(house: House, subject: Subject) -> CommitUntracked:
    return CommitUntracked(house.git, _root(subject))


KINDS: tuple[KindOf[House], ...] = (
    KindOf(EnvSet, _set),
    KindOf(RulesAdd, _add_rules),
    KindOf(FilesUntrack, _untrack),
    KindOf(UntrackCommit, _commit),
    *EXAMPLE_KINDS,
)
"""The kinds of step that this domain brings."""
