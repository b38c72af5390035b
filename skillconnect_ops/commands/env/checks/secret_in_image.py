"""An image is built with an env file, or with a secret in an instruction.

A layer is read by whoever can pull the image, and `docker history` shows build arguments. An
earlier stage's layers stay in the build cache, so it is reported, too, with less confidence.

    before:  COPY . .            (and no .env in .dockerignore)
    after:   .dockerignore: **/.env*   and  RUN --mount=type=secret,id=npm …
"""

from collections.abc import Iterator

from skillconnect_ops.code.dockerfile import Instruction, pairs
from skillconnect_ops.commands.env.check_model import Check, Facts, Fault, FileFacts, Image
from skillconnect_ops.commands.env.describe import is_secret
from skillconnect_ops.commands.env.values import is_placeholder
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.report import Unknown

_ADDS = frozenset({"COPY", "ADD"})


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which Dockerfiles bring secrets into an image?"""
    for image in facts.images:
        stages = [each.line for each in image.instructions if each.keyword == "FROM"]
        last = stages[-1] if stages else 0
        for each in image.instructions:
            sure = Confidence.HIGH if each.line > last else Confidence.MEDIUM
            if each.keyword in _ADDS:
                yield from _copied(facts, image, each, sure)
            elif each.keyword in {"ENV", "ARG"}:
                yield from _written(facts, image, each)


def _copied(
    facts: Facts, image: Image, each: Instruction, sure: Confidence
) -> Iterator[Fault | Unknown]:
    words = each.words()
    if any(word.startswith("--from=") for word in words):
        return
    sources = [word for word in words if not word.startswith("--")][:-1]
    for file in facts.files:
        inside = _inside(image, file)
        if inside is None or image.ignore.covers(inside):
            continue
        if any(_takes(source, inside) for source in sources):
            yield Fault(
                message=f"{each.keyword} {' '.join(sources)} brings {file.path} into the image",
                path=image.path,
                line=each.line,
                context=file.path,
                confidence=sure,
                remedy=f"add **/.env* to {_ignore_file(image)}",
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


def _inside(image: Image, file: FileFacts) -> str | None:
    """The file's path within the build's context; None where it lies outside."""
    if image.folder == ".":
        return file.path
    lead = f"{image.folder}/"
    return file.path.removeprefix(lead) if file.path.startswith(lead) else None


def _takes(source: str, path: str) -> bool:
    source = source.strip("\"'[],").removeprefix("./").rstrip("/")
    if source in {"", ".", "*", ".env*", ".*"}:
        return True
    return path == source or path.startswith(f"{source}/")


def _ignore_file(image: Image) -> str:
    return ".dockerignore" if image.folder == "." else f"{image.folder}/.dockerignore"


CHECK = Check(
    id="secret-in-image",
    title="no image holds a secret",
    severity=Severity.HIGH,
    remedy="leave env files out of the build's context, and secrets out of instructions",
    references=("CWE-538",),
    run=run,
)
