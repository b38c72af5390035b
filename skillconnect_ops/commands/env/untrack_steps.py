"""The effects of `env untrack`: rules in `.gitignore`, paths out of the index, a commit."""

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.env.gitignore import IGNORE, RULES, Cover
from skillconnect_ops.core.errors import NeedsPerson
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.git import Git, IndexEntry
from skillconnect_ops.core.view import count, listed
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile.names import in_env_folder

MESSAGE = "Keep env files out of git\n"


class RulesEditedMeanwhile(NeedsPerson):
    """Somebody changed `.gitignore` after the rules were added; their edit stays."""

    def __init__(self) -> None:
        super().__init__(
            f"{IGNORE} is no longer what was written",
            why="somebody edited it in between, and undoing would lose that edit",
            fix=f"look at {IGNORE}, and remove the rules for .env files if they are not wanted",
        )


class RulesAdd(Step, frozen=True, kw_only=True, tag="ignore.add"):
    """Add rules at the end of the root's `.gitignore`."""

    rules: tuple[str, ...]
    files: tuple[str, ...] = ()
    """Env files by another name; each has a rule of its own, or is covered already."""

    def says(self) -> str:
        """One line for the plan."""
        return f"add to {IGNORE}: {'  '.join(self.rules)}"


class FilesUntrack(Step, frozen=True, kw_only=True, tag="files.untrack"):
    """Take files out of the index; they stay on disk."""

    paths: tuple[str, ...]

    def says(self) -> str:
        """One line for the plan."""
        return f"take out of git, but not off the disk: {listed(self.paths)}"


class UntrackCommit(Step, frozen=True, kw_only=True, tag="untrack.commit"):
    """Commit these removals and the rules, and nothing else that is staged."""

    paths: tuple[str, ...]
    rules: bool
    lines: tuple[str, ...] = RULES
    """What is added to `.gitignore`, if anything is."""

    def says(self) -> str:
        """One line for the plan."""
        what = [count(len(self.paths), "removal")] if self.paths else []
        return f"commit {' and '.join([*what, *([IGNORE] if self.rules else [])])}, nothing else"


def with_rules(data: bytes | None, rules: Sequence[str]) -> bytes:
    """A `.gitignore` with rules at its end, in its own line ends; all other bytes are kept."""
    before = data or b""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before or before.endswith(b"\n") else end
    return before + gap + b"".join(rule.encode() + end for rule in rules)


class AddRules:
    """Carries out `ignore.add`."""

    def __init__(self, disk: Disk, git: Git, root: Path) -> None:
        self._disk = disk
        self._git = git
        self._path = root / IGNORE
        self._root = root

    def before(self, step: RulesAdd, walk: Walk) -> Image:
        """The old bytes go to the escrow."""
        found = self._bytes()
        if found is None:
            return {"there": False}
        walk.escrow.put(step.key, found)
        return {"there": True, "mode": stat.S_IMODE(self._path.stat().st_mode)}

    def apply(self, step: RulesAdd, walk: Walk) -> Mapping[str, Any]:
        """Write them once, however often this runs."""
        old = walk.escrow.get(step.key)
        wanted = with_rules(old, step.rules)
        if self._bytes() != wanted:
            mode = stat.S_IMODE(self._path.stat().st_mode) if old is not None else 0o644
            self._disk.replace(self._path, wanted, mode=mode)
        return {"rules": list(step.rules)}

    def verify(self, step: RulesAdd, walk: Walk) -> Sequence[Proof]:
        """Ask git."""
        holds = covers(self._git, self._root, step.files)
        return [Proof(claim="env.ignored", subject={"rules": list(step.rules)}, holds=holds)]

    def undo(self, step: RulesAdd, image: Image, walk: Walk) -> None:
        """The old bytes, unless somebody edited the file since."""
        old = walk.escrow.get(step.key) if image["there"] else None
        now = self._bytes()
        if now == old:
            return
        if now != with_rules(old, step.rules):
            raise RulesEditedMeanwhile
        if old is None:
            self._disk.remove(self._path)
        else:
            self._disk.replace(self._path, old, mode=int(image["mode"]))

    def _bytes(self) -> bytes | None:
        try:
            return self._disk.read(self._path)
        except FileNotFoundError:
            return None


