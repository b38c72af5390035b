"""A small repository with a secret in it, and a judge of what a scrub left; plain git and Python.

Nothing here knows how the engine works: objects are read by `git cat-file --batch`, trees and
commits are taken apart by hand.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

NAME = "shop"
ALONE = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
}
MASK, IN_NAMES = b"***REMOVED***", b"REMOVED"
REAL_GIT = shutil.which("git") or "git"


class Commit(Struct, frozen=True):
    """One commit, as far as it matters."""

    files: Mapping[bytes, tuple[bytes, bytes]]
    """Mode and content."""
    parents: tuple[str, ...]
    rest: bytes
    """Author, committer and message."""


class Picture(Struct, frozen=True, kw_only=True):
    """What a repository was before."""

    files: Mapping[str, bytes]
    """Of both work trees and the git folder, its objects left out."""
    commits: Mapping[str, Commit]
    refs: Mapping[str, str]
    notes: Mapping[str, str]
    stashes: tuple[str, ...]
    objects: frozenset[str]


class Shop:
    """A place for the repository, a linked work tree, a home and a state."""

    def __init__(self, place: Path, value: str) -> None:
        self.place = place
        self.now = place / "now"
        self.root = self.now / NAME
        self.linked = self.now / "linked"
        self.value = value.encode()
        self.values = place / "values"
        self.variables = {**ALONE, "PATH": os.environ["PATH"], "HOME": str(place / "home")}

    def git(self, *words: str, at: Path | None = None, check: bool = True, **more: str) -> str:
        ran = subprocess.run(
            [REAL_GIT, *words],
            cwd=at or self.root,
            env={**self.variables, **more},
            capture_output=True,
            check=False,
        )
        assert not check or ran.returncode == 0, (words, ran.stderr)
        return ran.stdout.decode(errors="replace")

    def build(self) -> "Shop":
        """Thirty commits, two merges, branches, tags, notes, stashes, a linked work tree."""
        value = self.value.decode()
        (self.place / "home").mkdir(parents=True)
        self.root.mkdir(parents=True)
        self.values.write_text(value + "\n")
        self.git("init", "-q", "-b", "main")
        self.git("config", "gc.auto", "0")
        # a copy is as good as what it was made of
        self.git("config", "core.checkStat", "minimal")
        self.git("config", "core.trustctime", "false")
        for number in range(24):
            folder = self.root / "src" / f"part{number % 3}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"f{number % 5}.txt").write_text(f"line {number}\n" * 3)
            if number in {6, 9, 15}:
                (self.root / "settings.ini").write_text(f"[db]\nkey = {value}\nround = {number}\n")
            if number == 12:
                (self.root / f"dump-{value}.sql").write_text("insert\n")
            said = f"use {value} here" if number == 13 else f"step {number}"
            self._commit(said, number)
            if number == 10:
                self.git("branch", "side")
                self.git("branch", f"fix/{value}")
            if number == 4:
                self.git("tag", "clean")
        self.git("tag", "-a", "v1", "-m", f"release with {value}", "HEAD~3")
        self.git("tag", "v2")
        self.git("notes", "add", "-m", "looked at", "HEAD~5")
        self.git("notes", "add", "-m", f"it was {value}", "HEAD~2")
        self.git("checkout", "-q", "side")
        for number in range(24, 27):
            (self.root / f"side{number}.txt").write_text(f"{number}\n")
            self._commit(f"side {number}", number)
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", "bring side in", "side")
        for number in range(2):
            (self.root / "settings.ini").write_text(f"[db]\nkey = {value}\nstash = {number}\n")
            self.git("stash", "push", "-q", "-m", f"stashed {number}")
        self.git("worktree", "add", "-q", str(self.linked), f"fix/{value}")
        (self.linked / "more.txt").write_text("more\n")
        self._commit("in the linked one", 28, at=self.linked)
        self.git("repack", "-q", "-d", "-l")
        for number in range(29, 31):
            (self.root / "late.txt").write_text(f"{number}\n")
            self._commit(f"late {number}", number)
        for tree in (self.root, self.linked):
            self.git("status", at=tree)
        shutil.copytree(self.now, self.place / "was", symlinks=True)
        return self

    def set_back(self) -> Picture:
        """As it was built; gives a picture of it."""
        for name in ("now", "state", "bundle"):
            empty(self.place / name)
        shutil.copytree(self.place / "was", self.now, symlinks=True, dirs_exist_ok=True)
        for tree in (self.root, self.linked):
            self.git("status", at=tree)
        return self.picture()

    def picture(self) -> Picture:
        return Picture(
            files=self.files(),
            commits=self.commits(),
            refs=self.refs(),
            notes={oid: self.git("notes", "show", oid) for oid in self._noted()},
            stashes=tuple(self.git("stash", "list", "--format=%gs").splitlines()),
            objects=frozenset(self.objects()),
        )

    def refs(self) -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        refs = dict(line.split(" ") for line in lines)
        for name, tree in (("HEAD", self.root), ("linked HEAD", self.linked)):
            head = (self.git_folder_of(tree) / "HEAD").read_text().strip()
            refs[name] = head
        return refs

    def git_folder_of(self, tree: Path) -> Path:
        own = tree / ".git"
        return own if own.is_dir() else self.root / ".git" / "worktrees" / "linked"

    def files(self) -> dict[str, bytes]:
        """Everything but objects; what only says that somebody looked does not count."""
        return {
            str(path.relative_to(self.now)): path.read_bytes()
            for path in sorted(self.now.rglob("*"))
            if path.is_file() and "objects" not in path.relative_to(self.now).parts
        }

    def objects(self) -> dict[str, tuple[str, bytes]]:
        """All of them, reachable or not."""
        ran = subprocess.run(
            [REAL_GIT, "cat-file", "--batch", "--batch-all-objects", "--buffer"],
            cwd=self.root,
            env={**self.variables, "GIT_NO_REPLACE_OBJECTS": "1"},
            capture_output=True,
            check=True,
        )
        found, rest = {}, ran.stdout
        at = 0
        while at < len(rest):
            end = rest.index(b"\n", at)
            oid, kind, size = rest[at:end].decode().split()
            found[oid] = (kind, rest[end + 1 : end + 1 + int(size)])
            at = end + 2 + int(size)
        return found

    def commits(self) -> dict[str, Commit]:
        objects = self.objects()
        return {
            oid: _commit(objects, raw) for oid, (kind, raw) in objects.items() if kind == "commit"
        }

    def holding(self) -> list[str]:
        """Where the value still is, in clear."""
        found = [
            f"{kind} {oid}" for oid, (kind, raw) in self.objects().items() if self.value in raw
        ]
        for path in sorted(self.now.rglob("*")):
            name = str(path.relative_to(self.now))
            if self.value in os.fsencode(name):
                found.append(f"the name {name}")
            if path.is_symlink() or not path.is_file():
                continue
            if self.value in path.read_bytes():
                found.append(name)
        return found

    def fsck(self) -> str:
        ran = subprocess.run(
            [REAL_GIT, "fsck", "--full", "--no-dangling", "--no-progress"],
            cwd=self.root,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{ran.stdout}{ran.stderr}" if ran.returncode or ran.stdout else ""

    def _noted(self) -> list[str]:
        return [line.split()[1] for line in self.git("notes", "list").splitlines()]

    def _commit(self, said: str, number: int, *, at: Path | None = None) -> None:
        date = f"@{1_700_000_000 + number * 100} +0000"
        self.git("add", "-A", at=at)
        self.git(
            *("commit", "-q", "-m", said), at=at, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date
        )


def empty(folder: Path) -> None:
    """Of all that is in it; the folder may be a filesystem of its own."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _commit(objects: Mapping[str, tuple[str, bytes]], raw: bytes) -> Commit:
    head, _, message = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    tree = lines[0].split()[1].decode()
    parents = tuple(line.split()[1].decode() for line in lines if line.startswith(b"parent "))
    others = [line for line in lines[1:] if not line.startswith(b"parent ")]
    return Commit(_files(objects, tree, b""), parents, b"\n".join((*others, b"", message)))


