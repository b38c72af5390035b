"""The proof: everything is looked at once more, and that looking works is shown as well.

It fails closed. What cannot be read, a clone that lacks something, a search that does not find what
is known to be there: each is "not proven", and never "nothing found".
"""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.paths import taken
from skillconnect_ops.commands.scrub.unseen import named_without
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.objects import Listed, ObjectKind, Piece, Repository, Unreadable
from skillconnect_ops.core.ports.rewriting import SUBMODULE, WorkTree
from skillconnect_ops.core.view import count
from skillconnect_ops.history.anatomy import apart, parts
from skillconnect_ops.history.holding import Survey, survey
from skillconnect_ops.history.looking import NONE, Wanted, in_content, into_content
from skillconnect_ops.history.needles import SHORTEST

_CONTROL_BYTES = 24
_LETTERS = 4
"""Of a stretch with fewer there may be one anywhere."""
_CONTROLS, _LARGEST_CONTROL = 100, 1 << 20
"""Objects that are tried, and how large they may be."""
_LARGEST_BYTES = 256 << 20
_LFS = "lfs/"
_SHOWN = b"?"
"""Stands for a value in what is said. Nothing is replaced here, and it can hold no value."""


class Found(Struct, frozen=True, kw_only=True):
    """A place that holds a value."""

    subject: str
    values: tuple[int, ...]
    """Which of them, counted from 1 in the order given."""


class Left(Struct, frozen=True):
    """Something that holds a value, and that no rewriting reaches."""

    subject: str
    reason: str


class Seen(Struct, frozen=True, kw_only=True):
    """What the proof saw."""

    found: tuple[Found, ...]
    left: tuple[Left, ...]
    unproven: tuple[str, ...]
    objects: int
    size_bytes: int
    files: int
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether it is proven that no value is left."""
        return not self.found and not self.unproven


def nothing_seen(reason: str) -> Seen:
    """Where looking did not work at all."""
    return Seen(
        found=(), left=(), unproven=(reason,), objects=0, size_bytes=0, files=0, seconds=0.0
    )


def prove(
    house: House,
    repository: Repository,
    values: Sequence[bytes],
    *,
    paths: Sequence[str] = (),
    blobs: Sequence[str] = (),
    whole: bool = False,
) -> Seen:
    """Look for the values in everything that the repository holds, and beside it.

    Args:
        house: for the crew, and progress.
        repository: what is looked at.
        values: what must not be there.
        paths: patterns of files that no commit may have.
        blobs: what such files held.
        whole: whether git was asked a moment ago if it finds all that it needs.
    """
    began = house.clock.monotonic()
    listing = list(repository.listing())
    control = _control(repository, listing)
    wanted = Wanted(tuple(values), _SHOWN, control)
    with house.person.progress("looking again", total=None, unit="B") as ticker:
        found_in = survey(
            repository,
            wanted,
            crew=house.crew,
            ticker=ticker,
            strict=True,
            leads=False,
            listing=listing,
        )
    number = len(values)
    files = _Files(house, repository, Wanted(tuple(values), _SHOWN))
    files.look()
    unproven = [f"{gap.subject}: {gap.reason}" for gap in found_in.gaps]
    unproven += files.unproven
    unproven += [f"{lack.subject}: {lack.reason}; {lack.fix}" for lack in repository.cut()]
    unproven += _controls(found_in, number, len(control))
    complaints = () if whole else house.repositories.rewriting(repository).complaints()
    unproven += [f"git fsck: {line}" for line in complaints[:5]]
    found = [
        Found(subject=f"{kind.value} {oid}", values=_numbers(held, number))
        for kind, holding in found_in.holding.items()
        for oid, held in sorted(holding.items())
        if any(index < number for index in held)
    ]
    roots = {line.leads_to[0] for line in found_in.commits.values()}
    again = taken(repository, roots, paths)
    found += [
        Found(subject=f"file {named_without(files.needles, path)}", values=())
        for path in sorted(again.paths)
    ]
    elsewhere = [oid for oid in blobs if oid in found_in.oids] if not again.paths else []
    left = [
        Left(f"object {oid[:12]}", "what the file held stands in history under another name")
        for oid in elsewhere
    ]
    return Seen(
        found=(*found, *files.found),
        left=(*files.left, *left),
        unproven=tuple(dict.fromkeys(unproven)),
        objects=found_in.objects,
        size_bytes=found_in.size_bytes,
        files=files.number,
        seconds=round(house.clock.monotonic() - began, 3),
    )


def _numbers(held: Sequence[int], number: int) -> tuple[int, ...]:
    return tuple(index + 1 for index in held if index < number)


def _control(repository: Repository, listing: Iterable[Listed | Unreadable]) -> tuple[bytes, ...]:
    """Stretches that are known to be there: of a commit's head, and of a blob."""
    kinds: dict[ObjectKind, list[str]] = {ObjectKind.COMMIT: [], ObjectKind.BLOB: []}
    for one in listing:
        if isinstance(one, Listed) and one.size_bytes < _LARGEST_CONTROL and one.kind in kinds:
            if len(kinds[one.kind]) < _CONTROLS:
                kinds[one.kind].append(one.oid)
            elif all(len(oids) >= _CONTROLS for oids in kinds.values()):
                break
    found = []
    for oids in kinds.values():
        for piece in repository.contents(oids):
            if not isinstance(piece, Piece):
                continue
            head = _stretch(piece)
            if len(head) >= SHORTEST and len(set(head)) > _LETTERS and b"\0" not in head:
                found.append(head)
                break
    return tuple(dict.fromkeys(found))


