"""What is unpacked here is what git unpacks, byte for byte; what is odd is left to git."""

import random
import struct
import subprocess
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from skillconnect_ops.adapters.objects.packs import packs
from skillconnect_ops.adapters.objects.program import Git, variables
from skillconnect_ops.adapters.objects.repository import GitRepository
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.core.ports.objects import Piece
from skillconnect_ops.history.sweep import by_base

LARGEST = 1 << 20
Truth = Mapping[str, tuple[str, bytes]]


def git(root: Path, *words: str, given: bytes = b"") -> bytes:
    home = {"PATH": "/usr/bin:/bin", "HOME": str(root), "GIT_CONFIG_GLOBAL": "/dev/null"}
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "A"), ("EMAIL", "a@b.example"))
    }
    done = subprocess.run(
        ["git", "-C", root, *words], input=given, env=home | who, capture_output=True, check=True
    )
    return done.stdout


def grown(root: Path, *, sort: str = "sha1", versions: int = 60, seed: int = 1) -> None:
    """A repository in which a few files have many versions, some of them long."""
    chance = random.Random(seed)
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", f"--object-format={sort}")
    texts = [[chance.randbytes(20).hex() for _ in range(size)] for size in (30, 400, 4000)]
    for number in range(versions):
        for place, lines in enumerate(texts):
            for _ in range(chance.randint(0, 9)):
                lines[chance.randrange(len(lines))] = chance.randbytes(chance.randrange(60)).hex()
            at = chance.randrange(len(lines))
            lines[at:at] = [f"new {chance.random()}" for _ in range(chance.randrange(4))]
            (root / f"{place}.txt").write_text("\n".join(lines))
        git(root, "add", "-A")
        git(root, "commit", "-qm", f"change {number}")
    git(root, "tag", "-am", "one", "v1")


def truth(root: Path) -> Truth:
    """Every object, as `git cat-file` gives it one by one."""
    listed = git(root, "cat-file", "--batch-all-objects", "--batch-check").decode().splitlines()
    told = git(
        root, "cat-file", "--batch", given="".join(f"{one}\n" for one in _oids(listed)).encode()
    )
    found, at = {}, 0
    for one in listed:
        oid, kind, size = one.split()
        at = told.index(b"\n", at) + 1
        found[oid] = (kind, told[at : at + int(size)])
        at += int(size) + 1
    return found


def _oids(listed: Sequence[str]) -> Iterator[str]:
    return (one.split()[0] for one in listed)


def unpacked(
    root: Path, oids: Sequence[str], *, largest_bytes: int = LARGEST
) -> dict[str, tuple[str, bytes]]:
    found = {}
    with packs(root / ".git", largest_bytes=largest_bytes) as here:
        for oid in oids:
            piece = here.get(oid)
            if piece is not None:
                assert piece.size_bytes == len(piece.content)
                assert piece.line == 1
                found[oid] = (str(piece.kind), piece.content)
    return found


@pytest.mark.parametrize("sort", ["sha1", "sha256"])
@pytest.mark.parametrize(
    "packing",
    [
        ("gc", "-q", "--aggressive"),
        ("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=250", "--window=20"),
        ("-c", "pack.compression=0", "repack", "-adFq"),
    ],
    ids=["by-offset", "by-name", "unshortened"],
)
def test_what_is_unpacked_is_what_git_unpacks(
    tmp_path: Path, sort: str, packing: Sequence[str]
) -> None:
    grown(tmp_path / "a", sort=sort)
    git(tmp_path / "a", *packing)
    wanted = truth(tmp_path / "a")
    oids = list(wanted)
    random.Random(3).shuffle(oids)
    assert {kind for kind, _ in wanted.values()} == {"blob", "tree", "commit", "tag"}
    assert unpacked(tmp_path / "a", oids) == wanted


