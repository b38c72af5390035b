"""Notes, which are filed under the ids of what they are about."""

from collections.abc import Mapping, Sequence

from skillconnect_ops.commands.scrub.rewrite import ObjectLost
from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository
from skillconnect_ops.core.ports.rewriting import NewPack, Ref
from skillconnect_ops.history.holding import apart, entries

_NOTES = "refs/notes/"
_FOLDER = b"40000"
Flat = dict[bytes, tuple[bytes, bytes]]
"""By path: mode and id."""


def rekeyed(
    repository: Repository,
    refs: Sequence[Ref],
    objects: Mapping[str, str],
    commits: Mapping[str, str],
    pack: NewPack,
) -> dict[str, str]:
    """The newest commit of each ref of notes, filed under the new ids; by the ref's old one.

    What older versions of the notes were filed under stays: nobody looks notes up there.
    """
    found: dict[str, str] = {}
    for ref in refs:
        if not ref.name.startswith(_NOTES) or ref.leads_to is not None:
            continue
        tip = objects.get(ref.oid, ref.oid)
        content = _one(repository, tip)
        if content.kind is not ObjectKind.COMMIT:
            continue
        (tree, *_), _ = apart(content.content)
        notes = _flat(repository, tree)
        filed = {_under(path, objects, commits): each for path, each in notes.items()}
        if filed != notes:
            new = _tree(filed, pack)
            fresh = content.content.replace(tree.encode(), new.encode(), 1)
            found[ref.oid] = pack.add(ObjectKind.COMMIT, fresh)
            if tip != ref.oid:  # made a moment ago, and of no use any more
                found |= {tip: found[ref.oid], tree: new}
    return found


def _under(path: bytes, objects: Mapping[str, str], commits: Mapping[str, str]) -> bytes:
    """The same path, for the new id: the slashes stand where they stood."""
    old = path.replace(b"/", b"").decode("ascii", "replace")
    new = commits.get(old) or objects.get(old)
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
                    if mode == _FOLDER:
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
    here.sort(key=lambda each: each[0] + (b"/" if each[1] == _FOLDER else b""))
    content = b"".join(b"%s %s\0%s" % (mode, name, oid) for name, mode, oid in here)
    return pack.add(ObjectKind.TREE, content)


def _one(repository: Repository, oid: str) -> Piece:
    for piece in repository.contents((oid,)):
        if isinstance(piece, Piece):
            return piece
        raise ObjectLost(oid, why=piece.reason)
    raise ObjectLost(oid, why="git gave nothing")
