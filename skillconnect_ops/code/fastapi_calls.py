"""What calls come to while a project is followed."""

import ast
import re
from typing import Any

from skillconnect_ops.code.fastapi_apps import Above, Decorator, Routed
from skillconnect_ops.code.fastapi_attributes import DUMPS, READS, Attributes
from skillconnect_ops.code.fastapi_events import Asks, Holds, Lost, Refusal, is_error
from skillconnect_ops.code.fastapi_natives import BUILTINS, CHANGING, HOLDING, method_of
from skillconnect_ops.code.fastapi_operators import is_told
from skillconnect_ops.code.fastapi_typing import awaited, field_defaults
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    SENT,
    Asked,
    Class,
    Env,
    External,
    Function,
    Given,
    Instance,
    Made,
    Method,
    Unknown,
    bound,
    parts,
    short,
)

_DEEPEST = 14
_LONGEST = 20_000
_OUTSIDE = re.compile(r"^(?:os\.(?:environ|getenv)|secrets\.|decouple|environs|dotenv|uuid\.)")
_HOLDS = frozenset(
    {
        *("model_validate", "model_validate_json", "validate_python", "validate_json", "parse_obj"),
        *("parse_raw", "parse_obj_as", "convert"),
    }
)
_ANSWERS = re.compile(r"(?:Response|HTTPException|abort)$")
_ADDING = frozenset({"append", "extend", "insert"})