@pytest.mark.parametrize("sort", ["sha1", "sha256"])
def test_what_a_content_shares_with_its_base_is_so(tmp_path: Path, sort: str) -> None:
    root = tmp_path / "a"
    grown(root, sort=sort, versions=120)
    git(root, "repack", "-adfq", "--depth=50", "--window=50")
    check = "--batch-check=%(objectname) %(objecttype) %(deltabase)"
    lines = git(root, "cat-file", "--batch-all-objects", check).decode().splitlines()
    bases = {oid: base for oid, kind, base in map(str.split, lines) if kind == "blob"}
    given: dict[str, Piece] = {}
    told = 0
    with packs(root / ".git", largest_bytes=LARGEST) as here:
        for oid in by_base(bases, bases):
            piece = given[oid] = here.get(oid) or pytest.fail(oid)
            if piece.difference is None:
                assert bases[oid].strip("0") == ""
                continue
            assert piece.difference.base == bases[oid]
            before, ends = given[bases[oid]].content, (0, 0)
            for one in piece.difference.same or ():
                here_too = piece.content[one.new : one.new + one.length]
                assert before[one.old : one.old + one.length] == here_too
                assert len(here_too) == one.length >= 768
                assert one.old >= ends[0]
                assert one.new >= ends[1]
                ends = one.old + one.length, one.new + one.length
                told += one.length
    assert told > 0.5 * sum(len(one.content) for one in given.values())


def test_every_object_comes_once_and_behind_its_base() -> None:
    bases = {"a": "c", "b": None, "c": "d", "d": "x", "e": "c", "r": "s", "s": "r", "t": "t"}
    ordered = list(by_base("abcderst", bases))
    assert sorted(ordered) == sorted(bases)
    place = {oid: at for at, oid in enumerate(ordered)}
    assert place["d"] < place["c"] < min(place["a"], place["e"])
    assert ordered[:4] == ["d", "c", "a", "e"]


def test_several_packs_are_looked_into_and_loose_objects_are_left_to_git(tmp_path: Path) -> None:
    root = tmp_path / "a"
    grown(root, versions=8)
    git(root, "repack", "-dq")
    (root / "more.txt").write_text("more\n" * 2000)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "more")
    git(root, "repack", "-dq")
    assert len(list((root / ".git/objects/pack").glob("*.pack"))) == 2
    packed = truth(root)
    (root / "loose.txt").write_text("loose\n")
    loose = git(root, "hash-object", "-w", "loose.txt").decode().strip()
    assert unpacked(root, [*packed, loose]) == packed


def test_what_is_large_is_left_to_git(tmp_path: Path) -> None:
    root = tmp_path / "a"
    grown(root, versions=3)
    big = random.Random(5).randbytes(LARGEST // 2).hex()
    for number in range(3):
        (root / "big.txt").write_text(f"{number}{big}")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "big")
    git(root, "gc", "-q", "--aggressive")
    wanted = truth(root)
    small = {oid: one for oid, one in wanted.items() if len(one[1]) <= LARGEST}
    assert len(wanted) - len(small) == 3
    assert unpacked(root, list(wanted)) == small
    assert unpacked(root, list(wanted), largest_bytes=2 * LARGEST) == wanted


def entries(root: Path) -> list[tuple[int, int]]:
    """Where each object of the one pack begins, and how many bytes it takes."""
    (index,) = (root / ".git/objects/pack").glob("*.idx")
    lines = git(root, "verify-pack", "-v", str(index)).decode().splitlines()
    rows = [line.split() for line in lines if line[40:41] == " "]
    return [(int(row[4]), int(row[3])) for row in rows]


