"""What expressions of Python come to, as far as their text tells; nothing of it runs.

Numbers, texts, tuples, lists and dicts stand for themselves. The rest is one of the classes below;
what is not told is `Unknown`, and stays it through all that is made of it.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from skillconnect_ops.code.fastapi_modules import Module

MISSING: Any = object()
"""That there is nothing, where None is a value."""
SENT = "it is what was sent"
"""Why something is not told that a request brings."""
_MOST_PARTS = 2_000
_MOST_TEXT = 200
_KEPT = "skc_text"


@dataclass(eq=False)
class Unknown:
    """A value that the text does not tell."""

    text: str
    """As it is written, cut."""
    reason: str
    default: Any = MISSING
    """What it is unless the environment says otherwise."""
    outside: bool = False
    """Whether it comes from the environment, a file or a random source."""
    options: tuple[Any, ...] = ()
    """What it may be, or is made of, as far as that is told."""
    is_choice: bool = False
    """Whether it is one of the options, and nothing else."""
    origin: "tuple[Class, str] | None" = None
    """The attribute of an object that it is."""


@dataclass(eq=False)
class External:
    """Something of a package: `fastapi.Depends`; or a builtin: `builtins.len`."""

    name: str

    @property
    def last(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]

    @property
    def package(self) -> str:
        """The package that it comes from."""
        return self.name.partition(".")[0]


@dataclass(eq=False)
class Made:
    """What a call of something external gives: `Depends(user)`, `Limiter(key_func=…)`."""

    of: External
    args: list[Any]
    kwargs: dict[str, Any]
    node: ast.AST
    module: Module

    def given(self, place: int, *names: str) -> Any:
        """An argument by its place or its name; MISSING where it is not given."""
        for name in names:
            if name in self.kwargs:
                return self.kwargs[name]
        return self.args[place] if 0 <= place < len(self.args) else MISSING


@dataclass(eq=False)
class ModuleValue:
    """A module of the project."""

    path: str


@dataclass(eq=False)
class Env:
    """The names of one scope."""

    module: Module
    parent: "Env | None" = None
    names: dict[str, Any] = field(default_factory=dict)
    is_class: bool = False
    owner: "Class | None" = None
    """The class whose method runs here."""
    returns: list[Any] = field(default_factory=list)

    def lookup(self, name: str) -> Any:
        """What a name means here; MISSING where nothing here says it."""
        env: Env | None = self
        while env is not None:
            if name in env.names and (not env.is_class or env is self):
                return env.names[name]
            env = env.parent
        return MISSING


@dataclass(eq=False)
class Given:
    """What a call is made with, and where it stands."""

    args: list[Any]
    kwargs: dict[str, Any]
    node: ast.AST
    env: Env

    @property
    def module(self) -> Module:
        """The module of the call."""
        return self.env.module

    @property
    def all(self) -> list[Any]:
        """Every value."""
        return [*self.args, *self.kwargs.values()]

    def at(self, place: int, name: str) -> Any:
        """An argument by its place or its name; MISSING where it is not given."""
        if len(self.args) > place:
            return self.args[place]
        return self.kwargs.get(name, MISSING)


@dataclass(eq=False)
class Lazy:
    """A name that is imported, and not looked for yet."""

    near: str
    dotted: str
    level: int
    name: str | None


@dataclass(eq=False)
class Function:
    """A function of the project."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    env: Env
    owner: "Class | None" = None
    bound: Any = MISSING
    """What `self` is."""
    decorators: tuple[Any, ...] = ()
    """Those below the one that registers it; the outermost first."""

    @property
    def name(self) -> str:
        """As it is called."""
        return "lambda" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def module(self) -> Module:
        """Where it stands."""
        return self.env.module


@dataclass(eq=False)
class Class:
    """A class of the project."""

    node: ast.ClassDef
    env: Env
    """Of its body."""
    bases: tuple[Any, ...]

    @property
    def name(self) -> str:
        """As it is called."""
        return self.node.name

    def lines(self) -> Iterator[Any]:
        """Itself and what it is made from, the nearest first; what is external last."""
        waiting: list[Any] = [self]
        seen: list[Any] = []
        while waiting:
            one = waiting.pop(0)
            if any(one is each for each in seen):
                continue
            seen.append(one)
            yield one
            if isinstance(one, Class):
                waiting += one.bases

    def is_a(self, *names: str) -> bool:
        """Whether it is made from something external of one of these last names."""
        return any(isinstance(one, External) and one.last in names for one in self.lines())

    def find(self, name: str) -> Any:
        """An attribute of the class; MISSING where it has none."""
        for one in self.lines():
            if isinstance(one, Class) and name in one.env.names:
                return one.env.names[name]
        return MISSING


@dataclass(eq=False)
class Instance:
    """An object of a class of the project."""

    of: Class
    attrs: dict[str, Any] = field(default_factory=dict)
    typed: bool = False
    """Whether its class alone is told, by an annotation: it may be None as well."""
    node: ast.AST | None = None
    wraps: Any = None
    """The app that it stands before."""


@dataclass(eq=False)
class Member:
    """A member of an enum."""

    of: Class
    name: str
    value: Any


@dataclass(eq=False)
class Asked:
    """The request that a function is asked with: of one method and path, the rest not told."""

    method: str | None = None
    path: str | None = None
    part: str = ""
    """What of it: `url`, `headers`; empty of itself."""


@dataclass(eq=False)
class Method:
    """A method of a value that stands for itself, or of one that others look after."""

    of: Any
    name: str


def bound(function: Function, holder: Any) -> Function:
    """A method of an object, or of a class."""
    return Function(function.node, function.env, function.owner, holder, function.decorators)


TOO_MANY = object()
"""That a value has more parts than were looked at."""


def parts(value: Any) -> Iterator[Any]:
    """A value and all that is in it, what it may be included; `TOO_MANY` where that does not end.

    Of the same thing once more, as in `[x, x]`, all is given once more.
    """
    waiting: list[Any] = [value]
    for number in range(_MOST_PARTS):
        if not waiting:
            return
        if number == _MOST_PARTS - 1:
            yield TOO_MANY
            return
        one = waiting.pop()
        yield one
        if isinstance(one, list | tuple | set | frozenset):
            waiting += one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, Unknown):
            waiting += one.options
            if one.default is not MISSING:
                waiting.append(one.default)


def short(node: ast.AST) -> str:
    """A piece of code on one line, cut; kept at the node, since it is asked for often."""
    told: str | None = node.__dict__.get(_KEPT)
    if told is None:
        text = " ".join(ast.unparse(node).split())
        told = text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"
        setattr(node, _KEPT, told)
    return told


def shown(value: Any) -> str:
    """A path as it is known: what is computed stands there as `<text>`."""
    if isinstance(value, str):
        return value
    if isinstance(value, Member):
        return shown(value.value)
    if isinstance(value, Unknown):
        return value.default if isinstance(value.default, str) else f"<{value.text}>"
    return f"<{value}>" if isinstance(value, int | float) else "<a path>"
