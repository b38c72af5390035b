"""Which files make up a project: what git lists, else a walk; never what was installed or built."""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.git import Git

LARGEST_BYTES = 2_000_000
"""A larger file is no source that a person wrote."""
_MOST_FILES = 200_000
_SUBMODULE = "160000"
"""The mode of an index entry that names another repository's commit."""
_FOLDERS = {
    **dict.fromkeys(("node_modules", "bower_components", "jspm_packages"), "installed packages"),
    **dict.fromkeys((".venv", "venv", "site-packages", "virtualenv"), "installed packages"),
    **dict.fromkeys(("vendor", "third_party"), "vendored code"),
    **dict.fromkeys(("dist", "build", ".next", ".nuxt", ".output", "out-tsc"), "built files"),
    **dict.fromkeys(("coverage", "__pycache__", ".cache", ".turbo", ".tox"), "made by a tool"),
    **dict.fromkeys((".git", ".hg", ".svn"), "a repository's own files"),
}
_KEPT = ("vendored code", "built files")
_ALSO_A_WORD = frozenset({"vendor", "build", "dist", "coverage"})
"""Names that code of one's own has as well: a market's vendors, an insurance's coverage. They count
only where a tool puts such a folder: beside a package's own file, and among what a site serves."""
_PACKAGES = frozenset(
    {
        *("package.json", "composer.json", "go.mod", "Gemfile", "Cargo.toml", "pyproject.toml"),
        *("setup.py", "setup.cfg", "CMakeLists.txt", "build.gradle", "pom.xml", "Makefile"),
    }
)
_SERVED = frozenset(
    {"public", "static", "assets", "www", "wwwroot", "webroot", "lib", "libs", "js", "css", "html"}
)
_BUNDLE = re.compile(r"[.-](min|bundle|umd)\.[cm]?js$")
_LONG_TEXT = re.compile(rb"([\"'`])[A-Za-z0-9+/=:;,%._-]{300,}\1")
_MINIFIED_FROM_BYTES = 20_000
_MINIFIED_LINE_BYTES = 1_000
IS_BUNDLE = "it is a bundle or minified"
LINKED = "a link to a folder, which is not followed"
IS_NO_FILE = "it is a link or no plain file"
_IS_LARGE = f"it is larger than {LARGEST_BYTES // 1_000_000} MB"


class Skipped(Struct, frozen=True):
    """A file or folder that was left out, and why."""

    path: str
    reason: str


class Listing(Struct, frozen=True, kw_only=True):
    """The files of a project."""

    files: tuple[str, ...]
    """Relative to the root, `/`-separated, sorted."""
    skipped: tuple[Skipped, ...] = ()
    beyond: tuple[str, ...] = ()
    """Files in folders of built and vendored code that git lists all the same: somebody means to
    keep them, and what they hold is given away as well."""
    by_git: bool = False
    """Whether git listed them: then what it ignores is not among them."""
    repositories: tuple[str, ...] = ()
    """The folders within the project that are repositories of their own, and were listed, too."""
    closed: tuple[Skipped, ...] = ()
    """Those whose files could not be listed."""


def discover(root: Path, *, git: Git, within: Sequence[str] = ()) -> Listing:
    """The files of the project in the folder `root`.

    Submodules and clones that git does not ignore are part of it: an outer env file serves their
    code as well. A linked work tree is not: it holds the project's own files once more.

    Args:
        root: the project's folder.
        git: asked for its list, which is tracked files and those that are new but not ignored.
        within: folders that belong to the project, even in a repository that git ignores.
    """
    try:
        listed = git.files(root)
    except Precondition as error:
        every = walked(root)
        note = Skipped(".", f"git was not asked: {error.what}; the folder was walked instead")
        return Listing(files=every.files, skipped=(note, *every.skipped))
    if listed is None:
        return walked(root)
    packages = _packages(listed)
    inner = _Inner(root, git, packages)
    inner.go_into(_repositories(root, ".", listed, git))
    inner.go_into(filter(None, (_holding(root, folder) for folder in within)))
    skipped: dict[str, Skipped] = {}
    files: list[str] = []
    beyond: list[str] = []
    for path in sorted({*listed, *inner.files}):
        folder = _left_out(path, packages)
        if folder is not None:
            skipped.setdefault(folder.path, folder)
            if folder.reason in _KEPT and not path.endswith("/"):
                beyond.append(path)
        elif not path.endswith("/"):
            if "." not in path.rpartition("/")[2] and _is_link_to_folder(root, path):
                skipped.setdefault(path, Skipped(path, LINKED))
            files.append(path)
    return Listing(
        files=tuple(files),
        skipped=(*skipped.values(), *inner.skipped),
        beyond=tuple(beyond),
        by_git=True,
        repositories=tuple(inner.listed),
        closed=tuple(inner.closed),
    )