class Calls(Attributes):
    """Follows calls."""

    def call(self, callee: Any, node: ast.Call, env: Env) -> Any:
        """What a call gives."""
        args: list[Any] = []
        for one in node.args:
            found = self.value(one, env)
            if isinstance(one, ast.Starred) and isinstance(found, list | tuple):
                args += found
            else:
                args.append(found)
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            found = self.value(keyword.value, env)
            if keyword.arg is not None:
                kwargs[keyword.arg] = found
            elif isinstance(found, dict):
                kwargs |= {str(key): value for key, value in found.items()}
            else:
                kwargs["..."] = found
        return self.applied(callee, Given(args, kwargs, node, env))

    def applied(  # noqa: PLR0911 - one a kind of value
        self, callee: Any, given: Given
    ) -> Any:
        """What something gives when it is called."""
        match callee:
            case Function():
                return self.run(callee, given)
            case Class():
                return self._instance(callee, given)
            case Method():
                return self._method(callee, given)
            case External():
                return self._external(callee, given)
            case Decorator() if given.args:
                self.apps.decorated(callee, given.args[0], self.condition)
                return given.args[0]
            case Instance() if isinstance(found := callee.of.find("__call__"), Function):
                return self.run(bound(found, callee), given)
            case Unknown():
                for one in callee.options:
                    if isinstance(one, Function | Class | Instance | Method):
                        self.applied(one, given)
            case _:
                pass
        return self._lost(callee, given)

    def run(self, function: Function, given: Given) -> Any:
        """Follow a call of a function of the project."""
        inner = function.node
        self.called.add(id(inner))
        told = Unknown(short(given.node), f"what {function.name} gives is not told")
        if inner in self.depth:
            return told
        if len(self.depth) > _DEEPEST:
            why = f"{function.name} lies too deep"
            self.note(Lost(*self.at(given.node, given.env), why=why))
            return told
        local = Env(function.module, function.env, owner=function.owner)
        self._bind(function, local, given)
        self.count(given.all, given)
        if isinstance(inner, ast.Lambda):
            return self.value(inner.body, local)
        self.depth.append(inner)
        kept, self.conditions = self.conditions, list(self.conditions)
        try:
            self.body(inner.body, local)
        finally:
            self.depth.pop()
            self.conditions = kept
        found = _given_back(local.returns, told)
        self.count([found], given)
        if isinstance(found, Unknown) and inner.returns is not None:
            kind = awaited(self, inner.returns, function)
            if kind is not None:
                return Instance(kind, typed=True)
        return found

    def _bind(self, function: Function, env: Env, given: Given) -> None:
        """Give parameters their values."""
        spec = function.node.args
        names = [*spec.posonlyargs, *spec.args]
        args = list(given.args)
        if function.bound is not MISSING:
            args.insert(0, function.bound)
        for one, value in zip(names, args, strict=False):
            env.names[one.arg] = value
        if spec.vararg is not None:
            env.names[spec.vararg.arg] = tuple(args[len(names) :])
        known = {one.arg for one in (*names, *spec.kwonlyargs)}
        env.names |= {name: value for name, value in given.kwargs.items() if name in known}
        if spec.kwarg is not None:
            rest = {name: value for name, value in given.kwargs.items() if name not in known}
            env.names[spec.kwarg.arg] = rest
        defaults = defaults_of(spec)
        for one in (*names, *spec.kwonlyargs):
            if one.arg not in env.names:
                env.names[one.arg] = self.apps.parameter(self, one, defaults.get(one.arg), function)

    def entered(self, held: Any, node: ast.expr, env: Env) -> Any:
        """What `with` gives of a value."""
        if isinstance(held, Instance | Routed):
            return held
        return Unknown(short(node), "it is a context", options=(held,))

    def _instance(self, of: Class, given: Given) -> Any:
        maker = of.find("__init__")
        routed = self.apps.made(of, given, self.condition)
        if routed is not None:
            if isinstance(maker, Function):
                self.run(bound(maker, routed), given)
            return routed
        made = Instance(of, node=given.node)
        self.objects.setdefault(id(of.node), []).append(made)
        if of.is_a("BaseSettings"):
            return made
        if of.is_a("BaseModel", "SQLModel") and any(map(_is_sent, given.all)):
            self.note(Holds(*self.at(given.node, given.env)))
        if isinstance(maker, Function):
            self.run(bound(maker, made), given)
        else:
            fields = field_defaults(self, of)
            made.attrs |= {name: one for name, one in fields.items() if one is not MISSING}
            made.attrs |= dict(zip(fields, given.args, strict=False))
            made.attrs |= given.kwargs
            if is_error(made):
                made.attrs["args"] = tuple(given.args)
        self._stands_before(made, given)
        self.count([made], given)
        return made

    def _stands_before(self, made: Instance, given: Given) -> None:
        """Note that an object is made around an app."""
        for one in given.all:
            app = app_of(one)
            if app is not None and isinstance(made.of.find("__call__"), Function):
                made.wraps = app
                self.apps.wrapped(app, made, given, self.condition)

    # methods

    def _method(self, method: Method, given: Given) -> Any:
        holder, name = method.of, method.name
        match holder:
            case Routed():
                return self.apps.asked(holder, name, given, self.condition)
            case Above():
                return self._above(holder, name, given)
            case Asked():
                return self._of_asked(holder, name, given)
            case Method(of=Routed(), name="routes") if name in _ADDING:
                why = "what is put into the list of routes is not followed"
                self.apps.tell(given.module, given.node, why)
            case str() | bytes() | list() | tuple() | dict() | frozenset():
                return _native(holder, name, given)
            case Instance() if name in DUMPS:
                lost = Unknown(short(given.node), "it is a model")
                return {**holder.attrs, **({"...": lost} if holder.typed else {})}
            case _:
                pass
        return self._of_unknown(holder, name, given)

    def _above(self, holder: Above, name: str, given: Given) -> Any:
        """A method of the class above."""
        mine, bases = holder.of, holder.owner.bases if holder.owner is not None else ()
        for base in bases:
            found = base.find(name) if isinstance(base, Class) else None
            if isinstance(found, Function):
                return self.run(bound(found, mine), given)
        if isinstance(mine, Routed):
            return self.apps.asked(mine, name, given, self.condition)
        if name == "__init__":
            mine.attrs |= given.kwargs
            mine.attrs.setdefault("args", tuple(given.args))
        return Unknown(short(given.node), "it is a method of a package")

    def _of_asked(self, holder: Asked, name: str, given: Given) -> Unknown:
        """A method of a request."""
        if name in READS:
            self.note(Asks(*self.at(given.node, given.env), part=READS[name]))
        for one in given.args[:1]:
            self.asked_for(holder, one, given.node, given.env)
        return Unknown(short(given.node), SENT)

    def _of_unknown(self, holder: Any, name: str, given: Given) -> Any:
        """A method of something that is not told, or of what a package gives."""
        if name == "get" and given.args:
            self.asked_for(holder, given.args[0], given.node, given.env)
        if name in {"update", "append", "extend"} and isinstance(holder, Unknown):
            holder.options += (*given.args, *((given.kwargs,) if given.kwargs else ()))
        if isinstance(holder, Made):
            text = f"{holder.of.name}.{name}"
            self._lost(Unknown(text, "it is a method"), given)
            return Made(External(text), given.args, given.kwargs, given.node, given.module)
        text = f"{getattr(holder, 'text', '')}.{name}"
        found = self._lost(Unknown(text, "it is a method"), given)
        found.outside = isinstance(holder, Unknown) and holder.outside
        return found

    # functions of packages

    def _external(  # noqa: PLR0911 - one a kind of function
        self, callee: External, given: Given
    ) -> Any:
        routed = self.apps.made(callee, given, self.condition)
        if routed is not None:
            return routed
        made = Made(callee, given.args, given.kwargs, given.node, given.module)
        package, _, name = callee.name.partition(".")
        if package == "builtins":
            return self._builtin(name, given)
        if callee.last == "cast" and len(given.args) == 2:
            return given.args[1]
        if callee.last == "partial" and given.args and isinstance(given.args[0], Function):
            return given.args[0]
        if _OUTSIDE.search(callee.name):
            default = given.at(1, "default")
            return Unknown(short(given.node), "it comes from outside", default, outside=True)
        self.note_call(callee.name, given, known=True)
        if callee.last in _HOLDS:
            self.note(Holds(*self.at(given.node, given.env)))
        if _ANSWERS.search(callee.name):
            self.answered(made, given.node, given.env)
            return made
        for one in given.all:
            app = app_of(one)
            if app is not None:
                self.apps.handed_on(app, callee.name, given, self.condition)
        self._call_back(given)
        return made

    def _builtin(self, name: str, given: Given) -> Any:
        args, node, env = given.args, given.node, given.env
        if name == "super":
            mine = env.lookup("self")
            is_one = isinstance(mine, Routed | Instance)
            return Above(mine, env.owner) if is_one else Unknown("super()", "it is above")
        if name == "getattr" and len(args) >= 2 and isinstance(args[1], str):
            return self.attribute(args[0], args[1], node, env)
        if name == "isinstance":
            return Unknown(short(node), "it depends")
        if name.endswith(("Error", "Exception")):
            return Made(External(f"builtins.{name}"), args, given.kwargs, node, env.module)
        work = BUILTINS.get(name)
        lost = next((one for one in args if isinstance(one, Unknown)), None)
        if work is not None and lost is None and (name in HOLDING or is_told(args)):
            return work(*args, **given.kwargs)
        self._call_back(given)
        outside = lost is not None and lost.outside
        why = "it is computed" if lost is None else lost.reason
        return Unknown(short(node), why, outside=outside, options=tuple(args))

    def _lost(self, callee: Any, given: Given) -> Unknown:
        """A call of something that is not told."""
        text = getattr(callee, "text", None) or short(given.node)
        self.note_call(text, given, known=False)
        if text.rpartition(".")[2] in _HOLDS:
            self.note(Holds(*self.at(given.node, given.env)))
        self._call_back(given)
        for one in given.all:
            said = one.get("status") if isinstance(one, dict) else None
            if isinstance(said, Unknown):
                self.refuse(said, None, given.node, given.env)
            elif isinstance(said, int) and said >= 400:
                self.note(Refusal(*self.at(given.node, given.env), status=said))
        return Unknown(short(given.node), "what is called is not told")

    def _call_back(self, given: Given) -> None:
        """What is handed on to be called is called, as far as is known."""
        if not self.recording:
            return
        for one in given.all:
            called = one.of.find("__call__") if isinstance(one, Instance) else one
            if isinstance(called, Function) and not isinstance(called.node, ast.Lambda):
                function = bound(called, one) if isinstance(one, Instance) else called
                self.run(function, Given([], {}, given.node, given.env))

    def decorates(self, decorator: Any, function: Function) -> bool:
        """Whether a decorator registers a function with an app."""
        if not isinstance(decorator, Decorator):
            return False
        self.apps.decorated(decorator, function, self.condition)
        return True


