"""What `env set` did is given back: all of it, or only its own variable."""

import os
from pathlib import Path

import pytest

from skillconnect_ops.commands.env.set_steps import EnvSet, SetEnv
from skillconnect_ops.core.plan import Clock, Escrow, Person, Walk
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.envfile import EditedMeanwhile, Reader
from skillconnect_ops.journal.engine import Walking
from skillconnect_ops.journal.escrow import ChainEscrow
from skillconnect_ops.journal.pending import PENDING
from tests.campaigns.world import Quiet, RealClock


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    escrow: Escrow = ChainEscrow(tmp_path / "escrow", disk=Disk())
    person: Person = Quiet()
    clock: Clock = RealClock()
    return Walking(id="t", person=person, escrow=escrow, clock=clock, halted=lambda: False)


def step(name: str) -> EnvSet:
    return EnvSet(
        key=f"set:{name}",
        path=".env",
        name=name,
        value=PENDING.give(Secret("our value")),
        readers=tuple(reader.value for reader in Reader),
    )


@pytest.mark.parametrize("old", [None, b"", b"A=1", b"A=1\n", b"# c\r\nB='2' # d\r\nA=1\r\n"])
@pytest.mark.parametrize("name", ["A", "NEW"])
def test_an_undo_gives_every_byte_back(
    tmp_path: Path, walk: Walk, name: str, old: bytes | None
) -> None:
    file = tmp_path / ".env"
    if old is not None:
        file.write_bytes(old)
    one, handler = step(name), SetEnv(tmp_path)
    image = handler.before(one, walk)
    handler.undo(one, image, walk)
    for _ in range(2):
        handler.apply(one, walk)
        assert all(proof.holds for proof in handler.verify(one, walk))
    for _ in range(2):
        handler.undo(one, image, walk)
        assert (file.read_bytes() if file.exists() else None) == old


@pytest.mark.parametrize(
    ("name", "old", "theirs", "back"),
    [
        ("A", b"A=1 # c\n", b"A='our value' # c\nB=2\n", b"A=1 # c\nB=2\n"),
        ("N", b"A=1\n", b"A=3\nN='our value'\nB=2\n", b"A=3\nB=2\n"),
        ("A", b"A=1\n", b"A=1\nB=2\n", b"A=1\nB=2\n"),
    ],
)
def test_what_others_wrote_in_between_stays(
    tmp_path: Path, walk: Walk, name: str, old: bytes, theirs: bytes, back: bytes
) -> None:
    file = tmp_path / ".env"
    file.write_bytes(old)
    one, handler = step(name), SetEnv(tmp_path)
    image = handler.before(one, walk)
    handler.apply(one, walk)
    file.write_bytes(theirs)
    handler.undo(one, image, walk)
    assert file.read_bytes() == back


def test_a_value_that_others_gave_it_is_not_thrown_away(tmp_path: Path, walk: Walk) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"A=1\n")
    one, handler = step("A"), SetEnv(tmp_path)
    image = handler.before(one, walk)
    handler.apply(one, walk)
    file.write_bytes(b"A=theirs\n")
    with pytest.raises(EditedMeanwhile):
        handler.undo(one, image, walk)
    assert file.read_bytes() == b"A=theirs\n"
    assert os.fspath(file) in str(EditedMeanwhile(file, "A"))
