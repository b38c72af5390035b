"""Known values in every form: whether they stand in a content, and the content without them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.words import Words
from skillconnect_ops.history.archives import SIGNS, Budget
from skillconnect_ops.history.digits import Coded, Digits, digits
from skillconnect_ops.history.grammar import BYTES, UTF16
from skillconnect_ops.history.repacked import may_pack, repacked
from skillconnect_ops.history.spellings import Spelled, Spelling, plainly, spellings
from skillconnect_ops.history.wrapped import SIGNS as IN_BASE64
from skillconnect_ops.history.wrapped import may_wrap, rewrapped

MASK = b"***REMOVED***"
SHORTEST = 6
"""Bytes; shorter values would stand everywhere, and their encoded forms still more."""
_DEEPEST = 8
"""Archives within archives that are opened."""
_ROUNDS = 8
"""After so many, masks that make new occurrences with what is beside them are given up."""
_CODECS = ((b"\xff\xfe", UTF16[0]), (b"\xfe\xff", UTF16[1]))
BYTE_ORDER_MARKS = tuple(mark for mark, _ in _CODECS)
"""Of a content that begins with one, `traces` does not tell all."""
_FILL = b"*"
_CONTROL = regex(r"[\0-\x08\x0b\x0c\x0e-\x1f]")


class _Search:
    """What is built of the values when they are first looked for."""

    def __init__(self, values: Sequence[bytes], plain: Sequence[bytes]) -> None:
        self.forms: list[Spelling | Digits] = []
        anchors: dict[bytes, list[tuple[int, int]]] = {}
        for index, value in enumerate(plain, len(values)):
            anchors.setdefault(value, []).append((len(self.forms), 0))
            self.forms.append(plainly(index, value))
        for index, value in enumerate(values):
            for spelling, known in spellings(index, value):
                for anchor in known:
                    anchors.setdefault(anchor, []).append((len(self.forms), 0))
                self.forms.append(spelling)
            for coded in digits(index, value):
                for anchor, offset in coded.anchors():
                    anchors.setdefault(anchor, []).append((len(self.forms), offset))
                self.forms.append(coded)
        for sign in (*SIGNS, *IN_BASE64):
            anchors.setdefault(sign, [])
        self.owners = list(anchors.values())
        self.words = Words(list(anchors))

    def found(self, content: bytes) -> Iterator[Spelled | Coded]:
        """Every place, in no order, each once or more."""
        hits: dict[int, list[tuple[int, int, int]]] = {}
        for anchor, start, end in self.words.hits(content):
            for form, offset in self.owners[anchor]:
                hits.setdefault(form, []).append((start, end, offset))
        for form, places in hits.items():
            yield from self.forms[form].around(content, places)


class Needles:
    """Values that must not be in a content, in whatever form.

    It may be pickled; what searching needs is built when it is first used.

    Args:
        values: what is to go, each of at least `SHORTEST` bytes.
        mask: what shall stand in a text where a value stood; UTF-8.
        plain: stretches that are looked for as they stand, in no other form; they count on from
            the values.

    Raises:
        ValueError: a value is too short or is itself what fills gaps, or the mask holds a value.
    """

    def __init__(
        self, values: Sequence[bytes], *, mask: bytes = MASK, plain: Sequence[bytes] = ()
    ) -> None:
        for number, value in enumerate(values, 1):
            if len(value) < SHORTEST:
                raise ValueError(f"value {number} is shorter than {SHORTEST} bytes")
            if not value.strip(_FILL):
                raise ValueError(f"value {number} is nothing but what gaps are filled with")
        self._values = tuple(values)
        self._plain = tuple(plain)
        self._mask = mask
        self._text = mask.decode()
        self._search: _Search | None = None
        if self.plainly(mask):
            raise ValueError("the mask holds a value that is to go")

    def __getstate__(self) -> dict[str, object]:
        """Leave out what is built on demand."""
        return self.__dict__ | {"_search": None}

    @staticmethod
    def may_pack(content: bytes) -> bool:
        """Whether `held` has to open something: an archive, or one in base64; cheap."""
        return may_pack(content) or may_wrap(content)

    def plainly(self, content: bytes) -> bool:
        """Whether a value stands in the bytes as they are, in any form; archives stay closed."""
        return next(self._found(content), None) is not None

    def traces(self, content: bytes) -> set[int]:
        """Where something begins that is a part of every form of a value, and may be of none.

        Also what is in every archive that does not begin like one: a tar, a zip behind something,
        anything in base64.

        Quick over many contents at once. Archives stay closed, and a text that begins with a
        byte order mark is seen as its bytes alone.
        """
        return {start for _, start, _ in self._ready().words.hits(content)}

    def may_stand_in(self, names: Iterable[bytes]) -> bool:
        """Whether any of many short texts may hold something; quick where none does."""
        return bool(self.traces(b"\n".join(names)))

    def held(self, content: bytes) -> frozenset[int]:
        """The indexes of the values that stand in the content, or in an archive's members."""
        return self.seen(content)[0]

    def seen(self, content: bytes) -> tuple[frozenset[int], tuple[str, ...]]:
        """Those, and why something of an archive could not be opened; no value is in it."""
        look = _Look(self._found)
        look.at(content, Budget(), depth=0)
        told = (self.without(why.encode("utf-8", "replace")) for why in look.unopened)
        return frozenset(look.values), tuple(why.decode("utf-8", "replace") for why in told)

    def without(self, content: bytes) -> bytes:
        """The content with no value left in it: the same object if it held none.

        Texts get the mask. Whatever has lengths and offsets in it keeps them: base64 and hex
        digits, and all forms in a binary. Archives are packed again; a member that cannot be opened
        stays as it is.
        """
        rounds = 0
        # Ends: a round cleans at least one content for good, or turns bytes into filling.
        while (after := self._round(content, Budget(), 0, last=rounds >= _ROUNDS)) is not content:
            content = after
            rounds += 1
        return content

    def _ready(self) -> _Search:
        if self._search is None:
            self._search = _Search(self._values, self._plain)
        return self._search

    def _found(self, content: bytes) -> Iterator[Spelled | Coded]:
        search = self._ready()
        wide = _narrowed(content)
        return chain(search.found(content), () if wide is None else search.found(wide[0]))

    def _round(self, content: bytes, budget: Budget, depth: int, *, last: bool) -> bytes:
        def inner(member: bytes) -> bytes:
            return self._round(member, budget, depth + 1, last=last)

        after = content
        if depth < _DEEPEST and may_pack(content):
            after = repacked(content, budget, inner)
        if depth < _DEEPEST and after is content:
            after = rewrapped(content, inner, fixed=b"\0" in content or may_pack(content))
        return after if after is not content else self._masked(content, last=last)

    def _masked(self, content: bytes, *, last: bool) -> bytes:
        found = list(self._ready().found(content))
        if found:
            return _filled(content, found) if last else self._replaced(content, found)
        wide = _narrowed(content)
        if wide is None:
            return content
        text, codec = wide
        found = list(self._ready().found(text))
        if not found:
            return content
        clean = _filled(text, found) if last else self._replaced(text, found)
        return clean.decode().encode(codec)

    def _replaced(self, content: bytes, found: Sequence[Spelled | Coded]) -> bytes:
        painted = bytearray(content)
        for place in found:
            if isinstance(place, Coded):
                place.paint(painted)
        wide = _utf16(content)
        fixed = may_pack(content) or (b"\0" in content and not wide)
        out = bytearray()
        at = 0
        for start, end, codec in _grouped(found):
            keeps = fixed or (wide and codec == BYTES)
            out += painted[at:start]
            out += self._mask_in(codec, end - start if keeps else None)
            at = end
        return bytes(out + painted[at:])

    def _mask_in(self, codec: str, length: int | None) -> bytes:
        if length is None:
            return self._text.encode(codec)
        whole = self._text + "*" * length
        return whole.encode(codec)[:length]


