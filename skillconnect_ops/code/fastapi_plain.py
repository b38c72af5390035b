"""Values of Python as the plain data that checks judge; see `Computed` and `Defaulted`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skillconnect_ops.code.express_model import Computed
from skillconnect_ops.code.fastapi_values import (
    MISSING,
    Instance,
    Made,
    Member,
    Unknown,
    parts,
    short,
)
from skillconnect_ops.code.package_calls import OUTSIDE, Defaulted

_DEEPEST = 4
_FROM_OUTSIDE = re.compile(
    r"^(?:os|secrets|decouple|environs|pathlib|dotenv)\.|environ|getenv|Config"
)
_SCALARS = (str, int, float, bool, bytes, type(None))


class Plain:
    """Makes them.

    Args:
        objects: those that the project makes, by the node of their class.
    """

    def __init__(self, objects: Mapping[int, Sequence[Instance]]) -> None:
        self._objects = objects

    def of(  # noqa: PLR0911 - one a kind of value
        self, value: Any, depth: int = 0
    ) -> Any:
        """A value as plain data."""
        if depth > _DEEPEST:
            return Computed("", "it is nested deeply")
        if isinstance(value, _SCALARS):
            return value
        if isinstance(value, list | tuple | set | frozenset):
            return [self.of(one, depth + 1) for one in value]
        if isinstance(value, dict):
            return {_key(key): self.of(one, depth + 1) for key, one in value.items()}
        if isinstance(value, Member):
            return self.of(value.value, depth + 1)
        if isinstance(value, Unknown):
            return self._unknown(value, depth)
        if isinstance(value, Made):
            outside = _FROM_OUTSIDE.search(value.of.name) is not None
            return Computed(short(value.node), OUTSIDE if outside else "it is computed")
        return Computed(str(getattr(value, "name", "")), "it is computed")

    def all(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments by name as plain data."""
        return {name: self.of(value) for name, value in given.items()}

    def _unknown(self, value: Unknown, depth: int) -> Any:
        if any(isinstance(one, Unknown) and one.outside for one in parts(value)):
            return _unless(value)
        held = self._held(value)
        if held is not None:
            return held
        keys = {
            key: self.of(each, depth + 1)
            for one in value.options
            if isinstance(one, dict)
            for key, each in one.items()
            if isinstance(key, str)
        }
        lost = Computed(value.text, value.reason)
        return {**keys, "...": lost} if keys else lost

    def _held(self, value: Unknown) -> Any:
        """What an attribute holds in the objects of its class: a text, or what is computed.

        Where the project makes such objects, and never gives one a text of its own, the value comes
        from outside.
        """
        origins = (one.origin for one in parts(value) if isinstance(one, Unknown))
        of, name = next((one for one in origins if one is not None), (None, ""))
        made = self._objects.get(id(of.node), ()) if of is not None else ()
        held = [one.attrs.get(name, MISSING) for one in made if not one.typed]
        literal = next((one for one in held if isinstance(one, str) and one), None)
        if literal is not None:
            return literal
        return Computed(value.text, OUTSIDE) if held else None


def _unless(value: Unknown) -> Any:
    """What comes from outside, with what it is where nothing comes."""
    default = next((one for one in _defaults(value) if isinstance(one, str | bool | list)), None)
    if isinstance(default, list) and default:
        texts = [one for one in default if isinstance(one, str)]
        return [Defaulted(value.text, OUTSIDE, one) for one in texts]
    if default or isinstance(default, bool):
        return Defaulted(value.text, OUTSIDE, str(default))
    return Computed(value.text, OUTSIDE)


def _defaults(value: Unknown) -> Iterator[Any]:
    for one in parts(value):
        if isinstance(one, Unknown) and one.default is not MISSING:
            yield one.default


def _key(value: Any) -> str:
    return value if isinstance(value, str) else str(getattr(value, "name", value))
