"""Declarations from several places as one list: each index once, and where places disagree. Pure.

`indexes.yaml` is only added to: its text stays byte for byte, with its comments and its order.
"""

from collections.abc import Iterator, Sequence
from difflib import unified_diff

import yaml
from msgspec import Struct
from msgspec.structs import replace
from yaml.nodes import MappingNode, Node, SequenceNode

from skillconnect_ops.commands.indexes.declared import IndexesInvalid, read
from skillconnect_ops.commands.indexes.sameness import changes, keys_of, shape
from skillconnect_ops.commands.indexes.wording import entry_lines, scalar
from skillconnect_ops.core.errors import Precondition, SkcError
from skillconnect_ops.core.indexes import Declaration, Index

DATABASE = "the database"
_HEAD = """\
# The indexes of this project, each with where it was found: collection -> list of indexes.
# `skc indexes` brings the database to this list; `skc indexes schema` is for editors.
"""
_INDENT = "  "


class NotABlock(Precondition):
    """The file's entries stand in braces, and nothing can be added to them line by line."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(
            f"nothing can be added to {path}",
            why=f"line {line} holds a list in brackets; entries are added as lines of their own",
            fix="write that list as lines that begin with `- keys:`, or use --replace",
        )


class Merged(Struct, frozen=True, kw_only=True):
    """One index, and all places that declare it so."""

    declaration: Declaration
    places: tuple[str, ...]

    @property
    def collection(self) -> str:
        """Its collection."""
        return self.declaration.collection

    @property
    def index(self) -> Index:
        """The index."""
        return self.declaration.index


class Conflict(Struct, frozen=True, kw_only=True):
    """Two declarations that cannot both be had."""

    kept: Declaration
    other: Declaration
    why: str

    def says(self) -> str:
        """For people: both places."""
        kept, other = self.kept, self.other
        return (
            f"{kept.collection}: {place(kept)} says {kept.index.says()}, "
            f"{place(other)} says {other.index.says()} ({self.why})"
        )


class Merge(Struct, frozen=True, kw_only=True):
    """All of it."""

    kept: tuple[Merged, ...]
    conflicts: tuple[Conflict, ...] = ()
    refused: tuple[tuple[Declaration, str], ...] = ()
    """What no server would take, and why."""


def merge(declared: Sequence[Declaration], *, before: Sequence[Declaration] = ()) -> Merge:
    """Each index once; the first place wins, and the others are told.

    Args:
        declared: in the order in which they count.
        before: what stands in the file already; it wins, and is not given again.
    """
    kept: list[tuple[Declaration, list[str]]] = [(one, [place(one)]) for one in before]
    conflicts: list[Conflict] = []
    refused: list[tuple[Declaration, str]] = []
    for one in declared:
        fault = _fault(one)
        if fault is not None:
            refused.append((one, fault))
            continue
        same = next((pair for pair in kept if _is_same(pair[0], one)), None)
        if same is not None:
            if place(one) not in same[1]:
                same[1].append(place(one))
            continue
        for other, _ in kept:
            why = _stands_against(other, one)
            if why:
                conflicts.append(Conflict(kept=other, other=one, why=why))
                break
        else:
            kept.append((one, [place(one)]))
    fresh = kept[len(before) :]
    return Merge(
        kept=tuple(Merged(declaration=one, places=tuple(places)) for one, places in fresh),
        conflicts=tuple(conflicts),
        refused=tuple(refused),
    )


def place(one: Declaration) -> str:
    """Where it is declared, for people."""
    return one.place if one.path else DATABASE


def text_of(merged: Merge) -> str:
    """The text of a new file."""
    parts = [_HEAD]
    for collection, ones in _by_collection(merged.kept):
        parts.append(f"{scalar(collection)}:\n{''.join(_entry(one, _INDENT) for one in ones)}")
    return "\n".join(parts)


def added_to(text: str, merged: Merge, *, path: str) -> str:
    """An existing text, with what it lacks in its place.

    Raises:
        NotABlock: its lists are written in brackets.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if not isinstance(node, MappingNode) or not node.value:  # nothing but comments
        whole = "".join(lines).removesuffix("{}\n")
        more = text_of(merged).removeprefix(_HEAD)
        return f"{whole}{more}"
    known = {str(key.value): (key, value) for key, value in node.value}
    inserts: list[tuple[int, str]] = []
    new: list[str] = []
    for collection, ones in _by_collection(merged.kept):
        if collection in known:
            at, indent = _end(lines, *known[collection], path=path)
            inserts.append((at, "".join(_entry(one, indent) for one in ones)))
        else:
            if node.flow_style:
                raise NotABlock(path, node.start_mark.line + 1)
            entries = "".join(_entry(one, _INDENT) for one in ones)
            new.append(f"\n{scalar(collection)}:\n{entries}")
    for at, entries in sorted(inserts, reverse=True):
        lines.insert(at, entries)
    return "".join((*lines, *new))


