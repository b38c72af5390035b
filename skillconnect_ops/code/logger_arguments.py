"""What a call of `console` prints, as the message and the fields of a log's line."""

from collections.abc import Sequence

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code import logger_message as message
from skillconnect_ops.code.console_data import labelled, told, told_by_entry
from skillconnect_ops.code.logger_message import NotSimple, TextOf
from skillconnect_ops.code.logger_model import Order
from skillconnect_ops.code.logger_names import ERROR, Named, distinct, is_error, name_of
from skillconnect_ops.code.scopes import Scopes
from skillconnect_ops.code.syntax import arguments, key, unwrapped

_WIDTH = 100
REQUEST_ID = "requestId"
_REQUEST_ID_TEXT = "requestId: req.id"


class Style(Struct, frozen=True, kw_only=True):
    """How the arguments are to be written."""

    order: Order
    quote: str
    """The file's own; for messages that are not taken from it."""
    request_id: bool = False
    """Whether a request is in scope, and its id is to be added."""


class Given(Struct, frozen=True):
    """The arguments for the logger."""

    parts: tuple[str, ...]
    entries: tuple[str, ...] = ()
    """Those of the object among the parts."""

    def on_one_line(self) -> str:
        """`"Saved", { userId }`."""
        return ", ".join(self._with(f"{{ {', '.join(self.entries)} }}"))

    def text(self, *, indent: str, step: str, before: int) -> str:
        """One line, or where that gets too long and there are several fields a line for each.

        Args:
            indent: the white space that the call's line begins with.
            step: one level more.
            before: the width of what stands before the arguments.
        """
        one = self.on_one_line()
        longest = max(map(len, one.split("\n")))
        if len(self.entries) < 2 or before + longest + 2 <= _WIDTH:
            return one
        lines = "".join(f"{indent}{step}{entry},\n" for entry in self.entries)
        return ", ".join(self._with(f"{{\n{lines}{indent}}}"))

    def _with(self, fields: str) -> tuple[str, ...]:
        return tuple(fields if part == _FIELDS else part for part in self.parts)


_FIELDS = "\0"


def given_to_logger(call: SgNode, scopes: Scopes, style: Style, text_of: TextOf) -> Given:
    """The arguments of a call, by the rules of the house.

    Raises:
        NotSimple: they are such that a person has to look at it.
    """
    found = call.field("arguments")
    if found is None or found.kind() != "arguments":
        raise NotSimple("it is a tagged template")
    if found.find(kind="comment") is not None:
        raise NotSimple("a comment stands among its arguments")
    nodes = arguments(call)
    if not nodes or (len(nodes) == 1 and message.is_blank(nodes[0])):
        raise NotSimple("it prints an empty line")
    if any(node.kind() == "spread_element" for node in nodes):
        raise NotSimple("how many arguments it has is decided at run time")
    if secret := labelled(nodes):
        raise NotSimple(f"its text says that {secret[0]} is printed, which no log may hold")
    if len(nodes) == 1 and is_error(nodes[0], scopes):
        return _bare_error(nodes[0], style, text_of)
    text, values = _message(nodes, text_of)
    entries = _entries(values, scopes, style, text_of)
    if text is None:
        names = ", ".join(_said(values, scopes))
        text = f"{style.quote}{names}{style.quote}"
    if not entries:
        return Given((text,))
    parts = (text, _FIELDS) if style.order is Order.MESSAGE_FIRST else (_FIELDS, text)
    return Given(parts, tuple(entries))


def _bare_error(node: SgNode, style: Style, text_of: TextOf) -> Given:
    """It passes through, and the logger makes of it what it can."""
    text = text_of(node)
    if not style.request_id:
        return Given((text,))
    if style.order is Order.MESSAGE_FIRST:
        return Given((text, _FIELDS), (_REQUEST_ID_TEXT,))
    return Given((_FIELDS,), (_entry(ERROR, text), _REQUEST_ID_TEXT))


