"""What a report shows to a person, as data; `terminal` draws it, JSON never holds it."""

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct


class Tone(Enum):
    """The colour of a cell or a line, by meaning."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    DIM = "dim"
    STRONG = "strong"


class Text(Struct, frozen=True):
    """A piece of text with a tone."""

    text: str
    tone: Tone = Tone.PLAIN


Cell = str | Text


class Lines(Struct, frozen=True):
    """Plain lines, one below the other."""

    lines: tuple[Cell, ...]
    prose: bool = False
    """Whether they are sentences, which a terminal may break between words."""


class Remark(Struct, frozen=True, kw_only=True):
    """Something a person should see, and where; no finding."""

    text: str
    title: str
    """What sort of thing it is, for a system that shows it apart from the rest."""
    path: str | None = None
    line: int | None = None


class Remarks(Struct, frozen=True):
    """Remarks, one below the other; CI systems show them beside the lines."""

    remarks: tuple[Remark, ...]


class Pairs(Struct, frozen=True):
    """Names and values, the names aligned."""

    pairs: tuple[tuple[str, Cell], ...]
    title: str | None = None


class Table(Struct, frozen=True):
    """A table; `right` names the columns (by index) whose cells align right."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    right: tuple[int, ...] = ()
    title: str | None = None
    empty: str = "nothing to show"


class FindingsHere(Struct, frozen=True):
    """Where the report's findings, and what could not be looked at, stand in its view.

    A view without this block has them at its end.
    """

    told: bool = False
    """Whether the view tells of them in its own way, so that they are shown nowhere."""


class Frame(Struct, frozen=True):
    """The code that a finding is about, with secrets masked."""

    first_line: int
    lines: tuple[str, ...]


class FindingsByFile(Struct, frozen=True):
    """The same as `FindingsHere`, with the findings grouped by their files."""

    frames: Mapping[str, Frame] = {}
    """The code of some findings, by their fingerprints."""


class Document(Struct, frozen=True):
    """A whole page, as it goes into a file: nothing around it, nothing in it changed."""

    markdown: str
    html: str = ""


Block = Lines | Remarks | Pairs | Table | FindingsHere | FindingsByFile | Document


def size(size_bytes: float) -> str:
    """Bytes for people, in decimal units: `1.5 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def duration(seconds: float) -> str:
    """Seconds for people: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number and its noun, in agreement: `1 document`, `2,000 documents`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Sequence[str], *, most: int = 5) -> str:
    """The first words of a sequence, and how many more there are."""
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"