def difference_of(before: str, after: str) -> str:
    """What changes, as a unified diff without its head."""
    found = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return "\n".join(list(found)[2:])


def _end(lines: Sequence[str], key: Node, value: Node, *, path: str) -> tuple[int, str]:
    """After which line a collection's entries end, and how they are indented."""
    if isinstance(value, SequenceNode) and value.flow_style and value.value:
        raise NotABlock(path, value.start_mark.line + 1)
    if not isinstance(value, SequenceNode) or not value.value or value.flow_style:
        if lines[key.end_mark.line].rstrip().endswith(":"):
            return key.end_mark.line + 1, _INDENT
        raise NotABlock(path, key.start_mark.line + 1)
    end = value.end_mark.line
    last = value.value[-1].start_mark.line
    while end - 1 > last and _is_bare(lines[end - 1]):
        end -= 1
    return min(end, len(lines)), " " * value.start_mark.column


def _is_bare(line: str) -> bool:
    """Whether it holds nothing but a comment, which may belong to what comes next."""
    return not line.strip() or line.lstrip().startswith("#")


def _entry(one: Merged, indent: str) -> str:
    first, *rest = entry_lines(one.index)
    lines = [f"# {', '.join(one.places)}", f"- {first}", *(f"  {line}" for line in rest)]
    return "".join(f"{indent}{line}\n" for line in lines)


def _by_collection(kept: Sequence[Merged]) -> Iterator[tuple[str, list[Merged]]]:
    found: dict[str, list[Merged]] = {}
    for one in kept:
        found.setdefault(one.collection, []).append(one)
    yield from found.items()


def _fault(one: Declaration) -> str | None:
    """Why a server would refuse it, by the rules of the file itself."""
    lines = [f"{scalar(one.collection)}:\n", *_entry_of(one)]
    try:
        read("".join(lines), file="-")
    except (IndexesInvalid, SkcError) as error:
        return f"{error.what}: {error.why}"
    return None


def _entry_of(one: Declaration) -> str:
    return _entry(Merged(declaration=one, places=("",)), _INDENT)


def _is_same(one: Declaration, other: Declaration) -> bool:
    if one.collection != other.collection:
        return False
    # a name that one of them does not say is as good as any
    names = {one.index.name, other.index.name} - {None}
    if len(names) > 1:
        return False
    mine, theirs = (replace(index, name=None) for index in (one.index, other.index))
    return not changes(mine, theirs) and not changes(theirs, mine)


def _stands_against(one: Declaration, other: Declaration) -> str:
    """Why two declarations cannot both be had; empty where they can."""
    if one.collection != other.collection:
        return ""
    mine, theirs = one.index, other.index
    if mine.called == theirs.called:
        return "one name" if keys_of(mine) != keys_of(theirs) else "the same keys, other options"
    if shape(mine) == shape(theirs):
        return "the same keys, and a server keeps no two of them"
    if mine.is_text and theirs.is_text:
        return "a collection has one text index at most"
    return ""
