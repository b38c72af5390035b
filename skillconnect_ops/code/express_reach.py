"""Whether a condition about the method or the path of a request holds for a route."""

import re
from functools import lru_cache

from ast_grep_py import SgNode, SgRoot

from skillconnect_ops.code.javascript_value import bare
from skillconnect_ops.code.syntax import arguments, string, strings

_METHOD = re.compile(r"(?:req|request|ctx)\.method(?:\.toUpperCase\(\))?")
_PATH = re.compile(r"(?:req|request|ctx)\.(?:path|originalUrl)")
_PARAM = re.compile(r":\w+\??|\*\w*|[(){}<>|]")
_ANY = frozenset({"ALL"})


def is_root(path: str) -> bool:
    """Whether all paths lie below a path."""
    return path in {"", "/", "*", "/*"}


@lru_cache(maxsize=4_096)
def applies(condition: str | None, method: str, path: str) -> bool | None:
    """Whether a condition holds for each request to a route; None of what is not told."""
    if condition is None:
        return True
    told = [_part(part, method, path) for part in condition.split(" and ")]
    if False in told:
        return False
    return None if None in told else True


def _part(part: str, method: str, path: str) -> bool | None:
    inner = part.removeprefix("not ")
    if "req" not in inner and "ctx" not in inner:
        return None
    root = SgRoot(f"({inner})", "typescript").root()
    if root.find(kind="ERROR") is not None or not root.named_children():
        return None
    statement = root.named_children()[0].named_children()
    holds = _holds(statement[0], method, path) if statement else None
    return holds if holds is None or inner is part else not holds


def _holds(node: SgNode, method: str, path: str) -> bool | None:  # noqa: PLR0911 - one a kind
    node = bare(node)
    sign, left, right = node.field("operator"), node.field("left"), node.field("right")
    if node.kind() == "unary_expression" and sign is not None and sign.text() == "!":
        inner = node.field("argument")
        told = _holds(inner, method, path) if inner is not None else None
        return None if told is None else not told
    if node.kind() == "call_expression":
        function, given = node.field("function"), arguments(node)
        holder = function.field("object") if function is not None else None
        if function is None or holder is None or len(given) != 1:
            return None
        words = strings(holder)
        if words is None or not function.text().endswith(".includes"):
            return None
        return _is_one(given[0].text(), words, method, path)
    if sign is None or left is None or right is None:
        return None
    if sign.text() in {"&&", "||"}:
        wanted = sign.text() == "||"
        sides = [_holds(left, method, path), _holds(right, method, path)]
        if wanted in sides:
            return wanted
        return None if None in sides else not wanted
    if sign.text() not in {"===", "==", "!==", "!="}:
        return None
    for asked, literal in ((left, right), (right, left)):
        word = string(literal)
        if word is not None:
            told = _is_one(asked.text(), (word,), method, path)
            return None if told is None else told is sign.text().startswith("=")
    return None


def _is_one(asked: str, words: tuple[str, ...], method: str, path: str) -> bool | None:
    if _METHOD.fullmatch(asked):
        if method in _ANY:
            return None
        return method in {word.upper() for word in words}
    if not _PATH.fullmatch(asked):
        return None
    told = [_is_path(word, path) for word in words]
    if True in told:
        return True
    return None if None in told else False


def _is_path(word: str, path: str) -> bool | None:
    """Whether a path is that of a route; None if it may be, for some parameter."""
    one, other = word.rstrip("/") or "/", path.rstrip("/") or "/"
    if not _PARAM.search(other):
        return one == other
    pattern = "".join(
        "[^/]+" if piece.startswith(":") else ".*" if _PARAM.fullmatch(piece) else re.escape(piece)
        for piece in re.split(r"(:\w+\??|\*\w*|[(){}<>|])", other)
        if piece
    )
    return None if re.fullmatch(pattern, one) else False
