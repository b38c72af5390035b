"""Parameters that were not typed keep their defaults as they are.

Typer lets Pydantic convert the value of every parameter, defaults included, and to load Pydantic
takes longer than most commands. The defaults of our signatures are of the right type already: mypy
sees to that.
"""

from collections.abc import Iterable
from typing import Any


def keep_defaults(parameters: Iterable[Any]) -> None:
    """Have only what was typed converted."""
    for parameter in parameters:
        if not parameter.required and "process_value" not in vars(parameter):
            parameter.process_value = _keeping(parameter)


def _keeping(parameter: Any) -> Any:
    convert = parameter.process_value

    def process(ctx: Any, value: Any) -> Any:
        source = ctx.get_parameter_source(parameter.name)
        if source is None or source.name != "DEFAULT":
            return convert(ctx, value)
        if value is None and (parameter.multiple or parameter.nargs == -1):
            value = ()
        return value if parameter.callback is None else parameter.callback(ctx, parameter, value)

    return process
