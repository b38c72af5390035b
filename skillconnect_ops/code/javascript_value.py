"""What an expression of JavaScript can stand for, as far as its text tells."""

from collections.abc import Mapping

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.excerpts import shown
from skillconnect_ops.code.javascript_modules import Module
from skillconnect_ops.code.syntax import WRAPPERS, line_of, unwrapped

_MUCH = 2_000
AT_RUN_TIME = "is given at run time"
_WRAPPING = WRAPPERS | {"await_expression"}


class Expression(Struct, frozen=True):
    """A node that says what it is: a literal, a call, a class, a function."""

    module: Module
    node: SgNode
    frame: "Frame"

    @property
    def line(self) -> int:
        """Where it begins."""
        return line_of(self.node)


class File(Struct, frozen=True):
    """A module of the project, as a whole."""

    path: str


class Package(Struct, frozen=True):
    """Something of an installed package, or of Node: `("Schema",)` of `mongoose`."""

    source: str
    names: tuple[str, ...] = ()


class Global(Struct, frozen=True):
    """A name that nothing in the file declares."""

    name: str


class Part(Struct, frozen=True):
    """A property of something that is not looked into."""

    of: "Value"
    name: str


class Text(Struct, frozen=True):
    """A string that no literal holds, such as a class's name or a key of an object."""

    text: str


class Nothing(Struct, frozen=True):
    """`undefined`."""


class Lost(Struct, frozen=True):
    """It is decided at run time."""

    reason: str
    name: str = ""
    """What it is called where it was lost."""


class Perhaps(Lost, frozen=True):
    """What the environment gives, with what stands in its place where it gives nothing."""

    otherwise: "Value | None" = None


Value = Expression | File | Package | Global | Part | Text | Nothing | Lost
Frame = Mapping[SgNode, Value]
"""What parameters and loop variables are bound to, by the identifiers that declare them."""

EMPTY: Frame = {}
UNDEFINED = Nothing()


class Undecided(Exception):
    """A value is not told by the text; `str` says why."""


def reason(value: Value) -> str:  # noqa: PLR0911 - one a kind of value
    """Why a value is no plain data."""
    match value:
        case Lost(why, _):
            return why
        case Global(name):
            return f"{name} is declared nowhere in the file"
        case Package(source, names):
            return f"it is {'.'.join(names) or 'all'} of the package {source}"
        case Part(of, name):
            whole = dotted(value)
            return f"{whole} is decided at run time" if whole else f"its .{name}: {reason(of)}"
        case File(path):
            return f"it is all of {path}"
        case Expression():
            return f"{short(value.node)} is decided at run time"
    return "it is nothing"


def dotted(value: Value) -> str:
    """`process.env.X`; empty where it does not begin with a name."""
    match value:
        case Part(of, name):
            whole = dotted(of)
            return f"{whole}.{name}" if whole else ""
        case Global(name):
            return name
        case Lost(why, name) if why.endswith(AT_RUN_TIME):
            return name
    return ""


def base_of(node: SgNode) -> SgNode | None:
    """What a class extends."""
    for heritage in node.named_children():
        if heritage.kind() == "class_heritage":
            inner = heritage.named_children()
            if inner and inner[0].kind() == "extends_clause":
                inner = inner[0].named_children()
            return inner[0] if inner else None
    return None


def parameters(function: SgNode) -> list[SgNode]:
    """The parameters of a function, as patterns."""
    alone, several = function.field("parameter"), function.field("parameters")
    if alone is not None:
        return [alone]
    listed = several.named_children() if several is not None else []
    return [each for each in listed if each.kind() != "comment"]


def bare(node: SgNode) -> SgNode:
    """The value within wrappers and `await`."""
    if node.kind() not in _WRAPPING:  # most are not, and this is asked of every expression
        return node
    while True:
        inner = unwrapped(node)
        if inner.kind() == "await_expression" and inner.named_children():
            inner = inner.named_children()[0]
        if inner == node:
            return node
        node = inner


def short(node: SgNode) -> str:
    """A text on one line, cut; what in its strings may be a value is masked."""
    whole = node.text()
    text = shown(" ".join(whole[:_MUCH].split()))  # most of a long one is shown to nobody
    return text if len(text) <= 60 and len(whole) <= _MUCH else f"{text[:59]}…"