def _files(
    objects: Mapping[str, tuple[str, bytes]], tree: str, folder: bytes
) -> dict[bytes, tuple[bytes, bytes]]:
    raw, at = objects[tree][1], 0
    found: dict[bytes, tuple[bytes, bytes]] = {}
    while at < len(raw):
        gap, end = raw.index(b" ", at), raw.index(b"\0", at)
        mode, name, oid = raw[at:gap], raw[gap + 1 : end], raw[end + 1 : end + 21].hex()
        at = end + 21
        if mode == b"40000":
            found |= _files(objects, oid, folder + name + b"/")
        else:
            found[folder + name] = (mode, objects[oid][1])
    return found


def judge_old(shop: Shop, before: Picture) -> None:
    """Nothing has changed, but that there may be objects that nobody knows of.

    The reflog of a ref that is about to get another name is there under that name, too.
    """
    files = shop.files()
    changed = [name for name, content in before.files.items() if files.get(name) != content]
    assert changed == [], changed
    added = [name for name in files.keys() - before.files.keys() if "REMOVED" not in name]
    assert added == [], added
    assert shop.refs() == before.refs
    assert before.objects <= shop.objects().keys()
    assert shop.fsck() == ""


def judge_new(shop: Shop, before: Picture, commit_map: Mapping[str, str]) -> None:
    """Nothing of the value is left, and nothing else is lost."""
    assert shop.holding() == []
    assert shop.fsck() == ""
    for tree in (shop.root, shop.linked):
        assert shop.git("status", "--porcelain", at=tree) == ""
    commits = shop.commits()
    notes = _reached(before, "refs/notes/commits")
    for oid, was in before.commits.items():
        new = commit_map.get(oid, oid)
        assert new in commits, f"{oid} is lost"
        now = commits[new]
        assert now.parents == tuple(commit_map.get(one, one) for one in was.parents), oid
        assert now.rest == _with_new_ids(was.rest.replace(shop.value, MASK), commit_map), oid
        if oid not in notes:
            assert now.files == _masked(was.files, shop.value), oid
    refs = shop.refs()
    in_name = shop.value.decode()
    for name, was_at in before.refs.items():
        fresh = name.replace(in_name, IN_NAMES.decode())
        assert fresh in refs, f"{fresh} is lost"
        if was_at in before.commits:
            assert refs[fresh] == commit_map.get(was_at, was_at), fresh
        elif "HEAD" in name:
            assert refs[fresh] == was_at.replace(in_name, IN_NAMES.decode())
    assert len(refs) == len(before.refs)
    for oid, said in before.notes.items():
        told = shop.git("notes", "show", commit_map.get(oid, oid))
        assert told == said.replace(in_name, MASK.decode())
    stashes = tuple(shop.git("stash", "list", "--format=%gs").splitlines())
    assert stashes == before.stashes
    for name, content in before.files.items():
        if "/logs/" in name:
            fresh = name.replace(in_name, IN_NAMES.decode())
            log = (shop.now / fresh).read_bytes().splitlines()
            assert len(log) == len(content.splitlines()), fresh


