"""A build that the server refuses, in words that fit: what to change, and in which line. Pure.

The server's own words name no line, and may hold a whole document; these stay in the error's
`details`, and are shown on request alone.
"""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.indexes import Declaration, Index
from skillconnect_ops.core.ports.database import CommandFailed
from skillconnect_ops.core.view import count

FILE = "indexes.yaml"
AGAIN = "look up error code"
"""How the fix of an error begins that nobody knows better."""
_OBJECT_ID = re.compile(r"\{ _id: (ObjectId\('[0-9a-f]{24}'\))")
_NAMED = re.compile(r'(?:name: "|index: )([^"\s]+)"?')
_CAUSED = ":: caused by ::"


class _Known(Struct, frozen=True):
    """What a code means, and what helps."""

    kind: str
    """Of the field that the index has; empty where it can be any."""
    why: str
    fix: str


_OUT = "mend that document, or leave it out by a partialFilterExpression in {line}"
CODES: Mapping[int, _Known] = {
    16755: _Known("2dsphere", "a document has no place there: neither GeoJSON nor a pair", _OUT),
    16804: _Known("2d", "a document has no pair of numbers there", _OUT),
    13027: _Known("2d", "a document's place lies outside of min and max", "set them in {line}"),
    17261: _Known(
        "text",
        "a document has a field of another meaning where its language would stand",
        "add to {line} `language_override:` with the name of a field that no document has",
    ),
    17262: _Known(
        "text",
        "a document's language is none that the server knows",
        "add to {line} `language_override:` with the name of a field that no document has",
    ),
    16766: _Known("hashed", "a document has an array there", "write 1, not hashed, in {line}"),
    171: _Known(
        "",
        "a document has arrays in two of the fields, and an index takes one",
        "take one of the fields out of {line}",
    ),
    278: _Known("", "the set has fewer members with data than --commit-quorum says", ""),
    85: _Known("", "the server has such an index under another name or with other options", ""),
    86: _Known("", "the server has another index of that name", ""),
    11000: _Known("", "a value stands in several documents", ""),
}
_LOOK = {
    278: "--commit-quorum majority",
    85: "skc indexes --dry-run   # it came meanwhile: look at the new plan",
    86: "skc indexes --dry-run   # it came meanwhile: look at the new plan",
    11000: "skc indexes   # again: it shows the values' documents, and how to resolve them",
}


class BuildRefused(CommandFailed):
    """The server does not build what it was told."""

    collection: str
    names: tuple[str, ...]
    """Which index it was, or which it may have been."""
    mend: str
    """The fix, with `{line}` in the place of the line."""


def refused(error: CommandFailed, collection: str, indexes: Sequence[Index]) -> BuildRefused:
    """The error of a build, as a person can use it."""
    said = str(error.details.get("errmsg", ""))
    known = CODES.get(error.code)
    ones = _which(said, known, indexes)
    why = known.why if known is not None else error.why.rpartition(_CAUSED)[2].strip()
    document = _OBJECT_ID.search(said)
    if document is not None:
        why = f"{why} (_id {document[1]})"
    mend = known.fix if known is not None and known.fix else "change {line}, or take it out"
    what = (
        f"{collection} {ones[0].says()} cannot be built"
        if len(ones) == 1
        else f"one of {count(len(ones), 'index', 'indexes')} of {collection} cannot be built"
    )
    told = BuildRefused(what, why=why, fix=_LOOK.get(error.code, ""))
    told.code, told.details = error.code, error.details
    told.collection, told.names = collection, tuple(one.called for one in ones)
    told.mend = mend
    told.fix = told.fix or mend.format(line=f"its entry in {FILE}")
    return told


def explained(error: SkcError, declared: Sequence[Declaration], *, values: bool) -> None:
    """Add the line, and on request the server's own words, to an error that a run ended with.

    Args:
        error: it, or what it comes from, is the server's.
        declared: where lines are looked up.
        values: whether what may hold a document is shown.
    """
    cause = error if isinstance(error, CommandFailed) else error.__cause__
    if not isinstance(cause, CommandFailed):
        return
    if isinstance(cause, BuildRefused) and cause.code not in _LOOK:
        lines = [
            one.place
            for one in declared
            if one.collection == cause.collection and one.index.called in cause.names
        ]
        if lines:
            error.fix = cause.mend.format(line=" or ".join(lines))
    if error.fix.startswith(AGAIN):
        error.fix = "skc indexes --dry-run   # shows how they are now"
    said = str(cause.details.get("errmsg", ""))
    if values and said:
        error.why = f"{error.why}; the server says: {said}"
    elif "{" in said or '"' in said:
        error.why = f"{error.why} (--show-values shows the server's words, with the document)"


def _which(said: str, known: _Known | None, indexes: Sequence[Index]) -> Sequence[Index]:
    """By its name where the server says it, else by its kind."""
    names = set(_NAMED.findall(said))
    found = [one for one in indexes if one.called in names]
    if not found and known is not None and known.kind:
        found = [one for one in indexes if known.kind in {way for _, way in one.keys}]
    return found or indexes
