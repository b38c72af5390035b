"""A filesystem that is soon full."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 256 KiB."""
    with mounted(tmp_path / "tiny", size="256k") as folder:
        yield folder


@contextmanager
def mounted(folder: Path, *, size: str) -> Iterator[Path]:
    """A filesystem of that size at a folder, which is made."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tiny", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this user may not mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fills(folder: Path) -> Callable[[], None]:
    """What fills it, with a file `filler`."""

    def act() -> None:
        with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1024))

    return act
