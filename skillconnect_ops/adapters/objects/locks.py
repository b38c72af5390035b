"""Git's lock files, and whether a git that may hold them still lives: gitrepository-layout(5).

A git that is killed leaves its locks behind, and every git after it stops at them. Nobody but a
person takes one away: a git that nobody sees from here may still be at work.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from skillconnect_ops.core.ports.rewriting import Locks

_PROCESSES = Path("/proc")
_GC = "gc.pid"
_APART = ("objects", "modules", "lfs")
"""Below the git folder; what lies in them is looked through by itself, or is none of ours."""


def locks(git_folder: Path, roots: Sequence[Path]) -> Locks:
    """All lock files of a repository, its linked work trees' among them.

    Args:
        git_folder: the common one.
        roots: of its work trees.
    """
    paths = tuple(_lock_files(git_folder))
    if not paths:
        return Locks(folder=git_folder)
    gits = at_work(git_folder, roots, paths)
    return Locks(folder=git_folder, paths=paths, gits=gits or (), seen=gits is not None)


def _lock_files(git_folder: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(git_folder):
        here = Path(folder)
        if here == git_folder:
            folders[:] = [name for name in folders if name not in _APART]
        folders.sort()
        for name in sorted(files):
            if name.endswith(".lock") or (here == git_folder and name == _GC):
                yield here / name
    for place in ("objects/info", "objects/pack"):
        yield from sorted((git_folder / place).rglob("*.lock"))


def at_work(
    git_folder: Path, roots: Sequence[Path], paths: Sequence[Path] = ()
) -> tuple[str, ...] | None:
    """Processes that are at work on a repository, as `4711 (git gc)`; our own children left out.

    None: it cannot be seen from here, as where there is no /proc, or a git belongs to somebody
    else.

    Args:
        git_folder: the common one.
        roots: of its work trees.
        paths: who has one of these open counts, whatever it is called.
    """
    if not (_PROCESSES / "self" / "stat").exists():
        return None
    places = tuple(str(place) for place in (git_folder, *roots))
    found, unseen = [], False
    for entry in sorted(_PROCESSES.iterdir()):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(FileNotFoundError, ProcessLookupError):
            words = (entry / "cmdline").read_bytes().split(b"\0")[:-1]
            if not words or _is_child(entry):  # of the system, over already, or ours
                continue
            name = Path(os.fsdecode(words[0])).name
            is_git = name.startswith("git") and not any(b"--daemon" in one for one in words)
            try:
                held = is_git and _is_within(entry, words, places)
                if held or _holds(entry, paths):
                    found.append(f"{entry.name} ({_said(words)})")
            except PermissionError:
                unseen = unseen or is_git
    return tuple(found) if found or not unseen else None


def _is_child(process: Path) -> bool:
    told = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return told[0] in "ZX" or int(told[1]) == os.getpid()


def _is_within(process: Path, words: Sequence[bytes], places: Sequence[str]) -> bool:
    where = str((process / "cwd").readlink())
    named = (os.fsdecode(word).rpartition("=")[2] for word in words)
    return any(
        one == place or one.startswith(f"{place}/") for one in (where, *named) for place in places
    )


def _holds(process: Path, paths: Sequence[Path]) -> bool:
    if not paths:
        return False
    wanted = {str(path) for path in paths}
    for one in (process / "fd").iterdir():
        with suppress(FileNotFoundError):
            if str(one.readlink()) in wanted:
                return True
    return False


def _said(words: Sequence[bytes]) -> str:
    """Its name, and the command; what more there is may hold anything."""
    plain = [os.fsdecode(word) for word in words]
    name = Path(plain[0]).name
    taken = iter(plain[1:])
    for word in taken:
        if word == "-c":
            next(taken, None)
        elif not word.startswith("-"):
            command = word if word.replace("-", "").isalpha() else ""
            return f"{name} {command}".strip()
    return name
