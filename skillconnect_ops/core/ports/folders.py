"""Folders on this machine's disk, walked without following a link out of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from msgspec import Struct


class OnDisk(Struct, frozen=True, kw_only=True):
    """One entry: a regular file, a link (with the text it points to), or something else."""

    name: str
    """Relative to the root, `/`-separated; bytes that are no UTF-8 are spelled out."""
    path: Path
    size_bytes: int = 0
    link: bytes | None = None
    leads_to: Path | None = None
    """Of a link: the file or folder that it comes to in the end; None where nothing is there."""
    trouble: str | None = None
    """Why it cannot be read: a pipe, a device, a folder without permission."""


Enter = Callable[[str, Path], bool]


class Folders(Protocol):
    """Walks folders."""

    def walk(self, root: Path, start: Path, *, enter: Enter) -> Iterator[OnDisk]:
        """All entries at and below `start`, by name.

        Args:
            root: what names are relative to.
            start: a file or folder; `..` and links in its name are followed, those below are not.
            enter: asked for each folder below, by name and place.
        """
