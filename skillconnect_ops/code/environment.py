"""What a project's files read from the environment: each file by the reader for its kind."""

import re
from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.code import javascript as js
from skillconnect_ops.code import python as py
from skillconnect_ops.code.components import SUFFIXES, scripts
from skillconnect_ops.code.discovery import Skipped, content
from skillconnect_ops.code.dockerfile import dockerfile, is_dockerfile
from skillconnect_ops.code.documents import COMPOSE, WORKFLOW, compose, workflow
from skillconnect_ops.code.model import Found, Kind, Read, Unparsed
from skillconnect_ops.code.shell import package, shell
from skillconnect_ops.code.syntax import LANGUAGES
from skillconnect_ops.code.testing import is_test

_SHELL = frozenset({".sh", ".bash", ".zsh"})
_PRISMA = re.compile(r"""\benv\(\s*["'](\w+)["']\s*\)""")
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


def reads(root: Path, files: Sequence[str]) -> tuple[Read, ...]:
    """The reads of a project's files; see `look` for what could not be read."""
    return look(root, files).reads


def look(root: Path, files: Sequence[str]) -> Found:
    """Everything that the files show.

    Args:
        root: the project's folder.
        files: relative paths, as `discovery.discover` lists them.
    """
    parts = [_of_file(root, path) for path in files if is_reader(path)]
    return Found(
        reads=tuple(each for part in parts for each in part.reads),
        given=tuple(each for part in parts for each in part.given),
        unresolved=tuple(each for part in parts for each in part.unresolved),
        unparsed=tuple(each for part in parts for each in part.unparsed),
    )


def is_reader(path: str) -> bool:
    """Whether a file's name says that it may read variables."""
    suffix = _suffix(path)
    return not path.endswith(_DECLARATIONS) and (
        suffix in LANGUAGES
        or suffix in SUFFIXES
        or suffix in _SHELL
        or suffix in {".py", ".prisma"}
        or path.rpartition("/")[2] == "package.json"
        or is_dockerfile(path)
        or COMPOSE.fullmatch(path) is not None
        or WORKFLOW.fullmatch(path) is not None
    )


def _of_file(root: Path, path: str) -> Found:
    data = content(root, path)
    if isinstance(data, Skipped):
        if not (root / path).is_symlink() and not (root / path).exists():
            return Found()  # listed by git, and deleted since
        return Found(unparsed=(Unparsed(path=path, reason=data.reason),))
    if not _is_worth(path, data):
        return Found()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    return _of_text(path, text)


def _is_worth(path: str, data: bytes) -> bool:
    """The prefilter: what holds none of a reader's words is not parsed."""
    suffix = _suffix(path)
    if suffix in LANGUAGES or suffix in SUFFIXES:
        return js.is_worth_parsing(data)
    if suffix == ".py":
        return py.PREFILTER.search(data) is not None
    return True


def _of_text(path: str, text: str) -> Found:  # noqa: PLR0911 - one a kind of file
    suffix, test = _suffix(path), is_test(path)
    if suffix in LANGUAGES:
        return js.javascript(text, path=path, language=LANGUAGES[suffix], test=test)
    if suffix in SUFFIXES:
        found = Found()
        for script in scripts(text):
            found += js.javascript(
                script.text,
                path=path,
                language=script.language,
                test=test,
                first_line=script.first_line,
            )
        return found
    if suffix == ".py":
        return py.python(text, path=path, test=test)
    if suffix in _SHELL:
        return shell(text, path=path, test=test)
    if suffix == ".prisma":
        return _prisma(text, path=path)
    if path.rpartition("/")[2] == "package.json":
        return package(text, path=path)
    if is_dockerfile(path):
        return dockerfile(text, path=path)
    return workflow(text, path=path) if WORKFLOW.fullmatch(path) else compose(text, path=path)


def _suffix(path: str) -> str:
    """`.js`; a plain cut, since it is asked for every file of a project."""
    dot = path.rfind(".")
    return path[dot:] if dot > path.rfind("/") + 1 else ""


def _prisma(text: str, *, path: str) -> Found:
    return Found(
        reads=tuple(
            Read(name=name, path=path, line=number, kind=Kind.PRISMA, required=True, checked=True)
            for number, line in enumerate(text.splitlines(), start=1)
            for name in _PRISMA.findall(line.partition("//")[0])
        )
    )
