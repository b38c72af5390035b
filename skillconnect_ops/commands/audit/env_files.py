"""The env files of a selection: who holds each, whether git is kept from it, and what it is for.

What an env file says is read to tell how grave it is that others have it; no value is kept.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from skillconnect_ops.code.discovery import Skipped, content
from skillconnect_ops.commands.audit.env_model import EnvFile, EnvFiles, Example, Holds, Kept
from skillconnect_ops.commands.audit.selection import Selection
from skillconnect_ops.commands.held import Held, Sighted, looked, sighted
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.git import Git, IgnoreRule
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import credentials, parse
from skillconnect_ops.envfile.names import in_env_folder, is_env_file, is_example
from skillconnect_ops.envfile.values import is_placeholder

_IGNORE = ".gitignore"
_PUBLIC = regex(
    r"(?:VITE|VUE_APP|REACT_APP|NG_APP|NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC|GATSBY|STORYBOOK)_"
    r"|DOTENV_(?:PUBLIC_KEY|VAULT)|sops_"
)
"""Names that a bundler writes into pages, or that go with values which are encrypted."""
_SEALED = ("encrypted:", "ENC[")
"""How dotenvx and sops begin a value that may be shared."""


def env_files(selection: Selection, house: House) -> EnvFiles:
    """Look for them: on disk, also where git ignores them, and in the index."""
    if selection.lines is not None and not any(map(_bears, selection.files)):
        return EnvFiles()
    found = sighted(selection.root, house.git, history=False)
    files = _staged(selection) if selection.index is not None else found.files
    told = [one for one in files if selection.covers(one.path)]
    rules = _Rules(selection.root, house.git, found)
    return EnvFiles(
        files=tuple(
            EnvFile(
                held=_doubted(one, found.unknown),
                holds=_holds(selection, one.path),
                is_link=(selection.root / one.path).is_symlink(),
                kept=rules.over(one.path) if selection.in_git else Known(Kept.NOTHING),
            )
            for one in told
            if isinstance(one.mode, Missing)
            or one.mode.value is not None
            or one.tracked == Known(value=True)
        ),
        examples=tuple(_examples(selection, house.git, found, rules)) if selection.in_git else (),
        unknown=tuple(one for one in found.unknown if selection.lines is None),
    )


def _bears(path: str) -> bool:
    """Whether a change of that file may bear on any of it."""
    return is_env_file(path) or is_example(path) or posixpath.basename(path) == _IGNORE


def _staged(selection: Selection) -> Iterator[Held]:
    """Those of the index that are about to be committed; how they lie on disk is not asked."""
    for path in filter(is_env_file, selection.files):
        yield Held(path=path, mode=Known(None), tracked=Known(value=True), commits=Known(()))


def _doubted(one: Held, unknown: Sequence[Unknown]) -> Held:
    """The same; of what git would not tell, no one says that it is not tracked."""
    for gap in unknown:
        if gap.subject == "." or f"{one.path}/".startswith(f"{gap.subject}/"):
            missing = Missing(gap.reason)
            return Held(path=one.path, mode=one.mode, tracked=missing, commits=missing)
    return one


def _holds(selection: Selection, path: str) -> Holds:
    here = selection.index is not None and selection.has(path)
    data = selection.read(path) if here else content(selection.root, path)
    if isinstance(data, Skipped):
        return Holds.UNREAD
    values = {
        entry.key: Secret(entry.value)
        for entry in parse(data).entries
        if entry.value and not is_placeholder(entry.value) and not _PUBLIC.match(entry.key)
        if not entry.value.startswith(_SEALED)
    }
    if credentials(values):
        return Holds.CREDENTIALS
    return Holds.SETTINGS if values else Holds.NOTHING


class _Rules:
    """The `.gitignore` files of all repositories of a project, read when they are asked for."""

    def __init__(self, root: Path, git: Git, found: Sighted) -> None:
        self._root = root
        self._git = git
        self._folders = sorted(found.repositories, key=len, reverse=True)
        self._files: dict[str, Mapping[str, bytes]] = {}

    def over(self, path: str) -> Fact[Kept]:
        """What keeps git from a path, which need not be there."""
        return looked(lambda: self._over(path))

    def rule(self, path: str) -> IgnoreRule | None:
        """The rule of the repository's own that covers a path, its file named from the root on.

        Raises:
            Precondition: git cannot be asked.
            OSError: a file of rules cannot be read.
        """
        folder, inside = self._within(path)
        if folder not in self._files:
            self._files[folder] = self._git.ignore_files(self._root / folder)
        rule = self._git.rules_over(self._files[folder], (inside,)).get(inside)
        if rule is None or folder == ".":
            return rule
        return IgnoreRule(file=f"{folder}/{rule.file}", line=rule.line, text=rule.text)

    def _over(self, path: str) -> Kept:
        whole = self._root / path
        if not self._git.ignored(whole.parent, whole):
            return Kept.NOTHING
        return Kept.OWN_RULES if self.rule(path) is None else Kept.RULES

    def _within(self, path: str) -> tuple[str, str]:
        """The innermost repository that holds a path, and the path in it."""
        inner = (one for one in self._folders if one != "." and path.startswith(f"{one}/"))
        folder = next(inner, ".")
        return folder, path if folder == "." else path.removeprefix(f"{folder}/")


def _examples(selection: Selection, git: Git, found: Sighted, rules: _Rules) -> Iterator[Example]:
    there = {one.path for one in found.files}
    for path in found.examples:
        if in_env_folder(path):
            continue  # what is made of these is called otherwise in every project
        env_file = posixpath.join(posixpath.dirname(path), ".env")
        whole = selection.root / path
        tracked = looked(partial(git.tracked, whole.parent, whole))
        rule = looked(partial(rules.rule, path)) if tracked == Known(value=False) else None
        yield Example(
            path=path,
            env_file=env_file,
            kept=None if env_file in there else rules.over(env_file),
            hidden_by=rule.value if isinstance(rule, Known) else None,
        )
