"""What must follow a scrub: the history elsewhere is still as it was."""

from collections.abc import Mapping

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.shell import word

_SHARED = ("refs/tags/", "refs/notes/")


def following(house: House, repository: Repository, objects: Mapping[str, str]) -> tuple[str, ...]:
    """Commands, in their order, that bring the new history to where the old one is.

    Args:
        house: knows the repository's refs.
        repository: what was rewritten.
        objects: old and new ids.
    """
    rewriting = house.repositories.rewriting(repository)
    where = word(repository.root or repository.git_folder)
    refs = {ref.name: ref for ref in rewriting.refs() if ref.leads_to is None}
    old = {new: before for before, new in objects.items()}
    shared = [name for name in refs if name.startswith(_SHARED) and refs[name].oid in old]
    commands = []
    for remote in rewriting.remotes():
        begin = f"refs/remotes/{remote}/"
        specs = [
            (f"--force-with-lease={short}:{old[ref.oid]}", f"{name}:refs/heads/{short}")
            for name, ref in refs.items()
            if name.startswith(begin) and ref.oid in old
            for short in (name.removeprefix(begin),)
        ]
        if not specs and not shared:
            continue
        leases = [lease for lease, _ in specs]
        names = [spec for _, spec in specs] + [f"+{name}:{name}" for name in shared]
        line = " ".join(map(word, (*leases, remote, *names)))
        commands += [f"git -C {where} push --dry-run {line}", f"git -C {where} push {line}"]
    return (*commands, "skc scrub verify")
