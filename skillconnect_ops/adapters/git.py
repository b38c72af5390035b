"""Repositories, through git's own plumbing; a look changes nothing, not even the index.

The program rather than GitPython: a library that follows `GIT_DIR` and fails to import where git is
not installed would have to be held back at every turn, and what is asked here is four commands.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.ports.git import (
    ALONE,
    PLAIN,
    CommitFacts,
    IgnoreRule,
    IndexEntry,
    LineSpans,
    RepositoryState,
)

_TIMEOUT_S = 60.0
_KEPT = (
    *("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR"),
    *("USER", "LOGNAME", "EMAIL", "GNUPGHOME", "GPG_TTY", "SSH_AUTH_SOCK"),  # for a commit
    *(f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")),
)
_AT_ONCE = 500
"""Paths on one command line: far from its longest."""
_OUTSIDE = ("not a git repository", "must be run in a work tree", "is outside repository")


_DEFAULT_BASES = (
    *("@{upstream}", "origin/HEAD", "origin/main", "origin/master", "main", "master"),
)
_ALL_LINES: LineSpans = ((1, 1 << 60),)
_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")
_OCTAL = re.compile(r"\\([0-7]{3}|.)")


class GitNotInstalled(Precondition):
    """There is a repository, and no program to ask about it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "git is not installed",
            why=f"{folder} is a repository, and no `git` is on PATH",
            fix="install git (apt-get install git)",
        )


