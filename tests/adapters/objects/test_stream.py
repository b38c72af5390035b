"""Many objects through pipes of git: each comes once, whatever is wrong with another one."""

import os
import subprocess
from pathlib import Path

import pytest

from skillconnect_ops.adapters.objects import GitRepositories, stream
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.core.ports.objects import Block, ObjectKind, Piece, Repository, Unreadable


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """One without objects, of which two gits read whatever there is."""
    monkeypatch.setattr(stream, "BLOCK_BYTES", 100)
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path)], check=True)
    found = GitRepositories(ProcessEnvironment(os.environ)).open(tmp_path)
    assert found is not None
    return found


def written(folder: Path, content: bytes) -> str:
    ran = subprocess.run(
        ["git", "-C", str(folder), "hash-object", "-w", "--stdin"],
        input=content,
        capture_output=True,
        check=True,
    )
    return ran.stdout.decode().strip()


def read(repository: Repository, sizes: dict[str, int]) -> list[tuple[str, bytes | None]]:
    """Each object that came, with its content; None of one that cannot be read."""
    found: list[tuple[str, bytes | None]] = []
    for item in repository.blocks(ObjectKind.BLOB, sizes):
        match item:
            case Block():
                found += [(oid, item[place].content) for place, oid in enumerate(item.oids)]
            case Piece():
                found.append((item.oid, item.content))
            case Unreadable():
                found.append((item.oid, None))
    return found


def test_two_gits_give_each_object_once(repository: Repository, tmp_path: Path) -> None:
    contents = [b"%d\n" % number * 20 for number in range(40)]
    oids = {written(tmp_path, content): content for content in contents}
    found = read(repository, {oid: len(content) for oid, content in oids.items()})
    assert len(found) == len(oids)
    assert dict(found) == oids
    assert [oid for oid, _ in found] != list(oids), "one git read all"


@pytest.mark.parametrize("bad", [(2,), (35,), (2, 3, 21, 39)])
def test_what_is_damaged_or_not_as_listed_costs_only_itself(
    repository: Repository, tmp_path: Path, bad: tuple[int, ...]
) -> None:
    oids = {written(tmp_path, b"%d\n" % number * 20): number for number in range(40)}
    sizes = {oid: len(b"%d\n" % number * 20) for oid, number in oids.items()}
    for oid, number in oids.items():
        if number in bad:
            path = tmp_path / "objects" / oid[:2] / oid[2:]
            path.chmod(0o600)
            path.write_bytes(b"no zlib")
        elif number % 10 == 5:
            sizes[oid] += 1
    found = read(repository, sizes)
    assert len(found) == len(oids)
    assert dict(found) == {
        oid: None if number in bad else b"%d\n" % number * 20 for oid, number in oids.items()
    }
