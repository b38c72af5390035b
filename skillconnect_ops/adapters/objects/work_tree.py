"""One work tree, with its index, through git's own plumbing."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.adapters.objects.locks import at_work, locks, must_be_free
from skillconnect_ops.adapters.objects.program import FORMAT, QUIETLY, Git, GitCannotRead, unnamed
from skillconnect_ops.core.ports.rewriting import Entry, Locked

_REFRESH = (*QUIETLY, "update-index", "-q", "--refresh")
_NO_ENTRIES = b"DIRC" + (2).to_bytes(4, "big") + (0).to_bytes(4, "big")
"""An index without entries (gitformat-index(5)), to which its sum is added."""
_EMPTY_BLOBS = (
    b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    b"473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


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
            digest = hashlib.sha256 if self._word(*FORMAT) == "sha256" else hashlib.sha1
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
            words = ("--literal-pathspecs", *QUIETLY, "add", "--intent-to-add", "--force")
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
            with unnamed((given,)) as file, git.running(*QUIETLY, *words, file=file) as told:
                told.read()
        except GitCannotRead as error:
            must_be_free(error, self.git_folder, (self.root,))
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
