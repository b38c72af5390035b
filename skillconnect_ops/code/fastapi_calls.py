"""What calls and attributes come to while a project is followed, and what is noted of them."""

import ast
import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from skillconnect_ops.code.fastapi_apps import Apps, Decorator, Routed
from skillconnect_ops.code.fastapi_evaluation import ENUMS, Evaluation, is_told, plain_attribute
from skillconnect_ops.code.fastapi_events import (
    Asks,
    Call,
    Counts,
    Event,
    Holds,
    Lost,
    Refusal,
    is_error,
    rates,
    statuses,
)
from skillconnect_ops.code.fastapi_modules import Modules
from skillconnect_ops.code.fastapi_natives import BUILTINS, CHANGING, HOLDING, method_of
from skillconnect_ops.code.fastapi_typing import awaited, class_of, field_defaults
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Asked,
    Class,
    Env,
    External,
    Function,
    Instance,
    Lazy,
    Made,
    Member,
    Method,
    ModuleValue,
    Unknown,
    parts,
    short,
)

_DEEPEST = 14
_OUTSIDE = re.compile(r"^(?:os\.(?:environ|getenv)|secrets\.|decouple|environs|dotenv|uuid\.)")
_READS = {"json": "body", "body": "body", "form": "body", "stream": "body"}
_PARTS = frozenset({"cookies", "session", "headers", "url", "query_params", "path_params", "scope"})
_HOLDS = frozenset(
    {
        *("model_validate", "model_validate_json", "validate_python", "validate_json", "parse_obj"),
        *("parse_raw", "parse_obj_as", "convert"),
    }
)
_SENT = "it is what was sent"
_DUMPS = frozenset({"dict", "model_dump"})
_ANSWERS = re.compile(r"(?:Response|HTTPException|abort)$")


