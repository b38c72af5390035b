"""Notes, which are filed under the ids of what they are about."""

from collections.abc import Iterable, Mapping, Sequence

from skillconnect_ops.commands.scrub.rewrite import ObjectLost, in_order
from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository
from skillconnect_ops.core.ports.rewriting import NewPack, Ref
from skillconnect_ops.history.anatomy import apart, entries, is_folder
from skillconnect_ops.history.holding import Survey

_NOTES = "refs/notes/"
_FOLDER = b"40000"
Flat = dict[bytes, tuple[bytes, bytes]]
"""By path: mode and id."""


def rekeyed(
    repository: Repository,
    survey: Survey,
    refs: Sequence[Ref],
    objects: Mapping[str, str],
    pack: NewPack,
) -> dict[str, str]:
    """Commits of refs of notes, filed under the new ids: by the old ids, and by those made so far.

    Args:
        repository: has old and new objects.
        survey: knows all commits.
        refs: all that there are.
        objects: old and new ids.
        pack: takes what is made.
    """
    tips = {ref.oid for ref in refs if ref.name.startswith(_NOTES) and ref.leads_to is None}
    reached = _reached(tips, survey)
    found: dict[str, str] = {}
    for oid in (each for portion in in_order(reached, survey.commits) for each in portion):
        now = objects.get(oid, oid)
        content = _one(repository, now).content
        (tree, *_), _rest = apart(content)
        (_tree_of_old, *parents), _ = apart(_one(repository, oid).content)
        notes = _flat(repository, tree)
        filed = {_under(path, objects): each for path, each in notes.items()}
        new_tree = _tree(filed, pack) if filed != notes else tree
        made = content.replace(tree.encode(), new_tree.encode(), 1)
        for parent in parents:
            before = objects.get(parent, parent)
            made = made.replace(
                b"\nparent " + before.encode(), b"\nparent " + found.get(parent, before).encode(), 1
            )
        if made == content:
            continue
        # what was made a moment ago stays: commits that are no notes may be built on it
        found[oid] = pack.add(ObjectKind.COMMIT, made)
    return found


def _reached(tips: Iterable[str], survey: Survey) -> frozenset[str]:
    waiting = [tip for tip in tips if tip in survey.commits]
    found = set(waiting)
    while waiting:
        for oid in survey.commits[waiting.pop()].leads_to[1:]:
            if oid in survey.commits and oid not in found:
                found.add(oid)
                waiting.append(oid)
    return frozenset(found)


def _under(path: bytes, objects: Mapping[str, str]) -> bytes:
    """The same path, for the new id: the slashes stand where they stood."""
    old = path.replace(b"/", b"").decode("ascii", "replace")
    new = objects.get(old)
    if new is None:
        return path
    parts, at = [], 0
    for part in path.split(b"/"):
        parts.append(new[at : at + len(part)].encode())
        at += len(part)
    return b"/".join(parts)


def _flat(repository: Repository, root: str) -> Flat:
    found: Flat = {}
    level = {root: [b""]}
    while level:
        below: dict[str, list[bytes]] = {}
        for piece in repository.contents(level):
            if not isinstance(piece, Piece):
                raise ObjectLost(piece.oid, why=piece.reason)
            for mode, name, oid in entries(piece.content, len(piece.oid) // 2):
                for folder in level[piece.oid]:
                    if is_folder(mode):
                        below.setdefault(oid.hex(), []).append(folder + name + b"/")
                    else:
                        found[folder + name] = (mode, oid)
        level = below
    return found


def _tree(flat: Flat, pack: NewPack) -> str:
    folders: dict[bytes, Flat] = {}
    here: list[tuple[bytes, bytes, bytes]] = []
    for path, (mode, oid) in flat.items():
        name, slash, rest = path.partition(b"/")
        if slash:
            folders.setdefault(name, {})[rest] = (mode, oid)
        else:
            here.append((name, mode, oid))
    for name, inner in folders.items():
        here.append((name, _FOLDER, bytes.fromhex(_tree(inner, pack))))
    here.sort(key=lambda each: each[0] + (b"/" if is_folder(each[1]) else b""))
    content = b"".join(b"%s %s\0%s" % (mode, name, oid) for name, mode, oid in here)
    return pack.add(ObjectKind.TREE, content)


def _one(repository: Repository, oid: str) -> Piece:
    for piece in repository.contents((oid,)):
        if isinstance(piece, Piece):
            return piece
        raise ObjectLost(oid, why=piece.reason)
    raise ObjectLost(oid, why="git gave nothing")