def _stretch(piece: Piece) -> bytes:
    """The beginning of a blob, or of the longest free text of a commit."""
    text = piece.content
    if piece.kind is ObjectKind.COMMIT:
        each = [part for part, is_text in parts(apart(text)[1]) if is_text]
        text = max(each, key=len, default=b"")
    return text[:_CONTROL_BYTES]


def _controls(found: Survey, number: int, controls: int) -> Iterator[str]:
    if not controls and found.objects:
        yield "no object lends itself to show that the search works"
    held = {
        index for holding in found.holding.values() for each in holding.values() for index in each
    }
    missing = [index for index in range(number, number + controls) if index not in held]
    if missing:
        yield "what is known to be there was not found: the search does not work"


class _Files:
    """Names of refs, files of the git folder, submodules, and work trees."""

    def __init__(self, house: House, repository: Repository, wanted: Wanted) -> None:
        self._house = house
        self._repository = repository
        self._wanted = wanted
        self.needles = wanted.needles
        self.found: list[Found] = []
        self.left: list[Left] = []
        self.unproven: list[str] = []
        self.number = 0

    def look(self) -> None:
        """All of them."""
        rewriting = self._house.repositories.rewriting(self._repository)
        for ref in rewriting.refs():
            self._name(f"ref {ref.name}", ref.name)
        lfs = []
        for name, path in self._repository.own_files():
            self._name(f".git/{name}", name)
            held = self._in_file(path, f".git/{name}")
            if held and name.startswith(_LFS):
                lfs.append(path.name)
            elif held:
                self.found.append(Found(subject=self._shown(f".git/{name}"), values=held))
        for name, reason in self._repository.closed():  # those of submodules as well
            self.unproven.append(f"{self._shown(f'.git/{name}')}: cannot be listed: {reason}")
        self.left += [
            Left(
                f"LFS object {oid}", "its content is stored apart; remove it on the LFS server, too"
            )
            for oid in lfs
        ]
        for path in rewriting.strays():
            name = path.relative_to(self._repository.git_folder).as_posix()
            shown = self._shown(f".git/{name}")
            self.unproven.append(
                f"{shown}: no object that git lists; if nothing else runs: git prune"
            )
        for folder in self._repository.inner():
            name = folder.relative_to(self._repository.git_folder).as_posix()
            self._submodule(folder, self._shown(name.removeprefix("modules/")))
        for place in rewriting.borrows():
            shown = self._shown(str(place))
            self.left.append(Left(shown, "objects are borrowed from there (alternates)"))
        for tree in rewriting.work_trees():
            self._work_tree(tree)
        for root in rewriting.absent_work_trees():
            self.unproven.append(f"work tree {self._shown(str(root))}: it is not there")

    def _name(self, subject: str, name: str) -> None:
        raw = os.fsencode(name)
        held = self.needles.held(raw) if self.needles.plainly(raw) else NONE
        if held:
            shown = f"the name of {self._shown(subject)}"
            self.found.append(Found(subject=shown, values=_all(held)))

    def _shown(self, text: str) -> str:
        """A name without values."""
        return os.fsdecode(self.needles.without(os.fsencode(text)))

    def _submodule(self, folder: Path, name: str) -> None:
        try:
            inner = self._house.repositories.open(folder)
            if inner is None:
                self.unproven.append(f"submodule {name}: git takes it for no repository")
                return
            with self._house.person.progress(f"looking into {name}", total=None, unit="B") as tick:
                crew = self._house.crew
                seen = survey(inner, self._wanted, crew=crew, ticker=tick, strict=True)
            own = any(self._in_file(path, name) for _, path in inner.own_files())
        except Precondition as error:
            self.unproven.append(f"submodule {name}: {error.what}: {error.why}")
            return
        self.unproven += [f"submodule {name}: {gap.subject}: {gap.reason}" for gap in seen.gaps]
        if own or not seen.is_clean:
            number = count(len(seen.affected[ObjectKind.COMMIT]), "commit")
            self.left.append(
                Left(f"submodule {name}", f"a history of its own ({number}); skc scrub in it")
            )

    def _work_tree(self, tree: WorkTree) -> None:
        root, changed = tree.root, tree.changed()
        index = tree.index()
        where = "" if root == self._repository.root else f" in {root}"
        for path in sorted({entry.path for entry in index if entry.mode == SUBMODULE}):
            self._within(root / path, self._shown(path))
        for path in sorted({entry.path for entry in index if entry.mode != SUBMODULE}):
            held = self._in_file(root / path, path)
            if held and path in changed:
                reason = "you changed it, and did not commit that; it is yours to change"
                self.left.append(Left(self._shown(path), reason))
            elif held:
                self.found.append(Found(subject=self._shown(f"file {path}{where}"), values=held))
        for path in tree.others():
            shown = self._shown(path)
            if path.endswith("/"):
                self.left.append(Left(shown, "a repository of its own; skc scrub in it"))
            elif self._in_file(root / path, path, ours=False) or shown != path:
                self.left.append(Left(shown, "git does not follow it; it is yours to change"))

    def _within(self, place: Path, name: str) -> None:
        """The work tree of a submodule: what its history, which is told apart, does not have."""
        if not os.path.lexists(place / ".git"):
            return
        try:
            if (place / ".git").is_dir():  # its git folder was never brought into ours
                self._submodule(place, name)
            inner = self._house.repositories.open(place)
            trees = () if inner is None else self._house.repositories.rewriting(inner).work_trees()
            own = [one for one in trees if one.root.resolve() == place.resolve()]
            if not own:
                self.unproven.append(f"submodule {name}: its work tree cannot be looked at")
            for tree in own:
                for path in sorted((*tree.changed(), *tree.others())):
                    if self._in_file(tree.root / path, f"{name}/{path}", ours=False):
                        shown = self._shown(f"{name}/{path}")
                        self.left.append(
                            Left(shown, "in a submodule, not committed; yours to change")
                        )
                for entry in tree.index():
                    if entry.mode == SUBMODULE:
                        self._within(tree.root / entry.path, f"{name}/{self._shown(entry.path)}")
        except Precondition as error:
            self.unproven.append(f"submodule {name}: {error.what}: {error.why}")

    def _in_file(self, path: Path, subject: str, *, ours: bool = True) -> tuple[int, ...]:
        """What a file holds; where it is not ours, it only is told what stays packed in it."""
        self.number += 1
        try:
            try:
                about = path.lstat()
            except (FileNotFoundError, NotADirectoryError):
                return ()
            if stat.S_ISLNK(about.st_mode):
                return _all(in_content(self.needles, os.fsencode(path.readlink())))
            if not stat.S_ISREG(about.st_mode):
                return ()
            if about.st_size > _LARGEST_BYTES:
                self.unproven.append(f"{self._shown(subject)}: too large to be looked through")
                return ()
            held, unopened = into_content(self.needles, path.read_bytes())
            for why in unopened:
                if ours:
                    self.unproven.append(f"{self._shown(subject)}: not opened: {why}")
                else:
                    self.left.append(Left(self._shown(subject), f"not opened: {why}"))
            return _all(held)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.unproven.append(f"{self._shown(subject)}: {reason}")
            return ()


def _all(held: frozenset[int]) -> tuple[int, ...]:
    return tuple(index + 1 for index in sorted(held))
