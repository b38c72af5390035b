"""What a search found, put before the person: which of it is to go."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.errors import NoSuchFinding, SeveralFindings
from skillconnect_ops.commands.scrub.model import Standing, Value
from skillconnect_ops.core.view import Cell, Table, Text, Tone

_SHORT = 12
_SHORTEST = 8
_WIDEST = 48
_TONES = {
    Standing.REFUSED: Tone.GOOD,
    Standing.RETIRED: Tone.WARN,
    Standing.WORKING: Tone.BAD,
    Standing.UNKNOWN: Tone.WARN,
}


class Candidate(Struct, frozen=True, kw_only=True):
    """One value that the search found; but for the value itself nothing in it is secret."""

    value: Value
    what: str
    detector: str
    place: str
    commit: str | None
    """That brought it there, where one did."""
    more: int
    """At how many other places it stands as well."""
    preview: str
    """The line with every secret on it masked, as a scan knows it."""
    sure: bool
    """Whether the search is: what it is not sure of goes only if its fingerprint is named."""
    retired: bool
    fingerprints: tuple[str, ...]
    """One for each place, as `skc secrets scan --history` gives them; the first is the place's."""


class Chosen(Struct, frozen=True, kw_only=True):
    """Values that are to go, and what they were chosen among."""

    values: tuple[Value, ...]
    candidates: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()
    """For the plan."""


def candidate_facts(chosen: Chosen, judged: Iterable[Value] = ()) -> list[dict[str, Any]]:
    """What a search found, for machines: what goes and what does not; no value is in it.

    Args:
        chosen: what goes.
        judged: the same values, where more is known of them by now.
    """
    standing = {one.secret: one.standing for one in (*chosen.values, *judged)}
    return [
        {
            "fingerprints": list(one.fingerprints),
            "detector": one.detector,
            "what": one.what,
            "place": one.place,
            "commit": one.commit,
            "more_places": one.more,
            "context": one.preview,
            "sure": one.sure,
            "retired": one.retired,
            "standing": standing.get(one.value.secret, one.value.standing).value,
            "chosen": one.value.secret in standing,
        }
        for one in chosen.candidates
    ]


def named(candidates: Sequence[Candidate], fingerprints: Iterable[str]) -> list[Candidate]:
    """Those with these fingerprints; the beginning of one will do.

    Raises:
        NoSuchFinding: nothing that was found has it.
        SeveralFindings: several values have one that begins so.
    """
    chosen: dict[int, Candidate] = {}
    for mark in fingerprints:
        fits = {
            number: one
            for number, one in enumerate(candidates)
            if any(each.startswith(mark) for each in one.fingerprints)
        }
        if not fits or len(mark) < _SHORTEST:
            raise NoSuchFinding(mark, least=_SHORTEST)
        if len(fits) > 1:
            raise SeveralFindings(mark, [one.place for one in fits.values()])
        chosen |= fits
    return [chosen[number] for number in sorted(chosen)]


def asked(house: House, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that the person chooses; all of them where nobody can be asked."""
    if not candidates:
        return []
    chosen = house.person.choose(table(candidates), question="Which of these are to go?")
    return list(candidates) if chosen is None else [candidates[row] for row in chosen]


def table(candidates: Sequence[Candidate]) -> Table:
    """A row each."""
    return Table(
        ("where", "what", "looks like", "is", "fingerprint"),
        tuple(_row(one) for one in candidates),
        title="found in the history",
    )


def _row(one: Candidate) -> tuple[Cell, ...]:
    more = f" (+{one.more:,})" if one.more else ""
    preview = one.preview if len(one.preview) <= _WIDEST else f"{one.preview[: _WIDEST - 1]}…"
    standing = Text(one.value.standing.value, _TONES[one.value.standing])
    return f"{one.place}{more}", one.what, preview, standing, one.fingerprints[0][:_SHORT]
