"""Servers of Socket.IO: how each asks who is there, and what is sent to everybody."""

import re
from collections.abc import Sequence
from typing import Any

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.express_model import Computed, Role
from skillconnect_ops.code.express_origins import Origin, Origins
from skillconnect_ops.code.express_packages import known
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import EMPTY, Expression, bare, parameters, short
from skillconnect_ops.code.package_calls import CALLS, Options, place
from skillconnect_ops.code.syntax import FUNCTIONS, arguments, pairs, string

_PACKAGE = "socket.io"
_PREFILTER = re.compile(r"socket\.io|\.emit\(|handshake")
_MAKERS = frozenset({"", "Server", "listen"})
_IO = re.compile(
    r"(?:^|[.])_?io(?:Server|Instance)?$|getI[oO]\(\)$|get\(\s*['\"](?:socket)?io['\"]\s*\)$"
)
_ALL = re.compile(
    r"^(?:(?:Server|listen)\.?)?"
    r"(?:sockets\.|of\.|local\.|volatile\.|except\.|compress\.|timeout\.)*(?:emit|send)$"
)
_BROADCAST = re.compile(r"\b\w+\.(?:broadcast|nsp)(?:\.volatile)?\.emit$")
_WHO = r"handshake\s*\??\.\s*(?:auth|query|headers|session)\b|handshake\s*\["
_LOOKS = re.compile(
    rf"{_WHO}|token|\bauth|Auth|session|passport|jwt|verify|cookie|\.user\b(?!\s*=[^=])",
    re.IGNORECASE,
)
_PROVES = re.compile(r"\bverify\w*\(")
_HANDSHAKE = re.compile(_WHO)
_LETS_ALL = re.compile(r"^[^{]*=>\s*\{?\s*(?:return\s+)?\w+\(\s*null\s*,\s*true\s*\)\s*;?\s*\}?$")
_GUARDS = frozenset(
    {
        *("socketio-jwt", "@thream/socketio-jwt", "socketio-jwt-auth", "socketio-auth"),
        *("passport.socketio", "@auth0/socketio-jwt"),
    }
)
_MAIN = "/"
_DEEPEST = 3
Key = tuple[str, int]
"""Where a server is made: its file and place."""


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
    """Whether a function given to `use` looks at who is there, and refuses."""
    only: str = ""
    """The namespaces that ask, where the main one does not."""
    lost: str = ""
    """Why that is not told."""
    text: str


class _Asked(Struct, frozen=True):
    """What a function that is given to `use` does for who connects."""

    asks: bool = False
    lost: str = ""


