"""What becomes of refs on the way back; pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from skillconnect_ops.commands.scrub.bundle import Kept
from skillconnect_ops.commands.scrub.references import Turn, turned
from skillconnect_ops.core.ports.rewriting import Move, Ref
from skillconnect_ops.history.needles import Needles


class Back(Struct, frozen=True, kw_only=True):
    """The way back of all refs."""

    moves: tuple[Move, ...]
    """In one transaction."""
    stay: tuple[str, ...]
    """Refs that have moved on since."""
    again: tuple[str, ...]
    """Refs that somebody has deleted since, and that are made again."""
    renamed: Mapping[str, str]
    """Refs that get the names back which the scrub took from them, and those that it gave."""
    leads: Mapping[str, str]
    """Of symbolic refs, where they lead again."""


def returned(
    kept: Kept,
    refs: Sequence[Ref],
    head: str | None,
    *,
    objects: Mapping[str, str],
    in_names: Needles,
) -> Back:
    """Every ref as the bundle has it, if it stands where the scrub put it, or is gone.

    Args:
        kept: what the bundle says.
        refs: as they stand now.
        head: where HEAD leads now.
        objects: old and new ids.
        in_names: took values out of names.
    """
    turn = turned(kept.refs, kept.head, objects, in_names)
    now = {ref.name: ref for ref in refs}
    moves: list[Move] = []
    stay: list[str] = []
    again: list[str] = []
    for ref in kept.refs:
        if ref.leads_to is not None:
            continue
        there, new = now.get(ref.name), objects.get(ref.oid, ref.oid)
        given = now.get(turn.renamed.get(ref.name, ""))
        if there is not None:
            if there.oid == new != ref.oid:
                moves.append(Move(name=ref.name, was=new, to=ref.oid))
            elif there.oid != ref.oid:
                stay.append(ref.name)
        elif ref.name.startswith("refs/"):  # else a HEAD that leads to a branch by now
            moves.append(Move(name=ref.name, was=None, to=ref.oid))
            if given is None:
                again.append(ref.name)
        taken = there is not None and there.oid not in {ref.oid, new}  # by somebody, since
        if given is not None and given.oid == new and not taken:
            moves.append(Move(name=given.name, was=new, to=None))
        elif given is not None and not taken:
            stay.append(given.name)
    leads = _leads(turn, now, head, stay)
    moves += [
        Move(name=name, was=None, to=None)
        for old, name in turn.renamed.items()
        if old in leads and name in now
    ]
    gone = {move.name for move in moves if move.to is None}
    return Back(
        moves=tuple(moves),
        stay=tuple(stay),
        again=tuple(again),
        renamed={old: name for old, name in turn.renamed.items() if name in gone},
        leads=leads,
    )


def _leads(
    turn: Turn, now: Mapping[str, Ref], head: str | None, stay: Sequence[str]
) -> dict[str, str]:
    """Those that lead where the scrub had them lead, unless somebody went on from there."""
    found = {}
    for old, to in turn.led.items():
        name = turn.renamed.get(old, old)
        ref = now.get(name)
        leads_to = head if old == "HEAD" else ref.leads_to if ref is not None else None
        if leads_to == turn.leads.get(name) and leads_to not in stay:
            found[old] = to
    return found
