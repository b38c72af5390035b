"""What of a command line needs no converting is left to Typer no more.

Typer lets Pydantic convert the value of every parameter, defaults included, and to load Pydantic
takes longer than most commands. The defaults of our signatures are of the right type already: mypy
sees to that. So is a text that was typed where a text is wanted, and a choice is looked up. What is
more than that, and all that is wrong, still goes to Typer.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Any

_NOT_OURS = object()


def spare_pydantic(parameters: Iterable[Any]) -> None:
    """Have only what has to be converted converted."""
    for parameter in parameters:
        if "process_value" not in vars(parameter):
            parameter.process_value = _sparing(parameter)


def _sparing(parameter: Any) -> Any:
    convert = parameter.process_value

    def process(ctx: Any, value: Any) -> Any:
        source = ctx.get_parameter_source(parameter.name)
        if not parameter.required and source is not None and source.name == "DEFAULT":
            many = parameter.multiple or parameter.nargs == -1
            plain = () if value is None and many else value
        else:
            plain = _plain(parameter, value)
            if plain is _NOT_OURS:
                return convert(ctx, value)
        return plain if parameter.callback is None else parameter.callback(ctx, parameter, plain)

    return process


def _plain(parameter: Any, value: Any) -> Any:
    """The value as the command gets it, where that is plain to see."""
    wanted = parameter.type_descriptor.annotation
    if wanted is str and _is_text(value):
        return value
    if wanted == list[str] and isinstance(value, list | tuple) and all(map(_is_text, value)):
        return list(value)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return next((one for one in wanted if one.value == value), _NOT_OURS)
    return _NOT_OURS


def _is_text(value: Any) -> bool:
    """Whether it is one without bytes that no text has."""
    return isinstance(value, str) and value.isascii()