class Calls(Evaluation):
    """Follows calls."""

    def __init__(self, modules: Modules, apps: Apps, worth: frozenset[str], budget: int) -> None:
        """Begin.

        Args:
            modules: of the project.
            apps: looks after apps and routers.
            worth: the modules that may add routes where they are imported.
            budget: how many steps may be gone at most.
        """
        super().__init__(budget)
        self.modules = modules
        self.apps = apps
        self.worth = worth
        self.envs: dict[str, Env] = {}
        self.conditions: list[str] = []
        self.events: list[Event] = []
        self.handled: list[Refusal | None] = []
        self.called: set[int] = set()
        """The nodes of functions that were called."""
        self.objects: dict[int, list[Instance]] = {}
        """Those that were made, by the node of their class."""
        self.recording = False
        self._depth: list[ast.AST] = []
        self._looked: dict[int, tuple[Event, ...]] = {}
        self._resolving: list[tuple[str, str]] = []

    @abstractmethod
    def body(self, statements: Sequence[ast.stmt], env: Env) -> bool:
        """Follow statements; whether what comes after them is never reached."""

    @abstractmethod
    def load(self, path: str) -> Env | None:
        """The names of a module, after it has been followed."""

    @property
    def condition(self) -> str | None:
        """What must hold here."""
        return " and ".join(dict.fromkeys(self.conditions)) or None

    # names

    def resolved(self, lazy: Lazy) -> Any:
        """What an imported name means."""
        path = self.modules.find(lazy.near, lazy.dotted, lazy.level)
        if lazy.name is None:
            return ModuleValue(path) if path is not None else External(lazy.dotted)
        if path is not None and (path, lazy.name) not in self._resolving:
            self._resolving.append((path, lazy.name))
            env = self.load(path)
            found = env.names.get(lazy.name, MISSING) if env is not None else MISSING
            if isinstance(found, Lazy) and env is not None:
                found = self.name(lazy.name, env)
            self._resolving.pop()
            if found is not MISSING:
                return found
        below = f"{lazy.dotted}.{lazy.name}" if lazy.dotted else lazy.name
        inner = self.modules.find(lazy.near, below, lazy.level)
        if inner is not None:
            return ModuleValue(inner)
        if path is None and not lazy.level:
            return External(f"{lazy.dotted}.{lazy.name}")
        return Unknown(lazy.name, f"{lazy.name} is not found in {lazy.dotted or 'its package'}")

    def assigned(self, target: ast.expr, value: Any, env: Env) -> None:
        """Give a name, an attribute or an item a value."""
        match target:
            case ast.Name(id=name):
                env.names[name] = value
            case ast.Attribute():
                holder = self.value(target.value, env)
                if isinstance(holder, Instance):
                    holder.attrs[target.attr] = value
                elif isinstance(holder, Routed):
                    self.apps.changed(holder, target.attr, value)
            case ast.Subscript():
                self._put(target, value, env)
            case ast.Tuple(elts=several) | ast.List(elts=several):
                plain = isinstance(value, list | tuple) and len(value) == len(several)
                for place, one in enumerate(several):
                    lost = Unknown(short(one), "it is a part of something")
                    inner = one.value if isinstance(one, ast.Starred) else one
                    self.assigned(inner, value[place] if plain else lost, env)
            case _:
                pass

    def _put(self, target: ast.Subscript, value: Any, env: Env) -> None:
        holder, key = self.value(target.value, env), self.value(target.slice, env)
        if isinstance(holder, dict):
            holder[key] = value
        elif isinstance(holder, Unknown):
            holder.options += ({key: value},) if is_told(key) else (value,)
            self._note_call(f"{holder.text}[]", [key, value], {}, target, env, known=False)
        elif isinstance(holder, Method):
            text = f"{getattr(holder.of, 'text', '')}.{holder.name}[]"
            self._note_call(text, [key, value], {}, target, env, known=False)

    # attributes

    def attribute(self, value: Any, name: str, node: ast.AST, env: Env) -> Any:
        """What an attribute of a value is."""
        if isinstance(value, ModuleValue):
            return self._of_module(value, name)
        if isinstance(value, Class):
            return self._of_class(value, name)
        if isinstance(value, Instance):
            return self._of_instance(value, name, node, env)
        if isinstance(value, Member):
            return self._of_member(value, name, node)
        if isinstance(value, Asked):
            return self._of_request(value, name, node, env)
        if isinstance(value, Routed):
            return value if name == "router" else Method(value, name)
        if isinstance(value, Unknown | Made | Method):
            if isinstance(value, Unknown) and value.options:
                for one in value.options:
                    if isinstance(one, Instance | ModuleValue | Class):
                        return self.attribute(one, name, node, env)
            return Method(value, name)
        found = plain_attribute(value, name)
        return Unknown(short(node), "it is an attribute") if found is MISSING else found

    def _of_module(self, value: ModuleValue, name: str) -> Any:
        env = self.load(value.path)
        found = env.names.get(name, MISSING) if env is not None else MISSING
        if isinstance(found, Lazy) and env is not None:
            return self.name(name, env)
        if found is not MISSING:
            return found
        inner = self.modules.find(value.path, name, 1)
        if inner is not None and self.modules.is_package(value.path):
            return ModuleValue(inner)
        return Unknown(name, f"{name} is not found in {value.path}")

    def _of_class(self, value: Class, name: str) -> Any:
        found = value.find(name)
        if isinstance(found, Function):
            if _has(found, "classmethod"):
                return Function(found.node, found.env, found.owner, value, found.decorators)
            return found
        if found is not MISSING and value.is_a(*ENUMS) and not name.startswith("_"):
            return Member(value, name, found)
        if found is not MISSING:
            return self.name(name, value.env) if isinstance(found, Lazy) else found
        return Unknown(f"{value.name}.{name}", "it is an attribute")

    def _of_instance(self, value: Instance, name: str, node: ast.AST, env: Env) -> Any:
        if name in value.attrs:
            return value.attrs[name]
        found = value.of.find(name)
        if value.of.is_a("BaseSettings") and not isinstance(found, Function):
            default = field_defaults(self, value.of).get(name, MISSING)
            return Unknown(f"{value.of.name}.{name}", "it is a setting", default, outside=True)
        if isinstance(found, Function):
            if _has(found, "property", "cached_property"):
                return self.run(self._bound(found, value), [], {}, node, env)
            if _has(found, "staticmethod"):
                return found
            return self._bound(found, value)
        if found is not MISSING:
            return found
        if name in _DUMPS and value.of.is_a("BaseModel", "SQLModel"):
            return Method(value, name)
        self._look_into(value.of)
        kind = class_of(self, value.of, name)
        if kind is not None:
            return Instance(kind, typed=True)
        return Unknown(short(node), "it is an attribute of an object", origin=(value.of, name))

    def _bound(self, function: Function, holder: Any) -> Function:
        return Function(function.node, function.env, function.owner, holder, function.decorators)

    def _of_member(self, value: Member, name: str, node: ast.AST) -> Any:
        found = plain_attribute(value, name)
        maker = value.of.find("__init__")
        if found is MISSING and isinstance(maker, Function):
            held = Instance(value.of)
            given = value.value if isinstance(value.value, tuple) else (value.value,)
            self.run(self._bound(maker, held), list(given), {}, node, value.of.env)
            found = held.attrs.get(name, MISSING)
        if found is MISSING:
            found = value.of.find(name)
        return Unknown(short(node), "it is an attribute") if found is MISSING else found

    def _of_request(self, value: Asked, name: str, node: ast.AST, env: Env) -> Any:
        if name in {"method", "path"}:
            self.apps.looked_at_path = True
            told = value.method if name == "method" else value.path
            return Unknown(short(node), "it depends on the request") if told is None else told
        if name in {"cookies", "session"}:
            self._note(Asks(*self._at(node, env), part=name))
        if name in {"url", "scope"}:
            return Asked(value.method, value.path, name)
        if name in _READS or name in _PARTS:
            return Method(value, name)
        return Unknown(short(node), "it is a part of the request")

    def asked_for(self, value: Any, key: Any) -> None:
        """Note which key of something is looked at."""
        told = key.decode("latin-1") if isinstance(key, bytes) else key
        if self.recording and isinstance(told, str):
            self.events.append(Asks(tuple(self.conditions), self._module, 0, key=told.lower()))

    # calls

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
        for given in node.keywords:
            found = self.value(given.value, env)
            if given.arg is not None:
                kwargs[given.arg] = found
            elif isinstance(found, dict):
                kwargs |= {str(key): value for key, value in found.items()}
            else:
                kwargs["..."] = found
        return self.applied(callee, args, kwargs, node, env)

    def applied(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], node: ast.AST, env: Env
    ) -> Any:
        """What something gives when it is called with these."""
        if isinstance(callee, Function):
            return self.run(callee, args, kwargs, node, env)
        if isinstance(callee, Class):
            return self._instance(callee, args, kwargs, node, env)
        if isinstance(callee, Method):
            return self._method(callee, args, kwargs, node, env)
        if isinstance(callee, Instance):
            method = callee.of.find("__call__")
            if isinstance(method, Function):
                return self.run(self._bound(method, callee), args, kwargs, node, env)
        if isinstance(callee, External):
            return self._external(callee, args, kwargs, node, env)
        if isinstance(callee, Decorator) and args:
            self.apps.decorated(callee, args[0], self.condition)
            return args[0]
        if isinstance(callee, Unknown):
            for one in callee.options:
                if isinstance(one, Function | Class | Instance | Method):
                    self.applied(one, args, kwargs, node, env)
        return self._lost(callee, args, kwargs, node, env)

    def run(
        self, function: Function, args: list[Any], kwargs: dict[str, Any], node: ast.AST, env: Env
    ) -> Any:
        """Follow a call of a function of the project."""
        inner = function.node
        self.called.add(id(inner))
        told = Unknown(short(node), f"what {function.name} gives is not told")
        if len(self._depth) > _DEEPEST or inner in self._depth:
            if inner not in self._depth:
                self._note(Lost(*self._at(node, env), why=f"{function.name} lies too deep"))
            return told
        local = Env(function.module, function.env, owner=function.owner)
        _bind(self, function, local, args, kwargs)
        self._count([*args, *kwargs.values()], node, env)
        if isinstance(inner, ast.Lambda):
            return self.value(inner.body, local)
        self._depth.append(inner)
        kept, self.conditions = self.conditions, list(self.conditions)
        try:
            self.body(inner.body, local)
        finally:
            self._depth.pop()
            self.conditions = kept
        found = _given_back(local.returns, told)
        self._count([found], node, env)
        if isinstance(found, Unknown) and inner.returns is not None:
            kind = awaited(self, inner.returns, function)
            if kind is not None:
                return Instance(kind, typed=True)
        return found

    def entered(self, held: Any, node: ast.expr, env: Env) -> Any:
        """What `with` gives of a value."""
        if isinstance(held, Instance | Routed):
            return held
        return Unknown(short(node), "it is a context", options=(held,))

    def _instance(
        self, of: Class, args: list[Any], kwargs: dict[str, Any], node: ast.AST, env: Env
    ) -> Any:
        routed = self.apps.made(of, args, kwargs, node, env.module, self.condition)
        if routed is not None:
            return routed
        made = Instance(of, node=node)
        self.objects.setdefault(id(of.node), []).append(made)
        if of.is_a("BaseModel", "SQLModel") and not of.is_a("BaseSettings"):
            if any(_is_sent(one) for one in (*args, *kwargs.values())):
                self._note(Holds(*self._at(node, env)))
        maker = of.find("__init__")
        if of.is_a("BaseSettings"):
            made.attrs |= {
                name: Unknown(f"{of.name}.{name}", "it is a setting", default, outside=True)
                for name, default in field_defaults(self, of).items()
            }
        elif isinstance(maker, Function):
            self.run(self._bound(maker, made), args, kwargs, node, env)
        else:
            fields = field_defaults(self, of)
            made.attrs |= {name: one for name, one in fields.items() if one is not MISSING}
            made.attrs |= dict(zip(fields, args, strict=False))
            made.attrs |= kwargs
        if is_error(made) and not isinstance(maker, Function):
            made.attrs["args"] = tuple(args)
        for one in (*args, *kwargs.values()):
            app = one if isinstance(one, Routed) else getattr(one, "wraps", None)
            if app is not None and isinstance(of.find("__call__"), Function):
                made.wraps = app
                self.apps.wrapped(app, made, node, env.module, self.condition)
        self._count([made], node, env)
        return made

    def _method(
        self, method: Method, args: list[Any], kwargs: dict[str, Any], node: ast.AST, env: Env
    ) -> Any:
        holder, name = method.of, method.name
        if isinstance(holder, Routed):
            return self.apps.asked(holder, name, args, kwargs, node, env.module, self.condition)
        if isinstance(holder, Asked):
            if name in _READS:
                self._note(Asks(*self._at(node, env), part=_READS[name]))
            for one in args[:1]:
                self.asked_for(holder, one)
            return Unknown(short(node), _SENT)
        if isinstance(holder, str | bytes | list | tuple | dict | frozenset):
            return self._native(holder, name, args, kwargs, node)
        if isinstance(holder, Instance) and name in _DUMPS:
            lost = {"...": Unknown(short(node), "it is a model")} if holder.typed else {}
            return {**holder.attrs, **lost}
        if name == "get" and args:
            self.asked_for(holder, args[0])
        if name in {"update", "append", "extend"} and isinstance(holder, Unknown):
            holder.options += (*args, kwargs) if kwargs else tuple(args)
        if name in _HOLDS:
            self._note(Holds(*self._at(node, env)))
        text = f"{getattr(holder, 'text', '')}.{name}"
        if isinstance(holder, Made):
            text = f"{holder.of.name}.{name}"
        outside = isinstance(holder, Unknown) and holder.outside
        found = self._lost(Unknown(text, "it is a method"), args, kwargs, node, env)
        if isinstance(holder, Made):
            return Made(External(text), args, kwargs, node, env.module)
        if isinstance(found, Unknown) and outside:
            found.outside = True
        return found

    @staticmethod
    def _native(
        holder: Any, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.AST
    ) -> Any:
        work = method_of(holder, name)
        told = is_told(args) and is_told(list(kwargs.values()))
        keyed = isinstance(holder, dict) and name in {"get", "pop"} and args and is_told(args[0])
        if work is None or not (told or name in CHANGING or keyed or not args):
            options = tuple(holder.values()) if isinstance(holder, dict) else tuple(args)
            return Unknown(short(node), "it is computed", options=options)
        if isinstance(holder, str | bytes) and not is_told(args):
            return Unknown(short(node), "it is computed")
        found = work(*args, **kwargs)
        is_view = isinstance(holder, dict) and name in {"items", "keys", "values"}
        return list(found) if is_view else found

    def _external(  # noqa: PLR0911 - one a kind of function
        self, callee: External, args: list[Any], kwargs: dict[str, Any], node: ast.AST, env: Env
    ) -> Any:
        routed = self.apps.made(callee, args, kwargs, node, env.module, self.condition)
        if routed is not None:
            return routed
        package, _, name = callee.name.partition(".")
        if package == "builtins":
            return self._builtin(name, args, kwargs, node, env)
        if callee.last in {"cast"} and len(args) == 2:
            return args[1]
        if callee.last in {"wraps", "partial"} and args and isinstance(args[0], Function):
            return (
                args[0]
                if callee.last == "partial"
                else Made(callee, args, kwargs, node, env.module)
            )
        if callee.last in _HOLDS:
            self._note(Holds(*self._at(node, env)))
        if callee.last == "AuthJWT" or _ANSWERS.search(callee.name):
            made = Made(callee, args, kwargs, node, env.module)
            if not is_error(made):
                self.answered(made, node, env)
            self._note_call(callee.name, args, kwargs, node, env, known=True)
            return made
        if _OUTSIDE.search(callee.name):
            default = args[1] if len(args) > 1 else kwargs.get("default", MISSING)
            return Unknown(short(node), "it comes from outside", default, outside=True)
        for one in (*args, *kwargs.values()):
            app = one if isinstance(one, Routed) else None
            if app is not None:
                self.apps.handed_on(
                    app, callee.name, args, kwargs, node, env.module, self.condition
                )
        self._note_call(callee.name, args, kwargs, node, env, known=True)
        self._call_back(args, kwargs, node, env)
        return Made(callee, args, kwargs, node, env.module)

    def _builtin(
        self, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.AST, env: Env
    ) -> Any:
        if name == "super":
            return Unknown("super()", "it is the class above")
        if name == "getattr" and len(args) >= 2 and isinstance(args[1], str):
            return self.attribute(args[0], args[1], node, env)
        if name == "isinstance":
            return Unknown(short(node), "it depends")
        work = BUILTINS.get(name)
        if work is not None and (name in HOLDING or is_told(args)):
            lost = next((one for one in args if isinstance(one, Unknown)), None)
            if lost is None:
                return work(*args, **kwargs)
            return Unknown(short(node), lost.reason, outside=lost.outside, options=tuple(args))
        if name.endswith(("Error", "Exception")):
            return Made(External(f"builtins.{name}"), args, kwargs, node, env.module)
        self._call_back(args, kwargs, node, env)
        return Unknown(short(node), "it is computed", options=tuple(args))

    def _lost(
        self, callee: Any, args: list[Any], kwargs: dict[str, Any], node: ast.AST, env: Env
    ) -> Any:
        """A call of something that is not told."""
        text = getattr(callee, "text", None) or short(node)
        self._note_call(text, args, kwargs, node, env, known=False)
        if text.rpartition(".")[2] in _HOLDS:
            self._note(Holds(*self._at(node, env)))
        self._call_back(args, kwargs, node, env)
        for one in (*args, *kwargs.values()):
            if isinstance(one, dict):
                said = one.get("status")
                if isinstance(said, Unknown):
                    self._refuse(said, None, node, env)
                elif isinstance(said, int) and said >= 400:
                    self._note(Refusal(*self._at(node, env), status=said))
        return Unknown(short(node), "what is called is not told")

    def _call_back(self, args: list[Any], kwargs: dict[str, Any], node: ast.AST, env: Env) -> None:
        """What is handed on to be called is called, as far as is known."""
        if not self.recording:
            return
        for one in (*args, *kwargs.values()):
            called = one.of.find("__call__") if isinstance(one, Instance) else one
            if isinstance(called, Function) and not isinstance(called.node, ast.Lambda):
                bound = self._bound(called, one) if isinstance(one, Instance) else called
                self.run(bound, [], {}, node, env)

    def decorates(self, decorator: Any, function: Function, node: ast.expr, env: Env) -> bool:
        """Whether a decorator registers a function with an app."""
        if not isinstance(decorator, Decorator):
            return False
        self.apps.decorated(decorator, function, self.condition)
        return True

    # what is noted

    @property
    def _module(self) -> Any:
        return self._noted_in

    _noted_in: Any = None

    def _at(self, node: ast.AST, env: Env) -> tuple[tuple[str, ...], Any, int]:
        self._noted_in = env.module
        return tuple(self.conditions), env.module, getattr(node, "lineno", 1)

    def _note(self, event: Event) -> None:
        if self.recording:
            self.events.append(event)

    def _note_call(
        self,
        name: str,
        args: list[Any],
        kwargs: dict[str, Any],
        node: ast.AST,
        env: Env,
        *,
        known: bool,
    ) -> None:
        self._note(
            Call(
                *self._at(node, env),
                name=name,
                known=known,
                args=args,
                kwargs=kwargs,
                node=node,
                depth=len(self._depth),
                within=self._depth[-1] if self._depth else None,
            )
        )

    def _count(self, values: list[Any], node: ast.AST, env: Env) -> None:
        if self.recording:
            for tries, window_ms in rates(values):
                self._note(Counts(*self._at(node, env), tries=tries, window_ms=window_ms))

    def raised(self, value: Any, node: ast.AST, env: Env) -> None:
        """An error goes up."""
        self._refuse(value, value, node, env)

    def reraised(self, env: Env) -> None:
        """The error that is being handled goes on."""
        last = self.handled[-1] if self.handled else None
        if last is not None:
            self._note(last)

    def answered(self, value: Any, node: ast.AST, env: Env) -> None:
        """An answer is given."""
        if isinstance(value, Made) and not is_error(value):
            self._refuse(value, None, node, env)

    def _refuse(self, value: Any, raised: Any, node: ast.AST, env: Env) -> None:
        if not self.recording:
            return
        several = [one for one in parts(value) if is_error(one)] or [value]
        for one in several:
            for status in dict.fromkeys(statuses(one)) or ([0] if raised is not None else []):
                self._note(
                    Refusal(
                        *self._at(node, env),
                        status=status,
                        raised=one if raised is not None else None,
                    )
                )

    def _look_into(self, of: Class) -> None:
        """Note what a class asks a request for when one is made, as its attributes come from it."""
        if not self.recording:
            return
        if id(of.node) not in self._looked:
            self._looked[id(of.node)] = ()
            maker = of.find("__init__")
            began = len(self.events)
            if isinstance(maker, Function):
                held = Instance(of)
                self.run(self._bound(maker, held), [], {}, of.node, of.env)
            fresh, self.events[began:] = self.events[began:], []
            asked = [one for one in fresh if isinstance(one, Asks)]
            self._looked[id(of.node)] = tuple(replace(one, early=True) for one in asked)
        self.events += self._looked[id(of.node)]


