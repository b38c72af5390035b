"""The Python modules of a project: parsed once, and found by the names that others import."""

import ast
import warnings
from collections.abc import Callable, Iterable
from posixpath import dirname

from msgspec import Struct


class Module(Struct, frozen=True, eq=False):
    """One module."""

    path: str
    text: str
    tree: ast.Module
    fault: str | None = None
    """Why it is no Python, where it is none; the tree is empty then."""


class Modules:
    """Gives modules by path, and paths by dotted names."""

    def __init__(self, files: Iterable[str], read: Callable[[str], str | None]) -> None:
        """Begin; nothing is read yet.

        Args:
            files: the paths of all sources.
            read: the text of one, None where it is no source.
        """
        self._files = frozenset(files)
        self._read = read
        self._parsed: dict[str, Module | None] = {}
        self._ends: dict[str, list[str]] = {}
        for path in sorted(self._files):
            self._ends.setdefault(path.rpartition("/")[2], []).append(path)

    def module(self, path: str) -> Module | None:
        """A module; None where there is no such text."""
        if path not in self._parsed:
            text = self._read(path) if path in self._files else None
            self._parsed[path] = None if text is None else parsed(path, text)
        return self._parsed[path]

    def seen(self) -> Iterable[Module]:
        """Those that were asked for so far."""
        return [one for one in self._parsed.values() if one is not None]

    def find(self, near: str, dotted: str, level: int = 0) -> str | None:
        """The path of what an import names; None of a package that is no part of the project.

        Args:
            near: the path of the module that imports.
            dotted: what it names; empty in `from . import x`.
            level: how many dots stand before.
        """
        tail = dotted.replace(".", "/")
        if level:
            folder = dirname(near)
            for _ in range(level - 1):
                folder = dirname(folder)
            return self._at(_joined(folder, tail))
        for root in self._roots(near):
            found = self._at(_joined(root, tail))
            if found is not None:
                return found
        return self._by_end(tail)

    def is_package(self, path: str) -> bool:
        """Whether it is the `__init__` of a folder."""
        return path.endswith("__init__.py")

    def _at(self, stem: str) -> str | None:
        for path in (f"{stem}/__init__.py" if stem else "__init__.py", f"{stem}.py"):
            if path in self._files:
                return path
        return None

    def _roots(self, near: str) -> Iterable[str]:
        """Folders that are no packages themselves, the nearest first: what is found from there."""
        folder = dirname(near)
        while True:
            if _joined(folder, "__init__.py") not in self._files:
                yield folder
            if not folder:
                break
            folder = dirname(folder)
        yield "src"

    def _by_end(self, tail: str) -> str | None:
        """The only file whose path ends so; a folder of sources may lie anywhere."""
        if "/" not in tail:
            return None
        last = tail.rpartition("/")[2]
        ends = (f"/{tail}.py", f"/{tail}/__init__.py")
        named = [*self._ends.get(f"{last}.py", ()), *self._ends.get("__init__.py", ())]
        found = [path for path in named if path.endswith(ends)]
        return found[0] if len(found) == 1 else None


def parsed(path: str, text: str) -> Module:
    """A module of this text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the code's warnings are its own business
            return Module(path, text, ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f"line {line} is no Python that we can read" if line else "it cannot be parsed"
        return Module(path, text, ast.Module(body=[], type_ignores=[]), where)


def _joined(folder: str, tail: str) -> str:
    return "/".join(part for part in (folder, tail) if part)
