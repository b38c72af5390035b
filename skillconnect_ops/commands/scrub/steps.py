"""The effects of a scrub.

Until the refs have moved there is only a bundle and a pack that nobody knows of, and the move can
be taken back as it was made. From then on the way leads forward only: an old object that is gone
cannot be brought back but by the bundle.
"""

import io
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from skillconnect_ops.commands.bundles import About
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.errors import (
    IncompleteHistory,
    MovedMeanwhile,
    MovedOn,
    NeverKept,
)
from skillconnect_ops.commands.scrub.escrowed import TURN, VALUES, turn_of, values_of
from skillconnect_ops.commands.scrub.guide import KINDS as OF_GUIDE
from skillconnect_ops.commands.scrub.guide import GuideWrite, WriteGuide
from skillconnect_ops.commands.scrub.hands import Hands
from skillconnect_ops.commands.scrub.keeping import Keeper, Kept, exclude, told_of
from skillconnect_ops.commands.scrub.making import made_anew, names_in, stores_in
from skillconnect_ops.commands.scrub.model import Engine
from skillconnect_ops.commands.scrub.paths import Globs, Taken, taken
from skillconnect_ops.commands.scrub.places import own_texts
from skillconnect_ops.commands.scrub.proof import Seen
from skillconnect_ops.commands.scrub.references import (
    MESSAGE,
    is_own_text,
    joined,
    renewed,
    turned,
    without_own_lines,
)
from skillconnect_ops.commands.scrub.rewrite import unlike
from skillconnect_ops.commands.scrub.surveys import SURVEYS
from skillconnect_ops.commands.scrub.trees import renew
from skillconnect_ops.commands.scrub.undo import KINDS as OF_UNDO
from skillconnect_ops.commands.scrub.undo import digest
from skillconnect_ops.commands.scrub.unseen import unseen
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.objects import ObjectKind, Repository, Unreadable
from skillconnect_ops.core.ports.rewriting import SUBMODULE, Move, Rewriting
from skillconnect_ops.core.view import count, listed
from skillconnect_ops.history.anatomy import apart, entries
from skillconnect_ops.history.holding import Survey, survey
from skillconnect_ops.history.looking import Wanted, whole
from skillconnect_ops.history.needles import MASK, Needles
from skillconnect_ops.journal.kinds import KindOf
from skillconnect_ops.journal.pending import PENDING

_KEPT = "kept"
_SEAL = "seal"
_ROUNDS = 3
"""So often what somebody brings meanwhile is taken along, and then it is a person's turn."""


class HistorySave(Step, frozen=True, kw_only=True, tag="history.save"):
    """Write a bundle of all that the repository is, outside of it."""

    passing = ("folder", "values", "seal", "delete_by")
    folder: str
    values: str
    """A token for the values; the escrow holds them."""
    seal: str
    """A token for who can open it."""
    number: int
    sealed: bool
    delete_by: date

    def says(self) -> str:
        """One line for the plan."""
        how = "sealed" if self.sealed else "NOT sealed"
        return f"keep a bundle of everything, {how}, secrets in it, until {self.delete_by}"


class HistoryRewrite(Step, frozen=True, kw_only=True, tag="history.rewrite"):
    """Make the new objects; nothing leads to them yet."""

    passing = ("folder",)
    folder: str
    mask: str
    paths: tuple[str, ...] = ()
    engine: Engine = Engine.OWN
    blobs: int = 0
    trees: int = 0
    commits: int = 0
    tags: int = 0

    def says(self) -> str:
        """One line for the plan."""
        parts = [
            count(number, noun)
            for number, noun in (
                (self.blobs, "file version"),
                (self.trees, "folder version"),
                (self.commits, "commit"),
                (self.tags, "tag"),
            )
            if number
        ]
        by = " with git filter-repo" if self.engine is Engine.FILTER_REPO else ""
        return f"make {', '.join(parts) or 'nothing'} anew{by}"


class RefsMove(Step, frozen=True, kw_only=True, tag="refs.move"):
    """Move all refs onto the new objects, in one transaction."""

    passing = ("folder",)
    folder: str
    number: int

    def says(self) -> str:
        """One line for the plan."""
        return f"move {count(self.number, 'ref')} at once"