class _Look:
    """What is in a content and in all that is packed in it.

    Args:
        found: gives the places in a plain content.
    """

    def __init__(self, found: Callable[[bytes], Iterator[Spelled | Coded]]) -> None:
        self.values: set[int] = set()
        self.unopened: dict[str, None] = {}
        self._found = found

    def at(self, content: bytes, budget: Budget, *, depth: int) -> None:
        """One content."""
        self.values.update(place.value for place in self._found(content))
        if not may_pack(content) and not may_wrap(content):
            return
        if depth == _DEEPEST:
            self.unopened[f"archives in each other, more than {_DEEPEST} deep"] = None
            return

        def look(member: bytes) -> bytes:
            self.at(member, budget, depth=depth + 1)
            return member

        repacked(content, budget, look, lambda why: self.unopened.update({why: None}))
        rewrapped(content, look)


def _grouped(places: Sequence[Spelled | Coded]) -> Iterator[tuple[int, int, str]]:
    """The stretches to replace: of occurrences that overlap nothing may be left, so one of all."""
    spelled = {
        (place.start, place.end, place.codec) for place in places if isinstance(place, Spelled)
    }
    starts = {(start, codec) for start, _, codec in spelled}
    group: tuple[int, int, str] | None = None
    for start, end, codec in sorted(spelled, key=lambda one: (one[0], -one[1], one[2])):
        if start % 2 and _seen_as_the_other(start, codec, starts):
            continue
        if group is None or start >= group[1]:
            if group is not None:
                yield group
            group = (start, end, codec)
        else:
            group = (group[0], max(end, group[1]), group[2])
    if group is not None:
        yield group


def _seen_as_the_other(start: int, codec: str, starts: set[tuple[int, str]]) -> bool:
    """Whether it is only UTF-16 of the other byte order, read from a byte beside its beginning."""
    little, big = UTF16
    return (codec == little and (start - 1, big) in starts) or (
        codec == big and (start + 1, little) in starts
    )


def _filled(content: bytes, found: Sequence[Spelled | Coded]) -> bytes:
    """All of it painted over, whatever it was: this makes nothing new without end."""
    out = bytearray(content)
    for place in found:
        out[place.start : place.end] = _FILL * (place.end - place.start)
    return bytes(out)


def _narrowed(content: bytes) -> tuple[bytes, str] | None:
    """A UTF-16 text that says so, as UTF-8, so that all forms are found in it; and its codec."""
    for mark, codec in _CODECS:
        if content.startswith(mark):
            try:
                return content.decode(codec).encode(), codec
            except UnicodeDecodeError:
                return None
    return None


def _utf16(content: bytes) -> bool:
    """Whether it is a text in UTF-16, with a mark or without; most of one without is ASCII."""
    if b"\0" not in content or len(content) % 2:
        return False
    for (mark, codec), high in zip(_CODECS, (1, 0), strict=True):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        mostly_ascii = 2 * content[high::2].count(0) > len(text)
        if content.startswith(mark) or (mostly_ascii and not _CONTROL.search(text)):
            return True
    return False
