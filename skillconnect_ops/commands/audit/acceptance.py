"""Which findings an earlier report accepts, and which of these a change would accept itself.

A baseline is a file of the project, so whoever may change the code may change it. In CI it is
read where the change cannot reach: at the revision that the change is meant for. Wherever only a
change is looked at, the entries that it adds are named.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands import baseline
from skillconnect_ops.commands.audit.model import Wish
from skillconnect_ops.commands.audit.selection import NoRepository, NoSuchRevision, Selection
from skillconnect_ops.commands.baseline import OF_AUDIT, Baseline, BaselineNotReadable, Entry
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.finding import Finding
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import Remark, count

_COMMAND = "audit"
_MOST = 20
"""Entries that are named one by one."""


class Acceptance(Struct, frozen=True, kw_only=True):
    """What is accepted, and where that was read."""

    baseline: Baseline = Baseline()
    file: str | None = None
    """As it is called from the root on, or else as it was named; None where none was asked for."""
    revision: str | None = None
    """At which it was read; None: as it is on disk, or staged."""
    commit: str | None = None
    is_there: bool = True
    added: Mapping[str, Entry] = {}
    """What the change adds to it, by fingerprint."""
    unasked: str | None = None
    """One that is at its usual place, and was not asked for."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it."""
        if self.file is not None and not self.is_there:
            return (f"there is no {self.file} at {self.revision}: nothing is accepted",)
        return ()

    @property
    def says(self) -> str | None:
        """Where it was read, in a line."""
        if self.unasked is not None:
            return f"{self.unasked} counts where it is asked for: --baseline {word(self.unasked)}"
        if self.commit is None or not self.is_there:
            return None
        many = count(len(self.baseline.fingerprints), "entry", "entries")
        return f"{self.file} is read at {self.revision} ({self.commit[:12]}): {many}"

    def facts(self) -> dict[str, object] | None:
        """The same for machines; None where none was asked for."""
        if self.file is None:
            return None
        return {
            "file": self.file,
            "revision": self.revision,
            "commit": self.commit,
            "there": self.is_there,
            "entries": len(self.baseline.fingerprints),
            "added": [
                {
                    "fingerprint": mark,
                    "id": one.id,
                    "path": one.path,
                    "counts": mark in self.baseline.fingerprints,
                }
                for mark, one in sorted(self.added.items())
            ],
        }

    def remarks(self, findings: Sequence[Finding]) -> tuple[Remark, ...]:
        """The entries that the change adds, each beside what it accepts, where that is found."""
        told = tuple(self._remarks(findings))
        if len(told) <= _MOST:
            return told
        more = Remark(
            text=f"{self.file} is given {len(told) - _MOST:,} entries more",
            title="new in the baseline",
            path=self.file,
        )
        return (*told[:_MOST], more)

    def _remarks(self, findings: Sequence[Finding]) -> Iterator[Remark]:
        places = {one.fingerprint: one for one in findings}
        for mark, entry in sorted(self.added.items(), key=lambda each: (each[1].path or "", each)):
            found = places.get(mark)
            where = f"{found.path}:{found.line}" if found is not None else entry.path or "it"
            says = f"{where} is new in {self.file}, which accepts {entry.id} there"
            if mark not in self.baseline.fingerprints:
                says += f"; that does not count: it is read at {self.revision}"
            yield Remark(
                text=says,
                title="new in the baseline",
                path=found.path if found is not None else self.file,
                line=found.line if found is not None else None,
            )


def accepted(house: House, wish: Wish, selection: Selection) -> Acceptance:
    """What the wish accepts.

    Raises:
        SkcError: the file is no baseline; no repository, or no such revision.
    """
    if wish.baseline is None:
        usual = selection.root / OF_AUDIT
        return Acceptance(unasked=OF_AUDIT if usual.is_file() else None)
    file = _from_root(house, selection.root, wish.baseline)
    if wish.baseline_from is not None:
        return _elsewhere(house, wish, selection, file)
    now = _now(house, wish, selection, file)
    name = file or str(wish.baseline)
    if file is None or selection.base is None:
        return Acceptance(baseline=now, file=name)
    old = _at(house, selection.root, selection.base, file)
    return Acceptance(baseline=now, file=name, added=_added(now, old))


def _elsewhere(house: House, wish: Wish, selection: Selection, file: str | None) -> Acceptance:
    """A baseline as it is at a revision."""
    root, revision, named = selection.root, wish.baseline_from or "", wish.baseline or Path()
    if house.git.state(root) is None:
        raise NoRepository(
            f"{root} is in no git repository",
            why="--baseline-from reads a file at a revision",
            fix=f"skc audit --baseline {word(named)}",
        )
    if file is None:
        raise UsageError(
            f"{named} lies outside of the repository",
            why=f"--baseline-from reads it at a revision of {root}",
            fix=f"skc audit --baseline {OF_AUDIT} --baseline-from {word(revision)}",
        )
    commit = house.git.commit_of(root, revision)
    if commit is None:
        raise NoSuchRevision(
            f"there is no {revision}",
            why="it names no commit in this clone (was the branch fetched?)",
            fix="git fetch origin, or name another one with --baseline-from",
        )
    data = house.git.content_at(root, commit, file)
    used = Baseline() if data is None else baseline.parsed(Path(file), data, command=_COMMAND)
    try:
        now = _now(house, wish, selection, file)
    except BaselineNotReadable:  # it does not count, whatever is in it
        now = Baseline()
    return Acceptance(
        baseline=used,
        file=file,
        revision=revision,
        commit=commit,
        is_there=data is not None,
        added=_added(now, used),
    )


def _now(house: House, wish: Wish, selection: Selection, file: str | None) -> Baseline:
    """The baseline as it is on disk, or as it is staged."""
    path = house.environment.folder / (wish.baseline or Path())
    if wish.staged and file is not None:
        repository = house.repositories.open(selection.root)
        blob = repository.index().get(file) if repository is not None else None
        data = house.git.blob(selection.root, blob) if blob is not None else None
        if data is not None:
            return baseline.parsed(Path(file), data, command=_COMMAND)
    return baseline.read(path, command=_COMMAND)


def _at(house: House, root: Path, commit: str, file: str) -> Baseline:
    data = house.git.content_at(root, commit, file)
    if data is None:
        return Baseline()
    try:
        return baseline.parsed(Path(file), data, command=_COMMAND)
    except BaselineNotReadable:  # it was none, so that all that is in it is new
        return Baseline()


def _added(now: Baseline, old: Baseline) -> Mapping[str, Entry]:
    return {mark: one for mark, one in now.entries.items() if mark not in old.fingerprints}


def _from_root(house: House, root: Path, path: Path) -> str | None:
    """A path from the root on, whether it is there or not; None outside of it."""
    place = Path(os.path.normpath(house.environment.folder / path))
    place = place.parent.resolve() / place.name
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else None