class ReferencesRenew(Step, frozen=True, kw_only=True, tag="references.renew"):
    """Reflogs, indexes, config and hooks: whatever names an old object, or holds a value."""

    passing = ("folder",)
    folder: str
    mask: str
    paths: tuple[str, ...] = ()
    keep: bool = False
    """Whether files that hold a value are left as they are, and followed no longer."""
    engine: Engine = Engine.OWN

    def says(self) -> str:
        """One line for the plan."""
        return "renew reflogs, stashes, indexes and tracked files; what you changed yourself stays"


class ObjectsDrop(Step, frozen=True, kw_only=True, tag="objects.drop"):
    """Remove the old objects, and look again whether anything is left."""

    passing = ("folder",)
    folder: str
    mask: str = MASK.decode()
    paths: tuple[str, ...] = ()
    keep: bool = False
    engine: Engine = Engine.OWN
    again: str = ""
    """As the steps before were told: what somebody brings meanwhile is treated alike."""

    def says(self) -> str:
        """One line for the plan."""
        return "remove the old objects; then all is looked at again"


class SaveHistory:
    """Carries out `history.save`."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    def before(self, step: HistorySave, walk: Walk) -> Image:
        """The values, and who opens the bundle, go to the escrow."""
        for name, token in ((VALUES, step.values), (_SEAL, step.seal)):
            given = PENDING.take(token)
            if given is not None:
                walk.escrow.put(name, given.reveal().encode("latin-1"))
        return {}

    def apply(self, step: HistorySave, walk: Walk) -> Mapping[str, Any]:
        """Write it; what a death left of an earlier try is written over."""
        hands, rewriting = self._hands, self._hands.rewriting
        kept = walk.escrow.get(_SEAL)  # the values were put there before
        if kept is None:
            raise NeverKept
        seal = msgspec.msgpack.decode(kept, type=bundle.Seal)
        folder = hands.folder(step.folder)
        about = About(
            repository=hands.name,
            made=walk.clock.now().date(),
            delete_by=step.delete_by,
            values=step.number,
            sealed=not seal.is_open,
        )
        folder.make(about, seal)
        borrows = [str(place) for place in rewriting.borrows()]
        size_bytes = folder.write(bundle.STATE, bundle.packed(_kept(hands)), seal)
        values = io.BytesIO(msgspec.msgpack.encode(values_of(walk)))
        size_bytes += folder.write(bundle.VALUES, values, seal)
        if rewriting.refs():
            with rewriting.bundle() as source:
                size_bytes += folder.write(bundle.HISTORY, source, seal)
        with rewriting.unreached() as lost:
            if lost is not None:
                size_bytes += folder.write(bundle.UNREACHED, lost, seal)
        return {
            "folder": step.folder,
            "size_bytes": size_bytes,
            "sealed": not seal.is_open,
            "borrows": borrows,
        }

    def verify(self, step: HistorySave, walk: Walk) -> Sequence[Proof]:
        """It is on the disk; what it holds only its owner can see."""
        about = self._hands.folder(step.folder).about()
        subject = {"repository": about.repository}
        return [
            Proof(claim="scrub.bundle_kept", subject=subject, holds=about.values == step.number)
        ]

    def undo(self, step: HistorySave, image: Image, walk: Walk) -> None:
        """Remove it: the repository is as it was."""
        self._hands.folder(step.folder).remove()


def _kept(hands: Hands) -> bundle.Kept:
    files: dict[str, bytes] = {}
    modes: dict[str, int] = {}
    for name, path in own_texts(hands.repository):
        files[name], modes[name] = path.read_bytes(), path.stat().st_mode & 0o777
    rewriting = hands.rewriting
    return bundle.Kept(refs=rewriting.refs(), head=rewriting.head(), files=files, modes=modes)


class RewriteHistory:
    """Carries out `history.rewrite`."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    def before(self, step: HistoryRewrite, walk: Walk) -> Image:
        """Nothing is changed that would have to be put back."""
        return {}

    def apply(self, step: HistoryRewrite, walk: Walk) -> Mapping[str, Any]:
        """Make new objects, then notes once more, which are filed under ids of commits."""
        hands, house = self._hands, self._hands.house
        repository, rewriting = hands.repository, hands.rewriting
        wanted = Wanted(values_of(walk), step.mask.encode())
        stores = rewriting.stores()  # before the look: what is made during it counts as new
        seen, gone = surveyed(house, repository, wanted, step.paths)
        folder = hands.folder(step.folder)
        made = made_anew(
            hands, folder, wanted, seen=seen, gone=gone, stores=stores, engine=step.engine
        )
        return {
            "blobs": len(seen.affected[ObjectKind.BLOB]),
            "trees": len(seen.affected[ObjectKind.TREE]),
            "commits": made.commits,
            "tags": len(seen.affected[ObjectKind.TAG]),
            "unsigned": made.unsigned,
            "first_changed": list(made.first),
        }

    def verify(self, step: HistoryRewrite, walk: Walk) -> Sequence[Proof]:
        """Ask git whether it has all of them."""
        hands = self._hands
        objects = hands.folder(step.folder).read_map(bundle.OBJECTS)
        missing = hands.rewriting.has(sorted(set(objects.values())))
        subject = {"repository": hands.name}
        return [Proof(claim="scrub.rewritten", subject=subject, holds=not missing)]

    def undo(self, step: HistoryRewrite, image: Image, walk: Walk) -> None:
        """Nothing leads to what was made; git sweeps it away with what else nobody needs."""
        self._hands.rewriting.sweep()
        if step.engine is Engine.FILTER_REPO:
            self._hands.house.repositories.filtering(self._hands.repository).sweep()


