"""What a project says it depends on: package.json, requirements, pyproject.toml, Pipfile; pure.

Direct dependencies alone, each with the place where it is declared. A text that does not fit its
format is a fault, and never "no dependencies".
"""

import json
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from skillconnect_ops.core.regex import regex

_SECTIONS = {"dependencies": False, "optionalDependencies": False, "devDependencies": True}
"""Of a package.json, each with whether it is for developers alone."""
_REQUIREMENTS = regex(
    r"(.*[-_.])?(requirements?|reqs?)([-_.].*)?\.(txt|in)|requirements/[^/]+\.txt"
)
_PURPOSES = "dev|develop|development|tests?|testing|lint|docs?|ci"
_DEVELOPERS = regex(rf"(.*[-_.])?({_PURPOSES})([-_.].*)?")
_ALIAS = regex(r"npm:((?:@[^/@]+/)?[^@]+)(?:@(.*))?")
_REQUIREMENT = regex(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)")
_EGG = regex(r"[#&]egg=([A-Za-z0-9._-]+)")
_INCLUDES = regex(r"(?:-r|--requirement)[ =]\s*(\S+)")
_ENDS = regex(r"\s#.*|;.*|\s--hash=.*")


class Ecosystem(StrEnum):
    """Where packages come from."""

    NPM = "npm"
    PYTHON = "python"


class Dependency(Struct, frozen=True, kw_only=True):
    """One direct dependency."""

    ecosystem: Ecosystem
    name: str
    """As its registry compares names."""
    wanted: str
    """The versions that it may have, as it is written."""
    path: str
    line: int
    section: str
    developers: bool
    """Whether only developers install it."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What one file declares."""

    dependencies: tuple[Dependency, ...] = ()
    faults: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    """Other files that it takes in, relative to the same root."""


def is_manifest(path: str) -> bool:
    """Whether a file is one of those, by its name."""
    name = posixpath.basename(path)
    if name in {"package.json", "pyproject.toml", "Pipfile"}:
        return True
    return _REQUIREMENTS.fullmatch("/".join(path.split("/")[-2:])) is not None or (
        _REQUIREMENTS.fullmatch(name) is not None
    )


def read(path: str, text: str) -> Manifest:
    """What a file declares.

    Args:
        path: its name says what it is; any other is taken for a requirements file.
        text: all of it.
    """
    match posixpath.basename(path):
        case "package.json":
            return _package_json(path, text)
        case "pyproject.toml" | "Pipfile":
            return _toml(path, text)
        case _:
            return _requirements(path, text)


