"""`skc scrub undo`: back to what the bundle holds.

What was done since on top of the new history is never thrown away: a ref that has moved on stays
where it is, and a file that has changed stays as it is; both are told.
"""

import contextlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from skillconnect_ops.commands.bundles import HOME, kept
from skillconnect_ops.commands.folder import home_of
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.errors import BuiltUpon, BundleGone, Uncommitted
from skillconnect_ops.commands.scrub.guide import forget
from skillconnect_ops.commands.scrub.keeping import EXCLUDE, unsettled
from skillconnect_ops.commands.scrub.opening import identities, key_of
from skillconnect_ops.commands.scrub.places import office_state, opened
from skillconnect_ops.commands.scrub.references import MESSAGE, without_own_lines
from skillconnect_ops.commands.scrub.returning import returned
from skillconnect_ops.commands.scrub.rewrite import NAME_MASK
from skillconnect_ops.commands.scrub.unseen import unseen
from skillconnect_ops.core.plan import Image, Plan, Proof, Step, Subject, Walk
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.ports.rewriting import Rewriting
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Lines, count, listed
from skillconnect_ops.history.looking import Wanted
from skillconnect_ops.history.needles import Needles
from skillconnect_ops.journal.kinds import KindOf
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.pending import PENDING
from skillconnect_ops.journal.plans import without_looking
from skillconnect_ops.journal.resources import Resource

_KEYS = "identity"
_LEADS = b"ref: "


class HistoryReturn(Step, frozen=True, kw_only=True, tag="history.return"):
    """Bring the old objects back, then refs, files and indexes that nobody has changed since."""

    folder: str
    key: str
    identity: str
    """A token for what opens the bundle."""
    refs: int
    passing = ("identity",)

    def says(self) -> str:
        """One line for the plan."""
        return f"bring the old objects back, and move {count(self.refs, 'ref')} onto them"


