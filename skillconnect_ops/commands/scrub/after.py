"""What must follow a scrub, since the history elsewhere is still as it was; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from skillconnect_ops.commands.scrub.references import Turn
from skillconnect_ops.commands.scrub.rewrite import NAME_MASK
from skillconnect_ops.core.ports.rewriting import Ref, Remote
from skillconnect_ops.core.shell import word

_HEADS = "refs/heads/"
_SHARED = ("refs/tags/", "refs/notes/")
_OF_THE_FORGE = (
    *("refs/pull/", "refs/pull-requests/", "refs/merge-requests/", "refs/changes/"),
    *("refs/keep-around/", "refs/pipelines/", "refs/environments/"),
)
_OWN = (
    *("refs/remotes/", "refs/stash", "refs/original/", "refs/bisect/", "refs/worktree/"),
    *("refs/rewritten/", "refs/prefetch/", "refs/replace/"),
)
"""Nobody pushes these."""
FORGE_KEEPS_IT = "the forge takes no push there; only its support can remove it"


class Change(Struct, frozen=True, kw_only=True):
    """A ref that stands elsewhere, or is called otherwise, than before the scrub."""

    name: str
    """As it is called now; no value is in it."""
    was: str
    now: str
    before: str
    """As it was called; may hold a value."""


class Pushed(Struct, frozen=True, kw_only=True):
    """A ref as it goes to a remote, if it still is there as it was here.

    It goes by its id: a fetch in between puts names of ours back onto old history.
    """

    oid: str
    there: str
    was: str | None
    """None: no ref of that name may be there."""
    or_was: tuple[str, ...] = ()
    """What it was before earlier scrubs, of which nobody knows whether they were pushed."""

    @property
    def lease(self) -> str:
        """The option that refuses to overwrite anything else."""
        return f"--force-with-lease={self.there}:{'|'.join((self.was or '', *self.or_was))}"


class Dirty(Struct, frozen=True, kw_only=True):
    """A ref whose name holds a value, to be deleted; it is described, since nothing may name it."""

    pattern: str
    """With `*` for what holds the value."""
    was: str
    stays: tuple[str, ...]
    """Other refs of the remote that stood there."""
    number: int = 1
    """How many such refs there were here; of more, nobody knows which are meant."""


class Push(Struct, frozen=True, kw_only=True):
    """All that goes to one remote."""

    remote: str
    refs: tuple[Pushed, ...]
    dirty: tuple[Dirty, ...] = ()
    mirror: bool = False

    def words(self, root: str, options: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The command, in the groups that belong on one line each."""
        free = ("-c", f"remote.{self.remote}.mirror=false") if self.mirror else ()
        return (
            ("git", *free, "-C", root, "push", *options),
            *((one.lease,) for one in self.refs),
            (self.remote,),
            *((f"{one.oid}:{one.there}",) for one in self.refs),
        )

    def command(self, root: str, *options: str) -> str:
        """On one line."""
        return " ".join(word(each) for group in self.words(root, options) for each in group)


class LeftOut(Struct, frozen=True, kw_only=True):
    """A ref that is not pushed."""

    ref: str
    reason: str


