"""What a call prints that sounds secret or personal, by the names of what it is given.

Names say it, never the strings: `"wrong password"` tells nothing, `user.password` tells all. But a
string that is nothing but such a name, and a colon, says what comes next: `"password:", p`. What
is only measured, compared or asked about (`token.length`, `!!token`) is not printed.
"""

import re
from collections.abc import Iterator, Sequence

from ast_grep_py import SgNode

from skillconnect_ops.code.sensitive import sensitive, sensitive_chain
from skillconnect_ops.code.syntax import arguments, key, string, unwrapped

_SHOWS = frozenset(
    {
        *("stringify", "inspect", "format", "String", "toString", "trim", "assign", "entries"),
        *("values", "decode", "parse", "toJSON", "toObject", "from", "concat", "join", "dump"),
        *(
            "decodeURIComponent",
            "encodeURIComponent",
            "toLowerCase",
            "toUpperCase",
            "structuredClone",
        ),
    }
)
"""Functions whose result shows what they are given."""
_PAINTS = ("chalk", "colors", "kleur", "pc", "picocolors", "util", "JSON")
_MAKES = ("get", "generate", "create", "make", "sign", "read", "load", "fetch", "issue")
_LABEL = re.compile(
    r"(?:.*[.,;(\[{&?])?\s*((?:[A-Za-z]+[ _-]?){1,2})\s*[:=]\s*['\"(]?\s*", re.DOTALL
)
_KINDS = frozenset(
    {"access", "refresh", "reset", "api", "private", "secret", "db", "admin", "user"}
)
_FAILURES = re.compile(r"(?i)err|exception|reason|message|status|e|ex")
_ELSE = frozenset({"||", "??", "+", "&&"})


def told(given: Sequence[SgNode]) -> tuple[str, ...]:
    """The names of what a call prints and should not, each once."""
    names = [name for one in given for name in _shown(one)]
    return tuple(dict.fromkeys((*names, *labelled(given))))


def labelled(given: Sequence[SgNode]) -> tuple[str, ...]:
    """The names of values that nothing but the string before them makes secret."""
    return tuple(dict.fromkeys(_labelled(given)))


def _labelled(given: Sequence[SgNode]) -> Iterator[str]:
    said: str | None = None
    for one in given:
        node = unwrapped(one)
        if said is not None and _may_be_it(node):
            yield f"{node.text()} ({said})"
        said = None
        match node.kind():
            case "string":
                said = _label(string(node) or "")
            case "template_string":
                for part in node.named_children():
                    if part.kind() == "template_substitution":
                        inner = part.named_children()
                        if said is not None and inner and _may_be_it(unwrapped(inner[0])):
                            yield f"{inner[0].text()} ({said})"
                        said = None
                    else:
                        said = _label(part.text())
            case "binary_expression" if _sign(node) == "+":
                yield from _labelled(_terms(node))


def _terms(node: SgNode) -> list[SgNode]:
    """`a + b + c` as its parts."""
    if node.kind() != "binary_expression" or _sign(node) != "+":
        return [node]
    sides = (node.field("left"), node.field("right"))
    return [term for side in sides if side is not None for term in _terms(unwrapped(side))]


def _label(text: str) -> str | None:
    """`password: ` and its like; what says more than a name is about something else."""
    found = _LABEL.fullmatch(text)
    name = "" if found is None else " ".join(re.split(r"[ _-]", found[1].strip()))
    return name if name and sensitive(name.replace(" ", "_")) and _is_name(name) else None


def _is_name(text: str) -> bool:
    """Whether words name a value, and tell no story: `Invalid token:` is followed by a reason."""
    first, _, last = text.lower().partition(" ")
    return not last or (sensitive(f"{first}{last.title()}") and first in _KINDS)


def _may_be_it(node: SgNode) -> bool:
    """Whether an expression may be the value that a label names: no failure, and no measure."""
    if node.kind() not in {"identifier", "member_expression", "subscript_expression"}:
        return False
    chain = _chain(node)
    last = chain[-1]
    told_already = sensitive_chain(chain)
    return not told_already and last not in {"length", "size"} and not _FAILURES.fullmatch(last)


def told_by_entry(entry: SgNode) -> tuple[str, ...]:
    """The same of one entry of an object that is printed."""
    return tuple(dict.fromkeys(_of_entry(entry)))


