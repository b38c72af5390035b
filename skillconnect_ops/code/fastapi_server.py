"""What a FastAPI service's code shows besides its routes: packages called, cookies, traces.

Every function of a module that is worth it is followed for itself, and from where it is called: of
a call whose arguments come in as parameters, those that its callers give are taken.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from skillconnect_ops.code.answers import Answers, Cookie, Header, Trace
from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.exemptions import Exemptions, of_python
from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.fastapi_apps import Apps, Layer, Routed
from skillconnect_ops.code.fastapi_events import Call, by_setting
from skillconnect_ops.code.fastapi_modules import Module, Modules
from skillconnect_ops.code.fastapi_run import Run
from skillconnect_ops.code.fastapi_traces import is_of_error, is_trace, answers_500
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Class,
    External,
    Function,
    Instance,
    Made,
    Member,
    Unknown,
    parts,
    short,
)
from skillconnect_ops.code.model import Unparsed
from skillconnect_ops.code.package_calls import OUTSIDE, Defaulted, PackageCall
from skillconnect_ops.code.server import Server
from skillconnect_ops.code.testing import is_test

_WORDS = re.compile(
    rb"\.set_cookie\(|\bimport jwt\b|\bfrom (?:jwt|jose|authlib|joserfc)\b|\bimport jose\b"
    rb"|CORSMiddleware|SessionMiddleware|\buvicorn\.|^\s*(?:from|import)\s+(?:fastapi|starlette)\b",
    re.MULTILINE,
)
"""What a file is looked into for."""
_CALLS = frozenset(
    {"set_cookie", "encode", "decode", "run", "Config", "FastAPI", "Starlette", "add_middleware"}
    | {"headers[]"}
)
"""Names of what is called that matters, and of what makes an answer."""
_STEPS = 40_000
_TOKENS = re.compile(
    r"^(?:jwt|jose(?:\.jwt)?|authlib\.jose(?:\.jwt)?|joserfc\.jwt)\.(?:\w+\.)?(encode|decode)$"
)
_FAR = 6
_TOO_COMMON = frozenset({"__init__", "get", "run", "main", "__call__", "update", "items", "read"})
_RULE = ("no-rule-of-ruff",)


def server(
    files: Sequence[str],
    read: Callable[[str], bytes | Skipped],
    *,
    within: Sequence[str] | None = None,
) -> Server:
    """Read a project's code; that of tests is left out.

    Args:
        files: relative paths.
        read: the bytes of one, or why it is no source.
        within: look into these alone; what they import is followed all the same.
    """
    sources = [path for path in files if path.endswith(".py")]
    looked = frozenset(sources if within is None else within)
    worth: list[str] = []
    exemptions: dict[str, Exemptions] = {}
    own = [path for path in sources if path in looked and not is_test(path)]
    for path in own:
        data = read(path)
        if isinstance(data, Skipped):
            continue
        if _WORDS.search(data):
            worth.append(path)
        if b"skc:" in data:
            exemptions[path] = of_python(data.decode("utf-8-sig", errors="replace"), rules=_RULE)
    if not worth:
        return Server(exemptions=exemptions)

    def text(path: str) -> str | None:
        data = read(path)
        return None if isinstance(data, Skipped) else data.decode("utf-8-sig", errors="replace")

    modules = Modules(sources, text)
    found = _Search(modules, worth)
    found.go()
    faults = [
        Unparsed(path=one.path, reason=one.fault)
        for one in modules.seen()
        if one.fault is not None and one.path in worth
    ]
    return Server(
        calls=tuple(found.calls()),
        answers=Answers(
            cookies=tuple(found.cookies()),
            headers=tuple(found.headers()),
            traces=tuple(found.traces()),
        ),
        exemptions=exemptions,
        unparsed=tuple(faults),
        files=len(worth),
    )


class _Search:
    """One search through a project."""

    def __init__(self, modules: Modules, files: Sequence[str]) -> None:
        self._files = files
        self._modules = modules
        self._apps = Apps()
        self._run = Run(modules, self._apps, frozenset(files), _STEPS)
        self._run.hears_modules = True
        self._run.recording = True
        self._calls: list[Call] = []
        self._handlers: set[int] = set()
        """The nodes of functions whose result is an answer."""

    def go(self) -> None:
        """Follow all modules, and each of their functions."""
        for path in self._files:
            self._run.load(path)
        for routed in self._apps.every:
            for layer in routed.layers:
                if isinstance(layer.target, Function):
                    self._handlers.add(id(layer.target.node))
        self._take()
        functions = self._leading([each for path in self._files for each in self._functions(path)])
        for path in self._files:
            for one in [one for one in functions if one.module.path == path]:
                self._run.left, self._run.conditions = _STEPS, []
                self._run.run(one, [], {}, one.node, one.env)
                self._take()

    def _leading(self, functions: Sequence[Function]) -> list[Function]:
        """Those that call what matters, and those that lead to them, by the names of calls."""
        names = [(one, {name for name in _called_in(one)}) for one in functions]
        wanted: set[str] = set()
        found: dict[int, Function] = {}
        for _ in range(_FAR):
            before = len(found)
            for one, called in names:
                if id(one.node) not in found and any(
                    name in _CALLS or name in wanted or _ANSWERS.search(name) for name in called
                ):
                    found[id(one.node)] = one
            wanted = {one.name for one in found.values()} - _TOO_COMMON
            if len(found) == before:
                break
        return [one for one in functions if id(one.node) in found]

    def _take(self) -> None:
        self._calls += [
            one
            for one in self._run.events
            if isinstance(one, Call) and one.module.path in self._files
        ]
        self._run.events.clear()

    def _functions(self, path: str) -> Iterator[Function]:
        env = self._run.envs.get(path)
        for value in list(env.names.values()) if env is not None else ():
            if isinstance(value, Function) and value.module.path == path:
                yield value
            elif isinstance(value, Class) and value.env.module.path == path:
                yield from _methods(value)

    # what is told

    def calls(self) -> list[PackageCall]:
        """Those whose options matter, each once, however many ways lead to it."""
        told: dict[str, PackageCall] = {}
        for one in self._every():
            told.setdefault(f"{one.path}:{one.line}:{one.column}:{one.given}:{one.guard}", one)
        return sorted(told.values(), key=lambda one: (one.path, one.line, one.column))

    def _every(self) -> Iterator[PackageCall]:
        for one in self._known(lambda call: _TOKENS.search(call.name) is not None):
            member = _TOKENS.search(one.name)
            package = "python-jose" if one.name.startswith("jose") else "PyJWT"
            if member is not None and not one.name.startswith("jwt.api"):
                options = {name: self.plain(value) for name, value in one.kwargs.items()}
                given = [self.plain(value) for value in one.args]
                yield self._call(one, package, member[1], (*given, options))
        for one in self._known(lambda call: call.name in {"uvicorn.run", "uvicorn.Config"}):
            options = {name: self.plain(value) for name, value in one.kwargs.items()}
            yield self._call(one, "uvicorn", "run", (options,))
        for routed in _once(self._apps.every):
            if routed.is_app:
                options = {name: self.plain(value) for name, value in routed.given.items()}
                yield self._made(routed, routed.module, routed.condition, routed.kind, options)
            for layer in _once(routed.layers):
                if layer.what == "middleware":
                    yield from self._middleware(layer)

    def _middleware(self, layer: Layer) -> Iterator[PackageCall]:
        name = layer.target.last if isinstance(layer.target, External) else ""
        if name in {"CORSMiddleware", "SessionMiddleware"}:
            options = {key: self.plain(value) for key, value in layer.given.items()}
            yield self._made(layer, layer.module, layer.condition, name, options)

    def _made(  # noqa: PLR0917 - what a call is made of
        self,
        one: Any,
        module: Module,
        condition: str | None,
        member: str,
        options: dict[str, Any],
    ) -> PackageCall:
        return PackageCall(
            path=module.path,
            line=one.line,
            column=getattr(one.node, "col_offset", 0) + 1,
            end_line=getattr(one.node, "end_lineno", None) or one.line,
            package="starlette",
            member=member,
            guard=by_setting((condition or "").split(" and ")),
            given=(options,),
            text=short(one.node),
        )

    def _call(self, one: Call, package: str, member: str, given: tuple[Any, ...]) -> PackageCall:
        return PackageCall(
            path=one.module.path,
            line=one.line,
            column=getattr(one.node, "col_offset", 0) + 1,
            end_line=getattr(one.node, "end_lineno", None) or one.line,
            package=package,
            member=member,
            guard=by_setting(one.conditions),
            given=given,
            text=short(one.node) if one.node is not None else one.name,
            function=getattr(one.within, "lineno", 0),
        )

    def _known(self, wanted: Callable[[Call], bool]) -> list[Call]:
        """The calls of a sort: of one place those that come from the farthest, each once."""
        by_place: dict[int, list[Call]] = {}
        for one in self._calls:
            if wanted(one):
                by_place.setdefault(id(one.node), []).append(one)
        found: list[Call] = []
        for several in by_place.values():
            from_elsewhere = [one for one in several if one.depth > 1]
            found += from_elsewhere or several[:1]
        return found

    def cookies(self) -> Iterator[Cookie]:
        """The cookies that are set."""
        told: dict[tuple[Any, ...], Cookie] = {}
        for one in self._known(lambda call: call.name.endswith(".set_cookie")):
            cookie = self._cookie(one)
            told.setdefault(
                (cookie.path, cookie.line, repr(cookie.name), repr(cookie.options)), cookie
            )
        yield from told.values()

    def _cookie(self, one: Call) -> Cookie:
        given = dict(one.kwargs)
        for name, value in zip(
            (
                "key",
                "value",
                "max_age",
                "expires",
                "path",
                "domain",
                "secure",
                "httponly",
                "samesite",
            ),
            one.args,
            strict=False,
        ):
            given.setdefault(name, value)
        options: Any = {
            "httpOnly": self.plain(given.get("httponly", False)),
            "secure": self.plain(given.get("secure", False)),
            "sameSite": self.plain(given.get("samesite", "lax")),
        }
        if "..." in given:
            options["..."] = self.plain(given["..."])
            options = {k: v for k, v in options.items() if k == "..." or k.lower() in given}
        name = given.get("key")
        return Cookie(
            path=one.module.path,
            line=one.line,
            column=getattr(one.node, "col_offset", 0) + 1,
            end_line=getattr(one.node, "end_lineno", None) or one.line,
            name=_one_of(name),
            options=options,
            text=_said(name),
        )

    def headers(self) -> Iterator[Header]:
        """The headers of cross-origin requests that are set."""
        for one in self._known(lambda call: call.name.endswith("headers[]")):
            name, value = one.args
            told = str(name).lower()
            if told.startswith(_CROSS) and not _is_chosen(one.conditions):
                yield self._header(one.module, one.node, told, self.plain(value), one)
        for path in self._files:
            module = self._modules.module(path)
            for node, name, value in _pairs(module.tree) if module is not None else ():
                yield self._header(module, node, name, value, None)

    @staticmethod
    def _header(
        module: Any, node: ast.AST | None, name: str, value: Any, call: Call | None
    ) -> Header:
        line = int(getattr(node, "lineno", 1))
        return Header(
            path=module.path,
            line=line,
            column=getattr(node, "col_offset", 0) + 1,
            end_line=getattr(node, "end_lineno", None) or line,
            name=name,
            value=value,
            guard=by_setting(call.conditions) if call is not None else None,
            function=getattr(call.within, "lineno", 0) if call is not None else line,
            text=short(node) if node is not None else name,
        )

    def traces(self) -> Iterator[Trace]:
        """Stack traces, and words of errors, that go into answers."""
        seen: set[tuple[str, int]] = set()
        for one in self._calls:
            place = (one.module.path, one.line)
            if place in seen or not _ANSWERS.search(one.name):
                continue
            values = [one.args, one.kwargs]
            trace = next((short_of(each) for each in parts(values) if is_trace(each)), None)
            words = None
            if trace is None and answers_500(one.args, one.kwargs, one.name):
                words = next((short_of(each) for each in parts(values) if is_of_error(each)), None)
            if trace is None and words is None:
                continue
            seen.add(place)
            yield Trace(
                path=one.module.path,
                line=one.line,
                column=getattr(one.node, "col_offset", 0) + 1,
                end_line=getattr(one.node, "end_lineno", None) or one.line,
                guard=by_setting(one.conditions),
                text=trace or words or "",
                words=trace is None,
            )

    def plain(self, value: Any, depth: int = 0) -> Any:
        """A value as plain data; see `Computed` and `Defaulted`."""
        if isinstance(value, str | int | float | bool | bytes | type(None)) or depth > 4:
            return value if depth <= 4 else Computed("", "it is nested deeply")
        if isinstance(value, list | tuple | set | frozenset):
            return [self.plain(one, depth + 1) for one in value]
        if isinstance(value, dict):
            return {
                str(self.plain(key, depth + 1)): self.plain(one, depth + 1)
                for key, one in value.items()
            }
        if isinstance(value, Member):
            return self.plain(value.value, depth + 1)
        if isinstance(value, Unknown):
            return self._unknown(value, depth)
        text = short(value.node) if isinstance(value, Made) else str(getattr(value, "name", ""))
        outside = isinstance(value, Made) and _FROM_OUTSIDE.search(value.of.name) is not None
        return Computed(text, OUTSIDE if outside else "it is computed")

    def _unknown(self, value: Unknown, depth: int) -> Any:
        if value.outside or any(isinstance(one, Unknown) and one.outside for one in parts(value)):
            default = next((d for d in _defaults(value) if isinstance(d, str | bool | list)), None)
            if isinstance(default, list) and default:
                texts = [one for one in default if isinstance(one, str)]
                return [Defaulted(value.text, OUTSIDE, one) for one in texts]
            if isinstance(default, str) and default:
                return Defaulted(value.text, OUTSIDE, default)
            if isinstance(default, bool):
                return Defaulted(value.text, OUTSIDE, str(default))
            return Computed(value.text, OUTSIDE)
        held = self._held(value)
        if held is not None:
            return held
        keys = {
            key: self.plain(each, depth + 1)
            for one in value.options
            if isinstance(one, dict)
            for key, each in one.items()
            if isinstance(key, str)
        }
        if keys:
            return {**keys, "...": Computed(value.text, value.reason)}
        return Computed(value.text, value.reason)

    def _held(self, value: Unknown) -> Any:
        """What an attribute holds in every object of its class that is made here."""
        origin = next(
            (one.origin for one in parts(value) if isinstance(one, Unknown) and one.origin), None
        )
        if origin is None:
            return None
        of, name = origin
        made = [one for one in self._run.objects.get(id(of.node), ()) if not one.typed]
        texts = [one.attrs.get(name, MISSING) for one in made]
        literal = next((one for one in texts if isinstance(one, str) and one), None)
        if literal is not None:
            return literal
        return Computed(value.text, OUTSIDE) if texts else None


_FROM_OUTSIDE = re.compile(
    r"^(?:os|secrets|decouple|environs|pathlib|dotenv)\.|environ|getenv|Config"
)
_ANSWERS = re.compile(r"(?:Response|HTTPException)$")


_CROSS = "access-control-allow-"
_CHOOSES = re.compile(r"origin", re.IGNORECASE)


def _is_chosen(conditions: Iterable[str]) -> bool:
    """Whether somebody looked at the origin before."""
    return any(_CHOOSES.search(one) for one in conditions)


def _pairs(tree: ast.Module) -> Iterator[tuple[ast.AST, str, str]]:
    """Headers of cross-origin requests that stand as texts in tuples and dicts."""
    for node in ast.walk(tree):
        found: list[tuple[ast.AST, Any, Any]] = []
        if isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
            found = [(node, *node.elts)]
        elif isinstance(node, ast.Dict):
            found = [
                (key, key, value)
                for key, value in zip(node.keys, node.values, strict=True)
                if key is not None
            ]
        for place, name, value in found:
            told, said = _text(name), _text(value)
            if told is not None and said is not None and told.lower().startswith(_CROSS):
                yield place, told.lower(), said


def _text(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else None


def short_of(value: Any) -> str:
    """A value as it is written."""
    if isinstance(value, Made):
        return short(value.node)
    return str(getattr(value, "text", value))


def _defaults(value: Unknown) -> Iterator[Any]:
    for one in parts(value):
        if isinstance(one, Unknown) and one.default is not MISSING:
            yield one.default


def _one_of(value: Any) -> Any:
    """The name of a cookie: where it is one of several, the last of them."""
    if isinstance(value, Unknown) and value.is_choice:
        told = [one for one in parts(value) if isinstance(one, str)]
        if told:
            return min(told, key=len)
    if isinstance(value, Member):
        return value.value
    return value if isinstance(value, str) else Computed(_said(value), "it is computed")


def _said(value: Any) -> str:
    return value if isinstance(value, str) else str(getattr(value, "text", "a cookie"))


def _called_in(one: Function) -> Iterator[str]:
    for node in ast.walk(one.node):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield f"{ast.unparse(node.value).rpartition('.')[2]}[]"


def _methods(of: Class) -> Iterator[Function]:
    for value in list(of.env.names.values()):
        if isinstance(value, Function):
            held = Instance(of, typed=True)
            yield Function(value.node, value.env, value.owner, held, value.decorators)


def _once(several: Iterable[Any]) -> Iterator[Any]:
    """Those of one place once, however often a function was followed that makes it."""
    seen: set[int] = set()
    for one in several:
        if isinstance(one, Routed | Layer) and id(one.node) not in seen:
            seen.add(id(one.node))
            yield one
