"""What must follow a scrub: the history elsewhere is still as it was."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.shell import word


def following(house: House, repository: Repository) -> tuple[str, ...]:
    """Commands, in their order, that bring the new history to where the old one is.

    Args:
        house: knows the repository's refs.
        repository: what was rewritten.
    """
    rewriting = house.repositories.rewriting(repository)
    where = word(repository.root or repository.git_folder)
    commands = []
    for remote in rewriting.remotes():
        commands.append(f"git -C {where} push --force --all --dry-run {word(remote)}")
        commands.append(f"git -C {where} push --force --all {word(remote)}")
        commands.append(f"git -C {where} push --force --tags {word(remote)}")
    return (*commands, "skc scrub verify")
