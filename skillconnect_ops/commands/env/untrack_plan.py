"""Which env files git shall forget, and which rules keep them out; pure."""

from hashlib import sha256
from pathlib import PurePosixPath

from skillconnect_ops.commands.env.untrack_steps import (
    EXAMPLES,
    RULES,
    FilesUntrack,
    RulesAdd,
    UntrackCommit,
)
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.core.view import count, listed


def is_secret(path: str) -> bool:
    """Whether a path is an env file that may hold secrets: every `.env*` but the examples."""
    name = PurePosixPath(path).name
    return name.startswith(".env") and not name.endswith(tuple(f".{word}" for word in EXAMPLES))


def plan(
    root: str,
    *,
    tracked: tuple[str, ...],
    covered: bool,
    commit: bool,
    in_history: dict[str, int],
) -> Plan:
    """Take the files out of the index, add the rules, commit both if that is wanted.

    Args:
        root: the repository.
        tracked: the env files that the index holds.
        covered: whether the rules that are there keep every env file out, and no example.
        commit: whether to commit.
        in_history: how many commits hold each file.
    """
    steps: list[Step] = []
    if not covered:
        steps.append(RulesAdd(key="add:.gitignore", rules=RULES))
    if tracked:
        steps.append(FilesUntrack(key="untrack:env files", paths=tracked))
    if commit and steps:
        steps.append(UntrackCommit(key="commit:env files", paths=tracked, rules=not covered))
    state = "\0".join((*tracked, str(covered), str(commit)))
    return Plan(
        command="env untrack",
        subject=Subject(repository=root, files=tracked),
        state=sha256(state.encode(errors="surrogateescape")).hexdigest(),
        steps=tuple(steps),
        notes=_notes(in_history) if steps else (),
    )


def _notes(in_history: dict[str, int]) -> tuple[str, ...]:
    held = [f"{path} ({count(number, 'commit')})" for path, number in in_history.items() if number]
    if not held:
        return ()
    warning = (
        f"history still holds {listed(held)}: whoever has a clone can read it, so every secret in"
        " it is to be replaced, and history rewritten"
    )
    return (warning,)
