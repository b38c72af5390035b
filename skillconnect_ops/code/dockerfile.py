"""Dockerfiles: their instructions, and the variables that these read and give.

Source: the Dockerfile reference (line continuation, comments, ARG, ENV, COPY).
"""

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from msgspec import Struct

from skillconnect_ops.code.interpolation import expanded
from skillconnect_ops.code.model import Found, Given, Kind, Read

DOCKERFILE = re.compile(
    r"(?:.*/)?(?:(Dockerfile|Containerfile)([._-][\w.-]+)?|[\w.-]+\.(?:docker|container)file)",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?:.*/)?[dc][^/]*\.(?:py|[cm]?[jt]sx?|go|rs|rb|java|md|json|ya?ml|html|sh)")
"""A program or a page about Dockerfiles."""
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_IGNORED = re.compile(r".*\.dockerignore", re.IGNORECASE)
_DIRECTIVE = re.compile(r"\s*#\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\s*")
_PREDEFINED = frozenset(
    {
        *("TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM"),
        *("BUILDOS", "BUILDARCH", "BUILDVARIANT"),
    }
)


class Instruction(Struct, frozen=True):
    """One instruction, continuation lines joined."""

    keyword: str
    """In upper case."""
    rest: str
    line: int
    escape: str = "\\"
    """What takes a character's meaning away; a backquote where paths have backslashes."""

    def words(self) -> tuple[str, ...]:
        """The rest as words, quotes taken off; flags such as `--from=x` are words."""
        read = shlex.shlex(self.rest, posix=True, punctuation_chars=False)
        read.whitespace_split, read.commenters, read.escape = True, "", self.escape
        try:
            return tuple(read)
        except ValueError:
            return tuple(self.rest.split())


class Copied(Struct, frozen=True, kw_only=True):
    """What a `COPY` or `ADD` takes from the build's context."""

    sources: tuple[str, ...]
    """Patterns of Go's filepath.Match, relative to the context; a folder stands for all in it."""
    left_out: tuple[str, ...] = ()
    """The patterns of `--exclude`."""
    unclear: tuple[str, ...] = ()
    """Sources that hang on a variable whose value the build alone knows."""


def copied(each: Instruction, values: Mapping[str, str]) -> Copied:
    """The sources of a `COPY` or `ADD`; none where they come from another image.

    Args:
        each: the instruction.
        values: the build arguments and variables that have a value where it stands.
    """
    words = list(each.words())
    flags = [words.pop(0) for _ in range(len(words)) if words[0].startswith("--")]
    if any(flag.startswith("--from=") for flag in flags):
        return Copied(sources=())
    whole = each.rest[each.rest.find("[") :] if words and words[0].startswith("[") else ""
    try:
        words = [word for word in json.loads(whole) if isinstance(word, str)] if whole else words
    except ValueError:
        words = [word.strip("[],") for word in words]
    sources, unclear = [], []
    for word in words[:-1]:
        made = expanded(word.replace("\\", "/") if each.escape == "`" else word, values)
        if made is None:
            unclear.append(word)
        elif "://" not in made and not made.startswith(("<<", "git@")):
            plain = posixpath.normpath(made.lstrip("/") or ".")
            sources.append(plain)
    left_out = [flag.removeprefix("--exclude=") for flag in flags if flag.startswith("--exclude=")]
    return Copied(sources=tuple(sources), left_out=tuple(left_out), unclear=tuple(unclear))


def mounted(each: Instruction) -> tuple[str, ...]:
    """The parts of the build's context that a `RUN` sees while it runs, as `Copied.sources`."""
    found = []
    for word in takewhile(lambda word: word.startswith("--"), each.words()):
        if each.keyword != "RUN" or not word.startswith("--mount="):
            continue
        pairs_of = (part.partition("=") for part in word.removeprefix("--mount=").split(","))
        told = {name.strip().lower(): value for name, _, value in pairs_of}
        if told.get("type", "bind") == "bind" and "from" not in told:
            source = told.get("source", told.get("src", "."))
            found.append(posixpath.normpath(source.lstrip("/") or "."))
    return tuple(found)


def is_dockerfile(path: str) -> bool:
    """Whether a file's name says that it is one, in whatever case."""
    if _IGNORED.fullmatch(path) or _CODE.fullmatch(path):
        return False
    return DOCKERFILE.fullmatch(path) is not None


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions in order; comments within a continued one are left out.

    What `ONBUILD` holds is told as it stands: whoever builds on the image runs it.
    """
    held: list[str] = []
    first = 0
    lines = text.splitlines()
    escape = _escape(lines)
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("#") or (held and not line.strip()):
            continue
        if not held:
            first = number
        body = line.rstrip()
        held.append(body.removesuffix(escape))
        if body.endswith(escape):
            continue
        yield from _instruction(" ".join(held), first, escape)
        held = []
    if held:
        yield from _instruction(" ".join(held), first, escape)


def dockerfile(text: str, *, path: str) -> Found:
    """The build arguments that are read, and what `ENV` and `ARG` give."""
    reads: list[Read] = []
    given: list[Given] = []
    for each in instructions(text):
        if each.keyword not in {"ARG", "ENV"}:
            continue
        for name, value in pairs(each):
            if each.keyword == "ARG" and name not in _PREDEFINED:
                reads.append(
                    Read(
                        name=name,
                        path=path,
                        line=each.line,
                        kind=Kind.DOCKERFILE,
                        required=False,
                        default=value,
                    )
                )
            if value is not None:
                literal = "$" not in value and value != ""
                given.append(
                    Given(
                        name=name, path=path, line=each.line, kind=Kind.DOCKERFILE, literal=literal
                    )
                )
    return Found(reads=tuple(reads), given=tuple(given))


def pairs(each: Instruction) -> Iterator[tuple[str, str | None]]:
    """Names and values of an `ARG` or `ENV`; None where a name stands alone."""
    words = each.words()
    if each.keyword == "ENV" and words and "=" not in words[0]:
        yield words[0], " ".join(words[1:])  # the old form: ENV NAME the whole rest
        return
    for word in words:
        found = _PAIR.match(word)
        if found:
            yield found[1], word[found.end() :]
        elif each.keyword == "ARG":
            yield word, None


def _escape(lines: Sequence[str]) -> str:
    """What the directives at the top say; the first other line ends them."""
    for told in takewhile(bool, map(_DIRECTIVE.fullmatch, lines)):
        if told and told[1].lower() == "escape" and told[2] == "`":
            return "`"
    return "\\"


def _instruction(text: str, line: int, escape: str) -> Iterator[Instruction]:
    found = _INSTRUCTION.fullmatch(text)
    if found and found[1].upper() == "ONBUILD":
        yield from _instruction(found[2], line, escape)
    elif found:
        yield Instruction(found[1].upper(), found[2].strip(), line, escape)
