"""Functions and methods of Python itself that change nothing but what they belong to."""

from collections.abc import Callable
from typing import Any

_OF_TEXTS = frozenset(
    {
        *("lower", "upper", "strip", "lstrip", "rstrip", "split", "rsplit", "join", "encode"),
        *("decode", "startswith", "endswith", "replace", "partition", "rpartition"),
        *("removeprefix", "removesuffix", "title", "capitalize", "splitlines", "isdigit", "count"),
        *("find", "casefold", "isprintable", "isascii"),
    }
)
_OF_LISTS = frozenset({"append", "extend", "insert", "copy", "index", "count", "remove", "reverse"})
_OF_DICTS = frozenset({"get", "items", "keys", "values", "update", "setdefault", "pop", "copy"})
_OF_SETS = frozenset({"union", "add", "intersection", "difference", "issubset", "issuperset"})
CHANGING = frozenset({"append", "extend", "insert", "update", "setdefault"})
"""What also takes values that are not told."""
_LONGEST = 2_000


def method_of(value: Any, name: str) -> Callable[..., Any] | None:
    """A method of a value that stands for itself; None of one that is not called here."""
    known = (
        _OF_TEXTS
        if isinstance(value, str | bytes)
        else _OF_LISTS
        if isinstance(value, list | tuple)
        else _OF_DICTS
        if isinstance(value, dict)
        else _OF_SETS
    )
    found = getattr(value, name, None) if name in known else None
    return found if callable(found) else None


def _range(*given: int) -> list[int]:
    return list(range(*given)[:_LONGEST])


def _zip(*given: Any, strict: bool = False) -> list[Any]:  # noqa: ARG001 - as the builtin
    return list(zip(*given, strict=False))


def _enumerate(given: Any, start: int = 0) -> list[Any]:
    return list(enumerate(given, start))


def _reversed(given: Any) -> list[Any]:
    return list(reversed(given))


def _scalar(made: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes one plain value: what is nested may be written without end."""

    def work(given: Any = "") -> Any:
        if not isinstance(given, str | int | float):
            raise TypeError
        return made(given)

    return work


BUILTINS: dict[str, Callable[..., Any]] = {
    "len": len,
    "str": _scalar(str),
    "int": _scalar(int),
    "float": _scalar(float),
    "bool": bool,
    "tuple": tuple,
    "list": list,
    "dict": dict,
    "set": frozenset,
    "frozenset": frozenset,
    "sorted": sorted,
    "min": min,
    "max": max,
    "sum": sum,
    "any": any,
    "all": all,
    "abs": abs,
    "round": round,
    "range": _range,
    "zip": _zip,
    "enumerate": _enumerate,
    "reversed": _reversed,
    "iter": list,
}
"""Those that are worked out where all that they are given is told."""
HOLDING = frozenset({"tuple", "list", "zip", "enumerate", "reversed", "iter"})
"""Those of them that only hold what they are given, told or not."""
