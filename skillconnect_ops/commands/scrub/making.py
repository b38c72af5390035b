"""Objects made anew, and written down: which became which, and what is known of the rest."""

import contextlib
from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.filtered import New, by_another
from skillconnect_ops.commands.scrub.hands import Hands
from skillconnect_ops.commands.scrub.model import Engine
from skillconnect_ops.commands.scrub.notes import rekeyed
from skillconnect_ops.commands.scrub.paths import Taken
from skillconnect_ops.commands.scrub.rewrite import Rewriter
from skillconnect_ops.core.ports.objects import ObjectKind
from skillconnect_ops.history.holding import Survey, onwards
from skillconnect_ops.history.looking import Wanted


class Made(Struct, frozen=True, kw_only=True):
    """What was made."""

    commits: int
    unsigned: int
    first: tuple[str, ...]


def made_anew(
    hands: Hands,
    folder: bundle.Folder,
    wanted: Wanted,
    *,
    seen: Survey,
    gone: Taken,
    stores: Collection[str],
    known: Mapping[str, str] | None = None,
    engine: Engine = Engine.OWN,
) -> Made:
    """Make new objects, then notes once more, which are filed under ids of commits.

    Args:
        hands: the repository.
        folder: takes the maps.
        wanted: the values.
        seen: what holds them.
        gone: what goes by its path.
        stores: what objects lay in before they were looked at.
        known: old and new ids of a round before this one, whose commits are not made once more.
        engine: who makes them.
    """
    repository, rewriting = hands.repository, hands.rewriting
    if known:
        seen = _beyond(seen, known)
    if engine is Engine.FILTER_REPO:
        made = _by_another(hands, wanted, seen=seen, gone=gone)
    else:
        made = _by_us(hands, wanted, seen=seen, gone=gone, known=known or {})
    objects = dict(made.objects)
    with rewriting.new_pack() as of_notes:
        objects |= rekeyed(repository, seen, rewriting.refs(), objects, of_notes)
    objects = {old: new for old, new in objects.items() if old != new}
    commits = {old: new for old, new in objects.items() if old in seen.commits}
    ours = (made.ours | of_notes.made).difference(objects.values())
    first = _first(seen, commits)
    perhaps = dict.fromkeys(made.perhaps, "-")
    names = {oid: name for oid, name in made.names.items() if b"\n" not in name}
    apart = set(stores) | ours
    if known is not None:
        perhaps |= folder.read_map(bundle.PERHAPS)
        names = names_in(hands, folder) | names
        apart |= stores_in(hands, folder) or set()
    # the map comes first: once a ref stands at a new object, it is known what the old one was
    folder.write_map(bundle.OBJECTS, objects)
    folder.write_map(bundle.COMMITS, commits)
    disk = hands.house.disk
    disk.replace(folder.path / bundle.FIRST, "".join(f"{one}\n" for one in first).encode())
    folder.write_map(bundle.PERHAPS, perhaps)
    disk.replace(folder.path / bundle.NAMES, msgspec.msgpack.encode(names))
    disk.replace(folder.path / bundle.STORES, msgspec.msgpack.encode(sorted(apart)))
    return Made(commits=len(commits), unsigned=made.unsigned, first=first)


def _by_us(
    hands: Hands, wanted: Wanted, *, seen: Survey, gone: Taken, known: Mapping[str, str]
) -> New:
    total = sum(map(len, seen.affected.values()))
    with (
        hands.house.person.progress("rewriting", total=total, unit="objects") as ticker,
        hands.rewriting.new_pack() as pack,
    ):
        rewriter = Rewriter(
            hands.repository, seen, wanted, taken=gone, pack=pack, ticker=ticker, known=known
        )
        made = rewriter.run()
    return New(
        objects=made.objects,
        names=made.names,
        ours=pack.made,
        perhaps=frozenset((*gone.blobs, *gone.places)),
        unsigned=made.unsigned,
    )


def _by_another(hands: Hands, wanted: Wanted, *, seen: Survey, gone: Taken) -> New:
    repository, rewriting = hands.repository, hands.rewriting
    filtering = hands.house.repositories.filtering(repository)
    with hands.house.person.progress("git filter-repo", total=None, unit="objects"):
        return by_another(repository, rewriting, filtering, seen=seen, wanted=wanted, gone=gone)


def names_in(hands: Hands, folder: bundle.Folder) -> dict[str, bytes]:
    """By which git packs well; nothing once the old objects are gone."""
    with contextlib.suppress(FileNotFoundError):
        told = hands.house.disk.read(folder.path / bundle.NAMES)
        return msgspec.msgpack.decode(told, type=dict[str, bytes])
    return {}


def stores_in(hands: Hands, folder: bundle.Folder) -> set[str] | None:
    """What objects lay in before they were looked at; None once the old objects are gone."""
    with contextlib.suppress(FileNotFoundError):
        told = hands.house.disk.read(folder.path / bundle.STORES)
        return msgspec.msgpack.decode(told, type=set[str])
    return None


def _beyond(seen: Survey, known: Mapping[str, str]) -> Survey:
    """What is to be made besides what is known: it may lead to that, and hold nothing itself."""
    affected = seen.affected
    commits = onwards(seen.commits, affected[ObjectKind.COMMIT], known)
    tags = onwards(seen.tags, affected[ObjectKind.TAG], {*known, *commits})
    fresh = {
        ObjectKind.BLOB: affected[ObjectKind.BLOB],
        # all of them: what goes by its path is known by no map
        ObjectKind.TREE: affected[ObjectKind.TREE],
        ObjectKind.COMMIT: commits.difference(known),
        ObjectKind.TAG: tags.difference(known),
    }
    return replace(seen, affected=fresh)


def _first(seen: Survey, commits: Mapping[str, str]) -> tuple[str, ...]:
    """The changed commits none of whose parents changed."""
    each = (
        oid for oid in commits if not any(one in commits for one in seen.commits[oid].leads_to[1:])
    )
    return tuple(sorted(each))