def test_a_damaged_pack_gives_what_is_whole_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "a"
    grown(root, versions=12)
    git(root, "gc", "-q", "--aggressive")
    wanted = truth(root)
    (pack,) = (root / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o600)
    whole = pack.read_bytes()
    places = [one for one in entries(root) if one[1] > 120]
    chance = random.Random(8)
    for _ in range(60):
        begin, size = chance.choice(places)
        at = begin + chance.randrange(40, size - 8)  # behind what says how large it is
        damaged = bytearray(whole)
        damaged[at : at + 8] = bytes(255 - byte for byte in whole[at : at + 8])
        pack.write_bytes(damaged)
        found = unpacked(root, list(wanted))
        assert len(found) < len(wanted)
        assert found.items() <= wanted.items()
    pack.write_bytes(whole[: len(whole) // 2])
    found = unpacked(root, list(wanted))
    assert 0 < len(found) < len(wanted)
    assert found.items() <= wanted.items()


def test_an_index_that_is_none_is_left_to_git(tmp_path: Path) -> None:
    root = tmp_path / "a"
    grown(root, versions=3)
    git(root, "gc", "-q")
    wanted = truth(root)
    (index,) = (root / ".git/objects/pack").glob("*.idx")
    index.chmod(0o600)
    whole = index.read_bytes()
    for odd in (b"", whole[:4], whole[:900], whole[:1040], b"\0" * len(whole), whole[:-44]):
        index.write_bytes(odd)
        assert unpacked(root, list(wanted)).items() <= wanted.items()
    index.write_bytes(whole)
    assert unpacked(root, list(wanted)) == wanted


def pack_of(*stored: bytes) -> bytes:
    return b"PACK" + struct.pack(">II", 2, len(stored)) + b"".join(stored) + b"\0" * 20


def index_of(rows: Mapping[bytes, int]) -> bytes:
    """An index, version 2; the sums at its end are not looked at."""
    names = sorted(rows)
    fan = [sum(name[0] <= first for name in names) for first in range(256)]
    return (
        b"\xfftOc\0\0\0\2"
        + struct.pack(">256I", *fan)
        + b"".join(names)
        + b"\0" * 4 * len(names)
        + b"".join(struct.pack(">I", rows[name]) for name in names)
        + b"\0" * 40
    )


def sized(kind: int, size: int) -> bytes:
    """The first bytes of an entry of any size."""
    said = [kind << 4 | size & 15]
    size >>= 4
    while size:
        said[-1] |= 0x80
        said.append(size & 0x7F)
        size >>= 7
    return bytes(said)


def head(kind: int, size: int) -> bytes:
    """The first bytes of an entry, of at most 2047."""
    return bytes([0x80 | kind << 4 | size & 15, size >> 4])


@pytest.mark.parametrize(
    "difference",
    [
        b"\x40\x0a" + b"\x80" * 900,  # copies far more than it says
        b"\x40" + b"\xff" * 5 + b"\x7f",  # says that it makes terabytes
        b"\x40\x05\x90",  # ends within an instruction
        b"\x40\x05\x00",  # an instruction that there is not
        b"\x3f\x01\x01a",  # for a base of another size
        b"\x80" * 1_000_000,  # a number without an end
        b"",
    ],
)
def test_a_difference_that_lies_is_left_to_git(tmp_path: Path, difference: bytes) -> None:
    base = head(3, 64) + zlib.compress(b"x" * 64)
    changed = sized(6, len(difference)) + bytes([len(base)]) + zlib.compress(difference)
    endless = head(3, 5) + zlib.compress(b"y" * 5_000_000)
    lost = head(6, 4) + b"\x7f" + zlib.compress(b"abcd")
    far = head(6, 4) + b"\xff" * 9 + b"\x7f" + zlib.compress(b"abcd")
    itself = head(6, 4) + b"\x00" + zlib.compress(b"abcd")
    huge = b"\xff" * 30 + zlib.compress(b"abcd")
    folder = tmp_path / ".git/objects/pack"
    folder.mkdir(parents=True)
    stored = (base, changed, endless, lost, far, itself, huge)
    names = [bytes([7 * number]) * 20 for number in range(1, len(stored) + 1)]
    starts = [12 + sum(map(len, stored[:number])) for number in range(len(stored))]
    (folder / "pack-a.pack").write_bytes(pack_of(*stored))
    (folder / "pack-a.idx").write_bytes(index_of(dict(zip(names, starts, strict=True))))
    found = unpacked(tmp_path, [name.hex() for name in names])
    assert found == {names[0].hex(): ("blob", b"x" * 64)}


def test_the_repository_gives_packed_loose_and_large_ones_alike(tmp_path: Path) -> None:
    root = tmp_path / "a"
    grown(root, versions=20)
    git(root, "gc", "-q")
    (root / "loose.txt").write_text("loose\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "loose")
    wanted = truth(root)
    told = Git(
        folder=root,
        git_folder=root / ".git",
        variables=variables(ProcessEnvironment({"PATH": "/usr/bin:/bin"})),
    )
    repository = GitRepository(git=told, git_folder=root / ".git", root=root)
    pieces = list(repository.contents(wanted))
    assert len(pieces) == len(wanted)
    assert {
        one.oid: (str(one.kind), one.content) for one in pieces if isinstance(one, Piece)
    } == wanted
