"""Whatever searches for words, and however much was searched before, finds the same."""

import random
import sys
from collections.abc import Callable, Sequence

import pytest

from skillconnect_ops.core import words as core_words
from skillconnect_ops.core.words import MUCH_BYTES, Hit, Words

LETTERS = b"ab\0c\xff."


def _by_hand(words: Sequence[bytes], content: bytes) -> list[Hit]:
    found = [
        (index, start, start + len(word))
        for index, word in enumerate(words)
        for start in range(len(content) - len(word) + 1)
        if content[start : start + len(word)] == word
    ]
    return sorted(found, key=lambda hit: (hit[2], hit[1]))


def _some(chance: random.Random) -> list[bytes]:
    words = {
        bytes(chance.choice(LETTERS) for _ in range(chance.randint(1, 6)))
        for _ in range(chance.randint(1, 40))
    }
    return sorted(words)


@pytest.mark.parametrize("way", ["a little", "much", "much, and nothing to be loaded"])
def test_all_words_are_found_within_and_across_each_other(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way.endswith("loaded"):
        monkeypatch.setitem(sys.modules, "hyperscan", None)
    for seed in range(60):
        chance = random.Random(seed)
        words = _some(chance)
        finder = Words(words, much=way.startswith("much"))
        for _ in range(5):
            content = bytes(chance.choice(LETTERS) for _ in range(chance.randint(0, 200)))
            assert finder.hits(content) == _by_hand(words, content), (seed, content)


def test_after_much_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    readied: list[Sequence[bytes]] = []
    ready = core_words._ready

    def noted(words: Sequence[bytes]) -> Callable[[bytes | memoryview], list[Hit]]:
        readied.append(words)
        return ready(words)

    monkeypatch.setattr(core_words, "_ready", noted)
    words = Words([b"needle", b"need"])
    content = b"a needle" + b"." * (MUCH_BYTES // 4)
    hits = [words.hits(content) for _ in range(6)]
    assert hits == [[(1, 2, 6), (0, 2, 8)]] * 6
    assert len(readied) == 1


def test_a_part_of_a_buffer_is_searched_as_bytes_are() -> None:
    content = b"needle needle"
    for words in (Words([b"needle"]), Words([b"needle"], much=True)):
        assert words.hits(memoryview(content)[3:]) == [(0, 4, 10)]
