"""One more item in a list of somebody else's YAML: every other byte stays as it is; pure.

A YAML library that writes a file anew loses comments, or moves them. So the place is looked up in
the parsed text, lines are put in there, and the result is parsed again: it has to be what was there
and the item, and nothing else.
"""

from collections.abc import Iterator, Sequence

import yaml
from msgspec import Struct

_LARGEST = 1_000_000
_MOST_NODES = 50_000
_EMPTY = "[]"

Shape = tuple[object, ...]


class Unfit(Exception):
    """The item cannot be put in, and a person has to do it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Insertion(Struct, frozen=True, kw_only=True):
    """Lines to put into a text."""

    at: int
    """Counted in bytes."""
    text: str
    instead_of: str = ""
    """What goes: an empty list, or nothing."""
    line: int
    """The number of the line that it follows, from 1; 0 before the first one."""

    def into(self, data: bytes) -> bytes:
        """The bytes with it.

        Raises:
            Unfit: what it replaces is not there.
        """
        gone = self.instead_of.encode()
        if data[self.at : self.at + len(gone)] != gone:
            raise Unfit("the file is another one by now")
        return data[: self.at] + self.text.encode() + data[self.at + len(gone) :]


def inserted(data: bytes, *, key: str, item: str) -> Insertion:
    """How to put an item at the end of the list that a key of the document has.

    Args:
        data: the file.
        key: of the document's mapping; it is added where it is missing.
        item: in block style, `- ` at its begin.

    Raises:
        Unfit: the file is no YAML, or none of a form that lines can be added to.
    """
    text = _text(data)
    old = _composed(text)
    wanted = _composed(f"{key}:\n{item}")
    for place in _places(text, old, key, item):
        try:
            new = _composed(_text(place.into(data)))
        except Unfit:
            continue
        if _with_item(old, wanted) == _shape(new):
            return place
    raise Unfit(f"`{key}` is written in a form that lines cannot be added to")


def items(data: bytes, *, key: str) -> object:
    """What a key of the document has, as plain data with unknown tags left out; None of none.

    Raises:
        Unfit: the file is no YAML.
    """
    node = _value(_composed(_text(data)), key)
    return None if node is None else _plain(node)


def _text(data: bytes) -> str:
    if len(data) > _LARGEST:
        raise Unfit("it is too large")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unfit("it is no UTF-8 text") from error


def _composed(text: str) -> yaml.MappingNode | None:
    """The document's mapping; None where it is empty."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        why = getattr(error, "problem", None) or "it is no YAML"
        raise Unfit(f"{where}{why}") from error
    except RecursionError as error:
        raise Unfit("it is nested too deeply") from error
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return None
    if not isinstance(node, yaml.MappingNode):
        raise Unfit("it is no mapping")
    return node


def _value(document: yaml.MappingNode | None, key: str) -> yaml.Node | None:
    pairs = document.value if document is not None else ()
    return next((value for name, value in pairs if name.value == key), None)


def _places(
    text: str, document: yaml.MappingNode | None, key: str, item: str
) -> Iterator[Insertion]:
    lines = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    value = _value(document, key)
    if document is None:
        yield _after(lines, len(lines), f"{key}:{end}{_block(item, 2, end)}", end)
    elif document.flow_style:
        return
    elif value is None:
        head = " " * document.start_mark.column
        block = f"{end}{head}{key}:{end}{_block(item, document.start_mark.column + 2, end)}"
        last = _end(document, text, len(lines))
        yield _after(lines, _last(lines, last, 1), block, end)
        yield _after(lines, last, block, end)
    elif isinstance(value, yaml.SequenceNode) and not value.flow_style:
        column = value.start_mark.column
        last = _region(document, key, _end(document, text, len(lines)))
        for line in dict.fromkeys((_last(lines, last, max(column, 1)), last)):
            yield _after(lines, line, _block(item, column, end), end)
    elif isinstance(value, yaml.SequenceNode) and not value.value:
        yield _in_place_of(text, value, item, end)
    elif isinstance(value, yaml.ScalarNode) and not value.value:
        block = _block(item, document.start_mark.column + 2, end)
        yield _after(lines, value.start_mark.line + 1, block, end)


