"""Which files make up a project: what git lists, else a walk; never what was installed or built."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.git import Git

LARGEST_BYTES = 2_000_000
"""A larger file is no source that a person wrote."""
_MOST_FILES = 200_000
_FOLDERS = {
    **dict.fromkeys(("node_modules", "bower_components", "jspm_packages"), "installed packages"),
    **dict.fromkeys((".venv", "venv", "site-packages", "virtualenv"), "installed packages"),
    **dict.fromkeys(("vendor", "third_party"), "vendored code"),
    **dict.fromkeys(("dist", "build", ".next", ".nuxt", ".output", "out-tsc"), "built files"),
    **dict.fromkeys(("coverage", "__pycache__", ".cache", ".turbo", ".tox"), "made by a tool"),
    **dict.fromkeys((".git", ".hg", ".svn"), "a repository's own files"),
}
_BUNDLE = re.compile(r"[.-](min|bundle|umd)\.[cm]?js$")
_MINIFIED_FROM_BYTES = 20_000
_MINIFIED_LINE_BYTES = 1_000


class Skipped(Struct, frozen=True):
    """A file or folder that was left out, and why."""

    path: str
    reason: str


class Listing(Struct, frozen=True, kw_only=True):
    """The files of a project."""

    files: tuple[str, ...]
    """Relative to the root, `/`-separated, sorted."""
    skipped: tuple[Skipped, ...] = ()
    by_git: bool = False
    """Whether git listed them: then what it ignores is not among them."""


def discover(root: Path, *, git: Git) -> Listing:
    """The files of the project in the folder `root`.

    Args:
        root: the project's folder.
        git: asked for its list, which is tracked files and those that are new but not ignored.
    """
    try:
        listed = git.files(root)
    except Precondition as error:
        walked = _walked(root)
        note = Skipped(".", f"git was not asked: {error.what}; the folder was walked instead")
        return Listing(files=walked.files, skipped=(note, *walked.skipped))
    if listed is None:
        return _walked(root)
    skipped: dict[str, Skipped] = {}
    files: list[str] = []
    for path in sorted(listed):
        folder = _left_out(path)
        if folder is not None:
            skipped.setdefault(folder.path, folder)
        else:
            files.append(path)
    return Listing(files=tuple(files), skipped=tuple(skipped.values()), by_git=True)


def content(root: Path, path: str) -> bytes | Skipped:
    """The bytes of a source, or why it is none that a person wrote."""
    if _BUNDLE.search(path):
        return Skipped(path, "it is a bundle or minified")
    file = root / path
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            return Skipped(path, "it is a link or no plain file")
        if found.st_size > LARGEST_BYTES:
            return Skipped(path, f"it is larger than {LARGEST_BYTES // 1_000_000} MB")
        data = file.read_bytes()
    except OSError as error:
        return Skipped(path, error.strerror or type(error).__name__)
    lines = data.count(b"\n") + 1
    if len(data) > _MINIFIED_FROM_BYTES and len(data) / lines > _MINIFIED_LINE_BYTES:
        return Skipped(path, "it is a bundle or minified")
    return data


def _left_out(path: str) -> Skipped | None:
    """The folder that keeps a path out of the project."""
    parts = path.split("/")
    for depth, part in enumerate(parts[:-1], start=1):
        if part in _FOLDERS:
            return Skipped("/".join(parts[:depth]), _FOLDERS[part])
    return None


def _walked(root: Path) -> Listing:
    skipped: list[Skipped] = []
    files: list[str] = []
    for path in _walk(root, skipped):
        if len(files) == _MOST_FILES:
            skipped.append(Skipped(".", f"only the first {_MOST_FILES:,} files were looked at"))
            break
        files.append(path)
    return Listing(files=tuple(sorted(files)), skipped=tuple(skipped))


def _walk(root: Path, skipped: list[Skipped]) -> Iterator[str]:
    """Every file below the root; no linked folder is followed."""
    for folder, below, names in os.walk(root):
        place = Path(folder).relative_to(root)
        skipped += [
            Skipped((place / name).as_posix(), _FOLDERS[name])
            for name in sorted(below)
            if name in _FOLDERS
        ]
        below[:] = sorted(name for name in below if name not in _FOLDERS)
        for name in sorted(names):
            yield (place / name).as_posix()
