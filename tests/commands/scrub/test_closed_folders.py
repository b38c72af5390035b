"""Folders that cannot be listed: what is in them is not known to be clean.

A disk that fails is played here, since a superuser may list whatever there is.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands.scrub.hiding import Hiding, odd
from tests.conftest import Skc

pytestmark = pytest.mark.timeout(120)

Close = Callable[[Path, int], None]


@pytest.fixture
def close(monkeypatch: pytest.MonkeyPatch) -> Close:
    """Has each look into a folder fail."""
    real = os.scandir

    def closing(folder: Path, number: int) -> None:
        def scandir(path: Any = ".") -> Any:
            if not isinstance(path, int) and os.fsdecode(path) == str(folder):
                raise OSError(number, os.strerror(number), str(folder))
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)

    return closing


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("hooks", errno.EIO),
        ("hooks", errno.EACCES),
        ("lfs/objects/ab", errno.EIO),
        ("objects/ab", errno.EACCES),
        ("modules/part/logs", errno.EIO),
    ],
)
def test_what_is_in_a_folder_that_cannot_be_listed_is_not_proven_to_be_clean(
    skc: Skc, shop: Hiding, close: Close, name: str, number: int
) -> None:
    folder = shop.root / ".git" / name
    folder.mkdir(parents=True, exist_ok=True)
    file = shop.root.parent / "values"
    file.write_text(odd())
    words = ("scrub", "verify", "--values-from", str(file), "--format", "json")
    assert skc(*words, cwd=shop.root).code == 0
    close(folder, number)
    ran = skc(*words, cwd=shop.root)
    assert ran.code == 14, ran.stdout
    reasons = [one["reason"] for one in ran.json["unknown"]]
    assert f".git/{name}: cannot be listed: {os.strerror(number)}" in reasons


def test_a_scan_of_the_history_says_that_it_could_not_look(
    skc: Skc, shop: Hiding, close: Close
) -> None:
    close(shop.root / ".git/hooks", errno.EIO)
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop.root)
    assert {"subject": ".git/hooks", "reason": "cannot be listed: Input/output error"} in ran.json[
        "unknown"
    ]