class _Use(Struct, frozen=True, kw_only=True):
    """A `use`, or a handler of `connection`, of a server or one of its namespaces."""

    server: Key | None
    """None where it is called `io`, and not told which one it is."""
    namespace: str
    asked: _Asked | None
    """None of a handler."""


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
        self._uses: list[_Use] = []
        self._emits: list[Emit] = []
        self._looked: list[tuple[str, int, int]] = []
        self._handshakes: list[tuple[str, int]] = []
        self._later: dict[Key, Any] = {}

    def through(self, module: Module) -> None:
        for found in module.root.find_all(kind="member_expression", regex="handshake"):
            if _HANDSHAKE.search(found.text()):
                self._handshakes.append((module.path, found.range().start.index))
        for node in module.root.find_all(any=[{"kind": kind} for kind in CALLS]):
            maker = node.field("function") or node.field("constructor")
            if maker is None:
                continue
            last = maker.text().rpartition(".")[2]
            if last in {"listen", "attach"} and _PACKAGE in module.text:
                self._attached(module, node, maker)
            if last in {"emit", "send", "use", "on"}:
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
        if last in {"use", "on"}:
            if origin is not None or named:
                self._used(module, call, origin, last)
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

    def _attached(self, module: Module, call: SgNode, maker: SgNode) -> None:
        """`io.attach(server, options)`: options that come later."""
        origin, given = self._origin(module, maker), arguments(call)
        if origin is None or origin.package != _PACKAGE or not origin.made or len(given) < 2:
            return
        made, node = origin.made[0], given[1]
        found = module.scopes.meaning(node.text(), node) if node.kind() == "identifier" else None
        value = found.home.field("value") if found is not None else node
        told = {} if value is None else {name: each for name, _, each in pairs(value)}
        options: Any = self._options.option(module, node, EMPTY)
        if "allowRequest" in told:
            options = {"allowRequest": self._options.option(module, told["allowRequest"], EMPTY)}
        key = (made.module.path, made.node.range().start.index)
        self._later[key] = options

    def _used(self, module: Module, call: SgNode, origin: Origin | None, last: str) -> None:
        given = arguments(call)
        if last == "on" and (not given or string(given[0]) not in {"connection", "connect"}):
            return
        made = origin.made[0] if origin is not None and origin.made else None
        spaces = [
            arguments(one.node)
            for one in (origin.made[1:] if origin is not None else ())
            if (one.node.field("function") or one.node).text().endswith(".of")
        ]
        space = _MAIN
        if spaces and spaces[-1]:
            space = string(spaces[-1][0]) or spaces[-1][0].text()
        elif ".of(" in (call.field("function") or call).text():
            space = (call.field("function") or call).text().partition(".of(")[2].partition(")")[0]
            space = space.strip("'\"`")
        self._uses.append(
            _Use(
                server=None if made is None else (made.module.path, made.node.range().start.index),
                namespace=space,
                asked=self._asks(module, given) if last == "use" else None,
            )
        )

    def _asks(self, module: Module, given: Sequence[SgNode]) -> _Asked:
        if not given:
            return _Asked()
        value = self._values.of(module, given[0], EMPTY)
        if isinstance(value, Expression) and value.node.kind() in FUNCTIONS:
            span = value.node.range()
            self._looked.append((value.module.path, span.start.index, span.end.index))
            return self._of_function(value, 0)
        origin = self._origins.of(value)
        if origin is not None and origin.package in _GUARDS:
            return _Asked(asks=True)
        return _Asked(lost=f"what {short(given[0])} does is not told")

    def _of_function(self, function: Expression, depth: int) -> _Asked:
        """Whether a function looks who is there, and refuses some."""
        names = [(each.field("pattern") or each).text() for each in parameters(function.node)]
        text = _code(function.node)
        done = re.escape(names[-1]) if len(names) > 1 else "next"
        hands_on, lost = False, ""
        for call in function.node.find_all(kind="call_expression"):
            given = [each.text() for each in arguments(call)]
            maker = call.field("function")
            if maker is None or len(names) < 2:
                continue
            if names[-1] in given and maker.text().rpartition(".")[2] not in {"catch", "then"}:
                inner = self._handed_on(function, maker, depth)
                if inner.asks:
                    return inner
                hands_on, lost = True, lost or inner.lost
            elif names[0] in given and not _LOOKS.search(maker.text()):
                lost = lost or f"what {short(maker)} does is not told"
        refuses = (
            re.search(rf"\b{done}\(\s*(?![\s)]|null\s*\)|undefined)", text) is not None
            or re.search(rf"\.(?:catch|then)\([^()]*\b{done}\b", text) is not None
            or ".disconnect(" in text
            or re.search(r"\bthrow\b", text) is not None
            or _PROVES.search(text) is not None
        )
        if refuses and _LOOKS.search(text):
            return _Asked(asks=True)
        return _Asked(lost=lost if refuses or hands_on else "")

    def _handed_on(self, function: Expression, maker: SgNode, depth: int) -> _Asked:
        """`check(socket, next)`, `session(socket.request, {}, next)`."""
        value = self._values.of(function.module, bare(maker), function.frame)
        if isinstance(value, Expression) and value.node.kind() in FUNCTIONS:
            return self._of_function(value, depth + 1) if depth < _DEEPEST else _Asked()
        origin = self._origins.of(value)
        does = known(origin.package, origin.member) if origin is not None else None
        if does is not None:
            return _Asked(asks=does.role is Role.AUTH)
        return _Asked(lost=f"what {short(maker)} does is not told")

    def found(self) -> Sockets:
        servers = tuple(self._server(module, node) for module, node in self._made)
        return Sockets(servers=servers, emits=tuple(self._emits))

    def _server(self, module: Module, node: SgNode) -> SocketServer:
        line, column, end_line = place(node)
        options = self._given(module, node)
        own = (module.path, node.range().start.index)
        alone = len(self._made) == 1
        mine = [one for one in self._uses if one.server == own or (one.server is None and alone)]
        asking = {one.namespace for one in mine if one.asked is not None and one.asked.asks}
        open_ones = {one.namespace for one in mine if one.asked is None} - asking
        later = self._later.get(own)
        whole = _allows_some(options) or _allows_some(later)
        bare_main = _MAIN not in asking and (_MAIN in open_ones or not asking)
        lost = next((one.asked.lost for one in mine if one.asked and one.asked.lost), "")
        if not lost and not alone and any(one.server is None and one.asked for one in self._uses):
            lost = "which server `io` is"
        if not lost and isinstance(later, Computed):
            lost = f"the options that it is attached with are not told: {later.reason}"
        outside = self._handshake_outside()
        if not lost and outside:
            lost = f"{outside} looks at a handshake outside of `use`"
        if not bare_main and open_ones and not whole:
            lost = f"the main namespace asks; whether {min(open_ones)} does depends on the release"
        asks = whole or not (bare_main or open_ones)
        return SocketServer(
            path=module.path,
            line=line,
            column=column,
            end_line=end_line,
            options=options,
            asks=asks,
            only=", ".join(sorted(asking - {_MAIN})) if bare_main else "",
            lost="" if asks else lost,
            text=short(node),
        )

    def _handshake_outside(self) -> str:
        """A file that looks at a handshake in no function that is given to `use`."""
        for path, place_ in self._handshakes:
            if not any(path == one and begin <= place_ < end for one, begin, end in self._looked):
                return path
        return ""

    def _given(self, module: Module, node: SgNode) -> Any:
        told = [self._options.option(module, each, EMPTY) for each in arguments(node)]
        return next((one for one in reversed(told) if isinstance(one, dict)), None)


def _allows_some(options: Any) -> bool:
    """Whether `allowRequest` decides who may connect."""
    if not isinstance(options, dict) or "allowRequest" not in options:
        return False
    given = options["allowRequest"]
    return not (isinstance(given, Computed) and _LETS_ALL.search(given.text))


def _code(function: SgNode) -> str:
    """The text of a function without its comments, and without what its strings say."""
    text = function.text()
    for each in function.find_all(any=[{"kind": "comment"}, {"kind": "string_fragment"}]):
        text = text.replace(each.text(), " ", 1)
    return text
