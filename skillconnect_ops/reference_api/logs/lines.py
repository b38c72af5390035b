"""An event as a line: JSON for machines, a coloured text for a person; pure.

One event is one line, whatever its values hold. Besides what JSON escapes by itself, that is true
of letters that a terminal or a reader of lines may take for a command or for a line's end.
"""

import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

_PACKAGE = Path(__file__).parent.name
_UNSAFE = re.compile(
    # C0, delete and C1; ends of lines and paragraphs; what turns the direction of writing
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_BARE = re.compile(r"[\w./:@+*-]+")
_LETTER_BYTES = 6
"""Of a letter as JSON has it, at most: `\\u001b`."""
_CAUSES = 4
FRAMES = 40
"""Of a stack only the last ones are told."""
_COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "1;31"}
_HEAD = frozenset({"timestamp", "level", "service", "event", "stack"})
_encoder = msgspec.json.Encoder()


def json_line(event: Mapping[str, Any], longest_bytes: int) -> bytes:
    """The event as one JSON object in UTF-8, with its line feed.

    Args:
        event: of JSON's own types.
        longest_bytes: of a longer line the longest values are cut; `cut_from_bytes` tells so.
    """
    line = _encoded(event)
    if len(line) >= longest_bytes:
        line = _encoded(_cut(event, len(line), longest_bytes))
    return line + b"\n"


def _encoded(value: Any) -> bytes:
    line = _encoder.encode(value)
    if line.isascii() and b"\x7f" not in line:
        return line
    return _UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", line.decode()).encode()


def _cut(event: Mapping[str, Any], size: int, longest_bytes: int) -> dict[str, Any]:
    """The event within a size: short values as they are, the long ones share what is left."""
    sizes = {name: len(_encoded({name: value})) for name, value in event.items()}
    room = longest_bytes - len(_encoded({"cut_from_bytes": size})) - 1
    kept: dict[str, Any] = {}
    for before, name in enumerate(sorted(sizes, key=lambda name: (name not in _HEAD, sizes[name]))):
        share = room // (len(_HEAD) if name in _HEAD else len(sizes) - before)
        value = event[name]
        if sizes[name] > share:
            text = value if isinstance(value, str) else _encoded(value).decode()
            letters = (share - len(_encoded({name: "…"}))) // _LETTER_BYTES
            if letters <= 0:
                continue
            value = text[:letters] + "…"
        kept[name] = value
        room -= len(_encoded({name: value}))
    return {name: kept[name] for name in event if name in kept} | {"cut_from_bytes": size}


def pretty_line(event: Mapping[str, Any], *, coloured: bool) -> bytes:
    """The event for a person: time, level, what happened, fields; a stack below it, indented."""

    def paint(code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if coloured else text

    level = event["level"]
    words = [
        paint("2", event["timestamp"][11:23]),
        paint(_COLOURS.get(level, "0"), f"{level:<8}"),
        paint("1", _escaped(str(event["event"]))),
        *(
            f"{paint('36', _escaped(name))}={_shown(value)}"
            for name, value in event.items()
            if name not in _HEAD
        ),
    ]
    lines = [" ".join(words)]
    lines += [f"    {_escaped(line)}" for line in str(event.get("stack", "")).split("\n") if line]
    return ("\n".join(lines) + "\n").encode()


def _shown(value: Any) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value
    return _escaped(_encoded(value).decode())


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def told(exc_info: Any, *, development: bool) -> dict[str, Any]:
    """An exception as fields: `exception` with type, message, place and cause.

    Args:
        exc_info: an exception, the triple of `sys.exc_info()`, or anything true for the one that
            is being handled.
        development: `stack` as well.
    """
    error = _exception(exc_info)
    if error is None:
        return {}
    fields: dict[str, Any] = {"exception": _described(error, _CAUSES)}
    if development:
        fields["stack"] = "".join(traceback.format_exception(error, limit=-FRAMES))
    return fields


def _exception(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if len(exc_info) > 1 else None
    return sys.exception()


def _described(error: BaseException, causes: int) -> dict[str, Any]:
    kind = type(error)
    home = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    fields: dict[str, Any] = {"type": f"{home}{kind.__qualname__}", "message": _message(error)}
    place = _place(error.__traceback__)
    if place is not None:
        fields["at"] = place
    if causes:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            fields["cause"] = _described(cause, causes - 1)
        if isinstance(error, BaseExceptionGroup):
            fields["parts"] = [_described(each, causes - 1) for each in error.exceptions[:_CAUSES]]
    return fields


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - somebody else's __str__
        return "?"


def _place(trace: TracebackType | None) -> str | None:
    """The last place in this service, or the last of all where it never came by."""
    frames = list(_frames(trace))
    own = [each for each in frames if f"/{_PACKAGE}/" in each[0]]
    if not frames:
        return None
    file, line, function = (own or frames)[-1]
    return f"{'/'.join(Path(file).parts[-2:])}:{line} in {function}"


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, int, str]]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield code.co_filename, trace.tb_lineno, code.co_qualname
        trace = trace.tb_next
