"""Detection measured on checkouts of public repositories, which are not part of this tree.

`SKC_LEAKY_REPO` names a checkout of Plazmaz/leaky-repo, whose table counts risk lines by file;
`SKC_CLEAN_TREES` names checkouts (`:` between them) that hold no secret of high confidence,
express and mongoose for instance.
"""

import csv
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.detection import Blob, Match, Scanner

LEAST_RISK, MOST_OVER, MOST_FALSE = 60, 5, 3
OF_THE_BENCHMARK = ".leaky-meta/"


def checkout(variable: str) -> str:
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} names no checkout to measure on")
    return folder


def tracked(root: Path) -> Iterator[tuple[str, bytes]]:
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True
    ).stdout
    for name in listed.decode().split("\0"):
        path = root / name
        if name and path.is_file() and not path.is_symlink():
            yield name, path.read_bytes()


def risk_lines(root: Path) -> Mapping[str, int]:
    table = (root / OF_THE_BENCHMARK / "secrets.csv").read_text().splitlines()
    rows = csv.reader(line for line in table if line and not line.startswith("#"))
    return {row[0]: int(row[1]) for row in rows}


def lines(matches: list[Match]) -> int:
    return len({match.line for match in matches if match.confidence is not Confidence.LOW})


def test_leaky_repo_s_risk_lines_are_found_and_little_besides() -> None:
    root = Path(checkout("SKC_LEAKY_REPO"))
    risks, scanner = risk_lines(root), Scanner()
    hit = over = 0
    for name, content in tracked(root):
        if name.startswith(OF_THE_BENCHMARK):
            continue
        found = lines(scanner.scan(Blob(path=name, content=content)))
        risk = risks.get(name, 0)
        hit += min(found, risk)
        over += max(found - risk, 0)
    print(f"{hit} of {sum(risks.values())} risk lines, {over} lines over")  # noqa: T201
    assert hit >= LEAST_RISK
    assert over <= MOST_OVER


def test_clean_trees_have_hardly_a_finding_of_high_confidence() -> None:
    for folder in checkout("SKC_CLEAN_TREES").split(":"):
        scanner, begin = Scanner(), time.process_time()
        sure = [
            f"{name}:{match.line} {match.detector} {match.context}"
            for name, content in tracked(Path(folder))
            for match in scanner.scan(Blob(path=name, content=content))
            if match.confidence is Confidence.HIGH
        ]
        print(f"{folder}: {len(sure)} high, {time.process_time() - begin:.2f} s of CPU")  # noqa: T201
        assert len(sure) <= MOST_FALSE, "\n".join(sure)
