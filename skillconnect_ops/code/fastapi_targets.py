"""What is meant by what `Depends` is given: functions, classes, objects."""

from typing import Any

from skillconnect_ops.code.fastapi_packages import SCHEMES
from skillconnect_ops.code.fastapi_values import (
    Class,
    External,
    Function,
    Instance,
    Made,
    Unknown,
    bound,
    short,
)


def called(target: Any) -> Function | None:
    """The function that is called of a dependency."""
    if isinstance(target, Function):
        return target
    if isinstance(target, Instance):
        found = target.of.find("__call__")
        if isinstance(found, Function):
            return bound(found, target)
    if isinstance(target, Class):
        found = target.find("__init__")
        if isinstance(found, Function):
            return bound(found, Instance(target))
    return None


def scheme(target: Any) -> External | None:
    """The scheme of FastAPI that an object's class is made from."""
    if not isinstance(target, Instance):
        return None
    lines = (one for one in target.of.lines() if isinstance(one, External))
    return next((one for one in lines if SCHEMES.search(one.name)), None)


def named(value: Any) -> str:
    """How a value is called, or as it is written."""
    if isinstance(value, External):
        return value.last
    if isinstance(value, Made):
        return short(value.node)
    if isinstance(value, Unknown):
        return value.text
    if isinstance(value, Instance):
        return value.of.name
    return str(getattr(value, "name", "something"))
