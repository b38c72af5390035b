"""Findings that a team has looked at and accepted: an earlier report, or a `.secrets.baseline`."""

import hashlib
import json
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.secret import Secret

_REPORT = "skc/report/"
_KEPT = "skc/baseline/1"


class BaselineNotReadable(Precondition):
    """The file is no baseline."""

    def __init__(self, path: Path, *, why: str, command: str = "secrets scan") -> None:
        super().__init__(
            f"{path} is no baseline",
            why=why,
            fix=f"skc {command} --format json --out baseline.json",
        )


class Baseline(Struct, frozen=True, kw_only=True):
    """What is accepted."""

    name: str = ""
    fingerprints: frozenset[str] = frozenset()
    """Of an earlier report's findings, or of those that were accepted one by one."""
    hashes: frozenset[tuple[str, str]] = frozenset()
    """Path and SHA-1 of a value, as detect-secrets keeps them."""

    file: Path | None = None
    """Where it is, links resolved."""

    def is_itself(self, path: str, root: Path) -> bool:
        """Whether that path is the baseline's own file: the hashes in it are no secrets."""
        return self.file is not None and (root / path).resolve() == self.file

    def accepts(self, *, fingerprint: str, path: str | None, secret: Secret, whole: Secret) -> bool:
        """Whether a finding is among what was accepted."""
        if fingerprint in self.fingerprints:
            return True
        return path is not None and any(
            (path, _sha1(value)) in self.hashes for value in (secret, whole)
        )


def read(path: Path, *, command: str = "secrets scan") -> Baseline:
    """What `_read` gives, and where it is.

    Args:
        path: the file.
        command: the one that writes such a file.

    Raises:
        BaselineNotReadable: it is no baseline.
    """
    try:
        return replace(_read(path), file=path.resolve())
    except BaselineNotReadable as error:
        raise BaselineNotReadable(path, why=error.why, command=command) from error


def _read(path: Path) -> Baseline:
    """A JSON report, a `skc/baseline/1`, or the `.secrets.baseline` of detect-secrets.

    Raises:
        BaselineNotReadable: it is neither.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise BaselineNotReadable(path, why=error.strerror or "it cannot be read") from error
    except ValueError as error:
        raise BaselineNotReadable(path, why="it is no JSON") from error
    if not isinstance(document, dict):
        raise BaselineNotReadable(path, why="it is no JSON object")
    if document.get("schema") == _KEPT:
        from skillconnect_ops.detection import baseline  # noqa: PLC0415 - slow to load for a hook

        kept = baseline.read(path.read_bytes()).accepted
        return Baseline(name=path.name, fingerprints=frozenset(one.fingerprint for one in kept))
    if str(document.get("schema", "")).startswith(_REPORT):
        return _from_report(path, document)
    if isinstance(document.get("results"), dict):
        return _from_detect_secrets(path, document["results"])
    raise BaselineNotReadable(path, why="it is neither a report of skc nor a .secrets.baseline")


def _from_report(path: Path, document: dict[str, Any]) -> Baseline:
    try:
        marks = frozenset(str(finding["fingerprint"]) for finding in document["findings"])
    except (KeyError, TypeError) as error:
        raise BaselineNotReadable(path, why="its findings have no fingerprints") from error
    return Baseline(name=path.name, fingerprints=marks)


def _from_detect_secrets(path: Path, results: dict[str, Any]) -> Baseline:
    try:
        hashes = frozenset(
            (str(name), str(one["hashed_secret"])) for name, ones in results.items() for one in ones
        )
    except (KeyError, TypeError) as error:
        raise BaselineNotReadable(path, why="its results have no hashed_secret") from error
    return Baseline(name=path.name, hashes=hashes)


def _sha1(value: Secret) -> str:
    """As detect-secrets names values; it protects nothing, which is why we write no such file."""
    text = value.reveal().encode("utf-8", "surrogatepass")
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()