def shows(name: str) -> bool:
    """Whether a function of that name only gives what it is given in another form."""
    return name in _SHOWS


def _shown(node: SgNode) -> Iterator[str]:  # noqa: C901, PLR0912 - one a kind of node
    """Names that sound secret in what an expression shows."""
    node = unwrapped(node)
    match node.kind():
        case "identifier" | "shorthand_property_identifier":
            if sensitive(node.text()) or node.text() == "req":
                yield node.text()
        case "member_expression" | "subscript_expression":
            chain = _chain(node)
            if sensitive_chain(chain):
                yield ".".join(chain)
        case "call_expression":
            yield from _of_call(node)
        case "template_string" | "template_substitution" | "array" | "spread_element":
            for part in node.named_children():
                yield from _shown(part)
        case "object":
            for part in node.named_children():
                yield from _of_entry(part)
        case "binary_expression":
            sign = _sign(node)
            if sign in _ELSE:
                yield from _of_sides(node, ("right",) if sign == "&&" else ("left", "right"))
        case "ternary_expression":
            yield from _of_sides(node, ("consequence", "alternative"))
        case "new_expression" if (made := node.field("constructor")) and made.text() == "URL":
            for part in arguments(node):
                yield from _shown(part)
        case "await_expression" | "sequence_expression":
            yield from _shown(node.named_children()[-1])


def _of_sides(node: SgNode, sides: Sequence[str]) -> Iterator[str]:
    for side in sides:
        part = node.field(side)
        if part is not None:
            yield from _shown(part)


def _sign(node: SgNode) -> str:
    operator = node.field("operator")
    return "" if operator is None else operator.text()


def _of_entry(part: SgNode) -> Iterator[str]:
    """One entry of an object: its name tells, unless its value is a literal or shows nothing."""
    if part.kind() != "pair":
        yield from _shown(part)
        return
    name, value = key(part.field("key")), part.field("value")
    if value is None:
        return
    value = unwrapped(value)
    if name is not None and sensitive(name) and _shows(value):
        yield name
    else:
        yield from _shown(value)


def _shows(value: SgNode) -> bool:
    """Whether a value is what its name says, and no mask or answer."""
    match value.kind():
        case "identifier" | "subscript_expression":
            return True
        case "member_expression":
            last = value.field("property")
            return last is None or last.text() not in {"length", "size"}
        case "call_expression":
            name = _callee(value)
            return name is not None and (name in _SHOWS or name.startswith(_MAKES))
        case "await_expression":
            return _shows(value.named_children()[-1])
        case "binary_expression":
            return _sign(value) in {"||", "??", "+"}
    return False


def _of_call(call: SgNode) -> Iterator[str]:
    """`JSON.stringify(req.body)` shows what it is given; `hash(password)` does not."""
    function = call.field("function")
    name = _callee(call)
    if function is None or name is None:
        return
    holder = function.field("object") if function.kind() == "member_expression" else None
    if name in _SHOWS or (holder is not None and holder.text().startswith(_PAINTS)):
        for given in arguments(call):
            yield from _shown(given)
        if holder is not None:
            yield from _shown(holder)
    elif name.startswith(_MAKES) and sensitive(_without_verb(name)):
        yield f"{name}()"
    elif name in {"get", "header"} and holder is not None:
        asked = [string(given) for given in arguments(call)[:1]]
        if holder.text() in {"req", "request", "headers", "req.headers"} and asked[:1] != [None]:
            for one in asked:
                if one is not None and sensitive(one):
                    yield f"{holder.text()}.{name}({one})"


def _without_verb(name: str) -> str:
    verb = next(verb for verb in _MAKES if name.startswith(verb))
    return name[len(verb) :]


def _callee(call: SgNode) -> str | None:
    function = call.field("function")
    if function is None:
        return None
    name = function.field("property") if function.kind() == "member_expression" else function
    return None if name is None else name.text()


def _chain(node: SgNode) -> list[str]:
    """`req.headers["authorization"]` as its names; what is computed is left out."""
    names: list[str] = []
    while node.kind() in {"member_expression", "subscript_expression"}:
        if node.kind() == "member_expression":
            name = node.field("property")
            names.append("" if name is None else name.text())
        else:
            names.append(string(node.field("index")) or "[]")
        inner = node.field("object")
        if inner is None:
            break
        node = unwrapped(inner)
    names.append(node.text() if node.kind() in {"identifier", "this"} else "…")
    return names[::-1]
