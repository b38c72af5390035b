"""A repository that is changed, through git's own plumbing."""

import contextlib
import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.adapters.objects.listing import in_index, listed_of
from skillconnect_ops.adapters.objects.locks import at_work, locks
from skillconnect_ops.adapters.objects.program import Git, GitCannotRead, unnamed
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.objects import Listed, ObjectKind
from skillconnect_ops.core.ports.rewriting import (
    SUBMODULE,
    Entry,
    Locked,
    Locks,
    Move,
    NewPack,
    Ref,
    Remote,
)

_ALONE = ("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
_REFRESH = (*_ALONE, "update-index", "-q", "--refresh")
_FORMAT = ("rev-parse", "--show-object-format")
_NO_ENTRIES = b"DIRC" + (2).to_bytes(4, "big") + (0).to_bytes(4, "big")
"""An index without entries (gitformat-index(5)), to which its sum is added."""
_PACK_KINDS = {ObjectKind.COMMIT: 1, ObjectKind.TREE: 2, ObjectKind.BLOB: 3, ObjectKind.TAG: 4}
_HEAD_BYTES = 12
_STEP = 1 << 20
_FAST, _USUAL = 1, 6
"""Levels of zlib: trees are packed as differences soon, so their first form is short-lived."""
_SHA256_DIGITS = 64
_UNFINISHED = "tmp_pack_skc_"
"""Git sweeps away what begins with tmp_."""
_OF_GIT = ("tmp_pack_", "tmp_idx_", "tmp_rev_", "tmp_obj_", ".tmp-")
"""So begin the names of what git is writing."""
_SAYS_LOCKED = "remove the file manually"
_OF_A_PACK = (".idx", ".rev", ".bitmap", ".keep", ".mtimes", ".promisor", ".pack")
_EMPTY_BLOBS = (
    b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    b"473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
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
            lines = told.read().splitlines()
        found = []
        for line in lines:
            oid, leads_to, name = (os.fsdecode(part) for part in line.split(b"\0"))
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
            with self.git.running(*_ALONE, "pack-refs", "--all", tolerant=True) as told:
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
                pack = _Pack(file, sha256=self._digits == _SHA256_DIGITS)
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
        there = self._every()
        kept, made = there.difference(oids, fresh), there.intersection(fresh).difference(oids)
        written = self._packed(sorted(kept), {}, "--window=0") | self._packed(sorted(made), names)
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

    def _every(self) -> set[str]:
        """The ids of all objects; an error where git cannot list one of the packs."""
        words = ("--batch-all-objects", "--unordered", "--buffer", "--batch-check=%(objectname)")
        with self.git.running("cat-file", *words) as told:
            return set(told.read().decode().split())

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
        lost = sorted(self._every() - self._reached())
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
        return _SHA256_DIGITS if self._word(*_FORMAT) == "sha256" else 40

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
            with self.git.running(*_ALONE, *words, file=file) as told:
                yield told
        except GitCannotRead as error:
            _must_be_free(error, self.git_folder, self._roots())
            raise GitCannotWrite(
                f"git cannot change the repository at {self.git_folder}",
                why=error.why,
                fix=f"git -C '{self.root or self.git_folder}' status, and mend what it names",
            ) from error


class GitWorkTree(Struct, frozen=True, kw_only=True):
    """Implements `core.ports.rewriting.WorkTree`."""

    git: Git
    root: Path
    git_folder: Path
    """That of the repository, which may have others."""

    def index(self) -> tuple[Entry, ...]:
        """`git ls-files --stage`."""
        lines = [line.partition(b"\t") for line in self._parts("ls-files", "--stage", "-z")]
        empty = any(about.split()[1] in _EMPTY_BLOBS for about, _, _ in lines)
        intended = self._intended() if empty else frozenset()
        found = []
        for about, _, raw in lines:
            path = os.fsdecode(raw)
            mode, oid, stage = about.decode().split()
            one = Entry(path=path, mode=mode, oid=oid, stage=int(stage), intended=path in intended)
            found.append(one)
        return tuple(found)

    def changed(self) -> frozenset[str]:
        """`git diff-files`, of a refreshed copy of the index; and files git does not look at."""
        index = Path(self._word("rev-parse", "--absolute-git-dir")) / "index"
        with tempfile.TemporaryDirectory(prefix="skc-index-") as place:
            if index.exists():
                shutil.copyfile(index, Path(place) / "index")
            variables = {**self.git.variables, "GIT_INDEX_FILE": f"{place}/index"}
            aside = replace(self.git, variables=variables)
            with aside.running(*_REFRESH, tolerant=True) as told:
                told.read()
            with aside.running("diff-files", "--name-only", "-z") as told:
                changed = told.read().split(b"\0")[:-1]
        return frozenset((*map(os.fsdecode, changed), *self._flags()))

    def _flags(self) -> dict[str, tuple[str, ...]]:
        """Of entries that have one: that the file is not to be looked at, or not there."""
        found = {}
        for line in self._parts("ls-files", "-v", "-z"):
            tag = chr(line[0])
            flags = (
                *(("--skip-worktree",) if tag in "Ss" else ()),
                *(("--assume-unchanged",) if tag.islower() else ()),
            )
            if flags:
                found[os.fsdecode(line[2:])] = flags
        return found

    def uncommitted(self) -> tuple[str, ...]:
        """`git status --porcelain`, without what is untracked."""
        told = self._parts("status", "--porcelain", "-z", "--untracked-files=no", "--no-renames")
        return tuple(os.fsdecode(line[3:]) for line in told)

    def others(self) -> tuple[str, ...]:
        """`git ls-files --others`."""
        return tuple(map(os.fsdecode, self._parts("ls-files", "--others", "-z")))

    def replace_index(self, entries: Sequence[Entry]) -> None:
        """Made anew beside it by `git update-index`, then moved into its place.

        So nothing that an index keeps besides entries goes on naming objects that are gone: trees
        that it remembers, conflicts that were resolved, a part that it shares.
        """
        index = Path(self._word("rev-parse", "--absolute-git-dir")) / "index"
        self._must_be_unlocked(index)
        flags = self._flags()
        fresh = index.with_name("index.skc")
        fresh.unlink(missing_ok=True)
        lock = fresh.with_name(f"{fresh.name}.lock")
        if lock.exists() and at_work(self.git_folder, (self.root,), (lock,)) == ():
            lock.unlink(missing_ok=True)  # it is our own, and its git is dead
        aside = Git(
            folder=self.git.folder,
            variables={**self.git.variables, "GIT_INDEX_FILE": str(fresh)},
        )
        lines = [
            f"{one.mode} {one.oid} {one.stage}\t{one.path}\0" for one in entries if not one.intended
        ]
        told = "".join(lines).encode(errors="surrogateescape")
        self._feed(aside, told, "update-index", "-z", "--index-info")
        if not fresh.exists():
            # not `read-tree --empty`: that remembers a tree which lies nowhere
            digest = hashlib.sha256 if self._word(*_FORMAT) == "sha256" else hashlib.sha1
            fresh.write_bytes(_NO_ENTRIES + digest(_NO_ENTRIES).digest())
        self._flag(aside, flags, [one.path for one in entries])
        self._intend(aside, [one.path for one in entries if one.intended])
        self._must_be_unlocked(index)
        fresh.replace(index)
        for shared in index.parent.glob("sharedindex.*"):
            shared.unlink(missing_ok=True)

    def _flag(self, git: Git, flags: Mapping[str, Sequence[str]], paths: Sequence[str]) -> None:
        """Give paths the flags that they had."""
        for flag in ("--skip-worktree", "--assume-unchanged"):
            having = [path for path in paths if flag in flags.get(path, ())]
            given = "".join(f"{path}\0" for path in having).encode(errors="surrogateescape")
            self._feed(git, given, "update-index", flag, "-z", "--stdin")

    def _intend(self, git: Git, paths: Sequence[str]) -> None:
        """A mark that git does not want back ends nothing: the file itself stays as it is."""
        there = [path for path in paths if os.path.lexists(self.root / path)]
        if there:
            given = "".join(f"{path}\0" for path in there).encode(errors="surrogateescape")
            words = ("--literal-pathspecs", *_ALONE, "add", "--intent-to-add", "--force")
            listed = ("--pathspec-from-file=-", "--pathspec-file-nul")
            with (
                unnamed((given,)) as file,
                git.running(*words, *listed, file=file, tolerant=True) as on,
            ):
                on.read()

    def _must_be_unlocked(self, index: Path) -> None:
        """Whoever has locked it would write over what is put there."""
        if index.with_name(f"{index.name}.lock").exists():
            raise Locked(locks(self.git_folder, (self.root,)))

    def _intended(self) -> frozenset[str]:
        """Paths that are to be added, and of which nothing is staged yet."""
        words = ("diff-files", "--name-only", "--diff-filter=A", "-z")
        return frozenset(map(os.fsdecode, self._parts(*words)))

    def _feed(self, git: Git, given: bytes, *words: str) -> None:
        try:
            with unnamed((given,)) as file, git.running(*_ALONE, *words, file=file) as told:
                told.read()
        except GitCannotRead as error:
            _must_be_free(error, self.git_folder, (self.root,))
            raise

    def _word(self, *words: str) -> str:
        with self.git.running(*words) as told:
            return os.fsdecode(told.read()).strip()

    def reset(self, old: Mapping[str, str]) -> None:
        """`git read-tree`, then `git checkout-index` for files whose content is known."""
        with self.git.running("rev-parse", "--verify", "-q", "HEAD", tolerant=True) as told:
            if not told.read():
                return  # no commit yet
        before = {entry.path: entry.oid for entry in self.index()}
        changed, flags = self.changed(), self._flags()
        self._feed(self.git, b"", "read-tree", "HEAD")
        now = {entry.path: entry.oid for entry in self.index()}
        self._flag(self.git, flags, list(now))
        stood = {path: old.get(oid, oid) for path, oid in before.items() if path not in changed}
        paths = [
            path
            for path, oid in now.items()
            if path not in changed and old.get(before.get(path, ""), "") == oid
        ]
        # what got another name gets its own one back
        called = {path: oid for path, oid in stood.items() if path not in now}
        renamed = {
            path: oid
            for path, oid in now.items()
            if path not in before
            and oid in called.values()
            and not os.path.lexists(self.root / path)
        }
        paths += renamed
        given = "".join(f"{path}\0" for path in paths).encode(errors="surrogateescape")
        self._feed(self.git, given, "checkout-index", "--force", "-z", "--stdin")
        for path in (path for path, oid in called.items() if oid in renamed.values()):
            with contextlib.suppress(OSError):
                (self.root / path).unlink()
                os.removedirs((self.root / path).parent)
        self.refresh()

    def refresh(self) -> None:
        """`git update-index --refresh`."""
        with self.git.running(*_REFRESH, tolerant=True) as told:
            told.read()

    def _parts(self, *words: str) -> list[bytes]:
        with self.git.running(*words) as told:
            return told.read().split(b"\0")[:-1]


def _must_be_free(error: GitCannotRead, git_folder: Path, roots: Sequence[Path]) -> None:
    """Say that there are locks, where git stopped at one.

    Raises:
        Locked: there are.
    """
    found = locks(git_folder, roots)
    named = any(path.name in error.why for path in found.paths) or _SAYS_LOCKED in error.why
    if found.paths and named:
        raise Locked(found) from error


class _Pack:
    """Implements `NewPack`; the format is gitformat-pack(5), version 2, whole objects only."""

    def __init__(self, file: IO[bytes], *, sha256: bool) -> None:
        self._file = file
        self._hash = hashlib.sha256 if sha256 else hashlib.sha1
        self._known: set[str] = set()
        self.number = 0
        file.write(bytes(_HEAD_BYTES))

    @property
    def made(self) -> frozenset[str]:
        """What is in it."""
        return frozenset(self._known)

    def add(self, kind: ObjectKind, content: bytes) -> str:
        """Add one object; one that is in it already is not added again."""
        oid = self._hash(b"%s %d\0" % (kind.value.encode(), len(content)) + content).hexdigest()
        if oid not in self._known:
            self._known.add(oid)
            self.number += 1
            self._file.write(_head(_PACK_KINDS[kind], len(content)))
            level = _FAST if kind is ObjectKind.TREE else _USUAL
            self._file.write(zlib.compress(content, level))
        return oid

    def close(self) -> None:
        """Say how many there are, and the sum of all."""
        self._file.seek(0)
        self._file.write(b"PACK" + (2).to_bytes(4, "big") + self.number.to_bytes(4, "big"))
        self._file.seek(0)
        digest = self._hash()
        while part := self._file.read(_STEP):
            digest.update(part)
        self._file.write(digest.digest())
        self._file.flush()


def _head(kind: int, size_bytes: int) -> bytes:
    """An entry's kind and size: four bits of it, then seven a byte."""
    byte, size_bytes = kind << 4 | size_bytes & 15, size_bytes >> 4
    out = bytearray()
    while size_bytes:
        out.append(byte | 0x80)
        byte, size_bytes = size_bytes & 0x7F, size_bytes >> 7
    out.append(byte)
    return bytes(out)


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
