"""Files that stay on disk as they are, while git stops following them (`--keep-current`)."""

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.paths import Globs
from skillconnect_ops.commands.scrub.rewrite import new_paths
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.ports.rewriting import SUBMODULE, Entry, WorkTree
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import listed
from skillconnect_ops.envfile.names import is_env_file
from skillconnect_ops.history.looking import in_content
from skillconnect_ops.history.needles import Needles

EXCLUDE = "info/exclude"
_STATE = ".skc"
_SAYS = b"# kept on disk by `skc scrub --keep-current`; git follows them no longer"
_SPECIAL = b"\\*?["
_UNWRITABLE = b"\r\n"
"""Bytes of a name that no rule can spell; `?` stands for any one."""


class Kept(Struct, frozen=True, kw_only=True):
    """One file that stays; paths are bytes, since they go where only texts go as text."""

    root: bytes
    path: bytes
    name: bytes
    """What it is called afterwards: another name where its own holds a value."""
    followed: bool
    """Whether HEAD still has it, masked, so that a commit has to end that."""

    @property
    def shown(self) -> str:
        """Its name for people; no value is in it."""
        return self.name.decode("utf-8", "backslashreplace")


class Keeper:
    """Tells which files of a work tree stay.

    Args:
        house: knows what HEAD holds.
        in_files: finds values in contents.
        in_names: takes them out of names.
        globs: what goes by its path.
        held: ids of file versions that hold a value, as they were before the scrub.
        objects: old and new ids, where it is under way already.
    """

    def __init__(
        self,
        house: House,
        *,
        in_files: Needles,
        in_names: Needles,
        globs: Globs,
        held: Collection[str],
        objects: Mapping[str, str],
    ) -> None:
        self._house = house
        self._in_files = in_files
        self._in_names = in_names
        self._globs = globs
        self._held = held
        self._objects = objects

    def kept(self, tree: WorkTree) -> tuple[Kept, ...]:
        """Followed files that hold a value, and all files that only history loses."""
        index = tree.index()
        stays = [entry for entry in index if not self._globs.matches(os.fsencode(entry.path))]
        names = new_paths([os.fsencode(entry.path) for entry in stays], self._in_names)
        root = os.fsencode(tree.root)
        found = [
            Kept(root=root, path=path, name=names[path], followed=True)
            for path in (os.fsencode(entry.path) for entry in self._with_values(tree, stays, names))
        ]
        found += [
            Kept(root=root, path=path, name=path, followed=False)
            for path in map(os.fsencode, self._without_history(tree, index))
            # whose name holds a value is called so still, and no rule may say it
            if not self._in_names.held(path)
        ]
        return tuple(found)

    def _with_values(
        self, tree: WorkTree, entries: Sequence[Entry], names: Mapping[bytes, bytes]
    ) -> Iterator[Entry]:
        """An env file also where by now it holds others: the next commit would bring them."""
        suspects = [
            entry
            for entry in entries
            if entry.oid in self._held and not entry.stage and entry.mode != SUBMODULE
        ]
        if not suspects:
            return
        twice = self._staged_and_changed(tree, suspects, names)
        for entry in suspects:
            place = tree.root / entry.path
            if entry.path in twice or not os.path.lexists(place):
                continue
            if is_env_file(entry.path) or in_content(self._in_files, _content(place)):
                yield entry

    def _staged_and_changed(
        self, tree: WorkTree, entries: Sequence[Entry], names: Mapping[bytes, bytes]
    ) -> frozenset[str]:
        """What is staged in them is in no commit and in no file: it would be lost."""
        changed = tree.changed()
        if changed.isdisjoint(entry.path for entry in entries):
            return frozenset()
        head = {one.path: one.blob for one in self._house.git.committed(tree.root)}

        def now(oid: str | None) -> str | None:
            return oid if oid is None else self._objects.get(oid, oid)

        return frozenset(
            entry.path
            for entry in entries
            if entry.path in changed
            and now(entry.oid)
            not in {
                now(head.get(entry.path)),
                now(head.get(os.fsdecode(names[os.fsencode(entry.path)]))),
            }
        )

    def _without_history(self, tree: WorkTree, index: Sequence[Entry]) -> Iterator[str]:
        """Files that go by their path, as far as `git add` would bring them back."""
        tracked = [entry.path for entry in index if entry.mode != SUBMODULE]
        for path in dict.fromkeys(tracked):
            if self._globs.matches(os.fsencode(path)) and os.path.lexists(tree.root / path):
                yield path
        for path in tree.others():
            if path.endswith("/") or not self._globs.matches(os.fsencode(path)):
                continue
            if not self._house.git.ignored(tree.root, Path(path)):
                yield path