def covers(
    git: Git,
    root: Path,
    secret: Sequence[str] = (),
    *,
    examples: Sequence[str] = (),
    head: bool = False,
) -> bool:
    """Whether the repository's own rules keep every env file out, and let examples in.

    Args:
        git: asked for the rules, and what they mean for the paths.
        root: the repository.
        secret: env files that are there, or are named by a target; each is asked about besides.
        examples: those that are there.
        head: whether the rules that HEAD holds are meant, and not those on disk.
    """
    cover = Cover(files=git.ignore_files(root, head=head))
    if not cover.is_whole or cover.openings:
        return False
    if not {*secret} <= git.ignored_by(cover.files, tuple(secret)):
        return False
    shared = {".env.example", "x/.env.production.sample", *examples} - {*secret}
    return not git.ignored_by(cover.root, sorted(e for e in shared if not in_env_folder(e)))


class UntrackFiles:
    """Carries out `files.untrack`."""

    def __init__(self, git: Git, root: Path) -> None:
        self._git = git
        self._root = root

    def before(self, step: FilesUntrack, walk: Walk) -> Image:
        """The entries of the index."""
        entries = (entry for entry in self._git.index(self._root) if entry.path in step.paths)
        return {"entries": [[each.path, each.mode, each.blob] for each in entries]}

    def apply(self, step: FilesUntrack, walk: Walk) -> Mapping[str, Any]:
        """Take them out."""
        self._git.change_index(self._root, remove=step.paths)
        return {"paths": list(step.paths)}

    def verify(self, step: FilesUntrack, walk: Walk) -> Sequence[Proof]:
        """Ask git."""
        held = {entry.path for entry in self._git.index(self._root)}
        holds = held.isdisjoint(step.paths) and covers(self._git, self._root, step.paths)
        return [Proof(claim="env.untracked", subject={"paths": list(step.paths)}, holds=holds)]

    def undo(self, step: FilesUntrack, image: Image, walk: Walk) -> None:
        """Put the entries back."""
        entries = (
            IndexEntry(path=path, mode=mode, blob=blob) for path, mode, blob in image["entries"]
        )
        self._git.change_index(self._root, put=tuple(entries))


class CommittedOnTop(NeedsPerson):
    """The branch moved on; nobody's commit is thrown away."""

    def __init__(self, root: Path, before: str) -> None:
        super().__init__(
            f"the branch of {root} holds commits that came after",
            why="setting it back would drop them",
            fix=f"git -C '{root}' log {before[:12]}..   # and revert what is to go",
        )


class CommitUntracked:
    """Carries out `untrack.commit`.

    The commit is HEAD without the files and with HEAD's own `.gitignore` plus the rules, so that
    edits of that file which nobody committed yet do not get in either.
    """

    def __init__(self, git: Git, root: Path) -> None:
        self._git = git
        self._root = root

    def before(self, step: UntrackCommit, walk: Walk) -> Image:
        """Where HEAD stands."""
        return {"head": self._git.head(self._root)}

    def apply(self, step: UntrackCommit, walk: Walk) -> Mapping[str, Any]:
        """Commit; a resumed walk does so again only where the files are still in HEAD."""
        put = self._rules_entry("HEAD:", step.lines) if step.rules else ()
        in_head = self._in_head(step.paths)
        if put or in_head:
            self._git.commit(self._root, MESSAGE, remove=in_head, put=put)
        if step.rules:
            self._git.change_index(self._root, put=self._rules_entry(":", step.lines))
        return {"commit": self._git.head(self._root)}

    def verify(self, step: UntrackCommit, walk: Walk) -> Sequence[Proof]:
        """Ask git."""
        holds = not self._in_head(step.paths)
        subject = {"paths": list(step.paths)}
        facts = {"commit": self._git.head(self._root)}
        return [Proof(claim="env.untracked_in_head", subject=subject, holds=holds, facts=facts)]

    def undo(self, step: UntrackCommit, image: Image, walk: Walk) -> None:
        """Set the branch back, if nothing came on top."""
        now = self._git.head(self._root)
        before = image["head"]
        if now is None or before is None or now == before:
            return
        commit = self._git.commit_at(self._root, now)
        if commit.parents != (before,) or commit.message != MESSAGE.strip():
            raise CommittedOnTop(self._root, before)
        self._git.move_head(self._root, was=now, to=str(before))

    def _in_head(self, paths: Sequence[str]) -> tuple[str, ...]:
        held = {each.path for each in self._git.committed(self._root)}
        return tuple(path for path in paths if path in held)

    def _rules_entry(self, where: str, lines: Sequence[str]) -> tuple[IndexEntry, ...]:
        """`.gitignore` as it stands there, with the rules; nothing where they are there already."""
        found = self._git.blob(self._root, f"{where}{IGNORE}")
        if found is not None and found.replace(b"\r\n", b"\n").endswith(with_rules(None, lines)):
            return ()
        blob = self._git.write_blob(self._root, with_rules(found, lines))
        return (IndexEntry(path=IGNORE, mode="100644", blob=blob),)
