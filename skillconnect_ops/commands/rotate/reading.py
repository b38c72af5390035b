"""Does the app read the ring? If it does not, a rotation logs out everybody, and is called so."""

from pathlib import PurePosixPath

from skillconnect_ops.code.model import Found, Kind, Read
from skillconnect_ops.code.testing import is_test
from skillconnect_ops.commands.rotate.ring import fallbacks_of
from skillconnect_ops.core.outcome import Fact, Known, Missing

_APP = frozenset({Kind.JAVASCRIPT, Kind.PYTHON})
_SUFFIXES = frozenset(
    {".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx", ".vue", ".svelte", ".py"}
)
_SHOWN = 3


def reads_ring(found: Found, name: str) -> Fact[bool]:
    """Whether tokens that a key of the ring signed are accepted wherever the app verifies.

    A file that reads the signing key and not the others may only sign, or may verify: the text of
    one file does not say it, so this is missing, with the place.

    Args:
        found: what the code of all consumers shows.
        name: the variable of the signing key.
    """
    signing, others = _of_app(found, name), _of_app(found, fallbacks_of(name))
    files = {read.path for read in others}
    alone = [read for read in signing if read.path not in files]
    if others and alone:
        return Missing(f"{_places(alone)} without {fallbacks_of(name)}, and may verify with it")
    hidden = _hidden(found, name if others else fallbacks_of(name))
    if hidden is not None:
        return Missing(hidden)
    if not signing and not others:
        return Missing(f"no code was found that reads {name}")
    return Known(bool(others))


def _of_app(found: Found, name: str) -> list[Read]:
    return [r for r in found.reads if r.name == name and r.kind in _APP and not r.test]


def _places(reads: list[Read]) -> str:
    """`a.js:3, b.js:5 and 4 more read JWT_SECRET_KEY`."""
    places = list(dict.fromkeys(f"{read.path}:{read.line}" for read in reads))
    more = len(places) - _SHOWN
    text = ", ".join(places[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return f"{text} {'reads' if len(places) == 1 else 'read'} {reads[0].name}"


def _hidden(found: Found, name: str) -> str | None:
    """Where a read could be that the text does not show."""
    for unresolved in found.unresolved:
        if _is_of_app(unresolved.path):
            return f"{unresolved.path}:{unresolved.line} may read {name}: {unresolved.reason}"
    for unparsed in found.unparsed:
        if _is_of_app(unparsed.path):
            return f"{unparsed.path} may read {name}: {unparsed.reason}"
    return None


def _is_of_app(path: str) -> bool:
    return PurePosixPath(path).suffix in _SUFFIXES and not is_test(path)