def _message(nodes: Sequence[SgNode], text_of: TextOf) -> tuple[str | None, Sequence[SgNode]]:
    """The message, and the values that are left for fields."""
    first, rest = nodes[0], list(nodes[1:])
    pieces = []
    if rest and message.has_tokens(first):
        piece, left = message.filled(first, rest, text_of)
        pieces, rest = [piece], list(left)
    elif message.is_piece(first):
        pieces = [message.piece(first, text_of)]
    elif message.is_message(first) and (
        not rest or not any(map(message.is_piece, rest)) or first.kind() == "binary_expression"
    ):
        text = message.expression(first, text_of)
        _must_be_no_format(text, rest)
        return text, rest
    else:
        rest = list(nodes)
    others = [message.piece(node, text_of) for node in rest if message.is_piece(node)]
    rest = [node for node in rest if not message.is_piece(node)]
    for one in others:
        _must_be_no_format(one.raw, rest)
    pieces += others
    if not pieces:
        return None, rest
    text = message.joined(pieces, values=bool(rest))
    # a string of nothing but a colon says nothing: the names of the values do
    return (text if len(text) > 2 or not rest else None), rest


def _must_be_no_format(text: str, rest: Sequence[SgNode]) -> None:
    """See to it that nothing in a text stands for a value.

    Raises:
        NotSimple: it may, for `console` or for the logger.
    """
    if rest and message.TOKEN.search(text):
        raise NotSimple("a % in its text stands for a value, or would for the logger")


def _entries(values: Sequence[SgNode], scopes: Scopes, style: Style, text_of: TextOf) -> list[str]:
    literals = [node for node in values if _is_literal_object(node)]
    taken = [name for node in literals for name in _keys(node)]
    plain = [node for node in values if node not in literals]
    named = [name_of(node, scopes) for node in plain]
    names = iter(distinct(named, taken=taken))
    entries: list[str] = []
    for node in values:
        if node in literals:
            entries += [
                _of_literal(entry, style, text_of) for entry in unwrapped(node).named_children()
            ]
        else:
            entries.append(_of_value(next(names), node, style, text_of))
    if len(set(taken)) < len(taken):
        raise NotSimple("two of the objects that it prints have a field of the same name")
    if style.request_id and REQUEST_ID not in {*taken, *(name.short for name in named)}:
        entries.append(_REQUEST_ID_TEXT)
    return entries


def _of_value(name: str, node: SgNode, style: Style, text_of: TextOf) -> str:
    if told([node]):
        message.must_be_idle(node)
        return _entry(name, f"{style.quote}{message.REDACTED}{style.quote}")
    return _entry(name, text_of(node))


def _of_literal(entry: SgNode, style: Style, text_of: TextOf) -> str:
    """One entry of an object that is printed as such."""
    names = told_by_entry(entry)
    if not names:
        return text_of(entry)
    message.must_be_idle(entry)
    value = f"{style.quote}{message.REDACTED}{style.quote}"
    if entry.kind() == "pair":
        name = entry.field("key")
        return f"{name.text() if name is not None else names[0]}: {value}"
    return _entry(name_of_last(names[0]), value)


def name_of_last(chain: str) -> str:
    """`body` of `req.body`."""
    return chain.rpartition(".")[2]


def _entry(name: str, value: str) -> str:
    return name if name == value else f"{name}: {value}"


def _is_literal_object(node: SgNode) -> bool:
    return unwrapped(node).kind() == "object"


def _keys(node: SgNode) -> list[str]:
    """The names of an object's entries that are plain."""
    found = []
    for entry in unwrapped(node).named_children():
        name = key(entry.field("key")) if entry.kind() == "pair" else None
        if entry.kind() == "shorthand_property_identifier":
            name = entry.text()
        if name is not None:
            found.append(name)
    return found


def _said(values: Sequence[SgNode], scopes: Scopes) -> list[str]:
    """A message where there is none: the names of what is printed."""
    names: list[Named] = [name_of(node, scopes) for node in values if not _is_literal_object(node)]
    inner = [name for node in values if _is_literal_object(node) for name in _keys(node)]
    return list(dict.fromkeys([*(name.short for name in names), *inner])) or ["value"]
