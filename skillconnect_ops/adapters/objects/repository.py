"""One repository as the port wants it: lists from git's plumbing, and the files of its folder."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.adapters.objects import stream
from skillconnect_ops.adapters.objects.listing import listing
from skillconnect_ops.adapters.objects.program import Git, GitCannotRead, text
from skillconnect_ops.adapters.objects.walk import INTRODUCED, Walk, parts
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.objects import (
    Block,
    Introduction,
    Lack,
    Listed,
    ObjectKind,
    Passed,
    Piece,
    Unreadable,
)

_PSEUDO_REFS = ("ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")
_MANY = 32
"""Objects; from here on it is worth opening the packs."""
_MOST_NAMED = 200
_GITLINK = "160000"
_AS_STORED = ("-c", "core.commitGraph=false")
"""Commits as they are, not as a file beside them says that they are."""


class NoSuchRevision(Precondition):
    """The word names no commit here."""

    def __init__(self, revision: str, *, why: str) -> None:
        super().__init__(
            f"there is no revision {revision}", why=why, fix="git log --oneline --all | head"
        )


class GitRepository(Struct, frozen=True, kw_only=True):
    """Implements `core.ports.objects.Repository`."""

    git: Git
    git_folder: Path
    root: Path | None
    index_file: str | None = None

    def cut_within(self, commits: Collection[str]) -> Lack | None:
        """By the file `shallow`: where it ends, a name a line."""
        if not self._ends.exists() or set(self._ends.read_text().split()).isdisjoint(commits):
            return None
        return self._cut()

    def lacks(self) -> tuple[Lack, ...]:
        """Shallow: commits are missing; partial: objects that commits name are."""
        name = self.root or self.git_folder
        fix = f"git -C '{name}' fsck   # then bring them from another clone"
        return self.cut() or tuple(self._missing(fix))

    def cut(self) -> tuple[Lack, ...]:
        """By the file `shallow`, and by remotes that promise what is not here."""
        found = [self._cut()] if self._ends.exists() else []
        with self.git.running(
            *("config", "--get-regexp", r"^remote\..*\.promisor$"), tolerant=True
        ) as told:
            partial = bool(told.read())
        if partial:
            fix = f"git -C '{self.root or self.git_folder}' fetch --refetch --no-filter"
            found.append(Lack("objects", "a partial clone: objects were left on the server", fix))
        return tuple(found)

    @property
    def _grafts(self) -> Path:
        return self.git_folder / "info" / "grafts"

    @property
    def _ends(self) -> Path:
        return self.git_folder / "shallow"

    def _cut(self) -> Lack:
        fix = f"git -C '{self.root or self.git_folder}' fetch --unshallow"
        return Lack("history", "a shallow clone: older commits are not here", fix)

    def _missing(self, fix: str) -> Iterator[Lack]:
        """What is named and not here, or not to be read: a file or pack was lost or damaged."""
        words = ("rev-list", "--objects", "--all", "--reflog", "--missing=print")
        try:
            with self.git.running(*words) as told:
                number = sum(line.startswith(b"?") for line in told)
        except GitCannotRead as error:
            yield Lack("objects", f"not all can be reached: {error.why}", fix)
            return
        if number:
            yield Lack("objects", f"{number:,} are named by others, and missing or damaged", fix)

    def listing(self) -> Iterator[Listed | Unreadable]:
        """In the order of the packs, so that what is next to be read lies near."""
        return listing(self.git, self.git_folder)

    def contents(
        self, oids: Iterable[str], *, differences: bool = True
    ) -> Iterator[Piece | Unreadable]:
        """Through one `git cat-file`; many from the packs, where differences are of use."""
        wanted = list(oids)
        if differences and len(wanted) >= _MANY:
            from skillconnect_ops.adapters.objects.packs import packs  # noqa: PLC0415 - slow to load

            with packs(self.git_folder, largest_bytes=stream.PIECE_BYTES) as here:
                left: list[str] = []
                for oid in wanted:
                    piece = here.get(oid)
                    if piece is None:
                        left.append(oid)
                    else:
                        yield piece
            wanted = left
        yield from stream.contents(self.git, wanted)

    def blocks(
        self, kind: ObjectKind, sizes: Mapping[str, int]
    ) -> Iterator[Block | Piece | Unreadable]:
        """Through one `git cat-file`, which unpacks while we search."""
        return stream.blocks(self.git, kind, sizes)

    def introductions(self, commits: Iterable[str]) -> Iterator[Introduction]:
        """Of a merge, only what differs from all parents (`-c`): the rest came before."""
        for one in self.introductions_and_names(commits):
            if isinstance(one, Introduction):
                yield one

    def introductions_and_names(self, commits: Iterable[str]) -> Iterator[Introduction | Passed]:
        """Whatever is in a commit's tree is in a parent's, or differs from all and is told.

        So one walk through all commits tells every tree and every name that they reach, provided
        that git read all of it, and that parents are those that the commits themselves name.
        """
        given = list(commits)
        words = (*_AS_STORED, "rev-list", "--no-walk", "--stdin", "--format=%T")
        with self.git.running(*words, given=given, tolerant=True) as told:
            lines = told.read().decode().split("\n")
        oldest_first = [line.removeprefix("commit ") for line in lines[:-1:2]][::-1]
        is_whole = len(oldest_first) == len(set(given)) and not self._grafts.exists()
        if len(oldest_first) < len(set(given)):
            oldest_first = given  # one is damaged, and git gave up: any order is better than none
        walk = Walk(lines[1::2])
        named = (*_AS_STORED, "diff-tree", *INTRODUCED, "-t", "--ignore-submodules=none")
        try:
            with self.git.running(*named, given=oldest_first) as told:
                yield from walk.introductions(parts(told))
        except GitCannotRead:
            return
        passed = walk.passed() if is_whole else None
        if passed is not None:
            yield passed

    def versions(self, paths: Collection[str], revision: str) -> Iterator[Introduction]:
        """As `introductions`, of every commit that the revision reaches."""
        reached = self._commits("rev-list", "--date-order", "--reverse", revision, "--")
        # a name that was spelled out cannot be asked for; and a command line has its limits
        named = len(paths) <= _MOST_NAMED and not any("\\" in path for path in paths)
        for one in self._introduced(reached, *(("--", *paths) if named else ())):
            if one.path in paths:
                yield one

    def oldest_first(self, commits: Iterable[str]) -> tuple[str, ...]:
        """By `git rev-list --date-order`: a clock that was wrong turns no child into a parent."""
        wanted = set(commits)
        words = ("rev-list", "--date-order", "--reverse", "--stdin")
        with self.git.running(*words, given=sorted(wanted), tolerant=True) as told:
            lines = (line.decode().strip() for line in told)
            return tuple(oid for oid in lines if oid in wanted)

    def _introduced(self, commits: Iterable[str], *paths: str) -> Iterator[Introduction]:
        named = ("--literal-pathspecs", "diff-tree", *INTRODUCED, *paths)
        with self.git.running(*named, given=commits, tolerant=True) as told:
            yield from Walk(()).introductions(parts(told))

    def commits_since(self, revision: str) -> tuple[str, ...]:
        """All that anything reaches, without what the revision reaches."""
        if not revision:
            raise NoSuchRevision("''", why="the word is empty: is a variable not set?")
        if revision.startswith("-"):
            raise NoSuchRevision(revision, why="a revision does not begin with a dash")
        try:
            with self.git.running(
                *("rev-list", "--all", "--reflog", "--not", f"{revision}^{{commit}}", "--")
            ) as told:
                return tuple(told.read().decode().split())
        except GitCannotRead as error:
            raise NoSuchRevision(revision, why=error.why) from error

    def sources(self) -> Mapping[str, str]:
        """Refs by `git log --source`; older stashes, which only their reflog holds, by number."""
        found = dict.fromkeys(self._commits("rev-list", "--reflog"), "a reflog")
        with self.git.running(
            "log", "-g", "--format=%gd %H %P", "refs/stash", "--", tolerant=True
        ) as told:
            for line in told:
                place, *commits = text(line).split()
                base = set(commits[1:2])  # what the stash was made on is no part of it
                found |= dict.fromkeys(set(commits) - base, place.removeprefix("refs/"))
        words = ("log", "--all", "--source", "--format=%H %S")
        with self.git.running(*words, tolerant=True) as told:
            for line in told:
                oid, _, source = text(line.rstrip(b"\n")).partition(" ")
                if not (source == "refs/stash" and found.get(oid, "").startswith("stash@")):
                    found[oid] = source
        for name in _PSEUDO_REFS:
            if (self.git.folder / name).exists():
                for oid in self._commits("rev-list", name, "--not", "--all", "--reflog", "--"):
                    found.setdefault(oid, name)
        return found

    def ancestors(self) -> frozenset[str]:
        """`git rev-list HEAD`; nothing where HEAD is not born yet."""
        return frozenset(self._commits("rev-list", "HEAD", "--"))

    def refs(self) -> Mapping[str, str]:
        """`git for-each-ref`, annotated tags peeled."""
        words = ("for-each-ref", "--format=%(objectname) %(*objectname) %(refname)")
        with self.git.running(*words, tolerant=True) as told:
            lines = [text(line.rstrip(b"\n")).split(" ") for line in told]
        return {name: peeled or oid for oid, peeled, name in lines}

    def tags(self) -> Mapping[str, str]:
        """`git for-each-ref refs/tags`, not peeled."""
        words = ("for-each-ref", "--format=%(objecttype) %(objectname) %(refname)", "refs/tags")
        with self.git.running(*words, tolerant=True) as told:
            lines = [text(line.rstrip(b"\n")).split(" ") for line in told]
        return {name: oid for kind, oid, name in lines if kind == ObjectKind.TAG}

    def index(self) -> Mapping[str, str]:
        """`git ls-files --stage`, submodules left out."""
        found = {}
        for line in self.git.lines("ls-files", "--stage", "-z"):
            about, _, path = line.partition("\t")
            mode, oid, _stage = about.split()
            if mode != _GITLINK:
                found[path] = oid
        return found

    def head_paths(self) -> Mapping[str, str]:
        """`git ls-tree -r HEAD`."""
        return {path: oid for mode, oid, path in self._head() if mode != _GITLINK}

    def submodules(self) -> tuple[str, ...]:
        """Gitlinks of HEAD and of the index."""
        found = {path for mode, _, path in self._head() if mode == _GITLINK}
        if self.root is not None:
            staged = self.git.lines("ls-files", "--stage", "-z")
            found |= {line.partition("\t")[2] for line in staged if line.startswith(_GITLINK)}
        return tuple(sorted(found))

    def staged(self) -> tuple[tuple[str, str], ...]:
        """`git diff-index --cached`; against nothing before the first commit."""
        try:
            lines = self._differing_from("HEAD")
        except GitCannotRead:
            if self._commits("rev-parse", "-q", "--verify", "HEAD"):
                raise
            lines = self._differing_from(self._empty_tree())
        return tuple(
            (path, head.split()[3])
            for head, path in zip(lines[::2], lines[1::2], strict=True)
            if head.split()[1] != _GITLINK
        )

    def unstaged(self) -> frozenset[str]:
        """`git diff-files`, run in the work tree."""
        return frozenset(
            self._in_work_tree("diff-files", "--name-only", "--ignore-submodules", "-z")
        )

    def ignored(self) -> frozenset[str]:
        """`git ls-files --ignored`, run in the work tree, where the rules are."""
        words = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
        return frozenset(self._in_work_tree(*words))

    def _in_work_tree(self, *words: str) -> Sequence[str]:
        """What git tells of the work tree; nothing where there is none."""
        if self.root is None:
            return ()
        git = Git(folder=self.root, git_folder=self.git.git_folder, variables=self.git.variables)
        return git.lines(f"--work-tree={self.root}", *words)

    def own_files(self) -> Iterator[tuple[str, Path]]:
        """Everything but the object database and the repositories of submodules."""
        apart = frozenset(map(str, (self.git_folder / "objects", *self.inner())))
        begin = len(str(self.git_folder)) + 1
        for path in _files(str(self.git_folder), apart):
            yield text(os.fsencode(path[begin:])), Path(path)

    def closed(self) -> tuple[tuple[str, str], ...]:
        """By trying to list each: objects and submodules, too."""
        found: dict[str, str] = {}

        def note(error: OSError) -> None:
            path = os.fsencode(error.filename or self.git_folder)
            name = text(os.path.relpath(path, os.fsencode(self.git_folder)))
            found[name] = error.strerror or type(error).__name__

        for _ in os.walk(self.git_folder, onerror=note):
            pass
        return tuple(sorted(found.items()))

    def inner(self) -> tuple[Path, ...]:
        """`modules/NAME`, where a name may hold slashes; linked work trees have their own."""
        linked = sorted((self.git_folder / "worktrees").glob("*/modules"))
        found = []
        for modules in (self.git_folder / "modules", *linked):
            for folder, folders, files in os.walk(modules):
                if "HEAD" in files and "objects" in folders:
                    found.append(Path(folder))
                    folders.clear()
                folders.sort()
        return tuple(found)

    def _differing_from(self, tree: str) -> list[str]:
        """Changes and paths in turn: what the index, or a hook's caller's, has else than a tree."""
        git = self.git if self.index_file is None else _with_index(self.git, self.index_file)
        words = ("diff-index", "--cached", "--raw", "-r", "-z", "--no-renames", "--no-abbrev")
        return git.lines(*words, "--diff-filter=ACMT", tree, "--")

    def _commits(self, *words: str) -> list[str]:
        with self.git.running(*words, tolerant=True) as told:
            return told.read().decode().split()

    def _head(self) -> Iterator[tuple[str, str, str]]:
        with self.git.running("ls-tree", "-r", "-z", "HEAD", tolerant=True) as told:
            for line in told.read().split(b"\0")[:-1]:
                about, _, path = line.partition(b"\t")
                mode, _kind, oid = about.decode().split()
                yield mode, oid, text(path)

    def _empty_tree(self) -> str:
        with self.git.running("hash-object", "-t", "tree", "--stdin") as told:
            return told.read().decode().strip()


def _files(folder: str, apart: Collection[str]) -> Iterator[str]:
    """Every file below, links left out; there may be thousands of loose refs among them."""
    try:
        with os.scandir(folder) as found:
            every = sorted(found, key=lambda one: one.name)
    except OSError:
        return
    yield from (one.path for one in every if one.is_file(follow_symlinks=False))
    for one in every:
        if one.is_dir(follow_symlinks=False) and one.path not in apart:
            yield from _files(one.path, apart)


def _with_index(git: Git, index: str) -> Git:
    return Git(
        folder=git.folder,
        git_folder=git.git_folder,
        variables={**git.variables, "GIT_INDEX_FILE": index},
    )
