"""What apps and routers hold: the layers that Express goes through for a request, in order."""

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from skillconnect_ops.code.express_paths import Pattern
from skillconnect_ops.code.javascript_objects import Identity
from skillconnect_ops.code.javascript_value import Value

METHODS = frozenset(
    {
        *("get", "post", "put", "patch", "delete", "head", "options", "trace", "connect", "copy"),
        *("lock", "unlock", "link", "unlink", "merge", "mkcol", "move", "purge", "search"),
        *("report", "propfind", "proppatch", "mkactivity", "checkout", "notify", "subscribe"),
        *("unsubscribe", "acl", "bind", "rebind", "unbind", "source", "m-search", "query"),
    }
)
"""The methods of HTTP that Express has a function for."""


class Item(Struct, frozen=True, kw_only=True):
    """One function of a layer, or a router that is mounted."""

    name: str
    path: str
    line: int
    value: Value
    mounted: Identity | None = None
    """The router, where it is one."""
    condition: str | None = None


class Layer(Struct, frozen=True, kw_only=True):
    """What one call of `use`, `get`, `param` … adds."""

    path: str
    line: int
    patterns: tuple[Pattern, ...]
    items: tuple[Item, ...]
    method: str | None = None
    """Of a route, in capitals; None of `use`."""
    param: str | None = None
    """Of `router.param(name, …)`: the name."""
    condition: str | None = None


@dataclass
class Stack:
    """An app or a router, and what was added to it so far."""

    identity: Identity
    path: str
    line: int
    is_router: bool
    layers: list[Layer] = field(default_factory=list)
    settings: list[tuple[str, Any, str, int]] = field(default_factory=list)
    """Name, value, and where."""
    mounted: bool = False
    called: bool = True
    """Whether it is made by what runs when files load; else by a function that nothing calls."""
