"""The message of a log's line: the strings that a call of `console` prints, put into one."""

import re
from collections.abc import Callable, Iterator, Sequence

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.console_data import shows, told
from skillconnect_ops.code.syntax import arguments, string, unwrapped

REDACTED = "[REDACTED]"
_BACKTICK = "`"
TOKEN = re.compile(r"%([sdifjoOc%])")
"""What `console` fills in, and winston in the same way."""
_COLON = re.compile(r"\s*:+(?:\s|\\[nrt])*$")
_PAINTS = ("chalk", "colors", "kleur", "pc", "picocolors")
_TEXTS = frozenset({"message", "msg", "text", "stack"})
_MAKE_TEXT = frozenset({"String", "join", "format", "toString", "toISOString", "concat"})
TextOf = Callable[[SgNode], str]
"""The text of a node, with what was rewritten within it."""


class NotSimple(Exception):
    """A call that is left alone, and why."""


class Piece(Struct, frozen=True):
    """A part of the message: text as it stands between quotes, and which quotes these are."""

    raw: str
    quote: str


def is_piece(node: SgNode) -> bool:
    """Whether it is a string or a template."""
    return node.kind() in {"string", "template_string"}


def is_blank(node: SgNode) -> bool:
    """Whether it is a string of nothing but white space."""
    return is_piece(node) and not (string(node) or "").strip() and "${" not in node.text()


def piece(node: SgNode, text_of: TextOf) -> Piece:
    """A string or a template, with what sounds sensitive in it left out."""
    if node.kind() == "string":
        text = node.text()
        return Piece(text[1:-1], text[0])
    raw = ""
    for part in node.children()[1:-1]:
        if part.kind() == "template_substitution" and told(part.named_children()):
            must_be_idle(part)
            raw += REDACTED
        else:
            raw += text_of(part)
    return Piece(raw, _BACKTICK)


def joined(pieces: Sequence[Piece], *, values: bool) -> str:
    """One literal of them all.

    Args:
        pieces: at least one.
        values: whether fields follow, so that white space at the end led to them.
    """
    trimmed = [Piece(_COLON.sub("", one.raw), one.quote) for one in pieces]
    if values or len(pieces) > 1:
        trimmed = [Piece(one.raw.rstrip(" "), one.quote) for one in trimmed]
    quotes = {one.quote for one in trimmed}
    quote = _BACKTICK if _BACKTICK in quotes else trimmed[0].quote
    raws = [requoted(one.raw, one.quote, quote) for one in trimmed]
    return quote + " ".join(raw for raw in raws if raw) + quote


def requoted(raw: str, old: str, new: str) -> str:
    """What stands between one sort of quotes, as it stands between another."""
    if old == new:
        return raw
    if new == _BACKTICK:
        raw = raw.replace(f"\\{old}", old)
        return re.sub(r"`|\$\{", lambda found: f"\\{found[0]}", raw)
    return re.sub(rf"(?<!\\){new}", lambda found: f"\\{found[0]}", raw.replace(f"\\{old}", old))


def has_tokens(node: SgNode) -> bool:
    """Whether `console` would put values into a string."""
    return is_piece(node) and TOKEN.search(_literal_text(node)) is not None


def filled(
    node: SgNode, given: Sequence[SgNode], text_of: TextOf
) -> tuple[Piece, Sequence[SgNode]]:
    """A string with `%s` and `%d`, and the values in their places; gives what is left of those.

    Raises:
        NotSimple: it holds another token, which no template does.
    """
    quote = node.text()[0]
    filling = _Filling(list(given), text_of, quote)
    raw = filling.over(node)
    if filling.computes and quote != _BACKTICK:
        quote = _BACKTICK
        filling = _Filling(list(given), text_of, quote)
        raw = filling.over(node)
    return Piece(raw, quote), filling.rest


