"""What has to be so before a history is rewritten."""

import os
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.errors import (
    Borrowed,
    EnvFileTracked,
    FolderWithin,
    GitIsBusy,
    IncompleteHistory,
    InTheWay,
    MainTreeUnknown,
    OddName,
    OddStore,
    Uncommitted,
    WorkTreeAbsent,
)
from skillconnect_ops.commands.scrub.keeping import unsettled
from skillconnect_ops.commands.scrub.rewrite import NAME_MASK, new_paths
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.ports.rewriting import Locked
from skillconnect_ops.envfile.names import is_env_file
from skillconnect_ops.history.looking import Wanted, in_content


def must_be_whole(repository: Repository) -> None:
    """Refuse a clone that lacks something.

    Raises:
        IncompleteHistory: it does.
    """
    lacks = repository.cut()
    if lacks:
        raise IncompleteHistory(lacks[0].reason, lacks[0].fix)


def must_be_ready(house: House, repository: Repository) -> None:
    """Refuse a repository that git, or somebody, is at work on, or that is kept in another way.

    Raises:
        Precondition: it is one.
    """
    rewriting = house.repositories.rewriting(repository)
    if (repository.git_folder / "reftable").exists():
        raise OddStore(repository.git_folder)
    locks = rewriting.locks()
    if locks.paths:
        raise Locked(locks)
    here = os.path.realpath(repository.git_folder / "objects")
    for folder in repository.inner():
        inner = house.repositories.open(folder)
        borrows = house.repositories.rewriting(inner).borrows() if inner is not None else ()
        if here in map(os.path.realpath, borrows):
            raise Borrowed(folder)
    absent = rewriting.absent_work_trees()
    if repository.git_folder in absent:
        raise MainTreeUnknown(repository.git_folder)
    if absent:
        raise WorkTreeAbsent(absent[0])
    for tree in rewriting.work_trees():
        busy = house.git.under_way(tree.root)
        if busy is not None:
            raise GitIsBusy(tree.root, busy)
    odd = [ref.name for ref in rewriting.refs() if not ref.name.isprintable()]
    if odd:
        raise OddName(odd[0])


def must_be_settled(
    house: House,
    repository: Repository,
    wanted: Wanted,
    *,
    allow_uncommitted: bool,
    keeps: bool = False,
) -> None:
    """Refuse what would be lost; it tells nothing while a scrub that died is not finished.

    Args:
        house: the house.
        repository: what is to be rewritten.
        wanted: the values.
        allow_uncommitted: whether changes that no commit holds may stand beside it.
        keeps: whether files that hold a value are left as they are.

    Raises:
        Uncommitted: changes that no commit holds.
        EnvFileTracked: an app reads a file that would be masked.
        InTheWay: a file is called as another one will be.
    """
    rewriting = house.repositories.rewriting(repository)
    for tree in rewriting.work_trees():
        uncommitted = unsettled(repository, tree)
        if uncommitted and not allow_uncommitted:
            raise Uncommitted(tree.root, uncommitted)
        read = [
            entry.path
            for entry in tree.index()
            if not keeps
            and is_env_file(entry.path)
            and (tree.root / entry.path).is_file()
            and in_content(wanted.needles, (tree.root / entry.path).read_bytes())
        ]
        if read:
            raise EnvFileTracked(read)
        in_names = Wanted(wanted.values, NAME_MASK).needles
        paths = {os.fsencode(entry.path) for entry in tree.index()}
        for old, new in new_paths(paths, in_names).items():
            place = tree.root / os.fsdecode(new)
            if old != new and new not in paths and os.path.lexists(place):
                raise InTheWay(place)


def must_be_outside(house: House, repository: Repository, folder: Path) -> None:
    """Refuse a place for the bundle that others would commit, or clean away.

    Raises:
        FolderWithin: it is in the repository.
        FolderTaken: something else is there.
    """
    whole = Path(os.path.realpath(folder))
    trees = [tree.root for tree in house.repositories.rewriting(repository).work_trees()]
    for root in (repository.git_folder, *trees):
        if whole.is_relative_to(os.path.realpath(root)):
            raise FolderWithin(folder, root)
    bundle.Folder(folder, disk=house.disk).must_be_ours()
