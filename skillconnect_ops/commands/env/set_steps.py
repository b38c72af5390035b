"""The one effect of `env set`: a variable of an env file gets a value."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.env.errors import ValueGone
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.disk import shared
from skillconnect_ops.disk.shared import SharedSystem
from skillconnect_ops.envfile import EnvFile, Reader, parse, put_back
from skillconnect_ops.journal.pending import PENDING


class EnvSet(Step, frozen=True, kw_only=True, tag="env.set"):
    """Give a variable the value that the escrow holds."""

    path: str
    """As the plan shows it, relative to the project's root."""
    name: str
    value: str
    """A token for it; the value itself is in no plan."""
    readers: tuple[str, ...]
    """Who has to read it alike."""
    every: bool = False
    after: str | None = None
    there: bool = False

    def says(self) -> str:
        """One line for the plan."""
        return f"{'change' if self.there else 'add'} {self.name} in {self.path}"

    def edited(self, data: bytes | None, value: str) -> EnvFile:
        """The file with the value in it."""
        readers = frozenset(map(Reader, self.readers))
        return parse(data or b"").with_value(
            self.name, value, after=self.after, every=self.every, readers=readers
        )


class SetEnv:
    """Carries out `env.set`. Old bytes and new value lie in the escrow, nowhere else."""

    def __init__(self, root: Path, *, system: SharedSystem = os) -> None:
        self._root = root
        self._system = system

    def before(self, step: EnvSet, walk: Walk) -> Image:
        """Whether the file was there; its bytes, and the new value, go to the escrow."""
        value = PENDING.take(step.value)
        if value is not None:
            walk.escrow.put(f"{step.key} value", value.reveal().encode())
        found = self._bytes(step)
        if found is not None:
            walk.escrow.put(f"{step.key} file", found)
        return {"there": found is not None}

    def apply(self, step: EnvSet, walk: Walk) -> Mapping[str, Any]:
        """Write it, whole or not at all; what others wrote since is kept."""
        value = self._value(step, walk)
        changed = shared.change(
            self._root / step.path,
            lambda data: step.edited(data, value).bytes(),
            check=lambda data: parse(data).get(step.name) == value,
            system=self._system,
        )
        for notice in changed.notices:
            walk.person.note(notice)
        return {"path": step.path, "name": step.name, "notices": list(changed.notices)}

    def verify(self, step: EnvSet, walk: Walk) -> Sequence[Proof]:
        """Read it back, as every reader does."""
        value = self._value(step, walk)
        made = parse(self._bytes(step) or b"").readings
        holds = all(made[Reader(name)].values.get(step.name) == value for name in step.readers)
        subject = {"path": step.path, "name": step.name}
        return [
            Proof(claim="env.set", subject=subject, holds=holds, facts={"readers": step.readers})
        ]

    def undo(self, step: EnvSet, image: Image, walk: Walk) -> None:
        """Give back what this step owned: the file where it alone wrote it, else its variable."""
        kept = walk.escrow.get(f"{step.key} value")
        if kept is None:  # it ended before `apply`
            return
        old = walk.escrow.get(f"{step.key} file") if image["there"] else None
        if self._bytes(step) == old:  # nothing was written, it may be for want of a folder
            return
        path, value = self._root / step.path, kept.decode()
        wrote = step.edited(old, value).bytes()
        shared.change(
            path,
            lambda now: put_back(now, path=path, name=step.name, value=value, old=old, wrote=wrote),
            system=self._system,
        )

    def _value(self, step: EnvSet, walk: Walk) -> str:
        kept = walk.escrow.get(f"{step.key} value")
        if kept is None:
            raise ValueGone(step.name)
        return kept.decode()

    def _bytes(self, step: EnvSet) -> bytes | None:
        try:
            return (self._root / step.path).read_bytes()
        except FileNotFoundError:
            return None
