"""Which env files git shall forget, and which rules keep them out; pure."""

import shlex
from collections.abc import Mapping, Sequence
from hashlib import sha256

from skillconnect_ops.commands.env.untrack_steps import FilesUntrack, RulesAdd, UntrackCommit
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.core.view import count, listed


def plan(
    root: str,
    *,
    tracked: tuple[str, ...],
    rules: tuple[str, ...],
    named: tuple[str, ...] = (),
    commit: bool,
    in_history: Mapping[str, int],
    elsewhere: Mapping[str, Sequence[str]],
) -> Plan:
    """Take the files out of the index, add the rules, commit both if that is wanted.

    Args:
        root: the repository.
        tracked: the env files that the index holds.
        rules: what is to be added to those that are there (with `commit`, to those that are
            committed), so that they keep every env file out, and no example.
        named: env files that are not named so, but are a target's.
        commit: whether to commit.
        in_history: how many commits brought or changed each file.
        elsewhere: the env files that submodules track, by their folder.
    """
    steps: list[Step] = []
    if rules:
        steps.append(RulesAdd(key="add:.gitignore", rules=rules, files=named))
    if tracked:
        steps.append(FilesUntrack(key="untrack:env files", paths=tracked))
    if commit and steps:
        added = UntrackCommit(key="commit:env files", paths=tracked, rules=bool(rules), lines=rules)
        steps.append(added)
    state = "\0".join((*tracked, *rules, str(commit)))
    return Plan(
        command="env untrack",
        subject=Subject(repository=root, files=tracked),
        state=sha256(state.encode(errors="surrogateescape")).hexdigest(),
        steps=tuple(steps),
        notes=(*(_history(in_history) if steps else ()), *_elsewhere(elsewhere)),
    )


def _history(in_history: Mapping[str, int]) -> tuple[str, ...]:
    held = [
        f"{path} (brought or changed by {count(number, 'commit')})"
        for path, number in in_history.items()
        if number
    ]
    if not held:
        return ()
    warning = (
        f"history still holds {listed(held)}: whoever has a clone can read it, so every secret in"
        " it is to be replaced, and history rewritten"
    )
    return (warning,)


def _elsewhere(elsewhere: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(
        f"the submodule {folder} tracks {listed(paths)} itself:"
        f" cd {shlex.quote(folder)} && skc env untrack"
        for folder, paths in elsewhere.items()
    )