def _is_sent(value: Any) -> bool:
    """Whether it is a part of what a request brought."""
    return any(isinstance(one, Unknown) and one.reason == _SENT for one in parts(value))


def _has(function: Function, *names: str) -> bool:
    return any(isinstance(one, External) and one.last in names for one in function.decorators)


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


def _bind(
    run: Calls, function: Function, env: Env, args: list[Any], kwargs: dict[str, Any]
) -> None:
    """Give parameters their values."""
    spec = function.node.args
    names = [*spec.posonlyargs, *spec.args]
    given = list(args)
    if function.bound is not MISSING:
        given.insert(0, function.bound)
    for one, value in zip(names, given, strict=False):
        env.names[one.arg] = value
    if spec.vararg is not None:
        env.names[spec.vararg.arg] = tuple(given[len(names) :])
    known = {one.arg for one in (*names, *spec.kwonlyargs)}
    rest = {name: value for name, value in kwargs.items() if name not in known}
    env.names |= {name: value for name, value in kwargs.items() if name in known}
    if spec.kwarg is not None:
        env.names[spec.kwarg.arg] = rest
    defaults = dict(
        zip(reversed([one.arg for one in names]), reversed(spec.defaults), strict=False)
    )
    for keyword, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if value is not None:
            defaults[keyword.arg] = value
    for one in (*names, *spec.kwonlyargs):
        if one.arg not in env.names:
            env.names[one.arg] = run.apps.parameter(run, one, defaults.get(one.arg), function)