def surveyed(
    house: House, repository: Repository, wanted: Wanted, paths: Sequence[str]
) -> tuple[Survey, Taken]:
    """What holds the values, and what goes by path; looked up once in a process."""

    def look() -> tuple[Survey, Taken]:
        with house.person.progress("reading objects", total=None, unit="B") as ticker:
            seen = survey(repository, wanted, crew=house.crew, ticker=ticker)
            gone = taken(repository, {line.leads_to[0] for line in seen.commits.values()}, paths)
            gone = _with_staged(house.repositories.rewriting(repository), gone, paths)
            if gone.names:
                seen = survey(
                    repository, wanted, crew=house.crew, ticker=ticker, removed=gone.trees
                )
        return seen, gone

    stores = house.repositories.rewriting(repository).stores()
    return SURVEYS.seen(repository, wanted, paths, stores, look)


def _with_staged(rewriting: Rewriting, gone: Taken, paths: Sequence[str]) -> Taken:
    """What goes by its path, and stands so in an index alone."""
    if not gone.names:
        return gone
    globs = Globs(paths)
    staged = {
        entry.oid
        for tree in rewriting.work_trees()
        for entry in tree.index()
        if entry.mode != SUBMODULE and globs.matches(os.fsencode(entry.path))
    }
    return msgspec.structs.replace(gone, blobs=gone.blobs | staged)


