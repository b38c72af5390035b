"""What shell scripts and the scripts of a package.json read and give.

No full shell grammar: names in upper case, comments and single quotes left out. What a script
assigns itself is no read of the environment, unless it is `X=${X:-default}`.
"""

import json
import re
from collections.abc import Iterator

from skillconnect_ops.code.interpolation import Use, uses
from skillconnect_ops.code.model import Found, Given, Kind, Read, Unparsed

_COMMENT = re.compile(r"(^|\s)#.*")
_SINGLE = re.compile(r"'[^']*'")
_QUOTED_HERE = re.compile(
    r"<<-?\s*(['\"])(?P<end>\w+)\1.*?^\s*(?P=end)\s*$", re.DOTALL | re.MULTILINE
)
_SETS = re.compile(
    r"(?:^|[\s;&|(])(?:export\s+|local\s+|readonly\s+|declare\s+(?:-\w+\s+)*)?([A-Z_][A-Z0-9_]*)\+?="
    r"|\bfor\s+([A-Z_][A-Z0-9_]*)\s+in\b|\bread\s+(?:-\w+\s+)*([A-Z_][A-Z0-9_]*)"
)
_UPPER = re.compile(r"[A-Z][A-Z0-9_]+")
_BEFORE = re.compile(r"(?:^|&&|\|\||;|cross-env(?:-shell)?)\s*((?:[A-Z_][A-Z0-9_]*=(?:\S*)\s+)+)")
_WINDOWS = re.compile(r"%([A-Z][A-Z0-9_]+)%")


def shell(text: str, *, path: str, test: bool = False) -> Found:
    """The reads of a shell script."""
    bare = _QUOTED_HERE.sub(lambda found: "\n" * found[0].count("\n"), text)
    own = {name for line in bare.splitlines() for name in _assigned(line)}
    reads = [
        _read(use, path, number, kind=Kind.SHELL, test=test)
        for number, line in enumerate(bare.splitlines(), start=1)
        for use in uses(_SINGLE.sub("''", _COMMENT.sub("", line)))
        if _UPPER.fullmatch(use.name) and (use.name not in own or use.sign)
    ]
    return Found(reads=tuple(dict.fromkeys(reads)))


def package(text: str, *, path: str) -> Found:
    """What the scripts of a package.json read, and what they set for what they start."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Found(unparsed=(Unparsed(path=path, reason="it is no JSON"),))
    scripts = document.get("scripts") if isinstance(document, dict) else None
    if not isinstance(scripts, dict):
        return Found()
    found = Found()
    for name, command in scripts.items():
        if isinstance(command, str):
            found += _of_script(command, path=path, line=_line(text, str(name), command))
    return found


def _of_script(command: str, *, path: str, line: int) -> Found:
    given = [
        Given(name=name, path=path, line=line, kind=Kind.PACKAGE, literal="$" not in value)
        for block in _BEFORE.findall(command)
        for name, _, value in (word.partition("=") for word in block.split())
    ]
    own = {each.name for each in given}
    reads = [
        _read(use, path, line, kind=Kind.PACKAGE, test=False)
        for use in uses(_SINGLE.sub("''", command))
        if _UPPER.fullmatch(use.name) and (use.name not in own or use.sign)
    ]
    reads += [
        Read(name=name, path=path, line=line, kind=Kind.PACKAGE, required=True)
        for name in _WINDOWS.findall(command)
    ]
    return Found(reads=tuple(dict.fromkeys(reads)), given=tuple(given))


def _assigned(line: str) -> Iterator[str]:
    for found in _SETS.finditer(_COMMENT.sub("", line)):
        yield next(name for name in found.groups() if name)


def _read(use: Use, path: str, line: int, *, kind: Kind, test: bool) -> Read:
    return Read(
        name=use.name,
        path=path,
        line=line,
        kind=kind,
        required=use.need.required,
        default=use.need.default,
        checked=use.need.checked,
        test=test,
    )


def _line(text: str, name: str, command: str) -> int:
    """The line that a script stands in: of its name and command, else the first of the name."""
    for key in (f"{json.dumps(name)}: {json.dumps(command)}", json.dumps(name)):
        place = text.find(key)
        if place >= 0:
            return text.count("\n", 0, place) + 1
    return 1