def python_name(name: str) -> str:
    """As the registry compares names: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _package_json(path: str, text: str) -> Manifest:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Manifest(faults=(f"it is no JSON: {error}",))
    if not isinstance(document, dict):
        return Manifest(faults=("it is no JSON object",))
    found: list[Dependency] = []
    faults: list[str] = []
    for section, developers in _SECTIONS.items():
        declared = document.get(section, {})
        if not isinstance(declared, dict):
            faults.append(f"{section} is no object")
            continue
        lines = _lines(text, section)
        for name, wanted in declared.items():
            if not isinstance(wanted, str):
                faults.append(f"{section}: the version of {name} is no text")
                continue
            alias = _ALIAS.fullmatch(wanted)
            found.append(
                Dependency(
                    ecosystem=Ecosystem.NPM,
                    name=alias[1] if alias is not None else name,
                    wanted=(alias[2] or "") if alias is not None else wanted,
                    path=path,
                    line=lines.get(name, 1),
                    section=section,
                    developers=developers,
                )
            )
    return Manifest(dependencies=tuple(found), faults=tuple(faults))


def _lines(text: str, section: str) -> Mapping[str, int]:
    """In which line of a section each name stands."""
    begin = re.search(rf'"{section}"\s*:\s*\{{', text)
    if begin is None:
        return {}
    end = text.find("}", begin.end())
    stretch = text[begin.end() : end if end >= 0 else len(text)]
    first = text.count("\n", 0, begin.end()) + 1
    return {
        found[1]: first + stretch.count("\n", 0, found.start())
        for found in re.finditer(r'"((?:[^"\\]|\\.)+)"\s*:', stretch)
    }


def _requirements(path: str, text: str) -> Manifest:
    found: list[Dependency] = []
    faults: list[str] = []
    includes: list[str] = []
    developers = any(map(_DEVELOPERS.fullmatch, (posixpath.basename(path), _parent(path))))
    for number, line in _joined(text):
        said = _ENDS.sub("", f" {line}").strip()
        if not said or said.startswith("#"):
            continue
        if said.startswith("-"):
            taken = _INCLUDES.match(said)
            if taken is not None and "://" not in taken[1]:
                below = posixpath.join(posixpath.dirname(path), taken[1])
                includes.append(posixpath.normpath(below))
            said = said.partition(" ")[2] if said.startswith(("-e ", "--editable ")) else ""
        egg = _EGG.search(said)
        named = _REQUIREMENT.fullmatch(said)
        if egg is not None:
            name, wanted = egg[1], said
        elif not said or "://" in said.partition("@")[0] or said.startswith((".", "/")):
            continue  # a file or an address that says no name
        elif named is not None and (not named[2] or named[2][0] in "<>=!~@("):
            name, wanted = named[1], named[2]
        else:
            faults.append(f"line {number}: no requirement is told from it")
            continue
        found.append(_of_python(name, wanted, path, number, section="", developers=developers))
    return Manifest(
        dependencies=tuple(found), faults=tuple(faults), includes=tuple(dict.fromkeys(includes))
    )


def _parent(path: str) -> str:
    """The name of a folder that holds nothing but requirements of one purpose, as `docs`."""
    name = posixpath.basename(posixpath.dirname(path))
    return name if "-" not in name and "_" not in name else ""


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """The lines, each with its number; those that end with a backslash go on."""
    begin, parts = 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        begin = begin if parts else number
        if line.endswith("\\"):
            parts += line[:-1] + " "
            continue
        yield begin, parts + line
        parts = ""
    if parts:
        yield begin, parts


def _toml(path: str, text: str) -> Manifest:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return Manifest(faults=(f"it is no TOML: {error}",))
    found: list[Dependency] = []
    faults: list[str] = []
    declared = _of_pipfile(document) if path.endswith("Pipfile") else _of_project(document)
    for section, requirement in declared:
        named = _REQUIREMENT.fullmatch(requirement)
        if named is None:
            faults.append(f"{section}: no requirement is told from a text")
            continue
        developers = _DEVELOPERS.fullmatch(section) is not None
        found.append(
            _of_python(
                named[1],
                named[2].partition(";")[0].strip(),
                path,
                _line_of(text, named[1]),
                section=section,
                developers=developers,
            )
        )
    dynamic = _at(document, "project").get("dynamic", ())
    if path.endswith("pyproject.toml") and "dependencies" in dynamic:
        faults.append("its dependencies are told by a build, and not here")
    return Manifest(dependencies=tuple(found), faults=tuple(faults))


def _of_project(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each requirement and its section: PEP 621, PEP 735, and Poetry's own tables."""
    project = _at(document, "project")
    yield from (("project", one) for one in _texts(project.get("dependencies")))
    for group, some in _at(project, "optional-dependencies").items():
        yield from ((f"optional.{group}", one) for one in _texts(some))
    for group, some in _at(document, "dependency-groups").items():
        yield from ((f"group.{group}", one) for one in _texts(some))
    poetry = _at(_at(document, "tool"), "poetry")
    yield from _of_table("poetry", _at(poetry, "dependencies"))
    yield from _of_table("poetry.dev", _at(poetry, "dev-dependencies"))
    for group, table in _at(poetry, "group").items():
        if isinstance(table, dict):
            yield from _of_table(f"poetry.{group}", _at(table, "dependencies"))


def _of_pipfile(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _of_table("packages", _at(document, "packages"))
    yield from _of_table("dev-packages", _at(document, "dev-packages"))


def _of_table(section: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in table:
        if name != "python":
            yield section, name


def _at(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name, {})
    return found if isinstance(found, dict) else {}


def _texts(value: object) -> Iterable[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _line_of(text: str, name: str) -> int:
    """The first line of a TOML text that declares a name, be it a key or a text in a list."""
    spelled = re.sub(r"[-_.]+", "[-_.]+", re.escape(name).replace(r"\-", "-").replace(r"\.", "."))
    found = re.search(
        rf"(?im)^[ \t]*[\"']?{spelled}[\"']?[ \t]*=|[\"']{spelled}(?=[\s\[<>=!~;@\"'])", text
    )
    return text.count("\n", 0, found.start()) + 1 if found is not None else 1


def _of_python(
    name: str, wanted: str, path: str, line: int, *, section: str, developers: bool
) -> Dependency:
    return Dependency(
        ecosystem=Ecosystem.PYTHON,
        name=python_name(name),
        wanted=wanted,
        path=path,
        line=line,
        section=section,
        developers=developers,
    )