class RepositoryNotTrusted(Precondition):
    """Git refuses a repository that belongs to somebody else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"git does not trust the repository at {folder}",
            why="it belongs to another user (git calls this dubious ownership)",
            fix=f"git config --global --add safe.directory '{folder}'",
        )


class GitFailed(Precondition):
    """Git ended with an error of its own."""


class _Ran(Struct, frozen=True):
    code: int
    output: str
    complaint: str


_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


class GitProgram:
    """The `Git` port with the `git` on PATH."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def version(self) -> str | None:
        """`2.39.5`, or None where git is not installed."""
        ran = self._run(Path("/"), "version")
        words = ran.output.split() if ran and ran.code == 0 else []
        return words[2] if len(words) > 2 else None

    def state(self, folder: Path) -> RepositoryState | None:
        """The work tree that holds the folder (or would, were the folder there), or None.

        A bare repository and the inside of a `.git` folder are no work tree.

        Raises:
            GitNotInstalled: there seems to be a repository, and no git.
            RepositoryNotTrusted: it belongs to somebody else.
            GitFailed: the repository is damaged.
        """
        asked = self._ask(folder, "rev-parse", "--show-toplevel", "--is-shallow-repository")
        if asked is None:
            return None
        root, _, shallow = asked.rstrip("\n").rpartition("\n")
        # untracked files do not count, so that a large tree need not be walked
        told = self._ask(
            Path(root),
            *("status", "--porcelain=v2", "--branch", "-z"),
            *("--untracked-files=no", "--ignore-submodules=dirty"),
        )
        lines = (told or "").split("\0")
        heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# "))
        branch = heads.get("branch.head", "(detached)")
        unborn = heads.get("branch.oid") == "(initial)"
        return RepositoryState(
            root=Path(root),
            branch=None if unborn or branch == "(detached)" else branch,
            dirty=any(line and not line.startswith("# ") for line in lines),
            shallow=shallow == "true",
        )

    def is_bare(self, folder: Path) -> bool:
        """Whether the folder lies in a repository without a work tree.

        Raises:
            Precondition: as `state` does.
        """
        return self._ask(folder, "rev-parse", "--is-bare-repository") == "true\n"

    def tracked(self, folder: Path, path: Path) -> bool:
        """Whether the index of the folder's repository holds the path, or something below it.

        Raises:
            Precondition: as `state` does.
        """
        asked = self._ask(
            folder, "--literal-pathspecs", "ls-files", "-z", "--cached", "--", str(folder / path)
        )
        return bool(asked)

    def ignored(self, folder: Path, path: Path) -> bool:
        """Whether an ignore rule covers the path, be it tracked or not.

        Raises:
            Precondition: as `state` does.
        """
        # it knows no --literal-pathspecs, but an absolute path has no magic either
        whole = str(folder / path)
        return self._ask(folder, "check-ignore", "--no-index", "--", whole) is not None

    def index(self, root: Path) -> tuple[IndexEntry, ...]:
        """All that the index holds below a folder, relative to it; a conflict in its stages.

        Raises:
            Precondition: as `state` does.
        """
        lines = (self._ask(root, "ls-files", "-z", "--stage") or "").split("\0")
        entries = (line.partition("\t") for line in lines if line)
        return tuple(
            IndexEntry(path=path, mode=mode, blob=blob, stage=int(stage))
            for (mode, blob, stage), path in ((about.split(), path) for about, _, path in entries)
        )

    def files(self, folder: Path) -> tuple[str, ...] | None:
        """The files below the folder that are tracked, or new and not ignored; None outside.

        Raises:
            Precondition: as `state` does.
        """
        asked = self._ask(
            folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"
        )
        return None if asked is None else tuple(name for name in asked.split("\0") if name)

    def commits(self, folder: Path, path: Path) -> tuple[str, ...]:
        """The commits of any branch or tag that brought or changed the path, newest first.

        Raises:
            Precondition: as `state` does.
        """
        found = self._log(folder, ("--literal-pathspecs", "log"), str(folder / path))
        return tuple(dict.fromkeys(commit for commit, _ in found))

    def commits_by_path(
        self, folder: Path, *globs: str, reflog: bool = False
    ) -> Mapping[str, tuple[str, ...]]:
        """As `commits`, for every path below the folder that matches one, or ever did.

        Args:
            folder: paths are relative to it.
            globs: where `**/` stands for any folders, or none.
            reflog: whether commits count as well that only a reflog leads to.

        Raises:
            Precondition: as `state` does.
        """
        found: dict[str, dict[str, None]] = {}
        words = ("--glob-pathspecs", "log", "--relative", *(("--reflog",) if reflog else ()))
        for commit, path in self._log(folder, words, *globs):
            found.setdefault(path, {})[commit] = None
        return {path: tuple(commits) for path, commits in found.items()}

    def commits_of(self, root: Path, paths: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """As `commits`, for many paths relative to the root at once; those of no commit are out.

        Raises:
            Precondition: as `state` does.
        """
        found: dict[str, dict[str, None]] = {}
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            for commit, path in self._log(root, ("--literal-pathspecs", "log"), *some):
                found.setdefault(path, {})[commit] = None
        # a path may be a folder by now, of which other paths were told
        return {path: tuple(found[path]) for path in paths if path in found}

    def committed(self, root: Path) -> tuple[IndexEntry, ...]:
        """All that HEAD holds; nothing before the first commit.

        Raises:
            Precondition: as `state` does.
        """
        told = self._ask(root, "ls-tree", "-r", "-z", "HEAD") if self.head(root) else None
        entries = (line.partition("\t") for line in (told or "").split("\0") if line)
        return tuple(
            IndexEntry(path=path, mode=mode, blob=blob)
            for (mode, _, blob), path in ((about.split(), path) for about, _, path in entries)
        )

    def _log(
        self, folder: Path, words: tuple[str, ...], *pathspecs: str
    ) -> Iterator[tuple[str, str]]:
        """Commits, and the paths that each of them brought or changed."""
        # a merge can bring a file that no parent's side shows: -m compares with each of them
        told = self._ask(
            folder,
            *("--no-replace-objects", *words, "--all", "-m", "--no-renames", "--diff-filter=d"),
            *("--name-only", "-z", "--format=%x01%h", "--", *pathspecs),
        )
        commit = ""
        for word in (told or "").split("\0"):
            if word.startswith("\1"):
                commit = word[1:]
            elif word:  # the first path of a commit stands on a line of its own
                yield commit, word.removeprefix("\n")

    def ignore_files(self, root: Path, *, head: bool = False) -> Mapping[str, bytes]:
        """The `.gitignore` files that whoever has the repository gets, by path.

        Those on disk that are tracked or that git would add; with `head`, those of HEAD. A link
        is none: git does not follow it.

        Raises:
            Precondition: as `state` does.
            OSError: one cannot be read.
        """
        if head:
            files = {each.path: each for each in self.committed(root) if each.mode[:3] == "100"}
            names = _ignore_files(files)
            blobs = self._blobs(root, tuple(dict.fromkeys(files[name].blob for name in names)))
            return {name: blobs[files[name].blob] for name in names if files[name].blob in blobs}
        there = _ignore_files(self.files(root) or ())
        return {
            name: (root / name).read_bytes()
            for name in there
            if (root / name).is_file() and not (root / name).is_symlink()
        }

    def ignored_by(self, files: Mapping[str, bytes], paths: Sequence[str]) -> frozenset[str]:
        """Which paths these `.gitignore` files cover, and no rule of the person's own.

        Raises:
            GitFailed: git could not be asked.
        """
        return frozenset(self.rules_over(files, paths))

    def rules_over(
        self, files: Mapping[str, bytes], paths: Sequence[str]
    ) -> Mapping[str, IgnoreRule]:
        """As `ignored_by`, with the rule that covers each of them.

        Asked in an empty repository that is made for it: git reads `.git/info/exclude` whatever
        it is told, and knows no way to ask about files that are not there.

        Raises:
            GitFailed: git could not be asked.
        """
        with TemporaryDirectory(prefix="skc-ignore-") as name:
            folder = Path(name)
            self._do(folder, "init", "--quiet", "--template=")
            for path, data in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
            given = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)
            told = self._do(
                folder,
                *("-c", f"core.excludesFile={os.devnull}"),
                *("check-ignore", "--no-index", "--verbose", "-z", "--stdin"),
                given=given,
                fine=(0, 1),
            ).split("\0")
        matched = zip(told[::4], told[1::4], told[2::4], told[3::4], strict=False)
        return {
            path.removeprefix("./"): IgnoreRule(file=file, line=int(line), text=text)
            for file, line, text, path in matched
            if not text.startswith("!")  # it matches, and takes back
        }

    def commit_of(self, root: Path, revision: str) -> str | None:
        """The commit that a revision names; None where there is none."""
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        # a word that names nothing is an error of git's, whatever is asked for quietly
        ran = self._run(root, *asked)
        return ran.output.strip() if ran is not None and ran.code == 0 else None

    def content_at(self, root: Path, commit: str, path: str) -> bytes | None:
        """What a commit holds at a path relative to the root; None where it has no file there.

        Raises:
            Precondition: there is one, and its content cannot be read: a partial clone lacks it.
        """
        told = self._ask(root, "--literal-pathspecs", "ls-tree", "-z", commit, "--", path)
        if not told:
            return None
        _mode, kind, blob = told.partition("\t")[0].split()
        return _bytes(self._do(root, "cat-file", kind, blob)) if kind == "blob" else None

    def blob(self, root: Path, name: str) -> bytes | None:
        """The content behind `HEAD:path`, `:path` or an id; None where there is none."""
        ran = self._run(root, "cat-file", "blob", name)
        return _bytes(ran.output) if ran is not None and ran.code == 0 else None

    def _blobs(self, root: Path, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The contents of many objects, through one process; those that are missing are out."""
        if not ids:
            return {}
        given = "".join(f"{each}\n" for each in ids).encode()
        told = _bytes(self._do(root, "cat-file", "--batch", given=given))
        found, at = {}, 0
        for each in ids:
            end = told.index(b"\n", at)
            words = told[at:end].split()
            at = end + 1
            if len(words) == len(("oid", "type", "size")):
                size = int(words[2])
                found[each] = told[at : at + size]
                at += size + 1
        return found

    def write_blob(self, root: Path, content: bytes) -> str:
        """Keep a content in the repository; gives its id.

        Raises:
            GitFailed: the repository cannot be written.
        """
        return self._do(root, "hash-object", "-w", "--stdin", given=content).strip()

    def change_index(
        self, root: Path, *, remove: tuple[str, ...] = (), put: tuple[IndexEntry, ...] = ()
    ) -> None:
        """Take paths out of the index, and put entries in; the files themselves stay.

        Raises:
            GitFailed: the index is locked, or cannot be written.
        """
        self._change_index(root, remove, put, index=None)

    def commit(
        self,
        root: Path,
        message: str,
        *,
        remove: tuple[str, ...] = (),
        put: tuple[IndexEntry, ...] = (),
    ) -> str:
        """Commit HEAD with these changes and nothing else that is staged; gives the commit's id.

        The commit is made from an index of its own, so that what else is staged stays staged.
        Hooks run as they do for `git commit`, and see that index.

        Raises:
            GitFailed: git, or a hook, refused.
        """
        with TemporaryDirectory(prefix="skc-index-") as folder:
            index = str(Path(folder) / "index")
            head = self.head(root)
            self._do(root, "read-tree", head or "--empty", index=index)
            self._change_index(root, remove, put, index=index)
            self._do(root, "commit", "--quiet", "--file=-", given=message.encode(), index=index)
        return self.head(root) or ""

    def head(self, root: Path) -> str | None:
        """The commit that HEAD is; None before the first one."""
        asked = self._ask(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return asked.strip() if asked else None

    def fork(self, root: Path, revision: str | None) -> str | None:
        """The commit where HEAD and a revision parted; None where there is none.

        Raises:
            Precondition: as `state` does.
        """
        for name in (revision,) if revision is not None else _DEFAULT_BASES:
            commit = self.commit_of(root, name)
            if commit is not None:
                common = self._ask(root, "merge-base", commit, "HEAD")
                return common.strip() if common else None
        return None

    def changed_lines(self, root: Path, *, since: str | None) -> Mapping[str, LineSpans]:
        """The lines below the root that are new or other than at a commit, by path.

        Raises:
            Precondition: as `state` does.
        """
        words = (
            *("diff", "--relative", "--unified=0", "--find-renames", "--diff-filter=d"),
            *("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty"),
            *("--src-prefix=a/", "--dst-prefix=b/"),
        )
        if since is None:
            return _spans(self._do(root, *words, "--cached", "--", index=self._shown_index()))
        found = _spans(self._ask(root, *words, since, "--") or "")
        return found | dict.fromkeys(self._untracked(root), _ALL_LINES)

    def _shown_index(self) -> str | None:
        """The index that a hook is shown: `git commit PATH` and `-a` have another than usual."""
        named = self._environment.get("GIT_INDEX_FILE")
        return None if named is None else str(self._environment.folder / named)

    def _untracked(self, root: Path) -> list[str]:
        """The files below the root that are new, and that git does not ignore."""
        told = self._ask(root, "ls-files", "-z", "--others", "--exclude-standard") or ""
        return [path for path in told.split("\0") if path]

    def changed_from(
        self, root: Path, *, since: str | None, wanted: Callable[[str], bool]
    ) -> Mapping[str, bytes | None]:
        """What the paths that `changed_lines` speaks of held before, and those that are gone.

        Raises:
            Precondition: as `state` does.
        """
        index = self._shown_index() if since is None else None
        words = ("diff", "--raw", "-z", "--relative", "--no-renames", "--no-abbrev")
        what = ("--ignore-submodules", "--cached" if since is None else since, "--")
        fields = self._do(root, *words, *what, index=index).split("\0")
        changed = dict(zip(fields[1::2], fields[::2], strict=False))
        old = {path: told.split()[2] for path, told in changed.items() if wanted(path)}
        held = self._blobs(root, [each for each in dict.fromkeys(old.values()) if each.strip("0")])
        new = () if since is None else filter(wanted, self._untracked(root))
        return {path: held.get(each) for path, each in old.items()} | dict.fromkeys(new)

    def differing(self, root: Path) -> tuple[str, ...]:
        """The paths below the root that are not as HEAD has them.

        Raises:
            Precondition: as `state` does.
        """
        words = (
            *("--relative", "--name-only", "-z", "--no-renames", "--ignore-submodules"),
            *("--no-ext-diff", "--no-textconv"),
        )
        if self.head(root) is None:
            return self.files(root) or ()
        changed = self._ask(root, "diff", *words, "HEAD", "--") or ""
        new = self._ask(root, "ls-files", "-z", "--others", "--exclude-standard") or ""
        return tuple(sorted({path for path in f"{changed}{new}".split("\0") if path}))

    def under_way(self, root: Path) -> str | None:
        """What git itself is in the middle of (`merge`, `rebase` …), or None."""
        words = [word for name in _UNDER_WAY for word in ("--git-path", name)]
        places = (self._ask(root, "rev-parse", *words) or "").splitlines()
        for what, place in zip(_UNDER_WAY.values(), places, strict=False):
            if (root / place).exists():
                return what
        return None

    def commit_at(self, root: Path, name: str) -> CommitFacts:
        """A commit's parents and message."""
        told = self._ask(root, "log", "-1", "--format=%P%n%B", name, "--") or "\n"
        parents, _, message = told.partition("\n")
        return CommitFacts(parents=tuple(parents.split()), message=message.strip())

    def move_head(self, root: Path, *, was: str, to: str) -> None:
        """Set the branch back, only if it still stands where it was left.

        Raises:
            GitFailed: it does not.
        """
        self._do(root, "update-ref", "-m", "skc: undo", "HEAD", to, was)

    def _change_index(
        self,
        root: Path,
        remove: tuple[str, ...],
        put: tuple[IndexEntry, ...],
        *,
        index: str | None,
    ) -> None:
        # a null name is as long as the repository's others: 40 digits of SHA-1, 64 of SHA-256
        sha256 = bool(remove) and "sha256" in self._do(root, "rev-parse", "--show-object-format")
        null = "0" * (64 if sha256 else 40)
        gone = (f"0 {null}\t{path}\0" for path in remove)
        there = (f"{each.mode} {each.blob} {each.stage}\t{each.path}\0" for each in put)
        lines = "".join((*gone, *there)).encode(errors="surrogateescape")
        self._do(root, "update-index", "-z", "--index-info", given=lines, index=index)

    def _do(
        self,
        root: Path,
        *words: str,
        given: bytes = b"",
        index: str | None = None,
        fine: tuple[int, ...] = (0,),
    ) -> str:
        """Have git do something that must succeed."""
        more = {} if index is None else {"GIT_INDEX_FILE": index}
        ran = self._run(root, *words, given=given, more=more)
        if ran is None:
            raise GitNotInstalled(root)
        if ran.code not in fine:
            raise GitFailed(
                f"git {words[0]} failed in {root}",
                why=_first_line(ran.complaint or ran.output) or f"it ended with {ran.code}",
                fix=f"git -C '{root}' status, and mend what it names",
            )
        return ran.output

    def _ask(self, folder: Path, *words: str) -> str | None:
        """What git answers; None outside a work tree, or where it says no (exit 1)."""
        place = _nearest(folder)
        ran = self._run(place, *words)
        if ran is None:
            if _seems_repository(place):
                raise GitNotInstalled(place)
            return None
        if ran.code == 0:
            return ran.output
        if ran.code == 1 or any(words in ran.complaint for words in _OUTSIDE):
            return None
        if "dubious ownership" in ran.complaint:
            raise RepositoryNotTrusted(place)
        raise GitFailed(
            f"git cannot read the repository at {place}",
            why=_first_line(ran.complaint) or f"`git {' '.join(words[:2])}` ended with {ran.code}",
            fix=f"git -C '{place}' status",
        )

    def _run(
        self,
        folder: Path,
        *words: str,
        given: bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> _Ran | None:
        """Run git; None where it is not installed."""
        argv = ["git", *PLAIN, *words]
        try:
            ran = subprocess.run(
                argv,
                cwd=folder,
                env={**self._variables(), **(more or {})},
                input=given,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except FileNotFoundError:
            return None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitFailed(
                f"git cannot be run in {folder}",
                why=str(getattr(error, "strerror", None) or "it did not end within a minute"),
                fix=f"git -C '{folder}' status",
            ) from error
        return _Ran(ran.returncode, _text(ran.stdout), _text(ran.stderr))

    def _variables(self) -> Mapping[str, str]:
        """A small environment: no `GIT_DIR` or `GIT_INDEX_FILE` of a caller reaches git."""
        kept = {name: self._environment.get(name) for name in _KEPT}
        return {name: value for name, value in kept.items() if value is not None} | ALONE


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next((place for place in (folder, *folder.parents) if place.is_dir()), Path("/"))


def _seems_repository(folder: Path) -> bool:
    return any((place / ".git").exists() for place in (folder, *folder.parents))


def _spans(diff: str) -> dict[str, LineSpans]:
    """The new lines of a diff without context, by path; of what is binary all."""
    found: dict[str, list[tuple[int, int]]] = {}
    path, both, in_head = "", "", True
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            path, in_head = "", True
            named = line.removeprefix("diff --git ")
            both = _unquoted(named[: (len(named) - 1) // 2]).removeprefix("a/")
        elif line.startswith("* Unmerged path "):
            found[_unquoted(line.removeprefix("* Unmerged path "))] = list(_ALL_LINES)
        elif in_head and line.startswith("rename to "):
            both = _unquoted(line.removeprefix("rename to "))
            found[both] = []  # its name is new, its lines are not
        elif in_head and line.startswith("new file mode "):
            found[both] = []  # one without a line is new, too
        elif in_head and line.startswith("Binary files "):
            found[both] = list(_ALL_LINES)
        elif in_head and line.startswith("+++ "):
            path = _unquoted(line[4:].removesuffix("\t")).removeprefix("b/")
            found.setdefault(path, [])  # it may be that lines went, and none came
        elif line.startswith("@@ "):
            in_head = False
            hunk = _HUNK.match(line)
            if hunk is not None and path:
                first, many = int(hunk[1]), int(hunk[2] or 1)
                if many:
                    found.setdefault(path, []).append((first, first + many - 1))
    return {path: tuple(spans) for path, spans in found.items()}


def _unquoted(name: str) -> str:
    """A path as git writes it: quoted where it holds what is not plain (`core.quotePath`)."""
    if not name.startswith('"'):
        return name
    escapes = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}

    def plain(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code, 8)) if len(code) == len("377") else escapes.get(code, code)

    raw = _OCTAL.sub(plain, name[1:-1])
    return _text(raw.encode("latin-1")) if raw.isascii() or max(raw) <= "\xff" else raw


def _ignore_files(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if path.rpartition("/")[2] == ".gitignore")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")


def _first_line(complaint: str) -> str:
    line = next(iter(complaint.strip().splitlines()), "")
    return "".join(letter for letter in line if letter.isprintable())
