"""Any file at all: bytes are kept, values are read alike by the real readers or refused."""

import logging
import os
import random
import time
from pathlib import Path

import pytest

from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.envfile import EnvFile, Reader, parse
from skillconnect_ops.envfile.tree import Entry, Opaque
from tests.envfile import generator, real_readers
from tests.envfile.generator import Case

FILES = 20_000
LONG_FILES = 1_000_000
LONG_PARTS = 10


def written(case: Case) -> EnvFile | None:
    """The file with the value in it, or None where it was refused; its bytes are looked after."""
    old = parse(case.data)
    assert old.bytes() == case.data
    try:
        new = old.with_value(case.key, case.value)
    except SkcError:
        return None
    assert_only_the_value_changed(old, new, case)
    if len(case.data) % 4 == 0:
        assert parse(new.bytes()).with_value(case.key, case.value).bytes() == new.bytes()
    return new


def assert_only_the_value_changed(old: EnvFile, new: EnvFile, case: Case) -> None:
    assert new.get(case.key) == case.value
    if not old.all_of(case.key):
        assert new.bytes().startswith(case.data)
        if case.data.endswith((b"\n", b"\r")):
            assert new.without(case.key).bytes() == case.data
        return
    (before,), (after,) = old.all_of(case.key), new.all_of(case.key)
    around = before.head + before.tail
    assert after.head + after.tail in {around, before.head + b" #" + before.tail}
    assert split(new, after) == split(old, before)


def split(file: EnvFile, entry: Entry) -> tuple[bytes, bytes]:
    at = file.pieces.index(entry)
    pieces = [piece.raw for piece in file.pieces]
    return b"".join(pieces[:at]), b"".join(pieces[at + 1 :])


def assert_readers_agree(pairs: list[tuple[Case, EnvFile]], modules: Path, folder: Path) -> None:
    files = [new.bytes() for _, new in pairs]
    by_node = real_readers.with_node(files, modules=modules)
    by_bash = real_readers.with_bash(files, folder=folder)
    file = folder / ".env"
    logging.getLogger("dotenv.main").disabled = True  # it warns of every odd line
    for (case, new), (dotenv, env_file), shell in zip(pairs, by_node, by_bash, strict=True):
        found = {
            Reader.NODE_DOTENV: dotenv.get(case.key),
            Reader.NODE_ENV_FILE: env_file.get(case.key),
            Reader.BASH: shell.get(case.key),
            Reader.PYTHON_DOTENV: real_readers.with_python_dotenv(new.bytes(), file).get(case.key),
        }
        assert set(found.values()) == {case.value}, (case, new.bytes(), found)
        # and the others are as they were to the app
        before = {entry.key: entry.value for entry in parse(case.data).entries}
        assert {**before, case.key: case.value} == dotenv


def run(seed: int, files: int, modules: Path, folder: Path) -> float:
    """The share of files that were written to; the rest was refused."""
    chance = random.Random(seed)
    cases = [generator.case(chance) for _ in range(files)]
    pairs = [(case, new) for case in cases if (new := written(case)) is not None]
    assert_readers_agree(pairs, modules, folder)
    return len(pairs) / files


@pytest.mark.parametrize("part", range(4))
def test_a_written_value_is_read_alike_by_every_reader(
    modules: Path, tmp_path: Path, part: int
) -> None:
    """20,000 files in four parts, so that every processor has some."""
    share = run(20261122 + part, FILES // 4, modules, tmp_path)
    assert share > 0.3


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(LONG_PARTS))
def test_a_million_files(modules: Path, tmp_path: Path, part: int) -> None:
    """In parts, so that every processor has some."""
    seed = int(os.environ.get("SKC_TEST_SEED") or time.time_ns() % 10**9)
    print(f"seed {seed}; again with SKC_TEST_SEED={seed}")  # noqa: T201
    for turn in range(LONG_FILES // FILES // LONG_PARTS):
        assert run(seed + 1000 * part + turn, FILES, modules, tmp_path) > 0.3


def test_the_readers_are_foretold(modules: Path, tmp_path: Path) -> None:
    """What we say that each reader makes of any file is what it really makes of it."""
    chance = random.Random(7)
    cases = [generator.case(chance) for _ in range(5_000)]
    files = [parse(case.data) for case in cases]
    by_node = real_readers.with_node([case.data for case in cases], modules=modules)
    sure = [file for file in files if file.readings[Reader.BASH].trouble is None]
    by_bash = real_readers.with_bash([file.bytes() for file in sure], folder=tmp_path)
    for file, (dotenv, env_file) in zip(files, by_node, strict=True):
        assert file.readings[Reader.NODE_DOTENV].values == dotenv
        assert file.readings[Reader.NODE_ENV_FILE].values == env_file
        assert {entry.key: entry.value for entry in file.entries} == dotenv
    assert len(sure) > len(files) / 3
    for file, shell in zip(sure, by_bash, strict=True):
        foretold = file.readings[Reader.BASH].values
        assert foretold.keys() & set(generator.NAMES) == shell.keys(), file.bytes()
        known = {name: value for name, value in foretold.items() if value is not None}
        assert {name: shell[name] for name in known if name in shell} == known, file.bytes()


def test_any_bytes_come_back() -> None:
    chance = random.Random(3)
    for _ in range(2_000):
        data = chance.randbytes(chance.randint(0, 200))
        assert parse(data).bytes() == data
    assert Opaque(raw=b"x") in parse(b"x").pieces
