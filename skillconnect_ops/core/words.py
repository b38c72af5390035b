"""Many words looked for in one pass over bytes.

A little is searched by an automaton that is there at once. For much it is worth loading Hyperscan,
which takes 0.1 s to get ready and is then some four to ten times as fast; where it cannot be
loaded, a larger automaton takes its place. All three find the same.
"""

from collections.abc import Callable, Sequence

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

MUCH_BYTES = 8 << 20
"""From here on it is worth getting ready for more."""

Hit = tuple[int, int, int]
"""A word's index, and where it begins and ends."""
_Find = Callable[[bytes | memoryview], list[Hit]]


class Words:
    """Finds words, also within and across each other.

    Args:
        words: none twice, none empty.
        much: whether more than a little will be searched; else that shows with time.
    """

    def __init__(self, words: Sequence[bytes], *, much: bool = False) -> None:
        self._words = words
        self._seen_bytes = MUCH_BYTES if much else 0
        self._find = _ready(words) if much else _automaton(words, Implementation.ContiguousNFA)

    def hits(self, content: bytes | memoryview) -> list[Hit]:
        """All of them, by where they end; of those that end together, the longest first."""
        before = self._seen_bytes
        self._seen_bytes += len(content)
        if before < MUCH_BYTES <= self._seen_bytes:
            self._find = _ready(self._words)
        return self._find(content)


def _ready(words: Sequence[bytes]) -> _Find:
    try:
        return _compiled(words)
    except ImportError:  # no build of it for this machine
        return _automaton(words, Implementation.DFA)


def _automaton(words: Sequence[bytes], implementation: Implementation) -> _Find:
    automaton = BytesAhoCorasick(words, matchkind=MatchKind.Standard, implementation=implementation)
    return lambda content: automaton.find_matches_as_indexes(content, overlapping=True)


def _compiled(words: Sequence[bytes]) -> _Find:
    import hyperscan  # noqa: PLC0415 - slow to load, and mostly not needed

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    # not by its way for plain words, which ends them at a NUL byte
    expressions = [b"".join(b"\\x%02x" % byte for byte in word) for word in words]
    number = len(words)
    database.compile(expressions=expressions, ids=range(number), elements=number, flags=0)
    lengths = [len(word) for word in words]

    def find(content: bytes | memoryview) -> list[Hit]:
        found: list[Hit] = []

        def add(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((end, end - lengths[index], index))

        database.scan(bytes(content), match_event_handler=add)
        found.sort()
        return [(index, start, end) for end, start, index in found]

    return find
