"""The limits that packages are given: `"5/minute"`, `RateLimiter(times=5, seconds=60)`."""

import re
from collections.abc import Iterator
from typing import Any

from skillconnect_ops.code.fastapi_values import Made, parts

_UNITS_MS = {
    "second": 1_000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
    "month": 2_592_000_000,
    "year": 31_104_000_000,
}
_TEXT = re.compile(
    r"(\d+)\s*(?:/|per)\s*(\d+)?\s*(second|minute|hour|day|month|year)s?", re.IGNORECASE
)
_TIMES = {"milliseconds": 1, "seconds": 1_000, "minutes": 60_000, "hours": 3_600_000}


def of_made(made: Made, given: Any = None) -> Iterator[tuple[float, float]]:
    """Tries and milliseconds; what is not told is left out.

    Args:
        made: the call that makes a limiter.
        given: look at this in place of its arguments.
    """
    for part in parts([made.args, made.kwargs] if given is None else given):
        if isinstance(part, str):
            for many, times, unit in _TEXT.findall(part):
                yield float(many), float(times or 1) * _UNITS_MS[unit.lower()]
    times = made.kwargs.get("times")
    if given is None and isinstance(times, int):
        window = sum(
            value * unit
            for name, unit in _TIMES.items()
            if isinstance(value := made.kwargs.get(name, 0), int | float)
        )
        if window:
            yield float(times), float(window)
