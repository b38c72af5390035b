"""What else knows how far a chain of retirements went: the evidence, and the private state."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence import chain, ends
from skillconnect_ops.evidence.chain import Chain
from skillconnect_ops.evidence.chains import Ground
from skillconnect_ops.evidence.errors import ChainIsForked, RecordsAreGone
from skillconnect_ops.evidence.retirements import CLAIM


class Copies:
    """A copy of each shared chain that this machine ever saw, at its longest.

    On a branch that was begun before a value was retired, its record is not in the working tree;
    the value is no less retired.
    """

    def __init__(self, chains: Path, folder: Path, *, disk: Disk) -> None:
        self._chains = chains
        self._folder = folder
        self._disk = disk

    def filled(self, found: Iterable[Chain]) -> tuple[tuple[Chain, ...], tuple[str, ...]]:
        """The chains, each at its longest, and in words where the working tree has less.

        Raises:
            ChainIsForked: a chain does not go on from its copy.
            ChainIsBroken: a copy is not as it was written.
        """
        by_writer = {one.writer: one for one in found}
        gaps = []
        for name in self._disk.names(self._folder):
            if name.endswith(".jsonl"):
                copy = chain.read(self._folder / name, self._disk.read(self._folder / name))
                gaps += self._fill(by_writer, copy)
        self._keep(by_writer.values())
        return tuple(by_writer[writer] for writer in sorted(by_writer)), tuple(gaps)

    def _fill(self, by_writer: dict[str, Chain], copy: Chain) -> list[str]:
        now = by_writer.get(copy.writer)
        there = now.digests if now else ()
        common = min(len(there), len(copy.digests))
        if there[:common] != copy.digests[:common]:
            raise ChainIsForked(self._chains / f"{copy.writer}.jsonl", common)
        if len(there) >= len(copy.digests):
            return []
        by_writer[copy.writer] = copy
        lacking = len(copy.digests) - len(there)
        said = (
            f".skc/retired/{copy.writer}.jsonl: the last {lacking} of {len(copy.digests)} are not"
            " there, but remembered here: this is another branch, or the end was cut off"
        )
        return [said]

    def _keep(self, chains: Iterable[Chain]) -> None:
        """Where nothing can be kept (CI), the evidence still tells."""
        with suppress(OSError):
            for one in chains:
                path = self._folder / f"{one.writer}.jsonl"
                if not path.exists() or path.stat().st_size != len(one.whole):
                    self._disk.make_private(self._folder)
                    self._disk.replace(path, one.whole, mode=0o600)


def check_anchors(
    chains: Iterable[Chain], evidence: Iterable[Chain], project: str, folder: Path
) -> None:
    """See that every retirement that the evidence names is there.

    Raises:
        RecordsAreGone: one is not.
    """
    there = {one.writer: frozenset(one.digests) for one in chains}
    for entry in (entry for one in evidence for entry in one.records):
        writer, digest = entry.facts.get("writer"), entry.facts.get("digest")
        if entry.claim != CLAIM or entry.project != project or not isinstance(writer, str):
            continue
        if digest not in there.get(writer, ()):
            path = folder / f"{Path(writer).name}.jsonl"
            raise RecordsAreGone(path, int(entry.facts.get("seq", 1)), told_by="the evidence")


def check_ends(chains: Iterable[Chain], ground: Ground, folder: Path, *, memory: str) -> None:
    """See that chains which know no branches end where this machine left them.

    Raises:
        RecordsAreGone: one does not.
    """
    there = {one.writer: one for one in chains}
    for writer, digest in ends.load(ground.state, disk=ground.disk, file=memory).items():
        one = there.get(writer)
        if one is None or digest not in one.digests:
            number = len(one.digests) + 1 if one else 1
            path = folder / f"{writer}.jsonl"
            raise RecordsAreGone(path, number, told_by="the private state")
