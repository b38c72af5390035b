"""What names and attributes come to while a project is followed, and what is noted meanwhile."""

import ast
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from skillconnect_ops.code.fastapi_apps import Above, Apps, Routed
from skillconnect_ops.code.fastapi_evaluation import Evaluation
from skillconnect_ops.code.fastapi_events import (
    Asks,
    Call,
    Counts,
    Event,
    Refusal,
    is_error,
    rates,
    statuses,
)
from skillconnect_ops.code.fastapi_modules import Modules
from skillconnect_ops.code.fastapi_operators import ENUMS, is_key, is_told, plain_attribute
from skillconnect_ops.code.fastapi_typing import class_of, field_defaults
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Asked,
    Class,
    Env,
    External,
    Function,
    Given,
    Instance,
    Lazy,
    Made,
    Member,
    Method,
    ModuleValue,
    Unknown,
    bound,
    parts,
    short,
)

READS = {"json": "body", "body": "body", "form": "body", "stream": "body"}
"""What of a request is read by which of its methods."""
DUMPS = frozenset({"dict", "model_dump"})
"""Methods of models that give their fields."""
_PARTS = frozenset({"headers", "query_params", "path_params"})


class Attributes(Evaluation):
    """Knows what names and attributes mean."""

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
        self.recording = False
        """Whether what happens is noted."""
        self.handled: list[Refusal | None] = []
        """The errors whose handlers are being followed, the innermost last."""
        self.called: set[int] = set()
        """The nodes of functions that were called."""
        self.objects: dict[int, list[Instance]] = {}
        """Those that were made, by the node of their class."""
        self.presence: set[str] = set()
        """Conditions that ask only whether a request brought something."""
        self.settings: set[str] = set()
        """Conditions that ask for what comes from outside of the program."""
        self.depth: list[ast.AST] = []
        """The functions that are being followed, the innermost last."""
        self._looked: dict[int, tuple[Event, ...]] = {}
        self._resolving: list[tuple[str, str]] = []

    @abstractmethod
    def body(self, statements: Sequence[ast.stmt], env: Env) -> bool:
        """Follow statements; whether what comes after them is never reached."""

    @abstractmethod
    def load(self, path: str) -> Env | None:
        """The names of a module, after it has been followed."""

    @abstractmethod
    def run(self, function: Function, given: Given) -> Any:
        """Follow a call of a function of the project."""

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
            return plain_attribute(External(lazy.dotted), lazy.name)
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
            holder[key if is_key(key) else "..."] = value
            return
        if isinstance(holder, Unknown):
            holder.options += ({key: value},) if is_told(key) else (value,)
            text = holder.text
        elif isinstance(holder, Method):
            text = f"{getattr(holder.of, 'text', '')}.{holder.name}"
        else:
            return
        self.note_call(f"{text}[]", Given([key, value], {}, target, env), known=False)

    # attributes

    def attribute(  # noqa: PLR0911 - one a kind of value
        self, value: Any, name: str, node: ast.AST, env: Env
    ) -> Any:
        """What an attribute of a value is."""
        if isinstance(value, ModuleValue):
            return self._of_module(value, name)
        if isinstance(value, Class):
            return self._of_class(value, name)
        if isinstance(value, Instance):
            return self._of_instance(value, name, Given([], {}, node, env))
        if isinstance(value, Member):
            return self._of_member(value, name, node)
        if isinstance(value, Asked):
            return self._of_request(value, name, node, env)
        if isinstance(value, Routed):
            return self._of_routed(value, name)
        if isinstance(value, Above):
            return Method(value, name)
        if isinstance(value, Unknown | Made | Method):
            for one in value.options if isinstance(value, Unknown) else ():
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
            return bound(found, value) if has(found, "classmethod") else found
        if found is not MISSING and value.is_a(*ENUMS) and not name.startswith("_"):
            return Member(value, name, found)
        if found is not MISSING:
            return self.name(name, value.env) if isinstance(found, Lazy) else found
        return Unknown(f"{value.name}.{name}", "it is an attribute")

    def _of_routed(self, value: Routed, name: str) -> Any:
        """What a class of the project adds to an app, else what FastAPI has."""
        own = value.of.find(name) if isinstance(value.of, Class) else MISSING
        if isinstance(own, Function):
            return bound(own, value)
        return value if name == "router" else Method(value, name)

    def _of_instance(  # noqa: PLR0911 - one a kind of attribute
        self, value: Instance, name: str, given: Given
    ) -> Any:
        if name in value.attrs:
            return value.attrs[name]
        found = value.of.find(name)
        if isinstance(found, Function):
            return self._method_of(found, value, given)
        if value.of.is_a("BaseSettings"):
            default = field_defaults(self, value.of).get(name, MISSING)
            return Unknown(f"{value.of.name}.{name}", "it is a setting", default, outside=True)
        if found is not MISSING:
            return found
        if name in DUMPS and value.of.is_a("BaseModel", "SQLModel"):
            return Method(value, name)
        self._look_into(value.of)
        kind = class_of(self, value.of, name)
        if kind is not None:
            return Instance(kind, typed=True)
        return Unknown(
            short(given.node), "it is an attribute of an object", origin=(value.of, name)
        )

    def _method_of(self, found: Function, value: Instance, given: Given) -> Any:
        if has(found, "property", "cached_property"):
            return self.run(bound(found, value), given)
        return found if has(found, "staticmethod") else bound(found, value)

    def _of_member(self, value: Member, name: str, node: ast.AST) -> Any:
        found = plain_attribute(value, name)
        maker = value.of.find("__init__")
        if found is MISSING and isinstance(maker, Function):
            held = Instance(value.of)
            given = value.value if isinstance(value.value, tuple) else (value.value,)
            self.run(bound(maker, held), Given(list(given), {}, node, value.of.env))
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
            self.note(Asks(*self.at(node, env), part=name))
        if name in {"url", "scope"}:
            return Asked(value.method, value.path, name)
        if name in READS or name in _PARTS or name in {"cookies", "session"}:
            return Method(value, name)
        return Unknown(short(node), "it is a part of the request")

    def asked_for(self, value: Any, key: Any, node: ast.AST, env: Env) -> None:
        """Note which key of something is looked at."""
        told = key.decode("latin-1") if isinstance(key, bytes) else key
        if isinstance(told, str):
            self.note(Asks(*self.at(node, env), key=told.lower()))

    # what is noted

    def at(self, node: ast.AST, env: Env) -> tuple[tuple[str, ...], Any, int]:
        """Under which conditions, and where."""
        return tuple(self.conditions), env.module, getattr(node, "lineno", 1)

    def note(self, event: Event) -> None:
        """Note that something happens, perhaps."""
        if self.recording:
            self.events.append(event)

    def note_call(self, name: str, given: Given, *, known: bool) -> None:
        """Note a call of something that is no part of the project."""
        self.note(
            Call(
                *self.at(given.node, given.env),
                name=name,
                known=known,
                args=given.args,
                kwargs=given.kwargs,
                node=given.node,
                depth=len(self.depth),
                within=self.depth[-1] if self.depth else None,
            )
        )

    def count(self, values: list[Any], given: Given) -> None:
        """Note the limits that stand in some values."""
        if self.recording:
            for tries, window_ms in rates(values):
                place = self.at(given.node, given.env)
                self.note(Counts(*place, tries=tries, window_ms=window_ms))

    def raised(self, value: Any, node: ast.AST, env: Env) -> None:
        """An error goes up."""
        self.refuse(value, value, node, env)

    def reraised(self) -> None:
        """The error that is being handled goes on."""
        last = self.handled[-1] if self.handled else None
        if last is not None:
            self.note(last)

    def answered(self, value: Any, node: ast.AST, env: Env) -> None:
        """An answer is given."""
        if isinstance(value, Made) and not is_error(value):
            self.refuse(value, None, node, env)

    def refuse(self, value: Any, raised: Any, node: ast.AST, env: Env) -> None:
        """Note each status that a value refuses with."""
        if not self.recording:
            return
        several = [one for one in parts(value) if is_error(one)] or [value]
        for one in several:
            for status in dict.fromkeys(statuses(one)) or ([0] if raised is not None else []):
                error = one if raised is not None else None
                told = bool(self.conditions) and self.presence.issuperset(self.conditions)
                place = self.at(node, env)
                refusal = Refusal(*place, status=status, raised=error, absent=told)
                refusal.settings = tuple(one for one in self.conditions if one in self.settings)
                self.note(refusal)

    def _look_into(self, of: Class) -> None:
        """Note what a class asks a request for when one is made, as its attributes come from it."""
        if not self.recording:
            return
        if id(of.node) not in self._looked:
            self._looked[id(of.node)] = ()
            maker = of.find("__init__")
            began = len(self.events)
            if isinstance(maker, Function):
                self.run(bound(maker, Instance(of)), Given([], {}, of.node, of.env))
            fresh, self.events[began:] = self.events[began:], []
            asked = [one for one in fresh if isinstance(one, Asks)]
            self._looked[id(of.node)] = tuple(replace(one, early=True) for one in asked)
        self.events += self._looked[id(of.node)]


def has(function: Function, *names: str) -> bool:
    """Whether a function is decorated so."""
    return any(isinstance(one, External) and one.last in names for one in function.decorators)