def _with_new_ids(text: bytes, commit_map: Mapping[str, str]) -> bytes:
    """A stash's message names the commit that it was made on, cut to seven digits."""
    words = text.split(b" ")
    new = {old[:7].encode(): fresh[:7].encode() for old, fresh in commit_map.items()}
    return b" ".join(new.get(word, word) for word in words)


def _masked(
    files: Mapping[bytes, tuple[bytes, bytes]], value: bytes
) -> dict[bytes, tuple[bytes, bytes]]:
    return {
        path.replace(value, IN_NAMES): (mode, content.replace(value, MASK))
        for path, (mode, content) in files.items()
    }


def _reached(before: Picture, ref: str) -> set[str]:
    waiting, found = [before.refs[ref]], set[str]()
    while waiting:
        oid = waiting.pop()
        found.add(oid)
        waiting += [one for one in before.commits[oid].parents if one not in found]
    return found


def commit_map_of(place: Path) -> dict[str, str]:
    """Of the only bundle there is."""
    found = _map_of(place, "commit-map")
    assert found
    return found


def _map_of(place: Path, name: str) -> dict[str, str]:
    maps = (*place.glob(f"state/skc/*/scrub/*/{name}"), *place.glob(f"bundle/*/{name}"))
    assert len(maps) < 2
    return dict(line.split(" ") for path in maps for line in path.read_text().splitlines())


def judge_struck(shop: Shop, before: Picture) -> str:
    """Right after a death, by plain git: `old` or `new` whole, and no commit is lost."""
    assert shop.fsck() == ""
    known = _map_of(shop.place, "object-map")
    there = shop.objects().keys()
    lost = [oid for oid in before.commits if oid not in there and known.get(oid) not in there]
    assert lost == [], lost
    refs = shop.refs()
    if refs == before.refs:
        assert before.objects <= there
        return "old"
    assert len(refs) == len(before.refs)
    for name, was in before.refs.items():
        fresh = name.replace(shop.value.decode(), IN_NAMES.decode())
        if name.startswith("refs/"):
            assert refs.get(fresh) == known.get(was, was), f"{name} is between old and new"
    return "new"


def judge_undone(shop: Shop, before: Picture) -> None:
    """All that was there is there, and refs stand where they stood; a new name may stay beside."""
    assert shop.fsck() == ""
    assert before.objects <= shop.objects().keys()
    refs = shop.refs()
    for name, was in before.refs.items():
        if name.startswith("refs/"):
            assert refs.get(name) == was, name
    for tree in (shop.root, shop.linked):
        assert shop.git("status", "--porcelain", at=tree) == ""
    stashes = tuple(shop.git("stash", "list", "--format=%gs").splitlines())
    assert stashes == before.stashes
