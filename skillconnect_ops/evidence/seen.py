"""What this machine saw of the evidence before, and what of it is gone now.

A chain cannot tell that its end was cut off. Three things can: the last commit, the memory of what
this branch held here, and a copy of each chain at its longest. What the first two know and the
working tree lacks is an error. What only the copy knows may be of another branch, which is no
fault: it is read from the copy, so that a failure seen there is not forgotten here.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from skillconnect_ops.evidence import chain
from skillconnect_ops.evidence.chain import Chain
from skillconnect_ops.evidence.chains import Ground
from skillconnect_ops.evidence.errors import ChainIsForked, RecordsAreGone

FOLDER = "evidence-seen"
FILE = "evidence-seen.json"
_OFTEN_S = 60.0
"""So much later it is worth writing down that the clock went on."""


class Memory(Struct, kw_only=True):
    """What stands in the private state."""

    latest: datetime | None = None
    """The latest time that the clock of this machine showed here."""
    held: dict[str, dict[str, int]] = {}
    """Work tree and branch -> writer -> how many records there were."""


class Seen:
    """Remembers, and compares.

    Args:
        ground: what the chains stand on.
        folder: where they lie.
        branch: the branch that is checked out. Of a HEAD that is on none, nothing is remembered:
            whoever looks at older commits has fewer records.
    """

    def __init__(self, ground: Ground, folder: Path, *, branch: str | None) -> None:
        self._ground = ground
        self._folder = folder
        self._copies = ground.state / FOLDER
        self._place = None if branch is None else f"{ground.root} {branch}"
        self.memory = self._load()

    def filled(
        self, found: Sequence[Chain], committed: Mapping[str, bytes]
    ) -> tuple[tuple[Chain, ...], tuple[str, ...]]:
        """The chains, each at its longest, and in words where the working tree has less.

        Raises:
            RecordsAreGone: the last commit, or this branch as it was seen here, had more.
            ChainIsForked: a chain does not go on from its copy.
        """
        by_writer = {one.writer: one for one in found}
        for name, data in sorted(committed.items()):
            self._must_hold(by_writer.get(Path(name).stem), name, data)
        for writer, number in sorted(self._held().items()):
            one = by_writer.get(writer)
            there = len(one.records) if one else 0
            if there < number:
                told_by = "this machine, which saw this branch before,"
                raise self._gone(f"{writer}.jsonl", there + 1, told_by=told_by)
        gaps = [gap for name in self._names() for gap in self._fill(by_writer, name)]
        return tuple(by_writer[writer] for writer in sorted(by_writer)), tuple(gaps)

    def keep(self, found: Sequence[Chain]) -> datetime:
        """Remember what is there, and the time; gives the latest time that was ever seen here.

        Where nothing can be kept (CI), the last commit still tells.
        """
        now = self._ground.clock.now()
        before = self.memory
        latest = now if before.latest is None else max(before.latest, now)
        after = Memory(latest=latest, held=before.held)
        if self._place is not None:
            held = {one.writer: len(one.records) for one in found}
            after.held = {**before.held, self._place: held}
        late = before.latest is None or (latest - before.latest).total_seconds() > _OFTEN_S
        with suppress(OSError):
            for one in found:
                path = self._copies / f"{one.writer}.jsonl"
                if not path.exists() or path.stat().st_size < len(one.whole):
                    self._ground.disk.make_private(self._copies)
                    self._ground.disk.replace(path, one.whole, mode=0o600)
            if late or after.held != before.held:
                self._ground.disk.make_private(self._ground.state)
                text = msgspec.json.encode(after, order="sorted")
                self._ground.disk.replace(self._ground.state / FILE, text, mode=0o600)
        return latest

    def _load(self) -> Memory:
        try:
            text = self._ground.disk.read(self._ground.state / FILE)
            return msgspec.json.decode(text, type=Memory)
        except (FileNotFoundError, msgspec.DecodeError):
            return Memory()

    def _held(self) -> Mapping[str, int]:
        """Writer -> how many records this branch had."""
        return {} if self._place is None else self.memory.held.get(self._place, {})

    def _names(self) -> list[str]:
        return [one for one in self._ground.disk.names(self._copies) if one.endswith(".jsonl")]

    def _must_hold(self, one: Chain | None, name: str, data: bytes) -> None:
        data = data[: data.rfind(b"\n") + 1]
        there = one.whole if one else b""
        if there.startswith(data):
            return
        wanted, had = data.splitlines(keepends=True), there.splitlines(keepends=True)
        same = next(
            (at for at, (a, b) in enumerate(zip(wanted, had, strict=False)) if a != b),
            min(len(wanted), len(had)),
        )
        raise self._gone(name, same + 1, told_by="the last commit")

    def _fill(self, by_writer: dict[str, Chain], name: str) -> list[str]:
        data = self._ground.disk.read(self._copies / name)
        now = by_writer.get(Path(name).stem)
        there = now.whole if now else b""
        if there.startswith(data):
            return []
        if not data.startswith(there):
            raise ChainIsForked(self._folder / name, len(now.records) if now else 1)
        copy = chain.read(self._copies / name, data)
        by_writer[copy.writer] = copy
        lacking = len(copy.records) - (len(now.records) if now else 0)
        says = (
            f".skc/evidence/{name}: {lacking} of {len(copy.records)} records are not in this work "
            "tree, but were seen on this machine (on another branch, it may be); they count"
        )
        return [says]

    def _gone(self, name: str, number: int, *, told_by: str) -> RecordsAreGone:
        error = RecordsAreGone(self._folder / name, number, told_by=told_by)
        kept = self._copies / name
        if kept.exists():
            error.fix = f"cp {kept} {'/'.join(self._folder.parts[-2:])}/{name}   # all of them"
        else:
            error.fix = f"git checkout HEAD -- {'/'.join(self._folder.parts[-2:])}/{name}"
        return error
