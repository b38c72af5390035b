"""`git filter-repo`, on an empty repository that borrows the objects.

It moves refs one after the other, forgets remotes and expires reflogs. Here it does so to nobody's:
what it made is packed and taken over, and refs are moved by us, all at once.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct

from skillconnect_ops.adapters.objects.program import Git
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.filtering import Filtered
from skillconnect_ops.core.ports.git import PLAIN
from skillconnect_ops.core.ports.rewriting import Ref

_SCRATCH = "skc-filter-repo"
"""In the git folder, so that objects need not be copied."""
_BRANCH = "refs/heads/skc-"
"""Names of our own: it takes some of other people's for something special."""
_WORDS = (
    *("filter-repo", "--force", "--quiet", "--partial", "--no-gc"),
    *("--prune-empty=never", "--prune-degenerate=never"),
    *("--preserve-commit-hashes", "--preserve-commit-encoding"),
)


class FilterRepoMissing(Precondition):
    """There is no `git filter-repo`."""

    def __init__(self) -> None:
        super().__init__(
            "git filter-repo is not installed",
            why="--engine filter-repo has it make the new commits, and git does not find it",
            fix="pip install git-filter-repo   # or apt-get, brew, dnf install git-filter-repo",
        )


class FilterRepoFails(Precondition):
    """It ended with an error, or cannot do it."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "git filter-repo cannot rewrite this history",
            why=why,
            fix="leave out --engine filter-repo: skc does it itself",
        )


class FilterRepo(Struct, frozen=True, kw_only=True):
    """Implements `core.ports.filtering.Filtering`."""

    git: Git
    git_folder: Path

    def must_be_there(self) -> None:
        """Ask git, which looks on PATH and beside itself."""
        told = self._run(self.git_folder, ("filter-repo", "--version"))
        if told.returncode != 0:
            raise FilterRepoMissing
        with self.git.running("rev-parse", "--show-object-format") as format_:
            if format_.read().strip() != b"sha1":
                raise FilterRepoFails("it knows ids of SHA-1 alone")

    def filtered(
        self,
        commits: Collection[str],
        tags: Collection[Ref],
        *,
        values: Sequence[bytes],
        mask: bytes,
        gone: Collection[bytes],
    ) -> Filtered:
        """What holds values comes through descriptors of files without names."""
        scratch = self.git_folder / _SCRATCH
        self.sweep()
        aside = self._made(scratch)
        starts = [f"create {_BRANCH}{oid} {oid}" for oid in commits]
        starts += [f"create {ref.name} {ref.oid}" for ref in tags]
        with aside.running("update-ref", "--stdin", given=starts):
            pass
        with ExitStack() as files:
            rules, paths = _rules(values, mask), [b"regex:^%s$" % _spelled(one) for one in gone]
            words = list(_WORDS)
            given = []
            for option, lines in (
                ("--replace-text", rules),
                ("--replace-message", rules),
                ("--paths-from-file", paths),
            ):
                if lines:  # each its own: some systems read on where another reader stopped
                    file = files.enter_context(_file(lines))
                    given.append(file.fileno())
                    words += [option, f"/dev/fd/{file.fileno()}"]
            told = self._run(scratch, (*words, *(("--invert-paths",) if paths else ())), given)
        if told.returncode != 0:
            said = told.stderr.decode(errors="replace").strip().splitlines() or [""]
            raise FilterRepoFails(f"it ended with {told.returncode}: {said[-1]}")
        made = _commit_map(scratch)
        now = _names(aside)
        moved = {ref.oid: now[ref.name] for ref in tags if now.get(ref.name, ref.oid) != ref.oid}
        packs = self._taken_over(aside, {*made.values(), *moved.values()})
        self.sweep()
        return Filtered(commits=made, tags=moved, packs=packs)

    def sweep(self) -> None:
        """All of it; our own objects are only borrowed there."""
        shutil.rmtree(self.git_folder / _SCRATCH, ignore_errors=True)

    def _made(self, scratch: Path) -> Git:
        with self.git.running("init", "--quiet", "--bare", "--template=", str(scratch)):
            pass
        info = scratch / "objects" / "info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "alternates").write_text("../../objects\n")
        return Git(folder=scratch, git_folder=scratch, variables=self.git.variables)

    def _taken_over(self, aside: Git, oids: Collection[str]) -> tuple[str, ...]:
        """What it made, and what of that was here already not once more."""
        if not oids:
            return ()
        words = ("pack-objects", "--quiet", "--revs", "--local", "--stdout")
        with tempfile.TemporaryFile() as pack:
            with aside.running(*words, given=sorted(oids)) as told:
                shutil.copyfileobj(told, pack)
            pack.seek(0)
            with self.git.running("index-pack", "--stdin", file=pack) as told:
                return tuple(f"pack-{line.split()[-1].decode()}" for line in told)

    def _run(
        self, folder: Path, words: Sequence[str], given: Sequence[int] = ()
    ) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            ["git", *PLAIN, *words],  # noqa: S607 - whichever is on PATH
            cwd=folder,
            env=self.git.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=given,
            start_new_session=True,  # Ctrl-C is ours to hand on
            check=False,
        )


def _rules(values: Sequence[bytes], mask: bytes) -> list[bytes]:
    """Longer ones first; spelled so that no letter means anything to it."""
    put = mask.replace(b"\\", b"\\\\").replace(b"=", rb"\075")
    longest = sorted(values, key=len, reverse=True)
    return [b"regex:%s==>%s" % (_spelled(value), put) for value in longest]


def _spelled(value: bytes) -> bytes:
    """A pattern that matches this alone."""
    return b"".join(b"\\x%02x" % letter for letter in value)


def _commit_map(scratch: Path) -> dict[str, str]:
    """A line of heads, then old and new ids."""
    lines = (scratch / "filter-repo" / "commit-map").read_text().splitlines()[1:]
    pairs = (line.partition(" ") for line in lines)
    return {old: new for old, _, new in pairs if old != new}


@contextmanager
def _file(lines: Sequence[bytes]) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.writelines(line + b"\n" for line in lines)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        yield file


def _names(git: Git) -> Mapping[str, str]:
    with git.running("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags") as told:
        pairs = (os.fsdecode(line.rstrip(b"\n")).partition(" ") for line in told)
        return {name: oid for oid, _, name in pairs}