class After(Struct, frozen=True, kw_only=True):
    """What becomes of the refs elsewhere."""

    pushes: tuple[Push, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def following(
    turn: Turn,
    refs: Sequence[Ref],
    remotes: Sequence[Remote],
    *,
    earlier: Sequence[Mapping[str, str]] = (),
) -> After:
    """What each remote is to be given.

    Args:
        turn: what became of the refs here.
        refs: as they stand now.
        remotes: the other repositories.
        earlier: old and new ids of scrubs before this one, the newest first.
    """
    changes = changed(turn)
    here = [ref for ref in refs if ref.leads_to is None]
    before = [{new: old for old, new in one.items()} for one in earlier]
    moved = {change.name for change in changes}
    changes = (
        *changes,
        *(  # what an earlier one has moved; where that was pushed, this changes nothing
            Change(name=ref.name, was=older[0], now=ref.oid, before=ref.name)
            for ref in here
            if ref.name not in moved and (older := _older(ref.oid, before))
        ),
    )
    each = (_push(remote, changes, here, before) for remote in remotes)
    pushes = [push for push in each if push is not None]
    asks = {
        there
        for change in changes
        for there in (change.name, *(_there(one, change.name) or "" for one in remotes))
        if there.startswith(_OF_THE_FORGE)
    }
    return After(
        pushes=tuple(pushes),
        left_out=tuple(LeftOut(ref=ref, reason=FORGE_KEEPS_IT) for ref in sorted(asks)),
    )


def changed(turn: Turn) -> tuple[Change, ...]:
    """The refs that moved or were renamed, by their new names."""
    before = {new: old for old, new in turn.renamed.items()}
    stood = {move.name: move.was for move in turn.moves if move.was is not None}
    return tuple(
        Change(name=move.name, was=stood[old], now=move.to, before=old)
        for move in turn.moves
        if move.to is not None
        for old in (before.get(move.name, move.name),)
        if old in stood
    )


def _older(oid: str, earlier: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """What an object was before each of some scrubs."""
    found = []
    for one in earlier:
        if oid in one:
            oid = one[oid]
            found.append(oid)
    return tuple(found)


def _push(
    remote: Remote,
    changes: Sequence[Change],
    here: Sequence[Ref],
    earlier: Sequence[Mapping[str, str]],
) -> Push | None:
    """None where nothing of it has changed."""
    known = any(_there(remote, ref.name) for ref in here)
    refs: list[Pushed] = []
    dirty: list[tuple[str, str]] = []
    stood = [(ref.oid, ref.name) for ref in here]
    for change in changes:
        there = _place(remote, change.name, known=known)
        if there is None:
            continue
        if change.name == change.before:
            older = _older(change.was, earlier)
            refs.append(Pushed(oid=change.now, there=there, was=change.was, or_was=older))
            stood.append((change.was, change.name))
            continue
        refs.append(Pushed(oid=change.now, there=there, was=None))
        old = _place(remote, change.before, known=known)
        if old is not None:
            dirty.append((_pattern(old, there), change.was))
    if not refs:
        return None

    def stays(oid: str) -> tuple[str, ...]:
        names = (_place(remote, name, known=known) for at, name in stood if at == oid)
        return tuple(sorted({name for name in names if name is not None}))

    return Push(
        remote=remote.name,
        refs=tuple(refs),
        dirty=tuple(
            Dirty(pattern=one, was=was, stays=stays(was), number=number)
            for (one, was), number in Counter(dirty).items()
        ),
        mirror=remote.mirror,
    )


def _place(remote: Remote, name: str, *, known: bool) -> str | None:
    """As what a ref of ours goes to the remote; None where it does not.

    Args:
        remote: it.
        name: our name of the ref.
        known: whether we keep anything of the remote's; if not, branches go by their own names.
    """
    there = _there(remote, name)
    if there is None and (name.startswith(_SHARED) or (not known and name.startswith(_HEADS))):
        there = name
    return None if there is None or there.startswith((*_OF_THE_FORGE, *_OWN)) else there


def _there(remote: Remote, name: str) -> str | None:
    """How the remote calls what is kept here under a name, as its fetches say."""
    for fetch in remote.fetches:
        source, colon, target = fetch.lstrip("+").partition(":")
        begin, star, end = target.partition("*")
        if not colon or not target or source.startswith("^"):
            continue
        if not star:
            if name == target:
                return source
        elif len(name) > len(begin + end) and name.startswith(begin) and name.endswith(end):
            return source.replace("*", name[len(begin) : len(name) - len(end)], 1)
    return None


def _pattern(old: str, new: str) -> str:
    """What both names share, and `*` for the rest; no letter of a value is in it."""
    close = new.replace(NAME_MASK.decode(), "*")
    if "*" in close and fnmatchcase(old, close):
        return close
    before, after = old.split("/"), new.split("/")
    if len(before) != len(after):
        return "/".join((*after[:2], "*"))
    return "/".join(one if one == two else "*" for one, two in zip(before, after, strict=True))
