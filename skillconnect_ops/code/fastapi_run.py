"""Follows the statements of Python modules and functions, as far as the text tells what they do.

Nothing of a project is run. Where a condition is not told both ways are gone, and what happens on
them is noted with it; what a loop goes through is followed where it is told; calls of the project's
own functions are followed, up to a depth.
"""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from skillconnect_ops.code.fastapi_calls import Calls
from skillconnect_ops.code.fastapi_evaluation import method_name
from skillconnect_ops.code.fastapi_events import Refusal
from skillconnect_ops.code.fastapi_modules import Module
from skillconnect_ops.code.fastapi_operators import MOST_ROUNDS, items, truth
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    SENT,
    Class,
    Env,
    External,
    Function,
    Given,
    Instance,
    Lazy,
    Made,
    Unknown,
    parts,
    short,
)

_MOST_ERRORS = 12
_MOST_PERHAPS = 20
_STEPS = 200_000
"""Of one module, with what its statements call."""


class Run(Calls):
    """Follows modules."""

    hears_modules = False
    """Whether what happens while modules are followed is noted as well."""

    def load(self, path: str) -> Env | None:
        """The names of a module, after it has been followed; None where there is none."""
        if path in self.envs:
            return self.envs[path]
        module = self.modules.module(path)
        if module is None:
            return None
        env = self.envs[path] = Env(module)
        env.names["__name__"] = Unknown("__name__", "it depends on how it is started")
        kept = self.conditions, self.recording, self.left
        self.conditions, self.recording, self.left = [], self.hears_modules, _STEPS
        self.body(module.tree.body, env)
        if self.left <= 0:
            self.apps.tell(module, module.tree, "there is too much of it to be followed")
        self.conditions, self.recording, self.left = kept
        return env

    def body(self, statements: Sequence[ast.stmt], env: Env) -> bool:
        """Follow statements; whether what comes after them is never reached."""
        for place, one in enumerate(statements):
            if not self.spend():
                return True
            if isinstance(one, ast.If):
                ended = self._if(one, env, rest=statements[place + 1 :])
                if ended is not None:
                    return ended
            elif self._one(one, env):
                return True
        return False

    def _one(self, one: ast.stmt, env: Env) -> bool:
        work = getattr(self, method_name("_do_", type(one).__name__), None)
        return bool(work(one, env)) if work is not None else False

    # names

    def _do_import(self, one: ast.Import, env: Env) -> None:
        for alias in one.names:
            dotted = alias.name if alias.asname else alias.name.partition(".")[0]
            name = alias.asname or dotted
            env.names[name] = Lazy(env.module.path, dotted, 0, None)
            self._imported(env.module, alias.name, 0)

    def _do_import_from(self, one: ast.ImportFrom, env: Env) -> None:
        path = self._imported(env.module, one.module or "", one.level)
        for alias in one.names:
            if alias.name == "*":
                inner = self.load(path) if path is not None else None
                for name, value in (inner.names if inner is not None else {}).items():
                    if not name.startswith("_"):
                        env.names[name] = value
                continue
            lazy = Lazy(env.module.path, one.module or "", one.level, alias.name)
            env.names[alias.asname or alias.name] = lazy
            below = f"{one.module}.{alias.name}" if one.module else alias.name
            self._imported(env.module, below, one.level)

    def _imported(self, module: Module, dotted: str, level: int) -> str | None:
        """Follow a module at once that adds routes where it is imported."""
        path = self.modules.find(module.path, dotted, level)
        if path is not None and path in self.worth:
            self.load(path)
        return path

    def _do_assign(self, one: ast.Assign, env: Env) -> None:
        found = self.value(one.value, env)
        for target in one.targets:
            self.assigned(target, found, env)

    def _do_ann_assign(self, one: ast.AnnAssign, env: Env) -> None:
        if one.value is not None:
            self.assigned(one.target, self.value(one.value, env), env)

    def _do_aug_assign(self, one: ast.AugAssign, env: Env) -> None:
        before = self.value(one.target, env)
        added = self.value(one.value, env)
        if isinstance(before, list) and isinstance(added, list | tuple):
            before.extend(added)
        elif isinstance(before, list):
            before.append(added)
        else:
            whole = ast.BinOp(left=one.target, op=one.op, right=one.value)
            found = self.value(ast.copy_location(whole, one), env)
            self.assigned(one.target, found, env)

    def _do_function_def(self, one: ast.FunctionDef | ast.AsyncFunctionDef, env: Env) -> None:
        made = Function(one, env, env.owner if env.is_class else None)
        for each in reversed(one.decorator_list):
            decorator = self.value(each, env)
            if not self.decorates(decorator, made):
                made = Function(one, env, made.owner, decorators=(decorator, *made.decorators))
        env.names[one.name] = made

    _do_async_function_def = _do_function_def

    def _do_class_def(self, one: ast.ClassDef, env: Env) -> None:
        inner = Env(env.module, env, is_class=True)
        made = Class(one, inner, tuple(self.value(base, env) for base in one.bases))
        inner.owner = made
        env.names[one.name] = made
        self.body(one.body, inner)

    def _do_expr(self, one: ast.Expr, env: Env) -> None:
        if not isinstance(one.value, ast.Constant):
            self.value(one.value, env)

    def _do_delete(self, one: ast.Delete, env: Env) -> None:
        for target in one.targets:
            if isinstance(target, ast.Name):
                env.names.pop(target.id, None)

    # ends

    def _do_return(self, one: ast.Return, env: Env) -> bool:
        found = self.value(one.value, env)
        env.returns.append(found)
        self.note_call("return", Given([found], {}, one, env), known=False)
        self.answered(found, one, env)
        return True

    def _do_raise(self, one: ast.Raise, env: Env) -> bool:
        if one.exc is None:
            self.reraised()
        else:
            self.raised(self.value(one.exc, env), one, env)
        return True

    def _do_break(self, _: ast.Break, __: Env) -> bool:
        return True

    _do_continue = _do_break

    def _do_assert(self, one: ast.Assert, env: Env) -> None:
        self.value(one.test, env)

    # ways

    def _if(  # noqa: PLR0911 - one a way
        self, one: ast.If, env: Env, *, rest: Sequence[ast.stmt]
    ) -> bool | None:
        """Follow an `if`, and what comes after it where one of its ways ends there.

        None: what comes after it is still to be followed.
        """
        if _asks_how_it_is_started(one.test):
            return self.body(one.body, env) or None
        found = self.value(one.test, env)
        told = truth(found)
        if told is not None:
            return self.body(one.body if told else one.orelse, env) or None
        said = short(one.test)
        if isinstance(found, Unknown) and found.reason == SENT:
            self.presence |= {said, _not(said)}
        if any(isinstance(one, Unknown) and one.outside for one in parts(found)):
            self.settings |= {said, _not(said)}
        before = dict(env.names)
        began = len(self.events)
        with self.under(said):
            first = self.body(one.body, env)
        if first and self._refused(one.body, began, said):
            # nobody passes by what follows: so it holds whatever the condition is
            env.names = dict(before)
            return self.body([*one.orelse, *rest], env)
        after = env.names
        env.names = dict(before)
        with self.under(_not(said)):
            second = self.body(one.orelse, env)
            if first and not second:
                return self.body(rest, env)
        if first and second:
            return True
        if second:
            env.names = after
            with self.under(said):
                return self.body(rest, env)
        env.names = _merged(after, env.names, said)
        return None

    def _refused(self, body: Sequence[ast.stmt], began: int, said: str) -> bool:
        """Whether all that comes into a branch is refused there."""
        ends = sum(isinstance(one, ast.Return) for part in body for one in ast.walk(part))
        here = (*self.conditions, said)
        return ends <= isinstance(body[-1], ast.Return) and any(
            isinstance(one, Refusal) and one.conditions == here for one in self.events[began:]
        )

    @contextmanager
    def under(self, condition: str) -> Iterator[None]:
        """What happens meanwhile happens only where a condition holds."""
        self.conditions.append(condition)
        try:
            yield
        finally:
            self.conditions.pop()

    def _do_for(self, one: ast.For | ast.AsyncFor, env: Env) -> bool:
        found = self.value(one.iter, env)
        over = items(found)
        if over is None:
            options = found.options if isinstance(found, Unknown) else ()
            perhaps = [each for several in options for each in items(several) or ()]
            lost = Unknown(short(one.iter), "it is one of several")
            for each in perhaps[:_MOST_PERHAPS] or [lost]:
                self.assigned(one.target, each, env)
                with self.under(f"there is a {short(one.target)}"):
                    self.body(one.body, env)
        for each in (over or [])[:MOST_ROUNDS]:
            self.assigned(one.target, each, env)
            returned = len(env.returns)
            if self.body(one.body, env) and len(env.returns) > returned:
                return True
        return self.body(one.orelse, env)

    _do_async_for = _do_for

    def _do_while(self, one: ast.While, env: Env) -> None:
        if truth(self.value(one.test, env)) is not False:
            self.body(one.body, env)

    def _do_with(self, one: ast.With | ast.AsyncWith, env: Env) -> bool:
        for item in one.items:
            held = self.value(item.context_expr, env)
            if item.optional_vars is not None:
                self.assigned(item.optional_vars, self.entered(held, item.context_expr, env), env)
        return self.body(one.body, env)

    _do_async_with = _do_with

    def _do_match(self, one: ast.Match, env: Env) -> None:
        self.value(one.subject, env)
        for case in one.cases:
            with self.under(f"{short(one.subject)} is {short(case.pattern)}"):
                self.body(case.body, env)

    def _do_try(self, one: ast.Try | ast.TryStar, env: Env) -> bool:
        began = len(self.events)
        ended = self.body(one.body, env)
        caught: list[Refusal] = []
        for handler in one.handlers:
            caught = self._catch(handler, began, env)
            self._handle(handler, caught, env)
        if not ended:
            ended = self.body(one.orelse, env)
        return self.body(one.finalbody, env) or ended

    _do_try_star = _do_try

    def _catch(self, handler: ast.ExceptHandler, began: int, env: Env) -> list[Refusal]:
        """Take out of what happened the errors that a handler is for."""
        kinds = self.value(handler.type, env) if handler.type is not None else None
        fresh, self.events[began:] = self.events[began:], []
        caught: list[Refusal] = []
        for event in fresh:
            if isinstance(event, Refusal) and _is_for(kinds, event):
                caught.append(event)
            else:
                self.events.append(event)
        return caught

    def _handle(self, handler: ast.ExceptHandler, caught: list[Refusal], env: Env) -> None:
        """Follow a handler, once for each error that it is known to get."""
        by_status = {one.status: one for one in caught}
        errors: list[Refusal | None] = [*by_status.values()]
        for one in errors[:_MOST_ERRORS] or [None]:
            if handler.name is not None:
                unknown = Unknown(handler.name, "it is an error")
                env.names[handler.name] = unknown if one is None else one.raised
            self.handled.append(one)
            names = dict(env.names)
            self.body(handler.body, env)
            env.names = {**names, **{k: v for k, v in env.names.items() if k not in names}}
            self.handled.pop()