def app_of(value: Any) -> Routed | None:
    """The app that a value is, or stands before."""
    if isinstance(value, Routed):
        return value
    wraps = getattr(value, "wraps", None)
    if isinstance(wraps, Routed):
        return wraps
    if isinstance(value, Made):
        return next((app for one in value.args if (app := app_of(one)) is not None), None)
    return None


def defaults_of(spec: ast.arguments) -> dict[str, ast.expr]:
    """The defaults of parameters, by name."""
    names = [one.arg for one in (*spec.posonlyargs, *spec.args)]
    found = dict(zip(reversed(names), reversed(spec.defaults), strict=False))
    for one, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if value is not None:
            found[one.arg] = value
    return found


def _native(holder: Any, name: str, given: Given) -> Any:
    """A method of a value that stands for itself."""
    args, node = given.args, given.node
    work = method_of(holder, name)
    told = is_told(args) and is_told(list(given.kwargs.values()))
    keyed = isinstance(holder, dict) and name in {"get", "pop"} and args and is_told(args[0])
    changes = name in CHANGING and not isinstance(holder, str | bytes)
    if work is None or not (told or changes or keyed):
        options = tuple(holder.values()) if isinstance(holder, dict) else tuple(args)
        return Unknown(short(node), "it is computed", options=options)
    found = work(*args, **given.kwargs)
    if isinstance(found, str | bytes) and len(found) > _LONGEST:
        return Unknown(short(node), "it is large")
    is_view = isinstance(holder, dict) and name in {"items", "keys", "values"}
    return list(found) if is_view else found


def _is_sent(value: Any) -> bool:
    """Whether it is a part of what a request brought."""
    return any(isinstance(one, Unknown) and one.reason == SENT for one in parts(value))


def _given_back(returns: list[Any], told: Unknown) -> Any:
    """What a function gives, of all that its ways give."""
    if not returns:
        return None
    if all(one is returns[0] for one in returns):
        return returns[0]
    telling = [one for one in returns if isinstance(one, Routed | Function | Class)]
    if telling:
        return telling[0]
    return Unknown(told.text, told.reason, options=tuple(returns), is_choice=True)
