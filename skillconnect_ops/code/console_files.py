"""The uses of `console` and `print` in a project's files."""

from collections.abc import Sequence

from msgspec.structs import replace

from skillconnect_ops.code import prints as py
from skillconnect_ops.code.components import PAGES, SUFFIXES, scripts
from skillconnect_ops.code.console import PREFILTER, Use, console
from skillconnect_ops.code.console_origins import is_worth_parsing
from skillconnect_ops.code.exemptions import Exemptions, of_javascript, of_python
from skillconnect_ops.code.looked import Looked, Part, Read, look
from skillconnect_ops.code.syntax import LANGUAGES

_RULE = "no-console"
_CODES = ("T", "T2", "T20", "T201")
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


def console_uses(files: Sequence[str], read: Read) -> Looked[Use]:
    """What JavaScript, TypeScript, components and pages print."""
    paths = [path for path in files if _holds_javascript(path)]
    return look(paths, read, wanted=lambda data: PREFILTER in data, of_text=_javascript)


def print_uses(files: Sequence[str], read: Read) -> Looked[py.Print]:
    """What Python prints."""
    paths = [path for path in files if path.endswith((".py", ".pyw"))]
    return look(
        paths,
        read,
        wanted=lambda data: py.PREFILTER.search(data) is not None,
        of_text=_python,
    )


def _holds_javascript(path: str) -> bool:
    suffix = _suffix(path)
    return (suffix in LANGUAGES or suffix in SUFFIXES or suffix in PAGES) and not path.endswith(
        _DECLARATIONS
    )


def _suffix(path: str) -> str:
    """`.js`; a plain cut, since it is asked for every file of a project."""
    dot = path.rfind(".")
    return path[dot:].lower() if dot > path.rfind("/") + 1 else ""


def _javascript(path: str, text: str) -> Part[Use]:
    language = LANGUAGES.get(_suffix(path))
    if language is not None:
        return _script(text, language)
    parts = [
        _moved(_script(script.text, script.language), script.first_line, script.first_column)
        for script in scripts(text)
        if PREFILTER.decode() in script.text
    ]
    return Part(
        found=tuple(one for part in parts for one in part.found),
        exemptions=Exemptions(
            allowances=tuple(one for part in parts for one in part.exemptions.allowances),
            by_linters=tuple(one for part in parts for one in part.exemptions.by_linters),
        ),
        faults=tuple(one for part in parts for one in part.faults),
    )


def _script(text: str, language: str, first_line: int = 1) -> Part[Use]:
    if not is_worth_parsing(text) and "skc:" not in text:
        return Part()
    found = console(text, language)
    faults: tuple[str, ...] = ()
    if found.fault is not None:
        said = f"line {found.fault + first_line - 1} does not fit the grammar"
        faults = (f"{said}; what is around it was looked at",)
    return Part(
        found=found.uses,
        exemptions=of_javascript(found.root, text, rule=_RULE)
        if found.uses or "skc:" in text
        else Exemptions(),
        faults=faults,
    )


def _moved(part: Part[Use], first_line: int, first_column: int) -> Part[Use]:
    """The same where the script begins within its file."""
    down, right = first_line - 1, first_column - 1
    return Part(
        found=tuple(
            replace(
                one,
                line=one.line + down,
                end_line=one.end_line + down,
                column=one.column + (right if one.line == 1 else 0),
                bound_at=None if one.bound_at is None else one.bound_at + down,
            )
            for one in part.found
        ),
        exemptions=Exemptions(
            allowances=tuple(
                replace(one, line=one.line + down, lines=tuple(line + down for line in one.lines))
                for one in part.exemptions.allowances
            ),
            by_linters=tuple(
                ((begin[0] + down, begin[1]), (end[0] + down, end[1]), says)
                for begin, end, says in part.exemptions.by_linters
            ),
        ),
        faults=part.faults,
    )


def _python(_path: str, text: str) -> Part[py.Print]:
    found = py.prints(text)
    return Part(
        found=found.prints,
        exemptions=of_python(text, rules=_CODES),
        faults=() if found.fault is None else (found.fault,),
    )
