"""Findings that a team has looked at and accepted: an earlier report, or a `.secrets.baseline`."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.secret import Secret

OF_AUDIT = ".skc/audit-baseline.json"
"""Where the baseline of an audit stands that a project shares; it counts only where it is asked
for: what silences findings is to be seen in the command."""
_REPORT = "skc/report/"
_KEPT = "skc/baseline/1"
_ACCEPTED = "skc/baseline/2"


class BaselineNotReadable(Precondition):
    """The file is no baseline."""

    def __init__(self, path: Path, *, why: str, command: str = "secrets scan") -> None:
        super().__init__(
            f"{path} is no baseline",
            why=why,
            fix=f"skc {command} --format json --out baseline.json",
        )


class Entry(Struct, frozen=True, kw_only=True):
    """One accepted finding, for a person."""

    id: str
    path: str | None
    severity: Severity | None = None
    """As it was when it was accepted; None where that was not written down."""


class Baseline(Struct, frozen=True, kw_only=True):
    """What is accepted."""

    name: str = ""
    fingerprints: frozenset[str] = frozenset()
    """Of an earlier report's findings, or of those that were accepted one by one."""
    hashes: frozenset[tuple[str, str]] = frozenset()
    """Path and SHA-1 of a value, as detect-secrets keeps them."""
    entries: Mapping[str, Entry] = {}
    """What the fingerprints stand for."""

    file: Path | None = None
    """Where it is, links resolved."""

    def is_itself(self, path: str, root: Path) -> bool:
        """Whether that path is the baseline's own file: the hashes in it are no secrets."""
        return self.file is not None and (root / path).resolve() == self.file

    def covers(self, fingerprint: str, severity: Severity) -> bool:
        """Whether a finding was accepted, and is no worse than it was then."""
        entry = self.entries.get(fingerprint)
        if entry is None or entry.severity is None:
            return fingerprint in self.fingerprints
        return entry.severity.at_least(severity)

    def accepts(self, *, fingerprint: str, path: str | None, secret: Secret, whole: Secret) -> bool:
        """Whether a finding is among what was accepted."""
        if fingerprint in self.fingerprints:
            return True
        return path is not None and any(
            (path, _sha1(value)) in self.hashes for value in (secret, whole)
        )


def read(path: Path, *, command: str = "secrets scan") -> Baseline:
    """What `parsed` gives of a file, and where it is.

    Args:
        path: the file.
        command: the one that writes such a file.

    Raises:
        BaselineNotReadable: it is no baseline.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise BaselineNotReadable(path, why=why, command=command) from error
    return replace(parsed(path, data, command=command), file=path.resolve())


def parsed(path: Path, data: bytes, *, command: str = "secrets scan") -> Baseline:
    """A baseline of ours, a JSON report, or the `.secrets.baseline` of detect-secrets.

    Args:
        path: what it is called.
        data: its bytes, wherever they were kept.
        command: the one that writes such a file.

    Raises:
        BaselineNotReadable: it is neither.
    """
    try:
        return _parsed(path, data)
    except BaselineNotReadable as error:
        raise BaselineNotReadable(path, why=error.why, command=command) from error


def _parsed(path: Path, data: bytes) -> Baseline:
    try:
        document = json.loads(data)
    except ValueError as error:
        raise BaselineNotReadable(path, why="it is no JSON") from error
    if not isinstance(document, dict):
        raise BaselineNotReadable(path, why="it is no JSON object")
    if document.get("schema") == _KEPT:
        from skillconnect_ops.detection import baseline  # noqa: PLC0415 - slow to load for a hook

        kept = baseline.read(data).accepted
        entries = {one.fingerprint: Entry(id=one.detector, path=one.path) for one in kept}
        return Baseline(name=path.name, fingerprints=frozenset(entries), entries=entries)
    if document.get("schema") == _ACCEPTED:
        return _from_findings(path, document.get("accepted"))
    if str(document.get("schema", "")).startswith(_REPORT):
        return _from_findings(path, document.get("findings"))
    if isinstance(document.get("results"), dict):
        return _from_detect_secrets(path, document["results"])
    raise BaselineNotReadable(
        path, why="it is no baseline or report of skc, and no .secrets.baseline"
    )


def _from_findings(path: Path, findings: Any) -> Baseline:
    try:
        entries = {
            str(one["fingerprint"]): Entry(
                id=str(one.get("id")),
                path=one.get("path"),
                severity=Severity(one["severity"]) if "severity" in one else None,
            )
            for one in findings
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BaselineNotReadable(path, why="its findings have no fingerprints") from error
    return Baseline(name=path.name, fingerprints=frozenset(entries), entries=entries)


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
