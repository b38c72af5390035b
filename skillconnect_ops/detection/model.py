"""The nouns of detection: what is scanned, what a detector is, and what it found."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct

from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.detection.page import Page


class Blob(Struct, frozen=True, kw_only=True):
    """Some bytes and the name they go by."""

    path: str | None
    """"/"-separated; None for what has no name, such as a commit's message."""
    content: bytes


class Match(Struct, frozen=True, kw_only=True):
    """One secret at one place of a blob, graded."""

    detector: str
    """The detector's id, which is its file's name with dashes."""
    what: str
    """What it is, for people: "MongoDB URI with a password"."""
    secret: Secret
    """The secret value alone, as text; bytes that are no UTF-8 are read as Latin-1."""
    whole: Secret
    """The whole credential, such as the URI; equals `secret` where there is no larger whole."""
    start: int
    end: int
    """The byte span of `secret` within the blob's content."""
    line: int
    column: int
    end_line: int
    """Counted from 1; columns count characters."""
    context: str
    """The line, every secret on it masked, at most 200 characters."""
    severity: Severity
    confidence: Confidence
    reasons: tuple[str, ...]
    """Why it was graded as it is."""
    allowed: str | None
    """The reason given in an inline `skc: allow REASON`."""
    remedy: str


class Span(Struct, frozen=True, kw_only=True):
    """Where a detector sees a secret, before anyone has graded it; offsets are of bytes."""

    start: int
    end: int
    whole: tuple[int, int] | None = None
    name: str = ""
    """The name that the value is assigned to, where there is one."""
    quoted: bool = True
    """Whether the value was written as a string."""
    promised: bool = False
    """Whether nothing but a secret can stand here, so that a weak value is weak, not innocent."""
    confidence: Confidence = Confidence.HIGH
    """The most that grading may leave."""
    reasons: tuple[str, ...] = ()


class Kin(StrEnum):
    """What the detector's own rule is worth, before the value is looked at."""

    SHAPE = "shape"
    """The value's form alone says what it is: a prefix, a length, a header."""
    NAMED = "named"
    """Only the name or the place beside the value says that it is a secret."""
    NATURE = "nature"
    """The file exists to hold secrets."""


class Example(Struct, frozen=True):
    """A text that a detector must hit, or must leave alone.

    So that nothing in this tree looks like a secret, random parts are written `<alnum 36>`: an
    alphabet of `detection/examples.py` and a length. Tests fill them in anew on every run.
    """

    text: str
    path: str | None = None


Look = Callable[[Page, int, int], Iterable[Span]]
Read = Callable[[Page], Iterable[Span]]


class Detector(Struct, frozen=True, kw_only=True):
    """One kind of secret and how it is found; its module's docstring is its page."""

    id: str
    what: str
    severity: Severity
    remedy: str
    kin: Kin = Kin.SHAPE
    keywords: tuple[str, ...] = ()
    """Texts of which one stands in every hit. `look` is called around each of them."""
    any_case: bool = False
    """Whether the keywords count in lower case, in upper case and capitalised."""
    look: Look | None = None
    """Given the page and a keyword's byte span: the secrets there."""
    wide: tuple[str, ...] = ()
    """Texts that count wherever in the file they stand, far from any keyword."""
    files: str | None = None
    """A regular expression, searched in "/" + path: files that `read` is given whole."""
    read: Read | None = None
    thorough: bool = False
    """Run only when noise is welcome."""
    hits: tuple[Example, ...]
    misses: tuple[Example, ...]