class ReturnHistory:
    """Carries out `history.return`."""

    def __init__(self, house: House, root: Path) -> None:
        self._house = house
        self._root = root

    def before(self, step: HistoryReturn, walk: Walk) -> Image:
        """What opens the bundle goes to the escrow."""
        given = PENDING.take(step.identity)
        if given is not None:
            walk.escrow.put(_KEYS, given.reveal().encode())
        return {}

    def apply(self, step: HistoryReturn, walk: Walk) -> Mapping[str, Any]:
        """Objects first; each part can be done again.

        A ref that was renamed gets its old name back; the new one goes if nobody has gone on from
        there.
        """
        repository = opened(self._house)
        rewriting = self._house.repositories.rewriting(repository)
        folder = bundle.Folder(Path(step.folder), disk=self._house.disk)
        keys = identities(folder, Secret((walk.escrow.get(_KEYS) or b"").decode()))
        kept, in_names = _told(folder, keys)
        if kept.refs:
            with folder.opened(bundle.HISTORY, keys) as file:
                rewriting.unbundle(file)
        if folder.holds(bundle.UNREACHED):
            with folder.opened(bundle.UNREACHED, keys) as file:
                rewriting.unpack(file)
        objects = folder.read_map(bundle.OBJECTS)
        with unseen(in_names):
            back = returned(
                kept, rewriting.refs(), rewriting.head(), objects=objects, in_names=in_names
            )
            if back.moves:
                rewriting.move(back.moves, message=MESSAGE)
            for name, to in back.leads.items():
                rewriting.lead(name, to)
            files = self._files(repository, kept, folder, stay=back.stay)
        for tree in rewriting.work_trees():
            tree.reset({new: old for old, new in objects.items()})
        if not back.stay:  # else the new history is still there, and what bans the old one of use
            forget(self._house, folder.path)
            folder.note(replace(folder.about(), undone=True))
        return {
            "refs": sum(move.to is not None for move in back.moves),
            "stay": _plain(back.stay, in_names),
            "again": _plain(back.again, in_names),
            "files": files,
        }

    def verify(self, step: HistoryReturn, walk: Walk) -> Sequence[Proof]:
        """Git finds everything that its refs need."""
        rewriting = self._house.repositories.rewriting(opened(self._house))
        subject = {"repository": str(self._root)}
        return [Proof(claim="scrub.undone", subject=subject, holds=not rewriting.complaints())]

    def undo(self, step: HistoryReturn, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""

    def _files(
        self,
        repository: Repository,
        kept: bundle.Kept,
        folder: bundle.Folder,
        *,
        stay: Collection[str],
    ) -> int:
        """Reflogs and config as they were, where they are as the scrub left them."""
        told = self._house.disk.read(folder.path / bundle.FILES)
        left = msgspec.json.decode(told, type=dict[str, str])
        number = 0
        for name, content in kept.files.items():
            path = repository.git_folder / name
            if not path.is_file():
                continue
            # the move of the refs has just added its line to their logs
            there = without_own_lines(path.read_bytes())
            if there.startswith(_LEADS) and os.fsdecode(there[len(_LEADS) :].strip()) in stay:
                continue  # a HEAD of somebody who went on from there
            # the log of a ref that has its old name back holds that line alone
            begun = name not in left and name.startswith("logs/") and not there
            if begun or (name in left and digest(there) == left[name]):
                self._house.disk.replace(path, content, mode=kept.modes[name])
                number += 1
        path = repository.git_folder / EXCLUDE
        made = EXCLUDE in left and EXCLUDE not in kept.files and path.is_file()
        if made and digest(path.read_bytes()) == left[EXCLUDE]:
            self._house.disk.remove(path)
            number += 1
        return number


def digest(content: bytes) -> str:
    """By which it is known later whether a file is as it was left."""
    return sha256(content).hexdigest()


def undo(house: House, *, folder: Path | None, identity: Path | None, choices: Choices) -> Report:
    """Go back to what a bundle holds.

    Args:
        house: the house.
        folder: the bundle's; by default the newest of this repository that was not gone back to.
        identity: an age identity file, where the bundle is sealed to recipients.
        choices: what the person chose.

    Raises:
        BundleGone: there is none, or it cannot be opened.
        Uncommitted: there are changes that no commit holds.
        BuiltUpon: nothing could be put back.
    """
    repository = opened(house)
    root = repository.root or repository.git_folder
    state = office_state(house, root)
    home = house.project().state if state is None else state
    place = house.environment.folder / folder if folder else _newest(house, home, repository)
    held = bundle.Folder(place, disk=house.disk)
    rewriting = house.repositories.rewriting(repository)
    _must_be_of(held, rewriting)
    for tree in rewriting.work_trees():
        uncommitted = unsettled(repository, tree)
        if uncommitted:
            raise Uncommitted(tree.root, uncommitted)
    given = identity is not None or bool(house.environment.get(bundle.PASSPHRASE))
    # a mere look asks nobody what opens it
    unopened = choices.looks_only and not given and _is_sealed(held)
    key = None if unopened else key_of(house, held, identity)
    token = PENDING.give(key or Secret(""))
    outcome = house.office(state=state).carry_out(
        lambda: _plan(held, rewriting, root, token, key),
        person=house.person,
        resources=(Resource("repository", str(repository.git_folder)),),
        consent=Ask(),
        choices=choices,
    )
    facts = outcome.facts.get("return:history", {})
    stay = facts.get("stay", [])
    lines = []
    if outcome.walked:
        lines.append(f"{count(facts['refs'], 'ref')} stand where they stood before the scrub")
        if stay:
            lines.append(f"moved on since, and left there: {listed(stay)}; the bundle is kept")
        if facts.get("again"):
            lines.append(f"deleted since, and made again: {listed(facts['again'])}")
        lines.append("what bans the old history on a server or in CI is to be taken away there")
    return Report(
        command="scrub undo",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"undo": dict(facts)},
        view=(Lines(tuple(lines)),) if lines else (),
        next=(
            "skc secrets scan --history"
            if outcome.walked
            else without_looking(house.person.again()),
        ),
    )


