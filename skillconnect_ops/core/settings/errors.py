"""What can be wrong with `skc.yaml`, said with file, line and the nearest name that would do."""

from collections.abc import Iterable
from difflib import get_close_matches

from skillconnect_ops.core.errors import Precondition


class SettingsNotFound(Precondition):
    """No `skc.yaml` in the working folder or above it."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            "there is no skc.yaml here",
            why=f"looked in {folder} and in every folder above it",
            fix="skc init",
        )


class SettingsUnreadable(Precondition):
    """`skc.yaml` is there, and cannot be opened or is no text."""

    def __init__(self, file: str, *, why: str, fix: str) -> None:
        super().__init__(f"{file} cannot be read", why=why, fix=fix)


class SettingsInvalid(Precondition):
    """One place in `skc.yaml` is wrong."""

    def __init__(self, file: str, line: int, what: str, *, why: str, fix: str) -> None:
        super().__init__(f"{file} line {line}: {what}", why=why, fix=fix)
        self.file = file
        self.line = line


class SettingsTooNew(SettingsInvalid):
    """The file was written for a newer skc."""


class UnknownSetting(SettingsInvalid):
    """A key that means nothing at its place."""

    def __init__(self, file: str, line: int, key: str, *, place: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = nearest(key, names)
        super().__init__(
            file,
            line,
            f'{place} has no setting "{shown(key)}"' + (f"; did you mean {near}?" if near else ""),
            why=f"known here: {', '.join(names)}",
            fix=f"write `{near}` in line {line} of {file}"
            if near
            else f"remove line {line} of {file}, or write one of the known names there",
        )
        self.nearest = near


class TargetNotNamed(Precondition):
    """Several targets, and none was named."""

    def __init__(self, names: Iterable[str]) -> None:
        known = list(names)
        super().__init__(
            "which target?",
            why=f"skc.yaml has {len(known)}: {', '.join(known)}",
            fix=f"say --target {known[0]}, or set SKC_TARGET",
        )


class NoSuchTarget(Precondition):
    """The named target is not in `skc.yaml`."""

    def __init__(self, name: str, names: Iterable[str]) -> None:
        known = list(names)
        near = nearest(name, known)
        super().__init__(
            f'there is no target "{shown(name)}"' + (f"; did you mean {near}?" if near else ""),
            why=f"skc.yaml has {', '.join(known) if known else 'no target at all'}",
            fix=f"say --target {near or known[0]}" if known else "add one below `targets:`",
        )


class NoDatabase(Precondition):
    """The target has no `database:`."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f'target "{target}" has no database',
            why=f"skc.yaml says nothing below targets.{target}.database",
            fix=f"add `database: {{uri: env:NAME}}` below targets.{target} in skc.yaml",
        )


class NoAtlasProject(Precondition):
    """The target's database has no `atlas:`."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f'target "{target}" names no Atlas project',
            why="skc.yaml says neither which project its users belong to nor where the key is",
            fix=f"add below targets.{target}.database in skc.yaml: "
            "atlas: {group_id: PROJECT_ID, credentials: SKC_ATLAS}",
        )


class NoBackupLocation(Precondition):
    """The target has no `backups:`."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f'target "{target}" has no place for backups',
            why=f"skc.yaml says nothing below targets.{target}.backups",
            fix=f"add `backups: {{location: ~/backups/{target}}}` below targets.{target}"
            " in skc.yaml",
        )


class VariableNotSet(Precondition):
    """A variable that `skc.yaml` names holds nothing."""

    def __init__(self, name: str, *, looked: Iterable[str], fix: str) -> None:
        super().__init__(
            f"the variable {name} is not set", why=f"looked in {', '.join(looked)}", fix=fix
        )
        self.name = name


class EnvFileUnreadable(Precondition):
    """An env file is there, and cannot be read."""

    def __init__(self, file: str, *, why: str, fix: str) -> None:
        super().__init__(f"{file} cannot be read", why=why, fix=fix)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a mistyped word most probably meant."""
    names = list(known)
    folded = {name.casefold().replace("-", "_"): name for name in names}
    match = get_close_matches(word.casefold().replace("-", "_"), list(folded), n=1, cutoff=0.6)
    return folded[match[0]] if match else None


def shown(key: str) -> str:
    """A key from a file or a command line, fit for a terminal; what may be a secret is masked."""
    if "://" in key:
        return "***"
    text = "".join(letter if letter.isprintable() else "�" for letter in key)
    return text if len(text) <= 60 else f"{text[:57]}…"
