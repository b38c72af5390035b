"""The fields of pydantic settings classes, as the variables that fill them.

Source: the documentation of pydantic-settings (`env_prefix`, `validation_alias`), and of pydantic 1
(`env=`, `class Config`).
"""

import ast
from collections.abc import Iterator
from typing import TypeGuard

from msgspec import Struct

from skillconnect_ops.code.need import CHECKED, Need
from skillconnect_ops.code.python_values import Place, literal, text_of

_BASE = "BaseSettings"
_CONFIG = frozenset({"model_config", "Config"})
_ALIASES = ("validation_alias", "alias", "env")


class Field(Struct, frozen=True):
    """One field of a settings class."""

    name: str
    node: ast.AST
    need: Need


def is_settings(node: ast.ClassDef, place: Place) -> bool:
    """Whether a class is filled from the environment: by its bases, within this module."""
    seen: set[str] = set()
    waiting = list(node.bases)
    while waiting:
        base = waiting.pop()
        name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
        meaning = place.means(base) or name
        if meaning.rpartition(".")[2] == _BASE:
            return True
        above = place.base(name) if name not in seen else None
        seen.add(name)
        if isinstance(above, ast.ClassDef):
            waiting += above.bases
    return False


def of_settings(node: ast.ClassDef, place: Place) -> Iterator[Field]:
    """The variables of a settings class."""
    prefix = _prefix(node, place)
    for part in node.body:
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            continue
        field = part.target.id
        if field.startswith("_") or field in _CONFIG or "ClassVar" in ast.unparse(part.annotation):
            continue
        need = _need(part.value)
        names = _aliases(part.value, place) or ((prefix + field).upper(),)
        for name in names:
            yield Field(name, part, need if len(names) == 1 else Need(required=False))


def _prefix(node: ast.ClassDef, place: Place) -> str:
    for part in node.body:
        if isinstance(part, ast.ClassDef) and part.name == "Config":
            for line in part.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "env_prefix":
                    return text_of(line.value, place) or ""
        elif isinstance(part, ast.Assign | ast.AnnAssign):
            target = part.targets[0] if isinstance(part, ast.Assign) else part.target
            if ast.unparse(target) == "model_config" and part.value is not None:
                return _given(part.value, "env_prefix", place)
    return ""


def _given(value: ast.expr, name: str, place: Place) -> str:
    """A setting of `SettingsConfigDict(env_prefix="X_")`, or of a dictionary."""
    if isinstance(value, ast.Call):
        found = next((each.value for each in value.keywords if each.arg == name), None)
    elif isinstance(value, ast.Dict):
        found = next(
            (
                each
                for key, each in zip(value.keys, value.values, strict=True)
                if isinstance(key, ast.Constant) and key.value == name
            ),
            None,
        )
    else:
        found = None
    return (text_of(found, place) or "") if found is not None else ""


def _aliases(value: ast.expr | None, place: Place) -> tuple[str, ...]:
    if not _is_field(value):
        return ()
    for name in _ALIASES:
        found = next((each.value for each in value.keywords if each.arg == name), None)
        if isinstance(found, ast.Call):  # AliasChoices("A", "B")
            texts = [text_of(each, place) for each in found.args]
            return tuple(text for text in texts if text)
        text = text_of(found, place) if found is not None else None
        if text:
            return (text,)
    return ()


def _need(value: ast.expr | None) -> Need:
    if value is None or _is_dots(value):
        return CHECKED
    if not _is_field(value):
        return Need(required=False, default=literal(value))
    given = {each.arg: each.value for each in value.keywords}
    default = value.args[0] if value.args else given.get("default")
    if default is not None and not _is_dots(default):
        return Need(required=False, default=literal(default))
    return Need(required=False) if "default_factory" in given else CHECKED


def _is_field(value: ast.expr | None) -> TypeGuard[ast.Call]:
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] == "Field"


def _is_dots(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is ...