def _in_place_of(text: str, value: yaml.SequenceNode, item: str, end: str) -> Insertion:
    """Of an empty list in flow style."""
    begin = value.start_mark.index
    block = end + _block(item, 2, end).rstrip("\r\n")
    return Insertion(
        at=len(text[:begin].encode()),
        text=block,
        instead_of=_EMPTY if text[begin:].startswith(_EMPTY) else "\0",
        line=value.start_mark.line + 1,
    )


def _end(document: yaml.MappingNode, text: str, lines: int) -> int:
    """How many lines stand before the document's end; the text may go on behind a `...`."""
    whole = document.end_mark.index >= len(text.rstrip())
    return lines if whole else document.end_mark.line


def _region(document: yaml.MappingNode, key: str, lines: int) -> int:
    """How many lines stand before what follows the key's value."""
    starts = [name.start_mark.line for name, _ in document.value]
    begin = next(name.start_mark.line for name, _ in document.value if name.value == key)
    return min((line for line in starts if line > begin), default=lines)


def _last(lines: Sequence[str], before: int, column: int) -> int:
    """The same without blank lines, and comments that stand further left than the items."""
    while before:
        line = lines[before - 1] if before <= len(lines) else ""
        word = line.lstrip()
        if word and not (word.startswith("#") and len(line) - len(word) < column):
            break
        before -= 1
    return before


def _after(lines: Sequence[str], many: int, block: str, end: str) -> Insertion:
    head = "".join(lines[:many])
    if head and not head.endswith(("\n", "\r")):
        block = f"{end}{block.removesuffix(end)}"
    return Insertion(at=len(head.encode()), text=block, line=min(many, len(lines)))


def _block(item: str, column: int, end: str) -> str:
    return "".join(
        f"{' ' * column}{line}{end}" if line else end for line in item.rstrip("\n").split("\n")
    )


def _with_item(old: yaml.MappingNode | None, wanted: yaml.MappingNode | None) -> Shape:
    """The shape of the document with the item in it."""
    if wanted is None:
        raise ValueError("the item is empty")
    ((name, added),) = wanted.value
    pairs = list(old.value) if old is not None else []
    shapes: list[Shape] = []
    is_there = False
    for key, value in pairs:
        if key.value == name.value and not is_there:
            is_there = True
            shapes.append((_shape(key), ("seq", *_children(value), *_children(added))))
        else:
            shapes.append((_shape(key), _shape(value)))
    if not is_there:
        shapes.append((_shape(name), _shape(added)))
    return ("map", *shapes)


def _children(node: yaml.Node) -> tuple[Shape, ...]:
    return tuple(_shape(each) for each in node.value) if isinstance(node.value, list) else ()


def _shape(node: yaml.Node | None) -> Shape:
    """A node's tags and values, without places, so that two can be compared."""
    try:
        return _Shapes().of(node)
    except RecursionError as error:  # an alias of what it stands in, or sheer depth
        raise Unfit("it is nested without end") from error


class _Shapes:
    """A budget: aliases of aliases would make a short text an endless one."""

    def __init__(self) -> None:
        self._left = _MOST_NODES

    def of(self, node: yaml.Node | None) -> Shape:
        self._left -= 1
        if self._left < 0:
            raise Unfit("it holds too much")
        if isinstance(node, yaml.MappingNode):
            return ("map", *((self.of(key), self.of(value)) for key, value in node.value))
        if isinstance(node, yaml.SequenceNode):
            return ("seq", *(self.of(each) for each in node.value))
        return (node.tag, node.value) if isinstance(node, yaml.ScalarNode) else ()


def _plain(node: yaml.Node) -> object:
    return _as_plain(_shape(node))


def _as_plain(shape: Shape) -> object:
    kind, *rest = shape or ("", "")
    if kind == "map":
        pairs = (each for each in rest if isinstance(each, tuple))
        return {str(_as_plain(name)): _as_plain(value) for name, value in pairs}
    if kind == "seq":
        return [_as_plain(each) for each in rest if isinstance(each, tuple)]
    return rest[0] if rest else None