class MoveRefs:
    """Carries out `refs.move`."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    def before(self, step: RefsMove, walk: Walk) -> Image:
        """What becomes of each ref; names may hold a value, so it goes to the escrow."""
        hands, rewriting = self._hands, self._hands.rewriting
        objects = hands.folder(step.folder).read_map(bundle.OBJECTS)
        turn = turned(rewriting.refs(), rewriting.head(), objects, hands.in_names(walk))
        walk.escrow.put(TURN, msgspec.msgpack.encode(turn))
        return {}

    def apply(self, step: RefsMove, walk: Walk) -> Mapping[str, Any]:
        """Those that have not moved yet, if each stands where it stood.

        A ref that was put at an old object since the look goes along, so that it does not lead
        back to the old history once others have built on the new one.
        """
        hands, rewriting = self._hands, self._hands.rewriting
        in_names = hands.in_names(walk)
        with unseen(in_names):
            turn = turn_of(walk)
            objects = hands.folder(step.folder).read_map(bundle.OBJECTS)
            now = turned(rewriting.refs(), rewriting.head(), objects, in_names)
            known = {one.name for one in turn.moves}
            more = tuple(one for one in now.moves if one.was and one.to and one.name not in known)
            if more:
                turn = msgspec.structs.replace(turn, moves=(*turn.moves, *more))
                walk.escrow.put(TURN, msgspec.msgpack.encode(turn))
            move(self._hands, turn.moves, turn.renamed, turn.leads)
        return {"refs": len(turn.moves), "renamed": len(turn.renamed)}

    def verify(self, step: RefsMove, walk: Walk) -> Sequence[Proof]:
        """No ref stands at an old object; what was built on one since is looked for later."""
        hands = self._hands
        objects = hands.folder(step.folder).read_map(bundle.OBJECTS)
        old = hands.rewriting.named(reflogs=False).intersection(objects)
        subject = {"repository": hands.name}
        return [Proof(claim="scrub.refs_moved", subject=subject, holds=not old)]

    def undo(self, step: RefsMove, image: Image, walk: Walk) -> None:
        """Those back that stand where they were moved to; the move leaves no line in a reflog.

        Raises:
            MovedOn: something was built upon the new history since; nothing is put back.
        """
        with unseen(self._hands.in_names(walk)):
            if walk.escrow.get(TURN) is None:
                return
            turn = turn_of(walk)
            now = {ref.name: ref.oid for ref in self._hands.rewriting.refs()}
            if _took_place(turn.moves, now):
                on = [one.name for one in turn.moves if now.get(one.name) not in {one.to, one.was}]
                if on:
                    raise MovedOn(on)
                back = tuple(Move(name=one.name, was=one.to, to=one.was) for one in turn.moves)
                move(self._hands, back, {new: old for old, new in turn.renamed.items()}, turn.led)
            self._forget_logs(turn.renamed.values())
            for name, path in self._hands.repository.own_files():
                if is_own_text(name) and "logs/" in name:
                    log = path.read_bytes()
                    plain = without_own_lines(log)
                    if plain != log:
                        self._hands.write(path, plain)

    def _forget_logs(self, names: Iterable[str]) -> None:
        """Those that were copied for refs that are not there."""
        there = {ref.name for ref in self._hands.rewriting.refs()}
        for name in names:
            if name not in there:
                self._hands.house.disk.remove(self._hands.repository.git_folder / "logs" / name)


def move(
    hands: Hands, moves: Sequence[Move], renamed: Mapping[str, str], leads: Mapping[str, str]
) -> None:
    """In one transaction; the log of a ref that gets another name is there before.

    Git removes the log with the ref, and a death right behind that would leave none.
    """
    rewriting = hands.rewriting
    now = {ref.name: ref.oid for ref in rewriting.refs()}
    left = [one for one in moves if now.get(one.name) != one.to]
    if _took_place(moves, now):  # what has moved on since is nobody's but its owner's
        left = [one for one in left if now.get(one.name) == one.was]
    logs = hands.repository.git_folder / "logs"
    for old, new in renamed.items():
        if new not in now and (logs / old).is_file():
            (logs / new).parent.mkdir(parents=True, exist_ok=True)
            mode = (logs / old).stat().st_mode & 0o777
            log = (logs / old).read_bytes()
            hands.house.disk.replace(logs / new, log, mode=mode)
    if left:
        rewriting.move(left, message=MESSAGE)
    for name, to in leads.items():
        rewriting.lead(name, to)


def _took_place(moves: Sequence[Move], now: Mapping[str, str]) -> bool:
    """Whether the transaction did: some ref stands where it alone brings it."""
    return any(
        one.to is not None and one.to != one.was and now.get(one.name) == one.to for one in moves
    )


class RenewReferences:
    """Carries out `references.renew`."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    def before(self, step: ReferencesRenew, walk: Walk) -> Image:
        """Which files are to stay: once they are out of an index, nothing else tells."""
        hands = self._hands
        if step.keep:
            objects = hands.folder(step.folder).read_map(bundle.OBJECTS)
            keeper = Keeper(
                hands.house,
                in_files=Wanted(values_of(walk), step.mask.encode()).needles,
                in_names=hands.in_names(walk),
                globs=Globs(step.paths),
                held=objects,
                objects=objects,
            )
            kept = [one for tree in hands.rewriting.work_trees() for one in keeper.kept(tree)]
            walk.escrow.put(_KEPT, msgspec.msgpack.encode(kept))
        return {}

    def apply(self, step: ReferencesRenew, walk: Walk) -> Mapping[str, Any]:
        """Each file, index and work tree; what is renewed already stays as it is."""
        hands = self._hands
        objects = hands.folder(step.folder).read_map(bundle.OBJECTS)
        in_names = hands.in_names(walk)
        told = walk.escrow.get(_KEPT)
        kept = msgspec.msgpack.decode(told, type=list[Kept]) if told is not None else []
        with unseen(in_names):
            renamed = turn_of(walk).renamed
            files = 0
            for _, path in own_texts(hands.repository):
                files += self._file(path, objects, in_names, renamed)
            exclude(hands.house, hands.repository, kept)
            hands.rewriting.pack_refs()
            self._remember(hands.folder(step.folder).path)
            for tree in hands.rewriting.work_trees():
                renew(
                    tree,
                    hands.house.disk,
                    objects,
                    in_names=in_names if step.engine is Engine.OWN else Wanted(()).needles,
                    in_files=Wanted(values_of(walk), step.mask.encode()).needles,
                    gone=Globs(step.paths),
                    kept={one.path for one in kept if one.root == os.fsencode(tree.root)},
                    head={one.path: one.blob for one in hands.house.git.committed(tree.root)},
                )
        return {"files": files, "kept": told_of(hands.house, kept)}

    def verify(self, step: ReferencesRenew, walk: Walk) -> Sequence[Proof]:
        """What comes last looks at everything."""
        return []

    def undo(self, step: ReferencesRenew, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""

    def _remember(self, folder: Path) -> None:
        """As what the files were left, so that going back knows which were changed since."""
        hands = self._hands
        left = {name: digest(path.read_bytes()) for name, path in own_texts(hands.repository)}
        hands.house.disk.replace(folder / bundle.FILES, msgspec.json.encode(left))

    def _file(
        self, path: Path, objects: Mapping[str, str], needles: Needles, renamed: Mapping[str, str]
    ) -> int:
        before = path.read_bytes()
        after = renewed(without_own_lines(before), objects, needles, renamed)
        if after != before:
            self._hands.write(path, after)
        name = os.fsencode(path.name)
        plain = needles.without(name)
        if plain != name:
            taken = {os.fsencode(each.name) for each in path.parent.iterdir()}
            fresh = path.with_name(os.fsdecode(unlike(plain, taken)))
            self._hands.house.disk.rename(path, fresh)
        return int(after != before or plain != name)


class DropObjects:
    """Carries out `objects.drop`."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    def before(self, step: ObjectsDrop, walk: Walk) -> Image:
        """The bundle has them."""
        return {}

    def apply(self, step: ObjectsDrop, walk: Walk) -> Mapping[str, Any]:
        """Pack what stays, once nothing leads to what goes; what does by now is taken along.

        Raises:
            MovedMeanwhile: somebody brings more of it each time.
        """
        hands = self._hands
        folder = hands.folder(step.folder)
        with unseen(hands.in_names(walk)):
            for left in reversed(range(_ROUNDS)):
                try:
                    dropped = self._drop(folder, step.engine)
                    break
                except MovedMeanwhile as moved:
                    if not left or step.engine is Engine.FILTER_REPO:
                        raise
                    told = f"came meanwhile, and is taken along: {listed(moved.places)}"
                    walk.person.note(_plain(told, hands.in_names(walk)))
                    self._take_along(step, walk, folder)
        for name in (bundle.PERHAPS, bundle.NAMES, bundle.STORES):
            hands.house.disk.remove(folder.path / name)
        folder.note(msgspec.structs.replace(folder.about(), done=True))
        return {"dropped": dropped}

    def _drop(self, folder: bundle.Folder, engine: Engine) -> int:
        hands, rewriting = self._hands, self._hands.rewriting
        objects = folder.read_map(bundle.OBJECTS)

        def must_be_unled(written: Collection[str] = ()) -> None:
            old = rewriting.named(reflogs=True).intersection(objects)
            old |= _leading(hands, folder, objects, written)
            if old:
                at = [f"{ref.name} at {ref.oid[:12]}" for ref in rewriting.refs() if ref.oid in old]
                elsewhere = sorted(old.difference(ref.oid for ref in rewriting.refs()))
                raise MovedMeanwhile([*at, *(f"the object {oid[:12]}" for oid in elsewhere)])

        must_be_unled()
        gone = set(objects)
        perhaps = folder.read_map(bundle.PERHAPS)
        if perhaps:
            led = rewriting.reachable()
            gone |= perhaps.keys() - led
            if engine is Engine.FILTER_REPO:  # what it left may lead to what it changed
                gone -= led
        names = names_in(hands, folder)
        with hands.house.person.progress("packing", total=None, unit="objects"):
            rewriting.drop(gone, fresh=objects.values(), names=names, ready=must_be_unled)
        return len(gone)

    def _take_along(self, step: ObjectsDrop, walk: Walk, folder: bundle.Folder) -> None:
        """What was built on old objects since is made anew as they were, and refs go there.

        The old objects are still here, and so is what became of them; so a death in the middle
        leaves what the next try begins with.
        """
        hands, house = self._hands, self._hands.house
        repository, rewriting = hands.repository, hands.rewriting
        wanted = Wanted(values_of(walk), step.mask.encode())
        stores = rewriting.stores()
        seen, gone = surveyed(house, repository, wanted, step.paths)
        if seen.gaps:
            gap = seen.gaps[0]
            raise IncompleteHistory(f"{gap.subject}: {gap.reason}", "git fsck --full")
        known = folder.read_map(bundle.OBJECTS)
        made_anew(
            hands,
            folder,
            wanted,
            seen=seen,
            gone=gone,
            stores=stores,
            known=known,
            engine=step.engine,
        )
        objects = folder.read_map(bundle.OBJECTS)
        turn = turned(rewriting.refs(), rewriting.head(), objects, hands.in_names(walk))
        walk.escrow.put(TURN, msgspec.msgpack.encode(joined(turn_of(walk), turn)))
        move(hands, turn.moves, turn.renamed, turn.leads)
        again = ReferencesRenew(
            key="renew:references",
            folder=step.folder,
            mask=step.mask,
            paths=step.paths,
            keep=step.keep,
            engine=step.engine,
        )
        RenewReferences(hands).apply(again, walk)
        WriteGuide(hands).apply(
            GuideWrite(key="write:guide", folder=step.folder, again=step.again), walk
        )

    def verify(self, step: ObjectsDrop, walk: Walk) -> Sequence[Proof]:
        """Git finds what it needs; whether a value is left is looked at apart: it is no failure."""
        lost = self._hands.rewriting.complaints()
        for line in lost[:3]:
            walk.person.note(f"git fsck: {line}")
        return [
            Proof(claim="scrub.whole", subject={"repository": self._hands.name}, holds=not lost)
        ]

    def undo(self, step: ObjectsDrop, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""


def _plain(text: str, in_names: Needles) -> str:
    return os.fsdecode(in_names.without(os.fsencode(text)))


def _leading(
    hands: Hands, folder: bundle.Folder, objects: Mapping[str, str], written: Collection[str]
) -> frozenset[str]:
    """What was made since the old objects were looked at, and leads to one.

    What was there before is known: either it is old itself, or it leads to nothing that is. So is
    what the scrub made, and made no use of, as commits of notes under ids that are old by now.
    """
    stores = stores_in(hands, folder)
    if stores is None:  # gone where it is done once more
        return frozenset()
    known = {*stores, *written}
    known |= set(objects.values())
    fresh = [oid for oid in hands.rewriting.made_since(known) if oid not in known]
    found: set[str] = set()
    for piece in whole(hands.repository.contents(one for one in fresh if one not in objects)):
        if isinstance(piece, Unreadable):
            continue
        if piece.kind is ObjectKind.TREE:
            inner = {oid.hex() for _, _, oid in entries(piece.content, len(piece.oid) // 2)}
        else:
            inner = set(apart(piece.content)[0])
        if not inner.isdisjoint(objects):
            found.add(piece.oid)
    return frozenset(found)


def proof_of(seen: Seen, repository: Repository, *, number: int) -> Proof:
    """For the evidence ledger; it names no value."""
    return Proof(
        claim="scrub.clean",
        subject={"repository": (repository.root or repository.git_folder).name},
        holds=seen.holds,
        facts={
            "values": number,
            "objects": seen.objects,
            "size_bytes": seen.size_bytes,
            "left": len(seen.left),
            "unproven": list(seen.unproven[:5]),
        },
    )


KINDS: tuple[KindOf[House], ...] = (
    KindOf(HistorySave, lambda house, subject: SaveHistory(Hands(house, subject))),
    KindOf(HistoryRewrite, lambda house, subject: RewriteHistory(Hands(house, subject))),
    KindOf(RefsMove, lambda house, subject: MoveRefs(Hands(house, subject))),
    KindOf(ReferencesRenew, lambda house, subject: RenewReferences(Hands(house, subject))),
    KindOf(ObjectsDrop, lambda house, subject: DropObjects(Hands(house, subject))),
    *OF_GUIDE,
    *OF_UNDO,
)
"""The kinds of step that this domain brings."""
