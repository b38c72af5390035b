"""Which target is meant, and what the environment overrides in it."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct, inspect

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.settings.errors import NoSuchTarget, TargetNotNamed
from skillconnect_ops.core.settings.model import Settings, Target, TargetSettings
from skillconnect_ops.core.settings.rules import RULES

Lookup = Callable[[str], str | None]


class OverrideInvalid(Precondition):
    """A variable `SKC_…` holds what its setting cannot be."""

    def __init__(self, variable: str, *, why: str) -> None:
        super().__init__(
            f"the environment variable {variable} is not usable",
            why=why,
            fix=f"correct {variable}, or `unset {variable}` to use what skc.yaml says",
        )


def choose(settings: Settings, name: str | None, *, variable: Lookup) -> Target:
    """The target of that name, else that of `SKC_TARGET`, else the only one.

    Raises:
        TargetNotNamed: there are several.
        NoSuchTarget: none has that name.
        OverrideInvalid: a variable `SKC_…` holds what its setting cannot be.
    """
    targets = settings.targets
    wanted = name or variable("SKC_TARGET")
    if wanted is None:
        if len(targets) > 1:
            raise TargetNotNamed(targets)
        wanted = next(iter(targets), "default")
    if wanted not in targets:
        raise NoSuchTarget(wanted, targets)
    kind = inspect.type_info(TargetSettings)
    assert isinstance(kind, inspect.StructType)  # noqa: S101 - narrows the type, a Struct always is
    return Target(name=wanted, settings=_overridden(targets[wanted], kind, "SKC", variable))


def _overridden(settings: Struct, kind: inspect.StructType, prefix: str, variable: Lookup) -> Any:
    """The settings with each `SKC_PLACE_NAME` that is set in place of what the file says."""
    changes: dict[str, Any] = {}
    for field in kind.fields:
        name = f"{prefix}_{field.name.upper()}"
        inner = _bare(field.type)
        before = getattr(settings, field.name)
        if isinstance(inner, inspect.StructType):
            after = _part(before, inner, name, variable)
        else:
            text = None if isinstance(inner, inspect.DictType) else variable(name)
            after = before if text is None else _parsed(text, inner, name)
            _check(kind.cls, field.name, after, name)
        if after != before:
            changes[field.name] = after
    return msgspec.structs.replace(settings, **changes)


def _part(before: Any, kind: inspect.StructType, prefix: str, variable: Lookup) -> Any:
    """The same for a part, which the file may lack while all that it needs is in variables."""
    if before is None:
        found: dict[str, Any] = {}
        for field in kind.fields:
            name = f"{prefix}_{field.name.upper()}"
            text = variable(name) if field.required else None
            if text is not None:
                found[field.name] = _parsed(text, _bare(field.type), name)
            elif field.required:
                return None
        before = kind.cls(**found)
    return _overridden(before, kind, prefix, variable)


def _bare(kind: inspect.Type) -> inspect.Type:
    if not isinstance(kind, inspect.UnionType):
        return kind
    (only,) = (option for option in kind.types if not isinstance(option, inspect.NoneType))
    return only


def _parsed(text: str, kind: inspect.Type, name: str) -> object:
    if isinstance(kind, inspect.VarTupleType):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(kind, inspect.IntType):
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise OverrideInvalid(name, why="it must be a whole number")
        return int(text)
    return text


def _check(cls: type[object], field: str, value: object, variable: str) -> None:
    rule = RULES.get((cls, field))
    fault = rule(value) if rule and value is not None else None
    if fault:
        raise OverrideInvalid(variable, why=f"it {fault.what}: {fault.why}")
