"""What names objects besides objects: refs, and the git folder's own files; pure."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from skillconnect_ops.core.ports.rewriting import Move, Ref
from skillconnect_ops.core.regex import regex
from skillconnect_ops.history.needles import Needles

_REPLACE = "refs/replace/"
_IN_CONFIG = (('[branch "', '"]'),)
MESSAGE = "skc scrub moved it"
_OWN = b"\t" + MESSAGE.encode()
_WHOLE_ID = regex(rb"(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9A-Za-z])")
_APART = ("objects/", "refs/", "lfs/", "modules/", "annex/")
_INDEXES = regex(r"(?:worktrees/[^/]+/)?(?:index|sharedindex\.[0-9a-f]+)")
_OWN_REFS = regex(r"worktrees/[^/]+/refs/.*")


class Turn(Struct, frozen=True, kw_only=True):
    """What becomes of all refs."""

    moves: tuple[Move, ...]
    """In one transaction."""
    renamed: Mapping[str, str]
    leads: Mapping[str, str]
    """Of symbolic refs, where they lead from then on."""
    led: Mapping[str, str]
    """The same refs, and where they led."""


def turned(
    refs: Sequence[Ref], head: str | None, objects: Mapping[str, str], in_names: Needles
) -> Turn:
    """Every ref onto its new object, under its new name.

    Args:
        refs: as they stand.
        head: where HEAD leads; None where it is detached.
        objects: old and new ids.
        in_names: takes values out of names.
    """
    taken = {ref.name for ref in refs}
    renamed: dict[str, str] = {}
    raw = (ref.name.encode(errors="surrogateescape") for ref in refs)
    secret = in_names.may_stand_in(raw)
    for ref in refs:
        name = _named(ref.name, objects, in_names if secret else None)
        if name != ref.name:
            renamed[ref.name] = _free(ref.name, name, taken)
            taken.add(renamed[ref.name])
    moves: list[Move] = []
    leads: dict[str, str] = {}
    led: dict[str, str] = {}
    for ref in refs:
        name = renamed.get(ref.name, ref.name)
        if ref.leads_to is not None:
            to = renamed.get(ref.leads_to, ref.leads_to)
            if (name, to) != (ref.name, ref.leads_to):
                leads[name] = to
                led[ref.name] = ref.leads_to
            if name != ref.name:
                moves.append(Move(name=ref.name, was=None, to=None))
            continue
        oid = objects.get(ref.oid, ref.oid)
        if name != ref.name:
            moves.append(Move(name=ref.name, was=ref.oid, to=None))
            moves.append(Move(name=name, was=None, to=oid))
        elif oid != ref.oid:
            moves.append(Move(name=name, was=ref.oid, to=oid))
    if head is not None and head in renamed:
        leads["HEAD"], led["HEAD"] = renamed[head], head
    return Turn(moves=tuple(moves), renamed=renamed, leads=leads, led=led)


def joined(first: Turn, then: Turn) -> Turn:
    """Two turns as one: of a ref that was in both, from where it stood at first."""
    moves = {move.name: move for move in first.moves}
    for move in then.moves:
        was = moves[move.name].was if move.name in moves else move.was
        moves[move.name] = Move(name=move.name, was=was, to=move.to)
    return Turn(
        moves=tuple(moves.values()),
        renamed={**first.renamed, **then.renamed},
        leads={**first.leads, **then.leads},
        led={**then.led, **first.led},
    )


def _free(old: str, name: str, taken: set[str]) -> str:
    """The name, or with numbers behind its new parts; no ref may be a folder of others as well."""
    before, after = old.split("/"), name.split("/")
    number, fresh = 1, name
    while fresh in taken or any(
        one.startswith(f"{fresh}/") or fresh.startswith(f"{one}/") for one in taken
    ):
        number += 1
        if len(before) != len(after):  # a value that reaches over several parts
            fresh = f"{'/'.join(after[:2])}/REMOVED-{number}"
        else:
            parts = zip(before, after, strict=True)
            fresh = "/".join(new if was == new else f"{new}-{number}" for was, new in parts)
    return fresh


def _named(name: str, objects: Mapping[str, str], in_names: Needles | None) -> str:
    if name.startswith(_REPLACE):
        oid = name.removeprefix(_REPLACE)
        return _REPLACE + objects.get(oid, oid)
    if in_names is None:
        return name
    raw = name.encode(errors="surrogateescape")
    return in_names.without(raw).decode(errors="surrogateescape")


def is_own_text(name: str) -> bool:
    """Whether a file of the git folder is one that names objects in its text.

    Refs move in their transaction, objects are packed anew, indexes are changed by git; what
    belongs to submodules or stores of large files is not ours.
    """
    if name.startswith(_APART) or name == "packed-refs" or name.endswith(".lock"):
        return False
    return _INDEXES.fullmatch(name) is None and _OWN_REFS.fullmatch(name) is None


def _quoted(name: str, before: str, after: str) -> bytes:
    """A ref's name as it stands alone, or as the short one of a branch stands in config."""
    short = name.removeprefix("refs/heads/") if before else name
    return f"{before}{short}{after}".encode(errors="surrogateescape")


def without_own_lines(log: bytes) -> bytes:
    """A reflog without what the move of the refs has added: no person did that.

    A stash is a line of such a log, so one more would be a stash that nobody made.
    """
    lines = log.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.rstrip(b"\n").endswith(_OWN))


def renewed(
    content: bytes, objects: Mapping[str, str], in_names: Needles, renamed: Mapping[str, str]
) -> bytes:
    """A text with new ids and names, and without values."""

    def new_id(found: re.Match[bytes]) -> bytes:
        oid = found[0].decode()
        return objects.get(oid, oid).encode()

    # one name may begin as another does
    for old in sorted(renamed, key=len, reverse=True):
        for before, after in (("", ""), *_IN_CONFIG):
            content = content.replace(
                _quoted(old, before, after), _quoted(renamed[old], before, after)
            )
    return in_names.without(_WHOLE_ID.sub(new_id, content))