class _Inner:
    """The repositories within the project, each listed by itself."""

    def __init__(self, root: Path, git: Git, packages: frozenset[str]) -> None:
        self._root = root
        self._git = git
        self._packages = packages
        self.files: list[str] = []
        self.listed: list[str] = []
        self.skipped: list[Skipped] = []
        self.closed: list[Skipped] = []

    def go_into(self, folders: Iterable[str]) -> None:
        """List them, and those within them."""
        for folder in folders:
            known = folder in self.listed or any(each.path == folder for each in self.closed)
            if known or _left_out(f"{folder}/.", self._packages) is not None:
                continue
            if _is_linked(self._root / folder):
                self.skipped.append(Skipped(folder, "a linked work tree"))
                continue
            found = self._found(folder)
            if isinstance(found, Skipped):
                self.closed.append(found)
                continue
            self.listed.append(folder)
            self.files += [f"{folder}/{path}" for path in found]
            self.go_into(_repositories(self._root, folder, found, self._git))

    def _found(self, folder: str) -> tuple[str, ...] | Skipped:
        if not (self._root / folder / ".git").exists():  # git would tell of the outer one
            return Skipped(folder, "a submodule that is not checked out: its code was not read")
        try:
            return self._git.files(self._root / folder) or ()
        except Precondition as error:
            return Skipped(folder, f"its code was not read: {error.what}")


def _repositories(root: Path, folder: str, listed: Sequence[str], git: Git) -> Iterator[str]:
    """The folders in a repository's list that are repositories themselves."""
    where = root / folder
    clones = [path.rstrip("/") for path in listed if path.endswith("/")]
    submodules = [each.path for each in git.index(where) if each.mode == _SUBMODULE]
    for path in (*clones, *submodules):
        yield path if folder == "." else f"{folder}/{path}"


def _holding(root: Path, folder: str) -> str | None:
    """The nearest repository within the project that holds a folder."""
    place = Path(os.path.normpath(root / folder))
    while place != root and place.is_relative_to(root):
        if (place / ".git").exists():
            return place.relative_to(root).as_posix()
        place = place.parent
    return None


def _is_linked(folder: Path) -> bool:
    """Whether it is a linked work tree; the `.git` of a submodule leads elsewhere."""
    try:
        return "/worktrees/" in (folder / ".git").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def content(root: Path, path: str) -> bytes | Skipped:
    """The bytes of a source, or why it is none that a person wrote."""
    if _BUNDLE.search(path):
        return Skipped(path, IS_BUNDLE)
    file = f"{root}/{path}"  # as a text: there are many, and a `Path` is slow to make
    try:
        found = os.lstat(file)
        if not stat.S_ISREG(found.st_mode):
            return Skipped(path, IS_NO_FILE)
        if found.st_size > LARGEST_BYTES:
            return Skipped(path, _IS_LARGE)
        with open(file, "rb", buffering=0) as opened:  # noqa: PTH123 - as above
            data = opened.read()
    except OSError as error:
        return Skipped(path, error.strerror or type(error).__name__)
    return Skipped(path, IS_BUNDLE) if _is_minified(data) else data


def as_source(path: str, data: bytes) -> bytes | Skipped:
    """The same bytes, wherever they were kept, or why no person wrote them."""
    if len(data) > LARGEST_BYTES:
        return Skipped(path, _IS_LARGE)
    return Skipped(path, IS_BUNDLE) if _BUNDLE.search(path) or _is_minified(data) else data


def _is_minified(data: bytes) -> bool:
    if not _has_long_lines(data):
        return False
    # an image in a string makes no bundle of the code around it
    return _has_long_lines(_LONG_TEXT.sub(b'""', data))


def _has_long_lines(data: bytes) -> bool:
    size = len(data)
    return size > _MINIFIED_FROM_BYTES and size / (data.count(b"\n") + 1) > _MINIFIED_LINE_BYTES


def _left_out(path: str, packages: frozenset[str]) -> Skipped | None:
    """The folder that keeps a path out of the project."""
    parts = path.split("/")
    for depth, part in enumerate(parts[:-1], start=1):
        if part in _FOLDERS and _is_a_tools("/".join(parts[: depth - 1]), part, packages):
            return Skipped("/".join(parts[:depth]), _FOLDERS[part])
    return None


def _is_a_tools(parent: str, name: str, packages: frozenset[str]) -> bool:
    """Whether a folder of such a name is no code of the project's own."""
    if name not in _ALSO_A_WORD:
        return True
    return not parent or parent in packages or parent.rpartition("/")[2] in _SERVED


def _packages(paths: Iterable[str]) -> frozenset[str]:
    """The folders that hold a package's own file."""
    split = (path.rpartition("/") for path in paths)
    return frozenset(folder for folder, _, name in split if name in _PACKAGES)


def _is_link_to_folder(root: Path, path: str) -> bool:
    place = f"{root}/{path}"
    return os.path.islink(place) and os.path.isdir(place)  # noqa: PTH112, PTH114 - there are many


def walked(root: Path) -> Listing:
    """Every file below the root, whatever git says of it; never what was installed or built."""
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
    base = len(str(root).rstrip("/")) + 1

    def closed(error: OSError) -> None:
        path = str(error.filename)[base:] or "."
        skipped.append(Skipped(path, f"it cannot be listed: {error.strerror}"))

    for folder, below, names in os.walk(root, onerror=closed):
        place = f"{folder[base:]}/" if len(folder) > base else ""  # a text: there are many
        parent = place.rstrip("/")
        packages = _packages(f"{place}{name}" for name in names)
        known = {
            name: _FOLDERS[name]
            for name in below
            if name in _FOLDERS and _is_a_tools(parent, name, packages)
        } | {name: LINKED for name in below if _is_link_to_folder(root, f"{place}{name}")}
        skipped += [Skipped(f"{place}{name}", known[name]) for name in sorted(known)]
        below[:] = sorted(name for name in below if name not in known)
        for name in sorted(names):
            yield f"{place}{name}"