class _Filling:
    """Puts values into a string that is to stand between quotes of one sort."""

    def __init__(self, rest: list[SgNode], text_of: TextOf, quote: str) -> None:
        self.rest = rest
        self.computes = False
        """Whether a value was put in that is none of its text."""
        self._text_of = text_of
        self._quote = quote

    def over(self, node: SgNode) -> str:
        """What stands between the quotes."""
        if node.kind() == "string":
            text = node.text()
            return TOKEN.sub(self._put, requoted(text[1:-1], text[0], self._quote))
        raw = ""
        for part in node.children()[1:-1]:
            if part.kind() != "template_substitution":
                raw += TOKEN.sub(self._put, part.text())
            elif told(part.named_children()):
                must_be_idle(part)
                raw += REDACTED
            else:
                raw += self._text_of(part)
        return raw

    def _put(self, found: re.Match[str]) -> str:
        sign = found[1]
        if sign == "%":
            return "%"
        if not self.rest:
            return found[0]
        if sign not in "sd":
            raise NotSimple(f"it prints with %{sign}")
        value = self.rest.pop(0)
        if is_piece(value):
            one = piece(value, self._text_of)
            self.computes = self.computes or one.quote == _BACKTICK
            return requoted(one.raw, one.quote, self._quote)
        if told([value]):
            must_be_idle(value)
            return REDACTED
        self.computes = True
        return f"${{{self._text_of(value)}}}"


def is_message(node: SgNode) -> bool:  # noqa: PLR0911 - one a kind
    """Whether an expression can only be meant as the line's text, though it is no literal."""
    node = unwrapped(node)
    match node.kind():
        case "binary_expression":
            parts = _operands(node)
            return len(parts) > 1 and any(is_piece(one) or is_message(one) for one in parts)
        case "call_expression":
            function = node.field("function")
            if function is None:
                return False
            name = function.field("property") or function
            return function.text().startswith(_PAINTS) or name.text() in _MAKE_TEXT
        case "member_expression":
            field, holder = node.field("property"), node.field("object")
            if holder is not None and _is_painted(holder):
                return True
            return field is not None and field.text() in _TEXTS
        case "identifier":
            return node.text() in _TEXTS
        case "ternary_expression":
            sides = [node.field("consequence"), node.field("alternative")]
            return all(side is not None and is_piece(unwrapped(side)) for side in sides)
    return False


def expression(node: SgNode, text_of: TextOf) -> str:
    """Such an expression, with the operands left out that sound sensitive.

    Raises:
        NotSimple: what sounds sensitive stands deeper in it.
    """
    names = told([node])
    if not names:
        return text_of(node)
    operands = _operands(unwrapped(node))
    if len(operands) < 2:
        raise NotSimple(f"its message is made of {names[0]}")
    quote = next((part.text()[0] for part in operands if part.kind() == "string"), "'")
    shown = []
    for part in operands:
        if is_piece(part) and part.kind() == "template_string":
            one = piece(part, text_of)
            shown.append(f"{one.quote}{one.raw}{one.quote}")
        elif told([part]):
            must_be_idle(part)
            shown.append(f"{quote}{REDACTED}{quote}")
        else:
            shown.append(text_of(part))
    return " + ".join(shown)


def must_be_idle(node: SgNode) -> None:
    """See to it that a value can be left out: nothing happens while it is made.

    Raises:
        NotSimple: something may.
    """
    for kind in ("await_expression", "assignment_expression", "update_expression"):
        if node.kind() == kind or node.find(kind=kind) is not None:
            raise NotSimple("what it prints sounds sensitive, and something happens as it is made")
    calls = [*node.find_all(kind="call_expression"), *node.find_all(kind="new_expression")]
    calls += [node] if node.kind() in {"call_expression", "new_expression"} else []
    for call in calls:
        function = call.field("function")
        if function is None or not _only_shows(call, function):
            raise NotSimple("what it prints sounds sensitive, and a call makes it")


def _only_shows(call: SgNode, function: SgNode) -> bool:
    name = function.field("property") or function
    asks = name.text() in {"get", "header"} and [string(one) for one in arguments(call)] != [None]
    return shows(name.text()) or asks


def _literal_text(node: SgNode) -> str:
    return "".join(
        part.text() for part in node.children()[1:-1] if part.kind() != "template_substitution"
    )


def _operands(node: SgNode) -> list[SgNode]:
    return list(_flat(node)) if node.kind() == "binary_expression" else [node]


def _flat(node: SgNode) -> Iterator[SgNode]:
    """The operands of a chain of `+`; another operator's expression is one operand."""
    sign = node.field("operator")
    if node.kind() != "binary_expression" or sign is None or sign.text() != "+":
        yield node
        return
    for side in (node.field("left"), node.field("right")):
        if side is not None:
            yield from _flat(side)


def _is_painted(node: SgNode) -> bool:
    """`"text".green.bold`, as the package colors has it."""
    while node.kind() == "member_expression":
        inner = node.field("object")
        if inner is None:
            return False
        node = inner
    return is_piece(node)
