"""Why `init` does not write."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.core.errors import Precondition, Refused, UsageError


class AlreadyThere(Refused):
    """There is a `skc.yaml`, and nobody said that it may go."""

    def __init__(self, file: Path, *, holds: str) -> None:
        super().__init__(
            f"{file} is there already",
            why=f"it {holds}; nothing was changed",
            fix="skc doctor to see whether it works, skc init --enroll to list this machine as a "
            "signer, or skc init --replace to write it anew",
        )


class NotYetAProject(Precondition):
    """There is no `skc.yaml` that could be read, so there is nothing to enroll in."""

    def __init__(self, file: Path, *, why: str) -> None:
        super().__init__(f"there is no project in {file.parent} yet", why=why, fix="skc init")


class NameWithoutEnroll(UsageError):
    """`--as` says how to list this machine, and `--enroll` that nothing else is to be done."""

    def __init__(self) -> None:
        super().__init__(
            "--as goes with --enroll",
            why="it is the name that this machine's signing key is listed under",
            fix="skc init --enroll --as NAME",
        )


class CiWithEnroll(UsageError):
    """`--enroll` does nothing else."""

    def __init__(self) -> None:
        super().__init__(
            "--ci and --enroll do not go together",
            why="--enroll lists this machine as a signer, and does nothing else",
            fix="skc init --enroll, then skc init --ci github",
        )


class NotOurs(Refused):
    """A file of CI is there that holds what a person wrote."""

    def __init__(self, files: Sequence[tuple[str, bool]]) -> None:
        paths = [path for path, _ in files]
        who = "skc wrote it, and it was edited since" if files[0][1] else "skc did not write it"
        many = "skc did not write them, or they were edited since"
        super().__init__(
            f"{', '.join(paths)} {'is' if len(paths) == 1 else 'are'} there already",
            why=f"{who if len(paths) == 1 else many}; nothing was changed",
            fix="move what is there, or add --replace to write it anew",
        )


class NotTheRoot(Precondition):
    """CI looks for its files at the repository's root alone."""

    def __init__(self, folder: Path, *, repository: Path) -> None:
        super().__init__(
            f"{folder} is not the root of its repository",
            why=f"the files of CI lie at its root: {repository}",
            fix=f"cd '{repository}' and skc init with the same options",
        )


class Unreadable(Precondition):
    """A file is there, and its bytes cannot be had."""

    def __init__(self, file: Path, *, why: str) -> None:
        super().__init__(f"{file} cannot be read", why=why, fix=f"ls -ld '{file}'")


class NotPlainFile(Refused):
    """A file that shall be written is a link or a folder, or lies behind a link."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} is a link or a folder, or lies behind one",
            why="writing would put a plain file in its place",
            fix=f"mv '{file}' '{file}.old' && skc init",
        )


class NoSuchFolder(Precondition):
    """The folder to look at is not there, or is none."""

    def __init__(self, folder: Path, *, why: str) -> None:
        super().__init__(
            f"{folder} cannot be looked at", why=why, fix="name a folder that is there"
        )


class FolderNotWritable(Precondition):
    """Nothing can be written in the project's folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"nothing can be written in {folder}",
            why="the folder or its filesystem is read-only for this user",
            fix="skc init --dry-run shows what to write; put it there as a user who may",
        )


class NoSuchProfile(Precondition):
    """No profile of that name is shipped."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f'there is no profile "{name}"',
            why=f"known: {', '.join(known)}",
            fix=f"skc init --profile {known[0]}, or leave the option out",
        )
