"""What is found in a content, what could not be looked at, and where a content lives."""

from collections.abc import Callable, Hashable, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.secret import Secret

NO_SECRET = Secret("")
"""The secret of a trace that stands for many, which are counted and not listed."""


PathClass = Callable[[str], Hashable]
"""What a path means to the search: those of one class give the same for the same content."""


class Trace(Struct, frozen=True, kw_only=True):
    """One secret in one content."""

    detector: str
    what: str
    secret: Secret
    whole: Secret
    line: int
    column: int | None = None
    end_line: int | None = None
    context: str
    """The line with every secret on it masked."""
    severity: Severity
    confidence: Confidence
    reasons: tuple[str, ...] = ()
    allowed: str | None = None
    remedy: str
    form: tuple[str, ...] = ()
    """What it was wrapped in, from the outside in: `gzip`, `zip member a/b.env`, `base64`."""


class Looked(Struct, frozen=True):
    """What looking at one content gave; `skipped` says in words what of it was not looked at."""

    traces: tuple[Trace, ...] = ()
    skipped: tuple[str, ...] = ()
    passed_over: int = 0
    """How often something stood where a secret may stand, and was plainly none: code, mostly."""


class Part(Struct, frozen=True, kw_only=True):
    """A part of a content that is not as it was in another version, with what surrounds it."""

    begin: int
    end: int
    gone: bytes
    """What the other version had in its place."""


class Search(Protocol):
    """Looks at contents; plain data, since it is handed to child processes."""

    def __call__(self, path: str | None, content: bytes) -> Looked:
        """Look at a whole content; what has no path is given None."""

    def around(self, path: str, content: bytes, parts: Sequence[Part]) -> Looked | None:
        """What is found at the words within the parts; all of the content may be looked at.

        None where parts cannot tell: a change may count elsewhere in the file.

        Args:
            path: of the file.
            content: all of it.
            parts: in their order, without overlap.
        """


class Where(StrEnum):
    """The sort of place that a content lives in."""

    BLOB = "blob"
    COMMIT = "commit"
    TAG = "tag"
    NAME = "file name"
    REF = "ref name"
    GIT_FILE = "git folder"
    LFS = "lfs object"
    WORK_TREE = "work tree"
    STAGED = "index"


class Hit(Struct, frozen=True, kw_only=True):
    """A content with something in it; `oid` names an object, `path` a file."""

    where: Where
    oid: str | None = None
    path: str | None = None
    part: str | None = None
    """Of a commit or tag: `message`, `author`, …"""
    traces: tuple[Trace, ...]


class Gap(Struct, frozen=True):
    """Something that was not looked at, and why."""

    subject: str
    reason: str
