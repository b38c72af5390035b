"""What reading many files for one sort of thing gives, and how their text is got."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import Struct

from skillconnect_ops.code.discovery import IS_BUNDLE, IS_NO_FILE, Skipped, content
from skillconnect_ops.code.exemptions import Exemptions
from skillconnect_ops.code.model import Unparsed

T = TypeVar("T")
Read = Callable[[str], "bytes | Skipped"]
"""The bytes behind a path, on disk or in git's index, or why there are none."""
IS_GONE = "it is not there any more"
"""Of a file that git lists, and that was deleted since."""
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_HEAD_BYTES = 8_000


class Looked(Struct, Generic[T], frozen=True, kw_only=True):
    """The things found, by path, and what was not looked at."""

    found: Mapping[str, tuple[T, ...]] = {}
    files: int = 0
    """How many files were read, whether anything was in them or not."""
    programs: frozenset[str] = frozenset()
    """The files among them that begin with `#!`: a person at a terminal runs them."""
    exemptions: Mapping[str, Exemptions] = {}
    unknown: tuple[Unparsed, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class Part(Struct, Generic[T], frozen=True, kw_only=True):
    """What one text showed."""

    found: tuple[T, ...] = ()
    exemptions: Exemptions = Exemptions()
    faults: tuple[str, ...] = ()


def on_disk(root: Path, path: str) -> bytes | Skipped:
    """The bytes of a file as it is now."""
    found = content(root, path)
    if isinstance(found, Skipped) and not os.path.lexists(root / path):
        return Skipped(path, IS_GONE)
    return found


class Texts:
    """The sources of a project as texts, by path; None where there is none.

    Args:
        read: gives their bytes.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self.unread: dict[str, Unparsed] = {}
        """What is there and could not be read as a source, of what was asked for."""

    def __call__(self, path: str) -> str | None:
        """A text, what is no UTF-8 in it replaced."""
        data = self._read(path)
        if not isinstance(data, Skipped):
            return data.decode("utf-8-sig", errors="replace")
        if data.reason != IS_GONE:
            self.unread[path] = Unparsed(path=path, reason=data.reason)
        return None


def look(
    paths: Iterable[str],
    read: Read,
    *,
    wanted: Callable[[bytes], bool],
    of_text: Callable[[str, str], Part[T]],
) -> Looked[T]:
    """Read files, and keep what each shows.

    Args:
        paths: which.
        read: gives their bytes.
        wanted: the prefilter: whether a file may hold the thing at all.
        of_text: a path and its text, and what is in it.
    """
    found: dict[str, tuple[T, ...]] = {}
    exemptions: dict[str, Exemptions] = {}
    programs: set[str] = set()
    unknown: list[Unparsed] = []
    skipped: list[Skipped] = []
    files = 0
    for path in paths:
        data = read(path)
        if isinstance(data, Skipped):
            if _is_known_gap(data):
                skipped.append(data)
            else:
                unknown.append(Unparsed(path=path, reason=data.reason))
            continue
        files += 1
        if data[:2] in _MARKS:
            data = data.decode(_MARKS[data[:2]], errors="replace").encode()
        if not wanted(data):
            continue
        if b"\0" in data[:_HEAD_BYTES]:
            skipped.append(Skipped(path, "it is binary"))
            continue
        text, fault = _decoded(data)
        part = of_text(path, text)
        faults = (*part.faults, *((fault,) if fault else ()))
        unknown += [Unparsed(path=path, reason=each) for each in faults]
        if text.startswith("#!"):
            programs.add(path)
        if part.found:
            found[path] = part.found
            exemptions[path] = part.exemptions
        elif part.exemptions.allowances:
            exemptions[path] = part.exemptions
    return Looked(
        found=found,
        files=files,
        programs=frozenset(programs),
        exemptions=exemptions,
        unknown=tuple(unknown),
        skipped=tuple(skipped),
    )


def _decoded(data: bytes) -> tuple[str, str | None]:
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        said = f"line {line} is no UTF-8; it was read all the same, with what is not replaced"
        return data.decode("utf-8-sig", errors="replace"), said


def _is_known_gap(one: Skipped) -> bool:
    """Whether it is left out because it is no source, and not because it could not be read."""
    return one.reason in {IS_BUNDLE, IS_NO_FILE, IS_GONE}
