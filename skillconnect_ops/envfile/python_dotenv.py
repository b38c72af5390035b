"""python-dotenv, through that library itself: what `load_dotenv` makes of a file."""

import io
import re

from dotenv.parser import parse_stream

_INTERPOLATED = re.compile(r"\$\{[^}:]*(?::-[^}]*)?\}")


class NotText(ValueError):
    """The file is not UTF-8, so the library reads nothing of it; `line` is the first such."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} is not UTF-8")
        self.line = line


def read(data: bytes) -> dict[str, str]:
    """All variables, before interpolation; of a name that stands twice the last.

    Raises:
        NotText: it is not UTF-8.
    """
    try:
        text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, _first_bad(data)) + 1
        raise NotText(line) from error
    # a later line that holds a name alone takes the variable away again
    last = {binding.key: binding.value for binding in parse_stream(io.StringIO(text))}
    return {name: value for name, value in last.items() if name is not None and value is not None}


def interpolates(value: str) -> bool:
    """Whether the library would put another variable's value into this one, quoted or not."""
    return _INTERPOLATED.search(value) is not None


def _first_bad(data: bytes) -> int:
    """The offset of the first byte that is no UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(data)
