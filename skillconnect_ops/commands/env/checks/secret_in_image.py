"""An image is built with an env file, or with a secret in an instruction.

A layer is read by whoever can pull the image, and `docker history` shows build arguments. An
earlier stage's layers stay in the build cache, so it is reported, too, with less confidence.

    before:  COPY . .            (and no .env in .dockerignore)
    after:   .dockerignore: **/.env*   and  RUN --mount=type=secret,id=npm …
"""

import posixpath
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.dockerfile import Copied, Instruction, copied, mounted, pairs
from skillconnect_ops.commands.env.check_model import Check, Facts, Fault, Image
from skillconnect_ops.commands.env.describe import is_secret
from skillconnect_ops.commands.env.ignore import Ignore
from skillconnect_ops.commands.held import Held
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed
from skillconnect_ops.envfile.names import is_env_file
from skillconnect_ops.envfile.values import is_placeholder

_ADDS = frozenset({"COPY", "ADD"})
_NAMED = "take it out, and give the values when the container starts (env_file, a secret)"


class _Bringing(Struct, frozen=True):
    """An instruction that brings env files into an image."""

    line: int
    text: str
    files: tuple[str, ...]
    sure: Confidence


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which Dockerfiles bring secrets into an image?"""
    yield from facts.unread_images
    for image in facts.images:
        stages = [each.line for each in image.instructions if each.keyword == "FROM"]
        last = stages[-1] if stages else 0
        values: dict[str, str] = {}
        whole: list[_Bringing] = []
        for each in image.instructions:
            sure = Confidence.HIGH if each.line > last else Confidence.MEDIUM
            if each.keyword in _ADDS:
                found = copied(each, values)
                for source in found.unclear:
                    reason = f"what {each.keyword} {source} brings is known to the build alone"
                    yield Unknown(f"{image.path}:{each.line}", reason)
                named = tuple(source for source in found.sources if _names(source))
                rest = tuple(source for source in found.sources if not _names(source))
                bring = Copied(sources=named, left_out=found.left_out)
                for brought in _brought(facts, image, each, bring, sure):
                    yield _fault(image, brought, remedy=_NAMED)
                whole += _brought(facts, image, each, replace(bring, sources=rest), sure)
            elif each.keyword == "RUN":
                shown = Copied(sources=mounted(each))
                for seen in _brought(facts, image, each, shown, sure):
                    reason = f"the command sees {listed(seen.files, most=3)}, and may keep it"
                    yield Unknown(f"{image.path}:{each.line}", reason)
            elif each.keyword in {"ENV", "ARG"}:
                values |= {name: value for name, value in pairs(each) if value is not None}
                yield from _written(facts, image, each)
        if whole:  # one rule ends all of them
            first = min(whole, key=lambda each: each.sure is not Confidence.HIGH)
            yield _fault(image, first, remedy=f"add {_rules(image, whole)} to {image.ignore_file}")


def _brought(
    facts: Facts, image: Image, each: Instruction, copies: Copied, sure: Confidence
) -> list[_Bringing]:
    """What sources of one instruction bring; at most one."""
    files = []
    for file in facts.held:
        inside = image.inside(file.path)
        if inside is None or image.ignore.covers(inside) or not _could_be_there(facts, file):
            continue
        if Ignore(copies.left_out).covers(inside):
            continue
        if any(source == "." or Ignore((source,)).covers(inside) for source in copies.sources):
            files.append(file.path)
    text = f"{each.keyword} {' '.join(copies.sources)}"
    return [_Bringing(each.line, text, tuple(files), sure)] if files else []


def _could_be_there(facts: Facts, file: Held) -> bool:
    """A file that only old commits hold is in no context."""
    there = isinstance(file.mode, Missing) or file.mode.value is not None
    tracked = isinstance(file.tracked, Known) and file.tracked.value
    return there or tracked or file in facts.files


def _names(source: str) -> bool:
    """Whether a source is written for env files, and not a folder that happens to hold some."""
    return posixpath.basename(source).startswith(".env")


def _rules(image: Image, whole: list[_Bringing]) -> str:
    files = sorted({path for each in whole for path in each.files if not is_env_file(path)})
    return ", ".join(("**/.env*", *(image.inside(path) or path for path in files)))


def _fault(image: Image, found: _Bringing, *, remedy: str) -> Fault:
    return Fault(
        message=f"{found.text} brings {listed(found.files, most=3)} into the image",
        path=image.path,
        line=found.line,
        context=f"{image.context} {found.text}",
        confidence=found.sure,
        remedy=remedy,
    )


def _written(facts: Facts, image: Image, each: Instruction) -> Iterator[Fault | Unknown]:
    for name, value in pairs(each):
        if not is_secret(name, facts.registry) or (value and is_placeholder(value)):
            continue
        if each.keyword == "ARG" or (value and "$" not in value):
            yield Fault(
                message=f"{each.keyword} {name} puts a secret into the image's history",
                path=image.path,
                line=each.line,
                context=name,
                severity=None if value else Severity.MEDIUM,
                remedy="RUN --mount=type=secret for a build, the environment for a run",
            )


CHECK = Check(
    id="secret-in-image",
    title="no image holds a secret",
    severity=Severity.HIGH,
    remedy="leave env files out of the build's context, and secrets out of instructions",
    references=("CWE-538",),
    run=run,
)
