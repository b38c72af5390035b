"""Versions are searched by difference, and give what a search of each whole gives."""

import random
import secrets

from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.history.model import Looked, Trace
from skillconnect_ops.history.versions import Versions, alike


class Needles:
    """Finds lines that hold a needle, and counts what it was given."""

    def __init__(self) -> None:
        self.searched = 0

    def __call__(self, path: str | None, content: bytes) -> Looked:
        self.searched += len(content)
        return Looked(
            tuple(
                Trace(
                    detector="needle",
                    what="a needle",
                    secret=Secret(text.decode()),
                    whole=Secret(text.decode()),
                    line=number,
                    context="***",
                    severity=Severity.HIGH,
                    confidence=Confidence.HIGH,
                    remedy="",
                )
                for number, text in enumerate(content.split(b"\n"), start=1)
                if b"needle" in text
            )
        )


def _edited(lines: list[str], generator: random.Random) -> list[str]:
    lines = list(lines)
    for _ in range(generator.randint(1, 6)):
        at = generator.randrange(len(lines))
        match generator.randrange(4):
            case 0:
                lines[at:at] = [f"needle {secrets.token_hex(4)}"]
            case 1:
                lines[at:at] = [
                    f"new {secrets.token_hex(20)}" for _ in range(generator.randint(1, 80))
                ]
            case 2:
                del lines[at : at + generator.randint(1, 40)]
            case _:
                lines[at] = f"changed {secrets.token_hex(6)}"
    return lines


def _found(looked: Looked) -> set[tuple[int, str]]:
    return {(trace.line, trace.secret.reveal()) for trace in looked.traces}


def test_a_file_s_versions_give_what_a_search_of_each_gives() -> None:
    for seed in range(60):
        generator = random.Random(seed)
        by_difference, whole = Needles(), Needles()
        versions = Versions(by_difference)
        lines = [f"line {generator.randrange(10**9)} of the file" for _ in range(900)]
        for _ in range(12):
            lines = _edited(lines, generator)
            content = "\n".join(lines).encode()
            assert _found(versions("a.js", content)) == _found(whole("a.js", content)), seed
        assert by_difference.searched < whole.searched * 0.8


def test_a_change_at_the_top_costs_little() -> None:
    search = Needles()
    versions = Versions(search)
    content = b"needle at the end\n".join([b"x" * 60 + b"\n"] * 3000)
    versions("CHANGELOG.md", content)
    before = search.searched
    looked = versions("CHANGELOG.md", b"one more entry\nneedle\n" + content)
    assert len(looked.traces) == 3000
    assert search.searched - before < 8192


def test_stretches_that_are_alike_are_so() -> None:
    generator = random.Random(5)
    lines = [f"line {generator.randrange(10**9)}" for _ in range(2000)]
    old = "\n".join(lines).encode()
    new = "\n".join(_edited(lines, generator)).encode()
    stretches = list(alike(old, new))
    assert stretches
    for one in stretches:
        assert old[one.old : one.old + one.length] == new[one.new : one.new + one.length]


def _long_lines(generator: random.Random) -> bytes:
    """A few lines of some kilobytes each, as generators of pages write them."""
    return b"\n".join(
        b" ".join(generator.randbytes(6).hex().encode() for _ in range(generator.randint(1, 900)))
        for _ in range(6)
    )


def _edited_anywhere(content: bytes, generator: random.Random) -> bytes:
    at, length = generator.randrange(len(content)), generator.choice((0, 3, 40, 2000))
    put = (b"", b"needle", b" 7.6.1 ", b"\n", b"end\nneedle on a line\n")
    return content[:at] + generator.choice(put) + content[at + length :]


def test_a_change_within_a_long_line_gives_what_a_search_of_the_whole_gives() -> None:
    for seed in range(150):
        generator = random.Random(seed)
        by_difference, whole = Needles(), Needles()
        versions = Versions(by_difference)
        content = _long_lines(generator)
        for _ in range(10):
            content = _edited_anywhere(content, generator)
            assert _found(versions("page.html", content)) == _found(whole("page.html", content))


def test_a_change_within_a_long_line_costs_little() -> None:
    search = Needles()
    versions = Versions(search)
    generator = random.Random(3)
    nav, body = (b" ".join(generator.randbytes(6).hex().encode() for _ in range(4000)),) * 2
    versions("page.html", nav + b" 7.6.0 " + nav + b"\n" + body)
    before = search.searched
    versions("page.html", nav + b" 7.6.10 " + nav + b"\n" + body)
    assert search.searched - before < 8192


def test_branches_that_take_turns_are_compared_each_with_its_own() -> None:
    search = Needles()
    versions = Versions(search)
    generator = random.Random(4)
    one = b"\n".join(generator.randbytes(20).hex().encode() for _ in range(500))
    other = b"\n".join(generator.randbytes(20).hex().encode() for _ in range(900))
    versions("a.js", one)
    versions("a.js", other)
    before = search.searched
    for turn in range(10):
        versions("a.js", (one, other)[turn % 2] + f"\nneedle {turn}".encode())
    assert search.searched - before < 10 * 4096


def test_a_secret_of_many_lines_that_only_ends_otherwise_is_searched_again() -> None:
    def blocks(path: str | None, content: bytes) -> Looked:
        begin, end = content.find(b"BEGIN"), content.find(b"END")
        if begin < 0 or end < 0:
            return Looked()
        return Looked((_block(content, begin, end),))

    filler = b"a line of the file\n" * 400
    key = b"".join(f"{number:040x}\n".encode() for number in range(60))
    old = filler + b"BEGIN\n" + key + b"END\n" + filler
    new = filler + b"BEGIN\n" + key + b"other\nEND\n" + filler
    versions = Versions(blocks)
    versions("key.pem", old)
    assert versions("key.pem", new) == blocks("key.pem", new)


def _block(content: bytes, begin: int, end: int) -> Trace:
    value = Secret(content[begin:end].decode())
    return Trace(
        detector="block",
        what="a block",
        secret=value,
        whole=value,
        line=content.count(b"\n", 0, begin) + 1,
        end_line=content.count(b"\n", 0, end) + 1,
        context="***",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        remedy="",
    )
