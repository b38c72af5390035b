"""Parts of a content put one behind the other, so that one search sees them all."""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

Within = tuple[tuple[int, int], ...]
"""Offsets of where parts begin and end, in their order, without overlap."""
JOINT = b"\xff"
"""What stands between parts: no word in UTF-8 holds it, so none is seen across two parts."""


class Excerpts(Struct, frozen=True):
    """Parts of a content, each with some bytes of what follows it."""

    text: bytes
    _starts: tuple[int, ...]
    _within: Within

    @classmethod
    def of(cls, content: bytes, within: Within, *, beyond_bytes: int) -> "Excerpts":
        """Cut the parts out; a word that begins in one is seen whole if it is no longer than that.

        Args:
            content: what is cut.
            within: the parts.
            beyond_bytes: how much of what follows a part belongs to it.
        """
        if len(within) == 1:
            begin, end = within[0]
            return cls(content[begin : end + beyond_bytes], (0,), within)
        pieces = [content[begin : end + beyond_bytes] for begin, end in within]
        starts, at = [], 0
        for piece in pieces:
            starts.append(at)
            at += len(piece) + len(JOINT)
        return cls(JOINT.join(pieces), tuple(starts), within)

    def origin(self, offset: int) -> int | None:
        """Where in the content an offset of the text is; None if it lies beyond its part."""
        which = bisect_right(self._starts, offset) - 1
        begin, end = self._within[which]
        origin = begin + offset - self._starts[which]
        return origin if origin < end else None


def reaching(within: Within, *, before_bytes: int) -> Within:
    """The parts, each with so much of what lies before it as no other part has already."""
    reached: list[tuple[int, int]] = []
    done = 0
    for begin, end in within:
        reached.append((max(done, begin - before_bytes), end))
        done = end
    return tuple(reached)


def joined(texts: Sequence[bytes]) -> bytes:
    """Texts of which only what stands within one of them counts."""
    return JOINT.join(texts)
