"""A repository that is changed, through git's own plumbing."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct

from skillconnect_ops.adapters.objects.listing import in_index, listed_of
from skillconnect_ops.adapters.objects.locks import at_work, locks, must_be_free
from skillconnect_ops.adapters.objects.new_pack import NewPackFile
from skillconnect_ops.adapters.objects.program import FORMAT, QUIETLY, Git, GitCannotRead, unnamed
from skillconnect_ops.adapters.objects.work_tree import GitWorkTree
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.objects import Listed, ObjectKind
from skillconnect_ops.core.ports.rewriting import (
    SUBMODULE,
    Locks,
    Move,
    NewPack,
    Ref,
    Remote,
)

_SHA256_DIGITS = 64
_UNFINISHED = "tmp_pack_skc_"
"""Git sweeps away what begins with tmp_."""
_OF_GIT = ("tmp_pack_", "tmp_idx_", "tmp_rev_", "tmp_obj_", ".tmp-")
"""So begin the names of what git is writing."""
_OF_A_PACK = (".idx", ".rev", ".bitmap", ".keep", ".mtimes", ".promisor", ".pack")
_DERIVED = ("commit-graph", "commit-graphs", "multi-pack-index")
"""What git derives from the objects, below `objects/info` or `objects/pack`; it names old ones."""


class GitCannotWrite(Precondition):
    """Git could not change the repository."""


class GitRewriting(Struct, frozen=True, kw_only=True):
    """Implements `core.ports.rewriting.Rewriting`."""

    git: Git
    git_folder: Path
    root: Path | None

    def refs(self) -> tuple[Ref, ...]:
        """`git for-each-ref`, and HEAD where it is detached."""
        words = ("for-each-ref", "--format=%(objectname)%00%(symref)%00%(refname)")
        with self.git.running(*words) as told:
            lines = os.fsdecode(told.read()).split("\n")[:-1]  # a name may have other line breaks
        found = []
        for line in lines:
            oid, leads_to, name = line.split("\0")
            found.append(Ref(name=name, oid=oid, leads_to=leads_to or None))
        if self.head() is None:
            oid = self._word("rev-parse", "--verify", "--quiet", "HEAD")
            found += [Ref(name="HEAD", oid=oid)] if oid else []
        return (*found, *self._private_refs())

    def _private_refs(self) -> Iterator[Ref]:
        """What linked work trees have for themselves: a detached HEAD, marks of a bisect."""
        for folder in sorted((self.git_folder / "worktrees").glob("*")):
            for path in (folder / "HEAD", *sorted((folder / "refs").rglob("*"))):
                if path.is_file():
                    oid = path.read_text(errors="surrogateescape").strip()
                    if len(oid) in {40, _SHA256_DIGITS} and not oid.startswith("ref:"):
                        name = path.relative_to(self.git_folder).as_posix()
                        yield Ref(name=name, oid=oid)

    def head(self) -> str | None:
        """`git symbolic-ref HEAD`."""
        return self._word("symbolic-ref", "--quiet", "HEAD") or None

    def locks(self) -> Locks:
        """Git's lock files: of refs, HEADs, and indexes of all work trees."""
        return locks(self.git_folder, self._roots())

    def _roots(self) -> tuple[Path, ...]:
        return () if self.root is None else (self.root, *self._listed_trees())

    def remotes(self) -> tuple[Remote, ...]:
        """`git remote`, and what the config says of each."""
        return tuple(
            Remote(
                name=name,
                fetches=tuple(self._word("config", "--get-all", f"remote.{name}.fetch").split()),
                mirror=self._word("config", "--type=bool", f"remote.{name}.mirror") == "true",
            )
            for name in self._word("remote").splitlines()
        )

    def move(self, moves: Sequence[Move], *, message: str) -> None:
        """`git update-ref --stdin`: locks all, checks all, then moves all."""
        null = "0" * self._digits
        lines = [
            b"update %s\0%s\0%s\0"
            % (os.fsencode(one.name), (one.to or null).encode(), (one.was or null).encode())
            if one.to is not None
            # of a symbolic ref there is no old value that git could compare
            else b"delete %s\0%s\0" % (os.fsencode(one.name), (one.was or "").encode())
            for one in moves
        ]
        with unnamed((b"".join(lines),)) as given:
            self._do("update-ref", "--no-deref", "-m", message, "-z", "--stdin", file=given)

    def pack_refs(self) -> None:
        """`git pack-refs`; thousands of small files would slow all that looks at refs.

        Where somebody holds its lock they stay small files, which harms nobody.
        """
        if (self.git_folder / "packed-refs").is_file():
            with self.git.running(*QUIETLY, "pack-refs", "--all", tolerant=True) as told:
                told.read()

    def lead(self, name: str, to: str) -> None:
        """`git symbolic-ref`."""
        self._do("symbolic-ref", name, to)

    @contextmanager
    def new_pack(self) -> Iterator[NewPack]:
        """Written beside the packs by a name that git sweeps away, then indexed by git itself."""
        folder = self.git_folder / "objects" / "pack"
        folder.mkdir(parents=True, exist_ok=True)
        self.sweep()
        # unlinked at the end, by the next one, or by `git gc`, whatever happens
        descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=folder)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                pack = NewPackFile(file, sha256=self._digits == _SHA256_DIGITS)
                yield pack
                if pack.number:
                    pack.close()
                    file.seek(0)
                    self._do("index-pack", "--stdin", file=file)
        finally:
            Path(name).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Packs that a death left unfinished; those of git's own are git's."""
        for path in (self.git_folder / "objects" / "pack").glob(f"{_UNFINISHED}*"):
            path.unlink(missing_ok=True)

    def has(self, oids: Iterable[str]) -> tuple[str, ...]:
        """`git cat-file --batch-check`."""
        with self.git.running("cat-file", "--batch-check", "--buffer", given=oids) as told:
            lines = told.read().splitlines()
        return tuple(line.split()[0].decode() for line in lines if line.endswith(b" missing"))

    def reachable(self) -> frozenset[str]:
        """`git rev-list --objects` from everything that git itself holds on to."""
        return self._reached("--indexed-objects")

    def _reached(self, *words: str) -> frozenset[str]:
        every = ("rev-list", "--objects", "--all", "--reflog", "--no-object-names", *words)
        with self.git.running(*every) as told:
            return frozenset(told.read().decode().split())

    def drop(
        self,
        oids: Collection[str],
        *,
        fresh: Collection[str],
        names: Mapping[str, bytes],
        ready: Callable[[Collection[str]], None] = lambda _: None,
    ) -> None:
        """Two packs: what was there is copied as it is stored, and only what is new is compared.

        Then exactly those packs and loose objects go that were there before.
        """
        packs, loose = _stores(self.git_folder / "objects")
        gone, new = set(oids), set(fresh)
        there = [oid for oid in self._every() if oid not in gone]
        kept, made = [oid for oid in there if oid not in new], [oid for oid in there if oid in new]
        written = self._packed(kept, {}, "--window=0") | self._packed(made, names)
        ready({f"pack-{name}" for name in written})
        self._forget_derived()
        for pack in packs:
            if pack.removeprefix("pack-") not in written:
                self._unlink(f"pack/{pack}", _OF_A_PACK)
        for oid in loose:
            with contextlib.suppress(FileNotFoundError):
                (self.git_folder / "objects" / oid[:2] / oid[2:]).unlink()
        with contextlib.suppress(FileNotFoundError):
            (self.git_folder / "objects" / "info" / "alternates").unlink()  # all is here by now
        self._sweep_all()
        _sync(self.git_folder / "objects" / "pack")

    def _sweep_all(self) -> None:
        """What a git that was killed left among the objects, old ones in it, where none lives."""
        left = [path for path in self.strays() if path.name.startswith(_OF_GIT)]
        if left and at_work(self.git_folder, self._roots()) == ():
            for path in left:
                path.unlink(missing_ok=True)

    def _every(self) -> dict[str, None]:
        """The ids of all objects, as they lie in packs; an error where git cannot list a pack."""
        words = ("--batch-all-objects", "--unordered", "--buffer", "--batch-check=%(objectname)")
        with self.git.running("cat-file", *words) as told:
            return dict.fromkeys(told.read().decode().split())

    def _packed(self, oids: Sequence[str], names: Mapping[str, bytes], *options: str) -> set[str]:
        """A pack of these; gives its name, without the word before it."""
        base = self.git_folder / "objects" / "pack" / "pack"
        words = ("pack-objects", "--quiet", "--delta-base-offset", "--non-empty", *options)
        lines = (b"%s %s\n" % (oid.encode(), names.get(oid, b"")) for oid in oids)
        with (
            unnamed(lines) as given,
            self._running(*words, str(base), file=given) as told,
        ):
            return {line.decode().strip() for line in told}

    def named(self, *, reflogs: bool) -> frozenset[str]:
        """Of reflogs by `git rev-list`, which is not to walk."""
        found = {ref.oid for ref in self.refs()}
        if reflogs:
            with self.git.running("rev-list", "--no-walk", "--all", "--reflog") as told:
                found.update(told.read().decode().split())
            staged = (entry for tree in self.work_trees() for entry in tree.index())
            found |= {entry.oid for entry in staged if entry.mode != SUBMODULE}
        return frozenset(found)

    def stores(self) -> frozenset[str]:
        """Names of packs, and ids of loose objects; those of alternates with their folders."""
        found = set[str]()
        for place in (self.git_folder / "objects", *self.borrows()):
            packs, loose = _stores(place)
            found.update((*packs, *loose))
        return frozenset(found)

    def made_since(self, stores: Collection[str]) -> tuple[str, ...]:
        """By the indexes of other packs, and the names of other loose objects."""
        found: dict[str, None] = {}
        for place in (self.git_folder / "objects", *self.borrows()):
            packs, loose = _stores(place)
            found |= dict.fromkeys(oid for oid in loose if oid not in stores)
            for pack in packs:
                if pack not in stores:
                    found |= dict.fromkeys(in_index(self.git, place / "pack" / f"{pack}.idx"))
        listed = listed_of(self.git, found) if found else ()
        return tuple(
            one.oid for one in listed if isinstance(one, Listed) and one.kind is not ObjectKind.BLOB
        )

    def strays(self) -> tuple[Path, ...]:
        """Files among the objects that git does not list: of what was killed, or put there."""
        folder = self.git_folder / "objects"
        packs = {f"pack/{name}{ending}" for name in _stores(folder)[0] for ending in _OF_A_PACK}
        known = packs | {f"info/{name}" for name in ("packs", "alternates", *_DERIVED)}
        found = []
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            loose = len(name) in {41, 65} and name[2] == "/"
            derived = name.startswith(("info/commit-graphs/", "pack/multi-pack-index"))
            if path.is_file() and name not in known and not loose and not derived:
                found.append(path)
        return tuple(found)

    def borrows(self) -> tuple[Path, ...]:
        """`objects/info/alternates`, a folder a line."""
        try:
            lines = (self.git_folder / "objects" / "info" / "alternates").read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        here = self.git_folder / "objects"
        return tuple(here / os.fsdecode(line) for line in lines if line[:1] not in (b"#", b""))

    def work_trees(self) -> tuple["GitWorkTree", ...]:
        """`git worktree list`, as far as their folders are there."""
        return tuple(
            GitWorkTree(git=self._at(root), root=root, git_folder=self.git_folder)
            for root in self._listed_trees()
            if (root / ".git").exists()
        )

    def absent_work_trees(self) -> tuple[Path, ...]:
        """Those of the list whose folders are not there."""
        return tuple(root for root in self._listed_trees() if not (root / ".git").exists())

    def _listed_trees(self) -> list[Path]:
        with self.git.running("worktree", "list", "--porcelain", "-z") as told:
            blocks = told.read().split(b"\0\0")
        found = []
        for block in blocks:
            lines = block.strip(b"\0").split(b"\0")
            if lines[0].startswith(b"worktree ") and b"bare" not in lines[1:]:
                place = Path(os.fsdecode(lines[0].removeprefix(b"worktree ")))
                found.append(self._main_tree() if place == self.git_folder else place)
        return found

    def _main_tree(self) -> Path:
        """Where git names its own folder for it: that is a submodule's, or lies elsewhere."""
        told = self._word("config", "--get", "core.worktree")
        if told:
            return Path(os.path.realpath(self.git_folder / told))
        if self.root is not None and _git_folder_of(self.root) == self.git_folder:
            return self.root
        return self.git_folder  # not to be known from here

    @contextmanager
    def bundle(self) -> Iterator[IO[bytes]]:
        """`git bundle create`; with all that reflogs reach, older stashes among it."""
        with self._running("bundle", "create", "--quiet", "-", "--all", "--reflog") as told:
            yield told

    @contextmanager
    def unreached(self) -> Iterator[IO[bytes] | None]:
        """`git pack-objects`, of what `git rev-list` does not come to; indexes are in no bundle."""
        lost = sorted(self._every().keys() - self._reached())
        if not lost:
            yield None
            return
        with (
            unnamed(f"{oid}\n".encode() for oid in lost) as given,
            self._running("pack-objects", "--quiet", "--stdout", file=given) as told,
        ):
            yield told

    def unpack(self, pack: IO[bytes]) -> None:
        """`git index-pack`."""
        self._do("index-pack", "--stdin", file=pack)

    def unbundle(self, bundle: IO[bytes]) -> None:
        """Its pack, which comes behind an empty line; older gits read no bundle from stdin."""
        head = 0
        while (line := bundle.readline()) not in {b"\n", b""}:
            head += len(line)
        os.lseek(bundle.fileno(), head + 1, os.SEEK_SET)
        self.unpack(bundle)

    def complaints(self) -> tuple[str, ...]:
        """`git fsck --connectivity-only`."""
        words = ("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
        try:
            with self.git.running(*words) as told:
                return tuple(os.fsdecode(line.rstrip()) for line in told)
        except GitCannotRead as error:
            return (error.why,)

    @property
    def _digits(self) -> int:
        """Of an id: 40 of SHA-1, 64 of SHA-256."""
        return _SHA256_DIGITS if self._word(*FORMAT) == "sha256" else 40

    def _forget_derived(self) -> None:
        for place in ("info", "pack"):
            for name in _DERIVED:
                path = self.git_folder / "objects" / place / name
                if path.is_dir():
                    for inner in path.iterdir():
                        inner.unlink(missing_ok=True)
                    path.rmdir()
                else:
                    path.unlink(missing_ok=True)
        for stale in (self.git_folder / "objects" / "pack").glob("multi-pack-index-*"):
            stale.unlink(missing_ok=True)

    def _unlink(self, name: str, endings: Sequence[str]) -> None:
        for ending in endings:
            (self.git_folder / "objects" / f"{name}{ending}").unlink(missing_ok=True)

    def _at(self, root: Path) -> Git:
        return Git(folder=root, variables=self.git.variables)

    def _word(self, *words: str) -> str:
        with self.git.running(*words, tolerant=True) as told:
            return os.fsdecode(told.read()).strip()

    def _do(self, *words: str, file: IO[bytes] | None = None) -> bytes:
        with self._running(*words, file=file) as told:
            return told.read()

    @contextmanager
    def _running(self, *words: str, file: IO[bytes] | None = None) -> Iterator[IO[bytes]]:
        try:
            with self.git.running(*QUIETLY, *words, file=file) as told:
                yield told
        except GitCannotRead as error:
            must_be_free(error, self.git_folder, self._roots())
            raise GitCannotWrite(
                f"git cannot change the repository at {self.git_folder}",
                why=error.why,
                fix=f"git -C '{self.root or self.git_folder}' status, and mend what it names",
            ) from error


def _git_folder_of(root: Path) -> Path:
    """What `ROOT/.git` leads to, a link or a file as it may be."""
    place = root / ".git"
    if place.is_file():
        place = root / os.fsdecode(place.read_bytes().removeprefix(b"gitdir: ").strip())
    return Path(os.path.realpath(place))


def _stores(folder: Path) -> tuple[list[str], list[str]]:
    """The packs in a folder of objects by name, and the loose objects by id, as they are now."""
    # git takes any name, as long as there is an index of it
    packs = sorted(
        path.stem for path in (folder / "pack").glob("*.pack") if path.with_suffix(".idx").exists()
    )
    loose = [
        path.parent.name + path.name
        for path in folder.glob("[0-9a-f][0-9a-f]/*")
        if len(path.name) in {38, 62}
    ]
    return packs, loose


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
