"""Servers of Socket.IO: how each asks who is there, and what is sent to everybody."""

import re
from collections.abc import Sequence
from typing import Any

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.express_origins import Origin, Origins
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import EMPTY, Expression, bare, short
from skillconnect_ops.code.package_calls import CALLS, Options, place
from skillconnect_ops.code.syntax import FUNCTIONS, arguments

_PACKAGE = "socket.io"
_PREFILTER = re.compile(r"socket\.io|\.emit\(|handshake")
_MAKERS = frozenset({"", "Server", "listen"})
_IO = re.compile(
    r"(?:^|[.])_?io(?:Server|Instance)?$|getI[oO]\(\)$|get\(\s*['\"](?:socket)?io['\"]\s*\)$"
)
_ALL = re.compile(r"^(?:(?:Server|listen)\.?)?(?:sockets\.|of\.|local\.|volatile\.)*(?:emit|send)$")
_BROADCAST = re.compile(r"\bsocket\.broadcast(?:\.volatile)?\.emit$")
_ASKS = re.compile(r"handshake|token|auth|session|passport|jwt|verify|cookie|user", re.IGNORECASE)


class Emit(Struct, frozen=True, kw_only=True):
    """Something that is sent to everybody."""

    path: str
    line: int
    column: int
    end_line: int
    event: Any
    """As plain data; see `Computed`."""
    text: str


class SocketServer(Struct, frozen=True, kw_only=True):
    """A server, and what is given to `use` of it."""

    path: str
    line: int
    column: int
    end_line: int
    options: Any
    asks: bool
    """Whether a function given to `use` looks at who is there."""
    lost: str = ""
    """Why that is not told."""
    text: str


class Sockets(Struct, frozen=True, kw_only=True):
    """All of these."""

    servers: tuple[SocketServer, ...] = ()
    emits: tuple[Emit, ...] = ()


def sockets(
    modules: Modules,
    values: Objects,
    options: Options,
    files: Sequence[str],
    *,
    others: Sequence[str] = (),
) -> Sockets:
    """What some files do with Socket.IO.

    Args:
        modules: the project's.
        values: follow names.
        options: read arguments.
        files: which.
        others: all that may ask who connects to a server which these make.
    """
    search = _Search(values, options)
    if not any(_PREFILTER.search(modules.text(path)) for path in files):
        return Sockets()
    every = list(dict.fromkeys((*files, *others)))
    if not any(_PACKAGE in modules.text(path) for path in every):
        return Sockets()
    read = [
        module
        for path in every
        if _PREFILTER.search(modules.text(path)) and (module := modules.module(path)) is not None
    ]
    for module in read:
        search.through(module)
    return search.found()


class _Search:
    def __init__(self, values: Objects, options: Options) -> None:
        self._values = values
        self._options = options
        self._origins = Origins(values)
        self._made: list[tuple[Module, SgNode]] = []
        self._uses: list[tuple[bool, str]] = []
        self._emits: list[Emit] = []
        self._handshakes: list[str] = []

    def through(self, module: Module) -> None:
        if "handshake" in module.text:
            self._handshakes.append(module.path)
        for node in module.root.find_all(any=[{"kind": kind} for kind in CALLS]):
            maker = node.field("function") or node.field("constructor")
            if maker is None:
                continue
            last = maker.text().rpartition(".")[2]
            if last in {"emit", "send", "use"}:
                self._of_method(module, node, maker, last)
            elif _PACKAGE in module.text:
                origin = self._origin(module, maker)
                if origin is None or origin.package != _PACKAGE or origin.made:
                    continue
                if origin.member in _MAKERS:
                    self._made.append((module, node))

    def _origin(self, module: Module, maker: SgNode) -> Origin | None:
        return self._origins.of(self._values.of(module, bare(maker), EMPTY))

    def _of_method(self, module: Module, call: SgNode, maker: SgNode, last: str) -> None:
        origin = self._origin(module, maker)
        holder = maker.field("object")
        if origin is not None and origin.package != _PACKAGE:
            return
        named = holder is not None and _IO.search(" ".join(holder.text().split())) is not None
        if last == "use":
            if origin is not None or named:
                self._uses.append(self._asks(module, call))
            return
        broad = _BROADCAST.search(maker.text()) is not None
        to_all = _ALL.search(origin.member) is not None if origin is not None else False
        if to_all or broad or (named and origin is None and last == "emit"):
            line, column, end_line = place(call)
            given = arguments(call)
            self._emits.append(
                Emit(
                    path=module.path,
                    line=line,
                    column=column,
                    end_line=end_line,
                    event=self._options.option(module, given[0], EMPTY) if given else None,
                    text=short(call),
                )
            )

    def _asks(self, module: Module, call: SgNode) -> tuple[bool, str]:
        given = arguments(call)
        if not given:
            return False, ""
        value = self._values.of(module, given[0], EMPTY)
        if isinstance(value, Expression) and value.node.kind() in FUNCTIONS:
            return _ASKS.search(value.node.text()) is not None, ""
        return False, f"what {short(given[0])} does is not told"

    def found(self) -> Sockets:
        servers = tuple(self._server(module, node) for module, node in self._made)
        return Sockets(servers=servers, emits=tuple(self._emits))

    def _server(self, module: Module, node: SgNode) -> SocketServer:
        line, column, end_line = place(node)
        options = self._given(module, node)
        lost = next((why for asks, why in self._uses if why), "")
        if not lost and self._handshakes:
            lost = f"{self._handshakes[0]} looks at a handshake outside of `use`"
        own = isinstance(options, dict) and "allowRequest" in options
        asks = own or any(asks for asks, _ in self._uses)
        return SocketServer(
            path=module.path,
            line=line,
            column=column,
            end_line=end_line,
            options=options,
            asks=asks,
            lost="" if asks else lost,
            text=short(node),
        )

    def _given(self, module: Module, node: SgNode) -> Any:
        told = [self._options.option(module, each, EMPTY) for each in arguments(node)]
        return next((one for one in reversed(told) if isinstance(one, dict)), None)
