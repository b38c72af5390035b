"""Why an env file, or what git knows of it, is not changed."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.core.errors import Precondition, UsageError


class TwoSources(UsageError):
    """The value was to come from two places."""

    def __init__(self) -> None:
        super().__init__(
            "--stdin and --fd exclude each other",
            why="a value has one source",
            fix="give one of them, or neither to be asked",
        )


class NoEnvFile(Precondition):
    """The target names no env file, and no file was named."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f'the target "{target}" names no env file',
            why=f"targets.{target}.env_files in skc.yaml is empty",
            fix="name one with --file PATH, or add it to skc.yaml",
        )


class SeveralEnvFiles(Precondition):
    """The target names several env files, and the variable could go into any of them."""

    def __init__(self, key: str, files: Sequence[str]) -> None:
        super().__init__(
            f"{key} could go into several files",
            why=f"the target reads {', '.join(files)}, and none of them, or more than one, has it",
            fix=f"skc env set {key} --file {files[0]}",
        )


class NotInRepository(Precondition):
    """The project is in no git repository."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"{root} is in no git repository",
            why="so that nothing is tracked, and nothing to untrack",
            fix="git init, if it shall be one",
        )


class GitIsBusy(Precondition):
    """A merge, rebase or the like is under way: a commit now would end it."""

    def __init__(self, root: Path, what: str) -> None:
        super().__init__(
            f"git is in the middle of a {what} in {root}",
            why="a commit now would conclude it with what HEAD holds, and drop the other side",
            fix=f"git -C '{root}' status   # finish or abort the {what} first",
        )


class ValueGone(Precondition):
    """A run that died had not yet kept the value; nothing of it was written."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the value for {key} is not there any more",
            why="the run that it was typed into ended before anything was written",
            fix=f"skc env set {key}",
        )
