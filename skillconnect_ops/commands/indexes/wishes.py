"""Words of the command line."""

from skillconnect_ops.core.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_NAMED = ("majority", "votingMembers")


def seconds(text: str, *, option: str = "--observe") -> float:
    """`7d` as seconds.

    Raises:
        UsageError: it is no time.
    """
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and unit in _UNITS):
        raise UsageError(
            f"{option} {text} is no time",
            why="it is a number and one of s, m, h, d and w",
            fix=f"{option} 7d",
        )
    return float(int(number) * _UNITS[unit])


def quorum(text: str | None) -> int | str | None:
    """A number of members, or one of the server's words.

    Raises:
        UsageError: neither.
    """
    if text is None or text in _NAMED:
        return text
    if text.isascii() and text.isdigit():
        return int(text)
    raise UsageError(
        f"--commit-quorum {text} is none",
        why=f"it is a number of members, or one of {' and '.join(_NAMED)}",
        fix="--commit-quorum majority",
    )