def _is_for(kinds: Any, event: Refusal) -> bool:
    """Whether a handler of these kinds gets an error."""
    if event.raised is None:
        return False
    if kinds is None:
        return True
    several = kinds if isinstance(kinds, tuple) else (kinds,)
    return any(_is_a(event.raised, kind) for kind in several)


def _is_a(error: Any, kind: Any) -> bool:
    if isinstance(kind, External) and kind.last in {"Exception", "BaseException"}:
        return True
    if isinstance(error, Instance):
        if isinstance(kind, Class):
            return any(one is kind for one in error.of.lines())
        return isinstance(kind, External) and error.of.is_a(kind.last)
    if isinstance(error, Made) and isinstance(kind, External):
        return error.of.last == kind.last
    return False


def _asks_how_it_is_started(test: ast.expr) -> bool:
    text = ast.unparse(test)
    return "__name__" in text or text.endswith("TYPE_CHECKING")


def _not(said: str) -> str:
    return said.removeprefix("not ") if said.startswith("not ") else f"not {said}"


def _merged(one: dict[str, Any], other: dict[str, Any], said: str) -> dict[str, Any]:
    """The names after both ways of a condition."""
    found = dict(other)
    for name, value in one.items():
        there = other.get(name, MISSING)
        same = type(there) is type(value) and isinstance(value, str | int) and there == value
        if there is MISSING or there is value or same:
            found[name] = value
        else:
            reason = f"it depends on {said}"
            found[name] = Unknown(name, reason, options=(value, there))
    return found
