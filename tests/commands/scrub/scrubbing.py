"""Runs `skc scrub` as a script would, and reads what it said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.commands.scrub.judge import read_map
from tests.conftest import Ran, Skc

OPEN = ("--not-rotated-yet", "--allow-uncommitted", "--plain-bundle")
"""Nobody knows the values of these tests but the tests, and nothing of the repositories is dear."""


def scrub(skc: Skc, root: Path, values: Sequence[str], *words: str) -> Ran:
    """Take the values out of a repository, with nobody to ask."""
    file = root.parent / f"values-of-{root.name}"
    file.write_text("".join(f"{value}\n" for value in values))
    agreed = () if "--dry-run" in words else ("--yes", "--confirm", root.name)
    given = ("--values-from", str(file)) if values else ()
    told = (*given, *agreed, "--format", "json", *OPEN)
    return skc("scrub", *told, *words, cwd=root)


def facts(ran: Ran) -> Any:
    """What a scrub that was done has to tell."""
    assert ran.code == 0, (ran.code, ran.stderr[-1000:])
    return ran.json["facts"]["scrub"]


def commit_map(ran: Ran, root: Path) -> dict[str, str]:
    """Old and new ids of the commits that were made anew; none where there was nothing to do."""
    told = facts(ran).get("commit_map")
    return read_map(root / told) if told else {}
