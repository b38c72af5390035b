"""Why an env file, or what git knows of it, is not changed."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.commands.env.gitignore import IGNORE, RULES, Rule
from skillconnect_ops.commands.retired import says
from skillconnect_ops.core.errors import Precondition, Refused, UsageError
from skillconnect_ops.core.view import listed
from skillconnect_ops.evidence.matching import Retired


class ValueOnCommandLine(UsageError):
    """Somebody typed the value behind the name; it is not repeated."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the value of {name} is not taken from the command line",
            why="`ps` shows it to everybody, and the shell keeps it in its history: what was typed "
            "there is best replaced",
            fix=f"skc env set {name}   # it asks, and shows nothing",
        )


class EmptyAndValue(UsageError):
    """A value is to be read, and the variable is to hold none."""

    def __init__(self) -> None:
        super().__init__(
            "--empty and a value do not go together",
            why="--stdin and --fd give one, which would be thrown away",
            fix="leave one of them out",
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


class ValueIsRetired(Refused):
    """The ledger knows the value; it was not written."""

    def __init__(self, key: str, entry: Retired, *, fix: str) -> None:
        super().__init__(
            f"the value for {key} is a retired one",
            why=f"it is {says(entry)}; whoever had it then would have it now",
            fix=fix,
        )


class NotInRepository(Precondition):
    """The project is in no git repository."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"{root} is in no git repository",
            why="so that nothing is tracked, and nothing to untrack",
            fix="git init, if it shall be one",
        )


class BareRepository(Precondition):
    """The repository has no work tree, and so no index."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"{root} is a bare repository",
            why="it has no work tree, so that nothing is tracked in it that could be taken out",
            fix=f"run it in a clone or a work tree: git -C '{root}' worktree list",
        )


class InConflict(Precondition):
    """An env file stands in the index in several versions, and one has to be chosen first."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        super().__init__(
            f"{listed(paths)} {'is' if len(paths) == 1 else 'are'} in conflict",
            why="the index holds both sides, and taking them out would lose the one not on disk",
            fix=f"settle it, then: git -C '{root}' add -f {shlex.join(paths)}",
        )


class RuleLetsIn(Precondition):
    """A `.gitignore` in a folder takes back what the root's rules cover."""

    def __init__(self, rule: Rule, *, where: str) -> None:
        super().__init__(
            f"{rule.file}:{rule.line}{where} lets env files into git: {rule.text}",
            why="a rule in a folder comes after those of the root, and wins",
            fix=f"take that line out, or put {' and '.join(RULES[:2])} behind it"
            + (", and commit that first" if where else ""),
        )


class RulesAreLink(Precondition):
    """The root's `.gitignore` is a symbolic link."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"{root / IGNORE} is a link",
            why="git does not follow it, so that no rule in it holds",
            fix=f'put a file in its place: cp --remove-destination "$(readlink -f {IGNORE})"'
            f" {IGNORE}",
        )


class RulesNotShared(Precondition):
    """The root's `.gitignore` is ignored itself, so that nobody else gets its rules."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"{root / IGNORE} is ignored by git itself",
            why="only this machine has its rules, and every clone would let env files in",
            fix=f"cd '{root}' && touch {IGNORE} && git add -f {IGNORE}",
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
