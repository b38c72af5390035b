"""Looking for retired values in files, as the scan looks for secrets: in all they are made of.

It works with the ledger's key, so that nothing of it is handed to another process.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.retired.tokens import candidates, tokens
from skillconnect_ops.core.excerpts import Within
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.evidence.matching import Matcher, Retired
from skillconnect_ops.history.everywhere import Everywhere
from skillconnect_ops.history.jobs import FileJob, look_at_files
from skillconnect_ops.history.model import Gap, Hit, Trace, Where
from skillconnect_ops.history.tree import Tree
from skillconnect_ops.history.unfold import Unfolding
from skillconnect_ops.history.wire import unpacked

Job = TypeVar("Job")

_REMEMBERED = 500_000
_SHORT = 200
"""Characters; only pieces up to here are remembered as no retired ones."""


class Found(Struct, frozen=True, kw_only=True):
    """A retired value, and where it stands."""

    retired: Retired
    path: str
    line: int
    column: int | None
    form: tuple[str, ...]
    """What it was wrapped in, from the outside in."""


class Searched(Struct, frozen=True, kw_only=True):
    """What files hold of retired values, and what was not looked at."""

    found: tuple[Found, ...]
    gaps: tuple[Gap, ...]
    files: int


class _Retirees:
    """Finds retired values in one plain content."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._harmless: set[str] = set()
        self.entries: dict[str, Retired] = {}
        """What a trace's `detector` stands for."""

    def __call__(
        self, path: str | None, content: bytes, within: Within | None = None
    ) -> Sequence[Trace]:
        known: dict[str, Retired] = {}
        for some in candidates(content):
            known |= self._retired(some - self._harmless)
        if not known:
            return ()
        return [
            self._trace(known[token.value.reveal()], token.value, token.line, token.column)
            for token in tokens(content, wanted=known)
        ]

    def _retired(self, values: set[str]) -> dict[str, Retired]:
        found = self._matcher.among(values)
        if len(self._harmless) > _REMEMBERED:
            self._harmless.clear()
        self._harmless |= {value for value in values if len(value) <= _SHORT} - set(found)
        return found

    def _trace(self, entry: Retired, value: Secret, line: int, column: int) -> Trace:
        mark = f"{entry.writer}/{entry.seq}"
        self.entries[mark] = entry
        return Trace(
            detector=mark,
            what=entry.retirement.name,
            secret=Secret(""),  # one mark, one secret: in whichever of its forms it stands there
            whole=value,
            line=line,
            column=column,
            context="",
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            remedy="",
        )


class Retirees:
    """Finds retired values in contents, in whichever form they stand there."""

    def __init__(self, matcher: Matcher) -> None:
        self._plain = _Retirees(matcher)
        self._search = Unfolding(self._plain, disguises=Everywhere())

    def look(self, path: str, content: bytes) -> Iterator[Found]:
        """Everything of this one content."""
        hit = Hit(where=Where.STAGED, path=path, traces=self._search(path, content).traces)
        return _found((hit,), self._plain.entries)


class _Here:
    """A crew of this process alone: the ledger's key goes to no other."""

    def spread(
        self,
        work: Callable[[Job], bytes],
        jobs: Iterable[Job],
        *,
        size_bytes: int,
    ) -> Iterator[bytes]:
        yield from map(work, jobs)


def search_files(house: House, paths: Sequence[Path], matcher: Matcher, *, root: Path) -> Searched:
    """Look for retired values in files, and in all files of folders.

    Args:
        house: walks folders and reads.
        paths: as they were typed.
        matcher: knows what is retired.
        root: what paths in findings are relative to.

    Raises:
        SkcError: something that was named itself cannot be read.
    """
    plain = _Retirees(matcher)
    search = Unfolding(plain, disguises=Everywhere())
    repository = house.repositories.open(root)
    tree = Tree(
        root,
        repository=repository if repository is not None and repository.root else None,
        repositories=house.repositories,
        folders=house.folders,
    )
    starts, streams = _named(house, paths)
    tree.look(starts, search=search, crew=_Here())
    hits, gaps = list(tree.hits), list(tree.gaps)
    for name, data in streams:
        looked = search(name, data)
        hits.append(Hit(where=Where.WORK_TREE, path=name, traces=looked.traces))
        gaps += [Gap(name, f"not opened: {reason}") for reason in looked.skipped]
    return Searched(
        found=tuple(_found(hits, plain.entries)),
        gaps=tuple(dict.fromkeys(gaps)),
        files=tree.files + len(streams),
    )


def search_listed(files: Iterable[tuple[str, Path]], matcher: Matcher) -> Searched:
    """Look for retired values in these files alone, each with the name that it goes by.

    Args:
        files: plain ones.
        matcher: knows what is retired.
    """
    items = tuple(files)
    plain = _Retirees(matcher)
    search = Unfolding(plain, disguises=Everywhere())
    harvest = unpacked(look_at_files(FileJob(search=search, where=Where.WORK_TREE, items=items)))
    return Searched(
        found=tuple(_found(harvest.hits, plain.entries)),
        gaps=tuple(dict.fromkeys(harvest.gaps)),
        files=len(items),
    )


def _named(house: House, paths: Sequence[Path]) -> tuple[list[Path], list[tuple[str, bytes]]]:
    """Files and folders to walk; and what streams (`<(command)`, /dev/stdin) had to say."""
    starts: list[Path] = []
    streams: list[tuple[str, bytes]] = []
    for path in paths:
        whole = house.environment.folder / path
        try:
            if whole.is_file() or whole.is_dir():
                start = whole.resolve(strict=True)
                with start.open("rb") if start.is_file() else nullcontext():
                    starts.append(start)
            else:
                streams.append((str(path), house.disk.read(whole)))
        except OSError as error:
            raise explain(error, f"read {path}") from error
    return starts, streams


def _found(hits: Iterable[Hit], entries: dict[str, Retired]) -> Iterator[Found]:
    """One for each retirement, line and wrapping; a value is cut out of a line in several ways."""
    seen: set[tuple[str, str | None, int, tuple[str, ...]]] = set()
    for hit in hits:
        for trace in hit.traces:
            mark = (trace.detector, hit.path, trace.line, trace.form)
            if mark in seen:
                continue
            seen.add(mark)
            yield Found(
                retired=entries[trace.detector],
                path=hit.path or "",
                line=trace.line,
                column=trace.column,
                form=trace.form,
            )
