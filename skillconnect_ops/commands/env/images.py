"""The images that a project builds: its Dockerfiles, each with the folder that it is built in."""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.discovery import Skipped, content
from skillconnect_ops.code.dockerfile import Instruction, copied, instructions, is_dockerfile
from skillconnect_ops.code.documents import COMPOSE, Build, builds
from skillconnect_ops.code.interpolation import expanded
from skillconnect_ops.commands.env.check_model import Image
from skillconnect_ops.commands.env.ignore import Ignore, parse_ignore
from skillconnect_ops.core.report import Unknown

_REMOTE = ("git@", "github.com/")


class Images(Struct, frozen=True):
    """What the look brought."""

    images: tuple[Image, ...]
    unknown: tuple[Unknown, ...]


def images(root: Path, files: tuple[str, ...]) -> Images:
    """Every Dockerfile with its context: the one a compose file gives it, else the likely one.

    Args:
        root: the project's folder.
        files: the project's files.
    """
    found: dict[tuple[str, str, int], Image | Unknown] = {}
    for path in files:
        if COMPOSE.fullmatch(path):
            for build in builds(_text(root, path) or ""):
                made = _built(root, path, build)
                if isinstance(made, Image):
                    inline = build.line if build.inline is not None else 0
                    found.setdefault((made.path, made.context, inline), made)
                elif made is not None:
                    found[path, made.reason, build.line] = made
    given = {path for path, *_ in found}
    for path in files:
        if is_dockerfile(path) and path not in given:
            text = _text(root, path)
            if text is None:
                found[path, "unread", 0] = Unknown(path, "a Dockerfile that could not be read")
            else:
                parsed = tuple(instructions(text))
                context = _likely(root, path, parsed)
                found[path, context, 0] = _image(root, path, parsed, context=context)
    told = found.values()
    return Images(
        tuple(each for each in told if isinstance(each, Image)),
        tuple(each for each in told if isinstance(each, Unknown)),
    )


def _built(root: Path, compose: str, build: Build) -> Image | Unknown | None:
    """The image of a service; None where its context is no folder of this machine."""
    where = f"{compose}:{build.line}"
    context = expanded(build.context, {})
    dockerfile = expanded(build.dockerfile or "Dockerfile", {})
    if context is None or dockerfile is None:
        return Unknown(where, "what it builds hangs on a variable")
    if "://" in context or context.startswith(_REMOTE):
        return None
    context = posixpath.normpath(posixpath.join(posixpath.dirname(compose), context))
    if build.inline is not None:
        lines = (replace(e, line=build.line + e.line) for e in instructions(build.inline))
        return _image(root, compose, tuple(lines), context=context, own=False)
    path = posixpath.normpath(posixpath.join(context, dockerfile))
    text = _text(root, path)
    if text is None:
        return Unknown(where, f"the Dockerfile that it names, {path}, cannot be read")
    return _image(root, path, tuple(instructions(text)), context=context)


def _image(
    root: Path, path: str, parsed: tuple[Instruction, ...], *, context: str, own: bool = True
) -> Image:
    """The rules of the Dockerfile's own ignore file come before those of the context's."""
    beside = f"{path}.dockerignore"
    usual = posixpath.normpath(posixpath.join(context, ".dockerignore"))
    for file in (beside, usual) if own else (usual,):
        try:
            text = (root / file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        ignore = parse_ignore(text)
        break
    else:
        file, ignore = usual, Ignore()
    return Image(
        path=path,
        instructions=parsed,
        context=context,
        ignore=ignore,
        ignore_file=file,
        root=root.as_posix(),
    )


def _likely(root: Path, path: str, parsed: tuple[Instruction, ...]) -> str:
    """The nearest folder, from the Dockerfile's own upwards, that has what it copies."""
    sources = tuple(
        source
        for each in parsed
        if each.keyword in {"COPY", "ADD"}
        for source in copied(each, {}).sources
        if source not in {".", "*"}
    )
    own = posixpath.dirname(path) or "."
    for folder in _upwards(own):
        if all(_is_there(root / folder, source) for source in sources):
            return folder
    return own


def _upwards(folder: str) -> Iterator[str]:
    while folder not in {"", "."}:
        yield folder
        folder = posixpath.dirname(folder)
    yield "."


def _is_there(folder: Path, source: str) -> bool:
    try:
        return next(folder.glob(source), None) is not None
    except (ValueError, NotImplementedError, OSError, IndexError):
        return False


def _text(root: Path, path: str) -> str | None:
    data = content(root, path)
    return None if isinstance(data, Skipped) else data.decode("utf-8-sig", errors="replace")