def _told(folder: bundle.Folder, keys: Sequence[object]) -> tuple[bundle.Kept, Needles]:
    """What the bundle says, and what takes the values out of names; older ones keep no values."""
    try:
        with folder.opened(bundle.STATE, keys) as file:
            kept = bundle.unpacked(file)
    except FileNotFoundError as error:
        raise BundleGone(folder.path, why=str(error)) from error
    values: list[bytes] = []
    with contextlib.suppress(FileNotFoundError), folder.opened(bundle.VALUES, keys) as file:
        values = msgspec.msgpack.decode(file.read(), type=list[bytes])
    return kept, Wanted(tuple(values), NAME_MASK).needles


def _plain(names: Iterable[str], in_names: Needles) -> list[str]:
    """Without the values that they hold."""
    return [os.fsdecode(in_names.without(os.fsencode(name))) for name in names]


def _plan(
    kept: bundle.Folder, rewriting: Rewriting, root: Path, token: str, key: Secret | None
) -> Plan:
    """Where nobody opened the bundle, for a mere look, it is not known which refs were deleted."""
    objects = kept.read_map(bundle.OBJECTS)
    new = set(objects.values())
    refs = rewriting.refs()
    moving = sum(ref.oid in new for ref in refs)
    notes = ["the secrets are in the history again; the new objects stay until `git gc`"]
    if key is None:
        notes.append("the bundle is sealed: which refs it makes again is told once it is opened")
    else:
        told, in_names = _told(kept, identities(kept, key))
        back = returned(told, refs, rewriting.head(), objects=objects, in_names=in_names)
        moving = sum(move.to is not None for move in back.moves)
        if back.stay and not back.moves:
            stood = {ref.name: objects.get(ref.oid, ref.oid) for ref in told.refs}
            left = stood.get(back.stay[0], "ID")
            raise BuiltUpon(_plain(back.stay, in_names), left[:12])
        for says, names in (
            ("deleted since the scrub, and made again", back.again),
            ("moved on since, and left there", back.stay),
            ("get the names back that hold a secret", back.renamed.values()),
        ):
            if names:
                notes.append(f"{says}: {listed(_plain(names, in_names))}")
    state = "\0".join(f"{ref.name} {ref.oid}" for ref in refs)
    step = HistoryReturn(key="return:history", folder=str(kept.path), identity=token, refs=moving)
    return Plan(
        command="scrub undo",
        subject=Subject(repository=str(root)),
        state=sha256(state.encode(errors="surrogateescape")).hexdigest(),
        final=(step,),
        notes=tuple(notes),
    )


def _is_sealed(held: bundle.Folder) -> bool:
    try:
        return held.about().sealed
    except (OSError, msgspec.DecodeError) as error:
        raise BundleGone(held.path, why=str(error)) from error


def _must_be_of(held: bundle.Folder, rewriting: Rewriting) -> None:
    """Whether it was this history that was rewritten: what was made anew is there.

    Raises:
        BundleGone: nothing of it is.
    """
    made = sorted(set(held.read_map(bundle.OBJECTS).values()))
    if made and len(rewriting.has(made)) == len(made):
        why = f"it is of another repository: {held.about().repository}"
        raise BundleGone(held.path, why=why)


def _newest(house: House, state: Path, repository: Repository) -> Path:
    for folder, about in reversed(kept(house, state)):
        if about.repository == str(home_of(repository)) and not about.undone:
            return folder
    raise BundleGone(state / HOME, why="no bundle of this repository is there")


KINDS: tuple[KindOf[House], ...] = (
    KindOf(
        HistoryReturn,
        lambda house, subject: ReturnHistory(house, Path(subject.repository or ".")),
    ),
)
"""The kinds of step that going back brings."""