def _content(place: Path) -> bytes:
    return os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()


def rule(path: bytes) -> bytes:
    """The line of gitignore(5) that covers this very path."""
    ends_at = len(path.rstrip(b" "))
    out = bytearray(b"/")
    for at, byte in enumerate(path):
        if byte in _UNWRITABLE:
            out += b"?"
            continue
        if byte in _SPECIAL or at >= ends_at:  # blanks at the end of a line are no part of it
            out += b"\\"
        out.append(byte)
    return bytes(out)


def exclude(house: House, repository: Repository, kept: Sequence[Kept]) -> None:
    """List them where git looks and nobody else gets it; what is listed already is not again."""
    path = Path(os.path.realpath(repository.git_folder / EXCLUDE))
    before = path.read_bytes() if path.exists() else b""
    there = {line.rstrip(b"\r") for line in before.split(b"\n")}
    fresh = [line for line in dict.fromkeys(rule(one.name) for one in kept) if line not in there]
    if not fresh:
        return
    path.parent.mkdir(exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    gap = b"" if before.endswith(b"\n") or not before else b"\n"
    said = () if _SAYS in there else (_SAYS,)
    house.disk.replace(path, before + gap + b"\n".join((*said, *fresh, b"")), mode=mode)


def unsettled(repository: Repository, tree: WorkTree) -> tuple[str, ...]:
    """What is staged or changed and not committed, but for what a scrub has taken out itself.

    That is on disk, in no index, and listed by a rule of its own. Evidence that skc has added is
    nobody's work in progress: files that lines are added to, which a scrub leaves as they are.
    """
    uncommitted = tuple(one for one in tree.uncommitted() if not _is_evidence(one))
    path = repository.git_folder / EXCLUDE
    if not uncommitted or not path.exists():
        return uncommitted
    lines = set(path.read_bytes().split(b"\n"))
    tracked = {entry.path for entry in tree.index()}
    return tuple(
        path
        for path in uncommitted
        if path in tracked
        or rule(os.fsencode(path)) not in lines
        or not os.path.lexists(tree.root / path)
    )


def _is_evidence(path: str) -> bool:
    """Files of the shared state, in whatever folder the project is."""
    parts = Path(path).parts
    return _STATE in parts[:-1] and path.endswith(".jsonl")


def says(kept: Sequence[Kept]) -> tuple[str, ...]:
    """For the plan."""
    if not kept:
        return ()
    names = listed([one.shown for one in kept])
    notes = [f"on your disk as they are: {names}; .git/info/exclude will list them"]
    followed = [one.shown for one in kept if one.followed]
    if followed:
        notes.append(
            f"git stops following {listed(followed)}: commit that afterwards. Until you have a "
            "copy, go to no commit that has the masked file: git puts it over yours, unasked"
        )
    return tuple(notes)


def told_of(house: House, kept: Sequence[Kept]) -> list[dict[str, Any]]:
    """For the journal and the report; no value is in it."""
    return [
        {
            "root": os.fsdecode(one.root),
            "path": one.shown,
            "followed": one.followed,
            # a `.gitignore` has more to say than what lists it here
            "ignored": house.git.ignored(Path(os.fsdecode(one.root)), Path(os.fsdecode(one.name))),
        }
        for one in kept
    ]


def commits(kept: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What is to be typed where HEAD still has some of them, of what `told_of` gives."""
    by_root: dict[str, list[str]] = {}
    for one in kept:
        if one["followed"]:
            by_root.setdefault(one["root"], []).append(one["path"])
    return tuple(
        f"git -C {word(root)} commit -m {word(f'Stop following {listed(names)}')}"
        for root, names in by_root.items()
    )
